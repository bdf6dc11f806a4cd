//! A simulated Amazon Connect: `GetCurrentMetricData`, for requests that are signed.
//!
//! Groupings are by queue and by channel, and there is one channel, `VOICE`. Without a grouping
//! `OLDEST_CONTACT_AGE` is in milliseconds although its unit says seconds, as with the vendor.
//!
//! # Promises
//! - `queues_and_channels_group_the_metrics`: in the vendor's shape.
//! - `without_groupings_the_oldest_age_is_in_milliseconds`: though its unit says seconds.
//! - `pages_follow_the_token`: each row once, and a token ends.
//! - `every_fault_shows_as_it_is_named`: from the throttle to the token that leads to its own page.

mod ask;
mod sigv4;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::demo::connect::ask::{Ask, Metric, OLDEST_CONTACT_AGE};
use crate::demo::connect::sigv4::Refusal;
use crate::demo::faults::{Fault, Faults};
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::quota::{Quota, Spending};
use crate::demo::traffic::{QueueSnapshot, Traffic};
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

pub use crate::demo::connect::sigv4::Keys;

/// Who may ask for what, and how often.
#[derive(Debug, Clone)]
pub struct Access {
    /// The one instance.
    pub instance_id: Box<str>,
    /// Who signs.
    pub keys: Keys,
    /// Requests in each minute of the clock. AWS gives two a second.
    pub requests_per_minute: u32,
}

/// The platform.
#[derive(Debug, Clone)]
pub struct Connect {
    /// What is to go wrong.
    pub faults: Faults,
    /// What it has seen.
    pub seen: Seen,
    traffic: Traffic,
    access: Access,
    quota: Quota,
}

/// Counts of what this server has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Requests that were answered in full.
    pub answers: u64,
    /// Answers by status code, to everything but `/simulate/`.
    pub statuses: BTreeMap<u16, u64>,
}

impl Connect {
    /// A platform in front of some traffic.
    #[must_use]
    pub fn new(traffic: Traffic, access: Access) -> Self {
        let quota = Quota::new(access.requests_per_minute);
        Self { faults: Faults::default(), seen: Seen::default(), traffic, access, quota }
    }

