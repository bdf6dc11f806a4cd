//! `[[rules]]`: thresholds for the entities of a source.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `source` | text | the only source | whose entities are watched |
//! | `queue_id` | text | all entities | the queue that is watched, in guide 2's word |
//! | `entity_id` | text | all entities | the same for trunks, edges and the like |
//! | `thresholds` | list of tables | required | when a metric is trouble |
//!
//! A file of guide 2 has `queue_id` and `thresholds` at the top level. They are one more rule set,
//! in which what a threshold leaves out means what it means in guide 2.

use alloc::format;
use alloc::vec::Vec;

use crate::config::name;
use crate::config::source::Source;
use crate::config::threshold::{self, Meaning, RuleSet, Threshold};
use crate::document::{Item, Table};
use crate::limits::RULES_MAX;
use crate::model::config::SourceConfig;
use crate::model::name::EntityId;
use crate::model::rule::Scope;

/// Reads the thresholds of all rule sets, in the order of the file but the top level's first.
pub(super) fn read<'a>(root: &mut Table<'a>, sources: &[Source<'a>]) -> Vec<Threshold<'a>> {
    let mut thresholds = Vec::new();
    let bare = ["queue_id", "entity_id", "thresholds"].map(|key| root.optional(key).is_some());
    if bare.contains(&true) {
        let source = the_only(root, sources);
        rule_set(root, source, Meaning::Guides, &mut thresholds);
    }
    let list = root.optional("rules").and_then(|item| item.list_of(0..=RULES_MAX));
    for mut table in list.iter().flatten().filter_map(Item::table) {
        let source = match table.optional("source") {
            Some(item) => named(&item, sources),
            None => the_only(&table, sources),
        };
        rule_set(&mut table, source, Meaning::Ours, &mut thresholds);
        table.finish();
    }
    thresholds
}

fn rule_set<'a>(
    table: &mut Table<'a>,
    source: Option<&Source<'_>>,
    meaning: Meaning,
    thresholds: &mut Vec<Threshold<'a>>,
) {
    let scope = scope(table, source.and_then(|source| source.config.as_ref()));
    let set = RuleSet { source, scope, meaning };
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
        thresholds.extend(item.table().and_then(|table| threshold::read(table, &set)));
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
            let help = format!("Write source = \"{}\", or another one, in [[rules]].", first.name);
            table.item().refuse(message, help)
        }
    }
}

/// Which entities are meant. An entity that the source never asks for would be silence unnoticed.
fn scope(table: &mut Table<'_>, source: Option<&SourceConfig>) -> Option<Scope> {
    let item = match (table.optional("queue_id"), table.optional("entity_id")) {
        (None, None) => return Some(Scope::All),
        (Some(item), None) | (None, Some(item)) => item,
        (Some(_), Some(item)) => {
            return item.refuse("queue_id says which entity already", "Keep one of the two.");
        }
    };
    asked_for(&item, source).map(Scope::One)
}

/// An entity of a source.
pub(super) fn asked_for(item: &Item<'_>, source: Option<&SourceConfig>) -> Option<EntityId> {
    let entity = name(item, EntityId::new)?;
    match source {
        Some(source) if !source.entities.is_empty() && !source.entities.contains(&entity) => item
            .refuse(
                format!("{} does not ask for \"{entity}\"", source.name),
                "Add it to the list in [[source]], or correct the identifier.",
            ),
        _ => Some(entity),
    }
}
