//! Who is told in the stead of a target that does not take a notice.
//!
//! A notice about an open alert goes to the target's `fallback` when it has waited for
//! `fallback_after_seconds`, at once when the target refuses it or is out of order. It goes to the
//! first of the chain of fallbacks that takes what it is given; where none does it waits for one,
//! and while one of them has not taken one such notice it gets no other, so that a dead link does
//! not tell everything twice. The copy is a notice of its own, which may fall back in its turn;
//! who got it hears of the end. What waits stays in its lane until it is taken or given up.
//!
//! Nobody is told in the stead of a target: of what is over, or in somebody's hand; of updates,
//! digests, announcements and tests; where a fallback gets the same notice by its own route.
//!
//! # Promises
//! - `what_is_not_taken_in_time_goes_to_the_fallback_once_and_so_does_its_end`
//! - `what_is_refused_goes_to_the_fallback_at_once`
//! - `a_fallback_that_does_not_listen_is_told_nothing_more`
//! - `what_is_over_or_in_hand_does_not_fall_back`

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::dispatch::breaker::Taking;
use crate::dispatch::settle::add;
use crate::dispatch::{Dispatch, Step, notices};
use crate::ledger::Write;
use crate::model::alert::{Alert, AlertKey, Decision, Phase};
use crate::model::metric::Metric;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Notice, Subject};
use crate::model::passage::StandIn;
use crate::model::time::{Now, Tick};

/// What is to be done about a notice that was not taken in time.
enum Way {
    /// This one is told.
    To(TargetName),
    /// Nobody has to be told.
    Needless,
    /// Nobody can be told at this moment.
    Closed,
}

