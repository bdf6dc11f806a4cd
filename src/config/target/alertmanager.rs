//! `kind = "alertmanager"`: a Prometheus Alertmanager, by `POST /api/v2/alerts`.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `url` | address or secret | required | its own address, or the whole one of the API |
//! | `token`, or `user` and `password` | secret | none | bearer, or basic |
//! | `client_id`, `client_secret`, `token_url`, `scope` | | none | or a token by OAuth 2.0 |
//! | `labels` | table of texts | none | labels of every alert, beside our own |
//! | `ends_after_seconds` | 300 to 2592000 | 604800 | when what it hears no more of is over |

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::{login, seconds, secret};
use crate::document::{Item, Table};
use crate::limits::{ALERTMANAGER_ENDS_AFTER, LABELS_MAX};
use crate::model::target::Alertmanager;

/// Reads what is of an Alertmanager of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Alertmanager> {
    let help = "Write url = \"https://alertmanager.example.com\".";
    let url = table.required("url", help).and_then(|item| secret::address_or_reference(&item));
    let login = login::of_target(table);
    let labels = table.optional("labels").map_or(Some(Vec::new()), |item| labels(&item));
    let ends_after = seconds(table, "ends_after_seconds", ALERTMANAGER_ENDS_AFTER, 300..=2_592_000);
    Some(Alertmanager { url: url?, login: login?, labels: labels?, ends_after })
}

fn labels(item: &Item<'_>) -> Option<Vec<(Box<str>, Box<str>)>> {
    let entries = item.table()?.rest();
    if entries.len() > LABELS_MAX {
        let help = format!("At most {LABELS_MAX} are possible.");
        return item.refuse(format!("there are {} labels", entries.len()), help);
    }
    let label = |(name, value): (&str, Item<'_>)| {
        let text = value.text()?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_fit = name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_fit {
            let help = "Write letters, digits and underscores, and no digit first.";
            return value.refuse(format!("\"{name}\" is no name of a label"), help);
        }
        if OWN_LABELS.contains(&name) {
            let help = "Choose another name.";
            return value.refuse(format!("{name} is a label that the hub gives itself"), help);
        }
        if text.is_empty() {
            return value.refuse("an empty label is none", "Give it a value, or take it out.");
        }
        Some((name.into(), text.into()))
    };
    entries.into_iter().map(label).collect::<Vec<_>>().into_iter().collect()
}

/// What the hub itself calls every alert by.
const OWN_LABELS: [&str; 8] =
    ["alertname", "severity", "priority", "entity", "source", "platform", "metric", "alert_key"];
