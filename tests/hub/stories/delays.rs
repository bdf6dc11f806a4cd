//! A breach has to last, and so has its end: on-delay and off-delay, what is missing of them, and
//! what a restart leaves of them.

use andon::api::WatchState;
use andon::demo::faults::Fault;

use crate::config::{self, AT_ONCE, BUSY, CROWD};
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

/// Guide 2's rule with these delays.
fn crowd(on: u32, off: u32) -> String {
    format!("{CROWD}, on_delay_seconds = {on}, off_delay_seconds = {off}")
}

fn world(on: u32, off: u32) -> World {
    let mut world = World::start(&config::thresholds(&[&crowd(on, off)]));
    world.pass(minutes(1) + seconds(5));
    world
}

/// So many callers wait for so many cycles.
fn waits(world: &mut World, waiting: u16, cycles: i64) {
    world.queue("tier-2").waiting(waiting);
    world.pass(seconds(10 * cycles));
}

const PAGE: &str = "trigger tier-2 calls_waiting critical";
const OVER: &str = "resolve tier-2 calls_waiting recovered";

#[test]
fn a_breach_is_told_when_it_has_lasted_and_not_a_sample_before() {
    let mut world = world(60, 0);
    waits(&mut world, 22, 6);
    waits(&mut world, 0, 3);
    world.nobody_heard();
    assert_eq!(world.metric("andon_brief_breaches_total"), 1, "it is counted");
    waits(&mut world, 22, 6);
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    assert_eq!(story.watches[0].state, WatchState::Pending);
    assert!(story.watches[0].why.contains("50 s"), "{story:?}");
    waits(&mut world, 22, 1);
    world.pagerduty().heard([PAGE]);
    waits(&mut world, 0, 1);
    world.pagerduty().heard([OVER]);
}

#[test]
fn it_is_over_when_it_was_clear_for_long_enough_and_not_a_sample_before() {
    let mut world = world(0, 60);
    waits(&mut world, 22, 3);
    world.pagerduty().heard([PAGE]);
    waits(&mut world, 0, 6);
    waits(&mut world, 22, 1);
    world.nobody_heard();
    waits(&mut world, 0, 6);
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    assert_eq!(story.watches[0].state, WatchState::Clearing);
    assert_eq!(story.alert.unwrap().value_text, "0", "the page is as new as the sample");
    waits(&mut world, 0, 1);
    world.pagerduty().heard([OVER]);
}

#[test]
fn the_ladder_counts_from_the_first_sample_in_breach() {
    let mut world = world(120, 0);
    let first = world.site.elapsed;
    waits(&mut world, 22, 13);
    world.pagerduty().heard([PAGE]);
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    assert_eq!(alert.first_breach_timestamp, (BEGIN + first + seconds(5)).rfc3339());
    // The sample of ten minutes after it escalates, two minutes early by the page.
    waits(&mut world, 22, 47);
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
    waits(&mut world, 22, 1);
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, escalation"]);
}

/// How many seconds a breach needs until somebody is paged, where after three samples of it the
/// platform cannot be asked for a while.
fn paged_after(gone: i64) -> i64 {
    let mut world = world(60, 0);
    let begin = world.site.elapsed;
    waits(&mut world, 22, 3);
    world.cxone().suffers(Fault::Close, seconds(gone));
    while world.pagerduty().itself().events().next().is_none() {
        world.pass(seconds(1));
    }
    (world.site.elapsed - begin).whole_secs()
}

#[test]
fn a_gap_pauses_the_clock_and_a_long_one_sets_it_back() {
    let usual = paged_after(0);
    // Two samples are missing.
    assert_eq!(paged_after(25) - usual, 20);
    assert_eq!(paged_after(66) - usual, 60);
    // Beyond the tolerance, what was seen before it counts for nothing.
    assert_eq!(paged_after(96) - usual, 30 + 90);
}

#[test]
fn no_alert_ends_by_a_gap() {
    let mut world = world(0, 60);
    waits(&mut world, 22, 2);
    world.pagerduty().heard([PAGE]);
    waits(&mut world, 0, 3);
    world.cxone().suffers(Fault::Close, minutes(5));
    world.pass(minutes(5) + seconds(15));
    world.pagerduty().heard([]);
    world.pass(minutes(1) + seconds(30));
    world.pagerduty().heard([OVER]);
}

#[test]
fn a_restart_in_either_delay_sends_nothing_and_begins_it_anew() {
    let mut world = world(60, 60);
    waits(&mut world, 22, 5);
    world.kill();
    waits(&mut world, 22, 6);
    world.nobody_heard();
    waits(&mut world, 22, 2);
    world.pagerduty().heard([PAGE]);
    waits(&mut world, 0, 5);
    world.kill();
    waits(&mut world, 0, 6);
    world.nobody_heard();
    waits(&mut world, 0, 2);
    world.pagerduty().heard([OVER]);
}

