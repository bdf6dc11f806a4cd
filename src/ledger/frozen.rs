//! The forms that records had in earlier versions, as they were, and what they become today.
//!
//! Nothing here changes any more: a box in the field may have been switched off for years.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Deserialize;

use crate::limits::{ALERT_BREACHES_MAX, ALERT_CONTEXT_MAX};
use crate::model::alert::{Alert, AlertKey, Breach, Phase, Suppression, Trail};
use crate::model::few::Few;
use crate::model::flap::Flap;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::passage::{DeadLetter, Passage};
use crate::model::rule::{Operator, Priority, Severity};
use crate::model::telling::{Climb, Raise, Telling, TellingState};
use crate::model::time::{Stamp, Tick, UtcMs};
use crate::model::totals::Totals;

/// An alert before it carried business context.
#[derive(Debug, Deserialize)]
pub(super) struct Alert1 {
    key: AlertKey,
    source: SourceName,
    platform: Arc<str>,
    entity: EntityId,
    entity_name: Arc<str>,
    metric: Metric,
    phase: Phase,
    episode: u32,
    first_breach: Stamp,
    last_breach: Stamp,
    cleared: Option<Stamp>,
    value: f64,
    breaches: Few<Breach, ALERT_BREACHES_MAX>,
    worst: Breach,
    context: Few<(Metric, f64), ALERT_CONTEXT_MAX>,
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

/// What was told, before a problem could be there again.
#[derive(Debug, Deserialize)]
pub(super) struct Telling1 {
    alert: AlertKey,
    priority: Priority,
    alert_key: Box<str>,
    state: TellingState,
    first_breach_timestamp: UtcMs,
    last_breach_timestamp: UtcMs,
    cooldown_seconds: u32,
    escalation_threshold_seconds: u32,
    notification_count: u32,
    episode: u32,
    first_breach: Tick,
    last_told: Option<Stamp>,
    told: Vec<TargetName>,
    digest_since: Option<Tick>,
    held_back: u32,
    ended: bool,
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
    platform: Arc<str>,
    entity: EntityId,
    entity_name: Arc<str>,
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
    context: Few<(Metric, f64), ALERT_CONTEXT_MAX>,
    monitoring_url: Option<Box<str>>,
}

impl From<Alert1> for Alert {
    fn from(old: Alert1) -> Self {
        let totals = Totals {
            raises: 1,
            opened: old.cleared.unwrap_or(old.first_breach).tick,
            ..Totals::new(old.value)
        };
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
            entered: None,
            kin: None,
            hand: None,
            flap: Flap::default(),
            totals,
            // Guide 2's cooldown.
            max_quiet_seconds: 300,
            trail: old.trail,
        }
    }
}

impl From<Telling1> for Telling {
    fn from(old: Telling1) -> Self {
        let raise = match (old.ended, old.notification_count) {
            (true, _) => Raise::Over { since: old.first_breach },
            (false, 0) => Raise::Untold,
            (false, _) => Raise::Told { repeats: 0 },
        };
        let rungs = u8::from(old.state == TellingState::Escalated);
        Self {
            alert: old.alert,
            priority: old.priority,
            alert_key: old.alert_key,
            state: old.state,
            first_breach_timestamp: old.first_breach_timestamp,
            last_breach_timestamp: old.last_breach_timestamp,
            cooldown_seconds: old.cooldown_seconds,
            escalation_threshold_seconds: old.escalation_threshold_seconds,
            notification_count: old.notification_count,
            episode: old.episode,
            first_breach: old.first_breach,
            since: old.first_breach,
            last_told: old.last_told,
            told: old.told,
            digest_since: old.digest_since,
            held_back: old.held_back,
            ended: old.ended,
            raise,
            unstable: false,
            climb: Climb { rungs: rungs.into(), lifts: rungs, unheard: false },
            routes: "".into(),
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
            passage: Passage::new(old.made.tick),
        }
    }
}

impl From<Notice1> for DeadLetter {
    fn from(old: Notice1) -> Self {
        Self { died: old.made.utc, notice: Notice::from(old), why: "".into() }
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
            raises: 1,
            open_seconds: old.breach_duration_seconds,
            low: old.value,
            high: old.value,
            context: old.context,
            detail: None,
            monitoring_url: old.monitoring_url,
            business: None,
            lapse: None,
            told_late_seconds: 0,
            kin: None,
            hand: None,
        }
    }
}
