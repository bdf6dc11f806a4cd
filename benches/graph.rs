//! What a sample costs with 10,000 alerts open, 100 dependencies and 1,000 rules, and what an
//! alert takes of memory. Asked are less than 3 us and 1 KiB.
//!
//! Run with `cargo bench --bench graph`. Times are of this machine; compare them only with figures
//! of the same machine. No time is asserted: a slow neighbour is no fault of the program.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

extern crate alloc;

use alloc::collections::BTreeMap;
use core::hint::black_box;
use std::io::{Write as _, stdout};
use std::process::Command;
use std::time::Instant;

use andon::evaluate::Evaluate;
use andon::model::alert::{Alert, Breach, Causes};
use andon::model::answer::{Answer, Reading, Row};
use andon::model::config::SourceConfig;
use andon::model::dependency::{Behind, Dependency, End, Tie};
use andon::model::metric::Metric;
use andon::model::name::{EntityId, SourceName};
use andon::model::rule::{Operator, Priority, Rule, Scope};
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

/// With four metrics each in breach, 10,000 alerts.
const ENTITIES: usize = 2_500;
const DEPENDENCIES: usize = 100;
const RULES: usize = 1_000;
const RUNS: i64 = 61;
const METRICS: [&str; 4] = ["calls_waiting", "longest_wait", "agents_busy", "agents_available"];

fn main() {
    let mut out = stdout().lock();
    let mut say = |line: &str| writeln!(out, "{line}").expect("standard output is open");
    let asked = std::env::args().nth(1);
    let graph = Graph::ALL.into_iter().find(|(_, name)| asked.as_deref() == Some(name));
    if let Some((graph, _)) = graph {
        return say(&memory(graph).to_string());
    }
    let mut evaluate = Evaluate::new(rules(), &[source()]);
    evaluate.depend(&dependencies(), at(0));
    say("| 10,000 alerts, 100 dependencies, 1,000 rules | median us a sample | alerts touched |");
    say("|---|---|---|");
    // The entities and their rules are there with the first answer, calm or not.
    measure(&mut evaluate, &answer(0.0), 0);
    let begin = measure(&mut evaluate, &answer(50.0), 10);
    say(&format!("| every one begins | {:.3} | {} |", begin.0, begin.1));
    let mut lasts: Vec<(f64, usize)> =
        (2..RUNS).map(|run| measure(&mut evaluate, &answer(50.0), run * 10)).collect();
    lasts.sort_by(|one, other| one.0.total_cmp(&other.0));
    let median = lasts.get(lasts.len() / 2).expect("there were runs");
    say(&format!("| every one lasts | {:.3} | {} |", median.0, median.1));
    let end = measure(&mut evaluate, &answer(0.0), RUNS * 10);
    say(&format!("| every one ends | {:.3} | {} |", end.0, end.1));
    let parts = [size_of::<Alert>(), size_of::<Breach>(), size_of::<Behind>(), size_of::<Causes>()];
    say(&format!("\nOf an alert: {parts:?} bytes for it, its breach, who holds it, and why."));
    for (_, name) in Graph::ALL {
        say(&format!("An alert {name} takes {} bytes of memory.", memory_of(name).trim()));
    }
}
/// Microseconds a sample, and how many alerts an answer touched.
fn measure(evaluate: &mut Evaluate, answer: &Answer, second: i64) -> (f64, usize) {
    let begin = clock();
    let touched = black_box(evaluate.observe(0, black_box(answer), at(second)));
    let micros = (clock() - begin).as_secs_f64() * 1e6;
    let samples = u32::try_from(answer.readings.len()).expect("10,000 samples");
    (micros / f64::from(samples), touched.len())
}

/// With what the alerts are whose memory is measured.
#[derive(Debug, Clone, Copy)]
enum Graph {
    /// None of them stands in the dependency graph.
    None,
    /// Each stands in it, and nineteen of twenty are held behind another.
    Behind,
}

impl Graph {
    const ALL: [(Self, &str); 2] = [(Self::None, "alone"), (Self::Behind, "behind another")];
}

