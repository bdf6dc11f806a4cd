//! How a source file looks: its opening, its size, its letters, its name, and what is left behind.

use crate::repository::{File, files, report, rust_files};

const LINES_MAX: usize = 400;
const COLUMNS_MAX: usize = 100;

/// Files that may be longer than [`LINES_MAX`]: path, reason, date.
const LONG_FILES: [(&str, &str, &str); 0] = [];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] =
    ["common", "handler", "helper", "helpers", "manager", "misc", "types", "util", "utils"];

/// First directories of paths that exist on somebody's machine and not on a box.
const PLACES_OF_PEOPLE: [&str; 8] =
    ["Users", "builds", "home", "mnt", "root", "tmp", "work", "workspace"];

fn no_opening_sentence(file: &File) -> Option<String> {
    if file.path == "src/lib.rs" && file.text.starts_with("#![doc = include_str!(") {
        return None;
    }
    let lines = file.text.lines().map_while(|line| line.strip_prefix("//! "));
    let opening: Vec<&str> = lines.collect();
    let first = opening.first().and_then(|line| line.chars().next());
    let last = opening.last().and_then(|line| line.chars().last());
    let begins = first.is_some_and(|c| c.is_uppercase() || c == '`');
    let is_sentence = begins && matches!(last, Some('.' | '?'));
    (!is_sentence).then(|| file.at(0, "open with `//! ` and a sentence of what the file decides"))
}

fn too_long(file: &File) -> Option<String> {
    let allowed = LONG_FILES.iter().any(|(path, _, _)| *path == file.path);
    (file.text.lines().count() > LINES_MAX && !allowed)
        .then(|| file.whole("over 400 lines; cut it along a decision that a person can name"))
}

fn too_wide(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| line.chars().count() > COLUMNS_MAX)
        .map(|(index, _)| file.at(index, "over 100 columns"))
        .collect()
}

fn not_ascii(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.is_ascii())
        .map(|(index, _)| file.at(index, "not ASCII; write the word, or an escape"))
        .collect()
}

fn empty_name(file: &File) -> Option<String> {
    let mut parts = file.path.trim_end_matches(".rs").split('/');
    let empty = parts.find(|part| EMPTY_NAMES.contains(part))?;
    Some(file.whole(&format!("`{empty}` says nothing; name what it decides or holds")))
}

fn left_behind(file: &File) -> Vec<String> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("dbg", "!(")];
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)))
        .map(|(index, _)| file.at(index, "left behind; finish it or take it out"))
        .collect()
}

fn place_of_people(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| names_a_place_of_people(line))
        .map(|(index, _)| file.at(index, "a path of somebody's machine"))
        .collect()
}

/// Whether `line` holds an absolute path that begins with such a place. A part of a URL is none.
fn names_a_place_of_people(line: &str) -> bool {
    PLACES_OF_PEOPLE.iter().any(|place| {
        line.match_indices(&format!("/{place}/")).any(|(start, _)| {
            let before = line.get(..start).and_then(|head| head.chars().last());
            before.is_none_or(|c| !c.is_alphanumeric() && !"._-/}])".contains(c))
        })
    })
}

#[test]
fn every_file_opens_with_a_sentence() {
    report(rust_files().iter().filter_map(no_opening_sentence));
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    report(rust_files().iter().filter_map(too_long));
}

#[test]
fn no_line_is_wider_than_a_hundred_columns() {
    report(rust_files().iter().flat_map(too_wide));
}

#[test]
fn sources_and_units_are_ascii() {
    let plain = [".rs", ".toml", ".service", ".path", ".ci/run"];
    let files = files();
    let chosen = files.iter().filter(|file| plain.iter().any(|end| file.path.ends_with(end)));
    report(chosen.flat_map(not_ascii));
}

#[test]
fn every_name_says_something() {
    report(rust_files().iter().filter_map(empty_name));
}

#[test]
fn nothing_is_left_behind() {
    report(files().iter().flat_map(left_behind));
}

#[test]
fn no_path_of_a_persons_machine_is_written_down() {
    report(files().iter().flat_map(place_of_people));
}

#[test]
fn a_missing_opening_is_noticed() {
    let complaint = |text| no_opening_sentence(&File::new("src/poll/mod.rs", text));
    assert!(complaint("use core::fmt;").is_some());
    assert!(complaint("//! poll module").is_some());
    assert!(complaint("//! Evaluation module\n").is_some());
    assert!(complaint("//! `[hub]`: what concerns the hub itself.").is_none());
    assert!(complaint("//! Does it hold?").is_none());
    assert!(complaint("//! Decides when to ask,\n//! and when to stop.\n//!\n//! # X").is_none());
}

#[test]
fn a_long_file_and_a_wide_line_are_noticed() {
    let long = "//\n".repeat(LINES_MAX);
    assert!(too_long(&File::new("src/hub/mod.rs", &long)).is_none());
    assert!(too_long(&File::new("src/hub/mod.rs", &format!("{long}//\n"))).is_some());
    let wide = "x".repeat(COLUMNS_MAX);
    assert!(too_wide(&File::new("src/hub/mod.rs", &wide)).is_empty());
    assert_eq!(too_wide(&File::new("src/hub/mod.rs", &format!("a\n{wide}x"))).len(), 1);
}

#[test]
fn a_letter_outside_ascii_is_noticed() {
    assert_eq!(not_ascii(&File::new("src/hub/mod.rs", "a\n\u{2192}\n")).len(), 1);
}

#[test]
fn an_empty_name_is_noticed() {
    let complaint = |path| empty_name(&File::new(path, ""));
    assert!(complaint("src/poll/utils.rs").is_some());
    assert!(complaint("tests/common/mod.rs").is_some());
    assert!(complaint("src/poll/pace.rs").is_none());
}

#[test]
fn what_is_left_behind_is_noticed() {
    let complaints = |text: &str| left_behind(&File::new("src/hub/mod.rs", text)).len();
    assert_eq!(complaints(concat!("// TO", "DO: later")), 1);
    assert_eq!(complaints(concat!("a;\ndbg", "!(b);")), 1);
    assert_eq!(complaints("todo = \"deny\""), 0);
}

#[test]
fn a_path_of_a_persons_machine_is_noticed() {
    for place in PLACES_OF_PEOPLE {
        assert!(names_a_place_of_people(&format!("see /{place}/notes.txt")), "{place}");
    }
    assert!(!names_a_place_of_people("https://example.com/home/page"));
    assert!(!names_a_place_of_people("/etc/andon/andon.toml"));
}
