//! The decisions about an alert in their order, bounded.
//!
//! # Promises
//! - `a_full_trail_keeps_its_beginning_and_its_end`
//! - `the_same_decision_again_counts_up`
//! - `what_is_held_in_turns_does_not_crowd_out_the_story`
//! - `what_was_noted_is_read_again`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter::successors;
use core::ops::Range;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::TRAIL_STEPS_MAX;
use crate::model::alert::{Decision, Step};
use crate::model::time::UtcMs;

/// The decisions about an alert, bounded; when full, the second oldest gives way and is counted, so
/// that the beginning of the story and its newest part both stay.
///
/// There may be thousands of alerts, and few are asked for their story. So it lies in memory as
/// bytes, which take a quarter of the room of steps: of each its decision in postcard, and then its
/// `Tail`, from which the next older one is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    bytes: Box<[u8]>,
    /// Steps that gave way.
    pub lost: u32,
}

/// What stands behind each decision: when it was (of a repeated one, the last time), how often in a
/// row, and how many bytes the decision takes.
#[derive(Debug, Clone, Copy)]
struct Tail {
    at: UtcMs,
    times: u32,
    length: u32,
}

const TAIL_BYTES: usize = 8 + 4 + 4;

/// Where the bytes of a step are.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Where its decision begins.
    from: usize,
    /// Where its tail does.
    to: usize,
    tail: Tail,
}

impl Trail {
    /// Adds a decision; the same decision again only counts up, and so does one late event after
    /// another, and what is held in turns: what repeats does not crowd out the story.
    pub fn note(&mut self, what: Decision, at: UtcMs) {
        let mut step = Step { at, times: 1, what };
        let Ok(decision) = postcard::to_allocvec(&step.what) else { return };
        let is_late = matches!(step.what, Decision::Late { .. });
        // Two priorities of one alert are held in turns, sample after sample.
        let is_held = matches!(step.what, Decision::Held { .. });
        let mut again = None;
        for place in self.places() {
            let known = self.bytes.get(place.decision()).unwrap_or_default();
            let is_alike = known.first() == decision.first();
            if known == decision || (is_late && is_alike) {
                again = Some(place);
            }
            if again.is_some() || !(is_held && is_alike) {
                break;
            }
        }
        let Some(place) = again else { return self.push(&step, &decision) };
        step.times = place.tail.times.saturating_add(1);
        self.write(place.whole(), &step, &decision);
    }

    /// The decisions, oldest first.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let places: Vec<Place> = self.places().collect();
        places.into_iter().rev().filter_map(|place| {
            let what = postcard::from_bytes(self.bytes.get(place.decision())?).ok()?;
            Some(Step { at: place.tail.at, times: place.tail.times, what })
        })
    }

    /// Where the steps are, newest first.
    fn places(&self) -> impl Iterator<Item = Place> {
        let before = |end| Place::before(&self.bytes, end);
        successors(before(self.bytes.len()), move |place| before(place.from))
    }

    fn push(&mut self, step: &Step, decision: &[u8]) {
        let places: Vec<Place> = self.places().take(TRAIL_STEPS_MAX).collect();
        if let (TRAIL_STEPS_MAX, [.., second, _]) = (places.len(), places.as_slice()) {
            self.change(|bytes| drop(bytes.drain(second.whole())));
            self.lost = self.lost.saturating_add(1);
        }
        self.write(self.bytes.len()..self.bytes.len(), step, decision);
    }

    /// Puts a step in the place of some bytes.
    fn write(&mut self, place: Range<usize>, step: &Step, decision: &[u8]) {
        let length = u32::try_from(decision.len()).unwrap_or(u32::MAX);
        let tail = Tail { at: step.at, times: step.times, length }.to_bytes();
        let written = decision.iter().copied().chain(tail);
        self.change(|bytes| drop(bytes.splice(place, written)));
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = core::mem::take(&mut self.bytes).into_vec();
        change(&mut bytes);
        self.bytes = bytes.into_boxed_slice();
    }
}

impl Tail {
    fn to_bytes(self) -> [u8; TAIL_BYTES] {
        let mut bytes = [0; TAIL_BYTES];
        let (at, rest) = bytes.split_at_mut(8);
        let (times, length) = rest.split_at_mut(4);
        at.copy_from_slice(&self.at.0.to_le_bytes());
        times.copy_from_slice(&self.times.to_le_bytes());
        length.copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk()?;
        let (times, rest) = rest.split_first_chunk()?;
        let (length, _) = rest.split_first_chunk()?;
        let at = UtcMs(i64::from_le_bytes(*at));
        let [times, length] = [times, length].map(|bytes| u32::from_le_bytes(*bytes));
        Some(Self { at, times, length })
    }
}

