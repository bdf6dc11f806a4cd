//! Counts whom a listener turns away, and says so in the log now and then: anybody can make a port
//! refuse things all day.
//!
//! # Promises
//! - `a_flood_of_refusals_is_a_line_now_and_then`

use alloc::collections::BTreeMap;
use core::cell::RefCell;
use core::net::IpAddr;

use crate::edge::clock::Clock;
use crate::limits::TROUBLE_SAID_EVERY;
use crate::model::door::Refusal;
use crate::model::time::Tick;

/// The count of a listener's refusals.
#[derive(Debug)]
pub struct TurnedAway {
    /// What the log calls the listener. Nothing: it says nothing.
    name: Option<&'static str>,
    clock: Clock,
    counts: RefCell<BTreeMap<Refusal, Count>>,
}

#[derive(Debug, Default)]
struct Count {
    all: u64,
    /// When it was last said, and how often it has happened since.
    said: Option<Tick>,
    unsaid: u64,
}

impl TurnedAway {
    /// Of a listener that the log calls so.
    #[must_use]
    pub fn of(name: &'static str) -> Self {
        Self { name: Some(name), ..Self::silent() }
    }

    /// Of a listener whose refusals are nobody's concern.
    #[must_use]
    pub fn silent() -> Self {
        Self { name: None, clock: Clock::real(), counts: RefCell::default() }
    }

    /// How often who was turned away, by why.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Refusal, u64> {
        self.counts.borrow().iter().map(|(why, count)| (*why, count.all)).collect()
    }

    /// Somebody was turned away.
    pub(super) fn note(&self, why: Refusal, peer: IpAddr, detail: &str) {
        let line = self.counts.borrow_mut().entry(why).or_default().grow(self.clock.now().tick);
        if let (Some(name), Some(others)) = (self.name, line) {
            let since = match others {
                0 => String::new(),
                others => format!("; {others} others since this was last said"),
            };
            log::warn!("{name}: turned {peer} away: {why}{detail}{since}");
        }
    }
}

impl Count {
    /// One more. Where it is time to say so: how many were not said.
    fn grow(&mut self, now: Tick) -> Option<u64> {
        self.all = self.all.saturating_add(1);
        if self.said.is_some_and(|said| now - said < TROUBLE_SAID_EVERY) {
            self.unsaid = self.unsaid.saturating_add(1);
            return None;
        }
        self.said = Some(now);
        Some(core::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    #[test]
    fn a_flood_of_refusals_is_a_line_now_and_then() {
        let mut count = Count::default();
        let said: Vec<Option<u64>> =
            (0..7).map(|n| count.grow(Tick(0) + Span::secs(n * 100))).collect();
        assert_eq!(said, [Some(0), None, None, Some(2), None, None, Some(2)]);
        assert_eq!(count.all, 7);
    }
}
