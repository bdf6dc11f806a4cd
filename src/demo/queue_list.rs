//! A simulated in-house service that tells its queues as plain JSON, for whoever has its key.
//!
//! `GET /queues.json` with `x-api-key` answers
//! `{"generated_at":1715783540,"queues":[{"id":"q","name":"Q","waiting":22,"oldest_seconds":135,
//! "agents_free":4,"abandoned_last_minute":2}]}`. The gauges are those of the traffic's last whole
//! grain, and `generated_at`, in epoch seconds, is when that was.
//!
//! # Promises
//! - `the_queues_are_listed_for_who_has_the_key`: 401 for others.
//! - `every_fault_shows_as_it_is_named`: from the throttle to the missing number.

use alloc::boxed::Box;
use alloc::string::String;

use serde_json::{Map, Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::traffic::Traffic;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// The service.
#[derive(Debug, Clone)]
pub struct QueueList {
    /// What is to go wrong.
    pub faults: Faults,
    traffic: Traffic,
    api_key: Box<str>,
}

impl QueueList {
    /// A service in front of some traffic.
    #[must_use]
    pub fn new(traffic: Traffic, api_key: &str) -> Self {
        Self { faults: Faults::default(), traffic, api_key: api_key.into() }
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reply) = self.faults.ordered(incoming, FAULTS, utc) {
            return Reaction::reply_at(reply, utc);
        }
        self.faults.at_the_door(utc).unwrap_or_else(|| {
            let reply = self.answer(incoming, utc);
            Reaction::reply_at(reply, utc + self.faults.skew(utc))
        })
    }

    fn answer(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if incoming.route() != "/queues.json" {
            return json_reply(404, &json!({ "error": "there is nothing here" }));
        }
        if &*incoming.method != "GET" {
            return Reply::empty(405).with_header("allow", "GET");
        }
        let is_known = incoming.header("x-api-key") == Some(&*self.api_key);
        if !is_known || self.faults.has(&Fault::Unauthorized, utc) {
            return json_reply(401, &json!({ "error": "x-api-key is missing or wrong" }));
        }
        if let Some(reply) = self.faults.throttled(utc) {
            return reply;
        }
        if self.faults.has(&Fault::NotJson, utc) {
            return Reply::new(200, "text/html", "<html><body>Back soon</body></html>");
        }
        self.traffic.advance_to(utc);
        let age = if self.faults.has(&Fault::Stale, utc) { STALE } else { Span::ZERO };
        let (then, grain) = (utc.0 - age.0, self.traffic.grain().0);
        let at = UtcMs(then - then.rem_euclid(grain));
        let rows = (0..self.traffic.queues().len()).filter_map(|queue| self.row(queue, at, utc));
        let mut body = Map::from_iter([
            (String::from("queues"), rows.collect()),
            ("generated_at".into(), (at + self.faults.skew(utc)).0.div_euclid(1_000).into()),
        ]);
        for fault in self.faults.active(utc) {
            let Fault::Huge { mebibytes } = fault else { continue };
            body.insert("padding".into(), "x".repeat(usize::from(*mebibytes) << 20).into());
        }
        json_reply(200, &Value::Object(body))
    }

    fn row(&self, position: usize, at: UtcMs, utc: UtcMs) -> Option<Value> {
        let name = self.traffic.queues().get(position)?;
        let queue = self.traffic.window(position, UtcMs(at.0 - MINUTE.0), at)?;
        let missing = self.faults.active(utc).find_map(|fault| {
            let Fault::MissingMetric { metric } = fault else { return None };
            Some(metric.as_deref().unwrap_or("waiting"))
        });
        let mut row = Map::from_iter([
            (String::from("id"), Value::from(&*name.id)),
            ("name".into(), (*name.name).into()),
        ]);
        for (metric, number) in [
            ("waiting", queue.calls_waiting),
            ("oldest_seconds", queue.longest_wait_seconds),
            ("agents_free", queue.agents_available),
            ("abandoned_last_minute", queue.abandoned),
        ] {
            let value = if self.faults.has(&Fault::Nulls, utc) {
                Value::Null
            } else if self.faults.has(&Fault::Strings, utc) {
                alloc::format!("{number}").into()
            } else {
                number.into()
            };
            if missing != Some(metric) {
                row.insert(metric.into(), value);
            }
        }
        Some(Value::Object(row))
    }
}

