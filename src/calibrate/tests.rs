//! A month of two simulated centres that measure the same thing differently.

use super::*;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;

use crate::ledger::{Row as LedgerRow, restore};
use crate::limits::HISTORY_SERIES_MAX;
use crate::model::answer::{Bucket, Reading, Row};
use crate::model::calibration::{Factor, Pair};
use crate::model::comparison::{Basis, Comparison, Drift, Finding};
use crate::model::history::HistoryHour;
use crate::model::name::EntityId;
use crate::model::rng::Rng;
use crate::model::time::{ClockTrust, Now, Span};

const DAY: i64 = 86_400;
/// How many times as much the genesys of these tests measures of the same.
const TRUE_FACTOR: f64 = 1.13;

fn source(name: &str, platform: &str) -> SourceConfig {
    SourceConfig {
        name: SourceName::new(name).unwrap(),
        definition: platform.into(),
        platform: platform.into(),
        parameters: BTreeMap::new(),
        entities: Vec::new(),
        webhook_register: false,
    }
}

fn metric(name: &str) -> Metric {
    Metric::find(name).unwrap()
}

fn entity(name: &str) -> EntityId {
    EntityId::new(name).unwrap()
}

fn sources() -> Vec<SourceConfig> {
    vec![source("genesys", "genesys-cloud"), source("cxone", "nice-cxone")]
}

fn restored(calibration: &Calibration, metrics: &[&str], days: Vec<HistoryDay>) -> Calibrate {
    let metrics: Vec<Metric> = metrics.iter().map(|name| metric(name)).collect();
    Calibrate::restore(calibration, &sources(), &[metrics.clone(), metrics], days)
}

fn answer(at: i64, metrics: &[&str], rows: &[(&str, &[f64])]) -> Answer {
    Answer {
        vendor_time: UtcMs(at * 1_000),
        bucket: None,
        every: None,
        metrics: metrics.iter().map(|name| metric(name)).collect(),
        rows: rows.iter().map(|(name, _)| Row { entity: entity(name), name: None }).collect(),
        readings: rows
            .iter()
            .flat_map(|(_, readings)| readings.iter().map(|value| Reading::Value(*value)))
            .collect(),
        rows_refused: 0,
    }
}

/// Between -1 and 1.
fn swing(dice: &mut Rng) -> f64 {
    dice.unit() * 2.0 - 1.0
}

/// How busy it is by the hour, and from day to day, for both centres alike.
fn busy(at: i64, dice: &mut Rng) -> f64 {
    let hour = at.rem_euclid(DAY) / 3_600;
    let day = if (8..20).contains(&hour) { 1.0 } else { 0.4 };
    (day * (1.0 + 0.4 * swing(dice))).max(0.01)
}

/// Days of both centres, asked every ten minutes: the abandon rate of a pair of queues that carry
/// the same kind of work, and how many wait; the genesys is twice as large.
fn live(calibrate: &mut Calibrate, days: core::ops::Range<i64>, factor: f64, dice: &mut Rng) {
    const METRICS: [&str; 2] = ["abandon_rate", "calls_waiting"];
    for at in (days.start * DAY..days.end * DAY).step_by(600) {
        let busy = busy(at, dice);
        let mut share = |factor: f64| 0.05 * busy * factor * (1.0 + 0.2 * swing(dice));
        let (genesys, cxone) = (share(factor), share(1.0));
        let tick = Tick(at * 1_000);
        calibrate.observe(0, &answer(at, &METRICS, &[("g", &[genesys, 20.0 * busy])]), tick);
        calibrate.observe(1, &answer(at, &METRICS, &[("c", &[cxone, 10.0 * busy])]), tick);
    }
}

fn at(days: i64) -> UtcMs {
    UtcMs((days * DAY - 1) * 1_000)
}

fn of<'a>(report: &'a MonthReport, name: &str) -> &'a Comparison {
    report.comparisons.iter().find(|one| one.metric == metric(name)).unwrap()
}

