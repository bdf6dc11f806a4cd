//! A receiver of webhooks: it believes what Standard Webhooks proves within five minutes, or a
//! token, takes one body of each id, and nothing above 20 KB.

use alloc::collections::BTreeSet;

use andon::demo::http::{Incoming, Reaction};
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::receivers::twist::{self, Twist};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) method: &'static str,
    /// A header that has to be there in the place of a signature.
    pub(crate) header: Option<(&'static str, &'static str)>,
    pub(crate) ids: BTreeSet<String>,
    pub(crate) bodies: Vec<Value>,
    pub(crate) complaints: Vec<String>,
    pub(crate) twists: Vec<Twist>,
}

impl Receiver {
    pub(crate) fn new(method: &'static str, header: Option<(&'static str, &'static str)>) -> Self {
        let (ids, bodies, complaints, twists) = Default::default();
        Self { method, header, ids, bodies, complaints, twists }
    }

    pub(crate) fn receive(&mut self, incoming: &Incoming) -> Reaction {
        let is_proved = match self.header {
            Some((name, value)) => incoming.header(name) == Some(value),
            None => is_signed(incoming),
        };
        if !is_proved {
            return Reaction::reply_at(Reply::empty(401), UtcMs(0));
        }
        if let Some(twist) = self.twists.pop() {
            return twist.reaction();
        }
        let id = incoming.header("idempotency-key").unwrap_or_default().to_owned();
        match twist::json(incoming, self.method) {
            Ok(_) if incoming.body.len() > 20_000 => self.complaints.push("too long".into()),
            Ok(body) => {
                if self.ids.insert(id) {
                    self.bodies.push(body);
                }
                return Reaction::reply_at(Reply::empty(204), UtcMs(0));
            }
            Err(why) => self.complaints.push(why),
        }
        Reaction::reply_at(Reply::empty(400), UtcMs(0))
    }
}

fn is_signed(incoming: &Incoming) -> bool {
    let header = |name| incoming.header(name).unwrap_or_default();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let is_now = at.parse::<i64>().is_ok_and(|at| (at - 1_715_783_545).abs() <= 300);
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&incoming.body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    is_now && id == header("idempotency-key") && header("webhook-signature") == expected
}
