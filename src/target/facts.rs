//! An alert's facts under the names that the guides give them, as templates and targets see them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Number, Value};

use super::cut::one_line;
use crate::limits::{BUSINESS_TEXT_CHARS_MAX, DETAIL_CHARS_MAX, ENTITY_NAME_CHARS_MAX};
use crate::model::alert::AlertKey;
use crate::model::business::{self, UNMAPPED};
use crate::model::few::Few;
use crate::model::metric::{Metric, Unit};
use crate::model::name::{EntityId, NameFault, SourceName};
use crate::model::notice::{AlertFacts, Reason};
use crate::model::rule::{Operator, Priority, Severity};
use crate::model::time::{Span, UtcMs};

/// Every variable that a template can use. A metric that the platform did not give is `none`, so
/// that only a name that no alert has is an error.
pub(super) fn variables(facts: &AlertFacts, reason: Reason) -> Map<String, Value> {
    let mut map = Map::new();
    for metric in Metric::all() {
        map.insert(metric.short().into(), Value::Null);
    }
    for (metric, value) in &facts.context {
        map.insert(metric.short().into(), number(*value));
    }
    map.insert(facts.metric.short().into(), number(facts.value));
    let unit = facts.metric.unit();
    let texts = [
        ("alert_key", facts.key.to_string()),
        ("source", facts.source.to_string()),
        ("platform", facts.platform.to_string()),
        ("entity_id", facts.entity.to_string()),
        ("entity_name", entity_name(facts)),
        ("metric", facts.metric.short().to_string()),
        ("metric_type", facts.metric.name().to_string()),
        ("value_text", unit.show(facts.value)),
        ("threshold_text", unit.show(facts.threshold)),
        ("operator", facts.operator.to_string()),
        ("breach_direction", facts.operator.direction().to_string()),
        ("priority", facts.priority.to_string()),
        ("severity", facts.severity.to_string()),
        ("reason", reason.as_str().to_string()),
        ("first_breach_timestamp", facts.first_breach.rfc3339()),
        ("breach_duration", duration(facts).to_string()),
        ("business_impact", impact(facts)),
    ];
    map.extend(texts.map(|(name, text)| (name.into(), Value::String(text))));
    let numbers = [
        ("breach_duration_seconds", facts.breach_duration_seconds),
        ("notification_count", facts.notification_count),
        ("held_back", facts.held_back),
        ("held_alerts", held_alerts(facts)),
        ("raises", facts.raises),
        ("open_seconds", facts.open_seconds),
    ];
    map.extend(numbers.map(|(name, number)| (name.into(), Value::from(number))));
    map.insert("current_value".into(), number(facts.value));
    map.insert("threshold_value".into(), number(facts.threshold));
    map.insert("worst_value".into(), number(worst(facts)));
    map.insert("resolved".into(), Value::Bool(facts.resolved));
    map.insert("detail".into(), detail(facts).map_or(Value::Null, Value::from));
    map.insert("monitoring_url".into(), link(facts).map_or(Value::Null, Value::from));
    let texts = [
        ("business_unit", business_unit(facts)),
        ("owner", owner(facts)),
        ("runbook", runbook(facts).map(Into::into)),
        ("ended_because", facts.lapse.as_ref().map(ToString::to_string)),
        ("dependents", dependents(facts)),
        ("cause", cause(facts)),
    ];
    map.extend(texts.map(|(name, text)| (name.into(), text.map_or(Value::Null, Value::from))));
    map
}

/// What the numbers do not say, in one bounded line.
pub(super) fn detail(facts: &AlertFacts) -> Option<String> {
    facts.detail.as_ref().map(|text| one_line(text, DETAIL_CHARS_MAX))
}

/// What trouble with the entity means to the business: guide 1's word where nobody has told.
pub(super) fn impact(facts: &AlertFacts) -> String {
    let told = facts.business.as_ref().and_then(|business| business.impact.as_deref());
    told.map_or_else(|| UNMAPPED.into(), |text| one_line(text, BUSINESS_TEXT_CHARS_MAX))
}

/// The business unit.
pub(super) fn business_unit(facts: &AlertFacts) -> Option<String> {
    let text = facts.business.as_ref()?.unit.as_deref()?;
    Some(one_line(text, BUSINESS_TEXT_CHARS_MAX))
}

/// Who answers for the entity.
pub(super) fn owner(facts: &AlertFacts) -> Option<String> {
    let text = facts.business.as_ref()?.owner.as_deref()?;
    Some(one_line(text, BUSINESS_TEXT_CHARS_MAX))
}

/// The page about what to do.
pub(super) fn runbook(facts: &AlertFacts) -> Option<&str> {
    facts.business.as_ref()?.runbook.as_deref().and_then(business::link)
}

