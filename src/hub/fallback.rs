//! Polls faster while a source's webhooks are silent beyond their rhythm, and says so.
//!
//! The silence is a sample like any other, of the metric `hub.source.webhook_silence` and the
//! source itself as its entity. Only sources are watched whose webhooks are proved by a secret and
//! which are polled, too: of one that only pushes nothing tells a silence from a quiet night.
//!
//! # Promises
//! - `an_answer_that_differs_from_the_last_of_its_kind_is_activity`
//! - `a_silence_is_a_sample_now_and_then_and_so_is_its_end`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;

use crate::hub::{Hub, own};
use crate::ingest::{Activity, Listening, Turn};
use crate::ledger::{Remembered, Write};
use crate::limits::{RHYTHM_WRITTEN_EVERY, SILENCE_MIN, SILENCE_SAID_EVERY};
use crate::model::answer::{Answer, Reading};
use crate::model::config::{Config, SourceConfig, WEBHOOK_SECRETS};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::rule::{Priority, Rule};
use crate::model::time::{Now, Span, Tick};
use crate::platform::Definition;
use crate::poll::Hearing;

/// The webhooks of one source, as far as their silence can be told.
#[derive(Debug)]
pub(super) struct Fallback {
    source: EntityId,
    listening: Listening,
    /// By the metrics of an answer: what the last one of its kind was, in short.
    answers: BTreeMap<Box<[Metric]>, u64>,
    /// When the evaluation is told of a silence again; nothing while it knows of none. It is told
    /// at the first delivery that there is none: an alert from before a restart waits for that.
    tell_at: Option<Tick>,
    write_at: Tick,
}

/// Of each source where it can be told, by its place.
pub(super) fn of(
    sources: &[SourceConfig],
    definitions: &[Rc<Definition>],
    remembered: &Remembered,
    now: Now,
) -> BTreeMap<usize, Fallback> {
    let pairs = (0..).zip(sources.iter().zip(definitions));
    let fallback = |(index, (source, definition)): (_, (&SourceConfig, &Rc<Definition>))| {
        Some((index, Fallback::new(source, definition, remembered, now)?))
    };
    pairs.filter_map(fallback).collect()
}

impl Fallback {
    /// Of a source that is polled and takes webhooks.
    pub(super) fn new(
        source: &SourceConfig,
        definition: &Definition,
        remembered: &Remembered,
        now: Now,
    ) -> Option<Self> {
        if watch(source, definition) == Watch::No {
            return None;
        }
        let rhythm = remembered.rhythms.get(source.name.as_str()).copied().unwrap_or_default();
        Some(Self {
            source: EntityId::new(source.name.as_str()).ok()?,
            listening: Listening::new(rhythm, now.tick),
            answers: BTreeMap::new(),
            tell_at: Some(now.tick),
            write_at: now.tick + RHYTHM_WRITTEN_EVERY,
        })
    }

    /// For how long nothing has come, where that is a silence.
    pub(super) fn silence(&self, now: Now) -> Option<Span> {
        self.listening.silence(now.tick)
    }

    /// A delivery has come; the sample that says so, where that is news.
    fn hear(&mut self, now: Now) -> (Turn, Option<Answer>) {
        let turn = self.listening.hear(now.tick);
        let is_news = self.tell_at.take().is_some();
        (turn, is_news.then(|| self.sample(Span::ZERO, now)))
    }

    /// A poll was answered; the sample of a silence, where it is time for one.
    fn look(&mut self, answer: &Answer, now: Now) -> (Turn, Option<Answer>) {
        let activity = self.activity(answer);
        let turn = self.listening.look(activity, now.tick);
        let Some(silence) = self.silence(now) else { return (turn, None) };
        if turn != Turn::Silent && self.tell_at.is_some_and(|at| now.tick < at) {
            return (turn, None);
        }
        self.tell_at = Some(now.tick + SILENCE_SAID_EVERY);
        (turn, Some(self.sample(silence, now)))
    }

