//! Reads a `[webhook]` table.
//!
//! # Promises
//! - `every_mistake_in_a_webhook_is_pointed_at`

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::document::{Item, Table};
use crate::limits::{WEBHOOK_EVENTS_MAX, WEBHOOK_TOLERANCE_MAX};
use crate::model::time::Span;
use crate::platform::file::{header_name, one_of, path};
use crate::platform::file_answer;
use crate::platform::map::{AnswerMap, TimeFrom};
use crate::platform::webhook::proof::{
    Algorithm, Form, Key, Proof, Signature, Signed, SignedTime, TimePlace,
};
use crate::platform::webhook::{EventMap, Webhook};

/// Reads the table.
pub(super) fn webhook(mut table: Table<'_>) -> Option<Webhook> {
    let help =
        "Write a [webhook.proof] table: a delivery that proves nothing is believed by nobody.";
    let proof = table.required("proof", help).and_then(|item| item.table());
    let proof = proof.and_then(proof_of);
    let id = table.optional("id").map(|item| headers(&item)).unwrap_or_default();
    let own = match &proof {
        Some(Proof::Signature(Signature { id: Some(id), .. })) => Some(id.clone()),
        Some(_) | None => None,
    };
    let events = table.tables("event");
    if events.is_empty() || events.len() > WEBHOOK_EVENTS_MAX {
        let help = alloc::format!("Write 1 to {WEBHOOK_EVENTS_MAX} [[webhook.event]] tables.");
        table.item().refuse::<()>(alloc::format!("has {} events", events.len()), help);
    }
    let events = events.into_iter().filter_map(event).collect();
    table.finish();
    let id = own.into_iter().chain(id).chain(["x-request-id".into()]).collect();
    Some(Webhook { proof: proof?, id, events })
}

fn event(mut table: Table<'_>) -> Option<EventMap> {
    let when = table.optional("when").map(|item| path(&item));
    let answer = table.required("answer", "Write a [webhook.event.answer] table.");
    let answer = answer.and_then(|item| item.table()).and_then(file_answer::answer);
    table.finish();
    let answer = answer?;
    // A delivery that names no time is of the moment at which it comes.
    let time_from = match (answer.time_from, &answer.time) {
        (TimeFrom::Field, None) => TimeFrom::Receipt,
        (given, _) => given,
    };
    let when = when.map_or(Some(None), |when| when.map(Some))?;
    Some(EventMap { when, answer: AnswerMap { time_from, ..answer } })
}

/// The schemes that have a name.
const SCHEMES: [(&str, Scheme); 10] = [
    ("signature", Scheme::Signature),
    ("token", Scheme::Token),
    ("bearer", Scheme::Bearer),
    ("basic", Scheme::Basic),
    ("standard-webhooks", Scheme::StandardWebhooks),
    ("github", Scheme::GitHub),
    ("slack", Scheme::Slack),
    ("stripe", Scheme::Stripe),
    ("pagerduty", Scheme::PagerDuty),
    ("teams", Scheme::Teams),
];

#[derive(Debug, Clone, Copy)]
enum Scheme {
    /// Described by the table's other keys.
    Signature,
    Token,
    Bearer,
    Basic,
    StandardWebhooks,
    GitHub,
    Slack,
    Stripe,
    PagerDuty,
    Teams,
}

pub(super) fn proof_of(mut table: Table<'_>) -> Option<Proof> {
    let scheme = table.required("scheme", "Write scheme = \"standard-webhooks\", or another.");
    let proof = scheme.and_then(|item| one_of(&item, &SCHEMES)).and_then(|scheme| match scheme {
        Scheme::Signature => signature(&mut table).map(Proof::Signature),
        Scheme::Token => token(&mut table),
        Scheme::Bearer => Some(of_token("authorization", "Bearer ", Form::Plain)),
        Scheme::Basic => Some(of_token("authorization", "Basic ", Form::Base64)),
        Scheme::StandardWebhooks => Some(Proof::Signature(Signature {
            separator: Some(' '),
            form: Form::Base64,
            key: Key { prefix: "whsec_".into(), form: Form::Base64 },
            signed: joined(&[Signed::Id, Signed::Timestamp, Signed::Body], "."),
            time: within_five_minutes(TimePlace::Header("webhook-timestamp".into())),
            id: Some("webhook-id".into()),
            ..simple("webhook-signature", "v1,")
        })),
        Scheme::GitHub => Some(Proof::Signature(simple("x-hub-signature-256", "sha256="))),
        Scheme::Slack => Some(Proof::Signature(Signature {
            signed: joined(&[Signed::Text("v0".into()), Signed::Timestamp, Signed::Body], ":"),
            time: within_five_minutes(TimePlace::Header("x-slack-request-timestamp".into())),
            ..simple("x-slack-signature", "v0=")
        })),
        Scheme::Stripe => Some(Proof::Signature(Signature {
            separator: Some(','),
            signed: joined(&[Signed::Timestamp, Signed::Body], "."),
            time: within_five_minutes(TimePlace::Beside("t=".into())),
            ..simple("stripe-signature", "v1=")
        })),
        Scheme::PagerDuty => Some(Proof::Signature(Signature {
            separator: Some(','),
            ..simple("x-pagerduty-signature", "v1=")
        })),
        Scheme::Teams => Some(Proof::Signature(Signature {
            form: Form::Base64,
            key: Key { prefix: "".into(), form: Form::Base64 },
            ..simple("authorization", "HMAC ")
        })),
    });
    table.finish();
    proof
}

