//! Reads a `[[request]]` table: what is asked.
//!
//! # Not here
//! Where our words stand in the answer: `file_answer`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::document::{Item, Table, Value};
use crate::model::http::Method;
use crate::platform::file::{Names, header_name, near_help, one_of, template};
use crate::platform::template::Template;
use crate::platform::{DataRequest, Json, file_answer};

/// Reads one request.
pub(super) fn request(mut table: Table<'_>, names: &Names<'_>) -> Option<DataRequest> {
    let name = table.required_text("name", "Write a name for log lines.");
    let method = table.required("method", "Write method = \"GET\" or \"POST\".");
    let methods = [("GET", Method::Get), ("POST", Method::Post)];
    let method = method.and_then(|item| one_of(&item, &methods));
    let texts = [names.texts.as_slice(), &["interval_seconds"]].concat();
    let url = table.required("url", "Write the address.");
    let url = url.and_then(|item| template(&item, &texts));
    let headers = table.optional("headers").and_then(|item| item.table());
    let headers = headers.map(|table| headers_of(table, &texts)).unwrap_or_default();
    let omit = table.optional("omit_when_empty");
    let body = table.optional("body").and_then(|item| item.table());
    let lists = [names.lists.as_slice(), &["metrics"]].concat();
    let body = body.map(|table| object(table, &texts, &lists));
    let omit_when_empty = omit.and_then(|item| omissions(&item, body.as_deref(), names));
    let answer = table.required("answer", "Write a [request.answer] table.");
    let answer = answer.and_then(|item| item.table()).and_then(file_answer::answer);
    table.finish();
    Some(DataRequest {
        name: name?.into(),
        method: method?,
        url: url?,
        headers,
        body,
        omit_when_empty: omit_when_empty.unwrap_or_default(),
        answer: answer?,
    })
}

fn headers_of(mut table: Table<'_>, texts: &[&str]) -> Vec<(Box<str>, Template)> {
    let allowed = [texts, &["token"]].concat();
    let header = |(name, item): (&str, Item<'_>)| {
        let value = template(&item, &allowed);
        Some((header_name(&item, name)?, value?))
    };
    table.rest().into_iter().filter_map(header).collect()
}

/// Pairs of a key of the body and the list parameter without which it goes.
fn omissions(
    item: &Item<'_>,
    body: Option<&[(Box<str>, Json)]>,
    names: &Names<'_>,
) -> Option<Vec<(Box<str>, Box<str>)>> {
    let keys = || body.unwrap_or_default().iter().map(|(key, _)| &**key);
    let omission = |(key, item): (&str, Item<'_>)| {
        let list = names.list(&item);
        if keys().any(|known| known == key) {
            return Some((key.into(), list?));
        }
        item.refuse(format!("the body has no key {key}"), near_help(key, keys()))
    };
    Some(item.table()?.rest().into_iter().filter_map(omission).collect())
}

fn object(mut table: Table<'_>, texts: &[&str], lists: &[&str]) -> Vec<(Box<str>, Json)> {
    let entry = |(key, item): (&str, Item<'_>)| Some((key.into(), json(&item, texts, lists)?));
    table.rest().into_iter().filter_map(entry).collect()
}

/// A text that is exactly one placeholder may be a list; within a text only texts can stand.
fn json(item: &Item<'_>, texts: &[&str], lists: &[&str]) -> Option<Json> {
    match item.value() {
        Value::Text(text) => {
            let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let whole = name.is_some_and(|name| lists.contains(&name));
            template(item, if whole { lists } else { texts }).map(Json::Text)
        }
        Value::List(_) => {
            let list = item.list()?;
            Some(Json::List(list.iter().filter_map(|item| json(item, texts, lists)).collect()))
        }
        Value::Table(_) => item.table().map(|table| Json::Object(object(table, texts, lists))),
        Value::Integer(number) => Some(Json::Literal(number.to_string().into())),
        Value::Bool(flag) => Some(Json::Literal(flag.to_string().into())),
        Value::Null => Some(Json::Literal("null".into())),
        Value::Float(_) => item
            .number()
            .map(|number| Json::Literal(serde_json::Value::from(number).to_string().into())),
    }
}
