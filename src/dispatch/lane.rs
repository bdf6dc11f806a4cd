//! The notices of one target, in order, and what is known of who hears them.
//!
//! They lie by number. The one that was tried stays first until it has its answer.
//!
//! # Promises
//! - `what_waits_about_an_alert_is_found_without_a_search`

use alloc::collections::{BTreeMap, BTreeSet};
use core::ops::RangeInclusive;

use crate::dispatch::breaker::Breaker;
use crate::model::alert::AlertKey;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::passage::StandIn;
use crate::model::target::{Patience, TargetConfig};
use crate::model::time::{Span, Tick};
use crate::target::{self, Stage, Updates};

/// The notices of one target.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) notices: BTreeMap<u64, Notice>,
    /// The one that may have reached the target and has no answer yet.
    pub(super) tried: Option<u64>,
    pub(super) asking: Asking,
    pub(super) breaker: Breaker,
    /// How far the exchange about the one that was tried has come.
    pub(super) stage: Stage,
    pub(super) patience: Patience,
    pub(super) updates: Updates,
    /// What waits since before the start may have been sent up to this number.
    unsure: Option<u64>,
    /// When those are due that another target may be told of.
    pub(super) overdue: BTreeSet<(Tick, u64)>,
    /// How many are here since another target has not taken them.
    pub(super) standing_in: usize,
    /// By a hash of the alert: which are about it. There may be thousands.
    by_alert: BTreeSet<(u64, u64)>,
    /// The alerts that it may have heard of, and not yet that they are over.
    heard: BTreeSet<u64>,
    pace: Span,
    paced_until: Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Idle,
    UnderWay,
}

/// Whether notices went before others that had waited longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overtaking {
    None,
    Perhaps,
}

/// Whether a target knows of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knows {
    /// It may have heard of it, and has not heard that it is over.
    Perhaps,
    /// Nothing about it was sent.
    Nothing,
}

impl Lane {
    pub(super) fn new(target: &TargetConfig) -> Self {
        let manner = target::manner(&target.kind);
        Self {
            notices: BTreeMap::new(),
            tried: None,
            asking: Asking::Idle,
            breaker: Breaker::NEW,
            stage: Stage::First,
            patience: target.patience.clone(),
            updates: manner.updates,
            unsure: None,
            overdue: BTreeSet::new(),
            standing_in: 0,
            by_alert: BTreeSet::new(),
            heard: BTreeSet::new(),
            pace: manner.gap,
            paced_until: Tick(i64::MIN),
        }
    }

