//! The schema for editors: it accepts what is right, and refuses what it can see to be wrong.
//!
//! The validator here knows the words of JSON Schema that our schema uses, and stops at any other.

use alloc::collections::BTreeSet;
use std::fs;
use std::path::Path;

use andon::model::metric::Metric;
use serde_json::{Map, Value};

use crate::mistakes::{ANSWER, definition, mistakes};
use crate::page;

const SCHEMA: &str = include_str!("../../docs/source-definition.schema.json");

/// Mistakes that only the check can see: what a capital, a path, a unit, a way to combine, an
/// expression or a list of words means depends on something else.
const UNSEEN: [&str; 15] = [
    r#"offered", missing = { hold_seconds = 9 }"#,
    r#""serverTime""#,
    r#""Rows""#,
    r#""oldest.[""#,
    r#""a[?B=='C']""#,
    r#"combine = "any""#,
    r#"combine = "max""#,
    r#""ms""#,
    r#"unit = "percent""#,
    r#"unit = "s""#,
    r#"true_when = ["x"]"#,
    "telephony.trunk.latency",
    r#""longest_wait""#,
    "abandoned_calls / / offered",
    "answered_calls / offered_calls",
];

/// The mistake of [`UNSEEN`]'s kind whose text is also that of a seen one.
const UNREAD_VOLUME: &str = "{ answered_calls = 20 }";

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Why a definition is not what the schema says; nothing where it is.
fn fault(text: &str) -> Option<String> {
    let root = schema();
    let value: Value = toml::from_str(text).unwrap();
    Validator { root: &root }.fault(&root, &value, "")
}

struct Validator<'a> {
    root: &'a Value,
}

impl Validator<'_> {
    fn fault(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = schema.as_object().unwrap();
        let empty = Map::new();
        let table = value.as_object().unwrap_or(&empty);
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let holds = |inner: &Value| self.fault(inner, value, at).is_none();
        for (word, rule) in schema {
            let bad = match word.as_str() {
                "$schema" | "title" | "description" | "$defs" | "then" => None,
                "$ref" => {
                    let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                    let place = format!("/$defs/{name}");
                    self.fault(self.root.pointer(&place).unwrap(), value, at)
                }
                "type" => (!is_a(value, rule.as_str().unwrap())).then(|| format!("no {rule}")),
                "const" => (value != rule).then(|| format!("is not {rule}")),
                "enum" => {
                    let is_one = rule.as_array().unwrap().contains(value);
                    (!is_one).then(|| format!("none of {rule}"))
                }
                "properties" => rule.as_object().unwrap().iter().find_map(|(key, inner)| {
                    self.fault(inner, table.get(key)?, &format!("{at}.{key}"))
                }),
                "additionalProperties" => {
                    let known = schema.get("properties").and_then(Value::as_object);
                    let mut others = table.iter().filter(|(key, _)| {
                        known.is_none_or(|known| !known.contains_key(key.as_str()))
                    });
                    if *rule == Value::Bool(false) {
                        others.next().map(|(key, _)| format!("has {key}"))
                    } else {
                        others.find_map(|(key, value)| {
                            self.fault(rule, value, &format!("{at}.{key}"))
                        })
                    }
                }
                "propertyNames" => {
                    table.keys().find_map(|key| self.fault(rule, &Value::from(key.as_str()), at))
                }
                "required" => missing(rule, table),
                "dependentRequired" => {
                    let mut rules = rule.as_object().unwrap().iter();
                    rules.find_map(|(key, rule)| table.get(key).and(missing(rule, table)))
                }
                "items" => list
                    .iter()
                    .enumerate()
                    .find_map(|(index, value)| self.fault(rule, value, &format!("{at}[{index}]"))),
                "minItems" | "minimum" => {
                    size(value).filter(|size| *size < number(rule)).map(|_| beyond(rule))
                }
                "maxItems" | "maxLength" | "maximum" => {
                    size(value).filter(|size| *size > number(rule)).map(|_| beyond(rule))
                }
                "oneOf" => {
                    let rules = rule.as_array().unwrap();
                    let fitting = rules.iter().filter(|inner| holds(inner)).count();
                    (fitting != 1).then(|| format!("fits {fitting} of {}", rules.len()))
                }
                "not" => holds(rule).then(|| "is what it must not be".into()),
                "if" => match holds(rule) {
                    true => self.fault(&schema["then"], value, at),
                    false => None,
                },
                other => unreachable!("the validator does not know {other}"),
            };
            if let Some(bad) = bad {
                return Some(format!("{at}: {bad}"));
            }
        }
        None
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        other => unreachable!("the validator does not know the type {other}"),
    }
}

