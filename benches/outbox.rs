//! What an outage costs: 10,000 notices that wait for four targets, how they leave, and what one
//! dead target is to the others.
//!
//! Run with `cargo bench --bench outbox`. The heart and the ledger are the real ones, the time is
//! not: targets answer after 50 ms of it. It reads `/proc`, so it needs Linux. Memory is that of
//! the whole process at its highest. That all arrive, in order and no faster than each target
//! allows, is asserted; times are of this machine.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

extern crate alloc;

use alloc::collections::BTreeMap;
use core::time::Duration;
use std::fs;
use std::io::{Write as _, stdout};
use std::time::Instant;

use andon::edge::store::Store;
use andon::effect::Effect;
use andon::event::{Asker, Event, Ticket};
use andon::hub::{self, Hub, Library, Setup};
use andon::ledger::{self, Write};
use andon::model::delivery::Delivery;
use andon::model::http::{LinkFault, Reply, Request};
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};
use tempfile::TempDir;

/// Four targets hear of each.
const ALERTS: usize = 2_500;
const OF_A_DELIVERY: usize = 50;
const OUTAGE: Span = Span::secs(3_600);

/// Alerts, one at a time, whose way to the living targets is timed.
const TIMED: usize = 400;

/// The least time between two requests to each target.
const PACES: [(&str, Span); 4] = [
    ("https://pager-a.example", Span::millis(500)),
    ("https://pager-b.example", Span::millis(500)),
    ("https://slack-a.example", Span::secs(1)),
    ("https://slack-b.example", Span::secs(1)),
];

fn main() {
    let before = memory("VmRSS:");
    let mut world = World::start();
    let idle = memory("VmRSS:");
    world.ways = [Way::Cut; 4];
    let begin = clock();
    for first in (0..ALERTS).step_by(OF_A_DELIVERY) {
        world.push(first, OF_A_DELIVERY);
        world.pass(Span::secs(10));
    }
    world.pass(OUTAGE);
    let (waiting, queueing) = (world.waiting(), clock() - begin);
    let while_waiting = memory("VmRSS:");
    world.ways = [Way::Open; 4];
    let (begin, since) = (clock(), world.tick);
    world.pass(Span::secs(6_000));
    let delivering = clock() - begin;
    say("| an outage of an hour, 2,500 alerts to 4 targets | |\n|---|---|");
    row("notices that waited", &format!("{waiting}"));
    row("memory: the bench, a hub at rest", &format!("{before} kB, {idle} kB"));
    row(
        "memory while they waited, and at the most",
        &format!("{while_waiting} kB, {} kB", memory("VmHWM:")),
    );
    row("real time of the outage, of the delivery", &format!("{queueing:.1?}, {delivering:.1?}"));
    for (place, (origin, pace)) in PACES.into_iter().enumerate() {
        let taken = world.taken.get(place).expect("there are four");
        assert!(taken.len() >= ALERTS, "{origin} took {}", taken.len());
        assert!(taken.is_sorted_by_key(|one| one.0), "{origin}: in order");
        let gaps = taken.iter().zip(taken.iter().skip(1)).map(|(one, next)| next.1 - one.1);
        assert!(gaps.min().is_some_and(|gap| gap >= pace), "{origin}: no faster than {pace}");
        let last = taken.get(ALERTS - 1).map_or(Span::ZERO, |one| one.1 - since);
        row(origin, &format!("{} taken in order, {ALERTS} of them within {last}", taken.len()));
    }
    assert_eq!(world.waiting(), 0, "nothing is left");

    let alive = way_of_others(Way::Open);
    let with_dead = way_of_others(Way::Hangs);
    say("\n| the way to three targets | all alive | the fourth dead | ratio |\n|---|---|---|---|");
    let line = |what: &str, of: fn(&Ways) -> f64, unit: &str| {
        let (one, other) = (of(&alive), of(&with_dead));
        // What is told in the turn that it came in takes no time at all.
        let ratio = (1.0 + other) / (1.0 + one);
        row(what, &format!("{one:.2} {unit} | {other:.2} {unit} | {:.3}", ratio));
    };
    line("mean time from webhook to request", |ways| ways.mean_ms, "ms");
    line("longest", |ways| ways.longest_ms, "ms");
    line("work of a turn, without the disk (real)", |ways| ways.turn_us, "us");
}

