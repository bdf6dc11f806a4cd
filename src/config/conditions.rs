//! `all`, `any` and `minimum_volume`: what a threshold asks for beside its own comparison.
//!
//! `all` and `any` are lists of tables:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `metric` | text | required | what is compared, of the same entity |
//! | `operator` | `>` `>=` `<` `<=` `==` `!=` | required | how |
//! | `value` | number | required | with what, in the metric's unit |
//! | `margin_percent` | 0 to 100 | 10 | being clearly false needs this share of the value ... |
//! | `margin_value` | number | the metric's | ... and at least this much, in its unit |
//!
//! `minimum_volume` is a table of `metric` and `value`: the least of it, in its unit.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::source::Source;
use crate::config::threshold::{LARGEST, OPERATORS, metric, values_of};
use crate::document::Table;
use crate::limits::CONDITIONS_MAX;
use crate::model::condition::{Condition, Group, Volume};
use crate::model::metric::Unit;

/// Reads both lists.
pub(super) fn read(table: &mut Table<'_>, source: Option<&Source<'_>>) -> Option<Box<[Condition]>> {
    let mut conditions: Vec<Option<Condition>> = Vec::new();
    for (key, group) in [("all", Group::All), ("any", Group::Any)] {
        let Some(item) = table.optional(key) else { continue };
        let Some(list) = item.list_of(1..=CONDITIONS_MAX) else {
            conditions.push(None);
            continue;
        };
        for item in list {
            if conditions.len() >= CONDITIONS_MAX {
                let message = format!("there are more than {CONDITIONS_MAX} conditions");
                item.refuse::<()>(message, "Keep those that say most.");
                return None;
            }
            conditions.push(item.table().and_then(|table| condition(table, group, source)));
        }
    }
    conditions.into_iter().collect()
}

fn condition(mut table: Table<'_>, group: Group, source: Option<&Source<'_>>) -> Option<Condition> {
    let metric = table
        .required(
            "metric",
            "Write metric = \"agents_available\", or another that the source gives.",
        )
        .and_then(|item| metric(&item, source));
    let operator = table
        .required("operator", "Write operator = \"<\", or another comparison.")
        .and_then(|item| item.one_of("a comparison", &OPERATORS.map(|op| (op.as_str(), op))));
    let value = table
        .required("value", "Write value = 3, or another number.")
        .and_then(|item| item.number_in(values_of(metric)));
    let margin_percent =
        table.optional("margin_percent").map_or(Some(10.0), |item| item.number_in(0.0..=100.0));
    let margin_value = table.optional("margin_value").map(|item| item.number_in(0.0..=LARGEST));
    table.finish();
    let metric = metric?;
    Some(Condition {
        group,
        metric,
        operator: operator?,
        value: value?,
        margin_percent: margin_percent?,
        margin_value: margin_value.unwrap_or(Some(metric.margin_floor()))?,
    })
}

/// Reads the least traffic: nothing in it where the file has none.
pub(super) fn volume(table: &mut Table<'_>, source: Option<&Source<'_>>) -> Option<Option<Volume>> {
    let Some(item) = table.optional("minimum_volume") else { return Some(None) };
    let mut table = item.table()?;
    let metric = table.required("metric", "Write metric = \"offered_calls\".").and_then(|item| {
        let found = metric(&item, source)?;
        if matches!(found.unit(), Unit::Count | Unit::PerMinute) {
            return Some(found);
        }
        let help = "Write one that counts: offered_calls, calls_waiting.";
        item.refuse(format!("{} is no amount of traffic", found.short()), help)
    });
    let least = table
        .required("value", "Write value = 10, in the metric's unit.")
        .and_then(|item| item.number_in(0.0..=LARGEST));
    table.finish();
    Some(Some(Volume { metric: metric?, least: least? }))
}