const BOTH: [&str; 2] = ["abandon_rate", "calls_waiting"];

#[test]
fn a_known_factor_is_found_within_its_uncertainty() {
    let none = Calibration::default();
    let mut within = 0;
    for seed in 100..120 {
        let mut calibrate = restored(&none, &BOTH, Vec::new());
        live(&mut calibrate, 20_000..20_030, TRUE_FACTOR, &mut Rng::new(seed));
        let report = calibrate.report(&none, at(20_030));
        let found = of(&report, "abandon_rate");
        assert_eq!((found.source.as_str(), found.finding), ("cxone", Finding::Propose));
        let month = found.month.unwrap();
        assert!(month.hours > 700 && month.days == 30, "{month:?}");
        assert!(month.uncertainty < 0.02, "{month:?}");
        if (month.factor - TRUE_FACTOR).abs() <= month.uncertainty {
            within += 1;
        }
        // A centre of twice the size has twice as many waiting: no factor follows from that.
        assert_eq!(of(&report, "calls_waiting").finding, Finding::Size);
    }
    // Two standard errors: 283 of 300 seeds, which is nineteen of twenty.
    assert!((17..=20).contains(&within), "{within} of 20");
}

#[test]
fn the_factor_in_force_is_kept_where_it_is_right() {
    let mut calibrate = restored(&Calibration::default(), &BOTH, Vec::new());
    live(&mut calibrate, 20_000..20_060, TRUE_FACTOR, &mut Rng::new(1));
    let in_force = |factor: f64| {
        let (source, metric) = (SourceName::new("cxone").unwrap(), metric("abandon_rate"));
        let factors = vec![Factor { origin: "andon.toml:9".into(), source, metric, factor }];
        calibrate.report(&Calibration { factors, pairs: Vec::new() }, at(20_060))
    };
    let right = in_force(TRUE_FACTOR);
    let right = of(&right, "abandon_rate");
    assert_eq!((right.finding, right.drift), (Finding::Agrees, Drift::Steady));
    assert_eq!(of(&in_force(1.3), "abandon_rate").finding, Finding::Propose);
    // The vendor changes its way of counting.
    live(&mut calibrate, 20_060..20_090, 1.3, &mut Rng::new(2));
    let report = calibrate.report(&Calibration::default(), at(20_090));
    assert_eq!(of(&report, "abandon_rate").drift, Drift::Moved);
}

fn pair(one: &str, other: &str) -> Pair {
    Pair {
        source: SourceName::new("cxone").unwrap(),
        entity: entity(one),
        reference: SourceName::new("genesys").unwrap(),
        reference_entity: entity(other),
    }
}

#[test]
fn pairs_of_queues_make_counts_comparable() {
    let pairs = Calibration { factors: Vec::new(), pairs: vec![pair("c", "g"), pair("d", "g")] };
    let mut calibrate = restored(&pairs, &BOTH, Vec::new());
    live(&mut calibrate, 20_000..20_030, TRUE_FACTOR, &mut Rng::new(1));
    let report = calibrate.report(&pairs, at(20_030));
    let waiting = of(&report, "calls_waiting");
    assert_eq!((waiting.basis, waiting.finding), (Basis::Pairs(2), Finding::Propose));
    assert!((waiting.month.unwrap().factor - 2.0).abs() < 0.01, "{waiting:?}");
}

#[test]
fn a_paired_queue_is_found_wherever_it_stands() {
    let pairs = Calibration { factors: Vec::new(), pairs: vec![pair("c", "g")] };
    let mut calibrate = restored(&pairs, &BOTH, Vec::new());
    for minute in 0..61 {
        // It changes its place, and is left out once.
        let rows: &[(&str, &[f64])] = match minute {
            7 => &[("other", &[50.0])],
            odd if odd % 2 == 1 => &[("other", &[50.0]), ("g", &[4.0])],
            _ => &[("g", &[4.0]), ("other", &[50.0])],
        };
        let at = minute * 60;
        calibrate.observe(0, &answer(at, &["calls_waiting"], rows), Tick(at));
    }
    assert_eq!(hours(&calibrate), [(0, 59.0, 4.0)]);
}

