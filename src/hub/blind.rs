//! Notices a source that has gone blind: no fresh data for as long as the config allows.
//!
//! The age of a source's data is a sample like any other, of the metric `hub.source.data_age` and
//! the source itself as its entity. It goes through the same rules, alerts and notices as a queue's
//! samples.
//!
//! Log, alert and metrics say whose trouble it is: the platform's own, of the way to it, or ours.
//!
//! # Promises
//! - `whose_trouble_it_is_is_said_once`
//! - `a_source_without_data_is_a_sample_of_its_own`
//! - `a_source_that_answers_costs_no_wake_up_of_its_own`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::hub::link::State;
use crate::hub::{Hub, own, vitals};
use crate::model::answer::Answer;
use crate::model::config::{Config, SourceConfig};
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::Rule;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::poll::{Poll, Verdict, Whose};

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
    pub(super) fn look(&mut self, verdict: Verdict, now: Now) -> Option<(Answer, Option<String>)> {
        if now.tick < self.next_look {
            return None;
        }
        self.next_look = now.tick + LOOK_EVERY;
        let age = now.tick - self.since;
        let is_news = core::mem::replace(&mut self.told, Told::Blind) != Told::Blind;
        let words = is_news
            .then(|| format!("{}: no data for {age}: {}", self.source.as_str(), verdict.words()));
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
            let verdict = self.verdict(source);
            let blind = self.blinds.get_mut(source);
            let seen = blind.and_then(|blind| blind.look(verdict, now));
            let Some((sample, words)) = seen else { continue };
            self.observe(source, &sample, now);
            if let Some(words) = words {
                self.say(log::Level::Error, words);
            }
        }
    }

    /// What is wrong between us and a source's platform, if anything.
    pub(super) fn verdict(&self, source: usize) -> Verdict {
        let own = self.polls.get(source).map(|poll| poll.health().freshness.verdict());
        let own = own.unwrap_or(Verdict::Waiting);
        if own.whose() == Whose::Ways && self.link.state() == State::Down {
            return Verdict::OurLink;
        }
        own
    }

    /// What the age of a source's data does not say: why there is none.
    pub(super) fn blind_detail(&self, source: &SourceName) -> Option<String> {
        let place = self.config.sources.iter().position(|known| known.name == *source)?;
        let verdict = self.verdict(place);
        (verdict != Verdict::Well).then(|| verdict.words().into())
    }

    /// A source that answers one of its requests and not another is as blind as to none.
    pub(super) fn saw(&mut self, source: usize, now: Now) {
        let is_fresh = self.polls.get(source).is_some_and(Poll::is_fresh);
        if let Some(known) = self.config.sources.get(source).filter(|_| is_fresh) {
            self.evaluate.sees(&known.name, now);
        }
        let blind = self.blinds.get_mut(source).filter(|_| is_fresh);
        if let Some(sample) = blind.and_then(|blind| blind.saw(now)) {
            self.observe(source, &sample, now);
        }
    }
}

/// What is wrong between us and each platform, and whether the way out is closed for all.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    let verdicts = (0..).zip(&hub.config.sources).map(|(place, source)| {
        let verdict = hub.verdict(place);
        let labels = [
            ("source", source.name.to_string()),
            ("verdict", verdict.as_str().into()),
            ("whose", verdict.whose().as_str().into()),
        ];
        (labels.into(), 1.0)
    });
    let down = f64::from(u8::from(hub.link.state() == State::Down));
    let verdicts = vitals::family(
        "andon_source_verdict",
        "What is wrong between us and the platform, and whose trouble that is.",
        FamilyKind::Gauge,
        verdicts.collect(),
    );
    Vec::from([verdicts, vitals::gauge("andon_link_down", "Whether our own link is down.", down)])
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
    use super::*;
    use crate::hub::fixtures::{at, loaded};
    use crate::model::answer::Reading;

    fn blind() -> Blind {
        let config = loaded().config;
        Blind::new(&config.sources[0], Span::secs(10), &config, at(0)).unwrap()
    }

    fn look(blind: &mut Blind, now: Now) -> Option<Answer> {
        blind.look(Verdict::Waiting, now).map(|(sample, _)| sample)
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
        let mut blind = blind();
        let (_, words) = blind.look(Verdict::Dns, at(120)).unwrap();
        let wanted = "cxone: no data for 2 min: the platform's name has no address (DNS)";
        assert_eq!(words.as_deref(), Some(wanted));
        assert_eq!(blind.look(Verdict::Dns, at(180)).unwrap().1, None);
    }
}
