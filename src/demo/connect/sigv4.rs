//! AWS Signature Version 4, from the side of who verifies it.
//!
//! The path of a service other than S3 is encoded once more than it is sent. A query has to be sent
//! as it is signed, in the encoding of RFC 3986. The body is always part of what is signed.
//!
//! # Promises
//! - `the_vectors_of_aws_are_accepted`: as they stand in AWS's own test suite.
//! - `what_is_not_signed_or_not_as_sent_is_refused`: each with AWS's name for it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::demo::http::Incoming;
use crate::model::time::{Span, UtcMs};

/// Whose signature is accepted, and for what.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The public part: `AKIDEXAMPLE`.
    pub access_key_id: Box<str>,
    /// The secret part.
    pub secret_access_key: Box<str>,
    /// `us-east-1`.
    pub region: Box<str>,
    /// `connect`.
    pub service: Box<str>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not signed at all.
    Unsigned,
    /// Its `Authorization` header cannot be read.
    Incomplete(String),
    /// Nobody has this key.
    UnknownKey,
    /// It is signed for another time or place, or otherwise than it was sent.
    Invalid(String),
}

/// What the `Authorization` header says.
struct Claim<'a> {
    key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl Keys {
    /// Whether a request is signed with these keys, at most five minutes from `utc`.
    pub(super) fn verify(&self, incoming: &Incoming, utc: UtcMs) -> Result<(), Refusal> {
        let claim = Claim::read(incoming.header("authorization").ok_or(Refusal::Unsigned)?)?;
        if *claim.key != *self.access_key_id {
            return Err(Refusal::UnknownKey);
        }
        let invalid = |why: &str| Err(Refusal::Invalid(why.into()));
        if *claim.region != *self.region {
            return invalid("Credential should be scoped to a valid region.");
        }
        if *claim.service != *self.service {
            return invalid("Credential should be scoped to correct service.");
        }
        let Some(stamp) = incoming.header("x-amz-date") else {
            return Err(Refusal::Incomplete("X-Amz-Date is missing.".into()));
        };
        let Some(signed_at) = moment(stamp) else {
            return Err(Refusal::Incomplete("X-Amz-Date has to be like 20150830T123600Z.".into()));
        };
        if (utc - signed_at).abs() > TOLERANCE {
            return invalid("Signature expired, or not yet current.");
        }
        if !stamp.starts_with(claim.date) {
            return invalid("Date in Credential scope does not match YYYYMMDD from X-Amz-Date.");
        }
        if self.signature(stamp, &claim, &canonical(incoming, claim.signed_headers)?)
            != claim.signature
        {
            return invalid("The request signature we calculated does not match.");
        }
        Ok(())
    }

    fn signature(&self, stamp: &str, claim: &Claim, canonical: &str) -> String {
        let Claim { date, region, service, .. } = claim;
        let hash = hex(&Sha256::digest(canonical));
        let to_sign = format!("{ALGORITHM}\n{stamp}\n{date}/{region}/{service}/{END}\n{hash}");
        let first = format!("AWS4{}", self.secret_access_key).into_bytes();
        let parts = [*date, *region, *service, END];
        let key = parts.iter().fold(first, |key, part| keyed(&key, part));
        hex(&keyed(&key, &to_sign))
    }
}

impl<'a> Claim<'a> {
    fn read(authorization: &'a str) -> Result<Self, Refusal> {
        let incomplete = |why: &str| Refusal::Incomplete(why.into());
        let parts = authorization.strip_prefix(ALGORITHM);
        let parts = parts.ok_or_else(|| incomplete("The algorithm is not AWS4-HMAC-SHA256."))?;
        let part = |name: &str| {
            let mut all = parts.split(',').map(str::trim);
            all.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| incomplete(&format!("Authorization requires '{name}'.")))
        };
        let scope: Vec<&str> = part("Credential")?.split('/').collect();
        let [key, date, region, service, END] = scope.as_slice() else {
            return Err(incomplete("Credential has to be key/date/region/service/aws4_request."));
        };
        let (signed_headers, signature) = (part("SignedHeaders")?, part("Signature")?);
        Ok(Self { key, date, region, service, signed_headers, signature })
    }
}

