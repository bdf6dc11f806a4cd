//! The platform of guide 1, as the guide's own requests see it.

use alloc::vec::Vec;

use super::*;
use crate::demo::genesys::tests::{NOW, access, json_of, recorded};
use crate::demo::sender::Link;

/// As it stands in guide 1, section 1.
const SCOPES_OF_GUIDE: &str =
    "analytics:query%20webhook:read%20telephony:call:center:read%20routing:queue:read";

/// As it stands in guide 1, section 2.
const REGISTRATION: &str = r#"{
"name": "cc-aws-health-ingest",
"description": "Centralized alerting hub ingestion endpoint",
"enabled": true,
"type": "webhook",
"url": "https://your-hub.example.com/ingest/genesys",
"events": [
"routing.queue.event",
"telephony.trunk.event",
"analytics.report.event"
],
"headers": {
"X-Webhook-Source": "genesys-cloud",
"X-Request-Id": "{{uuid}}"
}
}"#;

/// The five whole minutes before 14:32: one row in the first, and the gauges of the last.
const ROWS: &str = "1715783220,tier-2,3,20,50,39,31,9,4,9\n\
                    1715783510,tier-2,22,125,0,0,0,0,4,9\n\
                    1715783520,tier-2,1,1,7,7,7,7,7,7\n";

fn token_request(scopes: &str) -> Incoming {
    let body = format!(
        "grant_type=client_credentials&client_id=hub&client_secret=se%2Bcret:x&scope={scopes}"
    );
    let incoming = Incoming::new("POST", TOKEN)
        .with_header("content-type", "application/x-www-form-urlencoded");
    Incoming { body: body.into(), ..incoming }
}

fn opened(scopes: &str) -> (GenesysGuide, String) {
    let mut guide = GenesysGuide::new(recorded(ROWS), access("", ""), 1);
    let reply = guide.receive(&token_request(scopes), NOW).reply().unwrap().clone();
    assert_eq!(reply.status, 200, "{}", reply.excerpt());
    let bearer = format!("Bearer {}", json_of(&reply)["access_token"].as_str().unwrap());
    (guide, bearer)
}

fn send(guide: &mut GenesysGuide, bearer: &str, incoming: Incoming) -> Reply {
    let incoming = incoming.with_header("authorization", bearer);
    guide.receive(&incoming, NOW).reply().unwrap().clone()
}

#[test]
fn the_token_request_of_the_guide_is_answered() {
    let (mut guide, _) = opened(SCOPES_OF_GUIDE);
    let mut status = |incoming: Incoming| guide.receive(&incoming, NOW).reply().unwrap().status;
    assert_eq!(status(token_request("analytics:query%20payroll:read")), 400);
    assert_eq!(
        status(Incoming { body: b"grant_type=client_credentials".to_vec(), ..token_request("") }),
        400
    );
    let wrong = token_request("webhook:read");
    let body = String::from_utf8(wrong.body.clone()).unwrap().replace("=hub", "=other");
    assert_eq!(status(Incoming { body: body.into(), ..wrong }), 401);
}

#[test]
fn a_token_without_the_scope_opens_nothing() {
    let (mut guide, bearer) = opened("routing:queue:read");
    for path in [REPORTS, WEBHOOKS] {
        let reply = send(&mut guide, &bearer, Incoming::new("GET", path));
        assert_eq!((reply.status, &json_of(&reply)["code"]), (403, &json!("missing.permissions")));
    }
    assert_eq!(send(&mut guide, "Bearer x", Incoming::new("GET", REPORTS)).status, 401);
}

#[test]
fn what_the_guide_has_not_is_404() {
    let (mut guide, bearer) = opened(SCOPES_OF_GUIDE);
    for path in ["/oauth/token", "/api/v2/routing/queues", "/api/v2/date"] {
        assert_eq!(send(&mut guide, &bearer, Incoming::new("GET", path)).status, 404, "{path}");
    }
}

