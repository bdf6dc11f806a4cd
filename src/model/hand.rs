//! Guide 1's `acknowledged`: somebody has an alert in hand.

use alloc::boxed::Box;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::model::rule::Priority;
use crate::model::time::{Span, Stamp, Tick, UtcMs};

/// Who has an alert in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Who, as they call themselves or the place calls them where they said it.
    pub by: Box<str>,
    /// Where they said it: a target's name, or `operator`.
    pub via: Box<str>,
    /// How urgent it was then. What grows worse is told all the same.
    pub priority: Priority,
    /// When.
    pub at: Stamp,
    /// How long it holds. After that the alert is told and escalated as if nobody had said it.
    pub lasts: Span,
}

impl Hand {
    /// When it lapses.
    #[must_use]
    pub fn lapses(&self) -> Tick {
        self.at.tick + self.lasts
    }

    /// The same for people.
    #[must_use]
    pub fn until(&self) -> UtcMs {
        self.at.utc + self.lasts
    }
}

impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.by, self.via)
    }
}
