//! A ledger of every released format is kept in `tests/hub/ledgers` and opens for ever.

use andon::demo::faults::Fault;
use andon::ledger::restore;
use andon::model::alert::Phase;
use andon::model::notice::Reason;
use andon::model::telling::TellingState;
use andon::model::time::{ClockTrust, Now, Tick};

use crate::config::{self, CROWD, WAIT};
use crate::disk::Disk;
use crate::site::{BEGIN, Site};
use crate::world::{World, minutes, seconds};

const FORMAT_1: &[u8] = include_bytes!("../ledgers/format-1.redb");

fn config() -> String {
    config::thresholds(&[CROWD, WAIT])
}

/// PagerDuty refuses the first page and is then away like Slack, so that every table has rows.
fn fill() -> World {
    let mut world = World::start(&config());
    world.pagerduty().suffers(Fault::Refuse, minutes(1));
    world.slack().suffers(Fault::Unavailable, minutes(60));
    world.queue("tier-2").waiting(22);
    world.queue("tier-1").longest_wait(300).after(minutes(2)).longest_wait(1);
    world.pass(minutes(1));
    world.pagerduty().suffers(Fault::Unavailable, minutes(60));
    world.pass(minutes(10));
    world
}

/// Writes the ledger of the present format. Run by hand once, when a format is released:
/// `cargo test --test hub writes_the_ledger_of_this_format -- --ignored`
#[test]
#[ignore = "it overwrites what the other test reads"]
fn writes_the_ledger_of_this_format() {
    let ledger = fill().site.disk.into_ledger();
    assert!(ledger.len() < 200_000, "{}", ledger.len());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hub/ledgers/format-1.redb");
    std::fs::write(path, ledger).unwrap();
}

#[test]
fn a_ledger_of_format_1_restores_everything() {
    let rows = Disk::holding(FORMAT_1).open().unwrap();
    let now = Now { tick: Tick(0), utc: BEGIN + minutes(11), trust: ClockTrust::Ntp };
    let remembered = restore(rows, "another boot", now).unwrap();
    assert_eq!(remembered.complaints, [""; 0]);
    let alerts = remembered.alerts.iter().map(|alert| {
        let steps = alert.trail.steps().count();
        (alert.entity.as_str(), alert.metric.short(), alert.phase, alert.value, steps)
    });
    let expected = [
        ("tier-1", "longest_wait", Phase::Resolved, 1.0, 5),
        ("tier-2", "calls_waiting", Phase::Detected, 22.0, 7),
    ];
    assert_eq!(alerts.collect::<Vec<_>>(), expected);
    let tellings = remembered.tellings.iter();
    let tellings = tellings.map(|one| (&*one.alert_key, one.state, one.notification_count));
    let expected = [
        ("tier-1:longest_wait:P2", TellingState::Cooldown, 1),
        ("tier-2:calls_waiting:P1", TellingState::Escalated, 3),
    ];
    assert_eq!(tellings.collect::<Vec<_>>(), expected);
    let notices = remembered.notices.iter();
    let notices = notices.map(|one| (one.number, one.target.as_str(), one.reason));
    let expected = [
        (0, "slack", Reason::FirstBreach),
        (2, "slack", Reason::Recovered),
        (3, "pagerduty", Reason::Repeat),
        (4, "pagerduty", Reason::Escalation),
    ];
    assert_eq!(notices.collect::<Vec<_>>(), expected);
    let dead = remembered.dead_letters.iter().map(|letter| letter.notice.number);
    assert_eq!((dead.collect::<Vec<_>>(), remembered.next_notice), (vec![1], 5));
    let places = remembered.bucket_ends.iter().map(|(source, end)| (&**source, *end));
    assert_eq!(places.collect::<Vec<_>>(), [("cxone", BEGIN + minutes(10))]);
}

#[test]
fn a_hub_goes_on_with_a_ledger_of_format_1() {
    let ledger = |site: &mut Site| {
        site.disk = Disk::holding(FORMAT_1);
        site.elapsed = minutes(12);
        site.boot_again();
    };
    let mut world = World::with(&config(), 1, ledger);
    world.pass(seconds(20));
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical, repeat",
        "trigger tier-2 calls_waiting critical, escalation",
        "resolve tier-2 calls_waiting recovered",
    ]);
    world.slack().heard(["tier-1 longest_wait medium", "tier-1 longest_wait recovered"]);
    assert_eq!(world.metric("andon_dead_letters"), 1);
}
