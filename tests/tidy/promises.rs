//! What is promised is tested: the lists of promises, and the page of limits.

use alloc::collections::BTreeSet;

use crate::repository::{File, report, rust_files};

/// The promises of a module's doc: line index and the test's name.
fn promises(file: &File) -> Vec<(usize, &str)> {
    let mut in_list = false;
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("//! # ") {
            in_list = heading == "Promises";
        }
        let name = line.strip_prefix("//! - `").and_then(|rest| rest.split_once('`'));
        if let Some((name, _)) = name.filter(|_| in_list) {
            found.push((index, name));
        }
    }
    found
}

/// The names of all functions that are marked as tests.
fn tests(files: &[File]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for file in files {
        let mut marked = false;
        for line in file.text.lines().map(str::trim_start) {
            marked |= line.starts_with("#[test]");
            if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
                names.extend(rest.split_once('(').map(|(name, _)| name));
                marked = false;
            }
        }
    }
    names
}

fn promises_without_test(files: &[File]) -> Vec<String> {
    let tests = tests(files);
    let of = |file: &File| -> Vec<String> {
        let broken = promises(file).into_iter().filter(|(_, name)| !tests.contains(name));
        broken.map(|(index, name)| file.at(index, &format!("no test is named `{name}`"))).collect()
    };
    files.iter().flat_map(of).collect()
}

/// The bounds in `src/limits` that no other file of the program names in its code.
fn limits_without_use(files: &[File]) -> Vec<String> {
    let is_limits = |file: &&File| file.path.starts_with("src/limits/");
    let code = files.iter().filter(|file| file.room().is_some() && !is_limits(file));
    let used: BTreeSet<&str> = code
        .flat_map(|file| file.text.lines())
        .filter_map(|line| line.split("//").next())
        .flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .collect();
    let mut complaints = Vec::new();
    for file in files.iter().filter(is_limits) {
        for (index, line) in file.text.lines().enumerate() {
            let name = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(':'));
            if let Some((name, _)) = name.filter(|(name, _)| !used.contains(name)) {
                complaints
                    .push(file.at(index, &format!("{name} bounds nothing; use it or drop it")));
            }
        }
    }
    complaints
}

#[test]
fn every_promise_has_a_test_of_its_name() {
    report(promises_without_test(&rust_files()).into_iter());
}

#[test]
fn every_limit_bounds_something() {
    report(limits_without_use(&rust_files()).into_iter());
}

#[test]
fn a_promise_without_a_test_is_noticed() {
    let promise = "//! Decides.\n//!\n//! # Promises\n//! - `it_holds`: always.\n";
    let with = |tail: &str| {
        promises_without_test(&[File::new("src/poll/pace.rs", &format!("{promise}{tail}"))]).len()
    };
    assert_eq!(with(""), 1);
    assert_eq!(with("fn it_holds() {}"), 1, "a function that is no test keeps no promise");
    assert_eq!(with("    #[test]\n    #[should_panic]\n    fn it_holds() {}"), 0);
    assert_eq!(with("#[test]\nfn it_holds_too() {}"), 1);
    let bare = "//! Decides.\n//!\n//! # Promises\n//! - `it_holds`\n";
    assert_eq!(promises_without_test(&[File::new("src/poll/pace.rs", bare)]).len(), 1);
}

#[test]
fn a_list_of_other_things_is_no_promise() {
    let file = File::new("src/poll/pace.rs", "//! # Keys\n//! - `cooldown_seconds`: how long.\n");
    assert!(promises(&file).is_empty());
}

#[test]
fn a_limit_without_a_use_is_noticed() {
    let limits = || File::new("src/limits/mod.rs", "pub const ROWS_MAX: usize = 1;\n");
    let with = |path, text| limits_without_use(&[limits(), File::new(path, text)]).len();
    assert_eq!(with("src/poll/mod.rs", "if rows > limits::ROWS_MAX {"), 0);
    assert_eq!(with("src/poll/mod.rs", "// At most ROWS_MAX."), 1);
    assert_eq!(with("src/poll/mod.rs", "if rows > ROWS_MAX_SEEN {"), 1);
    assert_eq!(with("tests/hub/main.rs", "assert!(rows <= ROWS_MAX);"), 1);
}
