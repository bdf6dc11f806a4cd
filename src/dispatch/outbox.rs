//! What is still to be delivered: one lane per target, in order, at least once.
//!
//! # Promises
//! - `a_lane_delivers_in_order_one_at_a_time`
//! - `a_dead_target_delays_no_other`
//! - `a_refused_notice_is_a_dead_letter_and_the_lane_goes_on`
//! - `a_target_that_asks_for_time_gets_it`
//! - `after_its_targets_time_a_notice_is_a_dead_letter`
//! - `a_wall_clock_that_learns_the_time_makes_no_notice_old`

use alloc::collections::BTreeMap;

use crate::dispatch::breaker::Taking;
use crate::dispatch::holding::Holds;
use crate::dispatch::lane::{Asking, Lane};
use crate::limits::OUTBOX_NOTICES_MAX;
use crate::model::alert::AlertKey;
use crate::model::name::TargetName;
use crate::model::notice::Notice;
use crate::model::rng::Rng;
use crate::model::target::TargetConfig;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::target::Stage;

/// Every notice that no target has taken yet.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) lanes: BTreeMap<TargetName, Lane>,
    pub(super) waiting: usize,
    pub(super) holds: Holds,
    rng: Rng,
}

/// How a target takes its notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It has all of them.
    Empty,
    /// Some wait, and it has refused none of them yet.
    Waits,
    /// It does not take the first one.
    Stuck {
        /// When that began to wait.
        since: Tick,
    },
}

/// What a target said to a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has it.
    Accepted,
    /// It may have it later; at the earliest after this time.
    Later { at_least: Span },
    /// It will never have it.
    Never,
    /// It has answered, and the exchange goes on.
    Next(Stage),
}

/// What became of the notice.
#[derive(Debug, PartialEq)]
pub(super) enum Fate {
    /// Delivered and gone from the outbox.
    Delivered(Notice),
    /// Gone from the outbox into the dead letters.
    Dead(Notice),
    /// It stays, and is tried again after this time.
    Again(Span),
    /// It stays, and the next request about it is due.
    Goes,
    /// An answer to a question that nobody remembers.
    Unknown,
}

