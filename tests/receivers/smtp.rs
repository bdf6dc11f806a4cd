//! A mail server on loopback that refuses what a strict one would refuse: commands out of their
//! order, a login in clear, ends of lines that are none, long lines, addresses that are none, and
//! messages without the headers that they need. It can say no, hang, close, and show a certificate
//! of a stranger.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::receivers::message::{address, faults_of};

/// How a server speaks.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    /// TLS from the first byte.
    pub(crate) implicit: bool,
    /// What it shows; without one it offers no STARTTLS.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// The mechanisms that it offers in TLS; empty: it wants no login.
    pub(crate) mechanisms: &'static str,
    /// The user and the password or token that it lets in.
    pub(crate) user: &'static str,
    pub(crate) secret: &'static str,
    /// What it says in the place of its usual reply to a command that begins so, once each.
    pub(crate) instead: Vec<(&'static str, Instead)>,
}

/// What a server does instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Says this.
    Says(&'static str),
    /// Says nothing.
    Hangs,
    /// Closes the connection.
    Closes,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// As it was before dots were put in.
    pub(crate) text: String,
    pub(crate) is_safe: bool,
}

/// A server, what it has taken and what it has to complain of.
#[derive(Clone)]
pub(crate) struct Smtp {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

pub(crate) struct State {
    pub(crate) mails: Vec<Mail>,
    pub(crate) complaints: Vec<String>,
    manners: Manners,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            implicit: false,
            tls: None,
            mechanisms: "",
            user: "andon",
            secret: "hunter2",
            instead: Vec::new(),
        }
    }
}

impl Smtp {
    /// Serves from now on, as long as the process lives.
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { mails: Vec::new(), complaints: Vec::new(), manners };
        let smtp = Self { address, state: Arc::new(Mutex::new(state)) };
        let server = smtp.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let server = server.clone();
                thread::spawn(move || server.serve(socket.unwrap()));
            }
        });
        smtp
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What it does from now on, once.
    pub(crate) fn instead(&self, command: &'static str, instead: Instead) {
        self.state().manners.instead.push((command, instead));
    }

    fn serve(&self, socket: TcpStream) {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Session::new(self.clone(), Line::Open(socket)).goes_on();
    }
}

/// What a server with these manners answers to all that a client has said so far, and what it has
/// then: a dialogue without a socket, from its beginning each time.
pub(crate) fn answers(manners: &Manners, said: &[u8]) -> (Vec<u8>, State) {
    let state = State { mails: Vec::new(), complaints: Vec::new(), manners: manners.clone() };
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Smtp { address, state: Arc::new(Mutex::new(state)) };
    let line = Line::Heard { said: said.to_vec(), answers: Vec::new() };
    let mut session = Session::new(server.clone(), line);
    session.goes_on();
    let Some(Line::Heard { answers, .. }) = session.line else { panic!("it has no socket") };
    drop(session.server);
    (answers, Arc::into_inner(server.state).unwrap().into_inner().unwrap())
}

enum Line {
    Open(TcpStream),
    Safe(Box<StreamOwned<ServerConnection, TcpStream>>),
    /// What was said, as far as it is not read yet, and what is answered. A handshake is no bytes.
    Heard {
        said: Vec<u8>,
        answers: Vec<u8>,
    },
}

struct Session {
    server: Smtp,
    line: Option<Line>,
    come: Vec<u8>,
    is_safe: bool,
    has_said_hello: bool,
    is_logged_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    fn new(server: Smtp, line: Line) -> Self {
        Self {
            server,
            line: Some(line),
            come: Vec::new(),
            is_safe: false,
            has_said_hello: false,
            is_logged_in: false,
            from: None,
            to: Vec::new(),
        }
    }

    /// Until the connection ends.
    fn goes_on(&mut self) {
        if self.server.state().manners.implicit {
            self.secure();
        }
        if self.says("(connect)", "220 mail.example ESMTP").is_some() {
            while self.takes_a_command().is_some() {}
        }
    }

