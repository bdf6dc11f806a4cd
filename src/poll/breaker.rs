//! Stops asking a platform that keeps saying "too many": three refusals in a row open it.
//!
//! # Promises
//! - `three_refusals_in_a_row_open_it`: guide 2, edge case 1.
//! - `it_closes_after_three_good_answers`: until then the source is asked at the reduced rate.
//! - `a_refusal_while_half_open_opens_it_again`

use crate::limits::{BREAKER_REFUSALS, PACE_GOOD_ANSWERS};
use crate::model::rng::Rng;
use crate::model::time::{Span, Tick};
use crate::poll::backoff;

/// Where the breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// Requests pass.
    Closed {
        /// Answers 429 in a row.
        refusals: u32,
    },
    /// No request for data is made.
    Open {
        /// Until then.
        until: Tick,
        /// Answers 429 since it was last closed.
        refusals: u32,
    },
    /// Requests pass at the reduced rate.
    HalfOpen {
        /// Good answers in a row.
        good: u32,
        /// Answers 429 since it was last closed.
        refusals: u32,
    },
}

/// What an answer did to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Same,
    Opened,
    Closed,
}

impl Breaker {
    pub(super) const fn new() -> Self {
        Self::Closed { refusals: 0 }
    }

    /// The platform said 429, and maybe when to come back. It pauses for just so
    /// long (guide 2), or for a backoff.
    pub(super) fn refused(&mut self, asked: Option<Span>, now: Tick, rng: &mut Rng) -> Turn {
        let (refusals, least) = match *self {
            Self::Closed { refusals } => (refusals.saturating_add(1), BREAKER_REFUSALS),
            Self::Open { refusals, .. } | Self::HalfOpen { refusals, .. } => {
                (refusals.saturating_add(1), 0)
            }
        };
        if refusals < least {
            *self = Self::Closed { refusals };
            return Turn::Same;
        }
        let pause = asked.unwrap_or_else(|| backoff::wait(refusals, None, rng));
        *self = Self::Open { until: now + pause, refusals };
        Turn::Opened
    }

    /// The platform answered something else than 429 that is not good either.
    pub(super) const fn other(&mut self) {
        match self {
            Self::Closed { refusals } => *refusals = 0,
            Self::HalfOpen { good, .. } => *good = 0,
            Self::Open { .. } => {}
        }
    }

    /// The platform gave data.
    pub(super) const fn good(&mut self) -> Turn {
        match self {
            Self::HalfOpen { good, .. } if *good + 1 < PACE_GOOD_ANSWERS => *good += 1,
            Self::HalfOpen { .. } => {
                *self = Self::new();
                return Turn::Closed;
            }
            Self::Closed { .. } | Self::Open { .. } => self.other(),
        }
        Turn::Same
    }

    /// Time has passed: an open breaker whose wait is over lets a request try.
    pub(super) fn wake(&mut self, now: Tick) {
        if let Self::Open { until, refusals } = *self
            && until <= now
        {
            *self = Self::HalfOpen { good: 0, refusals };
        }
    }

    /// The moment before which nothing may be asked, where there is one.
    pub(super) const fn until(self) -> Option<Tick> {
        match self {
            Self::Open { until, .. } => Some(until),
            Self::Closed { .. } | Self::HalfOpen { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Option<Span> = Some(Span::secs(30));

    fn refuse(breaker: &mut Breaker, asked: Option<Span>) -> Turn {
        breaker.refused(asked, Tick(0), &mut Rng::new(1))
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new();
        let turns = [0, 1, 2].map(|_| refuse(&mut breaker, WAIT));
        assert_eq!(turns, [Turn::Same, Turn::Same, Turn::Opened]);
        breaker
    }

    #[test]
    fn three_refusals_in_a_row_open_it() {
        assert_eq!(opened().until(), Some(Tick(30_000)));
        let mut breaker = Breaker::new();
        for _ in 0..5 {
            assert_eq!(refuse(&mut breaker, WAIT), Turn::Same);
            assert_eq!(refuse(&mut breaker, WAIT), Turn::Same);
            breaker.other();
        }
    }

    #[test]
    fn it_closes_after_three_good_answers() {
        let mut breaker = opened();
        breaker.wake(Tick(29_999));
        assert!(breaker.until().is_some());
        breaker.wake(Tick(30_000));
        assert_eq!(breaker, Breaker::HalfOpen { good: 0, refusals: 3 });
        assert_eq!([breaker.good(), breaker.good()], [Turn::Same, Turn::Same]);
        breaker.other();
        let turns = [breaker.good(), breaker.good(), breaker.good()];
        assert_eq!(turns, [Turn::Same, Turn::Same, Turn::Closed]);
    }

    #[test]
    fn a_refusal_while_half_open_opens_it_again() {
        let mut breaker = Breaker::HalfOpen { good: 2, refusals: 3 };
        assert_eq!(refuse(&mut breaker, WAIT), Turn::Opened);
    }

    #[test]
    fn without_retry_after_it_pauses_longer_each_time() {
        let mut breaker = Breaker::HalfOpen { good: 0, refusals: 3 };
        assert_eq!(refuse(&mut breaker, None), Turn::Opened);
        assert!(breaker.until().is_some_and(|until| until >= Tick(4_000)));
        for _ in 0..9 {
            assert_eq!(refuse(&mut breaker, None), Turn::Opened);
        }
        assert!(breaker.until().is_some_and(|until| until >= Tick(30_000)));
    }
}
