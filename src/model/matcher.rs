//! Which alerts a route, a window or a silence is about.
//!
//! # Promises
//! - `a_matcher_takes_what_fits_each_of_its_parts`
//! - `what_covers_another_takes_all_that_it_takes`: and never the other way round by mistake.
//! - `a_matcher_says_what_it_takes`

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::model::alert::Alert;
use crate::model::business::Business;
use crate::model::metric::Metric;
use crate::model::pattern::{self, matches};
use crate::model::rule::{Priority, Severity};

/// Which alerts something is about. A part that is empty asks for nothing; one of several that
/// stand in a part is enough. Texts are patterns, see [`crate::model::pattern`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Matcher {
    /// How bad it is.
    pub severity: Vec<Severity>,
    /// How urgent it is.
    pub priority: Vec<Priority>,
    /// What it means to the business. An alert of which nobody has told that fits `unmapped`.
    pub impact: Vec<Box<str>>,
    /// What is in trouble.
    pub metric: Vec<Metric>,
    /// On which platform.
    pub platform: Vec<Box<str>>,
    /// Of which source.
    pub source: Vec<Box<str>>,
    /// Whose identifier or name.
    pub entity: Vec<Box<str>>,
    /// Of which business unit.
    pub unit: Vec<Box<str>>,
    /// The alert itself.
    pub key: Vec<Box<str>>,
}

/// What matchers look at of an alert.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// How urgent it is.
    pub priority: Priority,
    /// What it means to the business; nothing where the config names no place to ask.
    pub impact: Option<&'a str>,
    /// What is in trouble.
    pub metric: Metric,
    /// The platform.
    pub platform: &'a str,
    /// The tenant.
    pub source: &'a str,
    /// The platform's identifier of the queue, trunk, ...
    pub entity: &'a str,
    /// As people call it.
    pub entity_name: &'a str,
    /// The business unit, where somebody has told it.
    pub unit: Option<&'a str>,
    /// The alert's identity.
    pub key: &'a str,
}

impl<'a> Facts<'a> {
    /// Those of an alert as it stands, escalation left aside.
    #[must_use]
    pub fn of(alert: &'a Alert) -> Self {
        let business = alert.business.as_deref();
        Self {
            severity: alert.severity(),
            priority: alert.leading().priority,
            impact: business.map(Business::impact),
            metric: alert.metric,
            platform: &alert.platform,
            source: alert.source.as_str(),
            entity: alert.entity.as_str(),
            entity_name: &alert.entity_name,
            unit: business.and_then(|business| business.unit.as_deref()),
            key: alert.key.as_str(),
        }
    }
}

impl Matcher {
    /// Whether it is about an alert.
    #[must_use]
    pub fn takes(&self, facts: &Facts<'_>) -> bool {
        self.misfit(facts).is_none()
    }

    /// The first of its parts that an alert does not fit, as the config calls it.
    #[must_use]
    pub fn misfit(&self, facts: &Facts<'_>) -> Option<&'static str> {
        let one_fits =
            |patterns: &[Box<str>], text: &str| patterns.iter().any(|one| matches(one, text));
        let fits = |patterns: &[Box<str>], text: Option<&str>| {
            patterns.is_empty() || text.is_some_and(|text| one_fits(patterns, text))
        };
        if !among(&self.severity, &facts.severity) {
            Some("severity")
        } else if !among(&self.priority, &facts.priority) {
            Some("priority")
        } else if !among(&self.metric, &facts.metric) {
            Some("metric_type")
        } else if !fits(&self.source, Some(facts.source)) {
            Some("source")
        } else if !fits(&self.platform, Some(facts.platform)) {
            Some("platform")
        } else if !fits(&self.key, Some(facts.key)) {
            Some("alert_key")
        } else if !fits(&self.impact, facts.impact) {
            Some("business_impact")
        } else if !fits(&self.unit, facts.unit) {
            Some("unit")
        } else {
            let is_called_so =
                fits(&self.entity, Some(facts.entity)) || one_fits(&self.entity, facts.entity_name);
            (!is_called_so).then_some("entity")
        }
    }

    /// The priorities that both `priority` and `severity` leave: each begins with its severity.
    #[must_use]
    pub fn urgencies(&self) -> Vec<Priority> {
        let fits =
            |one: &Priority| among(&self.priority, one) && among(&self.severity, &one.severity());
        Priority::ALL.into_iter().filter(fits).collect()
    }

    /// Whether it surely takes everything that `other` takes. Where only many parts together would
    /// show it, the answer is no.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let all = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        holds(&self.severity, &other.severity, &all)
            && holds(&self.priority, &other.priority, &Priority::ALL)
            && holds(&self.metric, &other.metric, &Metric::all().collect::<Vec<_>>())
            && self.texts().into_iter().zip(other.texts()).all(|((_, wide), (_, narrow))| {
                let is_held = |one: &str| wide.iter().any(|wide| pattern::covers(wide, one));
                wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|one| is_held(one))
            })
    }

    /// Whether it asks for nothing, and so takes every alert.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.severity.is_empty()
            && self.priority.is_empty()
            && self.metric.is_empty()
            && self.texts().iter().all(|(_, patterns)| patterns.is_empty())
    }

    /// Its parts as the config and orders write them, those that ask for something.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, Vec<&str>)> {
        let severity = self.severity.iter().map(|one| one.as_str()).collect();
        let priority = self.priority.iter().map(|one| one.as_str()).collect();
        let metric = self.metric.iter().map(|one| one.name()).collect();
        let mut parts: Vec<(&'static str, Vec<&str>)> =
            Vec::from([("severity", severity), ("priority", priority), ("metric_type", metric)]);
        let texts = self.texts().into_iter();
        parts.extend(texts.map(|(key, texts)| (key, texts.iter().map(|text| &**text).collect())));
        parts.retain(|(_, texts)| !texts.is_empty());
        parts
    }

    fn texts(&self) -> [(&'static str, &[Box<str>]); 6] {
        [
            ("business_impact", &self.impact),
            ("platform", &self.platform),
            ("source", &self.source),
            ("entity", &self.entity),
            ("unit", &self.unit),
            ("alert_key", &self.key),
        ]
    }
}

