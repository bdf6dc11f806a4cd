//! `[routes]` and `[digest]`: who hears of what by priority alone, after every `[[route]]`.
//!
//! Under `[routes]`, `P1`, `P2` and `P3` each take a table:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `targets` | list of texts | none | told at once |
//! | `escalate_to` | list of texts | targets of the next priority up | told at an escalation |
//! | `digest` | true, false | false | nothing is told at once, everything enters the digest |
//! | `repeat_seconds` | list of 60 to 604800 | see below | when what goes on is told again |
//!
//! `repeat_seconds` is `[900, 3600, 14400, 86400]`, each counted from the notice before, and the
//! last one goes on. With thresholds at the top level of the file it is `[]`: after each cooldown,
//! which is what guide 2's own file means.
//!
//! Under `[digest]` stand:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `targets` | list of texts | required | who gets the digest |
//! | `every_seconds` | 60 to 86400 | 1800 | how long lines are collected |
//! | `at` | list of times | none | instead: when it is sent, each day: `["08:00", "16:30"]` |
//! | `zone` | text | that of `[hub]` | on whose clocks, by its IANA name |
//! | `after_seconds` | 60 to 86400 | 1800 | a breach older than this speaks only in the digest |

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use crate::config::route::{Form, Known, Written};
use crate::config::{hours, seconds, target::Target};
use crate::document::{Item, Table};
use crate::limits::{DIGEST_TIMES_MAX, REPEATS_MAX, ROUTE_TARGETS_MAX};
use crate::model::calendar::DayTimes;
use crate::model::config::{Digest, Rhythm};
use crate::model::matcher::Matcher;
use crate::model::name::TargetName;
use crate::model::route::{Route, Rung};
use crate::model::rule::Priority;
use crate::model::target::TargetKind;
use crate::model::time::Span;
use crate::model::zone::Zone;

/// Reads `[digest]`, all of which may be left out.
/// Times of the day are those of `zone`, where it names none of its own.
pub(super) fn digest(root: &mut Table<'_>, targets: &[Target<'_>], zone: &Zone) -> Digest {
    let rhythm = Rhythm::Every(EVERY);
    let mut digest = Digest { targets: Vec::new(), rhythm, after: AFTER };
    let Some(mut table) = root.optional("digest").and_then(|item| item.table()) else {
        return digest;
    };
    let help = "Write targets = [\"...\"]: who gets the digest.";
    if let Some(item) = table.required("targets", help) {
        digest.targets = names(&item, targets, 1);
        refuse_pager(&item, targets, &digest.targets);
    }
    digest.rhythm = rhythm_of(&mut table, zone);
    digest.after = seconds(&mut table, "after_seconds", AFTER, 60..=86_400);
    table.finish();
    digest
}

fn rhythm_of(table: &mut Table<'_>, hub: &Zone) -> Rhythm {
    let every = table.optional("every_seconds");
    let every_is_given = every.is_some();
    let every = every.and_then(|item| item.integer_in(60..=86_400)).map_or(EVERY, Span::secs);
    let (at, zone) = (table.optional("at"), table.optional("zone"));
    let Some(at) = at else {
        if let Some(zone) = zone {
            zone.refuse::<()>("no times are of this zone", "Add at = [\"08:00\", \"16:30\"].");
        }
        return Rhythm::Every(every);
    };
    if every_is_given {
        at.refuse::<()>("lines are collected for a while already", "Keep at or every_seconds.");
    }
    let list = at.list_of(1..=DIGEST_TIMES_MAX).unwrap_or_default();
    let minutes = list.iter().filter_map(|item| {
        let minute = hours::time(item)?;
        if minute == 1_440 {
            return item.refuse("no day begins then", "Write \"00:00\".");
        }
        Some(minute)
    });
    let minutes: BTreeSet<u16> = minutes.collect();
    let zone = zone.map_or_else(|| Some(hub.clone()), |item| hours::zone(&item));
    match zone {
        Some(zone) if !minutes.is_empty() => {
            Rhythm::At(DayTimes { zone, minutes: minutes.into_iter().collect() })
        }
        // It has its problem.
        _ => Rhythm::Every(every),
    }
}

/// Refuses a digest to those for whom each message is a page.
fn refuse_pager(item: &Item<'_>, targets: &[Target<'_>], named: &[TargetName]) {
    let pages = |target: &&Target<'_>| {
        let kind = target.config.as_ref().map(|config| &config.kind);
        matches!(kind, Some(TargetKind::PagerDuty(_) | TargetKind::Sms(_)))
            && named.contains(&target.name)
    };
    if let Some(target) = targets.iter().find(pages) {
        item.refuse::<()>(
            format!("\"{}\" would page for each digest", target.name),
            "Name a target of kind mail, slack, webhook or syslog.",
        );
    }
}

