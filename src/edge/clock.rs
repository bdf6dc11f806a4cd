//! The only reader of clocks.
//!
//! Ticks are the kernel's time since boot, so that they go on over a restart of the hub and over a
//! suspended box. A demonstration runs its clocks faster than the world.

use core::time::Duration;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};

use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

/// Both clocks.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The clocks of the box.
    Real(ClockTrust),
    /// Clocks that began at `origin` when the box was at `real` and run `speed` times as fast.
    Fast {
        /// The box's own tick at the beginning.
        real: Tick,
        /// Where these clocks began.
        origin: Now,
        /// How many of their seconds are one of the world's; at least 1.
        speed: i64,
    },
}

/// The file with which systemd's time service says that it has set the clock.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

impl Clock {
    /// The clocks of the box.
    #[must_use]
    pub fn real() -> Self {
        let is_synchronized = Path::new(SYNCHRONIZED).exists();
        Self::Real(if is_synchronized { ClockTrust::Ntp } else { ClockTrust::Untrusted })
    }

    /// Clocks that start at `utc` and run `speed` times as fast as the world.
    #[must_use]
    pub fn fast(utc: UtcMs, speed: u32) -> Self {
        let real = read(ClockId::Boottime);
        let origin = Now { tick: Tick(real), utc, trust: ClockTrust::Ntp };
        Self::Fast { real: Tick(real), origin, speed: i64::from(speed.max(1)) }
    }

    /// Reads both clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        let tick = Tick(read(ClockId::Boottime));
        match *self {
            Self::Real(trust) => Now { tick, utc: UtcMs(read(ClockId::Realtime)), trust },
            Self::Fast { real, origin, speed } => {
                let passed = Span((tick - real).0.saturating_mul(speed));
                Now { tick: origin.tick + passed, utc: origin.utc + passed, trust: origin.trust }
            }
        }
    }

    /// How long a stretch of this clock lasts in the world.
    #[must_use]
    pub fn lasts(&self, span: Span) -> Duration {
        let speed = match *self {
            Self::Real(_) => 1,
            Self::Fast { speed, .. } => speed,
        };
        Duration::from_millis((span.0.max(0) / speed).unsigned_abs())
    }

    /// How long the world has to wait until a tick of this clock.
    #[must_use]
    pub fn until(&self, tick: Tick) -> Duration {
        let span = (tick - self.now().tick).0.max(0);
        let speed = match *self {
            Self::Real(_) => 1,
            Self::Fast { speed, .. } => speed,
        };
        // Rounded up, so that the tick has come when the wait is over.
        let real = span.saturating_add(speed - 1) / speed;
        Duration::from_millis(real.unsigned_abs())
    }
}

/// A clock of the kernel, in milliseconds.
fn read(clock: ClockId) -> i64 {
    let at = clock_gettime(clock);
    at.tv_sec.saturating_mul(1_000).saturating_add(at.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_begins_where_it_is_told_and_waits_less() {
        let clock = Clock::fast(UtcMs(1_000_000), 60);
        let now = clock.now();
        assert!(now.utc >= UtcMs(1_000_000) && now.utc < UtcMs(1_600_000), "{now:?}");
        assert_eq!(clock.lasts(Span::secs(60)), Duration::from_secs(1));
        let wait = clock.until(now.tick + Span::secs(60));
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
    }
}