    pub(super) fn add(&mut self, notice: Notice) {
        let alerts = notice.subject.alerts().iter();
        self.by_alert.extend(alerts.map(|facts| (hash(&facts.key), notice.number)));
        if notice.passage.via.is_some() {
            self.standing_in += 1;
        }
        self.overdue.extend(self.due(&notice));
        self.notices.insert(notice.number, notice);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Notice> {
        let notice = self.notices.remove(&number)?;
        if self.tried == Some(number) {
            (self.tried, self.stage) = (None, Stage::First);
        }
        if let Some(due) = self.due(&notice) {
            self.overdue.remove(&due);
        }
        if notice.passage.via.is_some() {
            self.standing_in = self.standing_in.saturating_sub(1);
        }
        for facts in notice.subject.alerts() {
            self.by_alert.remove(&(hash(&facts.key), number));
        }
        Some(notice)
    }

    /// Takes one as under way.
    pub(super) fn go(&mut self, number: u64, now: Tick) {
        (self.tried, self.asking) = (Some(number), Asking::UnderWay);
        self.paced_until = now + self.pace;
        if let Some(notice) = self.notices.get(&number) {
            let told = notice.subject.alerts().iter().filter(|facts| !facts.resolved);
            self.heard.extend(told.map(|facts| hash(&facts.key)));
        }
    }

    /// Nothing is sent before this.
    pub(super) fn not_before(&self) -> Tick {
        self.paced_until.max(self.breaker.rests_until())
    }

    /// The one that is sent next, or was.
    pub(super) fn first(&self) -> Option<&Notice> {
        match self.tried {
            Some(number) => self.notices.get(&number),
            None => self.notices.values().next(),
        }
    }

    /// The notices about an alert, in order.
    pub(super) fn about(&self, alert: &AlertKey) -> impl DoubleEndedIterator<Item = &Notice> {
        let numbers = self.by_alert.range(all_of(hash(alert)));
        let notices = numbers.filter_map(|(_, number)| self.notices.get(number));
        notices.filter(|notice| notice.subject.alerts().iter().any(|facts| facts.key == *alert))
    }

    /// Those about one alert alone that cannot have been sent.
    pub(super) fn untried(&self, alert: &AlertKey) -> impl DoubleEndedIterator<Item = &Notice> {
        let is_untried =
            |number| self.unsure.is_none_or(|unsure| number > unsure) && self.tried != Some(number);
        let about = self.about(alert).filter(move |one| is_untried(one.number));
        about.filter(|one| matches!(one.subject, Subject::Alert(_)))
    }

    /// What waits was written before the hub started: its first may have been sent then; where some
    /// had waited for context and others had gone before them, any may. Of what it is to hear the
    /// end, it has heard the beginning.
    pub(super) fn was_restored(&mut self, overtaking: Overtaking) {
        let ends = self.notices.values().filter(|notice| notice.reason == Reason::Recovered);
        let alerts = ends.flat_map(|notice| notice.subject.alerts());
        self.heard.extend(alerts.map(|facts| hash(&facts.key)));
        let numbers = self.notices.keys();
        self.unsure = match overtaking {
            Overtaking::None => numbers.min().copied(),
            Overtaking::Perhaps => numbers.max().copied(),
        };
    }

    /// Whether the target knows of an alert.
    pub(super) fn knows(&self, alert: &AlertKey) -> Knows {
        if self.heard.contains(&hash(alert)) { Knows::Perhaps } else { Knows::Nothing }
    }

    /// It may have heard of an alert.
    pub(super) fn hears(&mut self, alert: &AlertKey) {
        self.heard.insert(hash(alert));
    }

    /// It has heard that an alert is over, or the alert is forgotten.
    pub(super) fn forgets(&mut self, alert: &AlertKey) {
        self.heard.remove(&hash(alert));
    }

    /// When another target may be told of a notice, if one may.
    pub(super) fn due(&self, notice: &Notice) -> Option<(Tick, u64)> {
        self.patience.fallback.as_ref()?;
        let is_open = match &notice.subject {
            Subject::Alert(facts) => !facts.resolved,
            // A group; the digest waits for somebody to read it.
            Subject::Digest(_) => notice.reason == Reason::FirstBreach,
            Subject::Word(_) => false,
        };
        let is_news = !matches!(notice.reason, Reason::Updated | Reason::Acknowledged);
        let is_possible = notice.passage.stand_in == StandIn::Possible;
        (is_open && is_news && is_possible)
            .then(|| (notice.passage.queued + self.patience.fallback_after, notice.number))
    }
}

fn all_of(hash: u64) -> RangeInclusive<(u64, u64)> {
    (hash, 0)..=(hash, u64::MAX)
}

/// FNV-1a. Two alerts that look alike by it are told apart by their keys, or both are told.
fn hash(alert: &AlertKey) -> u64 {
    alert.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at, config, notice};
    use crate::model::rule::Priority;
    use alloc::vec::Vec;

    #[test]
    fn what_waits_about_an_alert_is_found_without_a_search() {
        let mut lane = Lane::new(&config().targets[0]);
        let about = alert(1, Priority::P1);
        for number in [3, 5] {
            lane.add(notice(number, "pager", &about, Reason::Repeat));
        }
        let digest =
            Subject::Digest(notice(4, "pager", &about, Reason::Digest).subject.alerts().into());
        lane.add(Notice { subject: digest, ..notice(4, "pager", &about, Reason::Digest) });
        let numbers =
            |lane: &Lane| lane.about(&about.key).map(|one| one.number).collect::<Vec<_>>();
        assert_eq!(numbers(&lane), [3, 4, 5]);
        assert_eq!(lane.knows(&about.key), Knows::Nothing);
        lane.go(3, at(0).tick);
        assert_eq!(lane.knows(&about.key), Knows::Perhaps);
        for number in [3, 4] {
            assert!(lane.remove(number).is_some());
        }
        assert_eq!((numbers(&lane), lane.tried), (Vec::from([5]), None));
        lane.remove(5);
        assert!(lane.by_alert.is_empty());
        lane.forgets(&about.key);
        assert_eq!(lane.knows(&about.key), Knows::Nothing);
    }

