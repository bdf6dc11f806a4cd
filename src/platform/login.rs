//! From a source's secrets to a session: a token by request, and what discovery gives besides.
//!
//! A login is a row of steps, each one request: the token, or its renewal by a refresh token, and
//! then each discovery step. Texts taken from the answers fill the addresses after them.
//!
//! # Promises
//! - `a_refusal_quotes_only_the_oauth_error`: a server may echo what it was sent.
//! - `a_token_never_prints`
//! - `an_address_that_leads_elsewhere_is_refused`: no token goes to a host that nobody named.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jmespath::Rcvar;

use crate::limits::{POLL_DEADLINE, TOKEN_LIFE_MAX, TOKEN_LIFE_UNSAID};
use crate::model::config::SourceConfig;
use crate::model::http::{Method, Reply, Request, percent_encode};
use crate::model::login::token_life;
use crate::model::secret::{Secret, Secrets};
use crate::model::time::Span;
use crate::platform::convert::number_of;
use crate::platform::discovery::{Discovery, Take, usable};
use crate::platform::fill::Filling;
use crate::platform::path::{Found, Path, parse_body};
use crate::platform::template::Template;
use crate::platform::{Definition, Json, SourceFault, VendorFault};

/// How a source proves who it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Auth {
    /// Anybody may ask.
    Nothing,
    /// Headers with every request.
    Headers(Vec<(Box<str>, Template)>),
    /// A token by request, and maybe a cheaper way to the next one.
    Login(Box<Login>, Option<Box<Login>>),
    /// AWS Signature Version 4 on every request.
    Aws {
        access_key_id: Template,
        secret_access_key: Template,
        region: Template,
        service: Template,
    },
}

/// A request for a token, and where its answer has what.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Login {
    pub(super) url: Template,
    pub(super) client: ClientAuth,
    pub(super) body: LoginBody,
    pub(super) token: Path,
    pub(super) life_seconds: Path,
    pub(super) refresh_token: Option<Path>,
    pub(super) take: Vec<Take>,
}

/// Where an OAuth client says its id and secret.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ClientAuth {
    InBody,
    /// HTTP Basic; `encoded` as RFC 6749 section 2.3.1 asks, which not every vendor does.
    Basic {
        id: Template,
        secret: Template,
        encoded: bool,
    },
}

/// What is sent for a token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LoginBody {
    Form(Vec<(Box<str>, Template)>),
    Json(Vec<(Box<str>, Json)>),
}

/// What a login gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What goes into the header; empty where no token is needed.
    pub token: Secret,
    /// At least one millisecond, at most [`TOKEN_LIFE_MAX`].
    pub life: Span,
    /// What the next login may be made with.
    refresh: Option<Secret>,
    /// The texts that were taken from the answers.
    pub(super) texts: Texts,
}

pub(super) type Texts = BTreeMap<Box<str>, Box<str>>;

/// A login under way.
#[derive(Debug, Clone, Default)]
pub struct LoginDraft {
    step: usize,
    /// The session that is renewed by its refresh token. What was taken for it still holds, and so
    /// does the token itself where the platform gives no other (RFC 6749 section 6).
    renewed: Option<Session>,
    session: Option<Session>,
}

impl LoginDraft {
    /// What a refusal must not quote: every token that its requests may have carried.
    pub fn tokens(&self) -> impl Iterator<Item = &Secret> {
        self.session.iter().chain(&self.renewed).flat_map(Session::tokens)
    }
}

/// What a login does next.
#[derive(Debug, Clone, PartialEq)]
pub enum LoginStep {
    /// This is asked for; the answer goes to [`Definition::read_login`].
    Ask(Request),
    /// There is a session.
    Done(Session),
}

impl Session {
    /// A session of a token alone.
    #[must_use]
    pub const fn of(token: Secret, life: Span) -> Self {
        Self { token, life, refresh: None, texts: BTreeMap::new() }
    }

    /// What a refusal must not quote.
    pub fn tokens(&self) -> impl Iterator<Item = &Secret> {
        [&self.token].into_iter().chain(&self.refresh)
    }

    /// The beginning of the next login.
    #[must_use]
    pub fn renewal(&self) -> LoginDraft {
        let renewed = self.refresh.is_some().then(|| self.clone());
        LoginDraft { renewed, ..LoginDraft::default() }
    }
}

impl Definition {
    /// The next step of a login.
    ///
    /// # Errors
    /// Says which parameter or secret is missing.
    pub fn login(
        &self,
        source: &SourceConfig,
        secrets: &Secrets,
        draft: &LoginDraft,
    ) -> Result<LoginStep, SourceFault> {
        let none = Texts::new();
        let known = draft.session.as_ref().or(draft.renewed.as_ref());
        let texts = known.map_or(&none, |session| &session.texts);
        let token = draft.session.as_ref().map(|session| &session.token);
        let refresh = draft.renewed.as_ref().and_then(|renewed| renewed.refresh.as_ref());
        let token = token.or(refresh);
        let filling = Filling { token, ..Filling::new(self, source, secrets, texts) };
        if let Some(login) = self.token_step(draft) {
            return login.request(&filling).map(LoginStep::Ask);
        }
        if let Some(discovery) = self.discovery_step(draft) {
            let mut headers = Vec::new();
            for (name, value) in discovery.headers.iter().chain(self.auth_headers()) {
                headers.push((name.clone(), filling.fill(value)?.into()));
            }
            let request = Request {
                method: Method::Get,
                url: filling.url(&discovery.url)?,
                headers,
                body: Vec::new(),
                deadline: POLL_DEADLINE,
                identity: None,
                network_of: None,
            };
            return Ok(LoginStep::Ask(request));
        }
        let session = draft.session.clone();
        Ok(LoginStep::Done(session.unwrap_or(Session::of(Secret::new(""), TOKEN_LIFE_MAX))))
    }