/// Whether a target can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// The request fails at once.
    Cut,
    /// It has no answer until its deadline.
    Hangs,
}

/// How fast others are told.
struct Ways {
    mean_ms: f64,
    longest_ms: f64,
    turn_us: f64,
}

fn way_of_others(fourth: Way) -> Ways {
    let mut world = World::start();
    world.ways = [Way::Open, Way::Open, Way::Open, fourth];
    let mut waits = Vec::new();
    for alert in 0..TIMED {
        let seen: Vec<usize> = world.taken.iter().map(Vec::len).collect();
        let pushed = world.tick;
        world.push(alert, 1);
        world.pass(Span::secs(5));
        for (taken, seen) in world.taken.iter().zip(seen).take(3) {
            let first = taken.get(seen).expect("each is told within its pace");
            waits.push((first.1 - pushed).0);
        }
    }
    let sum: i64 = waits.iter().sum();
    let longest = waits.iter().max().copied().unwrap_or(0);
    let turns = f64::from(u32::try_from(world.turns).unwrap_or(1));
    Ways {
        mean_ms: float(sum) / float(i64::try_from(waits.len()).unwrap_or(1)),
        longest_ms: float(longest),
        turn_us: world.worked.as_secs_f64() * 1e6 / turns,
    }
}

/// A hub with its ledger, and the targets.
struct World {
    hub: Hub,
    store: Store,
    tick: Tick,
    ways: [Way; 4],
    answers: BTreeMap<(Tick, u64), (Ticket, Result<Reply, LinkFault>)>,
    sent: u64,
    /// By target: which notices it took, and when.
    taken: [Vec<(u64, Tick)>; 4],
    turns: usize,
    worked: Duration,
    _directory: TempDir,
}

impl World {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let (store, rows) = Store::open(directory.path()).expect("a ledger can be made");
        let now = at(BEGIN);
        let remembered = ledger::restore(rows, "boot", now).expect("it is empty");
        let loaded = hub::load("andon.toml", CONFIG, &Library::built_in()).expect("it is sound");
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::Credential("key".into()), Secret::new(KEY));
        let setup = Setup { loaded, secrets, remembered, boot: "boot".into(), seed: 1 };
        let mut world = Self {
            hub: Hub::new(setup, now),
            store,
            tick: BEGIN,
            ways: [Way::Open; 4],
            answers: BTreeMap::new(),
            sent: 0,
            taken: [const { Vec::new() }; 4],
            turns: 0,
            worked: Duration::ZERO,
            _directory: directory,
        };
        world.finish();
        world
    }

    /// A webhook says that so many alerts begin.
    fn push(&mut self, first: usize, count: usize) {
        let headers = [("content-type", "application/json"), ("authorization", BEARER)];
        let headers = headers.map(|(name, value)| (name.into(), value.into())).into();
        let body = body(first, count).into_bytes().into();
        let delivery = Delivery { method: "POST".into(), headers, body, client_certificate: None };
        let path = "/ingest/alertmanager".into();
        let asker = Asker(u64::try_from(first).unwrap_or(0));
        self.turn(Event::Pushed { asker, path, delivery });
    }

    fn pass(&mut self, span: Span) {
        let end = self.tick + span;
        loop {
            let wake = self.hub.next_wake().expect("a hub always wants to be woken").at;
            let answer = self.answers.first_key_value().map(|((at, _), _)| *at);
            let next = answer.map_or(wake, |at| at.min(wake)).max(self.tick);
            if next >= end {
                break;
            }
            self.tick = next;
            let due = self.answers.first_entry().filter(|entry| entry.key().0 <= next);
            match due.map(|entry| entry.remove()) {
                Some((ticket, outcome)) => self.turn(Event::Answered { ticket, outcome }),
                None => self.turn(Event::Woke),
            }
        }
        self.tick = end;
    }

    fn turn(&mut self, event: Event) {
        let begin = clock();
        self.hub.handle(event, at(self.tick));
        self.worked += clock() - begin;
        self.finish();
    }

    /// The writes of the turn go to the disk, and then what it asks for is done.
    fn finish(&mut self) {
        let begin = clock();
        let writes: Vec<Write> = core::iter::from_fn(|| self.hub.next_write()).collect();
        self.worked += clock() - begin;
        self.turns += 1;
        if !writes.is_empty() {
            let done = self.store.commit(writes).recv_blocking();
            done.expect("the ledger lives").expect("the disk has room");
            self.hub.committed();
        }
        while let Some(effect) = self.hub.next_effect() {
            if let Effect::Fetch { ticket, request } = effect {
                self.send(ticket, &request);
            }
        }
    }

    fn send(&mut self, ticket: Ticket, request: &Request) {
        let place = PACES.iter().position(|(origin, _)| request.origin() == *origin);
        let place = place.expect("only targets are asked");
        let way = self.ways.get(place).copied().expect("there are four");
        if let (Way::Open, Ticket::Notice(number), Some(taken)) =
            (way, ticket, self.taken.get_mut(place))
        {
            taken.push((number, self.tick));
        }
        let (after, outcome) = match way {
            Way::Open if place < 2 => {
                let body = r#"{"status":"success","message":"ok","dedup_key":"k"}"#;
                (Span::millis(50), Ok(Reply::new(202, "application/json", body)))
            }
            Way::Open => (Span::millis(50), Ok(Reply::new(200, "text/plain", "ok"))),
            Way::Cut => (Span::millis(1), Err(LinkFault::NoSuchHost)),
            Way::Hangs => (request.deadline, Err(LinkFault::Timeout)),
        };
        self.sent += 1;
        self.answers.insert((self.tick + after, self.sent), (ticket, outcome));
    }

    /// How many notices wait, as `/metrics` says.
    fn waiting(&mut self) -> u64 {
        let (method, path) = ("GET".into(), "/metrics".into());
        let authority = andon::model::authority::Authority::Anyone;
        let body = [].into();
        let asker = Asker(u64::MAX);
        self.hub.handle(Event::Asked { asker, method, path, body, authority }, at(self.tick));
        while self.hub.next_write().is_some() {}
        let mut waiting = 0;
        while let Some(effect) = self.hub.next_effect() {
            let Effect::Respond { reply, .. } = effect else { continue };
            let page = String::from_utf8(reply.body).expect("metrics are text");
            let lines = page.lines().filter(|line| line.starts_with("andon_outbox_waiting{"));
            waiting = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
        }
        waiting
    }
}

