//! Signs a request for Amazon's APIs: AWS Signature Version 4.
//!
//! The signature covers the method, the path, the query, the host, the content type, the time and
//! the body, so that nothing of them can be changed on the way, and ends five minutes later.
//!
//! # Promises
//! - `the_published_example_is_signed_as_published`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::model::http::{Request, origin};
use crate::model::time::UtcMs;

/// Whose request it is, and to which service of which region.
pub(super) struct Keys {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Zeroizing<String>,
    pub(super) region: String,
    pub(super) service: String,
}

/// Adds the headers that prove whose request it is; `utc` is the platform's time.
pub(super) fn sign(request: &mut Request, keys: &Keys, utc: UtcMs) {
    let at = utc.rfc3339();
    let plain: String = at.chars().take(19).filter(|c| !"-:".contains(*c)).collect();
    let (at, day) = (format!("{plain}Z"), plain.get(..8).unwrap_or_default());
    let (_, host) = origin(&request.url).split_once("://").unwrap_or_default();
    let mut signed = Vec::from([("host", host), ("x-amz-date", &*at)]);
    let content_type = request.headers.iter().find(|(name, _)| &**name == "content-type");
    signed.extend(content_type.map(|(_, value)| ("content-type", &**value)));
    signed.sort_unstable();
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let headers: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let target = request.url.get(origin(&request.url).len()..).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{names}\n{}",
        request.method.as_str(),
        if path.is_empty() { "/".into() } else { encoded(path, b"/") },
        sorted(query),
        hex(&Sha256::digest(&request.body)),
    );
    let scope = format!("{day}/{}/{}/aws4_request", keys.region, keys.service);
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{hash}");
    let first = Zeroizing::new(format!("AWS4{}", *keys.secret_access_key));
    let parts = [day, &keys.region, &keys.service, "aws4_request"];
    let key = parts
        .into_iter()
        .fold(Vec::from(first.as_bytes()), |key, part| code(&key, part.as_bytes()));
    let signature = hex(&code(&key, to_sign.as_bytes()));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        keys.access_key_id
    );
    request.headers.push(("x-amz-date".into(), at.into()));
    request.headers.push(("authorization".into(), authorization.into()));
}

/// The parts of a query in the order of their names, each with its sign of equality.
fn sorted(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // What is encoded already stays as it is.
        (encoded(name, b"%"), encoded(value, b"%"))
    };
    let mut pairs: Vec<(String, String)> = pairs.map(pair).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Percent-encodes everything but RFC 3986's unreserved characters and those of `kept`.
fn encoded(text: &str, kept: &[u8]) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            String::from(char::from(byte))
        }
        _ if kept.contains(&byte) => String::from(char::from(byte)),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn code(key: &[u8], text: &[u8]) -> Vec<u8> {
    // The algorithm takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::POLL_DEADLINE;
    use crate::model::http::Method;

    fn signed(url: &str) -> Request {
        let keys = Keys {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: String::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").into(),
            region: "us-east-1".into(),
            service: "service".into(),
        };
        let mut request = Request {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            deadline: POLL_DEADLINE,
            identity: None,
            network_of: None,
        };
        sign(&mut request, &keys, UtcMs::from_rfc3339("2015-08-30T12:36:00Z").unwrap());
        request
    }

    fn signature(url: &str) -> String {
        let request = signed(url);
        let (_, value) =
            request.headers.iter().find(|(name, _)| &**name == "authorization").unwrap();
        value.rsplit_once("Signature=").unwrap().1.into()
    }

    /// `get-vanilla`, `get-vanilla-query-order-key-case` and `get-utf8` of
    /// AWS's test suite for this signature.
    #[test]
    fn the_published_example_is_signed_as_published() {
        assert_eq!(
            signature("https://example.amazonaws.com/"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            signature("https://example.amazonaws.com/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
        assert_eq!(
            signature("https://example.amazonaws.com/\u{1234}"),
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
        );
        assert_eq!(sorted("a=2&b&a-b=x:y,z%2F&a=1"), "a=1&a=2&a-b=x%3Ay%2Cz%2F&b=");
        let request = signed("https://example.amazonaws.com");
        assert_eq!(&*request.headers[0].1, "20150830T123600Z");
    }
}
