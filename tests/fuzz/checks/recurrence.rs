//! When a window recurs: rules of RFC 5545 and lines of cron.
//!
//! The first line is the zone, the second the first moment, the third the minutes for which the
//! window is open; the rest is the rule: of RFC 5545 where it has an equals sign, else of cron.

use core::str::from_utf8;

use andon::hub::Library;
use andon::model::time::UtcMs;
use andon::model::window::{When, Window};

use super::texts::point;

const FILE: &str = r#"
[[source]]
name = "cxone"
definition = "nice-cxone-guide"
client_id = "abc"
client_secret = { credential = "cxone" }
queues = ["q1"]

[[rules]]
thresholds = [
  { metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" },
]

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[routes]
P1 = { targets = ["slack"] }
P2 = { targets = ["slack"] }

[[window]]
name = "w"
match = { priority = ["P1"] }
"#;

thread_local! {
    static LIBRARY: Library = Library::built_in();
}

/// A rule is refused with its place, or its occurrences follow one another, each is open when it
/// begins, and a window that closes does.
pub fn recurrence(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (zone, from, minutes, rule) = (line(), line(), line(), line());
    let minutes: u32 = minutes.parse().unwrap_or(60);
    let key = if rule.contains('=') { "rrule" } else { "cron" };
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let from = if from.is_empty() { String::new() } else { format!("from = {}\n", quoted(from)) };
    let file = format!(
        "{FILE}zone = {}\n{from}duration_minutes = {minutes}\n{key} = {}\n",
        quoted(zone),
        quoted(rule)
    );
    match LIBRARY.with(|library| andon::hub::load("andon.toml", &file, library)) {
        Ok(loaded) => loaded.config.windows.iter().for_each(follow),
        Err(problems) => point(&problems, &file),
    }
}

fn follow(window: &Window) {
    let When::Again { lasts, .. } = &window.when else { panic!("{window:?}") };
    // Before the rule begins, in the midst of it, and far behind it.
    for from in ["1970-01-01T00:00:00Z", "2026-03-29T00:30:00Z", "2099-12-31T23:59:59Z"] {
        let mut last = UtcMs::from_rfc3339(from).unwrap();
        for _ in 0..10 {
            let Some(next) = window.after(last) else { break };
            assert!(next.from > last, "{next:?} after {last:?}");
            assert_eq!(next.to, next.from + *lasts);
            let open = window.at(next.from).unwrap();
            assert_eq!((open.from, open.to), (next.from, next.to));
            let before = window.at(UtcMs(next.from.0 - 1));
            assert!(before.is_none_or(|before| before.from < next.from && before.to > last));
            assert!(!window.is_over(next.from));
            last = next.from;
        }
    }
}