fn of_token(header: &str, prefix: &str, form: Form) -> Proof {
    Proof::Token { header: header.into(), prefix: prefix.into(), form }
}

/// One signature of the body alone, as hexadecimal digits, with the secret as it stands.
fn simple(header: &str, prefix: &str) -> Signature {
    Signature {
        header: header.into(),
        separator: None,
        prefix: prefix.into(),
        algorithm: Algorithm::Sha256,
        form: Form::Hex,
        key: Key { prefix: "".into(), form: Form::Plain },
        signed: Vec::from([Signed::Body]),
        time: None,
        id: None,
    }
}

fn joined(parts: &[Signed], with: &str) -> Vec<Signed> {
    let mut signed = Vec::new();
    for part in parts {
        if !signed.is_empty() {
            signed.push(Signed::Text(with.into()));
        }
        signed.push(part.clone());
    }
    signed
}

/// The usual tolerance of those who sign the time.
const TOLERANCE: Span = Span::secs(300);

#[expect(clippy::unnecessary_wraps, reason = "it stands where a scheme may have none")]
fn within_five_minutes(place: TimePlace) -> Option<SignedTime> {
    Some(SignedTime { place, tolerance: TOLERANCE })
}

fn token(table: &mut Table<'_>) -> Option<Proof> {
    let header = table.required("header", "Write header = \"x-api-key\".");
    let header = header.and_then(|item| header_name(&item, item.text()?));
    let prefix = table.optional_text("prefix").unwrap_or_default();
    let form = table.optional("form").map(|item| one_of(&item, &FORMS));
    Some(Proof::Token {
        header: header?,
        prefix: prefix.into(),
        form: form.unwrap_or(Some(Form::Plain))?,
    })
}

fn signature(table: &mut Table<'_>) -> Option<Signature> {
    let place = table.required("header", "Write header = \"x-signature\".");
    let place = place.and_then(|item| header_name(&item, item.text()?));
    let prefix = table.optional_text("prefix").unwrap_or_default();
    let separator = table.optional("separator").map(|item| one_of(&item, &SEPARATORS));
    let algorithm = table.optional("algorithm").map(|item| one_of(&item, &ALGORITHMS));
    let form = table.optional("form").map(|item| one_of(&item, &FORMS));
    let key_form = table.optional("key").map(|item| one_of(&item, &FORMS));
    let key_prefix = table.optional_text("key_prefix").unwrap_or_default();
    let signed = table.optional("signed").map(|item| signed_of(&item));
    let mut header = |key| table.optional(key).and_then(|item| header_name(&item, item.text()?));
    let (id, timestamp) = (header("id_header"), header("timestamp_header"));
    let beside = table.optional_text("timestamp_beside");
    let seconds = 1..=WEBHOOK_TOLERANCE_MAX.whole_secs();
    let tolerance = table.optional("tolerance_seconds").and_then(|item| item.integer_in(seconds));
    let moment = match (timestamp, beside) {
        (Some(header), _) => Some(TimePlace::Header(header)),
        (None, Some(key)) => Some(TimePlace::Beside(key.into())),
        (None, None) => None,
    };
    let signed = signed.unwrap_or_else(|| Some(Vec::from([Signed::Body])))?;
    let lacks = |part, is_given: bool| signed.contains(&part) && !is_given;
    if lacks(Signed::Id, id.is_some()) {
        table
            .item()
            .refuse::<()>("{id} is signed, and nothing says where it is", "Write id_header.");
    }
    if lacks(Signed::Timestamp, moment.is_some()) {
        let help = "Write timestamp_header or timestamp_beside.";
        table.item().refuse::<()>("{timestamp} is signed, and nothing says where it is", help);
    }
    let tolerance = tolerance.map_or(TOLERANCE, Span::secs);
    Some(Signature {
        header: place?,
        separator: separator.map_or(Some(None), |separator| separator.map(Some))?,
        prefix: prefix.into(),
        algorithm: algorithm.unwrap_or(Some(Algorithm::Sha256))?,
        form: form.unwrap_or(Some(Form::Hex))?,
        key: Key { prefix: key_prefix.into(), form: key_form.unwrap_or(Some(Form::Plain))? },
        signed,
        time: moment.map(|place| SignedTime { place, tolerance }),
        id,
    })
}

