//! What a platform pushes, as data: how a delivery proves where it comes from, by what it is known
//! again, and what its body means in our words.
//!
//! The meaning is that of an answer: the same rows, times, units and metrics. A sender that judges
//! by itself says how bad something is in words, which `values` turn into `event.severity`.
//!
//! # Promises
//! - `the_first_event_that_fits_reads_the_body`
//! - `a_body_that_no_event_fits_is_said_so`
//! - `a_delivery_without_an_id_is_known_by_its_body`

pub(super) mod proof;
#[cfg(test)]
mod vectors;

use alloc::boxed::Box;
use alloc::vec::Vec;

use jmespath::{Rcvar, Variable};
use sha2::{Digest, Sha256};

use crate::limits::DELIVERY_ID_BYTES;
use crate::model::answer::Answer;
use crate::model::delivery::{Delivery, DeliveryId};
use crate::model::http::Reply;
use crate::model::metric::Metric;
use crate::model::time::{Span, UtcMs};
use crate::platform::held::Held;
use crate::platform::map::AnswerMap;
use crate::platform::path::Path;
use crate::platform::{Asking, Window};

pub use proof::{Forgery, Proven};

use proof::Proof;

/// The `[webhook]` table of a definition, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub(super) proof: Proof,
    /// The headers that may hold a delivery's id, the first that is there counts.
    pub(super) id: Vec<Box<str>>,
    pub(super) events: Vec<EventMap>,
}

/// What one kind of event means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventMap {
    /// What its body fulfils: an expression that finds something, and not false.
    pub(super) when: Option<Path>,
    pub(super) answer: AnswerMap,
}

/// Why a delivery means nothing to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotUnderstood {
    /// The sender's fault: its body is not JSON.
    NotJson,
    /// The definition's: none of its events fits.
    NoEvent,
    /// The definition's: an event fits, and what it looks for is not there.
    NotAsMapped,
}

impl Webhook {
    /// The metrics that it may give.
    pub(super) fn metrics(&self) -> impl Iterator<Item = Metric> {
        self.events.iter().flat_map(|event| event.answer.metrics.iter().copied())
    }

    /// The id of a delivery: of the whole of what its sender calls it by, else of its body. Senders
    /// that try again do so with the same.
    #[must_use]
    pub fn id(&self, delivery: &Delivery) -> DeliveryId {
        let named = self.id.iter().find_map(|header| delivery.header(header));
        let digest = match named {
            Some(id) => Sha256::new().chain_update(b"id:").chain_update(id),
            None => Sha256::new().chain_update(b"body:").chain_update(&delivery.body),
        };
        let mut id = [0; DELIVERY_ID_BYTES];
        id.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        id
    }

    /// Reads a genuine delivery. What names no time of its own is of this moment.
    ///
    /// # Errors
    /// What about it is not as the definition says.
    pub fn read(&self, delivery: &Delivery, now: UtcMs) -> Result<Answer, NotUnderstood> {
        let body = core::str::from_utf8(&delivery.body).ok();
        let body = body.and_then(|text| Variable::from_json(text).ok()).map(Rcvar::new);
        let body = body.ok_or(NotUnderstood::NotJson)?;
        let fits = |event: &&EventMap| event.when.as_ref().is_none_or(|when| holds(when, &body));
        let event = self.events.iter().find(fits).ok_or(NotUnderstood::NoEvent)?;
        let reply =
            Reply { status: 200, headers: delivery.headers.clone(), body: delivery.body.clone() };
        let window = Window::Snapshot;
        let asking = Asking { window, length: Span::ZERO, vendor_now: now, bucket: None };
        let part = event.answer.read(&reply, &asking).map_err(|_| NotUnderstood::NotAsMapped)?;
        let extract = event.answer.gather(Vec::from([part]), &[], &mut Held::default());
        let answer = extract.ok_or(NotUnderstood::NotAsMapped)?.answer;
        if answer.rows.is_empty() { Err(NotUnderstood::NotAsMapped) } else { Ok(answer) }
    }
}

/// Whether a body fulfils a condition: what is found is neither null, false nor empty.
fn holds(when: &Path, body: &Rcvar) -> bool {
    when.find(body).is_truthy()
}

