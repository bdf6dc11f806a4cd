//! A simulated Genesys Cloud as guide 1 draws it: secrets and scopes in the body of the token
//! request, report definitions to poll, webhooks to register. The vendor has none of these.
//!
//! Where the guide is silent: `reports.rs` and `webhooks.rs` say our shapes. Errors, quota headers
//! and pages are those of the real API. Reports need the scope `analytics:query`, webhooks
//! `webhook:read`, which is the only one about them that the guide has.
//!
//! # Promises
//! - `the_token_request_of_the_guide_is_answered`: as it stands there.
//! - `a_token_without_the_scope_opens_nothing`: 403.
//! - `what_the_guide_has_not_is_404`: also the real API's paths.

mod reports;
#[cfg(test)]
mod tests;
mod webhooks;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use serde_json::{Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::genesys::distortion::Distortion;
use crate::demo::genesys::guide::webhooks::Webhooks;
use crate::demo::genesys::lines::Lines;
use crate::demo::genesys::refusal::{Refusal, login_refusal};
use crate::demo::genesys::view::View;
use crate::demo::genesys::{Access, FAULTS, NOTHING, STALE, Seen, correlation};
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::quota::{Quota, Spending};
use crate::demo::sender::Sight;
use crate::demo::tokens::{Standing, Tokens};
use crate::demo::traffic::Traffic;
use crate::model::http::Reply;
use crate::model::rng::Rng;
use crate::model::time::{Span, UtcMs};

/// The platform of the guide. It has one host, so [`Access::login_prefix`] is nothing to it.
#[derive(Debug, Clone)]
pub struct GenesysGuide {
    /// What is to go wrong.
    pub faults: Faults,
    /// What it has seen.
    pub seen: Seen,
    traffic: Traffic,
    access: Access,
    tokens: Tokens,
    quota: Quota,
    lines: Lines,
    webhooks: Webhooks,
    correlations: Rng,
}

impl GenesysGuide {
    /// A platform in front of some traffic. `seed` makes its tokens and correlation identifiers.
    #[must_use]
    pub fn new(traffic: Traffic, access: Access, seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            seen: Seen::default(),
            quota: Quota::new(access.requests_per_minute),
            tokens: Tokens::new(seed),
            traffic,
            access,
            lines: Lines::new(),
            webhooks: Webhooks::default(),
            correlations: Rng::new(!seed),
        }
    }

    /// The traffic behind it.
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Puts other traffic behind it, with the same queues; everything else goes on.
    pub fn set_traffic(&mut self, traffic: Traffic) {
        self.traffic = traffic;
    }

    /// What a sender of its webhooks has to look at.
    pub fn sight(&mut self, utc: UtcMs) -> Sight {
        self.lines.observe(&self.faults, utc);
        let sight = Sight::of(&mut self.traffic, utc);
        let at = sight.at + self.faults.skew(utc);
        Sight { at, trunks: self.lines.by_base(utc), ..sight }
    }

    /// The webhooks that are registered, as they are listed.
    #[must_use]
    pub fn webhooks(&self) -> &[Value] {
        self.webhooks.all()
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let ordered = self.faults.ordered(incoming, FAULTS, utc);
        self.lines.observe(&self.faults, utc);
        if let Some(reply) = ordered {
            return Reaction::reply_at(reply, utc);
        }
        if let ("GET", "/simulate/status") = (&*incoming.method, incoming.route()) {
            let mut shown = self.seen.shown(&self.faults, utc);
            if let Some(shown) = shown.as_object_mut() {
                shown.insert("webhooks".into(), self.webhooks.all().into());
            }
            return Reaction::reply_at(json_reply(200, &shown), utc);
        }
        let id = correlation(&mut self.correlations);
        let path = incoming.route().strip_prefix(&*self.access.api_prefix);
        let reply = match (self.faults.at_the_door(utc), path) {
            (Some(Reaction::Reply(_)), _) => Refusal::unavailable().reply(&id),
            (Some(silence), _) => return silence,
            (None, Some(TOKEN)) => self.issue(incoming, utc),
            (None, path) => match self.admitted(incoming, path.unwrap_or_default(), utc) {
                Ok(reply) => self.describe(reply, utc),
                Err(refusal) => self.describe(refusal.reply(&id), utc),
            },
        };
        *self.seen.statuses.entry(reply.status).or_default() += 1;
        let reply = reply.with_header("inin-correlation-id", &id);
        Reaction::reply_at(reply, utc + self.faults.skew(utc))
    }

    fn issue(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if &*incoming.method != "POST" {
            return Reply::empty(405).with_header("allow", "POST");
        }
        if self.faults.has(&Fault::TokenRefused, utc) {
            return login_refusal(401, "invalid_client", "this client may not have a token");
        }
        if self.faults.has(&Fault::TokenError, utc) {
            return login_refusal(500, "server_error", "the token service is broken");
        }
        let scopes = match scopes(incoming, &self.access) {
            Ok(scopes) => scopes,
            Err(reply) => return reply,
        };
        self.seen.tokens_issued += 1;
        let body = json!({
            "access_token": self.tokens.issue(self.access.token_life, &scopes, utc),
            "token_type": "Bearer",
            "expires_in": self.access.token_life.whole_secs(),
            "scope": scopes,
        });
        json_reply(200, &body)
    }

