//! Tokens by client credentials (RFC 6749), and whether a request has a valid one.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use serde_json::json;

use crate::demo::cxone::{Access, refusal};
use crate::demo::http::{Incoming, json_reply};
use crate::demo::tokens::{Standing, Tokens};
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// Answers a request for a token.
pub(super) fn issue(
    tokens: &mut Tokens,
    incoming: &Incoming,
    access: &Access,
    utc: UtcMs,
) -> Reply {
    let scopes = match check(incoming, access) {
        Ok(scopes) => scopes,
        Err(reply) => return reply,
    };
    let answer = json!({
        "access_token": tokens.issue(access.token_life, &scopes, utc),
        "token_type": "Bearer",
        "expires_in": access.token_life.whole_secs(),
        "scope": scopes,
    });
    json_reply(200, &answer).with_header("cache-control", "no-store")
}

/// The refusal that the `Authorization` header of a request that needs a scope deserves, if any.
pub(super) fn refuse(
    tokens: &Tokens,
    authorization: Option<&str>,
    scope: &str,
    utc: UtcMs,
) -> Option<Reply> {
    match tokens.standing(authorization, utc) {
        Standing::Missing => Some(unauthorized("a bearer token is needed")),
        Standing::Unknown => Some(unauthorized("the token is unknown")),
        Standing::Expired => Some(unauthorized("the token has expired")),
        Standing::Valid { scopes, .. } if !scopes.split(' ').any(|known| known == scope) => {
            Some(refusal(403, "insufficient_scope", &format!("{scope} is needed")))
        }
        Standing::Valid { .. } => None,
    }
}

pub(super) fn unauthorized(why: &str) -> Reply {
    refusal(401, "invalid_token", why)
        .with_header("www-authenticate", "Bearer error=\"invalid_token\"")
}

/// The scopes that the token shall have, or the refusal.
fn check(incoming: &Incoming, access: &Access) -> Result<String, Reply> {
    if incoming.media_type() != "application/x-www-form-urlencoded" {
        let why = "the content type has to be application/x-www-form-urlencoded";
        return Err(refusal(400, "invalid_request", why));
    }
    let form = incoming.form();
    let field = |name: &str| {
        let value = form.iter().find(|(known, _)| known == name).map(|(_, value)| &**value);
        value.ok_or_else(|| refusal(400, "invalid_request", &format!("{name} is missing")))
    };
    if field("grant_type")? != "client_credentials" {
        return Err(refusal(400, "unsupported_grant_type", "it has to be client_credentials"));
    }
    if field("client_id")? != &*access.client_id
        || field("client_secret")? != &*access.client_secret
    {
        return Err(refusal(401, "invalid_client", "no such client, or not its secret"));
    }
    let scopes = field("scope")?;
    match scopes.split(' ').find(|scope| !SCOPES.contains(scope)) {
        Some(unknown) => {
            Err(refusal(400, "invalid_scope", &format!("there is no scope \"{unknown}\"")))
        }
        None => Ok(scopes.to_owned()),
    }
}

const SCOPES: &[&str] = &["realtime:read", "analytics:read", "offline_access", "webhook.manage"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);

    fn access() -> Access {
        Access {
            client_id: "demo".into(),
            client_secret: "se+cret".into(),
            token_life: Span::secs(3_600),
            requests_per_minute: 60,
        }
    }

    const GOOD: &str = "grant_type=client_credentials&client_id=demo&client_secret=se%2Bcret\
                        &scope=realtime:read%20analytics:read";

    fn request(body: &str) -> Incoming {
        let incoming = Incoming::new("POST", "/oauth/token")
            .with_header("content-type", "application/x-www-form-urlencoded");
        Incoming { body: body.into(), ..incoming }
    }

    fn token_of(reply: &Reply) -> String {
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["expires_in"], 3_600);
        format!("Bearer {}", body["access_token"].as_str().unwrap())
    }

    #[test]
    fn a_token_opens_the_door_until_it_expires() {
        let mut tokens = Tokens::new(1);
        let bearer = token_of(&issue(&mut tokens, &request(GOOD), &access(), NOW));
        assert_eq!(
            refuse(&tokens, Some(&bearer), "realtime:read", NOW + Span::millis(3_599_999)),
            None
        );
        assert_eq!(
            refuse(&tokens, Some(&bearer), "realtime:read", NOW + Span::secs(3_600))
                .unwrap()
                .status,
            401
        );
        assert_eq!(refuse(&tokens, Some("Bearer demo"), "realtime:read", NOW).unwrap().status, 401);
        assert_eq!(refuse(&tokens, None, "realtime:read", NOW).unwrap().status, 401);
        let blind = GOOD.replace("realtime:read%20", "");
        let bearer = token_of(&issue(&mut tokens, &request(&blind), &access(), NOW));
        assert_eq!(refuse(&tokens, Some(&bearer), "realtime:read", NOW).unwrap().status, 403);
    }

    #[test]
    fn a_request_that_is_off_gets_no_token() {
        let mut tokens = Tokens::new(1);
        let mut status = |incoming: &Incoming| issue(&mut tokens, incoming, &access(), NOW).status;
        assert_eq!(status(&request(&GOOD.replace("%2B", "+"))), 401, "a plus is a space");
        assert_eq!(status(&request(&GOOD.replace("=demo", "=other"))), 401);
        assert_eq!(status(&request(&GOOD.replace("client_credentials", "password"))), 400);
        assert_eq!(status(&request(&GOOD.replace("analytics", "payroll"))), 400);
        assert_eq!(status(&request(&GOOD.replace("scope=", "scopes="))), 400);
        assert_eq!(status(&Incoming::post_json("/oauth/token", GOOD)), 400);
    }
}
