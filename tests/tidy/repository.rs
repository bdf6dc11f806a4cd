//! The repository's files as text, and how complaints about them are told.

use std::fs;
use std::path::Path;

/// One text file.
pub(crate) struct File {
    /// From the repository's root, with `/`: `src/poll/mod.rs`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl File {
    /// A file that exists only in a test.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// A complaint about line `index` (from 0) of this file.
    pub(crate) fn at(&self, index: usize, complaint: &str) -> String {
        format!("{}:{}: {complaint}", self.path, index + 1)
    }

    /// A complaint about the file as a whole.
    pub(crate) fn whole(&self, complaint: &str) -> String {
        format!("{}: {complaint}", self.path)
    }

    /// The room of a file below `src/`: `poll` for `src/poll/mod.rs`, `event` for `src/event.rs`.
    pub(crate) fn room(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        Some(below.split_once('/').map_or(below, |(room, _)| room).trim_end_matches(".rs"))
    }

    /// Whether it is a source file of the program or of its tests.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every text file of the repository, in a fixed order.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the repository was not found");
    found
}

/// Every source file.
pub(crate) fn rust_files() -> Vec<File> {
    files().into_iter().filter(File::is_rust).collect()
}

/// Fails with all `complaints`, one a line.
pub(crate) fn report(complaints: impl Iterator<Item = String>) {
    let list: Vec<String> = complaints.collect();
    assert!(list.is_empty(), "{} complaints:\n{}", list.len(), list.join("\n"));
}

fn walk(directory: &Path, prefix: &str, found: &mut Vec<File>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if NOT_OURS.contains(&path.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.push(File { path, text });
        }
    }
}

/// What git and cargo keep beside the repository, and what is no text of ours. In a worktree `.git`
/// is a file.
const NOT_OURS: [&str; 6] = [
    ".git",
    "target",
    "tests/fuzz/artifacts",
    "tests/fuzz/corpus",
    "tests/fuzz/coverage",
    "tests/fuzz/target",
];