    fn admitted(&mut self, incoming: &Incoming, path: &str, utc: UtcMs) -> Result<Reply, Refusal> {
        let scope = match path {
            REPORTS => "analytics:query",
            path if path.starts_with(WEBHOOKS) => "webhook:read",
            _ => return Err(Refusal::new(404, "not.found", NOTHING)),
        };
        let standing = self.tokens.standing(incoming.header("authorization"), utc);
        match standing {
            _ if self.faults.has(&Fault::Unauthorized, utc) => {
                return Err(Refusal::unauthorized("Invalid login credentials."));
            }
            Standing::Missing | Standing::Unknown | Standing::Expired => {
                return Err(Refusal::unauthorized("Invalid login credentials."));
            }
            Standing::Valid { scopes, .. } if !scopes.split(' ').any(|known| known == scope) => {
                return Err(Refusal::new(403, "missing.permissions", format!("{scope} is needed")));
            }
            Standing::Valid { .. } => {}
        }
        if let Some(seconds) = self.faults.throttle_seconds(utc) {
            return Err(Refusal::throttled(seconds.into()));
        }
        if self.quota.spend(utc) == Spending::Exhausted {
            return Err(Refusal::throttled(Quota::seconds_left(utc)));
        }
        if self.faults.has(&Fault::Refuse, utc) {
            return Err(Refusal::new(403, "missing.permissions", "a role was taken away"));
        }
        match path {
            REPORTS => self.report(incoming, utc),
            path => {
                let reply = self.webhooks.answer(incoming, path, utc + self.faults.skew(utc))?;
                *self.seen.answers.entry(WEBHOOKS).or_default() += 1;
                Ok(reply)
            }
        }
    }

    fn report(&mut self, incoming: &Incoming, utc: UtcMs) -> Result<Reply, Refusal> {
        if &*incoming.method != "GET" {
            return Err(Refusal::new(405, "method.not.allowed", "this is a GET"));
        }
        self.traffic.advance_to(utc);
        let age = if self.faults.has(&Fault::Stale, utc) { STALE } else { Span::ZERO };
        let (moment, skew) = (UtcMs(utc.0 - age.0), self.faults.skew(utc));
        let view = View { traffic: &self.traffic, lines: &self.lines, moment, skew };
        let body = reports::answer(&view, incoming)?;
        *self.seen.answers.entry(REPORTS).or_default() += 1;
        Ok(Distortion::of(&self.faults, reports::FIRST_METRIC, utc).reply(body))
    }

    /// Adds the headers about the quota, which the client shares among its tokens.
    fn describe(&mut self, reply: Reply, utc: UtcMs) -> Reply {
        reply
            .with_header("inin-ratelimit-count", &format!("{}", self.quota.spent(utc)))
            .with_header("inin-ratelimit-allowed", &format!("{}", self.quota.per_minute()))
            .with_header("inin-ratelimit-reset", &format!("{}", Quota::seconds_left(utc)))
    }
}

/// The scopes that the token shall have, or the refusal.
fn scopes(incoming: &Incoming, access: &Access) -> Result<String, Reply> {
    if incoming.media_type() != "application/x-www-form-urlencoded" {
        let why = "the content type has to be application/x-www-form-urlencoded";
        return Err(login_refusal(400, "invalid_request", why));
    }
    let form: BTreeMap<String, String> = incoming.form().into_iter().collect();
    let field = |name: &str| {
        let missing = || login_refusal(400, "invalid_request", &format!("{name} is missing"));
        form.get(name).map(String::as_str).ok_or_else(missing)
    };
    if field("grant_type")? != "client_credentials" {
        let why = "it has to be client_credentials";
        return Err(login_refusal(400, "unsupported_grant_type", why));
    }
    if field("client_id")? != &*access.client_id
        || field("client_secret")? != &*access.client_secret
    {
        return Err(login_refusal(401, "invalid_client", "no such client, or not its secret"));
    }
    let scopes = field("scope")?;
    match scopes.split(' ').find(|scope| !SCOPES.contains(scope)) {
        Some(unknown) => {
            Err(login_refusal(400, "invalid_scope", &format!("there is no scope \"{unknown}\"")))
        }
        None => Ok(scopes.into()),
    }
}

const TOKEN: &str = "/api/v2/oauth/token";
const REPORTS: &str = "/api/v2/analytics/report/definitions";
const WEBHOOKS: &str = "/api/v2/integration/webhooks";

const SCOPES: &[&str] =
    &["analytics:query", "webhook:read", "telephony:call:center:read", "routing:queue:read"];
