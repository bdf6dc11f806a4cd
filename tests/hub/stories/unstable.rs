//! What comes and goes is told once as unstable, and once how it settles.

use andon::model::time::Span;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

const BEGINS: &str = "trigger tier-2 calls_waiting critical";
const AGAIN: &str = "trigger tier-2 calls_waiting critical, reopened";
const UNSTABLE: &str = "trigger tier-2 calls_waiting critical, unstable";
const SETTLED: &str = "trigger tier-2 calls_waiting critical, settled";
const ESCALATED: &str = "trigger tier-2 calls_waiting critical, escalation";
const OVER: &str = "resolve tier-2 calls_waiting recovered";

/// A crowd comes and goes so often, half of each period each.
fn comes_and_goes(world: &mut World, period: Span, times: u32) {
    for _ in 0..times {
        world.queue("tier-2").waiting(22);
        world.pass(Span(period.0 / 2));
        world.queue("tier-2").waiting(0);
        world.pass(Span(period.0 / 2));
    }
}

fn world() -> World {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world
}

/// One incident, whatever happens to it.
fn is_one_incident(world: &mut World, opened: u32) {
    let pagerduty = world.pagerduty().itself();
    let [incident] = pagerduty.incidents().collect::<Vec<_>>()[..] else { panic!("one incident") };
    assert_eq!(incident.opened, opened, "each time that it had been told to be over");
}

#[test]
fn every_20_seconds_for_8_minutes_is_four_notices() {
    let mut world = world();
    comes_and_goes(&mut world, seconds(20), 24);
    world.pagerduty().heard([BEGINS, OVER, UNSTABLE]);
    world.pass(minutes(20));
    // Half an hour after its last breach at the latest.
    world.pass(minutes(10));
    world.pagerduty().heard([OVER]);
    let event = world.pagerduty().itself().events().last().unwrap().event.clone();
    assert_eq!((&event.details["raises"], &event.details["held_back"]), (&24.into(), &21.into()));
    assert_eq!(event.details["open_seconds"], 240);
    is_one_incident(&mut world, 2);
    world.pass(minutes(60));
    world.nobody_heard();
}

#[test]
fn every_minute_for_half_an_hour_is_five_notices() {
    let mut world = world();
    comes_and_goes(&mut world, seconds(60), 30);
    // The clock of the escalation goes on while it is held.
    world.pagerduty().heard([BEGINS, OVER, UNSTABLE, ESCALATED]);
    world.pass(minutes(31));
    world.pagerduty().heard([OVER]);
    world.nobody_heard();
}

#[test]
fn every_5_minutes_for_half_an_hour_is_told_as_often_as_it_stays() {
    let mut world = world();
    comes_and_goes(&mut world, minutes(5), 6);
    // Each second one is gone five minutes after they heard that it was over. With the fifth it has
    // been there for ten minutes in all.
    world.pagerduty().heard([BEGINS, OVER, AGAIN, OVER, AGAIN, ESCALATED, OVER]);
    world.pass(minutes(60));
    world.nobody_heard();
}

#[test]
fn every_15_minutes_is_told_each_time() {
    let mut world = world();
    for _ in 0..3 {
        comes_and_goes(&mut world, minutes(4), 1);
        world.pass(minutes(11));
    }
    world.pagerduty().heard([BEGINS, OVER, BEGINS, OVER, BEGINS, OVER]);
    world.nobody_heard();
}

#[test]
fn what_settles_in_breach_is_told_so_and_goes_on_as_it_was() {
    let mut world = world();
    comes_and_goes(&mut world, seconds(40), 4);
    world.pagerduty().heard([BEGINS, OVER, UNSTABLE]);
    world.queue("tier-2").waiting(30);
    world.pass(minutes(9));
    // Ten minutes of breach are told, held or not.
    world.pagerduty().heard([ESCALATED]);
    world.pass(minutes(4));
    world.pagerduty().heard([SETTLED]);
    let event = world.pagerduty().itself().events().last().unwrap().event.clone();
    assert_eq!(event.details["raises"], 5);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard([OVER]);
    is_one_incident(&mut world, 2);
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut world = world();
    comes_and_goes(&mut world, seconds(20), 6);
    world.pagerduty().heard([BEGINS, OVER, UNSTABLE]);
    world.kill();
    world.pass(seconds(5));
    comes_and_goes(&mut world, seconds(20), 3);
    world.reboot(seconds(10));
    comes_and_goes(&mut world, seconds(20), 3);
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    let alert = story.alert.unwrap();
    assert!(alert.unstable_since_timestamp.is_some() && alert.settles_timestamp.is_some());
    assert_eq!(alert.episode, 1);
    assert!(alert.flap_penalty > 2_500.0, "{}", alert.flap_penalty);
    world.pass(minutes(30));
    world.pagerduty().heard([OVER]);
}

#[test]
fn a_worse_breach_of_what_is_unstable_is_told() {
    let mut world = World::start(&config::thresholds(&[CROWD, config::BUSY]));
    world.pass(minutes(1));
    for _ in 0..4 {
        world.queue("tier-2").waiting(8);
        world.pass(seconds(20));
        world.queue("tier-2").waiting(0);
        world.pass(seconds(20));
    }
    let (medium, over) = ("tier-2 calls_waiting medium", "tier-2 calls_waiting recovered");
    world.slack().heard([medium, over, "tier-2 calls_waiting medium, unstable"]);
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard([UNSTABLE]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(30));
    world.pagerduty().heard([OVER]);
    world.slack().heard([over]);
}

#[test]
fn a_rule_may_do_without() {
    let off = format!("{CROWD}, flap = \"off\"");
    let mut world = World::start(&config::thresholds(&[&off]));
    world.pass(minutes(1));
    comes_and_goes(&mut world, seconds(20), 24);
    world.pagerduty().heard([BEGINS, OVER, AGAIN, OVER]);
    world.pass(minutes(31));
    world.nobody_heard();
}