fn among<T: PartialEq>(list: &[T], one: &T) -> bool {
    list.is_empty() || list.contains(one)
}

/// Whether a list takes in what another does. One that names all there are asks for nothing.
fn holds<T: PartialEq>(wide: &[T], narrow: &[T], all: &[T]) -> bool {
    let narrow = if narrow.is_empty() { all } else { narrow };
    wide.is_empty() || narrow.iter().all(|one| wide.contains(one))
}

/// In words, for people: `entity tier-2, severity critical or high`.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("every alert");
        }
        let words = |(key, texts): (&str, Vec<&str>)| {
            [&key.replace('_', " "), " ", &texts.join(" or ")].concat()
        };
        let parts: Vec<String> = self.parts().into_iter().map(words).collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn facts() -> Facts<'static> {
        Facts {
            severity: Severity::High,
            priority: Priority::P2,
            impact: Some("sla_violation_risk"),
            metric: Metric::find("calls_waiting").unwrap(),
            platform: "nice-cxone",
            source: "cxone-prod",
            entity: "4711",
            entity_name: "Tier 2",
            unit: Some("Support"),
            key: "cxone-prod:4711:calls_waiting:9f3a61c2",
        }
    }

    fn texts(texts: &[&str]) -> Vec<Box<str>> {
        texts.iter().map(|text| (*text).into()).collect()
    }

    fn whole() -> Matcher {
        Matcher {
            severity: Vec::from([Severity::Critical, Severity::High]),
            priority: Vec::from([Priority::P2]),
            impact: texts(&["trunk_failure", "sla_*"]),
            metric: Vec::from([Metric::find("calls_waiting").unwrap()]),
            platform: texts(&["nice-*"]),
            source: texts(&["cxone-prod"]),
            entity: texts(&["Tier ?"]),
            unit: texts(&["Support", "Sales"]),
            key: texts(&["*:9f3a61c2"]),
        }
    }

    #[test]
    fn a_matcher_takes_what_fits_each_of_its_parts() {
        assert!(whole().takes(&facts()) && Matcher::default().takes(&facts()));
        let strangers: [fn(&mut Facts<'_>); 9] = [
            |facts| facts.severity = Severity::Medium,
            |facts| facts.priority = Priority::P1,
            |facts| facts.impact = Some("unmapped"),
            |facts| facts.metric = Metric::LINK_DOWN,
            |facts| facts.platform = "genesys-cloud",
            |facts| facts.source = "cxone-test",
            |facts| facts.entity_name = "Tier 22",
            |facts| facts.unit = None,
            |facts| facts.key = "cxone-prod:4711:calls_waiting:00000000",
        ];
        for (part, make_strange) in strangers.into_iter().enumerate() {
            let mut facts = facts();
            make_strange(&mut facts);
            assert!(!whole().takes(&facts), "part {part}");
        }
        let of = |entity: &str| Matcher { entity: texts(&[entity]), ..Matcher::default() };
        assert!(of("47*").takes(&facts()) && of("Tier*").takes(&facts()));
        assert!(!of("Tier").takes(&facts()));
        let unit = Matcher { unit: texts(&["*"]), ..Matcher::default() };
        assert!(!unit.takes(&Facts { unit: None, ..facts() }), "nobody has told one");
    }

    #[test]
    fn what_covers_another_takes_all_that_it_takes() {
        let of = |entity: &[&str]| Matcher { entity: texts(entity), ..Matcher::default() };
        assert!(Matcher::default().covers(&whole()) && whole().covers(&whole()));
        assert!(!whole().covers(&Matcher::default()));
        assert!(of(&["tier-*"]).covers(&of(&["tier-1", "tier-?", "tier-*-x"])));
        assert!(!of(&["tier-*"]).covers(&of(&["tier-1", "sales"])));
        assert!(!of(&["tier-?"]).covers(&of(&["tier-*"])), "which takes tier-22 in");
        assert!(!of(&["tier-1"]).covers(&of(&["tier-?"])));
        assert!(!of(&["*"]).covers(&Matcher::default()), "which asks for no entity");
        let urgent = |list: &[Priority]| Matcher { priority: list.into(), ..Matcher::default() };
        assert!(urgent(&Priority::ALL).covers(&Matcher::default()));
        assert!(urgent(&[Priority::P1, Priority::P2]).covers(&urgent(&[Priority::P2])));
        assert!(!urgent(&[Priority::P2]).covers(&urgent(&[Priority::P1, Priority::P2])));
        let mut narrow = whole();
        narrow.metric.clear();
        assert!(!whole().covers(&narrow) && narrow.covers(&whole()));
    }

    #[test]
    fn a_matcher_says_what_it_takes() {
        assert_eq!(Matcher::default().to_string(), "every alert");
        assert_eq!(
            whole().to_string(),
            "severity critical or high, priority P2, metric type routing.queue.calls_waiting, \
             business impact trunk_failure or sla_*, platform nice-*, source cxone-prod, entity \
             Tier ?, unit Support or Sales, alert key *:9f3a61c2"
        );
    }
}
