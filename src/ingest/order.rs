//! Which event of an entity is the newest: an older one never moves its state back.
//!
//! Where the sender counts its events the count decides, else the time does. Both are the sender's:
//! a time that lies in the future is taken for this moment, or everything after it would be late,
//! and a count that began again is believed when enough time has passed.
//!
//! # Promises
//! - `an_older_event_is_late`
//! - `a_lower_or_equal_number_is_late_whatever_its_time`
//! - `who_counts_anew_is_not_deaf_for_ever`
//! - `a_sender_that_lives_in_the_future_makes_nothing_late`

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::ingest::Ingest;
use crate::limits::{ENTITIES_PER_SOURCE_MAX, SAMPLE_AGE_MAX, SEQUENCE_KEPT};
use crate::model::answer::{Answer, Reading, Row};
use crate::model::delivery::{Pushed, Rank};
use crate::model::name::EntityId;
use crate::model::time::UtcMs;

/// What a delivery says, parted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// What is newer than all that was known of its entity, maybe nothing.
    pub newest: Answer,
    /// What is older.
    pub late: Vec<Late>,
}

/// An event that was overtaken.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    /// Whom it is about.
    pub row: Row,
    /// When it happened, by its sender's clock.
    pub at: UtcMs,
    /// What it says of each metric of the answer that it came in.
    pub readings: Vec<Reading>,
}

/// Whether an event is older than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Newest,
    Older,
}

impl Ingest {
    /// An entity's state is known to be of this moment.
    pub fn is_as_of(&mut self, source: usize, entity: &EntityId, at: UtcMs) {
        let known = self.newest.get(&source).and_then(|newest| newest.get(entity));
        if known.is_none_or(|known| known.at < at) {
            let sequence = known.and_then(|known| known.sequence);
            self.stands_at(source, entity, Rank { at, sequence });
        }
    }

    /// Parts what a delivery says: what is the newest of its entity, and what is late.
    pub fn order(&mut self, source: usize, pushed: Pushed, now: UtcMs) -> Ordered {
        let Pushed { answer, ranks, .. } = pushed;
        let width = answer.metrics.len().max(1);
        let soon = now + SAMPLE_AGE_MAX;
        let believed = |at| if at > soon { now } else { at };
        let Answer { rows, readings, vendor_time, .. } = answer;
        let vendor_time = believed(vendor_time);
        let mut newest = Answer { rows: Vec::new(), readings: Vec::new(), vendor_time, ..answer };
        let mut late = Vec::new();
        for ((row, rank), readings) in rows.into_iter().zip(ranks).zip(readings.chunks(width)) {
            let rank = Rank { at: believed(rank.at), ..rank };
            let known = self.newest.get(&source).and_then(|newest| newest.get(&row.entity));
            match known.map_or(Age::Newest, |known| age(rank, *known)) {
                Age::Newest => {
                    self.stands_at(source, &row.entity, rank);
                    newest.rows.push(row);
                    newest.readings.extend_from_slice(readings);
                }
                Age::Older => late.push(Late { row, at: rank.at, readings: readings.into() }),
            }
        }
        Ordered { newest, late }
    }

    fn stands_at(&mut self, source: usize, entity: &EntityId, rank: Rank) {
        let newest = self.newest.entry(source).or_default();
        let has_room = newest.len() < ENTITIES_PER_SOURCE_MAX;
        if let Some(known) = newest.get_mut(entity) {
            *known = rank;
        } else if has_room {
            // Beyond the bound the evaluation takes no entity, either.
            newest.insert(entity.clone(), rank);
        }
    }
}

