//! How faults distort what is answered with 200.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;

use serde_json::{Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::http::json_reply;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// What is done to the rows of an answer: `results`, `entities`, or a bare array.
#[derive(Debug)]
pub(super) struct Distortion {
    strings: bool,
    nulls: bool,
    left_out: Option<String>,
    padding_mebibytes: Option<u8>,
    not_json: bool,
    capitals: bool,
    paging_loop: bool,
}

impl Distortion {
    /// The distortion of a moment. `first` is left out where a fault does not say what.
    pub(super) fn of(faults: &Faults, first: &str, utc: UtcMs) -> Self {
        let left_out = faults.active(utc).find_map(|fault| {
            let Fault::MissingMetric { metric } = fault else { return None };
            Some(metric.as_deref().unwrap_or(first).into())
        });
        let padding_mebibytes = faults.active(utc).find_map(|fault| {
            let Fault::Huge { mebibytes } = fault else { return None };
            Some(*mebibytes)
        });
        Self {
            strings: faults.has(&Fault::Strings, utc),
            nulls: faults.has(&Fault::Nulls, utc),
            left_out,
            padding_mebibytes,
            not_json: faults.has(&Fault::NotJson, utc),
            capitals: faults.has(&Fault::CaseChanged, utc),
            paging_loop: faults.has(&Fault::PagingLoop, utc),
        }
    }

    /// The reply, with all that is wrong with it.
    pub(super) fn reply(&self, mut answer: Value) -> Reply {
        if self.not_json {
            let page = "<html><body>We will be back soon</body></html>";
            return Reply::new(200, "text/html", page);
        }
        if let Some(rows) = rows(&mut answer) {
            rows.iter_mut().for_each(|row| self.distort(row));
        }
        if let (true, Some(page)) = (self.paging_loop, answer.as_object_mut())
            && let Some(own) = page.get("selfUri").cloned()
        {
            page.insert("nextUri".into(), own);
        }
        if let Some(mebibytes) = self.padding_mebibytes {
            let padding = json!({ "padding": "x".repeat(usize::from(mebibytes) << 20) });
            match &mut answer {
                Value::Array(rows) => rows.push(padding),
                Value::Object(fields) => {
                    fields.insert("padding".into(), padding);
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        json_reply(200, &answer)
    }

    fn distort(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| self.left_out.as_ref() != Some(name));
                fields.values_mut().for_each(|value| self.distort(value));
                if self.capitals {
                    *fields = mem::take(fields).into_iter().map(capitalized).collect();
                }
            }
            Value::Array(items) => {
                let named = |item: &Value| {
                    item.get("metric")
                        .and_then(Value::as_str)
                        .is_some_and(|metric| self.left_out.as_deref() == Some(metric))
                };
                items.retain(|item| !named(item));
                items.iter_mut().for_each(|item| self.distort(item));
            }
            Value::Number(_) | Value::Bool(_) => {
                if self.nulls {
                    *value = Value::Null;
                } else if self.strings {
                    *value = Value::String(value.to_string());
                }
            }
            Value::Null | Value::String(_) => {}
        }
    }
}

/// `queueId` becomes `QueueId`.
fn capitalized((name, value): (String, Value)) -> (String, Value) {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    (first.into_iter().chain(letters).collect(), value)
}

fn rows(answer: &mut Value) -> Option<&mut Vec<Value>> {
    match answer {
        Value::Array(rows) => Some(rows),
        Value::Object(fields) => {
            let name = if fields.contains_key("results") { "results" } else { "entities" };
            fields.get_mut(name).and_then(Value::as_array_mut)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
