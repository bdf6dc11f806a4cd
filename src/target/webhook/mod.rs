//! The generic webhook: guide 1's canonical payload or a body of the file's own, signed by Standard
//! Webhooks where there is a secret to sign with.
//!
//! # Promises
//! - `a_retry_has_the_same_id_and_body_and_a_new_time`: so that a receiver can tell it from news.
//! - `a_body_stays_under_its_limit_and_says_what_it_left_out`: receivers need not read more.

mod form;
mod signing;

pub use self::form::check_body;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::Value;

use crate::limits::{BODY_CHARS_MAX, SUMMARY_CHARS_MAX, TELL_DEADLINE, WEBHOOK_NOTICE_BYTES_MAX};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::target::Webhook;
use crate::model::time::Span;
use crate::target::cut::{lines, one_line};
use crate::target::delivery::Delivery;
use crate::target::facts::{
    business_unit, cause, dependents, detail, entity_name, impact, link, name_with_unit, number,
    owner, runbook, worst,
};
use crate::target::texts::Texts;
use crate::target::webhook::signing::Key;
use crate::target::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, builtin, json,
    secret, signed,
};

impl Speak for Webhook {
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
        let Letter { notice, texts, secrets, now, .. } = letter;
        let url = address(secrets, &self.url)?;
        let body = match form::body(notice, texts, Self::form_of(&self.headers)) {
            None => body(notice, texts, None)?,
            Some(Ok(body)) => body,
            Some(Err(why)) => body(notice, texts, Some(&why))?,
        };
        let signature = match &self.signing_secret {
            None => Vec::new(),
            Some(reference) => {
                let unusable =
                    |why| TargetFault::SecretUnusable { reference: reference.clone(), why };
                let key = Key::read(secret(secrets, reference)?).map_err(unusable)?;
                Vec::from(key.headers(&notice.idempotency_key, now.utc, &body))
            }
        };
        let mut request =
            Request { method: self.method, ..Request::post_json(url, body, TELL_DEADLINE) };
        for (name, value) in &self.headers {
            let value = match value {
                TextOrSecret::Text(text) => text,
                TextOrSecret::Secret(reference) => secret(secrets, reference)?.expose(),
            };
            request.headers.retain(|(known, _)| known != name);
            request = request.with_header(name, value);
        }
        request = signed(request, &self.login, secrets)?;
        for (name, value) in signature {
            request = request.with_header(name, &value);
        }
        Ok(Outgoing::Http(request))
    }

    fn hear(&self, _: &Notice, _: &Stage, reply: &Reply) -> Delivery {
        classify(reply)
    }
}

/// Guide 1's canonical schema first, then what the hub knows beyond it.
#[derive(Serialize)]
struct AlertBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    alert_key: &'a str,
    platform: &'a str,
    metric_type: &'static str,
    entity_id: &'a str,
    entity_name: String,
    current_value: Value,
    threshold_value: Value,
    breach_direction: &'static str,
    severity: &'static str,
    business_impact: String,
    timestamp: String,
    /// The notice by its number, since a polled answer has no identifier of its own.
    source_payload_ref: String,
    source: &'a str,
    operator: &'static str,
    priority: &'static str,
    reason: &'static str,
    resolved: bool,
    first_breach_timestamp: String,
    breach_duration_seconds: u32,
    notification_count: u32,
    held_back: u32,
    raises: u32,
    open_seconds: u32,
    worst_value: Value,
    context: alloc::collections::BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    monitoring_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependents: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    summary: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_fault: Option<&'a str>,
}

#[derive(Serialize)]
struct DigestBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    reason: &'static str,
    timestamp: String,
    summary: String,
    alerts: &'a [DigestLine<'a>],
    alerts_left_out: usize,
}

#[derive(Serialize)]
struct DigestLine<'a> {
    alert_key: &'a str,
    severity: &'static str,
    resolved: bool,
    summary: String,
}

#[derive(Serialize)]
struct WordBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    reason: &'static str,
    timestamp: String,
    about: &'a str,
    summary: String,
    body: String,
}

