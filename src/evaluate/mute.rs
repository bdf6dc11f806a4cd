//! Which alerts a maintenance window or a silence covers.
//!
//! The mark of an alert goes by what is true of it at each look, so that one that grows worse, is
//! renamed or learns what it means to the business is muted from then on, or is not any more. What
//! ends while it is muted keeps its mark until that is over, to be counted then.
//!
//! # Promises
//! - `an_alert_is_muted_while_something_covers_it`
//! - `of_two_that_cover_it_the_last_end_counts`
//! - `what_is_muted_makes_no_storm`

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::evaluate::{Change, Evaluate, Touched};
use crate::model::alert::{Alert, AlertKey, Decision, Phase};
use crate::model::matcher::Facts;
use crate::model::mute::{Mute, Muter, Muting, Urgent};
use crate::model::rule::Priority;
use crate::model::time::{Now, Stamp};

/// An alert whose mark has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Which.
    pub key: AlertKey,
    /// What muted it before.
    pub was: Option<Muter>,
}

impl Evaluate {
    /// What mutes alerts has changed; every alert whose mark has, too.
    pub fn mute(&mut self, mutings: Vec<Muting>, now: Now) -> Vec<Remark> {
        self.mutings = mutings;
        let mut remarks = Vec::new();
        for alert in self.alerts.iter_mut() {
            let was = alert.suppression.mute.as_ref().map(|mute| mute.by.clone());
            if mark(alert, &self.mutings, now.stamp()) == Marked::Anew {
                remarks.push(Remark { key: alert.key.clone(), was });
            }
        }
        remarks
    }

    /// An alert with the mark that is due to it now.
    pub fn marked(&mut self, key: &AlertKey, at: Stamp) -> Option<&mut Alert> {
        let alert = self.alerts.get_mut(key.as_str())?;
        mark(alert, &self.mutings, at);
        Some(alert)
    }

    /// Marks what was touched before the storm is weighed: what nobody hears of makes none.
    pub(super) fn weigh_mutes(&mut self, touched: &mut [Touched], now: Now) {
        for one in touched {
            let Some(alert) = self.alerts.get_mut(one.key.as_str()) else { continue };
            if mark(alert, &self.mutings, now.stamp()) == Marked::Anew {
                one.change = Change::Turned;
            }
        }
    }
}

/// What a look did to the mark of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marked {
    AsItWas,
    Anew,
}

fn mark(alert: &mut Alert, mutings: &[Muting], at: Stamp) -> Marked {
    let was = alert.suppression.mute.as_ref();
    if was.is_none() && (mutings.is_empty() || alert.phase == Phase::Resolved) {
        return Marked::AsItWas;
    }
    let due = match alert.phase {
        Phase::Detected => covering(alert, mutings),
        Phase::Resolved => mutings.iter().find(|muting| was.is_some_and(|was| was.by == muting.by)),
    };
    if due.map(|due| (&due.by, due.until)) == was.map(|was| (&was.by, was.until)) {
        return Marked::AsItWas;
    }
    let is_same = due.is_some_and(|due| was.is_some_and(|was| was.by == due.by));
    let since = was.map_or(at, |was| was.since);
    let what = match (due, was) {
        (Some(due), _) => Decision::Muted { by: due.by.to_string().into(), until: due.until },
        (None, Some(was)) => Decision::Unmuted { by: was.by.to_string().into() },
        (None, None) => return Marked::AsItWas,
    };
    alert.suppression.mute =
        due.map(|due| Box::new(Mute { by: due.by.clone(), since, until: due.until }));
    alert.trail.note(what, at.utc);
    if is_same { Marked::AsItWas } else { Marked::Anew }
}

