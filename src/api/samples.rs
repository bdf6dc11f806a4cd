//! An alert in the middle of its story.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::alert::{Alert, AlertKey, Breach, Decision, Phase, Suppression, Trail};
use crate::model::business::Business;
use crate::model::few::Few;
use crate::model::flap::{Flap, Pace};
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::notice::{Hold, Reason};
use crate::model::rule::{Operator, Priority};
use crate::model::telling::{Climb, Raise, Telling, TellingState};
use crate::model::time::{Stamp, Tick, UtcMs};
use crate::model::totals::Totals;

const fn at(seconds: i64) -> Stamp {
    Stamp { tick: Tick(seconds * 1_000), utc: UtcMs((1_715_783_530 + seconds) * 1_000) }
}

pub(crate) fn alert() -> Alert {
    let source = SourceName::new("cxone-prod").unwrap();
    let entity = EntityId::new("queue-id-8f3a").unwrap();
    let metric = Metric::find("calls_waiting").unwrap();
    let breach = Breach {
        rule: "andon.toml:14:5".into(),
        priority: Priority::P1,
        operator: Operator::AtLeast,
        threshold: 15.0,
        cooldown_seconds: 300,
        escalation_threshold_seconds: 600,
        since: at(0),
        clearing: false,
    };
    let mut alert = Alert {
        key: AlertKey::of(&source, "nice-cxone", metric, &entity),
        source,
        platform: "nice-cxone".into(),
        entity,
        entity_name: "Tier-2 Support".into(),
        metric,
        phase: Phase::Detected,
        episode: 1,
        first_breach: at(0),
        last_breach: at(725),
        cleared: None,
        value: 22.0,
        breaches: Few::new(),
        worst: breach.clone(),
        context: Few::new(),
        monitoring_url: Some("https://cxone.example/queues/8f3a".into()),
        business: Some(Box::new(Business {
            impact: Some("sla_violation_risk".into()),
            unit: Some("Retail".into()),
            owner: None,
            runbook: Some("https://wiki.example/tier-2".into()),
        })),
        detail: None,
        suppression: Suppression::default(),
        entered: None,
        kin: None,
        hand: None,
        flap: Flap { pace: Pace::Fast, penalty: 1_000.0, raises: 1, ..Flap::default() },
        totals: Totals { raises: 1, opened: at(0).tick, ..Totals::new(22.0) },
        max_quiet_seconds: 300,
        trail: Trail::default(),
    };
    alert.breaches.push(breach).unwrap();
    for (seconds, what) in decisions() {
        alert.trail.note(what, at(seconds).utc);
    }
    alert
}

/// One decision of every kind, one of them repeated.
fn decisions() -> Vec<(i64, Decision)> {
    let (priority, target) = (Priority::P1, "pagerduty-p1");
    let held = Decision::Held { priority, hold: Hold::Cooldown };
    Vec::from([
        (
            0,
            Decision::Breached {
                priority,
                rule: "andon.toml:14:5".into(),
                value: 22.0,
                threshold: 15.0,
            },
        ),
        (0, Decision::Told { reason: Reason::FirstBreach, targets: target.into() }),
        (1, Decision::Delivered { target: target.into(), reason: Reason::FirstBreach }),
        (10, held.clone()),
        (290, held),
        (400, Decision::Restored),
        (600, Decision::Told { reason: Reason::Escalation, targets: "managers".into() }),
        (601, Decision::Undeliverable { target: "managers".into(), why: "answered 410".into() }),
        (610, Decision::Late { of: at(0).utc, value: 30.0 }),
        (725, Decision::Cleared { priority, value: 4.0, boundary: 13.5 }),
    ])
}

pub(crate) fn telling() -> Telling {
    Telling {
        alert: alert().key,
        priority: Priority::P1,
        alert_key: Telling::guide_key("queue-id-8f3a", "calls_waiting", Priority::P1),
        state: TellingState::Escalated,
        first_breach_timestamp: at(0).utc,
        last_breach_timestamp: at(725).utc,
        cooldown_seconds: 300,
        escalation_threshold_seconds: 600,
        notification_count: 2,
        episode: 1,
        first_breach: at(0).tick,
        since: at(0).tick,
        last_told: Some(at(600)),
        told: Vec::from([TargetName::new("pagerduty-p1").unwrap()]),
        digest_since: None,
        held_back: 0,
        ended: false,
        raise: Raise::Told { repeats: 0 },
        unstable: false,
        climb: Climb { rungs: 1, lifts: 1, unheard: false },
        routes: "andon.toml:31:1".into(),
    }
}