/// The payload that tells a notice; `fault` is why the target's own template does not.
fn body(notice: &Notice, texts: &Texts, fault: Option<&str>) -> Result<Vec<u8>, TargetFault> {
    match &notice.subject {
        Subject::Alert(facts) => alert(facts, notice, texts, fault),
        Subject::Digest(alerts) => digest(alerts, notice, texts),
        Subject::Word(word) => json(&WordBody {
            kind: "announcement",
            reason: notice.reason.as_str(),
            timestamp: notice.made.utc.rfc3339(),
            about: &word.key,
            summary: one_line(&word.headline, SUMMARY_CHARS_MAX),
            body: lines(&word.text, BODY_CHARS_MAX),
        }),
    }
}

/// What a receiver's answer means, by the Standard Webhooks specification.
fn classify(reply: &Reply) -> Delivery {
    match reply.status {
        200..=299 => Delivery::ACCEPTED,
        408 | 425 | 429 | 500..=599 => Delivery::later(reply, Span::ZERO),
        // What is signed wrongly is signed anew once the secret or the clock is right.
        401 | 403 => Delivery::disabled(
            reply,
            "check what shows who we are (signing_secret, token, headers), and the clock",
        ),
        410 => Delivery::disabled(reply, "the receiver wants no more; remove the target"),
        _ => Delivery::refused(reply, ""),
    }
}

fn alert(
    facts: &AlertFacts,
    notice: &Notice,
    texts: &Texts,
    fault: Option<&str>,
) -> Result<Vec<u8>, TargetFault> {
    let wording = texts.word(facts, notice.reason);
    let context = facts.context.iter();
    json(&AlertBody {
        kind: if facts.resolved { "alert.resolved" } else { "alert.detected" },
        alert_key: facts.key.as_str(),
        platform: &facts.platform,
        metric_type: facts.metric.name(),
        entity_id: facts.entity.as_str(),
        entity_name: entity_name(facts),
        current_value: number(facts.value),
        threshold_value: number(facts.threshold),
        breach_direction: facts.operator.direction(),
        severity: facts.severity.as_str(),
        business_impact: impact(facts),
        timestamp: notice.made.utc.rfc3339(),
        source_payload_ref: format!("andon-notice-{}", notice.number),
        source: facts.source.as_str(),
        operator: facts.operator.as_str(),
        priority: facts.priority.as_str(),
        reason: notice.reason.as_str(),
        resolved: facts.resolved,
        first_breach_timestamp: facts.first_breach.rfc3339(),
        breach_duration_seconds: facts.breach_duration_seconds,
        notification_count: facts.notification_count,
        held_back: facts.held_back,
        raises: facts.raises,
        open_seconds: facts.open_seconds,
        worst_value: number(worst(facts)),
        context: context.map(|(m, value)| (name_with_unit(*m), number(*value))).collect(),
        detail: detail(facts),
        monitoring_url: link(facts),
        business_unit: business_unit(facts),
        owner: owner(facts),
        runbook: runbook(facts),
        dependents: dependents(facts),
        cause: cause(facts),
        summary: &wording.summary,
        body: wording.body.as_str(),
        template_fault: fault.or(wording.template_fault.as_deref()),
    })
}

/// As many alerts as the limit allows, in their order, and how many there are beyond it.
fn digest(alerts: &[AlertFacts], notice: &Notice, texts: &Texts) -> Result<Vec<u8>, TargetFault> {
    let mut lines = Vec::new();
    let mut bytes = DIGEST_FRAME_BYTES;
    for facts in alerts {
        let line = DigestLine {
            alert_key: facts.key.as_str(),
            severity: facts.severity.as_str(),
            resolved: facts.resolved,
            summary: texts.line(facts),
        };
        bytes += json(&line)?.len() + 1;
        if bytes > WEBHOOK_NOTICE_BYTES_MAX {
            break;
        }
        lines.push(line);
    }
    json(&DigestBody {
        kind: "alerts.digest",
        reason: notice.reason.as_str(),
        timestamp: notice.made.utc.rfc3339(),
        summary: builtin::list_title(alerts, notice.reason),
        alerts: &lines,
        alerts_left_out: alerts.len() - lines.len(),
    })
}

/// Room for everything of a digest but its alerts.
const DIGEST_FRAME_BYTES: usize = 512;

#[cfg(test)]
mod tests;
