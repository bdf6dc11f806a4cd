//! Knows the vendor's clock, and by it whether an answer is young enough to believe.
//!
//! The vendor's clock is kept against our monotonic one, so that neither a wall clock that says
//! 1970 nor one that is stepped while we run moves anything (guide 2, edge case 3). A `Date` header
//! counts whole seconds and is a little old when it arrives: it errs to the late side, which costs
//! a moment; the other side would cut a bucket short. So the first one counts, unless a time
//! service keeps our own clock, and later ones only where they differ by more than that error.
//!
//! # Promises
//! - `a_box_that_believes_in_1970_learns_the_time`
//! - `the_error_of_the_header_moves_nothing`
//! - `an_answer_older_than_the_bound_is_refused`

use crate::limits::{CLOCK_SLACK, CLOCK_STEP_SAID, SAMPLE_AGE_MAX};
use crate::model::http::Reply;
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

/// The vendor's clock, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct VendorClock {
    /// Vendor time when our monotonic clock was zero.
    at_boot: Option<UtcMs>,
    /// How far it was ahead of our wall clock when that was last said.
    said: Span,
}

/// What a `Date` header did to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Same,
    /// Buckets lie elsewhere.
    Moved,
    /// Buckets lie elsewhere, or our wall clock does; by so much is the vendor's ahead of it.
    Stepped(Span),
}

/// Whether an answer is believed, with how far it is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Young,
    TooOld(Span),
    FromTheFuture(Span),
}

impl VendorClock {
    /// The vendor's time; our own wall clock's until the vendor has said it.
    pub(super) fn utc(&self, now: Now) -> UtcMs {
        self.at_boot.map_or(now.utc, |at_boot| at_boot + (now.tick - Tick(0)))
    }

    /// The vendor's time when a reply came: what the reply says, while nothing was heard before.
    pub(super) fn at(&self, reply: &Reply, now: Now) -> UtcMs {
        let said = reply.header("date").and_then(UtcMs::from_http_date);
        said.filter(|_| self.at_boot.is_none()).unwrap_or_else(|| self.utc(now))
    }

    /// How far the vendor's clock is ahead of our wall clock, where it is known.
    pub(super) fn ahead(&self, now: Now) -> Option<Span> {
        self.at_boot.map(|_| self.utc(now) - now.utc)
    }

    /// How far our idea of the time can be believed by this clock alone.
    pub(super) const fn trust(&self) -> ClockTrust {
        match self.at_boot {
            Some(_) => ClockTrust::HttpDate,
            None => ClockTrust::Untrusted,
        }
    }

    /// The vendor said its time.
    pub(super) fn hear(&mut self, date: UtcMs, now: Now) -> Turn {
        let is_kept = self.at_boot.is_some() || now.trust == ClockTrust::Ntp;
        let within_error = (date - self.utc(now)).abs() <= CLOCK_SLACK;
        let vendor = if is_kept && within_error { self.utc(now) } else { date };
        let at_boot = UtcMs(vendor.0.saturating_sub(now.tick.0));
        let moved = self.at_boot.replace(at_boot) != Some(at_boot);
        let ahead = vendor - now.utc;
        if (ahead - self.said).abs() > CLOCK_STEP_SAID {
            self.said = ahead;
            return Turn::Stepped(ahead);
        }
        if moved { Turn::Moved } else { Turn::Same }
    }

    /// Whether what the vendor says of `time` is young enough.
    pub(super) fn judge(&self, time: UtcMs, now: Now) -> Age {
        let age = self.utc(now) - time;
        if age > SAMPLE_AGE_MAX {
            Age::TooOld(age)
        } else if age.abs() > SAMPLE_AGE_MAX {
            Age::FromTheFuture(age.abs())
        } else {
            Age::Young
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UtcMs = UtcMs(1_715_774_400_000);

    fn now(tick_secs: i64, utc: UtcMs) -> Now {
        Now { tick: Tick(tick_secs * 1_000), utc, trust: ClockTrust::Untrusted }
    }

    #[test]
    fn a_box_that_believes_in_1970_learns_the_time() {
        let mut clock = VendorClock::default();
        let start = now(5, UtcMs(5_000));
        assert_eq!((clock.utc(start), clock.trust()), (UtcMs(5_000), ClockTrust::Untrusted));
        assert_eq!(clock.hear(NOON, start), Turn::Stepped(NOON - UtcMs(5_000)));
        assert_eq!(clock.trust(), ClockTrust::HttpDate);
        // A time service steps the wall clock: the vendor's stays where it is.
        let later = now(65, NOON + Span::secs(60));
        assert_eq!(clock.utc(later), NOON + Span::secs(60));
        assert_eq!(clock.hear(NOON + Span::secs(60), later), Turn::Stepped(Span::ZERO));
        assert_eq!(clock.hear(NOON + Span::secs(60), later), Turn::Same);
    }

    #[test]
    fn the_error_of_the_header_moves_nothing() {
        let mut clock = VendorClock::default();
        assert_eq!(clock.hear(NOON, now(0, NOON)), Turn::Moved);
        for error in [-2, 2] {
            let at = now(10, NOON + Span::secs(10));
            assert_eq!(clock.hear(NOON + Span::secs(10 + error), at), Turn::Same);
            assert_eq!(clock.utc(at), NOON + Span::secs(10));
        }
        let at = now(10, NOON + Span::secs(10));
        assert_eq!(clock.hear(NOON + Span::secs(7), at), Turn::Moved);
        assert_eq!(clock.ahead(at), Some(Span::secs(-3)));
    }

    #[test]
    fn a_step_is_said_only_beyond_the_bound() {
        let mut clock = VendorClock::default();
        assert_eq!(clock.hear(NOON + CLOCK_STEP_SAID, now(0, NOON)), Turn::Moved);
        let more = CLOCK_STEP_SAID + Span(1);
        let mut clock = VendorClock::default();
        assert_eq!(clock.hear(NOON + more, now(0, NOON)), Turn::Stepped(more));
    }

    #[test]
    fn a_clock_that_a_time_service_keeps_is_not_moved_by_a_second() {
        let mut clock = VendorClock::default();
        let kept = Now { trust: ClockTrust::Ntp, ..now(0, NOON) };
        assert_eq!(clock.hear(NOON + Span::secs(-1), kept), Turn::Moved);
        assert_eq!(clock.utc(kept), NOON);
    }

    #[test]
    fn an_answer_older_than_the_bound_is_refused() {
        let mut clock = VendorClock::default();
        let at = now(0, UtcMs(0));
        clock.hear(NOON, at);
        assert_eq!(clock.judge(NOON + Span::secs(-45), at), Age::Young);
        assert_eq!(clock.judge(NOON + Span(-45_001), at), Age::TooOld(Span(45_001)));
        assert_eq!(clock.judge(NOON + Span::secs(45), at), Age::Young);
        assert_eq!(clock.judge(NOON + Span::secs(120), at), Age::FromTheFuture(Span::secs(120)));
    }
}