/// Of two events of one moment the last word counts; of two with one number it is the first, since
/// the second is the same event again.
fn age(rank: Rank, known: Rank) -> Age {
    let has_numbers = rank.sequence.is_some() && known.sequence.is_some();
    match rank.compare(known) {
        Ordering::Greater => Age::Newest,
        Ordering::Equal | Ordering::Less if has_numbers => {
            if rank.at - known.at > SEQUENCE_KEPT {
                Age::Newest
            } else {
                Age::Older
            }
        }
        Ordering::Equal => Age::Newest,
        Ordering::Less => Age::Older,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::Metric;
    use crate::model::time::Span;

    const NOON: UtcMs = UtcMs(1_715_774_400_000);

    fn noon_and(minutes: i64) -> UtcMs {
        NOON + Span::secs(minutes * 60)
    }

    fn answer(at: UtcMs, entities: &[&str]) -> Answer {
        let row = |entity: &&str| Row { entity: EntityId::new(entity).unwrap(), name: None };
        Answer {
            vendor_time: at,
            bucket: None,
            metrics: [Metric::EVENT_SEVERITY].into(),
            rows: entities.iter().map(row).collect(),
            readings: entities.iter().map(|_| Reading::Value(4.0)).collect(),
            rows_refused: 0,
        }
    }

    fn pushed(at: UtcMs, sequence: Option<u64>, entities: &[&str]) -> Pushed {
        let ranks = entities.iter().map(|_| Rank { at, sequence }).collect();
        Pushed { answer: answer(at, entities), ranks, overtaken: 0, left_out: 0 }
    }

    /// How many events of a delivery are late.
    fn late(ingest: &mut Ingest, at: UtcMs, sequence: Option<u64>) -> usize {
        ingest.order(0, pushed(at, sequence, &["a"]), NOON).late.len()
    }

    #[test]
    fn an_older_event_is_late() {
        let mut ingest = Ingest::default();
        assert_eq!(late(&mut ingest, NOON, None), 0);
        let before = noon_and(-1);
        let Ordered { newest, late: old } =
            ingest.order(0, pushed(before, None, &["a", "b"]), NOON);
        assert_eq!(newest, answer(before, &["b"]));
        let row = answer(before, &["a"]).rows.remove(0);
        assert_eq!(old, [Late { row, at: before, readings: [Reading::Value(4.0)].into() }]);
        let another = ingest.order(1, pushed(before, None, &["a"]), NOON);
        assert_eq!(another.late, [], "another tenant's");
        assert_eq!(late(&mut ingest, NOON, None), 0, "of two of one moment the last word counts");
        ingest.is_as_of(0, &EntityId::new("a").unwrap(), before);
        assert_eq!(late(&mut ingest, before, None), 1, "what is known does not grow older");
    }

    #[test]
    fn a_lower_or_equal_number_is_late_whatever_its_time() {
        let mut ingest = Ingest::default();
        assert_eq!(late(&mut ingest, noon_and(-1), Some(7)), 0);
        assert_eq!(late(&mut ingest, NOON, Some(6)), 1);
        assert_eq!(late(&mut ingest, NOON, Some(7)), 1);
        // A higher number with an older time is newer: its sender's clock was set back.
        assert_eq!(late(&mut ingest, noon_and(-2), Some(8)), 0);
        // One without a number goes by its time.
        assert_eq!(late(&mut ingest, noon_and(-3), None), 1);
        assert_eq!(late(&mut ingest, NOON, None), 0);
    }

    #[test]
    fn who_counts_anew_is_not_deaf_for_ever() {
        let mut ingest = Ingest::default();
        assert_eq!(late(&mut ingest, noon_and(-60), Some(900)), 0);
        assert_eq!(late(&mut ingest, NOON, Some(1)), 1);
        assert_eq!(late(&mut ingest, NOON + Span::millis(1), Some(2)), 0);
        assert_eq!(late(&mut ingest, NOON + Span::millis(2), Some(3)), 0);
    }

    #[test]
    fn a_sender_that_lives_in_the_future_makes_nothing_late() {
        let mut ingest = Ingest::default();
        let ordered = ingest.order(0, pushed(NOON + Span::secs(1_000_000), None, &["a"]), NOON);
        assert_eq!(ordered.newest.vendor_time, NOON);
        assert_eq!(late(&mut ingest, NOON + Span::millis(1), None), 0);
    }
}
