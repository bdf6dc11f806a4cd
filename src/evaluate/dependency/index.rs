//! Where alerts stand in the dependency graph: at which ends of which dependencies.
//!
//! # Promises
//! - `an_alert_is_found_by_its_source_and_name`: alerts of other entities cost nothing.
//! - `an_end_takes_what_has_its_labels`
//! - `what_stands_above_is_not_below`: a parent is no child of its own dependency.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::model::alert::Alert;
use crate::model::context::ContextTable;
use crate::model::dependency::{Dependency, End};
use crate::model::name::SourceName;
use crate::model::pattern::is_pattern;

/// The dependencies by the sources and entities at their ends.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_source: BTreeMap<SourceName, Ends>,
}

/// The dependencies in which an alert stands, by their index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) parent_of: Box<[usize]>,
    pub(super) child_of: Box<[usize]>,
}

/// The ends at one source.
#[derive(Debug, Default)]
struct Ends {
    /// By the identifiers and names that are no patterns.
    exact: BTreeMap<Box<str>, Vec<Place>>,
    /// With a pattern, or over every entity.
    others: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    dependency: usize,
    side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Parent,
    Child,
}

impl Index {
    pub(super) fn new(dependencies: &[Dependency]) -> Self {
        let mut index = Self::default();
        for (at, dependency) in dependencies.iter().enumerate() {
            index.add(&dependency.parent, Place { dependency: at, side: Side::Parent });
            index.add(&dependency.children, Place { dependency: at, side: Side::Child });
        }
        index
    }

    /// Where an alert stands.
    pub(super) fn places(
        &self,
        alert: &Alert,
        dependencies: &[Dependency],
        context: &ContextTable,
    ) -> Places {
        let Some(ends) = self.by_source.get(&alert.source) else { return Places::default() };
        let names = [alert.entity.as_str(), &*alert.entity_name];
        let exact = names.into_iter().filter_map(|name| ends.exact.get(name)).flatten();
        let (mut parent_of, mut child_of) = (BTreeSet::new(), BTreeSet::new());
        for place in exact.chain(&ends.others) {
            let Some(dependency) = dependencies.get(place.dependency) else { continue };
            let (end, found) = match place.side {
                Side::Parent => (&dependency.parent, &mut parent_of),
                Side::Child => (&dependency.children, &mut child_of),
            };
            if end.fits(alert, context) {
                found.insert(place.dependency);
            }
        }
        child_of.retain(|at| !parent_of.contains(at));
        let list = |set: BTreeSet<usize>| set.into_iter().collect();
        Places { parent_of: list(parent_of), child_of: list(child_of) }
    }

    fn add(&mut self, end: &End, place: Place) {
        let ends = self.by_source.entry(end.source.clone()).or_default();
        for entity in &end.entities {
            if !is_pattern(entity) {
                ends.exact.entry(entity.clone()).or_default().push(place);
            }
        }
        if end.entities.is_empty() || end.entities.iter().any(|entity| is_pattern(entity)) {
            ends.others.push(place);
        }
    }
}

impl Places {
    pub(super) const fn is_empty(&self) -> bool {
        self.parent_of.is_empty() && self.child_of.is_empty()
    }
}
