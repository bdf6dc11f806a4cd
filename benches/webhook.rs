//! What a delivery costs before it is remembered: its proof, its id and its meaning.
//!
//! Run with `cargo bench --bench webhook`. Times are of this machine; compare them only with
//! figures of the same machine. No time is asserted: a slow neighbour is no fault of the program.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

use core::hint::black_box;
use std::io::{Write as _, stdout};
use std::time::Instant;

use andon::model::delivery::Delivery;
use andon::model::name::SourceName;
use andon::model::secret::Secret;
use andon::model::time::UtcMs;
use andon::platform::{Definition, Trust, built_in};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const NOW: UtcMs = UtcMs(1_715_783_520_000);
const ROUNDS: u32 = 5_000;
const ALERTS: usize = 64;

fn main() {
    let mut out = stdout().lock();
    let source = SourceName::new("bench").expect("it is a name");
    writeln!(out, "| of one delivery | bytes | us |\n|---|---|---|").expect("it is open");
    for (name, delivery) in [("canonical", one_event()), ("alertmanager", many_alerts())] {
        let definition = named(name);
        let webhook = definition.webhook().expect("it has one");
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let secrets = [&secret];
        let trust = Trust { secrets: &secrets, ..Trust::default() };
        let mut row = |what: &str, work: &dyn Fn()| {
            let micros = time(work);
            let bytes = delivery.body.len();
            writeln!(out, "| {name}: {what} | {bytes} | {micros:.2} |").expect("it is open");
        };
        row("proof", &|| use_up(webhook.prove(&delivery, &trust, NOW)));
        row("id", &|| use_up(webhook.open(&delivery).id(&source, UtcMs(0))));
        row("meaning", &|| use_up(webhook.open(&delivery).read(NOW).expect("it fits")));
    }
}

fn use_up<T>(made: T) {
    let _ = black_box(made);
}

/// Microseconds of one round, the best of five runs.
fn time(work: &dyn Fn()) -> f64 {
    let run = || {
        #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    };
    (0..5).map(|_| run()).fold(f64::MAX, f64::min)
}

fn named(name: &str) -> Definition {
    built_in().into_iter().find(|definition| definition.name() == name).expect("it is built in")
}

fn delivery(headers: &[(&str, &str)], body: String) -> Delivery {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (method, headers) = ("POST".into(), headers.collect());
    Delivery { method, headers, body: body.into(), client_certificate: None }
}

/// Guide 1's normalized payload, signed by Standard Webhooks.
fn one_event() -> Delivery {
    let body = r#"{"alert_key": "genesys-routing-queue-high-abandon-001",
        "platform": "genesys-cloud", "metric_type": "routing.queue.abandon_rate",
        "entity_id": "queue-uuid-12345", "entity_name": "Tier-2 Support - US West",
        "current_value": 0.18, "threshold_value": 0.10, "breach_direction": "above",
        "severity": "critical", "business_impact": "Customer SLA violation risk",
        "timestamp": "2024-05-15T14:32:00Z",
        "source_payload_ref": "genesys-webhook-req-id-98765"}"#;
    let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("it is base64");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("any key will do");
    mac.update(b"id-1.1715783520.");
    mac.update(body.as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let headers = [
        ("host", "hub.example"),
        ("content-type", "application/json"),
        ("x-request-id", "1"),
        ("webhook-id", "id-1"),
        ("webhook-timestamp", "1715783520"),
        ("webhook-signature", &signature),
    ];
    delivery(&headers, body.into())
}

/// A body of Alertmanager's, as many alerts of a usual size.
fn many_alerts() -> Delivery {
    let alert = |n: usize| {
        format!(
            r#"{{"status":"firing","labels":{{"alertname":"ProbeFailure",
            "instance":"https://server-{n}.example.org","job":"http_checks","monitor":"master",
            "severity":"critical"}},"annotations":{{"description":"Instance server-{n} has been
            down for over 5m. Job: http_checks","summary":"Probe failure: server-{n}"}},
            "startsAt":"2024-05-15T14:30:45.828Z","endsAt":"0001-01-01T00:00:00Z",
            "generatorURL":"http://prometheus.example.org:9090/graph?g0.expr=probe_success",
            "fingerprint":"1a30ba71cca2{n:04}"}}"#
        )
        .replace("\n            ", " ")
    };
    let alerts: Vec<String> = (0..ALERTS).map(alert).collect();
    let body = format!(
        r#"{{"version":"4","status":"firing","receiver":"hub","truncatedAlerts":0,"alerts":[{}]}}"#,
        alerts.join(",")
    );
    let secret = "Bearer whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    delivery(&[("content-type", "application/json"), ("authorization", secret)], body)
}
