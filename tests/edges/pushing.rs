//! `andon simulate --webhooks` delivers to `andon run`, badly: nothing counts twice, nothing is
//! lost, and nobody is believed who does not know the secret.

use alloc::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Stdio};

use andon::demo::http::{Incoming, Reaction};
use andon::demo::pagerduty::{Action, PagerDuty};
use andon::edge::http::Client;
use andon::model::http::{Reply, Request};
use andon::model::time::{Span, UtcMs};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::demonstration::Killed;
use crate::hub::{Hub, andon, free_port, terminate};
use crate::patience::{pause, wait_for, wait_until};
use crate::server::{Desk, Server};
use crate::world::{Mood, World};

const DEADLINE: Span = Span::secs(10);

/// A simulation that runs.
struct Simulation {
    process: Killed,
    said: BufReader<ChildStdout>,
    /// What it said of its places.
    places: Value,
    /// Where it keeps its files.
    _directory: TempDir,
}

impl Simulation {
    /// One that pushes to a port, with trouble of every kind.
    fn start(door: u16, seed: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = andon();
        command
            .env("TMPDIR", directory.path())
            .args(["simulate", "--json", "--port", "0", "--queues", "60"])
            .args(["--webhooks", &format!("http://127.0.0.1:{door}")])
            .args(["--seed", &seed.to_string()])
            .args(["--duplicated", "20", "--reordered", "20", "--forged", "10"])
            .args(["--truncated", "5"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = Killed(command.spawn().unwrap());
        let mut said = BufReader::new(process.0.stdout.take().unwrap());
        let places = line(&mut said);
        Self { process, said, places, _directory: directory }
    }

    /// Ends it, and gives its own count.
    fn end(mut self) -> Sent {
        terminate(self.process.0.id());
        let sent = Sent(line(&mut self.said)["webhooks"]["genesys"].clone());
        let status = wait_for("the simulation ends", 20, || self.process.0.try_wait().unwrap());
        assert!(status.success(), "{status}");
        sent
    }
}

/// What a sender says of itself.
#[derive(Debug)]
struct Sent(Value);

impl Sent {
    fn made(&self, nature: &str) -> u64 {
        self.0["deliveries"][nature]["made"].as_u64().unwrap()
    }

    /// How often its deliveries of a kind were answered with a status.
    fn answered(&self, nature: &str, status: &str) -> u64 {
        self.0["deliveries"][nature]["answers"][status].as_u64().unwrap_or(0)
    }

    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    /// Everything that was sent has its final answer, and the right one.
    fn assert_answered_as_it_deserves(&self) {
        assert_eq!((self.number("given_up"), self.number("unfinished")), (0, 0), "{self:?}");
        for (nature, status) in
            [("genuine", "200"), ("duplicate", "200"), ("forged", "401"), ("truncated", "401")]
        {
            assert!(self.made(nature) > 0, "no {nature} one in {self:?}");
            let answers = self.0["deliveries"][nature]["answers"].as_object().unwrap();
            let is_final = |status: &&String| !["none", "503"].contains(&status.as_str());
            let finals: Vec<&String> = answers.keys().filter(is_final).collect();
            assert_eq!(finals, [status], "{nature}: {self:?}");
            assert_eq!(self.answered(nature, status), self.made(nature), "{nature}: {self:?}");
        }
    }
}

#[test]
fn each_genuine_event_counts_once_over_a_restart_and_no_forged_one_at_all() {
    let world = World::new(1, Mood::Calm);
    let door = free_port();
    let first = Simulation::start(door, 1);
    configure(&world, door, &first.places["platforms"]["genesys-cloud-guide"]);
    // It pushes to a door that is not open yet.
    pause(2_000);
    let hub = Hub::start(&world);
    wait_until("the first events are taken", 20, || deliveries(&hub, "taken") > 0);
    pause(11_000);
    let sent = first.end();
    sent.assert_answered_as_it_deserves();
    assert!(sent.number("retries") > 0, "nobody answered at first: {sent:?}");
    // What was not answered never reached it, so its counts are the sender's.
    assert_eq!(taken(&hub), sent.made("genuine"), "{sent:?}");
    assert_eq!(deliveries(&hub, "duplicate"), sent.made("duplicate"), "{sent:?}");
    let believed_by_nobody = sent.made("forged") + sent.made("truncated");
    assert_eq!(deliveries(&hub, "refused"), believed_by_nobody, "{sent:?}");
    assert_eq!(known(&hub), sent.made("genuine"));
    let before = known(&hub);

    // The second is cut off in the middle.
    let second = Simulation::start(door, 2);
    wait_until("its events are taken", 20, || known(&hub) > before + 20);
    hub.kill();
    // Long enough for its next look to find nobody.
    pause(10_000);
    let hub = Hub::start(&world);
    pause(11_000);
    let sent = second.end();
    sent.assert_answered_as_it_deserves();
    assert!(sent.number("retries") > 0, "{sent:?}");
    assert_eq!(known(&hub), before + sent.made("genuine"), "{sent:?}");
    let outbox_is_empty = || hub.counts("andon_outbox_waiting{target=\"pagerduty\"}") < 0.5;
    wait_until("everybody is told", 30, outbox_is_empty);
    hub.stop();
    assert_pages_begin_and_end_in_turn(&world.pagerduty.desk());
}

/// Of each alert a page and its end follow each other. What came under the same idempotency key is
/// the same page.
fn assert_pages_begin_and_end_in_turn(desk: &PagerDuty) {
    let mut keys = BTreeSet::new();
    let mut last = BTreeMap::new();
    for received in desk.events() {
        let event = &received.event;
        // What the forgeries say: their sender's threshold and 900.
        assert!(!event.summary.contains("915"), "a forged number was believed: {}", event.summary);
        if keys.insert(received.idempotency_key.clone().expect("an idempotency key")) {
            let before =
                last.insert(event.dedup_key.clone(), event.action).unwrap_or(Action::Resolve);
            assert_ne!(before, event.action, "twice the same: {}", event.summary);
        }
    }
    assert!(!keys.is_empty(), "nobody was paged");
}

/// Takes whatever comes.
#[derive(Default)]
struct Mailbox(Vec<Incoming>);

impl Desk for Mailbox {
    fn receive(&mut self, incoming: &Incoming, _utc: UtcMs) -> Reaction {
        self.0.push(incoming.clone());
        Reaction::Reply(Reply::empty(204))
    }
}

/// A platform of the simulation, and what its guide says of registering there.
struct Registrar<'a> {
    base_url: &'a Value,
    token_path: &'a str,
    client_id: &'a str,
    scope: &'a str,
    path: &'a str,
    kind: Option<&'a str>,
    event: &'a str,
    platform: &'a str,
}

impl Registrar<'_> {
    /// Registers an address, as the guide writes it.
    fn register(&self, address: &str) {
        let url = |path: &str| format!("{}{path}", self.base_url.as_str().unwrap());
        let (events, _answers) = smol::channel::bounded(1);
        let client = Client::new(events);
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret=demo-client-secret&scope={}",
            self.client_id, self.scope
        );
        let mut login = Request::post_json(&url(self.token_path), form.into(), DEADLINE);
        login.headers =
            [("content-type".into(), "application/x-www-form-urlencoded".into())].into();
        let token: Value = serde_json::from_slice(&client.fetch(&login).unwrap().body).unwrap();
        let mut registration = json!({
            "name": "cc-aws-health-ingest", "enabled": true, "url": address,
            "events": [self.event],
            "headers": { "X-Webhook-Source": self.platform, "X-Request-Id": "{{uuid}}" },
        });
        if let Some(kind) = self.kind {
            registration["type"] = kind.into();
        }
        let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        let body = registration.to_string().into_bytes();
        let register = Request::post_json(&url(self.path), body, DEADLINE)
            .with_header("authorization", &bearer);
        assert_eq!(client.fetch(&register).unwrap().status, 201);
    }
}

