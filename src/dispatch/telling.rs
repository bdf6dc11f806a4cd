//! Already told? The decision at the heart of an alerter: speak, wait for the digest, or hold, and
//! why.
//!
//! # Promises
//! - `a_breach_is_told_once_and_repeated_after_the_cooldown`
//! - `an_escalation_bypasses_the_cooldown_once`
//! - `an_old_breach_speaks_only_in_the_digest`
//! - `a_new_breach_within_the_cooldown_of_the_last_notice_waits`
//! - `a_lower_priority_is_silent_while_a_higher_one_speaks`
//! - `while_the_value_is_clear_nothing_is_told`: neither a repeat nor an escalation.
//! - `a_suppressed_alert_is_silent_and_speaks_when_the_cause_is_gone`

use alloc::vec::Vec;

use crate::model::alert::{Alert, Breach};
use crate::model::notice::{Hold, Reason};
use crate::model::telling::{Telling, TellingState};
use crate::model::time::{Now, Span, Stamp, Tick};

/// What is true at the moment of the decision, beside the record itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// How long the breach has held.
    pub(super) age: Span,
    /// Whether a more urgent priority of the same alert is in breach.
    pub(super) outranked: Outranked,
    /// Why nobody is to hear of the alert, if so.
    pub(super) suppressed: Option<Hold>,
    /// Whether the value is in breach, or clear while the off-delay runs.
    pub(super) value: Side,
    /// What the route wants.
    pub(super) route: Way,
    /// How old a breach speaks only in the digest; nothing where there is no digest.
    pub(super) digest_after: Option<Span>,
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
pub(super) fn decide(telling: &Telling, situation: &Situation) -> Verdict {
    if situation.outranked == Outranked::Yes {
        return Verdict::Hold(Hold::Outranked);
    }
    if let Some(cause) = situation.suppressed {
        return Verdict::Hold(cause);
    }
    if situation.value == Side::Clear {
        return Verdict::Hold(Hold::Clearing);
    }
    match situation.route {
        Way::Nowhere => return Verdict::Hold(Hold::NoRoute),
        Way::InDigest => return Verdict::Digest,
        Way::AtOnce => {}
    }
    let cooling = cooling(telling, situation.now);
    let told_in_this_episode = telling.notification_count > 0;
    if !told_in_this_episode && cooling == Cooling::Over {
        return Verdict::Tell(Reason::FirstBreach);
    }
    let due = Span::secs(i64::from(telling.escalation_threshold_seconds));
    if telling.state != TellingState::Escalated && situation.age >= due {
        return Verdict::Tell(Reason::Escalation);
    }
    if cooling == Cooling::Runs {
        return Verdict::Hold(Hold::Cooldown);
    }
    match situation.digest_after {
        Some(after) if situation.age >= after => Verdict::Digest,
        _ => Verdict::Tell(Reason::Repeat),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cooling {
    Runs,
    Over,
}

fn cooling(telling: &Telling, now: Tick) -> Cooling {
    let cooldown = Span::secs(i64::from(telling.cooldown_seconds));
    match telling.last_told {
        Some(told) if now - told.tick < cooldown => Cooling::Runs,
        _ => Cooling::Over,
    }
}

/// A record for an alert's priority that has not been told of.
pub(super) fn begin(alert: &Alert, breach: &Breach) -> Telling {
    Telling {
        alert: alert.key.clone(),
        priority: breach.priority,
        alert_key: Telling::guide_key(alert.entity.as_str(), alert.metric.short(), breach.priority),
        state: TellingState::Active,
        first_breach_timestamp: alert.first_breach.utc,
        last_breach_timestamp: alert.last_breach.utc,
        cooldown_seconds: breach.cooldown_seconds,
        escalation_threshold_seconds: breach.escalation_threshold_seconds,
        notification_count: 0,
        episode: alert.episode,
        first_breach: breach.since.tick,
        last_told: None,
        told: Vec::new(),
        digest_since: None,
        held_back: 0,
        ended: false,
    }
}

/// Brings a record up to the breach at hand; a new episode begins anew but keeps its cooldown.
pub(super) fn follow(telling: &mut Telling, alert: &Alert, breach: &Breach) {
    if telling.episode != alert.episode {
        telling.episode = alert.episode;
        telling.ended = false;
        telling.state = TellingState::Active;
        telling.notification_count = 0;
        telling.first_breach_timestamp = breach.since.utc;
        telling.first_breach = breach.since.tick;
    }
    telling.last_breach_timestamp = alert.last_breach.utc;
    telling.cooldown_seconds = breach.cooldown_seconds;
    telling.escalation_threshold_seconds = breach.escalation_threshold_seconds;
}

/// Notes in the record that notices were made.
pub(super) fn told(telling: &mut Telling, reason: Reason, now: Now) {
    telling.notification_count = telling.notification_count.saturating_add(1);
    telling.last_told = Some(Stamp { tick: now.tick, utc: now.utc });
    telling.held_back = 0;
    if reason == Reason::Escalation {
        telling.state = TellingState::Escalated;
    } else if telling.state != TellingState::Escalated {
        telling.state = TellingState::Active;
    }
}

/// Notes in the record that a notice was held back.
pub(super) fn held(telling: &mut Telling, hold: Hold) {
    if hold == Hold::Cooldown && telling.state == TellingState::Active {
        telling.state = TellingState::Cooldown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::model::rule::Priority;
    use alloc::string::String;

    /// Runs a breach that is seen every ten seconds, and says what was told at which second.
    fn story(seconds: core::ops::Range<i64>, situation: impl Fn(i64) -> Situation) -> String {
        let alert = alert(1, Priority::P1);
        let mut telling = begin(&alert, &alert.worst);
        run(&mut telling, seconds, situation)
    }

    fn run(
        telling: &mut Telling,
        seconds: core::ops::Range<i64>,
        situation: impl Fn(i64) -> Situation,
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

    fn situation(second: i64) -> Situation {
        Situation {
            age: Span::secs(second),
            outranked: Outranked::No,
            suppressed: None,
            value: Side::InBreach,
            route: Way::AtOnce,
            digest_after: None,
            now: at(second).tick,
        }
    }

    #[test]
    fn a_breach_is_told_once_and_repeated_after_the_cooldown() {
        assert_eq!(story(0..300, situation), "0 first_breach ");
        assert_eq!(story(0..310, situation), "0 first_breach 300 repeat ");
    }

    #[test]
    fn an_escalation_bypasses_the_cooldown_once() {
        let log = story(0..1_500, situation);
        assert_eq!(log, "0 first_breach 300 repeat 600 escalation 900 repeat 1200 repeat ");
    }

    #[test]
    fn an_old_breach_speaks_only_in_the_digest() {
        let log = story(900..4_000, |second| Situation {
            digest_after: Some(Span::secs(1_800)),
            ..situation(second)
        });
        assert_eq!(log, "900 first_breach 910 escalation 1210 repeat 1510 repeat 1810 digest ");
    }

    #[test]
    fn a_new_breach_within_the_cooldown_of_the_last_notice_waits() {
        let first = alert(1, Priority::P1);
        let mut telling = begin(&first, &first.worst);
        told(&mut telling, Reason::FirstBreach, at(0));
        let second = alert(2, Priority::P1);
        follow(&mut telling, &second, &second.worst);
        assert_eq!((telling.notification_count, telling.state), (0, TellingState::Active));
        let since = |second: i64| Situation { age: Span::secs(second - 100), ..situation(second) };
        assert_eq!(run(&mut telling, 100..600, since), "300 first_breach ");
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

    #[test]
    fn the_states_are_those_of_the_second_guide() {
        let alert = alert(1, Priority::P1);
        let mut telling = begin(&alert, &alert.worst);
        run(&mut telling, 0..10, situation);
        assert_eq!(telling.state.as_str(), "ACTIVE");
        run(&mut telling, 10..20, situation);
        assert_eq!(telling.state.as_str(), "COOLDOWN");
        run(&mut telling, 600..700, situation);
        assert_eq!(telling.state.as_str(), "ESCALATED");
    }
}
