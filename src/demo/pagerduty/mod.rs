//! A simulated PagerDuty: the Events API v2, and the incidents that come of its events.
//!
//! `GET /simulate/status` tells its counts and incidents; `POST /simulate/faults` orders `hang`,
//! `close`, `unavailable`, `throttle` or `refuse`.
//!
//! # Promises
//! - `the_example_of_the_guide_is_refused`: for lacking `event_action` and `dedup_key`.
//! - `one_key_is_one_incident`: opened, grown worse, resolved, opened again.

mod event;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::json;

pub use crate::demo::pagerduty::event::{Action, Event};

use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::reception::Reception;
use crate::limits::DEMO_MEMORY_MAX;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// The service.
#[derive(Debug, Clone, Default)]
pub struct PagerDuty {
    /// Its faults, keys and counts.
    pub reception: Reception,
    /// By routing key and dedup key, as PagerDuty tells them apart.
    incidents: BTreeMap<(Box<str>, Box<str>), Incident>,
    events: VecDeque<Received>,
}

/// An event that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// When.
    pub at: UtcMs,
    /// Its `idempotency-key` header.
    pub idempotency_key: Option<Box<str>>,
    /// The event.
    pub event: Event,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Somebody is being paged.
    Triggered,
    /// Somebody has it.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// What came of the events with one dedup key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// The key.
    pub dedup_key: Box<str>,
    /// Where it stands.
    pub state: State,
    /// How often it was opened: once, and once more for each trigger after a resolve.
    pub opened: u32,
    /// Triggers in all.
    pub triggers: u32,
    /// The summary of the last trigger.
    pub summary: Box<str>,
    /// The severities of the triggers, each change once.
    pub severities: Vec<Box<str>>,
}

