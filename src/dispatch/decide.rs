//! Already told? The decision at the heart of an alerter: speak, wait for the digest, or hold, and
//! why.
//!
//! What is new, and what is there again, is told after a quiet time since the last notice about it;
//! a breach that goes on is repeated at a falling rate.
//!
//! # Promises
//! - `a_breach_is_told_once_and_repeated_at_a_falling_rate`
//! - `without_a_rate_it_is_repeated_after_each_cooldown`: guide 2, section 3.
//! - `an_escalation_bypasses_the_cooldown_once`
//! - `an_old_breach_speaks_only_in_the_digest`
//! - `a_new_breach_within_the_cooldown_of_the_last_notice_waits`
//! - `what_is_there_again_is_a_duplicate_until_the_quiet_has_lasted_long_enough`
//! - `a_lower_priority_is_silent_while_a_higher_one_speaks`
//! - `while_the_value_is_clear_nothing_is_told`: neither a repeat nor an escalation.
//! - `a_suppressed_alert_is_silent_and_speaks_when_the_cause_is_gone`
//! - `what_is_unstable_is_told_once_and_once_how_it_settles`

use crate::model::notice::{Hold, Reason};
use crate::model::telling::{Raise, Telling, TellingState};
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
    /// Whether the value is in breach, or clear while the off-delay runs.
    pub(super) value: Side,
    /// What the route wants.
    pub(super) route: Way,
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

