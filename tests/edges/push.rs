//! Senders on real connections: signed webhooks, one after the other on each.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hub::free_port;
use crate::patience::utc;
use crate::world::World;

const SECRET: &str = "edges-webhook-secret-44d0";

/// The push door of a world's hub.
pub(crate) struct Door {
    port: u16,
}

/// What a sender has to say.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) id: String,
    pub(crate) body: String,
}

/// A connection that is kept.
pub(crate) struct Sender {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Door {
    /// Gives the hub of a world a push door.
    pub(crate) fn of(world: &World) -> Self {
        let port = free_port();
        world.write("webhook", SECRET);
        let source = world.source("bank", &format!("http://{}", world.platform.address));
        let secret = format!("webhook_secret = {{ file = {:?} }}\n", world.path("webhook"));
        let source = source.replace("client_id = ", &format!("{secret}client_id = "));
        let config = world.config(&source);
        let config = format!("[ingest]\nlisten = \"127.0.0.1:{port}\"\n\n{config}");
        world.write("andon.toml", &config);
        Self { port }
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Result<Sender, Error> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        Ok(Sender { stream, unread: Vec::new() })
    }
}

impl Parcel {
    /// The platform's own judgement of a trunk, at this moment, with spaces up to a length.
    pub(crate) fn new(id: String, trunk: &str, severity: &str, length: usize) -> Self {
        let timestamp = utc().rfc3339();
        let body = format!(
            r#"{{"alert_key": "k", "metric_type": "telephony.trunk.event", "entity_id": "{trunk}",
                "entity_name": "{trunk}", "severity": "{severity}", "timestamp": "{timestamp}"}}"#
        );
        let spaces = " ".repeat(length.saturating_sub(body.len()));
        Self { id, body: body + &spaces }
    }
}

impl Sender {
    /// Sends a parcel; the status and the text of the answer.
    pub(crate) fn send(&mut self, parcel: &Parcel) -> Result<(u16, String), Error> {
        let Parcel { id, body } = parcel;
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let hash = mac.finalize().into_bytes();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let request = format!(
            "POST /ingest/bank HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\n\
             x-signature: sha256={hex}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        let head = self.read_until(|bytes| {
            bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
        })?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let length = lines.find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.unwrap_or(0);
        let body = self.read_until(|bytes| (bytes.len() >= length).then_some(length))?;
        status.map(|status| (status, body)).ok_or_else(|| ErrorKind::InvalidData.into())
    }

    fn read_until(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> Result<String, Error> {
        let mut chunk = [0; 4_096];
        loop {
            if let Some(end) = end(&self.unread) {
                let taken: Vec<u8> = self.unread.drain(..end).collect();
                return Ok(String::from_utf8_lossy(&taken).into_owned());
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                length => self.unread.extend_from_slice(&chunk[..length]),
            }
        }
    }
}
