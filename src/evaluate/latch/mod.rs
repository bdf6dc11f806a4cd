//! Hysteresis in value and in time: which side of its threshold a rule is on, and when it changes
//! sides.
//!
//! A breach becomes an alert once it has lasted the rule's on-delay, and the alert ends once the
//! value has been clear for the off-delay. Both are counted in the vendor's time, from sample to
//! sample, and a sample speaks for no more than the interval to the next: what nobody saw pauses
//! the clock. After a gap beyond the tolerance the delay begins anew.
//!
//! What a sender says by itself stands at once, whatever the delays: no sample follows that could
//! last, and a delay that ran on by the clock alone would not survive a restart. So it ends a delay
//! that samples began, too.
//!
//! A value between the threshold and the margin proves neither, so it pauses both delays: it raises
//! nothing, ends nothing, and takes back nothing that was seen. A breach sets the off-delay back to
//! its beginning, and a clear value the on-delay. So what moves the threshold away from the value,
//! as a scaled one does, ends nothing before the off-delay is over.
//!
//! # Promises
//! - `a_value_on_the_line_does_not_flap`: clearing needs the margin, not just the threshold.
//! - `what_nobody_knows_changes_nothing`: missing data is never read as fine.
//! - `a_breach_begins_when_it_has_lasted_the_on_delay`: to the very sample.
//! - `an_alert_ends_when_it_was_clear_for_the_off_delay`
//! - `a_gap_pauses_the_clock_and_a_long_one_sets_it_back`
//! - `what_is_pushed_stands_at_once`: on either side.
//! - `what_is_pushed_ends_a_delay_of_samples`

use crate::evaluate::threshold::{Compared, Verdict};
use crate::limits::{GAP_INTERVALS, GAP_TOLERANCE_LEAST};
use crate::model::rule::Rule;
use crate::model::time::{Span, Stamp};

/// Which side a rule is on, and the delay that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Latch {
    /// It does not hold.
    #[default]
    Clear,
    /// It holds, not yet for the on-delay.
    Pending(Run),
    /// It has held for the on-delay, or has not yet cleared by the margin: there is an alert.
    Breached,
    /// There is an alert whose value is clear, not yet for the off-delay.
    Clearing(Run),
}

/// A delay that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Its first sample.
    pub since: Stamp,
    /// How much of it was seen.
    pub seen: Span,
    /// Up to when it was seen.
    until: Stamp,
    /// For how long the newest sample speaks.
    speaks_for: Span,
}

/// The moment of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When it was so, in the vendor's time, and when we heard of it.
    pub at: Stamp,
    /// How soon there is the next; nothing for what is pushed, which nobody has to repeat.
    pub every: Option<Span>,
}

/// What a verdict did to the latch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// The rule has held for the on-delay. The latch waits for [`Latch::begin`], and says so again
    /// with the next sample in breach where the alert found no room.
    Due(Compared, Stamp),
    /// It goes on holding.
    Lasts(Compared),
    /// It is clear, and the off-delay runs.
    Clears(Compared),
    /// It has cleared.
    Ended(Compared),
    /// It held, but not for the on-delay.
    Brief,
    /// It does not hold, not yet, or nobody can say.
    Same,
}

impl Latch {
    /// Takes a verdict.
    pub fn observe(&mut self, verdict: Verdict, moment: Moment, rule: &Rule) -> Turn {
        match (*self, verdict) {
            (_, Verdict::Unknown(_)) | (Self::Clear, Verdict::Between(_) | Verdict::Clear(_)) => {
                Turn::Same
            }
            (Self::Clear, Verdict::Breach(numbers)) => {
                self.holds(Run::begin(moment), numbers, moment.delay(rule.on_delay))
            }
            (Self::Pending(run), Verdict::Breach(numbers)) => {
                self.holds(run.go_on(moment, rule), numbers, moment.delay(rule.on_delay))
            }
            (Self::Pending(run), Verdict::Between(_)) => {
                *self = Self::Pending(run.pause(moment));
                Turn::Same
            }
            (Self::Pending(_), Verdict::Clear(_)) => {
                *self = Self::Clear;
                Turn::Brief
            }
            (Self::Breached, Verdict::Breach(numbers) | Verdict::Between(numbers)) => {
                Turn::Lasts(numbers)
            }
            (Self::Breached, Verdict::Clear(numbers)) => {
                self.is_clear(Run::begin(moment), numbers, moment.delay(rule.off_delay))
            }
            (Self::Clearing(run), Verdict::Clear(numbers)) => {
                self.is_clear(run.go_on(moment, rule), numbers, moment.delay(rule.off_delay))
            }
            (Self::Clearing(run), Verdict::Between(numbers)) => {
                *self = Self::Clearing(run.pause(moment));
                Turn::Clears(numbers)
            }
            (Self::Clearing(_), Verdict::Breach(numbers)) => {
                *self = Self::Breached;
                Turn::Lasts(numbers)
            }
        }
    }

