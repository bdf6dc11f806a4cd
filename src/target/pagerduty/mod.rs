//! PagerDuty Events API v2: one alert is one incident, found again by its `dedup_key`.
//!
//! # Promises
//! - `a_breach_triggers_and_its_end_resolves_the_same_incident`: by the alert's key.
//! - `a_digest_never_pages`: PagerDuty takes no digest; every trigger would open an incident.

mod change;
mod hook;
mod place;
mod read;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::Value;

use crate::limits::{PAGERDUTY_GAP, PAGERDUTY_RETRY_WAIT, TELL_DEADLINE};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::rule::Severity;
use crate::model::secret::Secret;
use crate::model::target::{Image, PagerDuty};
use crate::model::time::Span;
use crate::target::delivery::Delivery;
use crate::target::facts::{
    business_unit, cause, dependents, impact, link, name_with_unit, number, owner, runbook, worst,
};
use crate::target::texts::{Texts, Wording};
use crate::target::{
    Callback, Digests, Hands, Letter, Manner, Moves, Sealed, Speak, Stage, TargetFault, Updates,
    Words, address, json, secret,
};

impl Speak for PagerDuty {
    fn manner(&self) -> Manner {
        Manner {
            gap: PAGERDUTY_GAP,
            digests: Digests::Pages,
            updates: Updates::InPlace,
            hands: Hands::Keeps,
        }
    }

    fn words(&self) -> Words {
        if self.change_url.is_some() { Words::Apart } else { Words::Left }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let key = secret(letter.secrets, &self.routing_key)?;
        if let Subject::Word(word) = &letter.notice.subject {
            return change::ask(self, word, letter, key).map(Outgoing::Http);
        }
        let url = address(letter.secrets, &self.url)?;
        let old = self.key_before(letter).filter(|_| *letter.stage == Stage::First);
        let body = match (old, self.moved(letter)) {
            (Some(old), Moves::Ends) => place::end(letter.notice, old)?,
            (old, _) => {
                let key = old.unwrap_or(key);
                body(letter.notice, letter.texts, key, &self.images)?
            }
        };
        Ok(Outgoing::Http(Request::post_json(url, body, TELL_DEADLINE)))
    }

    fn hear(&self, notice: &Notice, _: &Stage, reply: &Reply) -> Delivery {
        let nowhere = match notice.subject {
            Subject::Word(_) => "check the target's change_url",
            Subject::Alert(_) | Subject::Digest(_) => "check the target's url",
        };
        classify(reply, nowhere)
    }

    fn sealed(&self) -> Option<Sealed<'_>> {
        let secrets: Vec<_> = self.webhook_secrets.iter().collect();
        (!secrets.is_empty()).then_some(Sealed { scheme: "pagerduty", secrets })
    }

    fn callback(&self, body: &[u8]) -> Option<Vec<Callback>> {
        hook::read(body)
    }
}

#[derive(Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Picture<'a>>,
    payload: Payload<'a>,
}

#[derive(Serialize)]
struct Picture<'a> {
    src: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    href: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
}

#[derive(Serialize)]
struct Link<'a> {
    href: &'a str,
    text: &'static str,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: &'a str,
    source: &'a str,
    severity: &'static str,
    component: &'a str,
    group: &'a str,
    class: &'static str,
    timestamp: String,
    custom_details: Details<'a>,
}

/// Guide 2's details, and what an engineer asks next.
#[derive(Serialize)]
struct Details<'a> {
    current_value: Value,
    threshold_value: Value,
    breach_duration_seconds: u32,
    #[serde(flatten)]
    context: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monitoring_url: Option<&'a str>,
    entity_name: String,
    priority: &'static str,
    reason: &'static str,
    alert_key: &'a str,
    notification_count: u32,
    held_back: u32,
    raises: u32,
    open_seconds: u32,
    worst_value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_impact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependents: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_fault: Option<&'a str>,
}