/// What covers an alert; of several the one that ends last.
fn covering<'m>(alert: &Alert, mutings: &'m [Muting]) -> Option<&'m Muting> {
    let facts = Facts::of(alert);
    let covers = |muting: &&Muting| {
        let is_spared = muting.urgent == Urgent::Told && facts.priority == Priority::P1;
        !is_spared && muting.covers(&facts)
    };
    mutings.iter().filter(covers).max_by_key(|muting| muting.until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{rule, source};
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::matcher::Matcher;
    use crate::model::metric::Metric;
    use crate::model::mute::Scope;
    use crate::model::name::{EntityId, WindowName};
    use crate::model::notice::Hold;
    use crate::model::rule::Rule;
    use crate::model::time::{ClockTrust, Tick, UtcMs};
    use alloc::string::String;

    fn at(second: i64) -> Now {
        Now { tick: Tick(second * 1_000), utc: UtcMs(second * 1_000), trust: ClockTrust::Ntp }
    }

    fn muting(name: &str, entity: &str, until: i64) -> Muting {
        let entity = Vec::from([entity.into()]);
        Muting {
            by: Muter::Window(WindowName::new(name).unwrap()),
            scope: Scope::Matching(Box::new(Matcher { entity, ..Matcher::default() })),
            until: at(until).utc,
            urgent: Urgent::Muted,
        }
    }

    fn evaluate() -> Evaluate {
        let p2 = Rule { priority: Priority::P2, ..rule("calls_waiting", ">=", 10.0) };
        let p1 = Rule { origin: "a:2".into(), ..rule("calls_waiting", ">=", 50.0) };
        Evaluate::new(Vec::from([p2, p1]), &[source()])
    }

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

    fn marks(evaluate: &Evaluate) -> String {
        let shown = evaluate.alerts.iter().map(|alert| {
            let by = alert.suppression.mute.as_ref().map(|mute| mute.by.to_string());
            alloc::format!("{} {}", alert.entity, by.unwrap_or_else(|| "heard".into()))
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn an_alert_is_muted_while_something_covers_it() {
        let mut evaluate = evaluate();
        waiting(&mut evaluate, &[20.0, 20.0], 0);
        let remarks = evaluate.mute(Vec::from([muting("w", "q0", 60)]), at(5));
        assert_eq!((remarks.len(), &*marks(&evaluate)), (1, "q0 maintenance w, q1 heard"));
        let alert = evaluate.alerts.iter().next().unwrap();
        assert_eq!(alert.suppression.hold(), Some(Hold::Maintenance));
        assert_eq!(alert.phase_shown(), "suppressed");
        // A longer window is no news to anybody.
        assert!(evaluate.mute(Vec::from([muting("w", "q0", 90)]), at(6)).is_empty());
        waiting(&mut evaluate, &[0.0, 20.0], 10);
        assert_eq!(marks(&evaluate), "q0 maintenance w, q1 heard", "to be counted at the end");
        let remarks = evaluate.mute(Vec::new(), at(90));
        let was = Some(Muter::Window(WindowName::new("w").unwrap()));
        assert_eq!((remarks.len(), &remarks[0].was), (1, &was));
        assert_eq!(marks(&evaluate), "q0 heard, q1 heard");
        // What is muted while the clock is not believed is not P1.
        let spares = Muting { urgent: Urgent::Told, ..muting("w", "q*", 200) };
        evaluate.mute(Vec::from([spares]), at(100));
        waiting(&mut evaluate, &[60.0, 20.0], 110);
        assert_eq!(marks(&evaluate), "q0 heard, q1 maintenance w");
    }

    #[test]
    fn of_two_that_cover_it_the_last_end_counts() {
        let mut evaluate = evaluate();
        let both = Vec::from([muting("short", "q0", 60), muting("long", "*", 90)]);
        evaluate.mute(both, at(0));
        waiting(&mut evaluate, &[20.0], 5);
        assert_eq!(marks(&evaluate), "q0 maintenance long");
        assert!(evaluate.mute(Vec::from([muting("long", "*", 90)]), at(60)).is_empty());
        let remarks = evaluate.mute(Vec::from([muting("third", "*", 300)]), at(90));
        assert_eq!((remarks.len(), &*marks(&evaluate)), (1, "q0 maintenance third"));
    }

    #[test]
    fn what_is_muted_makes_no_storm() {
        let mut evaluate = evaluate();
        evaluate.mute(Vec::from([muting("w", "q*", 9_000)]), at(0));
        waiting(&mut evaluate, &[20.0; 30], 10);
        assert!(evaluate.storm.raging().is_none());
        evaluate.mute(Vec::from([muting("w", "q0", 9_000)]), at(20));
        waiting(&mut evaluate, &[&[20.0; 30][..], &[20.0; 12]].concat(), 30);
        assert!(evaluate.storm.raging().is_some());
        let muted = evaluate.alerts.iter().next().unwrap();
        assert_eq!(
            (muted.suppression.storm, muted.suppression.hold()),
            (None, Some(Hold::Maintenance))
        );
    }
}
