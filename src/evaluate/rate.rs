//! Turns interval counts into a rate per minute, and says how much of it is known.
//!
//! # Promises
//! - `one_hang_up_in_a_minute_is_one_per_minute`: the sliding form counts distinct buckets.
//! - `a_gap_leaves_a_lower_bound`: after a restart or a missed poll the rate can raise but not
//!   clear.

use heapless::Deque;

use crate::limits::{RATE_BUCKETS_MAX, RATE_WINDOW};
use crate::model::answer::Bucket;
use crate::model::time::{Span, UtcMs};

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// The value itself.
    Exact(f64),
    /// It is this or more; part of the window is missing.
    AtLeast(f64),
    /// Nothing is known.
    Unknown,
}

/// The distinct buckets of the last minute of one count of one entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    buckets: Deque<Counted, RATE_BUCKETS_MAX>,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    start: UtcMs,
    length: Span,
    count: f64,
}

impl Window {
    /// Adds the count of a bucket. Buckets arrive in order and never overlap; `poll` sees to that.
    ///
    /// Where the vendor's clock went back, what it told of a time to come counts for nothing.
    pub(super) fn add(&mut self, bucket: Bucket, count: f64) {
        let to_come = |counted: &Counted| counted.start + counted.length > bucket.start;
        while self.buckets.back().is_some_and(to_come) {
            self.buckets.pop_back();
        }
        if self.buckets.is_full() {
            self.buckets.pop_front();
        }
        // There is room: the oldest has just gone if there was none.
        let _ =
            self.buckets.push_back(Counted { start: bucket.start, length: bucket.length, count });
    }

    /// The rate per minute over the buckets that end at `end`.
    #[must_use]
    pub(super) fn per_minute(&self, end: UtcMs) -> Value {
        let mut reached = end;
        let mut sum = 0.0;
        for counted in self.buckets.iter().rev() {
            let contiguous = counted.start + counted.length == reached;
            if !contiguous && counted.start + RATE_WINDOW < end {
                break;
            }
            sum += counted.count;
            if !contiguous {
                // The gap hides an unknown part; go on only to collect the lower bound.
                reached = UtcMs(i64::MIN);
                continue;
            }
            reached = counted.start;
            if end - reached >= RATE_WINDOW {
                return Value::Exact(scale(sum, end - reached));
            }
        }
        if self.buckets.is_empty() { Value::Unknown } else { Value::AtLeast(sum) }
    }
}

/// Guide 2's own form: the count of one bucket times 60 / its seconds.
#[must_use]
pub(super) fn of_last_interval(bucket: Bucket, count: f64) -> Value {
    if bucket.length > Span::ZERO {
        Value::Exact(scale(count, bucket.length))
    } else {
        Value::Unknown
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "spans of a minute in milliseconds are exact in a f64"
)]
fn scale(count: f64, over: Span) -> f64 {
    count * RATE_WINDOW.0 as f64 / over.0 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(start_secs: i64, secs: i64) -> Bucket {
        Bucket { start: UtcMs(start_secs * 1_000), length: Span::secs(secs) }
    }

    fn at(secs: i64) -> UtcMs {
        UtcMs(secs * 1_000)
    }

    #[test]
    fn one_hang_up_in_a_minute_is_one_per_minute() {
        let mut window = Window::default();
        for start in [0, 10, 20, 30, 40, 50] {
            window.add(bucket(start, 10), if start == 20 { 1.0 } else { 0.0 });
        }
        assert_eq!(window.per_minute(at(60)), Value::Exact(1.0));
        window.add(bucket(60, 10), 0.0);
        window.add(bucket(70, 10), 0.0);
        window.add(bucket(80, 10), 0.0);
        assert_eq!(window.per_minute(at(90)), Value::Exact(0.0));
        assert_eq!(of_last_interval(bucket(20, 10), 1.0), Value::Exact(6.0));
        assert_eq!(of_last_interval(bucket(20, 0), 1.0), Value::Unknown);
    }

    #[test]
    fn what_a_clock_told_of_a_time_to_come_is_forgotten() {
        let mut window = Window::default();
        for start in [600, 610, 620] {
            window.add(bucket(start, 10), 2.0);
        }
        window.add(bucket(0, 10), 2.0);
        assert_eq!(window.per_minute(at(10)), Value::AtLeast(2.0));
    }

    #[test]
    fn a_gap_leaves_a_lower_bound() {
        let mut window = Window::default();
        assert_eq!(window.per_minute(at(0)), Value::Unknown);
        window.add(bucket(0, 10), 4.0);
        assert_eq!(window.per_minute(at(10)), Value::AtLeast(4.0));
        window.add(bucket(20, 10), 2.0);
        assert_eq!(window.per_minute(at(30)), Value::AtLeast(6.0));
        assert_eq!(window.per_minute(at(60)), Value::AtLeast(6.0), "just a minute old");
        for start in [30, 40, 50, 60] {
            window.add(bucket(start, 10), 0.0);
        }
        // The bucket at 0 is older than a minute and no longer counts.
        assert_eq!(window.per_minute(at(70)), Value::AtLeast(2.0));
        window.add(bucket(70, 10), 0.0);
        assert_eq!(window.per_minute(at(80)), Value::Exact(2.0));
    }

    #[test]
    fn buckets_of_another_length_are_weighed_by_their_time() {
        let mut window = Window::default();
        for start in [0, 10] {
            window.add(bucket(start, 10), 1.0);
        }
        for start in [20, 35, 50] {
            window.add(bucket(start, 15), 3.0);
        }
        let Value::Exact(rate) = window.per_minute(at(65)) else { panic!("65 s are covered") };
        assert!((rate - 11.0 * 60.0 / 65.0).abs() < 1e-9, "{rate}");
    }
}
