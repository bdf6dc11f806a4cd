//! What a simulated server hears and does: a request as data, and a reply, a stall or a hang-up.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// In capitals: `POST`.
    pub method: Box<str>,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// What the holder of the socket is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// Answer.
    Reply(Reply),
    /// Keep the connection open and never answer.
    Hang,
    /// Close the connection without a word.
    Close,
}

impl Incoming {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A POST of a JSON text.
    #[must_use]
    pub fn post_json(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let request = Self::new("POST", path).with_header("content-type", "application/json");
        Self { body: body.into(), ..request }
    }

    /// Adds a header; the name in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.as_ref() == name).map(|(_, value)| &**value)
    }

    /// The path without its query.
    #[must_use]
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The content type without its parameters, in lower case.
    #[must_use]
    pub fn media_type(&self) -> String {
        let whole = self.header("content-type").unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The fields of a form body, decoded. A field that is not UTF-8 has replacement characters.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        fields(&self.body)
    }

    /// The parameters of the query, decoded likewise.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        fields(self.path.split_once('?').map_or("", |(_, query)| query).as_bytes())
    }
}

impl Reaction {
    /// A reply that says when it was given.
    #[must_use]
    pub fn reply_at(reply: Reply, utc: UtcMs) -> Self {
        Self::Reply(reply.with_header("date", &utc.http_date()))
    }

    /// The reply, where there is one.
    #[must_use]
    pub const fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Reply(reply) => Some(reply),
            Self::Hang | Self::Close => None,
        }
    }
}

/// A reply with a JSON body: 500 where it cannot be JSON, which a map without names would be.
#[must_use]
pub fn json_reply(status: u16, body: &impl Serialize) -> Reply {
    match serde_json::to_vec(body) {
        Ok(body) => Reply::new(status, "application/json", body),
        Err(fault) => Reply::new(500, "text/plain", format!("{fault}")),
    }
}

fn fields(encoded: &[u8]) -> Vec<(String, String)> {
    let fields = encoded.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    fields
        .map(|field| {
            let mut halves = field.splitn(2, |byte| *byte == b'=');
            let mut half = || form_decoded(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

/// Undoes `application/x-www-form-urlencoded`. A lone percent sign stands for itself.
pub(in crate::demo) fn form_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (*first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, behind @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = behind;
                }
                _ => bytes.push(b'%'),
            },
            (byte, _) => bytes.push(byte),
        }
    }
    match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text,
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded() {
        let mut incoming = Incoming::new("POST", "/oauth/token?x=1")
            .with_header("content-type", "Application/X-WWW-Form-URLEncoded; charset=utf-8");
        incoming.body = b"scope=realtime:read%20analytics:read&secret=a%2Bb+c%&empty&=x".to_vec();
        let form = incoming.form();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, v)| &**v);
        assert_eq!(field("scope"), Some("realtime:read analytics:read"));
        assert_eq!(field("secret"), Some("a+b c%"));
        assert_eq!(field("empty"), Some(""));
        assert_eq!(incoming.route(), "/oauth/token");
        assert_eq!(incoming.query(), [("x".into(), "1".into())]);
        assert_eq!(incoming.media_type(), "application/x-www-form-urlencoded");
    }
}
