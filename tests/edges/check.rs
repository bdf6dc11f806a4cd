//! `andon check`, and the exit codes of a command line that cannot be followed.

use std::path::Path;

use crate::hub::{andon, ended, text};

/// The second line misses its quotes, the fourth has a key that nobody knows.
const BROKEN: &str = "[hub]\nstate_directory = 5\n\n[hbu]\nx = 1\n";

#[test]
fn a_good_file_is_called_good() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/andon.example.toml");
    let output = ended(andon().arg("check").arg(&example));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("good: 1 sources"), "{}", text(&output.stdout));
    assert!(output.stderr.is_empty());
    let output = ended(andon().arg("check").arg("--json").arg(&example));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn a_broken_file_is_told_every_problem_with_line_and_column() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("broken.toml");
    std::fs::write(&file, BROKEN).unwrap();
    let output = ended(andon().arg("check").arg(&file));
    assert_eq!(output.status.code(), Some(78));
    let complaint = text(&output.stderr);
    assert!(complaint.contains("broken.toml:2:19"), "{complaint}");
    assert!(complaint.contains("broken.toml:4:2"), "{complaint}");
    assert!(!complaint.contains('\x1b'), "no colours into a pipe: {complaint}");

    let output = ended(andon().arg("check").arg("--json").arg(&file));
    assert_eq!(output.status.code(), Some(78));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let places: Vec<_> = report["problems"].as_array().unwrap().iter().collect();
    assert!(places.iter().any(|one| one["line"] == 2 && one["column"] == 19), "{report:#}");
    assert!(
        places.iter().all(|one| one["message"].is_string() && one["help"].is_string()),
        "{report:#}"
    );

    let output = ended(andon().arg("run").arg("--config").arg(&file));
    assert_eq!(output.status.code(), Some(78), "run refuses what check refuses");
    assert!(text(&output.stderr).contains("broken.toml:2:19"));
}

#[test]
fn a_file_that_is_not_there_is_66() {
    for command in ["check", "run"] {
        let mut andon = andon();
        andon.arg(command);
        if command == "run" {
            andon.arg("--config");
        }
        let output = ended(andon.arg("nowhere.toml"));
        assert_eq!(output.status.code(), Some(66), "{command}");
        assert!(text(&output.stderr).contains("nowhere.toml cannot be read"), "{command}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_64() {
    for arguments in [&["check", "--loud", "x"][..], &["fly"], &["run", "--speed", "2"]] {
        let output = ended(andon().args(arguments));
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(text(&output.stderr).contains("andon run --config FILE"), "{arguments:?}");
    }
}

#[test]
fn roots_without_a_certificate_are_a_problem_where_they_stand() {
    let directory = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/andon.example.toml");
    let (roots, file) = (directory.path().join("roots.pem"), directory.path().join("andon.toml"));
    let vault = format!("[vault]\nurl = \"https://vault.example\"\nroots = {roots:?}\n");
    let token = "token = { file = \"/etc/andon/vault\" }\n";
    let config = std::fs::read_to_string(example).unwrap();
    let lines = config.lines().count();
    std::fs::write(&file, format!("{config}\n{vault}{token}")).unwrap();
    let check = || ended(andon().arg("check").arg(&file));
    assert_eq!(check().status.code(), Some(0), "it may be checked elsewhere");
    std::fs::write(&roots, "no certificate").unwrap();
    let output = check();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{said}");
    let place = format!("andon.toml:{}:9", lines + 4);
    assert!(said.contains(&place) && said.contains("has no certificate of use"), "{said}");
    let authority = include_str!("certificates/authority.pem");
    std::fs::write(&roots, authority).unwrap();
    assert_eq!(check().status.code(), Some(0));
}
