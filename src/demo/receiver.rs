//! A simulated receiver of Standard Webhooks: any path, as long as the signature is right.
//!
//! `webhook-id`, `webhook-timestamp` (epoch seconds, at most 300 s off) and `webhook-signature`:
//! `v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`. The id is the idempotency
//! key.
//!
//! # Promises
//! - `the_vector_of_the_standard_is_accepted`: as it stands in the standard's own tests.
//! - `a_forged_or_late_delivery_is_refused`: with 401.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::demo::reception::Reception;
use crate::limits::DEMO_MEMORY_MAX;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// The receiver.
#[derive(Clone)]
pub struct Receiver {
    /// Its faults, keys and counts.
    pub reception: Reception,
    key: Vec<u8>,
    deliveries: VecDeque<Delivery>,
}

/// A delivery that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: UtcMs,
    /// Its `webhook-id`.
    pub id: Box<str>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

impl Receiver {
    /// A receiver with a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`; nothing for one
    /// that is not `whsec_` and the base64 of 24 to 64 bytes.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&key.len()).then(|| Self {
            reception: Reception::default(),
            key,
            deliveries: VecDeque::new(),
        })
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reaction) = self.reception.open(incoming, utc) {
            return reaction;
        }
        let reply = match (&*incoming.method, incoming.route()) {
            ("GET", "/simulate/status") => {
                let bodies =
                    self.deliveries().map(|delivery| String::from_utf8_lossy(&delivery.body));
                let bodies: Vec<Value> = bodies.map(Value::from).collect();
                let receipts = self.reception.shown(utc);
                json_reply(200, &json!({ "reception": receipts, "deliveries": bodies }))
            }
            ("POST", _) => self.deliver(incoming, utc),
            _ => Reply::empty(405).with_header("allow", "POST"),
        };
        Reaction::reply_at(reply, utc)
    }

    /// The deliveries that were accepted, the oldest first.
    pub fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter()
    }

    fn deliver(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if self.reception.refuses_all(utc) {
            self.reception.refuse("the receiver takes nothing");
            return Reply::empty(400);
        }
        match self.verify(incoming, utc) {
            Err(why) => {
                let reply = json_reply(401, &json!({ "error": why }));
                self.reception.refuse(why);
                reply
            }
            Ok(id) => {
                self.reception.accept(Some(id));
                if self.deliveries.len() >= DEMO_MEMORY_MAX {
                    self.deliveries.pop_front();
                }
                let body = incoming.body.clone();
                self.deliveries.push_back(Delivery { at: utc, id: id.into(), body });
                Reply::empty(204)
            }
        }
    }

    /// The id of a delivery that is genuine.
    fn verify<'a>(&self, incoming: &'a Incoming, utc: UtcMs) -> Result<&'a str, String> {
        let header = |name: &str| {
            let value = incoming.header(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("{name} is missing"))
        };
        let id = header("webhook-id")?;
        let timestamp = header("webhook-timestamp")?;
        let signatures = header("webhook-signature")?;
        let seconds: i64 =
            timestamp.parse().map_err(|_| format!("webhook-timestamp is \"{timestamp}\""))?;
        let off = utc - (UtcMs(0) + Span::secs(seconds));
        if off.abs() > TOLERANCE {
            return Err(format!("webhook-timestamp is {off} off"));
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| "no key")?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(&incoming.body);
        let genuine = signatures
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        if genuine { Ok(id) } else { Err("no signature fits".into()) }
    }
}

impl core::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The key is a secret.
        f.debug_struct("Receiver").field("reception", &self.reception).finish_non_exhaustive()
    }
}

/// How far a delivery's time may be off (Standard Webhooks).
const TOLERANCE: Span = Span::secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNED_AT: UtcMs = UtcMs(1_614_265_330_000);

    fn vector() -> Incoming {
        Incoming::post_json("/hooks/andon", "{\"test\": 2432232314}")
            .with_header("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
            .with_header("webhook-timestamp", "1614265330")
            .with_header("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    fn status(receiver: &mut Receiver, incoming: &Incoming, utc: UtcMs) -> u16 {
        receiver.receive(incoming, utc).reply().unwrap().status
    }

    #[test]
    fn the_vector_of_the_standard_is_accepted() {
        let mut receiver = Receiver::new(SECRET).unwrap();
        assert_eq!(status(&mut receiver, &vector(), SIGNED_AT), 204);
        let late = SIGNED_AT + Span::secs(300);
        assert_eq!(status(&mut receiver, &vector(), late), 204, "a retry");
        assert!(receiver.reception.keys.repeated().eq([("msg_p5jXN8AQM9LWM0D4loKWxJek", 2)]));
        assert_eq!(receiver.deliveries().count(), 2);
    }

    #[test]
    fn a_forged_or_late_delivery_is_refused() {
        let mut receiver = Receiver::new(SECRET).unwrap();
        let late = SIGNED_AT + Span::millis(300_001);
        assert_eq!(status(&mut receiver, &vector(), late), 401);
        let early = UtcMs(SIGNED_AT.0 - 300_001);
        assert_eq!(status(&mut receiver, &vector(), early), 401);
        let other_body = Incoming { body: b"{}".into(), ..vector() };
        assert_eq!(status(&mut receiver, &other_body, SIGNED_AT), 401);
        for lost in 1..=3 {
            let mut incoming = vector();
            incoming.headers.remove(lost);
            assert_eq!(status(&mut receiver, &incoming, SIGNED_AT), 401);
        }
        assert_eq!((receiver.deliveries().count(), receiver.reception.refused), (0, 6));
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let mut receiver = Receiver::new(SECRET).unwrap();
        let mut incoming = vector();
        let good = incoming.header("webhook-signature").unwrap();
        let several = format!("v1a,AAAA v1,AAAA {good}");
        incoming.headers.retain(|(name, _)| &**name != "webhook-signature");
        let incoming = incoming.with_header("webhook-signature", &several);
        assert_eq!(status(&mut receiver, &incoming, SIGNED_AT), 204);
    }

    #[test]
    fn a_secret_that_is_none_is_refused() {
        assert!(Receiver::new("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_none());
        assert!(Receiver::new("whsec_c2hvcnQ=").is_none());
        assert!(Receiver::new("whsec_!").is_none());
    }
}
