//! `andon simulate --webhooks` delivers to `andon run`, badly: nothing counts twice, nothing is lost,
//! and nobody is believed who does not know the secret.

use alloc::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Stdio};

use andon::demo::pagerduty::{Action, PagerDuty};
use serde_json::Value;

use crate::demonstration::Killed;
use crate::hub::{Hub, andon, free_port, terminate};
use crate::patience::{pause, wait_for, wait_until};
use crate::world::{Mood, World};

/// A simulation that runs.
struct Simulation {
    process: Killed,
    said: BufReader<ChildStdout>,
    /// What it said of its places.
    places: Value,
}

impl Simulation {
    /// One that pushes to a port, with trouble of every kind.
    fn start(door: u16, seed: u32) -> Self {
        let mut command = andon();
        command
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
        Self { process, said, places }
    }

    /// Ends it, and gives its own count.
    fn end(mut self) -> Sent {
        terminate(self.process.0.id());
        let sent = Sent(line(&mut self.said)["webhooks"].clone());
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
    pause(3_000);
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

/// A hub that watches the simulation, and pages for every caller who waits.
fn configure(world: &World, door: u16, guide: &Value) {
    let text = |name: &str| guide["credentials"][name].as_str().unwrap().to_owned();
    let source = format!(
        "[[source]]\nname = \"genesys\"\ndefinition = \"genesys-cloud-guide\"\n\
         base_url = {}\nclient_id = \"{}\"\nclient_secret = {{ file = {:?} }}\n\
         webhook_secret = {{ file = {:?} }}\n\n[[rules]]\nthresholds = [\n\
         {{ metric = \"calls_waiting\", operator = \">=\", static_value = 3, priority = \"P1\", \
         cooldown_seconds = 3600, escalation_threshold_seconds = 86400 }},\n]\n\n",
        guide["url"],
        text("client_id"),
        world.path("genesys"),
        world.path("webhook"),
    );
    let config = world.config(&source);
    let config = config.replacen("[hub]\n", &format!("[hub]\n{}", listen(door)), 1);
    world.write("andon.toml", &config);
    world.write("genesys", &text("client_secret"));
    world.write("webhook", "demo-webhook-secret");
}

fn listen(door: u16) -> String {
    format!("ingest_listen = \"127.0.0.1:{door}\"\n")
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
