//! New alerts of one group that begin soon after one another are told in one message.
//!
//! The first of a group is told at once and opens an interval. What begins within it waits in the
//! outbox, on disk, and is told with the others when the interval ends, which opens the next one.
//! P1 never waits. Whatever else is to be told of an alert that waits sends it before, by itself;
//! its recovery takes it out, and nobody hears of it. What a window, a silence, a storm or another
//! alert holds back when the interval ends is taken out, too, and told when that lets go of it.
//! A restart opens no group: what waited is sent by itself.
//!
//! # Promises
//! - `the_first_of_a_group_is_told_at_once_and_the_others_together`
//! - `what_is_over_before_its_turn_is_told_to_nobody_and_counted`
//! - `what_is_silenced_before_its_turn_is_told_when_the_silence_is_over`
//! - `what_grows_worse_waits_for_no_group`
//! - `the_urgent_waits_for_no_group`
//! - `an_incident_system_gets_each_by_itself`
//! - `what_waits_for_its_group_outlives_a_restart`
//! - `what_of_a_group_nobody_takes_falls_back_alert_by_alert`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dispatch::settlement::Order;
use crate::dispatch::{Dispatch, Step, notices, target_of, telling};
use crate::ledger::Write;
use crate::limits::{DIGEST_LINES_MAX, GROUPS_MAX};
use crate::model::alert::{Alert, AlertKey, Decision};
use crate::model::business::Business;
use crate::model::config::Config;
use crate::model::context::ContextTable;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Hold, Reason, Subject};
use crate::model::passage::{Passage, StandIn};
use crate::model::rule::Priority;
use crate::model::target::{GroupBy, Grouping};
use crate::model::time::{Now, Tick, Wake};
use crate::target::{self, Digests};

/// The groups that have an interval under way.
#[derive(Debug, Default)]
pub(super) struct Groups {
    open: BTreeMap<(TargetName, Box<str>), Group>,
    /// Where a target groups by labels.
    context: Option<ContextTable>,
}

#[derive(Debug)]
struct Group {
    until: Tick,
    /// The alerts that wait, by the numbers of their notices.
    waiting: Vec<(AlertKey, u64)>,
}

/// When a notice goes out.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    AtOnce,
    /// After this one about the same alert, which waits no longer.
    After(u64),
    /// With the others of its group.
    With {
        group: Box<str>,
        until: Tick,
    },
    /// Never: this one about the beginning of the alert was not sent.
    Never(u64),
}

impl Groups {
    pub(super) fn new(config: &Config) -> Self {
        let groups = config.targets.iter().filter_map(|target| target.group.as_ref());
        let by_label = groups.flat_map(|group| &group.by).any(|by| matches!(by, GroupBy::Label(_)));
        let context = by_label.then(|| ContextTable::new(config.enrichment.rows.clone()));
        Self { open: BTreeMap::new(), context }
    }

