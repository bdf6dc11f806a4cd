//! Whether a body is an event of PagerDuty's Events API v2, field by field.
//!
//! Stricter than the real one in one point: a trigger needs its `dedup_key` too. PagerDuty would
//! make one up, and nobody could ever resolve the incident.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::model::time::UtcMs;

/// What an event wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Open an incident, or add to it.
    Trigger,
    /// Somebody has it.
    Acknowledge,
    /// It is over.
    Resolve,
}

/// An event that PagerDuty would take.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which service it goes to.
    pub routing_key: Box<str>,
    /// What it wants.
    pub action: Action,
    /// Which incident it is about.
    pub dedup_key: Box<str>,
    /// `critical`, `error`, `warning` or `info`. Empty without a payload.
    pub severity: Box<str>,
    /// What a person reads first. Empty without a payload.
    pub summary: Box<str>,
    /// `payload.custom_details`, or null.
    pub details: Value,
}

impl Event {
    /// Reads a body.
    ///
    /// # Errors
    /// Says everything that is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, Vec<String>> {
        if body.len() > EVENT_BYTES_MAX {
            return Err(Vec::from([format!("the event is larger than {EVENT_BYTES_MAX} bytes")]));
        }
        let body: Value = serde_json::from_slice(body)
            .map_err(|fault| Vec::from([format!("the body is not JSON: {fault}")]))?;
        let Some(event) = body.as_object() else {
            return Err(Vec::from(["the event is not an object".to_owned()]));
        };
        let mut check = Check::default();
        let read = check.event(event);
        if check.errors.is_empty() { Ok(read) } else { Err(check.errors) }
    }
}

/// Collects what is wrong.
#[derive(Default)]
struct Check {
    errors: Vec<String>,
}

impl Check {
    fn event(&mut self, event: &Map<String, Value>) -> Event {
        self.only(event, "", FIELDS);
        let routing_key = self.needed(event, "", "routing_key", 32);
        let is_key =
            routing_key.len() == 32 && routing_key.bytes().all(|b| b.is_ascii_alphanumeric());
        if !routing_key.is_empty() && !is_key {
            self.errors.push("routing_key is not 32 letters and digits".to_owned());
        }
        let action = match &*self.needed(event, "", "event_action", 16) {
            "trigger" | "" => Action::Trigger,
            "acknowledge" => Action::Acknowledge,
            "resolve" => Action::Resolve,
            other => {
                self.errors.push(format!("event_action cannot be \"{other}\""));
                Action::Trigger
            }
        };
        let dedup_key = self.needed(event, "", "dedup_key", 255);
        self.optional(event, "", "client");
        self.web_address(event, "", "client_url", "http");
        self.list(event, "images", IMAGE_FIELDS, |check, image, path| {
            check.needed(image, path, "src", 2_048);
            check.web_address(image, path, "src", "https://");
            check.web_address(image, path, "href", "http");
            check.optional(image, path, "alt");
        });
        self.list(event, "links", LINK_FIELDS, |check, link, path| {
            check.needed(link, path, "href", 2_048);
            check.web_address(link, path, "href", "http");
            check.optional(link, path, "text");
        });
        let read = Event {
            routing_key,
            action,
            dedup_key,
            severity: Box::default(),
            summary: Box::default(),
            details: Value::Null,
        };
        match event.get("payload").map(Value::as_object) {
            Some(Some(payload)) => self.payload(payload, read),
            Some(None) => self.complain("payload is not an object", read),
            None if action == Action::Trigger => self.complain("payload is missing", read),
            None => read,
        }
    }

    fn payload(&mut self, payload: &Map<String, Value>, event: Event) -> Event {
        let path = "payload.";
        self.only(payload, path, PAYLOAD_FIELDS);
        let summary = self.needed(payload, path, "summary", 1_024);
        self.needed(payload, path, "source", 1_024);
        let severity = self.needed(payload, path, "severity", 16);
        if !severity.is_empty() && !SEVERITIES.contains(&&*severity) {
            self.errors.push(format!("payload.severity is not one of {}", SEVERITIES.join(", ")));
        }
        for field in ["component", "group", "class"] {
            self.optional(payload, path, field);
        }
        if let Some(timestamp) = self.optional(payload, path, "timestamp")
            && UtcMs::from_rfc3339(timestamp).is_none()
        {
            self.errors.push(format!("payload.timestamp \"{timestamp}\" is not ISO 8601"));
        }
        let details = payload.get("custom_details").cloned().unwrap_or_default();
        if !details.is_object() && !details.is_null() {
            self.errors.push("payload.custom_details is not an object".to_owned());
        }
        Event { severity, summary, details, ..event }
    }

    fn complain(&mut self, what: &str, event: Event) -> Event {
        self.errors.push(what.to_owned());
        event
    }

    /// Refuses fields that there are not.
    fn only(&mut self, object: &Map<String, Value>, path: &str, known: &[&str]) {
        let unknown = object.keys().filter(|field| !known.contains(&field.as_str()));
        self.errors.extend(unknown.map(|field| format!("{path}{field} is not a known field")));
    }

    /// A text that has to be there, or an empty one after a complaint.
    fn needed(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        field: &str,
        max: usize,
    ) -> Box<str> {
        if !object.contains_key(field) {
            self.errors.push(format!("{path}{field} is missing"));
        }
        let text = self.optional(object, path, field).unwrap_or_default();
        let length = text.chars().count();
        if object.get(field).is_some_and(Value::is_string) && (length == 0 || length > max) {
            self.errors.push(format!("{path}{field} has {length} characters, not 1 to {max}"));
        }
        text.into()
    }

