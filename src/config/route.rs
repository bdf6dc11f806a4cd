//! `[[route]]`: who hears of which alerts, asked in the file's order.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `match` | table | every alert | which alerts it takes, see [`crate::config::matcher`] |
//! | `target` or `targets` | text; list of texts | required | told at once |
//! | `digest` | true, false | false | instead of targets: all enters the digest |
//! | `continue` | true, false | false | whether the routes after it are asked, too |
//! | `repeat_seconds` | list of 60 to 604800 | as `[routes]` | when what goes on is told again |
//! | `ladder` | list of tables | see below | who hears of what lasts, see `config/ladder.rs` |
//! | `escalation_minutes` | 1 to 10080 | none | instead: a rung for the next more urgent priority |
//! | `suppression_windows` | list of texts | none | windows in which its targets hear nothing |
//!
//! Without `ladder` and `escalation_minutes` a breach is escalated as its rule says, to the
//! targets of the next more urgent priority.
//!
//! `routing_rules` is the same list by guide 1's name, for its file as it stands. That has no
//! default, so what none of its rules takes goes to the targets of the last.
//!
//! `[routes]` follows after them: `P1 = { .. }` is a route for `match = { priority = "P1" }`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::hours::Named;
use crate::config::source::Source;
use crate::config::target::Target;
use crate::config::{ladder, matcher, routes};
use crate::document::{Item, Table, Value};
use crate::limits::{ROUTE_WINDOWS_MAX, ROUTES_MAX};
use crate::model::config::Digest;
use crate::model::matcher::Matcher;
use crate::model::name::TargetName;
use crate::model::route::{Route, Rung};
use crate::model::time::Span;
use crate::model::window::Window;

/// What routes refer to.
pub(super) struct Known<'k, 'a> {
    pub(super) targets: &'k [Target<'a>],
    pub(super) sources: &'k [Source<'a>],
    pub(super) hours: &'k [Named<'a>],
    pub(super) digest: &'k Digest,
    pub(super) windows: &'k [Window],
    /// What a route repeats that does not say.
    pub(super) repeats: &'k [Span],
}

/// A route where it stands, whether or not all of it is right.
pub(super) struct Written<'a> {
    pub(super) form: Form,
    pub(super) item: Item<'a>,
    /// Nothing where its `match` has a problem.
    pub(super) matcher: Option<Matcher>,
    pub(super) route: Route,
}

/// How a route is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In a list.
    List,
    /// Under `[routes]`.
    Short,
}

/// Reads every `[[route]]`, or guide 1's `routing_rules`, and then `[routes]`.
pub(super) fn read<'a>(root: &mut Table<'a>, known: &Known<'_, 'a>) -> Vec<Written<'a>> {
    let list = root.optional("route");
    let guides = root.optional("routing_rules");
    if let (Some(_), Some(second)) = (&list, &guides) {
        let help = "Write all of them as [[route]], or all as routing_rules.";
        second.refuse::<()>("the file has [[route]], too", help);
    }
    let read = |item: &Item<'a>| item.list_of(1..=ROUTES_MAX).unwrap_or_default();
    let items = list.as_ref().or(guides.as_ref()).into_iter().flat_map(read);
    let tables = items.filter_map(|item| Some((item.table()?, item)));
    let mut written: Vec<Written<'a>> =
        tables.map(|(table, item)| one(table, item, known)).collect();
    let is_alone = list.is_none() && guides.is_none();
    let has_short_form = routes::read(root, known, is_alone, &mut written);
    let takes_all = |one: &Written<'_>| one.matcher.as_ref().is_none_or(Matcher::is_empty);
    if guides.is_some() && !has_short_form && !written.iter().any(takes_all) {
        written.extend(written.last().map(the_rest));
    }
    written
}

/// What none of guide 1's rules takes.
fn the_rest<'a>(last: &Written<'a>) -> Written<'a> {
    let route = Route {
        origin: format!("{}, for what no rule takes", last.route.origin).into(),
        targets: last.route.targets.clone(),
        repeats: last.route.repeats.clone(),
        ladder: Vec::from([Rung::default()]),
        ..Route::default()
    };
    let matcher = Some(Matcher::default());
    Written { form: Form::List, item: last.item.clone(), matcher, route }
}

