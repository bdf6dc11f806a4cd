//! The simulated CXone as a client of the real one sees it.

mod data;
mod login;

use alloc::borrow::ToOwned;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::demo::centre::Centre;
use crate::demo::incontact::*;
use crate::demo::week::{WeekHour, Weekday};
use crate::limits::ANSWER_BYTES_MAX;

/// In the middle of a grain.
const NOW: UtcMs = UtcMs(1_715_783_542_345);
const API: &str = "https://api-na1.example";
const ACTIVITY: &str = "/incontactapi/services/v30.0/skills/activity";
const STATES: &str = "/incontactapi/services/v30.0/agents/states";

fn platform_at(hour: u8) -> InContact {
    let at = WeekHour { weekday: Weekday::Thursday, hour };
    let traffic = Traffic::Simulated(Box::new(Centre::bank(1, NOW, at)));
    let access = Access {
        client_id: "andon@demo".into(),
        client_secret: "cl%ient:secret".into(),
        access_key_id: "ACCESSKEYID".into(),
        access_key_secret: "ACCESSKEY+SECRET==".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 30,
        page_rows: 100,
        tenant_id: "11e9-demo".into(),
        issuer: "https://cxone.example".into(),
        api_endpoint: API.into(),
    };
    InContact::new(traffic, access, 1)
}

