//! Event Management of ServiceNow: every notice is an event, and their side makes alerts of them.
//!
//! # Promises
//! - `an_event_says_all_in_texts`
//! - `an_end_clears_the_same_message_key`
//! - `a_digest_is_several_records`
//! - `a_page_in_the_place_of_an_answer_is_no_yes`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json as literal};

use crate::limits::{
    SERVICENOW_EVENT_CHARS_MAX, SERVICENOW_GAP, SERVICENOW_KEY_CHARS_MAX,
    SERVICENOW_TEXT_CHARS_MAX, TELL_DEADLINE,
};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::rule::Severity;
use crate::model::target::ServiceNowEvents;
use crate::model::time::{Span, UtcMs};
use crate::target::cut::{lines, one_line};
use crate::target::delivery::Delivery;
use crate::target::facts::{entity_name, variables};
use crate::target::servicenow::{access, of_end};
use crate::target::texts::{Body, Texts};
use crate::target::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, json,
};

impl Speak for ServiceNowEvents {
    fn manner(&self) -> Manner {
        Manner {
            gap: SERVICENOW_GAP,
            digests: Digests::Takes,
            updates: Updates::InPlace,
            hands: Hands::Untold,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let url = address(letter.secrets, &self.url)?;
        let body = literal!({ "records": records(letter.notice, letter.texts) });
        let request = Request::post_json(url, json(&body)?, TELL_DEADLINE);
        access::sign(request, &self.login, letter.secrets).map(Outgoing::Http)
    }

    /// What a yes has in it is not written down anywhere that we know of.
    fn hear(&self, notice: &Notice, _: &Stage, reply: &Reply) -> Delivery {
        match reply.status {
            200..=299 if says_failure(reply) => Delivery::later(reply, Span::ZERO),
            // What was told for itself is read back. A line of a digest is as old as the digest,
            // and would differ from what is so by then.
            200..=299 if self.alerts_url.is_some() && notice.reason != Reason::Digest => {
                Delivery::Accepted { thread: Some("message_key".into()) }
            }
            200..=299 => Delivery::ACCEPTED,
            _ => access::refusal(reply),
        }
    }
}

/// A page in the place of an answer, or an answer that names an error.
fn says_failure(reply: &Reply) -> bool {
    let is_typed = reply.header("content-type").is_some_and(|of| of.starts_with("text/html"));
    let is_page = is_typed || reply.body.trim_ascii_start().starts_with(b"<");
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    is_page || body.is_some_and(|body| body.get("error").is_some())
}

fn records(notice: &Notice, texts: &Texts) -> Vec<Value> {
    match &notice.subject {
        Subject::Alert(facts) => Vec::from([record(facts, notice.reason, texts, notice.made.utc)]),
        Subject::Digest(alerts) => {
            let record = |facts| record(facts, Reason::Digest, texts, notice.made.utc);
            alerts.iter().map(record).collect()
        }
        Subject::Word(word) => Vec::from([literal!({
            "source": "andon",
            "event_class": "andon",
            "node": "andon",
            "type": "announcement",
            "message_key": of_end(&word.key, SERVICENOW_KEY_CHARS_MAX),
            "severity": "5",
            "resolution_state": "New",
            "time_of_event": time(notice.made.utc),
            "description": lines(
                &format!("{}\n{}", word.headline, word.text),
                SERVICENOW_TEXT_CHARS_MAX,
            ),
        })]),
    }
}

fn record(facts: &AlertFacts, reason: Reason, texts: &Texts, at: UtcMs) -> Value {
    let is_over = facts.resolved || reason == Reason::Recovered;
    let wording = texts.word(facts, reason);
    let (Body::Own(body) | Body::BuiltIn(body)) = &wording.body;
    let short = |text: &str| one_line(text, SERVICENOW_EVENT_CHARS_MAX);
    literal!({
        "source": "andon",
        "event_class": short(facts.source.as_str()),
        "node": short(facts.entity.as_str()),
        "resource": short(&entity_name(facts)),
        "metric_name": facts.metric.name(),
        "type": facts.metric.short(),
        "message_key": of_end(facts.key.as_str(), SERVICENOW_KEY_CHARS_MAX),
        "severity": if is_over { "0" } else { severity(facts.severity) },
        "resolution_state": if is_over { "Closing" } else { "New" },
        "time_of_event": time(at),
        "description": lines(
            &format!("{}\n{body}", wording.summary),
            SERVICENOW_TEXT_CHARS_MAX,
        ),
        "additional_info": additional(facts, reason),
    })
}

/// What else is known, as JSON in a text: a table of texts.
fn additional(facts: &AlertFacts, reason: Reason) -> String {
    let texts = variables(facts, reason).into_iter().filter_map(|(name, value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                value.to_string()
            }
        };
        Some((name, Value::String(text)))
    });
    Value::Object(texts.collect::<Map<_, _>>()).to_string()
}

/// Their five severities, of which 5 is OK and 0 ends.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "1",
        Severity::High => "2",
        Severity::Medium => "3",
        Severity::Low => "4",
    }
}

/// `yyyy-MM-dd HH:mm:ss` in GMT.
fn time(at: UtcMs) -> String {
    at.rfc3339().replace('T', " ").trim_end_matches('Z').into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Templates;
    use crate::target::samples::notice;

    fn told(reason: Reason) -> Vec<Value> {
        records(&notice(reason), &Texts::compile(&Templates::default()).unwrap())
    }

    #[test]
    fn an_event_says_all_in_texts() {
        let [record] = told(Reason::FirstBreach).try_into().unwrap();
        assert!(record.as_object().unwrap().values().all(Value::is_string), "{record}");
        assert_eq!(record["message_key"], "cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6");
        assert_eq!(
            (&record["severity"], &record["resolution_state"]),
            (&"1".into(), &"New".into())
        );
        assert_eq!(record["time_of_event"], "2024-05-15 14:32:20");
        assert_eq!(record["node"], "queue-id-8f3a2c1d");
        let more = record["additional_info"].as_str().unwrap();
        let more: Value = serde_json::from_str(more).unwrap();
        assert_eq!((&more["threshold_value"], &more["priority"]), (&"15".into(), &"P1".into()));
        assert!(more.as_object().unwrap().values().all(Value::is_string), "{more}");
        let word = told(Reason::Announcement);
        assert_eq!((&word[0]["severity"], word.len()), (&"5".into(), 1));
    }

    #[test]
    fn an_end_clears_the_same_message_key() {
        let (first, last) = (told(Reason::FirstBreach), told(Reason::Recovered));
        assert_eq!(first[0]["message_key"], last[0]["message_key"]);
        assert_eq!(last[0]["severity"], "0");
        assert_eq!(last[0]["resolution_state"], "Closing");
    }

    #[test]
    fn a_digest_is_several_records() {
        let severities: Vec<Value> =
            told(Reason::Digest).iter().map(|one| one["severity"].clone()).collect();
        assert_eq!(severities, ["1", "0"]);
    }

    #[test]
    fn a_page_in_the_place_of_an_answer_is_no_yes() {
        let page = Reply::new(200, "text/html", "<h1>Your instance is hibernating</h1>");
        let failed = Reply::new(200, "application/json", r#"{"error": {"message": "no"}}"#);
        assert!(says_failure(&page) && says_failure(&failed));
        assert!(!says_failure(&Reply::empty(200)));
        assert!(!says_failure(&Reply::new(201, "application/json", r#"{"default": "sent"}"#)));
    }
}