    /// When the next interval ends.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        let at = self.open.values().map(|group| group.until).min()?;
        Some(Wake { at, why: "a group" })
    }

    /// When what is to be told to a target goes out.
    fn turn(&mut self, config: &Config, target: &TargetName, order: &Order, now: Now) -> Turn {
        let Order { reason, facts, .. } = order;
        if let Some(number) = self.leave(target, &facts.key) {
            let is_over = *reason == Reason::Recovered;
            return if is_over { Turn::Never(number) } else { Turn::After(number) };
        }
        let grouping = target_of(config, target).and_then(|one| {
            let takes = target::manner(&one.kind).digests == Digests::Takes;
            one.group.as_ref().filter(|_| takes)
        });
        let Some(grouping) = grouping else { return Turn::AtOnce };
        if *reason != Reason::FirstBreach || facts.priority == Priority::P1 {
            return Turn::AtOnce;
        }
        let id = (target.clone(), self.key(grouping, facts));
        match self.open.get(&id) {
            Some(group) if group.until > now.tick => {
                let until = group.until;
                Turn::With { group: id.1, until }
            }
            Some(_) => Turn::AtOnce,
            None => {
                if self.open.len() < GROUPS_MAX {
                    let until = now.tick + grouping.every;
                    self.open.insert(id, Group { until, waiting: Vec::new() });
                }
                Turn::AtOnce
            }
        }
    }

    /// An alert waits no longer.
    fn leave(&mut self, target: &TargetName, alert: &AlertKey) -> Option<u64> {
        let of_target = self.open.iter_mut().filter(|((name, _), _)| name == target);
        of_target.into_iter().find_map(|(_, group)| {
            let at = group.waiting.iter().position(|(key, _)| key == alert)?;
            Some(group.waiting.remove(at).1)
        })
    }

    /// What has waited to the end of its interval, for each target. Where something has, the next
    /// interval begins.
    fn due(&mut self, config: &Config, now: Now) -> Vec<(TargetName, Vec<u64>)> {
        let mut due = Vec::new();
        self.open.retain(|(target, _), group| {
            if group.until > now.tick {
                return true;
            }
            if group.waiting.is_empty() {
                return false;
            }
            let numbers = group.waiting.drain(..).map(|(_, number)| number).collect();
            due.push((target.clone(), numbers));
            let grouping = target_of(config, target).and_then(|one| one.group.as_ref());
            if let Some(Grouping { every, .. }) = grouping {
                group.until = now.tick + *every;
            }
            grouping.is_some()
        });
        due
    }

    /// What the alerts of a group have in common.
    fn key(&self, grouping: &Grouping, facts: &AlertFacts) -> Box<str> {
        let business = |of: fn(&Business) -> Option<&str>| facts.business.as_deref().and_then(of);
        let source = facts.source.as_str();
        let row = || self.context.as_ref()?.row(source, facts.entity.as_str(), &facts.entity_name);
        let part = |by: &GroupBy| match by {
            GroupBy::Source => Some(source),
            GroupBy::Platform => Some(&*facts.platform),
            GroupBy::Metric => Some(facts.metric.name()),
            GroupBy::Entity => Some(facts.entity.as_str()),
            GroupBy::Priority => Some(facts.priority.as_str()),
            GroupBy::Impact => business(|business| business.impact.as_deref()),
            GroupBy::Unit => business(|business| business.unit.as_deref()),
            GroupBy::Label(name) => row().and_then(|row| {
                let mut labels = row.labels.iter();
                labels.find(|(label, _)| label == name).map(|(_, value)| &**value)
            }),
        };
        let mut key = String::new();
        for by in &grouping.by {
            key.push_str(part(by).unwrap_or_default());
            key.push('\0');
        }
        key.into()
    }
}

impl Dispatch {
    /// Puts what is to be told into the outbox, where some of it may wait for its group.
    pub(super) fn place(&mut self, order: &Order, now: Now) {
        for target in &order.targets {
            match self.groups.turn(&self.config, target, order, now) {
                Turn::AtOnce => {
                    self.place_one(order, target, now.tick, now);
                }
                Turn::After(number) => {
                    // While it is held it is not made one with what comes after it.
                    self.place_one(order, target, now.tick, now);
                    self.send_alone(target, number, now);
                }
                Turn::With { group, until } => {
                    let number = self.next_notice;
                    if self.place_one(order, target, until, now) != Some(number) {
                        continue;
                    }
                    self.outbox.holds.wait(number, until);
                    if let Some(group) = self.groups.open.get_mut(&(target.clone(), group)) {
                        group.waiting.push((order.facts.key.clone(), number));
                    }
                    self.note_held(&order.facts, Hold::Grouped);
                }
                Turn::Never(number) => {
                    drop(self.outbox.withdraw(target, number));
                    self.outbox.holds.wait_no_longer(number);
                    self.steps.push_back(Step::Write(Write::forget_notice(number)));
                    self.note_held(&order.facts, Hold::EndedUntold);
                }
            }
        }
    }

