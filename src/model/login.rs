//! How the hub shows a server of HTTP who it is, where a header does it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::secret::{Secret, SecretRef, Secrets};

/// How the hub shows who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpLogin {
    /// Not at all.
    None,
    /// `Authorization: Bearer`.
    Bearer(SecretRef),
    /// `Authorization: Basic`.
    Basic {
        /// The user.
        user: Box<str>,
        /// The password.
        password: SecretRef,
    },
}

impl HttpLogin {
    /// The secret that it needs.
    #[must_use]
    pub const fn secret(&self) -> Option<&SecretRef> {
        match self {
            Self::None => None,
            Self::Bearer(secret) | Self::Basic { password: secret, .. } => Some(secret),
        }
    }

    /// The value of `Authorization`; nothing where nothing is shown.
    ///
    /// # Errors
    /// The secret that could not be read, or is empty.
    pub fn authorization(
        &self,
        secrets: &Secrets,
    ) -> Result<Option<Zeroizing<String>>, &SecretRef> {
        let find = |reference| {
            let secret = secrets.get(reference).map(Secret::expose);
            secret.filter(|text| !text.is_empty()).ok_or(reference)
        };
        let value = match self {
            Self::None => return Ok(None),
            Self::Bearer(token) => format!("Bearer {}", find(token)?),
            Self::Basic { user, password } => {
                let pair = Zeroizing::new(format!("{user}:{}", find(password)?));
                format!("Basic {}", STANDARD.encode(pair.as_bytes()))
            }
        };
        Ok(Some(Zeroizing::new(value)))
    }
}
