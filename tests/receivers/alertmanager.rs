//! An Alertmanager's `POST /api/v2/alerts` as its own source has it: alerts are known by their
//! labels, and one whose end has passed is over.

use alloc::collections::BTreeMap;

use andon::demo::http::{Incoming, Reaction};
use andon::model::http::Reply;
use andon::model::time::{Span, UtcMs};
use serde_json::Value;

use crate::receivers::twist::{self, Twist, keys, text};

pub(crate) const TOKEN: &str = "an-alertmanagers-token";

/// What time it is there, where nobody says otherwise.
const NOW: UtcMs = UtcMs(1_715_783_545_000);

#[derive(Debug, Clone, Default)]
pub(crate) struct Alertmanager {
    /// By their labels: when each began and ends.
    pub(crate) alerts: BTreeMap<String, (UtcMs, UtcMs)>,
    pub(crate) annotations: BTreeMap<String, Value>,
    pub(crate) complaints: Vec<String>,
    pub(crate) twists: Vec<Twist>,
}

impl Alertmanager {
    pub(crate) fn receive(&mut self, incoming: &Incoming) -> Reaction {
        self.receive_at(incoming, NOW)
    }

    pub(crate) fn receive_at(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if incoming.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return Reaction::reply_at(Reply::empty(401), UtcMs(0));
        }
        if let Some(twist) = self.twists.pop() {
            return twist.reaction();
        }
        if incoming.route() != "/am/api/v2/alerts" {
            return Reaction::reply_at(Reply::empty(404), UtcMs(0));
        }
        let taken = twist::json(incoming, "POST").and_then(|alerts| {
            let alerts = alerts.as_array().ok_or("no list of alerts")?.clone();
            // What is sound of a batch is kept, whatever the rest is.
            let taken: Vec<Result<(), String>> =
                alerts.iter().map(|one| self.take(one, utc)).collect();
            taken.into_iter().collect()
        });
        Reaction::reply_at(
            match taken {
                Ok(()) => Reply::empty(200),
                Err(why) => {
                    self.complaints.push(why.clone());
                    Reply::new(400, "application/json", Value::from(why).to_string())
                }
            },
            UtcMs(0),
        )
    }

    /// The labels of what is not over.
    pub(crate) fn firing(&self) -> Vec<&str> {
        self.firing_at(NOW)
    }

    pub(crate) fn firing_at(&self, utc: UtcMs) -> Vec<&str> {
        let open = self.alerts.iter().filter(|(_, (_, ends))| *ends > utc);
        open.map(|(labels, _)| labels.as_str()).collect()
    }

    fn take(&mut self, alert: &Value, utc: UtcMs) -> Result<(), String> {
        let optional = ["annotations", "startsAt", "endsAt", "generatorURL"];
        keys(alert, &["labels"], &optional)?;
        let labels = alert["labels"].as_object().ok_or("no labels")?;
        for (name, value) in labels {
            let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if !first || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("the label {name}"));
            }
            text(value, 10_000)?;
        }
        text(&labels["alertname"], 200)?;
        for value in alert["annotations"].as_object().into_iter().flat_map(|map| map.values()) {
            value.as_str().ok_or("an annotation is no text")?;
        }
        if let Some(url) = alert.get("generatorURL") {
            text(url, 2_048)?;
        }
        let time = |key: &str| match alert.get(key) {
            None => Ok(None),
            Some(at) => {
                let at = at.as_str().and_then(UtcMs::from_rfc3339);
                at.map(Some).ok_or_else(|| format!("{key} cannot be read"))
            }
        };
        let ends = time("endsAt")?;
        let starts = time("startsAt")?.or(ends).unwrap_or(utc);
        let ends = ends.unwrap_or(utc + Span::secs(300));
        if starts > ends {
            return Err("start time must be before end time".into());
        }
        let key = alert["labels"].to_string();
        self.annotations.insert(key.clone(), alert["annotations"].clone());
        self.alerts.insert(key, (starts, ends));
        Ok(())
    }
}
