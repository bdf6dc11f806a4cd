//! A flow of Workflows as Teams has it: it takes one message with one Adaptive Card of 28 KB at the
//! most, at its whole address alone, and says 202 before it has looked closely; what it would not
//! render is a complaint.

use andon::demo::http::{Incoming, Reaction};
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use serde_json::{Value, json};

use crate::receivers::twist::{self, Twist, keys, text};

/// The flow's path and query, whose order is part of it.
pub(crate) const FLOW: &str = "/powerautomate/automations/direct/workflows/0a1b/triggers/manual/\
                               paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=hush-Hush_hush";

#[derive(Debug, Clone, Default)]
pub(crate) struct Teams {
    pub(crate) cards: Vec<Value>,
    pub(crate) complaints: Vec<String>,
    pub(crate) twists: Vec<Twist>,
    /// Whether its owner has left.
    pub(crate) is_off: bool,
}

impl Teams {
    pub(crate) fn receive(&mut self, incoming: &Incoming) -> Reaction {
        if self.is_off || incoming.path != FLOW {
            return Reaction::reply_at(Reply::empty(404), UtcMs(0));
        }
        if let Some(twist) = self.twists.pop() {
            return twist.reaction();
        }
        match Self::read(incoming) {
            Ok(card) => self.cards.push(card),
            Err(why) => self.complaints.push(why),
        }
        Reaction::reply_at(Reply::empty(202), UtcMs(0))
    }

    fn read(incoming: &Incoming) -> Result<Value, String> {
        let message = twist::json(incoming, "POST")?;
        if incoming.body.len() > 28_000 {
            return Err("Request Entity too large".into());
        }
        keys(&message, &["type", "attachments"], &[])?;
        let attachments = message["attachments"].as_array();
        let [attachment] = attachments.map_or(&[][..], Vec::as_slice) else {
            return Err("'attachments' is not of one card".into());
        };
        keys(attachment, &["contentType", "contentUrl", "content"], &[])?;
        let is_message = message["type"] == "message"
            && attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
            && attachment["contentUrl"].is_null();
        if !is_message {
            return Err(format!("no message with a card: {message}"));
        }
        let card = &attachment["content"];
        keys(card, &["$schema", "type", "version", "body"], &["actions", "msteams"])?;
        if card["type"] != "AdaptiveCard" || card["version"] != "1.2" {
            return Err(format!("no card: {card}"));
        }
        if card.get("msteams").is_some_and(|wide| *wide != json!({ "width": "full" })) {
            return Err(format!("{}", card["msteams"]));
        }
        card["body"].as_array().ok_or("no body")?.iter().try_for_each(element)?;
        let actions = card.get("actions").and_then(Value::as_array);
        actions.map_or(Ok(()), |actions| actions.iter().try_for_each(action))?;
        Ok(card.clone())
    }
}

fn element(element: &Value) -> Result<(), String> {
    if element["type"] == "FactSet" {
        keys(element, &["type", "facts"], &[])?;
        let mut facts = element["facts"].as_array().ok_or("no facts")?.iter();
        return facts.try_for_each(|fact| {
            keys(fact, &["title", "value"], &[])?;
            text(&fact["title"], 100).and(text(&fact["value"], 4_000)).map(|_| ())
        });
    }
    let styled = ["wrap", "weight", "size", "style", "color", "isSubtle"];
    keys(element, &["type", "text"], &styled)?;
    text(&element["text"], 5_000)?;
    let of = |key: &str, words: &[&str]| match element.get(key) {
        Some(word) if !words.iter().any(|known| *word == **known) => Err(format!("{key}: {word}")),
        Some(_) | None => Ok(()),
    };
    of("type", &["TextBlock"])?;
    of("weight", &["Default", "Lighter", "Bolder"])?;
    of("size", &["Default", "Small", "Medium", "Large", "ExtraLarge"])?;
    of("style", &["default", "heading"])?;
    of("color", &["default", "dark", "light", "accent", "good", "warning", "attention"])
}

fn action(action: &Value) -> Result<(), String> {
    keys(action, &["type", "title", "url"], &[])?;
    let url = text(&action["url"], 2_048)?;
    match action["type"] == "Action.OpenUrl" && url.starts_with("https://") {
        true => Ok(()),
        false => Err(format!("{action}")),
    }
}
