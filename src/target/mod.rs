//! OTHER PEOPLE'S INCIDENT SYSTEMS: a notice -> their request; their reply -> ours.
//!
//! A new kind of target is one more file beside these, which implements `Speak`, and one more arm
//! in `speaker`.
//!
//! # Promises
//! - `every_request_carries_its_idempotency_key`: so that a retry is told from a second notice.
//! - `a_missing_secret_is_named_and_never_guessed`: nothing is sent without it.
//!
//! # Not here
//! No retry schedule, no outbox, no sending: `dispatch` decides when, the edge does it.

mod alertmanager;
mod builtin;
mod callback;
mod cut;
mod datadog;
mod delivery;
mod facts;
mod fault;
mod grammar;
mod gsm;
mod mail;
mod manner;
mod mime;
mod pagerduty;
mod reading;
mod roll;
#[cfg(test)]
pub(crate) mod samples;
mod servicenow;
mod slack;
mod sms;
mod syslog;
mod teams;
#[cfg(test)]
mod tests;
mod texts;
mod token;
mod trial;
mod webhook;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use serde::Serialize;

pub use self::callback::{Callback, Said, Sealed};
pub use self::delivery::Delivery;
pub use self::fault::TargetFault;
pub use self::manner::{Digests, Hands, Manner, Updates, Words};
pub use self::reading::{Moves, Reading, Reads, Theirs, moves, place, read, reads, seen};
pub use self::texts::{Texts, check_template};
pub use self::token::{Granted, NoToken, TokenWord, granted, log_in, token_word};
pub use self::trial::trial;
pub use self::webhook::check_body;
use crate::model::config::TextOrSecret;
use crate::model::http::{self, Identity, LinkFault, Reply, Request};
use crate::model::login::HttpLogin;
use crate::model::notice::Notice;
use crate::model::outgoing::Outgoing;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::target::{ClientCertificate, TargetConfig, TargetKind};
use crate::model::thread::Thread;
use crate::model::time::{Now, Span, UtcMs};

/// A notice on its way to its target, with all that its request is made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// What is told.
    pub notice: &'a Notice,
    /// In whose words.
    pub texts: &'a Texts,
    /// What proves who tells it.
    pub secrets: &'a Secrets,
    /// Both clocks.
    pub now: Now,
    /// What the target calls the alert, where it has been told of it.
    pub thread: Option<&'a Thread>,
    /// How far the exchange about the notice has come.
    pub stage: &'a Stage,
}

/// How far an exchange of several requests about one notice has come. A restart begins it anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was asked.
    #[default]
    First,
    /// What the answers have said so far, in the target's own words.
    Then(Box<str>),
}

/// What each kind of target knows of its system.
trait Speak {
    fn manner(&self) -> Manner;

    /// Whether it is told what is about no single alert.
    fn words(&self) -> Words {
        Words::Taken
    }

    /// The address of its system, where it is one of HTTP.
    fn address(&self) -> Option<&TextOrSecret>;

    /// The request that the exchange about a notice needs next.
    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault>;

    /// What the answer to it means.
    fn hear(&self, notice: &Notice, stage: &Stage, reply: &Reply) -> Delivery;

    /// The same where it depends on what the target calls the alert.
    fn hear_in(&self, _: Option<&Thread>, notice: &Notice, at: &Stage, reply: &Reply) -> Delivery {
        self.hear(notice, at, reply)
    }

    /// What it means that there is none.
    fn miss(&self, stage: &Stage, fault: &LinkFault) -> Delivery {
        let _ = stage;
        Delivery::Later { after: None, why: format!("{fault}").into() }
    }

    /// By what its own deliveries to us are believed; nothing where it sends none.
    fn sealed(&self) -> Option<Sealed<'_>> {
        None
    }

    /// What a genuine one says; nothing where it cannot be read.
    fn callback(&self, body: &[u8]) -> Option<Vec<Callback>> {
        let _ = body;
        None
    }

    /// Where an exchange goes on that failed at a stage and is tried again.
    fn resumes(&self, stage: &Stage) -> Stage {
        stage.clone()
    }
}

