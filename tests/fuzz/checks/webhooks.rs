//! What senders push: any proof, body and definition.
//!
//! A delivery is written as the keys of its definition's `[webhook]` table, a line with `---`, its
//! headers, an empty line, and its body. Without that line the definition is that of the guides.

use andon::limits::ENTITIES_PER_SOURCE_MAX;
use andon::model::answer::Reading;
use andon::model::delivery::Delivery;
use andon::model::name::SourceName;
use andon::model::secret::Secret;
use andon::model::time::UtcMs;
use andon::platform::{Definition, Forgery, Proven, Trust, built_in};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::answers::reply;

/// Whoever forges a delivery does not know it.
const SECRET: &str = "hunter2-hunter2-webhook";

/// The only definition that is part of the binary and signs as the guides do.
const GUIDE: &str = include_str!("../../../src/platform/definitions/nice-cxone-guide.toml");

thread_local! {
    /// Parsed once: there are many deliveries.
    static BUILT_IN: Vec<Definition> = built_in();
}

/// Nothing is believed without the secret, what is genuine stays so, and it is read or refused.
pub fn webhook(bytes: &[u8]) {
    let split = bytes.windows(5).position(|line| line == b"\n---\n");
    let (table, rest) = match split {
        Some(at) => (Some(String::from_utf8_lossy(&bytes[..at])), &bytes[at + 5..]),
        None => (None, bytes),
    };
    let delivery = delivery(rest);
    BUILT_IN.with(|all| all.iter().for_each(|definition| judged(definition, &delivery)));
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
    let prove = |secrets: &[&Secret]| {
        let trust =
            Trust { secrets, address: Some("https://hub.test/ingest/f"), certificates: &[] };
        webhook.prove(delivery, &trust, NOW)
    };
    assert!(matches!(prove(&[]), Proven::Forged(_)), "no secret, no proof");
    let is_known = |text: &str| text.contains(SECRET);
    let shows = delivery.headers.iter().any(|(_, value)| is_known(value));
    if let Proven::Genuine(_) = prove(&[&secret]) {
        // A signature cannot be met by chance; a secret in clear was shown by the bytes themselves.
        let is_basic = delivery.header("authorization").is_some_and(|it| it.starts_with("Basic"));
        assert!(shows || is_basic, "{} believes {delivery:?}", definition.name());
    }
    let opened = webhook.open(delivery);
    let [one, other] = ["one", "other"].map(|name| SourceName::new(name).unwrap());
    assert_eq!(opened.id(&one, NOW), webhook.open(&delivery.clone()).id(&one, NOW));
    assert_ne!(opened.id(&one, NOW), opened.id(&other, NOW));
    if let Some(reply) = opened.challenge(Some(&secret)) {
        let is_shown = is_known(&String::from_utf8_lossy(&delivery.body));
        assert!(is_shown || !is_known(&String::from_utf8_lossy(&reply.body)));
        assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok());
    }
    let Ok(pushed) = opened.read(NOW) else { return };
    let answer = pushed.answer;
    assert!((1..=ENTITIES_PER_SOURCE_MAX).contains(&answer.rows.len()));
    assert_eq!(pushed.ranks.len(), answer.rows.len());
    assert_eq!(answer.readings.len(), answer.rows.len() * answer.metrics.len());
    let is_finite = |reading: &Reading| !matches!(reading, Reading::Value(it) if !it.is_finite());
    assert!(answer.readings.iter().all(is_finite), "{:?}", answer.readings);
}

/// The body signed as the guides want it is believed, and with one bit changed it is not.
fn signed(mut delivery: Delivery) {
    let definition =
        BUILT_IN.with(|all| all.iter().find(|it| it.name() == "nice-cxone-guide").cloned());
    let definition = definition.unwrap();
    let (webhook, secret) = (definition.webhook().unwrap(), Secret::new(SECRET));
    delivery.headers.retain(|(name, _)| &**name != "x-signature");
    delivery.headers.push(("x-signature".into(), signature(SECRET, &delivery.body).into()));
    let trust = Trust { secrets: &[&secret], ..Trust::default() };
    assert_eq!(webhook.prove(&delivery, &trust, NOW), Proven::Genuine(0));
    let mut body = delivery.body.to_vec();
    let place = body.len() / 2;
    match body.get_mut(place) {
        Some(byte) => *byte ^= 1,
        None => body.push(0),
    }
    delivery.body = body.into();
    assert_eq!(webhook.prove(&delivery, &trust, NOW), Proven::Forged(Forgery::Wrong));
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
    let (method, body) = ("POST".into(), reply.body.into());
    Delivery { method, headers: reply.headers, body, client_certificate: None }
}

const NOW: UtcMs = UtcMs(1_715_783_550_000);
