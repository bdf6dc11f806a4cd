//! A typed reader over the tree: it says what it wants, and complains instead of stopping.
//!
//! # Promises
//! - `a_wrong_type_says_what_was_found_and_what_to_write`
//! - `an_unknown_key_finds_its_nearest`
//! - `a_fault_inside_a_text_is_pointed_at`: unless escapes make the place unsure.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::ops::{Range, RangeInclusive};

use crate::document::{Document, Entry, Node, Problem, Value};
use crate::model::near::nearest;

/// A value under reading: what stands there, and what it is called: `rules[2].thresholds[0].metric`.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    document: &'a Document<'a>,
    node: &'a Node,
    path: String,
}

/// A table under reading. It remembers which keys were asked for; [`Self::finish`] refuses the rest.
#[derive(Debug)]
pub struct Table<'a> {
    item: Item<'a>,
    entries: &'a [Entry],
    known: Vec<&'a str>,
}

impl<'a> Item<'a> {
    pub(super) const fn new(document: &'a Document<'a>, node: &'a Node, path: String) -> Self {
        Self { document, node, path }
    }

    /// What stands there, for a key that takes several types.
    #[must_use]
    pub const fn value(&self) -> &'a Value {
        &self.node.value
    }

    /// What it is called in messages.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its file and line, for people: `andon.toml:14`.
    #[must_use]
    pub fn origin(&self) -> String {
        let line = self.document.line(self.node.span.start);
        format!("{}:{line}", self.document.file_name())
    }

    /// A text.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        let Value::Text(text) = &self.node.value else { return self.wrong("a text") };
        Some(text)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        let Value::Bool(flag) = self.node.value else { return self.wrong("true or false") };
        Some(flag)
    }

    /// A finite number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        #[expect(clippy::as_conversions, reason = "a config's numbers are far below 2^53")]
        if let Value::Integer(number) = self.node.value {
            return Some(number as f64);
        }
        let Value::Float(number) = self.node.value else { return self.wrong("a number") };
        if number.is_finite() { Some(number) } else { self.wrong("a finite number") }
    }

    /// A number within bounds.
    #[must_use]
    pub fn number_in(&self, range: RangeInclusive<f64>) -> Option<f64> {
        self.number().and_then(|number| self.within(number, &range))
    }

    /// A whole number within bounds.
    #[must_use]
    pub fn integer_in(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let Value::Integer(number) = self.node.value else { return self.wrong("a whole number") };
        self.within(number, &range)
    }

    fn within<N: PartialOrd + Display>(&self, number: N, range: &RangeInclusive<N>) -> Option<N> {
        if range.contains(&number) {
            return Some(number);
        }
        let (least, most) = (range.start(), range.end());
        self.refuse(
            format!("{number} is out of range"),
            format!("Write a number from {least} to {most}."),
        )
    }

    /// A list, element by element.
    #[must_use]
    pub fn list(&self) -> Option<Vec<Self>> {
        let Value::List(list) = &self.node.value else { return self.wrong("a list") };
        let element = |(index, node): (usize, &'a Node)| {
            Item::new(self.document, node, format!("{}[{index}]", self.path))
        };
        Some(list.iter().enumerate().map(element).collect())
    }

    /// A list of texts. Elements of another type are complained about and left out.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<(Self, &'a str)>> {
        let with_text = |item: Self| item.text().map(|text| (item, text));
        Some(self.list()?.into_iter().filter_map(with_text).collect())
    }

    /// A table.
    #[must_use]
    pub fn table(&self) -> Option<Table<'a>> {
        let Value::Table(entries) = &self.node.value else { return self.wrong("a table") };
        Some(Table { item: self.clone(), entries, known: Vec::new() })
    }

    /// Complains about the value. The answer is always nothing, so that it can end a chain.
    pub fn refuse<T>(&self, message: impl Display, help: impl Into<String>) -> Option<T> {
        self.refuse_at(self.node.span.clone(), message, help)
    }

    /// Complains about some bytes within the value's text, counted as the text was read.
    pub fn refuse_within<T>(
        &self,
        within: Range<usize>,
        message: impl Display,
        help: impl Into<String>,
    ) -> Option<T> {
        self.refuse_at(self.narrow(within), message, help)
    }

    /// Complains about a value that no report may show.
    pub fn refuse_hidden<T>(&self, message: impl Display, help: impl Into<String>) -> Option<T> {
        let mut problem = Problem::new(self.node.span.clone(), self.named(message), help);
        problem.hidden = self.node.span.clone();
        self.document.complain(problem);
        None
    }

    fn refuse_at<T>(
        &self,
        span: Range<usize>,
        message: impl Display,
        help: impl Into<String>,
    ) -> Option<T> {
        self.document.complain(Problem::new(span, self.named(message), help));
        None
    }

    fn named(&self, message: impl Display) -> String {
        if self.path.is_empty() {
            format!("{message}")
        } else {
            format!("{}: {message}", self.path)
        }
    }

    /// The place of some bytes of a text. Where the text stands in the file as it was read, between
    /// its quotes, the place is sure; else the whole value is the place.
    fn narrow(&self, within: Range<usize>) -> Range<usize> {
        let span = &self.node.span;
        let written = self.document.text().get(span.clone()).unwrap_or_default();
        let bare = written.trim_start_matches(['"', '\'']);
        let quotes = written.len().saturating_sub(bare.len());
        let Value::Text(text) = &self.node.value else { return span.clone() };
        if !bare.starts_with(text.as_str()) {
            return span.clone();
        }
        let start = span.start.saturating_add(quotes);
        start.saturating_add(within.start)..start.saturating_add(within.end)
    }

    fn wrong<T>(&self, wanted: &str) -> Option<T> {
        let (found, help) = match &self.node.value {
            Value::Null => ("null", "Give it a value, or take the key out."),
            Value::Bool(_) => ("true or false", ""),
            Value::Integer(_) | Value::Float(_) if wanted == "a text" => {
                ("a number", "Write it in double quotes.")
            }
            Value::Float(number) if !number.is_finite() => ("a number without end", ""),
            Value::Integer(_) => ("a whole number", ""),
            Value::Float(_) => ("a number with a fraction", ""),
            Value::Text(_) if wanted == "a list" => ("a text", "Write it in brackets: [\"...\"]."),
            Value::Text(text) if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() => {
                ("a text", "Write it without quotes.")
            }
            Value::Text(_) => ("a text", ""),
            Value::List(_) => ("a list", ""),
            Value::Table(_) if wanted == "a list" => {
                ("one table", "In TOML write [[name]] with double brackets; in JSON [{ ... }].")
            }
            Value::Table(_) => ("a table", ""),
        };
        let help = if help.is_empty() { format!("Write {wanted}.") } else { help.into() };
        self.refuse(format!("expected {wanted}, found {found}"), help)
    }
}