/// As platforms.md writes it, with the parts of the Basic credentials encoded.
fn token_request(grant: &str) -> Incoming {
    let credentials = STANDARD.encode("andon%40demo:cl%25ient%3Asecret");
    let incoming = Incoming::new("POST", "/auth/token")
        .with_header("content-type", "application/x-www-form-urlencoded")
        .with_header("authorization", &format!("Basic {credentials}"));
    let body = format!("grant_type={grant}&username=ACCESSKEYID&password=ACCESSKEY%2BSECRET%3D%3D");
    Incoming { body: body.into(), ..incoming }
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn heard(platform: &mut InContact, incoming: &Incoming) -> Reply {
    platform.receive(incoming, NOW).reply().unwrap().clone()
}

/// A platform and a token for it.
fn opened() -> (InContact, String) {
    let mut platform = platform_at(10);
    let token = text(&json(&heard(&mut platform, &token_request("password")))["access_token"]);
    (platform, token)
}

fn get(platform: &mut InContact, token: &str, path: &str, utc: UtcMs) -> Reply {
    let incoming =
        Incoming::new("GET", path).with_header("authorization", &format!("Bearer {token}"));
    platform.receive(&incoming, utc).reply().unwrap().clone()
}

#[test]
fn paths_ignore_case_and_versions_are_known_ones() {
    let (mut platform, token) = opened();
    let mut status = |path: &str| get(&mut platform, &token, path, NOW).status;
    assert_eq!(status("/InContactAPI/services/v8.0/Skills/Activity"), 200);
    assert_eq!(status("/incontactapi/services/v35.0/skills/activity"), 404);
    assert_eq!(status("/incontactapi/services/v30.1/skills/activity"), 404);
    assert_eq!(status("/incontactapi/services/v30.0/skills"), 404);
    assert_eq!(status("/auth/token"), 405);
    let post = Incoming::post_json(ACTIVITY, "{}");
    assert_eq!(heard(&mut platform, &post).status, 405);
}

#[test]
fn a_token_ends_and_the_quota_too() {
    let (mut platform, token) = opened();
    let late = NOW + Span::secs(3_600);
    assert_eq!(get(&mut platform, &token, ACTIVITY, NOW + Span::millis(3_599_999)).status, 200);
    let reply = get(&mut platform, &token, ACTIVITY, late);
    let why = reply.header("icstatusdescription");
    assert_eq!((reply.status, why), (401, Some("the token has expired")));
    let mut replies = (0..31).map(|_| get(&mut platform, &token, ACTIVITY, NOW));
    let last = replies.by_ref().last().unwrap();
    assert_eq!((last.status, last.header("retry-after")), (429, Some("38")));
}

#[test]
fn every_fault_shows_as_it_is_named() {
    let under = |order: &str| {
        let (mut platform, token) = opened();
        let ordered = Incoming::post_json("/simulate/faults", order);
        assert_eq!(heard(&mut platform, &ordered).status, 200, "{order}");
        let incoming =
            Incoming::new("GET", ACTIVITY).with_header("authorization", &format!("Bearer {token}"));
        let reaction = platform.receive(&incoming, NOW);
        (reaction, platform.receive(&token_request("password"), NOW))
    };
    let status = |order: &str| {
        let (data, token) = under(order);
        (data.reply().unwrap().status, token.reply().unwrap().status)
    };
    assert_eq!(under(r#"{"fault":"hang","seconds":9}"#).0, Reaction::Hang);
    assert_eq!(under(r#"{"fault":"close","seconds":9}"#).0, Reaction::Close);
    assert_eq!(status(r#"{"fault":"unavailable","seconds":9}"#), (503, 503));
    assert_eq!(status(r#"{"fault":"throttle","seconds":9}"#), (429, 200));
    assert_eq!(status(r#"{"fault":"refuse","seconds":9}"#), (403, 200));
    assert_eq!(status(r#"{"fault":"unauthorized","seconds":9}"#), (401, 200));
    assert_eq!(status(r#"{"fault":"token_refused","seconds":9}"#), (200, 401));
    assert_eq!(status(r#"{"fault":"token_error","seconds":9}"#), (200, 500));
    assert_eq!(status(r#"{"fault":"not_modified","seconds":9}"#), (304, 200));

    let reply = |order: &str| under(order).0.reply().unwrap().clone();
    let unavailable = reply(r#"{"fault":"unavailable","seconds":9}"#);
    assert_eq!(unavailable.header("retry-after"), Some("5"));
    let throttled = reply(r#"{"fault":"throttle","seconds":9,"retry_after_seconds":7}"#);
    assert_eq!(throttled.header("retry-after"), Some("7"));
    assert!(throttled.header("icstatusdescription").is_some());
    let body = |order: &str| json(&reply(order));
    let row = |order: &str| body(order)["skillActivity"][0].clone();
    assert_eq!(row(r#"{"fault":"stale","seconds":9}"#)["serverTime"], "2024-05-15T14:30:20.000Z");
    let skewed = r#"{"fault":"clock_skew","seconds":9,"offset_seconds":-307}"#;
    assert_eq!(reply(skewed).header("date"), Some("Wed, 15 May 2024 14:27:15 GMT"));
    assert_eq!(row(skewed)["serverTime"], "2024-05-15T14:27:13.000Z");
    let page = reply(r#"{"fault":"not_json","seconds":9}"#);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert!(reply(r#"{"fault":"huge","seconds":9}"#).body.len() > ANSWER_BYTES_MAX);
    let links = body(r#"{"fault":"paging_loop","seconds":9}"#)["_links"].clone();
    assert_eq!(links["next"], links["self"]);
    let spelt = row(r#"{"fault":"strings","seconds":9}"#);
    assert!(spelt["queueCount"].is_string() && spelt["isActive"] == "True");
    let empty = row(r#"{"fault":"nulls","seconds":9}"#);
    assert!(empty["queueCount"].is_null() && empty["skillId"].is_number());
    assert!(row(r#"{"fault":"case_changed","seconds":9}"#)["QueueCount"].is_number());
    let missing = row(r#"{"fault":"missing_metric","seconds":9}"#);
    assert_eq!((missing.get("queueCount"), missing.as_object().unwrap().len()), (None, 26));
    let missing = r#"{"fault":"missing_metric","seconds":9,"metric":"earliestQueueTime"}"#;
    assert_eq!(row(missing).get("earliestQueueTime"), None);
}
