//! Guide 2's state record: what has been told of an alert at one priority.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::alert::AlertKey;
use crate::model::name::TargetName;
use crate::model::rule::Priority;
use crate::model::time::{Stamp, Tick, UtcMs};

/// Guide 2's three states of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TellingState {
    /// The breach was just seen, or may be told again.
    Active,
    /// It was told, and a second notice is held back.
    Cooldown,
    /// It was told to a higher channel.
    Escalated,
}

/// What people know of the breach at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Raise {
    /// Nothing yet.
    Untold,
    /// They were told, and reminded so often.
    Told {
        /// How often.
        repeats: u16,
    },
    /// It has ended; another one may follow in the same episode.
    Over {
        /// When.
        since: Tick,
    },
}

/// How far up the ladder an episode has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Climb {
    /// How many rungs are behind it: told, or passed over.
    pub rungs: u16,
    /// How many of them made it one step worse.
    pub lifts: u8,
    /// The newest rung reached nobody, so that the next one is due at once.
    pub unheard: bool,
}

/// What has been told of an alert at one priority. The first eight fields are guide 2's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// The alert's identity, which guide 2's key leaves out.
    pub alert: AlertKey,
    /// The rule's priority, the last part of guide 2's key.
    pub priority: Priority,
    /// Guide 2's `alert_key`: `entity:metric:priority`.
    pub alert_key: Box<str>,
    /// Guide 2's `state`.
    pub state: TellingState,
    /// Guide 2's `first_breach_timestamp`.
    pub first_breach_timestamp: UtcMs,
    /// Guide 2's `last_breach_timestamp`.
    pub last_breach_timestamp: UtcMs,
    /// Guide 2's `cooldown_seconds`.
    pub cooldown_seconds: u32,
    /// Guide 2's `escalation_threshold_seconds`.
    pub escalation_threshold_seconds: u32,
    /// Guide 2's `notification_count`, of this episode.
    pub notification_count: u32,
    /// The episode of the alert that the counts speak of.
    pub episode: u32,
    /// The first breach of the episode on the clock that durations run on, later by all the time
    /// between its breaches: what the age of an escalation is reckoned from. While the alert is
    /// held as unstable that time counts, too.
    pub first_breach: Tick,
    /// Since when the breach at hand holds, as it was last seen: that moves while our own link is
    /// down, and `first_breach` with it.
    pub since: Tick,
    /// The last notice, that of an end included; outlives the episode.
    pub last_told: Option<Stamp>,
    /// Who was told in this episode and has to hear of its end.
    pub told: Vec<TargetName>,
    /// Since when a line of it waits for the digest.
    pub digest_since: Option<Tick>,
    /// Breaches that began and ended untold since the last notice.
    pub held_back: u32,
    /// Whether the end of the episode has been dealt with.
    pub ended: bool,
    /// What is known of the newest breach.
    pub raise: Raise,
    /// It was told as unstable, and how it settles is owed.
    pub unstable: bool,
    /// Where it is on the ladder.
    pub climb: Climb,
    /// The routes that told last, where they stand in the config file.
    pub routes: Box<str>,
}

impl Telling {
    /// Guide 2's key.
    #[must_use]
    pub fn guide_key(entity: &str, metric: &str, priority: Priority) -> Box<str> {
        format!("{entity}:{metric}:{priority}").into()
    }
}

impl TellingState {
    /// Guide 2's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Cooldown => "COOLDOWN",
            Self::Escalated => "ESCALATED",
        }
    }
}
