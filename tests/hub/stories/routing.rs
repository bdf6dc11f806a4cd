//! Routes: who hears of what, by all that is known of an alert.

use crate::config::{self, BUSY, CROWD};
use crate::world::{World, minutes, seconds};

fn begun(routes: &str) -> World {
    let text = config::thresholds(&[CROWD, BUSY]);
    // Where a list takes all of P1, the short form would never be asked.
    let text = match routes.contains("critical") {
        true => text.replace("P1 = { targets = [\"pagerduty\"], repeat_seconds = [] }\n", ""),
        false => text,
    };
    let mut world = World::start(&format!("{text}{routes}"));
    world.pass(seconds(15));
    world
}

#[test]
fn a_route_that_continues_lets_the_next_one_tell_it_too() {
    let mut world = begun(
        "[[route]]\nmatch = { entity = \"tier-2\" }\ntarget = \"webhook\"\ncontinue = true\n",
    );
    world.queue("tier-2").waiting(8);
    world.pass(seconds(15));
    world.webhook().heard(["tier-2 calls_waiting medium"]);
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world.queue("tier-1").waiting(8);
    world.pass(seconds(15));
    world.webhook().heard([]);
    world.slack().heard(["tier-1 calls_waiting medium"]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(15));
    world.webhook().heard(["tier-2 calls_waiting recovered"]);
    world.slack().heard(["tier-2 calls_waiting recovered"]);
}

#[test]
fn an_alert_stays_with_its_route_when_it_is_escalated_and_not_when_it_grows_worse() {
    let mut world =
        begun("[[route]]\nmatch = { severity = [\"critical\", \"high\"] }\ntarget = \"webhook\"\n");
    world.queue("tier-2").waiting(8);
    world.pass(minutes(9));
    world.slack().take();
    // Guide 2's escalation, to those who hear of the next priority.
    world.pass(minutes(2));
    world.webhook().heard(["tier-2 calls_waiting high, escalation"]);
    world.pass(minutes(5));
    assert!(world.slack().take().iter().all(|line| line.contains("high, repeat")));
    world.webhook().heard([]);
    world.queue("tier-2").waiting(30);
    world.pass(seconds(15));
    world.webhook().heard(["tier-2 calls_waiting critical"]);
    world.pagerduty().heard([]);
}

#[test]
fn a_reload_that_routes_elsewhere_sends_nothing_and_who_was_told_hears_the_end() {
    let text = config::thresholds(&[BUSY]);
    let mut world = World::start(&text);
    world.queue("tier-2").waiting(8);
    world.pass(seconds(15));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world.reload(&format!(
        "{text}[[route]]\nmatch = {{ entity = \"tier-*\" }}\ntarget = \"webhook\"\n"
    ));
    world.pass(minutes(1));
    world.nobody_heard();
    world.queue("tier-2").waiting(0);
    world.pass(seconds(15));
    world.slack().heard(["tier-2 calls_waiting recovered"]);
    world.webhook().heard([]);
}
