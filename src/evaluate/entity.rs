//! One entity of a source: the rules that watch it, and what its last samples said.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::evaluate::aligned::{Aligned, Stretch};
use crate::evaluate::baseline::Seat;
use crate::evaluate::latch::{Latch, Run};
use crate::evaluate::rate::{Value, Window, of_last_interval};
use crate::evaluate::threshold::{Verdict, Why};
use crate::limits::CONDITION_KEPT;
use crate::model::alert::AlertKey;
use crate::model::answer::{Bucket, Reading, Row};
use crate::model::calibration::Factor;
use crate::model::metric::{Kind, Metric};
use crate::model::name::EntityId;
use crate::model::rule::{RateForm, Rule};
use crate::model::time::{Tick, UtcMs};

/// One entity of a source.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) id: EntityId,
    pub(super) name: Arc<str>,
    pub(super) watches: Box<[Watch]>,
    /// The metrics that it has had so far; one answer need not bring all of them.
    pub(super) metrics: Vec<Metric>,
    /// Boxed, since each node of a map has room for eleven.
    windows: BTreeMap<Metric, Box<Window>>,
    /// The keys of the metrics that have had an alert, so that a hash is made once.
    pub(super) keys: Vec<(Metric, AlertKey)>,
    /// The newest values of the metrics that conditions of rules are about, and when they came:
    /// another request of the source may give them than the one a rule is judged by.
    kept: Vec<(Cell, Tick)>,
    /// The number of the newest answer with a row of it.
    pub(super) heard: u64,
}

/// One rule that watches an entity.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    /// Its index among all rules.
    pub(super) rule: u16,
    pub(super) latch: Latch,
    /// What the newest sample said.
    pub(super) last: Verdict,
    /// Since when there is no value, where the rule wants to know.
    pub(super) silent: Option<Box<Run>>,
    /// Where the rule judges a window: boxed, since few do.
    pub(super) aligned: Option<Box<Aligned>>,
    /// Where its rule's baseline is, if the rule has one.
    pub(super) seat: Seat,
}

/// One column of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    metric: Metric,
    /// What its readings are multiplied by, and what they never become more than.
    factor: f64,
    most: f64,
}

/// One metric of the entity in the answer at hand, null policy applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) metric: Metric,
    /// By the sliding minute for interval counts, else the value itself.
    sliding: Value,
    /// By the last interval alone for interval counts, else the value itself.
    interval: Value,
}

impl Entity {
    pub(super) fn new(row: &Row, rules: impl Iterator<Item = u16>) -> Self {
        Self {
            id: row.entity.clone(),
            name: row.name.as_deref().unwrap_or_else(|| row.entity.as_str()).into(),
            watches: rules.map(Watch::new).collect(),
            metrics: Vec::new(),
            windows: BTreeMap::new(),
            keys: Vec::new(),
            kept: Vec::new(),
            heard: 0,
        }
    }

    /// It is called otherwise, and other rules may watch it: those that go on keep their side, and
    /// its alerts are looked at as after a restart.
    pub(super) fn rename(&mut self, name: &str, rules: impl Iterator<Item = u16>) {
        self.name = name.into();
        let known = |rule| self.watches.iter().find(|watch| watch.rule == rule).cloned();
        let watches: Box<[Watch]> =
            rules.map(|rule| known(rule).unwrap_or_else(|| Watch::new(rule))).collect();
        if !watches.iter().map(|watch| watch.rule).eq(self.watches.iter().map(|watch| watch.rule)) {
            self.watches = watches;
            self.metrics.clear();
        }
    }

    /// Keeps the values that conditions are about. An answer that leaves one out leaves the one
    /// before it: a webhook speaks of one metric at a time.
    pub(super) fn keep(&mut self, metrics: &[Metric], cells: &[Cell], at: Tick) {
        let is_news = |cell: &&Cell| metrics.contains(&cell.metric) && cell.plain().is_some();
        for cell in cells.iter().filter(is_news) {
            match self.kept.iter_mut().find(|(known, _)| known.metric == cell.metric) {
                Some(kept) => *kept = (*cell, at),
                None => self.kept.push((*cell, at)),
            }
        }
    }

    /// The newest value of a metric that conditions are about.
    pub(super) fn newest(&self, metric: Metric, rule: &Rule, at: Tick) -> Value {
        let kept = self.kept.iter().find(|(cell, _)| cell.metric == metric);
        let fresh = kept.filter(|(_, came)| at - *came <= CONDITION_KEPT);
        fresh.map_or(Value::Unknown, |(cell, _)| cell.value(rule))
    }

