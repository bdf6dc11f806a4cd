//! `/v1/webhooks`: registration, as guide 1 shows it for CXone; what comes back is ours.
//!
//! `POST` registers and answers 201 with the same fields, an `id` and `createdAt`; `GET` lists all
//! under `webhooks`, and `GET` and `DELETE` take one by its id. There is no `PUT`, and a second of
//! the same name is taken, so that whoever registers has to look first. `sender` delivers to those
//! on loopback.
//!
//! # Promises
//! - `a_webhook_is_registered_as_guide_1_shows`: and listed, and taken away.
//! - `a_registration_needs_its_scope_and_its_fields`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::demo::cxone::{WEBHOOKS, refusal};
use crate::demo::http::{Incoming, json_reply};
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// The webhooks that are registered.
#[derive(Debug, Clone, Default)]
pub(super) struct Webhooks {
    all: Vec<Value>,
    registered: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    name: String,
    #[serde(default)]
    description: String,
    enabled: bool,
    url: String,
    events: Vec<Event>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Event {
    #[serde(rename = "queue.status.changed")]
    Queue,
    #[serde(rename = "trunk.health.alert")]
    Trunk,
    #[serde(rename = "analytics.threshold.breach")]
    Threshold,
}

impl Webhooks {
    pub(super) fn all(&self) -> &[Value] {
        &self.all
    }

    /// Answers a request to a path that begins with that of webhooks.
    pub(super) fn answer(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        let rest = incoming.route().strip_prefix(WEBHOOKS).unwrap_or_default();
        let place = |id: &str| {
            let is_it = |webhook: &Value| webhook.get("id").and_then(Value::as_str) == Some(id);
            self.all.iter().position(is_it)
        };
        let none = || refusal(404, "not_found", "there is no such webhook");
        match (&*incoming.method, rest.strip_prefix('/')) {
            ("POST", None) if rest.is_empty() => self.register(incoming, utc),
            ("GET", None) if rest.is_empty() => json_reply(200, &json!({ "webhooks": self.all })),
            ("GET", Some(id)) => match place(id).and_then(|place| self.all.get(place)) {
                Some(webhook) => json_reply(200, webhook),
                None => none(),
            },
            ("DELETE", Some(id)) => match place(id) {
                Some(place) => {
                    self.all.remove(place);
                    Reply::empty(204)
                }
                None => none(),
            },
            _ => refusal(405, "method_not_allowed", "there is no such way to do it"),
        }
    }

    fn register(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if incoming.media_type() != "application/json" {
            return refusal(415, "unsupported_media_type", "it has to be application/json");
        }
        let read: Registration = match serde_json::from_slice(&incoming.body) {
            Ok(read) => read,
            Err(fault) => return refusal(400, "invalid_request", &format!("{fault}")),
        };
        if !["https://", "http://"].iter().any(|scheme| read.url.starts_with(scheme)) {
            return refusal(400, "invalid_request", "url has to begin with https:// or http://");
        }
        if read.name.is_empty() || read.events.is_empty() || self.all.len() >= WEBHOOKS_MAX {
            let why = format!("name and events, and no more than {WEBHOOKS_MAX} webhooks");
            return refusal(400, "invalid_request", &why);
        }
        self.registered += 1;
        let mut webhook = json!(read);
        if let Some(webhook) = webhook.as_object_mut() {
            webhook.insert("id".into(), format!("wh-{}", self.registered).into());
            webhook.insert("createdAt".into(), utc.rfc3339().into());
        }
        self.all.push(webhook.clone());
        json_reply(201, &webhook)
    }
}

const WEBHOOKS_MAX: usize = 100;