#[test]
fn an_edited_delay_keeps_the_alert() {
    let mut world = world(0, 300);
    waits(&mut world, 22, 2);
    world.pagerduty().heard([PAGE]);
    world.reload(&config::thresholds(&[&crowd(120, 30)]));
    waits(&mut world, 22, 3);
    world.nobody_heard();
    waits(&mut world, 0, 3);
    world.nobody_heard();
    waits(&mut world, 0, 2);
    world.pagerduty().heard([OVER]);
}

#[test]
fn without_a_word_about_it_a_breach_lasts_a_minute_and_its_end_five() {
    let text = config::thresholds(&[CROWD]).replace(AT_ONCE, "");
    let mut world = World::start(&text);
    world.pass(minutes(1) + seconds(5));
    // A saw-tooth of half a minute is nobody's business.
    for _ in 0..10 {
        waits(&mut world, 22, 3);
        waits(&mut world, 0, 3);
    }
    world.nobody_heard();
    waits(&mut world, 22, 7);
    world.pagerduty().heard([PAGE]);
    for _ in 0..4 {
        waits(&mut world, 0, 20);
        waits(&mut world, 22, 1);
    }
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical, repeat",
        "trigger tier-2 calls_waiting critical, escalation",
    ]);
    waits(&mut world, 0, 30);
    world.nobody_heard();
    waits(&mut world, 0, 1);
    world.pagerduty().heard([OVER]);
}

#[test]
fn a_threshold_that_moves_away_alone_ends_nothing_within_the_delay() {
    let wait = format!("{}, on_delay_seconds = 0, off_delay_seconds = 60", config::WAIT);
    let mut world = World::start(&config::thresholds(&[&wait]));
    world.queue("tier-2").agents(1).longest_wait(150);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 longest_wait medium"]);
    world.queue("tier-2").agents(10);
    world.pass(seconds(60));
    world.queue("tier-2").agents(1);
    world.pass(minutes(2));
    world.nobody_heard();
}

#[test]
fn a_breach_whose_value_is_clear_neither_repeats_nor_escalates() {
    let p1 = crowd(0, 3_600);
    let mut world = World::start(&config::thresholds(&[&p1, BUSY]));
    world.pass(seconds(5));
    waits(&mut world, 22, 2);
    world.pagerduty().heard([PAGE]);
    // The P2 rule goes on holding, and its samples settle the alert.
    waits(&mut world, 8, 100);
    world.nobody_heard();
    assert!(world.metric("andon_notices_held_total{hold=\"clearing\"}") > 90);
}

/// A hub that is told about by webhooks, too, and whose polls have these delays.
fn pushed_world(on: u32, off: u32) -> World {
    let mut world = World::start(&config::pushing(&config::thresholds(&[&crowd(on, off)])));
    world.pass(minutes(2) + seconds(5));
    world
}

/// A sender says now how many callers wait.
fn say(world: &mut World, id: &str, waiting: u32) {
    let timestamp = (BEGIN + world.site.elapsed).rfc3339();
    let body = format!(
        r#"{{"alert_key": "k", "metric_type": "routing.queue.calls_waiting",
            "entity_id": "tier-2", "entity_name": "tier-2", "current_value": {waiting},
            "severity": "high", "timestamp": "{timestamp}"}}"#
    );
    assert_eq!(world.push("cxone", id, &body), 200);
}

#[test]
fn what_is_pushed_once_needs_no_other_word() {
    let mut world = pushed_world(60, 120);
    // Nobody else speaks of it.
    world.cxone().suffers(Fault::Close, minutes(60));
    say(&mut world, "1", 22);
    world.pass(seconds(2));
    world.pagerduty().heard([PAGE]);
    world.pass(minutes(1));
    say(&mut world, "2", 0);
    world.pass(seconds(2));
    world.pagerduty().heard([OVER]);
}

#[test]
fn what_was_pushed_is_not_lost_by_a_power_cut_right_after() {
    let mut world = pushed_world(60, 120);
    world.cxone().suffers(Fault::Close, minutes(60));
    say(&mut world, "1", 22);
    world.reboot(minutes(3));
    world.pass(seconds(10));
    world.pagerduty().heard([PAGE]);
    say(&mut world, "2", 0);
    world.reboot(minutes(3));
    world.pass(seconds(10));
    world.pagerduty().heard([OVER]);
}

#[test]
fn a_word_of_a_sender_ends_the_delay_of_what_is_polled() {
    let mut world = pushed_world(60, 120);
    waits(&mut world, 22, 3);
    world.nobody_heard();
    say(&mut world, "1", 22);
    world.pass(seconds(2));
    world.pagerduty().heard([PAGE]);
    waits(&mut world, 0, 6);
    world.pagerduty().heard([]);
    say(&mut world, "2", 0);
    world.pass(seconds(2));
    world.pagerduty().heard([OVER]);
}
