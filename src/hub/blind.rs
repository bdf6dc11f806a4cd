//! Notices a source that has gone blind: no fresh data for as long as the config allows.
//!
//! The age of a source's data is a sample like any other, of the metric `hub.source.data_age` and
//! the source itself as its entity. It goes through the same rules, alerts and notices as a queue's
//! samples.
//!
//! The log says whose trouble it is: the platform's own, of the way to it, or of our own link,
//! which is down when nothing has answered for as long and more than this source was asked.
//!
//! # Promises
//! - `whose_trouble_it_is_is_said_once`
//! - `a_source_without_data_is_a_sample_of_its_own`
//! - `a_source_that_answers_costs_no_wake_up_of_its_own`

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use crate::event::Ticket;
use crate::hub::{Hub, own};
use crate::model::answer::Answer;
use crate::model::config::{Config, SourceConfig};
use crate::model::http::{LinkFault, Reply};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::rule::Rule;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::poll::{Freshness, Poll, Whose};

/// While a source is blind its age is looked at this often, for cooldown and escalation.
const LOOK_EVERY: Span = Span::secs(60);

/// How long a source has gone without fresh data.
#[derive(Debug)]
pub(super) struct Blind {
    source: EntityId,
    /// The last fresh data, or the start.
    since: Tick,
    next_look: Tick,
    /// How long a source may be silent: as the config says, and never less than two of its own
    /// intervals.
    patience: Span,
    told: Told,
}

/// Since when nobody has answered anything.
#[derive(Debug)]
pub(super) struct Silence {
    since: Tick,
    /// Who was asked in vain since.
    peers: BTreeSet<Peer>,
}

/// Somebody at the other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Platform(usize),
    Targets,
    Cmdb,
    DeadMan,
}

impl Silence {
    /// It begins with the hub.
    pub(super) const fn new(now: Now) -> Self {
        Self { since: now.tick, peers: BTreeSet::new() }
    }

    /// A request has its outcome.
    pub(super) fn hear(&mut self, ticket: Ticket, outcome: &Result<Reply, LinkFault>, now: Now) {
        let peer = match ticket {
            Ticket::Token(source) | Ticket::Data(source, _) | Ticket::Webhook(source) => {
                Peer::Platform(source)
            }
            Ticket::Notice(_) => Peer::Targets,
            Ticket::Context(_) => Peer::Cmdb,
            Ticket::CheckIn => Peer::DeadMan,
        };
        if outcome.is_ok() {
            *self = Self::new(now);
        } else {
            self.peers.insert(peer);
        }
    }
}

/// What the evaluation was last told. An alert from before a restart waits for the first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Blind,
    Seeing,
}

impl Blind {
    /// A source that is asked every `interval`, and has until `blind_after` for its first answer.
    pub(super) fn new(
        source: &SourceConfig,
        interval: Span,
        config: &Config,
        now: Now,
    ) -> Option<Self> {
        let source = EntityId::new(source.name.as_str()).ok()?;
        let patience = config.hub.blind_after.max(interval.percent(200));
        // What is never asked, since it only pushes, is not blind for want of answers.
        let next_look = if interval == Span::ZERO { Tick(i64::MAX) } else { now.tick + patience };
        Some(Self { source, since: now.tick, next_look, patience, told: Told::Nothing })
    }

    /// The source answered; the sample that says so, where that is news.
    pub(super) fn saw(&mut self, now: Now) -> Option<Answer> {
        let was = self.told;
        self.told = Told::Seeing;
        self.since = now.tick;
        self.next_look = now.tick + self.patience;
        (was != Told::Seeing).then(|| self.sample(Span::ZERO, now))
    }

    /// Looks, if it is time to; the sample of a source that is blind, and at first the words for
    /// it.
    pub(super) fn look(
        &mut self,
        freshness: &Freshness,
        silence: &Silence,
        now: Now,
    ) -> Option<(Answer, Option<String>)> {
        if now.tick < self.next_look {
            return None;
        }
        self.next_look = now.tick + LOOK_EVERY;
        let age = now.tick - self.since;
        let is_news = core::mem::replace(&mut self.told, Told::Blind) != Told::Blind;
        let words = is_news.then(|| {
            let cause = self.cause(freshness, silence, now);
            format!("{}: no data for {age}: {cause}", self.source.as_str())
        });
        Some((self.sample(age, now), words))
    }

    /// When it wants to look.
    pub(super) const fn next_wake(&self) -> Wake {
        Wake { at: self.next_look, why: "source without data" }
    }

    /// How old the newest fresh data is.
    pub(super) fn age(&self, now: Now) -> Span {
        now.tick - self.since
    }

    fn cause(&self, freshness: &Freshness, silence: &Silence, now: Now) -> &'static str {
        let Freshness::Stale { why, .. } = freshness else { return "it stalls" };
        match why.whose() {
            Whose::PlatformSaysSo => "the platform says that it cannot answer",
            Whose::Unreachable if now.tick - silence.since < self.patience => {
                "the platform cannot be reached, while others can"
            }
            Whose::Unreachable if silence.peers.len() > 1 => {
                "nothing can be reached: our own link is down"
            }
            Whose::Unreachable => "the platform cannot be reached",
            Whose::Unusable => "the platform's answers cannot be used",
            Whose::Ours => "the platform refuses us, or something of ours is missing",
        }
    }

    fn sample(&self, age: Span, now: Now) -> Answer {
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "whole seconds of an uptime fit a f64 exactly"
        )]
        let seconds = age.whole_secs() as f64;
        own::sample(&self.source, Metric::DATA_AGE, seconds, now)
    }
}

