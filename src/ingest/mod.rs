//! THE PUSH DOOR: which deliveries are news.
//!
//! A sender that has heard no answer sends again: the same id within a day changes nothing. Events
//! of one entity may overtake each other on the way: an older one never moves its state back.
//!
//! # Promises
//! - `a_delivery_is_news_once_a_day`
//! - `the_oldest_gives_way`
//! - `an_older_event_is_late`
//!
//! # Not here
//! Whether a delivery is genuine and what it means: that is `platform`.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::ledger::Write;
use crate::limits::{DELIVERIES_KEPT, DELIVERIES_MAX, ENTITIES_PER_SOURCE_MAX};
use crate::model::answer::Answer;
use crate::model::delivery::DeliveryId;
use crate::model::name::EntityId;
use crate::model::time::UtcMs;

/// What has been taken lately.
#[derive(Debug, Default)]
pub struct Ingest {
    known: BTreeMap<DeliveryId, UtcMs>,
    /// The same, the oldest first.
    by_age: VecDeque<(UtcMs, DeliveryId)>,
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
    /// What was taken before the start.
    #[must_use]
    pub fn restore(mut deliveries: Vec<(UtcMs, DeliveryId)>) -> Self {
        deliveries.sort_unstable();
        let known = deliveries.iter().map(|(at, id)| (*id, *at)).collect();
        Self { known, by_age: deliveries.into(), newest: BTreeMap::new() }
    }

    /// Whether a delivery was seen before.
    #[must_use]
    pub fn seen(&self, id: &DeliveryId) -> Seen {
        if self.known.contains_key(id) { Seen::Before } else { Seen::New }
    }

    /// How many deliveries are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// A delivery is taken; what is to be remembered of it, and what may be forgotten.
    pub fn take(&mut self, id: DeliveryId, now: UtcMs) -> Vec<Write> {
        self.known.insert(id, now);
        self.by_age.push_back((now, id));
        let mut writes = Vec::from([Write::delivery(&id, now)]);
        while let Some((at, oldest)) = self.by_age.front().copied()
            && (self.by_age.len() > DELIVERIES_MAX || now - at > DELIVERIES_KEPT)
        {
            self.by_age.pop_front();
            self.known.remove(&oldest);
            writes.push(Write::forget_delivery(&oldest));
        }
        writes
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

    fn id(n: usize) -> DeliveryId {
        let mut id = DeliveryId::default();
        id.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
        id
    }

    const NOON: UtcMs = UtcMs(1_715_774_400_000);

    #[test]
    fn a_delivery_is_news_once_a_day() {
        let mut ingest = Ingest::default();
        assert_eq!(ingest.seen(&id(1)), Seen::New);
        assert_eq!(ingest.take(id(1), NOON), [Write::delivery(&id(1), NOON)]);
        assert_eq!(ingest.seen(&id(1)), Seen::Before);
        assert_eq!(ingest.take(id(2), NOON + DELIVERIES_KEPT).len(), 1);
        let again = Ingest::restore(Vec::from([(NOON, id(1))]));
        assert_eq!((again.seen(&id(1)), again.seen(&id(2))), (Seen::Before, Seen::New));
        let later = NOON + DELIVERIES_KEPT + Span::millis(1);
        let writes = ingest.take(id(3), later);
        assert_eq!(writes, [Write::delivery(&id(3), later), Write::forget_delivery(&id(1))]);
        assert_eq!((ingest.seen(&id(1)), ingest.known()), (Seen::New, 2));
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut ingest = Ingest::default();
        for n in 0..DELIVERIES_MAX {
            ingest.take(id(n), NOON);
        }
        assert_eq!(ingest.take(id(DELIVERIES_MAX), NOON).len(), 2);
        assert_eq!((ingest.known(), ingest.seen(&id(0))), (DELIVERIES_MAX, Seen::New));
        assert_eq!(ingest.seen(&id(1)), Seen::Before);
    }

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
