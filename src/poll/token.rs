//! Keeps a source's access token alive, apart from the polling, so that no renewal holds up a poll.
//!
//! # Promises
//! - `a_token_is_renewed_at_the_earlier_of_both_guides`: 80 % of its life, ten minutes before the
//!   end.
//! - `a_failed_renewal_is_tried_again_while_the_old_token_works`
//! - `half_of_what_remains_gone_is_an_alarm`
//! - `a_refused_token_is_replaced_once_and_then_with_patience`
//! - `a_refusal_that_quotes_the_token_is_withheld`: nor may that of a login.

use crate::limits::{TOKEN_RENEWAL_MARGIN, TOKEN_RENEWAL_PERCENT};
use crate::model::rng::Rng;
use crate::model::time::{Span, Tick, Wake};
use crate::platform::{LoginDraft, Session, VendorFault};
use crate::poll::backoff;

/// The token of one source. It is asked for from the start: a source without one sees nothing.
#[derive(Debug)]
pub(super) struct TokenKeeper {
    held: Option<Held>,
    asking: Asking,
    /// Failed requests for a token in a row.
    failures: u32,
    /// Tokens in a row that the platform gave and then refused.
    refusals: u32,
    /// Tokens received.
    given: u32,
}

#[derive(Debug)]
struct Held {
    session: Session,
    renew_at: Tick,
    ends: Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// A request may be made from this moment on, when there is need.
    NotBefore(Tick),
    UnderWay,
}

/// How the token of a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// There is none; no data can be asked for.
    Missing,
    /// There is one.
    Held {
        /// Its end.
        ends: Tick,
    },
    /// There is one, and its renewal fails.
    Failing {
        /// Its end.
        ends: Tick,
        /// How often in a row.
        failures: u32,
    },
}

/// What is to be done about the token at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    Ask,
}

/// How bad a failed request for a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    /// The old token works for a good while yet.
    Early,
    /// Half of what the old one had left at its renewal is gone, or there is none.
    Late,
}

/// Whether the token came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Same,
    Ended,
}

impl TokenKeeper {
    pub(super) const fn new(now: Tick) -> Self {
        Self { held: None, asking: Asking::NotBefore(now), failures: 0, refusals: 0, given: 0 }
    }

    /// The session, while there is one.
    pub(super) fn session(&self) -> Option<&Session> {
        self.held.as_ref().map(|held| &held.session)
    }

    /// Which token it is, to tell it from the next one.
    pub(super) const fn number(&self) -> u32 {
        self.given
    }

    /// Drops a token at its end.
    pub(super) fn wake(&mut self, now: Tick) -> Life {
        match self.held.take_if(|held| held.ends <= now) {
            Some(_) => Life::Ended,
            None => Life::Same,
        }
    }

    pub(super) fn need(&self, now: Tick) -> Need {
        match (self.asking, &self.held) {
            (Asking::UnderWay, _) => Need::Nothing,
            (Asking::NotBefore(at), _) if now < at => Need::Nothing,
            (_, Some(held)) if now < held.renew_at => Need::Nothing,
            _ => Need::Ask,
        }
    }

    pub(super) const fn asked(&mut self) {
        self.asking = Asking::UnderWay;
    }

    /// One step of a login is done; the next may be asked for.
    pub(super) const fn step_done(&mut self, now: Tick) {
        self.asking = Asking::NotBefore(now);
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.asking == Asking::UnderWay
    }

    /// A token came. After refused ones the wait before the next stays long until data came, too.
    pub(super) fn received(&mut self, session: Session, now: Tick, rng: &mut Rng) {
        let life = session.life;
        let slack = life.percent(5);
        // Never before half of its life, whatever the margin says; jitter parts a herd of boxes.
        let by_guides = life.percent(TOKEN_RENEWAL_PERCENT).min(life - TOKEN_RENEWAL_MARGIN);
        let latest = by_guides.max(life.percent(50) + slack);
        let spread = slack - rng.jitter(slack) + slack - rng.jitter(slack);
        let renew_at = now + (latest - spread);
        self.held = Some(Held { session, renew_at, ends: now + life });
        self.asking = Asking::NotBefore(now);
        self.failures = 0;
        self.given = self.given.wrapping_add(1);
    }

