//! Where people are told: each kind of target with what it needs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::limits::{FALLBACK_AFTER, NOTICE_DEADLINE};
use crate::model::catalogue::BodyForm;
use crate::model::config::TextOrSecret;
use crate::model::http::Method;
use crate::model::login::HttpLogin;
use crate::model::mail::{MailAddress, Security};
use crate::model::name::TargetName;
use crate::model::record::Carrier;
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
}

impl TargetConfig {
    /// A target of which the file says no more than what it is.
    #[must_use]
    pub fn new(name: TargetName, kind: TargetKind) -> Self {
        Self { name, kind, patience: Patience::default(), identity: None, group: None }
    }

    /// The secrets that it refers to.
    #[must_use]
    pub fn secret_refs(&self) -> Vec<&SecretRef> {
        let of_us =
            self.identity.iter().flat_map(|identity| [&identity.certificate, &identity.key]);
        self.kind.secret_refs().into_iter().chain(of_us).collect()
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

/// PagerDuty Events API v2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// Default: `https://events.pagerduty.com/v2/enqueue`.
    pub url: TextOrSecret,
    /// The 32-character integration key.
    pub routing_key: SecretRef,
    /// The integration key before this one, as long as incidents are open under it.
    pub routing_key_previous: Option<SecretRef>,
    /// Where change events go, which page nobody. Default: beside `url`. None: nowhere.
    pub change_url: Option<TextOrSecret>,
    /// What stands in each incident, beside the numbers.
    pub images: Vec<Image>,
    /// Where incidents are read back. None: nowhere.
    pub api: Option<PagerDutyApi>,
    /// The secrets in force that its webhooks are signed with. None: it sends none.
    pub webhook_secrets: Vec<SecretRef>,
}

/// PagerDuty's REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDutyApi {
    /// Default: `https://api.pagerduty.com`.
    pub url: TextOrSecret,
    /// An API key that may read incidents.
    pub token: SecretRef,
}

/// A picture in an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where it lies; https.
    pub src: Box<str>,
    /// Where it leads.
    pub href: Option<Box<str>>,
    /// What it shows.
    pub alt: Option<Box<str>>,
}

impl PagerDuty {
    /// An integration with nothing but its address and key.
    #[must_use]
    pub const fn new(url: TextOrSecret, routing_key: SecretRef) -> Self {
        Self {
            url,
            routing_key,
            routing_key_previous: None,
            change_url: None,
            images: Vec::new(),
            api: None,
            webhook_secrets: Vec::new(),
        }
    }
}

/// An app of Slack that posts into a channel and changes what it has posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackApp {
    /// Where its methods are. Default: `https://slack.com/api`.
    pub api_url: TextOrSecret,
    /// The bot's token, `xoxb-...`, with the scope `chat:write`.
    pub token: SecretRef,
    /// The channel's id or name.
    pub channel: Box<str>,
    /// What Slack signs its words with; without it messages have no button.
    pub signing_secret: Option<SecretRef>,
    /// Whether a recovery is a reply in the thread, too.
    pub reply_recovered: bool,
}

/// A Slack incoming webhook; its whole address is the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slack {
    /// `https://hooks.slack.com/services/...`.
    pub url: TextOrSecret,
}

/// Any receiver of HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where to send.
    pub url: TextOrSecret,
    /// POST, PUT or PATCH. Default: POST.
    pub method: Method,
    /// More headers, their names in lower case.
    pub headers: Vec<(Box<str>, TextOrSecret)>,
    /// The template of the body. None: guide 1's payload.
    pub body: Option<Box<str>>,
    /// How the hub shows who it is, beside the headers and the signature.
    pub login: HttpLogin,
    /// `whsec_` and base64; signs every request by Standard Webhooks. Some, where nothing else
    /// shows who the hub is.
    pub signing_secret: Option<SecretRef>,
}

impl Webhook {
    /// What the body has to be, by the headers that the file gives: JSON, unless they say else.
    #[must_use]
    pub fn form_of(headers: &[(Box<str>, TextOrSecret)]) -> BodyForm {
        let said = headers.iter().find(|(name, _)| &**name == "content-type");
        match said.map(|(_, value)| value) {
            None => BodyForm::Json,
            Some(TextOrSecret::Text(text)) if text.contains("json") => BodyForm::Json,
            Some(TextOrSecret::Text(_) | TextOrSecret::Secret(_)) => BodyForm::Any,
        }
    }
}

/// Datadog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datadog {
    /// Where events about alerts go: v2. Default: by the site.
    pub url: TextOrSecret,
    /// What the paths of API v1 are appended to, without a slash at its end. Default: by the site.
    pub api_url: TextOrSecret,
    /// Shown as `DD-API-KEY`.
    pub api_key: SecretRef,
    /// Tags of every event and check: `team:noc`.
    pub tags: Vec<Box<str>>,
    /// The service check that says how each alert stands. None: none does.
    pub service_check: Option<Box<str>>,
}

