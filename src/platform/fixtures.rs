//! For the tests of this room: a source that follows a definition.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::model::config::{Parameter, SourceConfig};
use crate::model::name::SourceName;
use crate::platform::{Definition, built_in};

/// A built-in definition.
pub(super) fn named(name: &str) -> Definition {
    built_in().into_iter().find(|definition| definition.name() == name).unwrap()
}

/// The definition of guide 1's payload.
pub(super) const CANONICAL: &str = include_str!("definitions/canonical.toml");

/// The one mistake in that definition with this instead of that.
pub(super) fn mistake(from: &str, to: &str) -> String {
    let text = CANONICAL.replacen(from, to, 1);
    assert_ne!(text, CANONICAL, "{from}");
    let problems = Definition::parse("f.toml", &text).unwrap_err();
    let lines: Vec<_> = problems.lines().collect();
    let [line] = lines.as_slice() else { panic!("{problems}") };
    format!("{}. {}", line.message, line.help)
}

/// A source with the definition's defaults, and these texts.
pub(super) fn source(definition: &Definition, texts: &[(&str, &str)]) -> SourceConfig {
    let summary = definition.summary();
    let defaults = summary.parameters.iter().filter_map(|spec| {
        let text = Parameter::Text(spec.default.clone()?);
        Some((spec.name.clone(), text))
    });
    let mut parameters: BTreeMap<_, _> = defaults.collect();
    parameters.extend(
        texts.iter().map(|(name, text)| (Box::from(*name), Parameter::Text((*text).into()))),
    );
    SourceConfig {
        name: SourceName::new("test").unwrap(),
        definition: summary.name,
        platform: summary.platform,
        parameters,
        entities: Vec::new(),
        webhook_register: false,
    }
}

/// A definition of one request that reads `rows`, with these tables for the login and the request.
pub(super) fn reading(auth: &str, request: &str) -> Definition {
    definition(auth, &format!("{request}\n{ANSWER}"))
}

/// A definition of one request for names.
pub(super) fn naming(request: &str) -> Definition {
    let names = r#"names = { rows = "rows", entity_id = "id", entity_name = "name" }"#;
    definition(NO_LOGIN, &format!("{request}\n{names}"))
}

fn definition(auth: &str, request: &str) -> Definition {
    let text = format!("{HEAD}{auth}\n[[request]]\nname = \"queues\"\n{request}");
    Definition::parse("test.toml", &text).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(super) const NO_LOGIN: &str = "[auth]\nkind = \"none\"";

const HEAD: &str = r#"
name = "test"
platform = "test"
interval_seconds = 10
offset_seconds = 1
window = "snapshot"
hosts = ["*.good.example", "{api_hosts}"]
entities = "queues"
parameter = [
    { name = "base_url", kind = "text", default = "https://api.example", help = "" },
    { name = "area", kind = "text", default = "na1", help = "" },
    { name = "client_secret", kind = "secret", help = "" },
    { name = "queues", kind = "list", default = [], help = "" },
    { name = "api_hosts", kind = "list", default = [], help = "" },
]
"#;

const ANSWER: &str = r#"
[request.answer]
rows = "rows"
entity_id = "id"
time_from = "receipt"
metrics = [{ metric = "calls_waiting", path = "waiting" }]
"#;
