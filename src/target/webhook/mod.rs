//! The generic webhook: guide 1's canonical payload, signed by Standard Webhooks.
//!
//! # Promises
//! - `a_retry_has_the_same_id_and_body_and_a_new_time`: so that a receiver can tell it from news.
//! - `a_body_stays_under_its_limit_and_says_what_it_left_out`: receivers need not read more.

mod signing;

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
    secret,
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
        let reference = || self.signing_secret.clone();
        let key = Key::read(secret(secrets, &self.signing_secret)?)
            .map_err(|why| TargetFault::SecretUnusable { reference: reference(), why })?;
        let body = body(notice, texts)?;
        let headers = key.headers(&notice.idempotency_key, now.utc, &body);
        let mut request = Request::post_json(url, body, TELL_DEADLINE);
        for (name, value) in headers {
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

/// The body that tells a notice.
fn body(notice: &Notice, texts: &Texts) -> Result<Vec<u8>, TargetFault> {
    match &notice.subject {
        Subject::Alert(facts) => alert(facts, notice, texts),
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
        300..=399 => Delivery::refused(reply, "redirects are not followed; put in the address"),
        408 | 425 | 429 | 500..=599 => Delivery::later(reply, Span::ZERO),
        // What is signed wrongly is signed anew once the secret or the clock is right.
        401 | 403 => Delivery::disabled(reply, "check the target's signing_secret and the clock"),
        410 => Delivery::disabled(reply, "the receiver wants no more; remove the target"),
        _ => Delivery::refused(reply, ""),
    }
}

fn alert(facts: &AlertFacts, notice: &Notice, texts: &Texts) -> Result<Vec<u8>, TargetFault> {
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
        template_fault: wording.template_fault.as_deref(),
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
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::model::config::Templates;
    use crate::model::notice::Reason;
    use crate::model::secret::Secret;
    use crate::model::time::UtcMs;
    use crate::target::samples::{facts, joined, notice, text};

    fn texts() -> Texts {
        Texts::compile(&Templates::default()).unwrap()
    }

    fn key() -> Key {
        Key::read(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
            .unwrap_or_else(|_| panic!())
    }

    #[test]
    fn a_retry_has_the_same_id_and_body_and_a_new_time() {
        let notice = notice(Reason::FirstBreach);
        let attempt = |at| {
            let body = text(body(&notice, &texts()));
            let headers = key().headers(&notice.idempotency_key, UtcMs(at), body.as_bytes());
            (body, headers)
        };
        let (one, [id_one, at_one, signed_one]) = attempt(1_715_783_545_000);
        let (two, [id_two, at_two, signed_two]) = attempt(1_715_783_575_000);
        assert_eq!((one, id_one), (two, id_two));
        assert!(at_one != at_two && signed_one != signed_two);
    }

    #[test]
    fn a_body_begins_with_guide_1s_schema() {
        let golden = joined(
            r#"{"type":"alert.detected",
            "alert_key":"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6",
            "platform":"nice-cxone","metric_type":"routing.queue.calls_waiting",
            "entity_id":"queue-id-8f3a2c1d","entity_name":"Tier-2 Support","current_value":22,
            "threshold_value":15,"breach_direction":"above","severity":"critical",
            "business_impact":"unmapped","timestamp":"2024-05-15T14:32:20Z",
            "source_payload_ref":"andon-notice-7","source":"cxone-prod","operator":">=",
            "priority":"P1","reason":"first_breach","resolved":false,
            "first_breach_timestamp":"2024-05-15T14:31:35Z","breach_duration_seconds":45,
            "notification_count":1,"held_back":0,"raises":1,"open_seconds":45,"worst_value":22,
            "context":{"agents_available":4,
            "longest_wait_seconds":135},
            "monitoring_url":"https://api.example/ui/queues/8f3a?a=1&b=2",
            "summary":"P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s",
            "body":"calls_waiting of Tier-2 Support is 22; a breach is >= 15 (P1, critical).\n
            In breach since 2024-05-15T14:31:35Z, for 45 s. This is notice 1.\n
            At the same time: longest_wait 135 s, agents_available 4.\n
            queue-id-8f3a2c1d at cxone-prod (nice-cxone), alert cxone-prod:
            queue-id-8f3a2c1d:calls_waiting:36c7c0d6"}"#,
        );
        assert_eq!(text(body(&notice(Reason::FirstBreach), &texts())), golden);
    }

    #[test]
    fn a_digest_is_a_list_of_alerts() {
        let golden = joined(
            r#"{"type":"alerts.digest","reason":"digest","timestamp":"2024-05-15T14:32:20Z",
            "summary":"Digest: 1 in breach, 1 recovered",
            "alerts":[{"alert_key":"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6",
            "severity":"critical","resolved":false,
            "summary":"P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s"},
            {"alert_key":"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6",
            "severity":"critical","resolved":true,
            "summary":"RECOVERED Tier-2 Support: calls_waiting 4 after 12 min"}],
            "alerts_left_out":0}"#,
        );
        assert_eq!(text(body(&notice(Reason::Digest), &texts())), golden);
    }

    #[test]
    fn a_body_stays_under_its_limit_and_says_what_it_left_out() {
        let templates = Templates {
            summary: Some("{{ '\u{20ac}' * 3000 }}".into()),
            body: Some("{{ '\u{20ac}' * 9000 }}".into()),
        };
        let texts = Texts::compile(&templates).unwrap();
        let mut alert = facts(Reason::FirstBreach);
        alert.entity_name = "\u{20ac}".repeat(10_000).into();
        alert.monitoring_url = Some("https://x.example/".repeat(113).into());
        let one =
            Notice { subject: Subject::Alert(alert.clone().into()), ..notice(Reason::FirstBreach) };
        let bytes = body(&one, &texts).unwrap().len();
        assert!(bytes < WEBHOOK_NOTICE_BYTES_MAX, "{bytes}");
        let many =
            Notice { subject: Subject::Digest(alloc::vec![alert; 100]), ..notice(Reason::Digest) };
        let digest = body(&many, &texts).unwrap();
        assert!(digest.len() < WEBHOOK_NOTICE_BYTES_MAX, "{}", digest.len());
        let digest: Value = serde_json::from_slice(&digest).unwrap();
        let told = digest["alerts"].as_array().unwrap().len();
        assert_eq!(digest["alerts_left_out"], 100 - told);
        assert!((1..100).contains(&told));
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let meaning = |status| match classify(&Reply::empty(status)) {
            Delivery::Accepted { .. } => "accepted".to_string(),
            Delivery::Later { .. } => "later".into(),
            Delivery::Refused { .. } => "refused".into(),
            Delivery::Disabled { .. } => "disabled".into(),
            Delivery::Next(_) => "next".into(),
        };
        for status in [200, 201, 202, 204] {
            assert_eq!(meaning(status), "accepted", "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(meaning(status), "later", "{status}");
        }
        for status in [301, 302, 307, 400, 404, 413] {
            assert_eq!(meaning(status), "refused", "{status}");
        }
        for status in [401, 403, 410] {
            assert_eq!(meaning(status), "disabled", "{status}");
        }
    }

    #[test]
    fn a_receivers_wait_is_obeyed() {
        let reply = Reply::empty(503).with_header("retry-after", "90");
        let Delivery::Later { after, why } = classify(&reply) else { panic!() };
        assert_eq!((after, &*why), (Some(Span::secs(90)), "answered 503"));
    }
}
