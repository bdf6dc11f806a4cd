//! One rule against one value: does it hold, does it clearly not, or can nobody say?
//!
//! # Promises
//! - `every_operator_compares_as_it_is_written`
//! - `scaling_never_goes_below_the_static_value`: guide 2's `static_value` is the floor.
//! - `clearing_needs_the_margin`: ten percent or the absolute minimum, whichever is larger.
//! - `a_threshold_at_the_edge_of_the_range_can_still_clear`
//!
//! # Not here
//! What was before: that is the latch's.

use crate::evaluate::rate::Value;
use crate::model::metric::{Kind, Metric};
use crate::model::rule::{Operator, Rule};

/// What one sample says about one rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The rule holds.
    Breach(Compared),
    /// It does not hold, but the value has not passed the margin either.
    Between(Compared),
    /// It does not hold by the margin at least.
    Clear(Compared),
    /// Nobody can say.
    Unknown(Why),
}

/// The numbers behind a verdict, in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// What was measured; where part of the window is missing, the lower bound.
    pub value: f64,
    /// What it was compared with, after scaling.
    pub threshold: f64,
    /// What the value has to reach to clear.
    pub boundary: f64,
    /// The place among the rule's conditions of the one that decided it, where the rule's own
    /// threshold did not.
    pub condition: Option<u8>,
}

/// Why nobody can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No sample has come yet.
    NoSample,
    /// The platform did not give the metric, or gave null where null is undefined.
    NoValue,
    /// The scaling expression has no value: a metric is missing or something is divided by zero.
    NoThreshold,
    /// It compares with what is usual, and that is not known yet.
    NotLearned,
    /// Part of the window is missing, and the rest does not decide it.
    PartOfWindow,
    /// No aligned window has been closed for its buffer since the start.
    WindowOpen,
    /// The business hours of the rule are over.
    OutsideHours,
    /// Too little traffic to judge by.
    LowVolume,
    /// Nobody knows how much traffic there is.
    NoVolume,
    /// Nobody knows whether another condition holds: its place among the rule's.
    NoCondition(u8),
}

/// Compares a value with a rule's threshold; `usual` is what the rule's baseline says, and `lookup`
/// gives the metrics of the same answer.
pub(super) fn judge(
    rule: &Rule,
    value: Value,
    usual: Option<f64>,
    lookup: &impl Fn(Metric) -> Option<f64>,
) -> Verdict {
    if value == Value::Unknown {
        return Verdict::Unknown(Why::NoValue);
    }
    let test = Test {
        metric: rule.metric,
        operator: rule.operator,
        margin_percent: rule.margin_percent,
        margin_value: rule.margin_value,
    };
    match threshold(rule, usual, lookup) {
        Ok(threshold) => compare(test, threshold, value),
        Err(why) => Verdict::Unknown(why),
    }
}

/// What a comparison needs beside its two numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test {
    pub(super) metric: Metric,
    pub(super) operator: Operator,
    pub(super) margin_percent: f64,
    pub(super) margin_value: f64,
}