    /// Reads the answer to the step that [`Self::login`] asked for at `url`.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_login(
        &self,
        source: &SourceConfig,
        mut draft: LoginDraft,
        url: &str,
        reply: &Reply,
    ) -> Result<LoginDraft, VendorFault> {
        if !(200..300).contains(&reply.status) {
            return Err(refusal(reply));
        }
        let body = parse_body(&reply.body)?;
        let mut session = draft.session.take();
        let takes = if let Some(login) = self.token_step(&draft) {
            session = Some(login.read(&body, draft.renewed.take())?);
            &login.take
        } else if let Some(discovery) = self.discovery_step(&draft) {
            &discovery.take
        } else {
            return Ok(draft);
        };
        let mut session = session.unwrap_or(Session::of(Secret::new(""), TOKEN_LIFE_MAX));
        for take in takes {
            let text = take.text(&body)?;
            self.may_lead_to(source, url, &text)?;
            session.texts.insert(take.name.clone(), text);
        }
        draft.session = Some(session);
        draft.step += 1;
        Ok(draft)
    }

    /// What a login step is called in the log.
    #[must_use]
    pub fn login_step_name(&self, draft: &LoginDraft) -> &str {
        match (self.token_step(draft), self.discovery_step(draft)) {
            (Some(_), _) => "token",
            (None, Some(discovery)) => &discovery.name,
            (None, None) => "session",
        }
    }

    /// The request for a token, where the login stands at it; with the refresh token, if there is
    /// one.
    fn token_step(&self, draft: &LoginDraft) -> Option<&Login> {
        let Auth::Login(login, refresh) = &self.auth else { return None };
        let by_refresh = refresh.as_ref().filter(|_| draft.renewed.is_some());
        (draft.step == 0).then(|| &**by_refresh.unwrap_or(login))
    }

    fn discovery_step(&self, draft: &LoginDraft) -> Option<&Discovery> {
        let logins = usize::from(matches!(self.auth, Auth::Login(..)));
        self.discovery.get(draft.step.checked_sub(logins)?)
    }

    pub(super) fn auth_headers(&self) -> &[(Box<str>, Template)] {
        match &self.auth {
            Auth::Headers(headers) => headers,
            Auth::Nothing | Auth::Login(..) | Auth::Aws { .. } => &[],
        }
    }
}

impl Login {
    fn request(&self, filling: &Filling<'_>) -> Result<Request, SourceFault> {
        let (media_type, body) = match &self.body {
            LoginBody::Form(fields) => {
                let mut body = String::new();
                for (name, value) in fields {
                    let separator = if body.is_empty() { "" } else { "&" };
                    let value = percent_encode(&filling.fill(value)?);
                    body.push_str(&format!("{separator}{name}={value}"));
                }
                ("application/x-www-form-urlencoded", body)
            }
            LoginBody::Json(entries) => ("application/json", filling.json(entries.iter())?),
        };
        let mut headers = Vec::from([("content-type".into(), media_type.into())]);
        if let ClientAuth::Basic { id, secret, encoded } = &self.client {
            let part = |template| {
                let text = filling.fill(template)?;
                // A colon parts the two.
                Ok(if *encoded { percent_encode(&text).replace(':', "%3A") } else { text })
            };
            let pair = format!("{}:{}", part(id)?, part(secret)?);
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
            headers.push(("authorization".into(), value.into()));
        }
        Ok(Request {
            method: Method::Post,
            url: filling.url(&self.url)?,
            headers,
            body: body.into_bytes(),
            deadline: POLL_DEADLINE,
            identity: None,
            network_of: None,
        })
    }

    fn read(&self, body: &Rcvar, renewed: Option<Session>) -> Result<Session, VendorFault> {
        let secret = |path: &Path| usable(&path.find(body)).map(Secret::new);
        let token = secret(&self.token)
            .ok_or_else(|| VendorFault::NoToken { path: self.token.text().into() })?;
        let life = match self.life_seconds.look(body) {
            Found::Nothing | Found::Unfit => TOKEN_LIFE_UNSAID,
            Found::Value(value) => number_of(&value).and_then(token_life).ok_or_else(|| {
                VendorFault::BadTokenLife { path: self.life_seconds.text().into() }
            })?,
        };
        let refresh = self.refresh_token.as_ref().and_then(secret);
        let (old, texts) = renewed.map(|old| (old.refresh, old.texts)).unwrap_or_default();
        Ok(Session { token, life, refresh: refresh.or(old), texts })
    }
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
    use crate::platform::fixtures::{named, source};

    const LOGIN: &str = "https://api.nice-incontact.com/oauth/token";

    fn read(status: u16, body: &str) -> Result<Session, VendorFault> {
        let definition = named("nice-cxone-guide");
        let (source, draft) = (source(&definition, &[]), LoginDraft::default());
        let reply = Reply::new(status, "application/json", body);
        let draft = definition.read_login(&source, draft, LOGIN, &reply)?;
        match definition.login(&source, &Secrets::default(), &draft) {
            Ok(LoginStep::Done(session)) => Ok(session),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_token_lives_as_long_as_the_reply_says() {
        let life = |body| read(200, body).map(|session| session.life);
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
