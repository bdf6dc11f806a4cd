//! What is pushed stands until there is another word: its delays end without a sample.
//!
//! # Promises
//! - `what_was_pushed_once_is_an_alert_when_its_delay_is_over`

use crate::evaluate::Evaluate;
use crate::evaluate::pass::Pass;
use crate::evaluate::{Source, Touched};
use crate::model::time::Tick;

use alloc::vec::Vec;

impl Evaluate {
    /// Ends the delays that are over; each watch says its last verdict again, at the moment at
    /// which its delay ended.
    pub(super) fn end_delays(&mut self, now: Tick) -> Vec<Touched> {
        let mut touched = Vec::new();
        if self.delay_over.is_none_or(|due| due > now) {
            return touched;
        }
        let mut next = None;
        for Source { name, platform, entities, .. } in &mut self.sources {
            for entity in entities.iter_mut() {
                for at in 0..entity.watches.len() {
                    let Some(watch) = entity.watches.get(at) else { break };
                    let Some(rule) = self.rules.get(usize::from(watch.rule)) else { continue };
                    let Some(moment) = watch.latch.due(rule) else { continue };
                    if moment.at.tick > now {
                        let due = moment.at.tick;
                        next = Some(next.map_or(due, |next: Tick| next.min(due)));
                        continue;
                    }
                    let verdict = watch.last;
                    let mut pass = Pass {
                        source: name,
                        platform,
                        rules: &self.rules,
                        calendar: &self.calendar,
                        metrics: &[],
                        alerts: &mut self.alerts,
                        baselines: &mut self.baselines,
                        counts: &mut self.counts,
                        touched: &mut Vec::new(),
                        moment,
                        due: &mut None,
                        bucket: None,
                    };
                    let turned = pass.turn(entity, at, rule, verdict);
                    touched.extend(turned.map(|(key, change)| Touched { key, change }));
                }
            }
        }
        self.delay_over = next;
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule};
    use crate::model::alert::Phase;
    use crate::model::answer::Answer;
    use crate::model::rule::Rule;
    use crate::model::time::Span;

    #[test]
    fn what_was_pushed_once_is_an_alert_when_its_delay_is_over() {
        let (on_delay, off_delay) = (Span::secs(60), Span::secs(300));
        let rule = Rule { on_delay, off_delay, ..rule("calls_waiting", ">=", 15.0) };
        let mut evaluate = evaluate(Vec::from([rule]));
        let push = |evaluate: &mut Evaluate, second, waiting| {
            let vendor_time = now(second).utc;
            let said = Answer { vendor_time, every: None, ..answer_of_waiting("q", waiting) };
            evaluate.observe(0, &said, now(second)).len()
        };
        assert_eq!(push(&mut evaluate, 10, 20.0), 0);
        assert_eq!(evaluate.next_wake().map(|wake| wake.at), Some(now(70).tick));
        assert_eq!(evaluate.wake(now(69)), []);
        let touched = evaluate.wake(now(70));
        let [Touched { key, .. }] = touched.as_slice() else { panic!("{touched:?}") };
        let alert = evaluate.alerts.get(key.as_str()).unwrap();
        assert_eq!((alert.first_breach, alert.last_breach), (now(10).stamp(), now(70).stamp()));
        assert_eq!(evaluate.next_wake(), None);
        assert_eq!(push(&mut evaluate, 500, 1.0), 0);
        assert_eq!(push(&mut evaluate, 600, 20.0), 1, "it is in breach again");
        assert_eq!(evaluate.wake(now(800)), []);
        assert_eq!(push(&mut evaluate, 1_000, 1.0), 0);
        assert_eq!(evaluate.wake(now(1_300)).len(), 1);
        let alert = evaluate.alerts.iter().next().unwrap();
        assert_eq!((alert.phase, alert.cleared), (Phase::Resolved, Some(now(1_300).stamp())));
    }
}
