//! A simulated Genesys Cloud that speaks the vendor's own API, as far as it is known, with its own
//! clock: token, observations, activity, aggregates, trunks, edges, queues, alerts, events, status.
//!
//! Login host and API host are one server with a path prefix each, as the official SDKs' gateway
//! setting has it. Errors are the vendor's normalised ones. Each reply has the platform's `Date`, a
//! correlation identifier, and the quota of the token that was used.
//!
//! What has gone stale comes from a cache in front of the platform: its `Date` is that of the
//! numbers, and `Age` says how old they are. Nothing else in an answer has a time.
//!
//! Besides, `POST /simulate/faults` orders trouble (see `faults.rs`) and `GET /simulate/status`
//! tells what this server has seen.
//!
//! # Promises
//! - `the_official_prefixes_of_a_gateway_are_kept_apart`: login here, data there.
//! - `each_reply_has_the_headers_of_the_vendor`: also a refusal.
//! - `every_fault_of_genesys_shows_as_it_is_named`: from the throttle to the trunk.

mod activity;
mod aggregates;
mod distortion;
mod filter;
mod gauges;
pub mod guide;
mod lines;
mod native;
mod observations;
mod page;
mod queues;
mod refusal;
mod routes;
mod status;
mod telephony;
#[cfg(test)]
mod tests;
mod token;
mod view;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use serde_json::{Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::genesys::distortion::Distortion;
use crate::demo::genesys::lines::Lines;
use crate::demo::genesys::refusal::{Refusal, login_refusal};
use crate::demo::genesys::routes::{Answer, ROUTES, answer};
use crate::demo::genesys::view::View;
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::quota::{Quota, Spending};
use crate::demo::tokens::{Standing, Tokens};
use crate::demo::traffic::Traffic;
use crate::model::http::Reply;
use crate::model::rng::Rng;
use crate::model::time::{Span, UtcMs};

/// Who may ask, how often, and where.
#[derive(Debug, Clone)]
pub struct Access {
    /// The one client's name.
    pub client_id: Box<str>,
    /// Its secret.
    pub client_secret: Box<str>,
    /// How long a token is valid. The vendor's default is a day.
    pub token_life: Span,
    /// Requests for data with one token in each minute of the clock. The vendor's is 300.
    pub requests_per_minute: u32,
    /// What stands before `/oauth/token`, such as `/login`. Empty: nothing.
    pub login_prefix: Box<str>,
    /// What stands before `/api/v2/`. Empty: nothing.
    pub api_prefix: Box<str>,
}

/// The platform.
#[derive(Debug, Clone)]
pub struct Genesys {
    /// What is to go wrong.
    pub faults: Faults,
    /// What it has seen.
    pub seen: Seen,
    traffic: Traffic,
    access: Access,
    tokens: Tokens,
    /// By token.
    quotas: BTreeMap<String, Quota>,
    lines: Lines,
    /// Since when the status page has told of an outage.
    outage_since: Option<UtcMs>,
    correlations: Rng,
}

/// Counts of what this server has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Requests for data that were answered in full, by path.
    pub answers: BTreeMap<&'static str, u64>,
    /// Of these, those that asked for what names people: details of observations.
    pub asked_for_persons: u64,
    /// Tokens that were issued.
    pub tokens_issued: u64,
    /// Answers by status code, to everything but `/simulate/` and the status page.
    pub statuses: BTreeMap<u16, u64>,
}

