//! What the config check has to know of the source definitions, without knowing any platform.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::model::metric::Metric;

/// What a parameter of a source takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A text in the file: `base_url = "https://..."`.
    Text,
    /// A reference to a secret, and nothing else: `client_secret = { credential = "..." }`.
    Secret,
    /// A list of texts: `queues = ["..."]`.
    List,
}

/// One parameter that a source definition has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSpec {
    /// The key in the `[[source]]` table.
    pub name: Box<str>,
    /// What it takes.
    pub kind: ParameterKind,
    /// What it is when the file does not say; without one the file has to.
    pub default: Option<Box<str>>,
    /// The words that a text has to be one of; none: any text.
    pub words: Vec<Box<str>>,
    /// What it is for, for the message when it is missing.
    pub help: Box<str>,
}

/// Everything outside the file that a config file may refer to, and the judges of its templates
/// and paths.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The source definitions there are.
    pub definitions: Vec<DefinitionSummary>,
    /// Says what is wrong with a template's text: it is compiled and rendered for every reason.
    pub check_template: fn(&str) -> Result<(), TemplateFault>,
    /// Says the same of the template of a webhook's body.
    pub check_body: fn(&str, BodyForm) -> Result<(), TemplateFault>,
    /// Says what is wrong with a JMESPath expression, completing "it ..." or "the expression ...".
    pub check_path: fn(&str) -> Result<(), String>,
}

/// What the body of a webhook has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// JSON.
    Json,
    /// Whatever its receiver takes.
    Any,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The line within the template, from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
}

/// One source definition, as far as a config file refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionSummary {
    /// The value of `definition = "..."`.
    pub name: Box<str>,
    /// The platform it speaks to: `nice-cxone`.
    pub platform: Box<str>,
    /// The parameters it has.
    pub parameters: Vec<ParameterSpec>,
    /// The metrics it gives.
    pub metrics: Vec<Metric>,
    /// The name of the [`ParameterKind::List`] parameter that lists the entities to ask for, if
    /// any.
    pub entities_parameter: Option<Box<str>>,
    /// Whether the platform pushes: `webhook_secret` is a key then.
    pub takes_webhooks: bool,
    /// Whether its senders sign the address that they send to: `webhook_url` has to say it then.
    pub signs_address: bool,
    /// Whether the hub can register its webhook with the platform: `webhook_register` may be true.
    pub registers_webhooks: bool,
}
