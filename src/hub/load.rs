//! The one file with everything that it refers to: config, source definitions, texts.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::config;
use crate::document::Problems;
use crate::model::catalogue::Catalogue;
use crate::model::config::Config;
use crate::platform::{self, Definition};
use crate::target::{self, Texts};

/// A checked config, and what it refers to.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The config.
    pub config: Config,
    /// The definition of each source, in the order of the sources.
    pub definitions: Vec<Rc<Definition>>,
    /// The texts of notices.
    pub texts: Texts,
}

/// Reads a config file's text.
///
/// # Errors
/// Every problem in it, each with its place and the mend.
pub fn load(file_name: &str, text: &str) -> Result<Loaded, Problems> {
    let known: Vec<Rc<Definition>> = platform::built_in().into_iter().map(Rc::new).collect();
    let catalogue = Catalogue {
        definitions: known.iter().map(|definition| definition.summary()).collect(),
        check_template: target::check_template,
    };
    let config = config::read(file_name, text, &catalogue)?;
    let of_source = |name: &str| known.iter().find(|known| known.name() == name).cloned();
    let definitions =
        config.sources.iter().filter_map(|source| of_source(&source.definition)).collect();
    // The check has compiled the same texts; the built-in ones stand in for what it would have
    // refused.
    let texts = Texts::compile(&config.templates).unwrap_or_default();
    Ok(Loaded { config, definitions, texts })
}