impl Hub {
    /// Each source that has gone blind is a sample of its own.
    pub(super) fn look_for_blind(&mut self, now: Now) {
        for source in 0..self.blinds.len() {
            let (poll, blind) = (self.polls.get(source), self.blinds.get_mut(source));
            let (Some(poll), Some(blind)) = (poll, blind) else { continue };
            let seen = blind.look(&poll.health().freshness, &self.silence, now);
            let Some((sample, words)) = seen else { continue };
            self.observe(source, &sample, now);
            if let Some(words) = words {
                self.say(log::Level::Error, words);
            }
        }
    }

    /// A source that answers one of its requests and not another is as blind as to none.
    pub(super) fn saw(&mut self, source: usize, now: Now) {
        let is_fresh = self.polls.get(source).is_some_and(Poll::is_fresh);
        let blind = self.blinds.get_mut(source).filter(|_| is_fresh);
        if let Some(sample) = blind.and_then(|blind| blind.saw(now)) {
            self.observe(source, &sample, now);
        }
    }
}

/// The rule that makes the age of a source's data trouble.
pub(super) fn rule(source: &SourceConfig, config: &Config) -> Option<Rule> {
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "the config allows a day at most"
    )]
    let static_value = config.hub.blind_after.whole_secs() as f64;
    own::rule(source, config, "[hub] blind_after_seconds", Metric::DATA_AGE, static_value)
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::string::ToString;

    use super::*;
    use crate::hub::fixtures::{at, loaded};
    use crate::model::answer::Reading;
    use crate::platform::VendorFault;
    use crate::poll::Why;

    fn blind() -> Blind {
        let config = loaded().config;
        Blind::new(&config.sources[0], Span::secs(10), &config, at(0)).unwrap()
    }

    fn look(blind: &mut Blind, now: Now) -> Option<Answer> {
        blind.look(&Freshness::Fresh, &Silence::new(now), now).map(|(sample, _)| sample)
    }

    fn age(answer: Option<Answer>) -> Option<Reading> {
        answer.map(|answer| answer.readings[0])
    }

    #[test]
    fn a_source_without_data_is_a_sample_of_its_own() {
        let mut blind = blind();
        assert_eq!(age(look(&mut blind, at(119))), None);
        assert_eq!(age(look(&mut blind, at(120))), Some(Reading::Value(120.0)));
        assert_eq!(age(look(&mut blind, at(179))), None);
        assert_eq!(age(look(&mut blind, at(180))), Some(Reading::Value(180.0)));
        assert_eq!(age(blind.saw(at(190))), Some(Reading::Value(0.0)));
        assert_eq!(age(look(&mut blind, at(300))), None);
    }

    #[test]
    fn a_report_of_every_five_minutes_is_not_blind_between_two() {
        let config = loaded().config;
        let slow = Span::secs(300);
        let mut blind = Blind::new(&config.sources[0], slow, &config, at(0)).unwrap();
        assert_eq!(age(blind.saw(at(5))), Some(Reading::Value(0.0)));
        assert_eq!(age(look(&mut blind, at(604))), None);
        assert_eq!(age(look(&mut blind, at(605))), Some(Reading::Value(600.0)));
    }

    #[test]
    fn a_source_that_answers_costs_no_wake_up_of_its_own() {
        let mut blind = blind();
        // The first answer is news: an alert from before a restart waits for it.
        assert_eq!(age(blind.saw(at(5))), Some(Reading::Value(0.0)));
        for second in (15..600).step_by(10) {
            assert_eq!(age(blind.saw(at(second))), None);
            assert_eq!(blind.next_wake().at, at(second + 120).tick);
        }
    }

    #[test]
    fn whose_trouble_it_is_is_said_once() {
        let gone = || Why::Link(LinkFault::Timeout);
        let said = |why: Why, silent_since: i64, in_vain: &[Ticket]| {
            let freshness = Freshness::Stale { since: at(0).stamp(), why };
            let mut silence = Silence::new(at(silent_since));
            for ticket in in_vain {
                silence.hear(*ticket, &Err(LinkFault::Timeout), at(silent_since));
            }
            let mut blind = blind();
            let (_, words) = blind.look(&freshness, &silence, at(120)).unwrap();
            assert_eq!(blind.look(&freshness, &silence, at(180)).unwrap().1, None);
            words.unwrap().rsplit_once(": no data for 2 min: ").unwrap().1.to_string()
        };
        let refused =
            |status| Why::Vendor(VendorFault::Refused { status, excerpt: Box::default() });
        let (here, there) = (Ticket::Data(0, 0), Ticket::Notice(1));
        assert_eq!(said(refused(503), 119, &[]), "the platform says that it cannot answer");
        let wanted = "the platform cannot be reached, while others can";
        assert_eq!(said(gone(), 1, &[here, there]), wanted);
        let wanted = "nothing can be reached: our own link is down";
        assert_eq!(said(gone(), 0, &[here, there]), wanted);
        assert_eq!(said(gone(), 0, &[here, here]), "the platform cannot be reached");
        let no_token = Why::NoToken(Some(Box::new(refused(401))));
        let wanted = "the platform refuses us, or something of ours is missing";
        assert_eq!(said(no_token, 1, &[]), wanted);
        assert_eq!(said(Why::Overlap, 1, &[]), "the platform's answers cannot be used");
        let mut silence = Silence::new(at(0));
        silence.hear(here, &Err(LinkFault::Timeout), at(5));
        silence.hear(there, &Ok(Reply::empty(500)), at(9));
        assert_eq!((silence.since, silence.peers.len()), (at(9).tick, 0));
    }
}
