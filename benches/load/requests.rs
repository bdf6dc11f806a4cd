//! What is sent: events of the size that guide 1 has, signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Requests that are made ready for a run; more than any server here answers in its time.
const REQUESTS: usize = 200_000;

/// Different ones among those that are sent again and again.
const KNOWN: usize = 20_000;

/// Things that the senders speak of.
const ENTITIES: usize = 1_000;

pub(crate) const KEY: &[u8] = b"a key of the bench, 32 bytes long";

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// 64 connections, each event with an id of its own.
    New,
    /// Requests that were all sent before.
    Known,
    /// What `Known` sends again.
    FirstTime,
    /// One connection.
    OneAtATime,
    /// 64 connections, 64 events in a request.
    Batch,
}

impl Load {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::New => "64 connections, new ids",
            Self::Known | Self::FirstTime => "64 connections, known ids",
            Self::OneAtATime => "1 connection, new ids",
            Self::Batch => "64 connections, 64 events in a request",
        }
    }

    pub(crate) const fn connections(self) -> usize {
        if matches!(self, Self::OneAtATime) { 1 } else { 64 }
    }

    pub(crate) const fn events(self) -> usize {
        if matches!(self, Self::Batch) { 64 } else { 1 }
    }

    const fn requests(self) -> usize {
        match self {
            Self::New => REQUESTS,
            Self::Known => REQUESTS,
            Self::FirstTime => KNOWN,
            Self::OneAtATime => REQUESTS / 4,
            Self::Batch => REQUESTS / 16,
        }
    }
}

/// The requests of a load, signed.
pub(crate) fn ours(load: Load) -> Vec<Vec<u8>> {
    let now = jiff::Timestamp::now();
    let request = |n: usize| match load {
        Load::Batch => {
            let alerts: Vec<String> = (0..64).map(|k| fired((n * 64 + k) % ENTITIES)).collect();
            let alerts = alerts.join(",");
            let body = format!(r#"{{"version":"4","status":"firing","alerts":[{alerts}]}}"#);
            let token = format!("authorization: Bearer whsec_{}\r\n", STANDARD.encode(KEY));
            let id = format!("{token}x-request-id: {n}\r\n");
            post("/ingest/alertmanager", &id, &body)
        }
        Load::New | Load::Known | Load::FirstTime | Load::OneAtATime => {
            let n = if load == Load::Known { n % KNOWN } else { n };
            let body = canonical(n % ENTITIES, &now);
            let (id, at) = (format!("msg_{n:08}"), now.as_second());
            let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("any key will do");
            mac.update(format!("{id}.{at}.{body}").as_bytes());
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            let signature = format!("webhook-signature: v1,{signature}\r\n");
            let headers = format!("webhook-id: {id}\r\nwebhook-timestamp: {at}\r\n{signature}");
            post("/ingest/canonical", &headers, &body)
        }
    };
    (0..load.requests()).map(request).collect()
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

/// As many alerts of the same size. What is new to a hub is a delivery's id; what is new to
/// Alertmanager would be an alert, which costs it more: it is given the easier thing, a thousand
/// alerts again and again.
pub(crate) fn theirs(load: Load) -> Vec<Vec<u8>> {
    let request = |n: usize| {
        let alerts: Vec<String> =
            (0..load.events()).map(|k| alert((n * load.events() + k) % ENTITIES)).collect();
        post("/api/v2/alerts", "", &format!("[{}]", alerts.join(",")))
    };
    (0..load.requests() / 2).map(request).collect()
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
