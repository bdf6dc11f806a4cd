//! Why nobody hears of an alert that is open.
//!
//! # Promises
//! - `what_nothing_holds_back_takes_no_room`

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::dependency::Behind;
use crate::model::mute::Mute;
use crate::model::notice::Hold;
use crate::model::time::Stamp;

/// Why nobody hears of an alert that is open, cause by cause. Each is set by its own machine only,
/// with the moment it began. Most alerts have none, so those that take room are boxed.
#[derive(Debug, Clone, Default)]
pub struct Suppression {
    /// A maintenance window or a silence covers it. One that ended meanwhile keeps this until that
    /// is over.
    pub mute: Option<Box<Mute>>,
    /// Another alert explains it, or may be about to.
    pub parent: Option<Box<Behind>>,
    others: Option<Box<Causes>>,
}

/// The causes beside another alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Causes {
    /// Our own link is down, so that what the alert says may be old.
    pub unseen: Option<Stamp>,
    /// It comes and goes too often.
    pub flapping: Option<Stamp>,
    /// There is a storm. One that ended in it keeps this until the storm is over.
    pub storm: Option<Stamp>,
    /// It was bad when a storm ended, and was told in one message with others. That holds nothing
    /// back; what it says from then on stands in the digest.
    pub outlived_storm: Option<Stamp>,
}

/// What reads as the causes of an alert that has none.
const NONE: &Causes = &Causes { unseen: None, flapping: None, storm: None, outlived_storm: None };

impl Suppression {
    /// What holds the alert back, the weightiest cause first; nothing where none does.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        if self.unseen.is_some() {
            return Some(Hold::LinkDown);
        }
        if let Some(mute) = &self.mute {
            return Some(mute.by.hold());
        }
        let causes = [
            (self.parent.is_some(), Hold::Dependency),
            (self.storm.is_some(), Hold::Storm),
            // The lightest: that it is unstable is told.
            (self.flapping.is_some(), Hold::Flapping),
        ];
        causes.into_iter().find_map(|(holds, hold)| holds.then_some(hold))
    }

    /// With these causes.
    #[must_use]
    pub fn new(parent: Option<Box<Behind>>, others: Causes) -> Self {
        Self { mute: None, parent, others: (others != *NONE).then(|| Box::new(others)) }
    }

    /// The causes beside another alert, where there are any, to take some of them away.
    pub fn causes(&mut self) -> Option<&mut Causes> {
        if **self == *NONE {
            self.others = None;
        }
        self.others.as_deref_mut()
    }

    /// Every moment in it, to be moved to another boot's clock.
    pub fn stamps(&mut self) -> impl Iterator<Item = &mut Stamp> {
        let parent = self.parent.as_mut().map(|behind| &mut behind.since);
        let others = self.others.as_deref_mut().into_iter().flat_map(|causes| {
            let Causes { unseen, flapping, storm, outlived_storm } = causes;
            [unseen, flapping, storm, outlived_storm].into_iter().flatten()
        });
        let mute = self.mute.as_mut().map(|mute| &mut mute.since);
        parent.into_iter().chain(mute).chain(others)
    }
}

impl Deref for Suppression {
    type Target = Causes;

    fn deref(&self) -> &Causes {
        self.others.as_deref().unwrap_or(NONE)
    }
}

/// To set a cause; [`Suppression::causes`] is for taking one away.
impl DerefMut for Suppression {
    fn deref_mut(&mut self) -> &mut Causes {
        self.others.get_or_insert_default()
    }
}

impl PartialEq for Suppression {
    fn eq(&self, other: &Self) -> bool {
        self.mute == other.mute && self.parent == other.parent && **self == **other
    }
}

impl Eq for Suppression {}

impl Serialize for Suppression {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (&self.mute, &self.parent, **self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Suppression {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <(Option<Box<Mute>>, Option<Box<Behind>>, Causes)>::deserialize(from)
            .map(|(mute, parent, others)| Self { mute, ..Self::new(parent, others) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{Tick, UtcMs};

    #[test]
    fn what_nothing_holds_back_takes_no_room() {
        let mut suppression = Suppression::default();
        assert!(suppression.causes().is_none());
        suppression.storm = Some(Stamp { tick: Tick(1), utc: UtcMs(2) });
        assert_eq!(suppression.hold(), Some(Hold::Storm));
        let bytes = postcard::to_allocvec(&suppression).unwrap();
        assert_eq!(postcard::from_bytes::<Suppression>(&bytes).unwrap(), suppression);
        suppression.causes().unwrap().storm = None;
        assert!(suppression == Suppression::default() && suppression.causes().is_none());
        let bytes = postcard::to_allocvec(&suppression).unwrap();
        assert!(postcard::from_bytes::<Suppression>(&bytes).unwrap().others.is_none());
    }
}
