//! What is said about each mistake in a definition, and where.

use andon::platform::Definition;

const GUIDE: &str = include_str!("../../src/platform/definitions/nice-cxone-guide.toml");

/// Groups of three lines: a piece of [`ANSWER`], what somebody writes instead, and what is said:
/// line and column of the table, and the message with its help.
const MISTAKES: &str = include_str!("mistakes.txt");

/// The same for [`DEFINITION`]; `-` is nothing.
const MISTAKES_ELSEWHERE: &str = include_str!("mistakes_elsewhere.txt");

/// Everything but answers: every key, each of them right.
const DEFINITION: &str = r#"name = "all"
platform = "test"
interval_seconds = 10
offset_seconds = 1
window = "snapshot" # of all
entities = "queues"
hosts = ["*.good.example", "{api_hosts}"]

[[parameter]]
name = "region"
kind = "text"
default = "eu"
help = ""
words = { eu = "https://eu.example", us = "https://us.example" }

[[parameter]]
name = "client_secret"
kind = "secret" # of the client
help = ""

[[parameter]]
name = "queues"
kind = "list"
default = []
help = ""

[[parameter]]
name = "api_hosts"
kind = "list"
default = []
help = ""

[auth]
kind = "oauth-client-credentials"
url = "{region}/token"
client_auth = "basic"
client_id = "me"
client_secret = "{client_secret}"
token = "access_token"
life_seconds = "expires_in"
refresh_token = "refresh_token"
take = { tenant = { jwt = "id_token", path = "tenantId" } }

[auth.refresh]
url = "{region}/refresh"
body = { token = "{refresh_token}" }
token = "token"
life_seconds = "life"

[[discovery]]
name = "cluster"
url = "{region}/where?t={tenant}"
headers = { authorization = "Bearer {token}" }
take = { api_url = "api" }

[[request]]
name = "data"
method = "POST"
url = "{api_url}/data?page={page}"
window = "rolling"
window_seconds = 1800
batch = { list = "queues", size = 100 }
paging = { kind = "number", pages = "pageCount" }
body = { ids = { each = "{queues}", element = { id = "{each}" } } }
answer = { rows = "r", entity_id = "id", metrics = [{ metric = "calls_waiting", path = "n" }] }

[[request]]
name = "names"
method = "GET"
url = "{api_url}/names"
names = { rows = "r", entity_id = "id", entity_name = "name", fills = "queues" }

[[request]]
name = "changes"
method = "GET"
url = "{api_url}/changes?since={since}"
since = { first = "ever", next = "next" }
answer = { rows = "r", entity_id = "id", metrics = [{ metric = "calls_waiting", path = "n" }] }
"#;

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
    { metric = "longest_wait", path = "oldest", unit = "instant", combine = "max",
      missing = { hold_seconds = 60 } },
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

#[test]
fn every_mistake_elsewhere_is_pointed_at() {
    let problems = |text: &str| match Definition::parse("f.toml", text) {
        Ok(_) => String::new(),
        Err(problems) => {
            let lines = problems.lines();
            let said = lines.map(|l| format!("{}:{} {}. {}", l.line, l.column, l.message, l.help));
            said.collect::<Vec<_>>().join(" | ")
        }
    };
    assert_eq!(problems(DEFINITION), "");
    let lines: Vec<&str> = MISTAKES_ELSEWHERE.lines().filter(|line| !line.is_empty()).collect();
    for group in lines.chunks(3) {
        let [from, to, said] = group else { panic!("three lines each: {group:?}") };
        assert_eq!(DEFINITION.matches(from).count(), 1, "{from}");
        let to = if *to == "-" { "" } else { to };
        let found = problems(&DEFINITION.replace(from, to));
        assert_eq!(found, *said, "{from} -> {to}");
    }
}
