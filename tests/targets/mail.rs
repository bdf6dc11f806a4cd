//! E-mail against a strict server, in TLS and on this box in clear.

use std::net::TcpListener;

use andon::model::http::LinkFault;
use andon::model::mail::{MailAddress, Security};
use andon::model::notice::{Notice, Reason, Subject, Word};
use andon::model::outgoing::Outgoing;
use andon::model::target::{Mail, MailAccount, TargetKind};
use andon::model::time::Span;
use andon::target::Delivery;

use crate::exchange::{Exchange, credential, facts, notice};
use crate::receivers::certificates::Authority;
use crate::receivers::smtp::{Instead, Manners, Smtp};
use crate::receivers::unwired::submit;

fn target(smtp: &Smtp, security: Security, login: MailAccount, to: &[&str]) -> TargetKind {
    let address = |text: &str| MailAddress::new(text).unwrap();
    TargetKind::Mail(Mail {
        server: if security == Security::Plain { "127.0.0.1" } else { "localhost" }.into(),
        port: smtp.address.port(),
        security,
        login,
        from: address("andon@site.example"),
        to: to.iter().map(|to| address(to)).collect(),
    })
}

fn password() -> MailAccount {
    MailAccount::Password { user: "andon".into(), password: credential("password") }
}

const TWO: [&str; 2] = ["a@noc.example", "b@noc.example"];

/// A server on this box, in clear.
fn relay() -> (Smtp, Exchange) {
    let smtp = Smtp::start(Manners::default());
    let kind = target(&smtp, Security::Plain, MailAccount::None, &TWO);
    (smtp, Exchange::new(kind, "", &[]))
}

fn header<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
    &line[name.len() + 2..]
}

#[test]
fn a_notice_is_submitted_in_tls_after_a_login() {
    let authority = Authority::new();
    for (implicit, mechanisms, login) in [
        (false, "PLAIN LOGIN", password()),
        (true, "LOGIN", password()),
        (false, "XOAUTH2", MailAccount::Token { user: "andon".into(), token: credential("token") }),
    ] {
        let tls = Some(authority.server("localhost"));
        let smtp = Smtp::start(Manners { implicit, tls, mechanisms, ..Manners::default() });
        let security = if implicit { Security::Tls } else { Security::StartTls };
        let kind = target(&smtp, security, login, &TWO);
        let mut exchange = Exchange::new(kind, "hunter2", &[authority.root()]);
        let told = exchange.tell(&notice(Reason::FirstBreach, "Tier-2 Support"));
        assert!(matches!(told, Delivery::Accepted { .. }), "{told:?}");
        let state = smtp.state();
        assert_eq!(state.complaints, [""; 0]);
        let [mail] = &state.mails[..] else { panic!("{:?}", state.mails) };
        assert!(mail.is_safe);
        assert_eq!(
            (mail.from.as_str(), &mail.to[..]),
            ("andon@site.example", &TWO.map(String::from)[..])
        );
    }
}

#[test]
fn a_dialogue_without_a_socket_hands_in_the_same() {
    let authority = Authority::new();
    let tls = Some(authority.server("localhost"));
    let manners = Manners { tls, mechanisms: "PLAIN LOGIN", ..Manners::default() };
    let smtp = Smtp::start(manners.clone());
    let kind = target(&smtp, Security::StartTls, password(), &TWO);
    let exchange = Exchange::new(kind, "hunter2", &[authority.root()]);
    let notice = notice(Reason::FirstBreach, "Tier-2 Support");
    let Outgoing::Mail(submission) = exchange.outgoing(&notice) else { panic!("it is a mail") };
    let (outcome, unwired) = submit(&manners, &submission);
    assert_eq!(exchange.step(&notice), outcome);
    let wired = smtp.state();
    assert_eq!((&wired.mails, &wired.complaints), (&unwired.mails, &unwired.complaints));
    assert_eq!((wired.mails.len(), outcome.unwrap().status), (1, 250));
}

