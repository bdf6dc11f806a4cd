//! Decides when alerts have become a storm, and when it is over.
//!
//! What counts is the beginning of an episode of which somebody would be told at once: no
//! repetition, no child that a dependency holds, nothing of the hub itself. A child that is let go
//! counts then.
//!
//! # Promises
//! - `ten_alerts_in_ten_minutes_are_a_storm`: and nine are none.
//! - `an_hour_far_beyond_the_usual_is_a_storm`
//! - `it_is_over_after_ten_minutes_at_half_the_rate`
//! - `the_hour_of_a_storm_does_not_begin_the_next`
//! - `the_backlog_of_a_dead_link_is_no_storm`

mod causes;
mod hold;
mod usual;

use alloc::collections::{BTreeSet, VecDeque};

use crate::limits::{LINK_BACKLOG, STORM_ESCALATES, STORM_LOOK_EVERY, STORM_STAMPS_MAX};
use crate::model::alert::AlertKey;
use crate::model::storm::{Raging, StormConfig, StormMemory, Trigger};
use crate::model::time::{Now, Span, Tick, Wake};

use usual::{Learned, Usual};

pub use hold::Outcome;

/// Whether there is a storm.
#[derive(Debug)]
pub struct Storm {
    config: StormConfig,
    /// When the newest alerts began, the oldest first.
    newest: VecDeque<Tick>,
    usual: Usual,
    raging: Option<Raging>,
    /// Since when it has been calm enough for the storm to end.
    calm_since: Option<Tick>,
    /// What begins before this is a backlog.
    backlog_until: Tick,
    /// When the sample of the storm was last taken, and what it said.
    sampled: Option<(Tick, u32)>,
    /// What has begun and is held back by the dependency graph: it counts when it is let go.
    untold: BTreeSet<AlertKey>,
    /// What the last storm held, until it is told.
    outcome: Option<Outcome>,
    written: Written,
}

/// What a look at the storm found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Same,
    Begun,
    Over,
}

/// Whether what has to outlive a restart is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Yes,
    NotYet,
}

impl Storm {
    /// Takes up what was remembered.
    #[must_use]
    pub fn new(config: StormConfig, remembered: StormMemory) -> Self {
        let usual = Usual::new(remembered.usual, config.hourly_percent);
        Self {
            config,
            newest: VecDeque::new(),
            usual,
            raging: remembered.raging,
            calm_since: None,
            backlog_until: Tick(i64::MIN),
            sampled: None,
            untold: BTreeSet::new(),
            outcome: None,
            written: Written::Yes,
        }
    }

    /// The storm that there is.
    #[must_use]
    pub const fn raging(&self) -> Option<Raging> {
        self.raging
    }

    /// These were held back by the dependency graph before the start: they count when they are let
    /// go.
    pub(super) fn expect_untold(&mut self, held: BTreeSet<AlertKey>) {
        self.untold = held;
    }

    /// Our own link is back: what begins next has been waiting to be seen.
    pub fn excuse_backlog(&mut self, now: Now) {
        self.backlog_until = now.tick + LINK_BACKLOG;
    }

    /// Nothing more of the backlog can come.
    fn is_backlog(&self, now: Now) -> bool {
        now.tick < self.backlog_until
    }

    /// So many alerts have begun, and time has passed.
    pub(super) fn look(&mut self, begun: u32, now: Now) -> Turn {
        if self.usual.look(now) == Learned::One {
            self.written = Written::NotYet;
        }
        let counted = if self.is_backlog(now) { 0 } else { begun };
        for _ in 0..counted {
            self.usual.count();
            if self.newest.len() >= STORM_STAMPS_MAX {
                self.newest.pop_front();
            }
            self.newest.push_back(now.tick);
        }
        while self.newest.front().is_some_and(|at| now.tick - *at >= HOUR) {
            self.newest.pop_front();
        }
        match &mut self.raging {
            None if counted > 0 => self.look_for_one(now),
            None => Turn::Same,
            Some(raging) => {
                raging.alerts = raging.alerts.saturating_add(counted);
                self.look_for_its_end(now)
            }
        }
    }

    fn look_for_one(&mut self, now: Now) -> Turn {
        let lately = self.lately(now);
        let trigger = if lately >= usize::from(self.config.alerts) {
            Trigger::Rate
        } else if self.usual.limit().is_some_and(|limit| as_count(self.newest.len()) > limit) {
            Trigger::Hour
        } else {
            return Turn::Same;
        };
        let alerts = match trigger {
            Trigger::Rate => lately,
            Trigger::Hour => self.newest.len(),
        };
        let alerts = u32::try_from(alerts).unwrap_or(u32::MAX);
        self.raging = Some(Raging { since: now.stamp(), trigger, alerts });
        self.calm_since = None;
        self.sampled = None;
        self.written = Written::NotYet;
        Turn::Begun
    }

