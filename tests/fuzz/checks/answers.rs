//! What servers answer: a platform's data and token, a target's reply, the headers of both.
//!
//! An answer is written as `status`, a line for each header, an empty line, and the body.

use alloc::collections::BTreeMap;

use andon::limits::{ENTITIES_PER_SOURCE_MAX, RETRY_AFTER_MAX, TOKEN_LIFE_MAX};
use andon::model::answer::Reading;
use andon::model::config::{SourceConfig, TargetKind, TextOrSecret};
use andon::model::http::Reply;
use andon::model::name::SourceName;
use andon::model::secret::{SecretRef, Secrets};
use andon::model::time::{Span, UtcMs};
use andon::platform::{Asking, Definition, LoginDraft, LoginStep, Session, Window, built_in};
use andon::target::{Delivery, classify};

/// The only definition that is part of the binary.
const GUIDE: &str = include_str!("../../../src/platform/definitions/nice-cxone-guide.toml");

/// An answer is read whole or refused.
pub fn answer(bytes: &[u8]) {
    for definition in built_in() {
        read(&definition, &reply(bytes));
    }
}

/// An answer is read whole or refused, whatever expressions the definition finds its rows and
/// their identifiers with: the first line and the second.
pub fn jmespath(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (rows, entity, body) = (next(), next(), next());
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let definition = GUIDE
        .replace("rows = \"queues\"", &format!("rows = {}", quoted(rows)))
        .replace("entity_id = \"queue.id\"", &format!("entity_id = {}", quoted(entity)));
    if let Ok(definition) = Definition::parse("guide.toml", &definition) {
        read(&definition, &Reply::new(200, "application/json", body));
    }
}

/// A token has a text and a life, or there is none.
pub fn token(bytes: &[u8]) {
    let reply = reply(bytes);
    for definition in built_in() {
        let (source, secrets) = (source(&definition), Secrets::default());
        let url = "https://login.test/token";
        match definition.read_login(&source, LoginDraft::default(), url, &reply) {
            Ok(draft) => {
                assert!((200..300).contains(&reply.status));
                let step = definition.login(&source, &secrets, &draft);
                if let Ok(LoginStep::Done(Session { token, life, .. })) = step {
                    assert!(!token.expose().is_empty());
                    assert!((Span(1)..=TOKEN_LIFE_MAX).contains(&life), "{life:?}");
                }
            }
            Err(fault) => quoted(&fault.to_string()),
        }
    }
}

/// A target's reply means something, and what it says fits a line of the log.
pub fn delivery(bytes: &[u8]) {
    let reply = reply(bytes);
    let url = TextOrSecret::Text("https://target.test".into());
    let key = SecretRef::Credential("key".into());
    let kinds = [
        TargetKind::PagerDuty { url: url.clone(), routing_key: key.clone() },
        TargetKind::Slack { url: url.clone() },
        TargetKind::Webhook { url, signing_secret: key },
    ];
    for kind in kinds {
        match classify(&kind, &reply) {
            Delivery::Accepted => assert!((200..300).contains(&reply.status)),
            Delivery::Later { after, why } => {
                let waits = |after| (Span::ZERO..=RETRY_AFTER_MAX).contains(&after);
                assert!(after.is_none_or(waits), "{after:?}");
                quoted(&why);
            }
            Delivery::Refused { why } | Delivery::Disabled { why } => quoted(&why),
        }
    }
}

/// The headers that say a time or a quota are believed within bounds or not at all.
pub fn header(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let definitions = built_in();
    for line in text.lines() {
        let second = |at: UtcMs| at.0.div_euclid(1_000);
        if let Some(at) = UtcMs::from_http_date(line) {
            let again = UtcMs::from_http_date(&at.http_date());
            assert_eq!(again.map(second), Some(second(at)), "{line:?}");
        }
        if let Some(at) = UtcMs::from_rfc3339(line) {
            let again = UtcMs::from_rfc3339(&at.rfc3339());
            assert_eq!(again.map(second), Some(second(at)), "{line:?}");
        }
        for (name, date) in [("date", line), ("date", "Wed, 15 May 2024 14:32:10 GMT")] {
            let reply = Reply::empty(429).with_header("retry-after", line).with_header(name, date);
            let kind = TargetKind::Slack { url: TextOrSecret::Text("https://slack.test".into()) };
            let Delivery::Later { after, .. } = classify(&kind, &reply) else {
                panic!("429 is not {:?}", classify(&kind, &reply))
            };
            assert!(after.is_none_or(|after| (Span::ZERO..=RETRY_AFTER_MAX).contains(&after)));
        }
        for definition in &definitions {
            let reply = Reply::empty(200).with_header("x-ratelimit-remaining", line);
            let remaining = definition.quota(&reply).remaining;
            assert!(remaining.is_none_or(|left| line.contains(&left.to_string()) || left == 0));
        }
    }
}

/// An answer as it is written in a corpus. What is missing is that of a good one.
pub(super) fn reply(bytes: &[u8]) -> Reply {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (&b"200"[..], bytes),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|status| status.trim().parse().ok()).unwrap_or(200);
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase().into(), value.trim().into()))
    };
    Reply { status, headers: lines.filter_map(header).collect(), body: body.into() }
}

/// A source without parameters.
fn source(definition: &Definition) -> SourceConfig {
    SourceConfig {
        name: SourceName::new("source").unwrap(),
        definition: definition.name().into(),
        platform: definition.summary().platform,
        parameters: BTreeMap::new(),
        entities: Vec::new(),
    }
}

fn read(definition: &Definition, reply: &Reply) {
    for length in [Span::secs(10), Span::secs(15)] {
        for index in 0..definition.requests() {
            let asking =
                Asking { window: Window::Interval, length, vendor_now: UtcMs(0), bucket: None };
            let extract = match definition.read_answer(index, reply, &asking) {
                Ok(extract) => extract,
                Err(fault) => {
                    assert!(!fault.to_string().is_empty());
                    continue;
                }
            };
            let answer = extract.answer;
            assert!((200..300).contains(&reply.status));
            assert!(answer.rows.len() <= ENTITIES_PER_SOURCE_MAX);
            assert_eq!(answer.readings.len(), answer.rows.len() * answer.metrics.len());
            let is_sound = |reading: &Reading| match reading {
                Reading::Value(value) => value.is_finite() && *value >= 0.0,
                Reading::Null | Reading::Absent => true,
            };
            assert!(answer.readings.iter().all(is_sound), "{:?}", answer.readings);
            assert!(answer.bucket.is_some_and(|bucket| bucket.end() <= answer.vendor_time));
        }
    }
}

/// What a server said, as it is told further: one line, cut short.
fn quoted(text: &str) {
    assert!(!text.is_empty() && text.chars().count() < 500, "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
}
