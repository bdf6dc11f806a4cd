//! A hub with a push door, and raw connections to it.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::hub::{Hub, free_port, text};
use crate::world::{Mood, World};

pub(crate) const TOKEN: &str = "edges-door-token-51b0";

/// A hub that takes webhooks, and the world around it.
pub(crate) struct Door {
    pub(crate) hub: Hub,
    pub(crate) world: World,
    pub(crate) port: u16,
}

/// What a listener answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Door {
    /// Opens it with more keys in `[ingest]`.
    pub(crate) fn open(keys: impl FnOnce(&World) -> String) -> Self {
        let world = World::new(2, Mood::Calm);
        let port = prepare(&world, keys);
        let hub = Hub::start(&world);
        Self { hub, world, port }
    }

    /// In clear.
    pub(crate) fn plain() -> Self {
        Self::open(|_| String::new())
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.port)
    }

    /// The answer to the bytes of one request, on a connection of their own.
    pub(crate) fn says(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        answer(&mut stream)
    }

    /// How often the door turned somebody away for a reason.
    pub(crate) fn refused(&self, why: &str) -> usize {
        self.counts(&format!("andon_ingest_refused_total{{why=\"{why}\"}} "))
    }

    /// How many connections it holds.
    pub(crate) fn connections(&self) -> usize {
        self.counts("andon_ingest_connections ")
    }

    fn counts(&self, sample: &str) -> usize {
        let page = self.hub.get("/metrics").body;
        let line = page.lines().find_map(|line| line.strip_prefix(sample));
        line.unwrap_or_else(|| panic!("no {sample} in\n{page}")).parse().unwrap()
    }
}

/// Writes the config of a hub with a push door, and gives its port.
pub(crate) fn prepare(world: &World, keys: impl FnOnce(&World) -> String) -> u16 {
    let port = free_port();
    fs::create_dir(world.path("platforms")).unwrap();
    world.write("platforms/pushes.toml", DEFINITION);
    world.write("token", TOKEN);
    let bank = world.source("bank", &format!("http://{}", world.platform.address));
    let table = format!(
        "[ingest]\nlisten = \"127.0.0.1:{port}\"\n{}\n[[source]]\nname = \"push\"\n\
         definition = \"pushes\"\nwebhook_secret = {{ file = {:?} }}\n\n",
        keys(world),
        world.path("token")
    );
    world.write("andon.toml", &world.config(&format!("{table}{bank}")));
    port
}

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A genuine delivery that is news.
pub(crate) fn delivery(id: &str) -> Vec<u8> {
    let body = format!("{{\"id\": \"{id}\", \"severity\": \"resolved\"}}");
    request("", &format!("x-request-id: {id}\r\ncontent-length: {}", body.len()), body.as_bytes())
}

/// A request to the door with some headers; the whole of its head stands before the body.
pub(crate) fn request(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let path = if path.is_empty() { "/ingest/push" } else { path };
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\n{headers}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The next answer on a connection.
pub(crate) fn answer(stream: &mut impl Read) -> Answer {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "it ended after {:?}", text(&bytes));
        bytes.push(byte[0]);
    }
    let head = text(&bytes).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    Answer { status: status.expect("a status"), head, body: text(&body) }
}

/// Waits until the other side closes a connection, and gives what it said before.
pub(crate) fn rest(stream: &mut impl Read) -> String {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}, after {:?}", text(&said)),
    }
    text(&said)
}

const DEFINITION: &str = r#"
name = "pushes"
platform = "pushes"
interval_seconds = 60
offset_seconds = 0
window = "snapshot"

[auth]
kind = "none"

[webhook]
proof = { scheme = "bearer" }

[[webhook.event]]
[webhook.event.answer]
rows = "[@]"
entity_id = "id"
metrics = [{ metric = "event.severity", path = "severity", values = { low = 1, resolved = 0 } }]
"#;