impl PagerDuty {
    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reaction) = self.reception.open(incoming, utc) {
            return reaction;
        }
        let reply = match (&*incoming.method, incoming.route()) {
            ("POST", "/v2/enqueue") => self.enqueue(incoming, utc),
            (_, "/v2/enqueue") => Reply::empty(405).with_header("allow", "POST"),
            ("GET", "/simulate/status") => {
                let incidents: Vec<&Incident> = self.incidents.values().collect();
                let receipts = self.reception.shown(utc);
                json_reply(200, &json!({ "reception": receipts, "incidents": incidents }))
            }
            _ => json_reply(404, &json!({ "status": "not found" })),
        };
        Reaction::reply_at(reply, utc)
    }

    /// The events that were accepted, the oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Received> {
        self.events.iter()
    }

    /// The incidents, in the order of their keys.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// The incident of a dedup key.
    #[must_use]
    pub fn incident(&self, dedup_key: &str) -> Option<&Incident> {
        self.incidents().find(|incident| &*incident.dedup_key == dedup_key)
    }

    /// Somebody there does something with the incident of a dedup key.
    pub fn becomes(&mut self, dedup_key: &str, state: State) {
        let known = self.incidents.values_mut().find(|one| *one.dedup_key == *dedup_key);
        if let Some(incident) = known {
            incident.state = state;
        }
    }

    /// It knows nothing of a dedup key any more.
    pub fn forget(&mut self, dedup_key: &str) {
        self.incidents.retain(|(_, known), _| **known != *dedup_key);
    }

    fn enqueue(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        let event = if self.reception.refuses_all(utc) {
            Err(Vec::from(["the routing key is not valid".into()]))
        } else if incoming.media_type() == "application/json" {
            Event::read(&incoming.body)
        } else {
            Err(Vec::from(["the content type is not application/json".into()]))
        };
        match event {
            Err(errors) => {
                self.reception.refuse(errors.join("; "));
                let message = "Event object is invalid";
                let body =
                    json!({ "status": "invalid event", "message": message, "errors": errors });
                json_reply(400, &body)
            }
            Ok(event) => {
                let key = incoming.header("idempotency-key");
                self.reception.accept(key);
                self.take(&event);
                let message = "Event processed";
                let body = json!({
                    "status": "success", "message": message, "dedup_key": event.dedup_key
                });
                if self.events.len() >= DEMO_MEMORY_MAX {
                    self.events.pop_front();
                }
                let idempotency_key = key.map(Box::from);
                self.events.push_back(Received { at: utc, idempotency_key, event });
                json_reply(202, &body)
            }
        }
    }

    /// Acknowledging or resolving what is not open is dropped, as PagerDuty does.
    fn take(&mut self, event: &Event) {
        let key = (event.routing_key.clone(), event.dedup_key.clone());
        let open = self.incidents.get_mut(&key).filter(|known| known.state != State::Resolved);
        match (event.action, open) {
            (Action::Acknowledge, Some(incident)) => incident.state = State::Acknowledged,
            (Action::Resolve, Some(incident)) => incident.state = State::Resolved,
            (Action::Acknowledge | Action::Resolve, None) => {}
            (Action::Trigger, _) => self.trigger(key, event),
        }
    }

    fn trigger(&mut self, key: (Box<str>, Box<str>), event: &Event) {
        if self.incidents.len() >= DEMO_MEMORY_MAX && !self.incidents.contains_key(&key) {
            // Which one is forgotten hardly matters in a demonstration of this size.
            self.incidents.pop_first();
        }
        let incident = self.incidents.entry(key).or_insert_with(|| Incident {
            dedup_key: event.dedup_key.clone(),
            state: State::Resolved,
            opened: 0,
            triggers: 0,
            summary: Box::default(),
            severities: Vec::new(),
        });
        if incident.state == State::Resolved {
            incident.opened += 1;
            incident.state = State::Triggered;
        }
        incident.triggers += 1;
        incident.summary.clone_from(&event.summary);
        if incident.severities.last() != Some(&event.severity) {
            incident.severities.push(event.severity.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use serde_json::Value;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);

    /// As it stands in guide 2, section 3.
    const GUIDE_EVENT: &str = r#"{
"routing_key": "pagerduty-p1-cxone",
"payload": {
"summary": "CXone Queue Threshold Breach: calls_waiting >= 15",
"source": "cxone-realtime-monitor",
"severity": "critical",
"component": "queue-id-8f3a2c1d-4e5b-6c7d-8e9f-0a1b2c3d4e5f",
"custom_details": {
"current_value": 22,
"threshold_value": 15,
"breach_duration_seconds": 45,
"longest_wait_seconds": 135,
"agents_available": 4,
"monitoring_url": "https://api.nice-incontact.com/ui/realtime/queues/queue-id-8f3a2c1d"
},
"timestamp": "2024-05-15T14:32:20Z"
}
}"#;

    fn event(action: &str, severity: &str) -> Incoming {
        let payload = format!(
            "{{\"summary\":\"tier-2 is bad\",\"source\":\"cxone\",\"severity\":\"{severity}\"}}"
        );
        let body = format!(
            "{{\"routing_key\":\"{}\",\"event_action\":\"{action}\",\"dedup_key\":\"tier-2\",\
             \"payload\":{payload}}}",
            "k".repeat(32)
        );
        Incoming::post_json("/v2/enqueue", body).with_header("idempotency-key", action)
    }

    fn reply(pagerduty: &mut PagerDuty, incoming: &Incoming) -> (u16, Value) {
        let reaction = pagerduty.receive(incoming, NOW);
        let reply = reaction.reply().unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    #[test]
    fn the_example_of_the_guide_is_refused() {
        let mut pagerduty = PagerDuty::default();
        let incoming = Incoming::post_json("/v2/enqueue", GUIDE_EVENT);
        let (status, body) = reply(&mut pagerduty, &incoming);
        assert_eq!((status, &body["status"]), (400, &json!("invalid event")));
        let errors = format!("{}", body["errors"]);
        assert!(errors.contains("event_action is missing"), "{errors}");
        assert!(errors.contains("dedup_key is missing"), "{errors}");
        assert_eq!((pagerduty.events().count(), pagerduty.reception.refused), (0, 1));
    }

    #[test]
    fn one_key_is_one_incident() {
        let mut pagerduty = PagerDuty::default();
        let (status, body) = reply(&mut pagerduty, &event("trigger", "warning"));
        assert_eq!((status, &body["dedup_key"]), (202, &json!("tier-2")));
        reply(&mut pagerduty, &event("trigger", "warning"));
        reply(&mut pagerduty, &event("trigger", "critical"));
        reply(&mut pagerduty, &event("acknowledge", "info"));
        assert_eq!(pagerduty.incident("tier-2").unwrap().state, State::Acknowledged);
        reply(&mut pagerduty, &event("resolve", "info"));
        reply(&mut pagerduty, &event("acknowledge", "info"));
        let incident = pagerduty.incident("tier-2").unwrap().clone();
        assert_eq!((incident.state, incident.opened, incident.triggers), (State::Resolved, 1, 3));
        assert_eq!(incident.severities, [Box::from("warning"), Box::from("critical")]);
        reply(&mut pagerduty, &event("trigger", "critical"));
        let incident = pagerduty.incident("tier-2").unwrap();
        assert_eq!((incident.state, incident.opened), (State::Triggered, 2));
        assert!(pagerduty.reception.keys.repeated().eq([("acknowledge", 2), ("trigger", 4)]));
    }

    #[test]
    fn faults_are_ordered_and_shown() {
        let mut pagerduty = PagerDuty::default();
        let order = |fault: &str| format!("{{\"fault\":\"{fault}\",\"seconds\":60}}");
        let under = |pagerduty: &mut PagerDuty, fault: &str| {
            pagerduty.reception.faults.clear();
            reply(pagerduty, &Incoming::post_json("/simulate/faults", order(fault)));
            pagerduty.receive(&event("trigger", "info"), NOW)
        };
        let status = |reaction: &Reaction| reaction.reply().unwrap().status;
        assert_eq!(status(&under(&mut pagerduty, "throttle")), 429);
        assert_eq!(status(&under(&mut pagerduty, "unavailable")), 503);
        assert_eq!(status(&under(&mut pagerduty, "refuse")), 400);
        assert_eq!(under(&mut pagerduty, "close"), Reaction::Close);
        assert_eq!(under(&mut pagerduty, "hang"), Reaction::Hang);
        let (status, body) = reply(&mut pagerduty, &Incoming::new("GET", "/simulate/status"));
        assert_eq!((status, &body["reception"]["faults"]), (200, &json!([{ "fault": "hang" }])));
        assert_eq!(body["incidents"], json!([]));
        let unknown =
            Incoming::post_json("/simulate/faults", String::from("{\"fault\":\"stale\"}"));
        assert_eq!(reply(&mut pagerduty, &unknown).0, 400, "that is a platform's fault");
    }
}
