//! `baseline`: a threshold that follows what is usual at the hour of the week.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `quantile` | 0.5 to 0.99 | 0.95 | the share of an hour's readings that is usual |
//! | `factor` | above 1; for `<` below 1 | one of the three | the usual value times this |
//! | `offset` | above 0 | one of the three | the usual value and this much more; for `<` less |
//! | `form` | `"ratio"` | one of the three | the usual value times `static_value` |
//!
//! And `[baseline]`, for all of them:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `except` | list of texts | none | days that are not learned from: `"2026-12-25"` |

use alloc::format;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use jiff::civil::Date;

use crate::config::hours;
use crate::document::Table;
use crate::model::baseline::{Baseline, Form};
use crate::model::metric::{Kind, Metric, Subject};
use crate::model::rule::Operator;

/// Reads `[baseline]`: the days of the hub's zone that are not learned from.
pub(super) fn except(root: &mut Table<'_>) -> Vec<Date> {
    let Some(mut table) = root.optional("baseline").and_then(|item| item.table()) else {
        return Vec::new();
    };
    let except = table.optional("except").and_then(|item| hours::dates(&item));
    table.finish();
    except.unwrap_or_default()
}

/// Reads the table: nothing in it where the threshold is fixed, or nothing at all where there is a
/// problem.
pub(super) fn read(
    table: &mut Table<'_>,
    metric: Option<Metric>,
    operator: Option<Operator>,
) -> Option<Option<Baseline>> {
    let Some(item) = table.optional("baseline") else { return Some(None) };
    let own = item.table()?;
    let baseline = baseline(own, operator);
    if let Some(metric) = metric
        && (metric.kind() == Kind::Boolean || metric.about() == Subject::Anything)
    {
        let message = format!("{} has no usual value", metric.short());
        return item.refuse(message, "Take baseline out: static_value says when it is trouble.");
    }
    if matches!(operator, Some(Operator::Equal | Operator::NotEqual)) {
        let help = "Write operator = \">=\" or another that has a direction, or take baseline out.";
        return item.refuse("nothing is equal to what is usual for long", help);
    }
    if table.optional("dynamic_scaling").is_some_and(|item| item.flag() == Some(true)) {
        let help = "Keep one of the two; the other can be a threshold of its own.";
        return item.refuse("the threshold follows other metrics already", help);
    }
    baseline.map(Some)
}

fn baseline(mut table: Table<'_>, operator: Option<Operator>) -> Option<Baseline> {
    let quantile = match table.optional("quantile") {
        Some(item) => item.number_in(0.5..=0.99),
        None => Some(0.95),
    };
    let factor = table.optional("factor");
    let offset = table.optional("offset");
    let form = table.optional("form");
    let form = match (factor, offset, form) {
        (Some(item), None, None) => item.number_in(times(operator)).map(Form::Factor),
        (None, Some(item), None) => item.number_in(0.0..=LARGEST).map(Form::Offset),
        (None, None, Some(item)) => item.one_of("a form of baseline", &[("ratio", Form::Ratio)]),
        _ => table.item().refuse(
            "it takes one of factor, offset and form",
            "Write factor = 1.5 for half as much again, offset = 10 for ten more, or \
             form = \"ratio\" where static_value says how many times as much.",
        ),
    };
    table.finish();
    Some(Baseline { percent: percent(quantile?), form: form? })
}

/// How many times the usual value can be trouble: what is usual is none.
pub(super) fn times(operator: Option<Operator>) -> RangeInclusive<f64> {
    match operator {
        Some(Operator::Below | Operator::AtMost) => 0.01..=0.99,
        Some(Operator::Above | Operator::AtLeast | Operator::Equal | Operator::NotEqual) | None => {
            1.01..=100.0
        }
    }
}

/// Whole percent: between two of them lies no reading of an hour's sixty.
fn percent(quantile: f64) -> u8 {
    (50..=99_u8).rev().find(|percent| f64::from(*percent) <= quantile * 100.0 + 0.5).unwrap_or(50)
}

const LARGEST: f64 = 1_000_000_000.0;
