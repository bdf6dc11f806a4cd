//! The events of PagerDuty as the guide writes them, and what its answers mean.

use alloc::string::ToString;

use super::*;
use crate::model::config::Templates;
use crate::model::secret::SecretRef;
use crate::target::samples::{joined, notice, text};

fn texts() -> Texts {
    Texts::compile(&Templates::default()).unwrap()
}

fn event(notice: &Notice) -> Value {
    let key = Secret::new("0123456789abcdef0123456789abcdef");
    serde_json::from_str(&text(body(notice, &texts(), &key, &[]))).unwrap()
}

#[test]
fn an_event_reads_as_guide_2_writes_it() {
    let key = Secret::new("0123456789abcdef0123456789abcdef");
    let golden = joined(
        r#"{"routing_key":"0123456789abcdef0123456789abcdef","event_action":"trigger",
        "dedup_key":"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6",
        "client":"andon","client_url":"https://api.example/ui/queues/8f3a?a=1&b=2",
        "links":[{"href":"https://api.example/ui/queues/8f3a?a=1&b=2",
        "text":"Live view"}],
        "payload":{"summary":"P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s",
        "source":"cxone-prod","severity":"critical","component":"queue-id-8f3a2c1d",
        "group":"cxone-prod","class":"routing.queue.calls_waiting",
        "timestamp":"2024-05-15T14:32:20Z","custom_details":{"current_value":22,
        "threshold_value":15,"breach_duration_seconds":45,"agents_available":4,
        "longest_wait_seconds":135,
        "monitoring_url":"https://api.example/ui/queues/8f3a?a=1&b=2",
        "entity_name":"Tier-2 Support","priority":"P1","reason":"first_breach",
        "alert_key":"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6",
        "notification_count":1,"held_back":0,
        "raises":1,"open_seconds":45,"worst_value":22}}}"#,
    );
    assert_eq!(text(body(&notice(Reason::FirstBreach), &texts(), &key, &[])), golden);
}

#[test]
fn a_breach_triggers_and_its_end_resolves_the_same_incident() {
    let said = |reason| {
        let event = event(&notice(reason));
        (event["event_action"].to_string(), event["dedup_key"].to_string())
    };
    let (trigger, key) = said(Reason::FirstBreach);
    assert_eq!(trigger, "\"trigger\"");
    assert_eq!(said(Reason::Repeat), (trigger.clone(), key.clone()));
    for reason in [Reason::Escalation, Reason::Reopened, Reason::Unstable, Reason::Settled] {
        assert_eq!(said(reason), (trigger.clone(), key.clone()));
    }
    assert_eq!(said(Reason::Recovered), ("\"resolve\"".into(), key));
}

#[test]
fn every_severity_has_pagerdutys_word() {
    let word = |of| {
        let mut notice = notice(Reason::FirstBreach);
        if let Subject::Alert(facts) = &mut notice.subject {
            facts.severity = of;
        }
        event(&notice)["payload"]["severity"].as_str().unwrap().to_string()
    };
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    assert_eq!(all.map(word), ["critical", "error", "warning", "info"]);
}

#[test]
fn a_digest_never_pages() {
    let key = Secret::new("key");
    let fault = body(&notice(Reason::Digest), &texts(), &key, &[]).unwrap_err();
    assert!(matches!(fault, TargetFault::Unfit(_)));
}

#[test]
fn the_longest_event_fits() {
    let templates = Templates {
        summary: Some("{{ '\u{1f600}' * 3000 }}".into()),
        body: Some("{{ '\"' * 9000 }}".into()),
    };
    let texts = Texts::compile(&templates).unwrap();
    let mut notice = notice(Reason::FirstBreach);
    if let Subject::Alert(facts) = &mut notice.subject {
        facts.entity_name = "\u{1f600}".repeat(10_000).into();
        facts.monitoring_url = Some(Box::from("https://x.example/".repeat(100)));
    }
    let event = body(&notice, &texts, &Secret::new("key"), &[]).unwrap();
    // PagerDuty's own bound; the bounds of the parts keep an event far below.
    assert!(event.len() < 512_000, "{}", event.len());
    let event: Value = serde_json::from_slice(&event).unwrap();
    let summary = event["payload"]["summary"].as_str().unwrap();
    assert!(summary.ends_with(" [cut]") && summary.chars().count() <= 1_024);
}

#[test]
fn an_address_that_is_not_https_is_no_link() {
    let mut notice = notice(Reason::FirstBreach);
    if let Subject::Alert(facts) = &mut notice.subject {
        facts.monitoring_url = Some("http://x.example/".into());
    }
    let event = event(&notice);
    assert_eq!(event["links"], Value::Null);
    assert_eq!(event["client_url"], "http://x.example/");
}

#[test]
fn every_answer_has_its_meaning() {
    let key = SecretRef::Credential("key".into());
    let target = PagerDuty::new(TextOrSecret::Text("https://x.test".into()), key);
    let hear = |reason, status| target.hear(&notice(reason), &Stage::First, &Reply::empty(status));
    let meaning = |status| match hear(Reason::FirstBreach, status) {
        Delivery::Accepted { .. } => "accepted".to_string(),
        Delivery::Later { after, .. } => alloc::format!("later {:?}", after.map(|a| a.0)),
        Delivery::Refused { .. } => "refused".into(),
        Delivery::Disabled { .. } => "disabled".into(),
        Delivery::Next(_) => "next".into(),
    };
    assert_eq!(meaning(202), "accepted");
    assert_eq!(meaning(429), "later Some(30000)");
    for status in [408, 500, 502, 503, 504, 599] {
        assert_eq!(meaning(status), "later None", "{status}");
    }
    for status in [200, 301, 400, 404, 413] {
        assert_eq!(meaning(status), "refused", "{status}");
    }
    for status in [401, 403] {
        assert_eq!(meaning(status), "disabled", "{status}");
    }
    for (reason, key) in [(Reason::FirstBreach, "url"), (Reason::Announcement, "change_url")] {
        let Delivery::Refused { why } = hear(reason, 404) else { panic!("{reason}") };
        assert!(why.ends_with(&alloc::format!("check the target's {key}")), "{why}");
    }
}
