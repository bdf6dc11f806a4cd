//! What people read: each notice as one line, each idempotency key once.

use alloc::collections::BTreeSet;

use andon::demo::pagerduty::{Action, PagerDuty};
use andon::demo::receiver::Receiver;
use andon::demo::slack::Slack;
use serde_json::Value;

use crate::slack::{Done, Workspace};

/// One notice that a target took.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) text: String,
}

/// The lines without the repetitions of a key.
pub(crate) fn once(lines: Vec<Line>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let new = lines.into_iter().filter(|line| seen.insert(line.key.clone()));
    new.map(|line| line.text).collect()
}

/// `trigger tier-2 calls_waiting critical`. An end under the key before says nothing more, and is
/// one of two events about its notice.
pub(crate) fn by_pagerduty(pagerduty: &PagerDuty) -> Vec<Line> {
    let line = |received: &andon::demo::pagerduty::Received| {
        let action = match received.event.action {
            Action::Trigger => "trigger",
            Action::Acknowledge => "acknowledge",
            Action::Resolve => "resolve",
        };
        let text = format!("{action} {}", received.event.summary).trim_end().to_owned();
        let key = received.idempotency_key.as_deref().unwrap();
        let is_end_alone = received.event.summary.is_empty();
        let key = if is_end_alone { format!("{key} {text}") } else { key.to_owned() };
        Line { key, text }
    };
    pagerduty.events().map(line).collect()
}

/// `tier-2 longest_wait medium`, or `digest: ` and its lines.
pub(crate) fn by_slack(slack: &Slack) -> Vec<Line> {
    let line = |message: &andon::demo::slack::Message| {
        let text = message.body["text"].as_str().unwrap();
        let text = if text.starts_with("Digest: ") {
            digest(&message.body["blocks"])
        } else {
            text.to_owned()
        };
        Line { key: message.idempotency_key.as_deref().unwrap().to_owned(), text }
    };
    slack.messages().map(line).collect()
}

/// `post tier-2 longest_wait medium`; a list with its lines.
pub(crate) fn by_slack_app(workspace: &Workspace) -> Vec<Line> {
    let line = |done: &Done| {
        let Done { idempotency_key, what, text, lines, .. } = done;
        let is_list = text.starts_with("Digest: ") || text.starts_with("Together: ");
        let lines = if is_list { format!(": {}", lines.join("; ")) } else { String::new() };
        Line { key: format!("{idempotency_key} {what}"), text: format!("{what} {text}{lines}") }
    };
    workspace.done.iter().map(line).collect()
}

/// `tier-2 longest_wait medium`.
pub(crate) fn by_webhook(receiver: &Receiver) -> Vec<Line> {
    let line = |delivery: &andon::demo::receiver::Delivery| {
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        let text = body["summary"].as_str().unwrap().to_owned();
        Line { key: delivery.id.to_string(), text }
    };
    receiver.deliveries().map(line).collect()
}

fn digest(blocks: &Value) -> String {
    let sections = blocks.as_array().unwrap().iter().filter(|block| block["type"] == "section");
    let texts = sections.map(|section| section["text"]["text"].as_str().unwrap().trim_end());
    let lines: Vec<&str> = texts.flat_map(str::lines).collect();
    format!("digest: {}", lines.join("; "))
}
