//! Scaling expressions: arithmetic over metrics of the same answer, such as `agents_available *
//! 20`.
//!
//! Grammar: numbers, metric names, `+ - * /`, unary minus, parentheses, `min(a, b)`, `max(a, b)`.
//! A value that is missing, not a number or divided by zero makes the whole undefined: "no
//! verdict", never "fine".

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::limits::{EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX};
use crate::model::metric::{Metric, MetricFault};

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(Term);

/// What is wrong with the text of an expression, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionFault {
    /// Bytes from the start of the text.
    pub at: usize,
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Number(f64),
    Value(Metric),
    Negated(Box<Self>),
    Two(Join, Box<(Self, Self)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    Plus,
    Minus,
    Times,
    Over,
    Least,
    Most,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Points at the first thing that cannot be understood.
    pub fn parse(text: &str) -> Result<Self, ExpressionFault> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let what = format!("an expression is at most {EXPRESSION_BYTES_MAX} bytes long");
            return Err(ExpressionFault { at: 0, what });
        }
        let mut parser = Parser { text, at: 0, depth: 0 };
        let term = parser.sum()?;
        parser.skip_space();
        match parser.peek() {
            None => Ok(Self(term)),
            Some(found) => Err(parser.fault(format!("expected an operator, found `{found}`"))),
        }
    }

    /// The value, where every metric in it has one; `lookup` gives the metrics of the same answer.
    pub fn value(&self, lookup: &impl Fn(Metric) -> Option<f64>) -> Option<f64> {
        self.0.value(lookup).filter(|value| value.is_finite())
    }

    /// Calls `visit` for each metric that the expression names.
    pub fn metrics(&self, visit: &mut impl FnMut(Metric)) {
        self.0.metrics(visit);
    }
}