/// A Prometheus Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// The whole address of its `/api/v2/alerts`, or its own address.
    pub url: TextOrSecret,
    /// How the hub shows who it is.
    pub login: HttpLogin,
    /// Labels of every alert.
    pub labels: Vec<(Box<str>, Box<str>)>,
    /// So long after the last notice it takes an alert for over of which it hears no more. Default:
    /// a week.
    pub ends_after: Span,
}

/// Microsoft Teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teams {
    /// The flow's whole address, which is all that proves who sends.
    pub url: TextOrSecret,
}

/// E-mail, by a server that takes submissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its name or address.
    pub server: Box<str>,
    /// Default: 587, in TLS from the first byte 465, in clear 25.
    pub port: u16,
    /// Default: STARTTLS. In clear on this box alone.
    pub security: Security,
    /// How the hub shows who it is.
    pub login: MailAccount,
    /// Who sends.
    pub from: MailAddress,
    /// Who gets it, at least one.
    pub to: Vec<MailAddress>,
}

/// How the hub shows a mail server who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailAccount {
    /// Not at all.
    None,
    /// By AUTH PLAIN or LOGIN.
    Password {
        /// Often the sender's address.
        user: Box<str>,
        /// Of the user, or of the application.
        password: SecretRef,
    },
    /// By AUTH XOAUTH2.
    Token {
        /// Often the sender's address.
        user: Box<str>,
        /// An access token, which somebody else keeps fresh.
        token: SecretRef,
    },
}

/// SMS, by Twilio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// Default: `https://api.twilio.com/2010-04-01/Accounts/AC.../Messages.json`.
    pub url: TextOrSecret,
    /// The account's SID, or that of an API key.
    pub user: Box<str>,
    /// Of the account, or of the API key.
    pub auth_token: SecretRef,
    /// Who sends.
    pub from: SmsSender,
    /// Whose phones: numbers with their country, at least one.
    pub to: Vec<Box<str>>,
    /// What no phone took for so long is not sent any more. Default: an hour.
    pub validity: Span,
}

/// Who sends an SMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsSender {
    /// A number of the account, or a name that it may send under.
    Number(Box<str>),
    /// A messaging service, which has numbers of its own.
    Service(Box<str>),
}

/// A collector of logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// Its name or address.
    pub server: Box<str>,
    /// Default: 6514, by TCP 601, by UDP 514.
    pub port: u16,
    /// Default: TLS.
    pub carrier: Carrier,
    /// RFC 5424, table 1. Default: 16, local0.
    pub facility: u8,
    /// What the box calls itself. Default: `-`, nothing.
    pub hostname: Box<str>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { give_up: NOTICE_DEADLINE, fallback: None, fallback_after: FALLBACK_AFTER }
    }
}

/// The incident table of ServiceNow, by its Table API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceNow {
    /// `https://INSTANCE.service-now.com/api/now/v2/table/incident`.
    pub url: TextOrSecret,
    /// Who writes there.
    pub access: Access,
    /// What a new incident gets beside what we know: `assignment_group`, `category`, `caller_id`.
    pub fields: Vec<(Box<str>, Box<str>)>,
    /// The numbers of its states: instances change them.
    pub states: IncidentStates,
    /// The code that a resolved incident gets. Default: `Solution provided`.
    pub close_code: Box<str>,
}

/// The numbers that an instance gives the states of its incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentStates {
    /// Of one that nobody has in hand. Default: `1`, New.
    pub open: Box<str>,
    /// Of one that somebody has in hand. Default: `2`, In Progress.
    pub acknowledged: Box<str>,
    /// Of one that we end. Default: `6`, Resolved.
    pub resolved: Box<str>,
    /// Of those that nobody takes up again. Default: `7` and `8`, Closed and Canceled.
    pub closed: Vec<Box<str>>,
}

/// Event Management of ServiceNow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceNowEvents {
    /// `https://INSTANCE.service-now.com/api/global/em/jsonv2`.
    pub url: TextOrSecret,
    /// Who writes there.
    pub access: Access,
}

/// Who asks, where that is proved by a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// A user with a password.
    Basic {
        /// Their name.
        user: Box<str>,
        /// Their password.
        password: SecretRef,
    },
    /// A token of OAuth or an API key, sent as `Bearer`.
    Bearer(SecretRef),
}

impl Access {
    /// The secret that it refers to.
    #[must_use]
    pub const fn secret_ref(&self) -> &SecretRef {
        match self {
            Self::Basic { password, .. } => password,
            Self::Bearer(token) => token,
        }
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
                kind.url.secret().into_iter().chain([kind.access.secret_ref()]).collect()
            }
            Self::ServiceNowEvents(ServiceNowEvents { url, access }) => {
                url.secret().into_iter().chain([access.secret_ref()]).collect()
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
            },
            Self::Sms(Sms { url, auth_token, .. }) => {
                url.secret().into_iter().chain([auth_token]).collect()
            }
            Self::Syslog(_) => Vec::new(),
        }
    }
}
