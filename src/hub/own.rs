//! What the hub knows of a source by itself is a sample like any other; its entity is the source.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::hub::{blind, enrichment, fallback, pushed, renewal, unread};
use crate::model::answer::{Answer, Reading, Row};
use crate::model::config::{Config, SourceConfig};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::rule::{Operator, Rule, Scope};
use crate::model::time::Now;
use crate::platform::Definition;

/// One reading of one metric of a source itself.
pub(super) fn sample(source: &EntityId, metric: Metric, value: f64, now: Now) -> Answer {
    Answer {
        vendor_time: now.utc,
        bucket: None,
        metrics: [metric].into(),
        rows: Vec::from([Row { entity: source.clone(), name: None }]),
        readings: Vec::from([Reading::Value(value)]),
        rows_refused: 0,
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

/// The file's rules and those that the hub has of itself: what makes a source blind, a token fail,
/// a payload unread, and a sender's own judgement count.
pub(super) fn with_own(
    of_file: Vec<Rule>,
    config: &Config,
    definitions: &[Rc<Definition>],
) -> Vec<Rule> {
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
    let own: Vec<Rule> = config.sources.iter().zip(definitions).flat_map(of_source).collect();
    of_file.into_iter().chain(own).collect()
}
