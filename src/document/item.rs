//! A value under reading: it says what it wants to find, and complains instead of stopping.
//!
//! # Promises
//! - `a_wrong_type_says_what_was_found_and_what_to_write`
//! - `a_word_that_is_none_of_them_is_told_which_there_are`
//! - `a_fault_inside_a_text_is_pointed_at`: unless escapes make the place unsure.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::ops::{Range, RangeInclusive};

use crate::document::{Document, Entry, Node, Problem, Table, Value};
use crate::model::near::nearest;

/// A value under reading: what stands there, and its name, such as `rules[2].thresholds[0].metric`.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    document: &'a Document<'a>,
    node: &'a Node,
    path: String,
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

    /// Its file, line and column, for people: `andon.toml:14:5`. No two items of a list have the
    /// same, however the file is written.
    #[must_use]
    pub fn origin(&self) -> String {
        let (line, column) = self.document.place(self.node.span.start);
        format!("{}:{line}:{column}", self.document.file_name())
    }

    /// Whether the same file has a table of this name at its top level.
    #[must_use]
    pub fn is_beside(&self, name: &'a str) -> bool {
        let root = Item::new(self.document, self.document.top(), String::new());
        root.table().is_some_and(|mut root| root.optional(name).is_some())
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

    /// One of several words, and what it stands for; `what` completes "is not".
    #[must_use]
    pub fn one_of<T: Clone>(&self, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(meaning.clone());
        }
        let words = || words.iter().map(|(word, _)| *word);
        let all = words().collect::<Vec<_>>().join(", ");
        let help = match (nearest(text, words()), words().count()) {
            (Some(near), 1) => format!("Did you mean {near}?"),
            (Some(near), _) => format!("Did you mean {near}? There are {all}."),
            (None, 0) => String::from("There is none yet."),
            (None, 1) => format!("Write {all}."),
            (None, _) => format!("Write one of {all}."),
        };
        self.refuse(format!("\"{text}\" is not {what}"), help)
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

    /// A list with a bounded number of elements.
    #[must_use]
    pub fn list_of(&self, lengths: RangeInclusive<usize>) -> Option<Vec<Self>> {
        let Value::List(list) = &self.node.value else { return self.list() };
        if list.len() < *lengths.start() {
            return self.refuse("the list is empty", "Write at least one element.");
        }
        if let Some(first) = list.get(*lengths.end()) {
            let message = format!("the list has {} elements", list.len());
            let help = format!("At most {} are possible.", lengths.end());
            return self.refuse_at(first.span.clone(), message, help);
        }
        self.list()
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
        Some(Table::new(self.clone(), entries))
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

    /// Complains about the key of an entry of this table.
    pub(super) fn refuse_key(&self, entry: &'a Entry, help: String) {
        let message = self.entry(entry).named("there is no such key");
        let mut problem = Problem::new(entry.key_span.clone(), message, help);
        // A slip in the name of a secret's key leaves its value in the open.
        if matches!(entry.node.value, Value::Text(_)) {
            problem.hidden = entry.node.span.clone();
        }
        self.document.complain(problem);
    }

    /// The value of an entry of this table.
    pub(super) fn entry(&self, entry: &'a Entry) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self::new(self.document, &entry.node, format!("{}{dot}{}", self.path, entry.key))
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
        // After three quotes TOML leaves the end of the line out.
        let bare = bare.strip_prefix("\r\n").or(bare.strip_prefix('\n')).unwrap_or(bare);
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
                let names = self.path.split('.').filter_map(|part| part.split('[').next());
                let name = names.collect::<Vec<_>>().join(".");
                let help = format!("Write [[{name}]] with double brackets; in JSON [{{ ... }}].");
                return self.refuse("expected a list, found one table", help);
            }
            Value::Table(_) => ("a table", ""),
        };
        let help = if help.is_empty() { format!("Write {wanted}.") } else { help.into() };
        self.refuse(format!("expected {wanted}, found {found}"), help)
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
        assert!(complaint("[a]", list).1.contains("[[a]]"));
        assert!(complaint("{\"a\": null}", text).1.contains("take the key out"));
        let finite = |item: Item<'_>| assert!(item.number().is_none());
        assert!(complaint("a = inf", finite).1.contains("a number without end"));
        let deep = |item: Item<'_>| assert_eq!(item.texts().unwrap().len(), 1);
        assert!(complaint("a = ['x', 1]", deep).1.starts_with("a[1]: expected a text"));
    }

    #[test]
    fn a_fault_inside_a_text_is_pointed_at() {
        let look = |item: Item<'_>| assert!(item.refuse_within::<()>(2..3, "bad", "").is_none());
        assert_eq!(complaint("a = \"xyz\"", look).0, 8);
        assert_eq!(complaint("a = '''xyz'''", look).0, 10);
        assert_eq!(complaint("a = \"\\u0078yz\"", look).0, 5);
    }

    #[test]
    fn a_word_that_is_none_of_them_is_told_which_there_are() {
        let words = [("sliding_minute", 1), ("last_interval", 2)];
        let look = |item: Item<'_>| assert!(item.one_of("a rate", &words).is_none());
        let near = "a: \"last_intervall\" is not a rate. Did you mean last_interval? There are \
                    sliding_minute, last_interval.";
        assert_eq!(complaint("a = 'last_intervall'", look), (5, near.into()));
        let far = "a: \"x\" is not a rate. Write one of sliding_minute, last_interval.";
        assert_eq!(complaint("a = 'x'", look), (5, far.into()));
    }
}
