//! Baselines: what a metric of an entity usually is at an hour of the week, as a rule wants it and
//! as it is remembered.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::BASELINE_HOURS;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{Operator, RateForm, Rule};

/// How a rule uses what is usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// The share of an hour's readings, in percent from 50 to 99, that the usual value covers. For
    /// `<` and `<=` it is the same share from the other end.
    pub percent: u8,
    /// What the threshold is made of it.
    pub form: Form,
}

/// What a threshold is made of the usual value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// The usual value times this; `static_value` is the floor, for `<` the ceiling.
    Factor(f64),
    /// The usual value and this much more, for `<` less; `static_value` is the floor or ceiling.
    Offset(f64),
    /// The usual value times `static_value`, which is a ratio then and no number of its own.
    Ratio,
}

/// One series that is learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesName {
    /// Whose entity.
    pub source: SourceName,
    /// The entity.
    pub entity: EntityId,
    /// Its metric.
    pub metric: Metric,
    /// Which share of an hour's readings is not above the usual value, in percent.
    pub percent: u8,
    /// How interval counts become a rate.
    pub rate: RateForm,
}

/// What one hour of one week taught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedHour {
    /// Hours since 1970-01-01T00:00 UTC; those of a zone that is not whole hours from it begin so
    /// much earlier.
    pub hour: i64,
    /// By the series' numbers: the usual values in their compact form.
    pub codes: Vec<u16>,
}

/// All that was learned, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LearnedWeeks {
    /// The series with their numbers, in any order.
    pub series: Vec<(u16, SeriesName)>,
    /// The hours, in any order.
    pub hours: Vec<LearnedHour>,
}

/// Whether what is seen is learned as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Learning {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off(Unusual),
}

/// Why what is seen is not learned as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusual {
    /// Somebody works on what is watched.
    Maintenance,
    /// So many alerts begin that nothing is as usual.
    Storm,
    /// Nobody knows which hour it is.
    ClockUntrusted,
    /// The file says that the day is unlike others.
    Excepted,
}

impl LearnedHour {
    /// Its place among the hours of eight weeks.
    #[must_use]
    pub fn place(&self) -> u16 {
        place(self.hour)
    }
}

/// The place of an hour in a ring of eight weeks.
#[must_use]
pub fn place(hour: i64) -> u16 {
    u16::try_from(hour.rem_euclid(i64::from(BASELINE_HOURS))).unwrap_or(0)
}

impl Baseline {
    /// What tells it from others, in an order of its own.
    #[must_use]
    pub const fn identity(self) -> (u8, u8, u64) {
        let (form, number) = match self.form {
            Form::Factor(factor) => (0, factor.to_bits()),
            Form::Offset(offset) => (1, offset.to_bits()),
            Form::Ratio => (2, 0),
        };
        (self.percent, form, number)
    }

    /// The series that a rule needs to be learned of an entity.
    #[must_use]
    pub fn series(self, rule: &Rule, entity: &EntityId) -> SeriesName {
        let percent = match rule.operator {
            Operator::Below | Operator::AtMost => 100_u8.saturating_sub(self.percent),
            Operator::Above | Operator::AtLeast | Operator::Equal | Operator::NotEqual => {
                self.percent
            }
        };
        SeriesName {
            source: rule.source.clone(),
            entity: entity.clone(),
            metric: rule.metric,
            percent,
            rate: rule.rate,
        }
    }

    /// The threshold of a rule where this is usual; nothing where the rule needs a usual value and
    /// there is none yet.
    #[must_use]
    pub fn threshold(self, rule: &Rule, usual: Option<f64>) -> Option<f64> {
        let of_usual = |usual: f64| match (self.form, rule.operator) {
            // What is usually nothing is not twice as much with the first caller.
            (Form::Ratio, _) => usual.max(rule.metric.margin_floor()) * rule.static_value,
            (Form::Factor(factor), _) => usual * factor,
            (Form::Offset(offset), Operator::Below | Operator::AtMost) => usual - offset,
            (Form::Offset(offset), _) => usual + offset,
        };
        let threshold = usual.map(of_usual);
        match (self.form, rule.operator) {
            (Form::Ratio, _) => threshold,
            (_, Operator::Below | Operator::AtMost) => {
                Some(threshold.map_or(rule.static_value, |it| it.min(rule.static_value)))
            }
            _ => Some(threshold.map_or(rule.static_value, |it| it.max(rule.static_value))),
        }
    }
}

impl Unusual {
    /// Why nothing is learned, as part of a sentence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance is under way",
            Self::Storm => "a storm of alerts is under way",
            Self::ClockUntrusted => "the box's clock is not trusted",
            Self::Excepted => "today is one of the days that [baseline] excepts",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rule::Priority;

    fn threshold(operator: &str, static_value: f64, form: Form, usual: Option<f64>) -> Option<f64> {
        let metric = Metric::find("calls_waiting").unwrap();
        let operator = Operator::parse(operator).unwrap();
        let source = SourceName::new("cxone").unwrap();
        let rule = Rule::new("a:1", source, (metric, operator, static_value), Priority::P1);
        Baseline { percent: 95, form }.threshold(&rule, usual)
    }

    #[test]
    fn the_static_value_stays_the_floor_and_for_too_few_the_ceiling() {
        let factor =
            |operator, factor, usual| threshold(operator, 15.0, Form::Factor(factor), usual);
        assert_eq!(factor(">=", 1.5, Some(40.0)), Some(60.0));
        assert_eq!(factor(">=", 1.5, Some(4.0)), Some(15.0));
        assert_eq!(factor("<", 0.5, Some(12.0)), Some(6.0));
        assert_eq!(factor("<", 0.5, Some(80.0)), Some(15.0));
        let offset = |operator, usual| threshold(operator, 15.0, Form::Offset(10.0), usual);
        assert_eq!([offset(">", Some(40.0)), offset(">", Some(4.0))], [Some(50.0), Some(15.0)]);
        assert_eq!([offset("<", Some(22.0)), offset("<", Some(40.0))], [Some(12.0), Some(15.0)]);
        assert_eq!([factor(">=", 1.5, None), offset("<", None)], [Some(15.0); 2]);
    }

    #[test]
    fn a_ratio_is_of_what_is_usual_and_says_nothing_without_it() {
        let ratio = |operator, times, usual| threshold(operator, times, Form::Ratio, usual);
        assert_eq!(ratio(">=", 2.0, Some(8.0)), Some(16.0));
        assert_eq!(ratio("<", 0.5, Some(8.0)), Some(4.0));
        // Where nobody waits as a rule, the first caller is no trouble.
        assert_eq!(ratio(">=", 2.0, Some(0.0)), Some(2.0));
        assert_eq!(ratio(">=", 2.0, None), None);
    }

    #[test]
    fn too_few_is_measured_against_the_low_end_of_the_hour() {
        let metric = Metric::find("agents_available").unwrap();
        let entity = EntityId::new("q").unwrap();
        let percent = |operator| {
            let source = SourceName::new("cxone").unwrap();
            let rule = Rule::new("a:1", source, (metric, operator, 1.0), Priority::P1);
            Baseline { percent: 95, form: Form::Ratio }.series(&rule, &entity).percent
        };
        assert_eq!([percent(Operator::Below), percent(Operator::AtLeast)], [5, 95]);
    }
}
