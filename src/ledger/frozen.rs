//! The forms that records had in earlier versions, as they were, and what they become today.
//!
//! Nothing here changes any more: a box in the field may have been switched off for years.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::Deserialize;

use crate::limits::{ALERT_BREACHES_MAX, ALERT_CONTEXT_MAX};
use crate::model::alert::{Alert, AlertKey, Breach, Phase, Suppression, Trail};
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::rule::{Operator, Priority, Severity};
use crate::model::time::{Stamp, UtcMs};

/// An alert before it carried business context.
#[derive(Debug, Deserialize)]
pub(super) struct Alert1 {
    key: AlertKey,
    source: SourceName,
    platform: Box<str>,
    entity: EntityId,
    entity_name: Box<str>,
    metric: Metric,
    phase: Phase,
    episode: u32,
    first_breach: Stamp,
    last_breach: Stamp,
    cleared: Option<Stamp>,
    value: f64,
    breaches: heapless::Vec<Breach, ALERT_BREACHES_MAX>,
    worst: Breach,
    context: heapless::Vec<(Metric, f64), ALERT_CONTEXT_MAX>,
    monitoring_url: Option<Box<str>>,
    trail: Trail,
}

/// A notice whose facts carried no business context.
#[derive(Debug, Deserialize)]
pub(super) struct Notice1 {
    number: u64,
    target: TargetName,
    idempotency_key: Box<str>,
    reason: Reason,
    subject: Subject1,
    made: Stamp,
}

#[derive(Debug, Deserialize)]
enum Subject1 {
    Alert(Box<AlertFacts1>),
    Digest(Vec<AlertFacts1>),
}

#[derive(Debug, Deserialize)]
struct AlertFacts1 {
    key: AlertKey,
    source: SourceName,
    platform: Box<str>,
    entity: EntityId,
    entity_name: Box<str>,
    metric: Metric,
    operator: Operator,
    value: f64,
    threshold: f64,
    priority: Priority,
    severity: Severity,
    resolved: bool,
    first_breach: UtcMs,
    breach_duration_seconds: u32,
    notification_count: u32,
    held_back: u32,
    context: heapless::Vec<(Metric, f64), ALERT_CONTEXT_MAX>,
    monitoring_url: Option<Box<str>>,
}

impl From<Alert1> for Alert {
    fn from(old: Alert1) -> Self {
        Self {
            key: old.key,
            source: old.source,
            platform: old.platform,
            entity: old.entity,
            entity_name: old.entity_name,
            metric: old.metric,
            phase: old.phase,
            episode: old.episode,
            first_breach: old.first_breach,
            last_breach: old.last_breach,
            cleared: old.cleared,
            value: old.value,
            breaches: old.breaches,
            worst: old.worst,
            context: old.context,
            monitoring_url: old.monitoring_url,
            business: None,
            detail: None,
            suppression: Suppression::default(),
            kin: None,
            trail: old.trail,
        }
    }
}

impl From<Notice1> for Notice {
    fn from(old: Notice1) -> Self {
        let subject = match old.subject {
            Subject1::Alert(facts) => Subject::Alert(Box::new(AlertFacts::from(*facts))),
            Subject1::Digest(lines) => {
                Subject::Digest(lines.into_iter().map(AlertFacts::from).collect())
            }
        };
        Self {
            number: old.number,
            target: old.target,
            idempotency_key: old.idempotency_key,
            reason: old.reason,
            subject,
            made: old.made,
        }
    }
}

impl From<AlertFacts1> for AlertFacts {
    fn from(old: AlertFacts1) -> Self {
        Self {
            key: old.key,
            source: old.source,
            platform: old.platform,
            entity: old.entity,
            entity_name: old.entity_name,
            metric: old.metric,
            operator: old.operator,
            value: old.value,
            threshold: old.threshold,
            priority: old.priority,
            severity: old.severity,
            resolved: old.resolved,
            first_breach: old.first_breach,
            breach_duration_seconds: old.breach_duration_seconds,
            notification_count: old.notification_count,
            held_back: old.held_back,
            context: old.context,
            detail: None,
            monitoring_url: old.monitoring_url,
            business: None,
            lapse: None,
            kin: None,
        }
    }
}
