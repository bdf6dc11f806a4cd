//! How the dispatch stands, for those who ask: what was told, what waits, what was never taken.

use alloc::collections::BTreeMap;

use crate::dispatch::lane::Overtaking;
use crate::dispatch::{Dispatch, Flow, Taking};
use crate::model::alert::AlertKey;
use crate::model::name::TargetName;
use crate::model::notice::{Hold, Notice, Reason};
use crate::model::rule::Priority;
use crate::model::telling::Telling;

/// What the dispatch has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Notices made, by reason.
    pub made: BTreeMap<Reason, u64>,
    /// Notices held back, by hold.
    pub held: BTreeMap<Hold, u64>,
    /// Notices delivered.
    pub delivered: u64,
    /// Tries that failed and are made again.
    pub retried: u64,
    /// Notices that became dead letters.
    pub dead: u64,
    /// Notices that were replaced by newer ones, or came to nothing, before they were tried.
    pub collapsed: u64,
    /// Notices that another target was told of, since their own did not take them.
    pub fallen_back: u64,
    /// How often a target began to rest.
    pub breakers: u64,
}

/// Who knows of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// At least one target was told.
    BySomebody,
    /// No target was.
    ByNobody,
}

impl Dispatch {
    /// What has been told of an alert, the most urgent priority first.
    pub fn tellings_of(&self, alert: &AlertKey) -> impl Iterator<Item = &Telling> {
        Priority::ALL.into_iter().filter_map(|priority| self.tellings.get(alert, priority))
    }

    /// Whether somebody was told of an alert's present episode.
    #[must_use]
    pub fn heard_of(&self, alert: &AlertKey) -> Heard {
        let is_told = |telling: &Telling| telling.notification_count > 0 && !telling.ended;
        if self.tellings_of(alert).any(is_told) { Heard::BySomebody } else { Heard::ByNobody }
    }

    /// The alert that a target calls by this name.
    #[must_use]
    pub fn alert_called(&self, target: &TargetName, reference: &str) -> Option<&AlertKey> {
        self.threads.called(target, reference)
    }

    /// How many notices wait for each target.
    pub fn outbox_depths(&self) -> impl Iterator<Item = (&TargetName, usize)> {
        self.outbox.depths()
    }

    /// How each target takes its notices.
    pub fn flows(&self) -> impl Iterator<Item = (&TargetName, Flow)> {
        self.outbox.flows()
    }

    /// How many notices wait that are about an alert.
    #[must_use]
    pub fn undelivered(&self, alert: &AlertKey) -> u32 {
        u32::try_from(self.outbox.about(alert)).unwrap_or(u32::MAX)
    }

    /// The number that the next notice gets.
    #[must_use]
    pub const fn next_notice(&self) -> u64 {
        self.next_notice
    }

    /// Whether each target takes what it is given.
    pub fn takings(&self) -> impl Iterator<Item = (&TargetName, Taking)> {
        self.outbox.takings()
    }

    /// How many dead letters there are.
    #[must_use]
    pub fn dead_letters(&self) -> usize {
        self.letters.len()
    }