fn speaker(kind: &TargetKind) -> &dyn Speak {
    match kind {
        TargetKind::PagerDuty(kind) => kind,
        TargetKind::Slack(kind) => kind,
        TargetKind::SlackApp(kind) => kind,
        TargetKind::Webhook(kind) => kind,
        TargetKind::Datadog(kind) => kind,
        TargetKind::Alertmanager(kind) => kind,
        TargetKind::Teams(kind) => kind,
        TargetKind::Mail(kind) => kind,
        TargetKind::Sms(kind) => kind,
        TargetKind::Syslog(kind) => kind,
        TargetKind::ServiceNow(kind) => &**kind,
        TargetKind::ServiceNowEvents(kind) => kind,
    }
}

/// The request that the telling of a notice needs next.
///
/// A retry is the same request again, except for the time and signature of a signed webhook, until
/// when an Alertmanager is to believe it, and that it is told late.
///
/// # Errors
/// Says which secret is missing or unusable, or that the target cannot take such a notice.
pub fn request(target: &TargetConfig, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
    let mut outgoing = speaker(&target.kind).ask(letter)?;
    match &mut outgoing {
        Outgoing::Http(request) => {
            let key = ("idempotency-key".into(), letter.notice.idempotency_key.clone());
            request.headers.push(key);
            request.identity = identity(target, letter.secrets)?;
        }
        // Each has the key in what it carries.
        Outgoing::Mail(_) | Outgoing::Syslog(_) => {}
    }
    if target.network.is_some() {
        outgoing.goes_by(&target.name);
    }
    Ok(outgoing)
}

/// Who we are to a server that asks for a certificate.
fn identity(
    target: &TargetConfig,
    secrets: &Secrets,
) -> Result<Option<Box<Identity>>, TargetFault> {
    let Some(ClientCertificate { certificate, key }) = &target.identity else { return Ok(None) };
    let certificate = secret(secrets, certificate)?.clone();
    let key = secret(secrets, key)?.clone();
    Ok(Some(Box::new(Identity { certificate, key })))
}

/// What the outcome of a request means for its notice; `thread` is what the target was asked about.
#[must_use]
pub fn classify(
    kind: &TargetKind,
    thread: Option<&Thread>,
    notice: &Notice,
    stage: &Stage,
    outcome: &Result<Reply, LinkFault>,
) -> Delivery {
    match outcome {
        // A portal on the way may do it for a while; whoever it leads to gets no secret of ours.
        Ok(reply) if (300..=399).contains(&reply.status) => Delivery::redirected(reply),
        Ok(reply) => speaker(kind).hear_in(thread, notice, stage, reply),
        Err(fault) => speaker(kind).miss(stage, fault),
    }
}

/// By what a target's own deliveries to us are believed; nothing where it sends none.
#[must_use]
pub fn sealed(kind: &TargetKind) -> Option<Sealed<'_>> {
    speaker(kind).sealed()
}

/// What people said in the target's own system, by a genuine delivery; nothing where it cannot be
/// read.
#[must_use]
pub fn callback(kind: &TargetKind, body: &[u8]) -> Option<Vec<Callback>> {
    speaker(kind).callback(body)
}

/// Where an exchange goes on that failed at a stage and is tried again.
#[must_use]
pub fn resumes(kind: &TargetKind, stage: &Stage) -> Stage {
    speaker(kind).resumes(stage)
}

/// How a kind of target is told.
#[must_use]
pub fn manner(kind: &TargetKind) -> Manner {
    speaker(kind).manner()
}

/// Whether a kind of target is told what is about no single alert.
#[must_use]
pub fn words(kind: &TargetKind) -> Words {
    speaker(kind).words()
}

/// Scheme and host of a target: as much of its address as can be shown. Nothing where it is not
/// reached by HTTP.
#[must_use]
pub fn origin<'a>(kind: &'a TargetKind, secrets: &'a Secrets) -> Option<&'a str> {
    address(secrets, speaker(kind).address()?).ok().map(http::origin)
}

/// When a notice was made, by what the clock says today: it may have waited while the box did not
/// know the time.
fn made(notice: &Notice, now: Now) -> UtcMs {
    now.utc + Span((notice.made.tick - now.tick).0.min(0))
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

/// A request with the header that shows who we are, where one does.
fn signed(request: Request, login: &HttpLogin, secrets: &Secrets) -> Result<Request, TargetFault> {
    let shown = login.authorization(secrets);
    let shown = shown.map_err(|reference| TargetFault::SecretMissing(reference.clone()))?;
    Ok(match shown {
        Some(value) => request.with_header("authorization", &value),
        None => request,
    })
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, TargetFault> {
    serde_json::to_vec(body).map_err(|fault| TargetFault::Body(fault.to_string().into()))
}
