//! The one file with everything that it refers to: config, source definitions, texts.
//!
//! # Promises
//! - `a_definition_of_the_operators_is_one_more`
//! - `a_definition_that_is_called_like_a_built_in_one_replaces_it`
//! - `two_files_cannot_give_one_name`

use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::config;
use crate::document::{Document, Problems};
use crate::model::catalogue::Catalogue;
use crate::model::config::Config;
use crate::platform::{self, Cmdb, Definition};
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
    /// The configuration database, where the config names one.
    pub cmdb: Option<Cmdb>,
}

impl Loaded {
    /// Takes in the CSV file that the config names.
    ///
    /// # Errors
    /// Every problem in it.
    pub fn add_csv(&mut self, file_name: &str, text: &str) -> Result<(), Problems> {
        let rows = config::read_csv(file_name, text, &self.config)?;
        self.config.enrichment.rows.extend(rows);
        Ok(())
    }
}

/// The source definitions that a config may name: those of the binary, and the operator's own.
#[derive(Debug, Clone)]
pub struct Library {
    definitions: Vec<Rc<Definition>>,
    own: Vec<Own>,
}

/// A definition of the operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The file that it stands in.
    pub file: Box<str>,
    /// What a `[[source]]` calls it by.
    pub name: Box<str>,
    /// Whose place it takes.
    pub instead_of: Standing,
}

/// Whether a name had a meaning before the operator gave it one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The name is new.
    Nobody,
    /// A definition of the binary has it, and gives way.
    BuiltIn,
}

impl Library {
    /// What is part of the binary.
    #[must_use]
    pub fn built_in() -> Self {
        let definitions = platform::built_in().into_iter().map(Rc::new).collect();
        Self { definitions, own: Vec::new() }
    }

    /// The same with the operator's own: file names and texts.
    ///
    /// # Errors
    /// The problems of each file that has some.
    pub fn with(files: &[(&str, &str)]) -> Result<Self, Vec<Problems>> {
        let mut library = Self::built_in();
        let read = files.iter().map(|(file, text)| library.add(file, text));
        let problems: Vec<Problems> = read.filter_map(Result::err).collect();
        if problems.is_empty() { Ok(library) } else { Err(problems) }
    }

    /// The operator's own definitions, in the order of their files.
    #[must_use]
    pub fn own(&self) -> &[Own] {
        &self.own
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), Problems> {
        let definition = Rc::new(Definition::parse(file, text)?);
        let name = definition.name();
        if let Some(first) = self.own.iter().find(|own| &*own.name == name) {
            refuse_twin(file, text, &first.file)?;
        }
        let (file, name): (Box<str>, Box<str>) = (file.into(), name.into());
        let instead_of = match self.definitions.iter_mut().find(|known| known.name() == &*name) {
            Some(known) => {
                *known = definition;
                Standing::BuiltIn
            }
            None => {
                self.definitions.push(definition);
                Standing::Nobody
            }
        };
        self.own.push(Own { file, name, instead_of });
        Ok(())
    }

    fn find(&self, name: &str) -> Option<Rc<Definition>> {
        self.definitions.iter().find(|known| known.name() == name).cloned()
    }
}

/// Refuses a sound definition whose name another file has taken.
fn refuse_twin(file: &str, text: &str, first: &str) -> Result<(), Problems> {
    let document = Document::open(file, text)?;
    let name = document.root().and_then(|mut root| root.optional("name"));
    let message = format!("{first} has a definition of this name");
    let refused = name.and_then(|name| name.refuse(message, "Rename one of the two."));
    document.close(refused)
}

/// Reads a config file's text.
///
/// # Errors
/// Every problem in it, each with its place and the mend.
pub fn load(file_name: &str, text: &str, library: &Library) -> Result<Loaded, Problems> {
    let catalogue = Catalogue {
        definitions: library.definitions.iter().map(|definition| definition.summary()).collect(),
        check_template: target::check_template,
        check_body: target::check_body,
        check_path: platform::check_path,
    };
    let config = config::read(file_name, text, &catalogue)?;
    let of_source = |name: &str| library.find(name);
    let definitions =
        config.sources.iter().filter_map(|source| of_source(&source.definition)).collect();
    // The check has compiled the same texts; the built-in ones stand in for what it would have
    // refused.
    let texts = Texts::of_config(&config.templates, &config.targets).unwrap_or_default();
    // The check has compiled its expressions, too.
    let cmdb = config.enrichment.cmdb.as_ref().and_then(|cmdb| Cmdb::compile(cmdb).ok());
    Ok(Loaded { config, definitions, texts, cmdb })
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    const OURS: &str = include_str!("../platform/definitions/json.toml");

    /// A file of the operator's with another name in it.
    fn called(name: &str) -> String {
        OURS.replacen("name = \"json\"", &format!("name = \"{name}\""), 1)
    }

    #[test]
    fn a_definition_of_the_operators_is_one_more() {
        let library = Library::with(&[("platforms/acme.toml", &called("acme"))]).unwrap();
        let config = "[[source]]\nname = \"a\"\ndefinition = \"acme\"\nlist_url = \
                      \"https://acme.example/queues\"\napi_key = { credential = \"acme\" }\n\n\
                      [[rules]]\nthresholds = []\n";
        let said = |library| match load("andon.toml", config, library) {
            Ok(_) => "".into(),
            Err(problems) => format!("{problems}"),
        };
        assert!(!said(&library).contains("definition"), "{}", said(&library));
        assert!(said(&Library::built_in()).contains("\"acme\" is not a source definition"));
        let built_in = Library::built_in().definitions.len();
        assert_eq!(library.definitions.len(), built_in.saturating_add(1));
        assert_eq!(library.own()[0].instead_of, Standing::Nobody);
    }

    #[test]
    fn a_definition_that_is_called_like_a_built_in_one_replaces_it() {
        let text = OURS.replacen("interval_seconds = 10", "interval_seconds = 77", 1);
        let library = Library::with(&[("platforms/json.toml", &text)]).unwrap();
        assert_eq!(library.definitions.len(), Library::built_in().definitions.len());
        assert_eq!(library.own()[0].instead_of, Standing::BuiltIn);
        assert_eq!(library.find("json").unwrap().interval(0).whole_secs(), 77);
    }

    #[test]
    fn two_files_cannot_give_one_name() {
        let (first, broken) = (called("acme"), called("b").replacen("rows", "row", 1));
        let files = [("a.toml", &*first), ("b.toml", &broken), ("c.toml", &first)];
        let problems = Library::with(&files).unwrap_err();
        let said: Vec<_> = problems.iter().map(|problems| format!("{problems}")).collect();
        let [broken, twin] = said.as_slice() else { panic!("{said:?}") };
        assert!(broken.contains("b.toml:") && broken.contains("Did you mean rows?"), "{broken}");
        let wanted =
            "c.toml:5:8: name: a.toml has a definition of this name. Rename one of the two.";
        assert_eq!(twin, wanted);
    }
}
