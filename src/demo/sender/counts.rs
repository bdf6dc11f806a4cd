//! What a sender has done, and how it was answered.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use serde_json::{Value, json};

/// What a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// The platform's own.
    Genuine,
    /// The same once more, though it may have been answered.
    Duplicate,
    /// Somebody else's, with its id.
    Forged,
    /// A part of it.
    Truncated,
}

/// Counts, and statuses by what was answered with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests made, retries among them.
    pub requests: u64,
    /// Requests made again because of their answer, or for want of one.
    pub retries: u64,
    /// Deliveries held back, so that younger ones overtook them.
    pub held_back: u64,
    /// Deliveries that had no final answer after the last retry, or found no room to wait.
    pub given_up: u64,
    made: BTreeMap<Nature, u64>,
    answers: BTreeMap<(Nature, Option<u16>), u64>,
}

impl Nature {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Genuine, Self::Duplicate, Self::Forged, Self::Truncated];

    /// As it stands in a summary.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::Duplicate => "duplicate",
            Self::Forged => "forged",
            Self::Truncated => "truncated",
        }
    }
}

impl Counts {
    /// How many deliveries of a kind there were, however often they were tried.
    #[must_use]
    pub fn of(&self, nature: Nature) -> u64 {
        self.made.get(&nature).copied().unwrap_or(0)
    }

    /// How the deliveries of a kind were answered, each try on its own: by status, or `none`.
    pub fn answers(&self, nature: Nature) -> impl Iterator<Item = (String, u64)> {
        let own = self.answers.iter().filter(move |((known, _), _)| *known == nature);
        own.map(|((_, status), count)| {
            let status = status.map_or_else(|| "none".into(), |status| format!("{status}"));
            (status, *count)
        })
    }

    /// For tools.
    #[must_use]
    pub fn shown(&self) -> Value {
        let by_nature = Nature::ALL.into_iter().map(|nature| {
            let answers: BTreeMap<String, u64> = self.answers(nature).collect();
            (nature.as_str(), json!({ "made": self.of(nature), "answers": answers }))
        });
        let deliveries: BTreeMap<&str, Value> = by_nature.collect();
        json!({
            "requests": self.requests,
            "retries": self.retries,
            "held_back": self.held_back,
            "given_up": self.given_up,
            "deliveries": deliveries,
        })
    }

    pub(super) fn made(&mut self, nature: Nature) {
        *self.made.entry(nature).or_default() += 1;
    }

    pub(super) fn answer(&mut self, nature: Nature, status: Option<u16>) {
        *self.answers.entry((nature, status)).or_default() += 1;
    }
}
