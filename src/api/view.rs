//! An alert as operators and tools see it: the JSON of the API, read back by the command line.
//!
//! # Promises
//! - `a_telling_has_guide_2s_field_names`: what reads the guide's records reads ours.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::kin::KinView;
use crate::model::alert::{Alert, Breach, Phase};
use crate::model::business::Business;
use crate::model::telling::Telling;
use crate::model::time::UtcMs;

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertView {
    /// Its identity: what `explain` takes.
    pub alert_key: String,
    /// `detected`, `acknowledged`, `suppressed` or `resolved`.
    pub phase: String,
    /// Of the breach that speaks for it.
    pub priority: String,
    /// How bad it is, escalation left aside.
    pub severity: String,
    /// The tenant.
    pub source: String,
    /// The platform.
    pub platform: String,
    /// The platform's identifier of the entity.
    pub entity_id: String,
    /// Its name for people, as the platform gave it.
    pub entity_name: String,
    /// The metric's short name.
    pub metric: String,
    /// The metric's canonical name.
    pub metric_type: String,
    /// The newest value, in the metric's unit; nothing where the platform gives none.
    pub current_value: Option<f64>,
    /// The same with its unit.
    pub value_text: String,
    /// How the value is compared.
    pub operator: String,
    /// With what, in the metric's unit.
    pub threshold_value: f64,
    /// The same with its unit.
    pub threshold_text: String,
    /// The first breach of the episode.
    pub first_breach_timestamp: String,
    /// The newest sample in breach.
    pub last_breach_timestamp: String,
    /// When the episode ended.
    pub cleared_timestamp: Option<String>,
    /// From the first breach to its end, or to the newest sample in breach.
    pub breach_duration_seconds: i64,
    /// Counts the episodes of this key, from 1.
    pub episode: u32,
    /// In words what the numbers do not say.
    pub detail: Option<String>,
    /// How often it opened in this episode.
    pub raises: u32,
    /// How long it was open in this episode.
    pub open_seconds: i64,
    /// How restless it was at its newest raise: 1000 for each raise, less with time.
    pub flap_penalty: f64,
    /// Since when it is held as unstable.
    pub unstable_since_timestamp: Option<String>,
    /// The maintenance window or the silence by which nobody hears of it.
    #[serde(default)]
    pub muted_by: Option<String>,
    /// Until when.
    #[serde(default)]
    pub muted_until_timestamp: Option<String>,
    /// Who has it in hand, and where they said so.
    pub in_hand_by: Option<String>,
    /// Until when.
    pub in_hand_until_timestamp: Option<String>,
    /// When it is believed again, if it does not begin once more.
    pub settles_timestamp: Option<String>,
    /// The platform's own page about the entity.
    pub monitoring_url: Option<String>,
    /// What trouble with the entity means; nothing where the config names no place to ask.
    pub business_impact: Option<String>,
    /// The business unit.
    pub business_unit: Option<String>,
    /// Who answers for the entity.
    pub owner: Option<String>,
    /// The page about what to do.
    pub runbook: Option<String>,
    /// Where it stands in the dependency graph; nothing where no dependency is about it.
    pub kin: Option<KinView>,
    /// The rules that hold.
    pub breaches: Vec<BreachView>,
    /// What was told, by priority.
    pub tellings: Vec<TellingView>,
}

/// One rule that holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreachView {
    /// Where it stands in the config file.
    pub rule: String,
    /// Its priority.
    pub priority: String,
    /// How it compares.
    pub operator: String,
    /// With what, after scaling, in the metric's unit.
    pub threshold_value: f64,
    /// Since when it holds.
    pub since: String,
}

/// Guide 2's state record, and who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellingView {
    /// Guide 2's key: `entity:metric:priority`.
    pub alert_key: String,
    /// `ACTIVE`, `COOLDOWN` or `ESCALATED`.
    pub state: String,
    /// As in guide 2.
    pub first_breach_timestamp: String,
    /// As in guide 2.
    pub last_breach_timestamp: String,
    /// As in guide 2.
    pub cooldown_seconds: u32,
    /// As in guide 2.
    pub escalation_threshold_seconds: u32,
    /// As in guide 2, of this episode.
    pub notification_count: u32,
    /// The last part of the key.
    pub priority: String,
    /// When the last notice was made.
    pub last_told_timestamp: Option<String>,
    /// The targets that were told in this episode.
    pub told: Vec<String>,
    /// Breaches that began and ended untold since the last notice.
    pub held_back: u32,
    /// The routes that told last, where they stand in the config file.
    pub routes: String,
    /// How many rungs of the ladder are behind it.
    pub rungs: u16,
}

