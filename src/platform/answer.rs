//! Reads one reply of a platform into our words: rows, readings, and the platform's own time.
//!
//! The authoritative time (guide 2, edge case 3, allows either field) is the end of the newest
//! bucket that a row names; where no row names one it is the answer's own time, and the bucket is
//! the last whole one before it. A row of an older bucket is as stale as an old answer, and is
//! refused. Platforms whose answers name no time have it in the reply's header, or it is the end of
//! the bucket that was asked for.
//!
//! # Promises
//! - `null_absence_and_zero_are_three_things`
//! - `a_number_in_quotes_is_read_and_counted`: guide 2 asks for explicit coercion.
//! - `a_row_of_an_older_bucket_is_refused`
//! - `an_answer_without_its_own_time_is_refused`
//! - `an_age_is_measured_by_the_platforms_clock`
//!
//! # Not here
//! What null means, whether the answer is fresh, and whether its bucket was seen before. What
//! several rows of one entity give together is `gather`, what one row gives is `row`.

use alloc::vec::Vec;

use jmespath::{Rcvar, Variable};

use crate::model::answer::{Answer, Bucket, Reading, Row};
use crate::model::http::Reply;
use crate::model::name::EntityId;
use crate::model::time::{Span, UtcMs};
use crate::platform::convert::{Cell, millis};
use crate::platform::held::Held;
use crate::platform::map::{AnswerMap, TimeFrom};
use crate::platform::row::{Start, Taken, TakenRow, moment_at};
use crate::platform::{Asking, Definition, VendorFault, Window};

/// What an answer gave, with what the log should know of how it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// The answer in our words.
    pub answer: Answer,
    /// Cells whose number stood in quotes.
    pub cells_coerced: u32,
    /// Cells that could not be read and count as absent: a text, a negative count.
    pub cells_refused: u32,
}

/// What one reply gave: an answer, or a page or batch of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub(super) vendor_time: UtcMs,
    pub(super) bucket: Option<Bucket>,
    pub(super) rows: Vec<Row>,
    /// `rows.len()` times as many cells as the definition has columns.
    pub(super) cells: Vec<Cell>,
    /// Who has a row of another bucket: not nothing, but nothing that counts.
    pub(super) untimely: Vec<EntityId>,
    pub(super) rows_refused: u32,
    pub(super) cells_coerced: u32,
    pub(super) cells_refused: u32,
}

impl Part {
    /// Of no rows, at no time.
    pub(super) const fn empty() -> Self {
        Self {
            vendor_time: UtcMs(0),
            bucket: None,
            rows: Vec::new(),
            cells: Vec::new(),
            untimely: Vec::new(),
            rows_refused: 0,
            cells_coerced: 0,
            cells_refused: 0,
        }
    }

    /// How many rows the reply had, readable or not: a page without any is the last.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len().saturating_add(usize::try_from(self.rows_refused).unwrap_or(usize::MAX))
    }
}

impl Definition {
    /// Reads the only reply to request number `index`.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_answer(
        &self,
        index: u8,
        reply: &Reply,
        asking: &Asking,
    ) -> Result<Extract, VendorFault> {
        let part = self.read_part(index, reply, asking)?;
        self.gather(index, Vec::from([part]), &[], &mut Held::default())
            .ok_or(VendorFault::NoVendorTime)
    }

    /// Reads one of several replies to request number `index`.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_part(
        &self,
        index: u8,
        reply: &Reply,
        asking: &Asking,
    ) -> Result<Part, VendorFault> {
        if !(200..300).contains(&reply.status) {
            return Err(self.refusal(reply));
        }
        // A request that does not exist was never sent, so nothing can answer it.
        let Ok(request) = self.request(index) else { return Err(VendorFault::NoVendorTime) };
        let Some(answer) = request.answer() else { return Err(VendorFault::NoVendorTime) };
        answer.read(reply, asking)
    }

    /// Brings the parts of the answer to request number `index` together: all its pages and
    /// batches. `asked` are the entities that were asked for by name; those that no part mentions
    /// have a row of zeros where the definition says that the platform leaves out what is zero, and
    /// of what they had last where it says that this holds: `held` goes from answer to answer.
    /// Nothing comes of no parts.
    #[must_use]
    pub fn gather(
        &self,
        index: u8,
        parts: Vec<Part>,
        asked: &[EntityId],
        held: &mut Held,
    ) -> Option<Extract> {
        self.request(index).ok()?.answer()?.gather(parts, asked, held)
    }
}

