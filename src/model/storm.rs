//! When so many alerts come at once that telling each would hide what matters, and what of that
//! outlives a restart.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::rule::Priority;
use crate::model::time::{Span, Stamp};

/// What makes a storm, and how urgent one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StormConfig {
    /// So many new alerts ... Default: 10.
    pub alerts: u16,
    /// ... within this time are a storm (an alarm flood by ISA-18.2). Default: 600 s.
    pub within: Span,
    /// So is an hour with more than this share, in percent, of what is usual at that time of the
    /// day (guide 1, edge case 3). Default: 300.
    pub hourly_percent: u16,
    /// How urgent the storm itself is. Default: P2, as it speaks for what it holds, and P1 passes.
    pub priority: Priority,
    /// No second notice of the storm within this time. Default: 300 s.
    pub update: Span,
}

/// What made it a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// Many alerts within a short time.
    Rate,
    /// Many more within an hour than is usual at that time of the day.
    Hour,
}

/// A storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raging {
    /// Since when.
    pub since: Stamp,
    /// What made it one.
    pub trigger: Trigger,
    /// New alerts so far, those that made it a storm included.
    pub alerts: u32,
}

/// How many new alerts one hour of the day usually has.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct UsualHour {
    /// The mean, in which an hour beyond the limit counts as the limit.
    pub alerts: f32,
    /// The days that it was learned from, up to the bound.
    pub days: u16,
}

/// What is known of storms across a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StormMemory {
    /// By hour of the day, UTC. Empty where nothing was learned.
    pub usual: Vec<UsualHour>,
    /// The storm that there is.
    pub raging: Option<Raging>,
}

impl Default for StormConfig {
    fn default() -> Self {
        Self {
            alerts: 10,
            within: Span::secs(600),
            hourly_percent: 300,
            priority: Priority::P2,
            update: Span::secs(300),
        }
    }
}
