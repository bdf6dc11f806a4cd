//! Two series of a month, and what follows from them.
//!
//! The factor is the ratio of the means over the hours that both have, each hour counting as much
//! as the less seen of the two can say. Hours of one day depend on one another, days hardly do, so
//! the uncertainty is taken by leaving out one day at a time (the jackknife), and is two standard
//! errors: nineteen proposals of twenty are within it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::calibrate::plan::{Plan, Planned};
use crate::limits::{
    CALIBRATION_CHANGE_MIN, CALIBRATION_DAYS_MIN, CALIBRATION_FACTOR_MAX, CALIBRATION_FACTOR_MIN,
    CALIBRATION_HOURS_MIN, CALIBRATION_MONTH_DAYS, CALIBRATION_UNCERTAINTY_MAX,
};
use crate::model::calibration::Calibration;
use crate::model::comparison::{Basis, Comparison, Drift, Estimate, Finding, MonthReport};
use crate::model::history::{HistoryDay, HistoryHour};
use crate::model::metric::Kind;
use crate::model::name::{EntityId, SourceName};
use crate::model::time::{Span, UtcMs};

const DAY: Span = Span::secs(24 * 3_600);

type Days = BTreeMap<(usize, u32), HistoryDay>;

/// What is kept of one day of a comparison.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    hours: u32,
    weight: f64,
    /// Weighted sums of the hourly means, and of their squares: the source's, the reference's.
    sum: [f64; 2],
    squares: [f64; 2],
}

/// What the month up to now says, and the one before it.
pub(super) fn report(
    plan: &Plan,
    sources: &[SourceName],
    days: &Days,
    calibration: &Calibration,
    now: UtcMs,
) -> MonthReport {
    let today = u32::try_from(now.0.div_euclid(DAY.0)).unwrap_or(0);
    // Today counts as far as it has come.
    let end = today.saturating_add(1);
    let month = end.saturating_sub(CALIBRATION_MONTH_DAYS);
    let before = month.saturating_sub(CALIBRATION_MONTH_DAYS);
    let of = |planned: &Planned| {
        let (source, reference) = (sources.get(planned.source)?, sources.get(planned.reference)?);
        let factor = |source: &SourceName| calibration.of(source.as_str(), planned.metric);
        let (own, other) = (factor(source), factor(reference));
        let present = own.map_or((1.0, None), |own| (own.factor, Some(own.origin.clone())));
        let reference_present = other.map_or(1.0, |other| other.factor);
        let estimated = |from: u32, until: u32| {
            let sums: Vec<Sums> =
                (from..until).filter_map(|day| of_day(planned, days, day)).collect();
            estimate(&sums, reference_present)
        };
        let (month, before) = (estimated(month, end), estimated(before, month));
        let finding = finding(planned, month, present.0);
        let basis = match planned.pairs.len() {
            0 => Basis::Whole,
            pairs => Basis::Pairs(pairs),
        };
        Some(Comparison {
            source: source.clone(),
            reference: reference.clone(),
            metric: planned.metric,
            basis,
            present,
            reference_present,
            month,
            before,
            finding,
            drift: drift(month, before),
        })
    };
    MonthReport {
        from: UtcMs(i64::from(month).saturating_mul(DAY.0)),
        until: now,
        comparisons: plan.comparisons.iter().filter_map(of).collect(),
        left_out: plan.left_out,
    }
}

/// The hours of a day that both have; nothing where there are none.
fn of_day(planned: &Planned, days: &Days, day: u32) -> Option<Sums> {
    let hours = |source: usize, entity: Option<&EntityId>| {
        let series = days.get(&(source, day))?.series.iter();
        let is_it =
            |metric, of: &Option<EntityId>| metric == planned.metric && of.as_ref() == entity;
        let mut series = series.filter(|series| is_it(series.metric, &series.entity));
        series.next().map(|series| series.hours.as_slice())
    };
    let mut sums = Sums::default();
    let mut take = |one: Option<&EntityId>, other: Option<&EntityId>| {
        let (Some(own), Some(others)) =
            (hours(planned.source, one), hours(planned.reference, other))
        else {
            return;
        };
        for own in own {
            let same = others.iter().find(|other| other.hour == own.hour);
            same.into_iter().for_each(|other| sums.take(*own, *other));
        }
    };
    if planned.pairs.is_empty() {
        take(None, None);
    }
    for (one, other) in &planned.pairs {
        take(Some(one), Some(other));
    }
    (sums.hours > 0).then_some(sums)
}

