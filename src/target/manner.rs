//! How each kind of target is told: how fast, and what a notice does there.

use crate::model::time::Span;

/// How a kind of target is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// The least time between the starts of two requests.
    pub gap: Span,
    /// What it makes of many alerts in one notice.
    pub digests: Digests,
    /// What a further notice about an alert does.
    pub updates: Updates,
    /// Whether it is told that somebody has taken an alert in hand.
    pub hands: Hands,
}

/// What a target makes of a notice about many alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digests {
    /// One message.
    Takes,
    /// It would page for it, so that it gets none.
    Pages,
}

/// What a further notice about an alert does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updates {
    /// It changes what the first one opened.
    InPlace,
    /// It is one message more.
    Anew,
}

/// Whether a target is told that somebody has taken an alert in hand, and when that lapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    /// Its system keeps who has it, and is told unless it was said there.
    Keeps,
    /// It shows it to others, wherever it was said.
    Shows,
    /// It would only wake people.
    Untold,
}

/// Whether a target is told what is about no single alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// It is.
    Taken,
    /// It is, and has a place where that pages nobody, beside its incidents.
    Apart,
    /// Its system has no place for it, or none that the config names.
    Left,
}
