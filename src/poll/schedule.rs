//! Which stretch of vendor time to ask for next, so that no moment is counted twice.
//!
//! Buckets lie on whole multiples of their length in the vendor's UTC, and each is asked for a
//! moment after its end (guide 2's one-second offset). One that was missed is a gap: asked for
//! later, the platform would count another stretch.
//!
//! # Promises
//! - `buckets_follow_each_other_without_overlap`
//! - `a_new_interval_starts_on_its_own_grid_after_the_last_bucket`
//! - `an_overlapping_answer_is_told_from_a_new_one`
//! - `what_was_asked_for_at_once_follows_within_an_interval`
//! - `a_vendor_clock_that_jumps_back_does_not_blind_the_source`

use crate::limits::SAMPLE_AGE_MAX;
use crate::model::answer::Bucket;
use crate::model::time::{Span, UtcMs};

/// What was asked for and observed so far.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    offset: Span,
    asked_until: UtcMs,
    observed_until: UtcMs,
}

/// What an answer's bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    New,
    /// Part of it was observed before, up to the given moment.
    Overlaps(UtcMs),
}

impl Schedule {
    pub(super) const fn new(offset: Span, remembered: Option<UtcMs>) -> Self {
        let remembered = match remembered {
            Some(end) => end,
            None => UtcMs(i64::MIN),
        };
        Self { offset, asked_until: remembered, observed_until: remembered }
    }

    pub(super) const fn has_asked_nothing(&self) -> bool {
        self.asked_until.0 == i64::MIN
    }

    pub(super) const fn observed_until(&self) -> UtcMs {
        self.observed_until
    }

    /// The next bucket that is due at `earliest` or later; `now` is the vendor's clock.
    pub(super) fn next(&self, interval: Span, earliest: UtcMs, now: UtcMs) -> Bucket {
        let millis = interval.0.max(1);
        let after_asked = believed(self.asked_until, interval, now).0;
        // One of which only a part was seen is asked for: a vendor's grid may lie beside ours.
        let observed = believed(self.observed_until, interval, now).0;
        let not_all_seen = observed.saturating_sub(millis - 1);
        self.on_grid(interval, earliest, after_asked.max(not_all_seen))
    }

    /// The same of what is of a moment, of which no stretch is ever observed: only its end counts,
    /// and may not be that of the last one. What was asked for at once, beside the grid, does not
    /// put off the next by an interval.
    pub(super) fn next_moment(&self, interval: Span, earliest: UtcMs, now: UtcMs) -> Bucket {
        let asked = believed(self.asked_until, interval, now).0;
        let end_is_new = asked.saturating_sub(interval.0.max(1) - 1);
        self.on_grid(interval, earliest, end_is_new)
    }

    /// The first bucket of the grid that starts at `least` or later and is due at `earliest` or
    /// later.
    fn on_grid(&self, interval: Span, earliest: UtcMs, least: i64) -> Bucket {
        let millis = interval.0.max(1);
        let still_due = earliest.0.saturating_sub(self.offset.0).saturating_sub(millis);
        let start = still_due.max(least);
        let past = start.rem_euclid(millis);
        let start = if past == 0 { start } else { start.saturating_add(millis - past) };
        Bucket { start: UtcMs(start), length: interval }
    }

    /// When a bucket is asked for, by the vendor's clock.
    pub(super) fn due(&self, bucket: Bucket) -> UtcMs {
        bucket.end() + self.offset
    }

    /// A bucket is being asked for.
    pub(super) fn begin(&mut self, bucket: Bucket) {
        self.asked_until = bucket.end();
    }

    /// A bucket was answered.
    pub(super) fn observe(&mut self, bucket: Bucket, now: UtcMs) -> Arrival {
        let until = believed(self.observed_until, bucket.length, now);
        if bucket.start < until {
            return Arrival::Overlaps(until);
        }
        self.observed_until = bucket.end();
        Arrival::New
    }
}

