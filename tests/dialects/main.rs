//! One day's traffic through each platform's own API: the same verdicts, whatever the dialect.
//!
//! The whole heart runs under virtual time with a built-in definition, against the simulated
//! platform that speaks its dialect; all of them have the same call centre behind them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

extern crate alloc;

mod hub;
mod platforms;

use alloc::collections::BTreeSet;

use andon::model::notice::Reason;

use crate::hub::{Told, Watched};
use crate::platforms::{Dialect, amazon_connect, cxone, cxone_guide, genesys, genesys_guide, json};

/// Hours from the busiest of the week on.
const HOURS: i64 = 4;

/// Rules over what each platform knows at every moment.
const RULES: &str = r#"
[[rules]]
thresholds = [
    { metric = "calls_waiting", operator = ">=", static_value = 12, priority = "P1",
      on_delay_seconds = 0, off_delay_seconds = 0 },
    { metric = "agents_available", operator = "<", static_value = 1, priority = "P3",
      on_delay_seconds = 0, off_delay_seconds = 0 },
    { metric = "longest_wait", operator = ">=", static_value = 120, priority = "P2",
      on_delay_seconds = 0, off_delay_seconds = 0 },
]
"#;

/// One platform says how long somebody has waited, another since when: then the age is that of the
/// answer, a second later than that of the bucket's end, and a wait just below a threshold differs.
const WAIT: &str = "routing.queue.longest_wait";

/// What was told. What is of this moment is asked for at once, what is of a bucket a second later.
fn told(watched: &Watched) -> Vec<Told> {
    let from_first_second = |told: Told| Told { at: told.at.max(1), ..told };
    let others = watched.told.iter().filter(|told| told.metric != WAIT);
    others.cloned().map(from_first_second).collect()
}

fn watch(dialect: Dialect, rules: &str) -> Watched {
    hub::watch(dialect, rules, HOURS)
}

#[test]
fn the_same_day_gives_the_same_verdicts_in_every_dialect() {
    let guide = watch(cxone_guide(), RULES);
    let begun = guide.told.iter().filter(|told| told.reason == Reason::FirstBreach).count();
    assert!(begun > 20, "{begun}");
    for dialect in [genesys(), cxone()] {
        let name = dialect.name;
        let (one, other) = (told(&watch(dialect, RULES)), told(&guide));
        let differ = one.iter().zip(&other).find(|(one, other)| one != other);
        assert_eq!(differ, None, "{name}");
        assert_eq!(one.len(), other.len(), "{name}");
    }
}

#[test]
fn waits_are_the_same_but_for_a_second() {
    let waits = |dialect| {
        let begun = |told: &Told| told.metric == WAIT && told.reason == Reason::FirstBreach;
        let told = watch(dialect, RULES).told;
        told.into_iter().filter(begun).map(|told| (told.entity, told.at)).collect::<Vec<_>>()
    };
    let guide = waits(cxone_guide());
    assert!(guide.len() > 10, "{}", guide.len());
    for other in [waits(genesys()), waits(cxone())] {
        let near = |(entity, at): &&(String, i64)| {
            other.iter().any(|(known, then)| known == entity && (at - then).abs() <= 10)
        };
        let alike = guide.iter().filter(near).count();
        assert!(alike * 10 >= guide.len() * 9, "{alike} of {}", guide.len());
    }
}

#[test]
fn what_a_slower_dialect_sees_the_others_see_too() {
    let queues = |watched: &Watched| -> BTreeSet<(String, String)> {
        let told = watched.told.iter().filter(|told| told.reason == Reason::FirstBreach);
        told.map(|told| (platforms::name_of(&told.entity), told.metric.clone())).collect()
    };
    let guide = queues(&watch(cxone_guide(), RULES));
    for dialect in [genesys_guide(), amazon_connect(), json()] {
        let name = dialect.name;
        let seen = queues(&watch(dialect, RULES));
        assert!(!seen.is_empty() && seen.is_subset(&guide), "{name}: {seen:?} {guide:?}");
    }
}

#[test]
fn calls_of_a_minute_are_counted_alike() {
    let rules = r#"
[[rules]]
thresholds = [
    { metric = "abandoned_calls", operator = ">=", static_value = 3, priority = "P2",
      on_delay_seconds = 0, off_delay_seconds = 0 },
    { metric = "abandon_rate", operator = ">=", static_value = 0.1, priority = "P2",
      on_delay_seconds = 0, off_delay_seconds = 0 },
]
"#;
    let one = watch(genesys(), rules);
    let other = watch(cxone(), rules);
    let metrics: BTreeSet<&str> = one.told.iter().map(|told| &*told.metric).collect();
    let both = ["routing.queue.abandon_rate", "routing.queue.abandoned_calls"];
    assert_eq!(metrics, BTreeSet::from(both));
    assert_eq!(told(&other), told(&one));
}

#[test]
fn two_hundred_queues_cost_at_most_twenty_calls_a_minute() {
    let watched = hub::watch(platforms::genesys_of(200), RULES, 1);
    // The first minute also learns the names.
    let each_minute = f64::from(watched.asked) / 60.0;
    assert!(each_minute <= 20.0, "{each_minute}");
    // Three rules over each queue, every ten seconds.
    assert!(watched.checks > 200 * 3 * 340, "{}", watched.checks);
}

#[test]
fn nothing_that_names_a_person_is_asked_for() {
    let genesys = watch(genesys(), RULES);
    let cxone = watch(cxone(), RULES);
    assert_eq!((genesys.persons, cxone.persons), (0, 0));
}
