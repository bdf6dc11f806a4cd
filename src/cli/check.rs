//! `andon check FILE`: every problem in a config file or a source definition, or that there is
//! none.
//!
//! A config is checked together with the operator's own definitions beside it. While one of those
//! has a problem nothing is said about the config, which may name what it would have given.

use std::path::Path;

use andon::document::{Document, Line, Problems};
use andon::edge::clock::Clock;
use andon::edge::secrets::Vaults;
use andon::edge::{identity, roots, tls};
use andon::hub::{Library, Loaded, Standing, load};
use andon::limits::{CONFIG_BYTES_MAX, CONTEXT_CSV_BYTES_MAX, PLATFORM_BYTES_MAX};
use andon::model::catalogue::{ParameterKind, ParameterSpec};
use andon::model::config::Config;
use andon::model::http::Identity;
use andon::platform::Definition;
use serde_json::{Value, json};

use super::exit::Fault;
use super::library::{Subject, beside, read};
use super::options::CheckOptions;
use super::out;

/// Checks a file; 78 when it has problems.
pub(crate) fn check(options: &CheckOptions) -> Result<(), Fault> {
    let name = options.file.display().to_string();
    let text = read(&options.file, CONFIG_BYTES_MAX)?;
    let (sentence, object) = match good(&options.file, &name, &text)? {
        Ok(good) => good,
        Err(problems) if options.json => {
            let list: Vec<Value> = problems.iter().flat_map(of_file).collect();
            out::print(&format!("{}\n", json!({ "file": name, "problems": list })))?;
            return Err(Fault::config(""));
        }
        Err(problems) => return Err(Fault::config(report(&problems))),
    };
    if options.json {
        return out::print(&format!("{object}\n"));
    }
    out::print(&format!("{name}: {sentence}\n"))
}

/// Reads and checks the config that another command runs on.
pub(crate) fn config(path: &Path) -> Result<Loaded, Fault> {
    let text = read(path, CONFIG_BYTES_MAX)?;
    let read = with_library(path, &path.display().to_string(), &text)?;
    let (loaded, library) = read.map_err(|problems| Fault::config(report(&problems)))?;
    for own in library.own() {
        match own.instead_of {
            Standing::BuiltIn => log::info!("{} replaces the built-in {}", own.file, own.name),
            Standing::Nobody => log::info!("{} gives the source definition {}", own.file, own.name),
        }
    }
    Ok(loaded)
}

/// The problems of a config that is not in use yet, a line each; nothing where it cannot be read.
pub(crate) fn problems(path: &Path) -> Option<Vec<String>> {
    let text = read(path, CONFIG_BYTES_MAX).ok()?;
    let problems = match good(path, &path.display().to_string(), &text).ok()? {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    let line = |file: &Problems, line: &Line<'_>| {
        format!("{}:{}:{}: {}", file.file_name(), line.line, line.column, line.message)
    };
    let of_file =
        |file: &Problems| file.lines().map(|one| line(file, &one)).collect::<Vec<String>>();
    Some(problems.iter().flat_map(of_file).collect())
}

/// What is said of a file without problems: a sentence, and an object for tools.
fn good(path: &Path, name: &str, text: &str) -> Result<Result<Good, Vec<Problems>>, Fault> {
    Ok(match Subject::of(text) {
        // As long as it may be beside a config.
        Subject::Definition => match Definition::parse(name, &read(path, PLATFORM_BYTES_MAX)?) {
            Ok(definition) => Ok(of_definition(name, &definition)),
            Err(problems) => Err(Vec::from([problems])),
        },
        Subject::Config => match with_library(path, name, text)? {
            Ok((loaded, library)) => {
                certificate(name, &loaded.config)?;
                client_certificates(name, &loaded.config)?;
                if let Err(problems) = roots(name, text) {
                    return Ok(Err(Vec::from([problems])));
                }
                Ok(of_config(name, &loaded, &library))
            }
            Err(problems) => Err(problems),
        },
    })
}

type Good = (String, Value);

/// A config read with the definitions beside it, or the problems of all these files.
fn with_library(
    path: &Path,
    name: &str,
    text: &str,
) -> Result<Result<(Loaded, Library), Vec<Problems>>, Fault> {
    let files = beside(path)?;
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (&**file, &**text)).collect();
    let library = match Library::with(&files) {
        Ok(library) => library,
        Err(problems) => return Ok(Err(problems)),
    };
    let loaded = match load(name, text, &library) {
        Ok(loaded) => with_csv(path, loaded)?,
        Err(problems) => Err(problems),
    };
    Ok(match loaded {
        Ok(loaded) => Ok((loaded, library)),
        Err(problems) => Err(Vec::from([problems])),
    })
}

/// The same with the CSV file that the config names, which lies beside it.
fn with_csv(path: &Path, mut loaded: Loaded) -> Result<Result<Loaded, Problems>, Fault> {
    let Some(name) = &loaded.config.enrichment.csv else { return Ok(Ok(loaded)) };
    let csv = path.parent().unwrap_or(Path::new("")).join(&**name);
    let text = read(&csv, CONTEXT_CSV_BYTES_MAX)?;
    let added = loaded.add_csv(&csv.display().to_string(), &text);
    Ok(added.map(|()| loaded))
}

/// The push door's certificate, as far as it is on this machine: a config may be checked elsewhere.
fn certificate(name: &str, config: &Config) -> Result<(), Fault> {
    let tls = config.ingest.as_ref().and_then(|ingest| ingest.tls.as_ref());
    let checked = tls.map_or(Ok(()), tls::check);
    checked.map_err(|why| Fault::config(format!("{name}: [ingest]: {why}")))
}

