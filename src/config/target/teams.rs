//! `kind = "teams"`: a channel or chat of Microsoft Teams, by a flow of Workflows ("When a Teams
//! webhook request is received").
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `url` | address or secret | required | the flow's whole address; its `sig` is the secret |

use crate::config::secret;
use crate::document::Table;
use crate::model::target::Teams;

/// Reads what is of Teams of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Teams> {
    let help = "Write url = { credential = \"name\" }: the whole address that the flow shows.";
    let url = table.required("url", help).and_then(|item| secret::address_or_reference(&item));
    Some(Teams { url: url? })
}
