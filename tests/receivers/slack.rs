//! Slack's Web API as strict as it is: what an app may post into a channel, change and answer.
//!
//! Stricter than Slack in two things: a change has to say both text and blocks, and an argument
//! that the two methods do not have is refused.

use alloc::collections::{BTreeMap, VecDeque};

use andon::demo::http::{Incoming, Reaction};
use andon::demo::reception::Reception;
use andon::demo::slack::fault_of;
use andon::model::http::Reply;
use andon::model::time::{Span, UtcMs};
use serde_json::{Map, Value, json};

/// A workspace with one channel, `#noc`.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) reception: Reception,
    token: String,
    /// By `ts`, what the channel and its threads show.
    pub(crate) messages: BTreeMap<String, Message>,
    /// What was done, in its order: `post`, `update`, `reply` or `broadcast`, and the text.
    pub(crate) done: Vec<Done>,
    /// What is answered instead, once each: errors.
    pub(crate) says: VecDeque<&'static str>,
    /// When it last took a message.
    last: Option<UtcMs>,
}

/// A message as it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) blocks: Value,
    pub(crate) thread_ts: Option<String>,
}

/// A thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) idempotency_key: String,
    pub(crate) what: &'static str,
    pub(crate) ts: String,
    pub(crate) text: String,
    /// The lines of a list.
    pub(crate) lines: Vec<String>,
}

/// What is done with arguments, the idempotency key and the time: the message's `ts`, or an error.
type Method = fn(&mut Workspace, &Map<String, Value>, &str, UtcMs) -> Result<String, &'static str>;

/// The id of `#noc`, which its answers say whatever it was called.
const CHANNEL: &str = "C0NOC";

/// One message a second is taken; the way to it may shorten what lies between two.
const LEAST_GAP: Span = Span::millis(700);

