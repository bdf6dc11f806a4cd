//! Reads a `[[request]]` table: what is asked.
//!
//! # Not here
//! Where our words stand in the answer: `file_answer`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::document::{Item, Table, Value};
use crate::model::time::Span;
use crate::platform::file::{
    Names, Usual, WINDOWS, address, interval_seconds, near_help, offset_seconds, one_of, path,
    template,
};
use crate::platform::file_auth::{self, headers_of};
use crate::platform::names::NameMap;
use crate::platform::page::Paging;
use crate::platform::template::Hole;
use crate::platform::{DataRequest, Json, Purpose, Since, Window, file_answer};

/// Reads one request.
pub(super) fn request(
    mut table: Table<'_>,
    names: &Names<'_>,
    usual: &Usual,
) -> Option<DataRequest> {
    let name = table.required_text("name", "Write a name for log lines.");
    let interval = table.optional("interval_seconds").and_then(|item| interval_seconds(&item));
    let fallback = table.optional("fallback_interval_seconds");
    let fallback = fallback.and_then(|item| interval_seconds(&item));
    let offset = table.optional("offset_seconds").and_then(|item| offset_seconds(&item));
    let optional = table.optional("optional").and_then(|item| item.flag());
    let (window, window_length) = window_of(&mut table, usual);
    let method = table.required("method", "Write method = \"GET\" or \"POST\".");
    let method = method.and_then(|item| file_auth::method(&item));
    let batch = table.optional("batch").and_then(|item| item.table());
    let batch = batch.and_then(|table| batch_of(table, names));
    let paging = table.optional("paging").and_then(|item| item.table());
    let paging = paging.map(|table| paging_of(table));
    let since = table.optional("since").and_then(|item| item.table());
    let since = since.map(since_of);
    if window == Window::Interval && since.is_some() {
        let help = "Write window = \"snapshot\": what was counted is not carried over.";
        table.item().refuse::<()>("asks an interval for changes", help);
    }
    let own = ["interval_seconds", "window_start", "window_end", "page", "since"];
    let texts = [names.texts.as_slice(), &own].concat();
    let url = table.required("url", "Write the address.");
    let in_url = [texts.as_slice(), names.lists.as_slice()].concat();
    let url = url.and_then(|item| address(&item, &in_url, names));
    let headers = table.optional("headers").and_then(|item| item.table());
    let in_headers = [texts.as_slice(), &["token"]].concat();
    let headers = headers.map(|table| headers_of(table, &in_headers)).unwrap_or_default();
    let omit = table.optional("omit_when_empty");
    let body = table.optional("body").and_then(|item| item.table());
    let lists = [names.lists.as_slice(), &["metrics"]].concat();
    let body = body.map(|table| object(table, &texts, &lists));
    let omit_when_empty = omit.and_then(|item| omissions(&item, body.as_deref(), names));
    let purpose = purpose(&mut table, names);
    let holds = |hole: &Hole| {
        let in_body = body.iter().flatten().any(|(_, json)| json.has(hole));
        in_body || url.as_ref().is_some_and(|url| url.has(hole))
    };
    if let (Some(paging), Some(_)) = (paging.as_ref().unwrap_or(&Some(Paging::None)), &url) {
        turns_pages(&table, paging, holds(&Hole::Page));
    }
    table.finish();
    let names_window = holds(&Hole::WindowStart);
    Some(DataRequest {
        name: name?.into(),
        interval: interval.unwrap_or(usual.interval),
        fallback,
        offset: offset.unwrap_or(usual.offset),
        optional: optional.unwrap_or_default(),
        window,
        names_window,
        window_length,
        batch,
        paging: paging.unwrap_or(Some(Paging::None))?,
        since: since.map_or(Some(None), |since| since.map(Some))?,
        method: method?,
        url: url?,
        headers,
        body,
        omit_when_empty: omit_when_empty.unwrap_or_default(),
        purpose: purpose?,
    })
}

/// What an answer is about, and how long that is where it is not the bucket.
fn window_of(table: &mut Table<'_>, usual: &Usual) -> (Window, Option<Span>) {
    let window = table.optional("window").and_then(|item| one_of(&item, &WINDOWS));
    let window = window.unwrap_or(usual.window);
    let window_length = table.optional("window_seconds");
    if window == Window::Rolling && window_length.is_none() {
        let help = "Write window_seconds = 1800.";
        table.item().refuse::<()>("a rolling window has no length", help);
    }
    let window_length = window_length.and_then(|item| match window {
        Window::Rolling => interval_seconds(&item),
        Window::Interval | Window::Snapshot => {
            item.refuse("belongs to window = \"rolling\"", "Take it out.")
        }
    });
    (window, window_length)
}

/// A page has to be asked for by what the paging gives, or the first would come again and again.
pub(super) fn turns_pages(table: &Table<'_>, paging: &Paging, has_page: bool) {
    let gives_page = match paging {
        Paging::Number { .. } | Paging::Offset { .. } | Paging::Cursor { .. } => true,
        Paging::None | Paging::Address { .. } => false,
    };
    if gives_page && !has_page {
        let help = "Write ?page={page} into url, or into the body.";
        table.item().refuse::<()>("has pages, and asks for none by {page}", help);
    }
    if has_page && !gives_page {
        let help = "Write paging = { kind = \"number\", pages = \"pageCount\" }.";
        table.item().refuse::<()>("asks for a {page}, which its paging does not give", help);
    }
}

