//! What the hub takes of a box: size, time until it is ready, memory, wake-ups, bytes written.
//!
//! `cargo bench --bench footprint` measures the program of this build; `-- PATH` measures another
//! one, such as the static one that ships. Everything is on loopback; it takes about four minutes.
//! It reads `/proc`, so it needs Linux.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

use core::time::Duration;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _, stdout};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

const STARTS: usize = 20;

/// How long a hub runs before it is looked at, and how long it is looked at.
const SETTLE: Duration = Duration::from_secs(90);
const WATCH: Duration = Duration::from_secs(120);

/// How often a thread's wake-ups are counted while it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let program = named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_andon")), PathBuf::from);
    let size = fs::metadata(&program).expect("the program is there").len();
    say(&format!("| {} | |\n|---|---|", program.display()));
    row("binary", &format!("{} kB", size / 1_000));

    let few = Platform::start(&program, None);
    let many = Platform::start(&program, Some(1_000));
    row("ready, 6 queues, empty ledger", &starts(&program, &few));
    row("ready, 1,000 queues, empty ledger", &starts(&program, &many));

    let idle = Hub::start(&program, &few);
    let loaded = Hub::start(&program, &many);
    sleep(SETTLE);
    let (before, loaded_before) = (idle.usage(), loaded.usage());
    let (mut looks, mut awake, mut seen) = (0_u32, 0_u32, before.switches);
    let begin = clock();
    while clock() - begin < WATCH {
        sleep(LOOK_EVERY);
        let switches = idle.usage().switches;
        looks += 1;
        awake += u32::from(switches != seen);
        seen = switches;
    }
    let (after, loaded_after) = (idle.usage(), loaded.usage());
    row("memory, 6 queues", &idle.memory());
    row("memory, 1,000 queues x 4 metrics x 3 rules", &loaded.memory());
    row("a minute, 6 queues", &after.since(&before));
    row("a minute, 1,000 queues", &loaded_after.since(&loaded_before));
    let part = LOOK_EVERY.as_millis();
    row(
        "6 queues, of the time",
        &format!("{awake} of {looks} stretches of {part} ms had a wake-up"),
    );
}

fn say(text: &str) {
    writeln!(stdout(), "{text}").expect("standard output is open");
}

fn row(what: &str, found: &str) {
    say(&format!("| {what} | {found} |"));
}

/// A simulated platform and its targets, and the config of a hub that watches them.
struct Platform {
    process: Child,
    config: PathBuf,
    /// The simulators' own config, in a directory that they would remove if they ended by a
    /// signal.
    written: PathBuf,
    directory: TempDir,
}

impl Platform {
    fn start(program: &Path, queues: Option<u32>) -> Self {
        let mut command = Command::new(program);
        command.args(["simulate", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(queues) = queues {
            command.args(["--queues", &queues.to_string()]);
        }
        let mut process = command.spawn().expect("the simulators start");
        let lines = BufReader::new(process.stdout.take().expect("their output is a pipe")).lines();
        let config = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.trim().strip_prefix("andon run --config ")?.to_owned()))
            .expect("the simulators name a config");
        let written = PathBuf::from(config);
        let text = fs::read_to_string(&written).expect("the config can be read");
        let directory = tempfile::tempdir().expect("a directory can be made");
        let config = directory.path().join("andon.toml");
        fs::write(&config, twelve_rules(&text)).expect("a config can be written");
        Self { process, config, written, directory }
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        end(&mut self.process);
        if let Some(directory) = self.written.parent() {
            fs::remove_dir_all(directory).expect("the simulators made a directory");
        }
    }
}

