//! A day of a centre's traffic in a minute: the real loop, HTTP, ledger and targets of a hub.
//!
//! `andon simulate` runs at 1,440 times the world's speed. The clock of `andon run` is the world's,
//! so the hub is the same loop with a fast clock, in a process of its own: what the simulators
//! remember is not its memory.

use alloc::rc::Rc;
use core::time::Duration;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use andon::edge::askers::Askers;
use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::secrets::Vaults;
use andon::edge::store::Store;
use andon::edge::turn::World;
use andon::edge::voice::ToLog;
use andon::hub::{Hub, Library, Setup};
use andon::ledger::Remembered;
use andon::limits::EVENTS_WAITING_MAX;
use andon::model::secret::SecretRef;
use smol::channel::bounded;
use smol::{LocalExecutor, Timer};

use crate::hub::{andon, terminate, text};
use crate::patience::{pause, utc, wait_for};

const SPEED: u32 = 1_440;
const DAY: Duration = Duration::from_secs(61);

/// How much a process may grow between the first tenth of the day and its end. A leak of 512 bytes
/// with each poll is beyond it; caches fill earlier.
const GROWTH_KB_MAX: u64 = 2_500;

/// Tells the child which config it runs on.
const CONFIG: &str = "ANDON_TESTED_CONFIG";

#[test]
fn a_day_of_traffic_leaves_memory_threads_and_files_as_they_were() {
    let simulators = Simulators::start();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["day::a_hub_with_a_fast_clock", "--exact", "--ignored", "--nocapture"]);
    command.env(CONFIG, &simulators.config).stdin(Stdio::null());
    let mut hub = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    pause(6_000);
    let early = Usage::of(&hub);
    pause(52_000);
    let late = Usage::of(&hub);
    wait_for("the day ends", 60, || hub.try_wait().unwrap());
    let output = hub.wait_with_output().unwrap();
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    let polls = shown.lines().find_map(|line| line.strip_prefix("polls and notices: "));
    let polls = polls.unwrap_or_else(|| panic!("{shown}{said}"));
    let (polls, notices) = polls.split_once(' ').unwrap();
    let [polls, notices] = [polls, notices].map(|count| count.parse::<u64>().unwrap());
    let seen = format!("{polls} polls, {notices} notices: from {early:?} to {late:?}");
    eprintln!("{seen}");
    assert!(polls > 1_000 && notices > 100, "{seen}: {said}");
    assert!(late.memory_kb < early.memory_kb + GROWTH_KB_MAX, "{seen}");
    assert!(late.threads < early.threads + 8 && late.files < early.files + 16, "{seen}");
}

#[test]
#[ignore = "a part of the test above, which runs it in a process of its own"]
#[expect(clippy::disallowed_methods, reason = "the other test says so where a child can hear it")]
#[expect(clippy::print_stdout, reason = "the other test reads it")]
fn a_hub_with_a_fast_clock() {
    let Some(config) = std::env::var_os(CONFIG).map(PathBuf::from) else { return };
    let directory = config.parent().unwrap();
    let loaded =
        andon::hub::load("andon.toml", &fs::read_to_string(&config).unwrap(), &Library::built_in())
            .unwrap();
    let references: Vec<SecretRef> = loaded.config.secret_refs().into_iter().cloned().collect();
    let vaults = Vaults::default();
    let (secrets, _) = vaults.read(&references);
    let (store, _) = Store::open(&directory.join("state")).unwrap();
    let clock = Clock::fast(utc(), SPEED);
    let remembered = Remembered::default();
    let setup = Setup { loaded, secrets, remembered, boot: "day".into(), seed: 1 };
    let mut hub = Hub::new(setup, clock.now());
    let (events_in, events) = bounded(EVENTS_WAITING_MAX);
    let client = Client::new(events_in);
    let askers = Askers::default();
    let (tls, around, voice) = (None, None, ToLog);
    let mut world =
        World { clock, client, store, vaults, tls, around, references, events, askers, voice };
    let executor = Rc::new(LocalExecutor::new());
    smol::block_on(executor.run(world.run(&mut hub, async {
        Timer::after(DAY).await;
    })));
    println!("polls and notices: {} {}", hub.tally().polls, hub.tally().notices());
}

/// `andon simulate`. Dropping it ends it.
struct Simulators {
    process: Child,
    config: String,
}

impl Simulators {
    fn start() -> Self {
        let mut command = andon();
        command.args(["simulate", "--port", "0", "--speed", &SPEED.to_string()]);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let config = lines
            .filter_map(|line| Some(line.trim().strip_prefix("andon run --config ")?.to_owned()))
            .next()
            .unwrap();
        Self { process, config }
    }
}

impl Drop for Simulators {
    fn drop(&mut self) {
        // They take their directory with them.
        terminate(self.process.id());
        let _ = self.process.wait();
    }
}

/// What a process has of the box.
#[derive(Debug)]
struct Usage {
    memory_kb: u64,
    threads: u64,
    files: usize,
}

impl Usage {
    fn of(process: &Child) -> Self {
        let directory = format!("/proc/{}", process.id());
        let status = fs::read_to_string(format!("{directory}/status")).unwrap();
        let of = |key| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        let files = fs::read_dir(format!("{directory}/fd")).unwrap().count();
        Self { memory_kb: of("VmRSS:"), threads: of("Threads:"), files }
    }
}
