//! A Prometheus Alertmanager by its API v2: one alert of ours is one of its own.
//!
//! Its labels are what it knows an alert by, and severity and priority are among them, since they
//! are what it routes by. Where they have changed, the alert by its old labels is ended in the same
//! request. It takes for over what it does not hear of again, so each notice says until when an
//! alert stands: `ends_after`, and at once where it is over.
//!
//! # Promises
//! - `an_alert_fires_by_its_labels_and_ends_by_the_same`
//! - `a_graver_alert_takes_the_place_of_the_one_before`
//! - `a_clock_that_is_not_trusted_dates_nothing`: a date of 1970 would end an alert.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::cut::{lines, one_line};
use super::delivery::Delivery;
use super::facts::{
    business_unit, cause, dependents, detail, entity_name, impact, link, owner, runbook,
};
use super::texts::Texts;
use super::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, json, made, signed,
};
use crate::limits::{
    ALERTMANAGER_TEXT_CHARS_MAX, ALERTMANAGER_WORD_STANDS, SUMMARY_CHARS_MAX, TELL_DEADLINE,
};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::target::Alertmanager;
use crate::model::time::{ClockTrust, Now, Span, UtcMs};

impl Speak for Alertmanager {
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
        let Letter { notice, secrets, .. } = letter;
        let url = address(secrets, &self.url)?.trim_end_matches('/');
        let url = match url.ends_with(PATH) {
            true => url.to_string(),
            false => format!("{url}{PATH}"),
        };
        let alerts = match &notice.subject {
            Subject::Alert(facts) => self.alert(facts, letter),
            // Each of them stands for longer, or is over.
            Subject::Digest(alerts) => alerts
                .iter()
                .map(|facts| self.posted(facts, Reason::Digest, letter, Face::of(facts)))
                .collect(),
            Subject::Word(word) => Vec::from([self.word(word, letter)]),
        };
        let request = Request::post_json(&url, json(&alerts)?, TELL_DEADLINE);
        signed(request, &self.login, secrets).map(Outgoing::Http)
    }

    fn hear(&self, notice: &Notice, _: &Stage, reply: &Reply) -> Delivery {
        let thread = match &notice.subject {
            Subject::Alert(facts) => Some(Face::of(facts).to_string().into()),
            Subject::Digest(_) | Subject::Word(_) => None,
        };
        classify(reply, thread)
    }
}

/// What an answer of its means.
fn classify(reply: &Reply, thread: Option<Box<str>>) -> Delivery {
    match reply.status {
        200 if !reply.body.trim_ascii().starts_with(b"<") => Delivery::Accepted { thread },
        200 => Delivery::refused(reply, "a page for people answers there; look at the url"),
        408 | 429 | 500..=599 => Delivery::later(reply, Span::ZERO),
        401 | 403 => Delivery::disabled(reply, "check the target's token, or user and password"),
        404 | 405 => {
            Delivery::disabled(reply, "no API v2 of an Alertmanager is there; look at the url")
        }
        _ => Delivery::refused(reply, ""),
    }
}

const PATH: &str = "/api/v2/alerts";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted<'a> {
    labels: BTreeMap<&'a str, String>,
    annotations: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<&'a str>,
}

/// The labels that may change while an alert lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Face {
    severity: String,
    priority: String,
}

impl Face {
    fn of(facts: &AlertFacts) -> Self {
        Self { severity: facts.severity.to_string(), priority: facts.priority.to_string() }
    }

    /// What it was when the target last took it.
    fn remembered(letter: &Letter<'_>) -> Option<Self> {
        let (severity, priority) = letter.thread?.reference.split_once(' ')?;
        Some(Self { severity: severity.into(), priority: priority.into() })
    }
}

impl core::fmt::Display for Face {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.severity, self.priority)
    }
}

