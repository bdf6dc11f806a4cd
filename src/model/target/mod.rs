//! Where people are told: each kind of target with what it needs.

mod incident;
mod message;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use incident::{
    Alertmanager, Datadog, Image, IncidentStates, PagerDuty, PagerDutyApi, ServiceNow,
    ServiceNowEvents,
};
pub use message::{Mail, MailAccount, Slack, SlackApp, Sms, SmsSender, Syslog, Teams, Webhook};

use crate::limits::{FALLBACK_AFTER, NOTICE_DEADLINE};
use crate::model::config::{Templates, TextOrSecret};
use crate::model::login::OAuthClient;
use crate::model::name::TargetName;
use crate::model::network::NetworkConfig;
use crate::model::secret::SecretRef;
use crate::model::time::Span;

/// One place where people are told.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetConfig {
    /// What the file calls it.
    pub name: TargetName,
    /// What it is and how it is reached.
    pub kind: TargetKind,
    /// How long it is waited for, and who is told instead.
    pub patience: Patience,
    /// `client_certificate` and `client_key`: who we are to a server that asks for one.
    pub identity: Option<ClientCertificate>,
    /// Which alerts that begin soon after one another it is told of together, if any.
    pub group: Option<Grouping>,
    /// `templates`: its own texts in the place of the file's, each of which may be left out.
    pub templates: Templates,
    /// How it is reached, where that is its own: `[network]` with what stands here in its place.
    pub network: Option<Box<NetworkConfig>>,
}

impl TargetConfig {
    /// A target of which the file says no more than what it is.
    #[must_use]
    pub fn new(name: TargetName, kind: TargetKind) -> Self {
        let (patience, templates) = (Patience::default(), Templates::default());
        Self { name, kind, patience, identity: None, group: None, templates, network: None }
    }

    /// The secrets that it refers to.
    #[must_use]
    pub fn secret_refs(&self) -> Vec<&SecretRef> {
        let of_us =
            self.identity.iter().flat_map(|identity| [&identity.certificate, &identity.key]);
        let of_proxy = self.network.iter().filter_map(|network| network.credentials.as_ref());
        self.kind.secret_refs().into_iter().chain(of_us).chain(of_proxy).collect()
    }
}

/// How long a target is waited for, and who is told in its stead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// `give_up_seconds`: what it has not taken for so long is a dead letter. Default: a day.
    pub give_up: Span,
    /// `fallback`: who is told of an open alert that it does not take.
    pub fallback: Option<TargetName>,
    /// `fallback_after_seconds`: after so long. Default: 300 s.
    pub fallback_after: Span,
}

/// A client certificate by reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM: the certificate, then those that lead to its root.
    pub certificate: SecretRef,
    /// PEM: its private key.
    pub key: SecretRef,
}

/// Which new alerts are told together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// What they have in common. Empty: all are one group.
    pub by: Vec<GroupBy>,
    /// How long after the first of them, or the last message, the others are collected.
    pub every: Span,
}

/// What alerts of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// The tenant.
    Source,
    /// The platform.
    Platform,
    /// What is in trouble.
    Metric,
    /// The platform's identifier of the entity.
    Entity,
    /// How urgent it is.
    Priority,
    /// What it means to the business.
    Impact,
    /// The business unit.
    Unit,
    /// A label of the entity's row of context.
    Label(Box<str>),
}

/// The kinds of target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetKind {
    /// PagerDuty Events API v2.
    PagerDuty(PagerDuty),
    /// Slack, by an incoming webhook.
    Slack(Slack),
    /// Slack, by an app.
    SlackApp(SlackApp),
    /// Any receiver of HTTP.
    Webhook(Webhook),
    /// Datadog's events, and its service checks.
    Datadog(Datadog),
    /// A Prometheus Alertmanager, by its API v2.
    Alertmanager(Alertmanager),
    /// Microsoft Teams, by a flow of Workflows.
    Teams(Teams),
    /// E-mail, by a server that takes submissions.
    Mail(Mail),
    /// SMS, by Twilio.
    Sms(Sms),
    /// A collector of logs.
    Syslog(Syslog),
    /// The incident table of ServiceNow.
    ServiceNow(Box<ServiceNow>),
    /// Event Management of ServiceNow.
    ServiceNowEvents(ServiceNowEvents),
}