#[test]
fn what_does_not_suffice_proposes_nothing() {
    let none = Calibration::default();
    let finding = |days: core::ops::Range<i64>, factor: f64| {
        let mut calibrate = restored(&none, &BOTH, Vec::new());
        live(&mut calibrate, days, factor, &mut Rng::new(1));
        of(&calibrate.report(&none, at(20_030)), "abandon_rate").finding
    };
    assert_eq!(finding(20_030..20_030, 1.0), Finding::TooLittle);
    assert_eq!(finding(20_020..20_030, TRUE_FACTOR), Finding::TooLittle);
    assert_eq!(finding(20_000..20_030, 1.0), Finding::Agrees);
    assert_eq!(finding(20_000..20_030, 0.05), Finding::TooFar);
    // A centre of which nothing was ever abandoned has no factor.
    assert_eq!(finding(20_000..20_030, 0.0), Finding::TooUneven);
    let mut uneven = restored(&none, &BOTH, Vec::new());
    let mut dice = Rng::new(1);
    for day in 20_000..20_030 {
        let factor = if day % 3 == 0 { 6.0 } else { 0.5 };
        live(&mut uneven, day..day + 1, factor, &mut dice);
    }
    assert_eq!(of(&uneven.report(&none, at(20_030)), "abandon_rate").finding, Finding::TooUneven);
}

/// The hours of one day of the first source's `calls_waiting`: hour, weight, mean.
fn hours(calibrate: &Calibrate) -> Vec<(u8, f32, f32)> {
    let days = calibrate.days.range((0, 0)..(1, 0));
    let series = days.flat_map(|(_, day)| &day.series);
    let of = series.filter(|series| series.metric == metric("calls_waiting"));
    of.flat_map(|series| &series.hours).map(|hour| (hour.hour, hour.weight, hour.mean)).collect()
}

#[test]
fn an_hour_with_stale_data_is_left_out() {
    let mut calibrate = restored(&Calibration::default(), &BOTH, Vec::new());
    for at in (0..4 * 3_600 + 60).step_by(60) {
        // For eleven minutes of the second hour, and over the end of the third.
        let is_stale = (3_700..4_360).contains(&at) || (10_500..11_500).contains(&at);
        if !is_stale {
            let rows: [(&str, &[f64]); 2] = [("a", &[3.0]), ("b", &[4.0])];
            calibrate.observe(0, &answer(at, &["calls_waiting"], &rows), Tick(at));
        }
    }
    assert_eq!(hours(&calibrate), [(0, 60.0, 7.0), (2, 55.0, 7.0)]);
}

#[test]
fn what_is_recorded_is_what_the_kind_of_metric_means() {
    let metrics = ["longest_wait", "abandon_rate", "offered_calls", "calls_waiting"];
    let mut calibrate = restored(&Calibration::default(), &metrics, Vec::new());
    for at in (0..3_700).step_by(60) {
        let rows: [(&str, &[f64]); 3] = [
            ("a", &[90.0, 0.1, 9.0, 5.0]),
            ("b", &[30.0, 0.5, 1.0, 1.0]),
            ("idle", &[0.0, 0.0, 0.0, 0.0]),
        ];
        let mut answer = answer(at, &metrics, &rows);
        answer.bucket = Some(Bucket { start: UtcMs(at * 1_000), length: Span::secs(30) });
        calibrate.observe(0, &answer, Tick(at));
    }
    let day = &calibrate.days[&(0, 0)];
    let mean = |name: &str| {
        day.series.iter().find(|one| one.metric == metric(name)).map(|one| one.hours[0].mean)
    };
    assert_eq!(mean("longest_wait"), Some(60.0), "of those where somebody waits");
    assert_eq!(mean("abandon_rate"), Some(0.14), "by the calls offered");
    assert_eq!(mean("offered_calls"), Some(20.0), "a minute");
    assert_eq!(mean("calls_waiting"), Some(6.0));
}

