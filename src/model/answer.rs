//! What a platform answered, in our metrics: rows of readings with the vendor's own time.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::limits::ENTITIES_PER_SOURCE_MAX;
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
    /// How soon the next answer to the same request is due. Nothing for what nobody asks for: no
    /// other has to follow it.
    pub every: Option<Span>,
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
    /// Both have the same columns. Beyond [`ENTITIES_PER_SOURCE_MAX`] rows those that changed the
    /// longest ago are left out: nobody says which entities are gone.
    pub fn carry_over(&mut self, earlier: &Self) {
        let known: BTreeSet<EntityId> = self.rows.iter().map(|row| row.entity.clone()).collect();
        let room = ENTITIES_PER_SOURCE_MAX.saturating_sub(self.rows.len());
        let left_out = earlier.iter().filter(|(row, _)| !known.contains(&row.entity));
        for (row, readings) in left_out.take(room) {
            self.rows.push(row.clone());
            self.readings.extend_from_slice(readings);
        }
    }

    /// The rows with their readings.
    pub fn iter(&self) -> impl Iterator<Item = (&Row, &[Reading])> {
        self.rows.iter().zip(self.readings.chunks(self.metrics.len().max(1)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn answer(entities: impl Iterator<Item = usize>, reading: f64) -> Answer {
        let row = |n| Row { entity: EntityId::new(&format!("q{n}")).unwrap(), name: None };
        let rows: Vec<Row> = entities.map(row).collect();
        Answer {
            vendor_time: UtcMs(0),
            bucket: None,
            every: None,
            metrics: Box::new([Metric::DATA_AGE]),
            readings: rows.iter().map(|_| Reading::Value(reading)).collect(),
            rows,
            rows_refused: 0,
        }
    }

    #[test]
    fn what_is_carried_over_is_bounded() {
        let mut last = answer(0..3, 1.0);
        let mut next = answer(2..4, 2.0);
        next.carry_over(&last);
        let values = [2.0, 2.0, 1.0, 1.0].map(Reading::Value);
        assert_eq!(next.readings, values);
        for round in 1..4 {
            let entities = round * 3_000..(round + 1) * 3_000;
            let mut next = answer(entities, 0.0);
            next.carry_over(&last);
            assert!(next.rows.len() <= ENTITIES_PER_SOURCE_MAX);
            assert_eq!(next.rows.len(), next.readings.len());
            last = next;
        }
        assert_eq!(last.rows.len(), ENTITIES_PER_SOURCE_MAX);
    }
}
