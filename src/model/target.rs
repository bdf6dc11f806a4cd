//! Where people are told: each kind of target with what it needs.

use alloc::vec::Vec;

use crate::model::config::TextOrSecret;
use crate::model::name::TargetName;
use crate::model::secret::SecretRef;

/// One place where people are told.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetConfig {
    /// What the file calls it.
    pub name: TargetName,
    /// What it is and how it is reached.
    pub kind: TargetKind,
}

/// The kinds of target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetKind {
    /// PagerDuty Events API v2.
    PagerDuty(PagerDuty),
    /// Slack, by an incoming webhook.
    Slack(Slack),
    /// Any receiver that verifies Standard Webhooks.
    Webhook(Webhook),
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

impl TargetKind {
    /// The secrets that it refers to.
    #[must_use]
    pub fn secret_refs(&self) -> Vec<&SecretRef> {
        match self {
            Self::PagerDuty(PagerDuty { url, routing_key, webhook_secrets }) => {
                url.secret().into_iter().chain([routing_key]).chain(webhook_secrets).collect()
            }
            Self::Slack(Slack { url }) => url.secret().into_iter().collect(),
            Self::Webhook(Webhook { url, signing_secret }) => {
                url.secret().into_iter().chain([signing_secret]).collect()
            }
        }
    }
}