/// An end that lies further ahead than any answer is accepted comes from a clock that was wrong.
/// Waiting for it could mean years of blindness.
fn believed(end: UtcMs, interval: Span, now: UtcMs) -> UtcMs {
    if end > now + SAMPLE_AGE_MAX + interval { UtcMs(i64::MIN) } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Span = Span::secs(10);
    const FIFTEEN: Span = Span::secs(15);

    fn at(secs: i64) -> UtcMs {
        UtcMs(1_715_783_520_000) + Span::secs(secs)
    }

    fn schedule(remembered: Option<UtcMs>) -> Schedule {
        Schedule::new(Span::secs(1), remembered)
    }

    fn next(schedule: &Schedule, interval: Span, now: UtcMs) -> Bucket {
        schedule.next(interval, now, now)
    }

    #[test]
    fn buckets_follow_each_other_without_overlap() {
        let mut schedule = schedule(None);
        let first = next(&schedule, TEN, at(3));
        assert_eq!((first.start, schedule.due(first)), (at(0), at(11)));
        schedule.begin(first);
        assert_eq!(next(&schedule, TEN, at(11)).start, at(10));
        assert_eq!(next(&schedule, TEN, at(47)).start, at(40), "a missed bucket is a gap");
    }

    #[test]
    fn the_very_moment_a_bucket_is_due_is_not_too_late() {
        assert_eq!(next(&schedule(None), TEN, at(11)).start, at(0));
        assert_eq!(next(&schedule(None), TEN, UtcMs(at(11).0 + 1)).start, at(10));
    }

    #[test]
    fn a_new_interval_starts_on_its_own_grid_after_the_last_bucket() {
        let mut schedule = schedule(None);
        schedule.begin(Bucket { start: at(10), length: TEN });
        let slower = next(&schedule, FIFTEEN, at(21));
        assert_eq!((slower.start, schedule.due(slower)), (at(30), at(46)));
        schedule.begin(slower);
        assert_eq!(next(&schedule, TEN, at(46)).start, at(50));
    }

    #[test]
    fn what_was_asked_for_at_once_follows_within_an_interval() {
        let hour = Span::secs(3_600);
        // 14:32:00 is a whole minute; the grid of hours has 14:00 and 15:00.
        let (mut schedule, now) = (schedule(None), at(0));
        schedule.begin(Bucket { start: at(-60), length: Span::secs(60) });
        let due = |schedule: &Schedule, now| schedule.due(schedule.next_moment(hour, now, now));
        assert_eq!(due(&schedule, now), at(28 * 60 + 1));
        schedule.begin(schedule.next_moment(hour, now, now));
        let asked = at(28 * 60 + 1);
        assert_eq!(due(&schedule, asked), asked + hour, "not twice in one moment");
    }

    #[test]
    fn what_was_observed_before_a_restart_is_not_asked_for_again() {
        assert_eq!(next(&schedule(Some(at(10))), TEN, at(11)).start, at(10));
        let mut schedule = schedule(Some(at(15)));
        assert_eq!(next(&schedule, TEN, at(16)).start, at(20));
        let overlapping = Bucket { start: at(10), length: TEN };
        assert_eq!(schedule.observe(overlapping, at(16)), Arrival::Overlaps(at(15)));
    }

    #[test]
    fn an_overlapping_answer_is_told_from_a_new_one() {
        let mut schedule = schedule(None);
        let bucket = |start| Bucket { start: at(start), length: TEN };
        assert_eq!(schedule.observe(bucket(0), at(11)), Arrival::New);
        assert_eq!(schedule.observe(bucket(0), at(12)), Arrival::Overlaps(at(10)));
        assert_eq!(schedule.observe(bucket(9), at(21)), Arrival::Overlaps(at(10)));
        assert_eq!(schedule.observe(bucket(10), at(21)), Arrival::New);
    }

    #[test]
    fn a_bucket_that_came_early_is_not_asked_for_again() {
        let mut schedule = schedule(None);
        schedule.begin(Bucket { start: at(0), length: TEN });
        let later = Bucket { start: at(10), length: TEN };
        assert_eq!(schedule.observe(later, at(20)), Arrival::New);
        assert_eq!(next(&schedule, TEN, at(20)).start, at(20));
    }

    #[test]
    fn a_vendor_clock_that_jumps_back_does_not_blind_the_source() {
        let mut schedule = schedule(None);
        let bucket = Bucket { start: at(3_600), length: TEN };
        schedule.begin(bucket);
        assert_eq!(schedule.observe(bucket, at(3_611)), Arrival::New);
        assert_eq!(next(&schedule, TEN, at(0)).start, at(-10));
        assert_eq!(schedule.observe(Bucket { start: at(0), length: TEN }, at(11)), Arrival::New);
    }

    #[test]
    fn an_end_just_within_the_bound_is_believed() {
        let bound = at(0) + SAMPLE_AGE_MAX + TEN;
        assert_eq!(believed(bound, TEN, at(0)), bound);
        assert_eq!(believed(bound + Span(1), TEN, at(0)), UtcMs(i64::MIN));
    }
}