impl Alertmanager {
    /// The alert, and where it had another face the end of that.
    fn alert<'a>(&'a self, facts: &'a AlertFacts, letter: &Letter<'a>) -> Vec<Posted<'a>> {
        let now = Face::of(facts);
        let before = Face::remembered(letter).filter(|before| *before != now);
        let over = before.map(|before| {
            let mut over = self.posted(facts, letter.notice.reason, letter, before);
            over.ends_at = Some(letter.now.utc.rfc3339());
            over
        });
        let posted = self.posted(facts, letter.notice.reason, letter, now);
        over.into_iter().chain([posted]).collect()
    }

    fn posted<'a>(
        &'a self,
        facts: &'a AlertFacts,
        reason: Reason,
        letter: &Letter<'a>,
        face: Face,
    ) -> Posted<'a> {
        let Face { severity, priority } = face;
        let own = [
            ("alertname", facts.metric.short().to_string()),
            ("severity", severity),
            ("priority", priority),
            ("entity", facts.entity.to_string()),
            ("source", facts.source.to_string()),
            ("platform", facts.platform.to_string()),
            ("metric", facts.metric.name().to_string()),
            ("alert_key", facts.key.to_string()),
        ];
        let (starts_at, ends_at) = self.times(facts, letter);
        Posted {
            labels: self.labelled(own),
            annotations: annotations(facts, reason, letter.texts),
            starts_at,
            ends_at,
            generator_url: link(facts),
        }
    }

    fn times(&self, facts: &AlertFacts, letter: &Letter<'_>) -> (Option<String>, Option<String>) {
        let now = letter.now;
        let ends =
            if facts.resolved { made(letter.notice, now) } else { now.utc + self.ends_after };
        match (now.trust, facts.resolved) {
            (ClockTrust::Untrusted, false) => (None, None),
            // An end without a beginning ends it whenever it began.
            (ClockTrust::Untrusted, true) => (None, Some(ends.rfc3339())),
            _ => {
                let starts = UtcMs(facts.first_breach.0.min(ends.0));
                (Some(starts.rfc3339()), Some(ends.rfc3339()))
            }
        }
    }

    /// What is about no single alert stands for a moment, so that it is routed as alerts are.
    fn word<'a>(&'a self, word: &crate::model::notice::Word, letter: &Letter<'a>) -> Posted<'a> {
        let own = [
            ("alertname", "andon_announcement".to_string()),
            ("severity", "info".into()),
            ("about", one_line(&word.key, ALERTMANAGER_TEXT_CHARS_MAX)),
        ];
        let mut annotations = BTreeMap::new();
        annotations.insert("summary", one_line(&word.headline, SUMMARY_CHARS_MAX));
        if !word.text.is_empty() {
            annotations.insert("description", lines(&word.text, ALERTMANAGER_TEXT_CHARS_MAX));
        }
        let until = |now: Now| (now.utc + ALERTMANAGER_WORD_STANDS).rfc3339();
        let ends_at = (letter.now.trust != ClockTrust::Untrusted).then(|| until(letter.now));
        Posted {
            labels: self.labelled(own),
            annotations,
            starts_at: None,
            ends_at,
            generator_url: None,
        }
    }

    /// Labels of the file and our own; an empty one is none.
    fn labelled<const N: usize>(&self, own: [(&'static str, String); N]) -> BTreeMap<&str, String> {
        let of_file = self.labels.iter().map(|(name, text)| (&**name, text.to_string()));
        of_file.chain(own).filter(|(_, text)| !text.is_empty()).collect()
    }
}

fn annotations(
    facts: &AlertFacts,
    reason: Reason,
    texts: &Texts,
) -> BTreeMap<&'static str, String> {
    let wording = texts.word(facts, reason);
    let told = [
        ("summary", Some(wording.summary)),
        ("description", Some(lines(wording.body.as_str(), ALERTMANAGER_TEXT_CHARS_MAX))),
        ("runbook_url", runbook(facts).map(Into::into)),
        ("entity_name", Some(entity_name(facts))),
        ("value", Some(facts.metric.unit().show(facts.value))),
        (
            "threshold",
            Some(format!("{} {}", facts.operator, facts.metric.unit().show(facts.threshold))),
        ),
        ("reason", Some(reason.as_str().into())),
        (
            "in_hand",
            facts
                .hand
                .as_ref()
                .map(|hand| one_line(&hand.to_string(), ALERTMANAGER_TEXT_CHARS_MAX)),
        ),
        ("business_impact", facts.business.as_ref().map(|_| impact(facts))),
        ("business_unit", business_unit(facts)),
        ("owner", owner(facts)),
        ("detail", detail(facts)),
        ("dependents", dependents(facts)),
        ("cause", cause(facts)),
        ("template_fault", wording.template_fault),
    ];
    let told = told.into_iter().filter_map(|(name, text)| Some((name, text?)));
    told.filter(|(_, text)| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::config::{Templates, TextOrSecret};
    use crate::model::login::HttpLogin;
    use crate::model::name::TargetName;
    use crate::model::rule::Severity;
    use crate::model::secret::Secrets;
    use crate::model::thread::Thread;
    use crate::target::samples::{NOW, notice};

    fn target(url: &str) -> Alertmanager {
        Alertmanager {
            url: TextOrSecret::Text(url.into()),
            login: HttpLogin::None,
            labels: Vec::from([("team".into(), "noc".into())]),
            ends_after: Span::secs(604_800),
        }
    }

    fn request(notice: &Notice, before: Option<&str>, now: Now) -> Request {
        let texts = Texts::compile(&Templates::default()).unwrap();
        let Subject::Alert(facts) = &notice.subject else { panic!("about an alert") };
        let thread = before.map(|reference| {
            let target = TargetName::new("ops").unwrap();
            Thread::new(facts.key.clone(), target, reference.into())
        });
        let (secrets, stage) = (&Secrets::default(), &Stage::First);
        let letter = Letter { notice, texts: &texts, secrets, now, thread: thread.as_ref(), stage };
        let Outgoing::Http(request) = target("https://am.example/x/").ask(&letter).unwrap() else {
            panic!("by HTTP")
        };
        assert_eq!(request.url, "https://am.example/x/api/v2/alerts");
        request
    }

    fn posted(notice: &Notice, before: Option<&str>) -> Vec<Value> {
        serde_json::from_slice(&request(notice, before, NOW).body).unwrap()
    }

    #[test]
    fn an_alert_fires_by_its_labels_and_ends_by_the_same() {
        let [fires] = &*posted(&notice(Reason::FirstBreach), None) else { panic!("one") };
        let labels = serde_json::json!({
            "alertname": "calls_waiting", "severity": "critical", "priority": "P1", "team": "noc",
            "entity": "queue-id-8f3a2c1d", "source": "cxone-prod", "platform": "nice-cxone",
            "metric": "routing.queue.calls_waiting",
            "alert_key": "cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6",
        });
        assert_eq!(fires["labels"], labels);
        assert_eq!(fires["startsAt"], "2024-05-15T14:31:35Z");
        assert_eq!(fires["endsAt"], "2024-05-22T14:32:25Z");
        assert_eq!(fires["generatorURL"], "https://api.example/ui/queues/8f3a?a=1&b=2");
        assert_eq!(fires["annotations"]["entity_name"], "Tier-2 Support");
        let [ends] = &*posted(&notice(Reason::Recovered), Some("critical P1")) else {
            panic!("one")
        };
        assert_eq!(ends["labels"], labels);
        assert_eq!(ends["endsAt"], "2024-05-15T14:32:20Z", "when it was over, not when it is told");
    }

    #[test]
    fn a_graver_alert_takes_the_place_of_the_one_before() {
        let mut graver = notice(Reason::Escalation);
        let [over, fires] = &*posted(&graver, Some("medium P2")) else { panic!("two") };
        assert_eq!(
            (&over["labels"]["severity"], &over["labels"]["priority"]),
            (&"medium".into(), &"P2".into())
        );
        assert_eq!(over["endsAt"], "2024-05-15T14:32:25Z");
        assert_eq!(fires["labels"]["severity"], "critical");
        assert_eq!(posted(&graver, Some("critical P1")).len(), 1);
        if let Subject::Alert(facts) = &mut graver.subject {
            facts.severity = Severity::Low;
        }
        let reply = Reply::empty(200);
        let heard = target("https://am.example").hear(&graver, &Stage::First, &reply);
        assert_eq!(heard, Delivery::Accepted { thread: Some("low P1".into()) });
    }

    #[test]
    fn a_clock_that_is_not_trusted_dates_nothing() {
        let now = Now { trust: ClockTrust::Untrusted, utc: UtcMs(0), ..NOW };
        let posted = |reason| {
            let body = request(&notice(reason), None, now).body;
            serde_json::from_slice::<Vec<Value>>(&body).unwrap().remove(0)
        };
        let fires = posted(Reason::FirstBreach);
        assert_eq!((&fires["startsAt"], &fires["endsAt"]), (&Value::Null, &Value::Null));
        let ends = posted(Reason::Recovered);
        assert_eq!(ends["startsAt"], Value::Null);
        assert!(ends["endsAt"].is_string());
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let meaning = |status, body: &str| match classify(
            &Reply::new(status, "application/json", body),
            None,
        ) {
            Delivery::Accepted { .. } => "accepted",
            Delivery::Later { .. } => "later",
            Delivery::Refused { .. } => "refused",
            Delivery::Disabled { .. } => "disabled",
            Delivery::Next(_) => "next",
        };
        assert_eq!(meaning(200, ""), "accepted");
        assert_eq!(meaning(200, "\n<html>"), "refused");
        for status in [408, 429, 500, 503] {
            assert_eq!(meaning(status, ""), "later", "{status}");
        }
        for status in [202, 400, 415] {
            assert_eq!(meaning(status, ""), "refused", "{status}");
        }
        for status in [401, 403, 404, 405] {
            assert_eq!(meaning(status, ""), "disabled", "{status}");
        }
    }
}
