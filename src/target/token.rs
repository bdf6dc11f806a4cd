//! The token of a target that lets us in as a client of OAuth 2.0: how it is asked for, what an
//! answer gives, and whose fault it is where that is none (RFC 6749, 4.4 and 5).
//!
//! # Promises
//! - `a_client_asks_in_a_form`
//! - `a_token_lives_as_long_as_the_answer_says`
//! - `every_refusal_has_its_mend`: a yes with an error inside is one, too.
//! - `nonsense_is_waited_for`
//! - `only_a_refused_login_says_something_of_a_token`
//!
//! # Not here
//! When it is asked for, and how long it is used: `dispatch` decides that.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use serde_json::Value;

use crate::limits::{TELL_DEADLINE, TOKEN_BYTES_MAX, TOKEN_LIFE_UNSAID};
use crate::model::http::{LinkFault, Method, Reply, Request, origin, percent_encode};
use crate::model::login::{OAuthClient, token_life};
use crate::model::mail::SAID_TO;
use crate::model::secret::{Secret, Secrets};
use crate::model::target::{TargetConfig, TargetKind};
use crate::model::time::Span;
use crate::target::delivery::{Delivery, retry_after};
use crate::target::{TargetFault, identity, secret};

/// A token that a client was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The token itself.
    pub token: Secret,
    /// How long it lives from now on; more than nothing.
    pub life: Span,
}

/// Why there is none: what the server said, and the mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoToken {
    /// It may pass.
    Later {
        /// No sooner than this, where the server asks for it.
        after: Option<Span>,
        /// What it said.
        why: Box<str>,
    },
    /// Somebody has to do something.
    Shut {
        /// What it said, and the mend.
        why: Box<str>,
    },
}

impl From<NoToken> for Delivery {
    fn from(none: NoToken) -> Self {
        match none {
            NoToken::Later { after, why } => Self::Later { after, why },
            NoToken::Shut { why } => Self::Disabled { why },
        }
    }
}

/// What an answer of a target says of the token that its request carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenWord {
    /// It let us in.
    Good,
    /// It did not.
    Refused,
    /// Nothing: other trouble came first.
    Nothing,
}

/// The request for a target's token.
///
/// # Errors
/// Says which secret is missing or unusable.
pub fn log_in(
    target: &TargetConfig,
    client: &OAuthClient,
    secrets: &Secrets,
) -> Result<Request, TargetFault> {
    let proof = secret(secrets, &client.secret)?.expose();
    let scope = client.scope.as_deref().map(|scope| ("scope", scope));
    let fields = [("client_id", &*client.id), ("client_secret", proof)].into_iter().chain(scope);
    let mut body = String::from("grant_type=client_credentials");
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", percent_encode(value)));
    }
    // A mail target's own authorities vouch for its mail server, not for who gives the token.
    let goes_alike = target.network.is_some() && !matches!(target.kind, TargetKind::Mail(_));
    Ok(Request {
        method: Method::Post,
        headers: [
            ("content-type".into(), "application/x-www-form-urlencoded".into()),
            ("accept".into(), "application/json".into()),
        ]
        .into(),
        body: body.into_bytes(),
        identity: identity(target, secrets)?,
        network_of: goes_alike.then(|| target.name.clone()),
        ..Request::get(&client.token_url, TELL_DEADLINE)
    })
}

/// What came of that request.
///
/// # Errors
/// Why there is no token.
pub fn granted(
    client: &OAuthClient,
    outcome: &Result<Reply, LinkFault>,
) -> Result<Granted, NoToken> {
    let of_it = |why: &str| format!("{}: {why}", origin(&client.token_url)).into();
    let later = |after, why: &str| Err(NoToken::Later { after, why: of_it(why) });
    let reply = match outcome {
        Ok(reply) => reply,
        Err(fault) => return later(None, &format!("{fault}")),
    };
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let text = |name: &str| body.as_ref()?.get(name)?.as_str();
    let error = text("error");
    if let (200..=299, Some(token), None) = (reply.status, text("access_token"), error) {
        return match (usable(token), life(body.as_ref())) {
            (Some(token), Some(life)) if is_bearer(text("token_type")) => {
                Ok(Granted { token, life })
            }
            _ => later(None, "its token cannot be used"),
        };
    }
    let said = match error {
        Some(error) => format!("no token, it answered {} {}", reply.status, word(error)),
        None => format!("no token, it answered {}", reply.status),
    };
    match refusal(reply.status, error) {
        Mend::Wait => later(retry_after(reply), &said),
        Mend::Do(what) => Err(NoToken::Shut { why: of_it(&format!("{said}; {what}")) }),
    }
}