#[test]
fn a_report_is_of_the_last_five_minutes() {
    let (mut guide, bearer) = opened(SCOPES_OF_GUIDE);
    let reply = send(&mut guide, &bearer, Incoming::new("GET", REPORTS));
    assert_eq!(reply.header("inin-ratelimit-count"), Some("1"));
    let listing = json_of(&reply);
    let span = "2024-05-15T14:27:00Z/2024-05-15T14:32:00Z";
    assert_eq!(
        listing["entities"][0],
        json!({
            "id": "report-tier-2",
            "name": "Health of tier-2",
            "entity": { "type": "queue", "id": "tier-2", "name": "tier-2" },
            "timestamp": "2024-05-15T14:32:00Z",
            "interval": span,
            "metrics": [
                { "metric": "routing.queue.abandon_rate", "value": 0.18 },
                { "metric": "routing.queue.calls_waiting", "value": 22 },
                { "metric": "routing.queue.longest_wait", "value": 125 },
                { "metric": "routing.queue.offered_calls", "value": 50 },
                { "metric": "routing.queue.abandoned_calls", "value": 9 },
                { "metric": "routing.queue.service_level", "value": 31.0 / 48.0 },
                { "metric": "routing.queue.agents_available", "value": 4 },
                { "metric": "routing.queue.agents_busy", "value": 9 },
            ],
        })
    );
    assert_eq!(
        listing["entities"][1],
        json!({
            "id": "report-tb-1",
            "name": "Health of SBC-East",
            "entity": { "type": "trunk", "id": "tb-1", "name": "SBC-East" },
            "timestamp": "2024-05-15T14:32:00Z",
            "interval": span,
            "metrics": [
                { "metric": "telephony.trunk.connected", "value": true },
                { "metric": "telephony.trunk.latency", "value": 20 },
            ],
        })
    );
    assert_eq!(listing["total"], 3);
    let ordered = Incoming::post_json("/simulate/faults", r#"{"fault":"stale","seconds":9}"#);
    guide.receive(&ordered, NOW);
    let stale = json_of(&send(&mut guide, &bearer, Incoming::new("GET", REPORTS)));
    assert_eq!(stale["entities"][0]["timestamp"], "2024-05-15T14:30:00Z", "it says so");
}

#[test]
fn a_webhook_is_registered_as_the_guide_shows() {
    let (mut guide, bearer) = opened(SCOPES_OF_GUIDE);
    let reply = send(&mut guide, &bearer, Incoming::post_json(WEBHOOKS, REGISTRATION));
    assert_eq!(reply.status, 201, "{}", reply.excerpt());
    let webhook = json_of(&reply);
    let mut expected: Value = serde_json::from_str(REGISTRATION).unwrap();
    expected["id"] = json!("webhook-1");
    expected["dateCreated"] = json!("2024-05-15T14:32:11Z");
    expected["selfUri"] = json!("/api/v2/integration/webhooks/webhook-1");
    assert_eq!(webhook, expected);
    let listing = json_of(&send(&mut guide, &bearer, Incoming::new("GET", WEBHOOKS)));
    assert_eq!(listing["entities"], json!([webhook]));
    assert_eq!(guide.webhooks(), [webhook]);
    let one = format!("{WEBHOOKS}/webhook-1");
    let moved = REGISTRATION.replace("your-hub", "our-hub");
    let put = Incoming { method: "PUT".into(), ..Incoming::post_json(&one, moved) };
    assert_eq!(send(&mut guide, &bearer, put).status, 200);
    let found = json_of(&send(&mut guide, &bearer, Incoming::new("GET", &one)));
    assert_eq!(found["url"], "https://our-hub.example.com/ingest/genesys");
    assert_eq!(send(&mut guide, &bearer, Incoming::new("DELETE", &one)).status, 204);
    assert_eq!(send(&mut guide, &bearer, Incoming::new("GET", &one)).status, 404);
}

#[test]
fn a_registration_that_is_off_is_refused() {
    let (mut guide, bearer) = opened(SCOPES_OF_GUIDE);
    let mut status =
        |body: &str| send(&mut guide, &bearer, Incoming::post_json(WEBHOOKS, body)).status;
    assert_eq!(status(REGISTRATION), 201);
    assert_eq!(status(REGISTRATION), 409);
    let other = REGISTRATION.replace("cc-aws", "cc-other");
    let wrongs: Vec<String> = [
        ("https://", "ftp://"),
        ("routing.queue.event", "queue.status.changed"),
        ("\"webhook\"", "\"socket\""),
        ("\"enabled\"", "\"active\""),
    ]
    .iter()
    .map(|(right, wrong)| other.replace(right, wrong))
    .collect();
    for wrong in wrongs {
        assert_eq!(status(&wrong), 400, "{wrong}");
    }
}

#[test]
fn a_sender_sees_queues_and_trunks_by_the_platforms_clock() {
    let (mut guide, _) = opened(SCOPES_OF_GUIDE);
    let seen = guide.sight(NOW);
    assert_eq!(seen.at.rfc3339(), "2024-05-15T14:32:10Z");
    let waiting = seen.queues.iter().map(|(queue, stands)| (&*queue.id, stands.calls_waiting));
    assert!(waiting.eq([("tier-2", 1)]));
    let down = |sight: &Sight| {
        let lost = sight.trunks.iter().filter(|trunk| trunk.link == Link::Lost);
        lost.map(|trunk| trunk.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!((seen.trunks.len(), down(&seen)), (2, [].into()));
    for order in [
        r#"{"fault":"trunk_down","seconds":9}"#,
        r#"{"fault":"clock_skew","seconds":9,"offset_seconds":-60}"#,
    ] {
        guide.receive(&Incoming::post_json("/simulate/faults", order), NOW);
    }
    let seen = guide.sight(NOW);
    assert_eq!(
        (seen.at.rfc3339().as_str(), down(&seen)),
        ("2024-05-15T14:31:10Z", ["tb-1".into()].into())
    );
}
