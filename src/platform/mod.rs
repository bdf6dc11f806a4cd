//! OTHER PEOPLE'S PLATFORMS, AS DATA: the source definition; token, request and answer made by it.
//!
//! A platform is a TOML file: how to authenticate, what to ask and how often, which rows of the
//! answer to take and what each field means. Those in `definitions/` are part of the binary.
//!
//! # Promises
//! - `every_built_in_definition_is_sound`
//! - `a_definition_says_what_it_needs`: the config check refuses what is missing.
//!
//! # Not here
//! When to ask, how often to try again and when to stop: that is `poll`. No request is sent.

mod answer;
mod fault;
mod file;
mod file_request;
mod path;
mod request;
mod rows;
mod template;
mod token;
mod value;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::document::Problems;
use crate::model::catalogue::{DefinitionSummary, ParameterSpec};
use crate::model::config::SourceConfig;
use crate::model::http::{Method, Reply};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::time::Span;

pub use answer::Extract;
pub use fault::{SourceFault, VendorFault};
pub use token::Token;

use path::Path;
use template::{Hole, Template, percent_encode};

/// One source definition, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    name: Box<str>,
    platform: Box<str>,
    parameters: Vec<ParameterSpec>,
    entities: Option<Box<str>>,
    monitoring_url: Option<Template>,
    interval: Span,
    offset: Span,
    auth: Auth,
    quota: QuotaHeaders,
    requests: Vec<DataRequest>,
}

/// OAuth 2.0 client credentials, with the client's id and secret in the body.
#[derive(Debug, Clone, PartialEq)]
struct Auth {
    url: Template,
    client_id: Template,
    client_secret: Template,
    scope: Option<Template>,
    token: Path,
    life_seconds: Path,
}

/// The headers that say how much may still be asked; names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct QuotaHeaders {
    remaining: Option<Box<str>>,
    limit: Option<Box<str>>,
}

/// One request for data and what its answer means.
#[derive(Debug, Clone, PartialEq)]
struct DataRequest {
    name: Box<str>,
    method: Method,
    url: Template,
    headers: Vec<(Box<str>, Template)>,
    body: Option<Vec<(Box<str>, Json)>>,
    omit_when_empty: Vec<(Box<str>, Box<str>)>,
    answer: AnswerMap,
}

/// A JSON body with placeholders in its texts; keys in the file's order.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    /// Text that is JSON as it stands: a number, true, false.
    Literal(Box<str>),
    Text(Template),
    List(Vec<Self>),
    Object(Vec<(Box<str>, Self)>),
}

/// Where in an answer our words are found.
#[derive(Debug, Clone, PartialEq)]
struct AnswerMap {
    rows: Path,
    entity_id: Path,
    entity_name: Option<Path>,
    bucket_start: Option<Path>,
    time: Option<Path>,
    metrics: Box<[Metric]>,
    places: MetricPlaces,
}

/// Where on a row the metrics are, in the order of [`AnswerMap::metrics`].
#[derive(Debug, Clone, PartialEq)]
enum MetricPlaces {
    /// Each has its own path.
    Paths(Vec<Path>),
    /// They stand in a list of `{name, value}` objects, which is read in one pass.
    List { list: Path, name_key: Box<str>, value_key: Box<str>, names: Vec<Box<str>> },
}

/// How much may still be asked, where the platform says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// Requests left in the platform's current period.
    pub remaining: Option<u64>,
    /// Requests of a whole period.
    pub limit: Option<u64>,
}

/// The definitions that are part of the binary: file name and text.
const BUILT_IN: [(&str, &str); 1] =
    [("nice-cxone-guide.toml", include_str!("definitions/nice-cxone-guide.toml"))];

/// The definitions that are part of the binary.
#[must_use]
pub fn built_in() -> Vec<Definition> {
    let parse = |(file_name, text)| Definition::parse(file_name, text);
    BUILT_IN.into_iter().filter_map(|file| parse(file).ok()).collect()
}