/// The event that tells a notice.
fn body(
    notice: &Notice,
    texts: &Texts,
    routing_key: &Secret,
    images: &[Image],
) -> Result<Vec<u8>, TargetFault> {
    let facts = match &notice.subject {
        Subject::Alert(facts) => facts,
        Subject::Word(_) => {
            return Err(TargetFault::Unfit("an announcement is a change event"));
        }
        Subject::Digest(_) => {
            return Err(TargetFault::Unfit(
                "PagerDuty would page for a digest. Send the digest to a slack or webhook target",
            ));
        }
    };
    let wording = texts.word(facts, notice.reason);
    let url = link(facts);
    let event = Event {
        routing_key: routing_key.expose(),
        event_action: action(facts, notice.reason),
        dedup_key: facts.key.as_str(),
        client: "andon",
        client_url: url,
        links: [(url, "Live view"), (runbook(facts), "Runbook")]
            .into_iter()
            .filter_map(|(url, text)| Some(Link { href: url?, text }))
            .filter(|link| link.href.starts_with("https://"))
            .collect(),
        images: images
            .iter()
            .map(|Image { src, href, alt }| Picture {
                src,
                href: href.as_deref(),
                alt: alt.as_deref(),
            })
            .collect(),
        payload: Payload {
            summary: &wording.summary,
            source: facts.source.as_str(),
            severity: severity(facts.severity),
            component: facts.entity.as_str(),
            group: facts.source.as_str(),
            class: facts.metric.name(),
            timestamp: notice.made.utc.rfc3339(),
            custom_details: details(facts, notice.reason, &wording),
        },
    };
    json(&event)
}

/// What an answer of the Events API means. Only 202 is "taken": a login page between us and
/// PagerDuty says 200. `nowhere` is the mend where nobody is at the address.
fn classify(reply: &Reply, nowhere: &str) -> Delivery {
    match reply.status {
        202 => Delivery::ACCEPTED,
        429 => Delivery::later(reply, PAGERDUTY_RETRY_WAIT),
        408 | 500..=599 => Delivery::later(reply, Span::ZERO),
        401 | 403 => Delivery::disabled(reply, "check the target's routing_key"),
        404 => Delivery::refused(reply, nowhere),
        _ => Delivery::refused(reply, ""),
    }
}

fn action(facts: &AlertFacts, reason: Reason) -> &'static str {
    match reason {
        Reason::Recovered => "resolve",
        Reason::Acknowledged => "acknowledge",
        Reason::FirstBreach
        | Reason::Repeat
        | Reason::Escalation
        | Reason::Digest
        | Reason::Updated
        | Reason::Reopened
        | Reason::Unstable
        | Reason::Settled
        | Reason::Lapsed
        | Reason::Passed
        | Reason::Announcement
        | Reason::Test => {
            if facts.resolved {
                "resolve"
            } else {
                "trigger"
            }
        }
    }
}

/// PagerDuty's four severities are not guide 2's.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "info",
    }
}

fn details<'a>(facts: &'a AlertFacts, reason: Reason, wording: &'a Wording) -> Details<'a> {
    Details {
        current_value: number(facts.value),
        threshold_value: number(facts.threshold),
        breach_duration_seconds: facts.breach_duration_seconds,
        context: facts
            .context
            .iter()
            .map(|(metric, value)| (name_with_unit(*metric), number(*value)))
            .collect(),
        detail: crate::target::facts::detail(facts),
        monitoring_url: link(facts),
        entity_name: crate::target::facts::entity_name(facts),
        priority: facts.priority.as_str(),
        reason: reason.as_str(),
        alert_key: facts.key.as_str(),
        notification_count: facts.notification_count,
        held_back: facts.held_back,
        raises: facts.raises,
        open_seconds: facts.open_seconds,
        worst_value: number(worst(facts)),
        business_impact: facts.business.as_ref().map(|_| impact(facts)),
        business_unit: business_unit(facts),
        owner: owner(facts),
        runbook: runbook(facts),
        dependents: dependents(facts),
        cause: cause(facts),
        body: wording.body.own(),
        template_fault: wording.template_fault.as_deref(),
    }
}
