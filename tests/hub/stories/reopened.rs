//! What is there again is the same problem for a while: guide 1, section 4, deduplication.

use andon::model::time::Span;

use crate::config::{self, CROWD};
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

const BEGINS: &str = "trigger tier-2 calls_waiting critical";
const AGAIN: &str = "trigger tier-2 calls_waiting critical, reopened";
const OVER: &str = "resolve tier-2 calls_waiting recovered";

fn crowd(world: &mut World, lasts: Span) {
    world.queue("tier-2").waiting(22);
    world.pass(lasts);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(20));
}

fn world(keys: &str) -> World {
    let mut world = World::start(&config::thresholds(&[&format!("{CROWD}{keys}")]));
    world.pass(minutes(1));
    world
}

fn episode(world: &mut World) -> (u32, u32) {
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    (alert.episode, alert.raises)
}

#[test]
fn a_short_one_is_counted_and_one_that_stays_is_told() {
    let mut world = world("");
    crowd(&mut world, minutes(2));
    world.pagerduty().heard([BEGINS, OVER]);
    world.pass(seconds(30));
    crowd(&mut world, minutes(1));
    world.nobody_heard();
    let metric = |hold: &str| format!("andon_notices_held_total{{hold=\"{hold}\"}}");
    assert_eq!(world.metric(&metric("ended_untold")), 1);
    assert!(world.metric(&metric("duplicate")) > 4);
    assert!(world.said("began and ended untold"), "for audit and capacity planning");
    world.queue("tier-2").waiting(22);
    // Five minutes after they heard that it was over.
    world.pass(minutes(3));
    world.nobody_heard();
    world.pass(seconds(30));
    world.pagerduty().heard([AGAIN]);
    let event = world.pagerduty().itself().events().last().unwrap().event.clone();
    assert_eq!((&event.details["held_back"], &event.details["raises"]), (&1.into(), &3.into()));
    assert_eq!(episode(&mut world), (1, 3));
    let story = world.explain("tier-2:calls_waiting");
    let again = "it is there again so soon that it is the same problem";
    assert!(story.steps.iter().any(|step| step.what == again), "{:?}", story.steps);
}

#[test]
fn the_place_on_the_ladder_is_kept_and_the_time_between_does_not_count() {
    let mut world = world("");
    crowd(&mut world, minutes(6));
    world.pagerduty().heard([BEGINS, "trigger tier-2 calls_waiting critical, repeat", OVER]);
    world.pass(minutes(4));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(3));
    world.pagerduty().heard([AGAIN]);
    // Six minutes were behind it.
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, escalation"]);
}

#[test]
fn after_the_window_it_is_another_problem() {
    let mut world = world(", flap = \"off\"");
    crowd(&mut world, minutes(1));
    world.pass(minutes(5));
    crowd(&mut world, minutes(1));
    world.pagerduty().heard([BEGINS, OVER, BEGINS, OVER]);
    assert_eq!(episode(&mut world), (2, 1));
}

#[test]
fn what_is_restless_has_a_longer_window() {
    let mut world = world("");
    crowd(&mut world, minutes(1));
    world.pass(minutes(3));
    crowd(&mut world, minutes(2));
    world.pass(minutes(5));
    crowd(&mut world, minutes(1));
    assert_eq!(episode(&mut world), (1, 3), "five minutes would have been too long");
    world.pagerduty().heard([BEGINS, OVER, AGAIN, OVER, AGAIN, OVER]);
}

#[test]
fn no_window_that_slides_is_quiet_for_ever() {
    let mut world = world(
        ", flap = \"off\", dedup_window_seconds = 3600, max_quiet_seconds = 1800, \
         escalation_threshold_seconds = 86400",
    );
    for _ in 0..27 {
        crowd(&mut world, minutes(1));
        world.pass(seconds(40));
    }
    // 54 minutes: one reminder half an hour after the last notice, and its end.
    world.pagerduty().heard([BEGINS, OVER, AGAIN, OVER]);
    let event = world.pagerduty().itself().events().nth(2).unwrap().event.clone();
    assert_eq!(event.details["held_back"], 15);
}

/// Guide 1's event about a trunk.
fn trunk(world: &mut World, id: &str, severity: &str) {
    let timestamp = (BEGIN + world.site.elapsed).rfc3339();
    let body = format!(
        r#"{{"alert_key": "k", "metric_type": "telephony.trunk.event", "entity_id": "trunk-9",
            "entity_name": "trunk-9", "current_value": 0, "severity": "{severity}",
            "timestamp": "{timestamp}"}}"#
    );
    assert_eq!(world.push("cxone", id, &body), 200);
}

#[test]
fn a_trunk_that_bounces_is_one_problem_for_longer_and_unstable_sooner() {
    let mut world = World::start(&config::pushing(&config::thresholds(&[CROWD])));
    world.pass(minutes(1));
    for time in 0..4 {
        trunk(&mut world, &format!("down-{time}"), "critical");
        world.pass(minutes(1));
        trunk(&mut world, &format!("up-{time}"), "resolved");
        world.pass(minutes(9));
    }
    world.pagerduty().heard([
        "trigger trunk-9 severity critical",
        "resolve trunk-9 severity recovered",
        "trigger trunk-9 severity critical, reopened",
        "resolve trunk-9 severity recovered",
        "trigger trunk-9 severity critical, unstable",
        // Its clock goes on while it is held.
        "trigger trunk-9 severity critical, escalation",
    ]);
    assert_eq!(world.explain("trunk-9:severity").alert.unwrap().episode, 1);
    world.pass(minutes(60));
    world.pagerduty().heard(["resolve trunk-9 severity recovered"]);
    world.nobody_heard();
}

#[test]
fn what_is_said_once_and_held_back_is_told_in_time() {
    let mut world = World::start(&config::pushing(&config::thresholds(&[CROWD])));
    world.pass(minutes(1));
    trunk(&mut world, "1", "critical");
    world.pass(minutes(1));
    trunk(&mut world, "2", "resolved");
    world.pass(minutes(1));
    trunk(&mut world, "3", "critical");
    world.pass(minutes(4) + seconds(25));
    let (begins, over) =
        ("trigger trunk-9 severity critical", "resolve trunk-9 severity recovered");
    world.pagerduty().heard([begins, over]);
    // Nobody speaks of it again, and it is told all the same.
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger trunk-9 severity critical, reopened"]);
}

#[test]
fn a_restart_tells_in_time_what_was_held_back_before() {
    let mut world = World::start(&config::pushing(&config::thresholds(&[CROWD])));
    world.pass(minutes(1));
    trunk(&mut world, "1", "critical");
    world.pass(minutes(1));
    trunk(&mut world, "2", "resolved");
    world.pass(minutes(1));
    trunk(&mut world, "3", "critical");
    world.pass(seconds(10));
    world.reboot(minutes(10));
    world.pass(seconds(20));
    let (begins, over) =
        ("trigger trunk-9 severity critical", "resolve trunk-9 severity recovered");
    world.pagerduty().heard([begins, over]);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger trunk-9 severity critical, reopened"]);
}
