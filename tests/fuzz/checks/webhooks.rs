//! What senders push: any proof, body and definition.
//!
//! A delivery is written as the keys of its definition's `[webhook]` table, a line with `---`, its
//! headers, an empty line, and its body. Without that line the definition is that of the guides.

use andon::limits::ENTITIES_PER_SOURCE_MAX;
use andon::model::answer::Reading;
use andon::model::delivery::Delivery;
use andon::model::secret::Secret;
use andon::model::time::UtcMs;
use andon::platform::{Definition, Forgery, Proven, built_in};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::answers::reply;

/// Whoever forges a delivery does not know it.
const SECRET: &str = "hunter2-hunter2-webhook";

/// The only definition that is part of the binary and signs as the guides do.
const GUIDE: &str = include_str!("../../../src/platform/definitions/nice-cxone-guide.toml");

/// Nothing is believed without the secret, what is genuine stays so, and it is read or refused.
pub fn webhook(bytes: &[u8]) {
    let split = bytes.windows(5).position(|line| line == b"\n---\n");
    let (table, rest) = match split {
        Some(at) => (Some(String::from_utf8_lossy(&bytes[..at])), &bytes[at + 5..]),
        None => (None, bytes),
    };
    let delivery = delivery(rest);
    for definition in built_in() {
        judged(&definition, &delivery);
    }
    if let Some(table) = table {
        let (before, after) = GUIDE.split_once("[webhook]").unwrap();
        let (_, after) = after.split_once("[quota]").unwrap();
        let text = format!("{before}[webhook]\n{table}\n[quota]{after}");
        if let Ok(definition) = Definition::parse("f.toml", &text) {
            judged(&definition, &delivery);
        }
    }
    signed(delivery);
}

fn judged(definition: &Definition, delivery: &Delivery) {
    let Some(webhook) = definition.webhook() else { return };
    let secret = Secret::new(SECRET);
    assert!(matches!(webhook.prove(delivery, &[], NOW), Proven::Forged(_)), "no secret, no proof");
    let is_known = |text: &str| text.contains(SECRET);
    let shows = delivery.headers.iter().any(|(_, value)| is_known(value));
    if let Proven::Genuine = webhook.prove(delivery, &[&secret], NOW) {
        // A signature cannot be met by chance; a secret in clear was shown by the bytes themselves.
        let is_basic = delivery.header("authorization").is_some_and(|it| it.starts_with("Basic"));
        assert!(shows || is_basic, "{} believes {delivery:?}", definition.name());
    }
    assert_eq!(webhook.id("one", delivery), webhook.id("one", &delivery.clone()));
    assert_ne!(webhook.id("one", delivery), webhook.id("other", delivery));
    let Ok(answer) = webhook.read(delivery, NOW) else { return };
    assert!((1..=ENTITIES_PER_SOURCE_MAX).contains(&answer.rows.len()));
    assert_eq!(answer.readings.len(), answer.rows.len() * answer.metrics.len());
    let is_finite = |reading: &Reading| !matches!(reading, Reading::Value(it) if !it.is_finite());
    assert!(answer.readings.iter().all(is_finite), "{:?}", answer.readings);
}

/// The body signed as the guides want it is believed, and with one bit changed it is not.
fn signed(mut delivery: Delivery) {
    let definition = Definition::parse("guide.toml", GUIDE).unwrap();
    let (webhook, secret) = (definition.webhook().unwrap(), Secret::new(SECRET));
    delivery.headers.retain(|(name, _)| &**name != "x-signature");
    delivery.headers.push(("x-signature".into(), signature(SECRET, &delivery.body).into()));
    assert_eq!(webhook.prove(&delivery, &[&secret], NOW), Proven::Genuine);
    let place = delivery.body.len() / 2;
    match delivery.body.get_mut(place) {
        Some(byte) => *byte ^= 1,
        None => delivery.body.push(0),
    }
    assert_eq!(webhook.prove(&delivery, &[&secret], NOW), Proven::Forged(Forgery::Wrong));
}

/// The signature of a body as the guides want it.
pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let hash = mac.finalize().into_bytes();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A delivery as it is written in a corpus.
pub(super) fn delivery(bytes: &[u8]) -> Delivery {
    // The first line of an answer is its status.
    let written = [b"200\n", bytes].concat();
    let reply = reply(&written);
    Delivery { method: "POST".into(), headers: reply.headers, body: reply.body }
}

const NOW: UtcMs = UtcMs(1_715_783_550_000);
