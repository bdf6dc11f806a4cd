//! The simulated CXone as its client sees it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::demo::centre::Centre;
use crate::demo::week::{WeekHour, Weekday};
use crate::limits::ANSWER_BYTES_MAX;

/// One second after the end of a bucket of ten.
const NOW: UtcMs = UtcMs(1_715_783_531_000);

/// As it stands in guide 2, section 1.
const GUIDE_POLL: &str = r#"{
"interval": "PT10S",
"groupBy": ["queue"],
"metric": ["calls_waiting", "longest_wait", "abandoned_calls", "agents_available"],
"filter": {
"type": "queue",
"id": ["queue-id-8f3a2c1d-4e5b-6c7d-8e9f-0a1b2c3d4e5f"]
}
}"#;

const ALL: &str = r#"{"interval":"PT10S","groupBy":["queue"],
    "metric":["calls_waiting","agents_busy"]}"#;

fn platform() -> CxOne {
    let at = WeekHour { weekday: Weekday::Thursday, hour: 10 };
    let traffic = Traffic::Simulated(Box::new(Centre::bank(1, NOW, at)));
    let access = Access {
        client_id: "YOUR_CLIENT_ID".into(),
        client_secret: "YOUR_CLIENT_SECRET".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 30,
    };
    CxOne::new(traffic, access, 1)
}

fn ask_for_token(cxone: &mut CxOne, utc: UtcMs) -> Reply {
    // As it stands in guide 2, section 1.
    let body = "grant_type=client_credentials&client_id=YOUR_CLIENT_ID\
                &client_secret=YOUR_CLIENT_SECRET&scope=realtime:read%20analytics:read";
    let incoming = Incoming::new("POST", "/oauth/token")
        .with_header("content-type", "application/x-www-form-urlencoded");
    cxone.receive(&Incoming { body: body.into(), ..incoming }, utc).reply().unwrap().clone()
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// A platform and a token for it.
fn opened() -> (CxOne, String) {
    let mut cxone = platform();
    let token = json(&ask_for_token(&mut cxone, NOW))["access_token"].as_str().unwrap().to_owned();
    (cxone, token)
}

fn poll(cxone: &mut CxOne, token: &str, body: &str, utc: UtcMs) -> Reaction {
    let incoming = Incoming::post_json("/api/v2/realtime/queues", body)
        .with_header("authorization", &format!("Bearer {token}"));
    cxone.receive(&incoming, utc)
}

fn answer(cxone: &mut CxOne, token: &str, body: &str, utc: UtcMs) -> Reply {
    poll(cxone, token, body, utc).reply().unwrap().clone()
}

#[test]
fn the_polling_request_of_the_guide_is_answered() {
    let (mut cxone, token) = opened();
    let reply = answer(&mut cxone, &token, GUIDE_POLL, NOW);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("date"), Some("Wed, 15 May 2024 14:32:11 GMT"));
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("29"));
    let body = json(&reply);
    assert_eq!(body["_time"], "2024-05-15T14:32:10Z", "the end of the bucket that is just over");
    assert_eq!(body["queues"], json!([]), "nobody has a queue of that name here");
}

