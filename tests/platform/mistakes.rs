//! What is said about each mistake in a `[request.answer]` table, and where.

use andon::platform::Definition;

const GUIDE: &str = include_str!("../../src/platform/definitions/nice-cxone-guide.toml");

/// Groups of three lines: a piece of [`ANSWER`], what somebody writes instead, and what is said:
/// line and column of the table, and the message with its help.
const MISTAKES: &str = include_str!("mistakes.txt");

/// A table with every key, each of them right.
pub(crate) const ANSWER: &str = r#"
rows = "rows"
entity_id = "id"
case = "ignored"
time_from = "header"
row_time = "servertime"
metrics = [
    { metric = "offered_calls", path = "offered", missing = "zero", combine = "sum" },
    { metric = "abandoned_calls", path = "gone", missing = "unknown", keep = false },
    { metric = "longest_wait", path = "oldest", unit = "instant", combine = "max" },
    { metric = "service_level", path = "data[?metric=='X'].v | [0]", unit = "percent" },
    { metric = "telephony.edge.online", path = "status", true_when = ["ONLINE"] },
]
derived = [
    { metric = "abandon_rate", value = "abandoned_calls / offered_calls",
      at_least = { offered_calls = 20 } },
]
"#;

/// The guide's definition with this table.
pub(crate) fn definition(answer: &str) -> String {
    let (before, _) = GUIDE.split_once("[request.answer]\n").unwrap();
    format!("{before}[request.answer]{answer}")
}

/// The mistakes: a piece of [`ANSWER`], what somebody writes instead, what is said.
pub(crate) fn mistakes() -> Vec<[&'static str; 3]> {
    let lines: Vec<&str> = MISTAKES.lines().filter(|line| !line.is_empty()).collect();
    let group = |group: &[&'static str]| match group {
        [from, to, said] => [*from, *to, *said],
        _ => unreachable!("three lines each: {group:?}"),
    };
    lines.chunks(3).map(group).collect()
}

/// The problems of a definition with this table, one a line.
fn problems(answer: &str) -> String {
    let (before, _) = GUIDE.split_once("[request.answer]\n").unwrap();
    let text = definition(answer);
    let Err(problems) = Definition::parse("f.toml", &text) else { return String::new() };
    let line = |line: usize| line - before.lines().count() - 1;
    let lines = problems.lines();
    let said = lines.map(|l| format!("{}:{} {}. {}", line(l.line), l.column, l.message, l.help));
    said.collect::<Vec<_>>().join("\n").replace("request[0].answer.", "")
}

#[test]
fn every_mistake_in_an_answer_is_pointed_at() {
    assert_eq!(problems(ANSWER), "");
    for [from, to, said] in mistakes() {
        assert_eq!(ANSWER.matches(from).count(), 1, "{from}");
        assert_eq!(problems(&ANSWER.replace(from, to)), said, "{from} -> {to}");
    }
}
