//! While our own link is down nothing is seen of the world: what is known is old, and is held.
//!
//! Nobody hears of an open alert until its entity is seen again; its clocks stand still meanwhile.
//! What the hub says of itself goes on.
//!
//! # Promises
//! - `what_is_not_seen_is_held_until_it_is_seen_again`
//! - `a_source_that_stays_blind_is_told_when_it_had_time_to_answer`
//! - `what_only_pushes_is_told_after_the_time_to_answer_over_a_restart_too`
//! - `the_clocks_of_what_is_not_seen_stand_still`

use alloc::vec::Vec;

use crate::evaluate::{Change, Evaluate, Touched};
use crate::limits::LINK_BACKLOG;
use crate::model::alert::{Alert, Phase};
use crate::model::metric::{Metric, Subject};
use crate::model::name::SourceName;
use crate::model::time::{Now, Tick, Wake};

/// Whether the world is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sight {
    /// It is.
    #[default]
    Clear,
    /// It is not.
    Dark,
    /// It may be: until then each source has time to answer.
    Dawn(Tick),
}

impl Evaluate {
    /// Our own link is down; the alerts that are held by that.
    pub fn lose_sight(&mut self, now: Now) -> Vec<Touched> {
        self.sight = Sight::Dark;
        let open = self.alerts.iter_mut().filter(|alert| is_open_and_of_others(alert));
        let unseen = open.map(|alert| {
            alert.suppression.unseen.get_or_insert(now.stamp());
            Touched { key: alert.key.clone(), change: Change::Turned }
        });
        unseen.collect()
    }

    /// Our own link is up. What it held stays held until it is seen, or was not when it could.
    /// After a restart nothing is known of it but what it held.
    pub fn see_again(&mut self, now: Now) {
        let mut alerts = self.alerts.iter();
        if self.sight == Sight::Clear && alerts.all(|alert| alert.suppression.unseen.is_none()) {
            return;
        }
        self.sight = Sight::Dawn(now.tick + LINK_BACKLOG);
        self.storm.excuse_backlog(now);
    }

    /// When what was not seen by then is no longer held for want of a link.
    pub(super) fn next_look(&self) -> Option<Wake> {
        let Sight::Dawn(at) = self.sight else { return None };
        Some(Wake { at, why: "our own link is back" })
    }

    /// Each source has had time to answer. What is still held is of those that did not, or that
    /// only push: what they said last stands, and is news to whom has not heard of it.
    pub fn end_dawn(&mut self, now: Now) -> Vec<Touched> {
        if !matches!(self.sight, Sight::Dawn(until) if now.tick >= until) {
            return Vec::new();
        }
        self.sight = Sight::Clear;
        let unseen = self.alerts.iter_mut().filter(|alert| alert.suppression.unseen.is_some());
        let freed = unseen.map(|alert| {
            resume(alert, now);
            Touched { key: alert.key.clone(), change: Change::Turned }
        });
        freed.collect()
    }

    /// A source gives data again: what it leaves out is not held for want of a link.
    pub fn sees(&mut self, source: &SourceName, now: Now) {
        if self.sight == Sight::Clear {
            return;
        }
        for alert in self.alerts.iter_mut().filter(|alert| alert.source == *source) {
            resume(alert, now);
        }
    }

    /// What an answer was about has been seen; what the hub says of a source has been thought.
    pub(super) fn look_through(&mut self, touched: &[Touched], now: Now) {
        for one in touched {
            let Some(alert) = self.alerts.get_mut(one.key.as_str()) else { continue };
            match (about(alert), self.sight) {
                (Subject::Hub, _) => {}
                (Subject::Source, Sight::Dark | Sight::Dawn(_)) => {
                    if alert.phase == Phase::Detected {
                        alert.suppression.unseen.get_or_insert(now.stamp());
                    }
                }
                (Subject::Source, Sight::Clear) | (Subject::Entity | Subject::Anything, _) => {
                    resume(alert, now);
                }
            }
        }
    }
}

fn is_open_and_of_others(alert: &Alert) -> bool {
    alert.phase == Phase::Detected && about(alert) != Subject::Hub
}

