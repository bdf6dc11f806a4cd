//! Where people are told: each kind of target with what it needs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::config::TextOrSecret;
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
    /// Which alerts that begin soon after one another it is told of together, if any.
    pub group: Option<Grouping>,
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
    /// Any receiver that verifies Standard Webhooks.
    Webhook(Webhook),
    /// E-mail, by a server that takes submissions.
    Mail(Mail),
    /// SMS, by Twilio.
    Sms(Sms),
    /// A collector of logs.
    Syslog(Syslog),
}

/// PagerDuty Events API v2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// Default: `https://events.pagerduty.com/v2/enqueue`.
    pub url: TextOrSecret,
    /// The 32-character integration key.
    pub routing_key: SecretRef,
    /// The secrets in force that its webhooks are signed with. None: it sends none.
    pub webhook_secrets: Vec<SecretRef>,
}

impl PagerDuty {
    /// An integration with nothing but its address and key.
    #[must_use]
    pub const fn new(url: TextOrSecret, routing_key: SecretRef) -> Self {
        Self { url, routing_key, webhook_secrets: Vec::new() }
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

/// Any receiver that verifies Standard Webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where to POST.
    pub url: TextOrSecret,
    /// `whsec_` and base64; signs every request.
    pub signing_secret: SecretRef,
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

impl TargetKind {
    /// The secrets that it refers to.
    #[must_use]
    pub fn secret_refs(&self) -> Vec<&SecretRef> {
        match self {
            Self::PagerDuty(PagerDuty { url, routing_key, webhook_secrets }) => {
                url.secret().into_iter().chain([routing_key]).chain(webhook_secrets).collect()
            }
            Self::Slack(Slack { url }) => url.secret().into_iter().collect(),
            Self::SlackApp(SlackApp { api_url, token, signing_secret, .. }) => {
                api_url.secret().into_iter().chain([token]).chain(signing_secret).collect()
            }
            Self::Webhook(Webhook { url, signing_secret }) => {
                url.secret().into_iter().chain([signing_secret]).collect()
            }
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
