//! What is pushed: proved, known again, read, remembered, and only then answered.
//!
//! A delivery's numbers are samples like those of an answer and go through the same rules, so that
//! what is polled and what is pushed of one queue is one alert. A sender that judges by itself says
//! so as `event.severity`: critical and high are P1, medium is P2, low is P3.
//!
//! # Promises
//! - `what_a_sender_calls_critical_is_p1_unless_the_file_says_otherwise`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::effect::Effect;
use crate::event::{Asker, Needs};
use crate::hub::{Hub, LedgerHealth, own};
use crate::ingest::Seen;
use crate::limits::{INGEST_RETRY_AFTER, SAMPLE_AGE_MAX, TROUBLE_SAID_EVERY};
use crate::model::config::{Config, Parameter, SourceConfig, WEBHOOK_SECRETS};
use crate::model::delivery::Delivery;
use crate::model::http::Reply;
use crate::model::metric::Metric;
use crate::model::rule::{Priority, Rule, Scope};
use crate::model::secret::Secret;
use crate::model::time::{Now, Tick};
use crate::platform::Proven;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Taken,
    Duplicate,
    /// Every one of its events is older than what is known.
    Late,
    Refused,
    /// It is kept for people.
    NotUnderstood,
    /// It comes again: we could not take it.
    Later,
}

/// What became of all deliveries, and what was last said of each source's.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    pub(super) counts: BTreeMap<(usize, Outcome), u64>,
    said: BTreeMap<usize, Tick>,
}

impl Outcome {
    /// Every outcome.
    pub(super) const ALL: [Self; 6] =
        [Self::Taken, Self::Duplicate, Self::Late, Self::Refused, Self::NotUnderstood, Self::Later];

    /// As the metrics call it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::NotUnderstood => "not_understood",
            Self::Later => "later",
        }
    }
}

impl Hub {
    /// Takes a delivery, or says why not. A sender that hears yes forgets what it sent, so yes is
    /// said when the turn is on disk.
    pub(super) fn pushed(&mut self, asker: Asker, path: &str, delivery: &Delivery, now: Now) {
        let name = path.split('?').next().and_then(|path| path.strip_prefix("/ingest/"));
        let is_it = |source: &SourceConfig| Some(source.name.as_str()) == name;
        let source = self.config.sources.iter().position(is_it);
        let takes = source.filter(|source| self.takes_webhooks(*source));
        let reply = match takes {
            None => Reply::empty(404),
            Some(_) if &*delivery.method != "POST" => {
                Reply::empty(405).with_header("allow", "POST")
            }
            Some(source) => {
                let (outcome, reply) = self.take(source, delivery, self.as_told(now));
                self.count_push(source, outcome);
                reply
            }
        };
        let needs = if reply.status == 200 { Needs::Ledger } else { Needs::Nothing };
        self.effects.push_back(Effect::Respond { asker, reply, needs });
    }

    pub(super) fn count_push(&mut self, source: usize, outcome: Outcome) {
        let count = self.pushes.counts.entry((source, outcome)).or_default();
        *count = count.saturating_add(1);
    }

    /// Whether a source's platform pushes, and its file has a secret to prove it by.
    pub(super) fn takes_webhooks(&self, source: usize) -> bool {
        let webhook = self.definitions.get(source).and_then(|definition| definition.webhook());
        let config = self.config.sources.get(source);
        let has_secret = |config: &SourceConfig| {
            WEBHOOK_SECRETS.iter().any(|name| config.parameters.contains_key(*name))
        };
        webhook.is_some() && config.is_some_and(has_secret)
    }