fn missing(rule: &Value, table: &Map<String, Value>) -> Option<String> {
    let mut keys = rule.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
    keys.find(|key| !table.contains_key(*key)).map(|key| format!("has no {key}"))
}

/// A number, or the length of a list or a text.
fn size(value: &Value) -> Option<f64> {
    let length = |length| Some(f64::from(u32::try_from(length).unwrap()));
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => length(text.len()),
        Value::Array(list) => length(list.len()),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

fn number(rule: &Value) -> f64 {
    rule.as_f64().unwrap()
}

fn beyond(bound: &Value) -> String {
    format!("is beyond {bound}")
}

/// The text of each built-in definition.
pub(crate) fn built_in() -> Vec<String> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/definitions");
    let files = fs::read_dir(place).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn the_schema_accepts_every_definition_that_is_right() {
    let texts = built_in();
    assert_eq!(texts.len(), andon::platform::built_in().len());
    let others = [page::example().to_owned(), definition(ANSWER)];
    for text in texts.iter().chain(&others) {
        assert_eq!(fault(text), None, "{text}");
    }
}

#[test]
fn the_schema_refuses_the_mistakes_that_it_can_see() {
    for [from, to, said] in mistakes() {
        let seen = fault(&definition(&ANSWER.replace(from, to)));
        let can_see = !UNSEEN.contains(&to) && to != UNREAD_VOLUME;
        assert_eq!(seen.is_some(), can_see, "{from} -> {to}: {seen:?}, and the check says {said}");
    }
}

#[test]
fn the_schema_refuses_what_is_wrong_outside_of_an_answer() {
    let wrong = [
        ("interval_seconds = 10", "interval_seconds = 0", ".interval_seconds: is beyond 1"),
        ("offset_seconds = 1", "offset_seconds = 23", ".offset_seconds: is beyond 22"),
        ("offset_seconds = 1", "#", ": has no offset_seconds"),
        ("window = \"snapshot\"", "window = \"snapshat\"", ".window: none of "),
        ("method = \"GET\"", "method = \"PUT\"", "method: none of "),
        ("kind = \"headers\"", "kind = \"header\"", ".auth: fits 0 of 6"),
        ("kind = \"secret\"", "kind = \"secret\"\ndefault = \"x\"", "is what it must not be"),
        ("kind = \"cursor\"", "kind = \"number\"", ".request[0].paging: fits 0 of 4"),
        (
            "[request.answer]",
            "names = { rows = 'a', entity_id = 'b', entity_name = 'c' }\n\
          [request.answer]",
            ".request[0]: fits 2 of 2",
        ),
        ("rows = ", "metric_list = 'x'\nrows = ", ".request[0].answer: has no metric_name"),
    ];
    for (from, to, said) in wrong {
        let text = page::example().replacen(from, to, 1);
        assert_ne!(text, page::example(), "{from}");
        let fault = fault(&text).unwrap_or_else(|| panic!("{from} -> {to} is accepted"));
        assert!(fault.contains(said), "{to}: {fault}");
        assert!(andon::platform::Definition::parse("f", &text).is_err(), "{to} is not wrong");
    }
}

#[test]
fn the_schema_knows_the_keys_of_the_parser_and_no_others() {
    let mut keys = BTreeSet::new();
    each_schema(&schema(), &mut |schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        keys.extend(properties.into_iter().flat_map(Map::keys).cloned());
    });
    // Of a body, in which anything may stand.
    keys.extend(["each".to_owned(), "element".to_owned()]);
    assert_eq!(keys, page::parser_keys());
}

#[test]
fn the_schema_knows_every_metric() {
    let mut metrics: Vec<&str> = Metric::all().map(Metric::name).collect();
    metrics.extend(Metric::all().map(Metric::short));
    assert_eq!(schema()["$defs"]["metric"]["enum"], serde_json::json!(metrics));
}

/// Every word that a key of the schema takes, but for the metrics.
pub(crate) fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    each_schema(&schema(), &mut |schema| {
        let listed = schema.get("enum").and_then(Value::as_array);
        let listed = listed.into_iter().flatten().chain(schema.get("const"));
        words.extend(listed.map(|word| word.as_str().unwrap().to_owned()));
    });
    for metric in Metric::all() {
        words.remove(metric.name());
        words.remove(metric.short());
    }
    words
}

/// Visits every object of the schema; one that is no schema has none of the words looked for.
fn each_schema(value: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|value| each_schema(value, visit));
        }
        Value::Array(list) => list.iter().for_each(|value| each_schema(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
