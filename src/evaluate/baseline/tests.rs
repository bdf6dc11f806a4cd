//! What is learned of a series, hour by hour.

use super::*;
use crate::evaluate::baseline::compact::number;
use crate::ledger::Write;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::RateForm;
use alloc::format;

/// Monday 2024-05-13, 14:00.
const BEGIN: i64 = 1_715_608_800;
const HOUR: i64 = 3_600;
const WEEK: i64 = 168 * HOUR;

fn name(entity: &str, percent: u8) -> SeriesName {
    SeriesName {
        source: SourceName::new("cxone").unwrap(),
        entity: EntityId::new(entity).unwrap(),
        metric: Metric::find("calls_waiting").unwrap(),
        percent,
        rate: RateForm::SlidingMinute,
    }
}

fn at(secs: i64) -> Now {
    let trust = ClockTrust::Ntp;
    Now { tick: Tick(secs * 1_000), utc: UtcMs((BEGIN + secs) * 1_000), trust }
}

/// An hour with this reading in each of these minutes, and the beginning of the next hour.
fn hour(
    baselines: &mut Baselines,
    seat: Seat,
    begin: i64,
    minutes: core::ops::Range<i64>,
    reading: impl Fn(i64) -> (f64, Option<Tick>),
) {
    for minute in minutes {
        let now = at(begin + minute * 60);
        baselines.come_to(now);
        let (value, trouble) = reading(minute);
        baselines.read(seat, value, || trouble);
        baselines.read(seat, 9_999.0, || None);
    }
}

/// What the newest news say of the first series.
fn taught(baselines: &mut Baselines) -> Option<f64> {
    let mut last = None;
    while let Some(news) = baselines.next_news() {
        if let News::Hour(learned) = news {
            last = learned.codes.first().copied();
        }
    }
    number(last?)
}

fn usual(baselines: &mut Baselines, seat: Seat, secs: i64) -> Known {
    baselines.come_to(at(secs));
    baselines.usual(seat).unwrap().known
}

#[test]
fn an_hour_is_learned_from_its_minutes() {
    for (percent, expected) in [(95, 57.0), (50, 30.0), (5, 3.0), (99, 60.0)] {
        let mut baselines = Baselines::default();
        let seat = baselines.seat(name("q", percent));
        hour(&mut baselines, seat, 0, 0..60, |minute| {
            (f64::from(60 - i32::try_from(minute).unwrap()), None)
        });
        baselines.come_to(at(HOUR));
        assert_eq!(taught(&mut baselines), Some(expected), "{percent} %");
    }
}

#[test]
fn an_hour_that_was_hardly_seen_teaches_nothing() {
    let mut baselines = Baselines::default();
    let seat = baselines.seat(name("q", 95));
    hour(&mut baselines, seat, 0, 0..9, |_| (5.0, None));
    baselines.come_to(at(HOUR));
    assert_eq!(taught(&mut baselines), None);
    hour(&mut baselines, seat, HOUR, 0..10, |_| (5.0, None));
    baselines.come_to(at(2 * HOUR));
    assert_eq!(taught(&mut baselines), Some(5.0));
}

#[test]
fn trouble_is_passed_over_once_and_then_learned() {
    let mut baselines = Baselines::default();
    let seat = baselines.seat(name("q", 95));
    let mut weeks = Vec::new();
    for week in 0..7 {
        let begin = week * WEEK;
        let trouble = (week > 2).then_some(at(begin).tick);
        let value = if week > 2 { 90.0 } else { 10.0 };
        hour(&mut baselines, seat, begin, 0..60, |_| (value, trouble));
        baselines.come_to(at(begin + HOUR));
        weeks.push(usual(&mut baselines, seat, begin + WEEK));
    }
    let weeks: Vec<_> = weeks.iter().map(|known| (known.weeks, known.usual)).collect();
    let (ten, ninety) = (Some(10.0), Some(90.0));
    // The fourth week is passed over, the next is outvoted, and then it is the usual.
    let last = [(3, ten), (3, ten), (4, ten), (5, ninety), (6, ninety)];
    assert_eq!((weeks[1].0, &weeks[2..]), (2, &last[..]));
}

#[test]
fn an_alert_that_has_been_open_for_days_is_learned_from() {
    let mut baselines = Baselines::default();
    let seat = baselines.seat(name("q", 95));
    let days = |days: i64| Some(Tick(at(0).tick.0 - days * 24 * HOUR * 1_000));
    hour(&mut baselines, seat, 0, 0..60, |_| (90.0, days(2)));
    baselines.come_to(at(HOUR));
    assert_eq!(taught(&mut baselines), None);
    hour(&mut baselines, seat, HOUR, 0..60, |_| (90.0, days(3)));
    baselines.come_to(at(2 * HOUR));
    assert_eq!(taught(&mut baselines), Some(90.0));
}

#[test]
fn while_nothing_is_as_usual_nothing_is_learned() {
    let mut baselines = Baselines::default();
    let seat = baselines.seat(name("q", 95));
    for unusual in [Unusual::Storm, Unusual::Maintenance] {
        baselines.learning = Learning::Off(unusual);
        hour(&mut baselines, seat, 0, 0..60, |_| (90.0, None));
        baselines.come_to(at(HOUR));
    }
    baselines.learning = Learning::On;
    for minute in 0..60 {
        let now = Now { trust: ClockTrust::Untrusted, ..at(HOUR + minute * 60) };
        baselines.come_to(now);
        baselines.read(seat, 90.0, || None);
        assert_eq!(baselines.learning(now), Learning::Off(Unusual::ClockUntrusted));
    }
    baselines.come_to(at(2 * HOUR));
    assert_eq!(taught(&mut baselines), None);
    hour(&mut baselines, seat, 2 * HOUR, 0..60, |_| (7.0, None));
    baselines.come_to(at(3 * HOUR));
    assert_eq!(taught(&mut baselines), Some(7.0));
}

