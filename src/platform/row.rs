//! Reads one row of an answer: who it is about, when, and its cells.
//!
//! # Not here
//! What the rows are together: `answer`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use jmespath::{Rcvar, Variable};

use crate::limits::ANSWER_ROWS_MAX;
use crate::model::answer::{Reading, Row};
use crate::model::time::UtcMs;
use crate::platform::convert::{Cell, moment};
use crate::platform::map::{AnswerMap, MetricPlaces};
use crate::platform::names::{id_of, name_of};
use crate::platform::path::{Found, Path};

/// What the rows gave, while it is unknown which bucket is the newest.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) rows: Vec<TakenRow>,
    /// The cells, row by row.
    pub(super) cells: Vec<Cell>,
    pub(super) rows_refused: u32,
    pub(super) cells_coerced: u32,
    pub(super) cells_refused: u32,
}

impl Taken {
    fn put(&mut self, at: usize, cell: Cell) {
        let count = match cell {
            Cell::Read(_) => None,
            Cell::Coerced(_) => Some(&mut self.cells_coerced),
            Cell::Refused => Some(&mut self.cells_refused),
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
        if let Some(place) = self.cells.get_mut(at) {
            *place = cell.settled();
        }
    }
}

/// A row that has an entity.
#[derive(Debug)]
pub(super) struct TakenRow {
    pub(super) row: Row,
    pub(super) start: Start,
    /// The platform's clock, where the row gives it.
    pub(super) clock: Option<UtcMs>,
}

impl AnswerMap {
    /// Takes a row, or refuses and counts it.
    pub(super) fn take(&self, row: &Rcvar, taken: &mut Taken) {
        match self.entity(row) {
            Some(entity) if taken.rows.len() < ANSWER_ROWS_MAX => {
                let (start, clock) = (self.start(row), self.row_time.as_ref());
                let clock = clock.and_then(|path| moment_at(path, row));
                taken.rows.push(TakenRow { row: entity, start, clock });
                self.read_metrics(row, taken);
            }
            Some(_) | None => taken.rows_refused = taken.rows_refused.saturating_add(1),
        }
    }

    /// When a row's bucket starts.
    fn start(&self, row: &Rcvar) -> Start {
        match self.bucket_start.as_ref().map(|path| path.find(row)) {
            Some(found) if !found.is_null() => {
                let start = found.as_string().and_then(|text| moment(text));
                start.map_or(Start::Unreadable, Start::At)
            }
            Some(_) | None => Start::Unsaid,
        }
    }

    fn entity(&self, row: &Rcvar) -> Option<Row> {
        let entity = id_of(&self.entity_id.find(row))?;
        let name = self.entity_name.as_ref().and_then(|path| name_of(&path.find(row)));
        Some(Row { entity, name })
    }

    fn read_metrics(&self, row: &Rcvar, taken: &mut Taken) {
        let first = taken.cells.len();
        let width = first.saturating_add(self.columns.len());
        taken.cells.resize(width, Cell::Read(Reading::Absent));
        match &self.places {
            MetricPlaces::Paths(paths) => {
                for (column, path) in paths.iter().enumerate() {
                    match path.look(row) {
                        Found::Value(value) => self.read_cell(taken, first, column, &value),
                        Found::Nothing => {}
                        Found::Unfit => taken.put(first.saturating_add(column), Cell::Refused),
                    }
                }
            }
            MetricPlaces::List { list, name_key, value_key, names } => {
                let list = list.find(row);
                for item in list.as_array().into_iter().flatten() {
                    let Some(item) = item.as_object() else { continue };
                    let name = item.get(&**name_key).and_then(|name| name.as_string());
                    let column = name.and_then(|name| names.iter().position(|n| **n == **name));
                    if let (Some(column), Some(value)) = (column, item.get(&**value_key)) {
                        self.read_cell(taken, first, column, value);
                    }
                }
            }
        }
    }

    fn read_cell(&self, taken: &mut Taken, first: usize, column: usize, value: &Variable) {
        let Some(meaning) = self.columns.get(column) else { return };
        let cell = meaning.conversion.read(value, meaning.metric.kind());
        taken.put(first.saturating_add(column), cell);
    }

    /// The platform's names of the metrics, where it gives them names.
    pub(super) fn names(&self) -> &[Box<str>] {
        match &self.places {
            MetricPlaces::Paths(_) => &[],
            MetricPlaces::List { names, .. } => names,
        }
    }
}

/// What a row says about the start of its bucket.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    Unsaid,
    At(UtcMs),
    Unreadable,
}

impl Start {
    pub(super) const fn moment(self) -> Option<UtcMs> {
        match self {
            Self::At(at) => Some(at),
            Self::Unsaid | Self::Unreadable => None,
        }
    }
}

/// The moment that stands at a path.
pub(super) fn moment_at(path: &Path, value: &Rcvar) -> Option<UtcMs> {
    moment(path.find(value).as_string()?)
}
