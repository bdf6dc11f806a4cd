//! Mail and syslog, and all that may go wrong on the way to their servers and in what these say:
//! what the hub makes of it, whose fault it says that is, and that the notice is told once when the
//! way is good again.

use alloc::sync::Arc;
use core::net::SocketAddr;
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use andon::model::mail::{MailAddress, Security};
use andon::model::notice::Reason;
use andon::model::record::Carrier;
use andon::model::target::{Mail, MailAccount, Syslog, TargetKind};
use andon::model::time::Span;
use andon::target::{Delivery, Stage};

use crate::exchange::{Exchange, credential, notice};
use crate::receivers::certificates::Authority;
use crate::receivers::smtp::{Instead, Manners, Smtp};
use crate::receivers::syslog::Collector;
use crate::syslog::records;

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quirk {
    /// It ends at once.
    Closes,
    /// Nobody says a word.
    Hangs,
    /// Somebody says this, whatever they hear.
    Says(&'static str),
}

/// A way that leads to another server each time.
struct Sluice {
    address: SocketAddr,
    next: Arc<Mutex<(SocketAddr, Option<Quirk>)>>,
}

impl Sluice {
    fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let next = Arc::new(Mutex::new((to, None)));
        let sluice = Self { address, next: Arc::clone(&next) };
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (to, quirk) = *next.lock().unwrap();
                let socket = socket.unwrap();
                thread::spawn(move || match quirk {
                    None => joined(&socket, &TcpStream::connect(to).unwrap()),
                    Some(quirk) => is_odd(socket, quirk),
                });
            }
        });
        sluice
    }

    fn leads(&self, to: SocketAddr, quirk: Option<Quirk>) {
        *self.next.lock().unwrap() = (to, quirk);
    }
}

