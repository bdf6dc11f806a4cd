//! Signatures as a definition describes them: where they stand, what is signed, with which key.
//!
//! # Promises
//! - `a_scheme_can_be_described`
//! - `a_public_key_is_no_shared_secret`: else whoever knows it could sign with it.
//! - `only_so_many_signatures_of_a_delivery_are_looked_at`

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{ED25519, UnparsedPublicKey};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::limits::WEBHOOK_SIGNATURES_MAX;
use crate::model::delivery::Delivery;
use crate::model::secret::Secret;
use crate::model::time::{Span, UtcMs};
use crate::platform::webhook::{Forgery, Trust};

/// A scheme of signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct Signature {
    /// Where the signatures are.
    pub(in crate::platform) header: Box<str>,
    /// What parts several in one header.
    pub(in crate::platform) separator: Option<char>,
    /// The signatures that count. Others are of versions that we do not know.
    pub(in crate::platform) marks: Vec<Mark>,
    /// What is signed.
    pub(in crate::platform) signed: Vec<Signed>,
    pub(in crate::platform) time: Option<SignedTime>,
    /// The header of the id that is signed, too.
    pub(in crate::platform) id: Option<Box<str>>,
    /// Headers that may hold an id which is not signed.
    pub(in crate::platform) usual_ids: Box<[Box<str>]>,
}

/// One version of a scheme's signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct Mark {
    /// What stands before each: `v1=`.
    pub(in crate::platform) prefix: Box<str>,
    pub(in crate::platform) algorithm: Algorithm,
    pub(in crate::platform) form: Form,
    pub(in crate::platform) key: Key,
}

/// A part of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) enum Signed {
    Text(Box<str>),
    Id,
    Timestamp,
    Method,
    /// The address that the sender sends to.
    Url,
    Body,
}

/// When a delivery was signed, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct SignedTime {
    pub(in crate::platform) place: TimePlace,
    /// How far it may be from our time.
    pub(in crate::platform) tolerance: Span,
}

/// Where the moment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) enum TimePlace {
    Header(Box<str>),
    /// Among the signatures, after this: `t=`.
    Beside(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platform) enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
    /// The secret is the sender's public key.
    Ed25519,
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platform) enum Form {
    Plain,
    Hex,
    Base64,
    /// With `-` and `_`, and without `=` at the end.
    Base64Url,
}

/// How the secret becomes a key: what stands before it is left out, and the rest is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct Key {
    pub(in crate::platform) prefix: Box<str>,
    pub(in crate::platform) form: Form,
}

impl Signature {
    /// The place of the secret that a delivery was signed with.
    pub(super) fn verify(
        &self,
        delivery: &Delivery,
        trust: &Trust<'_>,
        now: UtcMs,
    ) -> Result<usize, Forgery> {
        let header = delivery.header(&self.header).ok_or(Forgery::Missing)?;
        let parts = || header.split(|c| Some(c) == self.separator).map(str::trim);
        let timestamp = match &self.time {
            None => "",
            Some(SignedTime { place, tolerance }) => {
                let text = match place {
                    TimePlace::Header(name) => delivery.header(name),
                    TimePlace::Beside(key) => parts().find_map(|part| part.strip_prefix(&**key)),
                };
                let text = text.ok_or(Forgery::Missing)?;
                let seconds: i64 = text.parse().map_err(|_| Forgery::Missing)?;
                let at = UtcMs(seconds.saturating_mul(1_000));
                if (now - at).abs() > *tolerance {
                    return Err(Forgery::Stale);
                }
                text
            }
        };
        let message: Option<Vec<&[u8]>> = self
            .signed
            .iter()
            .map(|part| match part {
                Signed::Text(text) => Some(text.as_bytes()),
                Signed::Id => delivery.header(self.id.as_deref()?).map(str::as_bytes),
                Signed::Timestamp => Some(timestamp.as_bytes()),
                Signed::Method => Some(delivery.method.as_bytes()),
                Signed::Url => trust.address.map(str::as_bytes),
                Signed::Body => Some(&*delivery.body),
            })
            .collect();
        let message = message.ok_or(Forgery::Missing)?;
        let mut why = Forgery::Missing;
        for mark in &self.marks {
            let shown = parts().filter_map(|part| part.strip_prefix(&*mark.prefix));
            let shown = shown.filter_map(|text| mark.form.read(text));
            let shown: Vec<Vec<u8>> = shown.take(WEBHOOK_SIGNATURES_MAX).collect();
            if shown.is_empty() {
                continue;
            }
            why = Forgery::Wrong;
            let fits = |secret: &&Secret| {
                let key = mark.key.of(secret);
                key.is_some_and(|key| mark.algorithm.fits(&key, &message, &shown))
            };
            if let Some(place) = trust.secrets.iter().position(fits) {
                return Ok(place);
            }
        }
        Err(why)
    }
}

impl Algorithm {
    /// Whether one of the signatures is that of a message, told in constant time.
    pub(super) fn fits(self, key: &[u8], message: &[&[u8]], shown: &[Vec<u8>]) -> bool {
        match self {
            Self::Sha1 => mac_fits::<Hmac<Sha1>>(key, message, shown),
            Self::Sha256 => mac_fits::<Hmac<Sha256>>(key, message, shown),
            Self::Sha512 => mac_fits::<Hmac<Sha512>>(key, message, shown),
            Self::Ed25519 => {
                let (key, message) = (UnparsedPublicKey::new(&ED25519, key), message.concat());
                shown.iter().any(|signature| key.verify(&message, signature).is_ok())
            }
        }
    }
}

/// The message is hashed once, however many signatures a stranger sends along.
fn mac_fits<M: Mac + KeyInit + Clone>(key: &[u8], message: &[&[u8]], shown: &[Vec<u8>]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return false };
    message.iter().for_each(|part| mac.update(part));
    shown.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
}

/// The keyed hash of a text, in small hexadecimal digits, for senders that ask whether we know the
/// secret.
pub(super) fn hmac_sha256_hex(secret: &Secret, text: &str) -> Option<String> {
    let key = secret.expose().as_bytes();
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    let bytes = mac.finalize().into_bytes();
    Some(bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect())
}

impl Key {
    fn of(&self, secret: &Secret) -> Option<Vec<u8>> {
        let text = secret.expose();
        self.form.read(text.strip_prefix(&*self.prefix).unwrap_or(text))
    }
}

impl Form {
    pub(super) fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Plain => Some(text.as_bytes().to_vec()),
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok(),
            Self::Hex => {
                let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
                let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
                let byte = |pair: &[u8]| pair.iter().fold(0_u8, |byte, digit| byte << 4 | digit);
                Some(digits.chunks(2).map(byte).collect())
            }
        }
    }
}

impl Signed {
    /// The parts of a text with `{id}`, `{timestamp}`, `{method}`, `{url}` and `{body}` in it, or
    /// the first that is none.
    pub(in crate::platform) fn parse(text: &str) -> Result<Vec<Self>, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, later) = after.split_once('}').ok_or("the { has no }")?;
            if !before.is_empty() {
                parts.push(Self::Text(before.into()));
            }
            parts.push(match name {
                "id" => Self::Id,
                "timestamp" => Self::Timestamp,
                "method" => Self::Method,
                "url" => Self::Url,
                "body" => Self::Body,
                other => return Err(alloc::format!("{{{other}}} is none of the parts")),
            });
            rest = later;
        }
        if !rest.is_empty() {
            parts.push(Self::Text(rest.into()));
        }
        Ok(parts)
    }
}
