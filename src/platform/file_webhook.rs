//! Reads a `[webhook]` table.
//!
//! # Promises
//! - `every_mistake_in_a_webhook_is_pointed_at`
//!
//! # Not here
//! What a delivery proves itself by: `file_proof`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::document::{Item, Table};
use crate::limits::{
    WEBHOOK_CHALLENGES_MAX, WEBHOOK_EVENTS_MAX, WEBHOOK_FIELDS_MAX, WEBHOOK_IDS_MAX,
};
use crate::platform::file::{Names, header_name, path};
use crate::platform::file_registration::registration as registration_of;
use crate::platform::map::{AnswerMap, TimeFrom};
use crate::platform::mentioned::Mentioned;
use crate::platform::path::Path;
use crate::platform::webhook::proof::Proof;
use crate::platform::webhook::{Challenge, Envelope, EventMap, IdPlace, Unnamed, Webhook};
use crate::platform::{file_answer, file_proof};

/// Reads the table.
pub(super) fn webhook(mut table: Table<'_>, names: &Names<'_>) -> Option<Webhook> {
    let help =
        "Write a [webhook.proof] table: a delivery that proves nothing is believed by nobody.";
    let proofs = table.required("proof", help).and_then(|item| file_proof::proofs(&item));
    let headers = table.optional("id").map(|item| bounded(&item, header)).unwrap_or_default();
    let paths = table.optional("id_paths").map(|item| bounded(&item, path)).unwrap_or_default();
    let unnamed = table.optional("without_id").map(|item| item.one_of("a word", &UNNAMED));
    let envelope = table.optional("envelope").map(|item| item.table().and_then(envelope));
    let challenges = table.tables("challenge");
    if challenges.len() > WEBHOOK_CHALLENGES_MAX {
        let help = format!("At most {WEBHOOK_CHALLENGES_MAX} [[webhook.challenge]] are possible.");
        table.item().refuse::<()>(format!("has {} challenges", challenges.len()), help);
    }
    let challenges: Vec<_> = challenges.into_iter().map(challenge).collect();
    let registration = table.optional("registration").and_then(|item| item.table());
    let registration = registration.map(|table| registration_of(table, names).map(Box::new));
    let events = table.tables("event");
    if events.is_empty() || events.len() > WEBHOOK_EVENTS_MAX {
        let help = format!("Write 1 to {WEBHOOK_EVENTS_MAX} [[webhook.event]] tables.");
        table.item().refuse::<()>(format!("has {} events", events.len()), help);
    }
    let events: Vec<_> = events.into_iter().map(event).collect();
    table.finish();
    let registration = registration.map_or(Some(None), |registration| registration.map(Some))?;
    let proofs = proofs?;
    let signed = proofs.iter().filter_map(|proof| match proof {
        Proof::Signature(signature) => signature.id.clone(),
        Proof::Token { .. } | Proof::Twilio | Proof::Certificate => None,
    });
    let usual = proofs.iter().flat_map(Proof::usual_ids).cloned();
    let usual = usual.chain(["x-request-id".into()]).map(IdPlace::Header);
    let given = headers.into_iter().map(IdPlace::Header);
    // What is signed goes first: anybody can give what is not another name.
    let ids = signed.map(IdPlace::Header).chain(given);
    let ids = ids.chain(paths.into_iter().map(IdPlace::Body)).chain(usual).collect();
    let webhook = Webhook {
        ids,
        unnamed: unnamed.unwrap_or(Some(Unnamed::Body))?,
        envelope: envelope.map_or(Some(None), |envelope| envelope.map(Some))?,
        challenges: challenges.into_iter().collect::<Option<_>>()?,
        events: events.into_iter().collect::<Option<_>>()?,
        proofs,
        registration,
        mentioned: Mentioned::default(),
    };
    Some(webhook.with_mentioned())
}

const UNNAMED: [(&str, Unnamed); 2] = [("body", Unnamed::Body), ("news", Unnamed::BodyAndTime)];

fn event(mut table: Table<'_>) -> Option<EventMap> {
    let mut place = |key| table.optional(key).map(|item| path(&item));
    let (when, sequence, left_out) = (place("when"), place("sequence"), place("left_out"));
    let answer = table.required("answer", "Write a [webhook.event.answer] table.");
    let answer = answer.and_then(|item| item.table()).and_then(file_answer::answer);
    table.finish();
    let answer = answer?;
    // A delivery that names no time is of the moment at which it comes.
    let time_from = match (answer.time_from, &answer.time, &answer.row_time) {
        (TimeFrom::Field, None, None) => TimeFrom::Receipt,
        (given, ..) => given,
    };
    let found = |place: Option<Option<Path>>| place.map_or(Some(None), |path| path.map(Some));
    Some(EventMap {
        when: found(when)?,
        sequence: found(sequence)?,
        left_out: found(left_out)?,
        answer: AnswerMap { time_from, ..answer },
    })
}