/// Reads `[routes]`, each as a route for its priority alone; whether there is such a table. Where
/// nothing else says who hears of alerts, there has to be.
pub(super) fn read<'a>(
    root: &mut Table<'a>,
    known: &Known<'_, 'a>,
    is_alone: bool,
    written: &mut Vec<Written<'a>>,
) -> bool {
    let help = "Add [routes] with P1 = { targets = [\"...\"] }, and so on.";
    let item = if is_alone { root.required("routes", help) } else { root.optional("routes") };
    let Some(mut table) = item.as_ref().and_then(Item::table) else { return item.is_some() };
    for priority in Priority::ALL {
        let Some(item) = table.optional(priority.as_str()) else { continue };
        let matcher = Matcher { priority: Vec::from([priority]), ..Matcher::default() };
        let route = item.table().map(|table| short(table, known)).unwrap_or_default();
        let route = Route { origin: item.origin().into(), matcher: matcher.clone(), ..route };
        written.push(Written { form: Form::Short, item, matcher: Some(matcher), route });
    }
    table.finish();
    true
}

fn short(mut table: Table<'_>, known: &Known<'_, '_>) -> Route {
    let told = table.optional("targets");
    let escalate_to = table.optional("escalate_to");
    let collected = table.optional("digest");
    let rate = table.optional("repeat_seconds");
    reaches_somebody(&table, told.as_ref(), collected.as_ref(), known.digest);
    let escalate_to = escalate_to.map(|item| names(&item, known.targets, 0)).unwrap_or_default();
    let route = Route {
        targets: told.map(|item| names(&item, known.targets, 1)).unwrap_or_default(),
        ladder: Vec::from([Rung { targets: escalate_to, ..Rung::default() }]),
        digest_only: collected.as_ref().and_then(Item::flag).unwrap_or(false),
        repeats: rate.and_then(|item| lengths(&item)).unwrap_or_else(|| known.repeats.into()),
        ..Route::default()
    };
    table.finish();
    route
}

/// Refuses a route that tells nobody, and one that tells at once and in the digest. A digest
/// without targets is named here, where it is asked for.
pub(super) fn reaches_somebody(
    table: &Table<'_>,
    told: Option<&Item<'_>>,
    collected: Option<&Item<'_>>,
    digest: &Digest,
) {
    let digest_only = collected.and_then(Item::flag).unwrap_or(false);
    match (told, collected) {
        (Some(_), Some(item)) if digest_only => item.refuse(
            "with targets, they are told at once",
            "Keep targets to tell them at once, or digest = true to collect.",
        ),
        (None, Some(item)) if digest_only && digest.targets.is_empty() => {
            item.refuse("nobody gets the digest", "Add [digest] with targets = [\"...\"].")
        }
        (None, _) if !digest_only => table.item().refuse(
            "this route reaches nobody",
            "Write { targets = [\"...\"] } or { digest = true }.",
        ),
        _ => Some(()),
    };
}

/// A list of seconds.
pub(super) fn lengths(item: &Item<'_>) -> Option<Vec<Span>> {
    let list = item.list_of(0..=REPEATS_MAX)?;
    list.iter().map(|item| item.integer_in(60..=604_800).map(Span::secs)).collect()
}

/// How long after the last notice of a breach that goes on each repeat comes, where the file does
/// not say: a distance that grows, so that what is known is not said again and again, and a day at
/// the most, so that nothing is forgotten.
pub(super) const REPEATS: [Span; 4] =
    [Span::secs(900), Span::secs(3_600), Span::secs(14_400), Span::secs(86_400)];

/// A list of names of targets, each once.
pub(super) fn names(item: &Item<'_>, targets: &[Target<'_>], least: usize) -> Vec<TargetName> {
    let mut names = BTreeSet::new();
    let list = item.list_of(least..=ROUTE_TARGETS_MAX).unwrap_or_default();
    let name = |element: Item<'_>| {
        let name = target(&element, targets)?;
        if names.insert(name.clone()) {
            return Some(name);
        }
        element.refuse(format!("\"{name}\" stands twice"), "Keep one of the two.")
    };
    list.into_iter().filter_map(name).collect()
}

/// The name of a target.
pub(super) fn target(item: &Item<'_>, targets: &[Target<'_>]) -> Option<TargetName> {
    let words: Vec<_> = targets.iter().map(|t| (t.name.as_str(), &t.name)).collect();
    item.one_of("the name of a target", &words).cloned()
}

/// How long lines are collected for a digest.
const EVERY: Span = Span::secs(1_800);

/// Guide 2, edge case 2: after thirty minutes of sustained violation updates go to a digest.
const AFTER: Span = Span::secs(1_800);
