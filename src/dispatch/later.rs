//! Alerts that are settled again although no sample of them has come.
//!
//! A sender says once that something is wrong. What is held back of it for a while is told when the
//! while is over, and what found no room when there is some.
//!
//! # Promises
//! - `what_is_said_once_and_held_back_is_told_in_time`
//! - `a_restart_tells_in_time_what_was_held_back_before`

use alloc::collections::{BTreeMap, BTreeSet};

use crate::dispatch::Dispatch;
use crate::dispatch::settlement::Settlement;
use crate::limits::{ROUTE_TARGETS_MAX, SETTLED_AGAIN_AFTER};
use crate::model::alert::{Alert, AlertKey, Phase};
use crate::model::notice::Hold;
use crate::model::telling::{Raise, Telling};
use crate::model::time::{Now, Span, Tick, Wake};

/// What is settled again.
#[derive(Debug, Default)]
pub(super) struct Later {
    /// Once there is room in the outbox.
    pub(super) no_room: BTreeSet<AlertKey>,
    /// At once: a rung of their ladder was in vain.
    pub(super) at_once: BTreeSet<AlertKey>,
    /// Once a quiet time is over.
    quiet: BTreeMap<AlertKey, Tick>,
    /// The same from before the start.
    restored: BTreeMap<AlertKey, Tick>,
}

impl Later {
    /// What was held back before the start, and ends that found no room then.
    pub(super) fn restore(alerts: &[Alert], tellings: &[Telling]) -> Self {
        let alerts: BTreeMap<&AlertKey, &Alert> =
            alerts.iter().map(|alert| (&alert.key, alert)).collect();
        let mut later = Self::default();
        for telling in tellings {
            let Some(alert) = alerts.get(&telling.alert) else { continue };
            match (alert.phase, telling.last_told) {
                (Phase::Detected, Some(told)) if !matches!(telling.raise, Raise::Told { .. }) => {
                    let wait = Span::secs(i64::from(alert.max_quiet_seconds));
                    later.restored.insert(alert.key.clone(), told.tick + wait);
                }
                (Phase::Resolved, _) if !telling.ended && !telling.told.is_empty() => {
                    later.no_room.insert(alert.key.clone());
                }
                _ => {}
            }
        }
        later
    }

    /// An alert has been settled.
    pub(super) fn note(&mut self, alert: &Alert, settlement: &Settlement) {
        if settlement.held.iter().any(|(_, hold)| *hold == Hold::OutboxFull) {
            self.no_room.insert(alert.key.clone());
        }
        match settlement.quiet_until {
            Some(until) => {
                self.quiet.insert(alert.key.clone(), until + SETTLED_AGAIN_AFTER);
            }
            None => drop(self.quiet.remove(&alert.key)),
        }
    }

    /// When the next quiet time is over.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        let at = self.quiet.values().min()?;
        Some(Wake { at: *at, why: "what was held back" })
    }
}

impl Dispatch {
    /// The alerts to settle again.
    #[must_use]
    pub fn take_deferred(&mut self, now: Now) -> BTreeSet<AlertKey> {
        for (key, until) in core::mem::take(&mut self.later.restored) {
            self.later.quiet.insert(key, until.max(now.tick + SETTLED_AGAIN_AFTER));
        }
        let due = self.later.quiet.extract_if(.., |_, until| *until <= now.tick);
        let mut again: BTreeSet<AlertKey> = due.map(|(key, _)| key).collect();
        again.append(&mut self.later.at_once);
        if self.outbox.room() >= ROUTE_TARGETS_MAX {
            again.append(&mut self.later.no_room);
        }
        again
    }
}
