//! The rows that the operator wrote: the first that fits an entity answers.
//!
//! # Promises
//! - `the_first_row_that_fits_answers`
//! - `the_labels_of_an_entity_are_those_of_its_row`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::model::business::{Business, ContextRow};
use crate::model::pattern::{is_pattern, matches};

/// Rows by what they are about.
#[derive(Debug, Default)]
pub struct ContextTable {
    rows: Vec<ContextRow>,
    /// The places of the rows that are no patterns, by their entity, so that a large table costs
    /// nothing.
    exact: BTreeMap<Box<str>, Vec<usize>>,
    /// The places of the others.
    patterns: Vec<usize>,
}

impl ContextTable {
    /// The rows of the config and then those of the CSV file.
    #[must_use]
    pub fn new(rows: Vec<ContextRow>) -> Self {
        let mut table = Self::default();
        for (at, row) in rows.iter().enumerate() {
            if is_pattern(&row.entity) {
                table.patterns.push(at);
            } else {
                table.exact.entry(row.entity.clone()).or_default().push(at);
            }
        }
        Self { rows, ..table }
    }

    /// What the first row says that fits an entity by its identifier or its name.
    #[must_use]
    pub fn find(&self, source: &str, entity: &str, name: &str) -> Option<&Business> {
        self.row(source, entity, name).map(|row| &row.business)
    }

    /// The first row that fits an entity.
    #[must_use]
    pub fn row(&self, source: &str, entity: &str, name: &str) -> Option<&ContextRow> {
        let of_source = |at: &&usize| {
            let row = self.rows.get(**at);
            row.is_some_and(|row| row.source.as_ref().is_none_or(|own| own.as_str() == source))
        };
        let exact = [entity, name].into_iter().filter_map(|text| self.exact.get(text)).flatten();
        let fits = |at: &&usize| {
            self.rows
                .get(**at)
                .is_some_and(|row| matches(&row.entity, entity) || matches(&row.entity, name))
        };
        let first_exact = exact.filter(of_source).min();
        let first_pattern = self.patterns.iter().filter(of_source).find(fits);
        let at = first_exact.into_iter().chain(first_pattern).min()?;
        self.rows.get(*at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::SourceName;

    fn row(source: &str, entity: &str, impact: &str) -> ContextRow {
        let source = SourceName::new(source).ok();
        let business = Business { impact: Some(impact.into()), ..Business::default() };
        ContextRow { source, entity: entity.into(), business, labels: Vec::new() }
    }

    #[test]
    fn the_first_row_that_fits_answers() {
        let table = ContextTable::new(Vec::from([
            row("other", "tier-2", "elsewhere"),
            row("", "Tier 9", "by name"),
            row("", "tier-*", "pattern"),
            row("", "tier-2", "too late"),
            row("", "queue", "exact"),
            row("", "*", "any"),
        ]));
        let find = |source, entity, name| {
            table.find(source, entity, name).and_then(|found| found.impact.as_deref())
        };
        assert_eq!(find("cxone", "tier-2", "x"), Some("pattern"));
        assert_eq!(find("other", "tier-2", "x"), Some("elsewhere"));
        assert_eq!(find("cxone", "q9", "Tier 9"), Some("by name"));
        assert_eq!(find("cxone", "queue", "q"), Some("exact"));
        assert_eq!(find("cxone", "q8", "tier-8"), Some("pattern"));
        assert_eq!(find("cxone", "x", "y"), Some("any"));
        assert_eq!(ContextTable::default().find("cxone", "x", "y"), None);
    }

    #[test]
    fn the_labels_of_an_entity_are_those_of_its_row() {
        let mut support = row("", "tier-?", "risk");
        support.business.unit = Some("Support".into());
        support.labels = Vec::from([("site".into(), "Haifa".into())]);
        let table = ContextTable::new(Vec::from([support, row("", "*", "any")]));
        let label = |entity, key| table.row("cxone", entity, "").and_then(|row| row.label(key));
        assert_eq!(label("tier-2", "site"), Some("Haifa"));
        assert_eq!(label("tier-2", "unit"), Some("Support"));
        assert_eq!(label("tier-2", "business_impact"), Some("risk"));
        assert_eq!(label("tier-2", "owner"), None);
        assert_eq!(label("tier-22", "site"), None, "another row is its first");
    }
}
