//! What is sent: events of the size that guide 1 has, signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Requests that are made ready for a run; more than any server here answers in its time.
const REQUESTS: usize = 200_000;

/// Different ids among those that are sent again and again.
const KNOWN: usize = 20_000;

/// Things that the senders speak of.
const ENTITIES: usize = 1_000;

pub(crate) const KEY: &[u8] = b"a key of the bench, 32 bytes long";

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) connections: usize,
    /// In a request.
    pub(crate) events: usize,
    requests: usize,
    ids: Ids,
    entities: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    /// Each request has its own.
    New,
    /// Those of [`BEFORE`].
    Known,
}

pub(crate) const NEW: Load = Load {
    name: "64 connections, new ids",
    connections: 64,
    events: 1,
    requests: REQUESTS,
    ids: Ids::New,
    entities: ENTITIES,
};

/// What is measured after everything in [`BEFORE`] has been sent.
pub(crate) const LOADS: [Load; 4] = [
    NEW,
    Load { name: "64 connections, known ids", ids: Ids::Known, ..NEW },
    Load { name: "1 connection, new ids", connections: 1, requests: REQUESTS / 4, ..NEW },
    Load {
        name: "64 connections, 64 events in a request",
        events: 64,
        requests: REQUESTS / 16,
        ..NEW
    },
];

/// What is measured when nothing has been sent: every event begins an alert.
pub(crate) const NEW_ALERTS: Load =
    Load { name: "64 connections, 3,000 new alerts", requests: 3_000, entities: 3_000, ..NEW };

/// Makes every entity known, and the ids of [`Ids::Known`].
pub(crate) const BEFORE: [Load; 2] = [
    Load { requests: KNOWN, ids: Ids::Known, ..NEW },
    Load { requests: ENTITIES / 64 + 1, events: 64, ids: Ids::Known, ..NEW },
];

impl Load {
    fn id(self, n: usize) -> String {
        match self.ids {
            Ids::New => format!("msg_{n:08}"),
            Ids::Known => format!("known_{:06}", n % KNOWN),
        }
    }

    fn entities(self, n: usize) -> impl Iterator<Item = usize> {
        (0..self.events).map(move |k| (n * self.events + k) % self.entities)
    }
}

/// The requests of a load, signed.
pub(crate) fn ours(load: Load) -> Vec<Vec<u8>> {
    let now = jiff::Timestamp::now();
    let of_many = |n: usize| {
        let alerts: Vec<String> = load.entities(n).map(fired).collect();
        let alerts = alerts.join(",");
        let body = format!(r#"{{"version":"4","status":"firing","alerts":[{alerts}]}}"#);
        let token = format!("authorization: Bearer whsec_{}\r\n", STANDARD.encode(KEY));
        let id = format!("{token}x-request-id: {}\r\n", load.id(n));
        post("/ingest/alertmanager", &id, &body)
    };
    let of_one = |n: usize| {
        let body = canonical(n % load.entities, &now);
        let (id, at) = (load.id(n), now.as_second());
        let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("any key will do");
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let signature = format!("webhook-signature: v1,{signature}\r\n");
        let headers = format!("webhook-id: {id}\r\nwebhook-timestamp: {at}\r\n{signature}");
        post("/ingest/canonical", &headers, &body)
    };
    let request = |n: usize| if load.events > 1 { of_many(n) } else { of_one(n) };
    (0..load.requests).map(request).collect()
}

/// Guide 1's normalized payload.
fn canonical(entity: usize, now: &jiff::Timestamp) -> String {
    format!(
        r#"{{
  "alert_key": "genesys-routing-queue-high-abandon-{entity:04}",
  "platform": "genesys-cloud",
  "metric_type": "routing.queue.abandon_rate",
  "entity_id": "queue-uuid-0123456789-0123456789-{entity:04}",
  "entity_name": "Tier-2 Support - US West {entity:04}",
  "current_value": 0.18,
  "threshold_value": 0.10,
  "breach_direction": "above",
  "severity": "critical",
  "business_impact": "Customer SLA violation risk",
  "timestamp": "{now:.0}",
  "source_payload_ref": "genesys-webhook-req-id-98765"
}}"#
    )
}

fn fired(entity: usize) -> String {
    format!(
        r#"{{"status":"firing","labels":{{"alertname":"QueueHigh","severity":"critical",
        "queue":"q{entity}","site":"west","team":"tier-2","platform":"genesys"}},"annotations":
        {{"summary":"queue {entity} has many callers","runbook":"https://wiki.example.com/q"}},
        "startsAt":"2026-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z",
        "generatorURL":"https://p.example.com/g","fingerprint":"{entity:016x}"}}"#
    )
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: andon\r\ncontent-type: application/json\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    )
    .into()
}

/// As many alerts of the same size.
pub(crate) fn theirs(load: Load) -> Vec<Vec<u8>> {
    let request = |n: usize| {
        let alerts: Vec<String> = load.entities(n).map(alert).collect();
        post("/api/v2/alerts", "", &format!("[{}]", alerts.join(",")))
    };
    (0..load.requests).map(request).collect()
}

fn alert(entity: usize) -> String {
    format!(
        r#"{{"labels":{{"alertname":"QueueHigh","severity":"critical","site":"west",
        "queue":"queue-uuid-0123456789-{entity:04}","team":"tier-2","platform":"genesys-cloud"}},
        "annotations":{{"summary":"Tier-2 Support - US West {entity:04} loses callers",
        "current_value":"0.18","threshold_value":"0.10","ref":"genesys-webhook-req-id-98765",
        "business_impact":"Customer SLA violation risk"}},
        "generatorURL":"https://p.example.com/g"}}"#
    )
}