    fn secure(&mut self) {
        self.line = match self.line.take() {
            Some(Line::Open(socket)) => {
                let config = self.server.state().manners.tls.clone().unwrap();
                let connection = ServerConnection::new(config).unwrap();
                Some(Line::Safe(Box::new(StreamOwned::new(connection, socket))))
            }
            Some(heard @ Line::Heard { .. }) => Some(heard),
            Some(Line::Safe(_)) | None => panic!("TLS in TLS"),
        };
        self.is_safe = true;
        self.has_said_hello = false;
    }

    /// One command with what follows from it; nothing when the connection has ended.
    fn takes_a_command(&mut self) -> Option<()> {
        let line = self.reads_line(512)?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let manners = self.server.state().manners.clone();
        match verb {
            "EHLO" => {
                let is_name = rest.starts_with('[') && rest.ends_with(']') || rest.contains('.');
                if !is_name || rest.contains(' ') {
                    return self.complains(&line, "501 that is no name");
                }
                self.has_said_hello = true;
                let mut welcome = "250-mail.example".to_owned();
                if !self.is_safe && manners.tls.is_some() {
                    welcome.push_str("\r\n250-STARTTLS");
                }
                if (self.is_safe || manners.tls.is_none()) && !manners.mechanisms.is_empty() {
                    welcome.push_str(&format!("\r\n250-AUTH {}", manners.mechanisms));
                }
                self.says("EHLO", &format!("{welcome}\r\n250 SIZE 1000000"))
            }
            "QUIT" => {
                self.says("QUIT", "221 bye");
                None
            }
            _ if !self.has_said_hello => self.complains(&line, "503 say EHLO first"),
            "STARTTLS" if rest.is_empty() && !self.is_safe && manners.tls.is_some() => {
                self.says("STARTTLS", "220 go on")?;
                self.secure();
                Some(())
            }
            "AUTH" if manners.tls.is_some() && !self.is_safe => {
                self.complains(&line, "530 5.7.0 say STARTTLS first")
            }
            "AUTH" => self.logs_in(rest, &manners),
            "MAIL" | "RCPT" | "DATA" if !manners.mechanisms.is_empty() && !self.is_logged_in => {
                self.says(verb, "530 5.7.0 log in first")
            }
            "MAIL" => match address(rest, "FROM:") {
                Some(from) if self.from.is_none() => {
                    self.says(&line, "250 2.1.0 ok")?;
                    self.from = Some(from);
                    Some(())
                }
                _ => self.complains(&line, "501 5.5.4 that is no sender"),
            },
            "RCPT" => match address(rest, "TO:") {
                Some(to) if self.from.is_some() => {
                    let instead = self.what_instead(&line);
                    if is_yes(instead.as_ref(), "250") {
                        self.to.push(to);
                    }
                    self.says_this(instead.as_ref(), "250 2.1.5 ok")
                }
                _ => self.complains(&line, "501 5.5.4 that is no recipient"),
            },
            "DATA" if rest.is_empty() && !self.to.is_empty() => {
                self.says("DATA", "354 go on")?;
                self.takes_the_message()
            }
            _ => self.complains(&line, "503 5.5.1 not here"),
        }
    }

    fn logs_in(&mut self, mechanism: &str, manners: &Manners) -> Option<()> {
        let answers = match mechanism {
            "PLAIN" => vec![format!("\0{}\0{}", manners.user, manners.secret)],
            "LOGIN" => vec![manners.user.to_owned(), manners.secret.to_owned()],
            "XOAUTH2" => {
                vec![format!("user={}\x01auth=Bearer {}\x01\x01", manners.user, manners.secret)]
            }
            _ => return self.complains(mechanism, "504 5.5.4 no such mechanism"),
        };
        if !manners.mechanisms.split(' ').any(|offered| offered == mechanism) {
            return self.complains(mechanism, "504 5.5.4 not offered");
        }
        let mut is_right = true;
        for wanted in answers {
            self.says("334", "334 ")?;
            let line = self.reads_line(12_288)?;
            is_right &= STANDARD.decode(line).is_ok_and(|answer| answer == wanted.as_bytes());
        }
        if !is_right && mechanism == "XOAUTH2" {
            self.says("334", "334 eyJzdGF0dXMiOiI0MDAifQ==")?;
            if !self.reads_line(12_288)?.is_empty() {
                return self.complains(mechanism, "501 an empty line was wanted");
            }
        }
        self.is_logged_in = is_right;
        self.says("AUTH", if is_right { "235 2.7.0 welcome" } else { "535 5.7.8 no" })
    }

