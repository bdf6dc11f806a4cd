//! Which entities a rule set is about.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `queue_id` | text | all entities | the queue that is watched, in guide 2's word |
//! | `entity_id` | text | all entities | the same for trunks, edges and the like |
//! | `entities` | list of texts | all entities | identifiers or names; with `*` and `?` |
//! | `exclude` | list of texts | none | those that are left out, in the same way |
//! | `labels` | table | none | what `[[context]]` says of them: `{ unit = "Support" }` |

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::name;
use crate::config::source::Source;
use crate::document::{Item, Table, Value};
use crate::limits::{LABELS_MAX, NAME_BYTES_MAX, SCOPE_PATTERNS_MAX};
use crate::model::business::{Enrichment, OWN_LABELS};
use crate::model::config::SourceConfig;
use crate::model::name::EntityId;
use crate::model::near::nearest;
use crate::model::rule::Scope;
use crate::model::scope::{Selection, Wanted, are_of};

/// Reads the scope of a rule set. An entity that the source never asks for would be silence
/// unnoticed.
pub(super) fn read(
    table: &mut Table<'_>,
    source: Option<&Source<'_>>,
    known: &Enrichment,
) -> Option<Scope> {
    let source = source.and_then(|source| source.config.as_ref());
    let one = match (table.optional("queue_id"), table.optional("entity_id")) {
        (Some(_), Some(item)) => {
            return item.refuse("queue_id says which entity already", "Keep one of the two.");
        }
        (one, other) => one.or(other),
    };
    let some = ["entities", "exclude", "labels"].map(|key| table.optional(key));
    match (one, &some) {
        (None, [None, None, None]) => Some(Scope::All),
        (Some(item), [None, None, None]) => asked_for(&item, source).map(Scope::One),
        (None, [entities, exclude, labels]) => {
            let entities = entities.as_ref().map_or(Some(Vec::new()), |item| patterns(item, 1));
            let exclude = exclude.as_ref().map_or(Some(Vec::new()), |item| patterns(item, 0));
            let labels = labels.as_ref().map_or(Some(Vec::new()), |item| self::labels(item, known));
            let (entities, exclude, labels) = (entities?, exclude?, labels?);
            Some(Scope::Some(Box::new(Selection { entities, exclude, labels })))
        }
        (Some(_), [entities, exclude, labels]) => {
            let item = [entities, exclude, labels].into_iter().flatten().next()?;
            let help = "Take queue_id or entity_id out, or keep it alone.";
            item.refuse("one entity is chosen already", help)
        }
    }
}

/// An entity of a source.
pub(super) fn asked_for(item: &Item<'_>, source: Option<&SourceConfig>) -> Option<EntityId> {
    let entity = name(item, EntityId::new)?;
    refuse_unasked(item, entity.as_str(), source)?;
    Some(entity)
}

fn refuse_unasked(item: &Item<'_>, entity: &str, source: Option<&SourceConfig>) -> Option<()> {
    match source {
        Some(source)
            if !source.entities.is_empty()
                && !source.entities.iter().any(|known| known.as_str() == entity) =>
        {
            item.refuse(
                format!("{} does not ask for \"{entity}\"", source.name),
                "Add it to the list in [[source]], or correct the identifier.",
            )
        }
        _ => Some(()),
    }
}

/// A list of patterns.
fn patterns(item: &Item<'_>, least: usize) -> Option<Vec<Box<str>>> {
    let items = item.list_of(least..=SCOPE_PATTERNS_MAX)?;
    items.iter().map(pattern).collect::<Vec<_>>().into_iter().collect()
}

fn pattern(item: &Item<'_>) -> Option<Box<str>> {
    match item.text()? {
        "" => item.refuse("there is nothing in it", "Write a name, or * for any text."),
        text if text.len() > NAME_BYTES_MAX => {
            item.refuse("nothing has so long a name", "Write * for the rest of it.")
        }
        text => Some(text.into()),
    }
}

/// Labels that no row has would take nothing in. Those of a CSV file are not known yet.
pub(super) fn labels(item: &Item<'_>, known: &Enrichment) -> Option<Vec<Wanted>> {
    let mut table = item.table()?;
    let entries = table.rest();
    if entries.is_empty() {
        return item.refuse("it asks for nothing", "Write labels = { unit = \"Support\" }.");
    }
    if entries.len() > LABELS_MAX {
        let help = "Keep the labels that say most.";
        return item.refuse(format!("there are more than {LABELS_MAX} labels"), help);
    }
    let wanted = |(key, item): (&str, Item<'_>)| {
        let free = known.rows.iter().flat_map(|row| &row.labels).map(|(label, _)| &**label);
        let mut all = OWN_LABELS.into_iter().chain(free);
        if known.csv.is_none() && !all.clone().any(|label| label == key) {
            let help = match nearest(key, &mut all) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("Say it there: labels = {{ {key} = \"...\" }}."),
            };
            return item.refuse(format!("no [[context]] has the label \"{key}\""), help);
        }
        let texts = if matches!(item.value(), Value::Text(_)) {
            Vec::from([pattern(&item)?])
        } else {
            patterns(&item, 1)?
        };
        Some((key.into(), texts))
    };
    let wanted = entries.into_iter().map(wanted).collect::<Vec<_>>();
    let labels = wanted.into_iter().collect::<Option<Vec<Wanted>>>()?;
    if known.csv.is_none() && !known.rows.iter().any(|row| are_of(&labels, row)) {
        let help = "Correct them there or here: as they stand they take nothing in.";
        return item.refuse("no [[context]] has all of these labels", help);
    }
    Some(labels)
}
