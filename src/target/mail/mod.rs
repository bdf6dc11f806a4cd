//! E-mail: a notice as a message with a text and its HTML, and what a mail server's word means.
//!
//! # Promises
//! - `a_retry_is_the_same_message`: under the same `Message-ID`, so that mailboxes show it once.
//! - `the_notices_of_an_episode_are_one_conversation`: all refer to a first that follows from the
//!   alert's key and its first breach; nothing has to be remembered.
//! - `a_box_without_the_time_sends_no_date`: the server puts in its own (RFC 6409, 8.2).
//! - `every_word_of_a_server_has_its_meaning`
//!
//! # Not here
//! No dialogue: the edge has it.

mod content;

use alloc::format;
use alloc::vec::Vec;

use self::content::{alert, announcement, digest};
use crate::limits::{MAIL_DEADLINE, MAIL_SUBJECT_CHARS_MAX};
use crate::model::config::TextOrSecret;
use crate::model::http::Reply;
use crate::model::mail::{MailAddress, MailLogin, REFUSED, SAID_TO, Submission};
use crate::model::notice::{Notice, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::target::{Mail, MailAccount};
use crate::model::time::{ClockTrust, Span};
use crate::target::cut::one_line;
use crate::target::delivery::Delivery;
use crate::target::mime::Message;
use crate::target::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, made, secret,
};

