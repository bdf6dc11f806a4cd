//! What Datadog is told, and what its answers mean.

use super::*;
use crate::model::config::Templates;
use crate::model::notice::Reason;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::time::{Now, Tick};
use crate::target::Texts;
use crate::target::samples::{NOW, facts, notice};

fn target() -> Datadog {
    Datadog {
        url: TextOrSecret::Text("https://intake.example/api/v2/events".into()),
        api_url: TextOrSecret::Text("https://api.example".into()),
        api_key: SecretRef::Credential("key".into()),
        tags: Vec::from(["team:noc".into()]),
        service_check: Some("andon.alert".into()),
    }
}

fn asked(notice: &Notice, stage: &Stage, texts: &Texts, now: Now) -> (String, Value) {
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("key".into()), Secret::new("dd-key"));
    let letter = Letter { notice, texts, secrets: &secrets, now, thread: None, stage };
    let Outgoing::Http(request) = target().ask(&letter).unwrap() else { panic!("by HTTP") };
    assert!(request.headers.contains(&("dd-api-key".into(), "dd-key".into())));
    (request.url, serde_json::from_slice(&request.body).unwrap())
}

fn event(notice: &Notice) -> Value {
    let texts = Texts::compile(&Templates::default()).unwrap();
    asked(notice, &Stage::First, &texts, NOW).1["data"]["attributes"].clone()
}

#[test]
fn events_of_one_alert_have_one_key_and_its_end_is_ok() {
    let open = event(&notice(Reason::FirstBreach));
    assert_eq!(open["title"], "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s");
    assert_eq!(open["timestamp"], "2024-05-15T14:32:20Z");
    assert_eq!(open["attributes"]["status"], "error");
    assert_eq!(open["attributes"]["priority"], "1");
    assert_eq!(open["attributes"]["custom"]["longest_wait_seconds"], 135);
    assert_eq!(open["attributes"]["links"][0]["category"], "dashboard");
    assert_eq!(
        open["tags"],
        json!([
            "team:noc",
            "source:cxone-prod",
            "platform:nice-cxone",
            "entity:queue-id-8f3a2c1d",
            "metric:routing.queue.calls_waiting",
            "priority:P1",
            "severity:critical"
        ])
    );
    let over = event(&notice(Reason::Recovered));
    assert_eq!(over["aggregation_key"], open["aggregation_key"]);
    assert_eq!(over["attributes"]["status"], "ok");
    let status = |severity| {
        let mut notice = notice(Reason::Repeat);
        if let Subject::Alert(facts) = &mut notice.subject {
            facts.severity = severity;
        }
        event(&notice)["attributes"]["status"].as_str().unwrap().to_string()
    };
    assert_eq!(
        [Severity::High, Severity::Medium, Severity::Low].map(status),
        ["error", "warn", "warn"]
    );
}

#[test]
fn a_service_check_follows_its_event() {
    let texts = Texts::default();
    let notice = |reason| notice(reason);
    let taken = Reply::empty(202);
    let heard = target().hear(&notice(Reason::FirstBreach), &Stage::First, &taken);
    let Delivery::Next(stage) = heard else { panic!("{heard:?}") };
    let (url, body) = asked(&notice(Reason::FirstBreach), &stage, &texts, NOW);
    assert_eq!(url, "https://api.example/api/v1/check_run");
    assert_eq!((&body[0]["check"], &body[0]["status"]), (&"andon.alert".into(), &2.into()));
    assert_eq!(asked(&notice(Reason::Recovered), &stage, &texts, NOW).1[0]["status"], 0);
    let tags = |reason| asked(&notice(reason), &stage, &texts, NOW).1[0]["tags"].clone();
    assert_eq!(tags(Reason::FirstBreach), tags(Reason::Recovered));
    assert_eq!(target().hear(&notice(Reason::FirstBreach), &stage, &taken), Delivery::ACCEPTED);
    let silent = Datadog { service_check: None, ..target() };
    let heard = silent.hear(&notice(Reason::FirstBreach), &Stage::First, &taken);
    assert_eq!(heard, Delivery::ACCEPTED);
    let heard = target().hear(&notice(Reason::Digest), &Stage::First, &taken);
    assert_eq!(heard, Delivery::ACCEPTED);
}

