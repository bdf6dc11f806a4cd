//! Which entities of a source a rule is about.
//!
//! # Promises
//! - `a_selection_takes_what_fits_each_of_its_parts`

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::business::ContextRow;
use crate::model::context::ContextTable;
use crate::model::name::EntityId;
use crate::model::pattern::matches;

/// Which entities of a source a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every entity that the source reports.
    All,
    /// This one.
    One(EntityId),
    /// Those that a selection takes.
    Some(Box<Selection>),
}

/// Entities by how they are called and labelled. A part that is empty asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Selection {
    /// Patterns, one of which fits the identifier or the name.
    pub entities: Vec<Box<str>>,
    /// Patterns, none of which fits either.
    pub exclude: Vec<Box<str>>,
    /// Those of the entity's row of context.
    pub labels: Vec<Wanted>,
}

/// A label, and patterns, one of which fits its text.
pub type Wanted = (Box<str>, Vec<Box<str>>);

/// An entity, as scopes look at it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The source that reports it.
    pub source: &'a str,
    /// The platform's identifier.
    pub id: &'a EntityId,
    /// As people call it.
    pub name: &'a str,
}

impl Scope {
    /// Whether the scope takes an entity in, with what the operator wrote of entities.
    #[must_use]
    pub fn takes(&self, entity: Candidate<'_>, context: &ContextTable) -> bool {
        match self {
            Self::All => true,
            Self::One(id) => id == entity.id,
            Self::Some(selection) => selection.takes(entity, context),
        }
    }
}

impl Selection {
    fn takes(&self, entity: Candidate<'_>, context: &ContextTable) -> bool {
        let is_called =
            |pattern: &str| matches(pattern, entity.id.as_str()) || matches(pattern, entity.name);
        let one_is_called = |patterns: &[Box<str>]| patterns.iter().any(|one| is_called(one));
        let by_name = self.entities.is_empty() || one_is_called(&self.entities);
        if !by_name || one_is_called(&self.exclude) {
            return false;
        }
        let row = || context.row(entity.source, entity.id.as_str(), entity.name);
        self.labels.is_empty() || row().is_some_and(|row| are_of(&self.labels, row))
    }
}

/// Whether a row of context has all of these labels.
#[must_use]
pub fn are_of(labels: &[Wanted], row: &ContextRow) -> bool {
    labels.iter().all(|(key, patterns)| {
        row.label(key).is_some_and(|text| patterns.iter().any(|one| matches(one, text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::business::{Business, ContextRow};

    fn row(entity: &str, unit: &str, site: &str) -> ContextRow {
        let business = Business { unit: Some(unit.into()), ..Business::default() };
        let labels = Vec::from([("site".into(), site.into())]);
        ContextRow { source: None, entity: entity.into(), business, labels }
    }

    #[test]
    fn a_selection_takes_what_fits_each_of_its_parts() {
        let context = ContextTable::new(Vec::from([
            row("tier-1", "Support", "Haifa"),
            row("tier-2", "Support", "Leeds"),
            row("sales", "Sales", "Haifa"),
        ]));
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).into()).collect::<Vec<Box<str>>>();
        let takes = |entities: &[&str], exclude: &[&str], labels: &[(&str, &[&str])]| {
            let labels = labels.iter().map(|(key, any)| ((*key).into(), texts(any))).collect();
            let (entities, exclude) = (texts(entities), texts(exclude));
            let scope = Scope::Some(Box::new(Selection { entities, exclude, labels }));
            let all = [("tier-1", "First"), ("tier-2", "VIP line"), ("sales", "Sales"), ("x", "x")];
            let taken = all.iter().filter(|(id, name)| {
                let id = EntityId::new(id).unwrap();
                scope.takes(Candidate { source: "cxone", id: &id, name }, &context)
            });
            taken.map(|(id, _)| *id).collect::<Vec<&str>>()
        };
        assert_eq!(takes(&["tier-*"], &[], &[]), ["tier-1", "tier-2"]);
        assert_eq!(takes(&["VIP*", "sales"], &[], &[]), ["tier-2", "sales"]);
        assert_eq!(takes(&[], &["tier-?"], &[]), ["sales", "x"]);
        assert_eq!(takes(&["tier-*"], &["VIP*"], &[]), ["tier-1"]);
        assert_eq!(takes(&[], &[], &[("site", &["Haifa"])]), ["tier-1", "sales"]);
        let both: &[(&str, &[&str])] = &[("site", &["Haifa"]), ("unit", &["Support"])];
        assert_eq!(takes(&[], &[], both), ["tier-1"]);
        assert_eq!(takes(&[], &[], &[("site", &["Lee*", "Haifa"])]), ["tier-1", "tier-2", "sales"]);
        assert_eq!(takes(&[], &[], &[("colour", &["*"])]), [""; 0], "nobody has that label");
    }
}
