//! Which word about an entity is the newest: an older event never moves its state back.
//!
//! Each metric has an order of its own: a late waiting time says nothing of calls. Where the sender
//! counts its events the count decides, else the time does. Both are the sender's. A time that
//! lies in the future is taken for this moment, or everything after it would be late, and for the
//! newest, since it may be our own clock that is wrong. A count that began again is believed when
//! enough time has passed. What is polled has a time and no count.
//!
//! # Promises
//! - `an_older_event_is_late`
//! - `each_metric_has_an_order_of_its_own`
//! - `what_a_poll_has_overtaken_is_late`
//! - `a_lower_or_equal_number_is_late_whatever_its_time`
//! - `who_counts_anew_is_not_deaf_for_ever`
//! - `a_sender_that_lives_in_the_future_makes_nothing_late`
//! - `whoever_is_ahead_of_a_clock_in_1970_is_not_late`

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::ingest::Ingest;
use crate::limits::{ENTITIES_PER_SOURCE_MAX, SAMPLE_AGE_MAX, SEQUENCE_KEPT};
use crate::model::answer::{Answer, Reading, Row};
use crate::model::delivery::{Pushed, Rank};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::time::UtcMs;

/// What a delivery says, parted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// What is newer than what was known, maybe nothing.
    pub newest: Answer,
    /// What is older. An event may be so in part.
    pub late: Vec<Late>,
}

/// An event that was overtaken.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    /// Whom it is about.
    pub row: Row,
    /// When it happened, by its sender's clock.
    pub at: UtcMs,
    /// What is late in it, for each metric of the answer that it came in.
    pub readings: Vec<Reading>,
}

/// Whether an event is older than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Newest,
    Older,
}

/// Where the newest word about each metric of an entity stands.
pub(super) type Places = BTreeMap<Metric, Rank>;

impl Ingest {
    /// A metric of an entity is known to have been so at this moment.
    pub fn is_as_of(&mut self, source: usize, entity: &EntityId, metric: Metric, at: UtcMs) {
        if self.place(source, entity, metric).is_none_or(|known| known.at < at) {
            // It has no number, so the next event is judged by its time.
            self.stands_at(source, entity, metric, Rank { at, sequence: None });
        }
    }

    /// All that was polled is known to have been so at its moment.
    pub fn hears(&mut self, source: usize, answer: &Answer) {
        for (row, readings) in answer.iter() {
            let said = answer.metrics.iter().zip(readings);
            for (metric, _) in said.filter(|(_, reading)| **reading != Reading::Absent) {
                self.is_as_of(source, &row.entity, *metric, answer.vendor_time);
            }
        }
    }

    /// Parts what a delivery says: what is the newest of its kind, and what is late.
    pub fn order(&mut self, source: usize, pushed: Pushed, now: UtcMs) -> Ordered {
        let Pushed { answer, ranks, .. } = pushed;
        let width = answer.metrics.len().max(1);
        let is_ahead = |at| at > now + SAMPLE_AGE_MAX;
        let Answer { rows, readings, vendor_time, .. } = answer;
        let vendor_time = if is_ahead(vendor_time) { now } else { vendor_time };
        let mut newest = Answer { rows: Vec::new(), readings: Vec::new(), vendor_time, ..answer };
        let mut late = Vec::new();
        for ((row, rank), readings) in rows.into_iter().zip(ranks).zip(readings.chunks(width)) {
            let mut left = readings.to_vec();
            let mut overtaken = alloc::vec![Reading::Absent; readings.len()];
            let places = left.iter_mut().zip(&mut overtaken);
            for (metric, (left, overtaken)) in newest.metrics.iter().zip(places) {
                if *left == Reading::Absent {
                    continue;
                }
                let known = self.place(source, &row.entity, *metric);
                let at = match known {
                    Some(known) if is_ahead(rank.at) => now.max(known.at),
                    None if is_ahead(rank.at) => now,
                    Some(_) | None => rank.at,
                };
                let rank = Rank { at, ..rank };
                match known.map_or(Age::Newest, |known| age(rank, known)) {
                    Age::Newest => self.stands_at(source, &row.entity, *metric, rank),
                    Age::Older => core::mem::swap(left, overtaken),
                }
            }
            let is_absent = |readings: &[Reading]| readings.iter().all(|it| *it == Reading::Absent);
            let is_late = !is_absent(&overtaken);
            if is_late {
                let at = if is_ahead(rank.at) { now } else { rank.at };
                late.push(Late { row: row.clone(), at, readings: overtaken });
            }
            if !is_late || !is_absent(&left) {
                newest.rows.push(row);
                newest.readings.append(&mut left);
            }
        }
        Ordered { newest, late }
    }

    fn place(&self, source: usize, entity: &EntityId, metric: Metric) -> Option<Rank> {
        self.newest.get(&source)?.get(entity)?.get(&metric).copied()
    }

    fn stands_at(&mut self, source: usize, entity: &EntityId, metric: Metric, rank: Rank) {
        let newest = self.newest.entry(source).or_default();
        let has_room = newest.len() < ENTITIES_PER_SOURCE_MAX;
        if let Some(places) = newest.get_mut(entity) {
            places.insert(metric, rank);
        } else if has_room {
            // Beyond the bound the evaluation takes no entity, either.
            newest.insert(entity.clone(), Places::from([(metric, rank)]));
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
            every: None,
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
        ingest.is_as_of(0, &EntityId::new("a").unwrap(), Metric::EVENT_SEVERITY, before);
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

    #[test]
    fn whoever_is_ahead_of_a_clock_in_1970_is_not_late() {
        let mut ingest = Ingest::default();
        assert_eq!(late(&mut ingest, NOON, None), 0);
        let later = pushed(noon_and(-1), None, &["a"]);
        let ordered = ingest.order(0, later, UtcMs(0));
        assert_eq!((ordered.newest, ordered.late.len()), (answer(UtcMs(0), &["a"]), 0));
        assert_eq!(late(&mut ingest, noon_and(-1), None), 1, "what is known does not grow older");
    }

    #[test]
    fn each_metric_has_an_order_of_its_own() {
        let one = Reading::Value(1.0);
        let two = |at, readings: [Reading; 2]| {
            let metrics = [Metric::EVENT_SEVERITY, Metric::DATA_AGE].into();
            Answer { metrics, readings: readings.into(), ..answer(at, &["a"]) }
        };
        let said = |at, readings| Pushed { answer: two(at, readings), ..pushed(at, None, &["a"]) };
        let mut ingest = Ingest::default();
        let first = ingest.order(0, said(NOON, [one, Reading::Absent]), NOON);
        assert_eq!(first.late, []);
        let before = noon_and(-1);
        let Ordered { newest, late } = ingest.order(0, said(before, [one, one]), NOON);
        assert_eq!(newest, two(before, [Reading::Absent, one]));
        assert_eq!(late[0].readings, [one, Reading::Absent]);
    }

    #[test]
    fn what_a_poll_has_overtaken_is_late() {
        let mut ingest = Ingest::default();
        ingest.hears(0, &answer(noon_and(-4), &["a"]));
        assert_eq!(late(&mut ingest, noon_and(-5), None), 1);
        assert_eq!(late(&mut ingest, noon_and(-5), Some(1)), 1);
        assert_eq!(late(&mut ingest, noon_and(-3), Some(2)), 0);
        // A higher number does not help what is older than a poll.
        ingest.hears(0, &answer(noon_and(-1), &["a"]));
        assert_eq!(late(&mut ingest, noon_and(-2), Some(3)), 1);
        assert_eq!(late(&mut ingest, NOON, Some(3)), 0);
    }
}