    /// Nobody has known the value for too long, which is trouble by itself: no other delay runs.
    pub fn unknown(&mut self, since: Stamp, numbers: Compared) -> Turn {
        match self {
            Self::Clear | Self::Pending(_) => Turn::Due(numbers, since),
            Self::Breached | Self::Clearing(_) => {
                *self = Self::Breached;
                Turn::Lasts(numbers)
            }
        }
    }

    /// The alert has taken up what was due.
    pub const fn begin(&mut self) {
        *self = Self::Breached;
    }

    fn holds(&mut self, run: Run, numbers: Compared, on_delay: Span) -> Turn {
        *self = Self::Pending(run);
        if run.seen >= on_delay { Turn::Due(numbers, run.since) } else { Turn::Same }
    }

    fn is_clear(&mut self, run: Run, numbers: Compared, off_delay: Span) -> Turn {
        if run.seen >= off_delay {
            *self = Self::Clear;
            return Turn::Ended(numbers);
        }
        *self = Self::Clearing(run);
        Turn::Clears(numbers)
    }
}

impl Moment {
    /// How long what is so at this moment has to last, where its rule's samples do for so long.
    const fn delay(self, of_samples: Span) -> Span {
        if self.every.is_some() { of_samples } else { Span::ZERO }
    }

    /// For how long it speaks: what is pushed lends no time to the samples beside it.
    fn speaks_for(self) -> Span {
        self.every.unwrap_or(Span::ZERO)
    }
}

impl Run {
    pub(super) fn begin(moment: Moment) -> Self {
        let at = moment.at;
        Self { since: at, seen: Span::ZERO, until: at, speaks_for: moment.speaks_for() }
    }

    /// One of which so much was seen.
    #[cfg(test)]
    pub fn seen(since: Stamp, seen: Span) -> Self {
        Self { seen, ..Self::begin(Moment { at: since, every: None }) }
    }

    /// The next sample that counts towards it.
    pub(super) fn go_on(self, moment: Moment, rule: &Rule) -> Self {
        let counted = self.counted(moment);
        let missing = (moment.at.utc - self.until.utc) - counted;
        let tolerance = rule.gap_tolerance.unwrap_or_else(|| {
            moment.speaks_for().percent(GAP_INTERVALS * 100).max(GAP_TOLERANCE_LEAST)
        });
        if missing > tolerance {
            return Self::begin(moment);
        }
        let seen = self.seen + counted;
        Self { since: self.since, seen, until: moment.at, speaks_for: moment.speaks_for() }
    }

    /// A sample that counts for nothing ends what the one before it speaks for.
    fn pause(self, moment: Moment) -> Self {
        let counted = self.counted(moment);
        let Stamp { tick, utc } = self.until;
        let until = Stamp { tick: tick + counted, utc: utc + counted };
        let seen = self.seen + counted;
        Self { seen, until, speaks_for: Span::ZERO, ..self }
    }

    /// How much of the time up to a sample the one before it speaks for. Samples of a moment come a
    /// little early or late, which is no gap. A clock that went back has seen nothing.
    fn counted(&self, moment: Moment) -> Span {
        let passed = (moment.at.utc - self.until.utc).max(Span::ZERO);
        if passed > self.speaks_for.percent(150) { self.speaks_for } else { passed }
    }
}

#[cfg(test)]
mod tests;
