//! What platforms push: believed when it is proved, remembered before it is answered, taken once.

use andon::model::time::Span;

use crate::config::{self, CROWD};
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

fn pushing() -> World {
    let text = config::thresholds(&[CROWD]);
    let secret = "client_secret = { credential = \"cxone\" }\n";
    let both = format!("{secret}webhook_secret = {{ credential = \"webhook\" }}\n");
    World::start(&text.replacen(secret, &both, 1))
}

/// Guide 1's normalized payload, of so long after the beginning.
fn payload(metric: &str, entity: &str, value: u32, severity: &str, at: Span) -> String {
    let timestamp = (BEGIN + at).rfc3339();
    format!(
        r#"{{"alert_key": "k", "metric_type": "{metric}", "entity_id": "{entity}",
            "entity_name": "{entity}", "current_value": {value}, "severity": "{severity}",
            "timestamp": "{timestamp}"}}"#
    )
}

fn waiting(world: &World, value: u32) -> String {
    payload("routing.queue.calls_waiting", "tier-2", value, "critical", world.site.elapsed)
}

fn trunk(world: &World, severity: &str) -> String {
    payload("telephony.trunk.event", "trunk-9", 0, severity, world.site.elapsed)
}

#[test]
fn what_is_pushed_and_polled_of_one_queue_is_one_alert() {
    let mut world = pushing();
    world.pass(minutes(2) + seconds(5));
    world.queue("tier-2").waiting(22);
    let body = waiting(&world, 22);
    assert_eq!(world.push("cxone", "1", &body), 200);
    world.pass(seconds(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(minutes(2));
    world.nobody_heard();
    world.queue("tier-2").waiting(0);
    world.pass(seconds(25));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn what_a_sender_finds_severe_is_an_alert_over_a_power_cut_until_it_says_otherwise() {
    let mut world = pushing();
    world.pass(minutes(2));
    let body = trunk(&world, "critical");
    assert_eq!(world.push("cxone", "1", &body), 200);
    world.reboot(seconds(30));
    world.pass(seconds(20));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    // The sender heard nothing, and sends again.
    assert_eq!(world.push("cxone", "1", &body), 200);
    world.pass(minutes(1));
    world.nobody_heard();
    let body = trunk(&world, "resolved");
    assert_eq!(world.push("cxone", "2", &body), 200);
    world.pass(seconds(1));
    world.pagerduty().heard(["resolve trunk-9 severity recovered"]);
    assert_eq!(world.metric("andon_deliveries_total{source=\"cxone\",outcome=\"duplicate\"}"), 1);
}

#[test]
fn an_event_that_was_overtaken_moves_nothing_back() {
    let mut world = pushing();
    world.pass(minutes(2));
    let first = trunk(&world, "critical");
    world.pass(minutes(1));
    let second = trunk(&world, "resolved");
    assert_eq!(world.push("cxone", "2", &second), 200);
    assert_eq!(world.push("cxone", "1", &first), 200);
    world.pass(minutes(1));
    world.nobody_heard();
    assert_eq!(world.metric("andon_deliveries_total{source=\"cxone\",outcome=\"late\"}"), 1);
}

#[test]
fn a_restart_remembers_how_far_an_alert_had_come() {
    let mut world = pushing();
    world.pass(minutes(2));
    let first = trunk(&world, "critical");
    world.pass(seconds(30));
    let second = trunk(&world, "critical");
    assert_eq!(world.push("cxone", "2", &second), 200);
    world.pass(seconds(1));
    let over = trunk(&world, "resolved");
    assert_eq!(world.push("cxone", "3", &over), 200);
    world.kill();
    // The cooldown alone would keep it quiet for less.
    world.pass(minutes(6));
    assert_eq!(world.push("cxone", "1", &first), 200);
    world.pass(seconds(10));
    world
        .pagerduty()
        .heard(["trigger trunk-9 severity critical", "resolve trunk-9 severity recovered"]);
}

#[test]
fn what_is_not_proved_is_refused() {
    let mut world = pushing();
    world.pass(minutes(2));
    let body = trunk(&world, "critical");
    assert_eq!(world.push_with("cxone", "1", &body, "sha256=00"), 401);
    assert_eq!(world.push_with("cxone", "1", &body, ""), 401);
    assert_eq!(world.push("other", "1", &body), 404);
    assert!(world.said("a webhook is refused"));
    world.pass(minutes(1));
    world.nobody_heard();
    // A forgery has not used up the id.
    assert_eq!(world.push("cxone", "1", &body), 200);
    let mut deaf = World::start(&config::thresholds(&[CROWD]));
    deaf.pass(minutes(1));
    assert_eq!(deaf.push("cxone", "1", &body), 404, "without a secret none is taken");
}

#[test]
fn while_the_ledger_refuses_senders_are_asked_to_come_again() {
    let mut world = pushing();
    world.pass(minutes(2));
    world.disk_is_full(true);
    world.queue("tier-1").waiting(30);
    world.pass(seconds(25));
    let body = trunk(&world, "critical");
    assert_eq!(world.push("cxone", "1", &body), 503);
    world.disk_is_full(false);
    world.pass(seconds(10));
    assert_eq!(world.push("cxone", "1", &body), 200);
}

#[test]
fn nobody_hears_yes_before_it_is_on_disk() {
    let mut world = pushing();
    world.pass(minutes(2));
    world.disk_is_full(true);
    let body = trunk(&world, "critical");
    assert_eq!(world.push("cxone", "1", &body), 0, "the ledger has not taken it");
    world.disk_is_full(false);
    world.pass(seconds(10));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    assert_eq!(world.push("cxone", "1", &body), 200);
    world.pass(minutes(1));
    world.nobody_heard();
}
