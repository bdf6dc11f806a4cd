//! Reads a platform's answer into our words: rows, readings, and the platform's own time.
//!
//! The authoritative time (guide 2, edge case 3, allows either field) is the end of the newest
//! bucket that a row names; where no row names one it is the answer's own time, and the bucket is
//! the last whole one before it. A row of an older bucket is as stale as an old answer, and is
//! refused.
//!
//! # Promises
//! - `null_absence_and_zero_are_three_things`
//! - `a_number_in_quotes_is_read_and_counted`: guide 2 asks for explicit coercion.
//! - `a_row_of_an_older_bucket_is_refused`
//! - `an_answer_without_its_own_time_is_refused`
//!
//! # Not here
//! What null means, whether the answer is fresh, and whether its bucket was seen before.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use jmespath::{Rcvar, Variable};

use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::answer::{Answer, Bucket, Reading, Row};
use crate::model::http::Reply;
use crate::model::metric::{Kind, Metric};
use crate::model::name::EntityId;
use crate::model::time::{Span, UtcMs};
use crate::platform::path::Found;
use crate::platform::{AnswerMap, Definition, MetricPlaces, VendorFault};

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

impl Definition {
    /// Reads the answer to request number `index`, which asked for a bucket of `length`.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_answer(
        &self,
        index: u8,
        reply: &Reply,
        length: Span,
    ) -> Result<Extract, VendorFault> {
        if !(200..300).contains(&reply.status) {
            let excerpt = reply.excerpt().into();
            return Err(VendorFault::Refused { status: reply.status, excerpt });
        }
        // A request that does not exist was never sent, so nothing can answer it.
        let Ok(request) = self.request(index) else { return Err(VendorFault::NoVendorTime) };
        request.answer.read(&reply.body, length)
    }
}

/// What the rows gave, while it is unknown which bucket is the newest.
#[derive(Debug, Default)]
struct Taken {
    rows: Vec<(Row, Start)>,
    readings: Vec<Reading>,
    rows_refused: u32,
    cells_coerced: u32,
    cells_refused: u32,
}

impl AnswerMap {
    fn read(&self, body: &[u8], length: Span) -> Result<Extract, VendorFault> {
        let mut taken = Taken::default();
        let rest = self.each_row(body, |row| match self.entity(row) {
            Some(entity) if taken.rows.len() < ENTITIES_PER_SOURCE_MAX => {
                taken.rows.push((entity, self.start(row)));
                self.read_metrics(row, &mut taken);
            }
            Some(_) | None => taken.rows_refused = taken.rows_refused.saturating_add(1),
        })?;
        let newest = taken.rows.iter().filter_map(|(_, start)| start.moment()).max();
        let (vendor_time, bucket) = match newest {
            Some(start) => {
                let bucket = Bucket { start, length };
                (bucket.end(), bucket)
            }
            None => {
                let time = self.time.as_ref().and_then(|path| time_of(&path.find(&rest)));
                let time = time.ok_or(VendorFault::NoVendorTime)?;
                (time, last_whole_bucket(time, length))
            }
        };
        let Taken { rows, readings, rows_refused, cells_coerced, cells_refused } = taken;
        let mut answer = Answer {
            vendor_time,
            bucket: Some(bucket),
            metrics: self.metrics.clone(),
            rows: Vec::with_capacity(rows.len()),
            readings: Vec::with_capacity(readings.len()),
            rows_refused,
        };
        for ((row, start), readings) in
            rows.into_iter().zip(readings.chunks(self.metrics.len().max(1)))
        {
            let is_of_this_bucket = match start {
                Start::Unsaid => true,
                Start::At(start) => start == bucket.start,
                Start::Unreadable => false,
            };
            if is_of_this_bucket {
                answer.rows.push(row);
                answer.readings.extend_from_slice(readings);
            } else {
                answer.rows_refused = answer.rows_refused.saturating_add(1);
            }
        }
        Ok(Extract { answer, cells_coerced, cells_refused })
    }

    /// When a row's bucket starts.
    fn start(&self, row: &Rcvar) -> Start {
        match self.bucket_start.as_ref().map(|path| path.find(row)) {
            Some(found) if !found.is_null() => time_of(&found).map_or(Start::Unreadable, Start::At),
            Some(_) | None => Start::Unsaid,
        }
    }

    fn entity(&self, row: &Rcvar) -> Option<Row> {
        let id = self.entity_id.find(row);
        let entity = match id.as_string() {
            Some(text) => EntityId::new(text).ok()?,
            None if id.is_number() => EntityId::new(&id.to_string()).ok()?,
            None => return None,
        };
        let name = self.entity_name.as_ref().map(|path| path.find(row));
        let name = name.as_ref().and_then(|name| name.as_string());
        Some(Row { entity, name: name.map(|name| Box::from(name.as_str())) })
    }

    fn read_metrics(&self, row: &Rcvar, taken: &mut Taken) {
        let readings = &mut taken.readings;
        let first = readings.len();
        readings.resize(first.saturating_add(self.metrics.len()), Reading::Absent);
        match &self.places {
            MetricPlaces::Paths(paths) => {
                for (column, path) in paths.iter().enumerate() {
                    if let Found::Value(value) = path.look(row) {
                        self.read_cell(taken, first, column, &value);
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
        let reading = if value.is_null() {
            Some(Reading::Null)
        } else {
            let number = number_of(value);
            number.filter(|n| *n >= 0.0 || !self.is_counted(column)).map(Reading::Value)
        };
        match reading {
            Some(_) if value.is_string() => {
                taken.cells_coerced = taken.cells_coerced.saturating_add(1);
            }
            Some(_) => {}
            None => taken.cells_refused = taken.cells_refused.saturating_add(1),
        }
        if let Some(cell) = taken.readings.get_mut(first.saturating_add(column)) {
            *cell = reading.unwrap_or(Reading::Absent);
        }
    }

    /// Whether a metric cannot be below zero.
    fn is_counted(&self, column: usize) -> bool {
        self.metrics.get(column).is_some_and(|metric: &Metric| match metric.kind() {
            Kind::Count | Kind::IntervalCount | Kind::Age | Kind::Ratio | Kind::Boolean => true,
            Kind::Measure => false,
        })
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
enum Start {
    Unsaid,
    At(UtcMs),
    Unreadable,
}

impl Start {
    const fn moment(self) -> Option<UtcMs> {
        match self {
            Self::At(at) => Some(at),
            Self::Unsaid | Self::Unreadable => None,
        }
    }
}

/// The buckets of the schedule lie on whole multiples of their length.
fn last_whole_bucket(time: UtcMs, length: Span) -> Bucket {
    let past = time.0.checked_rem_euclid(length.0).unwrap_or_default();
    Bucket { start: UtcMs(time.0.saturating_sub(past).saturating_sub(length.0)), length }
}

fn time_of(value: &Variable) -> Option<UtcMs> {
    UtcMs::from_rfc3339(value.as_string()?)
}

/// A finite number, also where it stands in quotes; true is 1 and false is 0.
pub(super) fn number_of(value: &Variable) -> Option<f64> {
    let truth = value.as_boolean().map(|flag| f64::from(u8::from(flag)));
    let text = || value.as_string()?.trim().parse().ok();
    let number = value.as_number().or(truth).or_else(text);
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::platform::built_in;

    const LENGTH: Span = Span::secs(10);

    fn read(body: &str) -> Result<Extract, VendorFault> {
        let [definition] = built_in().try_into().unwrap();
        definition.read_answer(0, &Reply::new(200, "application/json", body), LENGTH)
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
