//! `andon windows preview`: when the maintenance windows of a config are open next.

use andon::edge::clock::Clock;
use andon::model::time::{Span, UtcMs};
use andon::model::window::{Occurrence, Window};
use andon::model::zone::Shows;
use serde_json::{Value, json};

use super::check;
use super::exit::Fault;
use super::options::PreviewOptions;
use super::out;

/// How many occurrences of each window are shown.
const SHOWN: usize = 10;

/// Prints the next occurrences of each window, or of one.
pub(crate) fn preview(options: &PreviewOptions) -> Result<(), Fault> {
    let windows = check::config(&options.config)?.config.windows;
    let at = match &options.at {
        None => Clock::real().now().utc,
        Some(text) => UtcMs::from_rfc3339(text).ok_or_else(|| {
            Fault::usage(format!("\"{text}\" is no time: write 2026-12-05T21:00:00Z"))
        })?,
    };
    let is_asked =
        |window: &&Window| options.name.as_ref().is_none_or(|name| window.name.as_str() == name);
    let asked: Vec<&Window> = windows.iter().filter(is_asked).collect();
    if let (true, Some(name)) = (asked.is_empty(), &options.name) {
        let known: Vec<&str> = windows.iter().map(|window| window.name.as_str()).collect();
        return Err(Fault::usage(match known.as_slice() {
            [] => "the config has no [[window]]".to_owned(),
            known => format!("no window is called {name}; there are {}", known.join(", ")),
        }));
    }
    if options.json {
        let list: Vec<Value> = asked.iter().map(|window| object(window, at)).collect();
        return out::print(&format!("{}\n", json!({ "windows": list })));
    }
    if asked.is_empty() {
        return out::print("The config has no [[window]].\n");
    }
    let pages: Vec<String> = asked.iter().map(|window| page(window, at)).collect();
    out::print(&pages.join("\n"))
}

/// The one that is open, and those that follow.
fn occurrences(window: &Window, at: UtcMs) -> Vec<Occurrence> {
    // What is open is asked for as what would come, which says what the clocks do with its begin.
    let open = window.at(at).map(|open| {
        let same = window.after(open.from + Span(-1)).filter(|same| same.from == open.from);
        same.unwrap_or(open)
    });
    let mut found: Vec<Occurrence> = open.into_iter().collect();
    let mut last = at;
    while found.len() < SHOWN
        && let Some(next) = window.after(last)
    {
        last = next.from;
        found.push(next);
    }
    found
}

/// What the clocks do that a person would not expect.
fn edge(window: &Window, occurrence: &Occurrence) -> Option<&'static str> {
    match occurrence.shows {
        Shows::Never => Some("the clocks skip its time, it begins later by what they skip"),
        Shows::Twice => Some("the clocks show its time twice, it begins at the first"),
        Shows::Once => {
            let changes = window.zone.offset(occurrence.from) != window.zone.offset(occurrence.to);
            changes.then_some("the clocks change meanwhile, its length does not")
        }
    }
}

fn page(window: &Window, at: UtcMs) -> String {
    let covers = window
        .matcher
        .as_ref()
        .map_or_else(|| "what the routes tell that name it".to_owned(), ToString::to_string);
    let mut page = format!("{} ({}), mutes {covers}\n", window.name, window.zone.name());
    let local = |at: UtcMs| {
        let local = window.zone.local(at);
        format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
    };
    let all = occurrences(window, at);
    for one in &all {
        let open = if one.from <= at { "  open now" } else { "" };
        let edge = edge(window, one).map(|edge| format!("  ! {edge}")).unwrap_or_default();
        let (from, to) = (local(one.from), local(one.to));
        page.push_str(&format!("  {from} to {to}  {} to {}{open}{edge}\n", one.from, one.to));
    }
    if all.is_empty() {
        page.push_str("  never again: it is over\n");
    }
    page
}

fn object(window: &Window, at: UtcMs) -> Value {
    let one = |one: &Occurrence| {
        json!({
            "from": one.from.rfc3339(),
            "to": one.to.rfc3339(),
            "from_local": window.zone.local(one.from).to_string(),
            "to_local": window.zone.local(one.to).to_string(),
            "seconds": (one.to - one.from).whole_secs(),
            "is_open": one.from <= at,
            "clock_change": edge(window, one),
        })
    };
    let all: Vec<Value> = occurrences(window, at).iter().map(one).collect();
    json!({
        "name": window.name.as_str(),
        "zone": window.zone.name(),
        "mutes": window.matcher.as_ref().map(ToString::to_string),
        "occurrences": all,
    })
}
