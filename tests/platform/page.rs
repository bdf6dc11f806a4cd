//! The page about source definitions: its example works, and it tells of every key there is.

use alloc::collections::BTreeSet;
use std::fs;
use std::path::Path;

use andon::hub::{Library, load};
use andon::model::answer::Reading;
use andon::model::http::Reply;
use andon::platform::{Definition, Window};

use crate::{asking, schema};

const PAGE: &str = include_str!("../../docs/source-definition.md");

/// The blocks of the page in a language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let begin = format!("\n```{language}\n");
    let starts: Vec<usize> = PAGE.match_indices(&begin).map(|(at, _)| at + begin.len()).collect();
    starts.into_iter().map(|start| PAGE[start..].split_once("\n```\n").unwrap().0)
}

/// The definition that the page works out.
pub(crate) fn example() -> &'static str {
    blocks("toml").next().unwrap()
}

/// Every key that the parser asks a table for.
pub(crate) fn parser_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for text in sources(|name| name.starts_with("file")) {
        for call in CALLS {
            let begin = format!("{call}(\"");
            let calls = text.split(&begin).skip(1);
            keys.extend(calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
    keys
}

/// What asks a table for a key.
const CALLS: [&str; 10] = [
    ".required",
    ".optional",
    "required_text",
    "optional_text",
    ".tables",
    "place",
    "key",
    "at",
    "field",
    "header",
];

/// The sources of the platform room whose name is wanted, without white space and tests.
fn sources(is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform");
    let files = fs::read_dir(place).unwrap().map(|file| file.unwrap().path());
    let chosen = files
        .filter(|path| path.is_file() && is_wanted(&path.file_name().unwrap().to_string_lossy()));
    let text = |path| {
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
        text.split_whitespace().collect()
    };
    chosen.map(text).collect()
}

/// Every word of the page that is set as code in a sentence or a table.
fn words_of_code() -> BTreeSet<&'static str> {
    let prose = PAGE.split("\n```").step_by(2);
    let spans = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    spans.flat_map(|span| span.split(move |c| !is_part(c))).collect()
}

#[test]
fn the_worked_example_reads_the_answer_that_the_page_shows() {
    let parsed = Definition::parse("acme.toml", example());
    let definition = parsed.unwrap_or_else(|problems| panic!("{problems}"));
    let reply = Reply::new(200, "application/json", blocks("json").next().unwrap())
        .with_header("date", "Wed, 15 May 2024 14:32:30 GMT");
    let answer = definition.read_answer(0, &reply, &asking(Window::Snapshot)).unwrap().answer;
    let names: Vec<&str> = answer.metrics.iter().map(|metric| metric.short()).collect();
    assert_eq!(names, ["calls_waiting", "longest_wait", "agents_available", "abandon_rate"]);
    let rows: Vec<(&str, &str, Vec<Reading>)> = answer
        .iter()
        .map(|(row, cells)| (row.entity.as_str(), row.name.as_deref().unwrap(), cells.to_vec()))
        .collect();
    let [waiting, calm] = [[22.0, 135.0, 4.0, 0.15], [0.0, 0.0, 2.0, 0.0]]
        .map(|values| values.map(Reading::Value).to_vec());
    assert_eq!(rows[0], ("7", "Retail banking", waiting));
    assert_eq!((rows[1].0, rows[1].1, &rows[1].2[..3]), ("8", "Cards", &calm[..3]));
    assert!(!matches!(rows[1].2[3], Reading::Value(_)), "three calls of three say nothing");
}

#[test]
fn the_config_of_the_worked_example_is_sound() {
    let library = Library::with(&[("platforms/acme.toml", example())]).unwrap();
    let loaded = load("andon.toml", blocks("toml").nth(1).unwrap(), &library);
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(loaded.definitions[0].name(), "acme-voice");
}

#[test]
fn the_page_tells_of_every_key_and_every_word() {
    let told = words_of_code();
    let keys = parser_keys();
    assert!(keys.len() > 70, "the keys were not found: {keys:?}");
    let untold: Vec<&String> = keys.iter().filter(|key| !told.contains(key.as_str())).collect();
    assert!(untold.is_empty(), "the page does not tell of {untold:?}");
    let words = schema::words();
    let untold: Vec<&String> = words.iter().filter(|word| !told.contains(word.as_str())).collect();
    assert!(untold.is_empty(), "the page does not tell of {untold:?}");
}

#[test]
fn the_words_of_the_schema_are_the_parsers() {
    let sources = sources(|_| true).concat();
    for word in schema::words() {
        assert!(sources.contains(&format!("(\"{word}\",")), "the parser does not know {word}");
    }
}