/// 2024-05-15T14:32:10Z, on both clocks.
const BEGIN: Tick = Tick(1_715_783_530_000);

const KEY: &str = "0123456789abcdef0123456789abcdef";
const BEARER: &str = "Bearer 0123456789abcdef0123456789abcdef";

const CONFIG: &str = r#"
[[source]]
name = "alertmanager"
definition = "alertmanager"
webhook_secret = { credential = "key" }

[[target]]
name = "pager-a"
kind = "pagerduty"
url = "https://pager-a.example/v2/enqueue"
routing_key = { credential = "key" }

[[target]]
name = "pager-b"
kind = "pagerduty"
url = "https://pager-b.example/v2/enqueue"
routing_key = { credential = "key" }

[[target]]
name = "slack-a"
kind = "slack"
url = "https://slack-a.example/services/x"

[[target]]
name = "slack-b"
kind = "slack"
url = "https://slack-b.example/services/x"

[ingest]

[routes]
P1 = { targets = ["pager-a", "pager-b", "slack-a", "slack-b"] }
P2 = { targets = ["slack-a"] }
P3 = { targets = ["slack-a"] }
"#;

/// A body of Alertmanager's, as many alerts of a usual size.
fn body(first: usize, count: usize) -> String {
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
    let alerts: Vec<String> = (first..first + count).map(alert).collect();
    format!(
        r#"{{"version":"4","status":"firing","receiver":"hub","truncatedAlerts":0,"alerts":[{}]}}"#,
        alerts.join(",")
    )
}

fn at(tick: Tick) -> Now {
    Now { tick, utc: UtcMs(tick.0), trust: ClockTrust::Ntp }
}

/// In kB of 1,000.
fn memory(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib: u64 = line
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .expect("a process has memory");
    kib * 1_024 / 1_000
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "milliseconds of a day fit a f64 exactly"
)]
fn float(count: i64) -> f64 {
    count as f64
}

fn say(text: &str) {
    writeln!(stdout(), "{text}").expect("standard output is open");
}

fn row(what: &str, found: &str) {
    say(&format!("| {what} | {found} |"));
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
fn clock() -> Instant {
    Instant::now()
}
