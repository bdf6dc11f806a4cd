//! Guide 1's payload, its limits, and what answers mean.

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
    Key::read(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap_or_else(|_| panic!())
}

#[test]
fn a_retry_has_the_same_id_and_body_and_a_new_time() {
    let notice = notice(Reason::FirstBreach);
    let attempt = |at| {
        let body = text(body(&notice, &texts(), None));
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
    assert_eq!(text(body(&notice(Reason::FirstBreach), &texts(), None)), golden);
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
    assert_eq!(text(body(&notice(Reason::Digest), &texts(), None)), golden);
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
    let bytes = body(&one, &texts, None).unwrap().len();
    assert!(bytes < WEBHOOK_NOTICE_BYTES_MAX, "{bytes}");
    let many =
        Notice { subject: Subject::Digest(alloc::vec![alert; 100]), ..notice(Reason::Digest) };
    let digest = body(&many, &texts, None).unwrap();
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
    for status in [400, 404, 413] {
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
