//! Windows that begin at full steps of UTC, each judged once it has been closed for a while.
//!
//! Two platforms that count the same call at different moments (one at the disconnect, one at the
//! exit from the queue) agree over a window that both have finished telling of. Counts are their
//! rate over the window, ages the greatest, other gauges their mean, and shares their mean weighted
//! by the calls offered, where the same answer has those.
//!
//! # Promises
//! - `a_window_is_judged_only_after_its_buffer`
//! - `counts_are_summed_over_the_window_they_happened_in`
//! - `a_share_is_weighted_by_its_volume`
//! - `a_window_with_a_hole_is_not_judged`
//!
//! # Not here
//! No timer: vendor time decides, and moves with each answer.

use heapless::Deque;

use crate::evaluate::rate::Value;
use crate::evaluate::threshold::Why;
use crate::model::metric::Kind;
use crate::model::rule::Window;
use crate::model::time::{Span, UtcMs};

/// The windows of one rule over one entity: the newest closed one, and those still filled.
#[derive(Debug, Clone)]
pub(super) struct Aligned {
    window: Window,
    kind: Kind,
    /// The open one and the one whose buffer runs. A buffer is never longer than a window.
    filling: Deque<Part, 2>,
    /// Where the newest judged one began, and what came of it.
    judged: Option<UtcMs>,
    found: Result<Value, Why>,
}

/// One reading, over the stretch of vendor time that it is about: none, for what is of a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) from: UtcMs,
    pub(super) to: UtcMs,
    /// The value; of counts per minute.
    pub(super) value: Option<f64>,
    /// How much a share counts.
    pub(super) weight: f64,
}

/// What is known of one window.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: UtcMs,
    sum: f64,
    weight: f64,
    most: f64,
    /// The end of the newest reading.
    last: UtcMs,
    /// The longest time without one.
    hole: Span,
}

impl Aligned {
    pub(super) const fn new(window: Window, kind: Kind) -> Self {
        let found = Err(Why::WindowOpen);
        Self { window, kind, filling: Deque::new(), judged: None, found }
    }

    /// Takes a reading; what is known of the newest window that has been closed for its buffer.
    pub(super) fn take(&mut self, stretch: Stretch) -> Result<Value, Why> {
        if self.judged.is_some_and(|judged| stretch.to < judged) {
            // The vendor's clock went back, and what it told of a time to come counts for nothing.
            *self = Self::new(self.window, self.kind);
        }
        self.judge(stretch.to);
        let mut start = floor(stretch.from, self.window.length);
        while start <= stretch.to {
            self.fill(start, stretch);
            start = start + self.window.length;
        }
        self.found
    }

    /// Which window an answer was judged by, for people.
    pub(super) const fn judged(&self) -> Option<UtcMs> {
        self.judged
    }

    fn judge(&mut self, now: UtcMs) {
        let Window { length, buffer } = self.window;
        let newest = floor(UtcMs(now.0.saturating_sub(buffer.0)), length);
        let newest = UtcMs(newest.0.saturating_sub(length.0));
        if self.judged.is_some_and(|judged| judged >= newest) {
            return;
        }
        let mut part = None;
        while self.filling.front().is_some_and(|first| first.start <= newest) {
            part = self.filling.pop_front();
        }
        if let Some(part) = part.filter(|part| part.start == newest) {
            self.found = part.value(self.kind, length);
            self.judged = Some(newest);
        } else if self.judged.is_some() {
            self.found = Err(Why::PartOfWindow);
            self.judged = Some(newest);
        }
    }

    fn fill(&mut self, start: UtcMs, stretch: Stretch) {
        let (length, kind) = (self.window.length, self.kind);
        let is_over = self.judged.is_some_and(|judged| start <= judged);
        let is_older = self.filling.back().is_some_and(|last| start < last.start);
        if !is_over && !is_older && self.filling.back().is_none_or(|last| last.start < start) {
            let part =
                Part { start, sum: 0.0, weight: 0.0, most: 0.0, last: start, hole: Span::ZERO };
            // At the start nothing has been judged yet, and the oldest gives way.
            if self.filling.is_full() {
                self.filling.pop_front();
            }
            let _ = self.filling.push_back(part);
        }
        if let Some(part) = self.filling.iter_mut().find(|part| part.start == start) {
            part.take(stretch, kind, length);
        }
    }
}

impl Part {
    fn take(&mut self, stretch: Stretch, kind: Kind, length: Span) {
        let Some(value) = stretch.value else { return };
        let (from, to) =
            (stretch.from.max(self.start), stretch.to.min(self.start + length).max(self.start));
        let weight = match kind {
            Kind::IntervalCount => in_millis((to - from).max(Span::ZERO)),
            Kind::Ratio => stretch.weight,
            Kind::Count | Kind::Age | Kind::Measure | Kind::Boolean => 1.0,
        };
        self.sum += value * weight;
        self.weight += weight;
        self.most = self.most.max(value);
        self.hole = self.hole.max(from - self.last);
        self.last = self.last.max(to);
    }

    fn value(&self, kind: Kind, length: Span) -> Result<Value, Why> {
        let hole = self.hole.max(self.start + length - self.last);
        match kind {
            Kind::IntervalCount if self.weight < in_millis(length) => {
                Ok(Value::AtLeast(self.sum / in_millis(length)))
            }
            Kind::IntervalCount => Ok(Value::Exact(self.sum / self.weight)),
            _ if hole > length.percent(HOLE_PERCENT_MAX) => Err(Why::PartOfWindow),
            Kind::Age => Ok(Value::Exact(self.most)),
            _ if self.weight > 0.0 => Ok(Value::Exact(self.sum / self.weight)),
            Kind::Ratio | Kind::Count | Kind::Measure | Kind::Boolean => Err(Why::NoValue),
        }
    }
}

