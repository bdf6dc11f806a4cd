//! The dialogue with a mail server (RFC 5321, RFC 3207, RFC 4954), as a machine without a socket.
//!
//! # Promises
//! - `nothing_secret_is_said_before_tls`: a server that offers none gets no message at all.
//! - `one_refused_recipient_loses_no_other`: and is named in the reply.
//! - `no_message_ends_itself_or_begins_a_command`: whatever stands in it.
//!
//! # Not here
//! No connection, no deadline, so that a simulated site holds the same dialogue as `edge/mail.rs`;
//! and what a server's word means is the target's to say.

mod said;

use alloc::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use self::said::{Heard, Said, heard};
use crate::model::http::Reply;
use crate::model::mail::{MailLogin, REFUSED, SAID_TO, Security, Submission};

/// What has to be done next.
#[derive(Debug)]
pub enum Act {
    /// Send this, and hear what the server says.
    Say(Zeroizing<Vec<u8>>),
    /// Make the connection safe, then go on with [`Dialogue::is_secured`].
    Secure,
    /// That was the server's last word. It may be told [`QUIT`].
    End(Reply),
}

/// The courtesy that ends a dialogue.
pub const QUIT: &[u8] = b"QUIT\r\n";

/// A dialogue that hands in one message.
#[derive(Debug)]
pub struct Dialogue<'a> {
    submission: &'a Submission,
    step: Step,
    is_safe: bool,
    refused: Vec<(usize, Said)>,
}

/// What the server was asked last.
#[derive(Debug)]
enum Step {
    Greeting,
    Hello,
    StartTls,
    /// With what the server has to hear yet.
    Login(VecDeque<Zeroizing<String>>),
    Sender,
    Recipient(usize),
    Data,
    Message,
}

impl Step {
    const fn command(&self) -> &'static str {
        match self {
            Self::Greeting => "connect",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Login(_) => "AUTH",
            Self::Sender => "MAIL",
            Self::Recipient(_) => "RCPT",
            Self::Data => "DATA",
            Self::Message => "message",
        }
    }
}

impl<'a> Dialogue<'a> {
    /// A dialogue that waits for the server's greeting.
    #[must_use]
    pub const fn new(submission: &'a Submission) -> Self {
        let is_safe = !matches!(submission.security, Security::StartTls);
        Self { submission, step: Step::Greeting, is_safe, refused: Vec::new() }
    }

    /// Takes what the server said.
    pub fn hear(&mut self, said: Said) -> Act {
        match (&mut self.step, said.code) {
            (Step::Greeting, 220) => self.hello(),
            (Step::Hello, 250) => self.welcomed(&said),
            (Step::StartTls, 220) => Act::Secure,
            (Step::Login(lines), 334) => match lines.pop_front() {
                Some(line) => say(&line),
                None => self.ends_with(504, "the server asks for more than a login has"),
            },
            (Step::Login(_), 235) => self.sender(),
            (Step::Sender, 250) => self.recipient(0),
            (Step::Recipient(_), 421) => self.end(&said),
            (Step::Recipient(number), code) => {
                let number = *number;
                if !matches!(code, 250..=252) {
                    self.refused.push((number, said));
                }
                self.recipient(number + 1)
            }
            (Step::Data, 354) => {
                self.step = Step::Message;
                Act::Say(Zeroizing::new(stuffed(&self.submission.message)))
            }
            _ => self.end(&said),
        }
    }

    /// The connection is safe; what was said before is forgotten.
    pub fn is_secured(&mut self) -> Act {
        self.is_safe = true;
        self.hello()
    }

    fn hello(&mut self) -> Act {
        self.step = Step::Hello;
        // A box behind a router has no name that a server could look up (RFC 5321, 4.1.3).
        say("EHLO [127.0.0.1]")
    }

