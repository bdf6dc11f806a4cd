//! How faults distort an answer: what they do to its rows.

use alloc::format;
use alloc::string::String;

use serde_json::{Map, Value};

use crate::demo::faults::{Fault, Faults};
use crate::model::time::UtcMs;

/// Distorts the array `name` of an answer. `principal` is left out where a fault names no field.
pub(super) fn distort(
    body: &mut Map<String, Value>,
    name: &str,
    principal: &str,
    faults: &Faults,
    utc: UtcMs,
) {
    for row in body.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
        if faults.has(&Fault::Strings, utc) {
            spell(row);
        }
        if faults.has(&Fault::Nulls, utc) {
            empty(row);
        }
        for fault in faults.active(utc) {
            let Fault::MissingMetric { metric } = fault else { continue };
            let missing = metric.as_deref().unwrap_or(principal);
            if let Some(row) = row.as_object_mut() {
                row.remove(missing);
            }
        }
        if faults.has(&Fault::CaseChanged, utc) {
            capitalize(row);
        }
    }
    for fault in faults.active(utc) {
        let Fault::Huge { mebibytes } = fault else { continue };
        body.insert("padding".into(), "x".repeat(usize::from(*mebibytes) << 20).into());
    }
}

/// Writes numbers and booleans as strings: `22`, `True`.
pub(super) fn spell(row: &mut Value) {
    for value in row.as_object_mut().into_iter().flat_map(Map::values_mut) {
        match value {
            Value::Number(number) => *value = format!("{number}").into(),
            Value::Bool(true) => *value = "True".into(),
            Value::Bool(false) => *value = "False".into(),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
}

/// Keeps what says whom the row is about, and when.
fn empty(row: &mut Value) {
    for (name, value) in row.as_object_mut().into_iter().flat_map(Map::iter_mut) {
        let lower = name.to_ascii_lowercase();
        let is_label = lower.ends_with("id") || lower.ends_with("name") || lower == "servertime";
        if !is_label {
            *value = Value::Null;
        }
    }
}

/// `skillId` becomes `SkillId`.
fn capitalize(row: &mut Value) {
    let Some(row) = row.as_object_mut() else { return };
    *row = core::mem::take(row)
        .into_iter()
        .map(|(name, value)| {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            (first.into_iter().chain(letters).collect(), value)
        })
        .collect();
}
