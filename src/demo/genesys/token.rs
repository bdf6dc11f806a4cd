//! `POST /oauth/token` of the login host: client credentials by HTTP Basic, and nothing else.
//!
//! # Promises
//! - `a_client_gets_a_token_by_basic_authentication`: as the official SDKs ask for it.
//! - `secrets_and_scopes_in_the_body_are_refused`: the guide's form is not the vendor's.

use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::demo::genesys::Access;
use crate::demo::genesys::refusal::login_refusal;
use crate::demo::http::{Incoming, json_reply};
use crate::demo::tokens::Tokens;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// Answers a request for a token.
pub(super) fn issue(
    tokens: &mut Tokens,
    incoming: &Incoming,
    access: &Access,
    utc: UtcMs,
) -> Reply {
    if let Err(reply) = check(incoming, access) {
        return reply;
    }
    let body = json!({
        "access_token": tokens.issue(access.token_life, "", utc),
        "token_type": "bearer",
        "expires_in": access.token_life.whole_secs(),
    });
    json_reply(200, &body)
}

fn check(incoming: &Incoming, access: &Access) -> Result<(), Reply> {
    if incoming.media_type() != "application/x-www-form-urlencoded" {
        let why = "the content type has to be application/x-www-form-urlencoded";
        return Err(login_refusal(400, "invalid_request", why));
    }
    let expected = format!("{}:{}", access.client_id, access.client_secret);
    if basic(incoming).as_deref() != Some(expected.as_str()) {
        let why = "client not found, or not its secret in the authorization header";
        return Err(login_refusal(401, "invalid_client", why));
    }
    let mut granted = false;
    for (name, value) in incoming.form() {
        if name != "grant_type" {
            let why = format!("{name} is not taken with client credentials");
            return Err(login_refusal(400, "invalid_request", &why));
        }
        if value != "client_credentials" {
            let why = "it has to be client_credentials";
            return Err(login_refusal(400, "unsupported_grant_type", why));
        }
        granted = true;
    }
    if granted {
        Ok(())
    } else {
        Err(login_refusal(400, "invalid_request", "grant_type is missing"))
    }
}

fn basic(incoming: &Incoming) -> Option<String> {
    let encoded = incoming.header("authorization")?.strip_prefix("Basic ")?;
    String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use serde_json::Value;

    use super::*;
    use crate::demo::tokens::Standing;
    use crate::model::time::Span;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);
    /// Base64 of `hub:se+cret:x`.
    const BASIC: &str = "Basic aHViOnNlK2NyZXQ6eA==";

    fn access() -> Access {
        Access {
            client_id: "hub".into(),
            client_secret: "se+cret:x".into(),
            token_life: Span::secs(86_400),
            requests_per_minute: 300,
            login_prefix: "".into(),
            api_prefix: "".into(),
        }
    }

    fn request(body: &str) -> Incoming {
        let incoming = Incoming::new("POST", "/oauth/token")
            .with_header("content-type", "application/x-www-form-urlencoded")
            .with_header("authorization", BASIC);
        Incoming { body: body.into(), ..incoming }
    }

    #[test]
    fn a_client_gets_a_token_by_basic_authentication() {
        let mut tokens = Tokens::new(1);
        let reply = issue(&mut tokens, &request("grant_type=client_credentials"), &access(), NOW);
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["access_token", "expires_in", "token_type"]);
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(86_400)));
        let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
        assert!(matches!(tokens.standing(Some(&bearer), NOW), Standing::Valid { .. }));
    }

    #[test]
    fn secrets_and_scopes_in_the_body_are_refused() {
        let status =
            |incoming: &Incoming| issue(&mut Tokens::new(1), incoming, &access(), NOW).status;
        assert_eq!(status(&request("grant_type=client_credentials&scope=analytics:query")), 400);
        assert_eq!(status(&request("grant_type=client_credentials&client_id=hub")), 400);
        assert_eq!(status(&request("grant_type=password")), 400);
        assert_eq!(status(&request("")), 400);
        let good = request("grant_type=client_credentials");
        let mut headless = good.clone();
        headless.headers.retain(|(name, _)| &**name != "authorization");
        assert_eq!(status(&headless), 401);
        let wrong = headless.with_header("authorization", "Basic aHViOm5vdA==");
        assert_eq!(status(&wrong), 401);
        assert_eq!(status(&Incoming { headers: [].into(), ..good }), 400);
    }
}
