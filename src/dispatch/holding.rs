//! Notices that wait a moment for the business context of their alert.
//!
//! They lie in the outbox and on disk all the while, so that nothing is lost by waiting; what is
//! learned in time is written into them before they are sent for the first time.
//!
//! # Promises
//! - `a_notice_waits_for_its_context_and_no_other_waits_with_it`
//! - `what_may_have_been_sent_is_never_changed`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::dispatch::lane::Lane;
use crate::dispatch::outbox::Outbox;
use crate::dispatch::{Dispatch, Step};
use crate::ledger::Write;
use crate::model::alert::AlertKey;
use crate::model::business::Business;
use crate::model::name::TargetName;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::rule::Priority;
use crate::model::time::Tick;

/// What waits for the context of its alert.
#[derive(Debug)]
pub(super) struct Holds {
    /// Until when at the latest.
    until: BTreeMap<AlertKey, Tick>,
    /// Until when at the latest, of notices that wait for others, by their numbers.
    grouped: BTreeMap<u64, Tick>,
    /// Notices before this one may have been sent before the hub started.
    first: u64,
}

impl Dispatch {
    /// New notices about an alert are not sent before this, or before its context is known.
    pub fn hold(&mut self, alert: &AlertKey, until: Tick) {
        self.outbox.hold(alert, until);
    }

    /// Notices about an alert wait no longer; those that have never been sent tell this.
    pub fn release(&mut self, alert: &AlertKey, learned: Option<&Business>) {
        self.outbox.release(alert);
        let Some(business) = learned else { return };
        for notice in self.outbox.tell(alert, business) {
            self.steps.push_back(Step::Write(Write::notice(notice)));
        }
    }
}

impl Outbox {
    /// New notices about an alert are not sent before this.
    pub(super) fn hold(&mut self, alert: &AlertKey, until: Tick) {
        self.holds.until.entry(alert.clone()).or_insert(until);
    }

    /// They are sent in their turn.
    pub(super) fn release(&mut self, alert: &AlertKey) {
        self.holds.until.remove(alert);
    }

    /// Puts what has been learned of an alert into its notices that cannot have been sent, and
    /// gives those that are different now.
    pub(super) fn tell(&mut self, alert: &AlertKey, business: &Business) -> Vec<&Notice> {
        let first = self.holds.first;
        let unsent = self.lanes.values_mut().flat_map(|lane| {
            let tried = lane.tried;
            let new = lane.notices.range_mut(first..).map(|(_, notice)| notice);
            new.filter(move |notice| tried != Some(notice.number))
        });
        let differs = |notice: &'_ mut Notice| {
            let Subject::Alert(facts) = &mut notice.subject else { return None };
            let is_news = facts.key == *alert && facts.business.as_deref() != Some(business);
            is_news.then(|| facts.business = Some(Box::new(business.clone())))
        };
        unsent.filter_map(|notice| differs(notice).map(|()| &*notice)).collect()
    }
}

impl Outbox {
    /// Takes out what is to be told of an alert's priority and cannot have been sent, save to those
    /// who are named, and the others out of who was `told`; the numbers of those notices.
    pub(super) fn take_back(
        &mut self,
        alert: &AlertKey,
        priority: Priority,
        named: &[TargetName],
        told: &mut Vec<TargetName>,
    ) -> Vec<u64> {
        let mut numbers = Vec::new();
        for (target, lane) in self.lanes.iter_mut().filter(|(target, _)| !named.contains(target)) {
            let is_it = |notice: &&Notice| {
                let facts = notice.subject.alerts().first();
                let is_of = facts.is_some_and(|one| one.priority == priority);
                is_of && notice.reason == Reason::FirstBreach
            };
            let number = lane.untried(alert).find(is_it).map(|notice| notice.number);
            if let Some(notice) = number.and_then(|number| lane.remove(number)) {
                numbers.push(notice.number);
                told.retain(|name| name != target);
            }
        }
        self.waiting = self.waiting.saturating_sub(numbers.len());
        numbers
    }
}

impl Holds {
    pub(super) const fn new(first: u64) -> Self {
        Self { until: BTreeMap::new(), grouped: BTreeMap::new(), first }
    }

    /// Forgets what has waited for long enough.
    pub(super) fn end(&mut self, now: Tick) {
        self.until.retain(|_, until| *until > now);
        self.grouped.retain(|_, until| *until > now);
    }

    /// A notice waits for others of its group.
    pub(super) fn wait(&mut self, number: u64, until: Tick) {
        self.grouped.insert(number, until);
    }

    /// It does not any more.
    pub(super) fn wait_no_longer(&mut self, number: u64) {
        self.grouped.remove(&number);
    }

    fn is_empty(&self) -> bool {
        self.until.is_empty() && self.grouped.is_empty()
    }

    pub(super) fn of(&self, notice: &Notice) -> Option<Tick> {
        let for_others = self.grouped.get(&notice.number).copied();
        let for_context = match &notice.subject {
            Subject::Alert(facts) if notice.number >= self.first => {
                self.until.get(&facts.key).copied()
            }
            Subject::Alert(_) | Subject::Digest(_) | Subject::Word(_) => None,
        };
        for_others.max(for_context)
    }
}

