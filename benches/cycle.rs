//! What one poll of 1,000 queues costs the hub: four metrics each, three rules a metric, 12,000
//! checks.
//!
//! Run with `cargo bench --bench cycle`. Times are of this machine; compare them only with figures
//! of the same machine. No time is asserted: a slow neighbour is no fault of the program.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

mod shapes;

use core::hint::black_box;
use core::time::Duration;
use std::io::{Write as _, stdout};
use std::time::Instant;

use andon::effect::Effect;
use andon::evaluate::{Change, Evaluate};
use andon::event::{Event, Ticket};
use andon::hub::{self, Hub, Library, Setup};
use andon::ledger::Remembered;
use andon::model::http::Reply;
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};
use andon::platform::{Asking, Definition, Window, built_in};

const QUEUES: usize = 1_000;
const RUNS: usize = 61;
const INTERVAL: Span = Span::secs(10);
const ASKING: Asking =
    Asking { window: Window::Interval, length: INTERVAL, vendor_now: UtcMs(0), bucket: None };

/// Queues in breach in every cycle: five percent, with two metrics each.
const ALWAYS_BUSY: usize = 50;

/// Queues that a storm takes, with four metrics each: 600 alerts.
const STORM: usize = 150;

/// The twelve rules: three steps of each metric.
const RULES: [(&str, &str, [f64; 3]); 4] = [
    ("calls_waiting", ">=", [5.0, 15.0, 30.0]),
    ("longest_wait", ">=", [120.0, 180.0, 300.0]),
    ("abandoned_calls", ">=", [3.0, 5.0, 10.0]),
    ("agents_available", "<=", [2.0, 1.0, 0.0]),
];

/// For whom the rules are written.
#[derive(Debug, Clone, Copy)]
enum Rules {
    /// Twelve, each over all queues.
    Shared,
    /// 12,000, each queue its own twelve.
    PerQueue,
}

fn main() {
    let mut out = stdout().lock();
    let mut say = |line: &str| writeln!(out, "{line}").expect("standard output is open");
    say("| 1,000 queues x 4 metrics x 3 rules | min ms | median ms | max ms |");
    say("|---|---|---|---|");
    let mut row = |what: &str, times: Times| say(&times.row(what));
    row("read the answer (parse)", reading());
    row(
        "read 1,000 skills of 28 fields, capitals ignored",
        reading_as(shapes::SKILLS, &shapes::skills(QUEUES)),
    );
    row("read 2,000 groups by JMESPath", reading_as(shapes::GROUPS, &shapes::groups(QUEUES)));
    for rules in [Rules::Shared, Rules::PerQueue] {
        let name = match rules {
            Rules::Shared => "12 shared rules",
            Rules::PerQueue => "12,000 rules",
        };
        row(&format!("{name}: read the config"), loading(rules));
        row(&format!("{name}: first checks, every queue new"), first_checks(rules));
        row(&format!("{name}: checks, 5 % in breach"), checks(rules));
        let turns = Turns::measure(rules);
        row(&format!("{name}: whole turn, nobody in breach"), turns.calm);
        row(&format!("{name}: whole turn, 5 % in breach"), turns.busy);
        row(&format!("{name}: whole turn, 600 alerts begin"), turns.storm);
        row(&format!("{name}: whole turn, 600 alerts end"), turns.end);
    }
}

/// How long something took, run by run.
#[derive(Debug, Default)]
struct Times(Vec<Duration>);

impl Times {
    fn of<I, O>(mut input: impl FnMut() -> I, mut work: impl FnMut(I) -> O) -> Self {
        let mut times = Self::default();
        for _ in 0..RUNS {
            let input = input();
            times.add(|| black_box(work(black_box(input))));
        }
        times
    }

    fn add<O>(&mut self, work: impl FnOnce() -> O) -> O {
        let begin = clock();
        let output = work();
        self.0.push(clock() - begin);
        output
    }

