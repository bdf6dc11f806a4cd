//! A record on disk: one byte of version, then postcard.
//!
//! The structs of `model` are the newest version. Before one of them changes, its present form is
//! frozen in `frozen` and converted; the golden bytes below fail until that is done.
//!
//! # Promises
//! - `a_record_of_each_older_version_is_read`
//! - `the_bytes_of_every_record_stay_as_they_are`
//! - `a_record_of_a_newer_version_is_refused_by_name`
//! - `a_torn_record_is_refused`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ledger::frozen::{Alert1, Notice1, Telling1};
use crate::model::alert::Alert;
use crate::model::baseline::{LearnedHour, SeriesName};
use crate::model::delivery::{DeliveryBlock, Unread};
use crate::model::history::HistoryDay;
use crate::model::mute::{OpenWindow, Silence};
use crate::model::name::{EntityId, SourceName};
use crate::model::notice::Notice;
use crate::model::passage::DeadLetter;
use crate::model::storm::StormMemory;
use crate::model::telling::Telling;
use crate::model::thread::Thread;
use crate::model::time::{Span, Stamp, Tick, UtcMs};

/// What is written with every commit: which boot the ticks of all records belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The kernel's identifier of the boot.
    pub boot: Box<str>,
    /// The moment of the commit.
    pub tick: Tick,
    /// The same moment in wall time.
    pub utc: UtcMs,
    /// Whether that wall time could be believed.
    pub trusted: bool,
    /// The number that the next notice gets.
    pub next_notice: u64,
}

/// Where a source's polling was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourcePlace {
    /// The end of the last bucket that was evaluated.
    pub(super) bucket_end: UtcMs,
}

/// The `revision` of the config file that the hub ran with last, of those that have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Revision {
    /// What the operator calls it.
    pub(super) mark: Box<str>,
}

/// How often a source's webhooks come, as far as it was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rhythm {
    /// Deliveries that it was learned from; only that they are enough counts.
    pub deliveries: u32,
    /// The longest usual gap between two, of time in which something happened.
    pub usual: Span,
}

/// When something last showed that it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Where its heartbeats come in.
    pub source: SourceName,
    /// What it calls itself.
    pub entity: EntityId,
    /// When the last one came.
    pub last: Stamp,
}

/// Why a record cannot be read. The ledger's fault, never the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFault {
    /// A newer andon wrote it.
    Newer {
        /// The version that it has.
        found: u8,
        /// The newest that this andon reads.
        known: u8,
    },
    /// It is not a whole record.
    Torn,
    /// It is the record of another row.
    Misplaced,
}

/// A thing that the ledger keeps.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The version that is written. Every older one is still read.
    const VERSION: u8 = 1;

    /// Reads a record of an older version.
    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        let _ = (version, bytes);
        Err(RecordFault::Torn)
    }
}

impl Record for Clock {}
impl Record for SourcePlace {}
impl Record for DeliveryBlock {}
impl Record for Unread {}
impl Record for SeriesName {}
impl Record for LearnedHour {}
impl Record for HistoryDay {}
impl Record for Rhythm {}
impl Record for Revision {}
impl Record for Beat {}
impl Record for StormMemory {}
impl Record for Thread {}
impl Record for OpenWindow {}
impl Record for Silence {}
impl Record for Alert {
    const VERSION: u8 = 2;

    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        match version {
            1 => whole::<Alert1>(bytes).map(Self::from),
            _ => Err(RecordFault::Torn),
        }
    }
}
impl Record for Telling {
    const VERSION: u8 = 2;

    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        match version {
            1 => whole::<Telling1>(bytes).map(Self::from),
            _ => Err(RecordFault::Torn),
        }
    }
}
impl Record for Notice {
    const VERSION: u8 = 2;

    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        match version {
            1 => whole::<Notice1>(bytes).map(Self::from),
            _ => Err(RecordFault::Torn),
        }
    }
}
impl Record for DeadLetter {
    const VERSION: u8 = 2;

    /// It was the notice alone.
    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        match version {
            1 => whole::<Notice1>(bytes).map(Self::from),
            _ => Err(RecordFault::Torn),
        }
    }
}

pub(super) fn encode<R: Record>(record: &R) -> Vec<u8> {
    // Postcard fails only on types that no record has (maps of unknown length, self-describing
    // values).
    postcard::to_extend(record, Vec::from([R::VERSION])).unwrap_or_default()
}

pub(super) fn decode<R: Record>(bytes: &[u8]) -> Result<R, RecordFault> {
    let (&found, rest) = bytes.split_first().ok_or(RecordFault::Torn)?;
    if found > R::VERSION {
        return Err(RecordFault::Newer { found, known: R::VERSION });
    }
    if found < R::VERSION { R::older(found, rest) } else { whole(rest) }
}

/// All of the bytes as one value, and nothing after it.
fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordFault> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(RecordFault::Torn),
    }
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { found, known } => write!(
                f,
                "it has format {found}, written by a newer andon; this one reads up to {known}"
            ),
            Self::Torn => f.write_str("it is damaged"),
            Self::Misplaced => f.write_str("it holds the record of another row"),
        }
    }
}

#[cfg(test)]
mod tests;
