//! `andon replay` as a command.

use std::fs::write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn andon(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_andon")).arg("replay").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [&*output.stdout, &*output.stderr].concat();
    String::from_utf8(both).unwrap()
}

const HEADER: &str = "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
                      agents_available,agents_busy";

/// Two queues of which one has 20 callers waiting for ten minutes, from 00:10 on.
fn recording(directory: &Path) -> String {
    let mut text = format!("{HEADER}\n86400,A,0,0,1,1,1,0,3,1\n");
    for cycle in 0..60 {
        let ts = 86_400 + 600 + cycle * 10;
        text.push_str(&format!("{ts},A,20,30,1,0,0,0,0,4\n{ts},B,1,5,1,0,0,0,0,4\n"));
    }
    let path = directory.join("recording.csv");
    write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_recording_is_summed_up_in_a_table_and_as_an_object() {
    let directory = tempfile::tempdir().unwrap();
    let data = recording(directory.path());
    let output = andon(&["--data", &data]);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.starts_with("A, B from 1970-01-02T00:00:00Z to 1970-01-03T00:00:00Z"), "{shown}");
    assert!(shown.contains("naive              60           0"), "{shown}");
    assert!(shown.contains("on crossing         1           0"), "{shown}");
    assert!(shown.contains("1 lasted 5 min or longer, and nobody was told of 0"), "{shown}");
    let output = andon(&["--data", &data, "--queue", "A", "--json"]);
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["alerters"][0]["notices"], 60);
    assert_eq!(object["alerters"][2]["recoveries"], object["notices_by_reason"]["recovered"]);
    assert_eq!(object["rules_not_fed"], Value::Array(Vec::new()));
    let half = andon(&["--data", &data, "--to", "1970-01-02T00:15:00Z", "--json"]);
    let object: Value = serde_json::from_slice(&half.stdout).unwrap();
    assert_eq!(object["alerters"][0]["notices"], 29, "the answer of 00:15:00 came at 00:15:01");
}

/// What it names need not be there: neither secrets nor hosts are needed.
const CONFIG: &str = r#"
[[source]]
name = "prod"
definition = "nice-cxone-guide"
client_id = "x"
client_secret = { credential = "cxone" }

[[rules]]
queue_id = "B"
thresholds = [
    { metric = "calls_waiting", operator = ">=", static_value = 1, priority = "P1" },
    { metric = "connected", operator = "<", static_value = 1, priority = "P1" },
]

[[target]]
name = "pagerduty"
kind = "pagerduty"
routing_key = { credential = "pagerduty" }

[routes]
P1 = { targets = ["pagerduty"] }
P2 = { targets = ["pagerduty"] }
"#;

#[test]
fn an_operators_file_is_played_and_what_cannot_be_fed_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let data = recording(directory.path());
    let config = directory.path().join("andon.toml");
    write(&config, CONFIG).unwrap();
    let config = config.display().to_string();
    let output = andon(&["--data", &data, "--config", &config]);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("naive              60           0"), "{shown}");
    assert!(shown.contains("first_breach 1"), "{shown}");
    assert!(
        shown.contains("not fed     ")
            && shown
                .contains("andon.toml:12:5: there is no number for its telephony.trunk.connected"),
        "{shown}"
    );
    write(&config, "revision = ").unwrap();
    assert_eq!(andon(&["--config", &config]).status.code(), Some(78));
}

#[test]
fn what_is_wrong_with_the_command_line_or_the_file_has_its_own_code() {
    let code = |arguments: &[&str]| andon(arguments).status.code();
    assert_eq!(code(&["--data", "nowhere.csv"]), Some(66));
    assert_eq!(code(&["--data", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]), Some(65));
    let directory = tempfile::tempdir().unwrap();
    let data = recording(directory.path());
    for wrong in [
        &["--from", "1999-03-01"][..],
        &["--data", &data, "--days", "7"],
        &["--data", &data, "--queue", "C"],
        &["--data", &data, "--from", "yesterday"],
        &["--data", &data, "--from", "1970-01-03", "--to", "1970-01-02"],
        &["--data", &data, "--seed"],
        &["week"],
    ] {
        assert_eq!(code(wrong), Some(64), "{wrong:?}");
    }
}

#[test]
fn a_seed_lives_the_same_day_each_time() {
    let day = |seed| said(&andon(&["--seed", seed, "--days", "1"]));
    let first = day("1");
    assert!(first.starts_with("ALL from 1999-03-07"), "{first}");
    assert_eq!(day("1"), first);
    assert_ne!(day("2"), first);
}
