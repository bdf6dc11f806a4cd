//! Senders of every kind: by certificate, by signed address, by numbers, late, and with questions.

use andon::model::time::Span;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::{self, CROWD};
use crate::network::SIGNING_SECRET;
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

const CERTIFICATE: &str = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";

/// The usual tenant, whose webhooks are taken, and a source that follows another definition.
fn with(definition: &str, keys: &str) -> World {
    let text = config::thresholds(&[CROWD]);
    let secret = "client_secret = { credential = \"cxone\" }\n";
    let both = format!("{secret}webhook_secret = {{ credential = \"webhook\" }}\n");
    let source = format!("[[source]]\nname = \"other\"\ndefinition = \"{definition}\"\n{keys}\n");
    let text =
        text.replacen(secret, &both, 1).replacen("[[target]]", &format!("{source}[[target]]"), 1);
    // With two sources a rule says whose entities it watches.
    World::start(&text.replacen("[[rules]]", "[[rules]]\nsource = \"cxone\"", 1))
}

fn severity(sequence: Option<u64>, severity: &str, at: Span) -> String {
    let sequence = sequence.map_or(String::new(), |n| format!("\"sequence\": {n},"));
    let timestamp = (BEGIN + at).rfc3339();
    format!(
        r#"{{{sequence} "alert_key": "k", "metric_type": "telephony.trunk.event",
            "entity_id": "trunk-9", "entity_name": "trunk-9", "severity": "{severity}",
            "timestamp": "{timestamp}"}}"#
    )
}

fn signed(message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

const SECRET: &str = "webhook_secret = { credential = \"webhook\" }";

#[test]
fn what_came_late_is_in_the_story_of_its_alert() {
    let mut world = with("cloudevents", SECRET);
    world.pass(minutes(2));
    let first = severity(None, "low", world.site.elapsed);
    world.pass(seconds(30));
    let second = severity(None, "critical", world.site.elapsed);
    assert_eq!(world.push("cxone", "2", &second), 200);
    world.pass(seconds(5));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    assert_eq!(world.push("cxone", "1", &first), 200);
    let said = |world: &mut World| {
        let steps = world.explain("trunk-9:severity").steps;
        steps.iter().filter(|step| step.what.starts_with("came late")).count()
    };
    assert_eq!(said(&mut world), 1);
    // And it is on disk before it is answered.
    world.kill();
    world.pass(seconds(5));
    assert_eq!(said(&mut world), 1);
    world.pass(minutes(2));
    world.nobody_heard();
}

#[test]
fn a_senders_count_goes_before_its_clock() {
    let mut world = with("cloudevents", SECRET);
    world.pass(minutes(2));
    let now = world.site.elapsed;
    assert_eq!(world.push("cxone", "1", &severity(Some(8), "critical", now)), 200);
    world.pass(seconds(5));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    // The event before it, whose time is newer: it was tried again and written anew.
    let later = world.site.elapsed;
    assert_eq!(world.push("cxone", "2", &severity(Some(7), "resolved", later)), 200);
    world.pass(minutes(1));
    world.nobody_heard();
    assert_eq!(world.push("cxone", "3", &severity(Some(9), "resolved", now)), 200);
    world.pass(seconds(5));
    world.pagerduty().heard(["resolve trunk-9 severity recovered"]);
}

#[test]
fn a_client_certificate_is_proof_enough() {
    let mut world = with("nice-nexus", &format!("webhook_certificates = [\"{CERTIFICATE}\"]"));
    world.pass(minutes(2));
    let body = severity(None, "critical", world.site.elapsed);
    let mut status = |certificate: Option<&str>| {
        let reply = world.deliver("/ingest/other", &[], &body, certificate);
        reply.map_or(0, |reply| reply.status)
    };
    assert_eq!(status(None), 401);
    assert_eq!(status(Some(&"0".repeat(64))), 401);
    assert_eq!(status(Some(CERTIFICATE)), 200);
    world.pass(seconds(5));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
}

#[test]
fn one_senders_ids_do_not_silence_another() {
    let mut world = with("cloudevents", SECRET);
    world.pass(minutes(2));
    let body = severity(None, "resolved", world.site.elapsed);
    assert_eq!(world.push("cxone", "7", &body), 200);
    let event = r#"{"specversion": "1.0", "type": "t", "subject": "trunk-9",
        "data": {"severity": "critical"}}"#;
    let token = format!("Bearer {SIGNING_SECRET}");
    let headers = [("authorization", token.as_str()), ("x-request-id", "7")];
    let mut status =
        || world.deliver("/ingest/other", &headers, event, None).map_or(0, |reply| reply.status);
    assert_eq!((status(), status()), (200, 200));
    world.pass(seconds(5));
    world.pagerduty().heard(["trigger trunk-9 severity critical"]);
    assert_eq!(world.metric("andon_deliveries_total{source=\"other\",outcome=\"duplicate\"}"), 1);
}

#[test]
fn grafana_may_prove_itself_in_each_of_its_ways() {
    let mut world = with("grafana", SECRET);
    world.pass(minutes(2));
    let body = r#"{"version": "1", "orgId": 1, "alerts": [{"fingerprint": "f", "labels": {}}]}"#;
    let hex: String = signed(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let (bearer, basic) = (format!("Bearer {SIGNING_SECRET}"), STANDARD.encode(SIGNING_SECRET));
    let basic = format!("Basic {basic}");
    let mut status = |header: (&str, &str)| {
        let reply = world.deliver("/ingest/other", &[header], body, None);
        reply.map_or(0, |reply| reply.status)
    };
    assert_eq!(status(("x-grafana-alerting-signature", &hex)), 200);
    assert_eq!(status(("authorization", &bearer)), 200);
    assert_eq!(status(("authorization", &basic)), 200);
    assert_eq!(status(("authorization", "Bearer other")), 401);
    assert_eq!(status(("x-grafana-alerting-signature", "00")), 401);
}
