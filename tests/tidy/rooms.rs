//! Who may import whom, and that only the edge knows the world.

use crate::repository::{File, report, rust_files};

/// The import arrow: a room of `src/`, and the rooms that it may name. `main`, `cli` and `lib` are
/// not in it: they may name all.
const ARROW: [(&str, &[&str]); 20] = [
    ("limits", &["model"]),
    ("model", &["limits"]),
    ("event", &["model", "limits"]),
    // An effect says whose event its outcome will be.
    ("effect", &["event", "model", "limits"]),
    ("document", &["model", "limits"]),
    ("demo", &["model", "limits"]),
    ("config", &["document", "model", "limits"]),
    ("platform", &["document", "model", "limits"]),
    ("target", &["document", "model", "limits"]),
    ("ledger", &["document", "model", "limits"]),
    ("ingest", &["config", "platform", "target", "ledger", "document", "model", "limits"]),
    ("enrich", &["config", "platform", "target", "ledger", "document", "model", "limits"]),
    ("poll", &["config", "platform", "target", "ledger", "document", "model", "limits"]),
    ("calibrate", &["config", "ledger", "document", "model", "limits"]),
    // It never learns what a vendor is.
    ("evaluate", &["config", "ledger", "document", "model", "limits"]),
    ("dispatch", &["config", "platform", "target", "ledger", "document", "model", "limits"]),
    ("api", &["config", "platform", "target", "ledger", "document", "model", "limits"]),
    (
        "hub",
        &[
            "event",
            "effect",
            "calibrate",
            "ingest",
            "enrich",
            "poll",
            "evaluate",
            "dispatch",
            "api",
            "config",
            "platform",
            "target",
            "ledger",
            "document",
            "model",
            "limits",
        ],
    ),
    // A world for a hub whose answers come from a recording.
    (
        "replay",
        &["hub", "demo", "evaluate", "event", "effect", "ledger", "document", "model", "limits"],
    ),
    // It moves bytes for the hub and owns no decision, so it knows no vendor, target or rule.
    ("edge", &["hub", "event", "effect", "ledger", "config", "document", "model", "limits"]),
];

/// The rooms where clocks, sockets, files and threads live.
const ROOMS_OF_THE_WORLD: [&str; 3] = ["edge", "cli", "main"];

/// The rooms that may name every other.
const ROOMS_ABOVE_ALL: [&str; 3] = ["cli", "lib", "main"];

fn imports_against_the_arrow(file: &File) -> Vec<String> {
    let Some(room) = file.room().filter(|room| !ROOMS_ABOVE_ALL.contains(room)) else {
        return Vec::new();
    };
    let Some((_, allowed)) = ARROW.iter().find(|(name, _)| *name == room) else {
        return vec![
            file.whole("a room without a place in the import arrow (tests/tidy/rooms.rs)"),
        ];
    };
    let mut complaints = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for rest in line.split("crate::").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let named = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if named.is_empty() {
                complaints.push(file.at(index, "write one `use crate::room::...` for each room"));
            } else if named != room && !allowed.contains(&named) {
                complaints.push(file.at(
                    index,
                    &format!("{room} must not name {named}; it belongs in model or in hub"),
                ));
            }
        }
        let climbs_out = file.path.ends_with("/mod.rs") && line.starts_with("use super::");
        if line.contains("super::super::") || climbs_out {
            complaints.push(file.at(index, "write `crate::room::...`, so that the arrow is seen"));
        }
    }
    complaints
}

fn std_in_a_pure_room(file: &File) -> Vec<String> {
    if file.room().is_none_or(|room| ROOMS_OF_THE_WORLD.contains(&room)) {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| line.contains("std::"))
        .map(|(index, _)| file.at(index, "`std::` in a pure room; write core:: or alloc::"))
        .collect()
}

#[test]
fn rooms_import_along_the_arrow() {
    report(rust_files().iter().flat_map(imports_against_the_arrow));
}

#[test]
fn only_the_edge_and_the_door_know_the_world() {
    report(rust_files().iter().flat_map(std_in_a_pure_room));
}

#[test]
fn an_import_against_the_arrow_is_noticed() {
    let complaints = |path, text| imports_against_the_arrow(&File::new(path, text)).len();
    assert_eq!(complaints("src/poll/mod.rs", "use crate::evaluate::Rule;"), 1);
    assert_eq!(complaints("src/evaluate/rule.rs", "fn f(a: crate::platform::Reply) {}"), 1);
    assert_eq!(complaints("src/model/time.rs", "//! See [`crate::hub`]."), 1);
    assert_eq!(complaints("src/hub/mod.rs", "use crate::{edge, poll};"), 1);
    assert_eq!(complaints("src/poll/mod.rs", "use super::evaluate;"), 1);
    assert_eq!(complaints("src/poll/pace.rs", "    use super::super::evaluate;"), 1);
    assert_eq!(complaints("src/lobby/mod.rs", "fn nothing() {}"), 1);
}

#[test]
fn an_import_along_the_arrow_is_not_a_complaint() {
    let complaints = |path, text| imports_against_the_arrow(&File::new(path, text));
    assert!(complaints("src/poll/mod.rs", "use crate::platform::Ask;").is_empty());
    assert!(complaints("src/poll/mod.rs", "use crate::poll::pace::Pace;").is_empty());
    assert!(complaints("src/limits/mod.rs", "use crate::model::time::Span;").is_empty());
    assert!(complaints("src/poll/mod.rs", "mod tests {\n    use super::*;\n}").is_empty());
    assert!(complaints("src/cli/run.rs", "use crate::demo::Centre;").is_empty());
    assert!(complaints("tests/hub/main.rs", "use crate::world::World;").is_empty());
}

#[test]
fn the_world_in_a_pure_room_is_noticed() {
    let complaints = |path| std_in_a_pure_room(&File::new(path, "use std::fmt;")).len();
    assert_eq!(complaints("src/model/time.rs"), 1);
    assert_eq!(complaints("src/limits/mod.rs"), 1);
    assert_eq!(complaints("src/edge/clock.rs"), 0);
    assert_eq!(complaints("src/main.rs"), 0);
    assert_eq!(complaints("tests/tidy/main.rs"), 0);
}
