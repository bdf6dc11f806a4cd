//! Brings the parts of an answer together: pages, batches, several rows of one entity, and what
//! was left out.
//!
//! A platform may have a row for each medium of a queue or each site of a trunk; for the hub an
//! entity has one row. Rows are combined before anything is derived from them, so that a rate over
//! all media is the rate of their sums.
//!
//! # Promises
//! - `several_rows_of_an_entity_are_one`
//! - `what_was_asked_for_and_is_missing_is_zero_where_the_definition_says_so`
//! - `a_derived_metric_below_its_volume_says_nothing`
//! - `parts_are_as_old_as_the_oldest`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::answer::{Answer, Reading, Row};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::platform::answer::{Extract, Part};
use crate::platform::convert::Cell;
use crate::platform::held::Held;
use crate::platform::map::{AnswerMap, Column, Combine, Derived, Missing};

impl AnswerMap {
    /// Brings parts together. `asked` are the entities that were asked for by name: where there are
    /// none, what is missing cannot be known. `held` goes from answer to answer. Nothing comes of
    /// no parts.
    pub(super) fn gather(
        &self,
        parts: Vec<Part>,
        asked: &[EntityId],
        held: &mut Held,
    ) -> Option<Extract> {
        let oldest = parts.iter().min_by_key(|part| part.vendor_time)?;
        let (vendor_time, bucket) = (oldest.vendor_time, oldest.bucket);
        let mut whole = Whole::default();
        let (mut cells_coerced, mut cells_refused) = (0_u32, 0_u32);
        let mut untimely = Vec::new();
        let width = self.columns.len().max(1);
        for part in parts {
            cells_coerced = cells_coerced.saturating_add(part.cells_coerced);
            cells_refused = cells_refused.saturating_add(part.cells_refused);
            whole.rows_refused = whole.rows_refused.saturating_add(part.rows_refused);
            untimely.extend(part.untimely);
            for (row, cells) in part.rows.into_iter().zip(part.cells.chunks(width)) {
                whole.add(row, cells, &self.columns);
            }
        }
        if self.columns.iter().any(|column| column.missing != Missing::Unknown) {
            let untimely = BTreeSet::from_iter(untimely);
            let unmentioned = Vec::from_iter(self.columns.iter().map(|_| UNMENTIONED));
            for entity in asked.iter().filter(|entity| !untimely.contains(*entity)) {
                // A row without a word adds nothing to one that is there.
                let row = Row { entity: entity.clone(), name: None };
                whole.add(row, &unmentioned, &self.columns);
            }
        }
        held.fill(&whole.rows, &mut whole.cells, &self.columns, vendor_time);
        let mut readings = Vec::with_capacity(whole.rows.len().saturating_mul(self.metrics.len()));
        for cells in whole.cells.chunks(width) {
            self.give(cells, &mut readings);
        }
        let Whole { rows, rows_refused, .. } = whole;
        let metrics = self.metrics.clone();
        // Who asks knows how often.
        let every = None;
        let answer = Answer { vendor_time, bucket, every, metrics, rows, readings, rows_refused };
        Some(Extract { answer, cells_coerced, cells_refused })
    }

    /// Gives on what is kept of a whole row, and what is derived from it.
    fn give(&self, cells: &[Cell], readings: &mut Vec<Reading>) {
        let reading = |(column, cell): (&Column, &Cell)| match (cell, column.missing) {
            (&UNMENTIONED, Missing::Zero) => Reading::Value(0.0),
            (cell, Missing::Zero | Missing::Unknown | Missing::Hold(_)) => cell.reading(),
        };
        let pairs = || self.columns.iter().zip(cells);
        readings.extend(pairs().filter(|(column, _)| column.is_kept).map(reading));
        let value_of =
            |metric: Metric| match reading(pairs().find(|(column, _)| column.metric == metric)?) {
                Reading::Value(value) => Some(value),
                Reading::Null => metric.kind().null(),
                Reading::Absent => None,
            };
        readings.extend(self.derived.iter().map(|derived| derived.reading(&value_of)));
    }
}

impl Derived {
    fn reading(&self, value_of: &impl Fn(Metric) -> Option<f64>) -> Reading {
        let is_enough = |(metric, least): &(Metric, f64)| value_of(*metric) >= Some(*least);
        let value = self.value.value(value_of).filter(|_| self.at_least.iter().all(is_enough));
        Cell::of(value, self.metric.kind()).reading()
    }
}

/// The parts so far, with one row for each entity.
#[derive(Debug, Default)]
struct Whole {
    rows: Vec<Row>,
    cells: Vec<Cell>,
    places: BTreeMap<EntityId, usize>,
    rows_refused: u32,
}

impl Whole {
    fn add(&mut self, row: Row, cells: &[Cell], columns: &[Column]) {
        if let Some(&place) = self.places.get(&row.entity) {
            let start = place.saturating_mul(columns.len());
            let before = self.cells.iter_mut().skip(start);
            for ((before, next), column) in before.zip(cells).zip(columns) {
                *before = column.combine.together(*before, *next);
            }
            if let Some(before) = self.rows.get_mut(place).filter(|row| row.name.is_none()) {
                before.name = row.name;
            }
        } else if self.rows.len() < ENTITIES_PER_SOURCE_MAX {
            self.places.insert(row.entity.clone(), self.rows.len());
            self.rows.push(row);
            self.cells.extend_from_slice(cells);
        } else {
            self.rows_refused = self.rows_refused.saturating_add(1);
        }
    }
}

impl Combine {
    /// What two rows say together. Who does not mention a metric says nothing about it; with one
    /// that cannot be read the whole is not known.
    fn together(self, one: Cell, next: Cell) -> Cell {
        match (one, next) {
            (UNMENTIONED, next) => next,
            (one, UNMENTIONED) => one,
            (_, next) if self == Self::Last => next,
            (Cell::Refused, _) | (_, Cell::Refused) => Cell::Refused,
            (one, next) => match (one.reading(), next.reading()) {
                (Reading::Value(one), Reading::Value(next)) => {
                    Cell::Read(Reading::Value(self.of_two(one, next)))
                }
                (Reading::Value(_), _) => one,
                (Reading::Null | Reading::Absent, _) => next,
            },
        }
    }

    const fn of_two(self, one: f64, next: f64) -> f64 {
        match self {
            // Two numbers of any size have a sum.
            Self::Sum => (one + next).clamp(f64::MIN, f64::MAX),
            Self::Most => one.max(next),
            Self::Least => one.min(next),
            Self::Last => next,
        }
    }
}

/// What a platform does not mention.
const UNMENTIONED: Cell = Cell::Read(Reading::Absent);
