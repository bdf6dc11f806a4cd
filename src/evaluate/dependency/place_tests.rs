//! Where alerts stand, for [`super::index`].

use alloc::format;

use super::tests::{Centre, end, trunks, under};
use super::*;
use crate::model::business::{Business, ContextRow};
use crate::model::dependency::End;

/// Which of the dependencies an alert about this entity is a parent and a child of.
fn places(dependencies: &[Dependency], entity: &str) -> (Vec<usize>, Vec<usize>) {
    places_with(dependencies, entity, &ContextTable::default())
}

fn places_with(
    dependencies: &[Dependency],
    entity: &str,
    context: &ContextTable,
) -> (Vec<usize>, Vec<usize>) {
    let mut centre = Centre::new(&[]);
    centre.waiting(entity, 20.0, 100);
    let mut alert = centre.alert(entity).clone();
    alert.entity_name = format!("{entity} by name").into();
    let index = Index::new(dependencies);
    let Places { parent_of, child_of } = index.places(&alert, dependencies, context);
    (parent_of.into_vec(), child_of.into_vec())
}

#[test]
fn an_alert_is_found_by_its_source_and_name() {
    let elsewhere = |end: End| End { source: SourceName::new("other").unwrap(), ..end };
    let of_other = |one: Dependency| Dependency {
        parent: elsewhere(one.parent),
        children: elsewhere(one.children),
        ..one
    };
    let waits = |end: End| End { metrics: Vec::from([Metric::DATA_AGE]), ..end };
    let dependencies = [
        under(1, "trunk-1", &["tier-1", "tier-2"]),
        under(2, "tier-1", &["*"]),
        under(3, "x", &["tier-1 by name"]),
        of_other(under(4, "tier-1", &["tier-*"])),
        Dependency { parent: waits(end(&["tier-1"])), ..under(5, "", &["y"]) },
    ];
    assert_eq!(places(&dependencies, "tier-1"), (Vec::from([1]), Vec::from([0, 2])));
    assert_eq!(places(&dependencies, "tier-2"), (Vec::new(), Vec::from([0, 1])));
    assert_eq!(places(&dependencies, "trunk-1"), (Vec::from([0]), Vec::from([1])));
}

#[test]
fn an_end_takes_what_has_its_labels() {
    let row = |entity: &str, site: &str| ContextRow {
        source: None,
        entity: entity.into(),
        business: Business::default(),
        labels: Vec::from([("site".into(), site.into())]),
    };
    let context = ContextTable::new(Vec::from([
        row("tier-1", "Haifa"),
        row("tier-2 by name", "Haifa"),
        row("tier-*", "Leeds"),
        row("trunk-*", "Haifa"),
    ]));
    let at = |site: &str, end: End| {
        let labels = Vec::from([("site".into(), Vec::from([site.into()]))]);
        End { labels, ..end }
    };
    let dependencies = [
        Dependency { children: at("Haifa", end(&[])), ..trunks() },
        Dependency { children: at("L*", end(&["tier-*"])), ..trunks() },
        Dependency { parent: at("Haifa", end(&["tier-?"])), ..under(3, "", &["trunk-1"]) },
    ];
    let places = |entity| places_with(&dependencies, entity, &context);
    assert_eq!(places("tier-1"), (Vec::from([2]), Vec::from([0])));
    assert_eq!(places("tier-2"), (Vec::from([2]), Vec::from([0])));
    assert_eq!(places("tier-3"), (Vec::new(), Vec::from([1])));
    assert_eq!(places("trunk-1"), (Vec::from([0, 1]), Vec::from([2])), "no child of its own");
    assert_eq!(places("other"), (Vec::new(), Vec::new()), "nothing is known of it");
}

#[test]
fn what_stands_above_is_not_below() {
    let all = [under(1, "trunk-*", &["*"]), under(2, "trunk-1", &[])];
    assert_eq!(places(&all, "trunk-1"), (Vec::from([0, 1]), Vec::new()));
    assert_eq!(places(&all, "trunk-2"), (Vec::from([0]), Vec::from([1])));
}
