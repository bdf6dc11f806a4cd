//! Datadog's intake as its API has it: events of v2 about alerts, events of v1 and service checks,
//! each within its limits; one key opens them all.

use andon::demo::http::{Incoming, Reaction};
use andon::model::http::Reply;
use andon::model::time::{Span, UtcMs};
use serde_json::Value;

use crate::receivers::twist::{self, Twist, keys, text};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

#[derive(Debug, Clone, Default)]
pub(crate) struct Datadog {
    /// The attributes of events of v2, events of v1, and checks.
    pub(crate) alerts: Vec<Value>,
    pub(crate) events: Vec<Value>,
    pub(crate) checks: Vec<Value>,
    pub(crate) complaints: Vec<String>,
    pub(crate) twists: Vec<Twist>,
}

/// What time it is there, where nobody says otherwise.
const NOW: UtcMs = UtcMs(1_715_783_545_000);

impl Datadog {
    pub(crate) fn receive(&mut self, incoming: &Incoming) -> Reaction {
        self.receive_at(incoming, NOW)
    }

    pub(crate) fn receive_at(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if incoming.header("dd-api-key") != Some(KEY) {
            return answer(403, "{\"errors\":[\"Forbidden\"]}");
        }
        if let Some(twist) = self.twists.pop() {
            return twist.reaction();
        }
        let taken = match incoming.route() {
            "/api/v2/events" => self.alert(incoming, utc),
            "/api/v1/events" => self.event(incoming),
            "/api/v1/check_run" => self.check(incoming),
            other => Err(format!("no route {other}")),
        };
        match taken {
            Ok(()) => answer(202, "{\"status\":\"ok\"}"),
            Err(why) => {
                let reply = answer(400, "{\"errors\":[\"Bad Request\"]}");
                self.complaints.push(why);
                reply
            }
        }
    }

    fn alert(&mut self, incoming: &Incoming, utc: UtcMs) -> Result<(), String> {
        let body = twist::json(incoming, "POST")?;
        keys(&body, &["data"], &[])?;
        keys(&body["data"], &["type", "attributes"], &[])?;
        let event = &body["data"]["attributes"];
        let optional =
            ["message", "aggregation_key", "integration_id", "host", "tags", "timestamp"];
        keys(event, &["category", "title", "attributes"], &optional)?;
        if event["category"] != "alert" || event["integration_id"] != "custom-events" {
            return Err(format!("category and integration of {event}"));
        }
        text(&event["title"], 500)?;
        text(&event["message"], 4_000)?;
        let key = text(&event["aggregation_key"], 100)?;
        if key.len() > 100 {
            return Err("the key is too long".into());
        }
        tags(&event["tags"])?;
        if let Some(at) = event.get("timestamp") {
            let at = at.as_str().and_then(UtcMs::from_rfc3339).ok_or("the time cannot be read")?;
            if utc - at > Span::secs(18 * 3_600) || at > utc + Span::secs(600) {
                return Err(format!("the time {at}"));
            }
        }
        let about = &event["attributes"];
        keys(about, &["status"], &["priority", "links", "custom"])?;
        let is = |key: &str, words: &[&str]| words.iter().any(|word| about[key] == **word);
        if !is("status", &["error", "warn", "ok"]) || !is("priority", &["1", "2", "3", "4", "5"]) {
            return Err(format!("status or priority of {about}"));
        }
        for link in about["links"].as_array().ok_or("no links")? {
            keys(link, &["category", "url"], &["title"])?;
            let known = ["runbook", "documentation", "dashboard", "resource"];
            if !known.iter().any(|word| link["category"] == **word) {
                return Err(format!("{link}"));
            }
            text(&link["url"], 2_048)?;
        }
        if about["custom"].as_object().is_none_or(|custom| custom.len() > 100) {
            return Err("more than 100 properties".into());
        }
        self.alerts.push(event.clone());
        Ok(())
    }

    fn event(&mut self, incoming: &Incoming) -> Result<(), String> {
        let event = twist::json(incoming, "POST")?;
        let optional =
            ["aggregation_key", "alert_type", "priority", "source_type_name", "tags", "host"];
        keys(&event, &["title", "text"], &optional)?;
        text(&event["title"], 500)?;
        text(&event["text"], 4_000)?;
        text(&event["aggregation_key"], 100)?;
        let is = |key: &str, words: &[&str]| words.iter().any(|word| event[key] == **word);
        let types = ["error", "warning", "info", "success", "user_update", "recommendation"];
        if !is("alert_type", &types) || !is("priority", &["normal", "low"]) {
            return Err(format!("type or priority of {event}"));
        }
        self.events.push(event);
        Ok(())
    }

    fn check(&mut self, incoming: &Incoming) -> Result<(), String> {
        let checks = twist::json(incoming, "POST")?;
        for check in checks.as_array().ok_or("no list of checks")? {
            keys(check, &["check", "host_name", "status", "tags"], &["message", "timestamp"])?;
            text(&check["check"], 100)?;
            text(&check["host_name"], 255)?;
            tags(&check["tags"])?;
            if check["status"].as_u64().is_none_or(|status| status > 3) {
                return Err(format!("the status of {check}"));
            }
            self.checks.push(check.clone());
        }
        Ok(())
    }
}

fn tags(tags: &Value) -> Result<(), String> {
    let tags = tags.as_array().ok_or("no list of tags")?;
    if tags.len() > 100 {
        return Err(format!("{} tags", tags.len()));
    }
    tags.iter().try_for_each(|tag| {
        let text = text(tag, 200)?;
        let is_fit = !text.contains([' ', ',', '\n']) && text.starts_with(char::is_alphabetic);
        if is_fit { Ok(()) } else { Err(format!("the tag {text:?}")) }
    })
}

fn answer(status: u16, body: &str) -> Reaction {
    Reaction::reply_at(Reply::new(status, "application/json", body), UtcMs(0))
}
