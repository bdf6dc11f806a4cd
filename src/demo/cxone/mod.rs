//! A simulated CXone that speaks guide 2's API, token and realtime queues, with its own clock, and
//! guide 1's registration of webhooks, which needs the scope `webhook.manage`.
//!
//! The guide leaves the shape of the answer open; `answer.rs` says ours. The bucket is the last
//! complete one of the interval's length, aligned to the epoch, at the moment of the request.
//!
//! Besides, `POST /simulate/faults` orders trouble (see `faults.rs`) and `GET /simulate/status`
//! tells what this server has seen.
//!
//! # Promises
//! - `the_polling_request_of_the_guide_is_answered`: as it stands there.
//! - `a_repeated_and_an_overlapping_bucket_are_counted`: so that a test can say there was none.
//! - `every_fault_shows_as_it_is_named`: from the throttle to the missing metric.

mod answer;
mod ask;
#[cfg(test)]
mod tests;
mod token;
mod webhooks;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;

use serde_json::{Value, json};

use crate::demo::cxone::answer::{Bucket, render};
use crate::demo::cxone::ask::Ask;
use crate::demo::cxone::webhooks::Webhooks;
use crate::demo::faults::{Fault, Faults};
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::quota::{Quota, Spending};
use crate::demo::sender::Sight;
use crate::demo::tokens::Tokens;
use crate::demo::traffic::Traffic;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// Who may ask, and how often.
#[derive(Debug, Clone)]
pub struct Access {
    /// The one client's name.
    pub client_id: Box<str>,
    /// Its secret.
    pub client_secret: Box<str>,
    /// How long a token is valid.
    pub token_life: Span,
    /// Requests for data in each minute of the clock.
    pub requests_per_minute: u32,
}

/// The platform.
#[derive(Debug, Clone)]
pub struct CxOne {
    /// What is to go wrong.
    pub faults: Faults,
    /// What it has seen.
    pub seen: Seen,
    traffic: Traffic,
    access: Access,
    tokens: Tokens,
    quota: Quota,
    /// By position of the queue, the latest bucket that was told.
    told: BTreeMap<usize, Bucket>,
    webhooks: Webhooks,
}

/// Counts of what this server has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Requests for data that were answered in full.
    pub answers: u64,
    /// Of these, those with a queue whose last told bucket was asked for again.
    pub buckets_repeated: u64,
    /// Of these, those with a queue of which the bucket reaches back into what was told before.
    pub buckets_overlapping: u64,
    /// Tokens that were issued.
    pub tokens_issued: u64,
    /// Answers by status code, to everything but `/simulate/`.
    pub statuses: BTreeMap<u16, u64>,
}

impl CxOne {
    /// A platform in front of some traffic. `seed` makes its tokens.
    #[must_use]
    pub fn new(traffic: Traffic, access: Access, seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            seen: Seen::default(),
            quota: Quota::new(access.requests_per_minute),
            tokens: Tokens::new(seed),
            traffic,
            access,
            told: BTreeMap::new(),
            webhooks: Webhooks::default(),
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

    /// The webhooks that are registered, as they are listed.
    #[must_use]
    pub fn webhooks(&self) -> &[Value] {
        self.webhooks.all()
    }

    /// What a sender of its webhooks has to look at. Guide 2's API knows no trunks.
    pub fn sight(&mut self, utc: UtcMs) -> Sight {
        let sight = Sight::of(&mut self.traffic, utc);
        Sight { at: sight.at + self.faults.skew(utc), ..sight }
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reply) = self.faults.ordered(incoming, FAULTS, utc) {
            return Reaction::reply_at(reply, utc);
        }
        if let ("GET", "/simulate/status") = (&*incoming.method, incoming.route()) {
            return Reaction::reply_at(json_reply(200, &self.shown(utc)), utc);
        }
        let reaction = self.faults.at_the_door(utc).unwrap_or_else(|| {
            let reply = match (&*incoming.method, incoming.route()) {
                ("POST", TOKEN) => self.issue(incoming, utc),
                ("POST", QUEUES) => self.tell(incoming, utc),
                (_, TOKEN | QUEUES) => Reply::empty(405).with_header("allow", "POST"),
                (_, path) if path.starts_with(WEBHOOKS) => self.about_webhooks(incoming, utc),
                _ => refusal(404, "not_found", "there is nothing here"),
            };
            Reaction::reply_at(reply, utc + self.faults.skew(utc))
        });
        if let Some(reply) = reaction.reply() {
            *self.seen.statuses.entry(reply.status).or_default() += 1;
        }
        reaction
    }

    fn issue(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if self.faults.has(&Fault::TokenRefused, utc) {
            return refusal(401, "invalid_client", "this client may not have a token");
        }
        if self.faults.has(&Fault::TokenError, utc) {
            return refusal(500, "server_error", "the token service is broken");
        }
        let reply = token::issue(&mut self.tokens, incoming, &self.access, utc);
        self.seen.tokens_issued += u64::from(reply.status == 200);
        reply
    }