impl Definition {
    /// Reads and checks a definition. `file_name` is for the places in messages.
    ///
    /// # Errors
    /// Every problem in the text, with its place and what to write instead.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Problems> {
        file::parse(file_name, text)
    }

    /// What a config file may refer to.
    #[must_use]
    pub fn summary(&self) -> DefinitionSummary {
        let mut metrics: Vec<Metric> = self
            .requests
            .iter()
            .flat_map(|request| request.answer.metrics.iter().copied())
            .collect();
        metrics.sort();
        metrics.dedup();
        DefinitionSummary {
            name: self.name.clone(),
            platform: self.platform.clone(),
            parameters: self.parameters.clone(),
            metrics,
            entities_parameter: self.entities.clone(),
        }
    }

    /// The name that a config file calls it by.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// How often it is asked, and the length of a bucket, where nothing slows it down.
    #[must_use]
    pub const fn interval(&self) -> Span {
        self.interval
    }

    /// How long after the end of a bucket it is asked for.
    #[must_use]
    pub const fn offset(&self) -> Span {
        self.offset
    }

    /// How many requests for data each bucket takes, at least one.
    #[must_use]
    pub fn requests(&self) -> u8 {
        u8::try_from(self.requests.len()).unwrap_or(u8::MAX)
    }

    /// The platform's own page about an entity, for people.
    #[must_use]
    pub fn monitoring_url(&self, source: &SourceConfig, entity: &EntityId) -> Option<Box<str>> {
        let fill = |hole: &Hole| match hole == &Hole::EntityId {
            true => Ok(percent_encode(entity.as_str())),
            false => request::text_of(source, hole),
        };
        self.monitoring_url.as_ref()?.fill(fill).ok().map(Into::into)
    }

    /// How much may still be asked, by the headers of an answer.
    #[must_use]
    pub fn quota(&self, reply: &Reply) -> Quota {
        let number = |name: &Option<Box<str>>| reply.header(name.as_deref()?)?.trim().parse().ok();
        Quota { remaining: number(&self.quota.remaining), limit: number(&self.quota.limit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalogue::ParameterKind;

    #[test]
    fn every_built_in_definition_is_sound() {
        for (file_name, text) in BUILT_IN {
            let definition = Definition::parse(file_name, text).unwrap();
            assert_eq!(file_name, alloc::format!("{}.toml", definition.name()));
        }
        assert_eq!(built_in().len(), BUILT_IN.len());
    }

    #[test]
    fn a_definition_says_what_it_needs() {
        let [definition] = built_in().try_into().unwrap();
        let summary = definition.summary();
        let kinds: Vec<(&str, ParameterKind, Option<&str>)> = summary
            .parameters
            .iter()
            .map(|spec| (&*spec.name, spec.kind, spec.default.as_deref()))
            .collect();
        let wanted = [
            ("base_url", ParameterKind::Text, Some("https://api.nice-incontact.com")),
            ("client_id", ParameterKind::Text, None),
            ("client_secret", ParameterKind::Secret, None),
            ("queues", ParameterKind::List, Some("")),
        ];
        assert_eq!(kinds, wanted);
        assert_eq!(summary.entities_parameter.as_deref(), Some("queues"));
        let metrics: Vec<&str> = summary.metrics.iter().map(|metric| metric.short()).collect();
        let wanted = ["calls_waiting", "longest_wait", "abandoned_calls", "agents_available"];
        assert_eq!(metrics, wanted);
    }

    #[test]
    fn quota_headers_that_are_no_numbers_say_nothing() {
        let [definition] = built_in().try_into().unwrap();
        let reply = Reply::empty(200)
            .with_header("x-ratelimit-remaining", " 17 ")
            .with_header("x-ratelimit-limit", "many");
        assert_eq!(definition.quota(&reply), Quota { remaining: Some(17), limit: None });
    }
}
