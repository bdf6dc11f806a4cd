//! The tokens of targets that let us in as a client of OAuth 2.0: one for all that goes to a
//! target, asked for when something waits for it.
//!
//! A login that fails is a failure of the target: its breaker, its backoff and the notice's
//! deadline are those of any other.
//!
//! # Promises
//! - `a_token_is_asked_for_once_and_used_until_shortly_before_its_end`
//! - `a_refused_token_is_replaced_once_and_then_with_patience`
//! - `the_refusal_of_an_older_token_says_nothing_of_the_newest`
//!
//! # Not here
//! The token itself: it lies with the other secrets, in memory.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;

use crate::dispatch::Dispatch;
use crate::dispatch::outbox::Outcome;
use crate::limits::TARGET_TOKEN_MARGIN;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::name::TargetName;
use crate::model::secret::Secrets;
use crate::model::target::TargetConfig;
use crate::model::time::{Now, Span, Tick};
use crate::target::{self, TargetFault, TokenWord};

/// The logins at targets, by their places in the config; of those alone that want one.
#[derive(Debug, Default)]
pub(super) struct Logins(BTreeMap<usize, Login>);

#[derive(Debug, Default)]
struct Login {
    asking: Asking,
    held: Held,
    /// The notice that waits for it.
    waits: Option<u64>,
    /// Which token the newest request about a notice shows, and the newest reading: the first is 1.
    shown_by_notice: u64,
    shown_by_reading: u64,
    granted: u64,
    failed: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Asking {
    #[default]
    Idle,
    UnderWay,
}

/// The token of a target, which is used before this moment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Held {
    #[default]
    Nothing,
    /// The target has not let us in by it yet.
    New(Tick),
    Proven(Tick),
}

/// What a token is wanted for. Each kind has at most one request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Notice(u64),
    Reading,
}

/// Whether a target can be asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Open,
    /// First this is asked for.
    Ask(Request),
    /// It is asked for already.
    Waits,
}

/// What a refused token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The same request with another token.
    AtOnce,
    /// Nothing more than any other answer.
    No,
}

impl Logins {
    /// Whether a target can be asked at this moment.
    pub(super) fn enter(
        &mut self,
        place: usize,
        target: &TargetConfig,
        wanted: For,
        secrets: &Secrets,
        now: Tick,
    ) -> Result<Entry, TargetFault> {
        let Some(client) = target.kind.client() else { return Ok(Entry::Open) };
        let login = self.0.entry(place).or_default();
        let notice = match wanted {
            For::Notice(number) => Some(number),
            For::Reading => None,
        };
        match (login.held, login.asking) {
            (Held::New(until) | Held::Proven(until), _) if now < until => {
                *login.shown(wanted) = login.granted;
                return Ok(Entry::Open);
            }
            (_, Asking::UnderWay) => {
                login.waits = notice.or(login.waits);
                return Ok(Entry::Waits);
            }
            (_, Asking::Idle) => {}
        }
        let request = target::log_in(target, client, secrets)?;
        (login.asking, login.waits) = (Asking::UnderWay, notice);
        Ok(Entry::Ask(request))
    }

    /// A login has its answer: a token that lives for so long, or none. Which notice waits for it.
    fn answered(&mut self, place: usize, life: Option<Span>, now: Tick) -> Option<u64> {
        let login = self.0.get_mut(&place)?;
        login.asking = Asking::Idle;
        match life {
            Some(life) => {
                let margin = TARGET_TOKEN_MARGIN.min(life.percent(50));
                login.held = Held::New(now + (life - margin));
                login.granted = login.granted.saturating_add(1);
            }
            None => login.failed = login.failed.saturating_add(1),
        }
        login.waits.take()
    }

    /// What a target's answer does to its token. One that has never let us in is not worth another
    /// try at once: the next would be no better.
    pub(super) fn hear(
        &mut self,
        place: usize,
        wanted: For,
        outcome: &Result<Reply, LinkFault>,
    ) -> Again {
        let Some(login) = self.0.get_mut(&place) else { return Again::No };
        let is_newest = *login.shown(wanted) == login.granted;
        match (target::token_word(outcome), login.held) {
            (TokenWord::Good, Held::New(until)) if is_newest => login.held = Held::Proven(until),
            // What was under way beside it has heard so before, and another token is on its way.
            (TokenWord::Refused, Held::Nothing) => return Again::AtOnce,
            (TokenWord::Refused, _) if !is_newest => return Again::AtOnce,
            (TokenWord::Refused, held) => {
                login.held = Held::Nothing;
                if let Held::Proven(_) = held {
                    return Again::AtOnce;
                }
            }
            (TokenWord::Good | TokenWord::Nothing, _) => {}
        }
        Again::No
    }
}

impl Login {
    const fn shown(&mut self, wanted: For) -> &mut u64 {
        match wanted {
            For::Notice(_) => &mut self.shown_by_notice,
            For::Reading => &mut self.shown_by_reading,
        }
    }
}

impl Dispatch {
    /// Takes what came of a login at a target, and its token among the secrets.
    pub fn logged_in(
        &mut self,
        place: usize,
        outcome: &Result<Reply, LinkFault>,
        secrets: &mut Secrets,
        now: Now,
    ) {
        let config = Rc::clone(&self.config);
        let Some(target) = config.targets.get(place) else { return };
        let Some(client) = target.kind.client() else { return };
        let granted = target::granted(client, outcome);
        let life = granted.as_ref().ok().map(|granted| granted.life);
        let waits = self.logins.answered(place, life, now.tick);
        match granted {
            Ok(granted) => {
                secrets.put_token(client, granted.token);
                self.read_on(place, now);
                if let Some(number) = waits {
                    self.goes_on(&target.name, number, now);
                }
            }
            Err(none) => {
                self.cannot_read_on(place, &none, now);
                if let Some(number) = waits {
                    self.take(&target.name, number, none.into(), now);
                }
            }
        }
    }

