//! Somebody has it in hand: who hears of it, what waits, and what happens when it lapses.

use crate::config::{self, BUSY, CROWD, EACH_COOLDOWN};
use crate::world::{World, minutes, seconds};

const WHO: (&str, &str) = ("acknowledged", "Ann (operator)");
const KEY: &str = "tier-2:calls_waiting";

fn begun() -> World {
    let mut world = World::start(&config::thresholds(&[CROWD]).replace(EACH_COOLDOWN, ""));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world
}

fn acknowledge(world: &mut World, seconds: u32) {
    let body = format!(r#"{{"by": "Ann", "seconds": {seconds}}}"#);
    assert_eq!(world.order(&format!("/api/v1/alerts/{KEY}/acknowledge"), &body).status, 200);
}

#[test]
fn what_is_in_hand_is_not_escalated_until_that_lapses() {
    let mut world = begun();
    acknowledge(&mut world, 1_800);
    world.pass(seconds(5));
    world.pagerduty().heard(["acknowledge tier-2 calls_waiting critical, acknowledged"]);
    let alert = world.explain(KEY).alert.unwrap();
    assert_eq!((alert.phase.as_str(), alert.in_hand_by.unwrap().as_str()), WHO);
    world.pass(minutes(29));
    world.nobody_heard();
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, lapsed"]);
    // Ten minutes after the first breach, the half hour in hand left aside.
    world.pass(minutes(9) + seconds(30));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, escalation"]);
}

#[test]
fn what_is_in_hand_recovers_as_ever_and_is_in_no_hand_when_it_comes_again() {
    let mut world = begun();
    acknowledge(&mut world, 3_600);
    world.pass(minutes(5));
    world.queue("tier-2").waiting(0);
    world.pass(seconds(15));
    world.pagerduty().heard([
        "acknowledge tier-2 calls_waiting critical, acknowledged",
        "resolve tier-2 calls_waiting recovered",
    ]);
    world.pass(minutes(30));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(11));
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical",
        "trigger tier-2 calls_waiting critical, escalation",
    ]);
}

#[test]
fn a_reboot_forgets_neither_the_hand_nor_its_time() {
    let mut world = begun();
    acknowledge(&mut world, 1_800);
    world.pass(minutes(10));
    world.pagerduty().heard(["acknowledge tier-2 calls_waiting critical, acknowledged"]);
    world.reboot(minutes(5));
    world.pass(minutes(14));
    world.nobody_heard();
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, lapsed"]);
}

#[test]
fn what_grows_worse_is_told_although_it_is_in_hand() {
    let mut world = World::start(&config::thresholds(&[CROWD, BUSY]));
    world.queue("tier-2").waiting(8);
    world.pass(seconds(15));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    acknowledge(&mut world, 3_600);
    world.pass(minutes(8));
    world.slack().heard(["tier-2 calls_waiting medium, acknowledged"]);
    world.queue("tier-2").waiting(30);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}

#[test]
fn what_was_pushed_once_and_is_in_hand_is_told_when_that_lapses() {
    let mut world = World::start(&config::pushing(&config::thresholds(&[CROWD])));
    world.pass(minutes(2));
    let at = (crate::site::BEGIN + world.site.elapsed).rfc3339();
    let body = format!(
        r#"{{"alert_key": "k", "metric_type": "telephony.trunk.event", "entity_id": "trunk-9",
            "entity_name": "trunk-9", "current_value": 0, "severity": "critical",
            "timestamp": "{at}"}}"#
    );
    assert_eq!(world.push("cxone", "1", &body), 200);
    world.pass(seconds(5));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    let path = "/api/v1/alerts/trunk-9:severity/acknowledge";
    assert_eq!(world.order(path, r#"{"by": "Ann", "seconds": 600}"#).status, 200);
    world.pass(minutes(9));
    world.pagerduty().heard(["acknowledge trunk-9 severity critical, acknowledged"]);
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger trunk-9 severity critical, lapsed"]);
    let path = "/api/v1/alerts/trunk-9:severity/resolve";
    assert_eq!(world.order(path, r#"{"by": "Ann"}"#).status, 200);
    world.pass(seconds(5));
    world.pagerduty().heard(["resolve trunk-9 severity recovered"]);
    assert_eq!(world.order(path, r#"{"by": "Ann"}"#).status, 409);
}
