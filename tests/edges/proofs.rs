//! Every way in which a sender proves itself, over TLS to one hub: what is right is taken once,
//! what is not is refused, and all of it is counted.

use alloc::collections::BTreeMap;
use std::fs;
use std::io::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::definitions::built_in;
use crate::door::{Answer, answer};
use crate::hub::{Hub, free_port};
use crate::schemes::{
    DEFINITIONS, Proves, ROWS, Row, before, definition, of_genesys_waiting, signal, signal_at,
    small, source,
};
use crate::sealing::{self, Letter, Seal, hashed};
use crate::tls::{Authority, Pair, Safe, keys, safe};
use crate::world::{Mood, World};

/// A hub that knows them all, behind TLS.
struct Site {
    hub: Hub,
    door: Safe,
    /// What we believe to have become of what was sent, by source and outcome.
    sent: BTreeMap<(String, String), u64>,
    port: u16,
    authority: Authority,
    /// The two that are believed, and one of the same authority's that is not.
    certificates: [Pair; 3],
}

impl Site {
    fn open(world: &World) -> Self {
        let (authority, port) = (Authority::new(), free_port());
        authority.issues("hub.example").write(world);
        world.write("senders.pem", &authority.pem());
        fs::create_dir(world.path("platforms")).unwrap();
        for (name, proof) in DEFINITIONS {
            world.write(&format!("platforms/{name}.toml"), &definition(name, proof));
        }
        let certificates = [(); 3].map(|()| authority.issues("sender.example"));
        let prints = [0, 1].map(|one| sealing::hex(&fingerprint(&certificates[one])));
        let sources: String = ROWS.iter().map(|row| row.table(world)).collect();
        let mtls = source("mtls", "nice-nexus", &format!("webhook_certificates = {prints:?}\n"));
        let ingest = format!(
            "[ingest]\nlisten = \"127.0.0.1:{port}\"\n{}client_roots = {:?}\n\
             client_certificates = \"optional\"\n\n",
            keys(world),
            world.path("senders.pem")
        );
        world.write("andon.toml", &world.config(&format!("{ingest}{sources}{mtls}")));
        let hub = Hub::start(world);
        let door = safe(port, &authority.client(None));
        Self { hub, door, sent: BTreeMap::new(), port, authority, certificates }
    }

    /// Sends something that ought to have some outcome.
    fn send(&mut self, source: &str, seal: &Seal, body: &[u8], outcome: &str) -> Answer {
        let request = request(source, seal, body);
        self.door.write_all(&request).unwrap();
        let answer = answer(&mut self.door);
        self.is_counted(source, outcome, &answer);
        answer
    }

    fn is_counted(&mut self, source: &str, outcome: &str, answer: &Answer) {
        let (status, word) = match outcome {
            "taken" => (200, "accepted\n"),
            "duplicate" => (200, "duplicate: it was taken before\n"),
            "late" => (200, "late: something newer is known\n"),
            "challenge" => (200, "{"),
            "refused" => (401, "refused: "),
            // Whether it is kept is another matter.
            _ => (answer.status, ""),
        };
        let is_so = answer.status == status && answer.body.starts_with(word);
        assert!(is_so, "{source}: this ought to be {outcome}: {answer:?}");
        *self.sent.entry((source.into(), outcome.into())).or_default() += 1;
    }

    /// A sender does each thing that is wrong, and then what is right.
    fn tries(&mut self, row: &Row) {
        let body = (row.body)("first");
        let seal = |which: &str, secs_ago| row.sealed(which, "first", &body, secs_ago);
        let mut send = |seal: &Seal, body: &str, outcome: &str| {
            self.send(row.source, seal, body.as_bytes(), outcome);
        };
        for header in 0..seal("present", 0).headers.len() {
            let mut lacking = seal("present", 0);
            lacking.headers.remove(header);
            send(&lacking, &body, "refused");
        }
        if row.proves != Proves::Sender {
            let other = body.replacen("low", "lox", 1).replacen("info", "infp", 1);
            assert_ne!(other, body);
            send(&seal("present", 0), &other, "refused");
        }
        if row.proves == Proves::Time {
            send(&seal("present", 600), &body, "refused");
            send(&seal("present", -600), &body, "refused");
        }
        send(&seal("strangers", 0), &body, "refused");
        send(&seal("present", 0), &body, "taken");
        send(&seal("present", 0), &body, "duplicate");
        let second = (row.body)("second");
        send(&row.sealed("previous", "second", &second, 0), &second, "taken");
    }

    /// So does one that shows a certificate.
    fn tries_certificates(&mut self) {
        let body = signal("first");
        let certificates = [(Some(2), "refused"), (None, "refused"), (Some(0), "taken")];
        let again = [(Some(0), "duplicate"), (Some(1), "duplicate")];
        for (certificate, outcome) in certificates.into_iter().chain(again) {
            let own = certificate.map(|one: usize| &self.certificates[one]);
            let mut door = safe(self.port, &self.authority.client(own));
            let request = request("mtls", &Seal::default(), body.as_bytes());
            door.write_all(&request).unwrap();
            let answer = answer(&mut door);
            self.is_counted("mtls", outcome, &answer);
        }
    }

