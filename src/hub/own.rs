//! What the hub knows by itself is a sample like any other. Of a source, its entity is the source;
//! of the hub as a whole, the source is the hub and each of its concerns an entity.
//!
//! # Promises
//! - `what_concerns_the_whole_hub_is_an_alert_of_its_own`

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::evaluate::Evaluate;
use crate::hub::{Hub, blind, enrichment, fallback, health, link, pushed, renewal, storm, unread};
use crate::ledger::Remembered;
use crate::model::answer::{Answer, Reading, Row};
use crate::model::config::{Config, HUB_SOURCE, SourceConfig};
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{Operator, Rule, Scope};
use crate::model::time::{Now, Span};
use crate::platform::Definition;

/// One reading of one metric of a source itself.
pub(super) fn sample(source: &EntityId, metric: Metric, value: f64, now: Now) -> Answer {
    Answer {
        vendor_time: now.utc,
        bucket: None,
        every: None,
        metrics: [metric].into(),
        rows: Vec::from([Row { entity: source.clone(), name: None }]),
        readings: Vec::from([Reading::Value(value)]),
        rows_refused: 0,
    }
}

/// The hub as a source of what it knows about itself. No platform has this name, so the identity of
/// its alerts is its own.
pub(super) fn hub_source() -> Option<SourceConfig> {
    Some(SourceConfig {
        name: SourceName::new(HUB_SOURCE).ok()?,
        definition: HUB_SOURCE.into(),
        platform: HUB_SOURCE.into(),
        parameters: BTreeMap::new(),
        entities: Vec::new(),
        webhook_register: false,
    })
}

/// The rule that makes something of the hub as a whole trouble, as urgent as a source that is
/// blind.
pub(super) fn hub_rule(
    config: &Config,
    origin: &str,
    metric: Metric,
    static_value: f64,
) -> Option<Rule> {
    let threshold = (metric, Operator::AtLeast, static_value);
    let source = SourceName::new(HUB_SOURCE).ok()?;
    let rule = Rule::new(origin, source, threshold, config.hub.blind_priority);
    // It is mended by somebody who sits down to it, not sooner for being told each five minutes.
    Some(Rule { cooldown: Span::secs(3_600), escalation_threshold: Span::secs(3_600), ..rule })
}

impl Hub {
    /// Takes a sample about the hub as a whole. The entity is what it is about: a target, `ledger`.
    pub(super) fn observe_own(&mut self, entity: &str, metric: Metric, value: f64, now: Now) {
        if let Ok(entity) = EntityId::new(entity) {
            let hub = self.config.sources.len();
            self.observe(hub, &sample(&entity, metric, value, now), now);
        }
    }
}

/// The rule that makes it trouble, as urgent as a source that is blind.
pub(super) fn rule(
    source: &SourceConfig,
    config: &Config,
    origin: &str,
    metric: Metric,
    static_value: f64,
) -> Option<Rule> {
    let scope = Scope::One(EntityId::new(source.name.as_str()).ok()?);
    let threshold = (metric, Operator::AtLeast, static_value);
    let rule = Rule::new(origin, source.name.clone(), threshold, config.hub.blind_priority);
    Some(Rule { scope, ..rule })
}

/// Every rule over every source, the hub among them.
pub(super) fn evaluation(
    of_file: Vec<Rule>,
    config: &Config,
    definitions: &[Rc<Definition>],
    remembered: &mut Remembered,
) -> Evaluate {
    let sources: Vec<_> = config.sources.iter().cloned().chain(hub_source()).collect();
    let mut evaluate = Evaluate::new(with_own(of_file, config, definitions), &sources);
    evaluate.calibrate(&config.calibration.factors);
    evaluate.baselines.stand_in(config.hub.zone.clone(), config.except.clone());
    evaluate.baselines.restore(core::mem::take(&mut remembered.learned));
    evaluate
}

/// The file's rules and those that the hub has of itself: what makes a source blind, a token fail,
/// a payload unread, and a sender's own judgement count.
fn with_own(of_file: Vec<Rule>, config: &Config, definitions: &[Rc<Definition>]) -> Vec<Rule> {
    let of_source = |(source, definition): (&SourceConfig, &Rc<Definition>)| {
        let senders = match definition.webhook() {
            Some(_) => {
                let mut rules = pushed::rules(source, config, &of_file);
                rules.extend(unread::rule(source, config));
                rules
            }
            None => Vec::new(),
        };
        let own = [
            blind::rule(source, config),
            renewal::rule(source, config),
            enrichment::rule(source, config),
            fallback::rule(source, definition, config),
        ];
        own.into_iter().flatten().chain(senders).collect::<Vec<_>>()
    };
    let hub = [link::rule(config), storm::rule(config)];
    let own: Vec<Rule> = config.sources.iter().zip(definitions).flat_map(of_source).collect();
    let hub = hub.into_iter().flatten().chain(health::rules(config));
    of_file.into_iter().chain(own).chain(hub).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{at, hub};

    #[test]
    fn what_concerns_the_whole_hub_is_an_alert_of_its_own() {
        let mut hub = hub();
        hub.observe_own("targets", Metric::DEAD_LETTERS, 2.0, at(10));
        let alerts = hub.evaluate.alerts.iter();
        let own: Vec<_> = alerts.filter(|alert| alert.source.as_str() == HUB_SOURCE).collect();
        let [own] = own.as_slice() else { panic!("one alert: {own:?}") };
        assert!(own.key.as_str().starts_with("andon:targets:dead_letters:"), "{}", own.key);
        assert_eq!((own.value, own.phase_shown()), (2.0, "detected"));
    }
}
