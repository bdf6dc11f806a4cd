//! What servers answer: a platform's data and token, a target's reply, the headers of both.
//!
//! An answer is written as `status`, a line for each header, an empty line, and the body.

use alloc::collections::BTreeMap;

use andon::limits::{ENTITIES_PER_SOURCE_MAX, RETRY_AFTER_MAX, TOKEN_LIFE_MAX};
use andon::model::answer::{Bucket, Reading};
use andon::model::config::{SourceConfig, TextOrSecret};
use andon::model::http::{Method, Reply};
use andon::model::login::HttpLogin;
use andon::model::metric::Kind;
use andon::model::name::{EntityId, SourceName, TargetName};
use andon::model::notice::{Notice, Reason, Subject};
use andon::model::passage::Passage;
use andon::model::secret::{SecretRef, Secrets};
use andon::model::target::{
    Alertmanager, Datadog, PagerDuty, Slack, SlackApp, TargetKind, Teams, Webhook,
};
use andon::model::time::{Span, Stamp, Tick, UtcMs};
use andon::platform::{
    Asking, Definition, Held, LoginDraft, LoginStep, Part, Session, Window, built_in,
};
use andon::target::{Delivery, Stage, classify};

/// An answer's table with every kind of unit, combination and time.
const EVERY_KEY: &str = r#"
rows = "queues"
entity_id = "queue.id"
row_time = "interval_start"
time_from = "receipt"
case = "ignored"
metrics = [
    { metric = "offered_calls", path = "metrics[0].value", missing = "zero" },
    { metric = "answered_calls", path = "sum(metrics[].value)", missing = "zero", keep = false },
    { metric = "calls_waiting", path = "length(metrics)", combine = "min" },
    { metric = "longest_wait", path = "metrics[1].value", unit = "epoch-ms" },
    { metric = "telephony.trunk.latency", path = "metrics[2].value", unit = "iso-duration" },
    { metric = "service_level", path = "metrics[3].value", unit = "percent", combine = "sum" },
    { metric = "telephony.trunk.connected", path = "metrics[0].metric" },
    { metric = "telephony.edge.online", path = "queue.name", true_when = ["tier 2"] },
]
derived = [
    { metric = "abandon_rate", value = "1 - answered_calls / offered_calls",
      at_least = { offered_calls = 2 } },
    { metric = "agents_busy", value = "longest_wait * 1000000 - calls_waiting" },
]
"#;

/// The only definition that is part of the binary.
const GUIDE: &str = include_str!("../../../src/platform/definitions/nice-cxone-guide.toml");

/// An answer is read whole or refused.
pub fn answer(bytes: &[u8]) {
    for definition in built_in() {
        read(&definition, &reply(bytes));
    }
    let (before, _) = GUIDE.split_once("[request.answer]").unwrap();
    let every_key = Definition::parse("f.toml", &format!("{before}[request.answer]{EVERY_KEY}"));
    read(&every_key.unwrap(), &reply(bytes));
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
        let first = definition.login(&source, &secrets, &LoginDraft::default());
        if matches!(first, Ok(LoginStep::Done(_))) {
            // It needs no token.
            continue;
        }
        let url = "https://login.test/token";
        // A definition without a login has a session without a token, and reads no answer.
        let first = definition.login(&source, &secrets, &LoginDraft::default());
        if matches!(first, Ok(LoginStep::Done(_))) {
            continue;
        }
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
        TargetKind::PagerDuty(PagerDuty::new(url.clone(), key.clone())),
        TargetKind::Slack(Slack { url: url.clone() }),
        TargetKind::Webhook(Webhook {
            url: url.clone(),
            method: Method::Post,
            headers: Vec::new(),
            body: None,
            login: HttpLogin::None,
            signing_secret: Some(key.clone()),
        }),
        TargetKind::Datadog(Datadog {
            url: url.clone(),
            api_url: url.clone(),
            api_key: key.clone(),
            tags: Vec::new(),
            service_check: Some("andon.alert".into()),
        }),
        TargetKind::Alertmanager(Alertmanager {
            url: url.clone(),
            login: HttpLogin::None,
            labels: Vec::new(),
            ends_after: Span::secs(604_800),
        }),
        TargetKind::Teams(Teams { url: url.clone() }),
        TargetKind::SlackApp(SlackApp {
            api_url: url,
            token: key,
            channel: "C0NOC".into(),
            signing_secret: None,
            reply_recovered: true,
        }),
    ];
    for kind in kinds {
        match classify(&kind, None, &digest(), &Stage::First, &Ok(reply.clone())) {
            Delivery::Next(_) => {}
            Delivery::Accepted { .. } => assert!((200..300).contains(&reply.status)),
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
            let kind =
                TargetKind::Slack(Slack { url: TextOrSecret::Text("https://slack.test".into()) });
            let meant = classify(&kind, None, &digest(), &Stage::First, &Ok(reply));
            let Delivery::Later { after, .. } = meant else { panic!("429 is not {meant:?}") };
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
        webhook_register: false,
    }
}

