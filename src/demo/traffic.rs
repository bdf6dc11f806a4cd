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
    /// Of these, those who had waited no longer than [`Self::TARGET`].
    pub answered_in_target: u32,
    /// Callers who hung up while they waited.
    pub abandoned: u32,
    /// How long the answered had waited. Nothing where none was, or where it is not recorded.
    pub answered_waits: Option<Waits>,
    /// How long the others had waited before they hung up, likewise.
    pub abandoned_waits: Option<Waits>,
    /// Agents who could take a call of this queue at once.
    pub agents_available: u32,
    /// Agents who serve this queue and are on a call, of whichever queue, or finishing one.
    pub agents_busy: u32,
}

/// How long callers waited, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// All of them together.
    pub sum: u32,
    /// The one who waited least.
    pub min: u32,
    /// The one who waited longest.
    pub max: u32,
}

/// One grain of a centre's past, all queues by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Its first moment, a multiple of the grain.
    pub start: UtcMs,
    /// The queues.
    pub queues: Vec<QueueSnapshot>,
}

/// What recordings call the queue that is the whole centre.
pub const WHOLE: &str = "ALL";

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

impl Cycle {
    /// With one queue more: all of them together.
    pub(super) fn with_whole(mut self) -> Self {
        let whole = self.queues.iter().copied().reduce(QueueSnapshot::beside);
        self.queues.push(whole.unwrap_or_default());
        self
    }
}

impl QueueSnapshot {
    /// Who is answered within this time was served well: 20 seconds, as the recordings count.
    pub const TARGET: Span = Span::secs(20);

    /// Two queues as one, over the same stretch. Agents may serve both, so they are as many as
    /// serve the one that has more.
    #[must_use]
    fn beside(self, other: Self) -> Self {
        Self {
            calls_waiting: self.calls_waiting.saturating_add(other.calls_waiting),
            longest_wait_seconds: self.longest_wait_seconds.max(other.longest_wait_seconds),
            agents_available: self.agents_available.max(other.agents_available),
            agents_busy: self.agents_busy.max(other.agents_busy),
            ..self.then(other)
        }
    }

    /// Both stretches as one: the counts of both, the gauges of the later.
    #[must_use]
    pub const fn then(self, later: Self) -> Self {
        Self {
            offered: self.offered.saturating_add(later.offered),
            answered: self.answered.saturating_add(later.answered),
            answered_in_target: self.answered_in_target.saturating_add(later.answered_in_target),
            abandoned: self.abandoned.saturating_add(later.abandoned),
            answered_waits: Waits::both(self.answered_waits, later.answered_waits),
            abandoned_waits: Waits::both(self.abandoned_waits, later.abandoned_waits),
            ..later
        }
    }
}

impl Waits {
    /// One caller's wait.
    #[must_use]
    pub fn one(wait: Span) -> Self {
        let wait = u32::try_from(wait.0.max(0)).unwrap_or(u32::MAX);
        Self { sum: wait, min: wait, max: wait }
    }

    /// The waits of both.
    #[must_use]
    pub const fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Self {
                sum: one.sum.saturating_add(other.sum),
                min: if one.min < other.min { one.min } else { other.min },
                max: if one.max > other.max { one.max } else { other.max },
            }),
            (Some(_), None) => one,
            (None, _) => other,
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
