//! THE PUSH DOOR: which deliveries are news.
//!
//! A sender that has heard no answer sends again: the same id within a day changes nothing. Events
//! of one entity may overtake each other on the way: an older one never moves its state back.
//!
//! # Promises
//! - `an_older_event_is_late`
//!
//! # Not here
//! Whether a delivery is genuine and what it means: that is `platform`.

mod memory;
mod unread;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::ledger::{Remembered, Write};
use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::answer::Answer;
use crate::model::config::SourceConfig;
use crate::model::delivery::DeliveryId;
use crate::model::name::EntityId;
use crate::model::time::{Tick, UtcMs};

use memory::Memory;

pub use unread::Unreads;

/// What has been taken lately.
#[derive(Debug, Default)]
pub struct Ingest {
    memory: Memory,
    /// By source: the time of the newest event of each entity.
    newest: BTreeMap<usize, BTreeMap<EntityId, UtcMs>>,
}

/// Whether a delivery was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Never within the last day.
    New,
    /// It was, and has been taken then.
    Before,
}

impl Ingest {
    /// Goes on where the remembered one was. How far an entity had come is known of its alerts.
    #[must_use]
    pub fn restore(remembered: &mut Remembered, sources: &[SourceConfig]) -> Self {
        let deliveries = core::mem::take(&mut remembered.deliveries);
        let memory = Memory::restore(deliveries, remembered.written_by);
        let mut ingest = Self { memory, newest: BTreeMap::new() };
        for alert in &remembered.alerts {
            let source = sources.iter().position(|source| source.name == alert.source);
            if let Some(source) = source {
                let known = alert.cleared.unwrap_or(alert.last_breach);
                ingest.is_as_of(source, &alert.entity, known.utc);
            }
        }
        ingest
    }

    /// Whether a delivery was taken within a day.
    pub fn seen(&mut self, id: &DeliveryId, now: Tick) -> Seen {
        self.memory.knows(id, now)
    }

    /// How many deliveries are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.memory.len()
    }

    /// A delivery is taken.
    pub fn take(&mut self, id: DeliveryId, now: Tick) {
        self.memory.take(id, now);
    }

    /// The next change for the ledger; drain it before the turn is written.
    #[must_use]
    pub fn next_write(&mut self) -> Option<Write> {
        self.memory.next_write()
    }

    /// An entity's state is known to be of this moment.
    pub fn is_as_of(&mut self, source: usize, entity: &EntityId, at: UtcMs) {
        let newest = self.newest.entry(source).or_default();
        let has_room = newest.len() < ENTITIES_PER_SOURCE_MAX;
        if let Some(known) = newest.get_mut(entity) {
            *known = at.max(*known);
        } else if has_room {
            // Beyond the bound the evaluation takes no entity, either.
            newest.insert(entity.clone(), at);
        }
    }

    /// Leaves only the rows of which nothing newer has come, and says how many are late.
    pub fn leave_the_newest(&mut self, source: usize, answer: Answer) -> (Answer, usize) {
        let at = answer.vendor_time;
        let width = answer.metrics.len().max(1);
        let newest = self.newest.entry(source).or_default();
        let Answer { rows, readings, .. } = answer;
        let mut left = Answer { rows: Vec::new(), readings: Vec::new(), ..answer };
        let mut late = 0;
        for (row, readings) in rows.into_iter().zip(readings.chunks(width)) {
            if newest.get(&row.entity).is_some_and(|newest| *newest > at) {
                late += 1;
                continue;
            }
            left.rows.push(row);
            left.readings.extend_from_slice(readings);
        }
        for row in &left.rows {
            self.is_as_of(source, &row.entity, at);
        }
        (left, late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::{Reading, Row};
    use crate::model::metric::Metric;
    use crate::model::time::Span;

    const NOON: UtcMs = UtcMs(1_715_774_400_000);

    #[test]
    fn an_older_event_is_late() {
        let answer = |at, entities: &[&str]| Answer {
            vendor_time: at,
            bucket: None,
            metrics: [Metric::EVENT_SEVERITY].into(),
            rows: entities
                .iter()
                .map(|entity| Row { entity: EntityId::new(entity).unwrap(), name: None })
                .collect(),
            readings: entities.iter().map(|_| Reading::Value(4.0)).collect(),
            rows_refused: 0,
        };
        let mut ingest = Ingest::default();
        let minute = Span::secs(60);
        assert_eq!(ingest.leave_the_newest(0, answer(NOON + minute, &["a"])).1, 0);
        let (left, late) = ingest.leave_the_newest(0, answer(NOON, &["a", "b"]));
        assert_eq!((left, late), (answer(NOON, &["b"]), 1));
        assert_eq!(ingest.leave_the_newest(1, answer(NOON, &["a"])).1, 0, "another tenant's");
        // Two of one moment: the last word counts.
        assert_eq!(ingest.leave_the_newest(0, answer(NOON + minute, &["a"])).1, 0);
    }
}