impl Sums {
    fn take(&mut self, own: HistoryHour, other: HistoryHour) {
        let [one, two] = [own.weight, other.weight].map(f64::from);
        // What the less seen of the two can say: the variances of both add up.
        let weight = one * two / (one + two);
        let means = [own.mean, other.mean].map(f64::from);
        if !(weight.is_finite() && weight > 0.0 && means.iter().all(|mean| mean.is_finite())) {
            return;
        }
        self.hours = self.hours.saturating_add(1);
        self.weight += weight;
        for ((sum, square), mean) in self.sum.iter_mut().zip(&mut self.squares).zip(means) {
            *sum += weight * mean;
            *square += weight * mean * mean;
        }
    }

    fn add(mut self, day: &Self) -> Self {
        self.hours = self.hours.saturating_add(day.hours);
        self.weight += day.weight;
        for (one, other) in
            self.sum.iter_mut().chain(&mut self.squares).zip(day.sum.iter().chain(&day.squares))
        {
            *one += other;
        }
        self
    }
}

fn estimate(days: &[Sums], reference_present: f64) -> Option<Estimate> {
    let all = days.iter().fold(Sums::default(), Sums::add);
    if all.hours == 0 {
        return None;
    }
    let [own, other] = all.sum;
    let factor = ratio(other, own) * reference_present;
    let without = |day: &Sums| ratio(other - day.sum[1], own - day.sum[0]) * reference_present;
    let left: Vec<f64> = days.iter().map(without).collect();
    let count = f64::from(u32::try_from(days.len()).unwrap_or(u32::MAX));
    let mean = left.iter().sum::<f64>() / count;
    let scatter: f64 = left.iter().map(|one| (one - mean) * (one - mean)).sum();
    let levels = all.sum.map(|sum| sum / all.weight);
    let variation = |which: usize| {
        let (level, square) = (pick(levels, which), pick(all.squares, which) / all.weight);
        (square - level * level).max(0.0).sqrt() / level
    };
    Some(Estimate {
        hours: all.hours,
        days: u32::try_from(days.len()).unwrap_or(u32::MAX),
        level: levels[0],
        reference_level: levels[1],
        variation: variation(0),
        reference_variation: variation(1),
        factor,
        uncertainty: 2.0 * (scatter * (count - 1.0) / count).sqrt(),
    })
}

fn pick([own, other]: [f64; 2], which: usize) -> f64 {
    if which == 0 { own } else { other }
}

/// Not a number where there is nothing to divide by.
fn ratio(reference: f64, own: f64) -> f64 {
    if own > 0.0 { reference / own } else { f64::NAN }
}

/// What a month has to have before anything follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    TooLittle,
    TooUneven,
    Something,
}

impl From<Estimate> for Worth {
    fn from(month: Estimate) -> Self {
        if month.hours < CALIBRATION_HOURS_MIN || month.days < CALIBRATION_DAYS_MIN {
            return Self::TooLittle;
        }
        // A level of zero has no factor, and its uncertainty is no number.
        match month.uncertainty / month.factor {
            share if share <= CALIBRATION_UNCERTAINTY_MAX => Self::Something,
            _ => Self::TooUneven,
        }
    }
}

fn finding(planned: &Planned, month: Option<Estimate>, present: f64) -> Finding {
    let is_count = matches!(planned.metric.kind(), Kind::Count | Kind::IntervalCount);
    if planned.pairs.is_empty() && is_count {
        return Finding::Size;
    }
    let Some(month) = month else { return Finding::TooLittle };
    let off = (month.factor - present).abs();
    match Worth::from(month) {
        Worth::TooLittle => Finding::TooLittle,
        Worth::TooUneven => Finding::TooUneven,
        Worth::Something
            if !(CALIBRATION_FACTOR_MIN..=CALIBRATION_FACTOR_MAX).contains(&month.factor) =>
        {
            Finding::TooFar
        }
        Worth::Something if off <= month.uncertainty => Finding::Agrees,
        Worth::Something if off < present * CALIBRATION_CHANGE_MIN => Finding::Agrees,
        Worth::Something => Finding::Propose,
    }
}

fn drift(month: Option<Estimate>, before: Option<Estimate>) -> Drift {
    let (Some(month), Some(before)) = (month, before) else { return Drift::Unknown };
    if [month, before].map(Worth::from) != [Worth::Something; 2] {
        return Drift::Unknown;
    }
    let [one, other] = [month.uncertainty, before.uncertainty];
    let moved = (month.factor - before.factor).abs();
    let told_apart = (one * one + other * other).sqrt().max(before.factor * CALIBRATION_CHANGE_MIN);
    if moved > told_apart { Drift::Moved } else { Drift::Steady }
}
