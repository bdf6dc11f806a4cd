//! The guide's requests to the byte, and whole answers through the public door.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

extern crate alloc;

mod answers;
mod logins;
mod mistakes;
mod page;
mod registrations;
mod schema;
mod webhooks;

use alloc::collections::BTreeMap;

use andon::model::answer::{Bucket, Reading};
use andon::model::config::{Parameter, SourceConfig};
use andon::model::http::{Method, Reply, Request};
use andon::model::name::{EntityId, SourceName};
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{Span, UtcMs};
use andon::platform::{
    About, Asking, Definition, Lists, LoginDraft, LoginStep, Session, SourceFault, Window, built_in,
};

const QUEUE: &str = "queue-id-8f3a2c1d-4e5b-6c7d-8e9f-0a1b2c3d4e5f";

fn definition() -> Definition {
    let mut all = built_in().into_iter();
    all.find(|definition| definition.name() == "nice-cxone-guide").unwrap()
}

/// What the hub asked for, at half past.
pub(crate) fn asking(window: Window) -> Asking {
    let vendor_now = UtcMs::from_rfc3339("2024-05-15T14:32:30Z").unwrap();
    Asking { window, length: Span::secs(10), vendor_now, bucket: None }
}

fn reference() -> SecretRef {
    SecretRef::Credential("cxone".into())
}

fn source(queues: &[&str]) -> SourceConfig {
    let text = |text: &str| Parameter::Text(text.into());
    let parameters = BTreeMap::from([
        ("base_url".into(), text("https://api.nice-incontact.com")),
        ("client_id".into(), text("YOUR_CLIENT_ID")),
        ("scope".into(), text("realtime:read analytics:read")),
        ("client_secret".into(), Parameter::Secret(reference())),
        ("queues".into(), Parameter::List(queues.iter().map(|queue| (*queue).into()).collect())),
    ]);
    SourceConfig {
        name: SourceName::new("cxone-prod").unwrap(),
        definition: "nice-cxone-guide".into(),
        platform: "nice-cxone".into(),
        parameters,
        entities: queues.iter().map(|queue| EntityId::new(queue).unwrap()).collect(),
        webhook_register: false,
    }
}

fn secrets(secret: &str) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.put(reference(), Secret::new(secret));
    secrets
}

fn login(source: &SourceConfig, secrets: &Secrets) -> Result<Request, SourceFault> {
    match definition().login(source, secrets, &LoginDraft::default())? {
        LoginStep::Ask(request) => Ok(request),
        LoginStep::Done(_) => unreachable!("the guide has a login"),
    }
}

fn ask(
    source: &SourceConfig,
    index: u8,
    token: &str,
    length: Span,
) -> Result<Request, SourceFault> {
    let session = Session::of(Secret::new(token), Span::secs(60));
    let bucket = Bucket { start: UtcMs(0), length };
    let exchange = definition().first_exchange(index, bucket, None, UtcMs(0));
    let (secrets, lists) = (Secrets::default(), Lists::new());
    definition().data_request(About { source, lists: &lists }, &secrets, &session, index, &exchange)
}

/// A request as it goes over the wire.
fn wire(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method.as_str(), request.url);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(core::str::from_utf8(&request.body).unwrap());
    text
}

#[test]
fn the_token_request_is_the_guides() {
    let request = login(&source(&[]), &secrets("YOUR_CLIENT_SECRET\n")).unwrap();
    let wanted = "POST https://api.nice-incontact.com/oauth/token\n\
        content-type: application/x-www-form-urlencoded\n\
        grant_type=client_credentials&client_id=YOUR_CLIENT_ID&\
        client_secret=YOUR_CLIENT_SECRET&scope=realtime:read%20analytics:read";
    assert_eq!(wire(&request), wanted);
}