impl AlertView {
    /// An alert with what was told of it.
    #[must_use]
    pub fn of(alert: &Alert, tellings: &[&Telling]) -> Self {
        let leading = alert.leading();
        let unit = alert.metric.unit();
        let until = alert.cleared.unwrap_or(alert.last_breach);
        let business = alert.business.as_deref();
        let is_open = alert.phase == Phase::Detected;
        let mute = alert.suppression.mute.as_deref().filter(|_| is_open);
        let told = |fact: fn(&Business) -> &Option<Box<str>>| {
            business.and_then(|business| fact(business).as_deref()).map(Into::into)
        };
        Self {
            alert_key: alert.key.to_string(),
            phase: alert.phase_shown().into(),
            priority: leading.priority.to_string(),
            severity: alert.severity().to_string(),
            source: alert.source.to_string(),
            platform: alert.platform.to_string(),
            entity_id: alert.entity.to_string(),
            entity_name: alert.entity_name.to_string(),
            metric: alert.metric.short().into(),
            metric_type: alert.metric.name().into(),
            current_value: Some(alert.value).filter(|value| !value.is_nan()),
            value_text: unit.show(alert.value),
            operator: leading.operator.to_string(),
            threshold_value: leading.threshold,
            threshold_text: unit.show(leading.threshold),
            first_breach_timestamp: alert.first_breach.utc.rfc3339(),
            last_breach_timestamp: alert.last_breach.utc.rfc3339(),
            cleared_timestamp: alert.cleared.map(|at| at.utc.rfc3339()),
            breach_duration_seconds: (until.tick - alert.first_breach.tick).whole_secs().max(0),
            episode: alert.episode,
            detail: alert.detail.as_deref().map(Into::into),
            raises: alert.totals.raises,
            open_seconds: alert.totals.open_until(until.tick).whole_secs(),
            flap_penalty: f64::from(alert.flap.penalty).round(),
            muted_by: mute.map(|mute| mute.by.to_string()),
            muted_until_timestamp: mute.map(|mute| mute.until.rfc3339()),
            in_hand_by: alert.hand.as_ref().map(ToString::to_string),
            in_hand_until_timestamp: alert.hand.as_ref().map(|hand| hand.until().rfc3339()),
            unstable_since_timestamp: alert.suppression.flapping.map(|at| at.utc.rfc3339()),
            settles_timestamp: settles(alert).map(UtcMs::rfc3339),
            monitoring_url: alert.monitoring_url.as_deref().map(Into::into),
            business_impact: business.map(|business| business.impact().into()),
            business_unit: told(|business| &business.unit),
            owner: told(|business| &business.owner),
            runbook: told(|business| &business.runbook),
            kin: KinView::of(alert),
            breaches: alert.breaches.iter().map(BreachView::of).collect(),
            tellings: tellings.iter().map(|telling| TellingView::of(telling)).collect(),
        }
    }

    /// Whether it is in breach.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase != "resolved"
    }
}

/// When an unstable alert is believed again.
fn settles(alert: &Alert) -> Option<UtcMs> {
    let (since, release) = (alert.suppression.flapping?, alert.flap.release?);
    Some(since.utc + (release - since.tick))
}

impl BreachView {
    fn of(breach: &Breach) -> Self {
        Self {
            rule: breach.rule.to_string(),
            priority: breach.priority.to_string(),
            operator: breach.operator.to_string(),
            threshold_value: breach.threshold,
            since: breach.since.utc.rfc3339(),
        }
    }
}

impl TellingView {
    /// One record.
    #[must_use]
    pub fn of(telling: &Telling) -> Self {
        Self {
            alert_key: telling.alert_key.to_string(),
            state: telling.state.as_str().into(),
            first_breach_timestamp: telling.first_breach_timestamp.rfc3339(),
            last_breach_timestamp: telling.last_breach_timestamp.rfc3339(),
            cooldown_seconds: telling.cooldown_seconds,
            escalation_threshold_seconds: telling.escalation_threshold_seconds,
            notification_count: telling.notification_count,
            priority: telling.priority.to_string(),
            last_told_timestamp: telling.last_told.map(|at| at.utc.rfc3339()),
            told: telling.told.iter().map(ToString::to_string).collect(),
            held_back: telling.held_back,
            routes: telling.routes.to_string(),
            rungs: telling.climb.rungs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::samples::{alert, telling};

    #[test]
    fn a_telling_has_guide_2s_field_names() {
        let json = serde_json::to_value(TellingView::of(&telling())).unwrap();
        assert_eq!(json["alert_key"], "queue-id-8f3a:calls_waiting:P1");
        assert_eq!(json["state"], "ESCALATED");
        assert_eq!(json["first_breach_timestamp"], "2024-05-15T14:32:10Z");
        assert_eq!(json["last_breach_timestamp"], "2024-05-15T14:44:15Z");
        assert_eq!(json["cooldown_seconds"], 300);
        assert_eq!(json["escalation_threshold_seconds"], 600);
        assert_eq!(json["notification_count"], 2);
    }

    #[test]
    fn a_resolved_alert_lasted_until_it_cleared() {
        let mut alert = alert();
        alert.phase = Phase::Resolved;
        alert.cleared = Some(alert.last_breach);
        alert.breaches.clear();
        let view = AlertView::of(&alert, &[]);
        assert!(!view.is_open());
        assert_eq!((view.breach_duration_seconds, view.priority.as_str()), (725, "P1"));
        assert_eq!(view.cleared_timestamp.as_deref(), Some("2024-05-15T14:44:15Z"));
    }
}
