//! A collector of logs on loopback that takes what RFC 5424, 5425 and 6587 allow and complains of
//! the rest: frames that are not counted, heads that are none, structured data that is not escaped.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A record, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) priority: u16,
    pub(crate) at: String,
    pub(crate) host: String,
    pub(crate) kind: String,
    pub(crate) data: Pairs,
    pub(crate) text: String,
}

/// The collector.
#[derive(Clone)]
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) records: Vec<Record>,
    pub(crate) complaints: Vec<String>,
    /// It resets the next connection before it has read anything.
    pub(crate) resets: bool,
}

impl Collector {
    /// Takes counted frames, in TLS where it has something to show.
    pub(crate) fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let server = collector.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                server.serve(socket.unwrap(), tls.clone());
            }
        });
        collector
    }

    /// Takes datagrams.
    pub(crate) fn datagrams() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let collector = Self { address: socket.local_addr().unwrap(), state: Arc::default() };
        let server = collector.clone();
        thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(count) = socket.recv(&mut bytes) {
                server.state().takes(&bytes[..count]);
            }
        });
        collector
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, mut socket: TcpStream, tls: Option<Arc<ServerConfig>>) {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        if core::mem::take(&mut self.state().resets) {
            // What is unread when it is closed makes the system reset the connection.
            let mut one = [0];
            let _ = socket.read(&mut one);
            return;
        }
        let mut bytes = Vec::new();
        let read = match tls {
            None => socket.read_to_end(&mut bytes),
            Some(config) => {
                let connection = ServerConnection::new(config).unwrap();
                StreamOwned::new(connection, socket).read_to_end(&mut bytes)
            }
        };
        if let Err(error) = read {
            self.complains(&format!("the connection did not end well: {error}"));
            return;
        }
        let read = frames(&bytes);
        let mut state = self.state();
        state.records.extend(read.records);
        state.complaints.extend(read.complaints);
    }

    fn complains(&self, what: &str) {
        self.state().complaints.push(what.to_owned());
    }
}

/// What a collector has that has read these bytes on one connection.
pub(crate) fn frames(bytes: &[u8]) -> State {
    let mut state = State::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let blank = rest.iter().position(|byte| *byte == b' ').unwrap_or(0);
        let (count, after) = rest.split_at(blank);
        let count = str::from_utf8(count).ok().and_then(|count| count.parse::<usize>().ok());
        let Some(count) = count.filter(|count| *count > 0 && *count < after.len()) else {
            state.complaints.push("a frame has no count, or a wrong one".to_owned());
            break;
        };
        state.takes(&after[1..=count]);
        rest = &after[count + 1..];
    }
    state
}

impl State {
    fn takes(&mut self, bytes: &[u8]) {
        if bytes.len() > 2_048 {
            self.complaints.push(format!("a record has {} bytes", bytes.len()));
        }
        match str::from_utf8(bytes).map_err(|_| "it is not UTF-8").and_then(read) {
            Ok(record) => self.records.push(record),
            Err(why) => {
                self.complaints.push(format!("{why}: {:?}", String::from_utf8_lossy(bytes)));
            }
        }
    }
}

/// Reads a record by the grammar of RFC 5424, section 6.
fn read(text: &str) -> Result<Record, &'static str> {
    let (priority, rest) =
        text.strip_prefix('<').and_then(|rest| rest.split_once(">1 ")).ok_or("no head")?;
    let priority = priority.parse::<u16>().ok().filter(|priority| *priority <= 191);
    let priority = priority.ok_or("no priority")?;
    let mut words = rest.splitn(6, ' ');
    let mut word = |most: usize| {
        let word = words.next().unwrap_or_default();
        let is_good =
            (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
        is_good.then(|| word.to_owned()).ok_or("a word of the head is none")
    };
    let (at, host, app, process, kind) = (word(32)?, word(255)?, word(48)?, word(128)?, word(32)?);
    if at != "-" && at.parse::<jiff::Timestamp>().is_err() {
        return Err("the time is none");
    }
    if app != "andon" || process != "-" {
        return Err("another sender");
    }
    let rest = words.next().and_then(|rest| rest.strip_prefix("[andon@32473"));
    let (data, rest) = pairs(rest.ok_or("no structured data")?)?;
    let text = rest.strip_prefix(' ').ok_or("no text")?;
    let marked = text.strip_prefix('\u{feff}');
    if marked.is_some() == text.is_ascii() {
        return Err("the mark of UTF-8 is missing");
    }
    let text = marked.unwrap_or(text).to_owned();
    if text.contains(char::is_control) {
        return Err("a control character in the text");
    }
    Ok(Record { priority, at, host, kind, data, text })
}

/// The names and values of structured data.
type Pairs = Vec<(String, String)>;

/// The pairs up to the closing bracket, and what follows it.
fn pairs(text: &str) -> Result<(Pairs, &str), &'static str> {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(']') {
            return Ok((pairs, after));
        }
        let inner = rest.strip_prefix(' ').and_then(|rest| rest.split_once("=\""));
        let (name, value_and_rest) = inner.ok_or("a pair is none")?;
        if name.is_empty()
            || name.len() > 32
            || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        {
            return Err("the name of a pair is none");
        }
        let mut value = String::new();
        let mut letters = value_and_rest.char_indices();
        rest = loop {
            match letters.next().ok_or("a value has no end")? {
                (at, '"') => break &value_and_rest[at + 1..],
                (_, '\\') => match letters.next().ok_or("a value has no end")?.1 {
                    letter @ ('"' | '\\' | ']') => value.push(letter),
                    _ => return Err("an escape that is none"),
                },
                (_, ']') => return Err("a bracket that is not escaped"),
                (_, letter) => value.push(letter),
            }
        };
        pairs.push((name.to_owned(), value));
    }
}
