//! What an alert is when it begins: whom it is about, and by which rule.

use alloc::sync::Arc;

use crate::evaluate::threshold::Compared;
use crate::model::alert::{Alert, AlertKey, Breach, Phase, Suppression, Trail};
use crate::model::few::Few;
use crate::model::flap::Flap;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::Rule;
use crate::model::time::{Span, Stamp};
use crate::model::totals::Totals;

/// What an alert is about, for its beginning.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The tenant.
    pub source: &'a SourceName,
    /// The platform.
    pub platform: &'a Arc<str>,
    /// The entity.
    pub entity: &'a EntityId,
    /// Its name for people.
    pub entity_name: &'a Arc<str>,
    /// The metric.
    pub metric: Metric,
}

fn whole_seconds(span: Span) -> u32 {
    u32::try_from(span.whole_secs()).unwrap_or(0)
}

/// A rule that holds, since its first sample in breach.
pub(super) fn breach(rule: &Rule, numbers: Compared, since: Stamp) -> Breach {
    Breach {
        rule: rule.origin.clone(),
        priority: rule.priority,
        operator: rule.operator,
        threshold: numbers.threshold,
        cooldown_seconds: whole_seconds(rule.cooldown),
        escalation_threshold_seconds: whole_seconds(rule.escalation_threshold),
        since,
        clearing: false,
    }
}

/// An alert before its first episode.
pub(super) fn new_alert(key: &AlertKey, about: About<'_>, breach: &Breach) -> Alert {
    Alert {
        key: key.clone(),
        source: about.source.clone(),
        platform: Arc::clone(about.platform),
        entity: about.entity.clone(),
        entity_name: Arc::clone(about.entity_name),
        metric: about.metric,
        // `begin` opens the first episode as it opens every other.
        phase: Phase::Resolved,
        episode: 0,
        first_breach: breach.since,
        last_breach: breach.since,
        cleared: None,
        value: 0.0,
        breaches: Few::new(),
        worst: breach.clone(),
        context: Few::new(),
        monitoring_url: None,
        business: None,
        detail: None,
        suppression: Suppression::default(),
        entered: None,
        kin: None,
        hand: None,
        flap: Flap::default(),
        totals: Totals::default(),
        max_quiet_seconds: 0,
        trail: Trail::default(),
    }
}
