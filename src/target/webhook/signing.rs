//! Signs a request as Standard Webhooks has it.
//!
//! # Promises
//! - `a_signature_is_the_one_that_others_verify`: by the vector that Standard Webhooks publishes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::secret::Secret;
use crate::model::time::UtcMs;

/// A signing secret, ready to sign. It is wiped when dropped.
pub(super) struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Reads `whsec_` and base64.
    ///
    /// # Errors
    /// Says what the secret has to look like, without showing it.
    pub(super) fn read(secret: &Secret) -> Result<Self, &'static str> {
        let encoded = secret
            .expose()
            .strip_prefix("whsec_")
            .ok_or("a signing secret begins with whsec_ and goes on in base64")?;
        let bytes = STANDARD.decode(encoded).map_err(|_| "what follows whsec_ is not base64")?;
        let bytes = Zeroizing::new(bytes);
        match bytes.len() {
            24..=64 => Ok(Self(bytes)),
            _ => Err("a signing secret has 24 to 64 bytes before base64"),
        }
    }

    /// The three headers of Standard Webhooks.
    pub(super) fn headers(&self, id: &str, at: UtcMs, body: &[u8]) -> [(&'static str, String); 3] {
        let seconds = at.0.div_euclid(1_000);
        let head = format!("{id}.{seconds}.");
        [
            ("webhook-id", id.into()),
            ("webhook-timestamp", format!("{seconds}")),
            ("webhook-signature", format!("v1,{}", self.sign(head.as_bytes(), body))),
        ]
    }

    fn sign(&self, head: &[u8], body: &[u8]) -> String {
        // HMAC takes keys of every length, so an empty signature is never sent.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(head);
        mac.update(body);
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_others_verify() {
        let [id, at, signature] = key().headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            UtcMs(1_614_265_330_999),
            b"{\"test\": 2432232314}",
        );
        assert_eq!(id, ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".into()));
        assert_eq!(at, ("webhook-timestamp", "1614265330".into()));
        let published = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature, ("webhook-signature", published.into()));
    }

    #[test]
    fn a_secret_of_another_form_is_refused_without_showing_it() {
        for bad in ["hunter2hunter2", "whsec_???", "whsec_aHVudGVyMg=="] {
            let why = Key::read(&Secret::new(bad)).err().unwrap();
            assert!(!why.contains("hunter") && !why.contains("aHVu"), "{why}");
        }
    }

    fn key() -> Key {
        Key::read(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
            .unwrap_or_else(|_| panic!())
    }
}
