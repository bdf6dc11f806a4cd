//! `dynamic_scaling` and `scaling_factor`: a threshold that follows other metrics.
//!
//! # Promises
//! - `an_expression_without_a_value_is_found_out`: it would silence its threshold for good.

use alloc::vec::Vec;

use crate::config::{source::Source, threshold};
use crate::document::{Item, Table};
use crate::model::expression::Expression;
use crate::model::metric::Metric;

/// Reads both keys: the expression as written and checked, nothing twice where the threshold is
/// fixed, or nothing at all where there is a problem.
pub(super) fn read<'a>(
    table: &mut Table<'a>,
    source: Option<&Source<'_>>,
) -> Option<(Option<&'a str>, Option<Expression>)> {
    let flag = table.optional("dynamic_scaling");
    let factor = table.optional("scaling_factor");
    let on = match &flag {
        Some(item) => Some(item.flag()?),
        None => None,
    };
    match (on, factor) {
        (Some(true), Some(item)) => {
            let expression = expression(&item, source)?;
            Some((item.text(), Some(expression)))
        }
        (Some(true), None) => flag?.refuse(
            "scaling_factor is missing",
            "Add scaling_factor = \"agents_available * 20\", or another expression.",
        ),
        (None, Some(item)) => item.refuse(
            "it does nothing without dynamic_scaling = true",
            "Add dynamic_scaling = true, or take scaling_factor out.",
        ),
        // Guide 2's files may keep an expression for later.
        (Some(false), _) | (None, None) => Some((None, None)),
    }
}

fn expression(item: &Item<'_>, source: Option<&Source<'_>>) -> Option<Expression> {
    let text = item.text()?;
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(fault) => {
            let rest = text.get(fault.at..).unwrap_or_default();
            let length = words(rest).next().filter(|(at, _)| *at == 0).map_or(1, |(_, w)| w.len());
            let end = fault.at.saturating_add(length).min(text.len());
            return item.refuse_within(fault.at..end, fault, HELP);
        }
    };
    let mut all_given = true;
    expression.metrics(&mut |metric| {
        if let Some((message, help)) = threshold::ungiven(metric, source) {
            let word = words(text).find(|(_, word)| Metric::find(word) == Ok(metric));
            let (at, word) = word.unwrap_or((0, text));
            item.refuse_within::<()>(at..at.saturating_add(word.len()), message, help);
            all_given = false;
        }
    });
    if !all_given {
        return None;
    }
    if !has_a_value(&expression) {
        return item.refuse(
            "it has no value whatever the metrics are, as it divides by zero",
            "Divide by a number or a metric that can be above zero.",
        );
    }
    Some(expression)
}

/// Whether an expression has a value for any of some assignments in which all metrics differ.
fn has_a_value(expression: &Expression) -> bool {
    [1.0, 2.5, 7.0].into_iter().any(|first| {
        let values: Vec<(Metric, f64)> = Metric::all()
            .scan(first, |next, metric| {
                *next += 1.375;
                Some((metric, *next))
            })
            .collect();
        let lookup = |wanted| values.iter().find(|(metric, _)| *metric == wanted).map(|(_, v)| *v);
        expression.value(&lookup).is_some()
    })
}

/// The words of an expression with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0_usize;
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
        .map(move |word| {
            let start = at;
            at = at.saturating_add(word.len()).saturating_add(1);
            (start, word)
        })
        .filter(|(_, word)| !word.is_empty())
}

const HELP: &str = "An expression is made of numbers, metrics, + - * /, parentheses, min(a, b) and \
                    max(a, b).";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_without_a_value_is_found_out() {
        let value = |text: &str| has_a_value(&Expression::parse(text).unwrap());
        assert!(value("agents_available * 20"));
        assert!(value("calls_waiting / (agents_available - agents_busy)"));
        assert!(!value("calls_waiting / 0"));
        assert!(!value("1 + calls_waiting / (2 - 2)"));
        assert!(!value("1 / (agents_available - agents_available)"));
    }
}
