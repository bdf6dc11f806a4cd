//! Reads the reply to a request for a token.
//!
//! # Promises
//! - `a_refusal_quotes_only_the_oauth_error`: a server may echo what it was sent.
//! - `a_token_never_prints`

use alloc::string::String;

use crate::limits::{TOKEN_LIFE_MAX, TOKEN_LIFE_UNSAID};
use crate::model::http::Reply;
use crate::model::secret::Secret;
use crate::model::time::Span;
use crate::platform::convert::number_of;
use crate::platform::path::{Found, parse_body};
use crate::platform::{Definition, VendorFault};

/// An access token and how long it lives from the moment of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What goes into the header.
    pub secret: Secret,
    /// At least one millisecond, at most [`TOKEN_LIFE_MAX`].
    pub life: Span,
}

impl Definition {
    /// Reads the reply to [`Self::token_request`].
    ///
    /// # Errors
    /// A refusal, or what about the reply is not a token.
    pub fn read_token(&self, reply: &Reply) -> Result<Token, VendorFault> {
        if !(200..300).contains(&reply.status) {
            return Err(refusal(reply));
        }
        let body = parse_body(&reply.body)?;
        let auth = &self.auth;
        let found = auth.token.find(&body);
        let text = found.as_string().map(|text| text.trim()).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| VendorFault::NoToken { path: auth.token.text().into() })?;
        let life = match auth.life_seconds.look(&body) {
            Found::Nothing | Found::Unfit => TOKEN_LIFE_UNSAID,
            Found::Value(value) => number_of(&value).and_then(life).ok_or_else(|| {
                VendorFault::BadTokenLife { path: auth.life_seconds.text().into() }
            })?,
        };
        Ok(Token { secret: Secret::new(text), life })
    }
}

fn life(seconds: f64) -> Option<Span> {
    #[expect(clippy::as_conversions, reason = "a cast of a float stops at the type's bounds")]
    let millis = (seconds * 1_000.0) as i64;
    (millis > 0).then(|| Span(millis.min(TOKEN_LIFE_MAX.0)))
}

/// RFC 6749 section 5.2 names the fields that a refusal explains itself with.
fn refusal(reply: &Reply) -> VendorFault {
    let field = |name: &str| {
        let body = parse_body(&reply.body).ok()?;
        let text = body.as_object()?.get(name)?.as_string()?.clone();
        Some(text.chars().filter(|c| !c.is_control()).take(120).collect::<String>())
    };
    let excerpt = field("error").unwrap_or_default();
    VendorFault::Refused { status: reply.status, excerpt: excerpt.into() }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::platform::built_in;

    fn read(status: u16, body: &str) -> Result<Token, VendorFault> {
        let [definition] = built_in().try_into().unwrap();
        definition.read_token(&Reply::new(status, "application/json", body))
    }

    #[test]
    fn a_token_lives_as_long_as_the_reply_says() {
        let life = |body| read(200, body).map(|token| token.life);
        assert_eq!(life(r#"{"access_token":"t","expires_in":3600}"#), Ok(Span::secs(3_600)));
        assert_eq!(life(r#"{"access_token":"t","expires_in":"900"}"#), Ok(Span::secs(900)));
        assert_eq!(life(r#"{"access_token":"t"}"#), Ok(TOKEN_LIFE_UNSAID));
        assert_eq!(life(r#"{"access_token":"t","expires_in":1e300}"#), Ok(TOKEN_LIFE_MAX));
        let bad = VendorFault::BadTokenLife { path: "expires_in".into() };
        for body in ["0", "-1", "null", "\"soon\""] {
            let body = format!(r#"{{"access_token":"t","expires_in":{body}}}"#);
            assert_eq!(read(200, &body), Err(bad.clone()), "{body}");
        }
    }

    #[test]
    fn a_reply_without_a_token_says_which_field_was_looked_for() {
        let none = Err(VendorFault::NoToken { path: "access_token".into() });
        for body in [r#"{"token":"t"}"#, r#"{"access_token":" "}"#, r#"{"access_token":7}"#, "[]"] {
            assert_eq!(read(200, body), none, "{body}");
        }
        assert!(matches!(read(200, "<html>"), Err(VendorFault::NotJson(_))));
    }

    #[test]
    fn a_refusal_quotes_only_the_oauth_error() {
        let body = r#"{"error":"invalid_client","hint":"you sent hunter2"}"#;
        let fault = read(401, body).unwrap_err();
        let wanted = VendorFault::Refused { status: 401, excerpt: "invalid_client".into() };
        assert_eq!(fault, wanted);
        assert_eq!(format!("{}", read(502, "hunter2").unwrap_err()), "the platform answered 502");
    }

    #[test]
    fn a_token_never_prints() {
        let token = read(200, r#"{"access_token":"hunter2","expires_in":60}"#).unwrap();
        assert!(!format!("{token:?}").contains("hunter2"));
    }
}
