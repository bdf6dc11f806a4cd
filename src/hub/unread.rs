//! What is proved and no mapping understands: kept, shown, an alert of its source, and read again
//! when a mapping comes that understands it.
//!
//! How many came within the hour is a sample like any other, of the metric
//! `hub.source.unread_payloads` and the source itself as its entity.
//!
//! # Promises
//! - `it_is_told_where_somebody_hears_it`
//! - `a_mapping_that_comes_later_reads_what_was_kept`: of what lasts, the last word.
//! - `what_came_in_headers_too_is_not_read_without_them`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use crate::hub::pushed::{Outcome, answer};
use crate::hub::{Hub, own};
use crate::ingest::Unreads;
use crate::limits::UNREAD_ALERTS_FOR;
use crate::model::config::{Config, SourceConfig};
use crate::model::delivery::{Delivery, DeliveryId, Extent, Unread};
use crate::model::http::Reply;
use crate::model::matcher::Facts;
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::rule::{Priority, Rule};
use crate::model::time::{Now, Span, Tick, Wake};
use crate::platform::NotUnderstood;

/// What is kept, and what was last said of it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) payloads: Unreads,
    /// What the evaluation was last told of each source. Nothing yet: an alert from before a
    /// restart waits for the first word.
    told: BTreeMap<usize, usize>,
    /// When time alone changes something.
    next_look: Option<Tick>,
}

impl Kept {
    /// What was kept before the start.
    pub(super) fn restore(unread: Vec<Unread>) -> Self {
        let payloads = Unreads::restore(unread);
        Self { payloads, told: BTreeMap::new(), next_look: None }
    }

    /// When it wants to look.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.next_look.map(|at| Wake { at, why: "an unread payload is older" })
    }
}

impl Hub {
    /// Keeps a genuine delivery that nobody understands. Its sender hears yes, else it would send
    /// the same for hours.
    pub(super) fn keep_unread(
        &mut self,
        source: usize,
        delivery: &Delivery,
        id: DeliveryId,
        why: NotUnderstood,
        now: Now,
    ) -> (Outcome, Reply) {
        let Some(name) = self.config.sources.get(source).map(|source| source.name.clone()) else {
            return (Outcome::Refused, Reply::empty(404));
        };
        self.writes.extend(self.unread.payloads.keep(&name, delivery, id, &why, now.utc));
        self.ingest.take(id, now.tick);
        let said =
            format!("a webhook means nothing to us: {why}. It is kept: `andon unread` shows it");
        self.complain_of_push(source, log::Level::Error, &said, now);
        (Outcome::NotUnderstood, answer(200, "kept", &format!("{why}")))
    }

    /// Forgets what is old, and takes each change of how many came lately as a sample.
    pub(super) fn look_at_unread(&mut self, now: Now) {
        let utc = self.as_told(now).utc;
        self.writes.extend(self.unread.payloads.forget_old(utc));
        for source in 0..self.definitions.len() {
            let definition = self.definitions.get(source);
            if definition.and_then(|definition| definition.webhook()).is_none() {
                continue;
            }
            let Some(name) = self.config.sources.get(source).map(|source| &source.name) else {
                continue;
            };
            let lately = self.unread.payloads.lately(name, utc);
            if self.unread.told.insert(source, lately) == Some(lately) {
                continue;
            }
            let Ok(entity) = EntityId::new(name.as_str()) else { continue };
            let count = f64::from(u32::try_from(lately).unwrap_or(u32::MAX));
            let sample = own::sample(&entity, Metric::UNREAD_PAYLOADS, count, now);
            self.observe(source, &sample, now);
        }
        self.unread.next_look = self.unread.payloads.changes_in(utc).map(|rest| now.tick + rest);
    }

    /// Reads again what no mapping understood, with the mappings of this start. A sender's own
    /// judgement lasts until it says otherwise, and counts if nothing newer is known; a number of a
    /// past moment is late.
    pub(super) fn read_again(&mut self, now: Now) {
        let mut read = Vec::new();
        for unread in self.unread.payloads.iter().filter(|unread| unread.extent() == Extent::Whole)
        {
            let is_its = |source: &SourceConfig| source.name == unread.source;
            let Some(source) = self.config.sources.iter().position(is_its) else { continue };
            let definition = self.definitions.get(source);
            let Some(webhook) = definition.and_then(|one| one.webhook()) else { continue };
            if !webhook.is_all_in_the_body() {
                // Without its headers it would be taken for another.
                continue;
            }
            let delivery = unread.delivery();
            if let Ok(pushed) = webhook.open(&delivery).read(unread.received) {
                read.push((source, unread.number, unread.received, pushed));
            }
        }
        // The newest first: of one entity's events only the last is news.
        read.sort_by_key(|(_, number, received, pushed)| {
            (pushed.answer.vendor_time.min(*received), *number)
        });
        for (source, number, received, pushed) in read.into_iter().rev() {
            self.writes.extend(self.unread.payloads.forget(number));
            let mut metrics = pushed.answer.metrics.iter();
            let lasts = metrics.all(|metric| *metric == Metric::EVENT_SEVERITY);
            let at = pushed.answer.vendor_time;
            let newest = lasts.then(|| self.ingest.order(source, pushed, received).newest);
            let outcome = match newest.filter(|newest| !newest.rows.is_empty()) {
                Some(newest) => {
                    self.observe(source, &newest, now);
                    Outcome::Taken
                }
                None => Outcome::Late,
            };
            self.count_push(source, outcome);
            let name = self.config.sources.get(source).map_or("", |known| known.name.as_str());
            let text = format!("{name}: the webhook {number} of {at} is understood now");
            self.say(log::Level::Info, text);
        }
    }
}

