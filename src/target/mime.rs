//! Writes a mail as RFC 5322 and MIME have it: a text and its HTML, in lines that every server
//! takes.
//!
//! # Promises
//! - `no_text_makes_a_header`: whatever a queue is called.
//! - `each_line_is_short_and_plain`: 76 ASCII characters, so that no server has to change any.

use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::limits::MAIL_LINE_BYTES;

/// A message that grows header by header.
#[derive(Debug, Default)]
pub(super) struct Message(String);

impl Message {
    /// Adds a header whose value is made of plain words, such as addresses and identifiers.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let mut line = name.len() + 1;
        self.0.push_str(name);
        self.0.push(':');
        for word in value.split(|c: char| !c.is_ascii_graphic()).filter(|word| !word.is_empty()) {
            if line + 1 + word.len() > MAIL_LINE_BYTES && line > name.len() + 1 {
                self.0.push_str("\r\n");
                line = 0;
            }
            self.0.push(' ');
            self.0.push_str(word);
            line += 1 + word.len();
        }
        self.0.push_str("\r\n");
        self
    }

    /// Adds a header with text for people.
    pub(super) fn with_text(self, name: &str, text: &str) -> Self {
        let is_plain = |word: &str| {
            word.chars().all(|c| c.is_ascii_graphic()) && word.len() < MAIL_LINE_BYTES - 20
        };
        if text.split(' ').all(is_plain) && !text.contains("=?") && !text.contains("  ") {
            return self.with(name, text);
        }
        let mut words = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(rest.floor_char_boundary(ENCODED_BYTES));
            words.push_str(&format!("=?UTF-8?B?{}?= ", STANDARD.encode(word)));
            rest = after;
        }
        self.with(name, &words)
    }

    /// Ends the headers with a text and the same as HTML. `boundary` is made of letters and digits.
    pub(super) fn alternative(self, boundary: &str, text: &str, html: &str) -> String {
        // No part can hold it: in quoted-printable no `_` follows a `=`.
        let boundary = format!("=_{boundary}");
        let mut message = self
            .with("MIME-Version", "1.0")
            .with("Content-Type", &format!("multipart/alternative; boundary=\"{boundary}\""))
            .0;
        for (kind, content) in [("plain", text), ("html", html)] {
            message.push_str(&format!("\r\n--{boundary}\r\n"));
            message.push_str(&format!("Content-Type: text/{kind}; charset=utf-8\r\n"));
            message.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
            quoted_printable(content, &mut message);
        }
        message.push_str(&format!("\r\n--{boundary}--\r\n"));
        message
    }
}

/// The text as RFC 2045 writes it; its lines end with LF.
fn quoted_printable(text: &str, out: &mut String) {
    for line in text.lines() {
        let mut length = 0;
        let mut bytes = line.bytes().peekable();
        while let Some(byte) = bytes.next() {
            let is_last = bytes.peek().is_none();
            let is_plain = byte.is_ascii_graphic() && byte != b'=';
            let is_plain = is_plain || (byte == b' ' && !is_last);
            let width = if is_plain { 1 } else { 3 };
            if length + width > MAIL_LINE_BYTES - 1 {
                out.push_str("=\r\n");
                length = 0;
            }
            if is_plain {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
            length += width;
        }
        out.push_str("\r\n");
    }
}

/// So many bytes of text make an encoded word that stands in one line with the name of its header:
/// RFC 2047 allows such a line 76 characters.
const ENCODED_BYTES: usize = 39;

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, text: &str) -> String {
        Message::default().with_text(name, text).0
    }

    #[test]
    fn no_text_makes_a_header() {
        let subject = header("Subject", "P1 Tier\r\nBcc: x@y.example\r\n\r\nhello, world");
        assert_eq!(subject.matches("\r\n").count(), 2, "{subject}");
        assert!(subject.starts_with("Subject: =?UTF-8?B?"), "{subject}");
        assert!(subject.lines().skip(1).all(|line| line.starts_with(' ')), "{subject}");
        let plain = Message::default().with("To", "a@b.example\r\nBcc: x@y.example").0;
        assert_eq!(plain, "To: a@b.example Bcc: x@y.example\r\n");
        let sly = header("Subject", "=?UTF-8?B?QmNj?=");
        assert!(!sly.contains("QmNj"), "{sly}");
    }

    #[test]
    fn a_text_for_people_arrives_as_it_was() {
        let said = "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s";
        assert_eq!(header("Subject", said), format!("Subject: {said}\r\n"));
        let hebrew = "P1 \u{5ea}\u{5de}\u{5d9}\u{5db}\u{5d4} \u{1f600}".repeat(5);
        let encoded = header("Subject", &hebrew);
        let words = encoded.split_whitespace().skip(1).map(|word| {
            let inner = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
            assert!(word.len() <= 75, "{word}");
            String::from_utf8(STANDARD.decode(inner).unwrap()).unwrap()
        });
        assert_eq!(words.collect::<String>(), hebrew);
    }

    #[test]
    fn each_line_is_short_and_plain() {
        let long = format!("{} \u{e9}= \n.\nx \n\n{}", "word ".repeat(60), "y".repeat(1_200));
        let message = header("Subject", &"z".repeat(1_200));
        let to = Message(message).with("To", &"somebody@example.com, ".repeat(40));
        let whole = to.alternative("k", &long, "<p>&amp;</p>");
        assert!(whole.is_ascii());
        for line in whole.split_terminator("\r\n") {
            assert!(line.len() <= MAIL_LINE_BYTES && !line.contains(['\r', '\n']), "{line}");
            assert!(!line.ends_with(' '), "{line:?}");
        }
        assert!(whole.contains("=C3=A9=3D=20\r\n.\r\nx=20\r\n\r\nyyy"), "{whole}");
        assert_eq!(whole.matches("\r\n--=_k\r\n").count(), 2);
        assert!(whole.ends_with("\r\n--=_k--\r\n"));
    }
}