const MINUTE: Span = Span::secs(60);

/// How old the numbers are under [`Fault::Stale`].
const STALE: Span = Span::secs(120);

const FAULTS: &[&str] = &[
    "hang",
    "close",
    "unavailable",
    "throttle",
    "unauthorized",
    "stale",
    "clock_skew",
    "not_json",
    "huge",
    "strings",
    "missing_metric",
    "nulls",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::centre::Centre;
    use crate::demo::week::{WeekHour, Weekday};
    use crate::limits::ANSWER_BYTES_MAX;

    const NOW: UtcMs = UtcMs(1_715_783_543_000);

    fn service() -> QueueList {
        let at = WeekHour { weekday: Weekday::Thursday, hour: 10 };
        QueueList::new(Traffic::Simulated(Box::new(Centre::bank(1, NOW, at))), "key")
    }

    fn ask(key: &str) -> Incoming {
        Incoming::new("GET", "/queues.json").with_header("x-api-key", key)
    }

    fn json(reaction: &Reaction) -> Value {
        serde_json::from_slice(&reaction.reply().unwrap().body).unwrap()
    }

    #[test]
    fn the_queues_are_listed_for_who_has_the_key() {
        let mut service = service();
        let body = json(&service.receive(&ask("key"), NOW));
        assert_eq!(body["generated_at"], 1_715_783_540);
        let at = UtcMs(1_715_783_540_000);
        let queue = service.traffic.window(0, UtcMs(at.0 - 60_000), at).unwrap();
        assert_eq!(
            body["queues"][0],
            json!({
                "id": "queue-retail-1",
                "name": "Retail banking",
                "waiting": queue.calls_waiting,
                "oldest_seconds": queue.longest_wait_seconds,
                "agents_free": queue.agents_available,
                "abandoned_last_minute": queue.abandoned,
            })
        );
        assert_eq!(body["queues"].as_array().unwrap().len(), 6);
        let mut status =
            |incoming: &Incoming| service.receive(incoming, NOW).reply().unwrap().status;
        assert_eq!(status(&ask("other")), 401);
        assert_eq!(status(&Incoming::new("GET", "/queues.json")), 401);
        assert_eq!(status(&Incoming::new("POST", "/queues.json")), 405);
        assert_eq!(status(&Incoming::new("GET", "/")), 404);
    }

    #[test]
    fn every_fault_shows_as_it_is_named() {
        let under = |order: &'static str| {
            let mut service = service();
            let ordered = Incoming::post_json("/simulate/faults", order);
            assert_eq!(service.receive(&ordered, NOW).reply().unwrap().status, 200, "{order}");
            service.receive(&ask("key"), NOW)
        };
        let status = |order| under(order).reply().unwrap().status;
        assert_eq!(under(r#"{"fault":"hang","seconds":9}"#), Reaction::Hang);
        assert_eq!(under(r#"{"fault":"close","seconds":9}"#), Reaction::Close);
        assert_eq!(status(r#"{"fault":"unavailable","seconds":9}"#), 503);
        assert_eq!(status(r#"{"fault":"throttle","seconds":9}"#), 429);
        assert_eq!(status(r#"{"fault":"unauthorized","seconds":9}"#), 401);
        let page = under(r#"{"fault":"not_json","seconds":9}"#);
        assert_eq!(page.reply().unwrap().header("content-type"), Some("text/html"));
        let huge = under(r#"{"fault":"huge","seconds":9}"#);
        assert!(huge.reply().unwrap().body.len() > ANSWER_BYTES_MAX);
        let body = |order| json(&under(order));
        let skewed = r#"{"fault":"clock_skew","seconds":9,"offset_seconds":-60}"#;
        assert_eq!(body(skewed)["generated_at"], 1_715_783_480);
        assert_eq!(body(r#"{"fault":"stale","seconds":9}"#)["generated_at"], 1_715_783_420);
        let row = |order| body(order)["queues"][0].clone();
        assert!(row(r#"{"fault":"strings","seconds":9}"#)["waiting"].is_string());
        assert!(row(r#"{"fault":"nulls","seconds":9}"#)["waiting"].is_null());
        assert_eq!(row(r#"{"fault":"missing_metric","seconds":9}"#).get("waiting"), None);
    }
}