#[test]
fn a_server_without_tls_or_of_a_stranger_gets_nothing() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let start = |tls| Smtp::start(Manners { tls, mechanisms: "PLAIN", ..Manners::default() });
    let tell = |smtp: &Smtp| {
        let kind = target(smtp, Security::StartTls, password(), &TWO);
        let exchange = Exchange::new(kind, "hunter2", &[authority.root()]);
        exchange.step(&notice(Reason::FirstBreach, "Tier-2"))
    };
    let bare = start(None);
    assert_eq!(tell(&bare).unwrap().status, 502);
    for tls in [stranger.server("localhost"), authority.server("mail.example")] {
        let smtp = start(Some(tls));
        let fault = tell(&smtp).unwrap_err();
        assert!(matches!(fault, LinkFault::Tls(_)), "{fault}");
        assert!(smtp.state().mails.is_empty());
    }
    assert!(bare.state().mails.is_empty());
    // Somebody between us and the server has something to say that we should take for the server's.
    let smtp = start(Some(authority.server("localhost")));
    smtp.instead("STARTTLS", Instead::Says("220 go on\r\n250-mail.example\r\n250 AUTH PLAIN"));
    let fault = tell(&smtp).unwrap_err();
    assert!(matches!(&fault, LinkFault::Tls(why) if why.contains("before")), "{fault}");
    let http = authority.server("localhost");
    let implicit = Smtp::start(Manners { implicit: true, tls: Some(http), ..Manners::default() });
    let kind = target(&implicit, Security::Plain, MailAccount::None, &TWO);
    let mut exchange = Exchange::new(kind, "", &[]);
    exchange.deadline = Some(Span::millis(200));
    let told = exchange.step(&notice(Reason::FirstBreach, "Tier-2"));
    assert!(told.is_err(), "{told:?}");
}

#[test]
fn a_retry_is_the_same_message_and_an_episode_one_conversation() {
    let (smtp, mut exchange) = relay();
    smtp.instead("(message)", Instead::Says("451 4.3.0 later"));
    let first = notice(Reason::FirstBreach, "Tier-2 Support");
    assert!(matches!(exchange.tell(&first), Delivery::Later { .. }));
    smtp.instead("(message)", Instead::Closes);
    assert!(matches!(exchange.tell(&first), Delivery::Later { .. }), "perhaps it was taken");
    exchange.now.tick.0 += 60_000;
    exchange.now.utc.0 += 60_000;
    assert!(matches!(exchange.tell(&first), Delivery::Accepted { .. }));
    let end = Notice {
        idempotency_key: "ff".repeat(16).into(),
        ..notice(Reason::Recovered, "Tier-2 Support")
    };
    assert!(matches!(exchange.tell(&end), Delivery::Accepted { .. }));
    let state = smtp.state();
    assert_eq!(state.complaints, [""; 0]);
    let [first, end] = &state.mails[..] else { panic!("{:?}", state.mails) };
    let (first, end) = (first.text.as_str(), end.text.as_str());
    assert_eq!(header(first, "Message-ID"), "<00112233445566778899aabbccddeeff@site.example>");
    assert_ne!(header(first, "Message-ID"), header(end, "Message-ID"));
    assert_eq!(header(first, "References"), header(end, "References"));
    assert_eq!(header(first, "In-Reply-To"), header(end, "References"));
    assert_eq!(header(first, "Date"), "Wed, 15 May 2024 14:32:20 +0000", "when it was made");
    assert_eq!(header(first, "Subject"), "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s");
    assert_eq!(header(first, "Importance"), "high");
    assert_eq!(header(end, "Importance"), "normal");
}

#[test]
fn one_refused_recipient_loses_no_other() {
    let (smtp, mut exchange) = relay();
    smtp.instead("RCPT TO:<a@", Instead::Says("450 4.2.0 greylisted"));
    smtp.instead("RCPT TO:<a@", Instead::Says("450 4.2.0 greylisted"));
    let notice = notice(Reason::FirstBreach, "Tier-2");
    let told = exchange.tell(&notice);
    assert!(matches!(&told, Delivery::Later { why, .. } if why.contains("greylisted")), "{told:?}");
    assert_eq!(
        smtp.state().mails.iter().map(|mail| mail.to.clone()).collect::<Vec<_>>(),
        [["b@noc.example"]]
    );
    assert!(matches!(exchange.tell(&notice), Delivery::Accepted { .. }));
    smtp.instead("RCPT TO:<b@", Instead::Says("550 5.1.1 no such user"));
    smtp.instead("RCPT TO:<b@", Instead::Says("550 5.1.1 no such user"));
    let told = exchange.tell(&notice);
    let Delivery::Refused { why } = &told else { panic!("{told:?}") };
    assert!(why.contains("b@noc.example 550 5.1.1") && why.contains("the others have it"), "{why}");
    let to: Vec<_> = smtp.state().mails.iter().map(|mail| mail.to.join(",")).collect();
    assert_eq!(to, ["b@noc.example", "a@noc.example", "a@noc.example"]);
    assert_eq!(smtp.state().complaints, [""; 0]);
}