    /// No token came; `asked` is the `Retry-After` of the answer.
    pub(super) fn failed(&mut self, asked: Option<Span>, now: Tick, rng: &mut Rng) -> Alarm {
        self.failures = self.failures.saturating_add(1);
        self.asking = Asking::NotBefore(now + backoff::wait(self.failures, asked, rng));
        match &self.held {
            Some(held) if now - held.renew_at < Span((held.ends - held.renew_at).0 / 2) => {
                Alarm::Early
            }
            Some(_) | None => Alarm::Late,
        }
    }

    /// The platform refused token `number` for data: it is dropped, and the next one asked for a
    /// moment later, when secrets have been read again. Answers the wait. Several requests may
    /// have been under way with one token; it is refused once.
    pub(super) fn refused(&mut self, number: u32, now: Tick, rng: &mut Rng) -> Span {
        if number != self.given || self.held.is_none() {
            return backoff::wait(self.refusals, None, rng);
        }
        self.held = None;
        self.refusals = self.refusals.saturating_add(1);
        let wait = backoff::wait(self.refusals, None, rng);
        if let Asking::NotBefore(at) = self.asking {
            self.asking = Asking::NotBefore(at.max(now + wait));
        }
        wait
    }

    /// The platform gave data for the token.
    pub(super) const fn accepted(&mut self) {
        self.refusals = 0;
    }

    pub(super) fn state(&self) -> TokenState {
        match &self.held {
            None => TokenState::Missing,
            Some(held) if self.failures > 0 => {
                TokenState::Failing { ends: held.ends, failures: self.failures }
            }
            Some(held) => TokenState::Held { ends: held.ends },
        }
    }

    pub(super) fn next_wake(&self) -> Option<Wake> {
        let ends = self.held.as_ref().map(|held| Wake { at: held.ends, why: "token ends" });
        let ask = match (self.asking, &self.held) {
            (Asking::UnderWay, _) => None,
            (Asking::NotBefore(at), None) => Some(at),
            (Asking::NotBefore(at), Some(held)) => Some(at.max(held.renew_at)),
        };
        Wake::earlier(ask.map(|at| Wake { at, why: "token renewal" }), ends)
    }

