//! Reads what a delivery proves itself by: `proof` of a `[webhook]` table.
//!
//! # Promises
//! - `every_mistake_in_a_proof_is_pointed_at`

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::document::{Document, Item, Table, Value};
use crate::limits::{WEBHOOK_PROOFS_MAX, WEBHOOK_TOLERANCE_MAX};
use crate::model::time::Span;
use crate::platform::file::{header_name, one_of};
use crate::platform::webhook::proof::Proof;
use crate::platform::webhook::signature::{
    Algorithm, Form, Key, Mark, Signature, Signed, SignedTime, TimePlace,
};

/// Reads one proof, or a list of them.
pub(super) fn proofs(item: &Item<'_>) -> Option<Vec<Proof>> {
    if !matches!(item.value(), Value::List(_)) {
        return item.table().and_then(proof).map(|proof| Vec::from([proof]));
    }
    let list = item.list_of(1..=WEBHOOK_PROOFS_MAX)?;
    let proofs: Vec<_> = list.iter().map(|item| item.table().and_then(proof)).collect();
    proofs.into_iter().collect()
}

/// Reads one proof.
pub(super) fn proof(mut table: Table<'_>) -> Option<Proof> {
    let scheme = table.required("scheme", "Write scheme = \"standard-webhooks\", or another.");
    let read = scheme.and_then(|item| one_of(&item, &SCHEMES));
    let proof = read.and_then(|read| read(&mut table));
    table.finish();
    proof
}

/// The proof by a scheme that needs no more than its name.
pub(super) fn named(scheme: &str) -> Option<Proof> {
    let text = format!("scheme = \"{scheme}\"");
    let document = Document::open("scheme", &text).ok()?;
    let made = document.root().and_then(proof);
    document.close(made).ok()
}