/// What the alert is about. That a target takes nothing, and that a heartbeat does not come, the
/// hub concludes as it does of a source.
fn about(alert: &Alert) -> Subject {
    match alert.metric {
        Metric::BACKLOG_AGE | Metric::HEARTBEAT_AGE => Subject::Source,
        metric => metric.about(),
    }
}

/// The alert is seen: the ages of its breaches go on from where they were.
fn resume(alert: &mut Alert, now: Now) {
    let unseen = alert.suppression.causes().and_then(|causes| causes.unseen.take());
    let Some(since) = unseen else { return };
    for breach in &mut alert.breaches {
        breach.since.tick = breach.since.tick + (now.tick - since.tick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule, source};
    use crate::model::answer::Answer;
    use crate::model::notice::Hold;
    use crate::model::rule::Rule;
    use crate::model::time::Span;

    fn holds(evaluate: &Evaluate) -> Vec<Option<Hold>> {
        evaluate.alerts.iter().map(|alert| alert.suppression.hold()).collect()
    }

    fn crowd() -> Rule {
        rule("calls_waiting", ">=", 15.0)
    }

    fn blind(evaluate: &mut Evaluate, second: i64) {
        let mut answer: Answer = answer_of_waiting("cxone", 300.0);
        answer.metrics = [Metric::DATA_AGE].into();
        evaluate.observe(0, &answer, now(second));
    }

    #[test]
    fn what_is_not_seen_is_held_until_it_is_seen_again() {
        let mut evaluate = evaluate(Vec::from([crowd()]));
        evaluate.observe(0, &answer_of_waiting("a", 20.0), now(0));
        evaluate.observe(0, &answer_of_waiting("b", 20.0), now(0));
        assert_eq!(evaluate.lose_sight(now(100)).len(), 2);
        assert_eq!(holds(&evaluate), [Some(Hold::LinkDown); 2]);
        evaluate.see_again(now(500));
        assert_eq!(holds(&evaluate), [Some(Hold::LinkDown); 2]);
        evaluate.observe(0, &answer_of_waiting("a", 20.0), now(510));
        assert_eq!(holds(&evaluate), [None, Some(Hold::LinkDown)]);
        evaluate.sees(&source().name, now(510));
        assert_eq!(holds(&evaluate), [None; 2]);
    }

    #[test]
    fn a_source_that_stays_blind_is_told_when_it_had_time_to_answer() {
        let mut evaluate = evaluate(Vec::from([rule("data_age", ">=", 120.0)]));
        evaluate.lose_sight(now(100));
        blind(&mut evaluate, 120);
        evaluate.see_again(now(500));
        blind(&mut evaluate, 540);
        assert_eq!(holds(&evaluate), [Some(Hold::LinkDown)]);
        assert_eq!(evaluate.next_look().map(|wake| wake.at), Some(now(500).tick + LINK_BACKLOG));
        assert_eq!(evaluate.end_dawn(now(620)).len(), 1);
        assert_eq!(holds(&evaluate), [None]);
    }

    #[test]
    fn what_only_pushes_is_told_after_the_time_to_answer_over_a_restart_too() {
        let mut before = evaluate(Vec::from([crowd()]));
        before.observe(0, &answer_of_waiting("a", 20.0), now(0));
        before.lose_sight(now(100));
        let mut after = evaluate(Vec::from([crowd()]));
        before.alerts.iter().for_each(|one| after.alerts.restore(one.clone(), now(200).stamp()));
        after.see_again(now(210));
        assert_eq!(holds(&after), [Some(Hold::LinkDown)]);
        assert_eq!(after.end_dawn(now(210 + LINK_BACKLOG.whole_secs())).len(), 1);
        assert_eq!(holds(&after), [None]);
    }

    #[test]
    fn the_clocks_of_what_is_not_seen_stand_still() {
        let mut evaluate = evaluate(Vec::from([crowd()]));
        evaluate.observe(0, &answer_of_waiting("a", 20.0), now(0));
        evaluate.lose_sight(now(100));
        evaluate.see_again(now(3_700));
        evaluate.observe(0, &answer_of_waiting("a", 20.0), now(3_710));
        let alert = evaluate.alerts.iter().next().unwrap();
        assert_eq!(now(3_710).tick - alert.breaches[0].since.tick, Span::secs(100));
        assert_eq!(alert.breaches[0].since.utc.0, alert.first_breach.utc.0, "as people read it");
    }
}
