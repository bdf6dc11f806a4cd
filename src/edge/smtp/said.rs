//! What a mail server says, read from the bytes that have come.
//!
//! # Promises
//! - `a_reply_is_whole_with_its_last_line`

use crate::limits::MAIL_REPLY_BYTES_MAX;

/// One whole reply of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub(super) code: u16,
    lines: Vec<String>,
}

/// What the bytes are that have come so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// The beginning of a reply.
    Part,
    /// A whole reply, and how many bytes it took.
    Whole(Said, usize),
    /// Nothing that a mail server says.
    Nonsense(&'static str),
}

impl Said {
    pub(super) fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// Whether a server's welcome names an extension.
    pub(super) fn offers(&self, extension: &str) -> bool {
        self.lines.iter().skip(1).any(|line| line.trim().eq_ignore_ascii_case(extension))
    }

    pub(super) fn logs_in_by(&self, mechanism: &str) -> bool {
        self.lines.iter().skip(1).any(|line| {
            let mut words = line.split([' ', '=']);
            words.next().is_some_and(|word| word.eq_ignore_ascii_case("AUTH"))
                && words.any(|word| word.eq_ignore_ascii_case(mechanism))
        })
    }
}

/// Looks for a whole reply at the beginning of what a server has sent.
#[must_use]
pub fn heard(bytes: &[u8]) -> Heard {
    let mut lines = Vec::new();
    let mut begin = 0;
    while let Some(rest) = bytes.get(begin..) {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
        let Some(line) = rest.get(..end) else { break };
        begin += end + 1;
        let code = line.get(..3).and_then(|code| str::from_utf8(code).ok()?.parse::<u16>().ok());
        let Some(code) = code.filter(|code| (200..600).contains(code)) else {
            return Heard::Nonsense("it does not speak SMTP");
        };
        let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
        lines.push(text.chars().filter(|c| !c.is_control()).collect());
        if line.get(3) != Some(&b'-') {
            return Heard::Whole(Said { code, lines }, begin);
        }
    }
    if bytes.len() > MAIL_REPLY_BYTES_MAX {
        return Heard::Nonsense("it talks without end");
    }
    Heard::Part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_whole_with_its_last_line() {
        assert_eq!(heard(b""), Heard::Part);
        assert_eq!(heard(b"250-a\r\n250 b"), Heard::Part);
        let Heard::Whole(said, used) = heard(b"250-a\r\n250 b\r\n354 x\r\n") else { panic!() };
        assert_eq!((said.code, said.text().as_str(), used), (250, "a b", 14));
        assert!(matches!(heard(b"250\r\n"), Heard::Whole(_, 5)));
        for bad in ["HTTP/1.1 400 no\r\n", "\r\n", "2\u{e9}0 x\r\n", "999 x\r\n", "+50 x\r\n"] {
            assert!(matches!(heard(bad.as_bytes()), Heard::Nonsense(_)), "{bad}");
        }
        let endless = "250-x\r\n".repeat(MAIL_REPLY_BYTES_MAX / 7 + 1);
        assert!(matches!(heard(endless.as_bytes()), Heard::Nonsense(_)));
    }
}
