//! `andon check FILE`: every problem in a config file, or that there is none.

use std::fs;
use std::path::Path;

use andon::document::Problems;
use andon::hub::{Loaded, load};
use andon::limits::CONFIG_BYTES_MAX;

use super::arguments::CheckOptions;
use super::exit::Fault;
use super::out;

/// Checks a file; 78 when it has problems.
pub(crate) fn check(options: &CheckOptions) -> Result<(), Fault> {
    let name = options.file.display().to_string();
    let text = read(&options.file)?;
    match load(&name, &text) {
        Ok(loaded) if options.json => {
            let config = loaded.config;
            out::print(&format!(
                "{}\n",
                serde_json::json!({
                    "file": name,
                    "revision": config.revision,
                    "sources": config.sources.len(),
                    "rules": config.rules.len(),
                    "targets": config.targets.len(),
                    "problems": [],
                })
            ))
        }
        Ok(loaded) => out::print(&format!("{name}: {}\n", sentence(&loaded))),
        Err(problems) if options.json => {
            let list: Vec<_> = problems.lines().map(|line| json(&line)).collect();
            out::print(&format!("{}\n", serde_json::json!({ "file": name, "problems": list })))?;
            Err(Fault::config(""))
        }
        Err(problems) => Err(Fault::config(problems.render(out::complaint_colour()))),
    }
}

/// Reads and checks the config that another command runs on.
pub(crate) fn config(path: &Path) -> Result<Loaded, Fault> {
    let text = read(path)?;
    let faults = |problems: Problems| Fault::config(problems.render(out::complaint_colour()));
    load(&path.display().to_string(), &text).map_err(faults)
}

fn read(path: &Path) -> Result<String, Fault> {
    let fault = |why: &dyn core::fmt::Display| {
        Fault::no_input(format!("{} cannot be read: {why}", path.display()))
    };
    let size = fs::metadata(path).map_err(|error| fault(&error))?.len();
    if usize::try_from(size).map_or(true, |size| size > CONFIG_BYTES_MAX) {
        return Err(fault(&format!("it is longer than {CONFIG_BYTES_MAX} bytes")));
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

fn sentence(loaded: &Loaded) -> String {
    let config = &loaded.config;
    let secrets = config.secret_refs().len();
    format!(
        "good: {} sources, {} rules, {} targets, {secrets} secrets by reference",
        config.sources.len(),
        config.rules.len(),
        config.targets.len()
    )
}

fn json(line: &andon::document::Line<'_>) -> serde_json::Value {
    serde_json::json!({
        "line": line.line,
        "column": line.column,
        "message": line.message,
        "help": line.help,
    })
}