/// How many alerts it holds back.
pub(super) fn held_alerts(facts: &AlertFacts) -> u32 {
    facts.kin.as_ref().map_or(0, |kin| kin.held)
}

/// The alerts that stand behind it: `200 held back: Tier-1 calls_waiting, ... and 192 more`.
pub(super) fn dependents(facts: &AlertFacts) -> Option<String> {
    let kin = facts.kin.as_ref().filter(|kin| kin.dependents() > 0)?;
    let counts = [(kin.held, "held back"), (kin.related, "probably caused, told by themselves")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    let names: Vec<String> =
        kin.names.iter().map(|name| one_line(name, ENTITY_NAME_CHARS_MAX)).collect();
    let named = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let more = match kin.dependents().saturating_sub(named) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{}: {}{more}", counts.join(", "), names.join(", ")))
}

/// What it depended on, or what may have caused it.
pub(super) fn cause(facts: &AlertFacts) -> Option<String> {
    let kin = facts.kin.as_ref()?;
    let name = |name: &str| one_line(name, ENTITY_NAME_CHARS_MAX);
    match (&kin.outlived, &kin.cause) {
        (Some(outlived), _) => Some(format!("held back behind {} until now", name(outlived))),
        (None, Some(cause)) => Some(format!("probably {}", name(cause))),
        (None, None) => None,
    }
}

/// A number as the guides print it: `22`, not `22.0`. Null where there is none.
pub(super) fn number(value: f64) -> Value {
    serde_json::from_str::<Number>(&value.to_string()).map_or(Value::Null, Value::Number)
}

/// A context metric's name with its unit, as in guide 2's `longest_wait_seconds`.
pub(super) fn name_with_unit(metric: Metric) -> String {
    match metric.unit() {
        Unit::Seconds => format!("{}_seconds", metric.short()),
        Unit::PerMinute => format!("{}_per_minute", metric.short()),
        Unit::Megabytes => format!("{}_megabytes", metric.short()),
        Unit::Count | Unit::Ratio | Unit::Boolean | Unit::Severity => metric.short().into(),
    }
}

/// The entity's name, in one bounded line: the platform's text may be anything.
pub(super) fn entity_name(facts: &AlertFacts) -> String {
    one_line(&facts.entity_name, ENTITY_NAME_CHARS_MAX)
}

/// The platform's page about the entity, where it can be a link at all.
pub(super) fn link(facts: &AlertFacts) -> Option<&str> {
    facts.monitoring_url.as_deref().and_then(business::link)
}

/// The value that was furthest on the wrong side of the threshold.
pub(super) fn worst(facts: &AlertFacts) -> f64 {
    let is_above = facts.operator.direction() == Operator::AtLeast.direction();
    let is_far = (facts.high - facts.threshold).abs() >= (facts.low - facts.threshold).abs();
    let is_below = facts.operator.direction() == Operator::AtMost.direction();
    if is_above || (is_far && !is_below) { facts.high } else { facts.low }
}

/// How long the episode lasts, or lasted.
pub(super) fn duration(facts: &AlertFacts) -> Span {
    Span::secs(facts.breach_duration_seconds.into())
}

/// The alert of guide 2's example, bare of context and link: what templates are checked against.
///
/// # Errors
/// None of its names is unfit; the constructors cannot know that.
pub(super) fn sample(reason: Reason) -> Result<AlertFacts, NameFault> {
    let metric = Metric::all().find(|metric| metric.short() == "calls_waiting");
    let metric = metric.unwrap_or(Metric::DATA_AGE);
    let source = SourceName::new("cxone-prod")?;
    let entity = EntityId::new("queue-id-8f3a2c1d")?;
    let resolved = reason == Reason::Recovered;
    Ok(AlertFacts {
        key: AlertKey::of(&source, "nice-cxone", metric, &entity),
        source,
        platform: "nice-cxone".into(),
        entity,
        entity_name: "Tier-2 Support".into(),
        metric,
        operator: Operator::AtLeast,
        value: if resolved { 4.0 } else { 22.0 },
        threshold: 15.0,
        priority: Priority::P1,
        severity: Severity::Critical,
        resolved,
        first_breach: UtcMs(1_715_783_495_000),
        breach_duration_seconds: if resolved { 720 } else { 45 },
        notification_count: 1,
        held_back: 0,
        raises: 1,
        open_seconds: if resolved { 720 } else { 45 },
        low: if resolved { 4.0 } else { 18.0 },
        high: 22.0,
        context: Few::new(),
        detail: None,
        monitoring_url: None,
        business: None,
        lapse: None,
        told_late_seconds: 0,
        kin: None,
        hand: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::dependency::Kin;
    use alloc::boxed::Box;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    #[test]
    fn a_whole_number_has_no_point_and_no_number_is_null() {
        let shown = |value| number(value).to_string();
        assert_eq!([shown(22.0), shown(0.18), shown(-3.5)], ["22", "0.18", "-3.5"]);
        assert_eq!([shown(f64::NAN), shown(f64::INFINITY)], ["null", "null"]);
    }

    #[test]
    fn a_metric_that_is_not_given_is_none_and_the_alerts_own_has_its_value() {
        let map = variables(&sample(Reason::FirstBreach).unwrap(), Reason::FirstBreach);
        assert_eq!(map["calls_waiting"], 22);
        assert_eq!(map["agents_available"], Value::Null);
    }

    #[test]
    fn what_cannot_be_a_link_is_none() {
        let mut facts = sample(Reason::FirstBreach).unwrap();
        for bad in ["javascript:alert(1)", "https://x.example/a b", &"https://x/".repeat(300)] {
            facts.monitoring_url = Some(bad.into());
            assert_eq!(link(&facts), None, "{bad}");
        }
        facts.monitoring_url = Some("https://x.example/q?a=1&b=2".into());
        assert_eq!(link(&facts), Some("https://x.example/q?a=1&b=2"));
    }

    /// The highest where high is bad, the lowest where low is, and else what was furthest away.
    #[test]
    fn the_worst_value_is_on_the_wrong_side() {
        let mut facts = sample(Reason::FirstBreach).unwrap();
        let mut found = |operator, low, high| {
            (facts.operator, facts.low, facts.high) = (operator, low, high);
            worst(&facts)
        };
        for (operator, low, high, wanted) in [
            (Operator::AtLeast, 0.0, 16.0, 16.0),
            (Operator::Above, 0.0, 16.0, 16.0),
            (Operator::AtMost, 14.0, 99.0, 14.0),
            (Operator::Below, 14.0, 99.0, 14.0),
            (Operator::NotEqual, 2.0, 22.0, 2.0),
            (Operator::NotEqual, 10.0, 22.0, 22.0),
            (Operator::NotEqual, 14.0, 16.0, 16.0),
        ] {
            assert!((found(operator, low, high) - wanted).abs() < 1e-9, "{operator} {low} {high}");
        }
    }

    #[test]
    fn what_stands_behind_it_is_counted_by_its_kind() {
        let mut facts = sample(Reason::FirstBreach).unwrap();
        assert_eq!((dependents(&facts), cause(&facts), held_alerts(&facts)), (None, None, 0));
        let mut said = |held, related, names: &[&str]| {
            let names = names.iter().map(|name| Box::from(*name)).collect();
            facts.kin = Some(Box::new(Kin { held, related, names, ..Kin::default() }));
            (dependents(&facts), held_alerts(&facts))
        };
        let text = |text: &str| Some(text.into());
        assert_eq!(said(0, 0, &[]), (None, 0));
        assert_eq!(said(2, 0, &["a", "b"]), (text("2 held back: a, b"), 2));
        let both = "3 held back, 1 probably caused, told by themselves: a, b and 2 more";
        assert_eq!(said(3, 1, &["a", "b"]), (text(both), 3));
        let related = "1 probably caused, told by themselves: a";
        assert_eq!(said(0, 1, &["a"]), (text(related), 0));
        let mut said = |outlived: Option<&str>, of: Option<&str>| {
            let outlived = outlived.map(Box::from);
            facts.kin =
                Some(Box::new(Kin { outlived, cause: of.map(Box::from), ..Kin::default() }));
            cause(&facts)
        };
        assert_eq!(said(Some("a"), Some("b")), text("held back behind a until now"));
        assert_eq!(said(None, Some("b")), text("probably b"));
        assert_eq!(said(None, None), None);
    }

    /// What templates and bodies are given.
    #[test]
    fn every_name_has_its_value() {
        let mut facts = sample(Reason::FirstBreach).unwrap();
        facts.detail = Some("no data".into());
        facts.kin =
            Some(Box::new(Kin { held: 1, names: Vec::from(["a".into()]), ..Kin::default() }));
        let map = variables(&facts, Reason::FirstBreach);
        let of = |name: &str| map.get(name).map(ToString::to_string).unwrap_or_default();
        for (name, wanted) in [
            ("worst_value", "22"),
            ("breach_duration_seconds", "45"),
            ("detail", "\"no data\""),
            ("dependents", "\"1 held back: a\""),
            ("entity_name", "\"Tier-2 Support\""),
        ] {
            assert_eq!(of(name), wanted, "{name}");
        }
    }
}
