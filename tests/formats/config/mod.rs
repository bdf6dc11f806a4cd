//! The config file: what stands in `good` is accepted, what stands in `bad` is told its problems.
//!
//! A bad file is called as its problem is. Its expected problems stand in its first lines, each as
//! `# line:column phrase`; those of a JSON file in a text file beside it, without the `#`. Every
//! problem must be expected, at its exact place, in the order of the file.
#![expect(clippy::unwrap_used, reason = "a test stops by panicking")]

mod bounds;
mod context;
mod good;
mod incident_systems;
mod limits;
mod logins;
mod messages;
mod routes;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use andon::config::read;
use andon::document::Problems;
use andon::model::catalogue::{
    Catalogue, DefinitionSummary, ParameterKind, ParameterSpec, TemplateFault,
};
use andon::model::config::Config;
use andon::model::metric::Metric;

#[test]
fn every_good_file_is_accepted() {
    for path in files("good") {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(problems) = check(&text) {
            panic!("{}:\n{}", path.display(), problems.render(false));
        }
    }
}

#[test]
fn every_bad_file_is_told_all_its_problems() {
    let files: Vec<PathBuf> =
        files("bad").into_iter().filter(|path| path.extension().unwrap() != "txt").collect();
    assert!(files.len() >= 35, "only {} bad files", files.len());
    let wrong: Vec<String> = files.iter().filter_map(|path| differs(path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn no_text_can_stop_the_check() {
    for path in files("good").into_iter().chain(files("bad")) {
        let text = fs::read_to_string(&path).unwrap();
        for at in (0..text.len()).step_by(7) {
            let (head, tail) = (text.get(..at).unwrap(), text.get(at + 1..).unwrap());
            for text in [head.to_string(), format!("{head}{tail}"), format!("{head}\u{e9}\"{tail}")]
            {
                if let Err(problems) = check(&text) {
                    assert!(problems.lines().count() > 0, "{text}");
                }
            }
        }
    }
}

/// How the problems of a bad file differ from the expected ones, if they do.
fn differs(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).unwrap();
    let expected = match fs::read_to_string(path.with_extension("txt")) {
        Ok(beside) => beside,
        Err(_) => {
            text.lines().map_while(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join("\n")
        }
    };
    let expected: Vec<(&str, &str)> = expected.lines().filter_map(|l| l.split_once(' ')).collect();
    let Err(problems) = check(&text) else { return Some(format!("{}: accepted", path.display())) };
    let found: Vec<(String, String)> = problems
        .lines()
        .map(|p| (format!("{}:{}", p.line, p.column), format!("{}. {}", p.message, p.help)))
        .collect();
    let same = !expected.is_empty()
        && found.len() == expected.len()
        && expected
            .iter()
            .zip(&found)
            .all(|(wanted, found)| wanted.0 == found.0 && found.1.contains(wanted.1));
    (!same).then(|| format!("{}: expected {expected:#?}, found\n{problems}", path.display()))
}

fn check(text: &str) -> Result<Config, Problems> {
    read("andon.toml", text, &catalogue())
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/config").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn catalogue() -> Catalogue {
    let parameter = |name: &str, kind, default: Option<&str>| ParameterSpec {
        name: name.into(),
        kind,
        default: default.map(Into::into),
        words: Vec::new(),
        help: format!("Write {name} as the platform's administrator gave it.").into(),
    };
    let metrics = ["calls_waiting", "longest_wait", "abandoned_calls", "agents_available"];
    let definition = |name: &str, platform: &str, extra: &[&str]| DefinitionSummary {
        name: name.into(),
        platform: platform.into(),
        parameters: vec![
            parameter("base_url", ParameterKind::Text, Some("https://api.nice-incontact.com")),
            parameter("client_id", ParameterKind::Text, None),
            parameter("client_secret", ParameterKind::Secret, None),
            parameter("queues", ParameterKind::List, Some("")),
        ],
        metrics: metrics.iter().chain(extra).map(|name| Metric::find(name).unwrap()).collect(),
        takes_webhooks: true,
        signs_address: true,
        registers_webhooks: false,
        entities_parameter: Some("queues".into()),
    };
    Catalogue {
        definitions: vec![
            definition("nice-cxone-guide", "nice-cxone", &[]),
            definition("genesys-cloud", "genesys-cloud", &["service_level", "connected"]),
            definition("heartbeat", "heartbeat", &["heartbeat.age"]),
        ],
        check_template,
        check_body: |text, _| check_template(text),
        check_path,
    }
}

/// Stands in for the judge of paths: the word "broken" is a fault.
fn check_path(text: &str) -> Result<(), String> {
    if text.contains("broken") { Err("is not JMESPath".into()) } else { Ok(()) }
}

/// Stands in for the judge of templates: the word "broken" is a fault.
fn check_template(text: &str) -> Result<(), TemplateFault> {
    match text.lines().position(|line| line.contains("broken")) {
        Some(index) => {
            Err(TemplateFault { line: Some(index + 1), what: "there is no such name".into() })
        }
        None => Ok(()),
    }
}
