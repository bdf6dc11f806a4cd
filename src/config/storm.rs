//! `[storm]`: when alerts come too many at once.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `alerts` | 2 to 1000 | 10 | so many new alerts ... |
//! | `within_seconds` | 60 to 3600 | 600 | ... within this time are a storm |
//! | `hourly_percent` | 110 to 10000 | 300 | so is an hour with more than this share of the usual |
//! | `priority` | `P1`, `P2`, `P3` | `blind_priority` | how urgent the storm itself is |
//! | `update_seconds` | 60 to 3600 | 300 | no second notice of it within this time |

use core::ops::RangeInclusive;

use crate::config::{seconds, threshold};
use crate::document::{Item, Table};
use crate::model::config::HubConfig;
use crate::model::storm::StormConfig;

/// Reads `[storm]`, all of which may be left out, and tells where its priority stands.
pub(super) fn read<'a>(root: &mut Table<'a>, hub: &HubConfig) -> (StormConfig, Option<Item<'a>>) {
    let mut storm = StormConfig { priority: hub.blind_priority, ..StormConfig::default() };
    let Some(mut table) = root.optional("storm").and_then(|item| item.table()) else {
        return (storm, None);
    };
    storm.alerts = count(&mut table, "alerts", storm.alerts, 2..=1_000);
    storm.within = seconds(&mut table, "within_seconds", storm.within, 60..=3_600);
    storm.hourly_percent = count(&mut table, "hourly_percent", storm.hourly_percent, 110..=10_000);
    let priority = table.optional("priority");
    storm.priority = priority.as_ref().and_then(threshold::priority).unwrap_or(storm.priority);
    storm.update = seconds(&mut table, "update_seconds", storm.update, 60..=3_600);
    table.finish();
    (storm, priority)
}

fn count<'a>(table: &mut Table<'a>, key: &'a str, default: u16, range: RangeInclusive<i64>) -> u16 {
    let count = table.optional(key).and_then(|item| item.integer_in(range));
    count.and_then(|count| u16::try_from(count).ok()).unwrap_or(default)
}