    fn look_for_its_end(&mut self, now: Now) -> Turn {
        if self.lately(now) > self.calm() {
            self.calm_since = None;
            return Turn::Same;
        }
        let calm_since = *self.calm_since.get_or_insert(now.tick);
        if now.tick - calm_since < self.config.within {
            return Turn::Same;
        }
        self.raging = None;
        // They are told of; the next storm begins with what comes next.
        self.newest.clear();
        self.written = Written::NotYet;
        Turn::Over
    }

    /// New alerts within the time in which many make a storm.
    fn lately(&self, now: Now) -> usize {
        self.newest.iter().rev().take_while(|at| now.tick - **at < self.config.within).count()
    }

    /// So many new alerts within that time are half of the rate that made it a storm.
    fn calm(&self) -> usize {
        let half = usize::from(self.config.alerts) / 2;
        match (self.raging, self.usual.limit()) {
            (Some(Raging { trigger: Trigger::Hour, .. }), Some(limit)) => {
                let share = as_count(usize::try_from(self.config.within.0).unwrap_or(0))
                    / as_count(usize::try_from(HOUR.0).unwrap_or(1));
                // As many whole ones as fit.
                (0..half).take_while(|n| as_count(n + 1) <= limit * share / 2.0).count()
            }
            _ => half,
        }
    }

    /// How many alerts the storm has come to, where that is worth a sample: at first, when it has
    /// grown for a while, when it is to be escalated, and none when it is over.
    pub fn sample(&mut self, now: Now) -> Option<u32> {
        let alerts = self.raging.map_or(0, |raging| raging.alerts);
        let is_due = match (self.sampled, self.raging) {
            (None, _) => true,
            (Some((_, said)), None) => said > 0,
            (Some((at, said)), Some(_)) => {
                let age = now.tick - at;
                age >= STORM_ESCALATES || (age >= STORM_LOOK_EVERY && alerts > said)
            }
        };
        is_due.then(|| {
            self.sampled = Some((now.tick, alerts));
            if self.raging.is_some() {
                self.written = Written::NotYet;
            }
            alerts
        })
    }

    /// When time alone changes something.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        self.raging?;
        let calms = match self.calm_since {
            Some(since) => Some(since + self.config.within),
            None => self.newest.iter().rev().nth(self.calm()).map(|at| *at + self.config.within),
        };
        let alerts = self.raging.map_or(0, |raging| raging.alerts);
        let sample = self
            .sampled
            .map(|(at, said)| at + if alerts > said { STORM_LOOK_EVERY } else { STORM_ESCALATES });
        let next = calms.into_iter().chain(sample).min();
        next.map(|at| Wake { at, why: "storm" })
    }

    /// What has to outlive a restart, where it is not on disk.
    pub fn take_unwritten(&mut self) -> Option<StormMemory> {
        let written = core::mem::replace(&mut self.written, Written::Yes);
        (written == Written::NotYet)
            .then(|| StormMemory { usual: self.usual.hours.clone(), raging: self.raging })
    }

    /// What the storm that has just ended held, once.
    pub const fn take_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }
}

fn as_count(count: usize) -> f32 {
    // Larger ones are beyond every limit.
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a count that a f32 rounds is far beyond every limit"
    )]
    let count = count as f32;
    count
}

