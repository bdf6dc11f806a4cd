//! OTHER PEOPLE'S PLATFORMS, AS DATA: the source definition; token, request and answer made by it.
//!
//! A platform is a TOML file: how to authenticate, what to ask and how often, which rows of the
//! answer to take and what each field means. Those in `definitions/` are part of the binary; the
//! operator's own lie beside the config. `docs/source-definition.md` has every key.
//!
//! # Promises
//! - `every_built_in_definition_is_sound`
//! - `a_definition_says_what_it_needs`: the config check refuses what is missing.
//!
//! # Not here
//! When to ask, how often to try again and when to stop: that is `poll`. No request is sent.

mod answer;
mod aws;
mod case;
mod cmdb;
mod convert;
mod discovery;
mod fault;
mod file;
mod file_answer;
mod file_auth;
mod file_parameter;
mod file_proof;
mod file_registration;
mod file_request;
mod file_webhook;
mod fill;
#[cfg(test)]
mod fixtures;
mod gather;
mod headers;
mod held;
mod login;
mod map;
mod mentioned;
mod names;
mod page;
mod path;
mod registration;
mod request;
mod row;
mod rows;
mod template;
mod value;
mod webhook;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::document::Problems;
use crate::limits::FALLBACK_INTERVAL;
use crate::model::answer::Bucket;
use crate::model::catalogue::{DefinitionSummary, ParameterSpec};
use crate::model::config::SourceConfig;
use crate::model::http::{Method, percent_encode};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::secret::Secrets;
use crate::model::time::{Span, UtcMs};

pub use answer::{Extract, Part};
pub use cmdb::{Cmdb, Login, NotAsked, Questioned, Told, check_path};
pub use fault::{SourceFault, VendorFault};
pub use fill::{About, Lists};
pub use headers::Quota;
pub use held::Held;
pub use login::{LoginDraft, LoginStep, Session};
pub use names::{Gives, Named};
pub use page::{Left, Place};
pub use registration::{Deed, Goal, Listed, Registering, RegistrationStep, Standing};
pub use request::Exchange;
pub use webhook::{Forgery, NotUnderstood, Opened, Proven, Seal, Trust, Webhook};

use discovery::Discovery;
use fill::Filling;
use headers::{QuotaHeaders, RefusalHeaders};
use login::{Auth, Texts};
use map::AnswerMap;
use names::NameMap;
use page::Paging;
use path::Path;
use template::{Hole, Template};

/// One source definition, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    name: Box<str>,
    platform: Box<str>,
    parameters: Vec<ParameterSpec>,
    /// What a parameter's text stands for, by its name and that text: a default with placeholders
    /// in it, or a word of a table.
    meanings: BTreeMap<Box<str>, BTreeMap<Box<str>, Template>>,
    entities: Option<Box<str>>,
    monitoring_url: Option<Template>,
    interval: Span,
    offset: Span,
    /// Where addresses in answers may lead.
    hosts: Vec<Template>,
    auth: Auth,
    discovery: Vec<Discovery>,
    quota: QuotaHeaders,
    refusals: RefusalHeaders,
    requests: Vec<DataRequest>,
    /// What the platform pushes.
    webhook: Option<Webhook>,
}

/// One request for data and what its answer means.
#[derive(Debug, Clone, PartialEq)]
struct DataRequest {
    name: Box<str>,
    interval: Span,
    /// How often while webhooks are silent, where that is not the usual.
    fallback: Option<Span>,
    offset: Span,
    /// Whether the source sees without it: not every tenant allows everything.
    optional: bool,
    window: Window,
    /// Whether the request names the start of its window.
    names_window: bool,
    /// How much of the past is asked about, where that is not the bucket.
    window_length: Option<Span>,
    /// The list that is asked for in parts, and how many of it at once.
    batch: Option<(Box<str>, usize)>,
    paging: Paging,
    since: Option<Since>,
    method: Method,
    url: Template,
    headers: Vec<(Box<str>, Template)>,
    body: Option<Vec<(Box<str>, Json)>>,
    omit_when_empty: Vec<(Box<str>, Box<str>)>,
    purpose: Purpose,
}

