//! What a platform has to tell: the numbers of its queues and the state of its trunks, where they
//! have changed since it last looked.
//!
//! An event is guide 1's normalized payload. The guide names no thresholds; those of its sister's
//! examples are taken, so that a platform has a judgement of its own.
//!
//! # Promises
//! - `only_what_has_changed_is_told`
//! - `an_event_reads_as_the_guide_writes_it`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::demo::traffic::{QueueName, QueueSnapshot, Traffic};
use crate::model::time::UtcMs;

/// What can be seen of a platform at a moment.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// The moment, by the platform's own clock.
    pub at: UtcMs,
    /// How each queue stands.
    pub queues: Vec<(QueueName, QueueSnapshot)>,
    /// Whether calls can come by each trunk.
    pub trunks: Vec<Trunk>,
}

/// What calls come in by.
#[derive(Debug, Clone)]
pub struct Trunk {
    /// The platform's identifier.
    pub id: Box<str>,
    /// The name for people.
    pub name: Box<str>,
    /// Whether it has its carrier.
    pub link: Link,
}

/// Whether a trunk has its carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It has.
    Connected,
    /// It has lost it.
    Lost,
}

/// What an event is about, which is what a registration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Queue,
    Trunk,
}

/// One thing that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) topic: Topic,
    measure: Measure,
    entity: Box<str>,
    name: Box<str>,
    value: u32,
    at: UtcMs,
}

/// A number that is told, and from where on it is trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measure {
    metric: &'static str,
    threshold: u32,
    direction: Direction,
    impact: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Above,
    Below,
}

/// The payload, with its fields in the guide's order.
#[derive(Serialize)]
struct Payload<'a> {
    alert_key: String,
    platform: &'a str,
    metric_type: &'a str,
    entity_id: &'a str,
    entity_name: &'a str,
    current_value: u32,
    threshold_value: u32,
    breach_direction: Direction,
    severity: &'a str,
    business_impact: &'a str,
    timestamp: String,
    source_payload_ref: &'a str,
}

/// What was told last.
#[derive(Debug, Clone, Default)]
pub(super) struct News {
    told: BTreeMap<(Box<str>, &'static str), u32>,
}

impl Sight {
    /// The queues at the end of the last whole grain of some traffic.
    #[must_use]
    pub fn of(traffic: &mut Traffic, utc: UtcMs) -> Self {
        traffic.advance_to(utc);
        let grain = traffic.grain();
        let end = UtcMs(utc.0 - utc.0.rem_euclid(grain.0));
        let stand = |(position, name): (usize, &QueueName)| {
            let snapshot = traffic.window(position, UtcMs(end.0 - grain.0), end)?;
            Some((name.clone(), snapshot))
        };
        let queues = traffic.queues().iter().enumerate().filter_map(stand).collect();
        Self { at: end, queues, trunks: Vec::new() }
    }
}

impl News {
    /// What has changed. At first nobody waits, no agent is there and every trunk is connected.
    pub(super) fn of(&mut self, sight: &Sight) -> Vec<Event> {
        let mut events = Vec::new();
        for (queue, stands) in &sight.queues {
            let numbers = [
                (CALLS_WAITING, stands.calls_waiting),
                (LONGEST_WAIT, stands.longest_wait_seconds),
                (AGENTS_AVAILABLE, stands.agents_available),
            ];
            for (measure, value) in numbers {
                let (entity, name) = (queue.id.clone(), queue.name.clone());
                let event =
                    Event { topic: Topic::Queue, measure, entity, name, value, at: sight.at };
                events.extend(self.changed(event, 0));
            }
        }
        for trunk in &sight.trunks {
            let value = u32::from(trunk.link == Link::Connected);
            let (entity, name) = (trunk.id.clone(), trunk.name.clone());
            let (topic, measure) = (Topic::Trunk, TRUNK_CONNECTED);
            let event = Event { topic, measure, entity, name, value, at: sight.at };
            events.extend(self.changed(event, 1));
        }
        events
    }

    fn changed(&mut self, event: Event, at_first: u32) -> Option<Event> {
        let told = self.told.entry((event.entity.clone(), event.measure.metric));
        let told = told.or_insert(at_first);
        let is_news = *told != event.value;
        *told = event.value;
        is_news.then_some(event)
    }
}

impl Event {
    /// The body of its webhook.
    pub(super) fn body(&self, platform: &str, id: &str) -> Vec<u8> {
        let Measure { metric, threshold, direction, impact } = self.measure;
        let is_bad = match direction {
            Direction::Above => self.value >= threshold,
            Direction::Below => self.value < threshold,
        };
        let payload = Payload {
            alert_key: alert_key(platform, metric, &self.entity),
            platform,
            metric_type: metric,
            entity_id: &self.entity,
            entity_name: &self.name,
            current_value: self.value,
            threshold_value: threshold,
            breach_direction: direction,
            severity: if is_bad { "critical" } else { "resolved" },
            business_impact: impact,
            timestamp: self.at.rfc3339(),
            source_payload_ref: id,
        };
        // Text and numbers are always JSON.
        serde_json::to_vec(&payload).unwrap_or_default()
    }

