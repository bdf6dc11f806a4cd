//! Datadog: an event about each alert, and a service check that says how it stands.
//!
//! Alerts go to Events v2, since its events of one aggregation key are one alert, which an event
//! with the status `ok` ends; events of v1 only stand beside each other. A digest or an
//! announcement is no alert, and is an event of v1. Where the file names a service check, each
//! notice about an alert is two requests: the event, then the check.
//!
//! # Promises
//! - `events_of_one_alert_have_one_key_and_its_end_is_ok`
//! - `a_key_that_is_too_long_is_still_its_own`
//! - `what_is_too_long_is_cut_and_says_so`
//! - `what_is_too_old_for_datadog_goes_without_its_time`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::limits::{
    BODY_CHARS_MAX, DATADOG_EVENT_AGE_MAX, DATADOG_KEY_BYTES_MAX, DATADOG_TAG_CHARS_MAX,
    DATADOG_TEXT_CHARS_MAX, DATADOG_TITLE_CHARS_MAX, TELL_DEADLINE,
};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::rule::Severity;
use crate::model::target::Datadog;
use crate::model::time::{ClockTrust, Span};
use crate::target::cut::{cut, lines, one_line};
use crate::target::delivery::Delivery;
use crate::target::facts::{
    business_unit, cause, dependents, detail, entity_name, impact, link, name_with_unit, number,
    owner, runbook, worst,
};
use crate::target::roll::roll;
use crate::target::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, builtin, json,
    made, secret,
};

impl Speak for Datadog {
    fn manner(&self) -> Manner {
        Manner {
            gap: Span::ZERO,
            digests: Digests::Takes,
            updates: Updates::InPlace,
            hands: Hands::Shows,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let secrets = letter.secrets;
        let of_v1 = |path: &str| {
            let api = address(secrets, &self.api_url)?.trim_end_matches('/');
            Ok(format!("{api}/api/v1/{path}"))
        };
        let (url, body) = match (&letter.notice.subject, letter.stage) {
            (Subject::Alert(facts), Stage::First) => {
                (address(secrets, &self.url)?.to_string(), self.event(facts, letter))
            }
            (Subject::Alert(facts), Stage::Then(_)) => {
                (of_v1("check_run")?, self.check(facts, letter))
            }
            (Subject::Digest(alerts), _) => {
                let lines = roll(alerts, letter.texts, DATADOG_TEXT_CHARS_MAX - 100, |line| {
                    line.chars().count() + 1
                });
                let title = builtin::list_title(alerts, letter.notice.reason);
                (of_v1("events")?, self.plain(&title, &lines.join("\n"), "andon-digest"))
            }
            (Subject::Word(word), _) => {
                let title = one_line(&word.headline, DATADOG_TITLE_CHARS_MAX);
                let text = lines(&word.text, BODY_CHARS_MAX);
                (of_v1("events")?, self.plain(&title, &text, &aggregation_key(&word.key)))
            }
        };
        let key = secret(secrets, &self.api_key)?;
        let request = Request::post_json(&url, json(&body)?, TELL_DEADLINE);
        Ok(Outgoing::Http(request.with_header("dd-api-key", key.expose())))
    }

    fn hear(&self, notice: &Notice, stage: &Stage, reply: &Reply) -> Delivery {
        let is_event = matches!((&notice.subject, stage), (Subject::Alert(_), Stage::First));
        if is_event && self.service_check.is_some() && reply.status == TAKEN {
            return Delivery::Next(Stage::Then(CHECK.into()));
        }
        classify(reply)
    }
}

/// Datadog's only yes.
const TAKEN: u16 = 202;

/// What Datadog's answer means.
fn classify(reply: &Reply) -> Delivery {
    match reply.status {
        TAKEN => Delivery::ACCEPTED,
        429 => {
            let reset = reply.header("x-ratelimit-reset").and_then(|text| text.trim().parse().ok());
            Delivery::later(reply, reset.map_or(Span::ZERO, |secs: u16| Span::secs(secs.into())))
        }
        408 | 500..=599 => Delivery::later(reply, Span::ZERO),
        401 | 403 => Delivery::disabled(reply, "check the target's api_key, and its site"),
        404 => Delivery::refused(reply, "check the target's site and url"),
        _ => Delivery::refused(reply, ""),
    }
}

/// The word of the stage in which the event is taken and the check is not told.
const CHECK: &str = "check";

impl Datadog {
    fn event(&self, facts: &AlertFacts, letter: &Letter<'_>) -> Value {
        let notice = letter.notice;
        let wording = letter.texts.word(facts, notice.reason);
        let (status, priority) = standing(facts);
        let links =
            [(runbook(facts), "runbook", "Runbook"), (link(facts), "dashboard", "Live view")];
        let links = links.into_iter().filter_map(|(url, category, title)| {
            Some(json!({ "category": category, "url": url?, "title": title }))
        });
        let mut message = cut(wording.body.as_str(), DATADOG_TEXT_CHARS_MAX - 100);
        let age = letter.now.tick - notice.made.tick;
        let is_dated = letter.now.trust != ClockTrust::Untrusted && age <= DATADOG_EVENT_AGE_MAX;
        let mut attributes = json!({
            "category": "alert",
            "title": cut(&wording.summary, DATADOG_TITLE_CHARS_MAX),
            "aggregation_key": aggregation_key(facts.key.as_str()),
            "integration_id": "custom-events",
            "tags": self.tags(facts),
            "attributes": {
                "status": status,
                "priority": priority,
                "links": links.collect::<Vec<Value>>(),
                "custom": custom(facts, notice, wording.template_fault.as_deref()),
            },
        });
        let at = made(notice, letter.now);
        if is_dated {
            put(&mut attributes, "timestamp", at.rfc3339().into());
        } else {
            message.push_str(&format!("\nThis was so {} ago.", Span::secs(age.whole_secs())));
        }
        put(&mut attributes, "message", message.into());
        json!({ "data": { "type": "event", "attributes": attributes } })
    }

