//! `kind = "slack"`: an incoming webhook of Slack.

use crate::config::secret;
use crate::document::Table;
use crate::model::target::Slack;

/// Reads what is Slack's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Slack> {
    let help = "Write url = { credential = \"name\" }: the incoming webhook's address.";
    let url = table.required("url", help).and_then(|item| secret::address_or_reference(&item));
    Some(Slack { url: url? })
}
