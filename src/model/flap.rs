//! How restless an alert is: the record of flap damping, and the two paces of it.

use serde::{Deserialize, Serialize};

use crate::model::rule::Priority;
use crate::model::time::{Span, Tick};

/// How soon what comes and goes is held as unstable, and how soon it is believed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Pace {
    /// Never held.
    Off,
    /// A queue's numbers: they swing within minutes by their nature.
    Fast,
    /// Trunks, edges, sources and whatever a sender speaks of.
    #[default]
    Slow,
}

/// The figures of a pace. Those of [`Pace::Slow`] are the ones that routers have damped flapping
/// routes with since 1998 (RFC 2439 and its vendors' defaults).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// In this time half of the penalty is gone.
    pub half_life: Span,
    /// Above this penalty the alert is held as unstable.
    pub hold: f32,
    /// A penalty never grows beyond this, so that the release is never later than four half-lives
    /// (60 min) after the last raise, or six of the fast pace (30 min).
    pub most: f32,
}

/// What a raise costs.
pub const RAISE: f32 = 1_000.0;
/// What a change of the severity costs that speaks for an open alert.
pub const WOBBLE: f32 = 250.0;
/// Below this penalty an alert is believed again.
pub const RELEASE: f32 = 750.0;

/// The penalty of an alert, reckoned anew at each event, and what its hold is about.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Flap {
    /// The pace that it decays by.
    pub pace: Pace,
    /// The penalty at `at`.
    pub penalty: f32,
    /// When it was last reckoned.
    pub at: Tick,
    /// Raises since it was last quiet.
    pub raises: u16,
    /// The priority that spoke for it, while it was open.
    pub led: Option<Priority>,
    /// When it is believed again, while it is held.
    pub release: Option<Tick>,
}

impl Pace {
    /// The word of the config file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Fast => "fast",
            Self::Slow => "slow",
        }
    }

    /// The figures; nothing where nothing is ever held.
    #[must_use]
    pub const fn figures(self) -> Option<Figures> {
        Some(match self {
            Self::Off => return None,
            Self::Fast => {
                Figures { half_life: Span::secs(300), hold: 2_500.0, most: RELEASE * 64.0 }
            }
            Self::Slow => {
                Figures { half_life: Span::secs(900), hold: 2_000.0, most: RELEASE * 16.0 }
            }
        })
    }
}