/// The client certificates of targets, as far as both their files are on this machine.
fn client_certificates(name: &str, config: &Config) -> Result<(), Fault> {
    let vaults = Vaults::default();
    for target in &config.targets {
        let Some(own) = &target.identity else { continue };
        let read = (vaults.find(&own.certificate), vaults.find(&own.key));
        let (Ok(certificate), Ok(key)) = read else { continue };
        identity::check(&Identity { certificate, key })
            .map_err(|why| Fault::config(format!("{name}: target {}: {why}", target.name)))?;
    }
    Ok(())
}

/// The files of root certificates, as far as they are on this machine: a config may be checked
/// elsewhere.
fn roots(name: &str, text: &str) -> Result<(), Problems> {
    let document = Document::open(name, text)?;
    if let Some(mut root) = document.root() {
        let tables = ["vault", "network"].map(|key| root.optional(key));
        let tables = tables.into_iter().flatten().filter_map(|item| item.table());
        let tables: Vec<_> = tables.chain(root.tables("target")).collect();
        for item in tables.into_iter().filter_map(|mut table| table.optional("roots")) {
            let path = item.text().filter(|path| Path::new(path).exists());
            let Some(Err(why)) = path.map(roots::read) else { continue };
            item.refuse::<()>(why, "Write the certificates of your authority into it, as PEM.");
        }
    }
    document.close(Some(()))
}

fn of_config(name: &str, loaded: &Loaded, library: &Library) -> Good {
    let config = &loaded.config;
    let secrets = config.secret_refs().len();
    let context = match config.enrichment.rows.len() {
        0 => String::new(),
        rows => format!(", {rows} rows of business context"),
    };
    let own = library.own().iter().map(|own| match own.instead_of {
        Standing::BuiltIn => format!("; {} replaces the built-in {}", own.file, own.name),
        Standing::Nobody => format!("; {} gives {}", own.file, own.name),
    });
    let now = Clock::real().now().utc;
    let over = config.windows.iter().filter(|window| window.is_over(now));
    let over: Vec<&str> = over.map(|window| window.name.as_str()).collect();
    let windows = match over.as_slice() {
        [] => String::new(),
        over => format!("; over for ever: the windows {}", over.join(", ")),
    };
    let sentence = format!(
        "good: {} sources, {} rules, {} targets, {secrets} secrets by \
         reference{context}{}{windows}",
        config.sources.len(),
        config.rules.len(),
        config.targets.len(),
        own.collect::<String>()
    );
    let own = library.own().iter().map(|own| json!({ "file": own.file, "name": own.name }));
    let object = json!({
        "file": name,
        "revision": config.revision,
        "sources": config.sources.len(),
        "rules": config.rules.len(),
        "targets": config.targets.len(),
        "windows_over": over,
        "context_rows": config.enrichment.rows.len(),
        "definitions": own.collect::<Value>(),
        "problems": [],
    });
    (sentence, object)
}

fn of_definition(name: &str, definition: &Definition) -> Good {
    let summary = definition.summary();
    let metrics: Vec<&str> = summary.metrics.iter().map(|metric| metric.short()).collect();
    let seconds = |index| u32::try_from(definition.interval(index).whole_secs()).unwrap_or(1);
    let each = |index| 60.0 / f64::from(seconds(index));
    // A sum over nothing would begin at -0, and be written so.
    let requests_per_minute = (0..definition.requests()).map(each).fold(0.0, |sum, one| sum + one);
    let parameters: Vec<String> = summary.parameters.iter().map(parameter).collect();
    let sentence = format!(
        "good: the source definition {} of the platform {}; gives {}; {} requests, {} a minute \
         before pages and batches; takes {}",
        summary.name,
        summary.platform,
        metrics.join(", "),
        definition.requests(),
        (requests_per_minute * 10.0).round() / 10.0,
        match parameters.is_empty() {
            true => "no parameters".into(),
            false => parameters.join(", "),
        }
    );
    let parameters = summary.parameters.iter().map(|spec| {
        let required = spec.default.is_none();
        json!({ "name": spec.name, "kind": word(spec.kind), "required": required })
    });
    let object = json!({
        "file": name,
        "definition": summary.name,
        "platform": summary.platform,
        "metrics": summary.metrics.iter().map(|metric| metric.name()).collect::<Value>(),
        "requests": definition.requests(),
        "requests_per_minute": requests_per_minute,
        "parameters": parameters.collect::<Value>(),
        "problems": [],
    });
    (sentence, object)
}

/// `region`, `client_secret (secret)`, `queues (list, optional)`.
fn parameter(spec: &ParameterSpec) -> String {
    let kind = Some(word(spec.kind)).filter(|_| spec.kind != ParameterKind::Text);
    let marks: Vec<&str> =
        kind.into_iter().chain(spec.default.as_ref().map(|_| "optional")).collect();
    match marks.is_empty() {
        true => spec.name.to_string(),
        false => format!("{} ({})", spec.name, marks.join(", ")),
    }
}

const fn word(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::Text => "text",
        ParameterKind::Secret => "secret",
        ParameterKind::List => "list",
    }
}

/// The problems of several files for a person.
fn report(problems: &[Problems]) -> String {
    let colour = out::complaint_colour();
    let reports: Vec<String> = problems.iter().map(|problems| problems.render(colour)).collect();
    reports.join("\n")
}

fn of_file(problems: &Problems) -> impl Iterator<Item = Value> {
    problems.lines().map(|line: Line<'_>| {
        json!({
            "file": problems.file_name(),
            "line": line.line,
            "column": line.column,
            "message": line.message,
            "help": line.help,
        })
    })
}