    /// How the alert stands, as a service check.
    fn check(&self, facts: &AlertFacts, letter: &Letter<'_>) -> Value {
        let status = match facts.severity {
            _ if facts.resolved => 0,
            Severity::Critical | Severity::High => 2,
            Severity::Medium | Severity::Low => 1,
        };
        // Without a time it is of this moment: what waited too long would be refused as too old.
        json!([{
            "check": self.service_check,
            "host_name": facts.source.as_str(),
            "status": status,
            "tags": self.tags_of_check(facts),
            "message": letter.texts.word(facts, letter.notice.reason).summary,
        }])
    }

    /// An event that is no alert: it opens nothing, and is never over.
    fn plain(&self, title: &str, text: &str, key: &str) -> Value {
        let text = if text.is_empty() { title } else { text };
        json!({
            "title": title,
            "text": cut(text, DATADOG_TEXT_CHARS_MAX),
            "aggregation_key": key,
            "alert_type": "info",
            "priority": "low",
            "source_type_name": "andon",
            "tags": &*self.tags,
        })
    }

    fn tags(&self, facts: &AlertFacts) -> Vec<String> {
        let mut tags = self.tags_of_check(facts);
        tags.push(tag("priority", facts.priority.as_str()));
        tags.push(tag("severity", facts.severity.as_str()));
        tags.extend(business_unit(facts).map(|unit| tag("business_unit", &unit)));
        tags
    }

    /// What stays as it is while the alert lasts: by these a check is told from others.
    fn tags_of_check(&self, facts: &AlertFacts) -> Vec<String> {
        let own = [
            ("source", facts.source.as_str()),
            ("platform", &*facts.platform),
            ("entity", facts.entity.as_str()),
            ("metric", facts.metric.name()),
        ];
        let own = own.map(|(name, value)| tag(name, value));
        self.tags.iter().map(ToString::to_string).chain(own).collect()
    }
}

/// Datadog's status and priority of an alert.
fn standing(facts: &AlertFacts) -> (&'static str, &'static str) {
    let (status, priority) = match facts.severity {
        Severity::Critical => ("error", "1"),
        Severity::High => ("error", "2"),
        Severity::Medium => ("warn", "3"),
        Severity::Low => ("warn", "4"),
    };
    (if facts.resolved { "ok" } else { status }, priority)
}

fn custom(facts: &AlertFacts, notice: &Notice, template_fault: Option<&str>) -> Value {
    let mut map = Map::new();
    for (metric, value) in &facts.context {
        map.insert(name_with_unit(*metric), number(*value));
    }
    let numbers = [
        ("current_value", number(facts.value)),
        ("threshold_value", number(facts.threshold)),
        ("worst_value", number(worst(facts))),
        ("breach_duration_seconds", facts.breach_duration_seconds.into()),
        ("notification_count", facts.notification_count.into()),
        ("held_back", facts.held_back.into()),
        ("raises", facts.raises.into()),
        ("open_seconds", facts.open_seconds.into()),
    ];
    map.extend(numbers.map(|(name, number)| (name.into(), number)));
    let texts = [
        ("alert_key", Some(facts.key.to_string())),
        ("entity_name", Some(entity_name(facts))),
        ("reason", Some(notice.reason.as_str().into())),
        ("first_breach_timestamp", Some(facts.first_breach.rfc3339())),
        ("in_hand", facts.hand.as_ref().map(|hand| hand.to_string())),
        ("business_impact", facts.business.as_ref().map(|_| impact(facts))),
        ("owner", owner(facts)),
        ("detail", detail(facts)),
        ("dependents", dependents(facts)),
        ("cause", cause(facts)),
        ("template_fault", template_fault.map(Into::into)),
    ];
    let told = texts.into_iter().filter_map(|(name, text)| Some((name.into(), text?.into())));
    map.extend(told);
    Value::Object(map)
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(name.into(), value);
    }
}

/// `name:value` without what would end or part a tag.
fn tag(name: &str, value: &str) -> String {
    let plain = |c: char| match c {
        ',' => '_',
        c if c.is_whitespace() || c.is_control() => '_',
        c => c,
    };
    format!("{name}:{value}").chars().map(plain).take(DATADOG_TAG_CHARS_MAX).collect()
}

/// The key as it is, or its beginning with a hash of the whole.
fn aggregation_key(key: &str) -> String {
    if key.len() <= DATADOG_KEY_BYTES_MAX {
        return key.into();
    }
    let hash = Sha256::digest(key);
    let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let room = DATADOG_KEY_BYTES_MAX - 1 - hash.len();
    let end = (0..=room).rev().find(|at| key.is_char_boundary(*at)).unwrap_or_default();
    format!("{}:{hash}", key.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests;
