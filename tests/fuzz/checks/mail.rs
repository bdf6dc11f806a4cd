//! What a mail server says, whoever it is: any bytes at any moment of the dialogue.
//!
//! The first byte says which security and login are asked for; the rest is what the server says.

use andon::edge::smtp::{Act, Dialogue, Heard, heard};
use andon::limits::MAIL_REPLY_BYTES_MAX;
use andon::model::mail::{MailAddress, MailLogin, Security, Submission};
use andon::model::secret::Secret;
use andon::model::time::Span;

const PASSWORD: &str = "hunter2-of-the-relay";
const MESSAGE: &str = "Subject: the-message\r\n\r\n.\r\nfirst\n.\nQUIT\r\n";

/// No secret and no message go out in clear, each command is one line, and the dialogue ends after
/// a bounded number of steps.
pub fn mail(bytes: &[u8]) {
    let Some((choice, mut rest)) = bytes.split_first() else { return };
    let submission = submission(*choice);
    let mut dialogue = Dialogue::new(&submission);
    let mut is_safe = submission.security != Security::StartTls;
    for _ in 0..4 * submission.to.len() + 16 {
        let said = match heard(rest) {
            Heard::Whole(said, used) => {
                assert!((1..=rest.len()).contains(&used));
                rest = &rest[used..];
                said
            }
            Heard::Part => {
                assert!(rest.len() <= MAIL_REPLY_BYTES_MAX);
                return;
            }
            Heard::Nonsense(why) => return assert!(!why.is_empty()),
        };
        let mut act = dialogue.hear(said);
        if matches!(act, Act::Secure) {
            assert!(!is_safe, "once is enough");
            is_safe = true;
            act = dialogue.is_secured();
        }
        match act {
            Act::Say(words) => is_in_order(&words, is_safe),
            Act::Secure => panic!("TLS in TLS"),
            Act::End(reply) => return assert!((200..600).contains(&reply.status)),
        }
    }
    panic!("a dialogue without end");
}

fn is_in_order(words: &[u8], is_safe: bool) {
    let text = core::str::from_utf8(words).unwrap();
    assert!(text.ends_with("\r\n"));
    if !is_safe {
        assert!(text == "EHLO [127.0.0.1]\r\n" || text == "STARTTLS\r\n", "{text}");
    }
    if text.contains("the-message") {
        let inner = text.strip_suffix("\r\n.\r\n").unwrap();
        assert!(!inner.contains("\r\n.\r\n"), "it ends itself");
    } else {
        assert_eq!(text.find("\r\n"), Some(text.len() - 2), "one line");
    }
}

fn submission(choice: u8) -> Submission {
    let address = |text| MailAddress::new(text).unwrap();
    let (user, secret) = ("andon".into(), Secret::new(PASSWORD));
    Submission {
        server: "mail.test".into(),
        port: 587,
        security: match choice % 3 {
            0 => Security::StartTls,
            1 => Security::Tls,
            _ => Security::Plain,
        },
        login: match choice / 3 % 3 {
            0 => MailLogin::Password { user, password: secret },
            1 => MailLogin::Token { user, token: secret },
            _ => MailLogin::None,
        },
        from: address("andon@site.test"),
        to: ["a@noc.test", "b@noc.test", "c@noc.test"].map(address).to_vec(),
        message: MESSAGE.into(),
        deadline: Span::secs(1),
        network_of: None,
    }
}