/// What an answer is for.
#[derive(Debug, Clone, PartialEq)]
enum Purpose {
    /// Readings.
    Readings(Box<AnswerMap>),
    /// The names of entities, and which there are.
    Names(Box<NameMap>),
}

/// Only what has changed is asked for.
#[derive(Debug, Clone, PartialEq)]
struct Since {
    first: Box<str>,
    next: Path,
}

/// A JSON body with placeholders in its texts; keys in the file's order.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    /// Text that is JSON as it stands: a number, true, false.
    Literal(Box<str>),
    Text(Template),
    List(Vec<Self>),
    /// A list with one element for each of the list that a placeholder names.
    Each(Hole, Box<Self>),
    Object(Vec<(Box<str>, Self)>),
}

/// What the answer to a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// A bucket of its own, which no other answer's overlaps.
    #[default]
    Interval,
    /// The moment at which it is given.
    Snapshot,
    /// A stretch up to that moment, which overlaps those of other answers.
    Rolling,
}

/// What the hub asked for, where an answer does not say it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// What the answer is about.
    pub window: Window,
    /// The length of a bucket.
    pub length: Span,
    /// The moment at which the answer came, by the platform's clock as far as it is known.
    pub vendor_now: UtcMs,
    /// The bucket, where the request named its start and end.
    pub bucket: Option<Bucket>,
}

/// The definitions that are part of the binary: file name and text.
const BUILT_IN: [(&str, &str); 14] = [
    ("genesys-cloud.toml", include_str!("definitions/genesys-cloud.toml")),
    ("genesys-cloud-guide.toml", include_str!("definitions/genesys-cloud-guide.toml")),
    ("nice-cxone.toml", include_str!("definitions/nice-cxone.toml")),
    ("nice-cxone-guide.toml", include_str!("definitions/nice-cxone-guide.toml")),
    ("amazon-connect.toml", include_str!("definitions/amazon-connect.toml")),
    ("statuspage.toml", include_str!("definitions/statuspage.toml")),
    ("json.toml", include_str!("definitions/json.toml")),
    ("heartbeat.toml", include_str!("definitions/heartbeat.toml")),
    ("canonical.toml", include_str!("definitions/canonical.toml")),
    ("alertmanager.toml", include_str!("definitions/alertmanager.toml")),
    ("grafana.toml", include_str!("definitions/grafana.toml")),
    ("cloudevents.toml", include_str!("definitions/cloudevents.toml")),
    ("genesys-eventbridge.toml", include_str!("definitions/genesys-eventbridge.toml")),
    ("nice-nexus.toml", include_str!("definitions/nice-nexus.toml")),
];

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
        let pushed = self.webhook.iter().flat_map(Webhook::metrics);
        let mut metrics: Vec<Metric> = self.polled().chain(pushed).collect();
        metrics.sort();
        metrics.dedup();
        DefinitionSummary {
            name: self.name.clone(),
            platform: self.platform.clone(),
            parameters: self.parameters.clone(),
            metrics,
            entities_parameter: self.entities.clone(),
            takes_webhooks: self.webhook.is_some(),
            signs_address: self.webhook.as_ref().is_some_and(Webhook::signs_address),
            registers_webhooks: self.registers_webhooks(),
        }
    }

    /// The metrics that its requests give; one may come twice.
    pub fn polled(&self) -> impl Iterator<Item = Metric> {
        let answers = self.requests.iter().filter_map(DataRequest::answer);
        answers.flat_map(|answer| answer.metrics.iter().copied())
    }

    /// What the platform pushes, if anything.
    #[must_use]
    pub const fn webhook(&self) -> Option<&Webhook> {
        self.webhook.as_ref()
    }

    /// The name that a config file calls it by.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// How often request number `index` is made, and the length of its bucket, where nothing slows
    /// it down.
    #[must_use]
    pub fn interval(&self, index: u8) -> Span {
        self.request(index).map_or(self.interval, |request| request.interval)
    }

    /// How often request number `index` is made while the platform's webhooks are silent: as the
    /// definition says, else every minute, and never more seldom than usual.
    #[must_use]
    pub fn fallback_interval(&self, index: u8) -> Span {
        let usual = self.interval(index);
        let request = self.request(index).ok();
        match request.filter(|request| matches!(request.purpose, Purpose::Readings(_))) {
            Some(request) => request.fallback.unwrap_or(FALLBACK_INTERVAL).min(usual),
            // Names do not change for want of webhooks.
            None => usual,
        }
    }

    /// How long after the end of a bucket request number `index` is made.
    #[must_use]
    pub fn offset(&self, index: u8) -> Span {
        self.request(index).map_or(self.offset, |request| request.offset)
    }

    /// What the log calls request number `index`.
    #[must_use]
    pub fn request_name(&self, index: u8) -> Option<&str> {
        self.request(index).ok().map(|request| &*request.name)
    }

    /// How many requests for data there are, at least one.
    #[must_use]
    pub fn requests(&self) -> u8 {
        u8::try_from(self.requests.len()).unwrap_or(u8::MAX)
    }

    /// The platform's own page about an entity, for people.
    #[must_use]
    pub fn monitoring_url(&self, source: &SourceConfig, entity: &EntityId) -> Option<Box<str>> {
        let (secrets, texts) = (Secrets::default(), Texts::new());
        let filling = Filling::new(self, source, &secrets, &texts);
        let fill = |hole: &Hole| match hole == &Hole::EntityId {
            true => Ok(percent_encode(entity.as_str())),
            false => filling.text(hole),
        };
        self.monitoring_url.as_ref()?.fill(fill).ok().map(Into::into)
    }

    /// What the text of a parameter stands for, where that is not the text itself.
    fn meaning(&self, parameter: &str, text: &str) -> Option<&Template> {
        self.meanings.get(parameter)?.get(text)
    }

    /// Whether the source sees without request number `index`.
    #[must_use]
    pub fn is_optional(&self, index: u8) -> bool {
        self.request(index).is_ok_and(|request| request.optional)
    }
}

