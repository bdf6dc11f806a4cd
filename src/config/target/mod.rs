//! `[[target]]`: one place where people are told.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `name` | text | required | what routes call it |
//! | `kind` | one of the names of the files beside this | required | what it is |
//! | `url` | address or secret | of pagerduty Events v2; else required | where notices go |
//! | `client_certificate`, `client_key` | path or secret, secret | none | shown where asked for |
//! | `roots`, `roots_only` | as in `[network]` | its | whom to believe of this target's server |
//! | `proxy`, `no_proxy`, `proxy_credentials` | likewise | its | by which way to reach it |
//! | `routing_key` | secret | required by pagerduty | the integration key |
//! | `webhook_secret`, `webhook_secret_previous` | secret | none | of pagerduty's webhooks to us |
//! | `token`, `channel` | secret, text | none | of slack in the place of `url`: an app |
//! | `api_url` | address or secret | `https://slack.com/api` | where the app's methods are |
//! | `reply_recovered` | true, false | true | the app says in the thread, too, that it is over |
//! | `signing_secret` | secret | none | of a slack app: what Slack signs its buttons with |
//! | `group_seconds` | 5 to 3600 | none | new alerts of a group are collected for so long |
//! | `group_by` | list of words | `source`, `metric` | what the alerts of a group have in common |
//! | `routing_key_previous` | secret | none | the key before, while incidents are open under it |
//! | `change_url` | address or secret | beside `url` | where pagerduty takes change events |
//! | `images` | list of tables | none | `src`, `href`, `alt`: pictures in pagerduty's incidents |
//! | `api_url`, `api_token` | address, secret | none | of pagerduty: where it is read back |
//! | `user`, `password` | text, secret | of servicenow: these or `token` | who writes there |
//! | `token` | secret | of servicenow | a bearer token instead |
//! | `client_id`, `client_secret`, `token_url`, `scope` | | of servicenow | or one by OAuth 2.0 |
//! | `alerts_url` | address or secret | none | where servicenow-events' alerts are read back |
//! | `fields` | table of texts | none | what a new incident of servicenow gets, too |
//! | `templates` | table | `[templates]` | its own `summary`, `body` or both |
//! | `states` | table | 1, 2, 6, 7 and 8 | the numbers of servicenow's incident states |
//! | `close_code` | text | `Solution provided` | of a resolved incident of servicenow |
//!
//! The keys of the other kinds stand in their files here, what all have in common in `patience`.

mod alertmanager;
mod datadog;
mod group;
mod mail;
mod pagerduty;
mod patience;
mod servicenow;
mod slack;
mod sms;
mod syslog;
mod teams;
mod webhook;

use alloc::format;
use alloc::vec::Vec;

use crate::config::source::Source;
use crate::config::{name, network, refuse_twins, secret, templates};
use crate::document::{Item, Table};
use crate::limits::TARGETS_MAX;
use crate::model::catalogue::Catalogue;
use crate::model::config::WEBHOOK_SECRETS;
use crate::model::name::TargetName;
use crate::model::network::NetworkConfig;
use crate::model::secret::SecretRef;
use crate::model::target::{ClientCertificate, TargetConfig, TargetKind};

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
    Datadog,
    Alertmanager,
    Teams,
    Mail,
    Sms,
    Syslog,
    ServiceNow,
    ServiceNowEvents,
}

/// Reads every `[[target]]` that has a name.
pub(super) fn read<'a>(
    root: &mut Table<'a>,
    catalogue: &Catalogue,
    of_all: &NetworkConfig,
) -> Vec<Target<'a>> {
    let help = "Add a [[target]] table with name and kind: somebody has to hear of an alert.";
    let list = root.required("target", help).and_then(|item| item.list_of(1..=TARGETS_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    let mut targets: Vec<Target<'_>> =
        tables.filter_map(|table| target(table, catalogue, of_all)).collect();
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

fn target<'a>(
    mut table: Table<'a>,
    catalogue: &Catalogue,
    of_all: &NetworkConfig,
) -> Option<Target<'a>> {
    let item = table.required("name", "Write name = \"pagerduty\", or what routes call it.");
    let name = item.as_ref().and_then(|item| name(item, TargetName::new));
    let kind = table
        .required(
            "kind",
            "Write kind = \"pagerduty\", \"slack\", \"servicenow\" or what else it is.",
        )
        .and_then(|item| item.one_of("a kind of target", KINDS));
    let (patience, fallback) = patience::read(&mut table);
    let config = kind.and_then(|kind| {
        let kind = match kind {
            Kind::PagerDuty => pagerduty::read(&mut table).map(TargetKind::PagerDuty),
            Kind::Slack => slack::read(&mut table),
            Kind::Webhook => webhook::read(&mut table, catalogue).map(TargetKind::Webhook),
            Kind::Datadog => datadog::read(&mut table).map(TargetKind::Datadog),
            Kind::Alertmanager => alertmanager::read(&mut table).map(TargetKind::Alertmanager),
            Kind::Teams => teams::read(&mut table).map(TargetKind::Teams),
            Kind::ServiceNow => {
                servicenow::incidents(&mut table).map(|kind| TargetKind::ServiceNow(kind.into()))
            }
            Kind::ServiceNowEvents => {
                servicenow::events(&mut table).map(TargetKind::ServiceNowEvents)
            }
            Kind::Mail => mail::read(&mut table).map(TargetKind::Mail),
            Kind::Sms => sms::read(&mut table).map(TargetKind::Sms),
            Kind::Syslog => syslog::read(&mut table).map(TargetKind::Syslog),
        };
        let identity = identity(&mut table);
        let group = group::read(&mut table, kind.as_ref());
        let network = network::of_target(&mut table, of_all, kind.as_ref());
        let templates = templates::read(&mut table, catalogue);
        table.finish();
        let (name, kind, identity) = (name.clone()?, kind?, identity?);
        Some(TargetConfig { name, kind, patience, identity, group, templates, network })
    });
    let (item, name) = (item?, name?);
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

/// The client certificate. The outer nothing is a problem, the inner one that there is none.
fn identity(table: &mut Table<'_>) -> Option<Option<ClientCertificate>> {
    let (certificate, key) = (table.optional("client_certificate"), table.optional("client_key"));
    match (certificate, key) {
        (None, None) => Some(None),
        (Some(certificate), Some(key)) => {
            let certificate = secret::path_or_reference(&certificate);
            let key = secret::reference(&key);
            Some(Some(ClientCertificate { certificate: certificate?, key: key? }))
        }
        (Some(alone), None) => alone.refuse(
            "a certificate is of no use without its key",
            "Write client_key = { credential = \"name\" } beside it.",
        ),
        (None, Some(alone)) => alone.refuse(
            "a key is of no use without its certificate",
            "Write client_certificate = \"/etc/andon/client.pem\" beside it.",
        ),
    }
}

const KINDS: &[(&str, Kind)] = &[
    ("pagerduty", Kind::PagerDuty),
    ("slack", Kind::Slack),
    ("webhook", Kind::Webhook),
    ("datadog", Kind::Datadog),
    ("alertmanager", Kind::Alertmanager),
    ("teams", Kind::Teams),
    ("mail", Kind::Mail),
    ("sms", Kind::Sms),
    ("syslog", Kind::Syslog),
    ("servicenow", Kind::ServiceNow),
    ("servicenow-events", Kind::ServiceNowEvents),
];