    fn falling_back() -> Lane {
        let mut target = config().targets.remove(1);
        target.patience.fallback = Some(target.name.clone());
        Lane::new(&target)
    }

    #[test]
    fn what_stands_in_for_another_is_counted_while_it_waits() {
        let (mut lane, about) = (falling_back(), alert(1, Priority::P1));
        let mut copy = notice(3, "slack", &about, Reason::FirstBreach);
        copy.passage.via = Some(copy.target.clone());
        lane.add(copy);
        lane.add(notice(4, "slack", &about, Reason::FirstBreach));
        assert_eq!(lane.standing_in, 1);
        lane.remove(4);
        assert_eq!(lane.standing_in, 1);
        lane.remove(3);
        assert_eq!(lane.standing_in, 0);
    }

    #[test]
    fn only_news_of_what_is_open_is_told_to_another() {
        let (mut lane, about) = (falling_back(), alert(1, Priority::P1));
        let due = at(0).tick + lane.patience.fallback_after;
        let mut over = about.clone();
        crate::dispatch::fixtures::resolve(&mut over, 60);
        let of = |alert, reason| notice(7, "slack", alert, reason);
        let many = |reason| Notice {
            subject: Subject::Digest(of(&about, reason).subject.alerts().into()),
            ..of(&about, reason)
        };
        for (one, wanted) in [
            (of(&about, Reason::FirstBreach), Some((due, 7))),
            (of(&about, Reason::Escalation), Some((due, 7))),
            (many(Reason::FirstBreach), Some((due, 7))),
            (many(Reason::Digest), None),
            (of(&over, Reason::FirstBreach), None),
            (of(&about, Reason::Updated), None),
            (of(&about, Reason::Acknowledged), None),
        ] {
            assert_eq!(lane.due(&one), wanted, "{one:?}");
            lane.add(one);
            assert_eq!(lane.overdue.first().copied(), wanted);
            lane.remove(7);
            assert!(lane.overdue.is_empty());
        }
        let mut settled = of(&about, Reason::FirstBreach);
        settled.passage.stand_in = StandIn::Settled;
        assert_eq!(lane.due(&settled), None);
    }

    #[test]
    fn each_alert_is_known_by_itself_and_no_digest_is_taken_back() {
        let (mut lane, one) = (falling_back(), alert(1, Priority::P1));
        let mut two = one.clone();
        two.key = AlertKey::of(&two.source, "another", two.metric, &two.entity);
        lane.hears(&one.key);
        assert_eq!((lane.knows(&one.key), lane.knows(&two.key)), (Knows::Perhaps, Knows::Nothing));
        lane.hears(&two.key);
        lane.forgets(&one.key);
        assert_eq!((lane.knows(&one.key), lane.knows(&two.key)), (Knows::Nothing, Knows::Perhaps));
        let digest = notice(4, "slack", &one, Reason::Digest);
        let subject = Subject::Digest(digest.subject.alerts().into());
        lane.add(Notice { subject, ..digest });
        for number in [5, 6] {
            lane.add(notice(number, "slack", &one, Reason::Repeat));
        }
        let untried =
            |lane: &Lane| lane.untried(&one.key).map(|one| one.number).collect::<Vec<_>>();
        assert_eq!(untried(&lane), [5, 6]);
        lane.was_restored(Overtaking::None);
        assert_eq!(untried(&lane), [5, 6], "the digest was first");
        lane.was_restored(Overtaking::Perhaps);
        assert!(untried(&lane).is_empty());
        // What was sent of what is over makes nothing known.
        let mut over = one.clone();
        crate::dispatch::fixtures::resolve(&mut over, 60);
        lane.add(notice(9, "slack", &over, Reason::Recovered));
        lane.go(9, at(0).tick);
        assert_eq!(lane.knows(&one.key), Knows::Nothing);
    }
}