#[test]
fn who_registers_with_a_simulated_platform_is_pushed_what_he_asked_for() {
    let simulation = Simulation::start(free_port(), 3);
    let genesys = Registrar {
        base_url: &simulation.places["platforms"]["genesys-cloud-guide"]["url"],
        token_path: "/api/v2/oauth/token",
        client_id: "andon%40demo",
        scope: "webhook:read",
        path: "/api/v2/integration/webhooks",
        kind: Some("webhook"),
        event: "routing.queue.event",
        platform: "genesys-cloud",
    };
    let cxone = Registrar {
        base_url: &simulation.places["cxone"],
        token_path: "/oauth/token",
        client_id: "andon-demo",
        scope: "webhook.manage",
        path: "/v1/webhooks",
        kind: None,
        event: "queue.status.changed",
        platform: "nice-cxone",
    };
    for registrar in [genesys, cxone] {
        let mailbox = Server::start(Mailbox::default());
        registrar.register(&format!("http://{}/some/where", mailbox.address));
        wait_until("deliveries come", 25, || mailbox.desk().0.len() > 10);
        let mut ids = BTreeSet::new();
        for delivery in &mailbox.desk().0 {
            assert_eq!(delivery.path, "/some/where");
            assert_eq!(delivery.header("x-webhook-source"), Some(registrar.platform));
            assert!(delivery.header("x-signature").unwrap().starts_with("sha256="));
            ids.insert(delivery.header("x-request-id").unwrap().to_owned());
        }
        assert!(ids.len() > 5 && !ids.contains("{{uuid}}"), "{ids:?}");
    }
}

/// A hub that watches the simulation, and pages for every caller who waits.
fn configure(world: &World, door: u16, guide: &Value) {
    let text = |name: &str| guide["credentials"][name].as_str().unwrap().to_owned();
    let source = format!(
        "[[source]]\nname = \"genesys\"\ndefinition = \"genesys-cloud-guide\"\n\
         base_url = {}\nclient_id = \"{}\"\nclient_secret = {{ file = {:?} }}\n\
         webhook_secret = {{ file = {:?} }}\n\n[[rules]]\nthresholds = [\n\
         {{ metric = \"calls_waiting\", operator = \">=\", static_value = 3, priority = \"P1\", \
         cooldown_seconds = 3600, escalation_threshold_seconds = 86400, \
         on_delay_seconds = 0, off_delay_seconds = 0 }},\n]\n\n",
        guide["url"],
        text("client_id"),
        world.path("genesys"),
        world.path("webhook"),
    );
    let config = world.config(&source);
    let config = format!("{}{config}", listen(door));
    world.write("andon.toml", &config);
    world.write("genesys", &text("client_secret"));
    world.write("webhook", "demo-webhook-secret");
}

fn listen(door: u16) -> String {
    format!("[ingest]\nlisten = \"127.0.0.1:{door}\"\n\n")
}

fn line(said: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Genuine events, each of which was news, whether something newer was known or not.
fn taken(hub: &Hub) -> u64 {
    deliveries(hub, "taken") + deliveries(hub, "late")
}

fn deliveries(hub: &Hub, outcome: &str) -> u64 {
    let name = format!("andon_deliveries_total{{source=\"genesys\",outcome=\"{outcome}\"}}");
    whole(hub.counts(&name))
}

/// Deliveries that the hub would know again: each genuine one is there once.
fn known(hub: &Hub) -> u64 {
    whole(hub.counts("andon_deliveries_known"))
}

fn whole(count: f64) -> u64 {
    format!("{count}").parse().unwrap()
}
