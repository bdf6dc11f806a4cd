//! The clock on the wall of the site: a shift keeps its place when clocks change.

use andon::model::time::UtcMs;
use andon::model::zone::Zone;

use super::baseline::{DAY, MINUTE, Past, UNUSUAL_CROWD};
use crate::config;
use crate::site::BEGIN;
use crate::world::minutes;

/// From 18:00 to 23:00 by the clock on the wall forty callers wait, else four.
fn evening(zone: &str) -> impl Fn(UtcMs) -> f64 {
    let zone = Zone::find(zone).unwrap();
    move |utc| if (18..23).contains(&zone.local(utc).hour()) { 40.0 } else { 4.0 }
}

fn site(zone: &str) -> String {
    format!("{}\n[hub]\nzone = \"{zone}\"\n", config::thresholds(&[UNUSUAL_CROWD]))
}

/// Minutes from the beginning of the stories.
fn minute(utc: &str) -> i64 {
    (UtcMs::from_rfc3339(utc).unwrap().0 - BEGIN.0).div_euclid(MINUTE)
}

#[test]
fn a_shift_that_begins_at_its_hour_raises_nothing_after_clocks_have_changed() {
    for change in ["2024-03-29T00:00:00Z", "2024-10-26T23:00:00Z"] {
        let begun = |zone| {
            let mut past = Past::new(&site(zone));
            past.live(minute(change) - 6 * 7 * DAY, minute(change), evening("Asia/Jerusalem"));
            let before = past.begun.len();
            past.live(minute(change), minute(change) + 14 * DAY, evening("Asia/Jerusalem"));
            (before, past.begun.len() - before)
        };
        let (known, after) = begun("Asia/Jerusalem");
        assert!(known > 0 && after == 0, "{change}: {after} once {known} were known");
        // By UTC every evening begins an hour early, or ends an hour late.
        let (_, after) = begun("UTC");
        assert!(after >= 7, "{change}: {after}");
    }
}

#[test]
fn what_was_learned_stays_where_it_was_when_the_file_names_another_zone() {
    // Egypt sets its clocks forward on 2024-04-26: the evening began at 16:00 UTC, and does at
    // 15:00 now. What is known is from before, and was learned by a hub that knew of no zone.
    let mut past = Past::new(&config::thresholds(&[UNUSUAL_CROWD]));
    past.live(-8 * 7 * DAY, minute("2024-04-25T00:00:00Z"), evening("Africa/Cairo"));
    let mut world = past.world(&site("Africa/Cairo"));
    world.queue("tier-2").waiting(4);
    world.pass(minutes(58));
    world.queue("tier-2").waiting(40);
    world.pass(minutes(60));
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    assert!(story.watches[0].why.contains("usual on Wed 18:00: 40, from 5 of 8"), "{story:?}");
    // The same ledger with the clocks of UTC.
    let mut world = past.world(&config::thresholds(&[UNUSUAL_CROWD]));
    world.queue("tier-2").waiting(4);
    world.pass(minutes(40));
    world.queue("tier-2").waiting(40);
    world.pass(minutes(5));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}