impl Outbox {
    /// Lanes for targets. `first` is the number of the first notice that will be new.
    pub(super) fn new<'a>(
        targets: impl Iterator<Item = &'a TargetConfig>,
        first: u64,
        seed: u64,
    ) -> Self {
        let lanes = targets.map(|target| (target.name.clone(), Lane::new(target))).collect();
        let holds = Holds::new(first);
        Self { lanes, waiting: 0, holds, rng: Rng::new(seed) }
    }

    /// How many more notices have room.
    pub(super) const fn room(&self) -> usize {
        OUTBOX_NOTICES_MAX.saturating_sub(self.waiting)
    }

    /// The notice that is under way, by its number, and how far the exchange about it has come.
    pub(super) fn under_way(&self, number: u64) -> Option<(&Notice, &Stage)> {
        let lane = self.lanes.values().find(|lane| lane.tried == Some(number))?;
        Some((lane.notices.get(&number)?, &lane.stage))
    }

    /// How many notices wait that are about an alert.
    pub(super) fn about(&self, alert: &AlertKey) -> usize {
        self.lanes.values().map(|lane| lane.about(alert).count()).sum()
    }

    /// How many notices wait for each target.
    pub(super) fn depths(&self) -> impl Iterator<Item = (&TargetName, usize)> {
        self.lanes.iter().map(|(name, lane)| (name, lane.notices.len()))
    }

    /// Whether each target takes what it is given.
    pub(super) fn takings(&self) -> impl Iterator<Item = (&TargetName, Taking)> {
        self.lanes.iter().map(|(name, lane)| (name, lane.breaker.taking()))
    }

    /// How each target takes its notices.
    pub(super) fn flows(&self) -> impl Iterator<Item = (&TargetName, Flow)> {
        let flow = |lane: &Lane| match lane.first() {
            None => Flow::Empty,
            Some(first) if lane.breaker.taking() != Taking::Well => {
                Flow::Stuck { since: first.passage.queued }
            }
            Some(_) => Flow::Waits,
        };
        self.lanes.iter().map(move |(name, lane)| (name, flow(lane)))
    }

    /// Adds a notice; gives it back when no lane is its target's.
    pub(super) fn push(&mut self, notice: Notice) -> Result<(), Notice> {
        let Some(lane) = self.lanes.get_mut(&notice.target) else { return Err(notice) };
        lane.add(notice);
        self.waiting += 1;
        Ok(())
    }

    /// Takes a notice out that has never been tried.
    pub(super) fn withdraw(&mut self, target: &TargetName, number: u64) -> Option<Notice> {
        let notice = self.lanes.get_mut(target)?.remove(number)?;
        self.waiting -= 1;
        Some(notice)
    }

    /// Another target may be told of this notice at once.
    pub(super) fn hasten(&mut self, target: &TargetName, number: u64, now: Tick) {
        let Some(lane) = self.lanes.get_mut(target) else { return };
        let due = lane.notices.get(&number).and_then(|notice| lane.due(notice));
        if due.is_some_and(|due| lane.overdue.remove(&due)) {
            lane.overdue.insert((now, number));
        }
    }

    /// Takes the notices that may be sent at this moment as under way, and shows them to `send`.
    pub(super) fn send_due(&mut self, now: Now, mut send: impl FnMut(&Notice, &Stage)) {
        self.holds.end(now.tick);
        for lane in self.lanes.values_mut() {
            if lane.asking == Asking::Idle
                && lane.not_before() <= now.tick
                && let Some(number) = lane.free(&self.holds)
            {
                lane.go(number, now.tick);
                if let Some(notice) = lane.notices.get(&number) {
                    send(notice, &lane.stage);
                }
            }
        }
    }

    /// From where the exchange about a notice goes on, should it fail.
    pub(super) fn resumes(&mut self, number: u64, stage: Stage) {
        let is_first = |lane: &&mut Lane| lane.tried == Some(number);
        if let Some(lane) = self.lanes.values_mut().find(is_first) {
            lane.stage = stage;
        }
    }

    /// Takes what the target said to its first notice.
    pub(super) fn answered(&mut self, number: u64, outcome: &Outcome, now: Now) -> Fate {
        let under_way =
            |lane: &&mut Lane| lane.asking == Asking::UnderWay && lane.tried == Some(number);
        let Some(lane) = self.lanes.values_mut().find(under_way) else { return Fate::Unknown };
        lane.asking = Asking::Idle;
        let at_least = match outcome {
            Outcome::Later { at_least } => *at_least,
            Outcome::Next(stage) => {
                lane.stage = stage.clone();
                return Fate::Goes;
            }
            Outcome::Accepted | Outcome::Never => {
                lane.breaker.answered();
                let Some(notice) = lane.remove(number) else { return Fate::Unknown };
                self.waiting -= 1;
                let is_taken = *outcome == Outcome::Accepted;
                return if is_taken { Fate::Delivered(notice) } else { Fate::Dead(notice) };
            }
        };
        let wait = lane.breaker.failed(at_least, now.tick, &mut self.rng);
        let is_old = |notice: &Notice| now.tick - notice.passage.queued >= lane.patience.give_up;
        if lane.notices.get(&number).is_some_and(is_old)
            && let Some(notice) = lane.remove(number)
        {
            self.waiting -= 1;
            return Fate::Dead(notice);
        }
        Fate::Again(wait)
    }

    /// The next moment at which a notice may be sent.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.lanes
            .values()
            .filter(|lane| lane.asking == Asking::Idle)
            .filter_map(|lane| Some(Wake { at: lane.next(&self.holds)?, why: "outbox" }))
            .min_by_key(|wake| wake.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{at, config};
    use crate::limits::{RETRY_AFTER_MAX, TARGET_BACKOFF_FIRST};
    use crate::model::notice::{Reason, Subject};
    use crate::model::passage::Passage;
    use crate::model::target::Patience;
    use alloc::vec::Vec;

    fn name(text: &str) -> TargetName {
        TargetName::new(text).unwrap()
    }

    fn notice(number: u64, target: &str) -> Notice {
        Notice {
            number,
            target: name(target),
            idempotency_key: "k".into(),
            reason: Reason::Digest,
            subject: Subject::Digest(Vec::new()),
            made: at(0).stamp(),
            passage: Passage::new(at(0).tick),
        }
    }

    #[test]
    fn a_target_that_takes_nothing_is_stuck_since_its_first_notice() {
        let mut outbox = outbox(&[(1, "pager")]);
        let flow = |outbox: &Outbox| outbox.flows().map(|(_, flow)| flow).next().unwrap();
        assert_eq!(flow(&outbox), Flow::Waits);
        sent(&mut outbox, 0);
        outbox.answered(1, &Outcome::Later { at_least: Span::ZERO }, at(1));
        assert_eq!(flow(&outbox), Flow::Stuck { since: at(0).tick });
        sent(&mut outbox, 100);
        outbox.answered(1, &Outcome::Accepted, at(100));
        assert_eq!(flow(&outbox), Flow::Empty);
    }

    fn outbox(notices: &[(u64, &str)]) -> Outbox {
        let kind = || config().targets.remove(1).kind;
        let patience = Patience { give_up: Span::secs(86_400), ..Patience::default() };
        let targets = ["pager", "slack"].map(|target| TargetConfig {
            patience: patience.clone(),
            ..TargetConfig::new(name(target), kind())
        });
        let mut outbox = Outbox::new(targets.iter(), 0, 1);
        for (number, target) in notices {
            outbox.push(notice(*number, target)).unwrap();
        }
        outbox
    }

    fn sent(outbox: &mut Outbox, second: i64) -> Vec<u64> {
        let mut numbers = Vec::new();
        outbox.send_due(at(second), |notice, _| numbers.push(notice.number));
        numbers
    }

    #[test]
    fn a_lane_delivers_in_order_one_at_a_time() {
        let mut outbox = outbox(&[(1, "pager"), (2, "pager")]);
        assert_eq!(sent(&mut outbox, 0), [1]);
        assert!(sent(&mut outbox, 5).is_empty());
        assert_eq!(
            outbox.answered(1, &Outcome::Accepted, at(5)),
            Fate::Delivered(notice(1, "pager"))
        );
        assert_eq!(outbox.answered(1, &Outcome::Accepted, at(5)), Fate::Unknown);
        assert_eq!(sent(&mut outbox, 5), [2]);
        outbox.answered(2, &Outcome::Accepted, at(6));
        assert_eq!((outbox.waiting, outbox.next_wake()), (0, None));
    }

    #[test]
    fn the_pace_of_a_target_is_kept() {
        let mut outbox = outbox(&[(1, "pager"), (2, "pager")]);
        sent(&mut outbox, 10);
        outbox.answered(1, &Outcome::Accepted, at(10));
        assert_eq!(outbox.next_wake().unwrap().at, at(11).tick);
        assert!(sent(&mut outbox, 10).is_empty());
        assert_eq!(sent(&mut outbox, 11), [2]);
    }

    #[test]
    fn a_dead_target_delays_no_other() {
        let mut outbox = outbox(&[(1, "pager"), (2, "slack"), (3, "slack")]);
        assert_eq!(sent(&mut outbox, 0), [1, 2]);
        let Fate::Again(wait) = outbox.answered(1, &Outcome::Later { at_least: Span::ZERO }, at(1))
        else {
            panic!("it is tried again")
        };
        assert!(wait > Span::ZERO && wait <= TARGET_BACKOFF_FIRST, "{wait:?}");
        outbox.answered(2, &Outcome::Accepted, at(1));
        assert_eq!(sent(&mut outbox, 1), [3]);
        assert_eq!(sent(&mut outbox, 60), [1]);
    }

    #[test]
    fn a_refused_notice_is_a_dead_letter_and_the_lane_goes_on() {
        let mut outbox = outbox(&[(1, "pager"), (2, "pager")]);
        sent(&mut outbox, 0);
        assert_eq!(outbox.answered(1, &Outcome::Never, at(0)), Fate::Dead(notice(1, "pager")));
        assert_eq!(sent(&mut outbox, 1), [2]);
    }

    #[test]
    fn a_target_that_asks_for_time_gets_it() {
        let mut outbox = outbox(&[(1, "pager")]);
        sent(&mut outbox, 0);
        let later = Outcome::Later { at_least: Span::secs(90) };
        assert_eq!(outbox.answered(1, &later, at(0)), Fate::Again(Span::secs(90)));
        assert_eq!(outbox.next_wake().unwrap().at, at(90).tick);
        sent(&mut outbox, 90);
        let absurd = Outcome::Later { at_least: Span::secs(1_000_000) };
        assert_eq!(outbox.answered(1, &absurd, at(90)), Fate::Again(RETRY_AFTER_MAX));
    }

    #[test]
    fn after_its_targets_time_a_notice_is_a_dead_letter() {
        let mut outbox = outbox(&[(1, "pager")]);
        let later = Outcome::Later { at_least: Span::ZERO };
        sent(&mut outbox, 0);
        assert!(matches!(outbox.answered(1, &later, at(86_399)), Fate::Again(_)));
        sent(&mut outbox, 90_000);
        assert_eq!(outbox.answered(1, &later, at(90_000)), Fate::Dead(notice(1, "pager")));
    }

    #[test]
    fn a_wall_clock_that_learns_the_time_makes_no_notice_old() {
        let mut outbox = outbox(&[(1, "pager")]);
        let later = Outcome::Later { at_least: Span::ZERO };
        sent(&mut outbox, 0);
        let stepped = Now { utc: at(0).utc + Span::secs(1_700_000_000), ..at(1) };
        assert!(matches!(outbox.answered(1, &later, stepped), Fate::Again(_)));
    }

    #[test]
    fn a_full_outbox_says_so() {
        let mut outbox = outbox(&[]);
        assert_eq!(outbox.room(), OUTBOX_NOTICES_MAX);
        outbox.push(notice(1, "pager")).unwrap();
        assert_eq!(outbox.room(), OUTBOX_NOTICES_MAX - 1);
        assert!(outbox.push(notice(2, "nobody")).is_err());
    }

    /// What has left makes room, however it left.
    #[test]
    fn what_is_taken_back_or_given_up_makes_room() {
        let mut outbox = outbox(&[(1, "pager"), (2, "pager")]);
        assert!(outbox.withdraw(&name("pager"), 2).is_some());
        assert_eq!(outbox.waiting, 1);
        sent(&mut outbox, 0);
        let later = Outcome::Later { at_least: Span::ZERO };
        assert!(matches!(outbox.answered(1, &later, at(86_400)), Fate::Dead(_)));
        assert_eq!(outbox.waiting, 0);
    }

    #[test]
    fn an_answer_counts_once_and_ends_what_failed() {
        let mut outbox = outbox(&[(1, "pager"), (2, "pager")]);
        let taking = |outbox: &Outbox| outbox.takings().next().unwrap().1;
        sent(&mut outbox, 0);
        outbox.answered(1, &Outcome::Later { at_least: Span::ZERO }, at(1));
        assert_eq!(taking(&outbox), Taking::Failing(1));
        assert_eq!(outbox.answered(1, &Outcome::Accepted, at(1)), Fate::Unknown, "none was asked");
        sent(&mut outbox, 60);
        assert_eq!(outbox.answered(1, &Outcome::Next(Stage::First), at(60)), Fate::Goes);
        sent(&mut outbox, 62);
        assert!(matches!(outbox.answered(1, &Outcome::Accepted, at(62)), Fate::Delivered(_)));
        assert_eq!(taking(&outbox), Taking::Well);
    }
}
