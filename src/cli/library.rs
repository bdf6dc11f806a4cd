//! The files that a check reads: the config, and the operator's own source definitions beside it.
//!
//! Those are `platforms/*.toml` in the config's directory, in the order of their names. systemd
//! hands a directory of credentials over as files that have its name before theirs, so
//! `platforms_*.toml` right beside the config is the same.
//!
//! # Promises
//! - `definitions_are_found_beside_the_config_in_the_order_of_their_names`
//! - `too_many_definitions_and_too_long_ones_are_refused`

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use andon::document::{Value, parse};
use andon::limits::{PLATFORM_BYTES_MAX, PLATFORM_FILES_MAX};

use super::exit::Fault;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Config,
    /// A source definition.
    Definition,
}

impl Subject {
    /// By the keys that only a definition has. A text that cannot be parsed has the same problems
    /// either way.
    pub(crate) fn of(text: &str) -> Self {
        let Ok(root) = parse(text) else { return Self::Config };
        let Value::Table(entries) = &root.value else { return Self::Config };
        let is_telling = |key: &str| key == "platform" || key == "request";
        match entries.iter().any(|entry| is_telling(&entry.key)) {
            true => Self::Definition,
            false => Self::Config,
        }
    }
}

/// The operator's own definitions for a config: file names and texts.
pub(crate) fn beside(config: &Path) -> Result<Vec<(String, String)>, Fault> {
    let directory = config.parent().unwrap_or(Path::new(""));
    let paths =
        [listed(&directory.join(FOLDER), "")?, listed(directory, &format!("{FOLDER}_"))?].concat();
    if paths.len() > PLATFORM_FILES_MAX {
        let names = directory.join(FOLDER);
        return Err(Fault::config(format!(
            "{} has {} source definitions, and at most {PLATFORM_FILES_MAX} are read. Take those \
             out that no source names",
            names.display(),
            paths.len()
        )));
    }
    let file = |path: PathBuf| {
        let text = read(&path, PLATFORM_BYTES_MAX)?;
        Ok((path.display().to_string(), text))
    };
    paths.into_iter().map(file).collect()
}

/// Reads a text of at most `bytes_max`.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<String, Fault> {
    let fault = |why: &dyn core::fmt::Display| {
        Fault::no_input(format!("{} cannot be read: {why}", path.display()))
    };
    let size = fs::metadata(path).map_err(|error| fault(&error))?.len();
    if usize::try_from(size).map_or(true, |size| size > bytes_max) {
        return Err(fault(&format!("it is longer than {bytes_max} bytes")));
    }
    let bytes = fs::read(path).map_err(|error| fault(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Fault::config(format!(
            "{}: byte {at} is no UTF-8. Save the file as UTF-8 text",
            path.display()
        ))
    })
}

/// The files of a directory that are called `PREFIX*.toml`; none where there is no directory.
/// What an editor keeps beside a file begins with a dot, and is left out.
fn listed(directory: &Path, prefix: &str) -> Result<Vec<PathBuf>, Fault> {
    let shown = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    let fault = |error: std::io::Error| {
        Fault::no_input(format!("{} cannot be read: {error}", shown.display()))
    };
    let entries = match fs::read_dir(shown) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fault(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let name = entry.map_err(fault)?.file_name();
        let is_one = name.to_str().is_some_and(|name| {
            name.starts_with(prefix) && !name.starts_with('.') && name.ends_with(".toml")
        });
        if is_one {
            paths.push(directory.join(name));
        }
    }
    paths.sort();
    Ok(paths)
}

/// The directory beside the config.
const FOLDER: &str = "platforms";

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let files = beside(&directory.join("andon.toml")).unwrap();
        let name = |(file, text): (String, String)| {
            format!("{}={text}", file.trim_start_matches(&directory.display().to_string()))
        };
        files.into_iter().map(name).collect()
    }

    #[test]
    fn definitions_are_found_beside_the_config_in_the_order_of_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        assert_eq!(names(place), Vec::<String>::new());
        fs::create_dir(place.join("platforms")).unwrap();
        for name in ["b.toml", "a.toml", "a.toml~", ".c.toml.swp", ".d.toml", "notes.md"] {
            fs::write(place.join("platforms").join(name), name).unwrap();
        }
        for name in ["platforms_z.toml", "secrets_y.toml", "andon.toml"] {
            fs::write(place.join(name), name).unwrap();
        }
        let wanted = [
            "/platforms/a.toml=a.toml",
            "/platforms/b.toml=b.toml",
            "/platforms_z.toml=platforms_z.toml",
        ];
        assert_eq!(names(place), wanted);
    }

    #[test]
    fn too_many_definitions_and_too_long_ones_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (config, folder) = (directory.path().join("andon.toml"), directory.path().join(FOLDER));
        fs::create_dir(&folder).unwrap();
        for number in 0..PLATFORM_FILES_MAX {
            fs::write(folder.join(format!("{number}.toml")), " ".repeat(PLATFORM_BYTES_MAX))
                .unwrap();
        }
        assert_eq!(beside(&config).unwrap().len(), PLATFORM_FILES_MAX);
        fs::write(folder.join("0.toml"), " ".repeat(PLATFORM_BYTES_MAX + 1)).unwrap();
        let fault = format!("{:?}", beside(&config).unwrap_err());
        assert!(fault.contains("0.toml cannot be read: it is longer than"), "{fault}");
        fs::write(folder.join("more.toml"), "").unwrap();
        let fault = format!("{:?}", beside(&config).unwrap_err());
        assert!(fault.contains("has 17 source definitions"), "{fault}");
    }

    #[test]
    fn a_definition_is_told_from_a_config_by_its_keys() {
        assert_eq!(Subject::of("platform = 5"), Subject::Definition);
        assert_eq!(Subject::of("[[request]]\nname = 'x'"), Subject::Definition);
        assert_eq!(Subject::of("[[source]]\nplatform = 'x'"), Subject::Config);
        assert_eq!(Subject::of("platform = "), Subject::Config);
    }
}
