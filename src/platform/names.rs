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

    /// Reads one page of names. Rows without an identifier are left out.
    ///
    /// # Errors
    /// A refusal, or what about the answer is not as the definition says.
    pub fn read_names(&self, index: u8, reply: &Reply) -> Result<Vec<Named>, VendorFault> {
        if !(200..300).contains(&reply.status) {
            let excerpt = reply.excerpt().into();
            return Err(VendorFault::Refused { status: reply.status, excerpt });
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
