//! Ends what nothing watches any more: its rule, its queue or its source has left the config file.
//!
//! No sample would ever end it, and those who were told wait for its end.
//!
//! # Promises
//! - `what_the_file_no_longer_watches_ends`

use alloc::vec::Vec;

use crate::evaluate::Evaluate;
use crate::model::alert::{Alert, AlertKey, Phase};
use crate::model::config::SourceConfig;
use crate::model::context::ContextTable;
use crate::model::metric::Subject;
use crate::model::rule::Rule;
use crate::model::scope::Candidate;
use crate::model::time::Stamp;

impl Evaluate {
    /// Ends the open alerts that no rule of these sources watches; the keys of them.
    pub fn end_orphans(&mut self, sources: &[SourceConfig], at: Stamp) -> Vec<AlertKey> {
        let is_orphan = |alert: &&Alert| {
            alert.phase == Phase::Detected
                && !self.rules.iter().any(|rule| watches(rule, sources, &self.context, alert))
        };
        let keys: Vec<AlertKey> =
            self.alerts.iter().filter(is_orphan).map(|alert| alert.key.clone()).collect();
        for key in &keys {
            self.alerts.take_up(key, &core::iter::empty(), at);
        }
        keys
    }
}

fn watches(rule: &Rule, sources: &[SourceConfig], context: &ContextTable, alert: &Alert) -> bool {
    let Alert { source, entity, entity_name, .. } = alert;
    let entity = Candidate { source: source.as_str(), id: entity, name: entity_name };
    // The hub's own sample is about the source itself, which is none of its entities, and a sender
    // speaks of what it likes.
    let is_asked_for = |source: &SourceConfig| {
        source.name == alert.source
            && *source.platform == *alert.platform
            && (source.entities.is_empty()
                || source.entities.contains(&alert.entity)
                || alert.metric.about() != Subject::Entity)
    };
    rule.source == alert.source
        && rule.metric == alert.metric
        && rule.scope.takes(entity, context)
        && sources.iter().any(is_asked_for)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule, source};
    use crate::model::business::{Business, ContextRow};
    use crate::model::name::{EntityId, SourceName};
    use crate::model::scope::{Scope, Selection};
    use alloc::boxed::Box;
    use alloc::rc::Rc;

    fn ended(rules: Vec<Rule>, sources: &[SourceConfig]) -> usize {
        let mut before = evaluate(Vec::from([rule("calls_waiting", ">=", 15.0)]));
        before.observe(0, &answer_of_waiting("q", 22.0), now(10));
        let mut after = Evaluate::new(rules, sources);
        let business = Business { unit: Some("Support".into()), ..Business::default() };
        let row = ContextRow { source: None, entity: "q".into(), business, labels: Vec::new() };
        after.know(Rc::new(ContextTable::new(Vec::from([row]))));
        for alert in before.alerts.iter() {
            after.alerts.restore(alert.clone(), now(20).stamp());
        }
        let keys = after.end_orphans(sources, now(20).stamp());
        assert!(keys.iter().all(|key| {
            after.alerts.get(key.as_str()).is_some_and(|alert| alert.phase == Phase::Resolved)
        }));
        keys.len()
    }

    #[test]
    fn what_the_file_no_longer_watches_ends() {
        let crowd = || rule("calls_waiting", ">=", 20.0);
        let of = |scope: &str| Rule { scope: Scope::One(EntityId::new(scope).unwrap()), ..crowd() };
        let asks_for = |entity: &str| {
            let entities = Vec::from([EntityId::new(entity).unwrap()]);
            SourceConfig { entities, ..source() }
        };
        assert_eq!(ended(Vec::from([crowd()]), &[source()]), 0, "the rule stands, if changed");
        assert_eq!(ended(Vec::from([of("q")]), &[asks_for("q")]), 0);
        assert_eq!(ended(Vec::from([of("other")]), &[source()]), 1, "for another queue");
        assert_eq!(ended(Vec::from([rule("longest_wait", ">=", 9.0)]), &[source()]), 1);
        assert_eq!(ended(Vec::from([crowd()]), &[asks_for("other")]), 1, "the queue has left");
        assert_eq!(ended(Vec::from([crowd()]), &[]), 1, "the source has left");
        let other = SourceConfig { name: SourceName::new("other").unwrap(), ..source() };
        assert_eq!(ended(Vec::from([crowd()]), &[other]), 1, "another centre stays");
        let selected = |pattern: &str, unit: &str| {
            let entities = Vec::from([pattern.into()]);
            let labels = Vec::from([("unit".into(), Vec::from([unit.into()]))]);
            let selection = Selection { entities, labels, ..Selection::default() };
            Vec::from([Rule { scope: Scope::Some(Box::new(selection)), ..crowd() }])
        };
        assert_eq!(ended(selected("?", "Supp*"), &[source()]), 0, "it is among them");
        assert_eq!(ended(selected("??", "Supp*"), &[source()]), 1, "it is called otherwise");
        assert_eq!(ended(selected("?", "Sales"), &[source()]), 1, "it is of another unit");
        let moved = SourceConfig { platform: "other".into(), ..source() };
        assert_eq!(ended(Vec::from([crowd()]), &[moved]), 1, "it is of another platform");
    }
}