    fn about_webhooks(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        match self.refused(incoming, "webhook.manage", utc) {
            Some(reply) => reply,
            None => self.webhooks.answer(incoming, utc + self.faults.skew(utc)),
        }
    }

    /// The refusal that a request deserves before it is looked at, if any.
    fn refused(&mut self, incoming: &Incoming, scope: &str, utc: UtcMs) -> Option<Reply> {
        let refused = if self.faults.has(&Fault::Unauthorized, utc) {
            Some(token::unauthorized("the token has been revoked"))
        } else {
            token::refuse(&self.tokens, incoming.header("authorization"), scope, utc)
        };
        refused
            .or_else(|| self.faults.throttled(utc))
            .or_else(|| throttled(self.quota.spend(utc), utc))
    }

    fn tell(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        let reply = match self.refused(incoming, "realtime:read", utc) {
            Some(reply) => reply,
            None => match Ask::read(incoming, self.traffic.grain()) {
                Ok(ask) => self.answer(&ask, utc),
                Err(reply) => reply,
            },
        };
        describe(&mut self.quota, reply, utc)
    }

    fn answer(&mut self, ask: &Ask, utc: UtcMs) -> Reply {
        if self.faults.has(&Fault::NotJson, utc) {
            return Reply::new(200, "text/html", "<html><body>We will be back soon</body></html>");
        }
        self.traffic.advance_to(utc);
        let skew = self.faults.skew(utc);
        let age = if self.faults.has(&Fault::Stale, utc) { STALE } else { Span::ZERO };
        let bucket = Bucket::last_complete(utc + skew, age, ask.interval);
        let positions = ask.positions(self.traffic.queues());
        let distortions = self.faults.active(utc);
        let Some(reply) = render(&self.traffic, ask, &positions, bucket, skew, distortions) else {
            return refusal(503, "no_data", "nothing is known of that time");
        };
        self.note(&positions, bucket);
        reply
    }

    /// Counts an answer, and whether it told again what was told before.
    fn note(&mut self, positions: &[usize], bucket: Bucket) {
        let (mut repeated, mut overlapping) = (false, false);
        for queue in positions {
            let told = self.told.entry(*queue).or_insert(Bucket::NONE);
            repeated |= bucket == *told;
            overlapping |= bucket != *told && bucket.start < told.end;
            if bucket.end > told.end {
                *told = bucket;
            }
        }
        self.seen.answers += 1;
        self.seen.buckets_repeated += u64::from(repeated);
        self.seen.buckets_overlapping += u64::from(overlapping);
    }

    fn shown(&self, utc: UtcMs) -> Value {
        let statuses = self.seen.statuses.iter();
        json!({
            "answers": self.seen.answers,
            "buckets_repeated": self.seen.buckets_repeated,
            "buckets_overlapping": self.seen.buckets_overlapping,
            "tokens_issued": self.seen.tokens_issued,
            "statuses": statuses.map(|(status, count)| (format!("{status}"), *count))
                .collect::<BTreeMap<_, _>>(),
            "faults": self.faults.shown(utc),
            "webhooks": self.webhooks.all(),
        })
    }
}

fn refusal(status: u16, error: &str, why: &str) -> Reply {
    json_reply(status, &json!({ "error": error, "error_description": why }))
}

/// 429, where the quota is exhausted.
fn throttled(spending: Spending, utc: UtcMs) -> Option<Reply> {
    match spending {
        Spending::Fits => None,
        Spending::Exhausted => {
            let reply = json_reply(429, &json!({ "error": "too many requests" }));
            Some(reply.with_header("retry-after", &format!("{}", Quota::seconds_left(utc))))
        }
    }
}

/// Adds the headers about the quota. `X-RateLimit-Reset` counts the seconds until it is full again.
fn describe(quota: &mut Quota, reply: Reply, utc: UtcMs) -> Reply {
    let remaining = quota.per_minute().saturating_sub(quota.spent(utc));
    reply
        .with_header("x-ratelimit-limit", &format!("{}", quota.per_minute()))
        .with_header("x-ratelimit-remaining", &format!("{remaining}"))
        .with_header("x-ratelimit-reset", &format!("{}", Quota::seconds_left(utc)))
}

const TOKEN: &str = "/oauth/token";
const QUEUES: &str = "/api/v2/realtime/queues";
const WEBHOOKS: &str = "/v1/webhooks";

/// How old the numbers are under [`Fault::Stale`] (guide 2, edge case 3: two minutes).
const STALE: Span = Span::secs(120);

const FAULTS: &[&str] = &[
    "hang",
    "close",
    "unavailable",
    "throttle",
    "unauthorized",
    "token_refused",
    "token_error",
    "stale",
    "clock_skew",
    "not_json",
    "huge",
    "strings",
    "missing_metric",
    "nulls",
];
