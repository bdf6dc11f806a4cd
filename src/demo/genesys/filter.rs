//! The filter of an analytics query: predicates under and/or, at most two levels of them.
//!
//! Whatever the vendor knows beside `queueId` and `mediaType` is refused here, so that nobody
//! believes a filter to work that does not.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::Value;

use crate::demo::genesys::refusal::Refusal;

/// The only medium of the simulated centre.
pub(super) const VOICE: &str = "voice";

/// Queue predicates of one query. The vendor's own bound is not documented; 100 is what its queries
/// about users take.
const QUEUES_MAX: usize = 100;

/// A filter, as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    #[serde(rename = "type")]
    logic: Logic,
    #[serde(default)]
    clauses: Vec<Clause>,
    #[serde(default)]
    predicates: Vec<Predicate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clause {
    #[serde(rename = "type")]
    logic: Logic,
    predicates: Vec<Predicate>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Logic {
    And,
    Or,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    #[serde(rename = "type", default)]
    kind: Kind,
    dimension: Dimension,
    #[serde(default)]
    operator: Operator,
    value: Option<String>,
    /// Of numbers only, which no dimension here is.
    range: Option<Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Dimension,
    Property,
    Metric,
}

/// What a query can filter and group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Dimension {
    QueueId,
    MediaType,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Operator {
    #[default]
    Matches,
    Exists,
    NotExists,
}

/// What a group of results is about. Users have no medium.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) queue: &'a str,
    pub(super) medium: Option<&'a str>,
}

impl Filter {
    /// Refuses a filter that the vendor would not take, or that this simulation does not know.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.predicates.is_empty() && self.clauses.is_empty() {
            return Err(Refusal::bad("filter has to have predicates or clauses"));
        }
        if self.clauses.iter().any(|clause| clause.predicates.is_empty()) {
            return Err(Refusal::bad("a clause of the filter has no predicates"));
        }
        let mut queues = 0_usize;
        for predicate in self.all() {
            predicate.check()?;
            queues += usize::from(predicate.dimension == Dimension::QueueId);
        }
        if queues > QUEUES_MAX {
            let why = format!("{queues} queueId predicates are more than {QUEUES_MAX}");
            return Err(Refusal::bad(why));
        }
        Ok(())
    }

    /// Whether a group belongs to the results.
    pub(super) fn admits(&self, subject: Subject<'_>) -> bool {
        let clauses = self.clauses.iter().map(|clause| {
            clause.logic.of(clause.predicates.iter().map(|predicate| predicate.admits(subject)))
        });
        self.logic.of(clauses.chain(self.predicates.iter().map(|p| p.admits(subject))))
    }

    fn all(&self) -> impl Iterator<Item = &Predicate> {
        self.clauses.iter().flat_map(|clause| &clause.predicates).chain(&self.predicates)
    }
}

impl Logic {
    fn of(self, mut parts: impl Iterator<Item = bool>) -> bool {
        match self {
            Self::And => parts.all(|part| part),
            Self::Or => parts.any(|part| part),
        }
    }
}

impl Predicate {
    fn check(&self) -> Result<(), Refusal> {
        if self.kind != Kind::Dimension || self.range.is_some() {
            return Err(Refusal::bad("this simulation knows predicates on dimensions only"));
        }
        match (self.operator, &self.value) {
            (Operator::Matches, None) => Err(Refusal::bad("a predicate that matches has no value")),
            (Operator::Exists | Operator::NotExists, Some(_)) => {
                Err(Refusal::bad("a predicate on existence has a value"))
            }
            (Operator::Matches, Some(_)) | (Operator::Exists | Operator::NotExists, None) => Ok(()),
        }
    }

    fn admits(&self, subject: Subject<'_>) -> bool {
        let found = match self.dimension {
            Dimension::QueueId => Some(subject.queue),
            Dimension::MediaType => subject.medium,
        };
        match self.operator {
            Operator::Matches => found.is_some() && found == self.value.as_deref(),
            Operator::Exists => found.is_some(),
            Operator::NotExists => found.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn filter(text: Value) -> Result<Filter, Refusal> {
        let filter: Filter = from_value(text).map_err(|fault| Refusal::bad(format!("{fault}")))?;
        filter.check().map(|()| filter)
    }

    fn queues(count: usize) -> Vec<Value> {
        (0..count).map(|n| json!({ "dimension": "queueId", "value": format!("q{n}") })).collect()
    }

    #[test]
    fn clauses_are_joined_as_they_say() {
        let voice = json!({ "dimension": "mediaType", "value": "voice" });
        let filter = filter(json!({ "type": "and", "clauses": [
            { "type": "or", "predicates": queues(2) },
            { "type": "or", "predicates": [voice] },
        ]}))
        .unwrap();
        let admits = |queue, medium| filter.admits(Subject { queue, medium });
        assert!(admits("q0", Some("voice")) && admits("q1", Some("voice")));
        assert!(!admits("q2", Some("voice")) && !admits("q0", Some("chat")));
        assert!(!admits("q0", None), "users have no medium");
    }

    #[test]
    fn existence_can_be_asked_for() {
        let filter = |operator: &str| {
            let predicate = json!({ "dimension": "mediaType", "operator": operator });
            filter(json!({ "type": "or", "predicates": [predicate] })).unwrap()
        };
        let users = Subject { queue: "q", medium: None };
        assert!(filter("notExists").admits(users) && !filter("exists").admits(users));
    }

    #[test]
    fn a_filter_that_is_off_is_refused() {
        let refused = |text: Value| filter(text).is_err();
        assert!(!refused(json!({ "type": "or", "predicates": queues(100) })));
        assert!(refused(json!({ "type": "or", "predicates": queues(101) })));
        assert!(refused(json!({ "type": "or" })), "nothing in it");
        assert!(refused(json!({ "predicates": queues(1) })), "no type");
        assert!(refused(json!({ "type": "not", "predicates": queues(1) })));
        assert!(refused(json!({ "type": "or", "predicates": [{ "dimension": "queueId" }] })));
        let user = json!({ "dimension": "userId", "value": "u" });
        assert!(refused(json!({ "type": "or", "predicates": [user] })));
        let nested = json!({ "type": "or", "clauses": [], "predicates": queues(1) });
        assert!(refused(json!({ "type": "or", "clauses": [nested] })), "two levels at most");
    }
}
