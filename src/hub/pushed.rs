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
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::effect::Effect;
use crate::event::{Asker, Needs};
use crate::hub::callbacks::Callbacks;
use crate::hub::vitals::{count, family, gauge, labelled};
use crate::hub::{Hub, LedgerHealth, callbacks, own};
use crate::ingest::{Late, Ordered, Seen};
use crate::limits::{INGEST_RETRY_AFTER, TROUBLE_SAID_EVERY};
use crate::model::alert::{AlertKey, Decision};
use crate::model::answer::Reading;
use crate::model::config::{
    Config, Parameter, SourceConfig, WEBHOOK_CERTIFICATES, WEBHOOK_SECRETS, WEBHOOK_URL,
};
use crate::model::delivery::{Delivery, Pushed};
use crate::model::door::{Door, Refusal};
use crate::model::http::Reply;
use crate::model::metric::Metric;
use crate::model::rule::{Priority, Rule, Scope};
use crate::model::secret::Secret;
use crate::model::time::{Now, Tick};
use crate::platform::{Proven, Trust};

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
    /// It only asked whether we are there.
    Challenge,
}

/// What became of all deliveries, and what was last said of each source's.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    /// As the edge told last; nothing where there is no push door.
    pub(super) door: Option<Door>,
    pub(super) counts: BTreeMap<(usize, Outcome), u64>,
    said: BTreeMap<usize, Tick>,
    /// Of targets.
    pub(super) callbacks: Callbacks,
}

impl Outcome {
    /// Every outcome.
    pub(super) const ALL: [Self; 7] = [
        Self::Taken,
        Self::Duplicate,
        Self::Late,
        Self::Refused,
        Self::NotUnderstood,
        Self::Later,
        Self::Challenge,
    ];