impl AnswerMap {
    /// Reads a reply.
    pub(super) fn read(&self, reply: &Reply, asking: &Asking) -> Result<Part, VendorFault> {
        let mut taken = Taken::default();
        let rest = match reply.status {
            NO_CONTENT => Rcvar::new(Variable::Null),
            _ => self.each_row(&reply.body, |row| self.take(row, &mut taken))?,
        };
        let (vendor_time, bucket) =
            self.time(&taken, &rest, reply, asking).ok_or(VendorFault::NoVendorTime)?;
        let mut part = Part {
            vendor_time,
            bucket: match asking.window {
                Window::Interval => Some(bucket),
                Window::Snapshot | Window::Rolling => None,
            },
            rows: Vec::with_capacity(taken.rows.len()),
            cells: Vec::with_capacity(taken.cells.len()),
            untimely: Vec::new(),
            rows_refused: taken.rows_refused,
            cells_coerced: taken.cells_coerced,
            cells_refused: taken.cells_refused,
        };
        let cells = taken.cells.chunks_mut(self.columns.len().max(1));
        for (TakenRow { row, start, clock }, cells) in taken.rows.into_iter().zip(cells) {
            let is_of_this_bucket = match start {
                Start::Unsaid => true,
                Start::At(start) => start == bucket.start,
                Start::Unreadable => false,
            };
            if is_of_this_bucket {
                self.age(cells, clock.unwrap_or(vendor_time));
                part.rows.push(row);
                part.cells.extend_from_slice(cells);
            } else {
                part.untimely.push(row.entity);
                part.rows_refused = part.rows_refused.saturating_add(1);
            }
        }
        Ok(part)
    }

    /// The time of the answer and the bucket it is about, by whatever names them first.
    fn time(
        &self,
        taken: &Taken,
        rest: &Rcvar,
        reply: &Reply,
        asking: &Asking,
    ) -> Option<(UtcMs, Bucket)> {
        let length = asking.length;
        if let Some(start) = taken.rows.iter().filter_map(|row| row.start.moment()).max() {
            let bucket = Bucket { start, length };
            return Some((bucket.end(), bucket));
        }
        let time = self.time.as_ref().and_then(|path| moment_at(path, rest));
        let time = time.or_else(|| taken.rows.iter().filter_map(|row| row.clock).max());
        if let (None, Some(bucket)) = (time, asking.bucket) {
            return Some((bucket.end(), bucket));
        }
        let elsewhere = || match self.time_from {
            TimeFrom::Field => None,
            TimeFrom::Header => reply.header("date").and_then(UtcMs::from_http_date),
            TimeFrom::Receipt => Some(asking.vendor_now),
        };
        let time = time.or_else(elsewhere)?;
        Some((time, last_whole_bucket(time, length)))
    }

    /// Turns the moments of a row into their ages.
    pub(super) fn age(&self, cells: &mut [Cell], clock: UtcMs) {
        for (cell, column) in cells.iter_mut().zip(&self.columns) {
            if let Cell::Read(Reading::Value(moment)) = cell
                && column.conversion.gives_a_moment()
            {
                // The platform's own clocks differ a little.
                *moment = ((millis(clock) - *moment) / 1_000.0).max(0.0);
            }
        }
    }
}

/// The buckets of the schedule lie on whole multiples of their length.
fn last_whole_bucket(time: UtcMs, length: Span) -> Bucket {
    let past = time.0.checked_rem_euclid(length.0).unwrap_or_default();
    Bucket { start: UtcMs(time.0.saturating_sub(past).saturating_sub(length.0)), length }
}