impl Place {
    /// Where the step is that ends there.
    fn before(bytes: &[u8], end: usize) -> Option<Self> {
        let to = end.checked_sub(TAIL_BYTES)?;
        let tail = Tail::read(bytes.get(to..end)?)?;
        let from = to.checked_sub(usize::try_from(tail.length).ok()?)?;
        Some(Self { from, to, tail })
    }

    const fn decision(self) -> Range<usize> {
        self.from..self.to
    }

    const fn whole(self) -> Range<usize> {
        self.from..self.to + TAIL_BYTES
    }
}

/// On disk it is a list of steps.
impl Serialize for Trail {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.steps().collect::<Vec<Step>>(), self.lost).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Trail {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (steps, lost) = <(Vec<Step>, u32)>::deserialize(from)?;
        let mut trail = Self::default();
        for step in &steps {
            let decision = postcard::to_allocvec(&step.what).map_err(Error::custom)?;
            trail.push(step, &decision);
        }
        trail.lost = trail.lost.saturating_add(lost);
        Ok(trail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::condition::Lapse;
    use crate::model::notice::{Hold, Reason};
    use crate::model::rule::Priority;

    #[test]
    fn a_full_trail_keeps_its_beginning_and_its_end() {
        let mut trail = Trail::default();
        for at in 0..100 {
            let late = Decision::Late { of: UtcMs(0), value: 0.0 };
            trail.note(if at % 2 == 0 { Decision::Restored } else { late }, UtcMs(at));
        }
        let at: Vec<i64> = trail.steps().map(|step| step.at.0).collect();
        assert_eq!((at.first(), at.last(), at.len()), (Some(&0), Some(&99), TRAIL_STEPS_MAX));
        assert_eq!(usize::try_from(trail.lost).unwrap(), 100 - TRAIL_STEPS_MAX);
    }

    #[test]
    fn what_is_held_in_turns_does_not_crowd_out_the_story() {
        let mut trail = Trail::default();
        let held = |priority, hold| Decision::Held { priority, hold };
        trail.note(held(Priority::P2, Hold::Outranked), UtcMs(0));
        trail.note(Decision::Restored, UtcMs(1));
        for at in 2..100 {
            trail.note(held(Priority::P1, Hold::Cooldown), UtcMs(at));
            trail.note(held(Priority::P2, Hold::Outranked), UtcMs(at));
        }
        let steps: Vec<(i64, u32)> = trail.steps().map(|step| (step.at.0, step.times)).collect();
        assert_eq!(steps, [(0, 1), (1, 1), (99, 98), (99, 98)]);
    }

    #[test]
    fn the_same_decision_again_counts_up() {
        let mut trail = Trail::default();
        trail.note(Decision::Restored, UtcMs(1));
        trail.note(Decision::Restored, UtcMs(2));
        let steps: Vec<Step> = trail.steps().collect();
        assert_eq!((steps.len(), steps[0].times, steps[0].at), (1, 2, UtcMs(2)));
        trail.note(Decision::Late { of: UtcMs(3), value: 4.0 }, UtcMs(5));
        trail.note(Decision::Late { of: UtcMs(1), value: 0.0 }, UtcMs(6));
        let steps: Vec<Step> = trail.steps().collect();
        assert_eq!((steps.len(), steps[1].times), (2, 2));
        assert_eq!(steps[1].what, Decision::Late { of: UtcMs(1), value: 0.0 });
        trail.note(Decision::Late { of: UtcMs(9_000_000), value: 1.0 }, UtcMs(7));
        let last = trail.steps().last().map(|step| (step.times, step.what));
        assert_eq!(last, Some((3, Decision::Late { of: UtcMs(9_000_000), value: 1.0 })));
    }

    #[test]
    fn what_was_noted_is_read_again() {
        let (priority, reason) = (Priority::P2, Reason::Repeat);
        let noted = [
            Decision::Breached {
                priority,
                rule: "andon.toml:3:1".into(),
                value: 0.1,
                threshold: -1e300,
            },
            Decision::Told { reason, targets: "pagerduty, slack".into() },
            Decision::Undeliverable { target: "pagerduty".into(), why: "x".repeat(70_000).into() },
            Decision::Lapsed(priority, Lapse::Condition("agents_busy > 3".into())),
            Decision::Cleared { priority, value: 2.0, boundary: 3.0 },
        ];
        let mut trail = Trail::default();
        for (what, at) in noted.iter().zip(-2..) {
            trail.note(what.clone(), UtcMs(at));
        }
        assert!(trail.steps().map(|step| step.what).eq(noted));
        assert!(trail.steps().map(|step| step.at.0).eq(-2..3));
        let bytes = postcard::to_allocvec(&trail).unwrap();
        assert_eq!(postcard::from_bytes::<Trail>(&bytes).unwrap(), trail);
    }
}