    fn take(&mut self, source: usize, delivery: &Delivery, now: Now) -> (Outcome, Reply) {
        let definition = self.definitions.get(source).cloned();
        let Some(webhook) = definition.as_ref().and_then(|definition| definition.webhook()) else {
            return (Outcome::Refused, Reply::empty(404));
        };
        let later = Reply::empty(503)
            .with_header("retry-after", &format!("{}", INGEST_RETRY_AFTER.whole_secs()));
        let secrets = self.webhook_secrets(source);
        if secrets.is_empty() {
            let why = "a webhook cannot be proved: its secret cannot be read";
            self.complain_of_push(source, log::Level::Error, why, now);
            return (Outcome::Later, later);
        }
        if let Proven::Forged(why) = webhook.prove(delivery, &secrets, now.utc) {
            self.complain_of_push(
                source,
                log::Level::Warn,
                &format!("a webhook is refused: {why}"),
                now,
            );
            return (Outcome::Refused, answer(401, "refused", &format!("{why}")));
        }
        let id = webhook.id(delivery);
        if self.ingest.seen(&id, now.tick) == Seen::Before {
            return (Outcome::Duplicate, answer(200, "duplicate", "it was taken before"));
        }
        if self.ledger != LedgerHealth::Well {
            return (Outcome::Later, later);
        }
        let mut read = match webhook.read(delivery, now.utc) {
            Ok(read) => read,
            Err(why) => return self.keep_unread(source, delivery, id, why, now),
        };
        if read.vendor_time > now.utc + SAMPLE_AGE_MAX {
            // Else its sender's wrong clock would make everything after it late.
            read.vendor_time = now.utc;
        }
        let (newest, late) = self.ingest.leave_the_newest(source, read);
        self.ingest.take(id, now.tick);
        if newest.rows.is_empty() {
            let said = format!("a webhook came late: {late} events are older than what is known");
            self.complain_of_push(source, log::Level::Info, &said, now);
            return (Outcome::Late, answer(200, "late", "something newer is known"));
        }
        self.observe(source, &newest, now);
        (Outcome::Taken, answer(200, "accepted", ""))
    }

    fn webhook_secrets(&self, source: usize) -> Vec<&Secret> {
        let Some(source) = self.config.sources.get(source) else { return Vec::new() };
        let reference = |name: &&str| match source.parameters.get(*name) {
            Some(Parameter::Secret(reference)) => self.secrets.get(reference),
            Some(_) | None => None,
        };
        WEBHOOK_SECRETS.iter().filter_map(reference).collect()
    }

    /// Says trouble with a source's webhooks, unless some was said a short while ago: anybody can
    /// send forged ones.
    pub(super) fn complain_of_push(
        &mut self,
        source: usize,
        level: log::Level,
        text: &str,
        now: Now,
    ) {
        let is_due = |said: &Tick| now.tick - *said >= TROUBLE_SAID_EVERY;
        if self.pushes.said.get(&source).is_none_or(is_due) {
            self.pushes.said.insert(source, now.tick);
            let name = self.config.sources.get(source).map_or("", |known| known.name.as_str());
            let text = format!("{name}: {text}");
            self.say(level, text);
        }
    }
}

pub(super) fn answer(status: u16, what: &str, why: &str) -> Reply {
    let mut body = String::from(what);
    if !why.is_empty() {
        body.push_str(": ");
        body.push_str(why);
    }
    body.push('\n');
    Reply::new(status, "text/plain; charset=utf-8", body)
}

/// The rules for what senders call severe by themselves, where the file has none of its own.
pub(super) fn rules(source: &SourceConfig, config: &Config, own_rules: &[Rule]) -> Vec<Rule> {
    let is_of_it =
        |rule: &Rule| rule.source == source.name && rule.metric == Metric::EVENT_SEVERITY;
    if own_rules.iter().any(is_of_it) {
        return Vec::new();
    }
    let levels = [(Priority::P1, 3.0), (Priority::P2, 2.0), (Priority::P3, 1.0)];
    let rule = |(priority, least): (Priority, f64)| {
        let origin = format!("the sender's own severity: {priority}");
        let rule = own::rule(source, config, &origin, Metric::EVENT_SEVERITY, least)?;
        Some(Rule { scope: Scope::All, priority, margin_percent: 0.0, ..rule })
    };
    levels.into_iter().filter_map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::loaded;

    #[test]
    fn what_a_sender_calls_critical_is_p1_unless_the_file_says_otherwise() {
        let config = loaded().config;
        let source = &config.sources[0];
        let made = rules(source, &config, &[]);
        let urgent = |severity: f64| {
            let holds = made.iter().filter(|rule| severity >= rule.static_value);
            holds.map(|rule| rule.priority).min()
        };
        let wanted = [None, Some(Priority::P3), Some(Priority::P2), Some(Priority::P1)];
        assert_eq!([0.0, 1.0, 2.0, 3.0].map(urgent), wanted);
        assert_eq!(urgent(4.0), Some(Priority::P1));
        assert!(rules(source, &config, &made[..1]).is_empty());
    }
}