impl Workspace {
    pub(crate) fn new(token: &str) -> Self {
        Self {
            reception: Reception::default(),
            token: token.to_owned(),
            messages: BTreeMap::new(),
            done: Vec::new(),
            says: VecDeque::new(),
            last: None,
        }
    }

    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reaction) = self.reception.open(incoming, utc) {
            return reaction;
        }
        let reply = match (&*incoming.method, incoming.route()) {
            ("POST", "/api/chat.postMessage") => self.call(incoming, utc, Self::post),
            ("POST", "/api/chat.update") => self.call(incoming, utc, Self::update),
            _ => Reply::empty(404),
        };
        Reaction::reply_at(reply, utc)
    }

    /// Somebody deletes every message, or they are older than the workspace keeps them.
    pub(crate) fn forget(&mut self) {
        self.messages.clear();
    }

    /// The messages of the channel itself, as they stand.
    pub(crate) fn channel(&self) -> impl Iterator<Item = &Message> {
        self.messages.values().filter(|message| message.thread_ts.is_none())
    }

    fn call(&mut self, incoming: &Incoming, utc: UtcMs, method: Method) -> Reply {
        if self.last.is_some_and(|last| utc - last < LEAST_GAP) {
            return Reply::empty(429).with_header("retry-after", "1");
        }
        let done = self.allowed(incoming).and_then(|body| {
            let key = incoming.header("idempotency-key").unwrap_or_default();
            method(self, &body, key, utc)
        });
        let body = match done {
            Ok(ts) => {
                self.last = Some(utc);
                self.reception.accept(incoming.header("idempotency-key"));
                json!({ "ok": true, "channel": CHANNEL, "ts": ts, "message": { "ts": ts } })
            }
            Err(error) => {
                self.reception.refuse(error);
                json!({ "ok": false, "error": error })
            }
        };
        Reply::new(200, "application/json; charset=utf-8", body.to_string())
    }

    fn allowed(&mut self, incoming: &Incoming) -> Result<Map<String, Value>, &'static str> {
        if let Some(error) = self.says.pop_front() {
            return Err(error);
        }
        let token = incoming.header("authorization").ok_or("not_authed")?;
        if token.strip_prefix("Bearer ") != Some(&*self.token) {
            return Err("invalid_auth");
        }
        if incoming.header("content-type") != Some("application/json; charset=utf-8") {
            return Err("missing_charset");
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&incoming.body) else {
            return Err("invalid_json");
        };
        match body.get("channel").and_then(Value::as_str) {
            Some(CHANNEL | "#noc") => {}
            _ => return Err("channel_not_found"),
        }
        let message: Map<String, Value> = body
            .iter()
            .filter(|(key, _)| MESSAGE.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        match fault_of(&Value::Object(message)) {
            Some(fault) if fault.contains("msg_blocks_too_long") => Err("msg_blocks_too_long"),
            Some(_) => Err("invalid_blocks"),
            None => Ok(body),
        }
    }

    fn post(
        &mut self,
        body: &Map<String, Value>,
        key: &str,
        utc: UtcMs,
    ) -> Result<String, &'static str> {
        known(body, &["thread_ts", "reply_broadcast"])?;
        let thread_ts = body.get("thread_ts").and_then(Value::as_str);
        if thread_ts.is_some_and(|ts| !self.messages.contains_key(ts)) {
            return Err("thread_not_found");
        }
        let loud = body.get("reply_broadcast").is_some_and(|loud| *loud == true);
        let what = match thread_ts {
            None if loud => return Err("invalid_arguments"),
            None => "post",
            Some(_) if loud => "broadcast",
            Some(_) => "reply",
        };
        let ts = format!("{}.{:06}", utc.0 / 1_000, self.done.len());
        let message = Message { thread_ts: thread_ts.map(str::to_owned), ..message(body) };
        self.does(what, &ts, key, message);
        Ok(ts)
    }

    fn update(
        &mut self,
        body: &Map<String, Value>,
        key: &str,
        _: UtcMs,
    ) -> Result<String, &'static str> {
        known(body, &["ts"])?;
        let ts = body.get("ts").and_then(Value::as_str).ok_or("invalid_arguments")?;
        let Some(before) = self.messages.get(ts) else { return Err("message_not_found") };
        let message = Message { thread_ts: before.thread_ts.clone(), ..message(body) };
        if message.text.is_empty() || !message.blocks.is_array() {
            return Err("no_text");
        }
        self.does("update", ts, key, message);
        Ok(ts.to_owned())
    }

    fn does(&mut self, what: &'static str, ts: &str, key: &str, message: Message) {
        let blocks = message.blocks.as_array().map_or(&[][..], Vec::as_slice);
        let texts = blocks.iter().filter_map(|block| block["text"]["text"].as_str());
        let lines = texts.skip(1).flat_map(str::lines).map(str::to_owned).collect();
        self.done.push(Done {
            idempotency_key: key.to_owned(),
            what,
            ts: ts.to_owned(),
            text: message.text.clone(),
            lines,
        });
        self.messages.insert(ts.to_owned(), message);
    }
}

/// The button of a message, by what it says back.
pub(crate) fn button(message: &Message) -> Option<&Value> {
    let mut blocks = message.blocks.as_array()?.iter();
    blocks.find(|block| block["type"] == "actions").map(|actions| &actions["elements"][0])
}

fn message(body: &Map<String, Value>) -> Message {
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let blocks = body.get("blocks").cloned().unwrap_or_default();
    Message { text, blocks, thread_ts: None }
}

fn known(body: &Map<String, Value>, of_method: &[&str]) -> Result<(), &'static str> {
    let is_known = |key: &String| {
        let key = key.as_str();
        key == "channel" || MESSAGE.contains(&key) || of_method.contains(&key)
    };
    if body.keys().all(is_known) { Ok(()) } else { Err("invalid_arguments") }
}

/// What makes a message.
const MESSAGE: &[&str] = &["text", "blocks", "unfurl_links", "unfurl_media"];