/// What the ledger would give the next start.
fn restarted(before: &mut Baselines) -> Baselines {
    let mut learned = LearnedWeeks::default();
    while let Some(news) = before.next_news() {
        match news {
            News::Series(number, name) => learned.series.push((number, name)),
            News::Hour(hour) => {
                learned.hours.retain(|known| known.hour != hour.hour);
                learned.hours.push(hour);
            }
        }
    }
    let mut after = Baselines::default();
    after.restore(learned);
    after
}

#[test]
fn a_restart_within_an_hour_does_not_spoil_it() {
    let mut before = Baselines::default();
    let seat = before.seat(name("q", 95));
    for week in 0..3 {
        hour(&mut before, seat, week * WEEK, 0..60, |_| (20.0, None));
        before.come_to(at(week * WEEK + HOUR));
    }
    hour(&mut before, seat, 3 * WEEK, 0..50, |_| (30.0, None));
    let mut after = restarted(&mut before);
    assert_eq!(after.seat(name("q", 95)), seat);
    hour(&mut after, seat, 3 * WEEK, 52..60, |_| (1.0, None));
    after.come_to(at(3 * WEEK + HOUR));
    let known = usual(&mut after, seat, 4 * WEEK);
    assert_eq!((known.weeks, known.usual), (4, Some(20.0)));
    assert_eq!(after.weeks.code(0, (BEGIN + 3 * WEEK) / HOUR), compact(30.0));
}

#[test]
fn close_to_a_full_hour_the_more_lenient_one_counts() {
    let mut baselines = Baselines::default();
    let seat = baselines.seat(name("q", 95));
    for week in 0..3 {
        hour(&mut baselines, seat, week * WEEK, 0..60, |_| (10.0, None));
        hour(&mut baselines, seat, week * WEEK + HOUR, 0..60, |_| (40.0, None));
        baselines.come_to(at(week * WEEK + 2 * HOUR));
    }
    let mut usual = |minute: i64| {
        baselines.come_to(at(3 * WEEK + minute * 60));
        let usual = baselines.usual(seat).unwrap();
        [Operator::AtLeast, Operator::Below].map(|operator| usual.value(operator).unwrap())
    };
    assert_eq!([usual(49), usual(50), usual(59)], [[10.0; 2], [40.0, 10.0], [40.0, 10.0]]);
    assert_eq!([usual(60), usual(69), usual(70)], [[40.0, 10.0], [40.0, 10.0], [40.0; 2]]);
    // An hour that is not known leaves the one beside it to speak.
    assert_eq!([usual(119), usual(-5)], [[40.0; 2], [10.0; 2]]);
}

#[test]
fn series_beyond_the_bound_are_refused_until_one_is_forgotten() {
    let mut before = Baselines::default();
    for n in 0..BASELINE_SERIES_MAX {
        assert_ne!(before.seat(name(&format!("q{n}"), 95)), Seat::NoRoom);
    }
    assert_eq!(before.seat(name("late", 95)), Seat::NoRoom);
    assert_eq!((before.refused, before.usual(Seat::NoRoom)), (1, None));
    let first = Seat::At(0);
    hour(&mut before, first, 0, 0..60, |_| (10.0, None));
    before.come_to(at(HOUR));
    let mut after = restarted(&mut before);
    after.come_to(at(WEEK));
    for n in 2..BASELINE_SERIES_MAX {
        after.seat(name(&format!("q{n}"), 95));
    }
    // Of the two that nobody watches any more, one is still remembered.
    assert_eq!(after.seat(name("late", 95)), Seat::At(1));
    assert_eq!(after.seat(name("later", 95)), Seat::NoRoom);
    after.come_to(at(9 * WEEK));
    assert_eq!(after.seat(name("later", 95)), first);
}

#[test]
fn a_year_of_a_thousand_series_takes_less_than_four_megabytes() {
    let mut baselines = Baselines::default();
    let mut learned = LearnedWeeks::default();
    let entity = |n| format!("4e2b1c8a-7d3f-4a6e-9b5c-{n:012}");
    let series = (0..1_000_u16).map(|n| (n, name(&entity(n), 95)));
    learned.series = series.collect();
    for hour in 0..52 * 168 {
        let codes = (0..1_000).map(|n| compact(f64::from(n) * 1.7)).collect();
        learned.hours.push(LearnedHour { hour, codes });
    }
    let mut rows = alloc::collections::BTreeMap::new();
    let mut written = 0;
    let series = learned.series.iter().map(|(n, name)| Write::baseline_series(*n, name));
    for write in series.chain(learned.hours.iter().map(Write::baseline_hour)) {
        let bytes = write.key.len() + write.value.map_or(0, |value| value.len());
        written += bytes;
        rows.insert((write.table, write.key), bytes);
    }
    let on_disk: usize = rows.values().sum();
    baselines.restore(learned);
    let (_, _, in_memory) = baselines.size();
    assert!(on_disk < 4_000_000 && in_memory < 4_000_000, "{on_disk} {in_memory}");
    // Each hour is written three times.
    assert!(written * 3 / 365 < 200_000, "{written}");
}