impl Term {
    fn value(&self, lookup: &impl Fn(Metric) -> Option<f64>) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Value(metric) => lookup(*metric),
            Self::Negated(term) => term.value(lookup).map(|value| -value),
            Self::Two(join, terms) => {
                let (left, right) = (terms.0.value(lookup)?, terms.1.value(lookup)?);
                let value = match join {
                    Join::Plus => left + right,
                    Join::Minus => left - right,
                    Join::Times => left * right,
                    Join::Over => left / right,
                    Join::Least => left.min(right),
                    Join::Most => left.max(right),
                };
                // Division by zero gives no finite number; `min`, `max` or a division by it would.
                Some(value).filter(|value| value.is_finite())
            }
        }
    }

    fn metrics(&self, visit: &mut impl FnMut(Metric)) {
        match self {
            Self::Number(_) => {}
            Self::Value(metric) => visit(*metric),
            Self::Negated(term) => term.metrics(visit),
            Self::Two(_, terms) => {
                terms.0.metrics(visit);
                terms.1.metrics(visit);
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Result<Term, ExpressionFault> {
        let mut left = self.product()?;
        loop {
            let join = match self.peek_past_space() {
                Some('+') => Join::Plus,
                Some('-') => Join::Minus,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product()?;
            left = Term::Two(join, Box::new((left, right)));
        }
    }

    fn product(&mut self) -> Result<Term, ExpressionFault> {
        let mut left = self.single()?;
        loop {
            let join = match self.peek_past_space() {
                Some('*') => Join::Times,
                Some('/') => Join::Over,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.single()?;
            left = Term::Two(join, Box::new((left, right)));
        }
    }

    fn single(&mut self) -> Result<Term, ExpressionFault> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            return Err(self.fault(format!("nested deeper than {EXPRESSION_DEPTH_MAX}")));
        }
        let term = match self.peek_past_space() {
            Some('-') => {
                self.at += 1;
                Term::Negated(Box::new(self.single()?))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.sum()?;
                self.expect(')')?;
                inner
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number()?,
            Some(c) if c.is_ascii_alphabetic() => self.word()?,
            Some(c) => {
                return Err(self.fault(format!("expected a number or a metric, found `{c}`")));
            }
            None => {
                return Err(self.fault("expected a number or a metric, found the end".to_string()));
            }
        };
        self.depth -= 1;
        Ok(term)
    }

    fn number(&mut self) -> Result<Term, ExpressionFault> {
        let start = self.at;
        let digits = self.take(|c| c.is_ascii_digit() || c == '.');
        digits
            .parse()
            .map(Term::Number)
            .map_err(|_| ExpressionFault { at: start, what: format!("`{digits}` is not a number") })
    }

    fn word(&mut self) -> Result<Term, ExpressionFault> {
        let start = self.at;
        let word = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let join = match word {
            "min" => Join::Least,
            "max" => Join::Most,
            _ => {
                return Metric::find(word)
                    .map(Term::Value)
                    .map_err(|fault| ExpressionFault { at: start, what: unknown(word, &fault) });
            }
        };
        self.expect('(')?;
        let left = self.sum()?;
        self.expect(',')?;
        let right = self.sum()?;
        self.expect(')')?;
        Ok(Term::Two(join, Box::new((left, right))))
    }

    fn expect(&mut self, wanted: char) -> Result<(), ExpressionFault> {
        match self.peek_past_space() {
            Some(c) if c == wanted => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.fault(format!("expected `{wanted}`"))),
        }
    }

    fn take(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(|c| !keep(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.take(char::is_whitespace);
    }

    fn peek_past_space(&mut self) -> Option<char> {
        self.skip_space();
        self.peek()
    }

    const fn fault(&self, what: String) -> ExpressionFault {
        ExpressionFault { at: self.at, what }
    }
}

fn unknown(word: &str, fault: &MetricFault) -> String {
    match fault {
        MetricFault::Unknown(None) => format!("no metric is called `{word}`"),
        MetricFault::Unknown(Some(near)) => {
            format!("no metric is called `{word}`; did you mean `{near}`?")
        }
        MetricFault::Ambiguous(fits) => {
            format!("`{word}` may be {}; write the whole name", fits.join(" or "))
        }
    }
}

impl fmt::Display for ExpressionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, agents: Option<f64>) -> Option<f64> {
        let agents_available = Metric::find("agents_available").unwrap();
        Expression::parse(text)
            .unwrap()
            .value(&|metric| if metric == agents_available { agents } else { Some(6.0) })
    }

    #[test]
    fn an_expression_follows_the_usual_order_of_arithmetic() {
        assert_eq!(value("agents_available * 20", Some(4.0)), Some(80.0));
        assert_eq!(value("1 + 2 * 3 - 4 / 2", None), Some(5.0));
        assert_eq!(value("-(1 + 2) * 3", None), Some(-9.0));
        assert_eq!(value("max(60, agents_available*20)", Some(1.0)), Some(60.0));
        assert_eq!(value("min(routing.queue.calls_waiting, 2)", None), Some(2.0));
    }

    #[test]
    fn an_undefined_expression_is_no_verdict() {
        assert_eq!(value("agents_available * 20", None), None);
        assert_eq!(value("10 / agents_available", Some(0.0)), None);
        assert_eq!(value("agents_available / agents_available", Some(0.0)), None);
        assert_eq!(value("min(60, 10 / agents_available)", Some(0.0)), None);
        assert_eq!(value("max(60, 0 / agents_available)", Some(0.0)), None);
        assert_eq!(value("1 / (10 / agents_available)", Some(0.0)), None);
    }

    #[test]
    fn a_broken_expression_points_at_the_fault() {
        let at = |text: &str| Expression::parse(text).unwrap_err().at;
        assert_eq!(at("agents_available * "), 19);
        assert_eq!(at("2 * agents_availible"), 4);
        assert_eq!(at("(1 + 2"), 6);
        assert_eq!(at("1 2"), 2);
        assert_eq!(at("1.2.3"), 0);
        assert!(Expression::parse(&"(".repeat(400)).unwrap_err().what.contains("nested"));
        assert!(Expression::parse(&"1+".repeat(4_000)).unwrap_err().what.contains("long"));
    }
}
