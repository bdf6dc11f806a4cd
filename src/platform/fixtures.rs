//! For the tests of this room: a source that follows a definition.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::model::config::{Parameter, SourceConfig};
use crate::model::name::SourceName;
use crate::platform::{Definition, built_in};

/// A built-in definition.
pub(super) fn named(name: &str) -> Definition {
    built_in().into_iter().find(|definition| definition.name() == name).unwrap()
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
    }
}
