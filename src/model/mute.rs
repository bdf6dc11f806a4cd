//! What mutes alerts for a while: a maintenance window that is open, or a silence that somebody
//! made.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{SILENCE_REMINDED_BEFORE, SILENCE_REMINDED_PART};
use crate::model::matcher::{Facts, Matcher};
use crate::model::name::{TargetName, WindowName};
use crate::model::notice::Hold;
use crate::model::route::{Route, Routes};
use crate::model::time::{Span, Stamp, Tick, UtcMs};

/// Why nobody hears of an alert: since when, and until when for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// What mutes it.
    pub by: Muter,
    /// Since when.
    pub since: Stamp,
    /// Until when. Of several that mute it the one that ends last counts.
    pub until: UtcMs,
}

/// What mutes alerts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Muter {
    /// A maintenance window.
    Window(WindowName),
    /// A silence.
    Silence {
        /// Its number.
        id: u64,
        /// Who made it.
        owner: Box<str>,
    },
}

/// What mutes alerts now, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Muting {
    /// What.
    pub by: Muter,
    /// Which alerts.
    pub scope: Scope,
    /// Until when.
    pub until: UtcMs,
    /// Whether the most urgent alerts are told all the same.
    pub urgent: Urgent,
}

/// Which alerts something mutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those that a matcher takes.
    Matching(Box<Matcher>),
    /// Those of which nobody would hear, since every route that takes them names a window that is
    /// open.
    Routed(Rc<Routed>),
}

/// The routes, and the names of the windows that are open.
#[derive(Debug, PartialEq, Eq)]
pub struct Routed {
    /// The routes.
    pub routes: Routes,
    /// The windows that are open.
    pub open: Vec<WindowName>,
}

impl Muting {
    /// Whether it is about an alert.
    #[must_use]
    pub fn covers(&self, facts: &Facts<'_>) -> bool {
        match (&self.scope, &self.by) {
            (Scope::Matching(matcher), _) => matcher.takes(facts),
            (Scope::Routed(routed), Muter::Window(window)) => routed.closes(facts, window),
            (Scope::Routed(_), Muter::Silence { .. }) => false,
        }
    }
}

impl Routed {
    /// Whether each route of an alert is closed by a window, and one of them by this one.
    fn closes(&self, facts: &Facts<'_>, window: &WindowName) -> bool {
        let names = |route: &Route, window: &WindowName| {
            route.windows.iter().any(|name| **name == *window.as_str())
        };
        let mut is_by_this = false;
        for route in self.routes.taking(*facts) {
            if !self.open.iter().any(|open| names(route, open)) {
                return false;
            }
            is_by_this |= names(route, window);
        }
        is_by_this
    }
}

/// Whether P1 is muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgent {
    /// As everything else.
    Muted,
    /// Not while nobody vouches for the clock that the window goes by.
    Told,
}

/// A maintenance window that is open. Its beginning was told, and its end is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWindow {
    /// Which.
    pub name: WindowName,
    /// When it began.
    pub from: UtcMs,
    /// When it ends.
    pub to: UtcMs,
    /// Who was told that it begins.
    pub told: Vec<TargetName>,
}

/// A silence: somebody wants to hear nothing of some alerts for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number, from 1.
    pub id: u64,
    /// Which alerts.
    pub matcher: Matcher,
    /// Who answers for it.
    pub owner: Box<str>,
    /// Why.
    pub comment: Box<str>,
    /// When it was made.
    pub made: Stamp,
    /// When it ends.
    pub until: Stamp,
    /// Who was told that it begins.
    pub told: Vec<TargetName>,
    /// Whether its end has been announced beforehand.
    pub reminded: Reminded,
}

/// A silence that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedSilence {
    /// Of which alerts.
    pub matcher: Matcher,
    /// Who answers for it.
    pub owner: Box<str>,
    /// Why.
    pub comment: Box<str>,
    /// For how long.
    pub lasts: Span,
}

/// Whether the end of a silence has been announced beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reminded {
    /// It has.
    Yes,
    /// It will be.
    NotYet,
}

impl Muter {
    /// What holds a notice back.
    #[must_use]
    pub const fn hold(&self) -> Hold {
        match self {
            Self::Window(_) => Hold::Maintenance,
            Self::Silence { .. } => Hold::Silence,
        }
    }
}

impl Silence {
    /// What it is called.
    #[must_use]
    pub fn muter(&self) -> Muter {
        Muter::Silence { id: self.id, owner: self.owner.clone() }
    }

    /// When its end is announced beforehand: an hour before, or a tenth of a short one.
    #[must_use]
    pub fn reminds(&self) -> Tick {
        let length = self.until.tick - self.made.tick;
        let before = SILENCE_REMINDED_BEFORE.min(length.percent(SILENCE_REMINDED_PART));
        self.until.tick + Span(-before.0)
    }
}

impl fmt::Display for Muter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window(name) => write!(f, "maintenance {name}"),
            Self::Silence { id, owner } => write!(f, "silence {id} of {owner}"),
        }
    }
}