/// What makes a proof of a table, of which it takes the keys that its scheme has.
type Read = fn(&mut Table<'_>) -> Option<Proof>;

/// The schemes, by name: the first two are described by the table's other keys.
const SCHEMES: [(&str, Read); 19] = [
    ("signature", |table| signature(table).and_then(signed)),
    ("token", token),
    ("bearer", |_| of_token("authorization", "Bearer ", Form::Plain)),
    ("basic", |_| of_token("authorization", "Basic ", Form::Base64)),
    ("mtls", |_| Some(Proof::Certificate)),
    ("twilio", |_| Some(Proof::Twilio)),
    ("standard-webhooks", |_| signed(standard("webhook"))),
    ("svix", |_| signed(standard("svix"))),
    ("slack", |_| signed(versioned("x-slack-signature", "x-slack-request-timestamp"))),
    ("zoom", |_| signed(versioned("x-zm-signature", "x-zm-request-timestamp"))),
    ("stripe", |_| signed(beside("stripe-signature", ',', ["t=", "v1="], "."))),
    ("rootly", |_| signed(beside("x-rootly-signature", ',', ["t=", "v1="], ""))),
    ("paddle", |_| signed(beside("paddle-signature", ';', ["ts=", "h1="], ":"))),
    ("genesys-open-messaging", |_| signed(simple("x-hub-signature-256", "sha256=", Form::Base64))),
    ("grafana", |_| signed(simple("x-grafana-alerting-signature", "", Form::Hex))),
    ("github", |_| {
        let usual_ids = Box::new(["x-github-delivery".into()]);
        signed(Signature { usual_ids, ..simple("x-hub-signature-256", "sha256=", Form::Hex) })
    }),
    ("pagerduty", |_| {
        signed(Signature {
            separator: Some(','),
            usual_ids: Box::new(["x-webhook-id".into()]),
            ..simple("x-pagerduty-signature", "v1=", Form::Hex)
        })
    }),
    ("teams", |_| {
        let key = Key { prefix: "".into(), form: Form::Base64 };
        let marks = Vec::from([Mark { key, ..mark("HMAC ", Form::Base64) }]);
        signed(Signature { marks, ..simple("authorization", "", Form::Base64) })
    }),
    ("nice-nexus", |_| {
        signed(Signature {
            signed: joined(&[Signed::Timestamp, Signed::Body], "."),
            time: within_five_minutes(TimePlace::Header("x-nexus-timestamp".into())),
            usual_ids: Box::new(["x-nexus-delivery-id".into()]),
            ..simple("x-nexus-signature-256", "sha256=", Form::Hex)
        })
    }),
];

#[expect(clippy::unnecessary_wraps, reason = "it stands where a table may hold no proof")]
fn signed(signature: Signature) -> Option<Proof> {
    Some(Proof::Signature(Box::new(signature)))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a table may hold no proof")]
fn of_token(header: &str, prefix: &str, form: Form) -> Option<Proof> {
    Some(Proof::Token { header: header.into(), prefix: prefix.into(), form })
}

/// Standard Webhooks, whose headers begin with a word: keyed hashes, and signatures by Ed25519.
fn standard(word: &str) -> Signature {
    let of_word = |name| alloc::format!("{word}-{name}").into();
    let after = |prefix: &str| Key { prefix: prefix.into(), form: Form::Base64 };
    Signature {
        header: of_word("signature"),
        separator: Some(' '),
        marks: Vec::from([
            Mark { key: after("whsec_"), ..mark("v1,", Form::Base64) },
            Mark {
                key: after("whpk_"),
                algorithm: Algorithm::Ed25519,
                ..mark("v1a,", Form::Base64)
            },
        ]),
        signed: joined(&[Signed::Id, Signed::Timestamp, Signed::Body], "."),
        time: within_five_minutes(TimePlace::Header(of_word("timestamp"))),
        id: Some(of_word("id")),
        usual_ids: Box::default(),
    }
}

/// `v0=` over `v0:{timestamp}:{body}`.
fn versioned(header: &str, timestamp: &str) -> Signature {
    Signature {
        signed: joined(&[Signed::Text("v0".into()), Signed::Timestamp, Signed::Body], ":"),
        time: within_five_minutes(TimePlace::Header(timestamp.into())),
        ..simple(header, "v0=", Form::Hex)
    }
}

/// Time and signatures side by side in one header, after these two marks; signed are the time and
/// the body with something between.
fn beside(header: &str, separator: char, marks: [&str; 2], between: &str) -> Signature {
    let [time, mark] = marks;
    Signature {
        separator: Some(separator),
        signed: joined(&[Signed::Timestamp, Signed::Body], between),
        time: within_five_minutes(TimePlace::Beside(time.into())),
        ..simple(header, mark, Form::Hex)
    }
}

/// One signature of the body alone, with the secret as it stands.
fn simple(header: &str, prefix: &str, form: Form) -> Signature {
    Signature {
        header: header.into(),
        separator: None,
        marks: Vec::from([mark(prefix, form)]),
        signed: Vec::from([Signed::Body]),
        time: None,
        id: None,
        usual_ids: Box::default(),
    }
}

fn mark(prefix: &str, form: Form) -> Mark {
    let key = Key { prefix: "".into(), form: Form::Plain };
    Mark { prefix: prefix.into(), algorithm: Algorithm::Sha256, form, key }
}

fn joined(parts: &[Signed], with: &str) -> Vec<Signed> {
    let mut signed = Vec::new();
    for part in parts {
        if !signed.is_empty() && !with.is_empty() {
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
        marks: Vec::from([Mark {
            prefix: prefix.into(),
            algorithm: algorithm.unwrap_or(Some(Algorithm::Sha256))?,
            form: form.unwrap_or(Some(Form::Hex))?,
            key: Key { prefix: key_prefix.into(), form: key_form.unwrap_or(Some(Form::Plain))? },
        }]),
        signed,
        time: moment.map(|place| SignedTime { place, tolerance }),
        id,
        usual_ids: Box::default(),
    })
}

fn signed_of(item: &Item<'_>) -> Option<Vec<Signed>> {
    let help = "Write {id}, {timestamp}, {method}, {url} and {body} where they stand.";
    match Signed::parse(item.text()?) {
        Ok(signed) if signed.contains(&Signed::Body) => Some(signed),
        Ok(_) => item.refuse("the body is not signed", "Write {body} where it stands."),
        Err(why) => item.refuse(why, help),
    }
}

const SEPARATORS: [(&str, char); 3] = [("comma", ','), ("semicolon", ';'), ("space", ' ')];

const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("sha1", Algorithm::Sha1),
    ("sha256", Algorithm::Sha256),
    ("sha512", Algorithm::Sha512),
    ("ed25519", Algorithm::Ed25519),
];

const FORMS: [(&str, Form); 4] = [
    ("plain", Form::Plain),
    ("hex", Form::Hex),
    ("base64", Form::Base64),
    ("base64url", Form::Base64Url),
];

#[cfg(test)]
mod tests {

    use crate::platform::fixtures::mistake;

    #[test]
    fn every_mistake_in_a_proof_is_pointed_at() {
        let proof = "proof = { scheme = \"standard-webhooks\" }";
        let cases = [
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
            (proof, "proof = []", "the list is empty"),
            (proof, "proof = [{ scheme = \"mtls\" }, {}]", "proof[1]: scheme is missing"),
            (proof, "proof = [{ scheme = \"mtls\", header = \"x\" }]", "there is no such key"),
            (
                proof,
                "proof = { scheme = \"signature\", header = \"x\", algorithm = \"md5\" }",
                "Known here: sha1, sha256, sha512, ed25519",
            ),
        ];
        for (from, to, wanted) in cases {
            let problem = mistake(from, to);
            assert!(problem.contains(wanted), "{to}: {problem}");
        }
    }
}
