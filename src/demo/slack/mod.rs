//! A simulated Slack: the address of one incoming webhook, and the channel behind it.
//!
//! `GET /simulate/status` tells its counts and messages; `POST /simulate/faults` orders `hang`,
//! `close`, `unavailable`, `throttle` or `refuse`.

mod block;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

pub use self::block::fault_of;
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::reception::Reception;
use crate::limits::DEMO_MEMORY_MAX;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// The channel.
#[derive(Debug, Clone)]
pub struct Slack {
    /// Its faults, keys and counts.
    pub reception: Reception,
    /// The path that is the webhook's secret.
    path: Box<str>,
    messages: VecDeque<Message>,
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// When.
    pub at: UtcMs,
    /// Its `idempotency-key` header.
    pub idempotency_key: Option<Box<str>>,
    /// The whole message.
    pub body: Value,
}

impl Slack {
    /// A channel behind a path such as `/services/T000/B000/secret`.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self { reception: Reception::default(), path: path.into(), messages: VecDeque::new() }
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reaction) = self.reception.open(incoming, utc) {
            return reaction;
        }
        let reply = match (&*incoming.method, incoming.route()) {
            ("POST", route) if route == &*self.path => self.post(incoming, utc),
            ("GET", "/simulate/status") => {
                let messages: Vec<&Value> = self.messages().map(|message| &message.body).collect();
                let receipts = self.reception.shown(utc);
                json_reply(200, &json!({ "reception": receipts, "messages": messages }))
            }
            _ => text(404, "no_service"),
        };
        Reaction::reply_at(reply, utc)
    }

    /// The messages that were accepted, the oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    fn post(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if self.reception.refuses_all(utc) {
            self.reception.refuse("the webhook is switched off");
            return text(403, "action_prohibited");
        }
        match read(incoming) {
            Err(why) => {
                self.reception.refuse(why);
                text(400, "invalid_payload")
            }
            Ok(body) => {
                let key = incoming.header("idempotency-key");
                self.reception.accept(key);
                if self.messages.len() >= DEMO_MEMORY_MAX {
                    self.messages.pop_front();
                }
                let idempotency_key = key.map(Box::from);
                self.messages.push_back(Message { at: utc, idempotency_key, body });
                text(200, "ok")
            }
        }
    }
}

fn read(incoming: &Incoming) -> Result<Value, String> {
    if incoming.media_type() != "application/json" {
        return Err("the content type is not application/json".into());
    }
    let message = serde_json::from_slice(&incoming.body)
        .map_err(|fault| format!("the body is not JSON: {fault}"))?;
    fault_of(&message).map_or(Ok(message), Err)
}

fn text(status: u16, body: &str) -> Reply {
    Reply::new(status, "text/html", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);
    const PATH: &str = "/services/T000/B000/secret";

    fn said(slack: &mut Slack, incoming: &Incoming) -> (u16, String) {
        let reaction = slack.receive(incoming, NOW);
        let reply = reaction.reply().unwrap();
        assert_eq!(reply.header("date"), Some("Wed, 15 May 2024 14:32:10 GMT"));
        (reply.status, reply.excerpt())
    }

    #[test]
    fn a_message_is_kept_and_answered_ok() {
        let mut slack = Slack::new(PATH);
        let incoming =
            Incoming::post_json(PATH, "{\"text\":\"hello\"}").with_header("idempotency-key", "k1");
        assert_eq!(said(&mut slack, &incoming), (200, "ok".into()));
        assert_eq!(said(&mut slack, &incoming), (200, "ok".into()), "Slack takes it twice");
        assert_eq!(slack.messages().count(), 2);
        assert!(slack.reception.keys.repeated().eq([("k1", 2)]));
    }

    #[test]
    fn what_slack_would_not_show_is_an_invalid_payload() {
        let mut slack = Slack::new(PATH);
        let mut bad = |body: &str| said(&mut slack, &Incoming::post_json(PATH, body));
        assert_eq!(bad("{}"), (400, "invalid_payload".into()));
        assert_eq!(bad("hello"), (400, "invalid_payload".into()));
        let untyped =
            Incoming { headers: Vec::new(), ..Incoming::post_json(PATH, "{\"text\":\"a\"}") };
        assert_eq!(said(&mut slack, &untyped).0, 400);
        let elsewhere = Incoming::post_json("/services/T000/B000/guess", "{\"text\":\"a\"}");
        assert_eq!(said(&mut slack, &elsewhere), (404, "no_service".into()));
        assert_eq!((slack.messages().count(), slack.reception.refused), (0, 3));
    }

    #[test]
    fn a_webhook_can_be_switched_off() {
        let mut slack = Slack::new(PATH);
        let order = Incoming::post_json("/simulate/faults", "{\"fault\":\"refuse\",\"seconds\":5}");
        slack.receive(&order, NOW);
        let incoming = Incoming::post_json(PATH, "{\"text\":\"hello\"}");
        assert_eq!(said(&mut slack, &incoming), (403, "action_prohibited".into()));
    }
}
