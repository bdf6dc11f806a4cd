//! How a delivery proves that its sender knows the secret.
//!
//! A signature is over the exact bytes, before anybody parses them, and compared in constant time.
//! Two secrets may be in force while one is replaced by the other.
//!
//! # Promises
//! - `the_published_vectors_are_genuine_and_with_one_byte_changed_they_are_not`
//! - `an_old_signature_is_a_replay`
//! - `without_a_proof_nothing_is_believed`
//! - `either_of_two_secrets_will_do`
//!
//! # Not here
//! Which deliveries were seen before: that is `ingest`.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

use crate::model::delivery::Delivery;
use crate::model::secret::Secret;
use crate::model::time::{Span, UtcMs};
use crate::platform::webhook::Webhook;

/// What a sender sends along as proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) enum Proof {
    /// The secret itself, as a bearer token, an API key or a password.
    Token {
        header: Box<str>,
        /// What stands before it: `Bearer `.
        prefix: Box<str>,
        form: Form,
    },
    /// A keyed hash of the body.
    Signature(Signature),
}

/// A scheme of signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct Signature {
    /// Where the signatures are.
    pub(in crate::platform) header: Box<str>,
    /// What parts several in one header.
    pub(in crate::platform) separator: Option<char>,
    /// What stands before each that counts: `v1=`. Others are of versions that we do not know.
    pub(in crate::platform) prefix: Box<str>,
    pub(in crate::platform) algorithm: Algorithm,
    pub(in crate::platform) form: Form,
    pub(in crate::platform) key: Key,
    /// What is signed.
    pub(in crate::platform) signed: Vec<Signed>,
    pub(in crate::platform) time: Option<SignedTime>,
    /// The header of the id that is signed, too.
    pub(in crate::platform) id: Option<Box<str>>,
}

/// A part of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) enum Signed {
    Text(Box<str>),
    Id,
    Timestamp,
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
    Sha256,
    Sha512,
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platform) enum Form {
    Plain,
    Hex,
    Base64,
}

/// How the secret becomes a key: what stands before it is left out, and the rest is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct Key {
    pub(in crate::platform) prefix: Box<str>,
    pub(in crate::platform) form: Form,
}

/// Whether a delivery is what it claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// Its sender knows the secret.
    Genuine,
    /// It is not to be believed.
    Forged(Forgery),
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forgery {
    /// The header that should hold the proof, its time or its id is not there, or is unreadable.
    Missing,
    /// It was signed too long ago, or in the future.
    Stale,
    /// No secret in force fits.
    Wrong,
}

impl Webhook {
    /// Looks at a delivery's proof; `secrets` are those in force.
    #[must_use]
    pub fn prove(&self, delivery: &Delivery, secrets: &[&Secret], now: UtcMs) -> Proven {
        let verdict = match &self.proof {
            Proof::Token { header, prefix, form } => {
                token(delivery, header, prefix, *form, secrets)
            }
            Proof::Signature(signature) => signature.verify(delivery, secrets, now),
        };
        verdict.map_or_else(Proven::Forged, |()| Proven::Genuine)
    }
}

fn token(
    delivery: &Delivery,
    header: &str,
    prefix: &str,
    form: Form,
    secrets: &[&Secret],
) -> Result<(), Forgery> {
    let shown = delivery.header(header).and_then(|value| value.strip_prefix(prefix));
    let shown = form.read(shown.ok_or(Forgery::Missing)?).ok_or(Forgery::Missing)?;
    // Hashes of one length are compared, so that the time says nothing, not even of the length.
    let shown = Sha256::digest(&shown);
    let fits = |secret: &&&Secret| {
        let known = Sha256::digest(secret.expose().as_bytes());
        shown.iter().zip(known).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
    };
    secrets.iter().find(fits).map(|_| ()).ok_or(Forgery::Wrong)
}

impl Signature {
    fn verify(&self, delivery: &Delivery, secrets: &[&Secret], now: UtcMs) -> Result<(), Forgery> {
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
        let id = match &self.id {
            Some(name) => delivery.header(name).ok_or(Forgery::Missing)?,
            None => "",
        };
        let message = self.signed.iter().map(|part| match part {
            Signed::Text(text) => text.as_bytes(),
            Signed::Id => id.as_bytes(),
            Signed::Timestamp => timestamp.as_bytes(),
            Signed::Body => &*delivery.body,
        });
        let message: Vec<&[u8]> = message.collect();
        let signatures = parts().filter_map(|part| part.strip_prefix(&*self.prefix));
        let signatures: Vec<Vec<u8>> = signatures.filter_map(|text| self.form.read(text)).collect();
        if signatures.is_empty() {
            return Err(Forgery::Missing);
        }
        let keys = secrets.iter().filter_map(|secret| self.key.of(secret));
        let fits = |key: &Vec<u8>| {
            signatures.iter().any(|signature| self.algorithm.fits(key, &message, signature))
        };
        keys.into_iter().find(fits).map(|_| ()).ok_or(Forgery::Wrong)
    }
}

impl Algorithm {
    /// Whether a signature is that of a message, told in constant time.
    fn fits(self, key: &[u8], message: &[&[u8]], signature: &[u8]) -> bool {
        match self {
            Self::Sha256 => mac_fits::<Hmac<Sha256>>(key, message, signature),
            Self::Sha512 => mac_fits::<Hmac<Sha512>>(key, message, signature),
        }
    }
}

fn mac_fits<M: Mac + KeyInit>(key: &[u8], message: &[&[u8]], signature: &[u8]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return false };
    message.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok()
}

impl Key {
    fn of(&self, secret: &Secret) -> Option<Vec<u8>> {
        let text = secret.expose();
        self.form.read(text.strip_prefix(&*self.prefix).unwrap_or(text))
    }
}

impl Form {
    fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Plain => Some(text.as_bytes().to_vec()),
            Self::Base64 => STANDARD.decode(text).ok(),
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
    /// The parts of a text with `{id}`, `{timestamp}` and `{body}` in it, or the first that is
    /// none.
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

impl core::fmt::Display for Forgery {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Missing => "its proof is missing or cannot be read",
            Self::Stale => "it was signed too long ago, or in the future",
            Self::Wrong => "no secret in force fits its proof",
        })
    }
}