    /// What somebody would send who wants to be believed: it is far worse.
    pub(super) fn exaggerated(&self) -> Self {
        let value = match self.measure.direction {
            Direction::Above => self.measure.threshold.saturating_add(900),
            Direction::Below => 0,
        };
        Self { value, ..self.clone() }
    }
}

/// The guide's deterministic hash of platform, metric and entity.
fn alert_key(platform: &str, metric: &str, entity: &str) -> String {
    let digest = Sha256::digest(format!("{platform}/{metric}/{entity}"));
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{platform}-{hex}")
}

const CALLS_WAITING: Measure = Measure {
    metric: "routing.queue.calls_waiting",
    threshold: 15,
    direction: Direction::Above,
    impact: "Customer SLA violation risk",
};

const LONGEST_WAIT: Measure =
    Measure { metric: "routing.queue.longest_wait", threshold: 120, ..CALLS_WAITING };

const AGENTS_AVAILABLE: Measure = Measure {
    metric: "routing.queue.agents_available",
    threshold: 1,
    direction: Direction::Below,
    impact: "Callers have to wait",
};

const TRUNK_CONNECTED: Measure = Measure {
    metric: "telephony.trunk.connected",
    impact: "Callers cannot reach us",
    ..AGENTS_AVAILABLE
};

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOON: UtcMs = UtcMs(1_715_783_520_000);

    fn sight(calls_waiting: u32, link: Link) -> Sight {
        let queue = QueueName { id: "queue-uuid-12345".into(), name: "Tier-2 Support".into() };
        let snapshot = QueueSnapshot { calls_waiting, ..QueueSnapshot::default() };
        let trunk = Trunk { id: "tb-1".into(), name: "SBC-East".into(), link };
        Sight { at: NOON, queues: [(queue, snapshot)].into(), trunks: [trunk].into() }
    }

    fn told(news: &mut News, sight: &Sight) -> Vec<(&'static str, u32)> {
        let events = news.of(sight);
        events.iter().map(|event| (event.measure.metric, event.value)).collect()
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let mut news = News::default();
        assert_eq!(told(&mut news, &sight(0, Link::Connected)), [], "all is as it is at first");
        let waiting = "routing.queue.calls_waiting";
        assert_eq!(told(&mut news, &sight(9, Link::Connected)), [(waiting, 9)]);
        assert_eq!(told(&mut news, &sight(9, Link::Lost)), [("telephony.trunk.connected", 0)]);
        assert_eq!(told(&mut news, &sight(9, Link::Lost)), []);
        let both = [(waiting, 0), ("telephony.trunk.connected", 1)];
        assert_eq!(told(&mut news, &sight(0, Link::Connected)), both);
    }

    #[test]
    fn an_event_reads_as_the_guide_writes_it() {
        let events = News::default().of(&sight(22, Link::Connected));
        let body = events[0].body("genesys-cloud", "req-98765");
        let text = String::from_utf8(body).unwrap();
        assert!(text.starts_with("{\"alert_key\":\"genesys-cloud-"), "{text}");
        let mut read: Value = serde_json::from_str(&text).unwrap();
        let key = read.as_object_mut().unwrap().remove("alert_key").unwrap();
        let wanted = json!({
            "platform": "genesys-cloud",
            "metric_type": "routing.queue.calls_waiting",
            "entity_id": "queue-uuid-12345",
            "entity_name": "Tier-2 Support",
            "current_value": 22,
            "threshold_value": 15,
            "breach_direction": "above",
            "severity": "critical",
            "business_impact": "Customer SLA violation risk",
            "timestamp": "2024-05-15T14:32:00Z",
            "source_payload_ref": "req-98765",
        });
        assert_eq!(read, wanted);
        // The same of the same thing, whatever its value and request.
        let calm = Event { value: 3, ..events[0].clone() };
        let read: Value = serde_json::from_slice(&calm.body("genesys-cloud", "another")).unwrap();
        assert_eq!((&read["alert_key"], &read["severity"]), (&key, &json!("resolved")));
    }
}
