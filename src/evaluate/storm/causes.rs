//! What a storm is made of, in a few words: `31 held, 24 of them in breach; the first: ...`.
//!
//! # Promises
//! - `the_commonest_causes_come_first_and_the_list_is_short`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::limits::STORM_TOP;
use crate::model::alert::{Alert, Phase};

/// The text about these alerts, in one line.
pub(super) fn text<'a>(alerts: impl Iterator<Item = &'a Alert>) -> String {
    let alerts: Vec<&Alert> = alerts.collect();
    let open = alerts.iter().filter(|alert| alert.phase == Phase::Detected).count();
    let mut text = format!("{} held, {open} of them in breach", alerts.len());
    if let Some(first) = alerts.iter().min_by_key(|alert| alert.first_breach.tick) {
        let (name, metric) = (&first.entity_name, first.metric.short());
        text.push_str(&format!("; the first: {name} {metric}"));
    }
    text.push_str(&counts("metric", alerts.iter().map(|alert| alert.metric.short())));
    text.push_str(&counts("source", alerts.iter().map(|alert| alert.source.as_str())));
    let units = alerts.iter().filter_map(|alert| alert.business.as_ref()?.unit.as_deref());
    text.push_str(&counts("unit", units));
    text
}

/// How many there are of each kind, the commonest first: `; by metric: calls_waiting 28, ...`.
fn counts<'a>(kind: &str, of: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in of {
        *counts.entry(one).or_default() += 1;
    }
    let mut sorted: Vec<(&str, usize)> = counts.into_iter().collect();
    sorted.sort_by_key(|(name, count)| (Reverse(*count), *name));
    let mut text = String::new();
    for (name, count) in sorted.iter().take(STORM_TOP) {
        let before = if text.is_empty() { format!("; by {kind}: ") } else { ", ".into() };
        text.push_str(&format!("{before}{name} {count}"));
    }
    if let Some(others) = sorted.len().checked_sub(STORM_TOP).filter(|others| *others > 0) {
        text.push_str(&format!(" and {others} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_causes_come_first_and_the_list_is_short() {
        let metrics = ["b", "a", "c", "b", "d", "e", "a", "b"];
        assert_eq!(counts("metric", metrics.into_iter()), "; by metric: b 3, a 2, c 1 and 2 more");
        assert_eq!(counts("unit", core::iter::empty()), "");
        assert_eq!(text(core::iter::empty()), "0 held, 0 of them in breach");
    }
}