    fn welcomed(&mut self, said: &Said) -> Act {
        if !self.is_safe {
            if !said.offers("STARTTLS") {
                return self.ends_with(502, "the server offers no STARTTLS");
            }
            self.step = Step::StartTls;
            return say("STARTTLS");
        }
        let (mechanism, lines) = match &self.submission.login {
            MailLogin::None => return self.sender(),
            MailLogin::Password { user, password } if said.logs_in_by("PLAIN") => {
                ("PLAIN", vec![encoded(&format!("\0{user}\0{}", password.expose()))])
            }
            MailLogin::Password { user, password } if said.logs_in_by("LOGIN") => {
                ("LOGIN", vec![encoded(user), encoded(password.expose())])
            }
            MailLogin::Password { .. } => {
                return self.ends_with(504, "the server offers neither AUTH PLAIN nor AUTH LOGIN");
            }
            MailLogin::Token { user, token } if said.logs_in_by("XOAUTH2") => {
                let text = format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose());
                // A server that refuses a token says why before its no, and wants an answer.
                ("XOAUTH2", vec![encoded(&text), Zeroizing::default()])
            }
            MailLogin::Token { .. } => {
                return self.ends_with(504, "the server offers no AUTH XOAUTH2");
            }
        };
        self.step = Step::Login(lines.into());
        say(&format!("AUTH {mechanism}"))
    }

    fn sender(&mut self) -> Act {
        self.step = Step::Sender;
        say(&format!("MAIL FROM:<{}>", self.submission.from.as_str()))
    }

    fn recipient(&mut self, number: usize) -> Act {
        if let Some(to) = self.submission.to.get(number) {
            self.step = Step::Recipient(number);
            return say(&format!("RCPT TO:<{}>", to.as_str()));
        }
        if self.refused.len() < number {
            self.step = Step::Data;
            return say("DATA");
        }
        // All were refused; if one of them may be taken later, that is the word.
        let codes = self.refused.iter().map(|(_, said)| said.code);
        let Some(code) = codes.min() else {
            return self.ends_with(503, "there is nobody to send to");
        };
        let said = self.refused.iter().filter_map(|(number, said)| {
            Some(format!(
                "{} {} {}",
                self.submission.to.get(*number)?.as_str(),
                said.code,
                said.text()
            ))
        });
        let said: Vec<String> = said.collect();
        self.ends_with(code, &said.join("; "))
    }

    fn end(&self, said: &Said) -> Act {
        self.ends_with(said.code, &said.text())
    }

    fn ends_with(&self, code: u16, text: &str) -> Act {
        let reply = Reply::new(code, "text/plain", text).with_header(SAID_TO, self.step.command());
        let refused = self.refused.iter().filter_map(|(number, _)| self.submission.to.get(*number));
        Act::End(refused.fold(reply, |reply, to| reply.with_header(REFUSED, to.as_str())))
    }
}

fn say(line: &str) -> Act {
    let mut bytes = Zeroizing::new(Vec::with_capacity(line.len() + 2));
    bytes.extend_from_slice(line.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    Act::Say(bytes)
}

fn encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(text))
}

