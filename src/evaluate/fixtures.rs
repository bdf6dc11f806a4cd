//! Rules for the tests of this room.

use crate::model::metric::Metric;
use crate::model::name::SourceName;
use crate::model::rule::{Operator, Priority, RateForm, Rule, Scope};
use crate::model::time::Span;

/// A P1 rule over every entity of the source `cxone`, with guide 2's settings.
pub(super) fn rule(metric: &str, operator: &str, static_value: f64) -> Rule {
    let metric = Metric::find(metric).unwrap();
    Rule {
        origin: "andon.toml:1".into(),
        source: SourceName::new("cxone").unwrap(),
        scope: Scope::All,
        metric,
        operator: Operator::parse(operator).unwrap(),
        static_value,
        scaling: None,
        priority: Priority::P1,
        margin_percent: 10.0,
        margin_value: metric.margin_floor(),
        rate: RateForm::SlidingMinute,
        cooldown: Span::secs(300),
        escalation_threshold: Span::secs(600),
    }
}
