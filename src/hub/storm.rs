//! A storm of alerts is one alert of the hub itself; what it held is told when it is over.
//!
//! How many new alerts it has come to is a sample of the metric `hub.alerts.storm`. Its text says
//! what it holds and by which causes.
//!
//! # Promises
//! - `a_storm_is_one_alert_and_says_what_it_is_made_of`

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::api::Family;
use crate::evaluate::Evaluate;
use crate::hub::{Hub, own, vitals};
use crate::ledger::{Remembered, Write};
use crate::limits::STORM_ESCALATES;
use crate::model::alert::AlertKey;
use crate::model::config::Config;
use crate::model::metric::Metric;
use crate::model::rule::Rule;
use crate::model::time::Now;

impl Hub {
    /// Tells what a storm that is over has left, before each of it is settled by itself.
    pub(super) fn tell_storm(&mut self, now: Now) {
        let Some(outcome) = self.evaluate.storm.take_outcome() else { return };
        let told = self.as_told(now);
        let alerts = &self.evaluate.alerts;
        let left = outcome.open.iter().chain(&outcome.over);
        let left = left.filter_map(|key: &AlertKey| alerts.get(key.as_str()));
        self.dispatch.tell_storm(left, told);
    }

    /// What a storm holds, and by which causes.
    pub(super) fn storm_detail(&self) -> Option<String> {
        self.evaluate.storm.raging().map(|_| self.evaluate.storm_text())
    }

    /// Takes the sample of a storm where that is news.
    pub(super) fn look_at_storm(&mut self, now: Now) {
        if let Some(alerts) = self.evaluate.storm.sample(now) {
            self.observe_own("alerts", Metric::STORM, f64::from(alerts), now);
        }
        if let Some(memory) = self.evaluate.storm.take_unwritten() {
            self.writes.push_back(Write::storm(&memory));
        }
    }
}

/// What makes a storm by the config, and what was known of one before the start.
pub(super) fn expect(evaluate: &mut Evaluate, config: &Config, remembered: &mut Remembered) {
    let known = core::mem::take(&mut remembered.storm);
    evaluate.expect_storms(config.storm.clone(), config.routes.loud().collect(), known);
}

/// The rule that makes a storm trouble: it is one as soon as there is any.
pub(super) fn rule(config: &Config) -> Option<Rule> {
    let rule = own::hub_rule(config, "[storm]", Metric::STORM, 1.0)?;
    Some(Rule {
        priority: config.storm.priority,
        cooldown: config.storm.update,
        escalation_threshold: STORM_ESCALATES,
        ..rule
    })
}

/// Whether there is a storm, and what it holds.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    let held = hub.evaluate.alerts.iter().filter(|alert| alert.suppression.storm.is_some());
    let raging = hub.evaluate.storm.raging();
    let is_raging = f64::from(u8::from(raging.is_some()));
    vec![
        vitals::gauge("andon_storm", "Whether alerts come too many at once.", is_raging),
        vitals::gauge(
            "andon_storm_alerts",
            "New alerts of the storm that there is.",
            raging.map_or(0.0, |raging| f64::from(raging.alerts)),
        ),
        vitals::gauge(
            "andon_storm_held",
            "Alerts that the storm holds back until it is over.",
            vitals::count(held.count()),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{at, hub};
    use crate::model::alert::Alert;
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::name::EntityId;

    fn crowd(hub: &mut Hub, queues: usize, second: i64) {
        let row = |n| Row { entity: EntityId::new(&alloc::format!("q{n}")).unwrap(), name: None };
        let answer = Answer {
            vendor_time: at(second).utc,
            bucket: None,
            every: None,
            metrics: [Metric::find("calls_waiting").unwrap()].into(),
            rows: (0..queues).map(row).collect(),
            readings: alloc::vec![Reading::Value(50.0); queues],
            rows_refused: 0,
        };
        hub.observe(0, &answer, at(second));
        hub.look_at_storm(at(second));
    }

    fn storm(hub: &Hub) -> Option<&Alert> {
        hub.evaluate.alerts.iter().find(|alert| alert.metric == Metric::STORM)
    }

    #[test]
    fn a_storm_is_one_alert_and_says_what_it_is_made_of() {
        let mut hub = hub();
        crowd(&mut hub, 9, 10);
        assert!(storm(&hub).is_none());
        crowd(&mut hub, 12, 20);
        let alert = storm(&hub).unwrap();
        assert_eq!((alert.value, alert.source.as_str()), (12.0, "andon"));
        // They are all urgent, and pass.
        assert_eq!(alert.detail.as_deref(), Some("0 held, 0 of them in breach"));
        let written = hub.writes.iter().filter(|write| write.table == crate::ledger::Table::Storm);
        assert!(written.count() > 0);
    }
}
