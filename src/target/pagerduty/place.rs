//! Under which address and key an incident was opened: PagerDuty finds it under no other.
//!
//! # Promises
//! - `an_incident_under_the_key_before_is_resolved_there_first`
//! - `an_incident_under_a_key_that_is_gone_is_stranded`
//! - `a_key_before_that_is_the_key_in_force_moves_nothing`
//! - `what_is_taken_in_hand_stays_where_it_lies`: an acknowledgement opens nothing.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::model::notice::{Notice, Reason, Subject};
use crate::model::secret::{Secret, Secrets};
use crate::model::target::PagerDuty;
use crate::target::{Letter, Moves, TargetFault, address, json, secret};

/// An event that ends an incident and says nothing more.
#[derive(Serialize)]
struct End<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
}

impl PagerDuty {
    /// What becomes of the incident that a notice is about. An acknowledgement moves none: it would
    /// end it under the one key, and open nothing under the other.
    pub(super) fn moved(&self, letter: &Letter<'_>) -> Moves {
        if letter.notice.reason == Reason::Acknowledged {
            return Moves::Stays;
        }
        let known = letter.thread.map(|thread| &*thread.reference).filter(|id| !id.is_empty());
        let Ok(key) = secret(letter.secrets, &self.routing_key) else { return Moves::Stays };
        match (known, self.under(key, letter.secrets)) {
            (Some(known), Some(now)) if *known != *now => match self.key_before(letter) {
                Some(_) => Moves::Ends,
                None => Moves::Strands,
            },
            _ => Moves::Stays,
        }
    }

    /// The key before, where the incident was opened under that.
    pub(super) fn key_before<'a>(&self, letter: &Letter<'a>) -> Option<&'a Secret> {
        let before = secret(letter.secrets, self.routing_key_previous.as_ref()?).ok()?;
        let under = self.under(before, letter.secrets)?;
        letter.thread.filter(|thread| thread.reference == under).map(|_| before)
    }

    /// A few bytes of a hash: they tell one key from another, and nothing of it.
    pub(super) fn under(&self, key: &Secret, secrets: &Secrets) -> Option<Box<str>> {
        let url = address(secrets, &self.url).ok()?;
        let hash = Sha256::new().chain_update(url).chain_update([0]).chain_update(key.expose());
        let hash = hash.finalize();
        let hex: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Some(hex.into())
    }
}

/// Ends the incident of a notice's alert under another key.
pub(super) fn end(notice: &Notice, key: &Secret) -> Result<Vec<u8>, TargetFault> {
    let Subject::Alert(facts) = &notice.subject else {
        return Err(TargetFault::Unfit("it is about no alert"));
    };
    let (routing_key, dedup_key) = (key.expose(), facts.key.as_str());
    json(&End { routing_key, event_action: "resolve", dedup_key })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::config::{Templates, TextOrSecret};
    use crate::model::name::TargetName;
    use crate::model::outgoing::Outgoing;
    use crate::model::secret::SecretRef;
    use crate::model::thread::Thread;
    use crate::target::samples::{NOW, notice};
    use crate::target::{Speak, Stage, Texts};

    fn target(previous: Option<&str>) -> (PagerDuty, Secrets) {
        let name = |name: &str| SecretRef::Credential(name.into());
        let mut secrets = Secrets::default();
        secrets.put(name("new"), Secret::new("new-key"));
        let url = TextOrSecret::Text("https://events.test/v2/enqueue".into());
        let mut target = PagerDuty::new(url, name("new"));
        if let Some(key) = previous {
            secrets.put(name("old"), Secret::new(key));
            target.routing_key_previous = Some(name("old"));
        }
        (target, secrets)
    }

    /// What becomes of an incident that was opened under the old key, and the event at a stage.
    fn told(previous: Option<&str>, stage: &Stage) -> (Moves, Value) {
        told_under("old-key", previous, stage)
    }

    fn told_under(key: &str, previous: Option<&str>, stage: &Stage) -> (Moves, Value) {
        told_of(Reason::Repeat, key, previous, stage)
    }

    fn told_of(reason: Reason, key: &str, previous: Option<&str>, stage: &Stage) -> (Moves, Value) {
        let (target, secrets) = target(previous);
        let texts = Texts::compile(&Templates::default()).unwrap();
        let notice = notice(reason);
        let thread = Thread::new(
            notice.subject.alerts()[0].key.clone(),
            TargetName::new("ops").unwrap(),
            target.under(&Secret::new(key), &secrets).unwrap(),
        );
        let letter = Letter {
            notice: &notice,
            texts: &texts,
            secrets: &secrets,
            now: NOW,
            thread: Some(&thread),
            stage,
        };
        let Outgoing::Http(request) = target.ask(&letter).unwrap() else { panic!("by HTTP") };
        (target.moved(&letter), serde_json::from_slice(&request.body).unwrap())
    }

    #[test]
    fn an_incident_under_the_key_before_is_resolved_there_first() {
        let (moves, event) = told(Some("old-key"), &Stage::First);
        assert_eq!(moves, Moves::Ends);
        assert_eq!(
            (&event["routing_key"], &event["event_action"]),
            (&"old-key".into(), &"resolve".into())
        );
        let (_, event) = told(Some("old-key"), &Stage::Then("moved".into()));
        assert_eq!(
            (&event["routing_key"], &event["event_action"]),
            (&"new-key".into(), &"trigger".into())
        );
    }

    #[test]
    fn an_incident_under_a_key_that_is_gone_is_stranded() {
        for previous in [None, Some("another")] {
            let (moves, event) = told(previous, &Stage::First);
            assert_eq!((moves, &event["routing_key"]), (Moves::Strands, &"new-key".into()));
        }
    }

    #[test]
    fn a_key_before_that_is_the_key_in_force_moves_nothing() {
        let (moves, event) = told_under("new-key", Some("new-key"), &Stage::First);
        assert_eq!((moves, &event["event_action"]), (Moves::Stays, &"trigger".into()));
    }
    #[test]
    fn what_is_taken_in_hand_stays_where_it_lies() {
        let stage = Stage::First;
        for (previous, under) in [(Some("old-key"), "old-key"), (None, "new-key")] {
            let (moves, event) = told_of(Reason::Acknowledged, "old-key", previous, &stage);
            assert_eq!((moves, &event["event_action"]), (Moves::Stays, &"acknowledge".into()));
            assert_eq!(event["routing_key"], under);
        }
    }
}
