//! The rows that the operator wrote: the first that fits an entity answers.
//!
//! # Promises
//! - `the_first_row_that_fits_answers`
//! - `a_star_stands_for_any_text`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::model::business::{Business, ContextRow};

/// Rows by what they are about.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<ContextRow>,
    /// The places of the rows without a star, by their entity, so that a large table costs nothing.
    exact: BTreeMap<Box<str>, Vec<usize>>,
    /// The places of the others.
    patterns: Vec<usize>,
}

impl Table {
    pub(super) fn new(rows: Vec<ContextRow>) -> Self {
        let mut table = Self::default();
        for (at, row) in rows.iter().enumerate() {
            if row.entity.contains('*') {
                table.patterns.push(at);
            } else {
                table.exact.entry(row.entity.clone()).or_default().push(at);
            }
        }
        Self { rows, ..table }
    }

    /// What the first row says that fits an entity by its identifier or its name.
    pub(super) fn find(&self, source: &str, entity: &str, name: &str) -> Option<&Business> {
        let of_source = |at: &&usize| {
            let row = self.rows.get(**at);
            row.is_some_and(|row| row.source.as_ref().is_none_or(|own| own.as_str() == source))
        };
        let exact = [entity, name].into_iter().filter_map(|text| self.exact.get(text)).flatten();
        let fits = |at: &&usize| {
            self.rows.get(**at).is_some_and(|row| {
                let pattern = row.entity.as_bytes();
                matches(pattern, entity.as_bytes()) || matches(pattern, name.as_bytes())
            })
        };
        let first_exact = exact.filter(of_source).min();
        let first_pattern = self.patterns.iter().filter(of_source).find(fits);
        let at = first_exact.into_iter().chain(first_pattern).min()?;
        self.rows.get(*at).map(|row| &row.business)
    }
}

/// Whether a text is as a pattern wants it, in which `*` stands for any text.
fn matches(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // Where the last star stood and what it may still take one more byte of.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, text) {
            ([b'*', rest @ ..], _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            ([wanted, rest @ ..], [found, after @ ..]) if wanted == found => {
                (pattern, text) = (rest, after);
            }
            ([], []) => return true,
            _ => match retry {
                Some((rest, [_, after @ ..])) => {
                    retry = Some((rest, after));
                    (pattern, text) = (rest, after);
                }
                Some((_, [])) | None => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::SourceName;

    fn row(source: &str, entity: &str, impact: &str) -> ContextRow {
        let source = SourceName::new(source).ok();
        let business = Business { impact: Some(impact.into()), ..Business::default() };
        ContextRow { source, entity: entity.into(), business }
    }

    #[test]
    fn the_first_row_that_fits_answers() {
        let table = Table::new(Vec::from([
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
        assert_eq!(Table::default().find("cxone", "x", "y"), None);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let fits = |pattern: &str, text: &str| matches(pattern.as_bytes(), text.as_bytes());
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abcbc"),
            ("*b*", "abc"),
            ("a**c", "ac"),
            ("*-us-*-1", "tier-us-west-us-east-1"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*", "b"), ("a*c", "abcb"), ("*b", "abc"), ("a", ""), ("a*a", "a")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        assert!(!fits(&"a*".repeat(60), &"a".repeat(59)));
    }
}
