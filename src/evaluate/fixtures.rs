//! Rules, a source and an answer for the tests of this room.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::evaluate::Evaluate;
use crate::model::answer::{Answer, Reading, Row};
use crate::model::config::SourceConfig;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{Operator, Priority, Rule};
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

/// The source `cxone`, which asks for every queue.
pub(super) fn source() -> SourceConfig {
    SourceConfig {
        name: SourceName::new("cxone").unwrap(),
        definition: "nice-cxone-guide".into(),
        platform: "nice-cxone".into(),
        parameters: BTreeMap::new(),
        entities: Vec::new(),
        webhook_register: false,
    }
}

/// Rules over that source.
pub(super) fn evaluate(rules: Vec<Rule>) -> Evaluate {
    Evaluate::new(rules, &[source()])
}

/// A moment, in seconds on both clocks.
pub(super) fn now(secs: i64) -> Now {
    Now { tick: Tick(secs * 1_000), utc: UtcMs(secs * 1_000), trust: ClockTrust::Ntp }
}

/// One queue's `calls_waiting`, without a bucket.
pub(super) fn answer_of_waiting(queue: &str, waiting: f64) -> Answer {
    Answer {
        vendor_time: UtcMs(10_000),
        bucket: None,
        every: Some(Span::secs(10)),
        metrics: [Metric::find("calls_waiting").unwrap()].into(),
        rows: Vec::from([Row { entity: EntityId::new(queue).unwrap(), name: None }]),
        readings: Vec::from([Reading::Value(waiting)]),
        rows_refused: 0,
    }
}

/// A P1 rule over every entity of the source `cxone`, with guide 2's settings: nothing waits.
pub(super) fn rule(metric: &str, operator: &str, static_value: f64) -> Rule {
    let metric = Metric::find(metric).unwrap();
    let source = SourceName::new("cxone").unwrap();
    let threshold = (metric, Operator::parse(operator).unwrap(), static_value);
    let (on_delay, off_delay) = (Span::ZERO, Span::ZERO);
    Rule { on_delay, off_delay, ..Rule::new("andon.toml:1", source, threshold, Priority::P1) }
}
