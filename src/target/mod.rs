//! OTHER PEOPLE'S INCIDENT SYSTEMS: a notice -> their request; their reply -> ours.
//!
//! A new kind of target is one more file beside these and one more arm in each match below.
//!
//! # Promises
//! - `every_request_carries_its_idempotency_key`: so that a retry is told from a second notice.
//! - `a_missing_secret_is_named_and_never_guessed`: nothing is sent without it.
//!
//! # Not here
//! No retry schedule, no outbox, no sending: `dispatch` decides when, the edge does it.

mod builtin;
mod cut;
mod delivery;
mod facts;
mod grammar;
mod pagerduty;
mod slack;
mod texts;
mod webhook;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

pub use self::delivery::Delivery;
pub use self::texts::{Texts, check_template};
use crate::limits::{PAGERDUTY_GAP, SLACK_GAP, TELL_DEADLINE};
use crate::model::config::{TargetConfig, TargetKind, TextOrSecret};
use crate::model::http::{self, Reply, Request};
use crate::model::notice::Notice;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::time::{Now, Span};

/// Why no request can be made for a notice. Waiting does not help: somebody has to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetFault {
    /// What a reference stands for could not be read.
    SecretMissing(SecretRef),
    /// It could be read, but is not what the target needs.
    SecretUnusable {
        /// Which secret.
        reference: SecretRef,
        /// What is wrong with it, without showing it.
        why: &'static str,
    },
    /// This kind of notice does not belong into this kind of target.
    Unfit(&'static str),
    /// The body could not be written as JSON: the hub's own fault.
    Body(Box<str>),
}

/// The request that tells `notice` to `target`.
///
/// A retry is the same request again, except for the time and signature of a signed webhook.
///
/// # Errors
/// Says which secret is missing or unusable, or that the target cannot take such a notice.
pub fn request(
    target: &TargetConfig,
    notice: &Notice,
    texts: &Texts,
    secrets: &Secrets,
    now: Now,
) -> Result<Request, TargetFault> {
    let (url, body, headers) = match &target.kind {
        TargetKind::PagerDuty { url, routing_key } => {
            let routing_key = secret(secrets, routing_key)?;
            (url, pagerduty::body(notice, texts, routing_key)?, Vec::new())
        }
        TargetKind::Slack { url } => (url, slack::body(notice, texts)?, Vec::new()),
        TargetKind::Webhook { url, signing_secret } => {
            let body = webhook::body(notice, texts)?;
            let why = |why| TargetFault::SecretUnusable { reference: signing_secret.clone(), why };
            let signing = webhook::Key::read(secret(secrets, signing_secret)?).map_err(why)?;
            let headers = signing.headers(&notice.idempotency_key, now.utc, &body);
            (url, body, Vec::from(headers))
        }
    };
    let mut request = Request::post_json(address(secrets, url)?, body, TELL_DEADLINE)
        .with_header("idempotency-key", &notice.idempotency_key);
    for (name, value) in headers {
        request = request.with_header(name, &value);
    }
    Ok(request)
}

/// Scheme and host of a target: as much of its address as can be shown.
#[must_use]
pub fn origin<'a>(kind: &'a TargetKind, secrets: &'a Secrets) -> Option<&'a str> {
    let (TargetKind::PagerDuty { url, .. }
    | TargetKind::Slack { url }
    | TargetKind::Webhook { url, .. }) = kind;
    address(secrets, url).ok().map(http::origin)
}

/// What a target's answer means for the notice.
#[must_use]
pub fn classify(kind: &TargetKind, reply: &Reply) -> Delivery {
    match kind {
        TargetKind::PagerDuty { .. } => pagerduty::classify(reply),
        TargetKind::Slack { .. } => slack::classify(reply),
        TargetKind::Webhook { .. } => webhook::classify(reply),
    }
}

