//! `[dead_man]`: where the hub shows that it lives, so that somebody else notices its death.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `url` | address or secret | required | what is asked, such as a check of healthchecks.io |
//! | `every_seconds` | 10 to 86400 | 60 | how often |
//! | `method` | `GET`, `POST` | `GET` | how |

use crate::config::{seconds, secret};
use crate::document::Table;
use crate::model::config::DeadMan;
use crate::model::http::Method;
use crate::model::time::Span;

/// Reads `[dead_man]`. None, where there is no such table: then nobody watches the hub.
pub(super) fn read(root: &mut Table<'_>) -> Option<DeadMan> {
    let mut table = root.optional("dead_man")?.table()?;
    let help = "Write the address that the watching service gives you.";
    let url = table.required("url", help).and_then(|item| secret::address_or_reference(&item));
    let every = seconds(&mut table, "every_seconds", Span::secs(60), 10..=86_400);
    let methods = [("GET", Method::Get), ("POST", Method::Post)];
    let method = table.optional("method").map(|item| item.one_of("a method", &methods));
    table.finish();
    Some(DeadMan { url: url?, every, method: method.unwrap_or(Some(Method::Get))? })
}
