//! Thresholds that stand in each other's way: two that are the same, and too many for one metric.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::threshold::Threshold;
use crate::limits::ALERT_BREACHES_MAX;
use crate::model::baseline::Baseline;
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
        let hours = rule.hours.as_ref().map(|hours| &hours.name);
        let others: Vec<String> = rule.conditions.iter().map(ToString::to_string).collect();
        let scope = (&rule.source, &rule.scope);
        let follows = (threshold.scaling, rule.baseline.map(Baseline::identity));
        let key = (scope, what, follows, rule.priority, hours, others);
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

/// A threshold for all entities counts for each one that has thresholds of its own. Whom a
/// selection takes in shows once the source has reported, so that each counts as one of its own.
fn refuse_crowded(thresholds: &[Threshold<'_>]) {
    let mut groups: BTreeMap<_, BTreeMap<&Scope, Vec<usize>>> = BTreeMap::new();
    for (index, threshold) in thresholds.iter().enumerate() {
        let rule = &threshold.rule;
        let group = groups.entry((&rule.source, rule.metric)).or_default();
        group.entry(&rule.scope).or_default().push(index);
    }
    let mut crowded: BTreeSet<usize> = BTreeSet::new();
    for group in groups.values() {
        let for_all = group.get(&Scope::All).map_or(&[][..], Vec::as_slice);
        for (scope, own) in group {
            let own = if **scope == Scope::All { &[] } else { own.as_slice() };
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
