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

use crate::dispatch::outbox::{Asking, Lane, Outbox};
use crate::dispatch::{Dispatch, Step};
use crate::ledger::Write;
use crate::model::alert::AlertKey;
use crate::model::business::Business;
use crate::model::name::TargetName;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::rule::Priority;
use crate::model::time::Tick;
use crate::target::Stage;

/// What waits for the context of its alert.
#[derive(Debug)]
pub(super) struct Holds {
    /// Until when at the latest.
    until: BTreeMap<AlertKey, Tick>,
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
            let tried = usize::from(lane.has_tried());
            lane.notices.iter_mut().skip(tried).filter(move |notice| notice.number >= first)
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
    pub(super) fn withdraw(
        &mut self,
        alert: &AlertKey,
        priority: Priority,
        named: &[TargetName],
        told: &mut Vec<TargetName>,
    ) -> Vec<u64> {
        let first = self.holds.first;
        let mut numbers = Vec::new();
        for (target, lane) in self.lanes.iter_mut().filter(|(target, _)| !named.contains(target)) {
            let tried = usize::from(lane.has_tried());
            let is_it = |notice: &Notice| {
                let facts = notice.subject.alerts().first();
                let is_of = facts.is_some_and(|one| one.key == *alert && one.priority == priority);
                is_of && notice.number >= first && notice.reason == Reason::FirstBreach
            };
            let place = lane.notices.iter().skip(tried).position(is_it);
            if let Some(notice) = place.and_then(|place| lane.notices.remove(place + tried)) {
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
        Self { until: BTreeMap::new(), first }
    }

    /// Forgets what has waited for long enough.
    pub(super) fn end(&mut self, now: Tick) {
        self.until.retain(|_, until| *until > now);
    }

    fn of(&self, notice: &Notice) -> Option<Tick> {
        match &notice.subject {
            Subject::Alert(facts) if notice.number >= self.first => {
                self.until.get(&facts.key).copied()
            }
            Subject::Alert(_) | Subject::Digest(_) | Subject::Word(_) => None,
        }
    }
}

impl Lane {
    /// Whether its first notice may have reached the target.
    fn has_tried(&self) -> bool {
        self.asking == Asking::UnderWay || self.failures > 0 || self.stage != Stage::First
    }

    /// The place of the first notice that nothing holds. One that was tried is sent first, so that
    /// each is tried until it has its answer.
    fn free(&self, holds: &Holds) -> Option<usize> {
        if holds.until.is_empty() || self.has_tried() {
            return (!self.notices.is_empty()).then_some(0);
        }
        self.notices.iter().position(|notice| holds.of(notice).is_none())
    }

    /// Puts that notice first. Those of one alert keep their order, since all of them are held.
    pub(super) fn bring_forward(&mut self, holds: &Holds) -> Option<()> {
        let at = self.free(holds)?;
        if at > 0
            && let Some(notice) = self.notices.remove(at)
        {
            self.notices.push_front(notice);
        }
        Some(())
    }

    /// When it may send one.
    pub(super) fn next(&self, holds: &Holds) -> Option<Tick> {
        match self.free(holds) {
            Some(_) => Some(self.not_before),
            None => {
                let held = self.notices.iter().filter_map(|notice| holds.of(notice));
                held.min().map(|until| until.max(self.not_before))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::dispatch::notices::facts;
    use crate::dispatch::outbox::{Fate, Outcome};
    use crate::dispatch::telling::begin;
    use crate::model::alert::Alert;
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
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
        let mut outbox = Outbox::new([(pager.clone(), Span::ZERO)].into_iter(), 3, 1);
        for (number, entity) in notices {
            let alert = about(entity);
            let notice = Notice {
                number: *number,
                target: pager.clone(),
                idempotency_key: "k".into(),
                reason: Reason::FirstBreach,
                subject: Subject::Alert(Box::new(facts(&alert, &begin(&alert, &alert.worst)))),
                made: at(0).stamp(),
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
