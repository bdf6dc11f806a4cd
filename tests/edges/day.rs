//! A day of a centre's traffic in a minute: the hub with its loop, HTTP, ledger and targets.
//!
//! It is `andon demo` at 1,440 times the world's speed, since the clock of `andon run` is the
//! world's. What the simulated platform and targets remember is part of what is measured.

use std::fs::{self, File};
use std::process::{Child, Stdio};

use crate::hub::andon;
use crate::patience::{pause, wait_for};

/// Alerts and messages of the day and the ledger's cache are kept, a few MB together. A leak of
/// 2 kB with each poll would be beyond it.
const GROWTH_KB_MAX: u64 = 12_000;

#[test]
fn a_day_of_traffic_leaves_memory_threads_and_files_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let shown = directory.path().join("shown");
    let mut command = andon();
    command.args(["demo", "--speed", "1440", "--for-seconds", "61"]).stdin(Stdio::null());
    command.stdout(File::create(&shown).unwrap()).stderr(Stdio::piped());
    let mut demo = command.spawn().unwrap();
    pause(6_000);
    let early = Usage::of(&demo);
    pause(52_000);
    let late = Usage::of(&demo);
    let status = wait_for("the demonstration ends", 30, || demo.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    let shown = fs::read_to_string(shown).unwrap();
    let polls = shown.lines().find_map(|line| line.trim_start().strip_prefix("polls "));
    let polls: u64 = polls.unwrap_or_else(|| panic!("{shown}")).trim().parse().unwrap();
    assert!(shown.contains("\nIn 24 h ") && polls > 1_000, "{shown}");
    let seen = format!("{polls} polls: from {early:?} to {late:?}");
    eprintln!("{seen}");
    assert!(late.memory_kb < early.memory_kb + GROWTH_KB_MAX, "{seen}");
    assert!(late.threads < early.threads + 8 && late.files < early.files + 16, "{seen}");
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
