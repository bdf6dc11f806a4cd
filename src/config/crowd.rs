//! Thresholds that stand in each other's way: two that are the same, and too many for one metric.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use crate::config::threshold::Threshold;
use crate::limits::ALERT_BREACHES_MAX;
use crate::model::name::EntityId;
use crate::model::rule::Scope;

/// Refuses repeated thresholds, and those that an alert would have no room for.
pub(super) fn check(thresholds: &[Threshold<'_>]) {
    refuse_repeated(thresholds);
    refuse_crowded(thresholds);
}

fn refuse_repeated(thresholds: &[Threshold<'_>]) {
    let mut seen = BTreeMap::new();
    for threshold in thresholds {
        let rule = &threshold.rule;
        let what = (rule.metric, rule.operator.as_str(), rule.static_value.to_bits());
        let key = (&rule.source, entity(&rule.scope), what, threshold.scaling, rule.priority);
        match seen.get(&key) {
            Some(first) => {
                let message = format!("this threshold stands at {first} already");
                threshold.item.refuse::<()>(message, "Take one of the two out.");
            }
            None => {
                seen.insert(key, &rule.origin);
            }
        }
    }
}

/// A threshold for all entities counts for each one that has thresholds of its own.
fn refuse_crowded(thresholds: &[Threshold<'_>]) {
    let mut groups: BTreeMap<_, BTreeMap<Option<&EntityId>, Vec<usize>>> = BTreeMap::new();
    for (index, threshold) in thresholds.iter().enumerate() {
        let rule = &threshold.rule;
        let group = groups.entry((&rule.source, rule.metric)).or_default();
        group.entry(entity(&rule.scope)).or_default().push(index);
    }
    let mut crowded: BTreeSet<usize> = BTreeSet::new();
    for group in groups.values() {
        let for_all = group.get(&None).map_or(&[][..], Vec::as_slice);
        for (entity, own) in group {
            let own = if entity.is_some() { own.as_slice() } else { &[] };
            let mut both: Vec<usize> = for_all.iter().chain(own).copied().collect();
            both.sort_unstable();
            crowded.extend(both.get(ALERT_BREACHES_MAX));
        }
    }
    for threshold in crowded.into_iter().filter_map(|index| thresholds.get(index)) {
        let message = format!(
            "there are more than {ALERT_BREACHES_MAX} thresholds for {} of one entity",
            threshold.rule.metric.short()
        );
        threshold.item.refuse::<()>(message, "Take those out that say the least.");
    }
}

const fn entity(scope: &Scope) -> Option<&EntityId> {
    match scope {
        Scope::All => None,
        Scope::One(entity) => Some(entity),
    }
}