#[test]
fn a_digest_opens_no_alert() {
    let texts = Texts::default();
    let (url, body) = asked(&notice(Reason::Digest), &Stage::First, &texts, NOW);
    assert_eq!(url, "https://api.example/api/v1/events");
    assert_eq!((&body["alert_type"], &body["priority"]), (&"info".into(), &"low".into()));
    let many = alloc::vec![facts(Reason::Repeat); 300];
    let many = Notice { subject: Subject::Digest(many), ..notice(Reason::Digest) };
    let (_, body) = asked(&many, &Stage::First, &texts, NOW);
    let text = body["text"].as_str().unwrap();
    let told = text.lines().count() - 1;
    assert!(text.ends_with("shows them [cut]") && text.chars().count() <= 4_000);
    assert!(text.contains(&format!("\nand {} more;", 300 - told)), "{text}");
    let (_, word) = asked(&notice(Reason::Announcement), &Stage::First, &texts, NOW);
    assert_eq!(
        (&word["aggregation_key"], &word["text"]),
        (&"window:m-1".into(), &"until 06:00".into())
    );
}

#[test]
fn a_key_that_is_too_long_is_still_its_own() {
    let long = |end: &str| aggregation_key(&format!("{}{end}", "\u{20ac}".repeat(50)));
    assert!(long("a").len() <= 100 && long("a").starts_with('\u{20ac}'));
    assert_ne!(long("a"), long("b"));
    assert_eq!(aggregation_key(&"x".repeat(100)), "x".repeat(100));
}

#[test]
fn what_is_too_long_is_cut_and_says_so() {
    let templates = Templates {
        summary: Some("{{ 'x' * 1000 }}".into()),
        body: Some("{{ 'y' * 9000 }}".into()),
    };
    let texts = Texts::compile(&templates).unwrap();
    let mut long = notice(Reason::FirstBreach);
    if let Subject::Alert(facts) = &mut long.subject {
        facts.platform = "a b,c".repeat(100).into();
    }
    let (_, body) = asked(&long, &Stage::First, &texts, NOW);
    let attributes = &body["data"]["attributes"];
    let text = |name: &str| attributes[name].as_str().unwrap();
    assert!(text("title").ends_with(" [cut]") && text("title").len() == 500);
    assert!(text("message").ends_with(" [cut]") && text("message").len() <= 4_000);
    let tags = attributes["tags"].as_array().unwrap();
    assert!(tags.iter().all(|tag| tag.as_str().unwrap().chars().count() <= 200));
    assert!(!attributes["tags"].to_string().contains("a b"));
}

#[test]
fn what_is_too_old_for_datadog_goes_without_its_time() {
    let late = Now { tick: Tick(18 * 3_600_000), ..NOW };
    let unsure = Now { trust: ClockTrust::Untrusted, ..NOW };
    for now in [late, unsure] {
        let (_, body) = asked(&notice(Reason::FirstBreach), &Stage::First, &Texts::default(), now);
        let attributes = &body["data"]["attributes"];
        assert_eq!(attributes["timestamp"], Value::Null);
        assert!(attributes["message"].as_str().unwrap().contains("This was so "));
    }
}

#[test]
fn every_answer_has_its_meaning() {
    let meaning = |status| match classify(&Reply::empty(status)) {
        Delivery::Accepted { .. } => "accepted",
        Delivery::Later { .. } => "later",
        Delivery::Refused { .. } => "refused",
        Delivery::Disabled { .. } => "disabled",
        Delivery::Next(_) => "next",
    };
    assert_eq!(meaning(202), "accepted");
    for status in [408, 429, 500, 503] {
        assert_eq!(meaning(status), "later", "{status}");
    }
    for status in [200, 400, 404, 413] {
        assert_eq!(meaning(status), "refused", "{status}");
    }
    for status in [401, 403] {
        assert_eq!(meaning(status), "disabled", "{status}");
    }
    let throttled = Reply::empty(429).with_header("x-ratelimit-reset", "17");
    let Delivery::Later { after, .. } = classify(&throttled) else { panic!("later") };
    assert_eq!(after, Some(Span::secs(17)));
}
