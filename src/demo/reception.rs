//! What every simulated receiver shares: faults, a memory of idempotency keys, and counts.
//!
//! # Promises
//! - `a_key_seen_twice_is_counted`: so that a test can tell a repeated delivery from a new one.
//! - `the_memory_of_keys_is_bounded`: the oldest is forgotten.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;

use serde_json::{Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::http::{Incoming, Reaction};
use crate::limits::DEMO_MEMORY_MAX;
use crate::model::time::UtcMs;

/// The front desk of a receiver.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    /// What is to go wrong.
    pub faults: Faults,
    /// The idempotency keys of what was accepted.
    pub keys: Keys,
    /// Requests that were accepted, repeated ones included.
    pub accepted: u64,
    /// Requests that were refused as wrong. Faults do not count.
    pub refused: u64,
    /// Why the last one was refused.
    pub last_refusal: Option<String>,
}

/// Whether a key was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// It is new, or long forgotten.
    First,
    /// It was seen before.
    Again,
}

/// A bounded memory of idempotency keys.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    sightings: BTreeMap<Box<str>, u32>,
    /// By age, the oldest first.
    order: VecDeque<Box<str>>,
}

impl Reception {
    /// Everything that does not reach the receiver itself: orders for faults, and their effects.
    pub fn open(&mut self, incoming: &Incoming, utc: UtcMs) -> Option<Reaction> {
        if let Some(reply) = self.faults.ordered(incoming, FAULTS, utc) {
            return Some(Reaction::reply_at(reply, utc));
        }
        if incoming.route().starts_with("/simulate/") {
            return None;
        }
        let throttled = || self.faults.throttled(utc).map(|reply| Reaction::reply_at(reply, utc));
        self.faults.at_the_door(utc).or_else(throttled)
    }

    /// Whether everything is to be refused.
    #[must_use]
    pub fn refuses_all(&self, utc: UtcMs) -> bool {
        self.faults.has(&Fault::Refuse, utc)
    }

    /// Notes a request that was accepted, with its idempotency key if it had one.
    pub fn accept(&mut self, key: Option<&str>) {
        self.accepted += 1;
        if let Some(key) = key {
            self.keys.note(key);
        }
    }

    /// Notes a request that was refused.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.refused += 1;
        self.last_refusal = Some(why.into());
    }

    /// For a status page.
    #[must_use]
    pub fn shown(&self, utc: UtcMs) -> Value {
        json!({
            "accepted": self.accepted,
            "refused": self.refused,
            "last_refusal": self.last_refusal,
            "repeated_keys": self.keys.repeated().collect::<BTreeMap<_, _>>(),
            "faults": self.faults.shown(utc),
        })
    }
}

impl Keys {
    /// Remembers a key.
    pub fn note(&mut self, key: &str) -> Sighting {
        if let Some(times) = self.sightings.get_mut(key) {
            *times += 1;
            return Sighting::Again;
        }
        if self.order.len() >= DEMO_MEMORY_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.sightings.remove(&oldest);
        }
        self.sightings.insert(key.into(), 1);
        self.order.push_back(key.into());
        Sighting::First
    }

    /// The keys that were seen more than once, with how often.
    pub fn repeated(&self) -> impl Iterator<Item = (&str, u32)> {
        self.sightings.iter().filter(|(_, times)| **times > 1).map(|(key, times)| (&**key, *times))
    }
}

const FAULTS: &[&str] = &["hang", "close", "unavailable", "throttle", "refuse"];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_key_seen_twice_is_counted() {
        let mut keys = Keys::default();
        assert_eq!(keys.note("a"), Sighting::First);
        assert_eq!(keys.note("b"), Sighting::First);
        assert_eq!(keys.note("a"), Sighting::Again);
        assert!(keys.repeated().eq([("a", 2)]));
    }

    #[test]
    fn the_memory_of_keys_is_bounded() {
        let mut keys = Keys::default();
        for number in 0..=DEMO_MEMORY_MAX {
            keys.note(&format!("{number}"));
        }
        assert_eq!((keys.sightings.len(), keys.order.len()), (DEMO_MEMORY_MAX, DEMO_MEMORY_MAX));
        assert_eq!(keys.note("1"), Sighting::Again);
        assert_eq!(keys.note("0"), Sighting::First, "forgotten");
    }
}