    /// Whether something has happened since the last answer of this kind.
    fn activity(&mut self, answer: &Answer) -> Activity {
        let digest = digest(answer);
        let metrics: Box<[Metric]> = answer.metrics.iter().copied().collect();
        match self.answers.insert(metrics, digest) {
            Some(last) if last != digest => Activity::Some,
            Some(_) | None => Activity::None,
        }
    }

    fn sample(&self, silence: Span, now: Now) -> Answer {
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "whole seconds of an uptime fit a f64 exactly"
        )]
        let seconds = silence.whole_secs() as f64;
        own::sample(&self.source, Metric::WEBHOOK_SILENCE, seconds, now)
    }
}

impl Hub {
    /// A genuine delivery has come to a source.
    pub(super) fn hear_webhook(&mut self, source: usize, now: Now) {
        let Some(fallback) = self.fallbacks.get_mut(&source) else { return };
        let (turn, sample) = fallback.hear(now);
        let rhythm = fallback.listening.rhythm();
        let is_due = now.tick >= fallback.write_at;
        if is_due {
            fallback.write_at = now.tick + RHYTHM_WRITTEN_EVERY;
        }
        if let (true, Some(config)) = (is_due, self.config.sources.get(source)) {
            self.writes.push_back(Write::rhythm(&config.name, &rhythm));
        }
        if let Turn::Heard(silence) = turn {
            let text = format!("webhooks come again after {silence}; it is polled as usual");
            self.say_of(source, log::Level::Info, &text);
            self.poll_as(source, Hearing::AsUsual, now);
        }
        if let Some(sample) = sample {
            self.observe(source, &sample, now);
        }
    }

    /// A source was polled, and this was the answer.
    pub(super) fn look_for_silence(&mut self, source: usize, answer: &Answer, now: Now) {
        let Some(fallback) = self.fallbacks.get_mut(&source) else { return };
        let (turn, sample) = fallback.look(answer, now);
        let usual = fallback.listening.rhythm().usual;
        let silence = fallback.silence(now).unwrap_or_default();
        if turn == Turn::Silent {
            let text = format!(
                "no webhook for {silence}, where {usual} is the longest usual gap, and polls show \
                 that things happen: it is polled faster. See that the platform reaches \
                 [hub] ingest_listen and has the webhook: `andon register NAME --list`"
            );
            self.say_of(source, log::Level::Warn, &text);
            self.poll_as(source, Hearing::Silence, now);
        }
        if let Some(sample) = sample {
            self.observe(source, &sample, now);
        }
    }

    fn poll_as(&mut self, source: usize, hearing: Hearing, now: Now) {
        if let Some(poll) = self.polls.get_mut(source) {
            poll.hear_webhooks(hearing, &self.secrets, now);
        }
    }

    fn say_of(&mut self, source: usize, level: log::Level, text: &str) {
        let name = self.config.sources.get(source).map_or("", |known| known.name.as_str());
        let text = format!("{name}: {}", text.replace("NAME", name));
        self.say(level, text);
    }
}

/// Whether a source's silence can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watch {
    Yes,
    No,
}

fn watch(source: &SourceConfig, definition: &Definition) -> Watch {
    let has_secret = WEBHOOK_SECRETS.iter().any(|name| source.parameters.contains_key(*name));
    let is_polled = definition.requests() > 0;
    match has_secret && is_polled && definition.webhook().is_some() {
        true => Watch::Yes,
        false => Watch::No,
    }
}

/// The rule that makes a silence trouble.
pub(super) fn rule(
    source: &SourceConfig,
    definition: &Definition,
    config: &Config,
) -> Option<Rule> {
    if watch(source, definition) == Watch::No {
        return None;
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a few hundred seconds fit a f64 exactly"
    )]
    let least = SILENCE_MIN.whole_secs() as f64;
    let origin = "the hub's own: webhooks that fall silent";
    let rule = own::rule(source, config, origin, Metric::WEBHOOK_SILENCE, least)?;
    Some(Rule { priority: Priority::P3, ..rule })
}

