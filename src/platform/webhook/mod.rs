//! What a platform pushes, as data: how a delivery proves where it comes from, by what it is known
//! again, and what its body means in our words.
//!
//! The meaning is that of an answer: the same rows, times, units and metrics. A sender that judges
//! by itself says how bad something is in words, which `values` turn into `event.severity`.
//!
//! # Promises
//! - `the_first_event_that_fits_reads_the_body`
//! - `a_body_that_no_event_fits_is_said_so`
//!
//! # Not here
//! What a delivery is called and what its body is: `opened`. What the rows of an event are:
//! `events`.

mod events;
mod opened;
pub(super) mod proof;
mod seal;
pub(super) mod signature;
mod twilio;
#[cfg(test)]
mod vectors;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::metric::Metric;
use crate::platform::map::{AnswerMap, Case};
use crate::platform::mentioned::Mentioned;
use crate::platform::path::Path;
use crate::platform::registration::Registration;

pub use opened::Opened;
pub(super) use opened::Unnamed;
pub use proof::{Forgery, Proven, Trust};
pub use seal::Seal;

use proof::Proof;

/// The `[webhook]` table of a definition, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Any of them will do.
    pub(super) proofs: Vec<Proof>,
    /// The places that may hold a delivery's id, the first that does counts.
    pub(super) ids: Vec<IdPlace>,
    /// What a delivery without an id is known by.
    pub(super) unnamed: Unnamed,
    pub(super) envelope: Option<Envelope>,
    pub(super) challenges: Vec<Challenge>,
    pub(super) events: Vec<EventMap>,
    /// How the platform is told to push, where it has requests for that.
    pub(super) registration: Option<Box<Registration>>,
    /// What is kept of a body while it is parsed.
    pub(super) mentioned: Mentioned,
}

/// Where a delivery's id may stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum IdPlace {
    Header(Box<str>),
    Body(Path),
}

/// What stands around a body, where it came in headers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Envelope {
    /// Under which name the body is put.
    pub(super) body: Box<str>,
    /// Under which names the headers are put.
    pub(super) headers: Vec<(Box<str>, Box<str>)>,
}

/// A question by which a sender finds out whether we are there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Challenge {
    /// What its body fulfils.
    pub(super) when: Path,
    /// What is given back as it came, by its name in the reply.
    pub(super) reply: Vec<(Box<str>, Path)>,
    /// What is given back as its keyed hash.
    pub(super) hashed: Vec<(Box<str>, Path)>,
}

/// What one kind of event means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventMap {
    /// What its body fulfils: an expression that finds something, and not false.
    pub(super) when: Option<Path>,
    /// In a row: the number that the sender counts the events of the entity by.
    pub(super) sequence: Option<Path>,
    /// In the body: how many events did not find room in it.
    pub(super) left_out: Option<Path>,
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
    /// The same with what its expressions mention.
    pub(super) fn with_mentioned(self) -> Self {
        let mentioned = self.mentions();
        Self { mentioned, ..self }
    }

    fn mentions(&self) -> Mentioned {
        let reads_all = self.events.iter().any(|event| event.answer.case == Case::Ignored);
        let ids = self.ids.iter().filter_map(|place| match place {
            IdPlace::Header(_) => None,
            IdPlace::Body(path) => Some(path),
        });
        let challenges = self.challenges.iter().flat_map(|challenge| {
            let given = challenge.reply.iter().chain(&challenge.hashed).map(|(_, path)| path);
            given.chain([&challenge.when])
        });
        let events = self.events.iter().flat_map(|event| {
            let own = [&event.when, &event.sequence, &event.left_out];
            own.into_iter().flatten().chain(event.answer.paths())
        });
        let keys = self.events.iter().flat_map(|event| event.answer.keys());
        if reads_all {
            return Mentioned::Everything;
        }
        Mentioned::by(ids.chain(challenges).chain(events), keys)
    }

    /// The metrics that it may give.
    pub(super) fn metrics(&self) -> impl Iterator<Item = Metric> {
        self.events.iter().flat_map(|event| event.answer.metrics.iter().copied())
    }

    /// Whether all that its events read stands in the body, and nothing in headers.
    #[must_use]
    pub const fn is_all_in_the_body(&self) -> bool {
        self.envelope.is_none()
    }

    /// Whether a proof needs to know the address that the sender sends to.
    pub(super) fn signs_address(&self) -> bool {
        self.proofs.iter().any(Proof::signs_address)
    }
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
    use crate::model::delivery::Delivery;
    use crate::model::time::UtcMs;
    use crate::platform::fixtures::named;

    const NOW: UtcMs = UtcMs(1_715_783_520_000);

    fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Delivery {
            method: "POST".into(),
            headers: headers.collect(),
            body: body.to_owned().into(),
            client_certificate: None,
        }
    }

    fn read(definition: &str, body: &str) -> Result<Vec<(String, Reading)>, NotUnderstood> {
        let definition = named(definition);
        let delivery = delivery(&[], body);
        let answer = definition.webhook().unwrap().open(&delivery).read(NOW)?.answer;
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
}
