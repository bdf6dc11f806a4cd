//! `[routes]` and `[digest]`: who hears of what.
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

use crate::config::{hours, seconds, target::Target, threshold::Threshold};
use crate::document::{Item, Table};
use crate::limits::{DIGEST_TIMES_MAX, REPEATS_MAX, ROUTE_TARGETS_MAX};
use crate::model::business::Enrichment;
use crate::model::calendar::DayTimes;
use crate::model::config::{Digest, HubConfig, Rhythm, Route, Routes};
use crate::model::name::TargetName;
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

/// Reads `[routes]`. A digest without targets is named here, where it is asked for.
pub(super) fn read(
    root: &mut Table<'_>,
    targets: &[Target<'_>],
    digest: &Digest,
    repeats: &[Span],
) -> Routes {
    let help = "Add [routes] with P1 = { targets = [\"...\"] }, and so on.";
    let mut routes = Routes::default();
    let Some(mut table) = root.required("routes", help).and_then(|item| item.table()) else {
        return routes;
    };
    for priority in Priority::ALL {
        if let Some(table) = table.optional(priority.as_str()).and_then(|item| item.table()) {
            routes.set(priority, route(table, targets, digest, repeats));
        }
    }
    table.finish();
    routes
}

fn route(mut table: Table<'_>, targets: &[Target<'_>], digest: &Digest, repeats: &[Span]) -> Route {
    let told = table.optional("targets");
    let escalate_to = table.optional("escalate_to");
    let collected = table.optional("digest");
    let rate = table.optional("repeat_seconds");
    let digest_only = collected.as_ref().and_then(Item::flag).unwrap_or(false);
    match (&told, &collected) {
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
    let route = Route {
        targets: told.map(|item| names(&item, targets, 1)).unwrap_or_default(),
        escalate_to: escalate_to.map(|item| names(&item, targets, 0)).unwrap_or_default(),
        digest_only,
        repeats: rate.and_then(|item| lengths(&item)).unwrap_or_else(|| repeats.into()),
    };
    table.finish();
    route
}

/// A list of seconds.
fn lengths(item: &Item<'_>) -> Option<Vec<Span>> {
    let list = item.list_of(0..=REPEATS_MAX)?;
    list.iter().map(|item| item.integer_in(60..=604_800).map(Span::secs)).collect()
}

/// How long after the last notice of a breach that goes on each repeat comes, where the file does
/// not say: a distance that grows, so that what is known is not said again and again, and a day at
/// the most, so that nothing is forgotten.
pub(super) const REPEATS: [Span; 4] =
    [Span::secs(900), Span::secs(3_600), Span::secs(14_400), Span::secs(86_400)];

/// A list of names of targets, each once.
fn names(item: &Item<'_>, targets: &[Target<'_>], least: usize) -> Vec<TargetName> {
    let words: Vec<_> = targets.iter().map(|t| (t.name.as_str(), &t.name)).collect();
    let mut names = BTreeSet::new();
    let list = item.list_of(least..=ROUTE_TARGETS_MAX).unwrap_or_default();
    let name = |element: Item<'_>| {
        let name = element.one_of("the name of a target", &words)?;
        if names.insert(name) {
            return Some(name.clone());
        }
        element.refuse(format!("\"{name}\" stands twice"), "Keep one of the two.")
    };
    list.into_iter().filter_map(name).collect()
}

/// The priority of an alert that the hub has of itself, and where it is set.
pub(super) struct Own<'i, 'a> {
    priority: Priority,
    what: &'static str,
    key: &'static str,
    item: Option<&'i Item<'a>>,
}

impl<'i, 'a> Own<'i, 'a> {
    /// Of a blind source, and of what is unmapped where context is looked up at all.
    pub(super) fn of(
        hub: &HubConfig,
        blind: Option<&'i Item<'a>>,
        enrichment: &Enrichment,
        audit: Option<&'i Item<'a>>,
    ) -> Vec<Self> {
        let (what, key) = ("a blind source", "blind_priority under [hub]");
        let blind = Self { priority: hub.blind_priority, what, key, item: blind };
        let (what, key) = ("an entity without context", "audit_priority under [enrichment]");
        let audit = Self { priority: enrichment.audit_priority, what, key, item: audit };
        let audit = enrichment.is_configured().then_some(audit);
        [Some(blind), audit].into_iter().flatten().collect()
    }

    /// Of a storm.
    pub(super) const fn of_storm(priority: Priority, item: Option<&'i Item<'a>>) -> Self {
        Self { priority, what: "a storm of alerts", key: "priority under [storm]", item }
    }
}

/// Refuses what nobody would hear of: the first threshold of a priority without a route, or the
/// priority of an alert of the hub's own, where it stands in the file.
pub(super) fn refuse_unheard<'a>(
    root: &mut Table<'a>,
    own: &[Own<'_, 'a>],
    thresholds: &[Threshold<'a>],
) {
    // Without [routes] there is a problem already.
    let Some(routes) = root.optional("routes") else { return };
    let Some(mut table) = routes.table() else { return };
    for priority in Priority::ALL {
        if table.optional(priority.as_str()).is_some() {
            continue;
        }
        let user = thresholds.iter().find(|threshold| threshold.rule.priority == priority);
        let name = priority.as_str();
        if let Some(user) = user {
            let help = format!("Add {name} = {{ targets = [\"...\"] }} to [routes].");
            user.priority.refuse::<()>(format!("nobody would hear of {name}"), help);
        } else if let Some(own) = own.iter().find(|own| own.priority == priority) {
            let item = own.item.unwrap_or(&routes);
            let message = format!("nobody would hear of {name}, the priority of {}", own.what);
            let help = format!("Add {name} to [routes], or set {}.", own.key);
            item.refuse::<()>(message, help);
        }
    }
}

/// How long lines are collected for a digest.
const EVERY: Span = Span::secs(1_800);

/// Guide 2, edge case 2: after thirty minutes of sustained violation updates go to a digest.
const AFTER: Span = Span::secs(1_800);
