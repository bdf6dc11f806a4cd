//! The senders that the push door is tried with, and the definitions that the hub has of them.

use andon::model::time::{Span, UtcMs};
use serde_json::json;

use crate::patience::utc;
use crate::sealing::{self, Letter, Seal, Sealing, plain, token, whpk, whsec};
use crate::world::World;

/// A sender of some kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) source: &'static str,
    pub(crate) definition: &'static str,
    /// How its key is written for the hub.
    secret: fn(&[u8]) -> String,
    seal: Sealing,
    /// What it says of an entity.
    pub(crate) body: fn(&str) -> String,
    pub(crate) proves: Proves,
}

/// What a proof is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proves {
    /// Who sends it.
    Sender,
    /// And what.
    Body,
    /// And when.
    Time,
}

use Proves::{Body, Sender, Time};

pub(crate) const ROWS: [Row; 25] = [
    row("standard-webhooks", "canonical", whsec, sealing::standard, signal, Time),
    row("standard-ed25519", "canonical", whpk, sealing::standard_ed25519, signal, Time),
    row("svix", "svix", whsec, sealing::svix, small, Time),
    row("github", "github", plain, sealing::github, small, Body),
    row("slack", "slack", plain, sealing::slack, small, Time),
    row("stripe", "stripe", plain, sealing::stripe, small, Time),
    row("pagerduty", "pagerduty", plain, sealing::pagerduty, small, Body),
    row("twilio-form", "twilio", plain, sealing::twilio, form, Body),
    row("twilio-json", "twilio", plain, sealing::twilio_json, small, Body),
    row("twilio-sha256", "twilio", plain, sealing::twilio_sha256, form, Body),
    row("rootly", "rootly", plain, sealing::rootly, small, Time),
    row("generic", "generic", plain, sealing::generic, small, Time),
    row("paddle", "paddle", plain, sealing::paddle, small, Time),
    row("teams", "teams", token, sealing::teams, small, Body),
    row("open-messaging", "open-messaging", plain, sealing::open_messaging, small, Body),
    row("nexus", "nice-nexus", plain, sealing::nexus, signal, Time),
    row("zoom", "zoom", plain, sealing::zoom, small, Time),
    row("guide", "nice-cxone-guide", plain, sealing::guide, signal, Body),
    row("grafana", "grafana", plain, sealing::grafana, of_grafana, Body),
    row("grafana-basic", "grafana", plain, sealing::basic, of_grafana, Sender),
    row("bearer", "alertmanager", plain, sealing::bearer, of_alertmanager, Sender),
    row("basic", "alertmanager", plain, sealing::basic, of_alertmanager, Sender),
    row("api-key", "genesys-eventbridge", plain, sealing::api_key, of_genesys, Sender),
    row("api-basic", "genesys-eventbridge", plain, sealing::basic, of_genesys, Sender),
    row("own-header", "own-header", plain, sealing::own_header, small, Sender),
];

/// What is not built in, by name: its proof, and the questions that its sender asks.
pub(crate) const DEFINITIONS: [(&str, &str); 13] = [
    ("svix", "proof = { scheme = \"svix\" }"),
    ("github", "proof = { scheme = \"github\" }"),
    (
        "slack",
        "proof = { scheme = \"slack\" }\n[[webhook.challenge]]\n\
         when = \"type == 'url_verification'\"\nreply = { challenge = \"challenge\" }",
    ),
    ("stripe", "proof = { scheme = \"stripe\" }"),
    ("pagerduty", "proof = { scheme = \"pagerduty\" }"),
    ("twilio", "proof = { scheme = \"twilio\" }"),
    ("rootly", "proof = { scheme = \"rootly\" }"),
    (
        "generic",
        "proof = { scheme = \"signature\", header = \"x-acme-signature\", separator = \"comma\", \
         prefix = \"v1=\", timestamp_beside = \"t=\", signed = \"{timestamp}.{body}\" }",
    ),
    ("paddle", "proof = { scheme = \"paddle\" }"),
    ("teams", "proof = { scheme = \"teams\" }"),
    ("open-messaging", "proof = { scheme = \"genesys-open-messaging\" }"),
    (
        "zoom",
        "proof = { scheme = \"zoom\" }\n[[webhook.challenge]]\n\
         when = \"event == 'endpoint.url_validation'\"\n\
         reply = { plainToken = \"payload.plainToken\" }\n\
         hashed = { encryptedToken = \"payload.plainToken\" }",
    ),
    (
        "own-header",
        "id = [\"x-acme-id\"]\n\
         proof = { scheme = \"token\", header = \"x-acme-key\", prefix = \"Key \" }",
    ),
];