/// The simulators' config with any free port, and three thresholds for each metric.
fn twelve_rules(text: &str) -> String {
    let (sources, rest) = text.split_once("[[rules]]").expect("the config has rules");
    let (_, routes) = rest.split_once("[routes]").expect("the config has routes");
    let sources = sources.replacen("[hub]", "[hub]\nadmin_listen = \"127.0.0.1:0\"", 1);
    let mut rules = String::new();
    for (metric, operator, values) in [
        ("calls_waiting", ">=", [10, 20, 40]),
        ("longest_wait", ">=", [120, 240, 480]),
        ("abandoned_calls", ">=", [3, 5, 10]),
        // The simulated queues have few agents each, and a storm is not what is measured.
        ("agents_available", ">=", [60, 80, 99]),
    ] {
        for (value, priority) in values.into_iter().zip(["P3", "P2", "P1"]) {
            rules.push_str(&format!(
                "{{ metric = \"{metric}\", operator = \"{operator}\", static_value = {value}, \
                 priority = \"{priority}\" }},\n"
            ));
        }
    }
    format!("{sources}[[rules]]\nthresholds = [\n{rules}]\n\n[routes]{routes}")
}

/// A running hub.
struct Hub {
    process: Child,
    ready_after: Duration,
    _state: TempDir,
}

impl Hub {
    fn start(program: &Path, platform: &Platform) -> Self {
        let state =
            tempfile::tempdir_in(platform.directory.path()).expect("a directory can be made");
        let socket = state.path().join("notify");
        let manager = UnixDatagram::bind(&socket).expect("a socket can be bound");
        manager.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket has a time limit");
        let begin = clock();
        let process = Command::new(program)
            .args(["run", "--config"])
            .arg(&platform.config)
            .env("NOTIFY_SOCKET", &socket)
            .env("STATE_DIRECTORY", state.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("the hub starts");
        let mut message = [0; 256];
        let length = manager.recv(&mut message).expect("the hub says that it is ready");
        let ready_after = clock() - begin;
        assert!(message.get(..length).is_some_and(|said| said.starts_with(b"READY=1")));
        Self { process, ready_after, _state: state }
    }

    fn memory(&self) -> String {
        let status = self.read("status");
        let of = |key: &str| field(&status, key) * 1_024 / 1_000;
        format!(
            "RSS {} kB (own {}, of the file {}), at most {} kB",
            of("VmRSS:"),
            of("RssAnon:"),
            of("RssFile:"),
            of("VmHWM:")
        )
    }

    fn usage(&self) -> Usage {
        let tasks = fs::read_dir(self.path("task")).expect("the hub runs");
        let switches = tasks.flatten().map(|task| {
            // A request's thread may end between the two reads.
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            field(&status, "voluntary_ctxt_switches:")
        });
        let stat = self.read("stat");
        let (_, after_name) = stat.rsplit_once(')').expect("stat has a name");
        let ticks = after_name.split_whitespace().skip(11).take(2);
        Usage {
            at: clock(),
            switches: switches.sum(),
            cpu_ms: ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10,
            written: field(&self.read("io"), "write_bytes:"),
        }
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("the hub runs")
    }

    fn path(&self, file: &str) -> PathBuf {
        format!("/proc/{}/{file}", self.process.id()).into()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// What a hub has used so far.
struct Usage {
    at: Instant,
    switches: u64,
    cpu_ms: u64,
    written: u64,
}

impl Usage {
    fn since(&self, before: &Self) -> String {
        let seconds = (self.at - before.at).as_secs().max(1);
        let a_minute = |now: u64, then: u64| now.saturating_sub(then) * 60 / seconds;
        format!(
            "{} ms of CPU, {} context switches of lasting threads, {} kB written",
            a_minute(self.cpu_ms, before.cpu_ms),
            a_minute(self.switches, before.switches),
            a_minute(self.written, before.written) / 1_000
        )
    }
}

fn starts(program: &Path, platform: &Platform) -> String {
    let mut times: Vec<f64> = (0..STARTS)
        .map(|_| Hub::start(program, platform).ready_after.as_secs_f64() * 1e3)
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or(f64::NAN);
    format!("{:.1} ms ({:.1} to {:.1})", at(STARTS / 2), at(0), at(STARTS - 1))
}

/// The number after a key of a file in `/proc`.
fn field(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn end(process: &mut Child) {
    // It may have ended by itself, and then nothing is left to end.
    let _ = process.kill();
    let _ = process.wait();
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
fn clock() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "it watches another process")]
fn sleep(time: Duration) {
    std::thread::sleep(time);
}
