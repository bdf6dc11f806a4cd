//! What of a queue a plan changes.

/// What of a queue is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Waiting,
    LongestWait,
    Agents,
    HangUps,
}

impl Level {
    /// How it is in a queue that nothing happens to. Where nobody waits, nobody waits long.
    pub(crate) const fn usual(self) -> u16 {
        match self {
            Self::Waiting => 1,
            Self::Agents => 9,
            Self::LongestWait | Self::HangUps => 0,
        }
    }

    /// Its place in [`crate::sights::METRICS`].
    pub(crate) const fn metric(self) -> usize {
        match self {
            Self::Waiting => 0,
            Self::LongestWait => 1,
            Self::HangUps => 2,
            Self::Agents => 3,
        }
    }
}