impl<'a> Table<'a> {
    /// The table as a whole, for problems that are about more than one key.
    #[must_use]
    pub const fn item(&self) -> &Item<'a> {
        &self.item
    }

    /// The value of a key, where the table has it.
    pub fn optional(&mut self, key: &'a str) -> Option<Item<'a>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(self.child(entry))
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
        let rest: Vec<_> = unasked.map(|entry| (&*entry.key, self.child(entry))).collect();
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
            let message = self.child(entry).named("there is no such key");
            let mut problem = Problem::new(entry.key_span.clone(), message, help);
            // A slip in the name of a secret's key leaves its value in the open.
            if matches!(entry.node.value, Value::Text(_)) {
                problem.hidden = entry.node.span.clone();
            }
            self.item.document.complain(problem);
        }
    }

    fn child(&self, entry: &'a Entry) -> Item<'a> {
        let path = &self.item.path;
        let dot = if path.is_empty() { "" } else { "." };
        Item::new(self.item.document, &entry.node, format!("{path}{dot}{}", entry.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a look at the key `a` complains about: the column and the short form of the problem.
    fn complaint(text: &str, look: impl FnOnce(Item<'_>)) -> (usize, String) {
        let document = Document::open("f", text).unwrap();
        look(document.root().unwrap().optional("a").unwrap());
        let problems = document.close(Some(())).unwrap_err();
        let line = problems.lines().next().unwrap();
        (line.column, format!("{}. {}", line.message, line.help))
    }

    #[test]
    fn a_wrong_type_says_what_was_found_and_what_to_write() {
        let text = |item: Item<'_>| assert!(item.text().is_none());
        let number = |item: Item<'_>| assert!(item.integer_in(1..=5).is_none());
        let list = |item: Item<'_>| assert!(item.list().is_none());
        assert_eq!(
            complaint("a = 5", text),
            (5, "a: expected a text, found a number. Write it in double quotes.".into())
        );
        assert_eq!(
            complaint("a = '5'", number),
            (5, "a: expected a whole number, found a text. Write it without quotes.".into())
        );
        assert_eq!(
            complaint("a = 9", number),
            (5, "a: 9 is out of range. Write a number from 1 to 5.".into())
        );
        assert!(complaint("[a]", list).1.contains("[[name]]"));
        assert!(complaint("{\"a\": null}", text).1.contains("take the key out"));
        let finite = |item: Item<'_>| assert!(item.number().is_none());
        assert!(complaint("a = inf", finite).1.contains("a number without end"));
        let deep = |item: Item<'_>| assert_eq!(item.texts().unwrap().len(), 1);
        assert!(complaint("a = ['x', 1]", deep).1.starts_with("a[1]: expected a text"));
    }

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
    fn a_fault_inside_a_text_is_pointed_at() {
        let look = |item: Item<'_>| assert!(item.refuse_within::<()>(2..3, "bad", "").is_none());
        assert_eq!(complaint("a = \"xyz\"", look).0, 8);
        assert_eq!(complaint("a = '''xyz'''", look).0, 10);
        assert_eq!(complaint("a = \"\\u0078yz\"", look).0, 5);
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