impl Json {
    /// Whether a placeholder stands in one of its texts.
    fn has(&self, hole: &Hole) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Text(template) => template.has(hole),
            Self::List(list) => list.iter().any(|json| json.has(hole)),
            Self::Each(list, element) => list == hole || element.has(hole),
            Self::Object(entries) => entries.iter().any(|(_, json)| json.has(hole)),
        }
    }
}

impl DataRequest {
    const fn answer(&self) -> Option<&AnswerMap> {
        match &self.purpose {
            Purpose::Readings(answer) => Some(answer),
            Purpose::Names(_) => None,
        }
    }

    /// The platform's names of the metrics.
    fn names(&self) -> &[Box<str>] {
        self.answer().map(AnswerMap::names).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalogue::ParameterKind;

    #[test]
    fn every_built_in_definition_is_sound() {
        for (file_name, text) in BUILT_IN {
            let parsed = Definition::parse(file_name, text);
            let definition = parsed.unwrap_or_else(|problems| panic!("{problems}"));
            assert_eq!(file_name, alloc::format!("{}.toml", definition.name()));
        }
        assert_eq!(built_in().len(), BUILT_IN.len());
    }

    #[test]
    fn a_definition_says_what_it_needs() {
        let definition = fixtures::named("nice-cxone-guide");
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
            ("scope", ParameterKind::Text, Some("realtime:read analytics:read")),
            ("platform_url", ParameterKind::Text, Some("https://platform.nice-incontact.com")),
            ("webhook_name", ParameterKind::Text, Some("cc-aws-health-ingest")),
            ("queues", ParameterKind::List, Some("")),
        ];
        assert_eq!(kinds, wanted);
        assert_eq!(summary.entities_parameter.as_deref(), Some("queues"));
        let metrics: Vec<&str> = summary.metrics.iter().map(|metric| metric.short()).collect();
        let polled = ["calls_waiting", "longest_wait", "abandoned_calls", "agents_available"];
        let wanted = [&polled[..], &["connected", "severity"]].concat();
        assert_eq!(metrics, wanted);
    }
}