#[test]
fn an_answer_has_a_row_for_each_queue() {
    let (mut cxone, token) = opened();
    let body = json(&answer(&mut cxone, &token, ALL, NOW));
    let rows = body["queues"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[0]["queue"], json!({ "id": "queue-retail-1", "name": "Retail banking" }));
    assert_eq!(rows[0]["interval_start"], "2024-05-15T14:32:00Z");
    let names: Vec<&Value> =
        rows[0]["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["calls_waiting", "agents_busy"], "in the order of asking");
    assert!(rows[0]["metrics"][1]["value"].as_u64().unwrap() > 0, "somebody works at ten");
    let again = json(&answer(&mut cxone, &token, ALL, NOW + Span::secs(8)));
    assert_eq!(again, body, "the same bucket has the same numbers");
}

#[test]
fn without_a_valid_token_there_is_no_answer() {
    let (mut cxone, token) = opened();
    let refused = answer(&mut cxone, "x", ALL, NOW);
    assert_eq!((refused.status, refused.header("x-ratelimit-remaining")), (401, Some("30")));
    let later = NOW + Span::secs(3_600);
    assert_eq!(answer(&mut cxone, &token, ALL, later).status, 401);
    assert_eq!(cxone.seen.statuses, BTreeMap::from([(200, 1), (401, 2)]));
}

#[test]
fn a_repeated_and_an_overlapping_bucket_are_counted() {
    let (mut cxone, token) = opened();
    for step in 0..5 {
        answer(&mut cxone, &token, ALL, NOW + Span::secs(step * 10));
    }
    assert_eq!((cxone.seen.buckets_repeated, cxone.seen.buckets_overlapping), (0, 0));
    let late = NOW + Span::secs(48);
    answer(&mut cxone, &token, ALL, late);
    answer(&mut cxone, &token, &ALL.replace("PT10S", "PT30S"), late);
    assert_eq!((cxone.seen.buckets_repeated, cxone.seen.buckets_overlapping), (1, 1));
    let status = Incoming::new("GET", "/simulate/status");
    let shown = json(cxone.receive(&status, late).reply().unwrap());
    assert_eq!((&shown["answers"], &shown["buckets_repeated"]), (&json!(7), &json!(1)));
}

#[test]
fn the_quota_ends_in_429() {
    let (mut cxone, token) = opened();
    let statuses: Vec<u16> = (0..31).map(|_| answer(&mut cxone, &token, ALL, NOW).status).collect();
    assert!(statuses[..30].iter().all(|status| *status == 200));
    assert_eq!(statuses[30], 429);
    let reply = answer(&mut cxone, &token, ALL, NOW);
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(reply.header("retry-after"), reply.header("x-ratelimit-reset"));
}

#[test]
fn every_fault_shows_as_it_is_named() {
    let under = |order: &str| {
        let (mut cxone, token) = opened();
        let ordered = Incoming::post_json("/simulate/faults", order);
        assert_eq!(cxone.receive(&ordered, NOW).reply().unwrap().status, 200, "{order}");
        let reaction = poll(&mut cxone, &token, ALL, NOW);
        (reaction, ask_for_token_status(&mut cxone))
    };
    let status = |order: &str| (under(order).0.reply().unwrap().status, under(order).1);
    assert_eq!(under(r#"{"fault":"hang","seconds":9}"#).0, Reaction::Hang);
    assert_eq!(under(r#"{"fault":"close","seconds":9}"#).0, Reaction::Close);
    assert_eq!(status(r#"{"fault":"unavailable","seconds":9}"#), (503, Some(503)));
    assert_eq!(status(r#"{"fault":"throttle","seconds":9}"#), (429, Some(200)));
    assert_eq!(status(r#"{"fault":"unauthorized","seconds":9}"#), (401, Some(200)));
    assert_eq!(status(r#"{"fault":"token_refused","seconds":9}"#), (200, Some(401)));
    assert_eq!(status(r#"{"fault":"token_error","seconds":9}"#), (200, Some(500)));

    let reply = |order: &str| under(order).0.reply().unwrap().clone();
    let body = |order: &str| json(&reply(order));
    assert_eq!(body(r#"{"fault":"stale","seconds":9}"#)["_time"], "2024-05-15T14:30:10Z");
    let skewed = r#"{"fault":"clock_skew","seconds":9,"offset_seconds":-307}"#;
    assert_eq!(reply(skewed).header("date"), Some("Wed, 15 May 2024 14:27:04 GMT"));
    assert_eq!(body(skewed)["_time"], "2024-05-15T14:27:00Z");
    let page = reply(r#"{"fault":"not_json","seconds":9}"#);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert!(reply(r#"{"fault":"huge","seconds":9}"#).body.len() > ANSWER_BYTES_MAX);
    let busy = |body: &Value| body["queues"][0]["metrics"][1]["value"].clone();
    assert!(busy(&body(r#"{"fault":"strings","seconds":9}"#)).is_string());
    assert!(busy(&body(r#"{"fault":"nulls","seconds":9}"#)).is_null());
    let missing = body(r#"{"fault":"missing_metric","seconds":9,"metric":"agents_busy"}"#);
    assert_eq!(missing["queues"][0]["metrics"].as_array().unwrap().len(), 1);
}

/// The status of a request for a token, where there is an answer at all.
fn ask_for_token_status(cxone: &mut CxOne) -> Option<u16> {
    match cxone.faults.at_the_door(NOW) {
        None => Some(ask_for_token(cxone, NOW).status),
        Some(reaction) => reaction.reply().map(|reply| reply.status),
    }
}

#[test]
fn what_is_not_there_is_404_and_what_is_not_done_405() {
    let mut cxone = platform();
    let mut status = |method: &str, path: &str| {
        cxone.receive(&Incoming::new(method, path), NOW).reply().unwrap().status
    };
    assert_eq!(status("GET", "/api/v2/realtime/queues"), 405);
    assert_eq!(status("GET", "/oauth/token"), 405);
    assert_eq!(status("GET", "/"), 404);
}

/// As it stands in guide 1, section 2.
const REGISTRATION: &str = r#"{
"name": "cc-aws-health-ingest",
"description": "Centralized alerting hub ingestion endpoint",
"enabled": true,
"url": "https://your-hub.example.com/ingest/cxone",
"events": ["queue.status.changed", "trunk.health.alert", "analytics.threshold.breach"],
"headers": { "X-Webhook-Source": "nice-cxone", "X-Request-Id": "{{uuid}}" }
}"#;

/// A platform, and how it answers requests with a token of these scopes.
fn registrar(scope: &str) -> impl FnMut(Incoming) -> Reply {
    let mut cxone = platform();
    let body = format!(
        "grant_type=client_credentials&client_id=YOUR_CLIENT_ID\
         &client_secret=YOUR_CLIENT_SECRET&scope={scope}"
    );
    let incoming = Incoming::new("POST", "/oauth/token")
        .with_header("content-type", "application/x-www-form-urlencoded");
    let incoming = Incoming { body: body.into(), ..incoming };
    let token = json(cxone.receive(&incoming, NOW).reply().unwrap());
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    move |incoming| {
        let incoming = incoming.with_header("authorization", &bearer);
        cxone.receive(&incoming, NOW).reply().unwrap().clone()
    }
}

#[test]
fn a_webhook_is_registered_as_guide_1_shows() {
    let mut send = registrar("webhook.manage");
    let reply = send(Incoming::post_json("/v1/webhooks", REGISTRATION));
    assert_eq!(reply.status, 201, "{}", reply.excerpt());
    let mut expected: Value = serde_json::from_str(REGISTRATION).unwrap();
    expected["id"] = json!("wh-1");
    expected["createdAt"] = json!("2024-05-15T14:32:11Z");
    assert_eq!(json(&reply), expected);
    assert_eq!(send(Incoming::post_json("/v1/webhooks", REGISTRATION)).status, 201);
    let listed = json(&send(Incoming::new("GET", "/v1/webhooks")));
    assert_eq!(listed["webhooks"][0], expected);
    assert_eq!(listed["webhooks"][1]["id"], "wh-2", "a second of the same name");
    assert_eq!(send(Incoming::new("GET", "/v1/webhooks/wh-1")).status, 200);
    assert_eq!(send(Incoming::new("DELETE", "/v1/webhooks/wh-1")).status, 204);
    assert_eq!(send(Incoming::new("DELETE", "/v1/webhooks/wh-1")).status, 404);
    assert_eq!(send(Incoming::new("GET", "/v1/webhooks/wh-1")).status, 404);
}

#[test]
fn a_registration_needs_its_scope_and_its_fields() {
    let mut send = registrar("realtime:read");
    assert_eq!(send(Incoming::new("GET", "/v1/webhooks")).status, 403);
    let mut send = registrar("webhook.manage");
    assert_eq!(send(Incoming::new("PUT", "/v1/webhooks/wh-1")).status, 405);
    let wrongs = [
        ("https://", "ftp://"),
        ("queue.status.changed", "routing.queue.event"),
        ("\"enabled\"", "\"type\": \"webhook\", \"enabled\""),
        ("\"enabled\"", "\"active\""),
        ("cc-aws-health-ingest", ""),
    ];
    for (right, wrong) in wrongs {
        let body = REGISTRATION.replace(right, wrong);
        assert_eq!(send(Incoming::post_json("/v1/webhooks", body)).status, 400, "{wrong}");
    }
    let plain = Incoming { body: REGISTRATION.into(), ..Incoming::new("POST", "/v1/webhooks") };
    assert_eq!(send(plain).status, 415);
}
