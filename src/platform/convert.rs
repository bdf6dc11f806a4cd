//! One cell of an answer, out of the platform's unit into ours.
//!
//! # Promises
//! - `each_unit_is_brought_to_ours`
//! - `a_moment_is_read_however_it_is_written`
//! - `words_stand_for_true_and_any_other_for_false`
//!
//! # Not here
//! How old a moment is, which needs the answer's own time: that is `answer`.

use alloc::boxed::Box;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo};
use jmespath::Variable;

use crate::model::answer::Reading;
use crate::model::metric::{Kind, Metric, Unit};
use crate::model::time::UtcMs;

/// How the platform writes a metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Conversion {
    /// A number in our unit.
    Plain,
    /// Milliseconds.
    Millis,
    /// Minutes.
    Minutes,
    /// 0 to 100.
    Percent,
    /// `PT5M16.976S`, `P1DT2H`.
    IsoDuration,
    /// The moment that it counts from, in milliseconds since 1970.
    EpochMillis,
    /// The same in seconds.
    EpochSeconds,
    /// The same as text: RFC 3339, also without seconds or offset.
    Instant,
    /// True or false, 1 or 0, also in quotes.
    Flag,
    /// A text, which stands for true where it is one of these, in capitals or not.
    Words(Box<[Box<str>]>),
    /// A text that stands for a number; in capitals or not. Any other is [`ANY_OTHER`], or says
    /// nothing.
    Values(Box<[(Box<str>, f64)]>),
}

/// What stands for every word that has no number of its own.
const ANY_OTHER: &str = "*";

/// What a cell gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    /// A reading; that of a moment is the moment itself, in milliseconds since 1970.
    Read(Reading),
    /// The same, out of a number in quotes.
    Coerced(Reading),
    /// Something that cannot be read. It is not nothing, so it is never taken for zero.
    Refused,
}

impl Conversion {
    /// How a metric is read where the definition names no unit.
    pub(super) fn usual(metric: Metric) -> Self {
        match metric.unit() {
            Unit::Boolean => Self::Flag,
            Unit::Count
            | Unit::PerMinute
            | Unit::Seconds
            | Unit::Ratio
            | Unit::Megabytes
            | Unit::Severity => Self::Plain,
        }
    }

    /// The words that a definition has for the units that fit a metric.
    pub(super) fn words(metric: Metric) -> &'static [(&'static str, Self)] {
        const AGES: &[(&str, Conversion)] = &[
            ("s", Conversion::Plain),
            ("ms", Conversion::Millis),
            ("min", Conversion::Minutes),
            ("iso-duration", Conversion::IsoDuration),
            ("epoch-ms", Conversion::EpochMillis),
            ("epoch-s", Conversion::EpochSeconds),
            ("instant", Conversion::Instant),
        ];
        match (metric.unit(), metric.kind()) {
            (Unit::Seconds, Kind::Age) => AGES,
            (Unit::Seconds, _) => AGES.get(..4).unwrap_or_default(),
            (Unit::Ratio, _) => &[("ratio", Self::Plain), ("percent", Self::Percent)],
            (Unit::Count | Unit::PerMinute, _) => &[],
            (Unit::Megabytes | Unit::Boolean | Unit::Severity, _) => &[],
        }
    }

    /// Whether what is read is a moment, whose age is the metric.
    pub(super) const fn gives_a_moment(&self) -> bool {
        match self {
            Self::EpochMillis | Self::EpochSeconds | Self::Instant => true,
            Self::Plain
            | Self::Millis
            | Self::Minutes
            | Self::Percent
            | Self::IsoDuration
            | Self::Flag
            | Self::Words(_)
            | Self::Values(_) => false,
        }
    }

    /// Reads a cell of a metric of `kind`.
    pub(super) fn read(&self, value: &Variable, kind: Kind) -> Cell {
        let text = value.as_string().map(|text| text.trim());
        if value.is_null() || (self.gives_a_moment() && text == Some("")) {
            return Cell::Read(Reading::Null);
        }
        let number = match self {
            Self::Plain => number_of(value),
            Self::Millis => number_of(value).map(|number| number / 1_000.0),
            Self::Minutes => number_of(value).map(|number| number * 60.0),
            Self::Percent => number_of(value).map(|number| number / 100.0),
            Self::EpochMillis => number_of(value),
            Self::EpochSeconds => number_of(value).map(|number| number * 1_000.0),
            Self::IsoDuration => return Cell::of(text.and_then(seconds), kind),
            Self::Instant => return Cell::of(text.and_then(moment).map(millis), kind),
            Self::Flag => flag(value),
            Self::Words(words) => match text {
                Some(text) => {
                    let is_one = words.iter().any(|word| word.eq_ignore_ascii_case(text));
                    return Cell::Read(Reading::Value(f64::from(u8::from(is_one))));
                }
                None => flag(value),
            },
            Self::Values(values) => {
                let is_it = |(word, _): &&(Box<str>, f64)| {
                    text.is_some_and(|text| word.eq_ignore_ascii_case(text))
                };
                let any_other = || values.iter().find(|(word, _)| **word == *ANY_OTHER);
                let found = values.iter().find(is_it).or_else(any_other);
                return Cell::of(found.map(|(_, number)| *number), kind);
            }
        };
        match number {
            // A queue without a caller has waited since the beginning of time.
            Some(0.0) if self.gives_a_moment() => Cell::Read(Reading::Null),
            number => Cell::of(number, kind).out_of(value),
        }
    }
}

