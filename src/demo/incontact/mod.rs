//! A simulated NICE CXone that speaks the vendor's real API: tokens by access key, discovery, the
//! Real-Time Data API and the Reporting API.
//!
//! The gauges are those of the traffic's last whole grain, and `serverTime` says when that was:
//! what is computed from the two is exact. Counts are of a window that the asker chooses. Beyond
//! what the traffic remembers, nothing is counted.
//!
//! Where the vendor's texts leave something open, the strict reading is taken: a parameter or a
//! field that the vendor does not name is answered 400, a version that nobody has seen 404. An
//! error's text stands in the header `icStatusDescription`.
//!
//! # Promises
//! - `a_snapshot_has_a_row_for_each_skill`: with the fields and the units of the vendor.
//! - `pages_are_followed_by_their_links`: each row once.
//! - `a_delta_has_what_changed_and_304_means_nothing_did`: 204 means that there is nothing at all.
//! - `names_of_people_are_given_only_to_who_asks_for_all_fields`: and that is counted.
//! - `every_fault_shows_as_it_is_named`: from the throttle to the page that leads to itself.

mod agents;
mod distortion;
mod endpoint;
mod login;
mod query;
mod skills;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::incontact::distortion::distort;
use crate::demo::incontact::endpoint::Endpoint;
use crate::demo::incontact::login::Login;
use crate::demo::incontact::query::{Page, Query};
use crate::demo::incontact::skills::Moment;
use crate::demo::quota::{Quota, Spending};
use crate::demo::tokens::Standing;
use crate::demo::traffic::Traffic;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// Who may ask, how often, and where.
#[derive(Debug, Clone)]
pub struct Access {
    /// The one application's name.
    pub client_id: Box<str>,
    /// Its secret.
    pub client_secret: Box<str>,
    /// The access key of the one user.
    pub access_key_id: Box<str>,
    /// Its secret.
    pub access_key_secret: Box<str>,
    /// How long a token is valid.
    pub token_life: Span,
    /// Requests for data in each minute of the clock. The vendor publishes no number.
    pub requests_per_minute: u32,
    /// Rows in a page: as many as there are at most, and where `top` does not say.
    pub page_rows: usize,
    /// The tenant that the `id_token` names and that discovery knows.
    pub tenant_id: Box<str>,
    /// Scheme and host of the login, as discovery tells them.
    pub issuer: Box<str>,
    /// Scheme and host of the API, as discovery tells them. May be another host.
    pub api_endpoint: Box<str>,
}

/// The platform.
#[derive(Debug, Clone)]
pub struct InContact {
    /// What is to go wrong.
    pub faults: Faults,
    /// What it has seen.
    pub seen: Seen,
    /// Who may ask, how often, and where.
    pub access: Access,
    traffic: Traffic,
    login: Login,
    quota: Quota,
    /// By endpoint, the latest window that was told.
    told: BTreeMap<&'static str, Window>,
}

/// Counts of what this server has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Requests for data that were answered in full, by endpoint: `skills/activity`.
    pub answers: BTreeMap<&'static str, u64>,
    /// Of these, those for a window that had just been told.
    pub windows_repeated: u64,
    /// Of these, those for a window that reaches back into what was told before.
    pub windows_overlapping: u64,
    /// Of these, those that carried the names of people.
    pub names_given: u64,
    /// Tokens that were issued, renewed ones included.
    pub tokens_issued: u64,
    /// Of these, those for a refresh token.
    pub tokens_renewed: u64,
    /// Answers by status code, to everything but `/simulate/`.
    pub statuses: BTreeMap<u16, u64>,
}

/// A stretch of time that somebody asks about, as said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    start: UtcMs,
    end: UtcMs,
}

/// An answer, before its page is cut and any fault applied.
struct Table {
    /// The name of the array.
    name: &'static str,
    rows: Vec<Value>,
    /// What [`Fault::MissingMetric`] leaves out where it names nothing.
    principal: &'static str,
    /// Which of the rows, where the endpoint has pages.
    page: Option<Page>,
    /// The `lastPollTime`, where the endpoint has one.
    polled: Option<UtcMs>,
}

