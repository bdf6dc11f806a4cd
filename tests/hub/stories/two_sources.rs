//! Two tenants on one box: one source's trouble is its own (DESIGN's promise 6).

use andon::demo::faults::Fault;

use crate::config::{self, AT_ONCE, CROWD};
use crate::world::{World, minutes, seconds};

pub(super) const OTHER: &str = "https://other.test";

pub(super) fn two_tenants() -> String {
    let text = config::thresholds(&[]).replace("\n[[rules]]\nthresholds = [\n]\n", "");
    let source = text.split("[[target]]").next().unwrap();
    let other = source.replace("https://cxone.test", OTHER).replace("\"cxone\"\nd", "\"other\"\nd");
    let rules = ["cxone", "other"].map(|name| {
        format!("[[rules]]\nsource = \"{name}\"\nthresholds = [{{ {CROWD}{AT_ONCE} }}]\n")
    });
    format!("{other}{text}{}", rules.concat())
}

#[test]
fn one_source_hangs_and_the_other_pages() {
    let mut world = World::start(&two_tenants());
    world.cxone().suffers(Fault::Hang, minutes(60));
    world.queue_at(OTHER, "tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(minutes(2));
    world.slack().heard(["cxone data_age medium"]);
    let answers = world.at(OTHER).platform().cxone.seen.answers;
    assert!((13..=14).contains(&answers), "{answers} in 135 s");
    world.nobody_heard();
}

#[test]
fn the_same_queue_of_two_tenants_is_two_incidents() {
    let mut world = World::start(&two_tenants());
    world.queue("tier-2").waiting(22);
    world.queue_at(OTHER, "tier-2").waiting(22);
    world.pass(seconds(15));
    world
        .pagerduty()
        .heard(["trigger tier-2 calls_waiting critical", "trigger tier-2 calls_waiting critical"]);
    assert_eq!(world.pagerduty().itself().incidents().count(), 2);
}
