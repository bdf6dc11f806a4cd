//! `[[target]]`: one place where people are told.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `name` | text | required | what routes call it |
//! | `kind` | one of the names of the files beside this | required | what it is |
//! | `url` | address or secret | of pagerduty Events v2; else required | where notices go |
//! | `routing_key` | secret | required by pagerduty | the integration key |
//! | `routing_key_previous` | secret | none | the key before, while incidents are open under it |
//! | `change_url` | address or secret | beside `url` | where pagerduty takes change events |
//! | `images` | list of tables | none | `src`, `href`, `alt`: pictures in pagerduty's incidents |
//! | `api_url`, `api_token` | address, secret | none | of pagerduty: where it is read back |
//! | `webhook_secret`, `webhook_secret_previous` | secret | none | of pagerduty's to us |
//! | `user`, `password` | text, secret | of servicenow: these or `token` | who writes there |
//! | `token` | secret | of servicenow | a bearer token instead |
//! | `fields` | table of texts | none | what a new incident of servicenow gets, too |
//! | `states` | table | 1, 2, 6, 7 and 8 | the numbers of servicenow's incident states |
//! | `close_code` | text | `Solution provided` | of a resolved incident of servicenow |
//! | `signing_secret` | secret | required by webhook | `whsec_` and base64; signs each request |
//!
//! `mail`, `sms` and `syslog` have keys of their own, which their files list.
//! What all kinds have in common is in `patience`.

mod mail;
mod pagerduty;
mod patience;
mod servicenow;
mod slack;
mod sms;
mod syslog;
mod webhook;

use alloc::format;
use alloc::vec::Vec;

use crate::config::source::Source;
use crate::config::{name, refuse_twins, secret};
use crate::document::{Item, Table};
use crate::limits::TARGETS_MAX;
use crate::model::config::WEBHOOK_SECRETS;
use crate::model::name::TargetName;
use crate::model::secret::SecretRef;
use crate::model::target::{TargetConfig, TargetKind};

/// A target as far as routes refer to it, whether or not the rest of it is right.
pub(super) struct Target<'a> {
    pub(super) name: TargetName,
    pub(super) config: Option<TargetConfig>,
    item: Item<'a>,
    /// Where it says who is told in its stead, and who that is.
    fallback: Option<Item<'a>>,
    stand_in: Option<TargetName>,
}

#[derive(Clone, Copy)]
enum Kind {
    PagerDuty,
    Slack,
    Webhook,
    Mail,
    Sms,
    Syslog,
    ServiceNow,
    ServiceNowEvents,
}

/// Reads every `[[target]]` that has a name.
pub(super) fn read<'a>(root: &mut Table<'a>) -> Vec<Target<'a>> {
    let help = "Add a [[target]] table with name and kind: somebody has to hear of an alert.";
    let list = root.required("target", help).and_then(|item| item.list_of(1..=TARGETS_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    let mut targets: Vec<Target<'_>> = tables.filter_map(target).collect();
    refuse_twins(targets.iter().map(|target| (&target.item, &target.name)));
    patience::connect(&mut targets);
    targets
}

/// What comes to `/ingest/` and a name is a source's or a target's.
pub(super) fn refuse_shared_doors(targets: &[Target<'_>], sources: &[Source<'_>]) {
    for target in targets {
        let is_called = |config: &TargetConfig| !config.kind.webhook_secrets().is_empty();
        let is_its_name = |source: &Source<'_>| source.name.as_str() == target.name.as_str();
        if target.config.as_ref().is_some_and(is_called) && sources.iter().any(is_its_name) {
            let message = format!("a source takes what comes to /ingest/{}", target.name);
            target.item.refuse::<()>(message, "Give one of the two another name.");
        }
    }
}

fn target(mut table: Table<'_>) -> Option<Target<'_>> {
    let item = table.required("name", "Write name = \"pagerduty\", or what routes call it.");
    let name = item.as_ref().and_then(|item| name(item, TargetName::new));
    let kind = table
        .required(
            "kind",
            "Write kind = \"pagerduty\", \"slack\", \"servicenow\" or what else it is.",
        )
        .and_then(|item| item.one_of("a kind of target", KINDS));
    let (patience, fallback) = patience::read(&mut table);
    let kind = kind.and_then(|kind| {
        let kind = match kind {
            Kind::PagerDuty => pagerduty::read(&mut table).map(TargetKind::PagerDuty),
            Kind::Slack => slack::read(&mut table).map(TargetKind::Slack),
            Kind::ServiceNow => {
                servicenow::incidents(&mut table).map(|kind| TargetKind::ServiceNow(kind.into()))
            }
            Kind::ServiceNowEvents => {
                servicenow::events(&mut table).map(TargetKind::ServiceNowEvents)
            }
            Kind::Webhook => webhook::read(&mut table).map(TargetKind::Webhook),
            Kind::Mail => mail::read(&mut table).map(TargetKind::Mail),
            Kind::Sms => sms::read(&mut table).map(TargetKind::Sms),
            Kind::Syslog => syslog::read(&mut table).map(TargetKind::Syslog),
        };
        table.finish();
        kind
    });
    let (item, name) = (item?, name?);
    let config = kind.map(|kind| TargetConfig { name: name.clone(), kind, patience });
    Some(Target { name, config, item, fallback, stand_in: None })
}

/// The secrets in force of what a target's own system sends us; nothing where one is no secret.
fn webhook_secrets(table: &mut Table<'_>) -> Option<Vec<SecretRef>> {
    let mut secrets = Vec::new();
    for key in WEBHOOK_SECRETS {
        if let Some(item) = table.optional(key) {
            secrets.push(secret::reference(&item)?);
        }
    }
    Some(secrets)
}

const KINDS: &[(&str, Kind)] = &[
    ("pagerduty", Kind::PagerDuty),
    ("slack", Kind::Slack),
    ("webhook", Kind::Webhook),
    ("mail", Kind::Mail),
    ("sms", Kind::Sms),
    ("syslog", Kind::Syslog),
    ("servicenow", Kind::ServiceNow),
    ("servicenow-events", Kind::ServiceNowEvents),
];