fn one<'a>(mut table: Table<'a>, item: Item<'a>, known: &Known<'_, 'a>) -> Written<'a> {
    let matching = table.optional("match");
    let matcher = match &matching {
        Some(item) => matched(item, known),
        None => Some(Matcher::default()),
    };
    let digest_only = table.optional("digest");
    let targets = told(&mut table, digest_only.as_ref(), known);
    let continues = table.optional("continue");
    let digest_only = digest_only.as_ref().and_then(Item::flag).unwrap_or(false);
    if let Some(continues) = continues.as_ref().filter(|item| item.flag() == Some(true))
        && digest_only
    {
        let help = "Put it after the routes that tell at once, without continue.";
        continues.refuse::<()>("how it is told is what the first route says: in the digest", help);
    }
    let repeats = table.optional("repeat_seconds").and_then(|item| routes::lengths(&item));
    let route = Route {
        origin: item.origin().into(),
        matcher: matcher.clone().unwrap_or_default(),
        targets,
        digest_only,
        repeats: repeats.unwrap_or_else(|| known.repeats.into()),
        continues: continues.and_then(|item| item.flag()).unwrap_or(false),
        ladder: ladder::read(&mut table, known),
        windows: table
            .optional("suppression_windows")
            .map(|item| windows(&item, known.windows))
            .unwrap_or_default(),
    };
    table.finish();
    Written { form: Form::List, item, matcher, route }
}

fn matched(item: &Item<'_>, known: &Known<'_, '_>) -> Option<Matcher> {
    let sources = known.sources.iter();
    let tenants: Vec<matcher::Tenant<'_>> = sources
        .map(|source| {
            (source.name.as_str(), source.definition.map_or("", |definition| &*definition.platform))
        })
        .collect();
    let matcher = matcher::read_matcher(item, &tenants)?;
    if matcher.urgencies().is_empty() {
        let help = "Alerts begin as critical (P1), medium (P2) or low (P3), and a route does not \
                    change when they are escalated.";
        return item.refuse("no alert is both of this severity and of this priority", help);
    }
    Some(matcher)
}

/// `target` or `targets`, one of them, or neither with `digest = true`.
fn told<'a>(
    table: &mut Table<'a>,
    digest_only: Option<&Item<'a>>,
    known: &Known<'_, 'a>,
) -> Vec<TargetName> {
    let (one, many) = (table.optional("target"), table.optional("targets"));
    if let (Some(one), Some(_)) = (&one, &many) {
        one.refuse::<()>("target and targets say the same", "Keep targets = [\"...\"].");
    }
    let told = many.or(one);
    routes::reaches_somebody(table, told.as_ref(), digest_only, known.digest);
    match told {
        Some(item) if matches!(item.value(), Value::Text(_)) => {
            routes::target(&item, known.targets).into_iter().collect()
        }
        Some(item) => routes::names(&item, known.targets, 1),
        None => Vec::new(),
    }
}

/// The names of maintenance windows, each once.
fn windows(item: &Item<'_>, known: &[Window]) -> Vec<Box<str>> {
    let words: Vec<_> = known.iter().map(|window| (window.name.as_str(), &window.name)).collect();
    let mut names: Vec<Box<str>> = Vec::new();
    for item in item.list_of(0..=ROUTE_WINDOWS_MAX).unwrap_or_default() {
        let name = if words.is_empty() {
            item.refuse("there is no [[window]]", "Add a [[window]] of this name.")
        } else {
            item.one_of("the name of a window", &words)
        };
        let Some(name) = name else { continue };
        if names.iter().any(|known| **known == *name.as_str()) {
            item.refuse::<()>(format!("\"{name}\" stands twice"), "Keep one of the two.");
        }
        names.push(name.as_str().into());
    }
    names
}
