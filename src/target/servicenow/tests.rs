//! The exchanges with the incident table, request by request.

use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::model::config::Templates;
use crate::model::hand::Hand;
use crate::model::login::HttpLogin;
use crate::model::name::TargetName;
use crate::model::rule::Priority;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::target::IncidentStates;
use crate::model::thread::Thread;
use crate::target::Texts;
use crate::target::samples::{NOW, notice};

pub(super) fn target() -> ServiceNow {
    ServiceNow {
        url: TextOrSecret::Text("https://x.service-now.com/api/now/v2/table/incident".into()),
        login: HttpLogin::Basic {
            user: "andon".into(),
            password: SecretRef::Credential("sn".into()),
        },
        fields: Vec::from([("assignment_group".into(), "Network".into())]),
        states: IncidentStates {
            open: "1".into(),
            acknowledged: "2".into(),
            resolved: "6".into(),
            closed: Vec::from(["7".into(), "8".into()]),
        },
        close_code: "Solution provided".into(),
    }
}

/// The request of an exchange at this stage, and its body.
fn request(notice: &Notice, stage: &Stage, known: Option<&str>) -> (Request, Value) {
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("sn".into()), Secret::new("hush"));
    let texts = Texts::compile(&Templates::default()).unwrap();
    let thread = known.map(|reference| {
        let alert = notice.subject.alerts()[0].key.clone();
        Thread::new(alert, TargetName::new("ops").unwrap(), reference.into())
    });
    let thread = thread.as_ref();
    let letter = Letter { notice, texts: &texts, secrets: &secrets, now: NOW, thread, stage };
    let Outgoing::Http(request) = target().ask(&letter).unwrap() else { panic!("by HTTP") };
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    (request, body)
}

fn heard(reason: Reason, stage: &Stage, status: u16, body: &str) -> Delivery {
    target().hear(&notice(reason), stage, &Reply::new(status, "application/json", body))
}

fn then(text: &str) -> Stage {
    Stage::Then(text.into())
}

fn taken(id: &str) -> Delivery {
    Delivery::Accepted { thread: Some(id.into()) }
}

const OPEN: &str = r#"{"result": [{"sys_id": "a1", "state": "2"}]}"#;
const RESOLVED: &str = r#"{"result": [{"sys_id": "a1", "state": "6"}]}"#;
const CLOSED: &str = r#"{"result": [{"sys_id": "a1", "state": "7"}]}"#;