/// FNV-1a over what an answer says of whom, whatever the time. Two that differ and look alike once
/// in a long while make no silence of anything.
fn digest(answer: &Answer) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for row in &answer.rows {
        take(row.entity.as_str().as_bytes());
        take(b"\n");
    }
    for reading in &answer.readings {
        match reading {
            Reading::Value(value) => take(&value.to_bits().to_be_bytes()),
            Reading::Null => take(b"null"),
            Reading::Absent => take(b"none"),
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    use crate::hub::fixtures::{at, loaded};
    use crate::ledger::Rhythm;
    use crate::limits::RHYTHM_DELIVERIES_MIN;
    use crate::model::answer::Row;
    use crate::model::config::Parameter;
    use crate::model::secret::SecretRef;

    fn source() -> (SourceConfig, Rc<Definition>) {
        let loaded = loaded();
        let mut source = loaded.config.sources[0].clone();
        let secret = Parameter::Secret(SecretRef::Credential("webhook".into()));
        source.parameters.insert(WEBHOOK_SECRETS[0].into(), secret);
        (source, loaded.definitions[0].clone())
    }

    fn fallback() -> Fallback {
        let (source, definition) = source();
        let rhythm = Rhythm { deliveries: RHYTHM_DELIVERIES_MIN, usual: Span::secs(20) };
        let rhythms = [(source.name.as_str().into(), rhythm)].into();
        let remembered = Remembered { rhythms, ..Remembered::default() };
        Fallback::new(&source, &definition, &remembered, at(0)).unwrap()
    }

    fn waiting(value: f64) -> Answer {
        Answer {
            vendor_time: at(0).utc,
            bucket: None,
            every: None,
            metrics: [Metric::find("calls_waiting").unwrap()].into(),
            rows: Vec::from([Row { entity: EntityId::new("q").unwrap(), name: None }]),
            readings: Vec::from([Reading::Value(value)]),
            rows_refused: 0,
        }
    }

    #[test]
    fn an_answer_that_differs_from_the_last_of_its_kind_is_activity() {
        let mut fallback = fallback();
        let agents = |value| Answer {
            metrics: [Metric::find("agents_available").unwrap()].into(),
            ..waiting(value)
        };
        let mut see = |answer| fallback.activity(&answer);
        assert_eq!(see(waiting(1.0)), Activity::None, "nothing is known of before");
        assert_eq!(see(agents(2.0)), Activity::None);
        assert_eq!(see(waiting(1.0)), Activity::None);
        assert_eq!(see(waiting(2.0)), Activity::Some);
        assert_eq!(see(agents(2.0)), Activity::None);
        assert_eq!(see(Answer { vendor_time: at(9).utc, ..waiting(2.0) }), Activity::None);
        let null = Answer { readings: Vec::from([Reading::Null]), ..waiting(2.0) };
        assert_eq!(see(null), Activity::Some);
    }

    #[test]
    fn a_silence_is_a_sample_now_and_then_and_so_is_its_end() {
        let mut fallback = fallback();
        let value = |answer: Option<Answer>| answer.map(|answer| answer.readings[0]);
        assert_eq!(value(fallback.hear(at(1)).1), Some(Reading::Value(0.0)), "the first word");
        assert_eq!(value(fallback.hear(at(2)).1), None);
        let mut samples = Vec::new();
        let mut number = 0.0;
        for second in (5..500).step_by(10) {
            number += 1.0;
            let (_, sample) = fallback.look(&waiting(number), at(second));
            samples.extend(value(sample));
        }
        let wanted = [313.0, 373.0, 433.0, 493.0].map(Reading::Value);
        assert_eq!(samples, wanted);
        let (turn, sample) = fallback.hear(at(500));
        assert_eq!(
            (turn, value(sample)),
            (Turn::Heard(Span::secs(498)), Some(Reading::Value(0.0)))
        );
    }

    #[test]
    fn only_what_is_proved_and_polled_is_watched() {
        let (source, definition) = source();
        let config = loaded().config;
        let rule = rule(&source, &definition, &config).unwrap();
        assert_eq!((rule.priority, rule.static_value), (Priority::P3, 240.0));
        let unproved = &config.sources[0];
        assert!(super::rule(unproved, &definition, &config).is_none());
        let pushing = crate::platform::built_in();
        let pushing = pushing.iter().find(|definition| definition.name() == "canonical").unwrap();
        assert!(super::rule(&source, pushing, &config).is_none());
    }
}
