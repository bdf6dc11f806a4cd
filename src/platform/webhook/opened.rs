//! A genuine delivery: what it is called, what its body is, and what it asks or says.
//!
//! # Promises
//! - `a_delivery_without_an_id_is_known_by_its_body`
//! - `an_id_may_stand_in_the_body`
//! - `what_has_no_name_may_be_news_each_time`
//! - `one_tenants_ids_are_not_anothers`
//! - `a_question_is_answered_by_whoever_knows_the_secret`
//! - `an_envelope_may_come_in_headers`
//! - `a_form_is_an_object_of_texts`
//! - `what_no_expression_mentions_never_becomes_a_value`

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::cell::OnceCell;

use jmespath::{Rcvar, Variable};
use serde::de::DeserializeSeed as _;
use sha2::{Digest, Sha256};

use crate::limits::{CHALLENGE_BYTES_MAX, DELIVERY_ID_BYTES};
use crate::model::delivery::{Delivery, DeliveryId, Pushed};
use crate::model::form;
use crate::model::http::Reply;
use crate::model::name::SourceName;
use crate::model::secret::Secret;
use crate::model::time::UtcMs;
use crate::platform::map::Case;
use crate::platform::path::Path;
use crate::platform::value::Keys;
use crate::platform::webhook::signature::hmac_sha256_hex;
use crate::platform::webhook::{EventMap, IdPlace, NotUnderstood, Webhook};

/// A genuine delivery. Its body is parsed at most once, and only when somebody asks for what is in
/// it: a duplicate is known by less.
#[derive(Debug)]
pub struct Opened<'d> {
    webhook: &'d Webhook,
    delivery: &'d Delivery,
    body: OnceCell<Option<Rcvar>>,
}

/// What a delivery is known by that has no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platform) enum Unnamed {
    /// Its body: the same again is the same.
    Body,
    /// Its body and when it came: to say the same again says that things are still so.
    BodyAndTime,
}

/// What a delivery is known by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'d> {
    /// What its sender calls it.
    Named(&'d str),
    /// What it says.
    Body(&'d [u8]),
}

/// The id of a delivery to the door of this name; `moment` is when it came, where a body that comes
/// again is news.
pub(super) fn id_of(door: &str, known: Known<'_>, moment: Option<UtcMs>) -> DeliveryId {
    let hash = Sha256::new().chain_update(door).chain_update([0]);
    let digest = match known {
        Known::Named(id) => hash.chain_update(b"id:").chain_update(id),
        Known::Body(body) => {
            let hash = hash.chain_update(b"body:").chain_update(body);
            match moment {
                None => hash,
                Some(now) => hash.chain_update(now.0.to_be_bytes()),
            }
        }
    };
    let mut id = [0; DELIVERY_ID_BYTES];
    id.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
    id
}

impl Webhook {
    /// A delivery that has proved itself.
    #[must_use]
    pub const fn open<'d>(&'d self, delivery: &'d Delivery) -> Opened<'d> {
        Opened { webhook: self, delivery, body: OnceCell::new() }
    }
}

impl Opened<'_> {
    /// The id of a delivery to a source: of the whole of what its sender calls it by, else of its
    /// body. Senders that try again do so with the same. `now` is when it came.
    #[must_use]
    pub fn id(&self, source: &SourceName, now: UtcMs) -> DeliveryId {
        let named = self.webhook.ids.iter().find_map(|place| self.id_at(place));
        let known = named.as_deref().map_or(Known::Body(&self.delivery.body), Known::Named);
        let moment = match self.webhook.unnamed {
            Unnamed::Body => None,
            Unnamed::BodyAndTime => Some(now),
        };
        id_of(source.as_str(), known, moment)
    }

    fn id_at(&self, place: &IdPlace) -> Option<String> {
        let id = match place {
            IdPlace::Header(name) => self.delivery.header(name)?.into(),
            IdPlace::Body(path) => text_at(path, self.body()?)?,
        };
        Some(id).filter(|id| !id.is_empty())
    }

    /// The answer to a delivery that only asks whether we are there; `secret` is the one that it
    /// was signed with. It is no event and is not known again.
    #[must_use]
    pub fn challenge(&self, secret: Option<&Secret>) -> Option<Reply> {
        let challenges = &self.webhook.challenges;
        let body = if challenges.is_empty() { None } else { self.body() }?;
        let asked = challenges.iter().find(|challenge| holds(&challenge.when, body))?;
        let text =
            |path: &Path| text_at(path, body).filter(|text| text.len() <= CHALLENGE_BYTES_MAX);
        let mut reply = BTreeMap::new();
        for (name, path) in &asked.reply {
            reply.insert(name.to_string(), Rcvar::new(Variable::String(text(path)?)));
        }
        for (name, path) in &asked.hashed {
            let hash = hmac_sha256_hex(secret?, &text(path)?)?;
            reply.insert(name.to_string(), Rcvar::new(Variable::String(hash)));
        }
        Some(Reply::new(200, "application/json", Variable::Object(reply).to_string()))
    }

    /// Reads what it says. What names no time of its own is of this moment.
    ///
    /// # Errors
    /// What about it is not as the definition says.
    pub fn read(&self, now: UtcMs) -> Result<Pushed, NotUnderstood> {
        let body = self.body().ok_or(NotUnderstood::NotJson)?;
        let fits = |event: &&EventMap| event.when.as_ref().is_none_or(|when| holds(when, body));
        let event = self.webhook.events.iter().find(fits).ok_or(NotUnderstood::NoEvent)?;
        event.read(body, now).ok_or(NotUnderstood::NotAsMapped)
    }

    fn body(&self) -> Option<&Rcvar> {
        self.body.get_or_init(|| self.parse()).as_ref()
    }

    /// What no expression mentions is passed over: the most personal never becomes a value.
    fn json(&self) -> Option<Rcvar> {
        let text = core::str::from_utf8(&self.delivery.body).ok()?;
        let mut json = serde_json::Deserializer::from_str(text);
        let keys = Keys { case: Case::Exact, mentioned: &self.webhook.mentioned };
        let value = keys.deserialize(&mut json).ok()?;
        json.end().ok().map(|()| value)
    }

    /// A form is an object of texts.
    fn parse(&self) -> Option<Rcvar> {
        let body = match form::of(self.delivery) {
            Some(fields) => {
                let field = |(name, value)| (name, Rcvar::new(Variable::String(value)));
                Rcvar::new(Variable::Object(fields.into_iter().map(field).collect()))
            }
            None => self.json()?,
        };
        let Some(envelope) = &self.webhook.envelope else { return Some(body) };
        let header = |(name, header): &(Box<str>, Box<str>)| {
            let value = self.delivery.header(header)?;
            Some((name.to_string(), Rcvar::new(Variable::String(value.into()))))
        };
        let mut around: BTreeMap<_, _> = envelope.headers.iter().filter_map(header).collect();
        if around.is_empty() {
            return Some(body);
        }
        around.insert(envelope.body.to_string(), body);
        Some(Rcvar::new(Variable::Object(around)))
    }
}

