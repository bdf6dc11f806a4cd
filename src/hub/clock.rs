//! Which clock is believed, and what is written of it.

use crate::hub::Hub;
use crate::ledger::{Clock, Write};
use crate::limits::CLOCK_AGREES;
use crate::model::time::{ClockTrust, Now};
use crate::poll::Poll;

impl Hub {
    /// A platform's `Date` that agrees with the wall clock makes the clock one to be believed.
    pub(super) fn trusting(&self, now: Now) -> Now {
        let agrees = |poll: &Poll| {
            poll.health().clock_ahead.is_some_and(|ahead| ahead.abs() <= CLOCK_AGREES)
        };
        let heard = self.polls.iter().any(agrees);
        let trust = if heard { ClockTrust::HttpDate } else { ClockTrust::Untrusted };
        Now { trust: now.trust.max(trust), ..now }
    }

    /// The moment as people and targets are told it: by the first platform that has said its time,
    /// where nothing vouches for the board's own clock. A signature from 1970 is refused, and
    /// business hours go by it, too.
    pub(super) fn as_told(&self, now: Now) -> Now {
        let said = self.polls.iter().find_map(|poll| poll.vendor_utc(now));
        match (now.trust, said) {
            (ClockTrust::Untrusted, Some(utc)) => Now { utc, trust: ClockTrust::HttpDate, ..now },
            _ => now,
        }
    }

    /// Which boot the ticks on disk belong to, and how far it had come.
    pub(super) fn write_clock(&mut self, now: Now) {
        self.writes.push_back(Write::clock(&Clock {
            boot: self.boot.clone(),
            tick: now.tick,
            utc: now.utc,
            trusted: now.trust != ClockTrust::Untrusted,
            next_notice: self.dispatch.next_notice(),
        }));
    }
}
