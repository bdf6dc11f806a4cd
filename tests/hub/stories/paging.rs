//! One breach from its first page to its recovery: guide 2, section 3.

use crate::config::{self, CROWD, NOBODY, WAIT};
use crate::world::{World, minutes, seconds};

#[test]
fn a_breach_pages_once_and_repeats_after_the_cooldown() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(5));
    world.nobody_heard();
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(minutes(4));
    world.nobody_heard();
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
    world.nobody_heard();
}

#[test]
fn a_page_that_lasts_escalates_once_and_recovers() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(11));
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical",
        "trigger tier-2 calls_waiting critical, repeat",
        "trigger tier-2 calls_waiting critical, escalation",
    ]);
    world.pass(minutes(9));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
    world.queue("tier-2").waiting(3);
    world.pass(seconds(15));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.nobody_heard();
    let pagerduty = world.pagerduty().itself();
    let [incident] = pagerduty.incidents().collect::<Vec<_>>()[..] else { panic!("one incident") };
    assert_eq!((incident.opened, incident.triggers), (1, 4));
}

#[test]
fn an_escalation_goes_one_channel_up_with_raised_severity_and_recovers_at_both() {
    let mut world = World::start(&config::thresholds(&[CROWD, WAIT]));
    world.queue("tier-2").agents(4).longest_wait(200);
    world.pass(minutes(6));
    world.slack().heard(["tier-2 longest_wait medium", "tier-2 longest_wait medium, repeat"]);
    world.nobody_heard();
    world.pass(minutes(5));
    world.pagerduty().heard(["trigger tier-2 longest_wait high, escalation"]);
    world.nobody_heard();
    let pagerduty = world.pagerduty().itself();
    assert_eq!(pagerduty.incidents().next().unwrap().severities, ["error".into()]);
    world.pass(minutes(5));
    world.slack().heard(["tier-2 longest_wait high, repeat"]);
    world.queue("tier-2").longest_wait(20);
    world.pass(seconds(15));
    world.slack().heard(["tier-2 longest_wait recovered"]);
    world.pagerduty().heard(["resolve tier-2 longest_wait recovered"]);
}

#[test]
fn the_more_urgent_of_two_rules_speaks_and_is_the_same_incident() {
    let busy = r#"metric = "calls_waiting", operator = ">=", static_value = 5, priority = "P2""#;
    let mut world = World::start(&config::thresholds(&[CROWD, busy, NOBODY]));
    world.queue("tier-1").agents(9);
    world.queue("tier-2").agents(9).waiting(8);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world.queue("tier-2").waiting(30);
    world.pass(minutes(4));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.slack().heard(["tier-2 calls_waiting recovered"]);
    world.nobody_heard();
}