/// A window with a longer hole in it, in percent of its length, is not known. Answers that come
/// twice in a window leave none, however they fall.
const HOLE_PERCENT_MAX: i64 = 67;

fn floor(at: UtcMs, length: Span) -> UtcMs {
    UtcMs(at.0.saturating_sub(at.0.rem_euclid(length.0.max(1))))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "spans of an hour in milliseconds are exact in a f64"
)]
const fn in_millis(span: Span) -> f64 {
    span.0 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE_MINUTES: Window = Window { length: Span::secs(300), buffer: Span::secs(60) };

    fn at(secs: i64) -> UtcMs {
        UtcMs(secs * 1_000)
    }

    fn moment(secs: i64, value: f64, weight: f64) -> Stretch {
        Stretch { from: at(secs), to: at(secs), value: Some(value), weight }
    }

    /// Readings every ten seconds of these stretches of time, of this value.
    fn over(aligned: &mut Aligned, secs: core::ops::Range<i64>, value: f64) -> Result<Value, Why> {
        let mut found = Err(Why::NoSample);
        for second in secs.step_by(10) {
            found = aligned.take(moment(second, value, 1.0));
        }
        found
    }

    #[test]
    fn a_window_is_judged_only_after_its_buffer() {
        let mut aligned = Aligned::new(FIVE_MINUTES, Kind::Count);
        assert_eq!(over(&mut aligned, 0..300, 4.0), Err(Why::WindowOpen));
        assert_eq!(over(&mut aligned, 300..360, 9.0), Err(Why::WindowOpen));
        assert_eq!(over(&mut aligned, 360..660, 9.0), Ok(Value::Exact(4.0)));
        assert_eq!(aligned.judged(), Some(at(0)));
        assert_eq!(over(&mut aligned, 660..670, 0.0), Ok(Value::Exact(9.0)));
    }

    #[test]
    fn an_age_is_the_greatest_in_the_window() {
        let mut aligned = Aligned::new(FIVE_MINUTES, Kind::Age);
        over(&mut aligned, 0..300, 4.0).unwrap_err();
        aligned.take(moment(295, 70.0, 1.0)).unwrap_err();
        assert_eq!(over(&mut aligned, 300..370, 5.0), Ok(Value::Exact(70.0)));
    }

    #[test]
    fn counts_are_summed_over_the_window_they_happened_in() {
        let mut aligned = Aligned::new(FIVE_MINUTES, Kind::IntervalCount);
        let mut found = Err(Why::NoSample);
        // Buckets of 15 s that lie across the boundary: one call in each is four a minute.
        for start in (-5..360).step_by(15) {
            let rate = if start < 150 { 4.0 } else { 0.0 };
            let (from, to) = (at(start), at(start + 15));
            found = aligned.take(Stretch { from, to, value: Some(rate), weight: 1.0 });
        }
        let Ok(Value::Exact(rate)) = found else { panic!("{found:?}") };
        // Up to the second 160 of 300.
        assert!((rate - 4.0 * 160.0 / 300.0).abs() < 1e-9, "{rate}");
    }

    #[test]
    fn a_share_is_weighted_by_its_volume() {
        let mut aligned = Aligned::new(FIVE_MINUTES, Kind::Ratio);
        for (secs, share, offered) in [(60, 0.5, 1.0), (150, 0.1, 9.0), (240, 0.1, 0.0)] {
            aligned.take(moment(secs, share, offered)).unwrap_err();
        }
        let Ok(Value::Exact(share)) = aligned.take(moment(365, 0.9, 9.0)) else { panic!("known") };
        assert!((share - 0.14).abs() < 1e-9, "{share}");
        over(&mut aligned, 370..720, 0.2).unwrap();
    }

    #[test]
    fn a_window_with_a_hole_is_not_judged() {
        let mut aligned = Aligned::new(FIVE_MINUTES, Kind::Count);
        over(&mut aligned, 0..90, 4.0).unwrap_err();
        assert_eq!(over(&mut aligned, 300..370, 9.0), Err(Why::PartOfWindow));
        assert_eq!(over(&mut aligned, 370..670, 9.0), Ok(Value::Exact(9.0)));
        // A window of which nothing is known follows one that was.
        assert_eq!(over(&mut aligned, 1_270..1_280, 9.0), Err(Why::PartOfWindow));
        let mut counts = Aligned::new(FIVE_MINUTES, Kind::IntervalCount);
        let bucket =
            |start: i64| Stretch { from: at(start), to: at(start + 60), ..moment(0, 5.0, 1.0) };
        for start in [0, 60, 240] {
            counts.take(bucket(start)).unwrap_err();
        }
        assert_eq!(counts.take(bucket(300)), Ok(Value::AtLeast(3.0)), "three minutes of five");
    }

    #[test]
    fn what_a_clock_told_of_a_time_to_come_is_forgotten() {
        let mut aligned = Aligned::new(FIVE_MINUTES, Kind::Count);
        over(&mut aligned, 3_600..4_000, 4.0).unwrap();
        assert_eq!(over(&mut aligned, 0..360, 7.0), Err(Why::WindowOpen));
        assert_eq!(over(&mut aligned, 360..370, 7.0), Ok(Value::Exact(7.0)));
    }
}
