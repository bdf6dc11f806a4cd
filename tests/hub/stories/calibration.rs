//! Two platforms that measure the same trouble differently agree once they are calibrated.

use andon::api::{ComparisonView, MonthView};
use andon::demo::faults::Fault;

use crate::config::{self, HANG_UPS};
use crate::world::{World, minutes, seconds};

const OTHER: &str = "https://other.test";

/// What one counts at the disconnect, the other counts at the exit from the queue, and misses one
/// in five.
const MISSES: &str =
    "[[calibration]]\nsource = \"cxone\"\nmetric = \"abandoned_calls\"\nfactor = 1.25\n";

const PAIR: &str = r#"
[[calibration_pair]]
source = "cxone"
entity_id = "tier-2"
reference_source = "other"
reference_entity_id = "tier-1"
"#;

fn two_centres(more: &str) -> World {
    let text = config::thresholds(&[]).replace("\n[[rules]]\nthresholds = [\n]\n", "");
    let source = text.split("[[target]]").next().unwrap();
    let other = source.replace("https://cxone.test", OTHER).replace("\"cxone\"\nd", "\"other\"\nd");
    let rules = ["cxone", "other"]
        .map(|name| format!("[[rules]]\nsource = \"{name}\"\nthresholds = [{{ {HANG_UPS} }}]\n"));
    World::start(&format!("{other}{text}{}{more}", rules.concat()))
}

/// Five callers hang up in a minute, of whom one platform tells four.
fn callers_hang_up(world: &mut World) {
    world.pass(minutes(2));
    world.queue_at(OTHER, "tier-1").hang_ups(5);
    world.queue("tier-2").hang_ups(4);
    world.pass(seconds(12));
}

#[test]
fn the_same_abandonment_pages_on_both_platforms_once_they_are_calibrated() {
    let mut world = two_centres("");
    callers_hang_up(&mut world);
    world.pagerduty().heard(["trigger tier-1 abandoned_calls critical"]);
    let mut world = two_centres(MISSES);
    callers_hang_up(&mut world);
    let [one, other] = ["2", "1"].map(|n| format!("trigger tier-{n} abandoned_calls critical"));
    world.pagerduty().heard([&*one, &*other]);
    // People see what was judged, and who asks sees what it was made of.
    let story = world.explain("tier-2:abandoned_calls");
    assert_eq!(story.alert.as_ref().unwrap().value_text, "5/min");
    let [watch] = &story.watches[..] else { panic!("{story:?}") };
    let calibration = watch.calibration.as_ref().unwrap();
    assert_eq!(
        (watch.value, calibration.raw_value, calibration.factor),
        (Some(5.0), Some(4.0), 1.25)
    );
    assert!(calibration.rule.starts_with("andon.toml:"), "{calibration:?}");
    assert!(world.explain("tier-1:abandoned_calls").watches[0].calibration.is_none());
}

/// What the report says of `calls_waiting`.
fn report(world: &mut World) -> ComparisonView {
    let body = world.ask("/api/v1/calibration").body;
    let view: MonthView = serde_json::from_slice(&body).unwrap();
    assert_eq!(view.from, "2024-04-16T00:00:00Z");
    view.comparisons.into_iter().find(|one| one.metric == "calls_waiting").unwrap()
}

#[test]
fn the_hours_that_both_have_are_remembered_and_those_with_stale_data_are_not() {
    let mut world = two_centres(PAIR);
    world.queue_at(OTHER, "tier-1").waiting(20);
    world.queue("tier-2").waiting(10);
    world.pass(minutes(2 * 60 + 10));
    let two = report(&mut world);
    let month = two.month.as_ref().unwrap();
    assert_eq!((month.hours, month.level, month.reference_level), (2, Some(10.0), Some(20.0)));
    // Nothing is proposed by an afternoon.
    assert_eq!((&*two.finding, two.proposed_factor, two.pairs), ("too_little", None, 1));
    world.reboot(minutes(5));
    world.pass(seconds(1));
    assert_eq!(report(&mut world), two, "it was written within five minutes of the hour");
    world.pass(minutes(10));
    world.cxone().suffers(Fault::Stale, minutes(15));
    world.pass(minutes(3 * 60 - 10));
    // The third hour was stale, the fourth and fifth are whole.
    assert_eq!(report(&mut world).month.unwrap().hours, 4);
}
