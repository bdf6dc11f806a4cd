//! What a target calls an alert that it was told of: found again by the next notice, a read-back
//! and whoever acknowledges there.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::alert::AlertKey;
use crate::model::name::TargetName;

/// What a target calls an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Which alert.
    pub alert: AlertKey,
    /// Who was told.
    pub target: TargetName,
    /// In the target's own words: Slack's channel and `ts`, ServiceNow's `sys_id`. Of PagerDuty,
    /// which has none, a hash of the key that it was told under, of ServiceNow's Event Management
    /// a word. Empty once it is over there.
    pub reference: Box<str>,
    /// The episode of the alert that the corrections are of.
    pub episode: u32,
    /// What has been set right there in that episode: each once.
    pub corrected: Vec<Correction>,
}

/// What was set right where a target said something else of an alert than we do. Whether it is over
/// is ours to say, who has it in hand is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Correction {
    /// They say that somebody has it in hand, and so do we from here on.
    InHand,
    /// It is over and was open there: it is ended there once more.
    EndedAgain,
    /// It was ended there and is not over: it is opened once more.
    OpenedAgain,
    /// They had forgotten it: it is told once more.
    ToldAgain,
    /// They differ from us although that was done already: it is left so.
    Left,
    /// It was opened under a key that is not in force any more, was ended there, and is told under
    /// the new one.
    Moved,
    /// It was opened under a key that nobody has any more, or that is refused: it stays open there,
    /// and is told under the new one.
    Stranded,
}

impl Thread {
    /// A thread of which nothing had to be set right.
    #[must_use]
    pub const fn new(alert: AlertKey, target: TargetName, reference: Box<str>) -> Self {
        Self { alert, target, reference, episode: 0, corrected: Vec::new() }
    }
}

impl Correction {
    /// Every correction.
    pub const ALL: [Self; 7] = [
        Self::InHand,
        Self::EndedAgain,
        Self::OpenedAgain,
        Self::ToldAgain,
        Self::Left,
        Self::Moved,
        Self::Stranded,
    ];

    /// The word for metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InHand => "in_hand",
            Self::EndedAgain => "ended_again",
            Self::OpenedAgain => "opened_again",
            Self::ToldAgain => "told_again",
            Self::Left => "left",
            Self::Moved => "moved",
            Self::Stranded => "stranded",
        }
    }

    /// What was found and done, for people.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::InHand => "it is in hand there, and here from now on",
            Self::EndedAgain => "it was open there although it is over: it is ended there again",
            Self::OpenedAgain => {
                "it was ended there although it is not over: it is opened there again, once"
            }
            Self::ToldAgain => "it was not known there any more: it is told again, once",
            Self::Left => "it still differs there although it was set right once: it is left so",
            Self::Moved => {
                "it was opened there under the key before: it is ended under that, and told anew"
            }
            Self::Stranded => {
                "it was opened there under another key, which nothing gives any more, or which is \
                 refused: it stays open under that. Resolve it there by hand"
            }
        }
    }
}
