//! A token endpoint for the credentials of a client (RFC 6749, 4.4), as strict as those of
//! ServiceNow and Microsoft: a form by POST, each field once, and no field that it does not know.

use alloc::collections::VecDeque;

use andon::demo::http::{Incoming, Reaction, json_reply};
use andon::model::http::Reply;
use andon::model::time::{Span, UtcMs};
use serde_json::json;

/// The endpoint, and the tokens that it gave.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
    /// What the token has to be for, where it wants to know.
    pub(crate) scope: Option<&'static str>,
    /// How long each token lives.
    pub(crate) life: Span,
    /// The tokens that are good, with their ends.
    pub(crate) tokens: Vec<(String, UtcMs)>,
    /// It gives the same token again as long as that lives, as ServiceNow documents.
    pub(crate) reissues: bool,
    /// How many tokens it gave.
    pub(crate) given: usize,
    /// How often it was asked.
    pub(crate) asked: usize,
    /// What it does in the place of its usual answer, once each.
    pub(crate) instead: VecDeque<Reaction>,
    pub(crate) complaints: Vec<String>,
}

impl Endpoint {
    /// One that gives tokens of half an hour, as ServiceNow does.
    pub(crate) fn new(id: &'static str, secret: &'static str) -> Self {
        Self {
            id,
            secret,
            scope: None,
            life: Span::secs(1_800),
            tokens: Vec::new(),
            reissues: false,
            given: 0,
            asked: 0,
            instead: VecDeque::new(),
            complaints: Vec::new(),
        }
    }

    /// Answers a request for a token.
    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        self.asked += 1;
        if let Some(reaction) = self.instead.pop_front() {
            return reaction;
        }
        let reply = match self.judge(incoming) {
            Ok(()) => {
                let mut living =
                    self.tokens.iter().filter(|(_, ends)| self.reissues && utc < *ends);
                let (token, ends) = living.next_back().cloned().unwrap_or_else(|| {
                    self.given += 1;
                    (format!("a-token-of-oauth-{}", self.given), utc + self.life)
                });
                self.tokens.push((token.clone(), ends));
                json_reply(
                    200,
                    &json!({
                        "access_token": token,
                        "token_type": "Bearer",
                        "expires_in": (ends - utc).whole_secs(),
                    }),
                )
            }
            Err((status, error)) => json_reply(status, &json!({ "error": error })),
        };
        Reaction::reply_at(reply, utc)
    }

    fn judge(&mut self, incoming: &Incoming) -> Result<(), (u16, &'static str)> {
        let header = |name| incoming.header(name).unwrap_or_default();
        let is_form = header("content-type") == "application/x-www-form-urlencoded";
        if &*incoming.method != "POST" || !is_form || header("accept") != "application/json" {
            self.complaints.push(format!("{} {}", incoming.method, header("content-type")));
            return Err((400, "invalid_request"));
        }
        let mut fields = incoming.form();
        fields.sort();
        let field = |name: &str| {
            fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let known = ["client_id", "client_secret", "grant_type", "scope"];
        let names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        if names.iter().any(|name| !known.contains(name))
            || !names.is_sorted_by(|one, next| one < next)
        {
            self.complaints.push(format!("{:?}", names));
            return Err((400, "invalid_request"));
        }
        match field("grant_type") {
            Some("client_credentials") => {}
            _ => return Err((400, "unsupported_grant_type")),
        }
        if (field("client_id"), field("client_secret")) != (Some(self.id), Some(self.secret)) {
            return Err((401, "invalid_client"));
        }
        if field("scope") != self.scope { Err((400, "invalid_scope")) } else { Ok(()) }
    }
}

/// A yes with an error inside.
pub(crate) fn yes_with(error: &str) -> Reaction {
    Reaction::reply_at(json_reply(200, &json!({ "error": error })), UtcMs(0))
}

/// It wants to be left alone for so many seconds.
pub(crate) fn throttled(seconds: u32) -> Reaction {
    let reply = Reply::empty(429).with_header("retry-after", &seconds.to_string());
    Reaction::reply_at(reply, UtcMs(0))
}
