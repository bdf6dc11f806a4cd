//! A webhook as it came: the exact bytes, before anybody has believed them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::limits::DELIVERY_ID_BYTES;
use crate::model::answer::Answer;
use crate::model::name::SourceName;
use crate::model::time::{Tick, UtcMs};

/// One request to the ingest port. Headers and body may carry secrets, so `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `POST`, or what else came.
    pub method: Box<str>,
    /// Names in lower case, values as sent.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The exact bytes, bounded by [`crate::limits::INGEST_BODY_BYTES_MAX`].
    pub body: Bytes,
    /// The SHA-256 of the sender's own certificate, in small hex digits. None, where it showed none
    /// that was found good.
    pub client_certificate: Option<Box<str>>,
}

/// What a genuine delivery says.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// Its events as an answer: one row for each entity.
    pub answer: Answer,
    /// Where the event of each row stands.
    pub ranks: Vec<Rank>,
    /// Events that a newer one of the same entity in the same delivery has overtaken.
    pub overtaken: u32,
    /// Events that the sender says it has left out.
    pub left_out: u32,
}

/// Where an event stands among those of its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// When it happened, by its sender's clock.
    pub at: UtcMs,
    /// The number that its sender gave it, where it counts its events.
    pub sequence: Option<u64>,
}

/// By what a delivery is known again: the beginning of a SHA-256 of its id or its body.
pub type DeliveryId = [u8; DELIVERY_ID_BYTES];

/// The deliveries of a short while, as the ledger keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryBlock {
    /// Which one; each has a number of its own, and the newest the greatest.
    pub number: u64,
    /// When its first was taken.
    pub begin: Tick,
    /// When its last was taken.
    pub newest: Tick,
    /// Bounded by [`crate::limits::DELIVERY_BLOCK_IDS`].
    pub ids: Vec<DeliveryId>,
}

impl Delivery {
    /// The value of a header, the first one where it stands twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }
}

impl Rank {
    /// Whether it stands before or after another: by their numbers where both have one.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        match (self.sequence, other.sequence) {
            (Some(one), Some(other)) => one.cmp(&other),
            (None, _) | (_, None) => self.at.cmp(&other.at),
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.method, self.body.len())
    }
}

/// A genuine delivery that no mapping understood, as it is kept for people: no header but its
/// content type, for the others may be secrets. `Debug` does not show the body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Counts them, and is never used twice.
    pub number: u64,
    /// Whose it is.
    pub source: SourceName,
    /// When it came, by the clock that people are told.
    pub received: UtcMs,
    /// As the sender wrote it, or nothing.
    pub content_type: Box<str>,
    /// By what it is known again.
    pub id: DeliveryId,
    /// The raw bytes, up to [`crate::limits::UNREAD_BODY_BYTES_MAX`].
    pub body: Vec<u8>,
    /// How many bytes the body had as it came.
    pub whole_bytes: u64,
    /// Why it was not understood.
    pub why: Box<str>,
}

/// Whether all of a body is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// It is.
    Whole,
    /// Its end is cut off.
    Cut,
}

impl Unread {
    /// Whether all of its body is kept.
    #[must_use]
    pub fn extent(&self) -> Extent {
        match u64::try_from(self.body.len()) {
            Ok(kept) if kept >= self.whole_bytes => Extent::Whole,
            Ok(_) | Err(_) => Extent::Cut,
        }
    }

    /// The delivery that it was, without what was not kept.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        let content_type = ("content-type".into(), self.content_type.clone());
        Delivery {
            method: "POST".into(),
            headers: Vec::from([content_type]),
            body: self.body.clone().into(),
            client_certificate: None,
        }
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, source, received, whole_bytes, why, .. } = self;
        write!(f, "{number} of {source} at {received}: {whole_bytes} bytes, {why}")
    }
}