#[test]
fn the_data_request_is_the_guides() {
    let token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...";
    let request = ask(&source(&[QUEUE]), 0, token, Span::secs(10)).unwrap();
    assert_eq!(request.method, Method::Post);
    let wanted = format!(
        "POST https://api.nice-incontact.com/api/v2/realtime/queues\n\
         content-type: application/json\n\
         authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...\n\
         {{\"interval\":\"PT10S\",\"groupBy\":[\"queue\"],\"metric\":[\"calls_waiting\",\
         \"longest_wait\",\"abandoned_calls\",\"agents_available\"],\
         \"filter\":{{\"type\":\"queue\",\"id\":[\"{QUEUE}\"]}}}}"
    );
    assert_eq!(wire(&request), wanted);
}

#[test]
fn the_interval_asked_for_follows_the_pace_and_no_queues_are_all_queues() {
    let request = ask(&source(&[]), 0, "t", Span::secs(15)).unwrap();
    let body = core::str::from_utf8(&request.body).unwrap();
    assert!(body.starts_with("{\"interval\":\"PT15S\","), "{body}");
    assert!(body.ends_with("\"agents_available\"]}"), "{body}");
}

#[test]
fn what_an_operator_writes_cannot_break_out_of_its_place() {
    let mut source = source(&["a\"],\"x\":[\"b"]);
    source.parameters.insert("client_id".into(), Parameter::Text("a&scope=all b".into()));
    let token = login(&source, &secrets("p%=")).unwrap();
    let body = String::from_utf8(token.body).unwrap();
    assert!(body.contains("client_id=a%26scope%3Dall%20b&client_secret=p%25%3D&"), "{body}");
    let request = ask(&source, 0, "t", Span::secs(10)).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["filter"]["id"], serde_json::json!(["a\"],\"x\":[\"b"]));
}

#[test]
fn a_secret_that_was_not_read_says_where_it_is_looked_for() {
    let fault = login(&source(&[]), &Secrets::default()).unwrap_err();
    let wanted = "client_secret could not be read from credential \"cxone\"; put the secret there";
    assert_eq!(fault.to_string(), wanted);
    let fault = ask(&source(&[]), 1, "t", Span::secs(10));
    assert_eq!(fault.unwrap_err(), SourceFault::NoRequest(1));
}

#[test]
fn the_monitoring_page_is_the_guides() {
    let url = |entity| definition().monitoring_url(&source(&[]), &EntityId::new(entity).unwrap());
    let wanted = format!("https://api.nice-incontact.com/ui/realtime/queues/{QUEUE}");
    assert_eq!(url(QUEUE).as_deref(), Some(wanted.as_str()));
    let wanted = "https://api.nice-incontact.com/ui/realtime/queues/a%2F..%3Fb";
    assert_eq!(url("a/..?b").as_deref(), Some(wanted));
}

#[test]
fn a_thousand_queues_are_read_whole() {
    let rows: Vec<String> = (0..1_000)
        .map(|n| {
            format!(
                r#"{{"queue":{{"id":"q{n}","name":"Queue {n}"}},
                     "interval_start":"2024-05-15T14:32:10Z","metrics":[
                     {{"metric":"calls_waiting","value":{n}}},
                     {{"metric":"longest_wait","value":1.5}},
                     {{"metric":"abandoned_calls","value":null}}]}}"#
            )
        })
        .collect();
    let body = format!(r#"{{"_time":"2024-05-15T14:32:21Z","queues":[{}]}}"#, rows.join(","));
    let reply = Reply::new(200, "application/json", body);
    let answer = definition().read_answer(0, &reply, &asking(Window::Interval)).unwrap().answer;
    assert_eq!(answer.vendor_time, UtcMs::from_rfc3339("2024-05-15T14:32:20Z").unwrap());
    let (row, readings) = answer.iter().nth(999).unwrap();
    assert_eq!((row.entity.as_str(), row.name.as_deref()), ("q999", Some("Queue 999")));
    let wanted = [Reading::Value(999.0), Reading::Value(1.5), Reading::Null, Reading::Absent];
    assert_eq!(readings, wanted);
}