/// There is nothing to tell, and no body that would say so.
pub(super) const NO_CONTENT: u16 = 204;

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::limits::ENTITIES_PER_SOURCE_MAX;
    use crate::platform::fixtures::named;

    const LENGTH: Span = Span::secs(10);

    fn read(body: &str) -> Result<Extract, VendorFault> {
        let definition = named("nice-cxone-guide");
        let asking =
            Asking { window: Window::Interval, length: LENGTH, vendor_now: UtcMs(0), bucket: None };
        definition.read_answer(0, &Reply::new(200, "application/json", body), &asking)
    }

    fn row(id: &str, start: &str, metrics: &str) -> String {
        format!(
            r#"{{"queue":{{"id":"{id}","name":"Tier 2"}},
                 "interval_start":{start},"metrics":[{metrics}]}}"#
        )
    }

    fn answer(rows: &[String]) -> Answer {
        let body = format!(r#"{{"_time":"2024-05-15T14:32:21Z","queues":[{}]}}"#, rows.join(","));
        read(&body).unwrap().answer
    }

    fn cells(metrics: &str) -> Extract {
        let row = row("q1", "\"2024-05-15T14:32:10Z\"", metrics);
        read(&format!(r#"{{"queues":[{row}]}}"#)).unwrap()
    }

    fn at(text: &str) -> UtcMs {
        UtcMs::from_rfc3339(text).unwrap()
    }

    #[test]
    fn null_absence_and_zero_are_three_things() {
        let Extract { answer, cells_coerced, cells_refused } = cells(
            r#"{"metric":"abandoned_calls","value":null},{"metric":"longest_wait","value":0},
               {"metric":"agents_available","value":true},{"metric":"unheard_of","value":1}"#,
        );
        let wanted = [Reading::Absent, Reading::Value(0.0), Reading::Null, Reading::Value(1.0)];
        assert_eq!(answer.readings, wanted);
        assert_eq!(answer.rows[0].entity.as_str(), "q1");
        assert_eq!(answer.rows[0].name.as_deref(), Some("Tier 2"));
        assert_eq!((cells_coerced, cells_refused), (0, 0));
    }

    #[test]
    fn a_number_in_quotes_is_read_and_counted() {
        let Extract { answer, cells_coerced, cells_refused } = cells(
            r#"{"metric":"calls_waiting","value":"22"},{"metric":"longest_wait","value":"long"},
               {"metric":"abandoned_calls","value":-1},
               {"metric":"agents_available","value":"inf"}"#,
        );
        let wanted = [Reading::Value(22.0), Reading::Absent, Reading::Absent, Reading::Absent];
        assert_eq!(answer.readings, wanted);
        assert_eq!((cells_coerced, cells_refused), (1, 3));
    }

    #[test]
    fn the_end_of_the_bucket_is_the_time_of_its_readings() {
        let answer = cells("").answer;
        let bucket = Bucket { start: at("2024-05-15T14:32:10Z"), length: LENGTH };
        assert_eq!(answer.bucket, Some(bucket));
        assert_eq!(answer.vendor_time, at("2024-05-15T14:32:20Z"));
    }

    #[test]
    fn without_a_bucket_the_answers_own_time_counts() {
        for answer in [answer(&[row("q1", "null", "")]), answer(&[])] {
            assert_eq!(answer.vendor_time, at("2024-05-15T14:32:21Z"));
            assert_eq!(answer.bucket.unwrap().start, at("2024-05-15T14:32:10Z"));
        }
    }

    #[test]
    fn a_row_of_an_older_bucket_is_refused() {
        let answer = answer(&[
            row("old", "\"2024-05-15T14:30:10Z\"", ""),
            row("new", "\"2024-05-15T14:32:10Z\"", ""),
            row("odd", "\"just now\"", ""),
            row("own", "null", ""),
        ]);
        let kept: Vec<&str> = answer.rows.iter().map(|row| row.entity.as_str()).collect();
        assert_eq!((kept, answer.rows_refused), (Vec::from(["new", "own"]), 2));
        assert_eq!(answer.readings.len(), 8);
    }

    #[test]
    fn an_answer_without_its_own_time_is_refused() {
        assert_eq!(read(r#"{"queues":[]}"#), Err(VendorFault::NoVendorTime));
        assert_eq!(read(r#"{"queues":[],"_time":5}"#), Err(VendorFault::NoVendorTime));
    }

    #[test]
    fn a_row_that_cannot_be_named_is_refused_and_counted() {
        let start = "\"2024-05-15T14:32:10Z\"";
        let nameless = r#"{"interval_start":"2024-05-15T14:32:10Z","metrics":[]}"#;
        let answer = answer(&[nameless.into(), row("", start, ""), row("q1", start, "")]);
        assert_eq!((answer.rows.len(), answer.rows_refused), (1, 2));
    }

    #[test]
    fn rows_beyond_the_limit_are_refused_and_counted() {
        let start = "\"2024-05-15T14:32:10Z\"";
        let rows: Vec<String> =
            (0..ENTITIES_PER_SOURCE_MAX + 3).map(|n| row(&format!("q{n}"), start, "")).collect();
        let answer = answer(&rows);
        assert_eq!((answer.rows.len(), answer.rows_refused), (ENTITIES_PER_SOURCE_MAX, 3));
    }

    #[test]
    fn an_answer_of_the_wrong_shape_says_what_was_found() {
        let fault = read(r#"{"queues":{}}"#).unwrap_err();
        let wanted = "the platform's answer has an object at queues, where its rows should be";
        assert_eq!(format!("{fault}"), wanted);
        assert!(matches!(read("<html>"), Err(VendorFault::NotJson(_))));
        assert!(matches!(read(""), Err(VendorFault::NotJson(_))));
    }
}
