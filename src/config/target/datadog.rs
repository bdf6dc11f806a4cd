//! `kind = "datadog"`: events of Datadog, and a service check for each alert.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `api_key` | secret | required | shown as `DD-API-KEY` |
//! | `site` | text | `datadoghq.com` | where the organization lives |
//! | `url` | address or secret | by the site | where events of v2 go, the whole address |
//! | `api_url` | address or secret | by the site | `https://api.SITE`, for what goes to v1 |
//! | `tags` | list of texts | none | of every event and check: `["team:noc"]` |
//! | `service_check` | text | none | the check that says how each alert stands: `andon.alert` |

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::secret;
use crate::document::{Item, Table};
use crate::limits::{DATADOG_CHECK_CHARS_MAX, DATADOG_OWN_TAGS_MAX, DATADOG_TAG_CHARS_MAX};
use crate::model::config::TextOrSecret;
use crate::model::target::Datadog;

/// Reads what is Datadog's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Datadog> {
    let help = "Write api_key = { credential = \"name\" }: an API key of the organization.";
    let api_key = table.required("api_key", help).and_then(|item| secret::reference(&item));
    let site = match table.optional("site") {
        Some(item) => site(&item),
        None => Some(SITE),
    };
    let mut address = |key, default: fn(&str) -> String| match table.optional(key) {
        Some(item) => secret::address_or_reference(&item),
        None => site.map(|site| TextOrSecret::Text(default(site).into())),
    };
    let url =
        address("url", |site| format!("https://event-management-intake.{site}/api/v2/events"));
    let api_url = address("api_url", |site| format!("https://api.{site}"));
    let tags = match table.optional("tags") {
        Some(item) => {
            let list = item.list_of(0..=DATADOG_OWN_TAGS_MAX);
            list.and_then(|list| list.iter().map(tag).collect::<Vec<_>>().into_iter().collect())
        }
        None => Some(Vec::new()),
    };
    let service_check = table.optional("service_check").map(|item| check(&item));
    let service_check = service_check.map_or(Some(None), |check| check.map(Some));
    Some(Datadog {
        url: url?,
        api_url: api_url?,
        api_key: api_key?,
        tags: tags?,
        service_check: service_check?,
    })
}

fn site<'a>(item: &Item<'a>) -> Option<&'a str> {
    let text = item.text()?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    if text.contains('.') && text.chars().all(is_plain) && !text.starts_with('.') {
        return Some(text);
    }
    let help = "Write what the address of your Datadog ends with: \"datadoghq.eu\", \
                \"us5.datadoghq.com\".";
    item.refuse(format!("\"{text}\" is no site of Datadog"), help)
}

fn tag(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    let is_fit = text.starts_with(char::is_alphabetic)
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',')
        && text.chars().count() <= DATADOG_TAG_CHARS_MAX;
    if is_fit {
        return Some(text.into());
    }
    let help = format!(
        "Write \"team:noc\": a letter first, no blanks, at most {DATADOG_TAG_CHARS_MAX} characters."
    );
    item.refuse(format!("\"{text}\" is no tag"), help)
}

fn check(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_fit = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_plain)
        && text.len() <= DATADOG_CHECK_CHARS_MAX;
    if is_fit {
        return Some(text.into());
    }
    item.refuse(format!("\"{text}\" is no name of a check"), "Write \"andon.alert\".")
}

const SITE: &str = "datadoghq.com";