#[test]
fn an_incident_is_asked_for_before_one_is_made() {
    let told = notice(Reason::FirstBreach);
    let (asked, _) = request(&told, &Stage::First, Some("an-older-one"));
    assert_eq!(
        asked.url,
        "https://x.service-now.com/api/now/v2/table/incident?sysparm_query=correlation_id%3D\
         cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6%5EORDERBYDESCsys_created_on\
         &sysparm_fields=sys_id,state&sysparm_limit=1&sysparm_exclude_reference_link=true"
    );
    let proof = ("authorization".into(), "Basic YW5kb246aHVzaA==".into());
    assert!(asked.method == Method::Get && asked.headers.contains(&proof));
    let none = heard(Reason::FirstBreach, &Stage::First, 200, r#"{"result": []}"#);
    assert_eq!(none, Delivery::Next(then("create")));
    let (made, body) = request(&told, &then("create"), None);
    assert_eq!((made.method, made.url.ends_with("/incident")), (Method::Post, true));
    assert_eq!(body["correlation_id"], "cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6");
    assert_eq!((&body["impact"], &body["urgency"]), (&"1".into(), &"1".into()));
    assert_eq!((&body["assignment_group"], &body["state"]), (&"Network".into(), &"1".into()));
    assert_eq!(body["short_description"], "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s");
    let made = r#"{"result": {"sys_id": "b2", "number": "INC1"}}"#;
    assert_eq!(heard(Reason::FirstBreach, &then("create"), 201, made), taken("b2"));
}

#[test]
fn what_is_open_there_is_written_into() {
    let first = heard(Reason::FirstBreach, &Stage::First, 200, OPEN);
    assert_eq!(first, Delivery::Next(then("write a1")));
    let (wrote, body) = request(&notice(Reason::FirstBreach), &then("write a1"), None);
    assert_eq!(wrote.method.as_str(), "PATCH");
    assert!(wrote.url.ends_with("/incident/a1"), "{}", wrote.url);
    assert!(body["work_notes"].is_string() && body["state"].is_null(), "{body}");
    let wrote = r#"{"result": {"sys_id": "a1"}}"#;
    assert_eq!(heard(Reason::FirstBreach, &then("write a1"), 200, wrote), taken("a1"));
    let (next, _) = request(&notice(Reason::Escalation), &Stage::First, Some("a1"));
    assert!(next.url.ends_with("/incident/a1"), "no question where it is known: {}", next.url);
}

#[test]
fn the_same_problem_takes_a_resolved_incident_up_again() {
    let again = heard(Reason::Reopened, &Stage::First, 200, RESOLVED);
    assert_eq!(again, Delivery::Next(then("reopen a1")));
    let (_, body) = request(&notice(Reason::Reopened), &then("reopen a1"), None);
    assert_eq!(body["state"], "1");
    let new = heard(Reason::FirstBreach, &Stage::First, 200, RESOLVED);
    assert_eq!(new, Delivery::Next(then("create")), "it is another problem");
    let closed = heard(Reason::Reopened, &Stage::First, 200, CLOSED);
    assert_eq!(closed, Delivery::Next(then("create")), "nobody takes it up again");
}

#[test]
fn an_end_resolves_with_code_and_notes() {
    let (_, body) = request(&notice(Reason::Recovered), &Stage::First, Some("a1"));
    assert_eq!((&body["state"], &body["close_code"]), (&"6".into(), &"Solution provided".into()));
    assert!(body["close_notes"].is_string());
    let wrote = heard(Reason::Recovered, &Stage::First, 200, r#"{"result": {"sys_id": "a1"}}"#);
    assert_eq!(wrote, taken(""), "the next problem is another incident");
    for gone in [RESOLVED, CLOSED, r#"{"result": []}"#] {
        assert_eq!(heard(Reason::Recovered, &Stage::First, 200, gone), taken(""));
    }
}

#[test]
fn who_has_it_in_hand_is_a_state() {
    let mut told = notice(Reason::Acknowledged);
    if let Subject::Alert(facts) = &mut told.subject {
        facts.hand = Some(Box::new(Hand {
            by: "Ann".into(),
            via: "operator".into(),
            priority: Priority::P1,
            at: NOW.stamp(),
            lasts: Span::secs(60),
        }));
    }
    let (_, body) = request(&told, &Stage::First, Some("a1"));
    assert_eq!(body["state"], "2");
    assert!(body["work_notes"].as_str().unwrap().ends_with("in hand: Ann (operator)"));
    let (_, body) = request(&notice(Reason::Lapsed), &Stage::First, Some("a1"));
    assert_eq!(body["state"], "1");
}

#[test]
fn an_incident_that_is_gone_is_asked_for_anew() {
    let gone = r#"{"error": {"message": "No Record found"}, "status": "failure"}"#;
    let find = Delivery::Next(then("find"));
    assert_eq!(heard(Reason::Repeat, &Stage::First, 404, gone), find);
    assert_eq!(heard(Reason::Repeat, &then("write a1"), 404, gone), find);
    let create = Delivery::Next(then("create"));
    assert_eq!(heard(Reason::Repeat, &then("find"), 404, gone), create);
    let (asked, _) = request(&notice(Reason::Repeat), &then("find"), Some("a1"));
    assert_eq!(asked.method, Method::Get);
    let lost = heard(Reason::Repeat, &then("create"), 404, gone);
    assert!(matches!(lost, Delivery::Disabled { .. }), "{lost:?}");
}

#[test]
fn a_yes_without_a_result_is_none() {
    for body in ["", "<html>", "{}", r#"{"error": {}, "status": "failure"}"#] {
        let said = heard(Reason::FirstBreach, &Stage::First, 200, body);
        assert!(matches!(said, Delivery::Later { .. }), "{body}: {said:?}");
    }
}

#[test]
fn a_key_cannot_break_a_query() {
    let long: String = "x".repeat(120);
    assert_eq!(of_end(&alloc::format!("{long}^a=b,\u{fc}"), 8), "xx_a_b__");
}
