//! What a platform answered, in our metrics: rows of readings with the vendor's own time.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::time::{Span, UtcMs};

/// One cell of an answer, before the null policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// A number, in the metric's unit; interval counts as counted, not yet per minute.
    Value(f64),
    /// The platform said null.
    Null,
    /// The platform did not mention it.
    Absent,
}

/// The stretch of vendor time that interval counts were counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Its first moment, by the vendor's clock.
    pub start: UtcMs,
    /// Its length.
    pub length: Span,
}

/// One entity of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The platform's identifier.
    pub entity: EntityId,
    /// The platform's name for people, where it gives one.
    pub name: Option<Box<str>>,
}

/// A whole answer. Readings lie row by row, so that a thousand queues are one allocation.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The authoritative time of every reading in it (guide 2, edge case 3).
    pub vendor_time: UtcMs,
    /// The bucket of the interval counts, where the request asked for one.
    pub bucket: Option<Bucket>,
    /// The columns of `readings`.
    pub metrics: Box<[Metric]>,
    /// The entities, in the platform's order.
    pub rows: Vec<Row>,
    /// `rows.len()` times `metrics.len()` readings.
    pub readings: Vec<Reading>,
    /// Rows that could not be read (no identifier, one that cannot be a name), for the log.
    pub rows_refused: u32,
}

impl Bucket {
    /// The first moment after it.
    #[must_use]
    pub fn end(self) -> UtcMs {
        self.start + self.length
    }
}

impl Answer {
    /// Adds the rows of an earlier answer that this one, which has only what changed, leaves out.
    /// Both have the same columns.
    pub fn carry_over(&mut self, earlier: &Self) {
        let known: BTreeSet<EntityId> = self.rows.iter().map(|row| row.entity.clone()).collect();
        for (row, readings) in earlier.iter().filter(|(row, _)| !known.contains(&row.entity)) {
            self.rows.push(row.clone());
            self.readings.extend_from_slice(readings);
        }
    }

    /// The rows with their readings.
    pub fn iter(&self) -> impl Iterator<Item = (&Row, &[Reading])> {
        self.rows.iter().zip(self.readings.chunks(self.metrics.len().max(1)))
    }
}
