//! Already told? The decision at the heart of an alerter: speak, wait for the digest, or hold, and
//! why.
//!
//! What is new, and what is there again, is told after a quiet time since the last notice about it;
//! a breach that goes on is repeated at a falling rate.
//!
//! # Promises
//! - `a_breach_is_told_once_and_repeated_at_a_falling_rate`
//! - `without_a_rate_it_is_repeated_after_each_cooldown`: guide 2, section 3.
//! - `what_is_in_hand_waits`
//! - `each_rung_bypasses_the_cooldown_once`
//! - `an_old_breach_speaks_only_in_the_digest`
//! - `a_new_breach_within_the_cooldown_of_the_last_notice_waits`
//! - `what_is_there_again_is_a_duplicate_until_the_quiet_has_lasted_long_enough`
//! - `a_lower_priority_is_silent_while_a_higher_one_speaks`
//! - `while_the_value_is_clear_nothing_is_told`: neither a repeat nor an escalation.
//! - `a_suppressed_alert_is_silent_and_speaks_when_the_cause_is_gone`
//! - `what_is_unstable_is_told_once_and_once_how_it_settles`

use crate::dispatch::hand::Handed;
use crate::model::notice::{Hold, Reason};
use crate::model::telling::{Raise, Telling};
use crate::model::time::{Span, Tick};

/// What is true at the moment of the decision, beside the record itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation<'a> {
    /// Whether a more urgent priority of the same alert is in breach.
    pub(super) outranked: Outranked,
    /// When another alert no longer explained it: from then on it counts as its own.
    pub(super) freed: Option<Tick>,
    /// Why nobody is to hear of the alert, if so.
    pub(super) suppressed: Option<Hold>,
    /// Whether somebody was told that it is unstable, and it is not held so any more.
    pub(super) settling: Settling,
    /// Whether somebody has it in hand.
    pub(super) handed: Handed,
    /// Whether the value is in breach, or clear while the off-delay runs.
    pub(super) value: Side,
    /// What the route wants.
    pub(super) route: Way,
    /// How old the breaches of the episode are when the next rung of the ladder is due; nothing
    /// where there is none.
    pub(super) rung: Option<Span>,
    /// How old a breach speaks only in the digest; nothing where there is no digest.
    pub(super) digest_after: Option<Span>,
    /// How long after the last notice each repeat comes; the last figure goes on. None: after each
    /// cooldown.
    pub(super) repeats: &'a [Span],
    /// How long what is there again may be untold since the last notice.
    pub(super) max_quiet: Span,
    /// The monotonic clock.
    pub(super) now: Tick,
}

/// Which side of the threshold the newest value is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    InBreach,
    Clear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outranked {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settling {
    Yes,
    No,
}

/// How a route tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    AtOnce,
    InDigest,
    Nowhere,
}

/// What to do about a breach at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Make notices.
    Tell(Reason),
    /// Put a line into the next digest.
    Digest,
    /// Nothing, for this reason.
    Hold(Hold),
}

/// Decides about a breach that holds.
pub(super) fn decide(telling: &Telling, situation: &Situation<'_>) -> Verdict {
    if situation.outranked == Outranked::Yes {
        return Verdict::Hold(Hold::Outranked);
    }
    if let Some(cause) = situation.suppressed
        && cause != Hold::Flapping
    {
        return Verdict::Hold(cause);
    }
    if situation.value == Side::Clear {
        return Verdict::Hold(Hold::Clearing);
    }
    // How it settles is owed to those who were told, whatever the route.
    if situation.settling == Settling::Yes {
        return Verdict::Tell(Reason::Settled);
    }
    match situation.route {
        Way::Nowhere => return Verdict::Hold(Hold::NoRoute),
        Way::InDigest => return Verdict::Digest,
        Way::AtOnce => {}
    }
    match situation.handed {
        Handed::Yes => return Verdict::Hold(Hold::Acknowledged),
        Handed::Lapsed => return Verdict::Tell(Reason::Lapsed),
        Handed::No => {}
    }
    if situation.suppressed.is_some() {
        return held_as_unstable(telling, situation);
    }
    match telling.raise {
        Raise::Untold | Raise::Over { .. } => of_news(telling, situation),
        Raise::Told { repeats } => of_what_lasts(telling, situation, repeats),
    }
}