    fn row(mut self, what: &str) -> String {
        self.0.sort();
        let millis = |at: usize| self.0.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        let last = self.0.len().saturating_sub(1);
        format!("| {what} | {:.3} | {:.3} | {:.3} |", millis(0), millis(last / 2), millis(last))
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
fn clock() -> Instant {
    Instant::now()
}

fn reading() -> Times {
    let definition = definition();
    let reply = answer(BEGIN, ALWAYS_BUSY, 0);
    Times::of(|| (), |()| definition.read_answer(0, &reply, &ASKING))
}

/// Reads a body with another `[request.answer]` table than the guide's.
fn reading_as(answer: &str, body: &str) -> Times {
    let (before, _) = GUIDE.split_once("[request.answer]").expect("the guide has an answer");
    let text = format!("{before}[request.answer]{answer}");
    let definition = Definition::parse("f.toml", &text).expect("the definition is sound");
    let reply = Reply::new(200, "application/json", body);
    let read = || definition.read_answer(0, &reply, &ASKING).expect("the answer can be read");
    assert_eq!(read().answer.rows.len(), QUEUES);
    Times::of(|| (), |()| read())
}

const GUIDE: &str = include_str!("../src/platform/definitions/nice-cxone-guide.toml");

fn loading(rules: Rules) -> Times {
    let text = config(rules);
    Times::of(
        || (),
        |()| hub::load("andon.toml", &text, &Library::built_in()).map_err(|_| "problems"),
    )
}

fn first_checks(rules: Rules) -> Times {
    let (definition, loaded) = (definition(), load(rules));
    let extract = definition.read_answer(0, &answer(BEGIN, ALWAYS_BUSY, 0), &ASKING);
    let answer = extract.expect("the answer can be read").answer;
    let fresh = || Evaluate::new(loaded.config.rules.clone(), &loaded.config.sources);
    Times::of(fresh, |mut evaluate| {
        let touched = evaluate.observe(0, &answer, at(BEGIN));
        (evaluate, touched)
    })
}

fn checks(rules: Rules) -> Times {
    let (definition, loaded) = (definition(), load(rules));
    let mut evaluate = Evaluate::new(loaded.config.rules, &loaded.config.sources);
    let mut tick = BEGIN;
    let mut next = || {
        tick = Tick(tick.0 + INTERVAL.0);
        let extract = definition.read_answer(0, &answer(tick, ALWAYS_BUSY, 0), &ASKING);
        (tick, extract.expect("the answer can be read").answer)
    };
    let (tick, first) = next();
    let touched = evaluate.observe(0, &first, at(tick));
    assert_eq!(touched.iter().filter(|touched| touched.change == Change::Turned).count(), 100);
    let times = Times::of(next, |(tick, answer)| evaluate.observe(0, &answer, at(tick)));
    let cycles = u64::try_from(RUNS).unwrap_or(0) + 1;
    assert_eq!(evaluate.counts.checks, 12_000 * cycles);
    times
}

/// `Hub::handle` of the answer with its writes and effects drained, as the loop does it.
#[derive(Debug, Default)]
struct Turns {
    calm: Times,
    busy: Times,
    storm: Times,
    end: Times,
}

impl Turns {
    fn measure(rules: Rules) -> Self {
        let mut turns = Self::default();
        let mut gateway = Gateway::new(rules);
        for _ in 0..5 {
            gateway.cycle(0, 0);
        }
        for _ in 0..RUNS {
            turns.calm.0.push(gateway.cycle(0, 0));
        }
        gateway.cycle(ALWAYS_BUSY, 0);
        for _ in 0..RUNS {
            turns.busy.0.push(gateway.cycle(ALWAYS_BUSY, 0));
        }
        for _ in 0..RUNS / 10 {
            turns.storm.0.push(gateway.cycle(ALWAYS_BUSY, STORM));
            // The sliding minute of the hang-ups has to pass before they clear.
            for _ in 0..8 {
                turns.end.0.push(gateway.cycle(ALWAYS_BUSY, 0));
            }
        }
        turns
    }
}

/// A hub, and a world that answers everything at once.
struct Gateway {
    hub: Hub,
    tick: Tick,
}

impl Gateway {
    fn new(rules: Rules) -> Self {
        let mut secrets = Secrets::default();
        for name in ["cxone", "pagerduty"] {
            secrets.put(SecretRef::Credential(name.into()), Secret::new(ROUTING_KEY));
        }
        let setup = Setup {
            loaded: load(rules),
            secrets,
            remembered: Remembered::default(),
            boot: "boot".into(),
            seed: 1,
        };
        Self { hub: Hub::new(setup, at(BEGIN)), tick: BEGIN }
    }

    /// Lives on until a poll has been answered; how long that turn took.
    fn cycle(&mut self, busy: usize, storm: usize) -> Duration {
        loop {
            let mut asked = None;
            while let Some(effect) = self.drain() {
                match effect {
                    Ticket::Data(..) => asked = Some(effect),
                    Ticket::Token(_) => self.answer(effect, token()),
                    Ticket::Webhook(_)
                    | Ticket::Notice(_)
                    | Ticket::Context(_)
                    | Ticket::CheckIn
                    | Ticket::Readback(_)
                    | Ticket::Login(_)
                    | Ticket::Probe => {
                        self.answer(effect, Reply::empty(202));
                    }
                }
            }
            if let Some(ticket) = asked {
                let reply = answer(self.tick, busy, storm);
                let event = Event::Answered { ticket, outcome: Ok(reply) };
                let now = at(self.tick);
                let begin = clock();
                self.hub.handle(event, now);
                while let Some(write) = self.hub.next_write() {
                    black_box(write);
                }
                return clock() - begin;
            }
            let wake = self.hub.next_wake().expect("a hub always wants to be woken");
            self.tick = wake.at.max(self.tick);
            self.hub.handle(Event::Woke, at(self.tick));
        }
    }

    /// The next request that the hub wants made.
    fn drain(&mut self) -> Option<Ticket> {
        while self.hub.next_write().is_some() {}
        loop {
            if let Effect::Fetch { ticket, .. } = self.hub.next_effect()? {
                return Some(ticket);
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, reply: Reply) {
        self.hub.handle(Event::Answered { ticket, outcome: Ok(reply) }, at(self.tick));
    }
}

/// 2024-05-15T14:32:10Z, on both clocks.
const BEGIN: Tick = Tick(1_715_783_530_000);

const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";

fn at(tick: Tick) -> Now {
    Now { tick, utc: UtcMs(tick.0), trust: ClockTrust::Ntp }
}

fn definition() -> Definition {
    built_in()
        .into_iter()
        .find(|known| known.name() == "nice-cxone-guide")
        .expect("a definition is built in")
}

fn load(rules: Rules) -> hub::Loaded {
    hub::load("andon.toml", &config(rules), &Library::built_in()).expect("the config is sound")
}

fn queue_id(number: usize) -> String {
    format!("8f3a2c1d-4e5b-6c7d-8e9f-{number:012x}")
}

fn config(rules: Rules) -> String {
    let mut text = String::from(
        r#"
[[source]]
name = "cxone"
definition = "nice-cxone-guide"
client_id = "andon"
client_secret = { credential = "cxone" }

[[target]]
name = "pagerduty"
kind = "pagerduty"
routing_key = { credential = "pagerduty" }

[routes]
P1 = { targets = ["pagerduty"] }
P2 = { targets = ["pagerduty"] }
P3 = { targets = ["pagerduty"] }
"#,
    );
    let mut set = String::from("thresholds=[\n");
    for (metric, operator, values) in RULES {
        for (value, priority) in values.into_iter().zip(["P3", "P2", "P1"]) {
            set.push_str(&format!(
                "{{metric=\"{metric}\",operator=\"{operator}\",static_value={value},\
                 priority=\"{priority}\"}},\n"
            ));
        }
    }
    set.push_str("]\n");
    match rules {
        Rules::Shared => text.push_str(&format!("[[rules]]\n{set}")),
        Rules::PerQueue => {
            for number in 0..QUEUES {
                let id = queue_id(number);
                text.push_str(&format!("[[rules]]\nqueue_id=\"{id}\"\n{set}"));
            }
        }
    }
    text
}

fn token() -> Reply {
    let body = r#"{"access_token":"t","token_type":"Bearer","expires_in":86400}"#;
    Reply::new(200, "application/json", body)
}

/// The platform's answer about the last whole bucket: `busy` queues have calls waiting for long,
/// and the `storm` queues after them have every trouble.
fn answer(tick: Tick, busy: usize, storm: usize) -> Reply {
    let end = UtcMs(tick.0 - tick.0.rem_euclid(INTERVAL.0));
    let start = UtcMs(end.0 - INTERVAL.0).rfc3339();
    let rows: Vec<String> = (0..QUEUES)
        .map(|number| {
            let values = match number {
                _ if number < busy => ["32", "310", "null", "7"].map(String::from),
                _ if number < busy + storm => ["40", "400", "12", "0"].map(String::from),
                _ => {
                    [(number % 4).to_string(), (number % 50).to_string(), "null".into(), "8".into()]
                }
            };
            let metrics = RULES.iter().zip(values);
            let metrics: Vec<String> = metrics
                .map(|((name, ..), value)| format!(r#"{{"metric":"{name}","value":{value}}}"#))
                .collect();
            format!(r#"{{"queue":{{"id":"{}","name":"Support tier {number}"}},"#, queue_id(number))
                + &format!(r#""interval_start":"{start}","metrics":[{}]}}"#, metrics.join(","))
        })
        .collect();
    let (end, rows) = (end.rfc3339(), rows.join(","));
    let body = format!(r#"{{"_time":"{end}","interval":"PT10S","queues":[{rows}]}}"#);
    Reply::new(200, "application/json", body)
}
