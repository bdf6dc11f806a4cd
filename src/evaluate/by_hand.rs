//! Somebody says that an alert is over.
//!
//! That is for what no value will end: a sender says once that something is wrong, and nothing when
//! it is mended. What is measured begins again with the samples that say so.
//!
//! # Promises
//! - `what_is_said_to_be_over_ends_and_begins_again_if_it_is_not`

use crate::evaluate::{Evaluate, Latch};
use crate::model::alert::AlertKey;
use crate::model::condition::Lapse;
use crate::model::time::Stamp;

impl Evaluate {
    /// Ends an open alert, whatever its value.
    pub fn end_by_hand(&mut self, key: &AlertKey, by: &str, at: Stamp) {
        let entities = self.sources.iter_mut().flat_map(|source| source.entities.iter_mut());
        for entity in entities {
            let known = entity.keys.iter().find(|(_, known)| known == key);
            let Some(metric) = known.map(|(metric, _)| *metric) else { continue };
            for watch in &mut entity.watches {
                let rule = self.rules.get(usize::from(watch.rule));
                if rule.is_some_and(|rule| rule.metric == metric) {
                    watch.latch = Latch::Clear;
                }
            }
        }
        self.alerts.close(key, &Lapse::ByHand(by.into()), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule};
    use crate::model::alert::Phase;
    use alloc::vec::Vec;

    #[test]
    fn what_is_said_to_be_over_ends_and_begins_again_if_it_is_not() {
        let mut evaluate = evaluate(Vec::from([rule("calls_waiting", ">=", 15.0)]));
        evaluate.observe(0, &answer_of_waiting("q", 22.0), now(10));
        let key = evaluate.alerts.iter().next().unwrap().key.clone();
        let phase = |evaluate: &Evaluate| evaluate.alerts.get(key.as_str()).unwrap().phase;
        evaluate.end_by_hand(&key, "Ann", now(15).stamp());
        assert_eq!(phase(&evaluate), Phase::Resolved);
        assert!(evaluate.alerts.get(key.as_str()).unwrap().breaches.is_empty());
        evaluate.observe(0, &answer_of_waiting("q", 22.0), now(20));
        assert_eq!(phase(&evaluate), Phase::Detected);
    }
}
