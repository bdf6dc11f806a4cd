//! The hour under way of one series: what an answer says of it, and its mean at the end.
//!
//! Of a whole source, counts are the sum of its entities; waits the mean of those entities where
//! somebody waits, since an idle queue measures nothing; shares their mean, weighted by the calls
//! offered where the same answer has those.

use core::ops::Range;

use crate::calibrate::plan::Series;
use crate::limits::HISTORY_HOLE_MAX;
use crate::model::answer::{Answer, Reading, Row};
use crate::model::history::HistoryHour;
use crate::model::metric::{Kind, Metric};
use crate::model::name::EntityId;
use crate::model::time::{Span, UtcMs};

const HOUR: Span = Span::secs(3_600);

/// One series in the hour under way.
#[derive(Debug)]
pub(super) struct Open {
    metric: Metric,
    entity: Option<EntityId>,
    /// Where the entity stood in the last answer: platforms keep their order.
    row: usize,
    /// When the hour began; none has yet.
    start: Option<UtcMs>,
    sum: f64,
    weight: f64,
    /// The newest reading, and the longest time without one.
    last: UtcMs,
    hole: Span,
}

/// An hour that has been seen whole.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) day: u32,
    pub(super) metric: Metric,
    pub(super) entity: Option<EntityId>,
    pub(super) hour: HistoryHour,
}

impl Open {
    pub(super) fn new(series: &Series) -> Self {
        Self {
            metric: series.metric,
            entity: series.entity.clone(),
            row: 0,
            start: None,
            sum: 0.0,
            weight: 0.0,
            last: UtcMs(0),
            hole: Span::ZERO,
        }
    }

    /// Takes an answer; the hour that it ends, if that was seen whole.
    pub(super) fn take(&mut self, answer: &Answer) -> Option<Closed> {
        let column = answer.metrics.iter().position(|metric| *metric == self.metric)?;
        let at = answer.bucket.map_or(answer.vendor_time, |bucket| bucket.start);
        let start = UtcMs(at.0.saturating_sub(at.0.rem_euclid(HOUR.0)));
        let closed = if self.start == Some(start) { None } else { self.turn(start) };
        let rows = self.rows(answer);
        let (sum, weight) = said(self.metric, rows, answer, column);
        self.sum += sum;
        self.weight += weight;
        self.hole = self.hole.max(at - self.last);
        self.last = self.last.max(at);
        closed
    }

    /// The rows that are meant: one, all of them, or none where the entity is left out.
    fn rows(&mut self, answer: &Answer) -> Range<usize> {
        let Some(entity) = &self.entity else { return 0..answer.rows.len() };
        let is_it = |row: &Row| row.entity == *entity;
        if !answer.rows.get(self.row).is_some_and(is_it) {
            let Some(row) = answer.rows.iter().position(is_it) else { return 0..0 };
            self.row = row;
        }
        self.row..self.row.saturating_add(1)
    }

    /// Begins another hour.
    fn turn(&mut self, start: UtcMs) -> Option<Closed> {
        let before = self.start.replace(start);
        let closed = before.filter(|before| *before < start).and_then(|before| self.close(before));
        (self.sum, self.weight, self.last, self.hole) = (0.0, 0.0, start, Span::ZERO);
        closed
    }

    fn close(&self, start: UtcMs) -> Option<Closed> {
        let hole = self.hole.max(start + HOUR - self.last);
        if hole > HISTORY_HOLE_MAX || self.weight <= 0.0 {
            return None;
        }
        let hours = start.0.div_euclid(HOUR.0);
        let hour = HistoryHour {
            hour: u8::try_from(hours.rem_euclid(24)).ok()?,
            weight: short(self.weight),
            mean: short(self.sum / self.weight),
        };
        let day = u32::try_from(hours.div_euclid(24)).ok()?;
        Some(Closed { day, metric: self.metric, entity: self.entity.clone(), hour })
    }
}

/// What an answer says of a metric: the sum of its readings and their weight.
fn said(metric: Metric, rows: Range<usize>, answer: &Answer, column: usize) -> (f64, f64) {
    let kind = metric.kind();
    let scale = match (kind, answer.bucket) {
        (Kind::IntervalCount, Some(bucket)) if bucket.length > Span::ZERO => {
            per_minute(bucket.length)
        }
        (Kind::IntervalCount, _) => return (0.0, 0.0),
        _ => 1.0,
    };
    let volume = answer.metrics.iter().position(|metric| *metric == Metric::OFFERED_CALLS);
    let (mut sum, mut weight) = (0.0, 0.0);
    let columns = answer.metrics.len().max(1);
    for readings in answer.readings.chunks(columns).skip(rows.start).take(rows.len()) {
        let of = |column: usize, kind: Kind| match readings.get(column) {
            Some(Reading::Value(value)) if value.is_finite() => Some(*value),
            Some(Reading::Null) => kind.null(),
            Some(Reading::Value(_) | Reading::Absent) | None => None,
        };
        let Some(value) = of(column, kind) else { continue };
        let counts = match kind {
            Kind::Age if value <= 0.0 => 0.0,
            Kind::Ratio => {
                volume.map_or(Some(1.0), |column| of(column, Kind::IntervalCount)).unwrap_or(0.0)
            }
            Kind::Count | Kind::IntervalCount | Kind::Age | Kind::Measure | Kind::Boolean => 1.0,
        };
        sum += value * scale * counts;
        weight += counts;
    }
    match kind {
        // One answer is one reading of the whole.
        Kind::Count | Kind::IntervalCount if weight > 0.0 => (sum, 1.0),
        Kind::Count
        | Kind::IntervalCount
        | Kind::Age
        | Kind::Measure
        | Kind::Ratio
        | Kind::Boolean => (sum, weight),
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "spans of an hour in milliseconds are exact in a f64"
)]
fn per_minute(length: Span) -> f64 {
    60_000.0 / length.0 as f64
}

/// As it is kept: seven digits are more than any platform measures.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "too large is infinite"
)]
const fn short(value: f64) -> f32 {
    value as f32
}
