//! HTTP as data: what we ask of others, what they answer, and why an answer may be missing.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::model::name::TargetName;
use crate::model::secret::Secret;
use crate::model::time::Span;

/// The methods that the hub uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Tell or ask with a body.
    Post,
    /// Replace with a body.
    Put,
    /// Change with a body.
    Patch,
    /// Take away.
    Delete,
}

impl Method {
    /// The method as it stands in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request to be made. Its address, headers and body may carry secrets, so `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// The whole address, with its query.
    pub url: String,
    /// Names in lower case, values as sent.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The exact bytes of the body.
    pub body: Vec<u8>,
    /// From the start to the last byte of the answer; after it the request has failed.
    pub deadline: Span,
    /// What we show where the server asks who we are. None: nothing.
    pub identity: Option<Box<Identity>>,
    /// The target whose own settings of the network hold. None: those of `[network]` do.
    pub network_of: Option<TargetName>,
}

/// A client certificate: who we are to a server that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// PEM: the certificate, then those that lead to its root.
    pub certificate: Secret,
    /// PEM: its private key.
    pub key: Secret,
}

/// An answer, or what a server of ours answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The whole body, bounded by [`crate::limits::ANSWER_BYTES_MAX`].
    pub body: Vec<u8>,
}

/// Why there is no answer. Each names the part of the path that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFault {
    /// The host's name has no address.
    NoSuchHost,
    /// Nobody took the connection.
    Connect(Box<str>),
    /// The certificate or the handshake was refused.
    Tls(Box<str>),
    /// By our clock the certificate is not valid yet, or not any more.
    Dated(Box<str>),
    /// The deadline passed.
    Timeout,
    /// The connection closed before the answer was whole.
    Closed(Box<str>),
    /// The answer is longer than we read.
    AnswerTooLarge,
    /// The address or a header cannot be used in a request.
    BadRequest(Box<str>),
    /// The box itself had no room for the request, which says nothing of the path.
    NotMade(Box<str>),
    /// The proxy cannot be reached, or cannot reach the host.
    Proxy(Box<str>),
    /// The proxy does not let us through: it wants to know who we are, or the host is forbidden.
    ProxyRefuses(Box<str>),
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost => f.write_str("the host name has no address"),
            Self::Connect(why) => write!(f, "no connection: {why}"),
            Self::Tls(why) => write!(f, "TLS failed: {why}"),
            Self::Dated(why) => write!(f, "TLS failed by our clock: {why}"),
            Self::Timeout => f.write_str("no answer before the deadline"),
            Self::Closed(why) => write!(f, "the connection closed early: {why}"),
            Self::AnswerTooLarge => {
                write!(f, "the answer is larger than {} MiB", crate::limits::ANSWER_BYTES_MAX >> 20)
            }
            Self::BadRequest(why) => write!(f, "the request cannot be made: {why}"),
            Self::NotMade(why) => write!(f, "the request was not made: {why}"),
            Self::Proxy(why) | Self::ProxyRefuses(why) => write!(f, "the proxy {why}"),
        }
    }
}

impl Request {
    /// A POST of a JSON body.
    #[must_use]
    pub fn post_json(url: &str, body: Vec<u8>, deadline: Span) -> Self {
        let headers = Vec::from([("content-type".into(), "application/json".into())]);
        let (method, url) = (Method::Post, url.into());
        Self { method, url, headers, body, deadline, identity: None, network_of: None }
    }

    /// A GET.
    #[must_use]
    pub fn get(url: &str, deadline: Span) -> Self {
        let (method, url, headers, body) = (Method::Get, url.into(), Vec::new(), Vec::new());
        Self { method, url, headers, body, deadline, identity: None, network_of: None }
    }

    /// Adds a header; the name in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Shows who we are, where the server asks.
    #[must_use]
    pub fn with_identity(mut self, identity: Option<Identity>) -> Self {
        self.identity = identity.map(Box::new);
        self
    }

    /// Scheme and host of the address: what may be shown, since paths and queries may be secret.
    #[must_use]
    pub fn origin(&self) -> &str {
        origin(&self.url)
    }
}

/// Scheme and host of an address.
#[must_use]
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url
        .get(host..)
        .and_then(|rest| rest.find(['/', '?', '#']))
        .map_or(url.len(), |at| host + at);
    url.get(..end).unwrap_or_default()
}

/// The host of an address, without its port; of IPv6 without its brackets.
#[must_use]
pub fn host(url: &str) -> &str {
    let origin = origin(url);
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/***", self.method.as_str(), self.origin())
    }
}

impl Reply {
    /// A reply with a status and nothing else.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A reply with a typed body.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = Vec::from([("content-type".into(), content_type.into())]);
        Self { status, headers, body: body.into() }
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

    /// The body as text as far as it is text, cut short for a log line.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().filter(|c| !c.is_control()).take(120).collect()
    }
}

/// Percent-encodes a value for a path or a form: everything but RFC 3986's unreserved characters
/// and the colon, which both may carry and guide 2's token request does.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_shows_its_host_and_no_more() {
        let request =
            Request::post_json("https://hooks.example/T0/secret?x=1", Vec::new(), Span::secs(1))
                .with_header("authorization", "Bearer secret");
        assert_eq!(alloc::format!("{request:?}"), "POST https://hooks.example/***");
    }

    #[test]
    fn a_form_value_is_encoded_byte_for_byte() {
        assert_eq!(
            percent_encode("realtime:read analytics:read"),
            "realtime:read%20analytics:read"
        );
        assert_eq!(percent_encode("a+b&c=d/\u{fc}"), "a%2Bb%26c%3Dd%2F%C3%BC");
    }
}