/// Compares a value with a threshold that is known.
pub(super) fn compare(test: Test, threshold: f64, value: Value) -> Verdict {
    let (low, high) = match value {
        Value::Exact(value) => (value, value),
        Value::AtLeast(value) => (value, f64::INFINITY),
        Value::Unknown => return Verdict::Unknown(Why::NoValue),
    };
    let boundary = boundary(test, threshold);
    let compared = Compared { value: low, threshold, boundary, condition: None };
    let breach = both(low, high, |value| holds(test.operator, value, threshold));
    let clear = both(low, high, |value| cleared(test.operator, value, compared));
    match (breach, clear) {
        (Some(Holds::Yes), _) => Verdict::Breach(compared),
        (_, Some(Holds::Yes)) => Verdict::Clear(compared),
        (Some(Holds::No), Some(Holds::No)) => Verdict::Between(compared),
        _ => Verdict::Unknown(Why::PartOfWindow),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// A comparison at both ends of what the value may be; nothing where they differ.
fn both(low: f64, high: f64, test: impl Fn(f64) -> Holds) -> Option<Holds> {
    let (at_low, at_high) = (test(low), test(high));
    (at_low == at_high).then_some(at_low)
}

fn threshold(
    rule: &Rule,
    usual: Option<f64>,
    lookup: &impl Fn(Metric) -> Option<f64>,
) -> Result<f64, Why> {
    match (&rule.scaling, rule.baseline) {
        (Some(expression), _) => {
            let scaled = expression.value(lookup).ok_or(Why::NoThreshold)?;
            Ok(scaled.max(rule.static_value))
        }
        (None, Some(baseline)) => baseline.threshold(rule, usual).ok_or(Why::NotLearned),
        (None, None) => Ok(rule.static_value),
    }
}

/// Counts and times are whole enough that equality means what an operator thinks it means; ratios
/// are compared to a millionth.
const SAME: f64 = 1e-6;

fn holds(operator: Operator, value: f64, threshold: f64) -> Holds {
    let same = (value - threshold).abs() < SAME;
    Holds::from(match operator {
        Operator::Above => value > threshold && !same,
        Operator::AtLeast => value > threshold || same,
        Operator::Below => value < threshold && !same,
        Operator::AtMost => value < threshold || same,
        Operator::Equal => same,
        Operator::NotEqual => !same,
    })
}

fn cleared(operator: Operator, value: f64, compared: Compared) -> Holds {
    match operator {
        Operator::Above | Operator::AtLeast => holds(Operator::AtMost, value, compared.boundary),
        Operator::Below | Operator::AtMost => holds(Operator::AtLeast, value, compared.boundary),
        Operator::Equal => holds(Operator::NotEqual, value, compared.threshold),
        Operator::NotEqual => holds(Operator::Equal, value, compared.threshold),
    }
}

/// The value that clears: past the threshold by the margin, kept within what the metric can reach,
/// so that "more than 0" clears at 0 and "less than 98 %" at 100 %.
fn boundary(test: Test, threshold: f64) -> f64 {
    let margin = (threshold.abs() * test.margin_percent / 100.0).max(test.margin_value);
    match test.operator {
        Operator::Above | Operator::AtLeast => (threshold - margin).max(threshold.min(0.0)),
        Operator::Below | Operator::AtMost => {
            let highest = match test.metric.kind() {
                Kind::Ratio | Kind::Boolean => 1.0,
                Kind::Count | Kind::IntervalCount | Kind::Age | Kind::Measure => f64::INFINITY,
            };
            (threshold + margin).min(threshold.max(highest))
        }
        Operator::Equal | Operator::NotEqual => threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::rule;
    use crate::model::expression::Expression;

    fn says(rule: &Rule, value: f64) -> &'static str {
        word(judge(rule, Value::Exact(value), None, &|_| None))
    }

    fn word(verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Breach(_) => "breach",
            Verdict::Between(_) => "between",
            Verdict::Clear(_) => "clear",
            Verdict::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn every_operator_compares_as_it_is_written() {
        let at = |operator: &str, value| says(&rule("calls_waiting", operator, 10.0), value);
        assert_eq!([at(">", 10.0), at(">", 11.0)], ["between", "breach"]);
        assert_eq!([at(">=", 9.5), at(">=", 10.0)], ["between", "breach"]);
        assert_eq!([at("<", 10.0), at("<", 9.0)], ["between", "breach"]);
        assert_eq!([at(">", 9.5), at("<", 10.5)], ["between", "between"]);
        assert_eq!([at("<=", 10.0), at("<=", 10.5)], ["breach", "between"]);
        assert_eq!([at("==", 10.0), at("==", 11.0)], ["breach", "clear"]);
        assert_eq!([at("!=", 10.0), at("!=", 11.0)], ["clear", "breach"]);
    }

    #[test]
    fn clearing_needs_the_margin() {
        let wait = rule("longest_wait", ">=", 120.0);
        assert_eq!([says(&wait, 109.0), says(&wait, 108.0)], ["between", "clear"]);
        let few = rule("calls_waiting", ">=", 5.0);
        assert_eq!([says(&few, 4.5), says(&few, 4.0)], ["between", "clear"]);
        let level = rule("service_level", "<", 0.80);
        assert_eq!([says(&level, 0.87), says(&level, 0.88)], ["between", "clear"]);
    }

    #[test]
    fn a_threshold_at_the_edge_of_the_range_can_still_clear() {
        assert_eq!(says(&rule("calls_waiting", ">", 0.0), 0.0), "clear");
        assert_eq!(says(&rule("service_level", "<", 0.98), 1.0), "clear");
        assert_eq!(says(&rule("connected", "<", 1.0), 1.0), "clear");
    }

    #[test]
    fn scaling_never_goes_below_the_static_value() {
        let mut scaled = rule("longest_wait", ">=", 120.0);
        scaled.scaling = Some(Expression::parse("agents_available * 20").unwrap());
        let at = |agents: f64, value: f64| {
            word(judge(&scaled, Value::Exact(value), None, &|_| Some(agents)))
        };
        assert_eq!(at(2.0, 120.0), "breach");
        assert_eq!(at(10.0, 120.0), "clear");
        assert_eq!(at(10.0, 200.0), "breach");
        let verdict = judge(&scaled, Value::Exact(500.0), None, &|_| None);
        assert_eq!(verdict, Verdict::Unknown(Why::NoThreshold));
    }

    #[test]
    fn a_lower_bound_can_raise_but_not_clear() {
        let abandons = rule("abandoned_calls", ">=", 5.0);
        let at = |value: f64| word(judge(&abandons, Value::AtLeast(value), None, &|_| None));
        assert_eq!([at(5.0), at(0.0)], ["breach", "unknown"]);
        let idle = rule("offered_calls", "<", 1.0);
        let at = |value: f64| word(judge(&idle, Value::AtLeast(value), None, &|_| None));
        assert_eq!([at(0.0), at(2.0)], ["unknown", "clear"]);
    }
}