const HOUR: Span = Span::secs(3_600);

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::limits::STORM_DAYS_LEARNED;
    use crate::model::storm::UsualHour;
    use crate::model::time::{ClockTrust, UtcMs};

    fn at(second: i64) -> Now {
        Now { tick: Tick(second * 1_000), utc: UtcMs(second * 1_000), trust: ClockTrust::Ntp }
    }

    fn storm() -> Storm {
        Storm::new(StormConfig::default(), StormMemory::default())
    }

    /// One alert at each of these seconds; what the last one did.
    fn alerts(storm: &mut Storm, seconds: impl IntoIterator<Item = i64>) -> Turn {
        seconds.into_iter().map(|second| storm.look(1, at(second))).last().unwrap()
    }

    #[test]
    fn ten_alerts_in_ten_minutes_are_a_storm() {
        assert_eq!(alerts(&mut storm(), (0..9).map(|n| n * 60)), Turn::Same);
        let mut one = storm();
        assert_eq!(alerts(&mut one, (0..9).map(|n| n * 60).chain([599])), Turn::Begun);
        let raging = one.raging().unwrap();
        assert_eq!((raging.trigger, raging.alerts), (Trigger::Rate, 10));
        assert_eq!(alerts(&mut storm(), (0..9).map(|n| n * 60).chain([600])), Turn::Same);
        assert_eq!(storm().look(10, at(0)), Turn::Begun, "all at once");
    }

    #[test]
    fn an_hour_far_beyond_the_usual_is_a_storm() {
        let usual = Vec::from([UsualHour { alerts: 8.0, days: STORM_DAYS_LEARNED }; 24]);
        let memory = StormMemory { usual, raging: None };
        let mut known = Storm::new(StormConfig::default(), memory);
        // One each two minutes: five in ten minutes, thirty in an hour.
        assert_eq!(alerts(&mut known, (0..24).map(|n| n * 120)), Turn::Same);
        assert_eq!(alerts(&mut known, [24 * 120]), Turn::Begun);
        assert_eq!(known.raging().unwrap().trigger, Trigger::Hour);
        assert_eq!(known.calm(), 2, "half of 24 in an hour");
        assert_eq!(alerts(&mut storm(), (0..60).map(|n| n * 120)), Turn::Same, "not warm");
    }

    fn begun() -> Storm {
        let mut storm = storm();
        assert_eq!(storm.look(10, at(0)), Turn::Begun);
        storm
    }

    #[test]
    fn it_is_over_after_ten_minutes_at_half_the_rate() {
        let mut one = begun();
        assert_eq!(one.next_wake().unwrap().at, at(600).tick);
        assert_eq!(one.look(0, at(600)), Turn::Same);
        assert_eq!(one.next_wake().unwrap().at, at(1_200).tick);
        assert_eq!(one.look(5, at(700)), Turn::Same, "half of the rate");
        assert_eq!(one.look(0, at(1_199)), Turn::Same);
        assert_eq!(one.look(0, at(1_200)), Turn::Over);
        assert_eq!((one.raging(), one.next_wake()), (None, None));
        let mut two = begun();
        two.look(0, at(600));
        assert_eq!(two.look(6, at(700)), Turn::Same);
        assert_eq!(two.look(0, at(1_200)), Turn::Same, "it grew again");
        assert_eq!(two.next_wake().unwrap().at, at(1_300).tick);
        two.look(0, at(1_300));
        assert_eq!(two.look(0, at(1_900)), Turn::Over);
    }

    #[test]
    fn the_hour_of_a_storm_does_not_begin_the_next() {
        let mut storm = begun();
        storm.look(0, at(600));
        storm.look(0, at(1_200));
        assert_eq!(storm.look(9, at(1_201)), Turn::Same);
        assert_eq!(storm.look(1, at(1_202)), Turn::Begun);
    }

    #[test]
    fn the_backlog_of_a_dead_link_is_no_storm() {
        let mut storm = storm();
        storm.excuse_backlog(at(0));
        assert_eq!(storm.look(500, at(119)), Turn::Same);
        assert_eq!(storm.look(10, at(120)), Turn::Begun);
    }

    #[test]
    fn its_sample_is_news_that_grew_for_a_minute() {
        let mut storm = begun();
        assert_eq!(storm.sample(at(0)), Some(10));
        assert_eq!(storm.sample(at(0)), None);
        storm.look(3, at(10));
        assert_eq!(storm.next_wake().unwrap().at, at(60).tick);
        assert_eq!([storm.sample(at(59)), storm.sample(at(60))], [None, Some(13)]);
        assert_eq!([storm.sample(at(659)), storm.sample(at(660))], [None, Some(13)]);
        storm.look(0, at(610));
        storm.look(0, at(1_210));
        assert_eq!([storm.sample(at(1_210)), storm.sample(at(1_300))], [Some(0), None]);
    }

    #[test]
    fn a_storm_outlives_a_restart_and_the_clock_of_its_end_begins_anew() {
        let mut before = begun();
        let memory = before.take_unwritten().unwrap();
        assert_eq!(before.take_unwritten(), None);
        let mut after = Storm::new(StormConfig::default(), memory);
        assert_eq!(after.look(0, at(100)), Turn::Same);
        assert_eq!(after.look(0, at(699)), Turn::Same);
        assert_eq!(after.look(0, at(700)), Turn::Over);
    }

    #[test]
    fn memory_is_bounded() {
        let mut storm = begun();
        storm.look(100_000, at(1));
        assert_eq!(storm.newest.len(), STORM_STAMPS_MAX);
    }
}