impl InContact {
    /// A platform in front of some traffic. `seed` makes its tokens.
    #[must_use]
    pub fn new(traffic: Traffic, access: Access, seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            seen: Seen::default(),
            quota: Quota::new(access.requests_per_minute),
            login: Login::new(seed),
            traffic,
            access,
            told: BTreeMap::new(),
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

    /// The `skillId` of the queue at a position.
    #[must_use]
    pub const fn skill_id(position: usize) -> usize {
        skills::FIRST_SKILL_ID.saturating_add(position)
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reply) = self.faults.ordered(incoming, FAULTS, utc) {
            return Reaction::reply_at(reply, utc);
        }
        if let ("GET", "/simulate/status") = (&*incoming.method, incoming.route()) {
            return Reaction::reply_at(json_reply(200, &self.shown(utc)), utc);
        }
        let reaction = match self.faults.at_the_door(utc) {
            Some(Reaction::Reply(_)) => {
                let reply = refusal(503, "service unavailable").with_header("retry-after", "5");
                Reaction::reply_at(reply, utc)
            }
            Some(silence) => silence,
            None => Reaction::reply_at(self.route(incoming, utc), utc + self.faults.skew(utc)),
        };
        if let Some(reply) = reaction.reply() {
            *self.seen.statuses.entry(reply.status).or_default() += 1;
        }
        reaction
    }

    /// Paths are found whatever their case: the vendor's own clients spell them in three ways.
    fn route(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        let path = incoming.route().to_ascii_lowercase();
        match (&*incoming.method, &*path) {
            ("POST", login::CENTRAL | login::ACCESS_KEY | login::REFRESH) => {
                self.issue(&path, incoming, utc)
            }
            ("GET", login::OPENID) => login::openid(&self.access),
            ("GET", login::TENANT) => login::tenant(incoming, &self.access),
            (_, login::CENTRAL | login::ACCESS_KEY | login::REFRESH) => not_allowed("POST"),
            (_, login::OPENID | login::TENANT) => not_allowed("GET"),
            ("GET", path) => match Endpoint::at(path) {
                Ok(endpoint) => self.tell(endpoint, incoming, utc),
                Err(why) => refusal(404, why),
            },
            (_, path) => match Endpoint::at(path) {
                Ok(_) => not_allowed("GET"),
                Err(why) => refusal(404, why),
            },
        }
    }

    fn issue(&mut self, path: &str, incoming: &Incoming, utc: UtcMs) -> Reply {
        if self.faults.has(&Fault::TokenRefused, utc) {
            return login::invalid_client("the access key has been deactivated");
        }
        if self.faults.has(&Fault::TokenError, utc) {
            return refusal(500, "the token service is broken");
        }
        let reply = match path {
            login::CENTRAL => self.login.central(incoming, &self.access, utc),
            login::ACCESS_KEY => self.login.access_key(incoming, &self.access, utc),
            _ => self.login.renew(incoming, &self.access, utc),
        };
        let issued = u64::from(reply.status == 200);
        self.seen.tokens_issued += issued;
        self.seen.tokens_renewed += if path == login::REFRESH { issued } else { 0 };
        reply
    }

    fn tell(&mut self, endpoint: Endpoint, incoming: &Incoming, utc: UtcMs) -> Reply {
        if let Some(refused) = self.refuse(incoming, utc) {
            return refused;
        }
        if self.faults.has(&Fault::NotJson, utc) {
            return Reply::new(200, "text/html", "<html><body>We will be back soon</body></html>");
        }
        if self.faults.has(&Fault::NotModified, utc) {
            return Reply::empty(304);
        }
        self.traffic.advance_to(utc);
        let query = Query::read(incoming, endpoint.parameters(), self.access.page_rows);
        let table = query.and_then(|query| Ok((self.table(endpoint, &query, utc)?, query)));
        let reply = match table {
            Ok((table, query)) => self.answer(table, &query, utc),
            Err(reply) => reply,
        };
        if reply.status == 200 {
            *self.seen.answers.entry(endpoint.name()).or_default() += 1;
        }
        reply
    }

    /// The refusal that a request for data deserves before anybody reads it.
    fn refuse(&mut self, incoming: &Incoming, utc: UtcMs) -> Option<Reply> {
        if self.faults.has(&Fault::Unauthorized, utc) {
            return Some(unauthorized("the token has been revoked"));
        }
        let refused = match self.login.standing(incoming, utc) {
            Standing::Missing => Some(unauthorized("a bearer token is needed")),
            Standing::Unknown => Some(unauthorized("the token is unknown")),
            Standing::Expired => Some(unauthorized("the token has expired")),
            // A token of the client grant has no user, and data belong to users.
            Standing::Valid { scopes: login::PATRON, .. } => {
                Some(refusal(403, "the token has the Patron scope only"))
            }
            Standing::Valid { .. } => None,
        };
        let forbidden = self.faults.has(&Fault::Refuse, utc);
        let refused =
            refused.or_else(|| forbidden.then(|| refusal(403, "the user lacks the permission")));
        if refused.is_some() {
            return refused;
        }
        if let Some(reply) = self.faults.throttled(utc) {
            return Some(reply.with_header(DESCRIPTION, "too many requests"));
        }
        match self.quota.spend(utc) {
            Spending::Fits => None,
            Spending::Exhausted => {
                let seconds = format!("{}", Quota::seconds_left(utc));
                Some(refusal(429, "too many requests").with_header("retry-after", &seconds))
            }
        }
    }

