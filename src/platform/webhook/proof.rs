//! How a delivery proves that it comes from whom we believe.
//!
//! A signature is over the exact bytes, before anybody parses them, and compared in constant time.
//! Two secrets may be in force while one is replaced by the other. Where a definition names several
//! proofs any one of them will do.
//!
//! # Promises
//! - `the_published_vectors_are_genuine_and_with_one_byte_changed_they_are_not`
//! - `an_old_signature_is_a_replay`
//! - `without_a_proof_nothing_is_believed`
//! - `either_of_two_secrets_will_do`
//! - `any_one_of_several_proofs_will_do`
//! - `a_certificate_is_believed_by_its_fingerprint`
//!
//! # Not here
//! Which deliveries were seen before: that is `ingest`. How a signature is made: `signature`, and
//! `twilio` for the one that is like no other.

use alloc::boxed::Box;

use sha2::{Digest, Sha256};

use crate::model::delivery::Delivery;
use crate::model::secret::Secret;
use crate::model::time::UtcMs;
use crate::platform::webhook::signature::{Form, Signature, Signed};
use crate::platform::webhook::{Webhook, twilio};

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
    /// A keyed hash or a signature of the body.
    Signature(Box<Signature>),
    /// A keyed hash of the address and the fields of a form.
    Twilio,
    /// The certificate that it shows while the connection is made.
    Certificate,
}

/// What a source believes deliveries by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trust<'a> {
    /// The secrets in force.
    pub secrets: &'a [&'a Secret],
    /// The whole address that the delivery was sent to, as its sender knows it.
    pub address: Option<&'a str>,
    /// The SHA-256 fingerprints of client certificates.
    pub certificates: &'a [Box<str>],
}

/// Whether a delivery is what it claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// Its sender knows the secret at this place among those in force; 0 for a certificate.
    Genuine(usize),
    /// It is not to be believed.
    Forged(Forgery),
}

/// Why a delivery is not believed. Of several reasons the last in this order is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forgery {
    /// The header that should hold the proof, its time or its id is not there, or is unreadable.
    Missing,
    /// It was signed too long ago, or in the future.
    Stale,
    /// No secret in force fits.
    Wrong,
}

impl Proof {
    /// Whether the sender signs the address that it sends to, so that the source has to name it.
    pub(in crate::platform) fn signs_address(&self) -> bool {
        match self {
            Self::Twilio => true,
            Self::Signature(signature) => signature.signed.contains(&Signed::Url),
            Self::Token { .. } | Self::Certificate => false,
        }
    }

    /// The headers that senders with this proof have their id in, besides a signed one.
    pub(in crate::platform) fn usual_ids(&self) -> &[Box<str>] {
        match self {
            Self::Signature(signature) => &signature.usual_ids,
            Self::Token { .. } | Self::Twilio | Self::Certificate => &[],
        }
    }
}

impl Webhook {
    /// Looks at a delivery's proof.
    #[must_use]
    pub fn prove(&self, delivery: &Delivery, trust: &Trust<'_>, now: UtcMs) -> Proven {
        prove(&self.proofs, delivery, trust, now)
    }
}

/// Looks at a delivery's proof: any one will do.
pub(super) fn prove(
    proofs: &[Proof],
    delivery: &Delivery,
    trust: &Trust<'_>,
    now: UtcMs,
) -> Proven {
    let mut why = Forgery::Missing;
    for proof in proofs {
        let verdict = match proof {
            Proof::Token { header, prefix, form } => {
                token(delivery, header, prefix, *form, trust.secrets)
            }
            Proof::Signature(signature) => signature.verify(delivery, trust, now),
            Proof::Twilio => twilio::verify(delivery, trust),
            Proof::Certificate => certificate(delivery, trust.certificates),
        };
        match verdict {
            Ok(place) => return Proven::Genuine(place),
            Err(forgery) => why = why.max(forgery),
        }
    }
    Proven::Forged(why)
}

fn token(
    delivery: &Delivery,
    header: &str,
    prefix: &str,
    form: Form,
    secrets: &[&Secret],
) -> Result<usize, Forgery> {
    let shown = delivery.header(header).and_then(|value| value.strip_prefix(prefix));
    let shown = form.read(shown.ok_or(Forgery::Missing)?).ok_or(Forgery::Missing)?;
    // Hashes of one length are compared, so that the time says nothing, not even of the length.
    let shown = Sha256::digest(&shown);
    let fits = |secret: &&Secret| {
        let known = Sha256::digest(secret.expose().as_bytes());
        shown.iter().zip(known).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
    };
    secrets.iter().position(fits).ok_or(Forgery::Wrong)
}

/// A fingerprint is no secret, so that its comparison may take the time that it takes.
fn certificate(delivery: &Delivery, known: &[Box<str>]) -> Result<usize, Forgery> {
    let shown = delivery.client_certificate.as_ref().ok_or(Forgery::Missing)?;
    if known.contains(shown) { Ok(0) } else { Err(Forgery::Wrong) }
}

impl core::fmt::Display for Forgery {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Missing => "its proof is missing or cannot be read",
            Self::Stale => "it was signed too long ago, or in the future",
            Self::Wrong => "no secret or certificate in force fits its proof",
        })
    }
}
