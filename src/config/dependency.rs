//! `[[dependency]]`: what falls when something else does, so that one outage is one incident.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `parent` | table | required | what is in trouble: `source`, `entity`, `metric`, `labels` |
//! | `children` | table | required | what falls: `source`, `entities`, `metrics`, `labels` |
//! | `kind` | `sure`, `unsure` | `sure` | children of an unsure one are told, and by what |
//! | `hold_child_seconds` | 0 to 600 | 20 | so long a child that begins waits for its parent |
//! | `shadow_seconds` | 0 to 86400 | 180 | so long after the parent has cleared no child is told |
//! | `cooldown_seconds` | 60 to 604800 | none | so long a parent holds its children at the most |
//!
//! `source` is the only source, for children the parent's. `entity` and `entities` are identifiers
//! or names, `*` stands for any text and `?` for one character; left out, they are all. `metric`
//! and `metrics` left out are every metric of them. `labels` are those of their row of context, as
//! in `[[rules]]`. What stands at the parent's end of a dependency is no child of it.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use crate::config::source::Source;
use crate::config::threshold::{self, Threshold};
use crate::config::{rules, scope, seconds};
use crate::document::{Item, Table, Value};
use crate::limits::{DEPENDENCIES_MAX, DEPENDENCY_NAMES_MAX, NAME_BYTES_MAX};
use crate::model::business::Enrichment;
use crate::model::dependency::{Dependency, End, Tie};
use crate::model::metric::{Metric, Subject};
use crate::model::pattern::{is_pattern, matches};
use crate::model::scope::Wanted;
use crate::model::time::Span;

/// Reads every `[[dependency]]`.
pub(super) fn read<'a>(
    root: &mut Table<'a>,
    sources: &[Source<'a>],
    thresholds: &[Threshold<'a>],
    known: &Enrichment,
) -> Vec<Dependency> {
    let list = root.optional("dependency").and_then(|item| item.list_of(1..=DEPENDENCIES_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    let read = tables.filter_map(|table| dependency(table, sources, thresholds, known));
    let read: Vec<_> = read.collect();
    refuse_circles(&read);
    read.into_iter().map(|(dependency, _)| dependency).collect()
}

fn dependency<'a>(
    mut table: Table<'a>,
    sources: &[Source<'a>],
    thresholds: &[Threshold<'a>],
    known: &Enrichment,
) -> Option<(Dependency, Item<'a>)> {
    let help = "Write parent = { entity = \"trunk-*\", metric = \"connected\" }.";
    let parent = table.required("parent", help).and_then(|item| Some((item.table()?, item)));
    let help = "Write children = { entities = [\"tier-*\"] }, or with metrics = [\"...\"].";
    let children = table.required("children", help).and_then(|item| Some((item.table()?, item)));
    let kind = table.optional("kind").map(|item| item.one_of("a kind of dependency", &KINDS));
    let hold_child = seconds(&mut table, "hold_child_seconds", Dependency::HOLD_CHILD, 0..=600);
    let shadow = seconds(&mut table, "shadow_seconds", Dependency::SHADOW, 0..=86_400);
    let cooldown = table
        .optional("cooldown_seconds")
        .and_then(|item| item.integer_in(60..=604_800))
        .map(Span::secs);
    let origin = table.item().origin().into();
    table.finish();
    let (parent_table, parent_item) = parent?;
    let parent = end(parent_table, ("entity", "metric"), None, sources, known);
    let of_parent = parent.as_ref().and_then(|parent| source_of(parent, sources));
    let (children_table, children_item) = children?;
    let children = end(children_table, ("entities", "metrics"), of_parent, sources, known);
    let (parent, children) = (parent?, children?);
    refuse_idle(&parent, &parent_item, sources, thresholds);
    refuse_idle(&children, &children_item, sources, thresholds);
    let tie = kind.unwrap_or(Some(Tie::Sure))?;
    let dependency = Dependency { origin, tie, parent, children, hold_child, shadow, cooldown };
    Some((dependency, children_item))
}

fn end<'a>(
    mut table: Table<'a>,
    (entities, metrics): (&'a str, &'a str),
    of_parent: Option<&Source<'a>>,
    sources: &[Source<'a>],
    known: &Enrichment,
) -> Option<End> {
    let source = match table.optional("source") {
        Some(item) => rules::named(&item, sources),
        None => of_parent.or_else(|| rules::the_only(&table, sources)),
    };
    let entities = match table.optional(entities) {
        None => Some(Vec::new()),
        Some(item) => texts(&item).map(|items| items.iter().filter_map(entity).collect()),
    };
    let metrics = match table.optional(metrics) {
        None => Some(Vec::new()),
        Some(item) => texts(&item).map(|items| {
            let metric = |item: &Item<'_>| threshold::metric(item, source);
            items.iter().filter_map(metric).collect()
        }),
    };
    let labels = table.optional("labels").map(|item| scope::labels(&item, known));
    table.finish();
    let (entities, metrics): (Vec<Box<str>>, Vec<Metric>) = (entities?, metrics?);
    let labels = labels.unwrap_or_else(|| Some(Vec::new()))?;
    Some(End { source: source?.name.clone(), entities, metrics, labels })
}

/// One text, or a list of them.
fn texts<'a>(item: &Item<'a>) -> Option<Vec<Item<'a>>> {
    match item.value() {
        Value::List(_) => item.list_of(1..=DEPENDENCY_NAMES_MAX),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Table(_) => Some(Vec::from([item.clone()])),
    }
}

fn entity(item: &Item<'_>) -> Option<Box<str>> {
    let help = "Write an identifier or a name, * for any text in it.";
    match item.text()? {
        "" => item.refuse("there is nothing in it", help),
        text if text.len() > NAME_BYTES_MAX => item.refuse("no entity has so long a name", help),
        text => Some(text.into()),
    }
}

fn source_of<'s, 'a>(end: &End, sources: &'s [Source<'a>]) -> Option<&'s Source<'a>> {
    sources.iter().find(|source| source.name == end.source)
}

/// Refuses an end at which no alert can ever stand.
fn refuse_idle(end: &End, item: &Item<'_>, sources: &[Source<'_>], thresholds: &[Threshold<'_>]) {
    let name = &end.source;
    // Of what the hub sees of a source by itself there is always a rule.
    if end.metrics.iter().any(|metric| metric.about() == Subject::Source) {
        return;
    }
    let definition = source_of(end, sources).and_then(|source| source.definition);
    let takes_webhooks = definition.is_none_or(|definition| definition.takes_webhooks);
    let is_told = takes_webhooks && end.takes(Metric::EVENT_SEVERITY);
    let is_watched = |threshold: &Threshold<'_>| {
        threshold.rule.source == *name && end.takes(threshold.rule.metric)
    };
    if !is_told && !thresholds.iter().any(is_watched) {
        let of = match end.metrics.as_slice() {
            [] => format!("nothing of {name}"),
            metrics => {
                let names: Vec<&str> = metrics.iter().map(|metric| metric.short()).collect();
                format!("{} of {name}", names.join(", "))
            }
        };
        let message = format!("no threshold watches {of}, so no alert can stand here");
        item.refuse::<()>(message, "Add a threshold for it to [[rules]], or correct the metric.");
    }
}

