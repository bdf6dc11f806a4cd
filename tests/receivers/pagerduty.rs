//! The simulated PagerDuty whole: what people and the REST API do there, beside its events. It
//! reads incidents back, takes change events as strictly as events, knows keys that were withdrawn,
//! and tells by webhook what somebody did.

use alloc::collections::BTreeSet;

use andon::demo::http::{Incoming, Reaction, json_reply};
use andon::demo::pagerduty::{PagerDuty, State};
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::receivers::twist::{self, keys, text};

/// Who may read incidents.
pub(crate) const API_TOKEN: &str = "an-api-token-of-pagerduty";
/// What its webhooks are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "a-webhook-secret-of-pagerduty";

/// The service, with what the demonstration's has no need of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desk {
    pub(crate) events: PagerDuty,
    /// The change events that were taken, the oldest first.
    pub(crate) changes: Vec<Change>,
    /// Integration keys that somebody has deleted there.
    pub(crate) withdrawn: BTreeSet<String>,
}

/// A change event that was taken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) idempotency_key: String,
    pub(crate) routing_key: String,
    pub(crate) summary: String,
    pub(crate) at: UtcMs,
    /// `payload.custom_details`, or null.
    pub(crate) details: Value,
    /// Where its links lead.
    pub(crate) links: Vec<String>,
}

impl Desk {
    /// Answers one request.
    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let route = incoming.route();
        if !matches!(route, "/v2/enqueue" | "/incidents" | "/v2/change/enqueue") {
            return self.events.receive(incoming, utc);
        }
        if let Some(reaction) = self.events.reception.open(incoming, utc) {
            return reaction;
        }
        let reply = match route {
            "/incidents" => incidents(&self.events, incoming),
            _ if self.is_withdrawn(incoming) => self.refuse("Invalid routing key"),
            "/v2/change/enqueue" => self.change(incoming, utc),
            _ => return self.events.receive(incoming, utc),
        };
        Reaction::reply_at(reply, utc)
    }

    fn is_withdrawn(&self, incoming: &Incoming) -> bool {
        let body: Option<Value> = serde_json::from_slice(&incoming.body).ok();
        let key = body.as_ref().and_then(|body| body["routing_key"].as_str());
        key.is_some_and(|key| self.withdrawn.contains(key))
    }

    fn change(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if self.events.reception.refuses_all(utc) {
            return self.refuse("nothing is taken");
        }
        match change_of(incoming) {
            Ok(change) => {
                self.events.reception.accept(Some(&change.idempotency_key));
                self.changes.push(change);
                let message = "Change event processed";
                json_reply(202, &json!({ "status": "success", "message": message }))
            }
            Err(why) => self.refuse(&why),
        }
    }

    fn refuse(&mut self, why: &str) -> Reply {
        self.events.reception.refuse(why);
        let message = "Event object is invalid";
        json_reply(400, &json!({ "status": "invalid event", "message": message, "errors": [why] }))
    }
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

/// Reads a change event, field by field: they have neither an action nor a key of an incident.
fn change_of(incoming: &Incoming) -> Result<Change, String> {
    if incoming.body.len() > 512_000 {
        return Err("the event is larger than 512000 bytes".into());
    }
    let body = twist::json(incoming, "POST")?;
    keys(&body, &["routing_key", "payload"], &["links"])?;
    let routing_key = text(&body["routing_key"], 32)?;
    // A key that begins with R is a ruleset's, which takes no changes.
    let is_key = routing_key.len() == 32 && routing_key.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_key || routing_key.starts_with('R') {
        return Err("'routing_key' is not one of an integration".into());
    }
    let payload = &body["payload"];
    keys(payload, &["summary"], &["source", "timestamp", "custom_details"])?;
    let summary = text(&payload["summary"], 1_024)?;
    if let Some(source) = payload.get("source") {
        text(source, 1_024)?;
    }
    let at = payload.get("timestamp").map_or(Ok(None), |at| {
        let read = at.as_str().and_then(UtcMs::from_rfc3339);
        read.map(Some).ok_or_else(|| format!("the timestamp {at} is not ISO 8601"))
    })?;
    let details = payload.get("custom_details").cloned().unwrap_or_default();
    if !details.is_object() && !details.is_null() {
        return Err("'custom_details' is not an object".into());
    }
    let list = body.get("links").map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
    let links = list.ok_or("'links' is not a list")?.iter().map(|link| {
        keys(link, &["href"], &["text"])?;
        let href = text(&link["href"], 2_048)?;
        let is_web = href.starts_with("https://") || href.starts_with("http://");
        if let Some(shown) = link.get("text") {
            text(shown, 2_048)?;
        }
        if is_web { Ok(href.to_owned()) } else { Err(format!("{link} leads nowhere")) }
    });
    Ok(Change {
        idempotency_key: incoming.header("idempotency-key").unwrap_or_default().to_owned(),
        routing_key: routing_key.to_owned(),
        summary: summary.to_owned(),
        at: at.unwrap_or(UtcMs(0)),
        details,
        links: links.collect::<Result<_, String>>()?,
    })
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
