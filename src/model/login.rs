//! How the hub shows a server who it is, where a header or a token does it.
//!
//! # Promises
//! - `a_life_is_believed_up_to_a_bound`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::limits::TOKEN_LIFE_MAX;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::time::Span;

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
    /// `Authorization: Bearer`, with a token that it logs in for.
    Client(OAuthClient),
}

/// A client of OAuth 2.0 that gets its tokens by its own credentials (RFC 6749, 4.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OAuthClient {
    /// Where it asks for one.
    pub token_url: Box<str>,
    /// Who it is.
    pub id: Box<str>,
    /// What proves that.
    pub secret: SecretRef,
    /// What the token is for, where they want to know.
    pub scope: Option<Box<str>>,
}

impl HttpLogin {
    /// The secret that it needs.
    #[must_use]
    pub const fn secret(&self) -> Option<&SecretRef> {
        match self {
            Self::None => None,
            Self::Bearer(secret) | Self::Basic { password: secret, .. } => Some(secret),
            Self::Client(client) => Some(&client.secret),
        }
    }

    /// The client whose token is shown; nothing where none is logged in for.
    #[must_use]
    pub const fn client(&self) -> Option<&OAuthClient> {
        match self {
            Self::Client(client) => Some(client),
            Self::None | Self::Bearer(_) | Self::Basic { .. } => None,
        }
    }

    /// The value of `Authorization`; nothing where nothing is shown.
    ///
    /// # Errors
    /// The secret that could not be read, or is empty; of a client that has no token yet, its own.
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
            Self::Client(client) => {
                let token = secrets.token(client).ok_or(&client.secret)?;
                format!("Bearer {}", token.expose())
            }
        };
        Ok(Some(Zeroizing::new(value)))
    }
}

/// How long a token lives that says so in seconds, up to [`TOKEN_LIFE_MAX`]; nothing where that is
/// no time.
#[must_use]
pub fn token_life(seconds: f64) -> Option<Span> {
    #[expect(clippy::as_conversions, reason = "a cast of a float stops at the type's bounds")]
    let millis = (seconds * 1_000.0) as i64;
    (millis > 0).then(|| Span(millis.min(TOKEN_LIFE_MAX.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_believed_up_to_a_bound() {
        assert_eq!(token_life(1_799.0), Some(Span::secs(1_799)));
        assert_eq!(token_life(1e300), Some(TOKEN_LIFE_MAX));
        for none in [0.0, -1.0, f64::NAN] {
            assert_eq!(token_life(none), None, "{none}");
        }
    }
}