/// Refuses dependencies by which an alert could stand above itself. What meets the next one's
/// parents goes on to its children; those that are parents of the same dependency are none.
fn refuse_circles(all: &[(Dependency, Item<'_>)]) {
    let leads = |from: &Dependency, to: &Dependency| {
        meet(&from.children, &to.parent) && !covers(&from.parent, &to.parent)
    };
    let next: Vec<Vec<usize>> = all
        .iter()
        .enumerate()
        .map(|(at, (from, _))| {
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            others.filter(|(_, (to, _))| leads(from, to)).map(|(other, _)| other).collect()
        })
        .collect();
    // Taken away one after the other, those that lead nowhere and those that nothing leads to leave
    // the circles.
    let mut rest: BTreeSet<usize> = (0..all.len()).collect();
    loop {
        let leads_on =
            |at: &usize| next.get(*at).is_some_and(|to| to.iter().any(|n| rest.contains(n)));
        let is_led_to =
            |at: &usize| rest.iter().any(|from| next.get(*from).is_some_and(|to| to.contains(at)));
        let before = rest.len();
        rest = rest.iter().copied().filter(|at| leads_on(at) && is_led_to(at)).collect();
        if rest.len() == before {
            break;
        }
    }
    let last = rest.last().and_then(|last| Some((all.get(*last)?, next.get(*last)?)));
    let Some(((_, item), next)) = last else { return };
    let other = next.iter().filter(|next| rest.contains(next)).filter_map(|next| all.get(*next));
    let other = other.map(|(other, _)| &*other.origin).next().unwrap_or_default();
    let message =
        format!("an alert could stand above itself: by {other} they lead back to what holds them");
    item.refuse::<()>(message, "Name the metrics or entities, so that each leads only downwards.");
}

/// Whether an alert can stand at both ends.
fn meet(one: &End, other: &End) -> bool {
    let metrics = Metric::all().any(|metric| one.takes(metric) && other.takes(metric));
    let either_all = one.entities.is_empty() || other.entities.is_empty();
    let of_both = |one: &str| other.entities.iter().any(|other| patterns_meet(one, other));
    one.source == other.source
        && metrics
        && (either_all || one.entities.iter().any(|one| of_both(one)))
        && labels_meet(&one.labels, &other.labels)
}

/// Whether an entity can have the labels of both: of each it has one.
fn labels_meet(one: &[Wanted], other: &[Wanted]) -> bool {
    one.iter().all(|(label, texts)| {
        let same = other.iter().find(|(other, _)| other == label);
        same.is_none_or(|(_, others)| {
            texts.iter().any(|one| others.iter().any(|other| patterns_meet(one, other)))
        })
    })
}

/// Whether every alert at the `inner` end stands at the `outer` one.
fn covers(outer: &End, inner: &End) -> bool {
    let metrics = Metric::all().all(|metric| !inner.takes(metric) || outer.takes(metric));
    // A star of the inner pattern is a text that only a star of the outer one takes.
    let is_outer = |outer: &str, inner: &str| {
        outer == inner || (!outer.contains('?') && matches(outer, inner))
    };
    let all = |outer: &[Box<str>], inner: &[Box<str>]| {
        let taken = |inner: &str| outer.iter().any(|outer| is_outer(outer, inner));
        !inner.is_empty() && inner.iter().all(|inner| taken(inner))
    };
    let entities = outer.entities.is_empty() || all(&outer.entities, &inner.entities);
    let labels = outer.labels.iter().all(|(label, texts)| {
        inner.labels.iter().any(|(inner, inner_texts)| inner == label && all(texts, inner_texts))
    });
    outer.source == inner.source && metrics && entities && labels
}

/// Whether there is a text that both patterns take.
fn patterns_meet(one: &str, other: &str) -> bool {
    match (is_pattern(one), is_pattern(other)) {
        (false, _) => matches(other, one),
        (_, false) => matches(one, other),
        (true, true) => stars_meet(one, other),
    }
}

/// Goes from the end of `one` to its beginning; `meets[from]` is whether the rest of it and of
/// `other` from there on have a text in common.
fn stars_meet(one: &str, other: &str) -> bool {
    let other: Vec<char> = other.chars().collect();
    let only_stars = |rest: &[char]| rest.iter().all(|sign| *sign == '*');
    let rests = (0..=other.len()).map(|from| other.get(from..).unwrap_or_default());
    let mut meets: Vec<bool> = rests.map(only_stars).collect();
    for sign in one.chars().rev() {
        let below = core::mem::take(&mut meets);
        // From the last place to the first, each asks the one after it.
        let mut after = false;
        for (from, straight) in below.iter().enumerate().rev() {
            let across = below.get(from.saturating_add(1)).copied().unwrap_or(false);
            after = match (sign, other.get(from)) {
                ('*', _) | (_, Some('*')) => *straight || after,
                (_, None) => false,
                (sign, Some(next)) => across && (sign == *next || sign == '?' || *next == '?'),
            };
            meets.push(after);
        }
        meets.reverse();
    }
    meets.first().copied().unwrap_or(false)
}

const KINDS: [(&str, Tie); 2] = [("sure", Tie::Sure), ("unsure", Tie::Unsure)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::SourceName;

    #[test]
    fn an_entity_has_one_text_for_a_label() {
        let labels = |labels: &[(&str, &[&str])]| -> Vec<Wanted> {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).into()).collect();
            labels.iter().map(|(label, all)| ((*label).into(), texts(all))).collect()
        };
        let haifa = labels(&[("site", &["Haifa"])]);
        let others = labels(&[("site", &["Leeds", "Ha?"]), ("unit", &["*"])]);
        let sales = labels(&[("unit", &["Sales"])]);
        assert!(!labels_meet(&haifa, &others) && !labels_meet(&others, &haifa));
        assert!(labels_meet(&haifa, &haifa) && labels_meet(&sales, &others));
        assert!(
            labels_meet(&haifa, &sales) && labels_meet(&haifa, &[]) && labels_meet(&[], &haifa)
        );
        let end = |labels| End {
            source: SourceName::new("cxone").unwrap(),
            entities: Vec::new(),
            metrics: Vec::new(),
            labels,
        };
        let all = end(Vec::new());
        let (haifa, both) = (end(haifa), end(labels(&[("site", &["Haifa"]), ("unit", &["x"])])));
        assert!(covers(&all, &haifa) && covers(&haifa, &both) && covers(&haifa, &haifa));
        assert!(!covers(&haifa, &all) && !covers(&both, &haifa));
    }

    #[test]
    fn two_patterns_meet_where_one_text_is_taken_by_both() {
        for (one, other) in [
            ("a*", "*b"),
            ("*", "*"),
            ("a*c", "ab*"),
            ("tier-*", "tier-1"),
            ("*-1", "trunk-*"),
            ("a*b*c", "*b*"),
            ("*", ""),
            ("tier-?", "*2"),
            ("??*", "a?"),
        ] {
            assert!(patterns_meet(one, other) && patterns_meet(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("a*", "b*"),
            ("*a", "*b"),
            ("a*b", "a*c"),
            ("tier-*", "trunk-*"),
            ("aa*aa", "aaa"),
            ("?", "a?*"),
            ("a?", "?b*c"),
        ] {
            assert!(!patterns_meet(one, other) && !patterns_meet(other, one), "{one} {other}");
        }
    }
}
