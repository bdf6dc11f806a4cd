//! The operator's own source definitions: `andon check` on one, and `andon run` with them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::hub::{andon, ended, run, text};

const EXAMPLE: &str = include_str!("../../systemd/andon.example.toml");

pub(crate) fn built_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/definitions")
}

#[test]
fn every_built_in_definition_is_called_good() {
    let files = fs::read_dir(built_in()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    assert!(files.len() >= 7);
    for file in files {
        let output = ended(andon().arg("check").arg(&file));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let name = file.file_stem().unwrap().to_string_lossy();
        let wanted = format!("good: the source definition {name} of the platform ");
        assert!(text(&output.stdout).contains(&wanted), "{}", text(&output.stdout));
        assert!(!text(&output.stdout).contains(" -0 "), "{}", text(&output.stdout));
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn a_check_says_what_a_definition_gives() {
    let file = built_in().join("json.toml");
    let output = ended(andon().arg("check").arg(&file));
    let said = text(&output.stdout);
    let wanted = "gives calls_waiting, longest_wait, agents_available; 1 requests, 6 a minute \
                  before pages and batches; takes list_url, api_key (secret)\n";
    assert!(said.ends_with(wanted), "{said}");
    let output = ended(andon().args(["check", "--json"]).arg(&file));
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["file"].take(), file.display().to_string());
    let wanted = serde_json::json!({
        "file": null,
        "definition": "json",
        "platform": "json",
        "metrics": [
            "routing.queue.calls_waiting",
            "routing.queue.longest_wait",
            "routing.queue.agents_available",
        ],
        "requests": 1,
        "requests_per_minute": 6.0,
        "parameters": [
            { "name": "list_url", "kind": "text", "required": true },
            { "name": "api_key", "kind": "secret", "required": true },
        ],
        "problems": [],
    });
    assert_eq!(report, wanted);
}

#[test]
fn a_wrong_definition_beside_a_config_is_refused_with_line_and_column() {
    let directory = tempfile::tempdir().unwrap();
    let (config, folder) =
        (directory.path().join("andon.toml"), directory.path().join("platforms"));
    fs::write(&config, EXAMPLE).unwrap();
    fs::create_dir(&folder).unwrap();
    let sound = fs::read_to_string(built_in().join("json.toml")).unwrap();
    let broken = sound.replace("window = \"snapshot\"", "window = \"snapshat\"");
    fs::write(folder.join("acme.toml"), &broken).unwrap();
    let place = "platforms/acme.toml:9:10";
    let check = ended(andon().arg("check").arg(&config));
    for output in [&check, &ended(&mut run(&config))] {
        assert_eq!(output.status.code(), Some(78), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(place), "{}", text(&output.stderr));
    }
    let alone = ended(andon().arg("check").arg(folder.join("acme.toml")));
    assert_eq!(alone.status.code(), Some(78));
    assert_eq!(alone.stderr, check.stderr);
    let output = ended(andon().args(["check", "--json"]).arg(&config));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &report["problems"][0];
    assert!(problem["file"].as_str().unwrap().ends_with("platforms/acme.toml"), "{report:#}");
    assert_eq!((&problem["line"], &problem["column"]), (&9.into(), &10.into()));
}

#[test]
fn a_definition_of_a_built_in_name_replaces_it_and_a_new_one_can_be_named() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("andon.toml");
    // As systemd hands them over: beside the config, the directory's name before theirs.
    let guide = fs::read_to_string(built_in().join("nice-cxone-guide.toml")).unwrap();
    fs::write(directory.path().join("platforms_guide.toml"), &guide).unwrap();
    let acme =
        guide.replacen("nice-cxone-guide", "acme", 1).replacen("nice-cxone-guide", "acme", 1);
    let acme = acme.replacen("name = \"nice-cxone\"", "name = \"acme\"", 1);
    fs::write(directory.path().join("platforms_acme.toml"), &acme).unwrap();
    fs::write(&config, EXAMPLE.replace("\"nice-cxone-guide\"", "\"acme\"")).unwrap();
    let output = ended(andon().arg("check").arg(&config));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("platforms_acme.toml gives acme"), "{said}");
    assert!(said.contains("platforms_guide.toml replaces the built-in nice-cxone-guide"), "{said}");
}