/// The rule that makes them trouble: as urgent as P3, where somebody hears of that, else as a
/// source that is blind.
pub(super) fn rule(source: &SourceConfig, config: &Config) -> Option<Rule> {
    let facts = Facts {
        severity: Priority::P3.severity(),
        priority: Priority::P3,
        impact: None,
        metric: Metric::UNREAD_PAYLOADS,
        platform: &source.platform,
        source: source.name.as_str(),
        entity: source.name.as_str(),
        entity_name: source.name.as_str(),
        unit: None,
        key: "",
    };
    let nobody = config.routes.taking(facts).next().is_none();
    let priority = if nobody { config.hub.blind_priority } else { Priority::P3 };
    let origin = "the hub's own: unread payloads";
    let rule = own::rule(source, config, origin, Metric::UNREAD_PAYLOADS, 1.0)?;
    let (cooldown, escalation_threshold) = (UNREAD_ALERTS_FOR, ESCALATES_AFTER);
    Some(Rule { priority, cooldown, escalation_threshold, ..rule })
}

/// A mapping is mended in office hours.
const ESCALATES_AFTER: Span = Span::secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::string::String;
    use core::iter::from_fn;

    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use crate::event::{Asker, Event};
    use crate::hub::fixtures::{at, loaded};
    use crate::hub::{Library, Setup, load};
    use crate::ledger::{Row, restore};
    use crate::limits::UNREAD_KEPT;
    use crate::model::alert::Phase;
    use crate::model::route::Route;
    use crate::model::secret::{Secret, SecretRef, Secrets};

    #[test]
    fn it_is_told_where_somebody_hears_it() {
        let mut config = loaded().config;
        let source = config.sources[0].clone();
        let priority = |config: &Config| rule(&source, config).unwrap().priority;
        assert_eq!(priority(&config), Priority::P2);
        config.routes.ordered.push(Route::default());
        assert_eq!(priority(&config), Priority::P3);
    }

    const GUIDE: &str = include_str!("../platform/definitions/nice-cxone-guide.toml");

    fn hub(library: &Library, rows: Vec<Row>) -> Hub {
        let text = r#"
[[source]]
name = "cxone"
definition = "nice-cxone-guide"
client_id = "andon"
client_secret = { credential = "cxone" }
webhook_secret = { credential = "webhook" }

[[rules]]
thresholds = [{ metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" }]

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[routes]
P1 = { targets = ["slack"] }
P2 = { targets = ["slack"] }
P3 = { targets = ["slack"] }
"#;
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::Credential("webhook".into()), Secret::new("key"));
        let loaded = load("andon.toml", text, library).unwrap();
        let remembered = restore(rows, "boot", at(0)).unwrap();
        assert!(remembered.complaints.is_empty(), "{:?}", remembered.complaints);
        Hub::new(Setup { loaded, secrets, remembered, boot: "boot".into(), seed: 1 }, at(100))
    }

    /// What the hub wrote, as it would lie on disk.
    fn rows(hub: &mut Hub) -> Vec<Row> {
        let mut rows = BTreeMap::new();
        for write in from_fn(|| hub.next_write()) {
            rows.insert((write.table, write.key), write.value);
        }
        let row = |((table, key), value): ((_, Box<[u8]>), Option<Vec<u8>>)| {
            Some(Row { table, key, value: value? })
        };
        rows.into_iter().filter_map(row).collect()
    }

    fn push(hub: &mut Hub, id: &str, body: &str) {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"key").unwrap();
        mac.update(body.as_bytes());
        let hash = mac.finalize().into_bytes();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let signature = ("x-signature".into(), format!("sha256={hex}").into());
        let headers = Vec::from([("x-request-id".into(), id.into()), signature]);
        let delivery = Delivery {
            method: "POST".into(),
            headers,
            body: body.to_owned().into(),
            client_certificate: None,
        };
        let path = "/ingest/cxone".into();
        hub.handle(Event::Pushed { asker: Asker(1), path, delivery }, at(60));
        // What a delivery leads to is carried on at the end of the turn.
        hub.handle(Event::Woke, at(60));
    }

    /// The open alerts: the metric of each, its entity.
    fn open(hub: &Hub) -> Vec<String> {
        let alerts = hub.evaluate.alerts.iter().filter(|alert| alert.phase == Phase::Detected);
        alerts.map(|alert| format!("{} {}", alert.metric.short(), alert.entity)).collect()
    }

    #[test]
    fn a_mapping_that_comes_later_reads_what_was_kept() {
        let lacks = GUIDE.replace("when = \"", "when = \"not_yet && ");
        let lacks = Library::with(&[("platforms/nice-cxone-guide.toml", &lacks)]).unwrap();
        let mut before = hub(&lacks, Vec::new());
        let event = |metric: &str, entity: &str, severity: &str, second: u32| {
            format!(
                r#"{{"metric_type": "{metric}", "entity_id": "{entity}", "current_value": 40,
                    "severity": "{severity}", "timestamp": "1970-01-01T00:00:{second:02}Z"}}"#
            )
        };
        for (id, body) in [
            ("1", event("trunk", "a", "critical", 10)),
            ("2", event("trunk", "b", "critical", 20)),
            ("3", event("trunk", "b", "resolved", 30)),
            ("4", event("routing.queue.calls_waiting", "q", "critical", 40)),
            ("5", "{}".into()),
        ] {
            push(&mut before, id, &body);
        }
        assert_eq!(before.unread.payloads.iter().count(), 5);
        assert_eq!(open(&before), ["unread_payloads cxone"]);
        let kept = rows(&mut before);
        let mut after = hub(&Library::built_in(), kept);
        let left: Vec<u64> = after.unread.payloads.iter().map(|unread| unread.number).collect();
        assert_eq!(left, [4], "nobody understands that one yet");
        // What was over before anybody could tell, and a number of the past, are nobody's trouble.
        assert_eq!(open(&after), ["unread_payloads cxone", "severity trunk/a"]);
        assert_eq!(after.evaluate.alerts.iter().count(), 2, "no episode that ended long ago");
        let written: BTreeMap<_, _> = from_fn(|| after.next_write())
            .map(|write| ((write.table, write.key), write.value))
            .collect();
        let forgotten = crate::ledger::Write::forget_unread(0);
        assert_eq!(written.get(&(forgotten.table, forgotten.key)), Some(&None));
    }

    #[test]
    fn what_came_in_headers_too_is_not_read_without_them() {
        let text = "[webhook.envelope]\nbody = \"data\"\nheaders = { id = \"ce-id\" }\n\n\
                    [[webhook.event]]";
        let enveloped = GUIDE.replacen("[[webhook.event]]", text, 1);
        let lacks = enveloped.replace("when = \"", "when = \"not_yet && ");
        let library = |text: &str| Library::with(&[("platforms/nice-cxone-guide.toml", text)]);
        let mut before = hub(&library(&lacks).unwrap(), Vec::new());
        push(
            &mut before,
            "1",
            r#"{"metric_type": "trunk", "entity_id": "a", "current_value": 40,
                "severity": "critical", "timestamp": "1970-01-01T00:00:10Z"}"#,
        );
        let kept = rows(&mut before);
        let left = |library: &Library| hub(library, kept.clone()).unread.payloads.iter().count();
        assert_eq!(left(&library(&enveloped).unwrap()), 1);
        assert_eq!(left(&Library::built_in()), 0);
    }

    #[test]
    fn what_is_kept_goes_without_anybodys_doing() {
        let mut hub = hub(&Library::built_in(), Vec::new());
        push(&mut hub, "1", "{}");
        let wakes = |hub: &Hub| hub.unread.next_wake().map(|wake| wake.at);
        assert_eq!(wakes(&hub), Some(at(60 + UNREAD_ALERTS_FOR.whole_secs()).tick));
        hub.handle(Event::Woke, at(4_000));
        assert!(!open(&hub).contains(&"unread_payloads cxone".into()));
        let end = wakes(&hub).unwrap();
        assert_eq!(end - at(60).tick, UNREAD_KEPT + Span::millis(1));
        hub.handle(Event::Woke, at(61 + UNREAD_KEPT.whole_secs()));
        assert_eq!((hub.unread.payloads.iter().count(), wakes(&hub)), (0, None));
        let forgotten = crate::ledger::Write::forget_unread(0);
        assert!(from_fn(|| hub.next_write()).any(|write| write == forgotten));
    }
}
