//! Reads a `[[request]]` table: what is asked, and where our words stand in the answer.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::document::{Item, Table, Value};
use crate::model::http::Method;
use crate::model::metric::{Metric, MetricFault};
use crate::model::time::Span;
use crate::platform::file::{
    Names, header_name, interval_seconds, near_help, offset_seconds, one_of, path, template,
};
use crate::platform::path::Path;
use crate::platform::template::Template;
use crate::platform::{AnswerMap, DataRequest, Json, MetricPlaces};

/// Reads one request; `pace` is the definition's own interval and offset, which it may change.
pub(super) fn request(
    mut table: Table<'_>,
    names: &Names<'_>,
    pace: (Span, Span),
) -> Option<DataRequest> {
    let name = table.required_text("name", "Write a name for log lines.");
    let interval = table.optional("interval_seconds").and_then(|item| interval_seconds(&item));
    let offset = table.optional("offset_seconds").and_then(|item| offset_seconds(&item));
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
    let answer = answer.and_then(|item| item.table()).and_then(answer_of);
    table.finish();
    Some(DataRequest {
        name: name?.into(),
        interval: interval.unwrap_or(pace.0),
        offset: offset.unwrap_or(pace.1),
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

fn answer_of(mut table: Table<'_>) -> Option<AnswerMap> {
    let rows = table.required("rows", "Write where the list of rows is.");
    let rows = rows.and_then(|item| path(&item));
    let entity_id = table.required("entity_id", "Write where a row has its entity's id.");
    let entity_id = entity_id.and_then(|item| path(&item));
    let entity_name = table.optional("entity_name").and_then(|item| path(&item));
    let bucket_start = table.optional("bucket_start").and_then(|item| path(&item));
    let time = table.optional("time").and_then(|item| path(&item));
    let list = table.optional("metric_list").and_then(|item| path(&item));
    let name_key = table.optional_text("metric_name");
    let value_key = table.optional_text("metric_value");
    let listed = list.is_some() || name_key.is_some() || value_key.is_some();
    let keys = match (list, name_key, value_key) {
        (Some(list), Some(name), Some(value)) => Some((list, name, value)),
        (None, None, None) => None,
        _ => table.item().refuse(
            "metric_list, metric_name and metric_value belong together",
            "Write all three, or none and a path for each metric.",
        ),
    };
    let (metrics, places) = metrics_of(&mut table, keys, listed)?;
    table.finish();
    let (rows, entity_id) = (rows?, entity_id?);
    Some(AnswerMap { rows, entity_id, entity_name, bucket_start, time, metrics, places })
}

type ListKeys<'a> = (Path, &'a str, &'a str);

fn metrics_of(
    table: &mut Table<'_>,
    keys: Option<ListKeys<'_>>,
    listed: bool,
) -> Option<(Box<[Metric]>, MetricPlaces)> {
    let item = table.required("metrics", "Write metrics = [{ metric = \"...\", name = \"...\" }].");
    let key = if listed { "name" } else { "path" };
    let mut metrics = Vec::new();
    let mut names = Vec::new();
    let mut paths = Vec::new();
    for element in item?.list()? {
        let Some(mut table) = element.table() else { continue };
        let metric = table.required("metric", "Write our name of the metric.");
        let metric = metric.and_then(|item| metric_of(&item, &metrics));
        let place = table.required(key, "Write where the platform has it.");
        table.finish();
        let (Some(metric), Some(place)) = (metric, place) else { continue };
        if listed {
            names.extend(place.text().map(Box::from));
        } else {
            paths.extend(path(&place));
        }
        metrics.push(metric);
    }
    let places = match keys {
        Some((list, name_key, value_key)) => {
            let (name_key, value_key) = (name_key.into(), value_key.into());
            MetricPlaces::List { list, name_key, value_key, names }
        }
        None => MetricPlaces::Paths(paths),
    };
    Some((metrics.into(), places))
}

fn metric_of(item: &Item<'_>, before: &[Metric]) -> Option<Metric> {
    let text = item.text()?;
    match Metric::find(text) {
        Ok(metric) if before.contains(&metric) => {
            item.refuse(format!("{metric} stands twice"), "Keep one of the two.")
        }
        Ok(metric) => Some(metric),
        Err(MetricFault::Unknown(near)) => {
            let help = match near {
                Some(near) => format!("Did you mean {near}?"),
                None => near_help(text, Metric::all().map(Metric::name)),
            };
            item.refuse(format!("no metric is called {text}"), help)
        }
        Err(MetricFault::Ambiguous(fits)) => {
            item.refuse(format!("{text} fits several metrics"), near_help("", fits.into_iter()))
        }
    }
}