/// Guide 2's escalation, cooldown or not, where it is due.
fn escalation(telling: &Telling, situation: &Situation<'_>) -> Option<Verdict> {
    let due = Span::secs(i64::from(telling.escalation_threshold_seconds));
    let is_due = age(telling, situation) >= due;
    let is_first = telling.state != TellingState::Escalated;
    (is_due && is_first).then_some(Verdict::Tell(Reason::Escalation))
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
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::dispatch::telling::{begin, follow, held, told};
    use crate::model::alert::Breach;
    use crate::model::rule::Priority;
    use alloc::string::String;

    /// Runs a breach that is seen every ten seconds, and says what was told at which second.
    fn story(
        seconds: core::ops::Range<i64>,
        situation: impl Fn(i64) -> Situation<'static>,
    ) -> String {
        let alert = alert(1, Priority::P1);
        let mut telling = begin(&alert, &alert.worst);
        run(&mut telling, seconds, situation)
    }

    fn run(
        telling: &mut Telling,
        seconds: core::ops::Range<i64>,
        situation: impl Fn(i64) -> Situation<'static>,
    ) -> String {
        let mut log = String::new();
        for second in seconds.step_by(10) {
            match decide(telling, &situation(second)) {
                Verdict::Tell(reason) => {
                    told(telling, reason, at(second));
                    log.push_str(&alloc::format!("{second} {} ", reason.as_str()));
                }
                Verdict::Digest if telling.digest_since.is_none() => {
                    telling.digest_since = Some(at(second).tick);
                    log.push_str(&alloc::format!("{second} digest "));
                }
                Verdict::Digest => {}
                Verdict::Hold(hold) => held(telling, hold),
            }
        }
        log
    }

    /// With guide 2's repeats.
    fn situation(second: i64) -> Situation<'static> {
        Situation {
            outranked: Outranked::No,
            freed: None,
            suppressed: None,
            settling: Settling::No,
            value: Side::InBreach,
            route: Way::AtOnce,
            digest_after: None,
            repeats: &[],
            max_quiet: Span::secs(400),
            now: at(second).tick,
        }
    }

    const RATE: [Span; 3] = [Span::secs(900), Span::secs(3_600), Span::secs(100)];

    #[test]
    fn without_a_rate_it_is_repeated_after_each_cooldown() {
        assert_eq!(story(0..300, situation), "0 first_breach ");
        assert_eq!(story(0..310, situation), "0 first_breach 300 repeat ");
    }

    #[test]
    fn a_breach_is_told_once_and_repeated_at_a_falling_rate() {
        let log = story(0..6_000, |second| Situation { repeats: &RATE, ..situation(second) });
        // The escalation is a notice, too. The last figure goes on, and the cooldown is the least.
        let wanted =
            "0 first_breach 600 escalation 1500 repeat 5100 repeat 5400 repeat 5700 repeat ";
        assert_eq!(log, wanted);
    }

    #[test]
    fn an_escalation_bypasses_the_cooldown_once() {
        let log = story(0..1_500, situation);
        assert_eq!(log, "0 first_breach 300 repeat 600 escalation 900 repeat 1200 repeat ");
    }

    #[test]
    fn an_old_breach_speaks_only_in_the_digest() {
        for repeats in [&[], RATE.as_slice()] {
            let log = story(900..4_000, |second| Situation {
                digest_after: Some(Span::secs(1_800)),
                repeats,
                ..situation(second)
            });
            let repeats = if repeats.is_empty() { "1210 repeat 1510 repeat " } else { "" };
            let digest = if repeats.is_empty() { 1800 } else { 1810 };
            let wanted =
                alloc::format!("900 first_breach 910 escalation {repeats}{digest} digest ");
            assert_eq!(log, wanted);
        }
    }

    #[test]
    fn a_new_breach_within_the_cooldown_of_the_last_notice_waits() {
        let first = alert(1, Priority::P1);
        let mut telling = begin(&first, &first.worst);
        told(&mut telling, Reason::FirstBreach, at(0));
        let second = alert(2, Priority::P1);
        follow(&mut telling, &second, &Breach { since: at(100).stamp(), ..second.worst.clone() });
        assert_eq!((telling.notification_count, telling.state), (0, TellingState::Active));
        assert_eq!(run(&mut telling, 100..600, situation), "300 first_breach ");
    }

    #[test]
    fn what_is_there_again_is_a_duplicate_until_the_quiet_has_lasted_long_enough() {
        let alert = alert(1, Priority::P1);
        let mut telling = begin(&alert, &alert.worst);
        told(&mut telling, Reason::FirstBreach, at(0));
        telling.raise = Raise::Over { since: at(100).tick };
        telling.last_told = Some(at(100).stamp());
        follow(&mut telling, &alert, &Breach { since: at(150).stamp(), ..alert.worst.clone() });
        assert_eq!(decide(&telling, &situation(490)), Verdict::Hold(Hold::Duplicate));
        // The ladder stood still between the two: 600 s of breach are over at 650.
        assert_eq!(run(&mut telling, 150..700, situation), "500 reopened 650 escalation ");
    }

    #[test]
    fn a_lower_priority_is_silent_while_a_higher_one_speaks() {
        let outranked = |second| Situation { outranked: Outranked::Yes, ..situation(second) };
        assert_eq!(story(0..2_000, outranked), "");
    }

    #[test]
    fn a_suppressed_alert_is_silent_and_speaks_when_the_cause_is_gone() {
        let storm = |second| Situation {
            suppressed: (second < 500).then_some(Hold::Storm),
            ..situation(second)
        };
        assert_eq!(story(0..590, storm), "500 first_breach ");
    }

    #[test]
    fn what_is_unstable_is_told_once_and_once_how_it_settles() {
        let flapping = |second: i64| Situation {
            suppressed: (100..1_000).contains(&second).then_some(Hold::Flapping),
            settling: if second >= 1_000 { Settling::Yes } else { Settling::No },
            ..situation(second)
        };
        let log = story(0..1_010, flapping);
        assert_eq!(log, "0 first_breach 100 unstable 600 escalation 1000 settled ");
        // A hold without end is repeated at the rate that the route has in the end.
        let for_ever = |second| Situation {
            suppressed: Some(Hold::Flapping),
            repeats: const { &[Span::secs(60), Span::secs(2_000)] },
            ..situation(second)
        };
        assert_eq!(story(0..3_000, for_ever), "0 unstable 600 escalation 2600 unstable ");
    }

    #[test]
    fn while_the_value_is_clear_nothing_is_told() {
        let clear = |second| Situation {
            value: if second < 700 { Side::Clear } else { Side::InBreach },
            ..situation(second)
        };
        assert_eq!(story(0..710, clear), "700 first_breach ");
    }

    #[test]
    fn a_route_to_the_digest_never_speaks_at_once() {
        let digest = |second| Situation { route: Way::InDigest, ..situation(second) };
        assert_eq!(story(0..2_000, digest), "0 digest ");
    }
}