    /// Fills `cells` with the entity's metrics, calibrated, and takes the interval counts into
    /// their windows.
    pub(super) fn read(
        &mut self,
        columns: &[Column],
        bucket: Option<Bucket>,
        readings: &[Reading],
        cells: &mut Vec<Cell>,
    ) {
        cells.clear();
        for (&Column { metric, factor, most }, &reading) in columns.iter().zip(readings) {
            let value = match reading {
                Reading::Value(value) if value.is_finite() => Some((value * factor).min(most)),
                Reading::Null => metric.kind().null(),
                Reading::Value(_) | Reading::Absent => None,
            };
            cells.push(match (metric.kind(), bucket, value) {
                (Kind::IntervalCount, Some(bucket), Some(count)) => {
                    let window = self.windows.entry(metric).or_default();
                    window.add(bucket, count);
                    Cell {
                        metric,
                        sliding: window.per_minute(bucket.end()),
                        interval: of_last_interval(bucket, count),
                    }
                }
                // Without its bucket a count has no rate.
                (Kind::IntervalCount, _, _) | (_, _, None) => {
                    Cell { metric, sliding: Value::Unknown, interval: Value::Unknown }
                }
                (_, _, Some(value)) => {
                    Cell { metric, sliding: Value::Exact(value), interval: Value::Exact(value) }
                }
            });
        }
    }

    /// The key of an alert about one of its metrics.
    pub(super) fn key(
        &mut self,
        metric: Metric,
        make: impl FnOnce(&EntityId) -> AlertKey,
    ) -> AlertKey {
        if let Some((_, key)) = self.keys.iter().find(|(known, _)| *known == metric) {
            return key.clone();
        }
        let key = make(&self.id);
        self.keys.push((metric, key.clone()));
        key
    }
}

impl Watch {
    const fn new(rule: u16) -> Self {
        Self {
            rule,
            latch: Latch::Clear,
            last: Verdict::Unknown(Why::NoSample),
            aligned: None,
            silent: None,
            seat: Seat::Unasked,
        }
    }

    /// What its rule judges of a cell: the newest value, or the newest window that is closed.
    pub(super) fn value(
        &mut self,
        rule: &Rule,
        cell: &Cell,
        cells: &[Cell],
        place: Place,
    ) -> Result<Value, Why> {
        let Some(window) = rule.window else { return Ok(cell.value(rule)) };
        let kind = rule.metric.kind();
        let aligned = self.aligned.get_or_insert_with(|| Box::new(Aligned::new(window, kind)));
        let volume = cells.iter().find(|cell| cell.metric == Metric::OFFERED_CALLS);
        let (from, to) = match place.bucket.filter(|_| kind == Kind::IntervalCount) {
            Some(bucket) => (bucket.start, bucket.end()),
            None => (place.vendor_time, place.vendor_time),
        };
        let weight = volume.map_or(Some(1.0), |volume| exact(volume.interval)).unwrap_or(0.0);
        aligned.take(Stretch { from, to, value: exact(cell.interval), weight })
    }
}

impl Column {
    /// A metric of a source that has these factors.
    pub(super) fn of(metric: Metric, factors: &[Factor]) -> Self {
        match factors.iter().find(|factor| factor.metric == metric) {
            Some(known) => Self { metric, factor: known.factor, most: known.most() },
            None => Self { metric, factor: 1.0, most: f64::INFINITY },
        }
    }
}

/// The vendor time of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) vendor_time: UtcMs,
    pub(super) bucket: Option<Bucket>,
}

const fn exact(value: Value) -> Option<f64> {
    match value {
        Value::Exact(value) => Some(value),
        Value::AtLeast(_) | Value::Unknown => None,
    }
}

impl Cell {
    /// The value as a rule wants it.
    pub(super) const fn value(&self, rule: &Rule) -> Value {
        match rule.rate {
            RateForm::SlidingMinute => self.sliding,
            RateForm::LastInterval => self.interval,
        }
    }

    /// The value for a scaling expression or as context, where it is known.
    pub(super) const fn plain(&self) -> Option<f64> {
        match self.sliding {
            Value::Exact(value) | Value::AtLeast(value) => Some(value),
            Value::Unknown => None,
        }
    }
}