impl Dispatch {
    /// Tells others what was not taken in time.
    pub(super) fn fall_back<'a>(
        &mut self,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) {
        for notice in core::mem::take(&mut self.untaken) {
            let wanted = self.wanted(&notice, alert_of);
            if !wanted.is_empty()
                && let Some(name) = self.stand_in(&notice).or_else(|| self.any_stand_in(&notice))
            {
                self.tell_instead(&notice, wanted, &name, now);
            }
        }
        self.next_fallback = None;
        let waits = self.outbox.lanes.iter().filter(|(_, lane)| !lane.overdue.is_empty());
        for name in waits.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            let wake = self.fall_back_of(&name, alert_of, now);
            self.next_fallback = self.next_fallback.into_iter().chain(wake).min();
        }
    }

    /// The same for one target; when the next one is due.
    fn fall_back_of<'a>(
        &mut self,
        name: &TargetName,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) -> Option<Tick> {
        loop {
            let lane = self.outbox.lanes.get(name)?;
            let &(due, number) = lane.overdue.first()?;
            if due > now.tick {
                return Some(due);
            }
            let notice = lane.notices.get(&number);
            let wanted = notice.map(|notice| self.wanted(notice, alert_of)).unwrap_or_default();
            let way = match notice {
                Some(notice) if !wanted.is_empty() => match self.stand_in(notice) {
                    Some(name) => Way::To(name),
                    None => Way::Closed,
                },
                Some(_) | None => Way::Needless,
            };
            let to = match way {
                Way::Closed => return None,
                Way::Needless => None,
                Way::To(name) => Some(name),
            };
            let lane = self.outbox.lanes.get_mut(name)?;
            lane.overdue.remove(&(due, number));
            let (Some(to), Some(notice)) = (to, lane.notices.get_mut(&number)) else { continue };
            notice.passage.stand_in = StandIn::Settled;
            let notice = notice.clone();
            self.steps.push_back(Step::Write(Write::notice(&notice)));
            self.tell_instead(&notice, wanted, &to, now);
        }
    }

    /// What of it somebody has to hear of: the alerts that are open, and in nobody's hand.
    fn wanted<'a>(
        &self,
        notice: &Notice,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
    ) -> Vec<AlertFacts> {
        let is_wanted = |facts: &&AlertFacts| {
            let is_told = self
                .tellings_of(&facts.key)
                .any(|record| !record.ended && record.told.contains(&notice.target));
            let alert = alert_of(&facts.key).filter(|alert| alert.phase == Phase::Detected);
            is_told && alert.is_some_and(|alert| alert.hand.is_none())
        };
        notice.subject.alerts().iter().filter(is_wanted).cloned().collect()
    }

    /// The first of the fallbacks that takes what it is given.
    fn stand_in(&self, notice: &Notice) -> Option<TargetName> {
        if self.outbox.room() < notice.subject.alerts().len() {
            return None;
        }
        let is_well = |name: &&TargetName| {
            let lane = self.outbox.lanes.get(*name);
            lane.is_some_and(|lane| lane.breaker.taking() == Taking::Well && lane.standing_in == 0)
        };
        self.fallbacks(notice).find(is_well).cloned()
    }

    fn any_stand_in(&self, notice: &Notice) -> Option<TargetName> {
        self.fallbacks(notice).next().filter(|_| self.outbox.room() > 0).cloned()
    }

    /// Whom the target of a notice falls back on, the nearest first. A target that is stuck is not
    /// told so.
    fn fallbacks(&self, notice: &Notice) -> impl Iterator<Item = &TargetName> {
        let is_told = move |name: &&TargetName| {
            notice.subject.alerts().iter().all(|facts| {
                facts.metric != Metric::BACKLOG_AGE || facts.entity.as_str() != name.as_str()
            })
        };
        self.chain(&notice.target).filter(is_told)
    }

    fn chain(&self, target: &TargetName) -> impl Iterator<Item = &TargetName> {
        let after = |name: &TargetName| self.outbox.lanes.get(name)?.patience.fallback.as_ref();
        // The check of the config refuses those that lead back.
        core::iter::successors(after(target), move |name| after(name)).take(self.outbox.lanes.len())
    }

    /// Whether somebody who is told anyway would be told in the stead of one of them.
    pub(super) fn stand_in_of(&self, target: &TargetName, told: &[TargetName]) -> StandIn {
        let is_told = self.chain(target).any(|name| told.contains(name));
        if is_told { StandIn::Settled } else { StandIn::Possible }
    }

    /// Of the alerts of a group each is told by itself, since not all targets take more at once.
    fn tell_instead(
        &mut self,
        notice: &Notice,
        wanted: Vec<AlertFacts>,
        to: &TargetName,
        now: Now,
    ) {
        let text =
            format!("{} has not taken notice {}: {to} is told", notice.target, notice.number);
        self.steps.push_back(Step::Say(log::Level::Warn, text));
        for facts in wanted {
            self.tell_one_instead(notice, facts, to, now);
        }
    }

    fn tell_one_instead(&mut self, notice: &Notice, facts: AlertFacts, to: &TargetName, now: Now) {
        if let Some(record) = self.tellings.get_mut(&facts.key, facts.priority) {
            add(&mut record.told, core::slice::from_ref(to));
            self.write_telling(&facts.key, facts.priority);
        }
        let what = Decision::FellBack {
            from: notice.target.as_str().into(),
            to: to.as_str().into(),
            reason: notice.reason,
        };
        self.steps.push_back(Step::Note { alert: facts.key.clone(), what });
        self.counts.fallen_back += 1;
        let said = format!("{} has not taken this", notice.target);
        let detail = match &facts.detail {
            Some(detail) => format!("{detail}; {said}"),
            None => said,
        };
        let facts = AlertFacts { detail: Some(detail.into()), ..facts };
        let key = notices::alert_key(self.next_notice, &facts, notice.reason, to);
        let subject = Subject::Alert(Box::new(facts));
        let mut copy = self.draft(to, key, notice.reason, subject, now);
        copy.passage.via = Some(notice.target.clone());
        self.add(copy, now);
    }
}
