//! `kind = "webhook"`: any receiver that verifies Standard Webhooks.

use crate::config::secret;
use crate::document::Table;
use crate::model::target::Webhook;

/// Reads what is a webhook's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Webhook> {
    let help = "Write url = \"https://...\": where notices are sent to.";
    let url = table.required("url", help).and_then(|item| secret::address_or_reference(&item));
    let help = "Write signing_secret = { credential = \"name\" }: whsec_ and base64.";
    let signing_secret =
        table.required("signing_secret", help).and_then(|item| secret::reference(&item));
    Some(Webhook { url: url?, signing_secret: signing_secret? })
}
