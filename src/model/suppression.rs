//! Why nobody hears of an alert that is open.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::model::dependency::Behind;
use crate::model::notice::Hold;
use crate::model::time::Stamp;

/// Why nobody hears of an alert that is open, cause by cause. Each is set by its own machine only,
/// with the moment it began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Suppression {
    /// Our own link is down, so that what the alert says may be old.
    pub unseen: Option<Stamp>,
    /// Another alert explains it, or may be about to.
    pub parent: Option<Box<Behind>>,
    /// It comes and goes too often.
    pub flapping: Option<Stamp>,
    /// There is a storm. One that ended in it keeps this until the storm is over.
    pub storm: Option<Stamp>,
    /// It was bad when a storm ended, and was told in one message with others. That holds nothing
    /// back; what it says from then on stands in the digest.
    pub outlived_storm: Option<Stamp>,
}

impl Suppression {
    /// What holds the alert back, the weightiest cause first; nothing where none does.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        let causes = [
            (self.unseen.is_some(), Hold::LinkDown),
            (self.parent.is_some(), Hold::Dependency),
            (self.storm.is_some(), Hold::Storm),
            // The lightest: that it is unstable is told.
            (self.flapping.is_some(), Hold::Flapping),
        ];
        causes.into_iter().find_map(|(holds, hold)| holds.then_some(hold))
    }

    /// Every moment in it, to be moved to another boot's clock.
    pub fn stamps(&mut self) -> impl Iterator<Item = &mut Stamp> {
        let parent = self.parent.as_mut().map(|behind| &mut behind.since);
        let storm = [self.storm.as_mut(), self.outlived_storm.as_mut()];
        let others = [self.unseen.as_mut(), self.flapping.as_mut(), parent];
        others.into_iter().chain(storm).flatten()
    }
}
