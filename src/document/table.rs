//! A table under reading: every key is asked for by name, and what nobody asked for is a problem.
//!
//! # Promises
//! - `an_unknown_key_finds_its_nearest`
//! - `free_keys_are_not_unknown`

use alloc::format;
use alloc::vec::Vec;

use crate::document::{Entry, Item};
use crate::model::near::nearest;

/// A table under reading. It remembers what it was asked for; [`Self::finish`] refuses the rest.
#[derive(Debug)]
pub struct Table<'a> {
    item: Item<'a>,
    entries: &'a [Entry],
    known: Vec<&'a str>,
}

impl<'a> Table<'a> {
    pub(super) const fn new(item: Item<'a>, entries: &'a [Entry]) -> Self {
        Self { item, entries, known: Vec::new() }
    }

    /// The table as a whole, for problems that are about more than one key.
    #[must_use]
    pub const fn item(&self) -> &Item<'a> {
        &self.item
    }

    /// The value of a key, where the table has it.
    pub fn optional(&mut self, key: &'a str) -> Option<Item<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(self.item.entry(entry))
    }

    /// The value of a key that the table must have; `help` says what to write where it has not.
    pub fn required(&mut self, key: &'a str, help: &str) -> Option<Item<'a>> {
        self.optional(key).or_else(|| self.item.refuse(format!("{key} is missing"), help))
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, key: &'a str) -> Option<&'a str> {
        self.optional(key)?.text()
    }

    /// A text that must be there; `help` says what to write where it is not.
    pub fn required_text(&mut self, key: &'a str, help: &str) -> Option<&'a str> {
        self.required(key, help)?.text()
    }

    /// A list of tables, `[[key]]` in TOML. Left out, it is empty.
    pub fn tables(&mut self, key: &'a str) -> Vec<Self> {
        let list = self.optional(key).and_then(|item| item.list()).unwrap_or_default();
        list.iter().filter_map(Item::table).collect()
    }

    /// Every key that was not asked for, with its value: for tables whose keys are free.
    pub fn rest(&mut self) -> Vec<(&'a str, Item<'a>)> {
        let unasked = self.entries.iter().filter(|entry| !self.known.contains(&&*entry.key));
        let rest: Vec<_> = unasked.map(|entry| (&*entry.key, self.item.entry(entry))).collect();
        self.known.extend(rest.iter().map(|(key, _)| *key));
        rest
    }

    /// Ends the reading of the table: every key that nobody asked for is a problem.
    pub fn finish(self) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&&*entry.key)) {
            let help = match nearest(&entry.key, self.known.iter().copied()) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("The keys here are {}.", self.known.join(", ")),
            };
            self.item.refuse_key(entry, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn an_unknown_key_finds_its_nearest() {
        let document = Document::open("f", "[t]\ncooldown_second = 1\nx = 'y'\n").unwrap();
        let mut table = document.root().unwrap().optional("t").unwrap().table().unwrap();
        assert!(table.optional("cooldown_seconds").is_none());
        table.finish();
        let problems = document.close(Some(())).unwrap_err();
        let lines: Vec<_> = problems.lines().map(|line| (line.message, line.help)).collect();
        let slip = ("t.cooldown_second: there is no such key", "Did you mean cooldown_seconds?");
        assert_eq!(lines[0], slip);
        assert_eq!(lines[1].1, "The keys here are cooldown_seconds.");
        assert!(problems.render(false).contains("x = ***"));
    }

    #[test]
    fn free_keys_are_not_unknown() {
        let document = Document::open("f", "a = 1\nb = 2\n").unwrap();
        let mut root = document.root().unwrap();
        assert!(root.optional("a").is_some());
        let rest: Vec<&str> = root.rest().into_iter().map(|(key, _)| key).collect();
        assert_eq!(rest, ["b"]);
        root.finish();
        assert!(document.close(Some(())).is_ok());
    }
}