fn signed_of(item: &Item<'_>) -> Option<Vec<Signed>> {
    match Signed::parse(item.text()?) {
        Ok(signed) if signed.contains(&Signed::Body) => Some(signed),
        Ok(_) => item.refuse("the body is not signed", "Write {body} where it stands."),
        Err(why) => item.refuse(why, "Write {id}, {timestamp} and {body} where they stand."),
    }
}

fn headers(item: &Item<'_>) -> Vec<Box<str>> {
    let texts = item.texts().unwrap_or_default();
    texts.iter().filter_map(|(item, text)| header_name(item, text)).collect()
}

const SEPARATORS: [(&str, char); 3] = [("comma", ','), ("semicolon", ';'), ("space", ' ')];

const ALGORITHMS: [(&str, Algorithm); 2] =
    [("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)];

const FORMS: [(&str, Form); 3] =
    [("plain", Form::Plain), ("hex", Form::Hex), ("base64", Form::Base64)];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    use crate::platform::Definition;

    const CANONICAL: &str = include_str!("definitions/canonical.toml");

    fn problem(from: &str, to: &str) -> String {
        let text = CANONICAL.replacen(from, to, 1);
        assert_ne!(text, CANONICAL, "{from}");
        let problems = Definition::parse("f.toml", &text).unwrap_err();
        let lines: Vec<_> = problems.lines().collect();
        let [line] = lines.as_slice() else { panic!("{problems}") };
        format!("{}. {}", line.message, line.help)
    }

    #[test]
    fn every_mistake_in_a_webhook_is_pointed_at() {
        let proof = "proof = { scheme = \"standard-webhooks\" }";
        let cases = [
            (proof, "", "proof is missing"),
            ("standard-webhooks", "standard-webhook", "is not known here"),
            (proof, "proof = { scheme = \"bearer\", header = \"x\" }", "there is no such key"),
            (proof, "proof = { scheme = \"token\" }", "header is missing"),
            (proof, "proof = { scheme = \"token\", header = \"X-Key\" }", "is no header name"),
            (
                proof,
                "proof = { scheme = \"signature\", header = \"x\", signed = \"{id}{body}\" }",
                "{id} is signed, and nothing says where it is",
            ),
            (
                proof,
                "proof = { scheme = \"signature\", header = \"x\", signed = \"{timestamp}{body}\"}",
                "Write timestamp_header or timestamp_beside",
            ),
            (
                proof,
                "proof = { scheme = \"signature\", header = \"x\", signed = \"{boy}\" }",
                "{boy} is none of the parts",
            ),
            (
                proof,
                "proof = { scheme = \"signature\", header = \"x\", signed = \"x\" }",
                "the body is not signed",
            ),
            ("[\"x-request-id\"]", "[\"X-Request-Id\"]", "is no header name"),
            ("alert_key && severity", "alert_key &", "is not JMESPath"),
            ("critical = 4", "critical = \"four\"", "critical"),
            (
                "values = { critical = 4, high = 3, medium = 2, low = 1, resolved = 0 }",
                "values = {}",
                "has 0 words",
            ),
        ];
        for (from, to, wanted) in cases {
            let problem = problem(from, to);
            assert!(problem.contains(wanted), "{to}: {problem}");
        }
    }

    #[test]
    fn a_webhook_without_events_is_refused() {
        let head = CANONICAL.split("# What is over").next().unwrap();
        let problems = Definition::parse("f.toml", head).unwrap_err();
        assert!(problems.lines().any(|line| line.message.contains("has 0 events")), "{problems}");
    }
}