/// Either what the answer's readings are or where its names are.
fn purpose(table: &mut Table<'_>, names: &Names<'_>) -> Option<Purpose> {
    let map = table.optional("names").and_then(|item| item.table());
    if let Some(map) = map {
        return names_of(map, names).map(Box::new).map(Purpose::Names);
    }
    let answer = table.required("answer", "Write a [request.answer] table.");
    answer
        .and_then(|item| item.table())
        .and_then(file_answer::answer)
        .map(Box::new)
        .map(Purpose::Readings)
}

fn names_of(mut table: Table<'_>, names: &Names<'_>) -> Option<NameMap> {
    let rows = table.required("rows", "Write where the list of rows is.");
    let rows = rows.and_then(|item| path(&item));
    let entity_id = table.required("entity_id", "Write where a row has its entity's id.");
    let entity_id = entity_id.and_then(|item| path(&item));
    let entity_name = table.required("entity_name", "Write where a row has the name.");
    let entity_name = entity_name.and_then(|item| path(&item));
    let fills = table.optional("fills").map(|item| names.list(&item));
    table.finish();
    Some(NameMap {
        rows: rows?,
        entity_id: entity_id?,
        entity_name: entity_name?,
        fills: fills.map_or(Some(None), |fills| fills.map(Some))?,
    })
}

fn batch_of(mut table: Table<'_>, names: &Names<'_>) -> Option<(Box<str>, usize)> {
    let list = table.required("list", "Write list = \"queues\".");
    let list = list.and_then(|item| names.list(&item));
    let size = table.required("size", "Write size = 100.");
    let size = size.and_then(|item| item.integer_in(1..=1_000));
    table.finish();
    Some((list?, usize::try_from(size?).ok()?))
}

#[derive(Clone, Copy)]
enum PagingKind {
    Number,
    Offset,
    Cursor,
    Address,
}

const PAGINGS: [(&str, PagingKind); 4] = [
    ("number", PagingKind::Number),
    ("offset", PagingKind::Offset),
    ("cursor", PagingKind::Cursor),
    ("address", PagingKind::Address),
];

pub(super) fn paging_of(mut table: Table<'_>) -> Option<Paging> {
    let kind = table.required("kind", "Write kind = \"number\".");
    let kind = kind.and_then(|item| one_of(&item, &PAGINGS));
    let mut at = |key, help| table.required(key, help).and_then(|item| path(&item));
    let paging = match kind? {
        PagingKind::Number => {
            at("pages", "Write pages = \"pageCount\".").map(|pages| Paging::Number { pages })
        }
        PagingKind::Offset => {
            let total = at("total", "Write total = \"totalRecords\".");
            let size = table.required("size", "Write size = 1000, as the request asks for.");
            let size = size.and_then(|item| item.integer_in(1..=100_000));
            let size = size.and_then(|size| u64::try_from(size).ok());
            total.zip(size).map(|(total, size)| Paging::Offset { size, total })
        }
        PagingKind::Cursor => {
            at("next", "Write next = \"cursors.after\".").map(|next| Paging::Cursor { next })
        }
        PagingKind::Address => {
            at("next", "Write next = \"nextUri\".").map(|next| Paging::Address { next })
        }
    };
    table.finish();
    paging
}

fn since_of(mut table: Table<'_>) -> Option<Since> {
    let first = table.required_text("first", "Write first = \"1970-01-01T00:00:00.000Z\".");
    let next = table.required("next", "Write next = \"lastPollTime\".");
    let next = next.and_then(|item| path(&item));
    table.finish();
    Some(Since { first: first?.into(), next: next? })
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

/// A JSON object in which the given placeholders may stand.
pub(super) fn object(
    mut table: Table<'_>,
    texts: &[&str],
    lists: &[&str],
) -> Vec<(Box<str>, Json)> {
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
        Value::Table(_) => {
            let mut table = item.table()?;
            match table.optional("each") {
                Some(each) => repeated(table, &each, texts, lists),
                None => Some(Json::Object(object(table, texts, lists))),
            }
        }
        Value::Integer(number) => Some(Json::Literal(number.to_string().into())),
        Value::Bool(flag) => Some(Json::Literal(flag.to_string().into())),
        Value::Null => Some(Json::Literal("null".into())),
        Value::Float(_) => item
            .number()
            .map(|number| Json::Literal(serde_json::Value::from(number).to_string().into())),
    }
}

/// `{ each = "{queues}", element = ... }`: one element for each of the list.
fn repeated(mut table: Table<'_>, each: &Item<'_>, texts: &[&str], lists: &[&str]) -> Option<Json> {
    let list = template(each, lists)?;
    let element = table.required("element", "Write element = { id = \"{each}\" }.");
    let texts = [texts, &["each"]].concat();
    let element = element.and_then(|item| json(&item, &texts, lists));
    table.finish();
    match list.sole_hole() {
        Some(hole) => Some(Json::Each(hole.clone(), Box::new(element?))),
        None => each.refuse("names no list", "Write each = \"{queues}\"."),
    }
}