    /// How many tokens each target gave that was asked for one, and how often it gave none.
    pub fn logins(&self) -> impl Iterator<Item = (&TargetName, u64, u64)> {
        let named = |(place, login): (&usize, &Login)| {
            Some((&self.config.targets.get(*place)?.name, login.granted, login.failed))
        };
        self.logins.0.iter().filter_map(named)
    }

    /// The exchange about a notice goes on where it is.
    pub(super) fn goes_on(&mut self, name: &TargetName, number: u64, now: Now) {
        let Some((_, stage)) = self.outbox.under_way(number) else { return };
        let outcome = Outcome::Next(stage.clone());
        self.conclude(name, number, &outcome, "", now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{at, config};
    use crate::model::config::TextOrSecret;
    use crate::model::login::{HttpLogin, OAuthClient};
    use crate::model::secret::{Secret, SecretRef};
    use crate::model::target::{ServiceNowEvents, TargetKind};

    const HALF_AN_HOUR: Span = Span::secs(1_800);

    /// What a target asks before it is told, at this second.
    fn entry(logins: &mut Logins, second: i64) -> Entry {
        entry_for(logins, For::Notice(7), second)
    }

    fn entry_for(logins: &mut Logins, wanted: For, second: i64) -> Entry {
        let client = OAuthClient {
            token_url: "https://login.example/token".into(),
            id: "andon".into(),
            secret: SecretRef::Credential("app".into()),
            scope: None,
        };
        let login = HttpLogin::Client(client);
        let url = TextOrSecret::Text("https://x.example".into());
        let kind = TargetKind::ServiceNowEvents(ServiceNowEvents { url, alerts_url: None, login });
        let target = TargetConfig { kind, ..config().targets.remove(0) };
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::Credential("app".into()), Secret::new("hush"));
        logins.enter(0, &target, wanted, &secrets, at(second).tick).unwrap()
    }

    fn is_asked(logins: &mut Logins, second: i64) {
        let entry = entry(logins, second);
        assert!(matches!(entry, Entry::Ask(_)), "{second}: {entry:?}");
    }

    #[test]
    fn a_token_is_asked_for_once_and_used_until_shortly_before_its_end() {
        let mut logins = Logins::default();
        let plain = &config().targets[0];
        let open = logins.enter(0, plain, For::Reading, &Secrets::default(), at(0).tick);
        assert_eq!((open, logins.0.len()), (Ok(Entry::Open), 0), "most targets want none");
        is_asked(&mut logins, 0);
        assert_eq!(entry(&mut logins, 1), Entry::Waits);
        assert_eq!(logins.answered(0, Some(HALF_AN_HOUR), at(2).tick), Some(7));
        for second in [2, 900, 1_711] {
            assert_eq!(entry(&mut logins, second), Entry::Open, "{second}");
        }
        is_asked(&mut logins, 1_712);
        logins.answered(0, None, at(1_713).tick);
        is_asked(&mut logins, 1_713);
        logins.answered(0, Some(Span::secs(60)), at(2_000).tick);
        assert_eq!(entry(&mut logins, 2_029), Entry::Open);
        is_asked(&mut logins, 2_030);
    }

    #[test]
    fn a_refused_token_is_replaced_once_and_then_with_patience() {
        let mut logins = Logins::default();
        let mut hears = |second, status| {
            let entered = entry(&mut logins, second);
            if let Entry::Ask(_) = entered {
                logins.answered(0, Some(HALF_AN_HOUR), at(second).tick);
                assert_eq!(entry(&mut logins, second), Entry::Open);
            }
            let again = logins.hear(0, For::Notice(7), &Ok(Reply::empty(status)));
            (again, matches!(entered, Entry::Ask(_)))
        };
        assert_eq!(hears(0, 401), (Again::No, true), "the next would be no better");
        assert_eq!(hears(1, 503), (Again::No, true), "but it is another");
        assert_eq!(hears(2, 200), (Again::No, false));
        assert_eq!(hears(3, 401), (Again::AtOnce, false));
        assert_eq!(hears(3, 401), (Again::No, true));
        assert_eq!(hears(4, 200), (Again::No, true));
        let of_another = logins.hear(1, For::Reading, &Ok(Reply::empty(401)));
        assert_eq!(of_another, Again::No, "it wants no token");
    }

    #[test]
    fn the_refusal_of_an_older_token_says_nothing_of_the_newest() {
        let mut logins = Logins::default();
        let refused = |logins: &mut Logins, wanted| logins.hear(0, wanted, &Ok(Reply::empty(401)));
        for comes_between in [false, true] {
            is_asked(&mut logins, 0);
            logins.answered(0, Some(HALF_AN_HOUR), at(0).tick);
            assert_eq!(entry_for(&mut logins, For::Reading, 0), Entry::Open);
            assert_eq!(entry(&mut logins, 0), Entry::Open);
            logins.hear(0, For::Notice(7), &Ok(Reply::empty(200)));
            assert_eq!(entry(&mut logins, 1), Entry::Open);
            assert_eq!(refused(&mut logins, For::Notice(7)), Again::AtOnce);
            is_asked(&mut logins, 1);
            if comes_between {
                logins.answered(0, Some(HALF_AN_HOUR), at(1).tick);
            }
            assert_eq!(refused(&mut logins, For::Reading), Again::AtOnce);
            let after = entry_for(&mut logins, For::Reading, 1);
            assert_eq!(after, if comes_between { Entry::Open } else { Entry::Waits });
            logins = Logins::default();
        }
    }
}