    /// What is asked for, or the other reply that it deserves.
    fn table(&mut self, endpoint: Endpoint, query: &Query, utc: UtcMs) -> Result<Table, Reply> {
        let age = if self.faults.has(&Fault::Stale, utc) { STALE } else { Span::ZERO };
        let moment = Moment::new(&self.traffic, UtcMs(utc.0 - age.0), self.faults.skew(utc));
        match endpoint {
            Endpoint::Activity => skills::activity(&moment, query),
            Endpoint::Agents => {
                let table = agents::states(&moment, query)?;
                self.seen.names_given += u64::from(agents::names_people(query));
                Ok(table)
            }
            Endpoint::Summary => {
                let table = skills::summary(&moment, query)?;
                self.note(endpoint, query.window()?);
                Ok(table)
            }
            Endpoint::SlaSummary => {
                let table = skills::sla_summary(&moment, query)?;
                self.note(endpoint, query.window()?);
                Ok(table)
            }
        }
    }

    /// Counts whether a window tells again what was told before.
    fn note(&mut self, endpoint: Endpoint, window: Window) {
        let Some(told) = self.told.get_mut(endpoint.name()) else {
            self.told.insert(endpoint.name(), window);
            return;
        };
        self.seen.windows_repeated += u64::from(window == *told);
        self.seen.windows_overlapping += u64::from(window != *told && window.start < told.end);
        if window.end > told.end {
            *told = window;
        }
    }

    /// Cuts the page, says where the others are, and lets the faults distort it.
    fn answer(&self, table: Table, query: &Query, utc: UtcMs) -> Reply {
        let total = table.rows.len();
        let rows: Vec<Value> = match table.page {
            Some(page) => table.rows.into_iter().skip(page.skip).take(page.top).collect(),
            None => table.rows,
        };
        if rows.is_empty() {
            return Reply::empty(204);
        }
        let mut body = Map::from_iter([(String::from(table.name), Value::Array(rows))]);
        if let Some(page) = table.page {
            let turns_back = self.faults.has(&Fault::PagingLoop, utc);
            let links = query.links(&self.access.api_endpoint, page, total, turns_back);
            body.insert("totalRecords".into(), total.into());
            body.insert("_links".into(), links);
        }
        if let Some(polled) = table.polled {
            body.insert("lastPollTime".into(), instant(polled).into());
        }
        distort(&mut body, table.name, table.principal, &self.faults, utc);
        json_reply(200, &Value::Object(body))
    }

    fn shown(&self, utc: UtcMs) -> Value {
        let statuses = self.seen.statuses.iter();
        json!({
            "answers": self.seen.answers,
            "windows_repeated": self.seen.windows_repeated,
            "windows_overlapping": self.seen.windows_overlapping,
            "names_given": self.seen.names_given,
            "tokens_issued": self.seen.tokens_issued,
            "tokens_renewed": self.seen.tokens_renewed,
            "statuses": statuses.map(|(status, count)| (format!("{status}"), *count))
                .collect::<BTreeMap<_, _>>(),
            "faults": self.faults.shown(utc),
        })
    }
}

/// A refusal that says why where the vendor does.
fn refusal(status: u16, why: &str) -> Reply {
    json_reply(status, &json!({ "error_description": why })).with_header(DESCRIPTION, why)
}

fn unauthorized(why: &str) -> Reply {
    refusal(401, why).with_header("www-authenticate", "Bearer error=\"invalid_token\"")
}

fn not_allowed(method: &str) -> Reply {
    Reply::empty(405).with_header("allow", method)
}

/// A moment as the vendor writes it: `2024-05-15T14:32:20.113Z`.
fn instant(utc: UtcMs) -> String {
    let whole = utc.rfc3339();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), utc.0.rem_euclid(1_000))
}

const DESCRIPTION: &str = "icstatusdescription";

/// How old the numbers are under [`Fault::Stale`].
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
    "not_modified",
    "paging_loop",
    "case_changed",
    "not_json",
    "huge",
    "strings",
    "missing_metric",
    "nulls",
];
