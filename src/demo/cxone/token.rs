//! Tokens by client credentials (RFC 6749), and whether a request has a valid one.

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

use serde_json::json;

use crate::demo::cxone::{Access, refusal};
use crate::demo::http::{Incoming, json_reply};
use crate::limits::DEMO_TOKENS_MAX;
use crate::model::http::Reply;
use crate::model::rng::Rng;
use crate::model::time::UtcMs;

/// The tokens that are valid, the oldest first.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    rng: Rng,
    valid: VecDeque<Token>,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    until: UtcMs,
    scopes: String,
}

impl Tokens {
    pub(super) const fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), valid: VecDeque::new() }
    }

    /// Answers a request for a token.
    pub(super) fn issue(&mut self, incoming: &Incoming, access: &Access, utc: UtcMs) -> Reply {
        let scopes = match check(incoming, access) {
            Ok(scopes) => scopes,
            Err(reply) => return reply,
        };
        self.valid.retain(|token| utc < token.until);
        if self.valid.len() >= DEMO_TOKENS_MAX {
            self.valid.pop_front();
        }
        let text = format!("demo-{:016x}{:016x}", self.rng.next(), self.rng.next());
        let answer = json!({
            "access_token": text,
            "token_type": "Bearer",
            "expires_in": access.token_life.whole_secs(),
            "scope": scopes,
        });
        self.valid.push_back(Token { text, until: utc + access.token_life, scopes });
        json_reply(200, &answer).with_header("cache-control", "no-store")
    }

    /// The refusal that the `Authorization` header of a request for data deserves, if any.
    pub(super) fn refuse(&self, authorization: Option<&str>, utc: UtcMs) -> Option<Reply> {
        let Some(text) = authorization.and_then(|value| value.strip_prefix("Bearer ")) else {
            return Some(unauthorized("a bearer token is needed"));
        };
        match self.valid.iter().find(|token| token.text == text) {
            None => Some(unauthorized("the token is unknown")),
            Some(token) if token.until <= utc => Some(unauthorized("the token has expired")),
            Some(token) if !token.scopes.split(' ').any(|scope| scope == "realtime:read") => {
                Some(refusal(403, "insufficient_scope", "realtime:read is needed"))
            }
            Some(_) => None,
        }
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

const SCOPES: &[&str] = &["realtime:read", "analytics:read", "offline_access"];

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
        let bearer = token_of(&tokens.issue(&request(GOOD), &access(), NOW));
        assert_eq!(tokens.refuse(Some(&bearer), NOW + Span::millis(3_599_999)), None);
        assert_eq!(tokens.refuse(Some(&bearer), NOW + Span::secs(3_600)).unwrap().status, 401);
        assert_eq!(tokens.refuse(Some("Bearer demo"), NOW).unwrap().status, 401);
        assert_eq!(tokens.refuse(None, NOW).unwrap().status, 401);
        let blind = GOOD.replace("realtime:read%20", "");
        let bearer = token_of(&tokens.issue(&request(&blind), &access(), NOW));
        assert_eq!(tokens.refuse(Some(&bearer), NOW).unwrap().status, 403);
    }

    #[test]
    fn a_request_that_is_off_gets_no_token() {
        let mut tokens = Tokens::new(1);
        let mut status = |incoming: &Incoming| tokens.issue(incoming, &access(), NOW).status;
        assert_eq!(status(&request(&GOOD.replace("%2B", "+"))), 401, "a plus is a space");
        assert_eq!(status(&request(&GOOD.replace("=demo", "=other"))), 401);
        assert_eq!(status(&request(&GOOD.replace("client_credentials", "password"))), 400);
        assert_eq!(status(&request(&GOOD.replace("analytics", "payroll"))), 400);
        assert_eq!(status(&request(&GOOD.replace("scope=", "scopes="))), 400);
        assert_eq!(status(&Incoming::post_json("/oauth/token", GOOD)), 400);
    }

    #[test]
    fn the_oldest_token_gives_way() {
        let mut tokens = Tokens::new(1);
        let first = token_of(&tokens.issue(&request(GOOD), &access(), NOW));
        for _ in 0..DEMO_TOKENS_MAX {
            tokens.issue(&request(GOOD), &access(), NOW);
        }
        assert_eq!(tokens.valid.len(), DEMO_TOKENS_MAX);
        assert_eq!(tokens.refuse(Some(&first), NOW).unwrap().status, 401);
    }
}
