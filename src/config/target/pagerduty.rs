//! `kind = "pagerduty"`: an integration of PagerDuty's Events API v2.

use crate::config::secret;
use crate::config::target::webhook_secrets;
use crate::document::Table;
use crate::model::config::TextOrSecret;
use crate::model::target::PagerDuty;

/// Reads what is PagerDuty's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<PagerDuty> {
    let url = match table.optional("url") {
        Some(item) => secret::address_or_reference(&item),
        None => Some(TextOrSecret::Text(URL.into())),
    };
    let help = "Write routing_key = { credential = \"name\" }: the service's Events v2 key.";
    let routing_key = table.required("routing_key", help).and_then(|item| secret::reference(&item));
    let webhook_secrets = webhook_secrets(table);
    Some(PagerDuty { url: url?, routing_key: routing_key?, webhook_secrets: webhook_secrets? })
}

const URL: &str = "https://events.pagerduty.com/v2/enqueue";
