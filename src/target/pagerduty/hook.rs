//! Webhooks v3 of PagerDuty: what people do with an incident there.
//!
//! # Promises
//! - `what_people_do_with_an_incident_is_read`
//! - `what_is_no_event_of_pagerduty_means_nothing`

use alloc::vec::Vec;

use serde_json::Value;

use crate::limits::PERSON_CHARS_MAX;
use crate::target::cut::one_line;
use crate::target::{Callback, Said};

/// What a webhook says; of most events nothing.
pub(super) fn read(body: &[u8]) -> Option<Vec<Callback>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let event = body.get("event")?;
    let what = match event.get("event_type")?.as_str()? {
        "incident.acknowledged" => Said::Acknowledged,
        "incident.unacknowledged" => Said::Unacknowledged,
        "incident.resolved" => Said::Resolved,
        "incident.reopened" => Said::Reopened,
        _ => return Some(Vec::new()),
    };
    let incident = event.get("data")?;
    let text = |name: &str| incident.get(name).and_then(Value::as_str).map(Into::into);
    // What our own events do is done by the integration, and what it does by itself by nobody.
    let agent = event.get("agent").filter(|agent| {
        agent.get("type").and_then(Value::as_str).is_some_and(|of| of.starts_with("user"))
    });
    let by = agent.and_then(|agent| agent.get("summary")).and_then(Value::as_str);
    let by = by.map(|name| one_line(name, PERSON_CHARS_MAX).into());
    let (alert, thread) = (text("incident_key"), text("id"));
    let callback = Callback { alert, first_breach: None, thread, what, by };
    Some(Vec::from([callback]))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn what_people_do_with_an_incident_is_read() {
        let said = |event: &str, agent: &str| {
            let body = format!(
                r#"{{"event": {{"id": "01B", "event_type": "incident.{event}",
                "resource_type": "incident", "occurred_at": "2024-05-15T14:32:20Z",
                "agent": {agent}, "client": null,
                "data": {{"id": "PGR0VU2", "type": "incident", "status": "acknowledged",
                "incident_key": "cxone-prod:q:calls_waiting:36c7c0d6"}}}}}}"#
            );
            read(body.as_bytes()).unwrap()
        };
        let user = r#"{"id": "PLH1HKV", "summary": "Ann", "type": "user_reference"}"#;
        let wanted = |what, by: Option<&str>| Callback {
            alert: Some("cxone-prod:q:calls_waiting:36c7c0d6".into()),
            first_breach: None,
            thread: Some("PGR0VU2".into()),
            what,
            by: by.map(Into::into),
        };
        assert_eq!(said("acknowledged", user), [wanted(Said::Acknowledged, Some("Ann"))]);
        assert_eq!(said("unacknowledged", "null"), [wanted(Said::Unacknowledged, None)]);
        let integration = r#"{"summary": "andon", "type": "inbound_integration_reference"}"#;
        assert_eq!(said("resolved", integration), [wanted(Said::Resolved, None)]);
        assert_eq!(said("reopened", user), [wanted(Said::Reopened, Some("Ann"))]);
        assert_eq!(said("annotated", user), []);
    }

    #[test]
    fn what_is_no_event_of_pagerduty_means_nothing() {
        for body in ["", "{}", "[1]", r#"{"event": {"event_type": "incident.resolved"}}"#] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
        let ping = r#"{"event": {"event_type": "pagey.ping", "data": {"type": "ping"}}}"#;
        assert_eq!(read(ping.as_bytes()), Some(Vec::new()));
    }
}
