//! What people and the REST API do at the simulated PagerDuty, beside its events: it reads
//! incidents back, takes change events, and tells by webhook what somebody did.

use andon::demo::http::{Incoming, Reaction, json_reply};
use andon::demo::pagerduty::{PagerDuty, State};
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// Who may read incidents.
pub(crate) const API_TOKEN: &str = "an-api-token-of-pagerduty";
/// What its webhooks are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "a-webhook-secret-of-pagerduty";

/// The answer of the REST API, or to a change event; nothing where the request is for the events.
pub(crate) fn receive(
    pagerduty: &mut PagerDuty,
    incoming: &Incoming,
    utc: UtcMs,
) -> Option<Reaction> {
    let route = incoming.route();
    if !matches!(route, "/incidents" | "/v2/change/enqueue") {
        return None;
    }
    if let Some(reaction) = pagerduty.reception.open(incoming, utc) {
        return Some(reaction);
    }
    let reply = if route == "/incidents" {
        incidents(pagerduty, incoming)
    } else {
        change(pagerduty, incoming)
    };
    Some(Reaction::reply_at(reply, utc))
}

fn incidents(pagerduty: &PagerDuty, incoming: &Incoming) -> Reply {
    let wanted = [
        ("accept", "application/vnd.pagerduty+json;version=2".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("authorization", format!("Token token={API_TOKEN}")),
    ];
    if let Some((name, _)) =
        wanted.iter().find(|(name, value)| incoming.header(name) != Some(value))
    {
        return json_reply(401, &json!({ "error": { "message": name, "code": 2006 } }));
    }
    let query = incoming.query();
    let value = |name: &str| query.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(value("date_range"), "all");
    let key = value("incident_key");
    let known = pagerduty.incidents().filter(|incident| *incident.dedup_key == *key);
    let shown = known.map(|incident| match incident.state {
        State::Triggered => json!({ "status": "triggered" }),
        State::Resolved => json!({ "status": "resolved" }),
        State::Acknowledged => json!({
            "status": "acknowledged",
            "acknowledgements": [{ "acknowledger": { "summary": "Ben" } }],
        }),
    });
    json_reply(200, &json!({ "incidents": shown.collect::<Vec<Value>>() }))
}

fn change(pagerduty: &mut PagerDuty, incoming: &Incoming) -> Reply {
    let body: Value = serde_json::from_slice(&incoming.body).unwrap();
    let payload = &body["payload"];
    let is_whole = body["routing_key"].as_str().is_some_and(|key| key.len() == 32)
        && payload["summary"].as_str().is_some_and(|text| text.len() <= 1_024)
        && body.get("event_action").is_none();
    if !is_whole {
        pagerduty.reception.refuse("it is no change event");
        return json_reply(400, &json!({ "status": "invalid event" }));
    }
    pagerduty.reception.accept(incoming.header("idempotency-key"));
    json_reply(202, &json!({ "status": "success", "message": "Change event processed" }))
}

/// The body of a webhook about an incident, and its signature. A person does it, or nobody.
pub(crate) fn webhook(what: &str, key: &str, by: Option<&str>) -> (String, String) {
    let agent = by.map(|name| json!({ "type": "user_reference", "summary": name }));
    let body = json!({ "event": {
        "id": "01B", "event_type": format!("incident.{what}"), "resource_type": "incident",
        "agent": agent, "data": { "id": "P1", "incident_key": key },
    }});
    let body = body.to_string();
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    (body, format!("v1={hex}"))
}
