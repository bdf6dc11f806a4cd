//! Every check of `tests/fuzz` over its corpus, and over what a few mistakes make of each file.
//!
//! `cargo fuzz` looks further; what it finds becomes a file of the corpus, so that it stays found.
#![expect(clippy::unwrap_used, reason = "a test stops by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test stops by panicking")]
#![expect(clippy::panic, reason = "a test stops by panicking")]

extern crate alloc;

mod mistakes;

#[path = "../fuzz/checks/mod.rs"]
pub mod checks;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use andon::model::rng::Rng;

/// What a corpus may hold, so that a clone stays small.
const FILES_MAX: usize = 40;
const FILE_BYTES_MAX: usize = 4_096;

/// Runs a check over its corpus, over more folders, and over `variants` of each file.
fn holds(name: &str, more: &[&str], variants: usize) {
    let (_, check) = checks::ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    let corpus = format!("tests/fuzz/corpus/{name}");
    let folders = [corpus.as_str()].into_iter().chain(more.iter().copied());
    let paths: Vec<PathBuf> = folders.flat_map(files).collect();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    for (path, seed) in paths.iter().zip(&seeds) {
        let mut dice = Rng::new(1);
        for number in 0..=variants {
            let bytes = match number {
                0 => seed.clone(),
                _ => mistakes::make(seed, &seeds, &mut dice),
            };
            let held = catch_unwind(|| check(&bytes)).is_ok();
            let shown = bytes.escape_ascii();
            assert!(held, "{name} does not hold of variant {number} of {path:?}: \"{shown}\"");
        }
    }
}

/// The files of a folder in a fixed order.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|why| panic!("{folder:?}: {why}"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn any_answer_is_read_or_refused() {
    holds("answer", &[], 200);
}

#[test]
fn anything_that_a_target_tells_us_means_something_or_nothing() {
    holds("callback", &[], 300);
}

#[test]
fn any_config_is_accepted_or_told_its_problems() {
    holds("config", &["tests/formats/config/good", "tests/formats/config/bad"], 20);
}

#[test]
fn any_definition_is_accepted_or_told_its_problems() {
    holds("definition", &["src/platform/definitions"], 100);
}

#[test]
fn any_reply_of_a_target_means_something() {
    holds("delivery", &[], 300);
}

#[test]
fn any_expression_has_a_finite_value_or_none() {
    holds("expression", &[], 500);
}

#[test]
fn any_header_is_believed_within_bounds() {
    holds("header", &[], 100);
}

#[test]
fn any_events_leave_a_hub_that_goes_on() {
    holds("hub", &[], 20);
}

#[test]
fn any_rows_and_expressions_give_readings_or_a_fault() {
    holds("jmespath", &[], 100);
}

#[test]
fn any_ledger_is_restored_as_far_as_it_can_be_read() {
    holds("ledger", &[], 100);
}

#[test]
fn any_mail_server_hears_no_secret_in_clear_and_comes_to_an_end() {
    holds("mail", &[], 300);
}

#[test]
fn any_question_is_understood_or_answered() {
    holds("question", &[], 500);
}

#[test]
fn any_recording_plays_or_names_its_bad_lines() {
    holds("recording", &[], 300);
}

#[test]
fn any_rule_of_a_window_is_followed_or_refused() {
    holds("recurrence", &[], 60);
}

#[test]
fn any_template_ends() {
    holds("template", &[], 100);
}

#[test]
fn any_token_has_a_life_or_is_none() {
    holds("token", &[], 200);
}

#[test]
fn any_webhook_is_proved_and_read_or_refused() {
    holds("webhook", &[], 60);
}

#[test]
fn every_check_has_a_fuzz_target_and_a_small_corpus() {
    let manifest = fs::read_to_string("tests/fuzz/Cargo.toml").unwrap();
    let names: Vec<&str> = checks::ALL.iter().map(|(name, _)| *name).collect();
    let built = manifest.lines().filter_map(|line| line.strip_prefix("path = \"targets/"));
    let built: Vec<&str> = built.filter_map(|path| path.strip_suffix(".rs\"")).collect();
    assert_eq!(built, names);
    for name in names {
        let target = fs::read_to_string(format!("tests/fuzz/targets/{name}.rs")).unwrap();
        assert!(target.contains(&format!("::{name}(bytes)")), "{target}");
        let files = files(&format!("tests/fuzz/corpus/{name}"));
        assert!((1..=FILES_MAX).contains(&files.len()), "{name} has {} files", files.len());
        for file in files {
            let length = fs::metadata(&file).unwrap().len();
            assert!(length <= u64::try_from(FILE_BYTES_MAX).unwrap(), "{file:?} has {length}");
        }
    }
}

#[test]
fn the_events_of_the_corpus_reach_what_a_hub_does() {
    let run =
        |name: &str| checks::hub::run(&fs::read(format!("tests/fuzz/corpus/hub/{name}")).unwrap());
    assert!(run("a-breach-and-its-end").told >= 4, "told and ended, to two targets");
    let pushed = run("pushed-forged-and-again");
    assert!(pushed.told >= 2, "told and ended: {:?}", pushed.said);
    assert!(pushed.said.iter().any(|line| line.contains("a webhook is refused")));
    let refused = run("everybody-refuses-and-quotes-the-secret");
    assert!(refused.said.iter().any(|line| line.contains("quotes a secret")), "{:?}", refused.said);
}
