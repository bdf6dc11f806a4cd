//! How a notice goes its way: since when it waits, and whether another target is told in its stead.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::model::name::TargetName;
use crate::model::notice::Notice;
use crate::model::time::{Tick, UtcMs};

/// How a notice goes its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Since when it waits for its target: what its deadline and its fallback count from.
    pub queued: Tick,
    /// Which target has not taken it, so that another is told.
    pub via: Option<TargetName>,
    /// Whether another target is told if its own does not take it.
    pub stand_in: StandIn,
}

/// Whether another target is told of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandIn {
    /// It is, if the notice is not taken in time and the config names one.
    Possible,
    /// It has been told, or needs not be.
    Settled,
}

/// A notice that its target will never take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// What was to be told. Its number is the letter's.
    pub notice: Notice,
    /// What the target said, or why it was given up.
    pub why: Box<str>,
    /// When.
    pub died: UtcMs,
}

/// Which dead letters an order is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letters {
    /// The one of this number.
    One(u64),
    /// All that are for a target.
    For(Box<str>),
    /// All.
    All,
}

/// Whether a dead letter is sent again although what it tells is true no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// It is kept.
    Keep,
    /// It is sent as it was.
    Send,
}

impl Passage {
    /// Of a notice that begins to wait.
    #[must_use]
    pub const fn new(queued: Tick) -> Self {
        Self { queued, via: None, stand_in: StandIn::Possible }
    }
}

impl Letters {
    /// Whether a letter is one of them.
    #[must_use]
    pub fn names(&self, letter: &DeadLetter) -> bool {
        match self {
            Self::One(number) => letter.notice.number == *number,
            Self::For(target) => *letter.notice.target.as_str() == **target,
            Self::All => true,
        }
    }
}