    /// A refusal may quote what it was sent; a token does not travel further that way. The login
    /// under way may have sent others than the one that is held.
    pub(super) fn withhold(&self, fault: VendorFault, login: &LoginDraft) -> VendorFault {
        let VendorFault::Refused { status, excerpt } = fault else { return fault };
        let held = self.session().into_iter().flat_map(Session::tokens);
        let mut heads = held.chain(login.tokens()).filter_map(|token| token.expose().get(..8));
        let quotes = heads.any(|head| excerpt.contains(head));
        let excerpt = if quotes { "(it quotes the token)".into() } else { excerpt };
        VendorFault::Refused { status, excerpt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;

    const HOUR: Span = Span::secs(3_600);

    fn with(life: Span, seed: u64) -> TokenKeeper {
        let mut keeper = TokenKeeper::new(Tick(0));
        assert_eq!(keeper.need(Tick(0)), Need::Ask);
        keeper.asked();
        assert_eq!(keeper.need(Tick(0)), Need::Nothing);
        keeper.received(Session::of(Secret::new("tokentoken"), life), Tick(0), &mut Rng::new(seed));
        keeper
    }

    #[test]
    fn a_token_is_renewed_at_the_earlier_of_both_guides() {
        let renewals = |secs: i64| {
            (0..200).map(move |seed| with(Span::secs(secs), seed).next_wake().unwrap().at.0 / 1_000)
        };
        // 80 % of an hour is before the ten minutes; of 15 minutes neither is before half.
        for (secs, least, most) in
            [(3_600, 2_700, 2_880), (2_000, 1_300, 1_400), (900, 450, 495), (10, 5, 5)]
        {
            for at in renewals(secs) {
                assert!((least..=most).contains(&at), "{secs}: {at}");
            }
        }
        let spread: alloc::collections::BTreeSet<i64> = renewals(3_600).collect();
        assert!(spread.len() > 50);
    }

    #[test]
    fn a_failed_renewal_is_tried_again_while_the_old_token_works() {
        let mut keeper = with(HOUR, 1);
        let mut now = keeper.next_wake().unwrap().at;
        assert_eq!(keeper.state(), TokenState::Held { ends: Tick(0) + HOUR });
        let mut rng = Rng::new(2);
        let mut tries = 0;
        while keeper.wake(now) == Life::Same {
            if keeper.need(now) == Need::Ask {
                keeper.asked();
                keeper.failed(None, now, &mut rng);
                tries += 1;
            }
            assert!(keeper.session().is_some());
            assert!(matches!(keeper.state(), TokenState::Failing { .. }));
            let next = keeper.next_wake().unwrap().at;
            assert!(next > now);
            now = next;
        }
        assert_eq!((now, keeper.state()), (Tick(0) + HOUR, TokenState::Missing));
        assert!((12..50).contains(&tries), "{tries}");
    }

    #[test]
    fn half_of_what_remains_gone_is_an_alarm() {
        let mut keeper = with(HOUR, 1);
        let mut rng = Rng::new(2);
        let renewal = keeper.next_wake().unwrap().at;
        assert_eq!(keeper.failed(None, renewal, &mut rng), Alarm::Early);
        let half = renewal + Span((Tick(0) + HOUR - renewal).0 / 2);
        assert_eq!(keeper.failed(None, Tick(half.0 - 1), &mut rng), Alarm::Early);
        assert_eq!(keeper.failed(None, half, &mut rng), Alarm::Late);
        keeper.wake(Tick(0) + HOUR);
        assert_eq!(keeper.failed(None, Tick(0) + HOUR, &mut rng), Alarm::Late);
    }

    #[test]
    fn a_refused_token_is_replaced_once_and_then_with_patience() {
        let mut rng = Rng::new(3);
        let mut keeper = with(HOUR, 1);
        let waits = [1, 2, 3, 4].map(|_| {
            let wait = keeper.refused(keeper.number(), Tick(0), &mut rng);
            assert!(keeper.session().is_none());
            // A second request that was under way with the same token.
            keeper.refused(keeper.number(), Tick(0), &mut rng);
            assert_eq!(keeper.need(Tick(wait.0 - 1)), Need::Nothing);
            keeper.received(Session::of(Secret::new("t"), HOUR), Tick(0), &mut rng);
            wait
        });
        assert!(waits[0] <= Span::secs(1) && waits[3] >= Span::secs(4), "{waits:?}");
        keeper.accepted();
        keeper.refused(keeper.number() - 1, Tick(0), &mut rng);
        assert!(keeper.session().is_some(), "an old token's refusal is not the new one's");
        assert!(keeper.refused(keeper.number(), Tick(0), &mut rng) <= Span::secs(1));
    }

    #[test]
    fn a_refusal_that_quotes_the_token_is_withheld() {
        let keeper = with(HOUR, 1);
        let refused = |excerpt: &str| VendorFault::Refused { status: 403, excerpt: excerpt.into() };
        let none = LoginDraft::default();
        assert_eq!(keeper.withhold(refused("no scope"), &none), refused("no scope"));
        assert_eq!(keeper.withhold(refused("Bearer tokento"), &none), refused("Bearer tokento"));
        assert_eq!(
            keeper.withhold(refused("Bearer tokentok"), &none),
            refused("(it quotes the token)")
        );
    }
}
