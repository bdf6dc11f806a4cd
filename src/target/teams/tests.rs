//! The cards, their limits, and what a flow's answers mean.

use alloc::string::ToString;

use serde_json::Value;

use super::*;
use crate::model::config::Templates;
use crate::model::notice::Reason;
use crate::target::samples::{business_of_tier_2, facts, joined, notice, text};

fn texts() -> Texts {
    Texts::compile(&Templates::default()).unwrap()
}

#[test]
fn a_card_is_what_a_flow_takes() {
    let golden = joined(
        r#"{"type":"message","attachments":[{
        "contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,
        "content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json",
        "type":"AdaptiveCard","version":"1.2","body":[{"type":"TextBlock",
        "text":"P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s","wrap":true,
        "weight":"Bolder","size":"Medium","style":"heading","color":"attention"},
        {"type":"FactSet","facts":[{"title":"calls_waiting","value":"22"},
        {"title":"threshold","value":">= 15"},
        {"title":"in breach since","value":"2024-05-15T14:31:35Z (45 s)"},
        {"title":"priority","value":"P1, critical"},
        {"title":"longest_wait","value":"135 s"},{"title":"agents_available","value":"4"}]},
        {"type":"TextBlock","text":"new breach, notice 1 | cxone-prod queue-id-8f3a2c1d | "#,
    ) + &joined(
        r#"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6","wrap":true,
        "size":"Small","isSubtle":true}],"actions":[{"type":"Action.OpenUrl",
        "title":"Live view","url":"https://api.example/ui/queues/8f3a?a=1&b=2"}],
        "msteams":{"width":"full"}}}]}"#,
    );
    assert_eq!(text(body(&notice(Reason::FirstBreach), &texts())), golden);
}

fn card(notice: &Notice, texts: &Texts) -> Value {
    let bytes = body(notice, texts).unwrap();
    assert!(bytes.len() <= TEAMS_CARD_BYTES_MAX, "{}", bytes.len());
    let message: Value = serde_json::from_slice(&bytes).unwrap();
    message["attachments"][0]["content"].clone()
}

#[test]
fn the_colour_says_how_bad_it_is() {
    let shown = |severity, reason| {
        let mut notice = notice(reason);
        if let Subject::Alert(facts) = &mut notice.subject {
            facts.severity = severity;
        }
        card(&notice, &texts())["body"][0]["color"].as_str().unwrap().to_string()
    };
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let expected = ["attention", "attention", "warning", "accent"];
    assert_eq!(all.map(|severity| shown(severity, Reason::Repeat)), expected);
    assert_eq!(shown(Severity::Critical, Reason::Recovered), "good");
}

#[test]
fn a_card_stays_under_the_limit_of_teams_and_says_what_it_left_out() {
    let templates = Templates {
        summary: Some("{{ '\u{20ac}' * 3000 }}".into()),
        body: Some("{{ '\"' * 9000 }}".into()),
    };
    let mut long = facts(Reason::FirstBreach);
    long.entity_name = "\u{20ac}".repeat(10_000).into();
    long.monitoring_url = Some("https://x.example/".repeat(113).into());
    let mut business = business_of_tier_2();
    business.owner = Some("\u{20ac}".repeat(9_000).into());
    business.runbook = long.monitoring_url.clone();
    long.business = Some(business.into());
    while long.context.push(long.context[0]).is_ok() {}
    for templates in [templates, Templates::default()] {
        let texts = Texts::compile(&templates).unwrap();
        let subject = Subject::Alert(long.clone().into());
        card(&Notice { subject, ..notice(Reason::FirstBreach) }, &texts);
        let subject = Subject::Digest(alloc::vec![long.clone(); 300]);
        let card = card(&Notice { subject, ..notice(Reason::Digest) }, &texts);
        let lines = card["body"].as_array().unwrap();
        let told = lines.len() - 2;
        let last = lines.last().unwrap()["text"].as_str().unwrap();
        assert!(last.starts_with(&format!("and {} more;", 300 - told)), "{last}");
        assert!((1..300).contains(&told), "{told}");
    }
}

#[test]
fn no_name_of_a_queue_makes_a_link() {
    let mut notice = notice(Reason::FirstBreach);
    if let Subject::Alert(facts) = &mut notice.subject {
        facts.entity_name = "[VIP](https://evil.example) **now**".into();
    }
    let shown = card(&notice, &texts()).to_string();
    assert!(shown.contains(r"\\[VIP\\](https://evil.example)"), "{shown}");
    assert!(shown.contains(r"\\*\\*now\\*\\*") && !shown.contains("**"), "{shown}");
}

#[test]
fn an_announcement_is_a_card_too() {
    let card = card(&notice(Reason::Announcement), &texts());
    assert_eq!(card["body"][0]["text"], "Window \"m-1\" begins");
    assert_eq!(card["body"][1]["text"], "until 06:00");
    assert_eq!(card["actions"], Value::Null);
}

#[test]
fn every_answer_has_its_meaning() {
    let meaning = |status| match classify(&Reply::empty(status)) {
        Delivery::Accepted { .. } => "accepted".to_string(),
        Delivery::Later { after, .. } => format!("later {:?}", after.map(|a| a.0)),
        Delivery::Refused { .. } => "refused".into(),
        Delivery::Disabled { .. } => "disabled".into(),
        Delivery::Next(_) => "next".into(),
    };
    assert_eq!(meaning(202), "accepted");
    assert_eq!(meaning(429), "later Some(30000)");
    for status in [408, 500, 502, 503] {
        assert_eq!(meaning(status), "later None", "{status}");
    }
    for status in [200, 400, 413] {
        assert_eq!(meaning(status), "refused", "{status}");
    }
    for status in [401, 403, 404, 410] {
        assert_eq!(meaning(status), "disabled", "{status}");
    }
}
