//! What can be known of a call centre's queues, whether they are simulated or recorded.
//!
//! # Promises
//! - `asking_twice_gives_the_same_answer`: a poll repeated by a retry reads the same numbers.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::demo::centre::Centre;
use crate::demo::recording::Recording;
use crate::model::time::{Span, UtcMs};

/// Who can be asked about, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueName {
    /// The platform's identifier.
    pub id: Box<str>,
    /// The name for people.
    pub name: Box<str>,
}

/// One queue over a stretch of time: gauges as they are at its end, counts of what happened in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueSnapshot {
    /// Callers who wait at the end.
    pub calls_waiting: u32,
    /// How long the one who waits longest has waited, in seconds. 0 where nobody waits.
    pub longest_wait_seconds: u32,
    /// Calls that asked for an agent. In a recording only those that had to wait.
    pub offered: u32,
    /// Calls that an agent took.
    pub answered: u32,
    /// Callers who hung up while they waited.
    pub abandoned: u32,
    /// Agents who could take a call of this queue at once.
    pub agents_available: u32,
    /// Agents who serve this queue and are on a call, of whichever queue, or finishing one.
    pub agents_busy: u32,
}

/// One grain of a centre's past, all queues by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Its first moment, a multiple of the grain.
    pub start: UtcMs,
    /// The queues.
    pub queues: Vec<QueueSnapshot>,
}

/// Where the numbers come from.
#[derive(Debug, Clone)]
pub enum Traffic {
    /// Made up as it goes, from a seed.
    Simulated(Box<Centre>),
    /// As it was on a day of the past.
    Recorded(Recording),
}

impl Traffic {
    /// The queues, in the order of their positions.
    #[must_use]
    pub fn queues(&self) -> &[QueueName] {
        match self {
            Self::Simulated(centre) => centre.queues(),
            Self::Recorded(recording) => recording.queues(),
        }
    }

    /// The shortest stretch that can be asked for; every other is a multiple of it.
    #[must_use]
    pub const fn grain(&self) -> Span {
        match self {
            Self::Simulated(_) => Centre::GRAIN,
            Self::Recorded(_) => Recording::GRAIN,
        }
    }

    /// Lets the time come. A moment that has been is no news.
    pub fn advance_to(&mut self, utc: UtcMs) {
        match self {
            Self::Simulated(centre) => centre.advance_to(utc),
            // A recording knows its future.
            Self::Recorded(_) => {}
        }
    }

    /// Counts in `from..to` and gauges at `to` of the queue at a position. Nothing for a stretch
    /// that is not whole grains, lies ahead, or is older than is remembered.
    #[must_use]
    pub fn window(&self, queue: usize, from: UtcMs, to: UtcMs) -> Option<QueueSnapshot> {
        match self {
            Self::Simulated(centre) => centre.window(queue, from, to),
            Self::Recorded(recording) => recording.window(queue, from, to),
        }
    }
}

impl QueueSnapshot {
    /// Both stretches as one: the counts of both, the gauges of the later.
    #[must_use]
    pub const fn then(self, later: Self) -> Self {
        Self {
            offered: self.offered.saturating_add(later.offered),
            answered: self.answered.saturating_add(later.answered),
            abandoned: self.abandoned.saturating_add(later.abandoned),
            ..later
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::week::{WeekHour, Weekday};

    #[test]
    fn asking_twice_gives_the_same_answer() {
        let begin = UtcMs(1_763_000_000_000);
        let at = WeekHour { weekday: Weekday::Thursday, hour: 10 };
        let mut traffic = Traffic::Simulated(Box::new(Centre::bank(7, begin, at)));
        let to = begin + Span::secs(60);
        assert_eq!(traffic.window(0, begin, to), None, "a minute ahead is not known");
        traffic.advance_to(to);
        let first = traffic.window(0, begin, to);
        assert!(first.is_some());
        traffic.advance_to(to + Span::secs(120));
        traffic.advance_to(to);
        assert_eq!(traffic.window(0, begin, to), first);
        let halves = [
            traffic.window(0, begin, begin + Span::secs(20)).unwrap(),
            traffic.window(0, begin + Span::secs(20), to).unwrap(),
        ];
        assert_eq!(Some(halves[0].then(halves[1])), first);
    }
}