    /// The traffic behind it.
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
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
            let reply = self.route(incoming, utc);
            Reaction::reply_at(reply, utc + self.faults.skew(utc))
        });
        if let Some(reply) = reaction.reply() {
            *self.seen.statuses.entry(reply.status).or_default() += 1;
        }
        reaction
    }

    fn route(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        let refused = if self.faults.has(&Fault::Unauthorized, utc) {
            Err(Refusal::UnknownKey)
        } else {
            self.access.keys.verify(incoming, utc + self.faults.skew(utc))
        };
        if let Err(refusal) = refused {
            return refused_reply(refusal);
        }
        if self.faults.has(&Fault::Refuse, utc) {
            return error(403, "AccessDeniedException", "the user is not authorized to perform it");
        }
        let throttled = self.faults.throttled(utc);
        let retry = throttled.as_ref().and_then(|reply| reply.header("retry-after"));
        if retry.is_some() || self.quota.spend(utc) == Spending::Exhausted {
            let reply = error(429, "ThrottlingException", "Rate exceeded");
            return match retry {
                Some(seconds) => reply.with_header("retry-after", seconds),
                None => reply,
            };
        }
        if self.faults.has(&Fault::NotJson, utc) {
            return Reply::new(200, "text/html", "<html><body>We will be back soon</body></html>");
        }
        let instance = incoming.route().strip_prefix("/metrics/current/");
        match (&*incoming.method, instance) {
            (_, None) => error(404, "UnknownOperationException", "there is nothing here"),
            ("POST", Some(instance)) if *instance == *self.access.instance_id => self
                .tell(&incoming.body, utc)
                .unwrap_or_else(|why| error(400, "InvalidParameterException", &why)),
            ("POST", Some(_)) => error(404, "ResourceNotFoundException", "no such instance"),
            (_, Some(_)) => Reply::empty(405).with_header("allow", "POST"),
        }
    }

    fn tell(&mut self, body: &[u8], utc: UtcMs) -> Result<Reply, String> {
        self.traffic.advance_to(utc);
        let ask = Ask::read(body, self.traffic.queues())?;
        let skip = match &ask.next_token {
            None => 0,
            Some(token) => skip_of(token, utc).ok_or("NextToken is unknown or has expired")?,
        };
        let age = if self.faults.has(&Fault::Stale, utc) { STALE } else { Span::ZERO };
        let (grain, then) = (self.traffic.grain().0, utc.0 - age.0);
        let at = UtcMs(then - then.rem_euclid(grain));
        let now = |position: &usize| {
            let queue = self.traffic.window(*position, UtcMs(at.0 - grain), at)?;
            Some((*position, queue))
        };
        let queues: Vec<(usize, QueueSnapshot)> = ask.queues.iter().filter_map(now).collect();
        let rows = self.rows(&ask, &queues, utc);
        let total = rows.len();
        let shown: Vec<Value> = rows.into_iter().skip(skip).take(ask.rows_max).collect();
        let mut answer = Map::from_iter([
            (String::from("MetricResults"), Value::Array(shown)),
            ("DataSnapshotTime".into(), (at + self.faults.skew(utc)).0.div_euclid(1_000).into()),
            ("ApproximateTotalCount".into(), total.into()),
        ]);
        let next = skip.saturating_add(ask.rows_max);
        if self.faults.has(&Fault::PagingLoop, utc) {
            answer.insert("NextToken".into(), token_for(skip, utc).into());
        } else if next < total {
            answer.insert("NextToken".into(), token_for(next, utc).into());
        }
        for fault in self.faults.active(utc) {
            let Fault::Huge { mebibytes } = fault else { continue };
            answer.insert("Padding".into(), "x".repeat(usize::from(*mebibytes) << 20).into());
        }
        self.seen.answers += 1;
        Ok(json_reply(200, &Value::Object(answer)))
    }

    /// A row for each queue, or one for all where they are not told apart.
    fn rows(&self, ask: &Ask, queues: &[(usize, QueueSnapshot)], utc: UtcMs) -> Vec<Value> {
        if queues.is_empty() || !ask.voice {
            return Vec::new();
        }
        if !ask.by_queue {
            return Vec::from([self.row(ask, None, queues, utc)]);
        }
        let one = |queue: &(usize, QueueSnapshot)| {
            self.row(ask, Some(queue.0), core::slice::from_ref(queue), utc)
        };
        queues.iter().map(one).collect()
    }

    fn row(
        &self,
        ask: &Ask,
        position: Option<usize>,
        queues: &[(usize, QueueSnapshot)],
        utc: UtcMs,
    ) -> Value {
        let mut dimensions = Map::new();
        if let Some(queue) = position.and_then(|position| self.traffic.queues().get(position)) {
            let Keys { region, .. } = &self.access.keys;
            let arn = format!(
                "arn:aws:connect:{region}:123456789012:instance/{}/queue/{}",
                self.access.instance_id, queue.id
            );
            dimensions.insert("Queue".into(), json!({ "Id": queue.id, "Arn": arn }));
        }
        if ask.by_channel {
            dimensions.insert("Channel".into(), "VOICE".into());
        }
        let grouped = ask.by_queue || ask.by_channel;
        let first = ask.metrics.first().map(|metric| metric.name);
        let missing = |metric: &&Metric| {
            !self.faults.active(utc).any(|fault| {
                let Fault::MissingMetric { metric: missing } = fault else { return false };
                missing.as_deref().or(first) == Some(metric.name)
            })
        };
        let collections: Vec<Value> = ask
            .metrics
            .iter()
            .filter(missing)
            .map(|metric| {
                let values = queues.iter().map(|(_, queue)| (metric.read)(queue));
                let value = match (metric.name, grouped) {
                    (OLDEST_CONTACT_AGE, true) => values.max().unwrap_or(0),
                    (OLDEST_CONTACT_AGE, false) => values.max().unwrap_or(0).saturating_mul(1_000),
                    _ => values.fold(0, u32::saturating_add),
                };
                json!({
                    "Metric": { "Name": metric.name, "Unit": metric.unit },
                    "Value": self.value(value, utc),
                })
            })
            .collect();
        json!({ "Dimensions": dimensions, "Collections": collections })
    }

    fn value(&self, value: u32, utc: UtcMs) -> Value {
        if self.faults.has(&Fault::Nulls, utc) {
            Value::Null
        } else if self.faults.has(&Fault::Strings, utc) {
            format!("{value}").into()
        } else {
            f64::from(value).into()
        }
    }

    fn shown(&self, utc: UtcMs) -> Value {
        let statuses = self.seen.statuses.iter();
        json!({
            "answers": self.seen.answers,
            "statuses": statuses.map(|(status, count)| (format!("{status}"), *count))
                .collect::<BTreeMap<_, _>>(),
            "faults": self.faults.shown(utc),
        })
    }
}

fn error(status: u16, kind: &str, why: &str) -> Reply {
    json_reply(status, &json!({ "Message": why })).with_header("x-amzn-errortype", kind)
}

fn refused_reply(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Unsigned => {
            error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        Refusal::Incomplete(why) => error(403, "IncompleteSignatureException", &why),
        Refusal::UnknownKey => {
            let why = "The security token included in the request is invalid.";
            error(403, "UnrecognizedClientException", why)
        }
        Refusal::Invalid(why) => error(403, "InvalidSignatureException", &why),
    }
}

/// Where the next page begins, and when that was said.
fn token_for(skip: usize, utc: UtcMs) -> String {
    URL_SAFE_NO_PAD.encode(format!("{skip}.{}", utc.0))
}

fn skip_of(token: &str, utc: UtcMs) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (skip, said) = text.split_once('.')?;
    let age = utc - UtcMs(said.parse().ok()?);
    (Span::ZERO..=TOKEN_LIFE).contains(&age).then(|| skip.parse().ok())?
}

/// The vendor's: five minutes from its making.
const TOKEN_LIFE: Span = Span::secs(300);

/// How old the numbers are under [`Fault::Stale`].
const STALE: Span = Span::secs(120);

const FAULTS: &[&str] = &[
    "hang",
    "close",
    "unavailable",
    "throttle",
    "refuse",
    "unauthorized",
    "stale",
    "clock_skew",
    "paging_loop",
    "not_json",
    "huge",
    "strings",
    "missing_metric",
    "nulls",
];
