//! Asks less often while little of the platform's quota is left.
//!
//! # Promises
//! - `below_a_fifth_of_the_quota_the_interval_grows_by_half`: guide 2, edge case 1.
//! - `three_answers_with_enough_quota_restore_the_pace`
//! - `without_a_limit_header_the_most_ever_left_is_the_limit`

use crate::limits::{PACE_GOOD_ANSWERS, PACE_GROWTH_PERCENT, QUOTA_LOW_PERCENT};
use crate::model::time::Span;
use crate::platform::Quota;

/// The pace of one source.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    interval: Span,
    most_left: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Usual,
    /// With the answers in a row that showed enough quota.
    Slow(u32),
}

/// What an answer did to the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Same,
    Slowed,
    Restored,
}

impl Pace {
    pub(super) const fn new(interval: Span) -> Self {
        Self { interval, most_left: 0, state: State::Usual }
    }

    /// An answer of any status, with what it says about the quota. One that says nothing changes
    /// nothing.
    pub(super) fn hear(&mut self, quota: Quota) -> Turn {
        let Some(left) = quota.remaining else { return Turn::Same };
        self.most_left = self.most_left.max(left);
        let limit = quota.limit.unwrap_or(self.most_left);
        let low = left.saturating_mul(100) < limit.saturating_mul(QUOTA_LOW_PERCENT);
        let (state, turn) = match (self.state, low) {
            (State::Usual, false) => (State::Usual, Turn::Same),
            (State::Usual, true) => (State::Slow(0), Turn::Slowed),
            (State::Slow(_), true) => (State::Slow(0), Turn::Same),
            (State::Slow(good), false) if good + 1 >= PACE_GOOD_ANSWERS => {
                (State::Usual, Turn::Restored)
            }
            (State::Slow(good), false) => (State::Slow(good + 1), Turn::Same),
        };
        self.state = state;
        turn
    }

    /// The interval of the next bucket, where it would be `wanted` but for the quota.
    pub(super) const fn interval(&self, wanted: Span) -> Span {
        match self.state {
            State::Usual => wanted,
            State::Slow(_) => self.reduced(),
        }
    }

    /// The interval of a slowed source, in whole seconds, since requests name them.
    pub(super) const fn reduced(&self) -> Span {
        let grown = self.interval.percent(100 + PACE_GROWTH_PERCENT);
        Span::secs(Span(grown.0.saturating_add(999)).whole_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(remaining: u64, limit: Option<u64>) -> Quota {
        Quota { remaining: Some(remaining), limit }
    }

    #[test]
    fn below_a_fifth_of_the_quota_the_interval_grows_by_half() {
        let mut pace = Pace::new(Span::secs(10));
        assert_eq!(pace.hear(quota(20, Some(100))), Turn::Same);
        assert_eq!(pace.hear(quota(19, Some(100))), Turn::Slowed);
        assert_eq!(pace.interval(Span::secs(10)), Span::secs(15));
        assert_eq!(pace.hear(quota(1, Some(100))), Turn::Same);
        assert_eq!(pace.interval(Span::secs(10)), Span::secs(15));
        assert_eq!(Pace::new(Span::secs(5)).reduced(), Span::secs(8));
    }

    #[test]
    fn three_answers_with_enough_quota_restore_the_pace() {
        let mut pace = Pace::new(Span::secs(10));
        let turns = [0, 90, 90, 0, 90, 90, 90].map(|left| pace.hear(quota(left, Some(100))));
        assert_eq!(turns[0], Turn::Slowed);
        assert!(turns[1..6].iter().all(|turn| *turn == Turn::Same));
        assert_eq!(turns[6], Turn::Restored);
        assert_eq!(pace.interval(Span::secs(10)), Span::secs(10));
    }

    #[test]
    fn without_a_limit_header_the_most_ever_left_is_the_limit() {
        let mut pace = Pace::new(Span::secs(10));
        assert_eq!(pace.hear(Quota::default()), Turn::Same);
        assert_eq!(pace.hear(quota(300, None)), Turn::Same);
        assert_eq!(pace.hear(quota(60, None)), Turn::Same);
        assert_eq!(pace.hear(quota(59, None)), Turn::Slowed);
        assert_eq!(pace.hear(Quota::default()), Turn::Same);
        assert_eq!(pace.interval(Span::secs(10)), Span::secs(15));
    }
}