/// The message with its end. A line that begins with a dot gets one more, and each end of a line is
/// CR LF: by nothing else does a server see an end, so that no text can make one.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 64);
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    for line in message.split(|byte| *byte == b'\n') {
        let mut line = line.iter().filter(|byte| **byte != b'\r').peekable();
        if line.peek() == Some(&&b'.') {
            bytes.push(b'.');
        }
        bytes.extend(line);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b".\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mail::MailAddress;
    use crate::model::secret::Secret;
    use crate::model::time::Span;

    fn submission(security: Security, login: MailLogin) -> Submission {
        let address = |text| MailAddress::new(text).unwrap();
        Submission {
            server: "mail.example".into(),
            port: 587,
            security,
            login,
            from: address("andon@site.example"),
            to: vec![address("a@noc.example"), address("b@noc.example")],
            message: b"Subject: x\r\n\r\n.\r\n".into(),
            deadline: Span::secs(1),
            network_of: None,
        }
    }

    fn password() -> MailLogin {
        MailLogin::Password { user: "andon".into(), password: Secret::new("hunter2") }
    }

    fn said(text: &str) -> Said {
        let heard = heard(text.replace('\n', "\r\n").as_bytes());
        let Heard::Whole(said, _) = heard else { panic!("{text}: {heard:?}") };
        said
    }

    /// What the hub says to each word of a server, and how it ends.
    fn talk(submission: &Submission, words: &[&str]) -> (Vec<String>, Option<Reply>) {
        let mut dialogue = Dialogue::new(submission);
        let mut told = Vec::new();
        for word in words {
            let mut act = dialogue.hear(said(word));
            if matches!(act, Act::Secure) {
                told.push("(TLS)".into());
                act = dialogue.is_secured();
            }
            match act {
                Act::Say(bytes) => told.push(String::from_utf8(bytes.to_vec()).unwrap()),
                Act::End(reply) => return (told, Some(reply)),
                Act::Secure => panic!("twice"),
            }
        }
        (told, None)
    }

    const WELCOME: &str = "250-mail.example\n250-STARTTLS\n250 AUTH PLAIN LOGIN XOAUTH2\n";

    #[test]
    fn nothing_secret_is_said_before_tls() {
        let submission = submission(Security::StartTls, password());
        let (told, end) = talk(&submission, &["220 hello\n", WELCOME, "220 go on\n", WELCOME]);
        let wanted = [
            "EHLO [127.0.0.1]\r\n",
            "STARTTLS\r\n",
            "(TLS)",
            "EHLO [127.0.0.1]\r\n",
            "AUTH PLAIN\r\n",
        ];
        // What the TLS handshake was waited for is one word with what follows it.
        assert_eq!(told, wanted);
        assert_eq!(end, None);
        let bare = "250-mail.example\n250 AUTH PLAIN\n";
        let (told, end) = talk(&submission, &["220 hello\n", bare]);
        let end = end.unwrap();
        assert_eq!(told, ["EHLO [127.0.0.1]\r\n"]);
        assert_eq!((end.status, end.header(SAID_TO)), (502, Some("EHLO")));
        let (_, end) = talk(&submission, &["220 hello\n", WELCOME, "454 no certificate\n"]);
        assert_eq!(end.unwrap().header(SAID_TO), Some("STARTTLS"));
    }

    #[test]
    fn a_login_uses_what_the_server_offers() {
        let logs_in = |login, offer: &str, words: &[&str]| {
            let welcome = format!("250-mail.example\n250 {offer}\n");
            let words = [&["220 hello\n", welcome.as_str()], words].concat();
            let (told, end) = talk(&submission(Security::Tls, login), &words);
            let told: Vec<String> = told.iter().skip(1).map(|line| line.trim().into()).collect();
            (told.join(" "), end.map(|reply| reply.status))
        };
        let yes = "235 welcome\n";
        let plain = logs_in(password(), "AUTH LOGIN PLAIN", &["334 \n", yes]);
        assert_eq!(
            plain,
            ("AUTH PLAIN AGFuZG9uAGh1bnRlcjI= MAIL FROM:<andon@site.example>".into(), None)
        );
        let login = logs_in(password(), "auth=login", &["334 VXNlcm5hbWU6\n", "334 x\n", yes]);
        assert!(login.0.starts_with("AUTH LOGIN YW5kb24= aHVudGVyMg== MAIL"), "{login:?}");
        assert_eq!(logs_in(password(), "AUTH GSSAPI", &[]).1, Some(504));
        assert_eq!(logs_in(password(), "SIZE", &[]).1, Some(504));
        let token = || MailLogin::Token { user: "a".into(), token: Secret::new("t0k") };
        let no = ["334 \n", "334 eyJzIjo0MDB9\n", "535 5.7.3 no\n"];
        let refused = logs_in(token(), "AUTH XOAUTH2", &no);
        let sent = STANDARD.encode("user=a\x01auth=Bearer t0k\x01\x01");
        assert_eq!(refused, (format!("AUTH XOAUTH2 {sent} "), Some(535)));
        assert_eq!(logs_in(token(), "AUTH PLAIN", &[]).1, Some(504));
    }

    #[test]
    fn one_refused_recipient_loses_no_other() {
        let submission = submission(Security::Plain, MailLogin::None);
        let begin = ["220 hello\n", "250 mail.example\n", "250 ok\n"];
        let ends = |words: &[&str]| talk(&submission, &[&begin, words].concat());
        let no = "550-5.1.1 no such\n550 5.1.1 user\n";
        let (told, end) = ends(&["250 ok\n", no, "354 go on\n", "250 2.0.0 taken\n"]);
        assert_eq!(told.last().unwrap(), "Subject: x\r\n\r\n..\r\n.\r\n");
        let end = end.unwrap();
        assert_eq!((end.status, end.excerpt().as_str()), (250, "2.0.0 taken"));
        assert_eq!(end.header(REFUSED), Some("b@noc.example"));
        let (told, end) = ends(&[no, "450 later\n"]);
        assert_eq!(told.last().unwrap(), "RCPT TO:<b@noc.example>\r\n");
        let end = end.unwrap();
        assert_eq!((end.status, end.header(SAID_TO)), (450, Some("RCPT")));
        let end = ends(&[no, no]).1.unwrap();
        let both = "a@noc.example 550 5.1.1 no such 5.1.1 user; b@noc.example 550 5.1.1 no such";
        assert!(end.status == 550 && end.excerpt().starts_with(both), "{}", end.excerpt());
        assert_eq!(ends(&["421 closing\n"]).1.unwrap().status, 421);
        assert_eq!(ends(&["250 ok\n", "250 ok\n", "554 no\n"]).1.unwrap().status, 554);
    }

    #[test]
    fn no_message_ends_itself_or_begins_a_command() {
        let wire = |message: &[u8]| String::from_utf8(stuffed(message)).unwrap();
        assert_eq!(wire(b"a\r\n.\r\nb\r\n"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(wire(b"a\n.\nQUIT\n"), "a\r\n..\r\nQUIT\r\n.\r\n");
        assert_eq!(wire(b"a\r.\r\n\r.\r\nb"), "a.\r\n..\r\nb\r\n.\r\n");
        assert_eq!(wire(b""), "\r\n.\r\n");
    }
}
