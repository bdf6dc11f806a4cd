//! Where an alert lies at a target: the name that the target has for it, or the key that it was
//! told under, where that may be replaced while it is open.
//!
//! # Promises
//! - `what_was_told_under_a_key_remembers_it_until_it_is_over`
//! - `a_notice_to_where_an_incident_is_ended_first_goes_on_after_that`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::dispatch::outbox::Outcome;
use crate::dispatch::{Dispatch, Step};
use crate::model::alert::{AlertKey, Decision};
use crate::model::name::TargetName;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::target::TargetConfig;
use crate::model::thread::Correction;
use crate::target::{self, Letter, Moves, Stage};

/// What is known of where alerts lie.
#[derive(Debug, Default)]
pub(super) struct Moving {
    /// By target: under what it is told at this moment.
    places: BTreeMap<TargetName, Box<str>>,
    /// By the number of a notice under way: what becomes of the incident that it is about.
    under_way: BTreeMap<u64, Moves>,
}

/// What becomes of an incident that lies under another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    alert: AlertKey,
    target: TargetName,
    what: Correction,
}

impl Moving {
    /// Looks where the alert of a notice lies that is about to be sent; what is to be said of it.
    pub(super) fn look(&mut self, target: &TargetConfig, letter: &Letter<'_>) -> Option<Moved> {
        let place = target::place(&target.kind, letter.secrets)?;
        self.places.insert(target.name.clone(), place);
        if *letter.stage != Stage::First {
            return None;
        }
        let moves = target::moves(&target.kind, letter);
        let is_news = self.under_way.insert(letter.notice.number, moves) != Some(moves);
        let what = match moves {
            Moves::Ends if is_news => Correction::Moved,
            Moves::Strands if is_news => Correction::Stranded,
            Moves::Stays | Moves::Ends | Moves::Strands => return None,
        };
        let alert = letter.thread?.alert.clone();
        Some(Moved { alert, target: target.name.clone(), what })
    }

    /// How the exchange about a notice goes on that the target has taken; nothing where it is done.
    pub(super) fn next(&mut self, number: u64) -> Option<Stage> {
        let moves = self.under_way.remove(&number)?;
        (moves == Moves::Ends).then(|| Stage::Then("moved".into()))
    }

    /// What the target of a notice calls its alert from here on, where it has no name of its own.
    pub(super) fn reference(&self, notice: &Notice) -> Option<Box<str>> {
        let Subject::Alert(facts) = &notice.subject else { return None };
        let place = self.places.get(&notice.target)?;
        let is_over = facts.resolved || notice.reason == Reason::Recovered;
        Some(if is_over { "".into() } else { place.clone() })
    }
}

impl Dispatch {
    /// A target has taken what it was sent about a notice; it may be the first part of two.
    pub(super) fn taken(&mut self, number: u64, reference: Option<Box<str>>) -> Outcome {
        if let Some(stage) = self.moving.next(number) {
            return Outcome::Next(stage);
        }
        let Some((notice, _)) = self.outbox.under_way(number) else { return Outcome::Accepted };
        let reference = reference.or_else(|| self.moving.reference(notice));
        let learned = reference.map(|reference| self.threads.learn_of(notice, &reference));
        self.steps.extend(learned.into_iter().flatten().map(Step::Write));
        Outcome::Accepted
    }

    /// Says what becomes of incidents that lie under another key.
    pub(super) fn say_moved(&mut self, moved: Vec<Moved>) {
        for Moved { alert, target, what } in moved {
            self.say_corrected(&alert, &target, what);
            let what = Decision::Corrected { target: target.as_str().into(), what };
            self.steps.push_back(Step::Note { alert, what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::dispatch::notices::facts;
    use crate::dispatch::telling::begin;
    use crate::model::config::{Templates, TextOrSecret};
    use crate::model::passage::Passage;
    use crate::model::rule::Priority;
    use crate::model::secret::{Secret, SecretRef, Secrets};
    use crate::model::target::{PagerDuty, TargetKind};
    use crate::model::thread::Thread;
    use crate::target::Texts;

    const PAGER: &str = "pager";

    fn target() -> TargetConfig {
        let credential = |name: &str| SecretRef::Credential(name.into());
        let url = TextOrSecret::Text("https://events.test/v2/enqueue".into());
        let mut pager = PagerDuty::new(url, credential("key"));
        pager.routing_key_previous = Some(credential("previous"));
        let (name, kind) = (TargetName::new(PAGER).unwrap(), TargetKind::PagerDuty(pager));
        TargetConfig::new(name, kind)
    }

    fn notice(number: u64, reason: Reason) -> Notice {
        let alert = alert(1, Priority::P1);
        let facts = facts(&alert, &begin(&alert, &alert.worst));
        Notice {
            number,
            target: TargetName::new(PAGER).unwrap(),
            idempotency_key: "k".into(),
            reason,
            subject: Subject::Alert(Box::new(facts)),
            made: at(0).stamp(),
            passage: Passage::new(at(0).tick),
        }
    }

    /// Looks at a notice while these are the keys, and the alert lies under `lies`.
    fn look(
        moving: &mut Moving,
        notice: &Notice,
        keys: [&str; 2],
        lies: Option<&str>,
    ) -> Option<Correction> {
        let mut secrets = Secrets::default();
        for (name, key) in ["key", "previous"].into_iter().zip(keys) {
            secrets.put(SecretRef::Credential(name.into()), Secret::new(key));
        }
        let texts = Texts::compile(&Templates::default()).unwrap();
        let key = notice.subject.alerts()[0].key.clone();
        let thread = lies.map(|lies| Thread::new(key, notice.target.clone(), lies.into()));
        let letter = Letter {
            notice,
            texts: &texts,
            secrets: &secrets,
            now: at(0),
            thread: thread.as_ref(),
            stage: &Stage::First,
        };
        moving.look(&target(), &letter).map(|moved| moved.what)
    }

    #[test]
    fn what_was_told_under_a_key_remembers_it_until_it_is_over() {
        let mut moving = Moving::default();
        let first = notice(1, Reason::FirstBreach);
        assert_eq!(moving.reference(&first), None);
        assert_eq!(look(&mut moving, &first, ["a", ""], None), None);
        let under_a = moving.reference(&first).unwrap();
        assert_eq!(under_a.len(), 8);
        assert_eq!(look(&mut moving, &first, ["b", ""], None), None);
        assert_ne!(moving.reference(&first).unwrap(), under_a);
        assert_eq!(moving.reference(&notice(2, Reason::Recovered)).as_deref(), Some(""));
    }

    #[test]
    fn a_notice_to_where_an_incident_is_ended_first_goes_on_after_that() {
        let mut moving = Moving::default();
        look(&mut moving, &notice(1, Reason::FirstBreach), ["a", ""], None);
        assert_eq!(moving.next(1), None);
        let under_a = moving.reference(&notice(1, Reason::FirstBreach)).unwrap();
        let second = notice(2, Reason::Repeat);
        let moved = look(&mut moving, &second, ["b", "a"], Some(&under_a));
        assert_eq!(moved, Some(Correction::Moved));
        let again = look(&mut moving, &second, ["b", "a"], Some(&under_a));
        assert_eq!(again, None, "a second try says nothing new");
        assert_eq!(moving.next(2), Some(Stage::Then("moved".into())));
        assert_eq!(moving.next(2), None);
        let third = notice(3, Reason::Repeat);
        let stranded = look(&mut moving, &third, ["b", "c"], Some(&under_a));
        assert_eq!(stranded, Some(Correction::Stranded));
        assert_eq!(moving.next(3), None);
    }
}
