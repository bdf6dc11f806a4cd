//! What a platform said last, for where it leaves a metric out and its definition says that the
//! last value holds for a while.
//!
//! Null is said and not left out, and what cannot be read is no word either: neither is held over.
//!
//! # Promises
//! - `the_last_value_holds_for_its_time_and_no_longer`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::answer::{Reading, Row};
use crate::model::name::EntityId;
use crate::model::time::{Span, UtcMs};
use crate::platform::convert::Cell;
use crate::platform::map::{Column, Missing};

/// The last values of the metrics that hold, by entity and column; no more entities than a source
/// may have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held(BTreeMap<EntityId, Box<[Last]>>);

/// The last value of a column, and its time.
type Last = Option<(f64, UtcMs)>;

impl Held {
    /// Takes the values of whole rows, and fills in those that were left out.
    pub(super) fn fill(
        &mut self,
        rows: &[Row],
        cells: &mut [Cell],
        columns: &[Column],
        vendor_time: UtcMs,
    ) {
        if columns.iter().all(|column| holds_for(column).is_none()) {
            return;
        }
        for (row, cells) in rows.iter().zip(cells.chunks_mut(columns.len().max(1))) {
            if !self.0.contains_key(&row.entity) {
                if self.0.len() >= ENTITIES_PER_SOURCE_MAX {
                    continue;
                }
                self.0.insert(row.entity.clone(), columns.iter().map(|_| None).collect());
            }
            let Some(last) = self.0.get_mut(&row.entity) else { continue };
            for ((last, cell), column) in last.iter_mut().zip(cells).zip(columns) {
                let Some(span) = holds_for(column) else { continue };
                match cell.reading() {
                    Reading::Value(value) => *last = Some((value, vendor_time)),
                    Reading::Null => *last = None,
                    Reading::Absent if *cell == Cell::Read(Reading::Absent) => {
                        let held = last.filter(|(_, at)| is_within(*at, span, vendor_time));
                        *cell = held.map_or(*cell, |(value, _)| Cell::Read(Reading::Value(value)));
                    }
                    Reading::Absent => {}
                }
            }
        }
        let longest = columns.iter().filter_map(holds_for).max().unwrap_or(Span::ZERO);
        self.0.retain(|_, last| {
            last.iter().flatten().any(|(_, at)| is_within(*at, longest, vendor_time))
        });
    }
}

/// A clock that goes back ends it, too: nobody can tell how old the value is.
fn is_within(at: UtcMs, span: Span, now: UtcMs) -> bool {
    (Span::ZERO..=span).contains(&(now - at))
}

const fn holds_for(column: &Column) -> Option<Span> {
    match column.missing {
        Missing::Hold(span) => Some(span),
        Missing::Zero | Missing::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use alloc::{format, vec};

    use crate::model::metric::Metric;
    use crate::platform::convert::Conversion;
    use crate::platform::map::Combine;

    const NOON: UtcMs = UtcMs(1_715_774_400_000);

    fn column(missing: Missing) -> Column {
        let metric = Metric::find("calls_waiting").unwrap();
        let (conversion, combine) = (Conversion::usual(metric), Combine::Sum);
        Column { metric, conversion, missing, combine, is_kept: true }
    }

    const ABSENT: Cell = Cell::Read(Reading::Absent);

    fn read(value: f64) -> Cell {
        Cell::Read(Reading::Value(value))
    }

    #[test]
    fn the_last_value_holds_for_its_time_and_no_longer() {
        let columns = [column(Missing::Hold(Span::secs(30))), column(Missing::Unknown)];
        let row = Row { entity: EntityId::new("q").unwrap(), name: None };
        let mut held = Held::default();
        let mut fill = |first: Cell, second: i64| {
            let mut cells = [first, ABSENT];
            let at = NOON + Span::secs(second);
            held.fill(core::slice::from_ref(&row), &mut cells, &columns, at);
            assert_eq!(cells[1], ABSENT, "that one is not held");
            (cells[0], held.0.len())
        };
        assert_eq!(fill(ABSENT, 0), (ABSENT, 0));
        assert_eq!(fill(read(4.0), 10), (read(4.0), 1));
        assert_eq!(fill(ABSENT, 40), (read(4.0), 1));
        // What was held is no new word.
        assert_eq!(fill(ABSENT, 41), (ABSENT, 0));
        assert_eq!(fill(read(5.0), 50), (read(5.0), 1));
        assert_eq!(fill(Cell::Refused, 51), (Cell::Refused, 1));
        assert_eq!(fill(ABSENT, 52), (read(5.0), 1));
        assert_eq!(fill(ABSENT, 49), (ABSENT, 0), "the clock went back");
        assert_eq!(fill(read(6.0), 60), (read(6.0), 1));
        assert_eq!(fill(Cell::Read(Reading::Null), 61).0, Cell::Read(Reading::Null));
        assert_eq!(fill(ABSENT, 62), (ABSENT, 0));
    }

    #[test]
    fn no_more_entities_are_held_than_a_source_may_have() {
        let columns = [column(Missing::Hold(Span::secs(30)))];
        let mut held = Held::default();
        let rows = 0..ENTITIES_PER_SOURCE_MAX + 5;
        let rows: Vec<Row> = rows
            .map(|n| Row { entity: EntityId::new(&format!("q{n}")).unwrap(), name: None })
            .collect();
        held.fill(&rows, &mut vec![read(1.0); rows.len()], &columns, NOON);
        assert_eq!(held.0.len(), ENTITIES_PER_SOURCE_MAX);
        held.fill(&[], &mut [], &columns, NOON + Span::secs(31));
        assert_eq!(held.0.len(), 0);
    }
}
