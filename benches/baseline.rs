//! What a year of baselines takes: memory, disk, a day's bytes to flash, and what a check costs.
//!
//! Run with `cargo bench --bench baseline`; `-- DAYS` lives through fewer days. A thousand queues
//! live through a year in virtual time, a reading every five minutes; each hour remembers eight
//! weeks, so that only the first eight add to it.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

extern crate alloc;

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io::{self, Write as _, stdout};
use std::time::Instant;

use andon::edge::ledger_file::{Ledger, Medium};
use andon::evaluate::{Evaluate, News};
use andon::hub::{Library, load};
use andon::ledger::Write;
use andon::model::answer::{Answer, Reading, Row};
use andon::model::metric::Metric;
use andon::model::name::EntityId;
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};
use redb::StorageBackend;
use redb::backends::InMemoryBackend;

const QUEUES: i64 = 1_000;
const STEP_MS: i64 = 300_000;
const DAY_MS: i64 = 24 * 3_600_000;
const DAYS: i64 = 364;

/// Wednesday 2024-05-15, midnight.
const BEGIN_MS: i64 = 1_715_731_200_000;

const CONFIG: &str = r#"
[[source]]
name = "cxone"
definition = "nice-cxone-guide"
client_id = "hub"
client_secret = { credential = "cxone" }

[[rules]]
thresholds = [
  { metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1"BASELINE },
]

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[routes]
P1 = { targets = ["slack"] }
P2 = { targets = ["slack"] }
"#;

fn main() {
    let named = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let days: i64 = named.unwrap_or(DAYS);
    let medium = Counted { bytes: Arc::new(InMemoryBackend::new()), written: Arc::default() };
    let (mut ledger, _) = Ledger::open(medium.clone()).expect("a ledger can be made");
    let written = || medium.written.load(Ordering::Relaxed);

    let mut with = evaluate(", baseline = { factor = 1.5 }");
    let mut without = evaluate("");
    let mut rows = answer();
    let (mut of_with, mut of_without) = (Vec::new(), Vec::new());
    let mut of_last_day = 0;
    for step in 0..days * DAY_MS / STEP_MS {
        let utc = UtcMs(BEGIN_MS + step * STEP_MS);
        let now = Now { tick: Tick(step * STEP_MS), utc, trust: ClockTrust::Ntp };
        live(&mut rows, utc);
        of_with.push(time(|| drop(with.observe(0, &rows, now))));
        of_without.push(time(|| drop(without.observe(0, &rows, now))));
        if step == (days - 1) * DAY_MS / STEP_MS {
            of_last_day = written();
        }
        let mut writes = Vec::new();
        while let Some(news) = with.baselines.next_news() {
            writes.push(match news {
                News::Series(number, name) => Write::baseline_series(number, &name),
                News::Hour(learned) => Write::baseline_hour(&learned),
            });
        }
        if !writes.is_empty() {
            ledger.commit(&writes).expect("the ledger takes it");
        }
    }
    let a_day = written() - of_last_day;
    let (series, known, bytes) = with.baselines.size();
    drop(ledger);
    let file = medium.len().expect("memory can be read");
    let mut out = stdout().lock();
    let mut row = |what: &str, found: String| {
        writeln!(out, "| {what} | {found} |").expect("standard output is open");
    };
    row("a year of a thousand series", format!("{series} learned, {known} known"));
    row("memory", format!("{} kB", bytes / 1_000));
    row("the ledger's file", format!("{} kB", file / 1_000));
    row("written to it on the last day", format!("{} kB", a_day / 1_000));
    row("a check with a baseline", median(of_with));
    row("a check without", median(of_without));
}

fn evaluate(baseline: &str) -> Evaluate {
    let text = CONFIG.replace("BASELINE", baseline);
    let loaded = load("andon.toml", &text, &Library::built_in()).expect("the config is good");
    Evaluate::new(loaded.config.rules, &loaded.config.sources)
}

fn answer() -> Answer {
    let row = |n| {
        let id = format!("4e2b1c8a-7d3f-4a6e-9b5c-{n:012}");
        Row { entity: EntityId::new(&id).expect("it is short"), name: None }
    };
    Answer {
        vendor_time: UtcMs(BEGIN_MS),
        bucket: None,
        every: Some(Span::millis(STEP_MS)),
        metrics: [Metric::find("calls_waiting").expect("there is one")].into(),
        rows: (0..QUEUES).map(row).collect(),
        readings: Vec::new(),
        rows_refused: 0,
    }
}

/// Each queue has an hour of the day at which most wait, and some restlessness.
fn live(answer: &mut Answer, utc: UtcMs) {
    let hour = utc.0 / 3_600_000;
    let waiting = |n: i64| {
        let crowd = 12 - ((hour + n) % 24 - 12).abs();
        let stir = (utc.0 / STEP_MS * 7 + n * 13) % 5;
        Reading::Value(f64::from(i32::try_from(crowd + stir).expect("it is small")))
    };
    answer.vendor_time = utc;
    answer.readings = (0..QUEUES).map(waiting).collect();
}

fn time(work: impl FnOnce()) -> Duration {
    let begin = clock();
    work();
    clock() - begin
}

fn median(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    format!("{:.0} ns", median.as_secs_f64() * 1e9 / 1_000.0)
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
fn clock() -> Instant {
    Instant::now()
}

/// A ledger in memory, and how much was written to it.
#[derive(Debug, Clone)]
struct Counted {
    bytes: Arc<InMemoryBackend>,
    written: Arc<AtomicU64>,
}

impl Medium for Counted {
    type Bytes = Self;

    fn connect(&self) -> Result<Self, redb::Error> {
        Ok(self.clone())
    }
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written.fetch_add(u64::try_from(data.len()).unwrap_or(0), Ordering::Relaxed);
        self.bytes.write(offset, data)
    }
}