impl Genesys {
    /// A platform in front of some traffic. `seed` makes its tokens and correlation identifiers.
    #[must_use]
    pub fn new(traffic: Traffic, access: Access, seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            seen: Seen::default(),
            traffic,
            access,
            tokens: Tokens::new(seed),
            quotas: BTreeMap::new(),
            lines: Lines::new(),
            outage_since: None,
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

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let ordered = self.faults.ordered(incoming, FAULTS, utc);
        self.observe(utc);
        if let Some(reply) = ordered {
            return Reaction::reply_at(reply, utc);
        }
        if let ("GET", "/simulate/status") = (&*incoming.method, incoming.route()) {
            return Reaction::reply_at(json_reply(200, &self.seen.shown(&self.faults, utc)), utc);
        }
        if let ("GET", Some(name)) =
            (&*incoming.method, incoming.route().strip_prefix(status::PREFIX))
        {
            return Reaction::Reply(status::answer(name, self.outage_since, utc));
        }
        let correlation = correlation(&mut self.correlations);
        let reply = match self.faults.at_the_door(utc) {
            Some(Reaction::Reply(_)) => self.dated(Refusal::unavailable().reply(&correlation), utc),
            Some(silence) => return silence,
            None => self.answer(incoming, &correlation, utc),
        };
        *self.seen.statuses.entry(reply.status).or_default() += 1;
        let reply = reply
            .with_header("inin-correlation-id", &correlation)
            .with_header("cache-control", "no-cache, no-store, must-revalidate");
        Reaction::Reply(reply)
    }

    /// Lets the faults of a moment take hold of what has a state.
    fn observe(&mut self, utc: UtcMs) {
        self.lines.observe(&self.faults, utc);
        self.outage_since =
            self.faults.has(&Fault::Incident, utc).then(|| self.outage_since.unwrap_or(utc));
    }

    fn answer(&mut self, incoming: &Incoming, correlation: &str, utc: UtcMs) -> Reply {
        let route = incoming.route();
        if route.strip_prefix(&*self.access.login_prefix) == Some(TOKEN) {
            let reply = self.issue(incoming, utc);
            return self.dated(reply, utc);
        }
        let path = route.strip_prefix(&*self.access.api_prefix);
        let Some(path) = path.filter(|path| path.starts_with("/api/v2/")) else {
            return self.dated(Refusal::new(404, "not.found", NOTHING).reply(correlation), utc);
        };
        self.tell(incoming, path, correlation, utc)
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
        let tokens = &self.tokens;
        self.quotas.retain(|token, _| {
            let bearer = format!("Bearer {token}");
            matches!(tokens.standing(Some(&bearer), utc), Standing::Valid { .. })
        });
        let reply = token::issue(&mut self.tokens, incoming, &self.access, utc);
        self.seen.tokens_issued += u64::from(reply.status == 200);
        reply
    }

    /// Answers a request for data.
    fn tell(&mut self, incoming: &Incoming, path: &str, correlation: &str, utc: UtcMs) -> Reply {
        let (outcome, spent) = match self.token(incoming, utc) {
            Ok(token) => {
                let per_minute = self.access.requests_per_minute;
                let quota = self.quotas.entry(token).or_insert_with(|| Quota::new(per_minute));
                let spending = quota.spend(utc);
                let spent = quota.spent(utc);
                (self.admitted(incoming, path, spending, utc), spent)
            }
            Err(refusal) => (Err(refusal), 0),
        };
        let reply = match outcome {
            Ok(reply) if self.faults.has(&Fault::Stale, utc) => reply
                .with_header("date", &(self.moment(utc) + self.faults.skew(utc)).http_date())
                .with_header("age", &format!("{}", STALE.whole_secs())),
            Ok(reply) => self.dated(reply, utc),
            Err(refusal) => self.dated(refusal.reply(correlation), utc),
        };
        reply
            .with_header("inin-ratelimit-count", &format!("{spent}"))
            .with_header("inin-ratelimit-allowed", &format!("{}", self.access.requests_per_minute))
            .with_header("inin-ratelimit-reset", &format!("{}", Quota::seconds_left(utc)))
    }

