//! What depends on something in trouble is told once, at the root of it.

use crate::config::{AT_ONCE, BUSY, CROWD, SITE};
use crate::world::{World, minutes, seconds};

/// The tenant whose queues are trunks: callers who wait there cannot get through.
pub(super) const TELEPHONY: &str = "https://telephony.test";

/// A trunk is in trouble: one page.
const DOWN: &str = "trigger trunk-1 calls_waiting critical";

/// A queue that the trunk held back.
const OUTLIVED: &str = "trigger tier-2 calls_waiting critical, held back behind trunk-1 \
                        calls_waiting until now";

/// Two trunks over two queues, with these keys of the dependency beside its ends.
pub(super) fn config(more: &str) -> String {
    let source = SITE.split("[[target]]").next().unwrap();
    let telephony = source
        .replace("https://cxone.test", TELEPHONY)
        .replace("name = \"cxone\"", "name = \"telephony\"")
        .replace("\"tier-1\", \"tier-2\"", "\"trunk-1\", \"trunk-2\"");
    let text = SITE.replace(
        "{% endif %}{% endif %}\"\"\"",
        "{% endif %}{% endif %}{% if held_alerts %}, holds {{ held_alerts }}{% endif %}\
         {% if cause %}, {{ cause }}{% endif %}\"\"\"",
    );
    assert!(text.contains("held_alerts"), "{text}");
    let rules = |source: &str, threshold: &str| {
        format!("[[rules]]\nsource = \"{source}\"\nthresholds = [{{ {threshold}{AT_ONCE} }}]\n")
    };
    let dependency = format!(
        "[[dependency]]\nparent = {{ source = \"telephony\", entity = \"trunk-*\" }}\n\
         children = {{ source = \"cxone\" }}\n{more}\n"
    );
    format!("{telephony}{text}{}{}{dependency}", rules("telephony", CROWD), rules("cxone", CROWD))
}

impl World {
    /// So many callers cannot get through a trunk.
    pub(super) fn trunk(&mut self, name: &str, waiting: u16) {
        self.queue_at(TELEPHONY, name).waiting(waiting);
    }
}

#[test]
fn a_queue_that_fails_with_its_trunk_is_not_told() {
    let mut world = World::start(&config(""));
    world.queue("tier-2").waiting(22);
    world.queue_at(TELEPHONY, "trunk-1").after(seconds(10)).waiting(22);
    world.queue("tier-1").after(seconds(30)).waiting(22);
    world.pass(minutes(2));
    world.pagerduty().heard([
        "trigger trunk-1 calls_waiting critical, holds 1",
        "trigger trunk-1 calls_waiting critical, updated, holds 2",
    ]);
    assert_eq!(world.pagerduty().itself().incidents().count(), 1, "one outage, one incident");
    for queue in ["tier-1", "tier-2"] {
        let alert = world.explain(&format!("{queue}:calls_waiting")).alert.unwrap();
        assert_eq!(alert.phase, "suppressed");
    }
    world.queue("tier-1").waiting(0);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(20));
    world.trunk("trunk-1", 0);
    world.pass(minutes(10));
    let updated = "trigger trunk-1 calls_waiting critical, updated";
    world.pagerduty().heard([updated, "resolve trunk-1 calls_waiting recovered"]);
    world.nobody_heard();
    assert!(world.metric("andon_notices_held_total{hold=\"dependency\"}") > 10);
}

#[test]
fn a_queue_that_fails_alone_is_told_after_a_moment() {
    let mut world = World::start(&config(""));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(20));
    world.nobody_heard();
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert_eq!(world.explain("tier-2:calls_waiting").alert.unwrap().kin, None);
}

#[test]
fn a_queue_that_was_told_before_its_trunk_goes_into_the_trunks_incident() {
    let mut world = World::start(&config(""));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.trunk("trunk-1", 22);
    world.pass(minutes(9));
    let repeats = "trigger trunk-1 calls_waiting critical, repeat, holds 1";
    world.pagerduty().heard(["trigger trunk-1 calls_waiting critical, holds 1", repeats]);
    let story = world.explain("tier-2:calls_waiting");
    let kin = story.alert.unwrap().kin.unwrap();
    assert_eq!(kin.stage.as_deref(), Some("held"));
    assert!(kin.held_by.unwrap().starts_with("telephony:trunk-1:"));
    assert!(kin.dependency.unwrap().starts_with("andon.toml:"));
    let parent = world.explain("trunk-1:calls_waiting");
    assert_eq!(parent.dependents, [story.key]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(15));
    let updated = "trigger trunk-1 calls_waiting critical, updated";
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered", updated]);
}

#[test]
fn a_queue_that_outlives_its_trunk_is_told_then() {
    let mut world = World::start(&config("shadow_seconds = 120"));
    world.trunk("trunk-1", 22);
    world.pass(seconds(15));
    world.pagerduty().heard([DOWN]);
    world.queue("tier-1").waiting(22);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger trunk-1 calls_waiting critical, updated, holds 2"]);
    world.trunk("trunk-1", 0);
    world.queue("tier-1").after(seconds(60)).waiting(0);
    world.pass(seconds(115));
    world.pagerduty().heard(["resolve trunk-1 calls_waiting recovered, holds 2"]);
    world.pass(seconds(20));
    world.pagerduty().heard([OUTLIVED]);
    world.pass(minutes(2));
    world.nobody_heard();
}