/// Carries what each of two says to the other.
fn joined(one: &TcpStream, other: &TcpStream) {
    thread::scope(|scope| {
        for (mut from, mut to) in [(one, other), (other, one)] {
            scope.spawn(move || {
                let _ = copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
        }
    });
}

fn is_odd(mut socket: TcpStream, quirk: Quirk) {
    if let Quirk::Says(text) = quirk {
        let _ = socket.write_all(text.as_bytes());
    }
    if quirk != Quirk::Closes {
        // Until the other side gives up.
        while socket.read(&mut [0; 256]).is_ok_and(|count| count > 0) {}
    }
}

pub(crate) const SECRET: &str = "hunter2-of-the-relay";

pub(crate) fn mail(port: u16, security: Security) -> TargetKind {
    let address = |text: &str| MailAddress::new(text).unwrap();
    let password = credential("password");
    TargetKind::Mail(Mail {
        server: "localhost".into(),
        port,
        security,
        login: MailAccount::Password { user: "andon".into(), password },
        from: address("andon@site.example"),
        to: vec![address("a@noc.example")],
    })
}

pub(crate) fn server(authority: &Authority, implicit: bool) -> Smtp {
    let tls = Some(authority.server("localhost"));
    let known = Manners { secret: SECRET, mechanisms: "PLAIN", ..Manners::default() };
    Smtp::start(Manners { implicit, tls, ..known })
}

/// The word of what is made of a notice, and its reason.
fn told(exchange: &mut Exchange, deadline: Span) -> (&'static str, String) {
    exchange.deadline = Some(deadline);
    exchange.stage = Stage::First;
    let told = exchange.tell(&notice(Reason::FirstBreach, "Tier-2 Support"));
    let (word, why) = match &told {
        Delivery::Accepted { .. } => ("accepted", ""),
        Delivery::Later { after: None, why } => ("later", &**why),
        Delivery::Refused { why } => ("refused", &**why),
        Delivery::Disabled { why } => ("disabled", &**why),
        Delivery::Next(_) | Delivery::Later { .. } => panic!("{told:?}"),
    };
    // In base64 as it stands in AUTH PLAIN, behind the user.
    assert!(!why.contains("hunter2") && !why.contains("h1bnRlcjItb2Yt"), "{why}");
    (word, why.to_owned())
}

/// Enough for a busy machine, and for what is waited for in vain.
const LONG: Span = Span::secs(10);
const SHORT: Span = Span::millis(700);

#[test]
fn what_a_mail_server_says_at_each_command() {
    let authority = Authority::new();
    let smtp = server(&authority, false);
    let kind = mail(smtp.address.port(), Security::StartTls);
    let mut exchange = Exchange::new(kind, SECRET, &[authority.root()]);
    let endless: &str = "250-and so on\r\n".repeat(5_000).leak();
    let quotes = "535 5.7.8 not AGFuZG9uAGh1bnRlcjItb2YtdGhlLXJlbGF5";
    for (command, says, word, why) in [
        ("(connect)", "421 4.3.2 closing", "later", "answered 421"),
        ("(connect)", "554 5.7.1 blocked", "disabled", "does not let this box in"),
        ("(connect)", "SSH-2.0-OpenSSH_9.6", "later", "it does not speak SMTP"),
        ("(connect)", "HTTP/1.1 400 Bad Request", "later", "it does not speak SMTP"),
        ("(connect)", "\u{1}\u{2}\u{3}", "later", "it does not speak SMTP"),
        ("(connect)", endless, "later", "it talks without end"),
        ("EHLO", "421 4.3.2 busy", "later", "answered 421"),
        ("EHLO", "250 mail.example", "disabled", "nothing is sent in clear"),
        ("STARTTLS", "454 4.7.0 not now", "later", "answered 454"),
        ("STARTTLS", "502 5.5.1 unknown", "disabled", "has no TLS"),
        ("STARTTLS", "220 go on\r\n250 AUTH PLAIN", "later", "before the handshake"),
        ("AUTH", "454 4.7.0 not now", "later", "answered 454"),
        ("AUTH", quotes, "disabled", "quotes a secret"),
        ("334", "504 5.5.4 unknown", "disabled", "password"),
        ("MAIL", "451 4.3.0 later", "later", "answered 451"),
        ("MAIL", "553 5.7.1 not yours", "refused", "check the target's from"),
        ("RCPT", "450 4.2.1 greylisted", "later", "greylisted"),
        ("RCPT", "550 5.1.1 nobody", "refused", "check the target's to"),
        ("DATA", "451 4.3.0 later", "later", "answered 451"),
        ("DATA", "554 5.5.1 no", "refused", "answered 554"),
        ("(message)", "452 4.3.1 full", "later", "answered 452"),
        ("(message)", "554 5.7.1 spam", "refused", "answered 554"),
        ("(message)", "200 whatever", "later", "answered 200"),
    ] {
        let before = smtp.state().mails.len();
        smtp.instead(command, Instead::Says(says));
        let (made, reason) = told(&mut exchange, LONG);
        assert_eq!(made, word, "{command} {says}: {reason}");
        assert!(reason.contains(why), "{command} {says}: {reason}");
        assert_eq!(told(&mut exchange, LONG).0, "accepted", "{command} {says}");
        // A 2xx that is not the yes of a message: the receiver took it all the same.
        let twice = usize::from(says.starts_with("200"));
        assert_eq!(smtp.state().mails.len(), before + 1 + twice, "{command} {says}");
    }
    let all = ["(connect)", "EHLO", "STARTTLS", "334", "AUTH", "MAIL", "RCPT", "DATA", "(message)"];
    for command in all {
        for (instead, deadline, why) in [
            (Instead::Closes, LONG, "closed early"),
            (Instead::Hangs, SHORT, "no answer before the deadline"),
        ] {
            let before = smtp.state().mails.len();
            smtp.instead(command, instead);
            let (made, reason) = told(&mut exchange, deadline);
            assert!(made == "later" && reason.contains(why), "{command}: {made} {reason}");
            assert_eq!(told(&mut exchange, LONG).0, "accepted", "{command}");
            assert_eq!(smtp.state().mails.len(), before + 1, "{command}");
        }
    }
    let state = smtp.state();
    // After a no to STARTTLS it waits for a handshake all the same.
    let complaints = state.complaints.iter().filter(|complaint| !complaint.starts_with("TLS: "));
    assert_eq!(complaints.count(), 0, "{:?}", state.complaints);
}

/// The ways to a server of TLS that are wrong: what the reason says, and until when it is waited.
fn wrong_ways() -> [(Quirk, &'static str, Span); 3] {
    [
        (Quirk::Closes, "closed early", LONG),
        (Quirk::Hangs, "no answer before the deadline", SHORT),
        (Quirk::Says("SSH-2.0-OpenSSH_9.6\r\n"), "does not speak TLS", LONG),
    ]
}

/// The certificates that are wrong, and what the reason says.
fn wrong_certificates(authority: &Authority) -> [(Arc<rustls::ServerConfig>, &'static str); 3] {
    [
        (authority.server("other.example"), "it is another host's"),
        (Authority::new().server("localhost"), "nobody whom we believe vouches for it"),
        (authority.expired("localhost"), "TLS failed by our clock"),
    ]
}

#[test]
fn a_mail_server_that_is_another_gets_nothing() {
    for (security, implicit) in [(Security::StartTls, false), (Security::Tls, true)] {
        let authority = Authority::new();
        let smtp = server(&authority, implicit);
        let sluice = Sluice::start(smtp.address);
        let kind = mail(sluice.address.port(), security);
        let mut exchange = Exchange::new(kind, SECRET, &[authority.root()]);
        for (tls, why) in wrong_certificates(&authority) {
            let (tls, mechanisms) = (Some(tls), "PLAIN");
            let manners = Manners { implicit, tls, mechanisms, ..Manners::default() };
            let other = Smtp::start(manners);
            sluice.leads(other.address, None);
            let (made, reason) = told(&mut exchange, LONG);
            assert!(made == "later" && reason.contains(why), "{security:?}: {made} {reason}");
            let state = other.state();
            assert!(state.mails.is_empty(), "{security:?}: {:?}", state.mails);
            assert_eq!(state.complaints, [""; 0]);
        }
        if security == Security::Tls {
            for (quirk, why, deadline) in wrong_ways() {
                sluice.leads(smtp.address, Some(quirk));
                let (made, reason) = told(&mut exchange, deadline);
                assert!(made == "later" && reason.contains(why), "{quirk:?}: {made} {reason}");
            }
        }
        sluice.leads(smtp.address, None);
        assert_eq!(told(&mut exchange, LONG).0, "accepted");
        assert_eq!(smtp.state().mails.len(), 1);
    }
}

#[test]
fn a_collector_that_is_another_gets_nothing() {
    let authority = Authority::new();
    let collector = Collector::start(Some(authority.server("localhost")));
    let sluice = Sluice::start(collector.address);
    let kind = |port, carrier| {
        TargetKind::Syslog(Syslog {
            server: "localhost".into(),
            port,
            carrier,
            facility: 16,
            hostname: "gateway-7".into(),
        })
    };
    let safe = kind(sluice.address.port(), Carrier::Tls);
    let mut exchange = Exchange::new(safe, "", &[authority.root()]);
    for (tls, why) in wrong_certificates(&authority) {
        let other = Collector::start(Some(tls));
        sluice.leads(other.address, None);
        let (made, reason) = told(&mut exchange, LONG);
        assert!(made == "later" && reason.contains(why), "{made} {reason}");
        assert!(other.state().records.is_empty());
    }
    for (quirk, why, deadline) in wrong_ways() {
        sluice.leads(collector.address, Some(quirk));
        let (made, reason) = told(&mut exchange, deadline);
        assert!(made == "later" && reason.contains(why), "{quirk:?}: {made} {reason}");
    }
    sluice.leads(collector.address, None);
    assert_eq!(told(&mut exchange, LONG).0, "accepted");
    records(&collector, 1);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for carrier in [Carrier::Tls, Carrier::Tcp] {
        let mut exchange = Exchange::new(kind(closed, carrier), "", &[authority.root()]);
        let (made, reason) = told(&mut exchange, LONG);
        assert!(made == "later" && reason.contains("no connection"), "{made} {reason}");
    }
}
