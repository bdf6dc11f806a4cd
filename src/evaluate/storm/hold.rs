//! What a storm holds back, what passes, and what is left of it when it is over.
//!
//! The most urgent alerts pass, and those that explain others, and what the hub says of itself.
//! What they explain is held by them, and not by the storm. Everything else that is open is held:
//! it stays an alert, with its trail and its place in every list, and is told or listed when the
//! storm is over.
//!
//! # Promises
//! - `what_is_not_urgent_is_held_and_the_urgent_passes`
//! - `an_alert_that_explains_others_passes`
//! - `when_it_is_over_each_alert_that_it_held_is_accounted_for`
//! - `what_waited_for_a_parent_counts_when_it_is_let_go`

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::evaluate::storm::{Turn, causes};
use crate::evaluate::{Change, Evaluate, Touched};
use crate::model::alert::{Alert, AlertKey, Phase};
use crate::model::metric::Subject;
use crate::model::rule::Priority;
use crate::model::time::{Now, Stamp};

/// What a storm held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is still bad.
    pub open: Vec<AlertKey>,
    /// What came, or was known before, and went.
    pub over: Vec<AlertKey>,
}

impl Evaluate {
    /// Weighs the alerts that were touched; a storm that begins or ends touches more of them.
    pub(in crate::evaluate) fn weigh_storm(&mut self, touched: &mut Vec<Touched>, now: Now) {
        let begun = self.count_begun(touched);
        match self.storm.look(begun, now) {
            Turn::Same if self.storm.raging.is_none() => {}
            Turn::Same => self.hold_touched(touched, now),
            Turn::Begun => self.hold_all(touched, now),
            Turn::Over => self.let_go(touched, now),
        }
    }

    /// The text of the storm that there is: what it holds, by the commonest causes.
    #[must_use]
    pub fn storm_text(&self) -> String {
        causes::text(self.alerts.iter().filter(|alert| alert.suppression.storm.is_some()))
    }

    /// How many of what has begun count from now on. What the dependency graph holds back counts
    /// once it is let go, if it is: nobody has heard of it before.
    fn count_begun(&mut self, touched: &[Touched]) -> u32 {
        self.storm.untold.extend(core::mem::take(&mut self.alerts.begun));
        let mut counted: u32 = 0;
        if self.storm.untold.is_empty() {
            return counted;
        }
        for Touched { key, .. } in touched {
            if !self.storm.untold.contains(key) {
                continue;
            }
            let alert = self.alerts.get(key.as_str());
            let tells = alert.map_or(Tells::Never, |alert| self.tells(alert));
            if tells == Tells::AtOnce {
                counted = counted.saturating_add(1);
            }
            if tells != Tells::Later {
                self.storm.untold.remove(key);
            }
        }
        counted
    }

    /// When somebody would be told of it.
    fn tells(&self, alert: &Alert) -> Tells {
        let is_loud = || self.loud.contains(&alert.leading().priority);
        if alert.phase == Phase::Resolved || !is_of_the_world(alert) || !is_loud() {
            return Tells::Never;
        }
        if alert.suppression.parent.is_some() {
            Tells::Later
        } else if alert.suppression.hold().is_none() {
            Tells::AtOnce
        } else {
            Tells::Never
        }
    }

    fn hold_touched(&mut self, touched: &mut [Touched], now: Now) {
        for one in touched {
            let Some(alert) = self.alerts.get_mut(one.key.as_str()) else { continue };
            if hold_or_pass(alert, now.stamp()) == Held::Turned {
                one.change = Change::Turned;
            }
        }
    }

    fn hold_all(&mut self, touched: &mut Vec<Touched>, now: Now) {
        let mut turned = BTreeSet::new();
        for alert in self.alerts.iter_mut() {
            if hold_or_pass(alert, now.stamp()) == Held::Turned {
                turned.insert(alert.key.clone());
            }
        }
        touch_all(touched, turned);
    }

    fn let_go(&mut self, touched: &mut Vec<Touched>, now: Now) {
        let mut outcome = Outcome { open: Vec::new(), over: Vec::new() };
        let mut turned = BTreeSet::new();
        for alert in self.alerts.iter_mut() {
            let Some(causes) = alert.suppression.causes() else { continue };
            if causes.storm.take().is_none() {
                continue;
            }
            turned.insert(alert.key.clone());
            match alert.phase {
                Phase::Detected => {
                    alert.suppression.outlived_storm = Some(now.stamp());
                    outcome.open.push(alert.key.clone());
                }
                Phase::Resolved => outcome.over.push(alert.key.clone()),
            }
        }
        self.storm.outcome = Some(outcome);
        touch_all(touched, turned);
    }
}

/// When somebody would be told of an alert that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    AtOnce,
    Later,
    Never,
}

/// What a look did to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Same,
    Turned,
}