/// What an answer says of the token that its request carried.
#[must_use]
pub fn token_word(outcome: &Result<Reply, LinkFault>) -> TokenWord {
    match outcome {
        Ok(reply) if reply.status == 401 => TokenWord::Refused,
        Ok(reply) if reply.status == 535 && reply.header(SAID_TO) == Some("AUTH") => {
            TokenWord::Refused
        }
        Ok(reply) if (200..300).contains(&reply.status) => TokenWord::Good,
        Ok(_) | Err(_) => TokenWord::Nothing,
    }
}

/// What helps where there is no token.
enum Mend {
    /// It may pass.
    Wait,
    /// Somebody has to do something.
    Do(&'static str),
}

fn refusal(status: u16, error: Option<&str>) -> Mend {
    match (status, error) {
        (408 | 429 | 500..=599, _) | (_, Some("temporarily_unavailable" | "server_error")) => {
            Mend::Wait
        }
        (_, Some("invalid_scope")) => Mend::Do("check the target's scope"),
        (_, Some("unauthorized_client" | "unsupported_grant_type" | "access_denied")) => {
            Mend::Do("let the client use the grant client_credentials there")
        }
        (_, Some("invalid_client")) | (401 | 403, None) => {
            Mend::Do("check the target's client_id and client_secret: a secret runs out, too")
        }
        (300..=399, _) => Mend::Do(
            "redirects are not followed: write the address that it leads to in the target's \
             token_url",
        ),
        (404 | 405, _) => Mend::Do("check the target's token_url"),
        // A page: of a proxy, or of an instance that sleeps.
        (200..=299, None) => Mend::Wait,
        _ => Mend::Do("check the target's token_url, client_id, client_secret and scope"),
    }
}

/// It stands in a header, and mail servers get it in one line.
fn usable(token: &str) -> Option<Secret> {
    let is_fit = !token.is_empty() && token.len() <= TOKEN_BYTES_MAX;
    (is_fit && token.chars().all(|c| c.is_ascii_graphic())).then(|| Secret::new(token))
}

/// `expires_in`, in seconds: some write the number as a text.
fn life(body: Option<&Value>) -> Option<Span> {
    match body?.get("expires_in") {
        None | Some(Value::Null) => Some(TOKEN_LIFE_UNSAID),
        Some(Value::String(text)) => token_life(text.trim().parse().ok()?),
        Some(number) => token_life(number.as_f64()?),
    }
}

/// Some leave out what it is.
fn is_bearer(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"))
}

/// One of RFC 6749's words. A server may echo what it was sent, and then it is none.
fn word(error: &str) -> &str {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    if error.len() <= 40 && error.chars().all(is_word) { error } else { "an error" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::TextOrSecret;
    use crate::model::login::HttpLogin;
    use crate::model::name::TargetName;
    use crate::model::secret::SecretRef;
    use crate::model::target::ServiceNowEvents;

    fn client(scope: Option<&str>) -> OAuthClient {
        OAuthClient {
            token_url: "https://login.example/oauth_token.do?x=1".into(),
            id: "an id".into(),
            secret: SecretRef::Credential("app".into()),
            scope: scope.map(Into::into),
        }
    }

    fn answered(status: u16, body: &str) -> Result<Granted, NoToken> {
        granted(&client(None), &Ok(Reply::new(status, "application/json", body)))
    }

    fn why(granted: Result<Granted, NoToken>) -> (&'static str, String) {
        match granted.unwrap_err() {
            NoToken::Later { why, .. } => ("later", why.into()),
            NoToken::Shut { why } => ("shut", why.into()),
        }
    }

    #[test]
    fn a_client_asks_in_a_form() {
        let kind = TargetKind::ServiceNowEvents(ServiceNowEvents {
            url: TextOrSecret::Text("https://x.example".into()),
            alerts_url: None,
            login: HttpLogin::None,
        });
        let target = TargetConfig::new(TargetName::new("snow").unwrap(), kind);
        let asked = |scope| {
            log_in(&target, &client(scope), &{
                let mut secrets = Secrets::default();
                secrets.put(SecretRef::Credential("app".into()), Secret::new("h&sh"));
                secrets
            })
        };
        let request = asked(Some("https://outlook.office365.com/.default")).unwrap();
        assert_eq!(
            String::from_utf8(request.body.clone()).unwrap(),
            "grant_type=client_credentials&client_id=an%20id&client_secret=h%26sh\
             &scope=https:%2F%2Foutlook.office365.com%2F.default"
        );
        assert_eq!((request.method, &*request.url), (Method::Post, &*client(None).token_url));
        assert!(!format!("{request:?}").contains("h%26sh"));
        assert!(asked(None).unwrap().body.ends_with(b"&client_secret=h%26sh"));
        let missing = log_in(&target, &client(None), &Secrets::default()).unwrap_err();
        assert!(matches!(missing, TargetFault::SecretMissing(_)), "{missing}");
    }

    #[test]
    fn a_token_lives_as_long_as_the_answer_says() {
        let life = |rest: &str| {
            let body = format!(r#"{{"access_token": "t0k"{rest}}}"#);
            answered(200, &body).map(|granted| granted.life)
        };
        assert_eq!(life(r#", "expires_in": 1799, "token_type": "bearer""#), Ok(Span::secs(1_799)));
        assert_eq!(life(r#", "expires_in": "3599""#), Ok(Span::secs(3_599)));
        assert_eq!(life(""), Ok(TOKEN_LIFE_UNSAID));
        for nonsense in
            [r#", "expires_in": 0"#, r#", "expires_in": []"#, r#", "token_type": "mac""#]
        {
            assert!(life(nonsense).is_err(), "{nonsense}");
        }
        let token = answered(200, r#"{"access_token": "t0k"}"#).unwrap();
        assert_eq!(token.token.expose(), "t0k");
        assert!(!format!("{token:?}").contains("t0k"));
    }

    #[test]
    fn every_refusal_has_its_mend() {
        for (status, error, mend) in [
            (401, "invalid_client", "client_id and client_secret"),
            (200, "invalid_client", "client_id and client_secret"),
            (400, "invalid_scope", "the target's scope"),
            (400, "unauthorized_client", "the grant client_credentials"),
            (400, "invalid_request", "token_url, client_id, client_secret and scope"),
            (400, "You sent hunter2", "token_url, client_id, client_secret and scope"),
        ] {
            let body = format!(r#"{{"error": "{error}", "access_token": "hunter2"}}"#);
            let (what, said) = why(answered(status, &body));
            assert!(what == "shut" && said.contains(mend), "{error}: {said}");
            assert!(said.starts_with("https://login.example: no token"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        for (status, mend) in [(403, "client_id"), (302, "token_url"), (404, "token_url")] {
            let (what, said) = why(answered(status, ""));
            assert!(what == "shut" && said.contains(mend), "{status}: {said}");
        }
    }

    #[test]
    fn nonsense_is_waited_for() {
        for (status, body) in [
            (200, "<html>Your instance is hibernating"),
            (200, "{}"),
            (200, "null"),
            (200, r#"{"access_token": "a b"}"#),
            (200, r#"{"access_token": ""}"#),
            (200, r#"{"access_token": 7}"#),
            (503, ""),
            (400, r#"{"error": "temporarily_unavailable"}"#),
        ] {
            assert_eq!(why(answered(status, body)).0, "later", "{status} {body}");
        }
        let busy = Reply::empty(429).with_header("retry-after", "17");
        let Err(NoToken::Later { after, .. }) = granted(&client(None), &Ok(busy)) else {
            panic!("it is tried again")
        };
        assert_eq!(after, Some(Span::secs(17)));
        let (what, said) = why(granted(&client(None), &Err(LinkFault::Timeout)));
        assert!(what == "later" && said.starts_with("https://login.example: "), "{said}");
    }

    #[test]
    fn only_a_refused_login_says_something_of_a_token() {
        let mail = |status, said_to| {
            token_word(&Ok(Reply::new(status, "text/plain", "x").with_header(SAID_TO, said_to)))
        };
        assert_eq!(mail(535, "AUTH"), TokenWord::Refused);
        assert_eq!(mail(535, "MAIL"), TokenWord::Nothing);
        assert_eq!(mail(250, "message"), TokenWord::Good);
        assert_eq!(token_word(&Ok(Reply::empty(401))), TokenWord::Refused);
        assert_eq!(token_word(&Ok(Reply::empty(403))), TokenWord::Nothing);
        assert_eq!(token_word(&Err(LinkFault::Timeout)), TokenWord::Nothing);
    }
}
