//! JSON to the tree, as strict as RFC 8259, and stricter about keys that stand twice.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use jsonc_parser::ast::{Object, Value as Json};
use jsonc_parser::common::{Range as Place, Ranged};
use jsonc_parser::errors::ParseError;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::document::tree::too_deep;
use crate::document::{Entry, Node, Problem, Value};
use crate::limits::DOCUMENT_DEPTH_MAX;

/// Reads a JSON text.
pub(super) fn parse(text: &str) -> Result<Node, Vec<Problem>> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT)
        .map_err(|error| Vec::from([syntax(&error)]))?;
    let mut problems = Vec::new();
    let root = parsed.value.map(|value| node(value, 0, &mut problems));
    match root {
        Some(root) if problems.is_empty() => Ok(root),
        Some(_) => Err(problems),
        None => Err(Vec::from([Problem::new(0..0, "the file is empty", "Write the config.")])),
    }
}

fn syntax(error: &ParseError) -> Problem {
    let message = format!("this is not JSON: {}", error.kind());
    let help = "A comma, a brace or a quote is often missing or one too many just before this.";
    Problem::new(span(error.range()), message, help)
}

fn node(value: Json<'_>, depth: usize, problems: &mut Vec<Problem>) -> Node {
    let span = span(value.range());
    if depth > DOCUMENT_DEPTH_MAX {
        problems.push(too_deep(span.clone()));
        return Node { span, value: Value::Null };
    }
    let value = match value {
        Json::NullKeyword(_) => Value::Null,
        Json::BooleanLit(flag) => Value::Bool(flag.value),
        Json::NumberLit(digits) => match digits.value.parse() {
            Ok(number) => Value::Integer(number),
            // The parser has checked the form; what is too large for the type is infinite.
            Err(_) => Value::Float(digits.value.parse().unwrap_or(f64::NAN)),
        },
        Json::StringLit(text) => Value::Text(text.value.into_owned()),
        Json::Array(list) => {
            let elements = list.elements.into_iter();
            Value::List(elements.map(|value| node(value, depth + 1, problems)).collect())
        }
        Json::Object(object) => Value::Table(table(object, depth, problems)),
    };
    Node { span, value }
}

fn table(object: Object<'_>, depth: usize, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut keys = BTreeSet::new();
    let mut entries = Vec::with_capacity(object.properties.len());
    for property in object.properties {
        let key_span = span(property.name.range());
        let key = property.name.into_string();
        if keys.insert(key.clone()) {
            let node = node(property.value, depth + 1, problems);
            entries.push(Entry { key, key_span, node });
        } else {
            let message = format!("the key \"{key}\" stands twice");
            problems.push(Problem::new(key_span, message, "Keep one of the two."));
        }
    }
    entries
}

const fn span(place: Place) -> core::ops::Range<usize> {
    place.start..place.end
}

/// Nothing beyond RFC 8259: what this accepts, every other reader of the file accepts.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_strict_json_is_a_problem() {
        let texts = [
            "{\"a\": 1,}",
            "{\"a\": 1} // why",
            "{a: 1}",
            "{\"a\": 'x'}",
            "{\"a\": 1 \"b\": 2}",
            "{\"a\": NaN}",
            "{\"a\": 0x1}",
            "{\"a\": 1} {}",
            "{\"a\": ",
        ];
        for text in texts {
            assert_eq!(parse(text).unwrap_err().len(), 1, "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_a_problem() {
        let [problem] = parse(r#"{"a": 1, "a": 2}"#).unwrap_err().try_into().unwrap();
        assert_eq!((problem.span, &*problem.message), (9..12, "the key \"a\" stands twice"));
    }
}