/// What stands around a body in some modes of sending.
fn envelope(mut table: Table<'_>) -> Option<Envelope> {
    let body = table.required_text("body", "Write body = \"data\": the name that the body gets.");
    let headers = table.required("headers", "Write headers = { id = \"ce-id\" }.");
    let headers = headers.and_then(|item| fields(&item, header));
    table.finish();
    Some(Envelope { body: body?.into(), headers: headers? })
}

fn challenge(mut table: Table<'_>) -> Option<Challenge> {
    let when = table.required("when", "Write what the body of such a question fulfils.");
    let when = when.and_then(|item| path(&item));
    let reply = table.optional("reply").map(|item| fields(&item, path));
    let hashed = table.optional("hashed").map(|item| fields(&item, path));
    if reply.is_none() && hashed.is_none() {
        let help = "Write reply = { challenge = \"challenge\" }, or hashed.";
        table.item().refuse::<()>("nothing is given back", help);
    }
    table.finish();
    let or_none = |fields: Option<Option<_>>| fields.unwrap_or_else(|| Some(Vec::new()));
    Some(Challenge { when: when?, reply: or_none(reply)?, hashed: or_none(hashed)? })
}

/// A table of names, each with what one reads at it.
fn fields<T>(item: &Item<'_>, read: impl Fn(&Item<'_>) -> Option<T>) -> Option<Vec<(Box<str>, T)>> {
    let fields = item.table()?.rest();
    if fields.is_empty() || fields.len() > WEBHOOK_FIELDS_MAX {
        let help = format!("Write 1 to {WEBHOOK_FIELDS_MAX} of them.");
        return item.refuse(format!("has {} keys", fields.len()), help);
    }
    let fields: Vec<_> =
        fields.into_iter().map(|(name, item)| Some((name.into(), read(&item)?))).collect();
    fields.into_iter().collect()
}

/// The elements of a list that are as they should be; the others are complained about.
fn bounded<T>(item: &Item<'_>, read: impl Fn(&Item<'_>) -> Option<T>) -> Vec<T> {
    let list = item.list_of(0..=WEBHOOK_IDS_MAX).unwrap_or_default();
    list.iter().filter_map(read).collect()
}

fn header(item: &Item<'_>) -> Option<Box<str>> {
    header_name(item, item.text()?)
}

#[cfg(test)]
mod tests {

    use crate::platform::Definition;
    use crate::platform::fixtures::{CANONICAL, mistake};

    #[test]
    fn every_mistake_in_a_webhook_is_pointed_at() {
        let proof = "proof = { scheme = \"standard-webhooks\" }";
        let cases = [
            (proof, "", "proof is missing"),
            ("[\"x-request-id\"]", "[\"X-Request-Id\"]", "is no header name"),
            (
                "[\"x-request-id\"]",
                "[\"x-request-id\"]\nid_paths = [\"id.[\"]",
                "id_paths[0]: is not JMESPath",
            ),
            ("sequence = \"sequence\"", "sequence = \"n[\"", "sequence: is not JMESPath"),
            ("sequence = \"sequence\"", "left_out = \"n[\"", "left_out: is not JMESPath"),
            (
                proof,
                "proof = { scheme = \"bearer\" }\nenvelope = { body = \"data\" }",
                "envelope: headers is missing",
            ),
            (
                proof,
                "proof = { scheme = \"bearer\" }\nchallenge = [{ when = \"a\" }]",
                "nothing is given back",
            ),
            (
                proof,
                "proof = { scheme = \"bearer\" }\nchallenge = [{ reply = { a = \"a\" } }]",
                "when is missing",
            ),
            (
                proof,
                "proof = { scheme = \"bearer\" }\nchallenge = [{ when = \"a\", hashed = {} }]",
                "has 0 keys",
            ),
            ("alert_key && severity", "alert_key &", "is not JMESPath"),
            ("critical = 4", "critical = \"four\"", "critical"),
            (
                "values = { critical = 4, high = 3, medium = 2, low = 1, resolved = 0, \"*\" = 2 }",
                "values = {}",
                "has 0 words",
            ),
        ];
        for (from, to, wanted) in cases {
            let problem = mistake(from, to);
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