impl Default for Patience {
    fn default() -> Self {
        Self { give_up: NOTICE_DEADLINE, fallback: None, fallback_after: FALLBACK_AFTER }
    }
}

impl TargetKind {
    /// The secrets in force of what its own system sends us; none where it sends nothing.
    #[must_use]
    pub fn webhook_secrets(&self) -> &[SecretRef] {
        match self {
            Self::PagerDuty(kind) => &kind.webhook_secrets,
            Self::SlackApp(kind) => kind.signing_secret.as_slice(),
            Self::Slack(_)
            | Self::Webhook(_)
            | Self::Datadog(_)
            | Self::Alertmanager(_)
            | Self::Teams(_)
            | Self::Mail(_)
            | Self::Sms(_)
            | Self::Syslog(_)
            | Self::ServiceNow(_)
            | Self::ServiceNowEvents(_) => &[],
        }
    }

    /// The client of OAuth 2.0 whose token it wants; nothing where it wants none.
    #[must_use]
    pub const fn client(&self) -> Option<&OAuthClient> {
        match self {
            Self::Webhook(kind) => kind.login.client(),
            Self::Alertmanager(kind) => kind.login.client(),
            Self::ServiceNow(kind) => kind.login.client(),
            Self::ServiceNowEvents(kind) => kind.login.client(),
            Self::Mail(Mail { login: MailAccount::Client { client, .. }, .. }) => Some(client),
            Self::PagerDuty(_)
            | Self::Slack(_)
            | Self::SlackApp(_)
            | Self::Datadog(_)
            | Self::Teams(_)
            | Self::Mail(_)
            | Self::Sms(_)
            | Self::Syslog(_) => None,
        }
    }

    /// The secrets that it refers to.
    #[must_use]
    pub fn secret_refs(&self) -> Vec<&SecretRef> {
        match self {
            Self::PagerDuty(kind) => {
                let api = kind.api.as_ref();
                let urls = [Some(&kind.url), kind.change_url.as_ref(), api.map(|api| &api.url)];
                let urls = urls.into_iter().flatten().filter_map(TextOrSecret::secret);
                let keys = [Some(&kind.routing_key), kind.routing_key_previous.as_ref()];
                let keys = keys.into_iter().chain([api.map(|api| &api.token)]).flatten();
                urls.chain(keys).chain(&kind.webhook_secrets).collect()
            }
            Self::ServiceNow(kind) => {
                kind.url.secret().into_iter().chain(kind.login.secret()).collect()
            }
            Self::ServiceNowEvents(ServiceNowEvents { url, alerts_url, login }) => {
                let urls = [Some(url), alerts_url.as_ref()].into_iter().flatten();
                urls.filter_map(TextOrSecret::secret).chain(login.secret()).collect()
            }
            Self::Slack(Slack { url }) => url.secret().into_iter().collect(),
            Self::Webhook(Webhook { url, headers, login, signing_secret, .. }) => {
                let of_headers = headers.iter().filter_map(|(_, value)| value.secret());
                let of_us = login.secret().into_iter().chain(signing_secret);
                url.secret().into_iter().chain(of_headers).chain(of_us).collect()
            }
            Self::SlackApp(SlackApp { api_url, token, signing_secret, .. }) => {
                api_url.secret().into_iter().chain([token]).chain(signing_secret).collect()
            }
            Self::Datadog(Datadog { url, api_url, api_key, .. }) => {
                url.secret().into_iter().chain(api_url.secret()).chain([api_key]).collect()
            }
            Self::Alertmanager(Alertmanager { url, login, .. }) => {
                url.secret().into_iter().chain(login.secret()).collect()
            }
            Self::Teams(Teams { url }) => url.secret().into_iter().collect(),
            Self::Mail(Mail { login, .. }) => match login {
                MailAccount::None => Vec::new(),
                MailAccount::Password { password: secret, .. }
                | MailAccount::Token { token: secret, .. } => Vec::from([secret]),
                MailAccount::Client { client, .. } => Vec::from([&client.secret]),
            },
            Self::Sms(Sms { url, auth_token, .. }) => {
                url.secret().into_iter().chain([auth_token]).collect()
            }
            Self::Syslog(_) => Vec::new(),
        }
    }
}