#[test]
fn a_queue_that_was_held_for_long_is_told_once_and_not_escalated_at_once() {
    let mut world = World::start(&config("shadow_seconds = 30"));
    world.trunk("trunk-1", 22);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(20));
    world.trunk("trunk-1", 0);
    world.pass(minutes(5));
    let lines = world.pagerduty().lines();
    let of_queue: Vec<_> = lines.iter().filter(|line| line.text.contains("trigger tier")).collect();
    assert_eq!(of_queue.len(), 1, "{of_queue:?}");
}

#[test]
fn a_queue_under_two_trunks_is_held_until_both_are_well() {
    let mut world = World::start(&config("shadow_seconds = 30"));
    world.trunk("trunk-1", 22);
    world.trunk("trunk-2", 22);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(2));
    let both = world.pagerduty().lines();
    assert!(both.iter().all(|line| line.text.contains("trunk-")), "{both:?}");
    world.trunk("trunk-1", 0);
    world.pass(minutes(2));
    world.trunk("trunk-2", 0);
    world.pass(seconds(25));
    let lines = world.pagerduty().lines();
    assert!(lines.iter().all(|line| line.text.contains("trunk-")), "{lines:?}");
    world.pass(seconds(30));
    let last = world.pagerduty().lines().pop().unwrap().text;
    assert!(last.starts_with("trigger tier-2 calls_waiting critical, held back behind"), "{last}");
}

#[test]
fn the_topmost_of_three_levels_is_told() {
    let more = "[[dependency]]\nparent = { source = \"telephony\", entity = \"trunk-2\" }\n\
                children = { entities = \"trunk-1\" }";
    // trunk-2 carries trunk-1, which carries the queues.
    let below = config(more).replace("entity = \"trunk-*\"", "entity = \"trunk-1\"");
    let mut world = World::start(&below);
    world.trunk("trunk-2", 22);
    world.pass(seconds(15));
    world.trunk("trunk-1", 22);
    world.queue("tier-1").waiting(22);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(2));
    world.pagerduty().heard([
        "trigger trunk-2 calls_waiting critical",
        "trigger trunk-2 calls_waiting critical, updated, holds 3",
    ]);
    world.nobody_heard();
}

#[test]
fn a_trunk_that_is_only_suspected_holds_nothing() {
    let mut world = World::start(&config("kind = \"unsure\""));
    world.trunk("trunk-1", 22);
    world.pass(seconds(15));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(20));
    let told = "trigger tier-2 calls_waiting critical, probably trunk-1 calls_waiting";
    world.pagerduty().heard([DOWN, told]);
    world.pass(seconds(45));
    world.pagerduty().heard(["trigger trunk-1 calls_waiting critical, updated"]);
}

#[test]
fn a_restart_changes_nothing_about_it() {
    let mut world = World::start(&config("shadow_seconds = 120"));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(20));
    world.kill();
    world.pass(seconds(3));
    world.trunk("trunk-1", 22);
    world.pass(seconds(17));
    world.pagerduty().heard(["trigger trunk-1 calls_waiting critical, holds 1"]);
    world.kill();
    world.pass(seconds(90));
    world.nobody_heard();
    world.trunk("trunk-1", 0);
    world.pass(seconds(15));
    world.pagerduty().heard(["resolve trunk-1 calls_waiting recovered, holds 1"]);
    world.reboot(seconds(40));
    world.pass(seconds(40));
    world.nobody_heard();
    world.pass(seconds(45));
    world.pagerduty().heard([OUTLIVED]);
    world.kill();
    world.pass(minutes(2));
    world.nobody_heard();
}

#[test]
fn a_trunk_in_the_channel_pages_when_it_holds_a_page_back() {
    let busy = config("").replacen(CROWD, BUSY, 1);
    let mut world = World::start(&busy);
    world.trunk("trunk-1", 7);
    world.pass(seconds(15));
    world.slack().heard(["trunk-1 calls_waiting medium"]);
    world.queue("tier-2").waiting(22);
    world.pass(seconds(25));
    world.pagerduty().heard(["trigger trunk-1 calls_waiting critical, holds 1"]);
    world.trunk("trunk-1", 0);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(5));
    world.pagerduty().heard(["resolve trunk-1 calls_waiting recovered"]);
    world.slack().heard(["trunk-1 calls_waiting recovered"]);
    world.nobody_heard();
}

#[test]
fn a_trunk_that_nobody_sees_does_not_hold_a_page_for_ever() {
    let mut world = World::start(&config(""));
    world.trunk("trunk-1", 22);
    world.pass(seconds(15));
    world.pagerduty().heard([DOWN]);
    world.at(TELEPHONY).suffers(andon::demo::faults::Fault::Hang, minutes(60));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(11));
    let lines = world.pagerduty().lines();
    assert!(lines.iter().all(|line| line.text.contains("trunk-1")), "{lines:?}");
    world.pass(minutes(3));
    let lines = world.pagerduty().lines();
    assert!(lines.iter().any(|line| line.text == OUTLIVED), "{lines:?}");
}