/// The least time between the starts of two requests to one target.
#[must_use]
pub const fn min_gap(kind: &TargetKind) -> Span {
    match kind {
        TargetKind::PagerDuty { .. } => PAGERDUTY_GAP,
        TargetKind::Slack { .. } => SLACK_GAP,
        TargetKind::Webhook { .. } => Span::ZERO,
    }
}

/// Whether a further notice about an alert changes what the first one opened, instead of being one
/// message more.
#[must_use]
pub const fn is_updated_in_place(kind: &TargetKind) -> bool {
    match kind {
        TargetKind::PagerDuty { .. } | TargetKind::Webhook { .. } => true,
        TargetKind::Slack { .. } => false,
    }
}

fn secret<'a>(secrets: &'a Secrets, reference: &SecretRef) -> Result<&'a Secret, TargetFault> {
    let secret =
        secrets.get(reference).ok_or_else(|| TargetFault::SecretMissing(reference.clone()))?;
    if secret.expose().is_empty() {
        let why = "it is empty";
        return Err(TargetFault::SecretUnusable { reference: reference.clone(), why });
    }
    Ok(secret)
}

/// The address to send to. One in a secret has been seen by no config check.
fn address<'a>(secrets: &'a Secrets, url: &'a TextOrSecret) -> Result<&'a str, TargetFault> {
    match url {
        TextOrSecret::Text(url) => Ok(url),
        TextOrSecret::Secret(reference) => {
            let url = secret(secrets, reference)?.expose();
            if !url.starts_with("https://") && !url.starts_with("http://") {
                let why = "it has to be the whole address, from https:// on";
                return Err(TargetFault::SecretUnusable { reference: reference.clone(), why });
            }
            Ok(url)
        }
    }
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, TargetFault> {
    serde_json::to_vec(body).map_err(|fault| TargetFault::Body(fault.to_string().into()))
}

impl fmt::Display for TargetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretMissing(reference) => {
                let mend = match reference {
                    SecretRef::Credential(name) => {
                        format!("Give the unit a LoadCredential={name}:PATH line and restart it.")
                    }
                    SecretRef::File(_) => "Put it there, readable for the hub.".into(),
                    SecretRef::Vault { .. } => "The log says what the vault answered.".into(),
                };
                write!(f, "{reference} could not be read. {mend}")
            }
            Self::SecretUnusable { reference, why } => {
                write!(f, "{reference} cannot be used: {why}.")
            }
            Self::Unfit(why) => write!(f, "this target cannot take the notice: {why}"),
            Self::Body(why) => write!(f, "the notice could not be written as JSON: {why}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! The notice of guide 2's example, and the clock it is told at.

    use alloc::string::String;

    use super::*;
    use crate::model::business::Business;
    use crate::model::metric::Metric;
    use crate::model::name::TargetName;
    use crate::model::notice::{AlertFacts, Reason, Subject};
    use crate::model::time::{ClockTrust, Stamp, Tick, UtcMs};

    /// The alert of the example, with its context.
    pub(crate) fn facts(reason: Reason) -> AlertFacts {
        let mut facts = facts::sample(reason).unwrap();
        for (metric, value) in [("longest_wait", 135.0), ("agents_available", 4.0)] {
            facts.context.push((Metric::find(metric).unwrap(), value)).unwrap();
        }
        let url = "https://api.example/ui/queues/8f3a?a=1&b=2";
        facts.monitoring_url = Some(url.into());
        facts
    }

    pub(crate) fn business_of_tier_2() -> Business {
        Business {
            impact: Some("sla_violation_risk".into()),
            unit: Some("Retail".into()),
            owner: Some("Beth".into()),
            runbook: Some("https://wiki.example/tier-2".into()),
        }
    }

    pub(crate) const NOW: Now =
        Now { tick: Tick(5_000), utc: UtcMs(1_715_783_545_000), trust: ClockTrust::Ntp };

    pub(crate) fn notice(reason: Reason) -> Notice {
        let subject = match reason {
            Reason::Digest => Subject::Digest(Vec::from([facts(reason), facts(Reason::Recovered)])),
            Reason::FirstBreach
            | Reason::Repeat
            | Reason::Escalation
            | Reason::Recovered
            | Reason::Updated
            | Reason::Reopened
            | Reason::Unstable
            | Reason::Settled => Subject::Alert(Box::new(facts(reason))),
        };
        Notice {
            number: 7,
            target: TargetName::new("ops").unwrap(),
            idempotency_key: "00112233445566778899aabbccddeeff".into(),
            reason,
            subject,
            made: Stamp { tick: Tick(0), utc: UtcMs(1_715_783_540_000) },
        }
    }

    /// JSON that was broken into lines to be readable.
    pub(crate) fn joined(lines: &str) -> String {
        lines.lines().map(str::trim_start).collect()
    }

    pub(crate) fn text(body: Result<Vec<u8>, TargetFault>) -> String {
        String::from_utf8(body.unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{NOW, notice};
    use super::*;
    use crate::model::config::Templates;
    use crate::model::name::TargetName;
    use crate::model::notice::Reason;

    fn credential(name: &str) -> SecretRef {
        SecretRef::Credential(name.into())
    }

    fn targets() -> [TargetConfig; 3] {
        let url = || TextOrSecret::Secret(credential("url"));
        let key = || credential("key");
        [
            TargetKind::PagerDuty { url: url(), routing_key: key() },
            TargetKind::Slack { url: url() },
            TargetKind::Webhook { url: url(), signing_secret: key() },
        ]
        .map(|kind| TargetConfig { name: TargetName::new("ops").unwrap(), kind })
    }

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.put(credential("url"), Secret::new("https://hooks.example/T0/hush"));
        let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        secrets.put(credential("key"), Secret::new(key));
        secrets
    }

    #[test]
    fn every_request_carries_its_idempotency_key() {
        let texts = Texts::compile(&Templates::default()).unwrap();
        for target in targets() {
            let notice = notice(Reason::FirstBreach);
            let request = request(&target, &notice, &texts, &secrets(), NOW).unwrap();
            let key = ("idempotency-key".into(), "00112233445566778899aabbccddeeff".into());
            assert!(request.headers.contains(&key));
            assert_eq!(request.url, "https://hooks.example/T0/hush");
            assert_eq!(request.deadline, TELL_DEADLINE);
        }
    }

    #[test]
    fn a_request_and_its_faults_show_no_secret() {
        let texts = Texts::compile(&Templates::default()).unwrap();
        for target in targets() {
            let notice = notice(Reason::FirstBreach);
            let request = request(&target, &notice, &texts, &secrets(), NOW).unwrap();
            let shown = format!("{request:?} {target:?} {:?}", secrets());
            assert!(!shown.contains("hush") && !shown.contains("MfKQ"), "{shown}");
        }
    }

    #[test]
    fn a_missing_secret_is_named_and_never_guessed() {
        let texts = Texts::compile(&Templates::default()).unwrap();
        for target in targets() {
            let notice = notice(Reason::FirstBreach);
            let fault = request(&target, &notice, &texts, &Secrets::default(), NOW).unwrap_err();
            assert!(fault.to_string().contains("LoadCredential="), "{fault}");
        }
    }

    #[test]
    fn an_address_in_a_secret_has_to_be_one() {
        let texts = Texts::compile(&Templates::default()).unwrap();
        let mut secrets = secrets();
        secrets.put(credential("url"), Secret::new("hush/T0"));
        for target in targets() {
            let notice = notice(Reason::FirstBreach);
            let fault = request(&target, &notice, &texts, &secrets, NOW).unwrap_err();
            let said = fault.to_string();
            assert!(said.contains("\"url\" cannot be used") && !said.contains("hush"), "{said}");
        }
    }
}
