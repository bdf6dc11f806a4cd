//! `/api/v2/integration/webhooks`: registration, as guide 1 shows it; what comes back is ours.
//!
//! `POST` registers and answers 201 with the same fields, an `id`, `dateCreated` and `selfUri`. A
//! second of the same name is 409 `conflict`, so that whoever registers looks first: `GET` lists by
//! pages, `GET`, `PUT` and `DELETE` take one by its id. `sender` delivers to those on loopback.
//!
//! # Promises
//! - `a_webhook_is_registered_as_the_guide_shows`: and found again.
//! - `a_registration_that_is_off_is_refused`: the second of a name too.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::demo::genesys::guide::WEBHOOKS;
use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
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
    #[serde(rename = "type")]
    kind: Kind,
    url: String,
    events: Vec<Event>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Webhook,
}

#[derive(Debug, Serialize, Deserialize)]
enum Event {
    #[serde(rename = "routing.queue.event")]
    Queue,
    #[serde(rename = "telephony.trunk.event")]
    Trunk,
    #[serde(rename = "analytics.report.event")]
    Report,
}

impl Webhooks {
    pub(super) fn all(&self) -> &[Value] {
        &self.all
    }

    /// Answers a request to a path that begins with that of webhooks.
    pub(super) fn answer(
        &mut self,
        incoming: &Incoming,
        path: &str,
        utc: UtcMs,
    ) -> Result<Reply, Refusal> {
        let rest = path.strip_prefix(WEBHOOKS).unwrap_or_default();
        match (&*incoming.method, rest.strip_prefix('/')) {
            ("POST", None) if rest.is_empty() => {
                let registration = self.read(incoming, None)?;
                self.registered += 1;
                let id = format!("webhook-{}", self.registered);
                let webhook = listed(&registration, &id, utc);
                self.all.push(webhook.clone());
                Ok(json_reply(201, &webhook))
            }
            ("GET", None) if rest.is_empty() => {
                let page = Page::read(incoming, WEBHOOKS, &[])?;
                Ok(json_reply(200, &page.listing(&self.all)))
            }
            ("GET", Some(id)) => Ok(json_reply(200, self.place(id)?.1)),
            ("PUT", Some(id)) => {
                let place = self.place(id)?.0;
                let webhook = listed(&self.read(incoming, Some(id))?, id, utc);
                if let Some(old) = self.all.get_mut(place) {
                    *old = webhook.clone();
                }
                Ok(json_reply(200, &webhook))
            }
            ("DELETE", Some(id)) => {
                let place = self.place(id)?.0;
                self.all.remove(place);
                Ok(Reply::empty(204))
            }
            _ => Err(Refusal::new(405, "method.not.allowed", "there is no such way to do it")),
        }
    }

    fn place(&self, id: &str) -> Result<(usize, &Value), Refusal> {
        let mut all = (0..).zip(&self.all);
        let found = all.find(|(_, webhook)| has(webhook, "id", id));
        found.ok_or_else(|| Refusal::new(404, "not.found", format!("there is no webhook {id}")))
    }

    /// Reads a registration. `id` is that of the webhook which it replaces.
    fn read(&self, incoming: &Incoming, id: Option<&str>) -> Result<Registration, Refusal> {
        if incoming.media_type() != "application/json" {
            let why = "the content type has to be application/json";
            return Err(Refusal::new(415, "unsupported.media.type", why));
        }
        let read: Registration = serde_json::from_slice(&incoming.body)
            .map_err(|fault| Refusal::bad(format!("{fault}")))?;
        if !["https://", "http://"].iter().any(|scheme| read.url.starts_with(scheme)) {
            return Err(Refusal::bad("url has to begin with https:// or http://"));
        }
        if read.name.is_empty() || read.events.is_empty() {
            return Err(Refusal::bad("name and events may not be empty"));
        }
        let others = self.all.iter().filter(|webhook| id.is_none_or(|id| !has(webhook, "id", id)));
        if others.into_iter().any(|webhook| has(webhook, "name", &read.name)) {
            let why = format!("there is a webhook named \"{}\" already", read.name);
            return Err(Refusal::new(409, "conflict", why));
        }
        if id.is_none() && self.all.len() >= WEBHOOKS_MAX {
            return Err(Refusal::bad(format!("there may be {WEBHOOKS_MAX} webhooks")));
        }
        Ok(read)
    }
}

fn listed(registration: &Registration, id: &str, utc: UtcMs) -> Value {
    let mut webhook = json!(registration);
    if let Some(webhook) = webhook.as_object_mut() {
        webhook.insert("id".into(), id.into());
        webhook.insert("dateCreated".into(), utc.rfc3339().into());
        webhook.insert("selfUri".into(), format!("{WEBHOOKS}/{id}").into());
    }
    webhook
}

fn has(webhook: &Value, field: &str, value: &str) -> bool {
    webhook.get(field).and_then(Value::as_str) == Some(value)
}

const WEBHOOKS_MAX: usize = 100;