    /// The answer to a question, which only somebody who knows the secret gets.
    fn asks(&mut self, source: &str, question: &Value) -> Value {
        let (row, body) = (Row::named(source), question.to_string());
        let forged = row.sealed("strangers", "", &body, 0);
        self.send(source, &forged, body.as_bytes(), "refused");
        let seal = row.sealed("present", "", &body, 0);
        let answer = self.send(source, &seal, body.as_bytes(), "challenge");
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Something genuine.
    fn says(&mut self, source: &str, id: &str, body: &str, outcome: &str) {
        let seal = Row::named(source).sealed("present", id, body, 0);
        self.send(source, &seal, body.as_bytes(), outcome);
    }

    fn knows_what_it_heard_before(&mut self) {
        for (number, outcome) in [(1, "taken"), (2, "duplicate")] {
            // By a header: the scheme's own, the usual one, and one that the definition names.
            for (source, header) in [
                ("github", "x-github-delivery"),
                ("guide", "x-request-id"),
                ("own-header", "x-acme-id"),
            ] {
                let row = Row::named(source);
                let body = (row.body)(&format!("by-header-{number}"));
                let mut seal = row.sealed("present", "", &body, 0);
                seal.headers.push((header, "72d3162e".into()));
                self.send(source, &seal, body.as_bytes(), outcome);
            }
            // By the header that is signed, by a place in the body, by its hash.
            self.says("svix", "msg_1", &small(&format!("by-id-{number}")), outcome);
            self.says("api-key", "", &of_genesys_waiting("by-path", number), outcome);
            let body = small("by-hash");
            let seal = Row::named("slack").sealed("present", "", &body, number.into());
            self.send("slack", &seal, body.as_bytes(), outcome);
        }
        self.says("slack", "", &small("by-another-hash"), "taken");
    }

    fn never_goes_back(&mut self) {
        for (entity, severity, at, sequence, outcome) in [
            ("by-time", "critical", before(10), None, "taken"),
            ("by-time", "resolved", before(20), None, "late"),
            ("by-number", "critical", before(20), Some(7), "taken"),
            ("by-number", "resolved", before(10), Some(6), "late"),
            ("by-number", "high", before(30), Some(8), "taken"),
        ] {
            let body = signal_at(entity, severity, at, sequence);
            let id = format!("{entity}-{severity}");
            self.says("standard-webhooks", &id, &body, outcome);
        }
        let page: Value = serde_json::from_str(&self.hub.get("/api/v1/alerts").body).unwrap();
        for (entity, severity) in [("by-time", 4.0), ("by-number", 3.0)] {
            let alerts = page["alerts"].as_array().unwrap();
            let is_it =
                |alert: &&Value| alert["entity_id"] == format!("telephony.trunk.event/{entity}");
            let alert = alerts.iter().find(is_it).expect("an alert");
            assert_eq!(alert["current_value"], severity, "{alert:#}");
            assert_eq!(alert["cleared_timestamp"], Value::Null, "{alert:#}");
        }
    }

    /// What the hub counted is what was sent.
    fn assert_counted(&self) {
        let page = self.hub.get("/metrics").body;
        let mut counted = BTreeMap::new();
        for line in page.lines().filter_map(|line| line.strip_prefix("andon_deliveries_total{")) {
            let (labels, count) = line.split_once("} ").unwrap();
            let [_, source, _, outcome, _] = labels.split('"').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            counted.insert((source.to_owned(), outcome.to_owned()), count.parse().unwrap());
        }
        let of_sources = counted.keys().filter(|(_, outcome)| outcome == "taken");
        assert_eq!(of_sources.count(), ROWS.len() + 1, "each has its own counts");
        counted.retain(|_, count: &mut u64| *count > 0);
        assert_eq!(counted, self.sent);
    }
}

fn request(source: &str, seal: &Seal, body: &[u8]) -> Vec<u8> {
    let is_json = body.starts_with(b"{");
    let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
    let (query, length) = (&seal.query, body.len());
    let mut head = format!(
        "POST /ingest/{source}{query} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\n"
    );
    for (name, value) in &seal.headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

fn fingerprint(pair: &Pair) -> Vec<u8> {
    Sha256::digest(pair.certificate.der()).to_vec()
}

#[test]
fn what_proves_itself_is_taken_once_and_all_else_is_refused() {
    let world = World::new(1, Mood::Calm);
    let mut site = Site::open(&world);
    for row in &ROWS {
        site.tries(row);
    }
    site.tries_certificates();

    let question = json!({ "type": "url_verification", "token": "t", "challenge": "3eZbrw1aB" });
    assert_eq!(site.asks("slack", &question), json!({ "challenge": "3eZbrw1aB" }));
    let payload = json!({ "plainToken": "qgg8vlvZRS6UYooatFL8Aw" });
    let question = json!({ "event": "endpoint.url_validation", "payload": payload });
    let key = Row::named("zoom").key("present");
    let letter = Letter { key: &key, address: "", id: "", body: "", at: 0 };
    let hash = hashed(&letter, "qgg8vlvZRS6UYooatFL8Aw");
    let wanted = json!({ "plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": hash });
    assert_eq!(site.asks("zoom", &question), wanted);

    site.knows_what_it_heard_before();
    site.never_goes_back();
    site.says("paddle", "", r#"{"hello": "nobody knows what this is"}"#, "not_understood");
    site.assert_counted();
}

#[test]
fn every_scheme_with_a_name_has_its_sender() {
    let of_rows = ROWS.iter().filter_map(|row| {
        fs::read_to_string(built_in().join(row.definition).with_extension("toml")).ok()
    });
    let of_rows = of_rows.chain(DEFINITIONS.iter().map(|(name, proof)| definition(name, proof)));
    let tried: String = of_rows.collect();
    let schema = include_str!("../../docs/source-definition.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let names = schema["$defs"]["proof"]["oneOf"][0]["properties"]["scheme"]["enum"].as_array();
    for name in names.unwrap() {
        assert!(tried.contains(&format!("scheme = {name}")), "{name}");
    }
}
