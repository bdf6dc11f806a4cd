//! `ladder` of a route: who hears of what lasts, one rung after the other.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `after_seconds` | 0 to 604800 | required | since the first breach; never falls |
//! | `targets` | list of texts | required | who hears |
//! | `raise` | true, false | true | whether the alert is one step worse from then on |
//! | `hours` | text | always | an `[hours.NAME]`; outside of it the rung is passed over |
//!
//! `ladder = []` is none at all: what lasts goes to nobody else.

use alloc::format;
use alloc::vec::Vec;

use crate::config::hours;
use crate::config::route::Known;
use crate::config::routes;
use crate::document::{Item, Table};
use crate::limits::LADDER_RUNGS_MAX;
use crate::model::route::Rung;
use crate::model::time::Span;

/// Reads `ladder` or `escalation_minutes`; without them there is the one rung of the rule.
pub(super) fn read(table: &mut Table<'_>, known: &Known<'_, '_>) -> Vec<Rung> {
    let ladder = table.optional("ladder");
    let minutes = table.optional("escalation_minutes");
    match (ladder, minutes) {
        (None, None) => Vec::from([Rung::default()]),
        (Some(item), None) => rungs(&item, known),
        (None, Some(item)) => {
            let after = item.integer_in(1..=10_080).map(|minutes| Span::secs(minutes * 60));
            Vec::from([Rung { after, ..Rung::default() }])
        }
        (Some(_), Some(item)) => {
            let help = "Keep ladder, and say there after how long: after_seconds = 900.";
            item.refuse::<()>("the route has a ladder, too", help);
            Vec::new()
        }
    }
}

fn rungs(item: &Item<'_>, known: &Known<'_, '_>) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for item in item.list_of(0..=LADDER_RUNGS_MAX).unwrap_or_default() {
        let Some(mut table) = item.table() else { continue };
        let help = "Write after_seconds = 600: so long after the first breach.";
        let after_item = table.required("after_seconds", help);
        let after = after_item.as_ref().and_then(|item| item.integer_in(0..=604_800));
        let after = after.map(Span::secs);
        let before = rungs.iter().filter_map(|rung| rung.after).max();
        if let (Some(item), Some(after), Some(before)) = (&after_item, after, before)
            && after < before
        {
            let message = format!("it is due before the rung above it, which is after {before}");
            item.refuse::<()>(message, "Put the rungs in the order of after_seconds.");
        }
        let help = "Write targets = [\"...\"]: who hears when this rung is due.";
        let targets = table.required("targets", help);
        let targets = targets.map(|item| routes::names(&item, known.targets, 1));
        let raises = table.optional("raise").and_then(|item| item.flag()).unwrap_or(true);
        let hours = table.optional("hours").and_then(|item| hours::named(&item, known.hours));
        table.finish();
        rungs.push(Rung { after, targets: targets.unwrap_or_default(), raises, hours });
    }
    rungs
}
