//! The record of what has been told of an alert at one priority, from its beginning on.
//!
//! # Promises
//! - `the_states_are_those_of_the_second_guide`

use alloc::vec::Vec;

use crate::model::alert::{Alert, Breach};
use crate::model::name::TargetName;
use crate::model::notice::{Hold, Reason};
use crate::model::route::Rung;
use crate::model::telling::{Climb, Raise, Telling, TellingState};
use crate::model::time::{Now, Span, Stamp};

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
        since: breach.since.tick,
        last_told: None,
        told: Vec::new(),
        digest_since: None,
        held_back: 0,
        ended: false,
        raise: Raise::Untold,
        unstable: false,
        climb: Climb::default(),
        routes: "".into(),
    }
}

/// Brings a record up to the breach at hand. A new episode begins anew but keeps the last notice; a
/// breach that is there again keeps its place on the ladder.
pub(super) fn follow(telling: &mut Telling, alert: &Alert, breach: &Breach) {
    if telling.episode != alert.episode {
        telling.episode = alert.episode;
        telling.ended = false;
        telling.state = TellingState::Active;
        telling.notification_count = 0;
        telling.climb = Climb::default();
        telling.first_breach_timestamp = breach.since.utc;
        telling.first_breach = breach.since.tick;
        telling.raise = Raise::Untold;
    } else if let Raise::Over { since } = telling.raise {
        telling.ended = false;
        telling.raise = Raise::Untold;
        if alert.suppression.flapping.is_none() {
            let between = (breach.since.tick - since).max(Span::ZERO);
            telling.first_breach = telling.first_breach + between;
        }
    } else {
        let moved = (breach.since.tick - telling.since).max(Span::ZERO);
        telling.first_breach = telling.first_breach + moved;
    }
    telling.since = breach.since.tick;
    telling.last_breach_timestamp = alert.last_breach.utc;
    telling.cooldown_seconds = breach.cooldown_seconds;
    telling.escalation_threshold_seconds = breach.escalation_threshold_seconds;
}

/// Notes in the record that notices were made.
pub(super) fn told(telling: &mut Telling, reason: Reason, now: Now) {
    telling.notification_count = telling.notification_count.saturating_add(1);
    telling.last_told = Some(Stamp { tick: now.tick, utc: now.utc });
    telling.held_back = 0;
    if reason == Reason::Unstable || reason == Reason::Settled {
        telling.unstable = reason == Reason::Unstable;
    }
    let repeats = match telling.raise {
        Raise::Told { repeats } => repeats.saturating_add(u16::from(reason == Reason::Repeat)),
        Raise::Untold | Raise::Over { .. } => 0,
    };
    telling.raise = Raise::Told { repeats };
    if telling.state != TellingState::Escalated {
        telling.state = TellingState::Active;
    }
}

/// Notes in the record that a first notice was taken back before it left. Where it was the only
/// one, nobody has heard of the breach.
pub(super) fn untold(telling: &mut Telling, target: &TargetName) {
    telling.told.retain(|name| name != target);
    if telling.told.is_empty() && telling.notification_count == 1 {
        telling.notification_count = 0;
        telling.last_told = None;
        telling.raise = Raise::Untold;
    }
}

/// Notes in the record that a rung of the ladder is behind it: told, with all that comes of it.
pub(super) fn climb(telling: &mut Telling, rung: &Rung) {
    pass_over(telling);
    telling.climb.lifts = telling.climb.lifts.saturating_add(u8::from(rung.raises));
    telling.climb.unheard = false;
    telling.state = TellingState::Escalated;
}

/// Notes in the record that a rung is behind it of which nobody was told.
pub(super) fn pass_over(telling: &mut Telling) {
    telling.climb.rungs = telling.climb.rungs.saturating_add(1);
}

/// Notes in the record that a notice was held back.
pub(super) fn held(telling: &mut Telling, hold: Hold) {
    if matches!(hold, Hold::Cooldown | Hold::Duplicate) && telling.state == TellingState::Active {
        telling.state = TellingState::Cooldown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::model::rule::Priority;

    #[test]
    fn the_states_are_those_of_the_second_guide() {
        let alert = alert(1, Priority::P1);
        let mut telling = begin(&alert, &alert.worst);
        told(&mut telling, Reason::FirstBreach, at(0));
        assert_eq!(telling.state.as_str(), "ACTIVE");
        held(&mut telling, Hold::Outranked);
        assert_eq!(telling.state.as_str(), "ACTIVE");
        held(&mut telling, Hold::Cooldown);
        assert_eq!(telling.state.as_str(), "COOLDOWN");
        told(&mut telling, Reason::Repeat, at(300));
        assert_eq!(telling.state.as_str(), "ACTIVE");
        climb(&mut telling, &Rung::default());
        told(&mut telling, Reason::Escalation, at(600));
        held(&mut telling, Hold::Cooldown);
        told(&mut telling, Reason::Repeat, at(900));
        assert_eq!(telling.state.as_str(), "ESCALATED");
    }
}