const fn row(
    source: &'static str,
    definition: &'static str,
    secret: fn(&[u8]) -> String,
    seal: Sealing,
    body: fn(&str) -> String,
    proves: Proves,
) -> Row {
    Row { source, definition, secret, seal, body, proves }
}

pub(crate) fn small(id: &str) -> String {
    json!({ "id": id, "severity": "low" }).to_string()
}

fn form(id: &str) -> String {
    format!("severity=low&id={id}&Body=at+5%2B")
}

pub(crate) fn signal(id: &str) -> String {
    signal_at(id, "low", utc(), None)
}

pub(crate) fn signal_at(id: &str, severity: &str, at: UtcMs, sequence: Option<u64>) -> String {
    let (metric, at) = ("telephony.trunk.event", at.rfc3339());
    json!({ "alert_key": "k", "metric_type": metric, "entity_id": id, "severity": severity,
            "timestamp": at, "sequence": sequence })
    .to_string()
}

fn of_grafana(id: &str) -> String {
    let labels = json!({ "severity": "info" });
    let alert = json!({ "status": "firing", "labels": labels, "fingerprint": id });
    json!({ "version": "1", "orgId": 1, "alerts": [alert] }).to_string()
}

fn of_alertmanager(id: &str) -> String {
    let labels = json!({ "severity": "info" });
    let alert = json!({ "status": "firing", "labels": labels, "fingerprint": id });
    json!({ "version": "4", "alerts": [alert] }).to_string()
}

fn of_genesys(id: &str) -> String {
    of_genesys_waiting(id, 3)
}

pub(crate) fn of_genesys_waiting(id: &str, calls: u32) -> String {
    let metrics = json!([{ "metric": "oWaiting", "stats": { "count": calls } }]);
    let body = json!({ "group": { "queueId": id }, "data": [{ "metrics": metrics }] });
    json!({ "id": id, "time": utc().rfc3339(), "detail": { "eventBody": body } }).to_string()
}

impl Row {
    pub(crate) fn named(source: &str) -> Self {
        *ROWS.iter().find(|row| row.source == source).expect("a row")
    }

    /// A key of its sender; `which` of them.
    pub(crate) fn key(&self, which: &str) -> Vec<u8> {
        format!("{}:{which}-key-of-a-proof", self.source).into_bytes()
    }

    pub(crate) fn table(&self, world: &World) -> String {
        let secret = |name: &str, which: &str| {
            let file = format!("{}.{which}", self.source);
            world.write(&file, &(self.secret)(&self.key(which)));
            format!("{name} = {{ file = {:?} }}\n", world.path(&file))
        };
        let keys = secret("webhook_secret", "present")
            + &secret("webhook_secret_previous", "previous")
            + &format!("webhook_url = \"{}\"\n", self.address());
        let polled = match self.definition {
            "nice-cxone-guide" => format!(
                "base_url = \"http://{}\"\nclient_id = \"edges\"\n\
                 client_secret = {{ file = {:?} }}\nqueues = [\"queue-0\"]\n",
                world.platform.address,
                world.path("cxone")
            ),
            _ => String::new(),
        };
        source(self.source, self.definition, &(keys + &polled))
    }

    fn address(&self) -> String {
        format!("https://hub.example/ingest/{}", self.source)
    }

    /// Proof with one of its keys, a while ago.
    pub(crate) fn sealed(&self, which: &str, id: &str, body: &str, secs_ago: i64) -> Seal {
        let (key, address) = (self.key(which), self.address());
        let at = before(secs_ago).0.div_euclid(1_000);
        (self.seal)(&Letter { key: &key, address: &address, id, body, at })
    }
}

/// Some seconds before now.
pub(crate) fn before(secs: i64) -> UtcMs {
    utc() + Span::secs(-secs)
}

pub(crate) fn source(name: &str, definition: &str, keys: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\ndefinition = \"{definition}\"\n{keys}\n")
}

pub(crate) fn definition(name: &str, proof: &str) -> String {
    format!(
        "name = \"{name}\"\nplatform = \"{name}\"\ninterval_seconds = 60\noffset_seconds = 0\n\
         window = \"snapshot\"\n\n[auth]\nkind = \"none\"\n\n[webhook]\n{proof}\n\n\
         [[webhook.event]]\n[webhook.event.answer]\nrows = \"[@]\"\nentity_id = \"id\"\n\
         metrics = [{{ metric = \"event.severity\", path = \"severity\", \
         values = {{ low = 1, resolved = 0 }} }}]\n"
    )
}
