//! `[[rules]]`: thresholds for the entities of a source.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `source` | text | the only source | whose entities are watched |
//! | `queue_id` and others | see `scope` | all entities | which of them |
//! | `hours` | text | always | the `[hours.NAME]` outside of which the thresholds do not hold |
//! | `thresholds` | list of tables | required | when a metric is trouble |
//!
//! A file of guide 2 has `queue_id` and `thresholds` at the top level. They are one more rule set,
//! in which what a threshold leaves out means what it means in guide 2.

use alloc::format;
use alloc::vec::Vec;

use crate::config::source::Source;
use crate::config::threshold::{self, Meaning, RuleSet, Threshold};
use crate::config::{hours, scope};
use crate::document::{Item, Table};
use crate::limits::RULES_MAX;
use crate::model::business::Enrichment;

/// What rule sets refer to.
pub(super) struct Known<'s, 'a> {
    pub(super) sources: &'s [Source<'a>],
    pub(super) hours: &'s [hours::Named<'a>],
    pub(super) enrichment: &'s Enrichment,
}

/// Reads the thresholds of all rule sets, in the order of the file but the top level's first.
pub(super) fn read<'a>(root: &mut Table<'a>, known: &Known<'_, 'a>) -> Vec<Threshold<'a>> {
    let mut thresholds = Vec::new();
    let bare = ["queue_id", "entity_id", "thresholds"].map(|key| root.optional(key).is_some());
    if bare.contains(&true) {
        let source = the_only(root, known.sources);
        let scope = scope::read(root, source, known.enrichment);
        let (meaning, hours) = (Meaning::Guides, Some(None));
        let set = RuleSet { source, scope, meaning, hours, known_hours: known.hours };
        rule_set(root, &set, &mut thresholds);
    }
    let list = root.optional("rules").and_then(|item| item.list_of(0..=RULES_MAX));
    for mut table in list.iter().flatten().filter_map(Item::table) {
        let source = match table.optional("source") {
            Some(item) => named(&item, known.sources),
            None => the_only(&table, known.sources),
        };
        let scope = scope::read(&mut table, source, known.enrichment);
        let hours = table.optional("hours");
        let hours = hours.map_or(Some(None), |item| hours::named(&item, known.hours).map(Some));
        let meaning = Meaning::Ours;
        let set = RuleSet { source, scope, meaning, hours, known_hours: known.hours };
        rule_set(&mut table, &set, &mut thresholds);
        table.finish();
    }
    thresholds
}

fn rule_set<'a>(table: &mut Table<'a>, set: &RuleSet<'_, '_>, thresholds: &mut Vec<Threshold<'a>>) {
    let help = "Write thresholds = [{ metric = \"calls_waiting\", operator = \">=\", static_value \
                = 15, priority = \"P1\" }].";
    let list = table.required("thresholds", help).and_then(|item| item.list_of(1..=RULES_MAX));
    for item in list.iter().flatten() {
        if thresholds.len() >= RULES_MAX {
            item.refuse::<()>(
                format!("there are more than {RULES_MAX} thresholds in the file"),
                "Leave queue_id out of a rule set to watch all queues with it.",
            );
            return;
        }
        thresholds.extend(item.table().and_then(|table| threshold::read(table, set)));
    }
}

/// The source that an item names.
pub(super) fn named<'s, 'a>(item: &Item<'_>, sources: &'s [Source<'a>]) -> Option<&'s Source<'a>> {
    let words: Vec<_> = sources.iter().map(|source| (source.name.as_str(), source)).collect();
    item.one_of("the name of a source", &words)
}

pub(super) fn the_only<'s, 'a>(
    table: &Table<'_>,
    sources: &'s [Source<'a>],
) -> Option<&'s Source<'a>> {
    match sources {
        // That there is none is a problem of its own.
        [] => None,
        [source] => Some(source),
        [first, ..] => {
            let message = format!("source is missing, and there are {} sources", sources.len());
            let help = format!("Write source = \"{}\", or another one, here.", first.name);
            table.item().refuse(message, help)
        }
    }
}
