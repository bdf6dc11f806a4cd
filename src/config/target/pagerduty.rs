//! `kind = "pagerduty"`: an integration of PagerDuty's Events API v2.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::target::webhook_secrets;
use crate::config::{address, secret};
use crate::document::{Item, Table};
use crate::limits::PAGERDUTY_IMAGES_MAX;
use crate::model::config::TextOrSecret;
use crate::model::target::{Image, PagerDuty, PagerDutyApi};

/// Reads what is PagerDuty's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<PagerDuty> {
    let url = match table.optional("url") {
        Some(item) => secret::address_or_reference(&item),
        None => Some(TextOrSecret::Text(URL.into())),
    };
    let help = "Write routing_key = { credential = \"name\" }: the service's Events v2 key.";
    let routing_key = table.required("routing_key", help).and_then(|item| secret::reference(&item));
    let previous = table.optional("routing_key_previous").map(|item| secret::reference(&item));
    let change_url = match table.optional("change_url") {
        Some(item) => secret::address_or_reference(&item).map(Some),
        None => Some(url.as_ref().and_then(beside)),
    };
    let images = table.optional("images").map(|item| images(&item));
    let api = api(table);
    let webhook_secrets = webhook_secrets(table);
    Some(PagerDuty {
        url: url?,
        routing_key: routing_key?,
        routing_key_previous: previous.map_or(Some(None), |previous| previous.map(Some))?,
        change_url: change_url?,
        images: images.unwrap_or_else(|| Some(Vec::new()))?,
        api: api?,
        webhook_secrets: webhook_secrets?,
    })
}

/// The address of change events beside that of events.
fn beside(url: &TextOrSecret) -> Option<TextOrSecret> {
    let TextOrSecret::Text(url) = url else { return None };
    let host = url.strip_suffix(ENQUEUE)?;
    Some(TextOrSecret::Text(format!("{host}/v2/change/enqueue").into()))
}

/// Where incidents are read back; the inner nothing where they are not.
#[expect(clippy::option_option, reason = "the outer nothing is a problem in the file")]
fn api(table: &mut Table<'_>) -> Option<Option<PagerDutyApi>> {
    let (url, token) = (table.optional("api_url"), table.optional("api_token"));
    let Some(token) = token else {
        let help = "Write api_token = { credential = \"name\" } beside it, or leave it out.";
        return match url {
            Some(url) => url.refuse("nothing says with which token incidents are read", help),
            None => Some(None),
        };
    };
    let url = match url {
        Some(item) => secret::address_or_reference(&item),
        None => Some(TextOrSecret::Text(API.into())),
    };
    let token = secret::reference(&token);
    Some(Some(PagerDutyApi { url: url?, token: token? }))
}

fn images(item: &Item<'_>) -> Option<Vec<Image>> {
    let list = item.list_of(1..=PAGERDUTY_IMAGES_MAX)?;
    let images: Vec<_> = list.iter().map(|item| item.table().and_then(image)).collect();
    images.into_iter().collect()
}

fn image(mut table: Table<'_>) -> Option<Image> {
    let help = "Write src = \"https://...\", where the picture lies.";
    let src = table.required("src", help).and_then(|item| shown(&item));
    let href = table.optional("href").map(|item| shown(&item));
    let alt = table.optional_text("alt").map(Into::into);
    table.finish();
    Some(Image { src: src?, href: href.map_or(Some(None), |href| href.map(Some))?, alt })
}

/// An address that PagerDuty shows: it takes none but https.
fn shown(item: &Item<'_>) -> Option<Box<str>> {
    let url = address::read(item)?;
    if !url.starts_with("https://") {
        return item.refuse("PagerDuty shows https alone", "Begin the address with https://.");
    }
    Some(url)
}

const URL: &str = "https://events.pagerduty.com/v2/enqueue";
const ENQUEUE: &str = "/v2/enqueue";
const API: &str = "https://api.pagerduty.com";
