//! How many webhooks a hub takes: signed, proved, read, known again, judged and on disk before each
//! is answered.
//!
//! `cargo bench --bench ingest` measures the program of this build; `-- PATH` another one, such as
//! the static one that ships; `-- PATH --alertmanager PATH` measures Alertmanager in turn, which is
//! sent as many alerts of the same size, and keeps nothing. Everything is on loopback. What counts
//! are the ratios: the sender is on the same two cores. It reads `/proc`, so it needs Linux.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::panic, reason = "a measurement that cannot go on has failed")]

extern crate alloc;

mod load;

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use core::net::SocketAddr;
use core::time::Duration;
use std::fs;
use std::io::{Read as _, Write as _, stdout};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use load::Heard;
use load::requests::{BEFORE, KEY, LOADS, Load, NEW, NEW_ALERTS, ours, theirs};

const ROUNDS: usize = 5;
/// Webhooks whose way to a person is timed, one at a time.
const TIMED: usize = 200;

const SETTLE: Duration = Duration::from_secs(1);
const AT_MOST: Duration = Duration::from_secs(4);

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut program, mut peer) = (PathBuf::from(env!("CARGO_BIN_EXE_andon")), None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--alertmanager" => peer = arguments.next().map(PathBuf::from),
            path => program = path.into(),
        }
    }
    say("| | requests/s | p50 ms | p99 ms | CPU us/event | commits/event | RSS kB |");
    say("|---|---|---|---|---|---|---|");
    for load in LOADS.into_iter().chain([NEW_ALERTS]) {
        let ours = (0..ROUNDS).map(|_| Hub::start(&program).measure(load));
        report("andon", load, &ours.collect::<Vec<_>>());
        if let Some(peer) = &peer {
            let theirs = (0..ROUNDS).map(|_| Alertmanager::start(peer).measure(load));
            report("Alertmanager", load, &theirs.collect::<Vec<_>>());
        }
    }
    say("\n| a P1 webhook's way, ms | p50 | p99 |\n|---|---|---|");
    let mut ways: Vec<Way> = (0..ROUNDS).flat_map(|_| Hub::start(&program).ways()).collect();
    for (name, of) in WAYS {
        ways.sort_by_key(of);
        let at = |percent: usize| {
            let way = ways.get(ways.len() * percent / 100);
            way.map_or(f64::NAN, |way| of(way).as_secs_f64() * 1e3)
        };
        say(&format!("| {name} | {:.2} | {:.2} |", at(50), at(99)));
    }
}

/// One run's figures.
struct Figures {
    heard: Heard,
    events: usize,
    cpu_us: f64,
    commits: Option<f64>,
    rss_kb: u64,
}

fn report(who: &str, load: Load, runs: &[Figures]) {
    let median = |of: &dyn Fn(&Figures) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let events = |run: &Figures| float(run.heard.micros.len() * run.events);
    let commits = match runs.iter().all(|run| run.commits.is_some()) {
        true => format!("{:.4}", median(&|run| run.commits.unwrap_or(0.0) / events(run))),
        false => "-".into(),
    };
    say(&format!(
        "| {who}, {} | {:.0} | {:.2} | {:.2} | {:.1} | {commits} | {:.0} |",
        load.name,
        median(&|run| run.heard.per_second()),
        median(&|run| run.heard.percentile(50)),
        median(&|run| run.heard.percentile(99)),
        median(&|run| run.cpu_us / events(run)),
        median(&|run| float(usize::try_from(run.rss_kb).unwrap_or(0))),
    ));
    let mut statuses = BTreeMap::<u16, usize>::new();
    for (status, count) in runs.iter().flat_map(|run| &run.heard.statuses) {
        *statuses.entry(*status).or_default() += count;
    }
    assert!(statuses.keys().all(|status| *status == 200), "{who}: {statuses:?}");
}

/// How long after a webhook was sent.
struct Way {
    answered: Duration,
    told: Duration,
}