impl Lane {
    /// The notice that goes next: the one that was tried, so that each is tried until it has its
    /// answer, else the first that nothing holds. Those of one alert keep their order, since all of
    /// them are held.
    pub(super) fn free(&self, holds: &Holds) -> Option<u64> {
        let mut notices = self.notices.values();
        let first = match self.tried {
            Some(_) => return self.tried,
            None if holds.is_empty() => notices.next(),
            None => notices.find(|notice| holds.of(notice).is_none()),
        };
        first.map(|notice| notice.number)
    }

    /// When it may send one.
    pub(super) fn next(&self, holds: &Holds) -> Option<Tick> {
        match self.free(holds) {
            Some(_) => Some(self.not_before()),
            None => {
                let held = self.notices.values().filter_map(|notice| holds.of(notice));
                held.min().map(|until| until.max(self.not_before()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at, webhook};
    use crate::dispatch::notices::facts;
    use crate::dispatch::outbox::{Fate, Outcome};
    use crate::dispatch::telling::begin;
    use crate::model::alert::Alert;
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
    use crate::model::passage::Passage;
    use crate::model::target::TargetConfig;
    use crate::model::time::Span;

    fn about(entity: &str) -> Alert {
        let alert = alert(1, Priority::P1);
        let entity = EntityId::new(entity).unwrap();
        let key = AlertKey::of(&alert.source, "nice-cxone", Metric::DATA_AGE, &entity);
        Alert { key, entity, ..alert }
    }

    /// A lane with notices of these numbers and entities; those from 3 on are new.
    fn outbox(notices: &[(u64, &str)]) -> Outbox {
        let pager = TargetName::new("pager").unwrap();
        let target = TargetConfig::new(pager.clone(), webhook());
        let mut outbox = Outbox::new([&target].into_iter(), 3, 1);
        for (number, entity) in notices {
            let alert = about(entity);
            let notice = Notice {
                number: *number,
                target: pager.clone(),
                idempotency_key: "k".into(),
                reason: Reason::FirstBreach,
                subject: Subject::Alert(Box::new(facts(&alert, &begin(&alert, &alert.worst)))),
                made: at(0).stamp(),
                passage: Passage::new(at(0).tick),
            };
            outbox.push(notice).unwrap();
        }
        outbox
    }

    fn sent(outbox: &mut Outbox, second: i64) -> Vec<u64> {
        let mut numbers = Vec::new();
        outbox.send_due(at(second), |notice, _| numbers.push(notice.number));
        numbers
    }

    fn taken(outbox: &mut Outbox, number: u64, second: i64) {
        let fate = outbox.answered(number, &Outcome::Accepted, at(second));
        assert!(matches!(fate, Fate::Delivered(_)), "{number}");
    }

    #[test]
    fn a_notice_waits_for_its_context_and_no_other_waits_with_it() {
        let mut outbox = outbox(&[(3, "a"), (4, "a"), (5, "b"), (6, "a")]);
        outbox.hold(&about("a").key, at(2).tick);
        outbox.hold(&about("a").key, at(9).tick);
        assert_eq!(sent(&mut outbox, 0), [5]);
        taken(&mut outbox, 5, 0);
        assert!(sent(&mut outbox, 1).is_empty());
        assert_eq!(outbox.next_wake().unwrap().at, at(2).tick);
        for number in [3, 4] {
            assert_eq!(sent(&mut outbox, 2), [number], "in their order");
            taken(&mut outbox, number, 2);
        }
        outbox.hold(&about("a").key, at(9).tick);
        outbox.release(&about("a").key);
        assert_eq!(sent(&mut outbox, 3), [6]);
    }

    #[test]
    fn what_may_have_been_sent_is_never_changed() {
        let business = Business { impact: Some("risk".into()), ..Business::default() };
        let told = |outbox: &mut Outbox| -> Vec<u64> {
            let told = outbox.tell(&about("a").key, &business);
            told.iter().map(|notice| notice.number).collect()
        };
        let mut outbox = outbox(&[(2, "a"), (3, "a"), (4, "b"), (5, "a")]);
        assert_eq!(told(&mut outbox), [3, 5]);
        assert!(told(&mut outbox).is_empty(), "it is no news");
        let mut outbox = self::outbox(&[(3, "a"), (4, "a"), (5, "b")]);
        assert_eq!(sent(&mut outbox, 0), [3]);
        assert_eq!(told(&mut outbox), [4]);
        let later = Outcome::Later { at_least: Span::ZERO };
        assert!(matches!(outbox.answered(3, &later, at(0)), Fate::Again(_)));
        outbox.hold(&about("a").key, at(900).tick);
        assert_eq!(sent(&mut outbox, 600), [3], "it is tried until it has its answer");
        taken(&mut outbox, 3, 600);
        assert_eq!(sent(&mut outbox, 600), [5]);
    }

    #[test]
    fn a_restart_holds_nothing_of_before() {
        let mut outbox = outbox(&[(1, "a"), (3, "a")]);
        outbox.hold(&about("a").key, at(2).tick);
        assert_eq!(sent(&mut outbox, 0), [1]);
    }
}
