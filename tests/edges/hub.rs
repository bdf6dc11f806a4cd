//! The binary as a process: started, asked, told to end, killed.

use alloc::sync::Arc;
use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicU16, Ordering};
use core::time::Duration;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};

use crate::patience::{wait_for, wait_until};
use crate::world::World;

/// A hub that runs. Dropping it kills it.
pub(crate) struct Hub {
    child: Child,
    said: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    port: u16,
}

/// An answer of the admin listener.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The binary without what the environment of the tests may say to it.
pub(crate) fn andon() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_andon"));
    for name in ["STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(name);
    }
    command
}

/// `andon run` on a config file.
pub(crate) fn run(config: &Path) -> Command {
    let mut command = andon();
    command.arg("run").arg("--config").arg(config);
    command
}

/// Runs a command that ends by itself.
pub(crate) fn ended(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// What a process said on a channel.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A port on loopback that is not one of those the kernel gives to clients.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 12_000 + u16::try_from(std::process::id() % 180).unwrap() * 100;
    wait_for("a free port", 5, || {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(port)
    })
}

impl Hub {
    /// Starts the hub of a world and waits until it is up.
    pub(crate) fn start(world: &World) -> Self {
        let hub = Self::spawn(run(&world.path("andon.toml")), world);
        hub.is_up();
        hub
    }

    /// Starts a hub.
    pub(crate) fn spawn(mut command: Command, world: &World) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (lines, heard) = (BufReader::new(child.stderr.take().unwrap()).lines(), said.clone());
        let reader = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *heard.lock().unwrap() += &(line + "\n");
            }
        });
        Self { child, said, reader: Some(reader), port: world.port }
    }

    /// Waits until the hub says that it is ready.
    pub(crate) fn is_up(&self) {
        wait_until("the hub is up", 20, || self.said().contains("is ready, admin on"));
    }

    /// Its number among the system's processes.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on stderr so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Its answer to a GET.
    pub(crate) fn get(&self, path: &str) -> Page {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
    }

    /// Its answer to a request as it stands.
    pub(crate) fn send(&self, request: &str) -> Page {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = text(&bytes);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Page { status: status.expect("a status"), body: body.into() }
    }

    /// A connection to its admin listener.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Whether a sample of `/metrics` has a value.
    pub(crate) fn counts(&self, sample: &str) -> f64 {
        let page = self.get("/metrics").body;
        let line = page.lines().find_map(|line| line.strip_prefix(sample));
        line.unwrap_or_else(|| panic!("no {sample} in\n{page}")).trim().parse().unwrap()
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.end().1
    }

    /// Asks it to end; its exit status and everything that it has said.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        terminate(self.child.id());
        self.end()
    }

    fn end(&mut self) -> (ExitStatus, String) {
        let status = wait_for("the hub ends", 10, || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        (status, self.said())
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- the hub on {} said:\n{}---", self.port, self.said());
        }
    }
}

/// Sends SIGTERM to a process of ours.
pub(crate) fn terminate(process: u32) {
    let status = Command::new("kill").arg("-TERM").arg(process.to_string()).status().unwrap();
    assert!(status.success(), "kill -TERM {process}");
}
