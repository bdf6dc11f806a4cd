//! Days and times on the clocks of a place.

use super::*;
use alloc::string::String;

fn utc(text: &str) -> UtcMs {
    UtcMs::from_rfc3339(text).unwrap()
}

fn daily(at: &str) -> Recurrence {
    let from: DateTime = at.parse().unwrap();
    let rule = DayRule {
        frequency: Frequency::Daily,
        interval: 1,
        by_day: Vec::new(),
        by_month_day: Vec::new(),
        by_month: Vec::new(),
        week_start: Weekday::Monday,
    };
    Recurrence { from, days: Days::Rule(rule), times: Times::At(from.time()), until: None }
}

fn next(recurrence: &Recurrence, zone: &str, after: &str, times: usize) -> Vec<String> {
    let zone = Zone::find(zone).unwrap();
    let mut at = utc(after);
    let mut found = Vec::new();
    for _ in 0..times {
        let Some((next, shows)) = recurrence.next(&zone, at) else { break };
        at = next;
        found.push(alloc::format!("{at} {shows:?}"));
    }
    found
}

#[test]
fn what_clocks_skip_or_show_twice_occurs_once() {
    let night = daily("2026-01-01T02:30");
    assert_eq!(
        next(&night, "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
        ["2026-03-28T01:30:00Z Once", "2026-03-29T01:30:00Z Never", "2026-03-30T00:30:00Z Once"]
    );
    assert_eq!(
        next(&night, "Europe/Berlin", "2026-10-23T12:00:00Z", 3),
        ["2026-10-24T00:30:00Z Once", "2026-10-25T00:30:00Z Twice", "2026-10-26T01:30:00Z Once"]
    );
    // One of cron's that stands after the gap is not lost for the one that is moved onto it.
    let field = |bits| Field { bits, star: Star::No };
    let days = CronDays {
        of_month: Field { bits: u64::MAX, star: Star::Yes },
        months: field(u64::MAX),
        of_week: Field { bits: u64::MAX, star: Star::Yes },
    };
    let times = Times::Grid { minutes: field(1 | 1 << 30), hours: field(0b1100) };
    let cron = Recurrence { days: Days::Cron(days), times, ..night };
    assert_eq!(
        next(&cron, "Europe/Berlin", "2026-03-28T22:00:00Z", 4),
        [
            "2026-03-29T01:00:00Z Never",
            "2026-03-29T01:30:00Z Never",
            "2026-03-30T00:00:00Z Once",
            "2026-03-30T00:30:00Z Once"
        ]
    );
}

#[test]
fn the_newest_occurrence_is_found_from_any_moment() {
    let night = daily("2026-01-01T23:00");
    let zone = Zone::find("America/New_York").unwrap();
    let newest = |at: &str| night.newest(&zone, utc(at), Span::secs(7_200)).map(|at| at.rfc3339());
    assert_eq!(newest("2026-01-02T03:59:59Z"), None, "none was before");
    for at in ["2026-01-02T04:00:00Z", "2026-01-02T05:10:00Z", "2026-01-02T06:00:00Z"] {
        assert_eq!(newest(at).as_deref(), Some("2026-01-02T04:00:00Z"), "{at}");
    }
    assert_eq!(newest("2026-01-02T06:00:01Z"), None);
}

#[test]
fn what_never_occurs_is_not_sought_for_ever() {
    let mut never = daily("2026-01-01T23:00");
    let Days::Rule(rule) = &mut never.days else { panic!() };
    rule.by_month = Vec::from([2]);
    rule.by_month_day = Vec::from([31]);
    assert_eq!(never.next(&Zone::utc(), utc("2026-01-01T00:00:00Z")), None);
    let mut over = daily("2026-01-01T23:00");
    over.until = Some(utc("2026-01-03T23:00:00Z"));
    assert_eq!(next(&over, "UTC", "2026-01-01T00:00:00Z", 9).len(), 3);
    let mut leap = daily("2096-03-01T00:00");
    let Days::Rule(rule) = &mut leap.days else { panic!() };
    rule.by_month = Vec::from([2]);
    rule.by_month_day = Vec::from([29]);
    let found = next(&leap, "UTC", "2096-03-01T00:00:00Z", 1);
    assert_eq!(found, ["2104-02-29T00:00:00Z Once"], "over a century that has none");
}

#[test]
fn an_interval_counts_from_the_first_occurrence_alone() {
    let mut rule = DayRule {
        frequency: Frequency::Weekly,
        interval: 2,
        by_day: Vec::from([ByDay { ordinal: 0, day: Weekday::Monday }]),
        by_month_day: Vec::new(),
        by_month: Vec::new(),
        week_start: Weekday::Monday,
    };
    let day = |text: &str| text.parse::<Date>().unwrap();
    let first = day("2026-01-05");
    let of = |rule: &DayRule, text: &str| rule.takes(day(text), first);
    assert!(of(&rule, "2026-01-19") && !of(&rule, "2026-01-12"));
    assert!(!of(&rule, "2025-12-22"), "nothing occurs before the first");
    rule = DayRule { frequency: Frequency::Yearly, interval: 3, by_day: Vec::new(), ..rule };
    assert!(of(&rule, "2029-01-05") && !of(&rule, "2028-01-05") && !of(&rule, "2023-01-05"));
    assert!(!of(&rule, "2029-02-05"), "the month is that of the first");
    rule.by_month = Vec::from([2]);
    assert!(of(&rule, "2029-02-05") && !of(&rule, "2029-01-05"));
}

/// Every hour and minute that cron has, midnight and the last of the day among them.
#[test]
fn a_grid_has_all_its_times() {
    let field = |bits| Field { bits, star: Star::No };
    let times = Times::Grid { minutes: field(u64::MAX), hours: field(u64::MAX) };
    assert_eq!(times.iter().count(), 24 * 60);
    let ends = Times::Grid { minutes: field(1 | 1 << 59), hours: field(1 | 1 << 23) };
    let shown: Vec<String> = ends.iter().map(|time| alloc::format!("{time}")).collect();
    assert_eq!(shown, ["00:00:00", "00:59:00", "23:00:00", "23:59:00"]);
    assert!(!field(0).has(-1) && !field(0).has(70));
}

/// What is newest is the last of its day, and nothing occurs before the beginning.
#[test]
fn of_a_day_the_last_is_the_newest() {
    let field = |bits| Field { bits, star: Star::Yes };
    let days =
        CronDays { of_month: field(u64::MAX), months: field(u64::MAX), of_week: field(u64::MAX) };
    let times = Times::Grid { minutes: field(1), hours: field(0b1110) };
    let from = "2026-01-05T02:00".parse().unwrap();
    let cron = Recurrence { from, days: Days::Cron(days), times, until: None };
    let newest = |at: &str| {
        let found = cron.newest(&Zone::utc(), utc(at), Span::secs(86_400));
        found.map(|at| at.rfc3339())
    };
    assert_eq!(newest("2026-01-05T05:00:00Z").as_deref(), Some("2026-01-05T03:00:00Z"));
    assert_eq!(newest("2026-01-05T01:30:00Z"), None);
    let first = next(&cron, "UTC", "2026-01-01T00:00:00Z", 1);
    assert_eq!(first, ["2026-01-05T02:00:00Z Once"]);
}
