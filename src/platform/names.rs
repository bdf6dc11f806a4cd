//! Reads the names of entities, and which there are: platforms answer with identifiers alone.
//!
//! # Promises
//! - `names_are_read_and_the_rest_is_left`: no more of a row is kept than the two.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jmespath::Variable;

use crate::limits::{ENTITIES_PER_SOURCE_MAX, ENTITY_NAME_CHARS_MAX};
use crate::model::http::Reply;
use crate::model::name::EntityId;
use crate::platform::answer::NO_CONTENT;
use crate::platform::path::{Path, kind_of, parse_body};
use crate::platform::{Definition, Purpose, VendorFault};

/// Where in an answer the entities and their names are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NameMap {
    pub(super) rows: Path,
    pub(super) entity_id: Path,
    pub(super) entity_name: Path,
    /// The list parameter that the entities stand in for where it is left empty.
    pub(super) fills: Option<Box<str>>,
}

/// An entity and its name for people.
pub type Named = (EntityId, Box<str>);

/// What the answers to a request are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives<'a> {
    /// Readings of metrics.
    Readings,
    /// Names; and the list parameter that they stand in for where it is left empty.
    Names(Option<&'a str>),
}

impl Definition {
    /// What the answers to request number `index` are.
    #[must_use]
    pub fn gives(&self, index: u8) -> Gives<'_> {
        match self.request(index).map(|request| &request.purpose) {
            Ok(Purpose::Names(map)) => Gives::Names(map.fills.as_deref()),
            Ok(Purpose::Readings(_)) | Err(_) => Gives::Readings,
        }
    }

    /// Whether a look-up finds what is in a list.
    #[must_use]
    pub fn looks_up(&self, list: &str) -> bool {
        (0..self.requests()).any(|index| self.gives(index) == Gives::Names(Some(list)))
    }

    /// Reads one page of names. Rows without an identifier are left out.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_names(&self, index: u8, reply: &Reply) -> Result<Vec<Named>, VendorFault> {
        if !(200..300).contains(&reply.status) {
            return Err(self.refusal(reply));
        }
        let Ok(Purpose::Names(map)) = self.request(index).map(|request| &request.purpose) else {
            return Ok(Vec::new());
        };
        if reply.status == NO_CONTENT {
            return Ok(Vec::new());
        }
        let body = parse_body(&reply.body)?;
        let rows = map.rows.find(&body);
        let Some(rows) = rows.as_array() else {
            let found = kind_of(&rows);
            return Err(VendorFault::NoRows { path: map.rows.text().into(), found });
        };
        let named = rows.iter().filter_map(|row| {
            let name = map.entity_name.find(row);
            let id = id_of(&map.entity_id.find(row))?;
            // One without a name is watched all the same.
            let name = name_of(&name).unwrap_or_else(|| id.as_str().into());
            Some((id, name))
        });
        Ok(named.take(ENTITIES_PER_SOURCE_MAX).collect())
    }
}

/// An identifier is a text or a number.
pub(super) fn id_of(value: &Variable) -> Option<EntityId> {
    match value.as_string() {
        Some(text) => EntityId::new(text).ok(),
        None if value.is_number() => EntityId::new(&value.to_string()).ok(),
        None => None,
    }
}

/// A name is kept as far as anybody shows it, and one character more: that it is too long.
pub(super) fn name_of(value: &Variable) -> Option<Box<str>> {
    let text = value.as_string().filter(|text| !text.is_empty())?;
    Some(text.chars().take(ENTITY_NAME_CHARS_MAX + 1).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;
    use crate::platform::fixtures::naming;

    fn read(reply: &Reply) -> Result<Vec<Named>, VendorFault> {
        naming("method = \"GET\"\nurl = \"{base_url}\"").read_names(0, reply)
    }

    fn names(body: &str) -> Vec<(Box<str>, Box<str>)> {
        let named = read(&Reply::new(200, "application/json", body)).unwrap();
        named.into_iter().map(|(id, name)| (id.as_str().into(), name)).collect()
    }

    #[test]
    fn names_are_read_and_the_rest_is_left() {
        let rows = r#"{"rows":[{"id":"q1","name":"Tier 2","members":[1,2]},{"id":7,"name":"Sieben"},
            {"id":null,"name":"null"},{"id":{},"name":"object"},{"name":"none"},
            {"id":"","name":"empty"},{"id":"a\nb","name":"line"},"row",
            {"id":"q2"},{"id":"q3","name":""},{"id":"q4","name":5}]}"#;
        let wanted = [("q1", "Tier 2"), ("7", "Sieben"), ("q2", "q2"), ("q3", "q3"), ("q4", "q4")];
        assert_eq!(names(rows), wanted.map(|(id, name)| (id.into(), name.into())));
        let long = "\u{e9}".repeat(1 << 20);
        let named = names(&format!(r#"{{"rows":[{{"id":"q1","name":"{long}"}}]}}"#));
        assert_eq!(named[0].1.chars().count(), ENTITY_NAME_CHARS_MAX + 1);
        let many: Vec<String> =
            (0..=ENTITIES_PER_SOURCE_MAX).map(|n| format!(r#"{{"id":{n}}}"#)).collect();
        let named = names(&format!(r#"{{"rows":[{}]}}"#, many.join(",")));
        assert_eq!(named.len(), ENTITIES_PER_SOURCE_MAX);
    }

    #[test]
    fn an_answer_without_rows_is_told_from_one_of_the_wrong_shape() {
        assert_eq!(read(&Reply::empty(204)), Ok(vec![]));
        assert_eq!(names(r#"{"rows":[]}"#), []);
        let fault = read(&Reply::new(200, "application/json", "{}")).unwrap_err();
        assert_eq!(fault, VendorFault::NoRows { path: "rows".into(), found: "nothing" });
        assert!(matches!(read(&Reply::empty(200)), Err(VendorFault::NotJson(_))));
        let refused = read(&Reply::new(403, "text/plain", "no\nscope")).unwrap_err();
        assert_eq!(refused, VendorFault::Refused { status: 403, excerpt: "noscope".into() });
    }
}
