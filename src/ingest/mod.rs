//! THE PUSH DOOR: which deliveries are news.
//!
//! A sender that has heard no answer sends again: the same id within a day changes nothing. Events
//! of one entity may overtake each other and what is polled on the way: an older one never moves
//! its state back. Each metric has an order of its own: a late waiting time says nothing of calls.
//!
//! # Promises
//! - `an_older_event_is_late`
//! - `each_metric_has_an_order_of_its_own`
//!
//! # Not here
//! Whether a delivery is genuine and what it means: that is `platform`.

mod memory;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::ledger::{Remembered, Write};
use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::answer::{Answer, Reading};
use crate::model::config::SourceConfig;
use crate::model::delivery::DeliveryId;
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::time::{Tick, UtcMs};

use memory::Memory;

/// What has been taken lately.
#[derive(Debug, Default)]
pub struct Ingest {
    memory: Memory,
    /// By source: of when the newest word about each entity is.
    newest: BTreeMap<usize, BTreeMap<EntityId, Moments>>,
}

/// Of when the newest word about each metric of an entity is.
type Moments = BTreeMap<Metric, UtcMs>;

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
                ingest.is_as_of(source, &alert.entity, alert.metric, known.utc);
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

    /// A metric of an entity is known to have been so at this moment.
    pub fn is_as_of(&mut self, source: usize, entity: &EntityId, metric: Metric, at: UtcMs) {
        let newest = self.newest.entry(source).or_default();
        let has_room = newest.len() < ENTITIES_PER_SOURCE_MAX;
        if let Some(moments) = newest.get_mut(entity) {
            let known = moments.entry(metric).or_insert(at);
            *known = at.max(*known);
        } else if has_room {
            // Beyond the bound the evaluation takes no entity, either.
            newest.insert(entity.clone(), Moments::from([(metric, at)]));
        }
    }

    /// Everything in an answer is known to have been so at its moment.
    pub fn hears(&mut self, source: usize, answer: &Answer) {
        for (row, readings) in answer.iter() {
            let said = answer.metrics.iter().zip(readings);
            for (metric, _) in said.filter(|(_, reading)| **reading != Reading::Absent) {
                self.is_as_of(source, &row.entity, *metric, answer.vendor_time);
            }
        }
    }

    /// Leaves only that of which nothing newer is known, and says how many rows have nothing left.
    pub fn leave_the_newest(&mut self, source: usize, answer: Answer) -> (Answer, usize) {
        let at = answer.vendor_time;
        let width = answer.metrics.len().max(1);
        let newest = self.newest.entry(source).or_default();
        let Answer { rows, mut readings, .. } = answer;
        let mut left = Answer { rows: Vec::new(), readings: Vec::new(), ..answer };
        let mut late = 0;
        for (row, readings) in rows.into_iter().zip(readings.chunks_mut(width)) {
            if let Some(moments) = newest.get(&row.entity) {
                let is_newer = |metric| moments.get(metric).is_some_and(|newest| *newest > at);
                let said = left.metrics.iter().zip(readings.iter_mut());
                let said = said.filter(|(_, reading)| **reading != Reading::Absent);
                let mut overtaken = 0;
                for (_, reading) in said.filter(|(metric, _)| is_newer(metric)) {
                    *reading = Reading::Absent;
                    overtaken += 1;
                }
                if overtaken > 0 && readings.iter().all(|reading| *reading == Reading::Absent) {
                    late += 1;
                    continue;
                }
            }
            left.rows.push(row);
            left.readings.extend_from_slice(readings);
        }
        self.hears(source, &left);
        (left, late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::Row;
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

    #[test]
    fn each_metric_has_an_order_of_its_own() {
        let entity = EntityId::new("q").unwrap();
        let answer = |at, readings: [Reading; 2]| Answer {
            vendor_time: at,
            bucket: None,
            metrics: [Metric::EVENT_SEVERITY, Metric::DATA_AGE].into(),
            rows: Vec::from([Row { entity: entity.clone(), name: None }]),
            readings: readings.into(),
            rows_refused: 0,
        };
        let one = Reading::Value(1.0);
        let mut ingest = Ingest::default();
        let later = NOON + Span::secs(1);
        ingest.hears(0, &answer(later, [one, Reading::Absent]));
        let (left, late) = ingest.leave_the_newest(0, answer(NOON, [one, one]));
        assert_eq!((left, late), (answer(NOON, [Reading::Absent, one]), 0));
        assert_eq!(ingest.leave_the_newest(0, answer(NOON, [one, Reading::Absent])).1, 1);
    }
}
