//! What every `[[target]]` has: how long it is waited for, and who is told in its stead.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `give_up_seconds` | 60 to 604800 | 86400 | then what it has not taken is a dead letter |
//! | `fallback` | text | none | the target that is told of what it does not take |
//! | `fallback_after_seconds` | 10 to 86400 | 300 | after so long, if not given up before |
//!
//! Nobody falls back on itself, nor on somebody who falls back on it.

use alloc::format;
use alloc::vec::Vec;

use crate::config::seconds;
use crate::config::target::Target;
use crate::document::{Item, Table};
use crate::limits::{FALLBACK_AFTER, FALLBACK_AFTER_SECONDS, GIVE_UP_SECONDS, NOTICE_DEADLINE};
use crate::model::name::TargetName;
use crate::model::target::Patience;
use crate::model::time::Span;

/// Reads it, and where `fallback` stands: it may name a target that has not been read yet.
pub(super) fn read<'a>(table: &mut Table<'a>) -> (Patience, Option<Item<'a>>) {
    let give_up = seconds(table, "give_up_seconds", NOTICE_DEADLINE, GIVE_UP_SECONDS);
    let fallback = table.optional("fallback");
    let after = table.optional("fallback_after_seconds");
    let told = after.as_ref().and_then(|item| item.integer_in(FALLBACK_AFTER_SECONDS));
    let fallback_after = told.map_or(FALLBACK_AFTER.min(give_up), Span::secs);
    if let Some(after) = &after {
        if fallback.is_none() {
            let help = "Add fallback = \"...\", the name of a target, or leave this out.";
            after.refuse::<()>("nobody is told in its stead", help);
        } else if fallback_after > give_up {
            let given_up = give_up.whole_secs();
            after.refuse::<()>(
                format!("the notice is given up after {given_up} seconds already"),
                "Write less, or a longer give_up_seconds.",
            );
        }
    }
    (Patience { give_up, fallback: None, fallback_after }, fallback)
}

/// Finds whom each `fallback` names, and refuses those that lead back.
pub(super) fn connect(targets: &mut [Target<'_>]) {
    for at in 0..targets.len() {
        let Some(found) = named(targets, at) else { continue };
        if let Some(target) = targets.get_mut(at) {
            target.stand_in = Some(found);
        }
        if leads_back(targets, at) {
            refuse(targets, at);
        }
    }
    for target in targets {
        if let Some(config) = &mut target.config {
            config.patience.fallback = target.stand_in.take();
        }
    }
}

fn named(targets: &[Target<'_>], at: usize) -> Option<TargetName> {
    let item = targets.get(at)?.fallback.as_ref()?;
    let words: Vec<_> = targets.iter().map(|t| (t.name.as_str(), &t.name)).collect();
    item.one_of("the name of a target", &words).cloned()
}

/// Whether those whom one falls back on come to it again.
fn leads_back(targets: &[Target<'_>], at: usize) -> bool {
    let after = |name: &TargetName| targets.iter().find(|target| target.name == *name);
    let Some(first) = targets.get(at) else { return false };
    let chain = core::iter::successors(Some(first), |target| after(target.stand_in.as_ref()?));
    chain.skip(1).take(targets.len()).any(|target| target.name == first.name)
}

fn refuse(targets: &mut [Target<'_>], at: usize) {
    let Some(target) = targets.get_mut(at) else { return };
    let is_itself = target.stand_in.as_ref() == Some(&target.name);
    target.stand_in = None;
    let Some(item) = &target.fallback else { return };
    let message = if is_itself {
        format!("\"{}\" would fall back on itself", target.name)
    } else {
        format!("\"{}\" would fall back on itself, by way of others", target.name)
    };
    item.refuse::<()>(message, "Name a target that does not fall back on this one.");
}
