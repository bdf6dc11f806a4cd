//! TOML to the tree, with all syntax errors of the text at once.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Error};

use crate::document::tree::too_deep;
use crate::document::{Entry, Node, Problem, Value};
use crate::limits::DOCUMENT_DEPTH_MAX;

/// Reads a TOML text.
pub(super) fn parse(text: &str) -> Result<Node, Vec<Problem>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Problem> = causes(text, errors).map(|e| syntax(text, &e)).collect();
    if !problems.is_empty() {
        dismantle(DeValue::Table(root.into_inner()));
        return Err(problems);
    }
    let entries = table(root.into_inner(), 0, &mut problems);
    if problems.is_empty() {
        Ok(Node { span: 0..0, value: Value::Table(entries) })
    } else {
        Err(problems)
    }
}

/// The errors that a person has to mend. Of several in a line the others are echoes of the first; and
/// an unclosed bracket takes what follows it for its own content, down to the end of the text.
fn causes(text: &str, errors: Vec<Error>) -> impl Iterator<Item = Error> {
    let start = |error: &Error| error.span().unwrap_or(0..0).start;
    let line = |error: &Error| text.get(..start(error)).unwrap_or_default().matches('\n').count();
    let unclosed = errors.iter().any(|error| error.message().starts_with("unclosed"));
    let swallows = move |error: &Error| {
        let starts_with = |words| error.message().starts_with(words);
        unclosed && ["unclosed", "missing comma", "missing key"].into_iter().any(starts_with)
    };
    let mut errors = errors;
    errors.sort_by_key(start);
    errors.dedup_by_key(|error| line(error));
    let last = errors.iter().position(swallows).map_or(errors.len(), |at| at.saturating_add(1));
    errors.into_iter().take(last)
}

fn syntax(text: &str, error: &Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let found = text.get(span.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let what = error.message().split(", expected").next().unwrap_or_default();
    let (message, help) = match what {
        "duplicate key" => {
            let key = text.get(span.clone()).unwrap_or_default();
            (format!("the key {key} stands twice"), "Keep one of the two.")
        }
        "string values must be quoted" if found.trim().is_empty() => {
            ("there is no value after the equals sign".into(), "Write key = value.")
        }
        "string values must be quoted" => {
            ("a text has to be quoted".into(), "Write it in straight double quotes: \"...\".")
        }
        "key with no value" => ("this key has no value".into(), "Write key = value."),
        "invalid basic string" | "invalid literal string" => (
            "the text does not end on its line".into(),
            "End it with the quote that it began with.",
        ),
        "missing escaped value" => (
            "no escape is written so".into(),
            "Write \\\\ for a backslash, or the text in single quotes.",
        ),
        other => (
            format!("this is not TOML: {other}"),
            "Look for a bracket, a quote or a comma that is missing here or just before.",
        ),
    };
    Problem::new(span, message, help)
}

fn table(table: DeTable<'_>, depth: usize, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let convert = |(key, value): (Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| Entry {
        key_span: key.span(),
        key: key.into_inner().into_owned(),
        node: node(value, depth + 1, problems),
    };
    let mut entries: Vec<Entry> = table.into_iter().map(convert).collect();
    // The parser sorts by key; people expect problems in the order of the file.
    entries.sort_by_key(|entry| entry.key_span.start);
    entries
}

fn node(value: Spanned<DeValue<'_>>, depth: usize, problems: &mut Vec<Problem>) -> Node {
    let span = value.span();
    let value = value.into_inner();
    if depth > DOCUMENT_DEPTH_MAX {
        problems.push(too_deep(span.clone()));
        dismantle(value);
        return Node { span, value: Value::Null };
    }
    let value = match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(digits) => {
            integer(digits.as_str(), digits.radix(), span.clone(), problems)
        }
        // The parser has checked the form; what is too large for the type is infinite.
        DeValue::Float(digits) => Value::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Bool(flag),
        DeValue::Datetime(at) => Value::Text(at.to_string()),
        DeValue::Array(list) => {
            Value::List(list.into_iter().map(|value| node(value, depth + 1, problems)).collect())
        }
        DeValue::Table(inner) => Value::Table(table(inner, depth, problems)),
    };
    Node { span, value }
}

fn integer(digits: &str, radix: u32, span: Range<usize>, problems: &mut Vec<Problem>) -> Value {
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Value::Integer(number);
    }
    problems.push(Problem::new(
        span,
        format!("{digits} is too large for a whole number"),
        String::from("Write a smaller one."),
    ));
    Value::Null
}

/// Takes a value apart level by level. Dropping it whole would go as deep as it is nested, and dotted
/// keys inside of braces multiply to thousands of levels.
fn dismantle(value: DeValue<'_>) {
    let mut left = Vec::from([value]);
    while let Some(value) = left.pop() {
        match value {
            DeValue::Array(list) => left.extend(list.into_iter().map(Spanned::into_inner)),
            DeValue::Table(table) => {
                left.extend(table.into_iter().map(|(_, value)| value.into_inner()));
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_syntax_error_is_named_once() {
        let text = "a = \nb = hello\nc == 3\ne = \"x\nf = 1\nf = 2\nd 4\n";
        let problems = parse(text).unwrap_err();
        let messages: Vec<&str> = problems.iter().map(|problem| &*problem.message).collect();
        let wanted = [
            "there is no value after the equals sign",
            "a text has to be quoted",
            "this is not TOML: extra `=`",
            "the text does not end on its line",
            "the key f stands twice",
            "this key has no value",
        ];
        assert_eq!(messages, wanted);
    }

    #[test]
    fn an_unclosed_bracket_is_one_problem() {
        for text in ["a = [1, 2\nb = 3\n[[s]]\nc = 1\n", "a = { x = 1, \n\n[t]\nb = 1\n"] {
            assert_eq!(parse(text).unwrap_err().len(), 1, "{text}");
        }
    }

    #[test]
    fn a_number_that_fits_nowhere_is_a_problem() {
        let [problem] = parse("a = 99999999999999999999").unwrap_err().try_into().unwrap();
        assert_eq!(problem.span, 4..24);
    }

    #[test]
    fn a_date_is_its_text() {
        let Value::Table(entries) = parse("a = 2026-11-22").unwrap().value else { panic!() };
        assert_eq!(entries[0].node.value, Value::Text("2026-11-22".into()));
    }

    #[test]
    fn a_key_that_stands_twice_is_named() {
        let [problem] = parse("aa = 1\naa = 2\n").unwrap_err().try_into().unwrap();
        assert_eq!((problem.span, &*problem.message), (7..9, "the key aa stands twice"));
    }
}
