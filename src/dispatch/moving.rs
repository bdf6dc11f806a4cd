//! Where an alert lies at a target: the name that the target has for it, or the key that it was
//! told under, where that may be replaced while it is open.
//!
//! # Promises
//! - `what_was_told_under_a_key_remembers_it_until_it_is_over`
//! - `a_notice_to_where_an_incident_is_ended_first_goes_on_after_that`
//! - In `tests/hub/stories/replaced_key.rs`: whatever comes between the two, and who refuses what.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;

use crate::dispatch::outbox::Outcome;
use crate::dispatch::{Dispatch, Step};
use crate::model::alert::{AlertKey, Decision};
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
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
    /// Looks where the alert of a notice lies that is about to be sent; what is to be said of it
    /// before there is an answer.
    pub(super) fn look(&mut self, target: &TargetConfig, letter: &Letter<'_>) -> Option<Moved> {
        let place = target::place(&target.kind, letter.secrets)?;
        self.places.insert(target.name.clone(), place);
        if *letter.stage != Stage::First {
            return None;
        }
        let moves = target::moves(&target.kind, letter);
        let is_news = self.under_way.insert(letter.notice.number, moves) != Some(moves);
        let strands = moves == Moves::Strands && is_news;
        strands.then(|| Moved::of(letter.notice, Correction::Stranded)).flatten()
    }

    /// What was sent about a notice is not sent again.
    pub(super) fn answered(&mut self, number: u64) -> Moves {
        self.under_way.remove(&number).unwrap_or(Moves::Stays)
    }

    /// What the target of a notice calls its alert from here on, where it has no name of its own.
    pub(super) fn reference(&self, notice: &Notice) -> Option<Box<str>> {
        let place = self.places.get(&notice.target)?;
        match (&notice.subject, notice.reason) {
            // It was told where the incident lies, and opened nothing.
            (Subject::Alert(_), Reason::Acknowledged)
            | (Subject::Digest(_) | Subject::Word(_), _) => None,
            (Subject::Alert(_), _) if is_end(notice) => Some("".into()),
            (Subject::Alert(_), _) => Some(place.clone()),
        }
    }
}

impl Moved {
    fn of(notice: &Notice, what: Correction) -> Option<Self> {
        let Subject::Alert(facts) = &notice.subject else { return None };
        Some(Self { alert: facts.key.clone(), target: notice.target.clone(), what })
    }
}

fn is_end(notice: &Notice) -> bool {
    let is_over = |facts: &AlertFacts| facts.resolved;
    notice.reason == Reason::Recovered || notice.subject.alerts().iter().all(is_over)
}

/// Where the exchange goes on that has ended an incident under the key before.
fn told_anew() -> Stage {
    Stage::Then("moved".into())
}

impl Dispatch {
    /// A target has taken what it was sent about a notice; it may be the first part of two. An end
    /// is told where the incident lies, and nowhere else.
    pub(super) fn taken(&mut self, number: u64, reference: Option<Box<str>>) -> Outcome {
        let moves = self.moving.answered(number);
        let Some((notice, _)) = self.outbox.under_way(number) else { return Outcome::Accepted };
        if moves == Moves::Ends && !is_end(notice) {
            let moved = Moved::of(notice, Correction::Moved);
            self.say_moved(moved);
            return Outcome::Next(told_anew());
        }
        let reference = reference.or_else(|| self.moving.reference(notice));
        let learned = reference.map(|reference| self.threads.learn_of(notice, &reference));
        self.steps.extend(learned.into_iter().flatten().map(Step::Write));
        Outcome::Accepted
    }

    /// A target will not take what it was sent. Where that was the end of an incident under the key
    /// before, nobody can end it there any more, and the notice itself goes on.
    pub(super) fn refused(&mut self, number: u64, why: &str) -> Option<Outcome> {
        if self.moving.under_way.get(&number) != Some(&Moves::Ends) {
            return None;
        }
        self.moving.answered(number);
        let (notice, _) = self.outbox.under_way(number)?;
        let (target, moved) = (&notice.target, Moved::of(notice, Correction::Stranded));
        let text = format!("{target} has not ended an incident under the key before: {why}");
        self.steps.push_back(Step::Say(log::Level::Warn, text));
        self.say_moved(moved);
        Some(Outcome::Next(told_anew()))
    }

    /// Says what becomes of incidents that lie under another key.
    pub(super) fn say_moved(&mut self, moved: impl IntoIterator<Item = Moved>) {
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
        assert_eq!(moving.answered(1), Moves::Stays);
        let under_a = moving.reference(&notice(1, Reason::FirstBreach)).unwrap();
        let second = notice(2, Reason::Repeat);
        let said = look(&mut moving, &second, ["b", "a"], Some(&under_a));
        assert_eq!(said, None, "it is not ended yet");
        assert_eq!((moving.answered(2), moving.answered(2)), (Moves::Ends, Moves::Stays));
        let third = notice(3, Reason::Repeat);
        let stranded = look(&mut moving, &third, ["b", "c"], Some(&under_a));
        assert_eq!(stranded, Some(Correction::Stranded));
        let again = look(&mut moving, &third, ["b", "c"], Some(&under_a));
        assert_eq!(again, None, "a second try says nothing new");
        assert_eq!(moving.answered(3), Moves::Strands);
        let in_hand = notice(4, Reason::Acknowledged);
        assert_eq!(look(&mut moving, &in_hand, ["b", "c"], Some(&under_a)), None);
        assert_eq!(moving.reference(&in_hand), None, "it lies where it lay");
    }
}
