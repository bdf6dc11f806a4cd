//! When a target that does not take what it is given is asked again.
//!
//! | state | it is asked | becomes |
//! |---|---|---|
//! | well | at its own pace | failing by a failure |
//! | failing | after 2 s, 4 s, 8 s, ... | resting by the fifth in a row, well by an answer |
//! | resting | by a single try after a rest that doubles up to 5 min | well by an answer |
//!
//! Each wait has jitter, and is as long as the target asks by `Retry-After`, and we believe.
//!
//! # Promises
//! - `each_failure_doubles_the_wait_up_to_the_bound`
//! - `five_failures_in_a_row_open_it_and_one_answer_closes_it`

use crate::limits::{
    RETRY_AFTER_MAX, TARGET_BACKOFF_FIRST, TARGET_BACKOFF_MAX, TARGET_BREAKER_FAILURES,
};
use crate::model::rng::Rng;
use crate::model::time::{Span, Tick};

/// When a target that does not take what it is given is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breaker {
    failures: u32,
    rests_until: Tick,
}

/// Whether a target takes what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// It does, as far as is known.
    Well,
    /// The last tries failed, so many in a row.
    Failing(u32),
    /// So many have failed that it rests from one single try to the next.
    Resting(u32),
}

impl Breaker {
    pub(super) const NEW: Self = Self { failures: 0, rests_until: Tick(i64::MIN) };

    /// A try has failed; how long the target is left alone.
    pub(super) fn failed(&mut self, at_least: Span, now: Tick, rng: &mut Rng) -> Span {
        let doubled = TARGET_BACKOFF_FIRST.0.saturating_mul(1 << self.failures.min(16));
        let wait = rng.jitter(Span(doubled.min(TARGET_BACKOFF_MAX.0)));
        let wait = wait.max(at_least.min(RETRY_AFTER_MAX));
        self.failures = self.failures.saturating_add(1);
        self.rests_until = now + wait;
        wait
    }

    /// The target has answered.
    pub(super) const fn answered(&mut self) {
        *self = Self::NEW;
    }

    /// No try before this.
    pub(super) const fn rests_until(&self) -> Tick {
        self.rests_until
    }

    pub(super) const fn taking(&self) -> Taking {
        match self.failures {
            0 => Taking::Well,
            few if few < TARGET_BREAKER_FAILURES => Taking::Failing(few),
            many => Taking::Resting(many),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::at;

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_bound() {
        let (mut breaker, mut rng) = (Breaker::NEW, Rng::new(1));
        for failures in 0..20 {
            let now = at(1_000 * failures).tick;
            let wait = breaker.failed(Span::ZERO, now, &mut rng);
            let most = (TARGET_BACKOFF_FIRST.0 << failures).min(TARGET_BACKOFF_MAX.0);
            assert!((most / 2..=most).contains(&wait.0), "{failures}: {wait:?}");
            assert_eq!(breaker.rests_until(), now + wait);
        }
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_answer_closes_it() {
        let (mut breaker, mut rng) = (Breaker::NEW, Rng::new(1));
        assert_eq!(breaker.taking(), Taking::Well);
        for failures in 1..TARGET_BREAKER_FAILURES {
            breaker.failed(Span::ZERO, at(0).tick, &mut rng);
            assert_eq!(breaker.taking(), Taking::Failing(failures));
        }
        breaker.failed(Span::ZERO, at(0).tick, &mut rng);
        assert_eq!(breaker.taking(), Taking::Resting(TARGET_BREAKER_FAILURES));
        breaker.answered();
        assert_eq!((breaker.taking(), breaker), (Taking::Well, Breaker::NEW));
    }
}