    fn takes_the_message(&mut self) -> Option<()> {
        let mut text = String::new();
        loop {
            let line = self.reads_line(1_000)?;
            match line.strip_prefix('.') {
                Some("") => break,
                Some(rest) if rest.starts_with('.') => text.push_str(rest),
                Some(_) => self.notes(&format!("a dot alone begins {line:?}")),
                None => text.push_str(&line),
            }
            text.push_str("\r\n");
        }
        for complaint in faults_of(&text) {
            self.notes(&complaint);
        }
        let (from, to) = (self.from.take()?, core::mem::take(&mut self.to));
        let mail = Mail { from, to, text, is_safe: self.is_safe };
        let instead = self.what_instead("(message)");
        if is_yes(instead.as_ref(), "250") {
            self.server.state().mails.push(mail);
        }
        self.says_this(instead.as_ref(), "250 2.0.0 taken")
    }

    fn complains(&mut self, line: &str, reply: &'static str) -> Option<()> {
        self.notes(&format!("{line:?}: {reply}"));
        self.says("", reply)
    }

    fn notes(&self, complaint: &str) {
        self.server.state().complaints.push(complaint.to_owned());
    }

    fn says(&mut self, command: &str, usual: &str) -> Option<()> {
        let instead = self.what_instead(command);
        self.says_this(instead.as_ref(), usual)
    }

    fn what_instead(&self, command: &str) -> Option<Instead> {
        let instead = &mut self.server.state().manners.instead;
        let place = instead.iter().position(|(begin, _)| command.starts_with(begin))?;
        Some(instead.remove(place).1)
    }

    fn says_this(&mut self, instead: Option<&Instead>, usual: &str) -> Option<()> {
        let text = match instead {
            None => usual,
            Some(Instead::Says(text)) => text,
            Some(Instead::Hangs) => {
                // Until the other side gives up.
                while self.reads_more().is_some() {}
                return None;
            }
            Some(Instead::Closes) => return None,
        };
        let bytes = format!("{text}\r\n").into_bytes();
        match self.line.as_mut()? {
            Line::Open(socket) => socket.write_all(&bytes).ok(),
            Line::Safe(safe) => safe.write_all(&bytes).and_then(|()| safe.flush()).ok(),
            Line::Heard { answers, .. } => {
                answers.extend_from_slice(&bytes);
                Some(())
            }
        }
    }

    /// A line without its end, of so many bytes at most.
    fn reads_line(&mut self, most: usize) -> Option<String> {
        loop {
            if let Some(end) = self.come.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.come.drain(..=end).collect();
                let whole = line.strip_suffix(b"\r\n");
                if whole.is_none_or(|line| line.contains(&b'\r')) {
                    self.notes("a line does not end with CR LF, or has a CR in it");
                }
                if line.len() > most {
                    self.notes(&format!("a line has {} bytes", line.len()));
                }
                if !line.is_ascii() {
                    self.notes("a line has a byte that is not ASCII");
                }
                return Some(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            self.reads_more()?;
        }
    }

    fn reads_more(&mut self) -> Option<()> {
        let mut bytes = [0; 4_096];
        let count = match self.line.as_mut()? {
            Line::Open(socket) => socket.read(&mut bytes),
            Line::Safe(safe) => safe.read(&mut bytes),
            Line::Heard { said, .. } => {
                let all = core::mem::take(said);
                self.come.extend_from_slice(&all);
                return (!all.is_empty()).then_some(());
            }
        };
        match count {
            Ok(0) => None,
            Ok(count) => {
                self.come.extend_from_slice(&bytes[..count]);
                Some(())
            }
            Err(error) => {
                if error.kind() == ErrorKind::InvalidData {
                    self.notes(&format!("TLS: {error}"));
                }
                None
            }
        }
    }
}

fn is_yes(instead: Option<&Instead>, usual: &str) -> bool {
    match instead {
        None => usual.starts_with('2'),
        Some(Instead::Says(text)) => text.starts_with('2'),
        Some(Instead::Hangs | Instead::Closes) => false,
    }
}
