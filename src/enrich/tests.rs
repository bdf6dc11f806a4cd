//! Look-ups under a clock that the test moves.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::limits::ENRICHMENT_DEADLINE;
use crate::model::business::{CmdbConfig, ContextRow};
use crate::model::login::HttpLogin;
use crate::model::time::{ClockTrust, UtcMs};

fn at(seconds: i64) -> Now {
    Now { tick: Tick(seconds * 1_000), utc: UtcMs(seconds * 1_000), trust: ClockTrust::Ntp }
}

fn whom(entity: &str) -> Whom {
    (SourceName::new("cxone").unwrap(), EntityId::new(entity).unwrap())
}

fn enrich() -> Enrich {
    let fields = ["impact", "unit", "owner", "runbook"].map(Into::into);
    let (url, login, rows) = ("https://c.example/{entity_id}".into(), HttpLogin::None, "@".into());
    let cmdb = Cmdb::compile(&CmdbConfig { url, login, rows, fields }).unwrap();
    let business = Business { impact: Some("table".into()), ..Business::default() };
    let row = ContextRow { source: None, entity: "vip".into(), business, labels: Vec::new() };
    let config = Enrichment { rows: Vec::from([row]), ..Enrichment::default() };
    Enrich::new(&config, Some(cmdb))
}

/// The steps that there are: `ask 0 tier-2`, `learned tier-2 risk`, `again tier-2`, `say ...`.
fn steps(enrich: &mut Enrich, second: i64) -> String {
    let mut said = Vec::new();
    while let Some(step) = enrich.next_step(&Secrets::default(), at(second)) {
        said.push(match step {
            Step::Ask { number, request } => {
                assert_eq!(request.deadline, ENRICHMENT_DEADLINE);
                format!("ask {number} {}", request.url.trim_start_matches("https://c.example/"))
            }
            Step::Learned { whom, learned } => format!("learned {} {}", whom.1, word(&learned)),
            Step::Again(whom) => format!("again {}", whom.1),
            Step::RereadSecrets => "reread".into(),
            Step::Say(level, text) => format!("{level} {text}"),
        });
    }
    said.join(", ")
}

fn word(learned: &Learned) -> String {
    match learned {
        Learned::Known(business) => business.impact().to_string(),
        Learned::Unknown => "unknown".into(),
        Learned::Failed => "failed".into(),
    }
}

fn look(enrich: &mut Enrich, entity: &str, second: i64) -> String {
    match enrich.look_up(&whom(entity), entity, at(second)) {
        Found::Now(learned) => word(&learned),
        Found::Asked => "asked".into(),
    }
}

fn answer(enrich: &mut Enrich, number: u64, status: u16, body: &str, second: i64) -> String {
    enrich.answered(number, &Ok(Reply::new(status, "application/json", body)), at(second));
    steps(enrich, second)
}

const RISK: &str = r#"{"impact": "risk"}"#;

#[test]
fn an_entity_is_asked_about_once_a_minute() {
    let mut enrich = enrich();
    assert_eq!(look(&mut enrich, "vip", 0), "table");
    for _ in 0..1_000 {
        assert_eq!(look(&mut enrich, "a", 0), "asked");
    }
    assert_eq!(steps(&mut enrich, 0), "ask 0 a");
    assert_eq!(answer(&mut enrich, 0, 200, RISK, 1), "learned a risk");
    for second in 1..61 {
        assert_eq!(look(&mut enrich, "a", second), "risk");
    }
    assert_eq!(look(&mut enrich, "a", 61), "asked");
    assert_eq!(enrich.counts.asked, 1);
    assert_eq!(answer(&mut enrich, 0, 200, RISK, 61), "ask 1 a", "an old answer is nobody's");
}

#[test]
fn a_few_look_ups_are_under_way_and_the_rest_wait() {
    let mut enrich = enrich();
    for entity in ["a", "b", "c", "d", "e", "f"] {
        assert_eq!(look(&mut enrich, entity, 0), "asked");
    }
    assert_eq!(steps(&mut enrich, 0), "ask 0 a, ask 1 b, ask 2 c, ask 3 d");
    assert_eq!(answer(&mut enrich, 2, 404, "", 1), "learned c unknown, ask 4 e");
    assert_eq!(answer(&mut enrich, 0, 200, RISK, 1), "learned a risk, ask 5 f");
}

#[test]
fn a_database_in_trouble_is_left_alone_for_a_while() {
    let mut enrich = enrich();
    for entity in ["a", "b", "c", "d", "e"] {
        look(&mut enrich, entity, 0);
    }
    steps(&mut enrich, 0);
    let said = answer(&mut enrich, 0, 401, "no", 1);
    let wanted = "reread, WARN the configuration database: it refuses the login with 401: no; \
                  entities are told as unmapped meanwhile, learned e failed, learned a failed";
    assert_eq!(said, wanted);
    assert_eq!(look(&mut enrich, "f", 2), "failed");
    assert_eq!(steps(&mut enrich, 2), "");
    // What was under way already may still come.
    assert_eq!(
        answer(&mut enrich, 1, 200, RISK, 3),
        "INFO the configuration database answers again, learned b risk"
    );
    assert_eq!(enrich.next_wake().unwrap().at, at(16).tick);
    assert_eq!(steps(&mut enrich, 16), "again a, again e, again f");
    assert_eq!(look(&mut enrich, "f", 16), "asked");
    let asked = steps(&mut enrich, 16);
    assert_eq!(asked, "ask 4 f");
    enrich.answered(4, &Err(LinkFault::Timeout), at(21));
    assert!(steps(&mut enrich, 21).starts_with("WARN"), "it was well in between");
}

#[test]
fn what_is_not_known_is_asked_again() {
    let mut enrich = enrich();
    look(&mut enrich, "a", 0);
    look(&mut enrich, "b", 0);
    steps(&mut enrich, 0);
    answer(&mut enrich, 0, 200, RISK, 0);
    assert_eq!(answer(&mut enrich, 1, 200, r#"{"owner": "x"}"#, 0), "learned b unmapped");
    assert_eq!(steps(&mut enrich, 59), "");
    assert_eq!(steps(&mut enrich, 60), "again b");
    assert_eq!((enrich.entities.len(), enrich.ends.len()), (0, 0), "nothing is left of it");
    assert_eq!(enrich.next_wake().map(|wake| wake.at), None);
}

#[test]
fn the_oldest_answer_gives_way() {
    let mut enrich = enrich();
    for number in 0..ENRICHMENT_ENTITIES_MAX {
        look(&mut enrich, &format!("q{number}"), 0);
    }
    assert_eq!(look(&mut enrich, "more", 0), "failed", "all are under way");
    steps(&mut enrich, 0);
    for (number, second) in [(1, 5), (0, 6)] {
        answer(&mut enrich, number, 200, RISK, second);
    }
    assert_eq!(look(&mut enrich, "more", 7), "asked");
    assert_eq!(look(&mut enrich, "q0", 7), "risk");
    assert_eq!(look(&mut enrich, "q1", 7), "asked", "it has given way, and q0 does now");
    assert_eq!(enrich.entities.len(), ENRICHMENT_ENTITIES_MAX);
}

#[test]
fn a_name_that_would_ask_for_others_is_not_asked_about() {
    let mut enrich = enrich();
    look(&mut enrich, "..", 0);
    assert!(steps(&mut enrich, 0).ends_with("learned .. unknown"));
    assert_eq!(enrich.counts, Counts { unknown: 1, ..Counts::default() });
}
