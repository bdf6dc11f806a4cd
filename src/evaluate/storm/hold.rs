//! What a storm holds back, what passes, and what is left of it when it is over.
//!
//! The most urgent alerts pass, and those that explain others, and what the hub says of itself.
//! Everything else that is open is held: it stays an alert, with its trail and its place in every
//! list, and is told or listed when the storm is over.
//!
//! # Promises
//! - `what_is_not_urgent_is_held_and_the_urgent_passes`
//! - `an_alert_that_explains_others_passes`
//! - `when_it_is_over_each_alert_that_it_held_is_accounted_for`

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
        let begun = core::mem::take(&mut self.alerts.begun);
        let alerts = &self.alerts;
        let counted = begun.iter().filter_map(|key| alerts.get(key.as_str()));
        let counted = counted.filter(|alert| self.counts_towards_a_storm(alert)).count();
        match self.storm.look(u32::try_from(counted).unwrap_or(u32::MAX), now) {
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

    /// Whether somebody would be told of it at once.
    fn counts_towards_a_storm(&self, alert: &Alert) -> bool {
        alert.phase == Phase::Detected
            && is_of_the_world(alert)
            && alert.suppression.hold().is_none()
            && self.loud.contains(&alert.leading().priority)
    }

    fn hold_touched(&mut self, touched: &mut Vec<Touched>, now: Now) {
        let mut roots = Vec::new();
        for one in touched.iter_mut() {
            let Some(alert) = self.alerts.get_mut(one.key.as_str()) else { continue };
            let behind = alert.suppression.parent.as_ref();
            if let Some(root) = behind.and_then(|behind| behind.root.as_ref())
                && self.storm.roots.insert(root.clone())
            {
                roots.push(root.clone());
            }
            if hold_or_pass(alert, &self.storm.roots, now.stamp()) == Held::Turned {
                one.change = Change::Turned;
            }
        }
        for root in roots {
            let Some(alert) = self.alerts.get_mut(root.as_str()) else { continue };
            if hold_or_pass(alert, &self.storm.roots, now.stamp()) == Held::Turned {
                touch(touched, root);
            }
        }
    }

    fn hold_all(&mut self, touched: &mut Vec<Touched>, now: Now) {
        let root = |alert: &Alert| alert.suppression.parent.as_ref()?.root.clone();
        self.storm.roots = self.alerts.iter().filter_map(root).collect();
        let mut turned = BTreeSet::new();
        for alert in self.alerts.iter_mut() {
            if hold_or_pass(alert, &self.storm.roots, now.stamp()) == Held::Turned {
                turned.insert(alert.key.clone());
            }
        }
        touch_all(touched, turned);
    }

    fn let_go(&mut self, touched: &mut Vec<Touched>, now: Now) {
        self.storm.roots.clear();
        let mut outcome = Outcome { open: Vec::new(), over: Vec::new() };
        let mut turned = BTreeSet::new();
        for alert in self.alerts.iter_mut() {
            if alert.suppression.storm.take().is_none() {
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

/// What a look did to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Same,
    Turned,
}

fn hold_or_pass(alert: &mut Alert, roots: &BTreeSet<AlertKey>, at: Stamp) -> Held {
    if alert.phase == Phase::Resolved {
        // One that ended in the storm keeps its mark, to be listed at the end.
        return Held::Same;
    }
    let passes = !is_of_the_world(alert)
        || alert.leading().priority == Priority::P1
        || roots.contains(&alert.key);
    let mark = (!passes).then_some(alert.suppression.storm.unwrap_or(at));
    let was = core::mem::replace(&mut alert.suppression.storm, mark);
    if was == mark { Held::Same } else { Held::Turned }
}

/// What the hub says of itself and of its sources is no part of a storm: it neither makes one nor
/// is held by one, and there is little of it.
fn is_of_the_world(alert: &Alert) -> bool {
    matches!(alert.metric.about(), Subject::Entity | Subject::Anything)
}

fn touch(touched: &mut Vec<Touched>, key: AlertKey) {
    match touched.iter_mut().find(|one| one.key == key) {
        Some(one) => one.change = Change::Turned,
        None => touched.push(Touched { key, change: Change::Turned }),
    }
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
    use crate::model::dependency::{Behind, Stage};
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
    use crate::model::notice::Hold;
    use crate::model::rule::Rule;
    use crate::model::time::{ClockTrust, Tick, UtcMs};
    use alloc::boxed::Box;

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

    #[test]
    fn an_alert_that_explains_others_passes() {
        let mut evaluate = evaluate();
        waiting(&mut evaluate, &[20.0; 10], 0);
        let keys: Vec<AlertKey> = evaluate.alerts.iter().map(|alert| alert.key.clone()).collect();
        let child = evaluate.alerts.get_mut(keys[1].as_str()).unwrap();
        child.suppression.parent = Some(Box::new(Behind {
            stage: Stage::Held,
            root: Some(keys[0].clone()),
            dependency: "andon.toml:9".into(),
            since: at(5).stamp(),
        }));
        let touched = waiting(&mut evaluate, &[20.0; 10], 10);
        assert_eq!(evaluate.alerts.get(keys[0].as_str()).unwrap().suppression.hold(), None);
        let root = touched.iter().find(|one| one.key == keys[0]).unwrap();
        assert_eq!((root.change, held(&evaluate)), (Change::Turned, 8));
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
