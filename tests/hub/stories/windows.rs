//! Windows aligned to UTC, each judged once it has been closed for its buffer (guide 1, edge case
//! 2).

use andon::api::WatchState;

use crate::config;
use crate::world::{World, minutes, seconds};

const CROWD: &str = r#"metric = "calls_waiting", operator = ">=", static_value = 15,
    priority = "P1", window = { seconds = 300 }"#;

const HANG_UPS: &str = r#"metric = "abandoned_calls", operator = ">=", static_value = 2,
    priority = "P1", window = { seconds = 300, buffer_seconds = 120 }"#;

#[test]
fn a_window_is_judged_only_after_its_buffer() {
    // The story begins at a full hour.
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(20);
    world.pass(minutes(6));
    world.nobody_heard();
    let open = world.explain("tier-2:calls_waiting").watches.remove(0);
    assert_eq!(open.state, WatchState::Unknown, "{open:?}");
    assert_eq!(open.why, "no window has been closed for its buffer since the start");
    world.pass(seconds(12));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    let window = world.explain("tier-2:calls_waiting").watches.remove(0).window.unwrap();
    assert_eq!(window.start, "2024-05-15T14:00:00Z");
    assert_eq!((window.seconds, window.buffer_seconds), (300, 60));
    // It is over at once, and what was judged stands until the next window is.
    world.queue("tier-2").waiting(0);
    world.pass(seconds(4 * 60 + 30));
    world.nobody_heard();
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_crowd_shorter_than_the_window_is_its_mean() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(10));
    world.queue("tier-2").waiting(40);
    world.queue("tier-2").after(minutes(1)).waiting(0);
    world.pass(minutes(12));
    world.nobody_heard();
}

#[test]
fn hang_ups_count_where_they_happened() {
    let mut world = World::start(&config::thresholds(&[HANG_UPS]));
    world.pass(seconds(14 * 60 + 50));
    // The last ten seconds before the quarter.
    world.queue("tier-2").hang_ups(10);
    world.pass(minutes(2));
    world.nobody_heard();
    world.pass(seconds(24));
    world.pagerduty().heard(["trigger tier-2 abandoned_calls critical"]);
    world.pass(minutes(5));
    world.pagerduty().heard(["resolve tier-2 abandoned_calls recovered"]);
}

#[test]
fn a_breach_over_a_window_escalates_in_time() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(20);
    world.pass(seconds(6 * 60 + 12));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(seconds(5 * 60 + 10));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
}

#[test]
fn a_restart_waits_for_a_whole_window_and_tells_nothing() {
    let mut world = World::start(&config::thresholds(&[HANG_UPS]));
    world.pass(seconds(60));
    for _ in 0..30 {
        world.queue("tier-2").hang_ups(1);
        world.pass(seconds(10));
    }
    world.pass(seconds(125));
    world.pagerduty().heard(["trigger tier-2 abandoned_calls critical"]);
    world.kill();
    world.pass(minutes(6));
    world.nobody_heard();
    world.pass(minutes(4));
    world.pagerduty().heard(["resolve tier-2 abandoned_calls recovered"]);
}