#[test]
fn the_oldest_day_gives_way() {
    let none = Calibration::default();
    let mut calibrate = restored(&none, &BOTH, Vec::new());
    let last = i64::try_from(HISTORY_DAYS_KEPT).unwrap() + 2;
    live(&mut calibrate, 0..last, 1.0, &mut Rng::new(1));
    let writes = calibrate.take_writes();
    let gone = |source: &str, day: u32| {
        writes.contains(&Write::forget_history(&SourceName::new(source).unwrap(), day))
    };
    assert!(gone("genesys", 0) && gone("cxone", 1) && !gone("cxone", 2));
    assert_eq!(calibrate.days.len(), 2 * HISTORY_DAYS_KEPT);
    assert!(calibrate.next_wake().is_none() && calibrate.take_writes().is_empty());
    // All of it comes back, but what has left the file.
    let days: Vec<HistoryDay> = calibrate.days.values().cloned().collect();
    let mut odd = days[0].clone();
    odd.source = SourceName::new("closed").unwrap();
    let again = [days, vec![odd.clone()]].concat();
    let mut again = restored(&none, &BOTH, again);
    assert_eq!(again.days, calibrate.days);
    assert_eq!(again.take_writes(), [Write::forget_history(&odd.source, odd.day)]);
}

#[test]
fn one_platform_has_nothing_to_compare_and_records_nothing() {
    let two_tenants = [source("a", "nice-cxone"), source("b", "nice-cxone")];
    let given = vec![vec![metric("calls_waiting")]; 2];
    let none = Calibration::default();
    let mut calibrate = Calibrate::restore(&none, &two_tenants, &given, Vec::new());
    live(&mut calibrate, 0..2, 1.0, &mut Rng::new(1));
    assert!(calibrate.days.is_empty() && calibrate.next_wake().is_none());
    assert!(calibrate.report(&none, at(2)).comparisons.is_empty());
}

#[test]
fn what_has_no_room_is_counted() {
    let of = |number: usize| source(&format!("s{number}"), if number == 0 { "a" } else { "b" });
    let many: Vec<SourceConfig> = (0..HISTORY_SERIES_MAX + 2).map(of).collect();
    let given = vec![vec![metric("calls_waiting")]; many.len()];
    let none = Calibration::default();
    let calibrate = Calibrate::restore(&none, &many, &given, Vec::new());
    let report = calibrate.report(&none, at(2));
    assert_eq!((report.comparisons.len(), report.left_out), (HISTORY_SERIES_MAX - 1, 2));
}

/// A change here means that boxes in the field could not read their ledger.
#[test]
fn the_bytes_of_a_day_stay_as_they_are() {
    let hours = vec![HistoryHour { hour: 7, weight: 2.0, mean: 0.5 }];
    let (metric, entity) = (metric("service_level"), Some(entity("q")));
    let series = vec![HistorySeries { metric, entity, hours }];
    let day = HistoryDay { source: SourceName::new("cx").unwrap(), day: 11, series };
    let Write { table, key, value } = Write::history(&day);
    let bytes = value.unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = "1b726f7574696e672e71756575652e736572766963655f6c6576656c";
    assert_eq!(hex, format!("010263780b01{name}0101710107000000400000003f"));
    let now = Now { tick: Tick(0), utc: UtcMs(0), trust: ClockTrust::Ntp };
    let row = LedgerRow { table, key, value: bytes };
    assert_eq!(restore([row], "boot", now).unwrap().history, [day]);
}