/// The age of its escalation comes to whom it comes; all else waits until it settles, save one word
/// at the rate at which the route repeats in the end.
fn held_as_unstable(telling: &Telling, situation: &Situation<'_>) -> Verdict {
    let last = situation.repeats.last().copied();
    if !telling.unstable {
        Verdict::Tell(Reason::Unstable)
    } else if let Some(escalation) = escalation(telling, situation) {
        escalation
    } else if is_old(telling, situation) == Old::Yes {
        Verdict::Digest
    } else if last.is_some_and(|last| quiet(telling, situation.now, last) == Quiet::Over) {
        Verdict::Tell(Reason::Unstable)
    } else {
        Verdict::Hold(Hold::Flapping)
    }
}

/// When a quiet time is over that holds a breach back of which nobody has heard.
pub(super) fn quiet_until(
    telling: &Telling,
    situation: &Situation<'_>,
    hold: Hold,
) -> Option<Tick> {
    let (_, wait, holds) = news(telling, situation);
    let is_news = !matches!(telling.raise, Raise::Told { .. }) && hold == holds;
    telling.last_told.filter(|_| is_news).map(|told| told.tick + wait)
}

/// What a breach of which nobody has heard is called, how long it waits since the last notice, and
/// what it is held by until then.
fn news(telling: &Telling, situation: &Situation<'_>) -> (Reason, Span, Hold) {
    match telling.notification_count {
        0 => (Reason::FirstBreach, cooldown(telling), Hold::Cooldown),
        _ => (Reason::Reopened, situation.max_quiet, Hold::Duplicate),
    }
}

fn of_news(telling: &Telling, situation: &Situation<'_>) -> Verdict {
    let (reason, wait, hold) = news(telling, situation);
    match (quiet(telling, situation.now, wait), escalation(telling, situation)) {
        (Quiet::Over, _) => Verdict::Tell(reason),
        (Quiet::Runs, Some(escalation)) => escalation,
        (Quiet::Runs, None) => Verdict::Hold(hold),
    }
}

fn of_what_lasts(telling: &Telling, situation: &Situation<'_>, repeats: u16) -> Verdict {
    if let Some(escalation) = escalation(telling, situation) {
        return escalation;
    }
    if is_old(telling, situation) == Old::Yes {
        return match quiet(telling, situation.now, cooldown(telling)) {
            Quiet::Runs => Verdict::Hold(Hold::Cooldown),
            Quiet::Over => Verdict::Digest,
        };
    }
    let rate = situation.repeats;
    let wait = rate.get(usize::from(repeats)).or(rate.last()).copied().unwrap_or(Span::ZERO);
    match quiet(telling, situation.now, wait.max(cooldown(telling))) {
        Quiet::Runs => Verdict::Hold(Hold::Cooldown),
        Quiet::Over => Verdict::Tell(Reason::Repeat),
    }
}

/// How long the breaches of the episode have lasted.
fn age(telling: &Telling, situation: &Situation<'_>) -> Span {
    let first = telling.first_breach;
    situation.now - situation.freed.map_or(first, |freed| freed.max(first))
}

/// Guide 2's escalation, cooldown or not, where the next rung is due.
fn escalation(telling: &Telling, situation: &Situation<'_>) -> Option<Verdict> {
    let is_due = situation.rung.is_some_and(|due| age(telling, situation) >= due);
    is_due.then_some(Verdict::Tell(Reason::Escalation))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
    Yes,
    No,
}

fn is_old(telling: &Telling, situation: &Situation<'_>) -> Old {
    let age = age(telling, situation);
    if situation.digest_after.is_some_and(|after| age >= after) { Old::Yes } else { Old::No }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quiet {
    Runs,
    Over,
}

fn cooldown(telling: &Telling) -> Span {
    Span::secs(i64::from(telling.cooldown_seconds))
}

/// Whether the last notice is so long ago.
fn quiet(telling: &Telling, now: Tick, wait: Span) -> Quiet {
    match telling.last_told {
        Some(told) if now - told.tick < wait => Quiet::Runs,
        _ => Quiet::Over,
    }
}

#[cfg(test)]
mod tests;
