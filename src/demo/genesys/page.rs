//! Pages of a listing: numbers and sizes in the query, and addresses of the others in the answer.
//!
//! The addresses are relative to the host and know nothing of a gateway's prefix, as the vendor's.
//!
//! # Promises
//! - `the_pages_together_are_everything`: each once, whoever follows `nextUri`.
//! - `an_unknown_parameter_is_refused`: the vendor may be more lenient.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::demo::genesys::refusal::Refusal;
use crate::demo::http::Incoming;

/// Which page is asked for, of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    path: String,
    number: usize,
    size: usize,
    /// The other parameters of the query.
    filters: Vec<(String, String)>,
}

impl Page {
    /// Reads a query; `path` is without a gateway's prefix and `known` are the filters there are.
    pub(super) fn read(incoming: &Incoming, path: &str, known: &[&str]) -> Result<Self, Refusal> {
        let mut page = Self { path: path.into(), number: 1, size: SIZE, filters: Vec::new() };
        for (name, value) in incoming.query() {
            match name.as_str() {
                "pageNumber" => page.number = bounded(&name, &value, usize::MAX)?,
                "pageSize" => page.size = bounded(&name, &value, SIZE_MAX)?,
                other if known.contains(&other) => page.filters.push((name, value)),
                other => {
                    return Err(Refusal::bad(format!("there is no parameter \"{other}\" here")));
                }
            }
        }
        Ok(page)
    }

    /// A page whose number and size came in a body.
    pub(super) fn numbered(path: &str, number: usize, size: usize) -> Self {
        Self { path: path.into(), number: number.max(1), size: size.max(1), filters: Vec::new() }
    }

    /// The values of a filter: given more than once, or with commas.
    pub(super) fn filter(&self, name: &str) -> Vec<&str> {
        let given = self.filters.iter().filter(|(known, _)| known == name);
        given.flat_map(|(_, values)| values.split(',')).collect()
    }

    /// The part of a whole that is on this page.
    pub(super) fn of<'a, T>(&self, whole: &'a [T]) -> &'a [T] {
        let start = self.size.saturating_mul(self.number - 1).min(whole.len());
        let end = start.saturating_add(self.size).min(whole.len());
        whole.get(start..end).unwrap_or_default()
    }

    /// A page of entities, with what there is beside it.
    pub(super) fn listing(&self, entities: &[Value]) -> Value {
        let count = entities.len().div_ceil(self.size);
        let mut listing = Map::new();
        listing.insert("entities".into(), self.of(entities).into());
        listing.insert("pageSize".into(), self.size.into());
        listing.insert("pageNumber".into(), self.number.into());
        listing.insert("total".into(), entities.len().into());
        listing.insert("pageCount".into(), count.into());
        listing.insert("firstUri".into(), self.uri(1).into());
        listing.insert("selfUri".into(), self.uri(self.number).into());
        listing.insert("lastUri".into(), self.uri(count.max(1)).into());
        if self.number < count {
            listing.insert("nextUri".into(), self.uri(self.number + 1).into());
        }
        if self.number > 1 {
            listing.insert("previousUri".into(), self.uri(self.number - 1).into());
        }
        listing.into()
    }

    fn uri(&self, number: usize) -> String {
        let mut uri = format!("{}?", self.path);
        for (name, value) in &self.filters {
            uri += &format!("{name}={}&", encoded(value));
        }
        uri + &format!("pageSize={}&pageNumber={number}", self.size)
    }
}

fn bounded(name: &str, value: &str, max: usize) -> Result<usize, Refusal> {
    let number = value.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| {
        let why = format!("{name} is \"{value}\", not a number from 1 to {max}");
        Refusal::new(400, "invalid.value", why)
    })
}

fn encoded(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,*".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

/// Where nobody says; the vendor's own is not documented.
const SIZE: usize = 25;

/// What a working connector asks for.
const SIZE_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PATH: &str = "/api/v2/routing/queues";

    fn page(path: &str) -> Result<Page, Refusal> {
        Page::read(&Incoming::new("GET", path), PATH, &["name"])
    }

    #[test]
    fn the_pages_together_are_everything() {
        let all: Vec<Value> = (0..7).map(|number| json!({ "id": number })).collect();
        let mut next = Some(format!("{PATH}?name=a%20*&pageSize=3"));
        let (mut seen, mut pages) = (Vec::new(), 0);
        while let Some(path) = next {
            let listing = page(&path).unwrap().listing(&all);
            assert_eq!((&listing["total"], &listing["pageCount"]), (&json!(7), &json!(3)));
            seen.extend(listing["entities"].as_array().unwrap().iter().cloned());
            next = listing.get("nextUri").map(|uri| uri.as_str().unwrap().into());
            pages += 1;
        }
        assert_eq!((seen, pages), (all.clone(), 3));
        let second = page("/x?name=a%20*&pageSize=3&pageNumber=2").unwrap().listing(&all);
        let uri = |number| format!("{PATH}?name=a%20*&pageSize=3&pageNumber={number}");
        assert_eq!(second["previousUri"], uri(1));
        assert_eq!((&second["firstUri"], &second["lastUri"]), (&json!(uri(1)), &json!(uri(3))));
        let beyond = page("/x?pageSize=3&pageNumber=9").unwrap().listing(&all);
        assert_eq!((&beyond["entities"], beyond.get("nextUri")), (&json!([]), None));
    }

    #[test]
    fn an_unknown_parameter_is_refused() {
        assert!(page("/x?pageSize=500&pageNumber=1&name=a,b").is_ok());
        for query in ["pagesize=3", "pageSize=0", "pageSize=501", "pageNumber=x", "id=1"] {
            assert!(page(&format!("/x?{query}")).is_err(), "{query}");
        }
    }
}
