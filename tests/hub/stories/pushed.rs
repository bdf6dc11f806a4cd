//! What platforms push: believed when it is proved, remembered before it is answered, taken once.

use andon::model::time::{ClockTrust, Span, UtcMs};

use crate::config::{self, CROWD, WAIT};
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

fn pushing() -> World {
    World::start(&config::pushing(&config::thresholds(&[CROWD])))
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

#[test]
fn a_day_later_the_same_id_is_new_again() {
    let mut world = pushing();
    world.pass(minutes(2));
    let body = trunk(&world, "critical");
    let begin = world.site.elapsed;
    assert_eq!(world.push("cxone", "1", &body), 200);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    let day = Span::secs(86_400);
    world.pass(begin + day - world.site.elapsed);
    // To the last second of the day it changes nothing, though it would be told again by now.
    assert_eq!(world.answer_to("1", &trunk(&world, "critical")), "duplicate");
    world.pass(seconds(2));
    assert_eq!(world.answer_to("1", &trunk(&world, "critical")), "accepted");
}

#[test]
fn a_delivery_may_come_at_any_moment_of_a_reload() {
    let mut world = pushing();
    world.pass(minutes(2));
    let body = trunk(&world, "critical");
    assert_eq!(world.answer_to("1", &body), "accepted");
    world.pass(seconds(1));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    let both = config::pushing(&config::thresholds(&[CROWD, WAIT]));
    world.reload(&both);
    assert!(!world.is_up(), "nobody is there to be pushed to");
    world.pass(seconds(3));
    // Before the platform has been heard, and known from before the reload.
    assert_eq!(world.answer_to("1", &body), "duplicate");
    assert_eq!(world.answer_to("2", &trunk(&world, "resolved")), "accepted");
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve trunk-9 severity recovered"]);
}

#[test]
fn two_sources_with_one_id_do_not_hide_each_other() {
    let text = config::pushing(&config::thresholds(&[CROWD]));
    let text = text.replace("[[rules]]", "[[rules]]\nsource = \"cxone\"");
    let source = text.split("[[target]]").next().unwrap();
    let annex = source.replace("cxone.test", "annex.test");
    let mut world =
        World::start(&(text.clone() + &annex.replace("name = \"cxone\"", "name = \"annex\"")));
    world.pass(minutes(2));
    let body = trunk(&world, "critical");
    for source in ["cxone", "annex"] {
        assert_eq!(world.push(source, "1", &body), 200);
        world.pass(seconds(1));
        world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    }
    let taken = |world: &mut World, source| {
        world.metric(&format!("andon_deliveries_total{{source=\"{source}\",outcome=\"taken\"}}"))
    };
    assert_eq!(["cxone", "annex"].map(|source| taken(&mut world, source)), [1, 1]);
}

#[test]
fn what_is_late_about_one_number_may_be_news_about_another() {
    let mut world = pushing();
    world.pass(minutes(2) + seconds(4));
    let first = world.site.elapsed;
    world.pass(seconds(1));
    let agents = payload("routing.queue.agents_available", "tier-2", 9, "low", world.site.elapsed);
    assert_eq!(world.answer_to("2", &agents), "accepted");
    let waiting = payload("routing.queue.calls_waiting", "tier-2", 22, "critical", first);
    assert_eq!(world.answer_to("1", &waiting), "accepted");
    world.pass(seconds(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}

#[test]
fn what_a_poll_has_overtaken_moves_nothing_back() {
    let mut world = pushing();
    world.pass(minutes(2) + seconds(4));
    let body = waiting(&world, 22);
    world.pass(seconds(10));
    assert_eq!(world.answer_to("1", &body), "late");
    world.pass(minutes(1));
    world.nobody_heard();
}

#[test]
fn a_box_that_believes_in_1970_takes_what_is_new() {
    let mut world = pushing();
    world.pass(minutes(2));
    assert_eq!(world.answer_to("1", &trunk(&world, "critical")), "accepted");
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    world.site.board.trust = ClockTrust::Untrusted;
    world.reboot(seconds(30));
    world.site.board.wall_error = UtcMs(0) - world.site.utc();
    // Nobody has said the time yet.
    world.pass(Span::millis(100));
    assert_eq!(world.answer_to("1", &trunk(&world, "critical")), "duplicate");
    assert_eq!(world.answer_to("2", &trunk(&world, "resolved")), "accepted");
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve trunk-9 severity recovered"]);
    // What it took in 1970 it knows again after another start, when the time is known.
    world.kill();
    world.pass(minutes(1));
    assert_eq!(world.answer_to("3", &trunk(&world, "low")), "accepted");
    assert_eq!(world.answer_to("2", &trunk(&world, "resolved")), "duplicate");
    assert_eq!(world.answer_to("1", &trunk(&world, "critical")), "duplicate");
}