impl Speak for Mail {
    fn manner(&self) -> Manner {
        Manner {
            gap: Span::ZERO,
            digests: Digests::Takes,
            updates: Updates::Anew,
            hands: Hands::Shows,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        None
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let login = match &self.login {
            MailAccount::None => MailLogin::None,
            MailAccount::Password { user, password } => {
                let password = secret(letter.secrets, password)?.clone();
                MailLogin::Password { user: user.clone(), password }
            }
            MailAccount::Token { user, token } => {
                let token = secret(letter.secrets, token)?.clone();
                MailLogin::Token { user: user.clone(), token }
            }
            MailAccount::Client { user, client } => {
                let token = letter.secrets.token(client);
                let missing = || TargetFault::SecretMissing(client.secret.clone());
                let token = token.ok_or_else(missing)?.clone();
                MailLogin::Token { user: user.clone(), token }
            }
        };
        let to = match letter.stage {
            Stage::First => self.to.clone(),
            Stage::Then(left) => {
                let is_left = |to: &&MailAddress| left.split(' ').any(|left| left == to.as_str());
                self.to.iter().filter(is_left).cloned().collect()
            }
        };
        Ok(Outgoing::Mail(Submission {
            server: self.server.clone(),
            port: self.port,
            security: self.security,
            login,
            from: self.from.clone(),
            to,
            message: message(self, letter),
            deadline: MAIL_DEADLINE,
            network_of: None,
        }))
    }

    fn hear(&self, _: &Notice, stage: &Stage, reply: &Reply) -> Delivery {
        let refused = reply.headers.iter().filter(|(name, _)| &**name == REFUSED);
        let refused: Vec<&str> = refused.map(|(_, to)| &**to).collect();
        match (classify(reply), stage) {
            // The others have it. Those who are left are asked about alone, so that nobody gets it
            // twice, until they have it or are refused for good.
            (Delivery::Accepted { .. }, _) if !refused.is_empty() => {
                Delivery::Next(Stage::Then(refused.join(" ").into()))
            }
            (Delivery::Refused { .. }, Stage::Then(_)) => {
                Delivery::refused(reply, "the others have it; check the target's to")
            }
            (delivery, _) => delivery,
        }
    }
}

/// The message that tells a notice.
fn message(mail: &Mail, letter: &Letter<'_>) -> Vec<u8> {
    let Letter { notice, texts, now, .. } = letter;
    let content = match &notice.subject {
        Subject::Alert(facts) => alert(facts, notice, texts),
        Subject::Digest(alerts) => digest(alerts, notice.reason, texts),
        Subject::Word(word) => announcement(word),
    };
    let id = |local: &str| format!("<{local}@{}>", mail.from.domain());
    // All are named, whoever of them has it already.
    let to: Vec<&str> = mail.to.iter().map(MailAddress::as_str).collect();
    let mut message = Message::default();
    if now.trust != ClockTrust::Untrusted {
        message = message.with("Date", &made(notice, *now).http_date().replace("GMT", "+0000"));
    }
    message = message
        .with("From", mail.from.as_str())
        .with("To", &to.join(", "))
        .with_text("Subject", &one_line(&content.subject, MAIL_SUBJECT_CHARS_MAX))
        .with("Message-ID", &id(&notice.idempotency_key));
    if let Some(about) = &content.about {
        let first = id(about);
        message = message.with("In-Reply-To", &first).with("References", &first);
    }
    let whole = message
        .with("Auto-Submitted", "auto-generated")
        .with("X-Auto-Response-Suppress", "All")
        .with("Importance", content.importance)
        .alternative(&notice.idempotency_key, &content.text, &content.html);
    whole.into_bytes()
}

/// What the word of a mail server means.
fn classify(reply: &Reply) -> Delivery {
    let said_to = reply.header(SAID_TO).unwrap_or_default();
    let text = reply.excerpt();
    match (reply.status, said_to) {
        (250, "message") => Delivery::ACCEPTED,
        (200..=499, _) => Delivery::later(reply, Span::ZERO),
        (_, _) if text.contains("5.7.30") => Delivery::disabled(
            reply,
            "Microsoft 365 takes no passwords here any more; log in by token or use a relay",
        ),
        (502, "EHLO") => Delivery::disabled(
            reply,
            "nothing is sent in clear; take security = \"tls\" and port 465, or another server",
        ),
        (530, _) => Delivery::disabled(reply, "the server wants a login; give user and password"),
        (_, "AUTH" | "EHLO") => Delivery::disabled(
            reply,
            "check the target's user and its password or token, or whether its client may send",
        ),
        (_, "STARTTLS") => Delivery::disabled(reply, "the server has no TLS at this moment"),
        (_, "connect") => Delivery::disabled(reply, "the server does not let this box in"),
        (_, "MAIL") => Delivery::refused(reply, "check the target's from: may its user use it?"),
        (_, "RCPT") => Delivery::refused(reply, "check the target's to"),
        _ => Delivery::refused(reply, ""),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;
    use crate::model::config::Templates;
    use crate::model::notice::Reason;
    use crate::model::time::Now;
    use crate::target::samples::{NOW, facts, notice};
    use crate::target::texts::Texts;

    fn mail() -> Mail {
        let address = |text| MailAddress::new(text).unwrap();
        Mail {
            server: "smtp.example".into(),
            port: 587,
            security: crate::model::mail::Security::StartTls,
            login: MailAccount::None,
            from: address("andon@site.example"),
            to: ["a@noc.example", "b@noc.example"].map(address).into(),
        }
    }

    fn told_at(notice: &Notice, now: Now) -> String {
        let texts = Texts::compile(&Templates::default()).unwrap();
        let (secrets, stage) = (&Default::default(), &Stage::First);
        let letter = Letter { notice, texts: &texts, secrets, now, thread: None, stage };
        String::from_utf8(message(&mail(), &letter)).unwrap()
    }

    fn told(notice: &Notice) -> String {
        told_at(notice, NOW)
    }

    #[test]
    fn a_message_shows_what_where_how_bad_and_since_when() {
        let golden = include_str!("../../../tests/targets/first_breach.eml").replace('\n', "\r\n");
        let told = told(&notice(Reason::FirstBreach));
        assert_eq!(told, golden, "{told}");
    }

    #[test]
    fn a_retry_is_the_same_message() {
        let notice = notice(Reason::FirstBreach);
        let hour = Span::secs(3_600);
        let later = Now { tick: NOW.tick + hour, utc: NOW.utc + hour, ..NOW };
        assert_eq!(told(&notice), told_at(&notice, later));
        // The box has learned what time it is: what it made an hour ago was made an hour ago.
        let learned = Now { utc: NOW.utc + Span::secs(600), ..later };
        assert!(told_at(&notice, learned).contains("Date: Wed, 15 May 2024 13:42:20 +0000"));
    }

    #[test]
    fn a_box_without_the_time_sends_no_date() {
        let untrusted = Now { trust: ClockTrust::Untrusted, ..NOW };
        assert!(!told_at(&notice(Reason::FirstBreach), untrusted).contains("Date:"));
    }

    #[test]
    fn the_notices_of_an_episode_are_one_conversation() {
        let first_of = |notice: &Notice| {
            let message = told(notice);
            let of = |name: &str| {
                message.lines().find_map(|line| line.strip_prefix(name)).map(str::to_string)
            };
            assert_eq!(of("References: "), of("In-Reply-To: "));
            of("References: ")
        };
        let breach = first_of(&notice(Reason::FirstBreach));
        assert_eq!(breach, first_of(&notice(Reason::Recovered)));
        let mut again = notice(Reason::FirstBreach);
        if let Subject::Alert(facts) = &mut again.subject {
            facts.first_breach.0 += 60_000;
        }
        assert_ne!(breach, first_of(&again));
        assert_eq!(first_of(&notice(Reason::Digest)), None);
        assert!(first_of(&notice(Reason::Announcement)).is_some());
    }

    #[test]
    fn a_digest_is_a_list_of_lines() {
        let message = told(&notice(Reason::Digest));
        assert!(message.contains("Subject: Digest: 1 in breach, 1 recovered\r\n"), "{message}");
        let line = "- P1 Tier-2 Support: calls_waiting 22 (>=3D 15) for 45 s\r\n";
        assert!(message.contains(line), "{message}");
        let many = alloc::vec![facts(Reason::Repeat); crate::limits::DIGEST_LINES_MAX];
        let many = Notice { subject: Subject::Digest(many), ..notice(Reason::Digest) };
        assert!(told(&many).len() < 100_000);
    }

    #[test]
    fn every_word_of_a_server_has_its_meaning() {
        let meaning = |status, said_to: &str| {
            let reply = Reply::new(status, "text/plain", "x").with_header(SAID_TO, said_to);
            match classify(&reply) {
                Delivery::Accepted { .. } => "accepted",
                Delivery::Next(_) => "next",
                Delivery::Later { .. } => "later",
                Delivery::Refused { .. } => "refused",
                Delivery::Disabled { .. } => "disabled",
            }
        };
        assert_eq!(meaning(250, "message"), "accepted");
        for (status, said_to) in
            [(421, "connect"), (454, "AUTH"), (450, "RCPT"), (451, "message"), (250, "DATA")]
        {
            assert_eq!(meaning(status, said_to), "later", "{status} {said_to}");
        }
        for (status, said_to) in [(550, "RCPT"), (553, "MAIL"), (554, "message"), (552, "DATA")] {
            assert_eq!(meaning(status, said_to), "refused", "{status} {said_to}");
        }
        for (status, said_to) in [
            (535, "AUTH"),
            (504, "EHLO"),
            (502, "EHLO"),
            (530, "MAIL"),
            (554, "connect"),
            (501, "STARTTLS"),
        ] {
            assert_eq!(meaning(status, said_to), "disabled", "{status} {said_to}");
        }
    }
}
