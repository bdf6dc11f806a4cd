//! What a month is compared by: the hourly means of one source, as the platform measures them.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};

/// One day of one source, by its own clock in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryDay {
    /// Whose.
    pub source: SourceName,
    /// Days since 1970-01-01.
    pub day: u32,
    /// What was measured in it.
    pub series: Vec<HistorySeries>,
}

/// One metric in one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistorySeries {
    /// What was measured, in its unit; counts of an interval per minute.
    pub metric: Metric,
    /// Of which entity. None: of all that the source reported.
    pub entity: Option<EntityId>,
    /// The hours that were seen whole, in order.
    pub hours: Vec<HistoryHour>,
}

/// One hour of one series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HistoryHour {
    /// From 0 to 23.
    pub hour: u8,
    /// How much was seen: calls of a share where they are told with it, else readings.
    pub weight: f32,
    /// Their mean.
    pub mean: f32,
}