fn hold_or_pass(alert: &mut Alert, at: Stamp) -> Held {
    if alert.phase == Phase::Resolved {
        // One that ended in the storm keeps its mark, to be listed at the end.
        return Held::Same;
    }
    let explains = alert.kin.as_ref().is_some_and(|kin| kin.held > 0);
    // What another alert explains is that one's to tell, after the storm, too.
    let is_explained = alert.suppression.parent.is_some();
    let is_urgent = alert.leading().priority == Priority::P1;
    // What is muted is told when that is over, and not when the storm is.
    let is_muted = alert.suppression.mute.is_some();
    let passes = !is_of_the_world(alert) || is_urgent || explains || is_explained || is_muted;
    let mark = (!passes).then_some(alert.suppression.storm.unwrap_or(at));
    if alert.suppression.storm == mark {
        return Held::Same;
    }
    alert.suppression.storm = mark;
    Held::Turned
}

/// What the hub says of itself and of its sources is no part of a storm: it neither makes one nor
/// is held by one, and there is little of it.
fn is_of_the_world(alert: &Alert) -> bool {
    matches!(alert.metric.about(), Subject::Entity | Subject::Anything)
}

fn touch_all(touched: &mut Vec<Touched>, mut turned: BTreeSet<AlertKey>) {
    for one in touched.iter_mut() {
        if turned.remove(&one.key) {
            one.change = Change::Turned;
        }
    }
    touched.extend(turned.into_iter().map(|key| Touched { key, change: Change::Turned }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{rule, source};
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::dependency::{Dependency, End, Tie};
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
    use crate::model::notice::Hold;
    use crate::model::rule::Rule;
    use crate::model::time::{ClockTrust, Tick, UtcMs};

    fn at(second: i64) -> Now {
        Now { tick: Tick(second * 1_000), utc: UtcMs(second * 1_000), trust: ClockTrust::Ntp }
    }

    fn evaluate() -> Evaluate {
        let p2 = Rule { priority: Priority::P2, ..rule("calls_waiting", ">=", 10.0) };
        let p1 = Rule { origin: "a:2".into(), ..rule("calls_waiting", ">=", 50.0) };
        Evaluate::new(Vec::from([p2, p1]), &[source()])
    }

    /// Queues `q0` to `q19` have so many waiting, from the first on.
    fn waiting(evaluate: &mut Evaluate, waiting: &[f64], second: i64) -> Vec<Touched> {
        let rows = (0..waiting.len())
            .map(|n| Row { entity: EntityId::new(&alloc::format!("q{n}")).unwrap(), name: None });
        let answer = Answer {
            vendor_time: at(second).utc,
            bucket: None,
            every: None,
            metrics: [Metric::find("calls_waiting").unwrap()].into(),
            rows: rows.collect(),
            readings: waiting.iter().map(|value| Reading::Value(*value)).collect(),
            rows_refused: 0,
        };
        evaluate.observe(0, &answer, at(second))
    }

    fn held(evaluate: &Evaluate) -> usize {
        let holds = evaluate.alerts.iter().filter_map(|alert| alert.suppression.hold());
        holds.filter(|hold| *hold == Hold::Storm).count()
    }

    #[test]
    fn what_is_not_urgent_is_held_and_the_urgent_passes() {
        let mut evaluate = evaluate();
        let mut calls = [20.0; 20];
        waiting(&mut evaluate, &calls[..9], 0);
        assert_eq!(held(&evaluate), 0);
        let touched = waiting(&mut evaluate, &calls[..10], 10);
        assert_eq!((touched.len(), held(&evaluate)), (10, 10));
        assert!(touched.iter().all(|one| one.change == Change::Turned));
        calls[3] = 60.0;
        calls[15] = 60.0;
        waiting(&mut evaluate, &calls, 20);
        assert_eq!(held(&evaluate), 18, "two are urgent");
        calls[3] = 20.0;
        waiting(&mut evaluate, &calls, 30);
        assert_eq!(held(&evaluate), 19);
    }

    /// These queues depend on `q0`.
    fn depending(children: &[&str]) -> Evaluate {
        let end = |entities: &[&str]| End {
            source: source().name,
            entities: entities.iter().map(|one| (*one).into()).collect(),
            metrics: Vec::new(),
            labels: Vec::new(),
        };
        let dependency = Dependency {
            origin: "andon.toml:9".into(),
            tie: Tie::Sure,
            parent: end(&["q0"]),
            children: end(children),
            hold_child: Dependency::HOLD_CHILD,
            shadow: Dependency::SHADOW,
            cooldown: None,
        };
        let mut evaluate = evaluate();
        evaluate.depend(&[dependency], at(0));
        evaluate
    }

    fn marks(evaluate: &Evaluate) -> Vec<&str> {
        let marked = evaluate.alerts.iter().filter(|alert| alert.suppression.storm.is_some());
        marked.map(|alert| alert.entity.as_str()).collect()
    }

    #[test]
    fn an_alert_that_explains_others_passes() {
        let mut evaluate = depending(&["q*"]);
        let mut calls = [20.0; 12];
        calls[0] = 0.0;
        waiting(&mut evaluate, &calls, 0);
        evaluate.wake(at(20));
        assert_eq!((marks(&evaluate).len(), held(&evaluate)), (11, 11));
        calls[0] = 20.0;
        let touched = waiting(&mut evaluate, &calls, 30);
        assert_eq!(marks(&evaluate), [""; 0], "the parent holds them, and speaks");
        let root = evaluate.alerts.iter().find(|alert| alert.entity.as_str() == "q0").unwrap();
        assert_eq!(root.suppression.hold(), None);
        assert!(touched.iter().all(|one| one.change == Change::Turned));
        // The storm is over, and what the parent holds stays held by it.
        evaluate.wake(at(620));
        evaluate.wake(at(1_220));
        let outcome = evaluate.storm.take_outcome().unwrap();
        assert_eq!((outcome.open.len(), outcome.over.len()), (0, 0));
        let holds = evaluate.alerts.iter().filter_map(|alert| alert.suppression.hold());
        assert_eq!(holds.filter(|hold| *hold == Hold::Dependency).count(), 11);
    }

    #[test]
    fn an_alert_passes_from_its_first_child_on() {
        let mut evaluate = depending(&["q1"]);
        let mut calls = [20.0; 12];
        calls[1] = 0.0;
        waiting(&mut evaluate, &calls, 0);
        assert_eq!(held(&evaluate), 11, "nobody is behind it yet");
        calls[1] = 20.0;
        let touched = waiting(&mut evaluate, &calls, 10);
        let turned = touched.iter().filter(|one| one.change == Change::Turned);
        let turned: Vec<&str> = turned.map(|one| one.key.as_str()).collect();
        assert_eq!(turned.len(), 2, "it and its child: {turned:?}");
        assert!(!marks(&evaluate).iter().any(|name| ["q0", "q1"].contains(name)));
    }

    #[test]
    fn what_waited_for_a_parent_counts_when_it_is_let_go() {
        let mut evaluate = depending(&["q*"]);
        let mut calls = [20.0; 11];
        calls[0] = 0.0;
        calls[10] = 0.0;
        waiting(&mut evaluate, &calls, 0);
        evaluate.wake(at(20));
        assert!(evaluate.storm.raging().is_none(), "nine are none");
        calls[10] = 20.0;
        waiting(&mut evaluate, &calls, 30);
        assert!(evaluate.storm.raging().is_none(), "it waits");
        evaluate.wake(at(50));
        assert_eq!(evaluate.storm.raging().unwrap().alerts, 10);
        // One that ends while it waits, or that its parent takes in, never counts.
        let mut evaluate = depending(&["q*"]);
        let mut calls = [20.0; 20];
        waiting(&mut evaluate, &calls, 0);
        evaluate.wake(at(20));
        assert!(evaluate.storm.raging().is_none(), "one outage");
        calls = [0.0; 20];
        waiting(&mut evaluate, &calls, 60);
        evaluate.wake(at(1_000));
        assert!(evaluate.storm.raging().is_none());
        assert!(evaluate.storm.untold.is_empty());
    }

    #[test]
    fn when_it_is_over_each_alert_that_it_held_is_accounted_for() {
        let mut evaluate = evaluate();
        waiting(&mut evaluate, &[20.0; 12], 0);
        waiting(&mut evaluate, &[&[0.0; 10][..], &[20.0; 2]].concat(), 10);
        evaluate.wake(at(600));
        assert_eq!(evaluate.next_wake().unwrap().at, at(1_200).tick);
        let touched = evaluate.wake(at(1_200));
        let outcome = evaluate.storm.take_outcome().unwrap();
        assert_eq!((outcome.open.len(), outcome.over.len(), touched.len()), (2, 10, 12));
        assert_eq!(held(&evaluate), 0);
        let marks = evaluate.alerts.iter().filter(|alert| alert.suppression.storm.is_some());
        assert_eq!(marks.count(), 0);
        waiting(&mut evaluate, &[20.0; 5], 1_210);
        assert_eq!(held(&evaluate), 0, "what begins now is told at once");
    }

    #[test]
    fn what_nobody_would_be_told_of_makes_no_storm() {
        let mut evaluate = evaluate();
        evaluate.loud = [Priority::P1].into();
        waiting(&mut evaluate, &[20.0; 20], 0);
        assert!(evaluate.storm.raging().is_none());
        waiting(&mut evaluate, &[60.0; 20], 10);
        assert!(evaluate.storm.raging().is_none(), "their episodes have begun before");
    }
}
