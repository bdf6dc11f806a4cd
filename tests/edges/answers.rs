//! What the hub answers to operators and tools, over its socket and on the command line.

use alloc::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::Output;

use andon::limits::{ADMIN_BODY_BYTES_MAX, REQUEST_HEAD_BYTES_MAX};
use serde_json::Value;

use crate::hub::{Hub, andon, ended, text};
use crate::patience::{utc, wait_until};
use crate::world::{Mood, World};

#[test]
fn operators_and_tools_are_answered_by_the_hub_and_then_by_its_ledger() {
    let world = World::new(2, Mood::Busy);
    let hub = Hub::start(&world);
    assert_eq!(hub.get("/-/healthy").body, "healthy\n");
    wait_until("the hub is ready", 20, || hub.get("/-/ready").body == "ready\n");
    wait_until("everything is told", 20, || {
        world.pagerduty.desk().events().count() == 2 && world.slack.desk().messages().count() == 2
    });

    assert_well_formed(&hub.get("/metrics").body);
    let page = hub.get("/api/v1/alerts");
    let keys = keys(&page.body);
    assert_eq!((page.status, keys.len()), (200, 4), "{}", page.body);
    for key in keys.iter().map(String::as_str).chain(["queue-1:calls_waiting:P1"]) {
        let page = hub.get(&format!("/api/v1/explain/{key}"));
        assert_eq!(page.status, 200, "{key}: {}", page.body);
        assert!(serde_json::from_str::<Value>(&page.body).is_ok(), "{}", page.body);
    }
    assert_eq!(hub.get("/api/v1/explain/nobody").status, 404);
    assert_eq!(hub.get("/api/v1/explain/%zz").status, 400);
    assert_eq!(hub.get("/").status, 404);
    let post =
        "POST /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(hub.send(post).status, 405);

    let of_hub = asked(&world, &["alerts", "--json"], 0);
    assert_eq!(self::keys(&of_hub), keys);
    assert!(asked(&world, &["alerts"], 0).contains("calls_waiting"));
    let key = keys.first().unwrap().as_str();
    let story = asked(&world, &["explain", key], 0);
    assert!(story.contains("first_breach") || story.contains("new breach"), "{story}");
    asked(&world, &["explain", "nobody"], 69);
    assert_eq!(asked(&world, &["unread", "--json"], 0), "{\"unread\":[]}\n");

    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
    let of_ledger = asked(&world, &["alerts", "--json"], 0);
    assert_eq!(self::keys(&of_ledger), keys);
    assert!(asked(&world, &["alerts"], 0).contains("calls_waiting"));
    let story = asked(&world, &["explain", key], 0);
    assert!(story.contains("first_breach") || story.contains("new breach"), "{story}");
    asked(&world, &["explain", "nobody"], 69);
    assert!(asked(&world, &["unread"], 0).starts_with("No unread payloads"));
    Hub::start(&world).stop();
}

#[test]
fn nobody_is_answered_where_there_is_neither_hub_nor_ledger() {
    let world = World::new(1, Mood::Calm);
    asked(&world, &["alerts"], 69);
    assert!(!world.path("state").exists(), "asking made a ledger");
}

#[test]
fn a_client_that_wastes_the_hubs_time_is_sent_away() {
    let world = World::new(1, Mood::Calm);
    let hub = Hub::start(&world);
    // Exactly as much as the hub reads: what lies unread would reset the connection.
    let start = "GET /-/healthy HTTP/1.1\r\nhost: x\r\nx-long: ";
    let long = "x".repeat(REQUEST_HEAD_BYTES_MAX - start.len());
    assert_eq!(hub.send(&format!("{start}{long}")).status, 431);
    let length = ADMIN_BODY_BYTES_MAX + 1;
    let start = "POST /-/healthy HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let body = "x".repeat(length);
    let request = format!("{start}content-length: {length}\r\n\r\n{body}");
    assert_eq!(hub.send(&request).status, 413);
    assert_eq!(hub.send("hello\r\n\r\n").status, 400);

    // More silent clients than the hub takes at once; each is closed, and then others are served.
    let begin = utc();
    let mut silent: Vec<_> = (0..20).map(|_| hub.connect()).collect();
    silent[0].write_all(b"GET /-/heal").unwrap();
    let mut rest = Vec::new();
    silent[0].read_to_end(&mut rest).unwrap();
    let waited = utc() - begin;
    assert!(waited.whole_secs() < 20, "a silent client was borne for {waited}");
    wait_until("the hub serves again", 20, || hub.get("/-/healthy").status == 200);
    let (status, _) = hub.stop();
    assert!(status.success());
}

/// Asks on the command line; what it printed.
fn asked(world: &World, arguments: &[&str], code: i32) -> String {
    let mut command = andon();
    command.args(arguments).arg("--config").arg(world.path("andon.toml"));
    let Output { status, stdout, stderr } = ended(&mut command);
    assert_eq!(status.code(), Some(code), "{arguments:?}: {}", text(&stderr));
    assert_eq!(stderr.is_empty(), code == 0, "{arguments:?}: {}", text(&stderr));
    text(&stdout)
}

fn keys(alerts: &str) -> BTreeSet<String> {
    let alerts: Value = serde_json::from_str(alerts).unwrap_or_else(|_| panic!("{alerts}"));
    let alerts = alerts["alerts"].as_array().unwrap();
    alerts.iter().map(|alert| alert["alert_key"].as_str().unwrap().to_owned()).collect()
}

/// Every sample belongs to a family that was announced with HELP and TYPE, and is a number.
fn assert_well_formed(page: &str) {
    let mut announced = (BTreeSet::new(), BTreeSet::new());
    let mut samples = BTreeSet::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').unwrap();
            assert!(!text.is_empty() && announced.0.insert(name), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(["counter", "gauge"].contains(&kind) && announced.1.insert(name), "{line}");
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            assert!(announced.0.contains(name) && announced.1.contains(name), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(samples.insert(sample), "twice: {line}");
        }
    }
    assert!(samples.len() > 30, "{page}");
}
