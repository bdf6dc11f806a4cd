//! What it means that a platform answers and gives no value: for the entity, or for one metric of
//! it.
//!
//! A source that does not answer at all is another matter: its own alert says so, and everything
//! about it is held.
//!
//! # Promises
//! - `each_policy_has_its_own_end`: held, clear, a breach, or an alert after a while.
//! - `an_entity_that_is_left_out_has_no_value_of_what_it_had`: and of nothing else.

use crate::evaluate::entity::{Entity, Watch};
use crate::evaluate::latch::{Moment, Run, Turn};
use crate::evaluate::pass::Pass;
use crate::evaluate::threshold::{Compared, Verdict, Why};
use crate::evaluate::{Touched, source::Entities};
use crate::model::rule::{NoData, Rule};

use alloc::boxed::Box;

impl Watch {
    /// Takes a verdict; where there was no value, by the rule's policy.
    pub(super) fn observe(&mut self, verdict: Verdict, moment: Moment, rule: &Rule) -> Turn {
        let nobody_knows = Compared::unknown(rule);
        match (verdict, rule.no_data) {
            // A webhook says nothing of what it does not mention.
            (Verdict::Unknown(Why::NoValue), _) if moment.every.is_none() => Turn::Same,
            (Verdict::Unknown(Why::NoValue), NoData::Ok) => {
                self.latch.observe(Verdict::Clear(nobody_knows), moment, rule)
            }
            (Verdict::Unknown(Why::NoValue), NoData::Bad) => {
                self.latch.observe(Verdict::Breach(nobody_knows), moment, rule)
            }
            (Verdict::Unknown(Why::NoValue), NoData::UnknownAfter(patience)) => {
                let run = self.silent.as_deref();
                let run = run.map_or(Run::begin(moment), |run| run.go_on(moment, rule));
                self.silent = Some(Box::new(run));
                if run.seen < patience {
                    return Turn::Same;
                }
                self.latch.unknown(run.since, nobody_knows)
            }
            (Verdict::Unknown(_), _) => Turn::Same,
            (verdict, _) => {
                self.silent = None;
                self.latch.observe(verdict, moment, rule)
            }
        }
    }
}

impl Compared {
    /// The numbers of a rule whose value nobody knows.
    const fn unknown(rule: &Rule) -> Self {
        let threshold = rule.static_value;
        Self { value: f64::NAN, threshold, boundary: threshold, condition: None }
    }
}

impl Pass<'_> {
    /// What an answer leaves out that it had before has no value.
    pub(super) fn leave_out(&mut self, entities: &mut Entities, answer: u64) {
        // What nobody asks for is never missed.
        if self.moment.every.is_none() || !entities.has_no_data_policy {
            return;
        }
        for entity in entities.iter_mut().filter(|entity| entity.heard != answer) {
            self.is_left_out(entity);
        }
    }

    fn is_left_out(&mut self, entity: &mut Entity) {
        for at in 0..entity.watches.len() {
            let Some(watch) = entity.watches.get_mut(at) else { break };
            let Some(rule) = self.rules.get(usize::from(watch.rule)) else { continue };
            let is_had =
                self.metrics.contains(&rule.metric) && entity.metrics.contains(&rule.metric);
            if !is_had || rule.no_data == NoData::Hold {
                continue;
            }
            let verdict = Verdict::Unknown(Why::NoValue);
            watch.last = verdict;
            self.counts.unknown_checks += 1;
            if let Some((key, change)) = self.turn(entity, at, rule, verdict) {
                self.touched.push(Touched { key, change });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluate;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule};
    use crate::model::alert::{Alert, Phase};
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
    use crate::model::time::Span;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn with(no_data: NoData) -> Evaluate {
        evaluate(Vec::from([Rule { no_data, ..rule("calls_waiting", ">=", 15.0) }]))
    }

    /// Ten seconds each: a value, or none because the cell is empty, or because the row is not
    /// there; what was touched and how the alert is.
    fn story(evaluate: &mut Evaluate, cells: &[Result<f64, &str>]) -> String {
        let mut story = String::new();
        for (second, cell) in (0..).step_by(10).zip(cells) {
            let answer = Answer { vendor_time: now(second).utc, ..answer_of_waiting("q", 0.0) };
            let other = Row { entity: EntityId::new("other").unwrap(), name: None };
            let answer = match cell {
                Ok(value) => Answer { readings: Vec::from([Reading::Value(*value)]), ..answer },
                Err("cell") => Answer { readings: Vec::from([Reading::Absent]), ..answer },
                Err(_) => Answer { rows: Vec::from([other]), ..answer },
            };
            evaluate.observe(0, &answer, now(second));
            let of_q = |alert: &&Alert| alert.entity.as_str() == "q";
            story.push(match evaluate.alerts.iter().find(of_q) {
                Some(Alert { phase: Phase::Detected, value, .. }) if value.is_nan() => '?',
                Some(Alert { phase: Phase::Detected, .. }) => '!',
                Some(_) | None => '.',
            });
        }
        story
    }

    const GONE: [Result<f64, &str>; 7] =
        [Ok(1.0), Err("cell"), Err("row"), Err("row"), Err("cell"), Ok(14.0), Ok(1.0)];

    #[test]
    fn each_policy_has_its_own_end() {
        assert_eq!(story(&mut with(NoData::Hold), &GONE), ".......");
        assert_eq!(story(&mut with(NoData::Ok), &GONE), ".......");
        assert_eq!(story(&mut with(NoData::Bad), &GONE), ".????!.");
        let after = |seconds| NoData::UnknownAfter(Span::secs(seconds));
        assert_eq!(story(&mut with(after(20)), &GONE), "...??!.");
        assert_eq!(story(&mut with(after(30)), &GONE), "....?!.");
        assert_eq!(story(&mut with(after(40)), &GONE), ".......");
        let bad = [Ok(20.0), Err("row"), Err("cell"), Ok(20.0), Err("cell")];
        assert_eq!(story(&mut with(NoData::Hold), &bad), "!!!!!");
        assert_eq!(story(&mut with(NoData::Ok), &bad), "!..!.");
        assert_eq!(story(&mut with(after(10)), &bad), "!!?!!");
    }

    #[test]
    fn an_entity_that_is_left_out_has_no_value_of_what_it_had() {
        let mut evaluate = with(NoData::Bad);
        let busy = [Metric::find("agents_busy").unwrap()];
        let answer = Answer { vendor_time: now(0).utc, ..answer_of_waiting("q", 0.0) };
        evaluate.observe(0, &Answer { metrics: busy.into(), ..answer.clone() }, now(0));
        let none = Answer { rows: Vec::new(), readings: Vec::new(), ..answer.clone() };
        assert_eq!(evaluate.observe(0, &none, now(0)), [], "it never had the metric");
        evaluate.observe(0, &answer, now(10));
        assert_eq!(
            evaluate.observe(0, &Answer { metrics: busy.into(), ..none.clone() }, now(20)),
            []
        );
        assert_eq!(evaluate.observe(0, &Answer { every: None, ..none.clone() }, now(20)), []);
        assert_eq!(evaluate.observe(0, &none, now(20)).len(), 1);
    }
}