    /// Who may have heard of what, before the hub started. Where the first notice of an episode
    /// cannot have been sent, and speaks for the only priority that the target was told of, it has
    /// not.
    pub(super) fn know_who_heard(&mut self) {
        let has_cmdb = self.config.enrichment.cmdb.is_some();
        let has_groups = self.config.targets.iter().any(|target| target.group.is_some());
        let overtaking =
            if has_cmdb || has_groups { Overtaking::Perhaps } else { Overtaking::None };
        self.outbox.lanes.values_mut().for_each(|lane| lane.was_restored(overtaking));
        for telling in self.tellings.iter().filter(|telling| !telling.ended) {
            for target in &telling.told {
                let tellings = &self.tellings;
                let record = |priority| tellings.get(&telling.alert, priority);
                let records = Priority::ALL.into_iter().filter_map(record);
                let of_target = records.filter(|one| !one.ended && one.told.contains(target));
                let is_alone = of_target.count() == 1;
                let Some(lane) = self.outbox.lanes.get_mut(target) else { continue };
                let first = lane.untried(&telling.alert).next();
                let opens = |notice: &Notice| {
                    let mut alerts = notice.subject.alerts().iter();
                    notice.reason == Reason::FirstBreach
                        && alerts.all(|facts| facts.notification_count == 1)
                };
                if !(is_alone && first.is_some_and(opens)) {
                    lane.hears(&telling.alert);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{Counter, alert, at, config, notice};
    use crate::dispatch::lane::Knows;
    use crate::dispatch::telling::begin;
    use crate::ledger::Remembered;
    use crate::model::alert::Alert;
    use crate::model::telling::Telling;
    use crate::target::Texts;
    use alloc::rc::Rc;
    use alloc::vec::Vec;

    /// What is otherwise in what the second alert left behind.
    type Change<'a> = dyn Fn(&mut Remembered, &Alert) + 'a;

    fn pager() -> TargetName {
        TargetName::new("pager").unwrap()
    }

    /// What the pager knows of the second of two alerts after a restart. The notice of the first
    /// lies before it, so that the second cannot have been sent.
    fn knows(change: &Change<'_>) -> Knows {
        let first = alert(1, Priority::P1);
        let mut second = first.clone();
        second.key = AlertKey::of(&second.source, "second", second.metric, &second.entity);
        let mut remembered = Remembered::default();
        for (number, about) in [(1, &first), (2, &second)] {
            let mut telling = begin(about, &about.worst);
            (telling.told, telling.notification_count) = (Vec::from([pager()]), 1);
            let mut notice = notice(number, "pager", about, Reason::FirstBreach);
            count(&mut notice, 1);
            remembered.tellings.push(telling);
            remembered.notices.push(notice);
        }
        change(&mut remembered, &second);
        let (config, texts) = (Rc::new(config()), Texts::default());
        let dispatch = Dispatch::new(config, texts, &mut remembered, 1, at(0));
        dispatch.outbox.lanes[&pager()].knows(&second.key)
    }

    fn count(notice: &mut Notice, count: u32) {
        let crate::model::notice::Subject::Alert(facts) = &mut notice.subject else { return };
        facts.notification_count = count;
    }

    #[test]
    fn who_cannot_have_heard_of_it_has_not() {
        assert_eq!(knows(&|_, _| {}), Knows::Nothing);
        let of = |change: &dyn Fn(&mut Telling)| {
            knows(&|remembered, _| change(remembered.tellings.last_mut().unwrap()))
        };
        assert_eq!(of(&|telling| telling.ended = true), Knows::Nothing);
        let all: [&Change<'_>; 5] = [
            // It was first, so that it may have been sent.
            &|remembered, _| drop(remembered.notices.remove(0)),
            // The first of its notices has left.
            &|remembered, _| drop(remembered.notices.pop()),
            &|remembered, _| remembered.notices[1].reason = Reason::Repeat,
            &|remembered, _| count(&mut remembered.notices[1], 2),
            // The pager was told at another priority, too.
            &|remembered, second| {
                let telling = begin(second, &second.worst);
                let told = Vec::from([pager()]);
                remembered.tellings.push(Telling { priority: Priority::P2, told, ..telling });
            },
        ];
        for (number, change) in all.iter().enumerate() {
            assert_eq!(knows(change), Knows::Perhaps, "{number}");
        }
    }

    /// Nobody was told of a priority that is over, or of one at which the pager was not told.
    #[test]
    fn what_is_told_to_others_makes_nothing_known() {
        for (ended, told) in [(true, pager()), (false, TargetName::new("slack").unwrap())] {
            let knows = knows(&|remembered, second| {
                let (telling, told) = (begin(second, &second.worst), Vec::from([told.clone()]));
                let telling = Telling { priority: Priority::P2, ended, told, ..telling };
                remembered.tellings.push(telling);
            });
            assert_eq!(knows, Knows::Nothing);
        }
    }

    #[test]
    fn an_alert_is_heard_of_from_its_first_notice_to_its_end() {
        let mut about = alert(1, Priority::P1);
        let mut counter = Counter::new();
        assert_eq!(counter.dispatch.heard_of(&about.key), Heard::ByNobody);
        counter.settle(&mut about, 0);
        assert_eq!(counter.dispatch.heard_of(&about.key), Heard::BySomebody);
        let record = counter.dispatch.tellings.get_mut(&about.key, Priority::P1).unwrap();
        record.notification_count = 0;
        assert_eq!(counter.dispatch.heard_of(&about.key), Heard::ByNobody);
        let record = counter.dispatch.tellings.get_mut(&about.key, Priority::P1).unwrap();
        (record.notification_count, record.ended) = (1, true);
        assert_eq!(counter.dispatch.heard_of(&about.key), Heard::ByNobody);
    }
}