fn read(definition: &Definition, reply: &Reply) {
    let vendor_now = UtcMs::from_rfc3339("2024-05-15T14:32:30Z").unwrap();
    for window in [Window::Interval, Window::Snapshot, Window::Rolling] {
        for (length, named) in [(Span::secs(10), false), (Span::secs(15), true)] {
            let bucket = Bucket { start: vendor_now + Span::secs(-60), length };
            let asking = Asking { window, length, vendor_now, bucket: named.then_some(bucket) };
            for index in 0..definition.requests() {
                match definition.read_part(index, reply, &asking) {
                    Ok(part) => gathered(definition, index, part, window),
                    Err(fault) => assert!(!fault.to_string().is_empty()),
                }
                assert!(
                    (200..300).contains(&reply.status)
                        || definition.read_answer(index, reply, &asking).is_err()
                );
            }
        }
    }
}

/// Two pages and three entities that were asked for make a sound answer.
fn gathered(definition: &Definition, index: u8, part: Part, window: Window) {
    let asked = ["q1", "7", "quiet"].map(|name| EntityId::new(name).unwrap());
    let parts = vec![part.clone(), part];
    let extract = definition.gather(index, parts, &asked, &mut Held::default()).unwrap();
    let answer = extract.answer;
    assert!(answer.rows.len() <= ENTITIES_PER_SOURCE_MAX);
    assert_eq!(answer.readings.len(), answer.rows.len() * answer.metrics.len());
    let mut entities: Vec<&EntityId> = answer.rows.iter().map(|row| &row.entity).collect();
    entities.sort();
    assert!(entities.windows(2).all(|pair| pair[0] < pair[1]), "{entities:?}");
    for (_, readings) in answer.iter() {
        for (metric, reading) in answer.metrics.iter().zip(readings) {
            let Reading::Value(value) = reading else { continue };
            let is_bounded = *value >= 0.0 || metric.kind() == Kind::Measure;
            assert!(value.is_finite() && is_bounded, "{metric}: {value}");
        }
    }
    match answer.bucket {
        Some(bucket) => assert!(window == Window::Interval && bucket.end() <= answer.vendor_time),
        None => assert_ne!(window, Window::Interval),
    }
}

/// What a server said, as it is told further: one line, cut short.
fn quoted(text: &str) {
    assert!(!text.is_empty() && text.chars().count() < 500, "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
}

fn digest() -> Notice {
    Notice {
        number: 1,
        target: TargetName::new("ops").unwrap(),
        idempotency_key: "k".into(),
        reason: Reason::Digest,
        subject: Subject::Digest(Vec::new()),
        made: Stamp { tick: Tick(0), utc: UtcMs(0) },
        passage: Passage::new(Tick(0)),
    }
}