    /// Puts it into the outbox, where it waits for its target from `queued` on; under which number
    /// it lies there.
    fn place_one(
        &mut self,
        order: &Order,
        target: &TargetName,
        queued: Tick,
        now: Now,
    ) -> Option<u64> {
        let key = notices::alert_key(self.next_notice, &order.facts, order.reason, target);
        let subject = Subject::Alert(Box::new(order.facts.clone()));
        let stand_in = self.stand_in_of(target, &order.targets);
        let mut notice = self.draft(target, key, order.reason, subject, now);
        notice.passage = Passage { stand_in, ..Passage::new(queued) };
        self.add(notice, now)
    }

    /// A notice waits for its target from now on, and for its group no longer.
    fn send_alone(&mut self, target: &TargetName, number: u64, now: Now) {
        self.outbox.holds.wait_no_longer(number);
        if let Some(mut notice) = self.outbox.withdraw(target, number) {
            notice.passage.queued = now.tick;
            self.put(notice, now);
        }
    }

    fn note_held(&mut self, facts: &AlertFacts, hold: Hold) {
        *self.counts.held.entry(hold).or_default() += 1;
        let (alert, priority) = (facts.key.clone(), facts.priority);
        self.steps.push_back(Step::Note { alert, what: Decision::Held { priority, hold } });
    }

    /// Tells together what has waited to the end of its interval. One alone is told as ever.
    pub(super) fn flush_groups<'a>(
        &mut self,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) {
        for (target, mut numbers) in self.groups.due(&self.config, now) {
            numbers.retain(|&number| self.waits(&target, number, alert_of) == Waits::Still);
            for &number in &numbers {
                self.outbox.holds.wait_no_longer(number);
            }
            for numbers in numbers.chunks(DIGEST_LINES_MAX).filter(|numbers| numbers.len() > 1) {
                let (mut lines, mut stand_in) = (Vec::new(), StandIn::Settled);
                for &number in numbers {
                    let Some(notice) = self.outbox.withdraw(&target, number) else { continue };
                    self.steps.push_back(Step::Write(Write::forget_notice(number)));
                    lines.extend_from_slice(notice.subject.alerts());
                    if notice.passage.stand_in == StandIn::Possible {
                        stand_in = StandIn::Possible;
                    }
                }
                lines.sort_by_key(|line| line.priority);
                let key = notices::digest_key(self.next_notice, now, &target);
                let subject = Subject::Digest(lines);
                let mut notice = self.draft(&target, key, Reason::FirstBreach, subject, now);
                notice.passage.stand_in = stand_in;
                self.add(notice, now);
            }
        }
    }
}

impl Dispatch {
    /// Whether a notice is still to be told with its group: context that came late may have taken
    /// it back, and what is held back is taken back here.
    fn waits<'a>(
        &mut self,
        target: &TargetName,
        number: u64,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
    ) -> Waits {
        let lane = self.outbox.lanes.get(target);
        let notice = lane.and_then(|lane| lane.notices.get(&number));
        let Some(facts) = notice.and_then(|notice| notice.subject.alerts().first()) else {
            return Waits::NoMore;
        };
        let hold = alert_of(&facts.key).and_then(|alert| alert.suppression.hold());
        // Through a dead link it is told as it was seen, and that it is unstable is told after it.
        let holds = [Hold::Maintenance, Hold::Silence, Hold::Storm, Hold::Dependency];
        let Some(hold) = hold.filter(|hold| holds.contains(hold)) else { return Waits::Still };
        let facts = facts.clone();
        drop(self.outbox.withdraw(target, number));
        self.outbox.holds.wait_no_longer(number);
        self.steps.push_back(Step::Write(Write::forget_notice(number)));
        let made = self.counts.made.entry(Reason::FirstBreach).or_default();
        *made = made.saturating_sub(1);
        if let Some(record) = self.tellings.get_mut(&facts.key, facts.priority) {
            telling::untold(record, target);
            self.write_telling(&facts.key, facts.priority);
        }
        self.note_held(&facts, hold);
        Waits::NoMore
    }
}

#[derive(PartialEq)]
enum Waits {
    Still,
    NoMore,
}

#[cfg(test)]
mod tests;