/// The canonical request. Who leaves a header out that has to be signed is refused.
fn canonical(incoming: &Incoming, signed_headers: &str) -> Result<String, Refusal> {
    let names: Vec<&str> = signed_headers.split(';').collect();
    if !names.is_sorted() {
        return Err(Refusal::Invalid("SignedHeaders are not sorted.".into()));
    }
    let has_to_be = |name: &str| name == "content-type" || name.starts_with("x-amz-");
    let sent = incoming.headers.iter().map(|(name, _)| &**name).filter(|name| has_to_be(name));
    if let Some(name) = sent.chain(["host"]).find(|name| !names.contains(name)) {
        return Err(Refusal::Invalid(format!("'{name}' must be a signed header.")));
    }
    let mut headers = String::new();
    for name in &names {
        let values = incoming.headers.iter().filter(|(known, _)| &**known == *name);
        let values: Vec<String> = values.map(|(_, value)| squeezed(value)).collect();
        if values.is_empty() {
            return Err(Refusal::Invalid(format!("'{name}' is signed and missing.")));
        }
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let (path, query) = incoming.path.split_once('?').unwrap_or((&incoming.path, ""));
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.into() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    let (method, path, query) = (&incoming.method, encoded(path), pairs.join("&"));
    let hash = hex(&Sha256::digest(&incoming.body));
    Ok(format!("{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{hash}"))
}

/// Trimmed, and with one space where there are several.
fn squeezed(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// A path encoded after RFC 3986, its slashes kept.
fn encoded(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Reads `20150830T123600Z`.
fn moment(stamp: &str) -> Option<UtcMs> {
    let (date, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if date.len() != 8 || time.len() != 6 || !digits(date) || !digits(time) {
        return None;
    }
    let (year, day) = date.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    let (hour, second) = time.split_at_checked(2)?;
    let (minute, second) = second.split_at_checked(2)?;
    UtcMs::from_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const END: &str = "aws4_request";

/// How far the moment of signing may be off.
const TOLERANCE: Span = Span::secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    /// 2015-08-30T12:36:00Z, when the vectors were signed.
    const SIGNED_AT: UtcMs = UtcMs(1_440_938_160_000);

    fn keys() -> Keys {
        Keys {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            region: "us-east-1".into(),
            service: "service".into(),
        }
    }

    fn signed(method: &str, path: &str, headers: &[(&str, &str)], signature: &str) -> Incoming {
        let headers = headers.iter().copied().chain([("host", "example.amazonaws.com")]);
        let headers: Vec<(&str, &str)> =
            headers.chain([("x-amz-date", "20150830T123600Z")]).collect();
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders={}, Signature={signature}",
            names.join(";")
        );
        let incoming = Incoming::new(method, path).with_header("authorization", &authorization);
        headers.iter().fold(incoming, |incoming, (name, value)| incoming.with_header(name, value))
    }

    fn vanilla() -> Incoming {
        let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        signed("GET", "/", &[], signature)
    }

    #[test]
    fn the_vectors_of_aws_are_accepted() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let trimmed = [("my-header1", " value1"), ("my-header2", " \"a   b   c\" ")];
        let twice = [("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")];
        let unreserved = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let posted = Incoming {
            body: b"Param1=value1".to_vec(),
            ..signed(
                "POST",
                "/",
                &[form],
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            )
        };
        let post = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        let order = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let spaces = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736";
        let repeated = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea";
        let plain = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f";
        let utf8 = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85";
        for (vector, incoming) in [
            ("get-vanilla", vanilla()),
            ("post-vanilla", signed("POST", "/", &[], post)),
            (
                "get-vanilla-query-order-key-case",
                signed("GET", "/?Param2=value2&Param1=value1", &[], order),
            ),
            ("get-header-value-trim", signed("GET", "/", &trimmed, spaces)),
            ("get-header-key-duplicate", signed("GET", "/", &twice, repeated)),
            ("get-unreserved", signed("GET", unreserved, &[], plain)),
            ("get-utf8", signed("GET", "/\u{1234}", &[], utf8)),
            ("post-x-www-form-urlencoded", posted),
        ] {
            assert_eq!(keys().verify(&incoming, SIGNED_AT), Ok(()), "{vector}");
        }
    }

    #[test]
    fn what_is_not_signed_or_not_as_sent_is_refused() {
        let refused = |incoming: &Incoming| keys().verify(incoming, SIGNED_AT).unwrap_err();
        assert_eq!(refused(&Incoming::new("GET", "/")), Refusal::Unsigned);
        let altered = |from: &str, to: &str| {
            let mut incoming = vanilla();
            for (_, value) in &mut incoming.headers {
                *value = value.replace(from, to).into();
            }
            incoming
        };
        assert_eq!(refused(&altered("AKIDEXAMPLE", "AKIDOTHER")), Refusal::UnknownKey);
        for (from, to) in [
            ("AWS4-HMAC-SHA256", "Basic"),
            ("Signature=", "Sign="),
            ("/aws4_request", ""),
            ("T123600Z", "T1236Z"),
        ] {
            assert!(matches!(refused(&altered(from, to)), Refusal::Incomplete(_)), "{from}");
        }
        for (from, to) in [
            ("us-east-1", "eu-west-1"),
            ("/service/", "/connect/"),
            ("Signature=5", "Signature=6"),
            ("host;x-amz-date", "host"),
            ("host;x-amz-date", "x-amz-date"),
            ("host;x-amz-date", "x-amz-date;host"),
            ("host;x-amz-date", "host;x-amz-date;x-other"),
            ("example.amazonaws.com", "example.com"),
            ("Credential=AKIDEXAMPLE/20150830", "Credential=AKIDEXAMPLE/20150831"),
        ] {
            assert!(matches!(refused(&altered(from, to)), Refusal::Invalid(_)), "{from} -> {to}");
        }
        let with_body = Incoming { body: b"x".to_vec(), ..vanilla() };
        assert!(matches!(refused(&with_body), Refusal::Invalid(_)));
        let typed = vanilla().with_header("content-type", "text/plain");
        assert!(matches!(refused(&typed), Refusal::Invalid(_)));
        for (off, verdict) in
            [(300_000, true), (300_001, false), (-300_000, true), (-300_001, false)]
        {
            let at = SIGNED_AT + Span::millis(off);
            assert_eq!(keys().verify(&vanilla(), at).is_ok(), verdict, "{off}");
        }
    }
}