    /// The token of a request for data.
    fn token(&self, incoming: &Incoming, utc: UtcMs) -> Result<String, Refusal> {
        if self.faults.has(&Fault::Unauthorized, utc) {
            return Err(Refusal::unauthorized("Invalid login credentials."));
        }
        match self.tokens.standing(incoming.header("authorization"), utc) {
            Standing::Valid { text, .. } => Ok(text.into()),
            Standing::Unknown | Standing::Expired => {
                Err(Refusal::unauthorized("Invalid login credentials."))
            }
            Standing::Missing => {
                let why = "No authentication bearer token specified in authorization header.";
                Err(Refusal::new(401, "authentication.required", why))
            }
        }
    }

    /// Answers a request with a good token.
    fn admitted(
        &mut self,
        incoming: &Incoming,
        path: &str,
        spending: Spending,
        utc: UtcMs,
    ) -> Result<Reply, Refusal> {
        if let Some(seconds) = self.faults.throttle_seconds(utc) {
            return Err(Refusal::throttled(seconds.into()));
        }
        if spending == Spending::Exhausted {
            return Err(Refusal::throttled(Quota::seconds_left(utc)));
        }
        if self.faults.has(&Fault::Refuse, utc) {
            let why = "Unable to perform the requested action. You are missing permissions";
            return Err(Refusal::new(403, "missing.permissions", why));
        }
        let known = ROUTES.iter().find(|(_, known)| *known == path);
        let Some((method, path)) = known else {
            return Err(Refusal::new(404, "not.found", NOTHING));
        };
        if *method != &*incoming.method {
            return Err(Refusal::new(405, "method.not.allowed", format!("this is a {method}")));
        }
        if *method == "POST" && incoming.media_type() != "application/json" {
            let why = "the content type has to be application/json";
            return Err(Refusal::new(415, "unsupported.media.type", why));
        }
        self.traffic.advance_to(utc);
        let answer = self.data(incoming, path, utc)?;
        *self.seen.answers.entry(path).or_default() += 1;
        self.seen.asked_for_persons += u64::from(answer.asks_for_persons);
        Ok(Distortion::of(&self.faults, &answer.first_metric, utc).reply(answer.body))
    }

    fn data(&self, incoming: &Incoming, path: &str, utc: UtcMs) -> Result<Answer, Refusal> {
        let skew = self.faults.skew(utc);
        let (traffic, lines) = (&self.traffic, &self.lines);
        answer(&View { traffic, lines, moment: self.moment(utc), skew }, incoming, path)
    }

    /// What answers are about.
    fn moment(&self, utc: UtcMs) -> UtcMs {
        let age = if self.faults.has(&Fault::Stale, utc) { STALE } else { Span::ZERO };
        UtcMs(utc.0 - age.0)
    }

    /// A reply that says when it was given, by the platform's clock.
    fn dated(&self, reply: Reply, utc: UtcMs) -> Reply {
        reply.with_header("date", &(utc + self.faults.skew(utc)).http_date())
    }
}

impl Seen {
    fn shown(&self, faults: &Faults, utc: UtcMs) -> Value {
        let statuses = self.statuses.iter();
        json!({
            "answers": self.answers,
            "asked_for_persons": self.asked_for_persons,
            "tokens_issued": self.tokens_issued,
            "statuses": statuses.map(|(status, count)| (format!("{status}"), *count))
                .collect::<BTreeMap<_, _>>(),
            "faults": faults.shown(utc),
        })
    }
}

/// A new correlation identifier, which looks like a UUID.
fn correlation(rng: &mut Rng) -> String {
    let (high, low) = (rng.next(), rng.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

const TOKEN: &str = "/oauth/token";

const NOTHING: &str = "The requested resource was not found.";

/// How old the numbers are under [`Fault::Stale`]: as in the other dialects.
const STALE: Span = Span::secs(120);

const FAULTS: &[&str] = &[
    "hang",
    "close",
    "unavailable",
    "throttle",
    "refuse",
    "unauthorized",
    "token_refused",
    "token_error",
    "stale",
    "clock_skew",
    "paging_loop",
    "case_changed",
    "not_json",
    "huge",
    "strings",
    "missing_metric",
    "nulls",
    "trunk_down",
    "edge_offline",
    "incident",
];