#[test]
fn each_answer_has_its_meaning() {
    let (smtp, mut exchange) = relay();
    let mut tell = |command, says| {
        smtp.instead(command, Instead::Says(says));
        match exchange.tell(&notice(Reason::FirstBreach, "Tier-2")) {
            Delivery::Accepted { .. } => "accepted".to_owned(),
            Delivery::Later { .. } => "later".to_owned(),
            Delivery::Refused { why } => format!("refused: {why}"),
            Delivery::Disabled { why } => format!("disabled: {why}"),
            Delivery::Next(_) => "next".to_owned(),
        }
    };
    assert_eq!(tell("(connect)", "421 4.3.2 too busy"), "later");
    assert!(tell("(connect)", "554 5.7.1 go away").starts_with("disabled"));
    assert!(tell("MAIL", "530 5.7.0 log in").starts_with("disabled"));
    assert!(tell("MAIL", "553 5.7.1 not yours").contains("check the target's from"));
    assert!(tell("DATA", "554 5.5.1 no").starts_with("refused"));
    assert!(tell("(message)", "552 5.3.4 too big").starts_with("refused"));
    assert_eq!(tell("(message)", "452 4.3.1 disk full"), "later");
    let gone = "550 5.7.30 Basic authentication is not supported for Client Submission";
    assert!(tell("MAIL", gone).contains("log in by token"));
    assert_eq!(tell("(message)", "250 ok"), "accepted");

    let authority = Authority::new();
    let tls = Some(authority.server("localhost"));
    let smtp = Smtp::start(Manners { tls, mechanisms: "PLAIN XOAUTH2", ..Manners::default() });
    let wrong =
        [password(), MailAccount::Token { user: "andon".into(), token: credential("token") }];
    for login in wrong {
        let kind = target(&smtp, Security::StartTls, login, &TWO);
        let told = Exchange::new(kind, "wrong", &[authority.root()])
            .tell(&notice(Reason::FirstBreach, "Tier-2"));
        assert!(
            matches!(&told, Delivery::Disabled { why } if why.contains("password")),
            "{told:?}"
        );
    }
    assert_eq!(smtp.state().complaints, [""; 0]);
}

#[test]
fn no_name_of_a_queue_writes_a_header_or_ends_the_message() {
    let (smtp, mut exchange) = relay();
    let name = "Tier\r\n.\r\nMAIL FROM:<x@y>\r\nBcc: x@y.example \u{5d0}<script>";
    let mut digest = notice(Reason::Digest, name);
    digest.subject = Subject::Digest(vec![facts(Reason::FirstBreach, name); 100]);
    let mut word = notice(Reason::Announcement, name);
    word.subject = Subject::Word(Box::new(Word {
        headline: name.into(),
        text: "begins\n.\nQUIT\n..\n".into(),
        key: name.into(),
    }));
    for notice in [notice(Reason::FirstBreach, name), digest, word] {
        let told = exchange.tell(&notice);
        assert!(matches!(told, Delivery::Accepted { .. }), "{told:?}");
    }
    let state = smtp.state();
    assert_eq!(state.complaints, [""; 0]);
    for mail in &state.mails {
        let (_, html) = mail.text.split_once("Content-Type: text/html").unwrap();
        assert!(!html.replace("=\r\n", "").contains("<script"), "{html}");
        assert_eq!(mail.to, TWO);
    }
    assert!(state.mails[2].text.contains("begins\r\n.\r\nQUIT\r\n..\r\n"));
}

#[test]
fn a_server_that_hangs_or_closes_is_left() {
    let (smtp, mut exchange) = relay();
    let notice = notice(Reason::FirstBreach, "Tier-2");
    for command in ["(connect)", "EHLO", "MAIL", "DATA", "(message)"] {
        smtp.instead(command, Instead::Closes);
        let told = exchange.step(&notice);
        assert!(matches!(told, Err(LinkFault::Closed(_))), "{command}: {told:?}");
    }
    exchange.deadline = Some(Span::millis(200));
    for command in ["(connect)", "RCPT", "(message)"] {
        smtp.instead(command, Instead::Hangs);
        assert_eq!(exchange.step(&notice), Err(LinkFault::Timeout), "{command}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let TargetKind::Mail(mail) = exchange.kind().clone() else { panic!() };
    let exchange = Exchange::new(TargetKind::Mail(Mail { port: closed, ..mail }), "", &[]);
    let told = exchange.step(&notice);
    assert!(matches!(told, Err(LinkFault::Connect(_))), "{told:?}");
}