impl core::fmt::Display for NotUnderstood {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotJson => "the body is not JSON",
            Self::NoEvent => "no event of the source definition fits the body",
            Self::NotAsMapped => {
                "the body lacks the rows, the ids or the time that its event names"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    use crate::model::answer::Reading;
    use crate::platform::fixtures::named;

    const NOW: UtcMs = UtcMs(1_715_783_520_000);

    fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Delivery { method: "POST".into(), headers: headers.collect(), body: body.into() }
    }

    fn read(definition: &str, body: &str) -> Result<Vec<(String, Reading)>, NotUnderstood> {
        let definition = named(definition);
        let answer = definition.webhook().unwrap().read(&delivery(&[], body), NOW)?;
        let rows = answer.iter().map(|(row, readings)| {
            let name = row.name.as_deref().unwrap_or("");
            (alloc::format!("{} {name}", row.entity.as_str()), readings[0])
        });
        Ok(rows.collect())
    }

    #[test]
    fn the_first_event_that_fits_reads_the_body() {
        // Guide 1's own example.
        let canonical = r#"{"alert_key": "genesys-routing-queue-high-abandon-001",
            "platform": "genesys-cloud", "metric_type": "routing.queue.abandon_rate",
            "entity_id": "queue-uuid-12345", "entity_name": "Tier-2 Support - US West",
            "current_value": 0.18, "threshold_value": 0.10, "breach_direction": "above",
            "severity": "critical", "business_impact": "Customer SLA violation risk",
            "timestamp": "2024-05-15T14:32:00Z",
            "source_payload_ref": "genesys-webhook-req-id-98765"}"#;
        let entity = "routing.queue.abandon_rate/queue-uuid-12345 Tier-2 Support - US West";
        let wanted = [(entity.into(), Reading::Value(4.0))];
        assert_eq!(read("canonical", canonical).unwrap(), wanted);
        let alertmanager = r#"{"version": "4", "status": "firing", "alerts": [
            {"status": "firing", "labels": {"alertname": "DiskFull", "severity": "page"},
             "annotations": {}, "startsAt": "2024-05-15T14:00:00Z", "fingerprint": "b0a1"},
            {"status": "resolved", "labels": {"alertname": "Down", "severity": "critical"},
             "annotations": {"summary": "db-1 is down"}, "fingerprint": "c2d3"}]}"#;
        let wanted = [
            ("b0a1 DiskFull".into(), Reading::Value(4.0)),
            ("c2d3 db-1 is down".into(), Reading::Value(0.0)),
        ];
        assert_eq!(read("alertmanager", alertmanager).unwrap(), wanted);
    }

    #[test]
    fn a_body_that_no_event_fits_is_said_so() {
        let why = |body: &str| read("canonical", body).unwrap_err();
        assert_eq!(why("severity=critical"), NotUnderstood::NotJson);
        assert_eq!(why(r#"{"alert_key": "a", "severity": "critical""#), NotUnderstood::NotJson);
        assert_eq!(why(r#"{"alert_key": "a"}"#), NotUnderstood::NoEvent);
        assert_eq!(why("[]"), NotUnderstood::NoEvent);
        let nobody =
            r#"{"alert_key": "a", "severity": "critical", "timestamp": "2024-05-15T14:32:00Z"}"#;
        assert_eq!(why(nobody), NotUnderstood::NotAsMapped);
        let nowhen =
            r#"{"alert_key": "a", "severity": "low", "entity_id": "q", "timestamp": "now"}"#;
        assert_eq!(why(nowhen), NotUnderstood::NotAsMapped);
    }

    #[test]
    fn a_delivery_without_an_id_is_known_by_its_body() {
        let definition = named("canonical");
        let id = |headers: &[(&str, &str)], body: &str| {
            definition.webhook().unwrap().id(&delivery(headers, body))
        };
        assert_eq!(id(&[], "a"), id(&[("date", "today")], "a"));
        assert_ne!(id(&[], "a"), id(&[], "b"));
        assert_eq!(id(&[("x-request-id", "1")], "a"), id(&[("x-request-id", "1")], "b"));
        assert_ne!(id(&[("x-request-id", "1")], "a"), id(&[("x-request-id", "2")], "a"));
        assert_ne!(id(&[("x-request-id", "a")], ""), id(&[], "a"));
        let signed = [("webhook-id", "1"), ("x-request-id", "2")];
        assert_eq!(id(&signed, ""), id(&signed[..1], ""), "the one that is signed goes first");
    }
}
