//! What a target's own system says of the alerts that were told there.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::model::alert::AlertKey;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::secret::Secrets;
use crate::model::target::{TargetConfig, TargetKind};
use crate::model::time::Span;
use crate::target::{Letter, TargetFault, identity};

/// How a target's system can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// How many alerts one request asks about.
    pub batch: usize,
    /// The least time between the starts of two requests.
    pub gap: Span,
    /// How many requests a round may cost; what is left is read by the next ones.
    pub requests_max: usize,
}

/// What they say of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Theirs {
    /// It is open, and nobody has it in hand.
    Open,
    /// It is open, and somebody has it in hand.
    InHand {
        /// Who, where they say so.
        by: Option<Box<str>>,
    },
    /// It was there, and is over.
    Over,
    /// They know nothing of it.
    Unknown,
}

/// What came of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// What they say of each alert that was asked about; nothing of one that the answer had no
    /// room for.
    Seen(Vec<Option<Theirs>>),
    /// They say nothing.
    Failed {
        /// For how long they want to be left alone, where they say so.
        after: Option<Span>,
        /// What they said instead.
        why: Box<str>,
    },
}

/// What becomes of an incident that was opened under another key than the one in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// It lies where it is looked for.
    Stays,
    /// The first request ends it where it lies, and the next one tells it anew.
    Ends,
    /// Nobody can end it any more, and it is told anew.
    Strands,
}

/// What a kind of target knows of its system besides, whose own state can be known.
pub(super) trait Mirror {
    /// How its own state can be read; nothing where it cannot.
    fn reads(&self) -> Option<Reads>;

    /// The request that reads what it says of some alerts, up to [`Reads::batch`].
    fn read(&self, keys: &[AlertKey], secrets: &Secrets) -> Result<Request, TargetFault>;

    /// What the answer to that says of them.
    fn seen(&self, keys: &[AlertKey], reply: &Reply) -> Reading;

    /// Under what an alert lies there that it has no name of its own for, where that may change
    /// while the alert is open: a short hash of the address and the key.
    fn place(&self, secrets: &Secrets) -> Option<Box<str>> {
        let _ = secrets;
        None
    }

    /// What becomes of an incident where that has changed since the alert was told.
    fn moves(&self, letter: &Letter<'_>) -> Moves {
        let _ = letter;
        Moves::Stays
    }
}

fn mirror(kind: &TargetKind) -> Option<&dyn Mirror> {
    if let TargetKind::PagerDuty(kind) = kind {
        return Some(kind);
    }
    if let TargetKind::ServiceNowEvents(kind) = kind {
        return Some(kind);
    }
    if let TargetKind::ServiceNow(kind) = kind { Some(&**kind) } else { None }
}

/// How a target's own state can be read; nothing where it cannot.
#[must_use]
pub fn reads(kind: &TargetKind) -> Option<Reads> {
    mirror(kind)?.reads()
}

/// The request that reads what a target says of some alerts, up to [`Reads::batch`] of them.
///
/// # Errors
/// Says which secret is missing or unusable.
pub fn read(
    target: &TargetConfig,
    keys: &[AlertKey],
    secrets: &Secrets,
) -> Result<Request, TargetFault> {
    let mirror = mirror(&target.kind).ok_or(TargetFault::Unfit("it cannot be read"))?;
    let request = mirror.read(keys, secrets)?;
    let network_of = target.network.as_ref().map(|_| target.name.clone());
    Ok(Request { identity: identity(target, secrets)?, network_of, ..request })
}

/// What came of that request.
#[must_use]
pub fn seen(kind: &TargetKind, keys: &[AlertKey], outcome: &Result<Reply, LinkFault>) -> Reading {
    match (outcome, mirror(kind)) {
        (Ok(reply), Some(kind)) => kind.seen(keys, reply),
        (Err(fault), _) => Reading::Failed { after: None, why: format!("{fault}").into() },
        (Ok(_), None) => Reading::Failed { after: None, why: "it cannot be read".into() },
    }
}

/// Under what alerts lie at a target that has no names of its own for them.
#[must_use]
pub fn place(kind: &TargetKind, secrets: &Secrets) -> Option<Box<str>> {
    mirror(kind)?.place(secrets)
}

/// What becomes of an incident where [`place`] has changed since the alert was told.
#[must_use]
pub fn moves(kind: &TargetKind, letter: &Letter<'_>) -> Moves {
    mirror(kind).map_or(Moves::Stays, |kind| kind.moves(letter))
}
