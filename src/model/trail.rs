//! The decisions about an alert in their order, bounded.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::TRAIL_STEPS_MAX;
use crate::model::alert::{Decision, Step};
use crate::model::time::UtcMs;

/// The decisions about an alert, bounded; when full, the second oldest gives way and is counted, so
/// that the beginning of the story and its newest part both stay.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Trail {
    steps: heapless::Vec<Box<Step>, TRAIL_STEPS_MAX>,
    /// Steps that gave way.
    pub lost: u32,
}

impl Trail {
    /// Adds a decision; the same decision again only counts up, and so does one late event after
    /// another, and what is held in turns: what repeats does not crowd out the story.
    pub fn note(&mut self, what: Decision, at: UtcMs) {
        let is_again = |step: &&mut Box<Step>| match (&step.what, &what) {
            (Decision::Late { .. }, Decision::Late { .. }) => true,
            (known, what) => known == what,
        };
        // Two priorities of one alert are held in turns, sample after sample.
        let is_held = |what: &Decision| matches!(what, Decision::Held { .. });
        let mut goes_on = true;
        let in_turns = |step: &&mut Box<Step>| {
            let went_on = goes_on;
            goes_on = went_on && is_held(&what) && is_held(&step.what);
            went_on
        };
        let mut run = self.steps.iter_mut().rev().take_while(in_turns);
        if let Some(step) = run.find(is_again) {
            **step = Step { at, times: step.times.saturating_add(1), what };
            return;
        }
        if self.steps.is_full() {
            self.steps.remove(1);
            self.lost = self.lost.saturating_add(1);
        }
        // There is room: one step has just given way if there was none.
        let _ = self.steps.push(Box::new(Step { at, times: 1, what }));
    }

    /// The decisions, oldest first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().map(|step| &**step)
    }

    /// The decisions as a list.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Step> {
        self.steps().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::notice::Hold;
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
        let steps = trail.to_vec();
        assert_eq!((steps.len(), steps[0].times, steps[0].at), (1, 2, UtcMs(2)));
        trail.note(Decision::Late { of: UtcMs(3), value: 4.0 }, UtcMs(5));
        trail.note(Decision::Late { of: UtcMs(1), value: 0.0 }, UtcMs(6));
        let steps = trail.to_vec();
        assert_eq!((steps.len(), steps[1].times), (2, 2));
        assert_eq!(steps[1].what, Decision::Late { of: UtcMs(1), value: 0.0 });
    }
}