    /// A text that may be left out.
    fn optional<'a>(
        &mut self,
        object: &'a Map<String, Value>,
        path: &str,
        field: &str,
    ) -> Option<&'a str> {
        let value = object.get(field)?;
        if !value.is_string() {
            self.errors.push(format!("{path}{field} is not a text"));
        }
        value.as_str()
    }

    fn web_address(&mut self, object: &Map<String, Value>, path: &str, field: &str, scheme: &str) {
        if let Some(address) = object.get(field).and_then(Value::as_str)
            && !address.starts_with(scheme)
        {
            self.errors.push(format!("{path}{field} does not begin with {scheme}"));
        }
    }

    fn list(
        &mut self,
        event: &Map<String, Value>,
        field: &str,
        known: &[&str],
        check: impl Fn(&mut Self, &Map<String, Value>, &str),
    ) {
        let Some(list) = event.get(field) else { return };
        let Some(list) = list.as_array() else {
            self.errors.push(format!("{field} is not a list"));
            return;
        };
        for (number, item) in (0..).zip(list) {
            let path = format!("{field}[{number}].");
            match item.as_object() {
                Some(item) => {
                    self.only(item, &path, known);
                    check(self, item, &path);
                }
                None => self.errors.push(format!("{field}[{number}] is not an object")),
            }
        }
    }
}

/// PagerDuty's limit on a whole event: 512 KB.
const EVENT_BYTES_MAX: usize = 512_000;

const SEVERITIES: &[&str] = &["critical", "error", "warning", "info"];
const FIELDS: &[&str] = &[
    "routing_key",
    "event_action",
    "dedup_key",
    "payload",
    "images",
    "links",
    "client",
    "client_url",
];
const PAYLOAD_FIELDS: &[&str] = &[
    "summary",
    "source",
    "severity",
    "timestamp",
    "component",
    "group",
    "class",
    "custom_details",
];
const IMAGE_FIELDS: &[&str] = &["src", "href", "alt"];
const LINK_FIELDS: &[&str] = &["href", "text"];

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{
        "routing_key": "0123456789abcdef0123456789abcdef",
        "event_action": "trigger",
        "dedup_key": "cxone-prod:tier-2:calls_waiting:9f3a61c2",
        "client": "andon",
        "client_url": "http://andon.local/",
        "links": [{"href": "https://example.org/", "text": "queue"}],
        "images": [{"src": "https://example.org/a.png", "alt": "graph"}],
        "payload": {
            "summary": "calls_waiting >= 15",
            "source": "cxone-prod",
            "severity": "critical",
            "timestamp": "2024-05-15T14:32:20Z",
            "component": "tier-2",
            "group": "queues",
            "class": "calls_waiting",
            "custom_details": {"current_value": 22}
        }
    }"#;

    fn errors(body: &str) -> Vec<String> {
        Event::read(body.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn a_full_event_is_read() {
        let event = Event::read(FULL.as_bytes()).unwrap();
        assert_eq!(event.action, Action::Trigger);
        assert_eq!(&*event.severity, "critical");
        assert_eq!(event.details["current_value"], 22);
    }

    #[test]
    fn each_field_is_held_to_its_rule() {
        for (right, wrong, complaint) in [
            ("0123456789abcdef0123456789abcdef", "short", "routing_key is not 32"),
            ("\"trigger\"", "\"raise\"", "event_action cannot be"),
            ("\"dedup_key\"", "\"dedup\"", "dedup is not a known field"),
            ("\"client\": \"andon\"", "\"client\": 5", "client is not a text"),
            ("https://example.org/a.png", "http://example.org/a.png", "images[0].src does not"),
            ("\"href\": \"https", "\"href\": \"ftp", "links[0].href does not"),
            ("\"source\"", "\"origin\"", "payload.origin is not a known field"),
            ("\"critical\"", "\"high\"", "payload.severity is not one of"),
            ("2024-05-15T14", "yesterday", "payload.timestamp"),
            ("{\"current_value\": 22}", "22", "payload.custom_details is not an object"),
            ("\"payload\": {", "\"payload\": 1, \"x\": {", "payload is not an object"),
        ] {
            let errors = errors(&FULL.replacen(right, wrong, 1));
            assert!(errors.iter().any(|error| error.starts_with(complaint)), "{errors:?}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let long =
            |field: &str, length: usize| errors(&FULL.replacen(field, &"x".repeat(length), 1));
        assert_eq!(long("calls_waiting >= 15", 1_024), [""; 0]);
        assert_eq!(long("calls_waiting >= 15", 1_025).len(), 1);
        let dedup_key = "cxone-prod:tier-2:calls_waiting:9f3a61c2";
        assert_eq!(long(dedup_key, 255), [""; 0]);
        assert_eq!(long(dedup_key, 256).len(), 1);
        assert!(long("queues", EVENT_BYTES_MAX)[0].contains("larger than"));
    }

    #[test]
    fn a_resolve_needs_no_payload_and_a_trigger_does() {
        let bare = |action: &str| {
            let key = "0123456789abcdef0123456789abcdef";
            format!(
                "{{\"routing_key\":\"{key}\",\"event_action\":\"{action}\",\"dedup_key\":\"a\"}}"
            )
        };
        assert_eq!(errors(&bare("resolve")), [""; 0]);
        assert_eq!(errors(&bare("trigger")), ["payload is missing"]);
    }
}
