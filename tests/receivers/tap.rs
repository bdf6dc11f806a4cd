//! A way to a receiver that speaks TLS and on which anything may happen: in the place of passing a
//! request on, or its answer back, it does what it was told to, once.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What happens to a request. The receiver hears of it only where it says so.
#[derive(Clone)]
pub(crate) enum Trick {
    /// Nothing out of the way.
    Passes,
    /// This comes in the place of an answer, and the end of the connection.
    Says(String),
    /// The same without the word of TLS that it is the end.
    Drops(String),
    /// This, and then nothing until the asker leaves.
    Stalls(String),
    /// A byte of an answer now and then, for ever.
    Trickles,
    /// An answer that has no end.
    Floods,
    /// 400 with all that may be secret in the request.
    Quotes,
    /// The receiver has it, and of its answer comes only the first half.
    LosesTheAnswer,
    /// Another certificate.
    Shows(Arc<ServerConfig>),
    /// No TLS.
    SpeaksClear,
    /// The end, before a word.
    Closes,
}

/// A way to a receiver.
#[derive(Clone)]
pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    to: SocketAddr,
    config: Arc<ServerConfig>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    tricks: VecDeque<Trick>,
    asked: usize,
}

/// A request as it came.
struct Asked {
    head: String,
    body: Vec<u8>,
}

impl Tap {
    /// A way to a receiver, from now on, as long as the process lives.
    pub(crate) fn start(to: SocketAddr, config: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let tap = Self { address, to, config, state: Arc::default() };
        let server = tap.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (server, socket) = (server.clone(), socket.unwrap());
                let trick = server.state().tricks.pop_front().unwrap_or(Trick::Passes);
                // Who is asked leaves in its own time.
                thread::spawn(move || server.serve(socket, trick));
            }
        });
        tap
    }

    /// What happens to the next requests, one each.
    pub(crate) fn plays(&self, tricks: impl IntoIterator<Item = Trick>) {
        self.state().tricks = tricks.into_iter().collect();
    }

    /// How many requests have come, whatever came of them, and that are read from now on as none.
    pub(crate) fn asked(&self) -> usize {
        core::mem::take(&mut self.state().asked)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Nothing where the asker has left.
    fn serve(&self, mut socket: TcpStream, trick: Trick) -> Option<()> {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        if matches!(trick, Trick::SpeaksClear) {
            let _ = socket.read(&mut [0; 1_024]);
            return socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
        }
        let config = if let Trick::Shows(other) = &trick { other } else { &self.config };
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let asked = read(&mut stream)?;
        self.state().asked += 1;
        match trick {
            Trick::Passes | Trick::Shows(_) => {
                stream.write_all(&self.pass(&asked)).ok()?;
            }
            Trick::LosesTheAnswer => {
                let answer = self.pass(&asked);
                stream.write_all(&answer[..answer.len() / 2]).ok()?;
            }
            Trick::Says(text) => stream.write_all(text.as_bytes()).ok()?,
            Trick::Drops(text) => {
                stream.write_all(text.as_bytes()).ok()?;
                stream.flush().ok()?;
                return stream.sock.shutdown(Shutdown::Both).ok();
            }
            Trick::Stalls(text) => {
                stream.write_all(text.as_bytes()).ok()?;
                stream.flush().ok()?;
                return stream.read(&mut [0]).ok().map(drop);
            }
            Trick::Trickles => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n").ok()?;
                loop {
                    stream.write_all(b"x").ok()?;
                    stream.flush().ok()?;
                    smol::block_on(smol::Timer::after(Duration::from_millis(50)));
                }
            }
            Trick::Floods => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").ok()?;
                let block = vec![b'x'; 1 << 16];
                loop {
                    stream.write_all(&block).ok()?;
                }
            }
            Trick::Quotes => stream.write_all(quotation(&asked).as_bytes()).ok()?,
            Trick::Closes | Trick::SpeaksClear => {}
        }
        stream.conn.send_close_notify();
        stream.flush().ok()?;
        stream.sock.shutdown(Shutdown::Write).ok()?;
        // What is unread when a socket is closed makes the system reset the connection.
        stream.sock.read(&mut [0; 64]).ok().map(drop)
    }

    /// The receiver's whole answer.
    fn pass(&self, asked: &Asked) -> Vec<u8> {
        let mut socket = TcpStream::connect(self.to).unwrap();
        let head = asked.head.trim_end();
        socket.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
        socket.write_all(&asked.body).unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        answer
    }
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        let of = |line: &'_ str| line.split_once(": ").is_some_and(|(known, _)| known == name);
        let line = self.head.lines().find(|line| of(line)).unwrap_or_default();
        line.split_once(": ").map_or("", |(_, value)| value)
    }
}

fn quotation(asked: &Asked) -> String {
    let path = asked.head.split(' ').nth(1).unwrap();
    let (proof, key) = (asked.header("authorization"), asked.header("dd-api-key"));
    let quoted = format!("{proof} {key} {path} {}", String::from_utf8_lossy(&asked.body));
    let length = quoted.len();
    format!(
        "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{quoted}"
    )
}

/// A whole request; nothing where none comes, as from who does not believe the certificate.
fn read(stream: &mut impl Read) -> Option<Asked> {
    let (mut come, mut block) = (Vec::new(), [0; 4_096]);
    let mut more = |come: &mut Vec<u8>| {
        let count = stream.read(&mut block).ok().filter(|count| *count > 0)?;
        come.extend_from_slice(&block[..count]);
        Some(())
    };
    let end = loop {
        match come.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(end) => break end + 4,
            None => more(&mut come)?,
        }
    };
    let head = String::from_utf8(come[..end].to_vec()).unwrap();
    let mut asked = Asked { head, body: Vec::new() };
    let length: usize = asked.header("content-length").parse().unwrap_or(0);
    while come.len() < end + length {
        more(&mut come)?;
    }
    asked.body = come.split_off(end);
    Some(asked)
}