    /// As the metrics call it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::NotUnderstood => "not_understood",
            Self::Later => "later",
            Self::Challenge => "challenge",
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
            None => self.called(name.unwrap_or_default(), delivery, now),
            Some(_) if &*delivery.method != "POST" => {
                Reply::empty(405).with_header("allow", "POST")
            }
            Some(source) => {
                let (outcome, reply) = self.take(source, path, delivery, self.as_told(now));
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

    /// Whether a source's platform pushes, and its file has something to prove it by.
    pub(super) fn takes_webhooks(&self, source: usize) -> bool {
        let webhook = self.definitions.get(source).and_then(|definition| definition.webhook());
        let config = self.config.sources.get(source);
        let has_proof = |config: &SourceConfig| {
            has_secret(config) || config.parameters.contains_key(WEBHOOK_CERTIFICATES)
        };
        webhook.is_some() && config.is_some_and(has_proof)
    }

    fn take(
        &mut self,
        source: usize,
        path: &str,
        delivery: &Delivery,
        now: Now,
    ) -> (Outcome, Reply) {
        let (definition, config) = (self.definitions.get(source).cloned(), Rc::clone(&self.config));
        let webhook = definition.as_ref().and_then(|definition| definition.webhook());
        let (Some(webhook), Some(config)) = (webhook, config.sources.get(source)) else {
            return (Outcome::Refused, Reply::empty(404));
        };
        let secrets = self.webhook_secrets(config);
        let address = address(config, path);
        let certificates = match config.parameters.get(WEBHOOK_CERTIFICATES) {
            Some(Parameter::List(known)) => known.as_slice(),
            Some(_) | None => &[],
        };
        let trust = Trust { secrets: &secrets, address: address.as_deref(), certificates };
        let opened = webhook.open(delivery);
        match webhook.prove(delivery, &trust, now.utc) {
            Proven::Genuine(place) => {
                if let Some(reply) = opened.challenge(secrets.get(place).copied()) {
                    return (Outcome::Challenge, reply);
                }
            }
            Proven::Forged(_) if secrets.is_empty() && has_secret(config) => {
                let why = "a webhook cannot be proved: its secret cannot be read";
                self.complain_of_push(source, log::Level::Error, why, now);
                return (Outcome::Later, later());
            }
            Proven::Forged(why) => {
                let said = format!("a webhook is refused: {why}");
                self.complain_of_push(source, log::Level::Warn, &said, now);
                return (Outcome::Refused, answer(401, "refused", &format!("{why}")));
            }
        }
        self.hear_webhook(source, now);
        let id = opened.id(&config.name, now.utc);
        if self.ingest.seen(&id, now.tick) == Seen::Before {
            return (Outcome::Duplicate, answer(200, "duplicate", "it was taken before"));
        }
        if self.ledger != LedgerHealth::Well {
            return (Outcome::Later, later());
        }
        let pushed = match opened.read(now.utc) {
            Ok(pushed) => pushed,
            Err(why) => return self.keep_unread(source, delivery, id, why, now),
        };
        self.ingest.take(id, now.tick);
        self.say_what_is_missing(source, &pushed, now);
        let Ordered { newest, late } = self.ingest.order(source, pushed, now.utc);
        self.note_late(source, &newest.metrics, &late, now);
        if newest.rows.is_empty() {
            return (Outcome::Late, answer(200, "late", "something newer is known"));
        }
        self.hear_beats(source, &newest, now);
        self.observe(source, &newest, now);
        (Outcome::Taken, answer(200, "accepted", ""))
    }

    fn webhook_secrets(&self, source: &SourceConfig) -> Vec<&Secret> {
        let reference = |name: &&str| match source.parameters.get(*name) {
            Some(Parameter::Secret(reference)) => self.secrets.get(reference),
            Some(_) | None => None,
        };
        WEBHOOK_SECRETS.iter().filter_map(reference).collect()
    }

    /// What a delivery did not bring, though it is about it.
    fn say_what_is_missing(&mut self, source: usize, pushed: &Pushed, now: Now) {
        let Pushed { answer, left_out, overtaken, .. } = pushed;
        for (count, what) in [
            (*left_out, "its sender left out for want of room"),
            (answer.rows_refused, "cannot be read"),
            (*overtaken, "were overtaken by a newer one in it"),
        ] {
            if count > 0 {
                let said = format!("of the events of a webhook {count} {what}");
                self.complain_of_push(source, log::Level::Warn, &said, now);
            }
        }
    }

    /// What came late enters the history of its alert, where there is one, and the log.
    fn note_late(&mut self, source: usize, metrics: &[Metric], late: &[Late], now: Now) {
        let Some(first) = late.first() else { return };
        let config = Rc::clone(&self.config);
        let Some(config) = config.sources.get(source) else { return };
        for Late { row, at, readings } in late {
            for (metric, reading) in metrics.iter().zip(readings) {
                let Reading::Value(value) = *reading else { continue };
                let factor = self.config.calibration.of(config.name.as_str(), *metric);
                let value = factor.map_or(value, |factor| factor.apply(value));
                let key = AlertKey::of(&config.name, &config.platform, *metric, &row.entity);
                if let Some(alert) = self.evaluate.alerts.get_mut(key.as_str()) {
                    alert.trail.note(Decision::Late { of: *at, value }, now.utc);
                    self.write_alert(&key);
                }
            }
        }
        let (count, entity, at) = (late.len(), &first.row.entity, first.at.rfc3339());
        let said = format!(
            "a webhook came late: {count} of its events are older than what is known, the first \
             of {entity} at {at}"
        );
        self.complain_of_push(source, log::Level::Info, &said, now);
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

/// The address that a delivery was sent to, as its sender knows it: the box may sit behind a proxy.
fn address(source: &SourceConfig, path: &str) -> Option<String> {
    let Some(Parameter::Text(url)) = source.parameters.get(WEBHOOK_URL) else { return None };
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let mark = if path.contains('?') { "?" } else { "" };
    Some(format!("{url}{mark}{query}"))
}

fn has_secret(source: &SourceConfig) -> bool {
    WEBHOOK_SECRETS.iter().any(|name| source.parameters.contains_key(*name))
}

pub(super) fn later() -> Reply {
    let seconds = format!("{}", INGEST_RETRY_AFTER.whole_secs());
    Reply::empty(503).with_header("retry-after", &seconds)
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

/// What is told of webhooks, in the order of their way in.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    let mut families = Vec::from([deliveries(hub)]);
    families.extend(hub.pushes.door.as_ref().into_iter().flat_map(door));
    families.push(gauge(
        "andon_deliveries_known",
        "Webhooks of the last day that would be known again.",
        count(hub.ingest.known()),
    ));
    families.push(gauge(
        "andon_payloads_unread",
        "Webhooks in the ledger that no mapping understood.",
        count(hub.unread.payloads.iter().count()),
    ));
    families.extend(callbacks::families(hub));
    families
}

/// What became of what was pushed.
fn deliveries(hub: &Hub) -> Family {
    let sources = hub.config.sources.iter().enumerate();
    let sources = sources.filter(|(source, _)| hub.takes_webhooks(*source));
    let samples = sources.flat_map(|(index, source)| {
        Outcome::ALL.into_iter().map(move |outcome| {
            let labels = Vec::from([
                ("source", source.name.as_str().into()),
                ("outcome", outcome.as_str().into()),
            ]);
            let count_of = hub.pushes.counts.get(&(index, outcome)).copied();
            (labels, count(count_of.unwrap_or(0)))
        })
    });
    let help = "Webhooks, by what became of them.";
    family("andon_deliveries_total", help, FamilyKind::Counter, samples.collect())
}

/// What the push door holds, and whom it turned away before the hub heard of it.
fn door(door: &Door) -> [Family; 2] {
    let refused = Refusal::ALL.into_iter().map(|why| {
        labelled("why", &why.as_str(), count(door.refused.get(&why).copied().unwrap_or(0)))
    });
    let help = "Connections and requests that the ingest port turned away.";
    [
        gauge(
            "andon_ingest_connections",
            "Connections to the ingest port.",
            count(door.connections),
        ),
        family("andon_ingest_refused_total", help, FamilyKind::Counter, refused.collect()),
    ]
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