impl Cell {
    /// A number, where the kind can have it.
    pub(super) fn of(number: Option<f64>, kind: Kind) -> Self {
        let may_be_negative = match kind {
            Kind::Count | Kind::IntervalCount | Kind::Age | Kind::Ratio | Kind::Boolean => false,
            Kind::Measure => true,
        };
        match number.filter(|number| number.is_finite() && (*number >= 0.0 || may_be_negative)) {
            Some(number) => Self::Read(Reading::Value(number)),
            None => Self::Refused,
        }
    }

    /// The cell once its quotes are counted.
    pub(super) const fn settled(self) -> Self {
        match self {
            Self::Read(reading) | Self::Coerced(reading) => Self::Read(reading),
            Self::Refused => Self::Refused,
        }
    }

    /// What counts of it.
    pub(super) const fn reading(self) -> Reading {
        match self {
            Self::Read(reading) | Self::Coerced(reading) => reading,
            Self::Refused => Reading::Absent,
        }
    }

    fn out_of(self, value: &Variable) -> Self {
        match self {
            Self::Read(reading) if value.is_string() => Self::Coerced(reading),
            Self::Read(_) | Self::Coerced(_) | Self::Refused => self,
        }
    }
}

/// A finite number, also where it stands in quotes; true is 1 and false is 0.
pub(super) fn number_of(value: &Variable) -> Option<f64> {
    let truth = value.as_boolean().map(|flag| f64::from(u8::from(flag)));
    let text = || value.as_string()?.trim().parse().ok();
    let number = value.as_number().or(truth).or_else(text);
    number.filter(|number| number.is_finite())
}

/// A moment as platforms write it. Without an offset it is UTC.
pub(super) fn moment(text: &str) -> Option<UtcMs> {
    let utc = || {
        let at: DateTime = text.parse().ok()?;
        Some(UtcMs(TimeZone::UTC.to_timestamp(at).ok()?.as_millisecond()))
    };
    UtcMs::from_rfc3339(text).or_else(utc)
}

/// A moment as a number of milliseconds.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the milliseconds of any year up to 9999 are exact in a f64"
)]
pub(super) const fn millis(at: UtcMs) -> f64 {
    at.0 as f64
}

/// An ISO 8601 duration of days and less; months have no length.
fn seconds(text: &str) -> Option<f64> {
    let span: Span = text.strip_prefix('P').and_then(|_| text.parse().ok())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Some(length.as_secs_f64())
}

