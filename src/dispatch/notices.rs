//! Makes the notices of a decision: what an alert says, to whom, under which idempotency key.
//!
//! # Promises
//! - `the_same_decision_has_the_same_key`: over retries, restarts and replays.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use sha2::{Digest as _, Sha256};

use crate::limits::LATE_SAID_AFTER;
use crate::model::alert::{Alert, Decision, Phase, Step};
use crate::model::condition::Lapse;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::rule::Severity;
use crate::model::telling::Telling;
use crate::model::time::Now;

/// An alert as a notice at the priority of `telling` tells it.
/// How long it has lasted is told by the platform's own times, from sample to sample.
pub(super) fn facts(alert: &Alert, telling: &Telling) -> AlertFacts {
    let of_priority = alert.breaches.iter().find(|breach| breach.priority == telling.priority);
    let breach = of_priority.unwrap_or(&alert.worst);
    let end = alert.cleared.unwrap_or(alert.last_breach).utc;
    let duration = (end - alert.first_breach.utc).whole_secs();
    let open_end = alert.cleared.unwrap_or(alert.last_breach).tick;
    let open = alert.totals.open_until(open_end).whole_secs();
    AlertFacts {
        key: alert.key.clone(),
        source: alert.source.clone(),
        platform: alert.platform.clone(),
        entity: alert.entity.clone(),
        entity_name: alert.entity_name.clone(),
        metric: alert.metric,
        operator: breach.operator,
        value: alert.value,
        threshold: breach.threshold,
        priority: telling.priority,
        severity: severity(telling),
        resolved: alert.phase == Phase::Resolved,
        first_breach: alert.first_breach.utc,
        breach_duration_seconds: u32::try_from(duration).unwrap_or(0),
        notification_count: telling.notification_count,
        held_back: telling.held_back,
        raises: alert.totals.raises,
        open_seconds: u32::try_from(open).unwrap_or(0),
        low: alert.totals.low,
        high: alert.totals.high,
        context: alert.context.clone(),
        detail: alert.detail.clone(),
        monitoring_url: alert.monitoring_url.clone(),
        business: alert.business.clone(),
        lapse: lapse(alert),
        told_late_seconds: 0,
        kin: alert.kin.clone(),
        hand: alert.hand.clone(),
    }
}

/// A notice as it is sent: one that has waited for long says so, since it tells how it was then.
pub(super) fn as_sent(notice: &Notice, now: Now) -> Cow<'_, Notice> {
    let late = now.tick - notice.made.tick;
    if late < LATE_SAID_AFTER {
        return Cow::Borrowed(notice);
    }
    let mut notice = notice.clone();
    if let Subject::Alert(facts) = &mut notice.subject {
        facts.told_late_seconds = u32::try_from(late.whole_secs()).unwrap_or(u32::MAX);
    }
    Cow::Owned(notice)
}

/// Why a resolved alert is over, where its value does not say so.
fn lapse(alert: &Alert) -> Option<Lapse> {
    if alert.phase != Phase::Resolved {
        return None;
    }
    let is_end = |step: &Step| {
        let end = &step.what;
        matches!(end, Decision::Lapsed(..) | Decision::Cleared { .. } | Decision::Unwatched)
    };
    match alert.trail.steps().filter(is_end).last() {
        Some(Step { what: Decision::Lapsed(_, why), .. }) => Some(why),
        Some(_) | None => None,
    }
}

/// The priority's severity, one step worse for each rung that raises it (guide 2, section 3).
fn severity(telling: &Telling) -> Severity {
    let begins = telling.priority.severity();
    (0..telling.climb.lifts).fold(begins, |severity, _| severity.raised())
}

/// The idempotency key of one notice about an alert for one target. The number tells two breaches
/// apart that begin at the same time of the day by a board that twice began in 1970.
pub(super) fn alert_key(
    number: u64,
    facts: &AlertFacts,
    reason: Reason,
    target: &TargetName,
) -> Box<str> {
    let number = number.to_string();
    let count = facts.notification_count.to_string();
    let episode = facts.first_breach.0.to_string();
    hash(&[
        &number,
        facts.key.as_str(),
        &episode,
        facts.priority.as_str(),
        reason.as_str(),
        &count,
        target.as_str(),
    ])
}

/// The idempotency key of a digest for one target.
pub(super) fn digest_key(number: u64, now: Now, target: &TargetName) -> Box<str> {
    hash(&["digest", &number.to_string(), &now.utc.0.to_string(), target.as_str()])
}

fn hash(parts: &[&str]) -> Box<str> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let hex: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    hex.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::dispatch::telling::{begin, climb, told};
    use crate::model::alert::Breach;
    use crate::model::route::Rung;
    use crate::model::rule::Priority;

    #[test]
    fn the_same_decision_has_the_same_key() {
        let alert = alert(1, Priority::P1);
        let mut telling = begin(&alert, &alert.worst);
        told(&mut telling, Reason::FirstBreach, at(0));
        let pager = TargetName::new("pager").unwrap();
        let slack = TargetName::new("slack").unwrap();
        let key = |telling: &Telling, reason, target: &TargetName| {
            alert_key(7, &facts(&alert, telling), reason, target)
        };
        let first = key(&telling, Reason::FirstBreach, &pager);
        assert_eq!(first.len(), 32);
        assert_eq!(first, key(&telling.clone(), Reason::FirstBreach, &pager));
        assert_ne!(first, key(&telling, Reason::FirstBreach, &slack));
        assert_ne!(first, key(&telling, Reason::Recovered, &pager));
        let later = alert_key(8, &facts(&alert, &telling), Reason::FirstBreach, &pager);
        assert_ne!(first, later, "another breach of a board that is in 1970 again");
        told(&mut telling, Reason::Repeat, at(300));
        assert_ne!(
            key(&telling, Reason::Repeat, &pager),
            key(&begin(&alert, &alert.worst), Reason::Repeat, &pager)
        );
    }

    #[test]
    fn an_end_without_a_value_past_the_boundary_says_why() {
        let mut alert = alert(1, Priority::P1);
        let telling = begin(&alert, &alert.worst);
        let priority = Priority::P1;
        let lapsed = Decision::Lapsed(priority, Lapse::LowVolume);
        alert.trail.note(lapsed, at(0).utc);
        assert_eq!(facts(&alert, &telling).lapse, None, "it is open again");
        alert.phase = Phase::Resolved;
        assert_eq!(facts(&alert, &telling).lapse, Some(Lapse::LowVolume));
        alert.trail.note(Decision::Cleared { priority, value: 1.0, boundary: 2.0 }, at(1).utc);
        assert_eq!(facts(&alert, &telling).lapse, None, "that was another episode");
    }

    #[test]
    fn an_escalation_is_one_step_worse() {
        let alert = alert(1, Priority::P2);
        let mut telling = begin(&alert, &alert.worst);
        assert_eq!(facts(&alert, &telling).severity, Severity::Medium);
        climb(&mut telling, &Rung::default());
        assert_eq!(facts(&alert, &telling).severity, Severity::High);
    }

    #[test]
    fn each_priority_tells_of_its_own_breach() {
        let mut alert = alert(1, Priority::P1);
        let lower = Breach { priority: Priority::P2, threshold: 10.0, ..alert.worst.clone() };
        alert.breaches.push(lower.clone()).unwrap();
        assert!((facts(&alert, &begin(&alert, &lower)).threshold - 10.0).abs() < 1e-9);
        assert!((facts(&alert, &begin(&alert, &alert.worst)).threshold - 15.0).abs() < 1e-9);
    }
}