/// What is timed of it.
type Timed = (&'static str, fn(&Way) -> Duration);

const WAYS: [Timed; 3] = [
    ("sent to answered, on disk", |way| way.answered),
    ("sent to the target's door", |way| way.told),
    ("answered to the target's door", |way| way.told.saturating_sub(way.answered)),
];

/// A running hub, and the receiver of its notices.
struct Hub {
    process: Child,
    ingest: SocketAddr,
    admin: SocketAddr,
    directory: TempDir,
    /// When something came to the receiver.
    told: mpsc::Receiver<Instant>,
}

impl Hub {
    fn start(program: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let sink = TcpListener::bind("127.0.0.1:0").expect("a socket can be bound");
        let at = sink.local_addr().expect("a socket has an address");
        let (telling, told) = mpsc::channel();
        std::thread::spawn(move || swallow(&sink, &telling));
        let (ingest, admin) = (free_port(), free_port());
        let secret = directory.path().join("secret");
        fs::write(&secret, format!("whsec_{}", STANDARD.encode(KEY))).expect("a file is written");
        let config = directory.path().join("andon.toml");
        fs::write(&config, text_of_config(ingest, admin, at, &secret)).expect("a file is written");
        let process = Command::new(program)
            .args(["run", "--config"])
            .arg(&config)
            .env("STATE_DIRECTORY", directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the hub starts");
        load::wait_for(ingest);
        Self { process, ingest, admin, directory, told }
    }

    fn measure(self, load: Load) -> Figures {
        let requests = Rc::new(ours(load));
        if load != NEW_ALERTS {
            for load in BEFORE {
                load::send(self.ingest, 64, &Rc::new(ours(load)), AT_MOST);
            }
            // The notices of what began are delivered meanwhile.
            load::pause(SETTLE);
        }
        let (cpu_before, commits_before) = (cpu_us(&self.process), self.commits());
        let heard = load::send(self.ingest, load.connections, &requests, AT_MOST);
        Figures {
            heard,
            events: load.events,
            cpu_us: cpu_us(&self.process) - cpu_before,
            commits: Some(self.commits() - commits_before),
            rss_kb: rss_kb(&self.process),
        }
    }

    /// Webhooks that begin an alert each, one at a time.
    fn ways(self) -> Vec<Way> {
        let way = |request: Vec<u8>| {
            // A request may have come in several parts.
            while self.told.try_recv().is_ok() {}
            let (sent, heard) = load::send_one(self.ingest, &request);
            let told = self.told.recv_timeout(AT_MOST).expect("the target is told");
            // The next one waits until the connection of this one is at rest.
            load::pause(Duration::from_millis(5));
            Way { answered: heard - sent, told: told - sent }
        };
        ours(NEW_ALERTS).into_iter().take(TIMED).map(way).collect()
    }

    fn commits(&self) -> f64 {
        let mut stream = TcpStream::connect(self.admin).expect("the admin listens");
        let request = b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(request).expect("it reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        let line = text.lines().find_map(|line| line.strip_prefix("andon_ledger_commits_total "));
        line.and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        end(&mut self.process);
        let _ = fs::remove_dir_all(self.directory.path());
    }
}

fn text_of_config(ingest: SocketAddr, admin: SocketAddr, sink: SocketAddr, key: &Path) -> String {
    let key = format!("{{ file = \"{}\" }}", key.display());
    format!(
        "[hub]\nadmin_listen = \"{admin}\"\n[ingest]\nlisten = \"{ingest}\"\n\
         [[source]]\nname = \"canonical\"\ndefinition = \"canonical\"\nwebhook_secret = {key}\n\
         [[source]]\nname = \"alertmanager\"\ndefinition = \"alertmanager\"\n\
         webhook_secret = {key}\n\
         [[target]]\nname = \"sink\"\nkind = \"webhook\"\nurl = \"http://{sink}/\"\n\
         signing_secret = {key}\n\
         [routes]\nP1 = {{ targets = [\"sink\"] }}\nP2 = {{ targets = [\"sink\"] }}\n\
         P3 = {{ targets = [\"sink\"] }}\n"
    )
}

/// Says yes to whatever comes.
fn swallow(sink: &TcpListener, telling: &mpsc::Sender<Instant>) {
    for stream in sink.incoming().map_while(Result::ok) {
        let telling = telling.clone();
        std::thread::spawn(move || {
            let mut stream = stream;
            let mut part = [0; 16_384];
            while stream.read(&mut part).is_ok_and(|count| count > 0) {
                // Nobody listens where only the rate is measured.
                let _ = telling.send(load::clock());
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            }
        });
    }
}

/// A running Alertmanager: state per alert and nobody to tell, as fast as it can be.
struct Alertmanager {
    process: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Alertmanager {
    fn start(program: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let config = directory.path().join("config.yml");
        let text = "route: {receiver: none, group_by: ['...'], group_wait: 0s}\n\
                    receivers: [{name: none}]\n";
        fs::write(&config, text).expect("a file is written");
        let address = free_port();
        let process = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", directory.path().display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Alertmanager starts");
        load::wait_for(address);
        Self { process, address, directory }
    }

    fn measure(self, load: Load) -> Figures {
        let requests = Rc::new(theirs(load));
        if load != NEW_ALERTS {
            load::send(self.address, 64, &Rc::new(theirs(NEW)), SETTLE);
        }
        let cpu_before = cpu_us(&self.process);
        let heard = load::send(self.address, load.connections, &requests, AT_MOST);
        Figures {
            heard,
            events: load.events,
            cpu_us: cpu_us(&self.process) - cpu_before,
            commits: None,
            rss_kb: rss_kb(&self.process),
        }
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        end(&mut self.process);
        let _ = fs::remove_dir_all(self.directory.path());
    }
}

fn free_port() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a socket can be bound");
    socket.local_addr().expect("a socket has an address")
}

/// The processor's time that a process has taken.
fn cpu_us(process: &Child) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).expect("it runs");
    let (_, after_name) = stat.rsplit_once(')').expect("stat has a name");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 1e4
}

fn rss_kb(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn end(process: &mut Child) {
    // It may have ended by itself, and then nothing is left to end.
    let _ = process.kill();
    let _ = process.wait();
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn say(text: &str) {
    writeln!(stdout(), "{text}").expect("standard output is open");
}