fn flag(value: &Variable) -> Option<f64> {
    let word = || match value.as_string()?.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(1.0),
        text if text.eq_ignore_ascii_case("false") => Some(0.0),
        _ => None,
    };
    number_of(value).filter(|number| [0.0, 1.0].contains(number)).or_else(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(metric: &str, unit: &str, json: &str) -> Cell {
        let metric = Metric::find(metric).unwrap();
        let mut words = Conversion::words(metric).iter();
        let conversion = words.find(|(word, _)| *word == unit).unwrap();
        conversion.1.read(&Variable::from_json(json).unwrap(), metric.kind())
    }

    fn value(number: f64) -> Cell {
        Cell::Read(Reading::Value(number))
    }

    #[test]
    fn each_unit_is_brought_to_ours() {
        for (metric, unit, json, seconds) in [
            ("longest_wait", "s", "90", 90.0),
            ("longest_wait", "ms", "90500", 90.5),
            ("latency", "ms", "12", 0.012),
            ("longest_wait", "min", "1.5", 90.0),
            ("longest_wait", "iso-duration", "\"PT5M16.976S\"", 316.976),
            ("longest_wait", "iso-duration", "\"P1DT19H18M29.651S\"", 155_909.651),
            ("service_level", "ratio", "0.62", 0.62),
            ("service_level", "percent", "68", 0.68),
        ] {
            assert_eq!(read(metric, unit, json), value(seconds), "{json} in {unit}");
        }
        let quoted = Cell::Coerced(Reading::Value(0.8017));
        assert_eq!(read("service_level", "percent", "\"80.17\""), quoted);
        for (metric, unit, json) in [
            ("longest_wait", "iso-duration", "316"),
            ("longest_wait", "iso-duration", "\"P1M\""),
            ("longest_wait", "iso-duration", "\"-PT5S\""),
            ("longest_wait", "iso-duration", "\"5m 16s\""),
            ("longest_wait", "ms", "-1"),
            ("longest_wait", "min", "1e308"),
            ("service_level", "percent", "\"68 %\""),
        ] {
            assert_eq!(read(metric, unit, json), Cell::Refused, "{json} in {unit}");
        }
        assert_eq!(read("latency", "ms", "-1"), value(-0.001));
    }

    #[test]
    fn a_moment_is_read_however_it_is_written() {
        let at = value(1_715_783_400_000.0);
        for (unit, json) in [
            ("epoch-ms", "1715783400000"),
            ("epoch-ms", "1.7157834e12"),
            ("epoch-s", "1715783400"),
            ("instant", "\"2024-05-15T14:30:00Z\""),
            ("instant", "\"2024-05-15T14:30Z\""),
            ("instant", "\"2024-05-15T14:30:00.0000000Z\""),
            ("instant", "\"2024-05-15T14:30:00\""),
            ("instant", "\"2024-05-15 16:30:00.000+0200\""),
        ] {
            assert_eq!(read("longest_wait", unit, json), at, "{json} in {unit}");
        }
        for (unit, json) in
            [("epoch-ms", "0"), ("epoch-s", "null"), ("instant", "\"\""), ("instant", "null")]
        {
            assert_eq!(read("longest_wait", unit, json), Cell::Read(Reading::Null), "{json}");
        }
        for (unit, json) in [("instant", "\"just now\""), ("instant", "5"), ("epoch-ms", "{}")] {
            assert_eq!(read("longest_wait", unit, json), Cell::Refused, "{json}");
        }
    }

    #[test]
    fn words_stand_for_true_and_any_other_for_false() {
        let read = |conversion: &Conversion, json| {
            conversion.read(&Variable::from_json(json).unwrap(), Kind::Boolean)
        };
        let words = Conversion::Words(Box::from(["ONLINE".into()]));
        for (json, cell) in [
            ("\"Online\"", value(1.0)),
            ("\"OFFLINE\"", value(0.0)),
            ("\"True\"", value(0.0)),
            ("true", value(1.0)),
            ("null", Cell::Read(Reading::Null)),
            ("{}", Cell::Refused),
        ] {
            assert_eq!(read(&words, json), cell, "{json}");
        }
        for (json, cell) in [
            ("false", value(0.0)),
            ("1", value(1.0)),
            ("\"True\"", Cell::Coerced(Reading::Value(1.0))),
            ("\"0\"", Cell::Coerced(Reading::Value(0.0))),
            ("2", Cell::Refused),
            ("\"yes\"", Cell::Refused),
        ] {
            assert_eq!(read(&Conversion::Flag, json), cell, "{json}");
        }
    }
}