/// Bytes that an alert takes, measured in a process of its own, so that there are no leftovers.
fn memory_of(which: &str) -> String {
    let program = std::env::current_exe().expect("it runs");
    let output = Command::new(program).arg(which).output().expect("it runs again");
    String::from_utf8(output.stdout).expect("it prints a number")
}

/// The alerts begin entity by entity, so that what a large answer needs for a moment does not
/// count.
fn memory(graph: Graph) -> usize {
    let mut evaluate = Evaluate::new(rules(), &[source()]);
    if let Graph::Behind = graph {
        evaluate.depend(&dependencies(), at(0));
    }
    let all = answer(0.0);
    evaluate.observe(0, &all, at(0));
    let begin = answer(50.0);
    let before = resident();
    for row in &all.rows {
        let (rows, readings) = (
            Vec::from([row.clone()]),
            begin.readings.iter().take(METRICS.len()).copied().collect(),
        );
        let one = Answer { rows, readings, metrics: begin.metrics.clone(), ..begin };
        evaluate.observe(0, &one, at(10));
    }
    let bytes = resident() - before;
    assert!(evaluate.alerts.iter().count() == ENTITIES * METRICS.len(), "all have begun");
    bytes / (ENTITIES * METRICS.len())
}

/// Resident bytes of this process; 0 where there is no `/proc`.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4_096
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
fn clock() -> Instant {
    Instant::now()
}

fn at(second: i64) -> Now {
    let millis = second * 1_000;
    Now { tick: Tick(millis), utc: UtcMs(millis), trust: ClockTrust::Ntp }
}

fn name() -> SourceName {
    SourceName::new("cxone").expect("it is a name")
}

fn source() -> SourceConfig {
    SourceConfig {
        name: name(),
        definition: "nice-cxone-guide".into(),
        platform: "nice-cxone".into(),
        parameters: BTreeMap::new(),
        entities: Vec::new(),
        webhook_register: false,
    }
}

/// A twentieth are trunks, each over a hundred queues.
fn entity(number: usize) -> EntityId {
    let kind = if number.is_multiple_of(20) { "trunk" } else { "queue" };
    EntityId::new(&format!("{kind}-{:02}-{number}", number % DEPENDENCIES)).expect("it is a name")
}

fn metric(name: &str) -> Metric {
    Metric::find(name).expect("there is such a metric")
}

/// One over all for each metric, the others over one entity each.
fn rules() -> Vec<Rule> {
    let rule = |number: usize| {
        let name_of = METRICS.get(number % METRICS.len()).expect("there are four");
        let threshold = (metric(name_of), Operator::AtLeast, 15.0);
        let rule = Rule::new(&format!("andon.toml:{number}"), name(), threshold, Priority::P2);
        let scope = if number < METRICS.len() { Scope::All } else { Scope::One(entity(number)) };
        Rule { scope, on_delay: Span::ZERO, off_delay: Span::ZERO, ..rule }
    };
    (0..RULES).map(rule).collect()
}

fn dependencies() -> Vec<Dependency> {
    let end = |kind: &str, number: usize| End {
        source: name(),
        entities: Vec::from([format!("{kind}-{number:02}-*").into()]),
        metrics: Vec::new(),
        labels: Vec::new(),
    };
    let dependency = |number: usize| Dependency {
        origin: format!("andon.toml:{number}").into(),
        tie: Tie::Sure,
        parent: end("trunk", number / 20 * 20),
        children: end("queue", number),
        hold_child: Dependency::HOLD_CHILD,
        shadow: Dependency::SHADOW,
        cooldown: None,
    };
    (0..DEPENDENCIES).map(dependency).collect()
}

fn answer(value: f64) -> Answer {
    Answer {
        vendor_time: UtcMs(0),
        bucket: None,
        every: Some(Span::secs(10)),
        metrics: METRICS.map(metric).into(),
        rows: (0..ENTITIES).map(|number| Row { entity: entity(number), name: None }).collect(),
        readings: vec![Reading::Value(value); ENTITIES * METRICS.len()],
        rows_refused: 0,
    }
}