/// Whether a body fulfils a condition: what is found is neither null, false nor empty.
fn holds(when: &Path, body: &Rcvar) -> bool {
    when.find(body).is_truthy()
}

/// A text, or a number as one.
fn text_at(path: &Path, body: &Rcvar) -> Option<String> {
    match &*path.find(body) {
        Variable::String(text) => Some(text.clone()),
        Variable::Number(number) => Some(number.to_string()),
        Variable::Null
        | Variable::Bool(_)
        | Variable::Array(_)
        | Variable::Object(_)
        | Variable::Expref(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::platform::Definition;
    use crate::platform::fixtures::named;

    fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (method, headers) = ("POST".into(), headers.collect());
        Delivery { method, headers, body: body.to_owned().into(), client_certificate: None }
    }

    fn source(name: &str) -> SourceName {
        SourceName::new(name).unwrap()
    }

    /// A built-in definition whose `[webhook]` has these lines, too.
    fn with(lines: &str) -> Definition {
        let text = include_str!("../definitions/canonical.toml");
        let text = text.replacen("[webhook]\nid = [\"x-request-id\"]\n", lines, 1);
        Definition::parse("f.toml", &text).unwrap()
    }

    #[test]
    fn a_delivery_without_an_id_is_known_by_its_body() {
        let definition = named("canonical");
        let id = |headers: &[(&str, &str)], body: &str| {
            definition.webhook().unwrap().open(&delivery(headers, body)).id(&source("a"), UtcMs(0))
        };
        assert_eq!(id(&[], "a"), id(&[("date", "today")], "a"));
        assert_ne!(id(&[], "a"), id(&[], "b"));
        assert_eq!(id(&[("x-request-id", "1")], "a"), id(&[("x-request-id", "1")], "b"));
        assert_ne!(id(&[("x-request-id", "1")], "a"), id(&[("x-request-id", "2")], "a"));
        assert_ne!(id(&[("x-request-id", "a")], ""), id(&[], "a"));
        let signed = [("webhook-id", "1"), ("x-request-id", "2")];
        assert_eq!(id(&signed, ""), id(&signed[..1], ""), "the one that is signed goes first");
    }

    #[test]
    fn an_id_may_stand_in_the_body() {
        let definition = with("[webhook]\nid_paths = [\"detail.id\", \"n\"]\n");
        let id = |headers: &[(&str, &str)], body: &str| {
            definition.webhook().unwrap().open(&delivery(headers, body)).id(&source("a"), UtcMs(0))
        };
        assert_eq!(id(&[], r#"{"detail":{"id":"1"}}"#), id(&[], r#"{"n":1}"#));
        assert_ne!(id(&[], r#"{"n":1}"#), id(&[], r#"{"n":2}"#));
        let unsigned = [("x-request-id", "1")];
        assert_eq!(id(&unsigned, r#"{"n":"1"}"#), id(&unsigned, r#"{"n":1, "m":1}"#));
        assert_ne!(id(&unsigned, r#"{"n":2}"#), id(&unsigned, "{}"), "the definition's own first");
        assert_eq!(id(&unsigned, "{}"), id(&unsigned, r#"{"n":""}"#), "an empty one is none");
        assert_ne!(id(&[], "{}"), id(&[], r#"{"n":""}"#));
        assert_ne!(id(&[], "no json"), id(&[], "nor this"));
    }

    #[test]
    fn what_has_no_name_may_be_news_each_time() {
        let id = |definition: &str, headers: &[(&str, &str)], at: i64| {
            let definition = named(definition);
            let delivery = delivery(headers, "{}");
            definition.webhook().unwrap().open(&delivery).id(&source("a"), UtcMs(at))
        };
        let name = [("x-request-id", "1")];
        assert_eq!(id("canonical", &[], 1), id("canonical", &[], 2));
        assert_ne!(id("heartbeat", &[], 1), id("heartbeat", &[], 2));
        assert_eq!(id("heartbeat", &name, 1), id("heartbeat", &name, 2));
    }

    #[test]
    fn one_tenants_ids_are_not_anothers() {
        let definition = named("canonical");
        let delivery = delivery(&[("x-request-id", "1")], "{}");
        let opened = definition.webhook().unwrap().open(&delivery);
        assert_eq!(opened.id(&source("a"), UtcMs(0)), opened.id(&source("a"), UtcMs(0)));
        assert_ne!(opened.id(&source("a"), UtcMs(0)), opened.id(&source("b"), UtcMs(0)));
    }

    #[test]
    fn a_question_is_answered_by_whoever_knows_the_secret() {
        let definition = with(
            "[[webhook.challenge]]\nwhen = \"event == 'endpoint.url_validation'\"\n\
             reply = { plainToken = \"payload.plainToken\" }\n\
             hashed = { encryptedToken = \"payload.plainToken\" }\n\
             [[webhook.challenge]]\nwhen = \"type == 'url_verification'\"\n\
             reply = { challenge = \"challenge\" }\n[webhook]\n",
        );
        let said = |body: &str, secret: Option<&Secret>| {
            let delivery = delivery(&[], body);
            let reply = definition.webhook().unwrap().open(&delivery).challenge(secret)?;
            let kind = reply.header("content-type");
            assert_eq!((reply.status, kind), (200, Some("application/json")));
            String::from_utf8(reply.body).ok()
        };
        let secret = Secret::new("zoom secret");
        let zoom = r#"{"event":"endpoint.url_validation","event_ts":1654503849680,
            "payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
        let hash = "33c87763eeee7760422d82e566d46fe8b5eaca6c3da5abf7923e6e8765c76a26";
        let wanted = alloc::format!(
            r#"{{"encryptedToken":"{hash}","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#
        );
        assert_eq!(said(zoom, Some(&secret)).unwrap(), wanted);
        assert_eq!(said(zoom, None), None);
        let slack = r#"{"token":"x","challenge":"3eZbrw1aB","type":"url_verification"}"#;
        assert_eq!(said(slack, None).unwrap(), r#"{"challenge":"3eZbrw1aB"}"#);
        assert_eq!(said(r#"{"type":"url_verification"}"#, None), None);
        let long = "x".repeat(CHALLENGE_BYTES_MAX + 1);
        let long = alloc::format!(r#"{{"type":"url_verification","challenge":"{long}"}}"#);
        assert_eq!(said(&long, None), None);
        assert_eq!(said(r#"{"type":"event_callback","challenge":"x"}"#, None), None);
    }

    #[test]
    fn an_envelope_may_come_in_headers() {
        let definition = with(
            "[webhook.envelope]\nbody = \"data\"\nheaders = { id = \"ce-id\" }\n[webhook]\n\
             id_paths = [\"id\", \"data.x\"]\n",
        );
        let id = |headers: &[(&str, &str)], body: &str| {
            definition.webhook().unwrap().open(&delivery(headers, body)).id(&source("a"), UtcMs(0))
        };
        let whole = r#"{"id":"7","data":{"x":1}}"#;
        assert_eq!(id(&[("ce-id", "7")], r#"{"x":1}"#), id(&[], whole));
        assert_ne!(id(&[("ce-id", "8")], r#"{"x":1}"#), id(&[], whole));
        let delivery = delivery(&[("ce-id", "7")], r#"{"x":1}"#);
        let opened = definition.webhook().unwrap().open(&delivery);
        assert_eq!(opened.body().unwrap().to_string(), r#"{"data":{"x":1},"id":"7"}"#);
    }

    #[test]
    fn what_no_expression_mentions_never_becomes_a_value() {
        let definition = named("canonical");
        let delivery =
            delivery(&[], r#"{"severity":"low","caller":{"ani":"+1555"},"ani":"+1555"}"#);
        let opened = definition.webhook().unwrap().open(&delivery);
        assert_eq!(opened.body().unwrap().to_string(), r#"{"severity":"low"}"#);
    }

    #[test]
    fn a_form_is_an_object_of_texts() {
        let definition = named("canonical");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let delivery = delivery(&[form], "severity=low&alert_key=k%201");
        let opened = definition.webhook().unwrap().open(&delivery);
        let body = opened.body().unwrap().to_string();
        assert_eq!(body, r#"{"alert_key":"k 1","severity":"low"}"#);
    }
}
