//! What the episode of an alert comes to: how often it began, for how long, and how bad it was.

use serde::{Deserialize, Serialize};

use crate::model::time::{Span, Tick};

/// What an episode comes to, for the notice of its end.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// How often it opened, from 1.
    pub raises: u32,
    /// When it last did.
    pub opened: Tick,
    /// How long it was open before that.
    pub open_before: Span,
    /// The lowest value seen of it, in the metric's unit.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Totals {
    /// Of an episode that opens for the first time.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        let (opened, open_before) = (Tick(0), Span::ZERO);
        Self { raises: 0, opened, open_before, low: value, high: value }
    }

    /// Another value has been seen.
    pub const fn see(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    /// How long it was open until a moment at which it is, or at which it ended.
    #[must_use]
    pub fn open_until(&self, end: Tick) -> Span {
        self.open_before + (end - self.opened).max(Span::ZERO)
    }
}
