//! A text file that a person wrote: TOML or JSON to a tree with places, and problems that point.
//!
//! A reader opens a [`Document`], walks its [`Table`]s from the top and asks for what it knows.
//! Each answer that is wrong becomes a [`Problem`] and the walk goes on, so that one look at the
//! report shows everything. [`Document::close`] gives what was made, or every problem.
//!
//! # Promises
//! - `every_problem_is_reported_at_once`: a second mistake never hides behind the first.
//! - `a_broken_text_opens_as_problems`: syntax errors point, too.
//!
//! # Not here
//! What the keys mean: that is for `config` and `platform` to say. No file is opened.

mod item;
mod json;
mod problem;
mod sheet;
mod table;
mod toml;
mod tree;

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::limits::CONFIG_PROBLEMS_MAX;

pub use item::Item;
use problem::Lines;
pub use problem::{Line, Problem, Problems};
pub use sheet::{Cell, Sheet, SheetRow};
pub use table::Table;
pub use tree::{Entry, Format, Node, Value, parse};

/// A file under reading: its text, its tree, and what was found wrong so far.
#[derive(Debug)]
pub struct Document<'t> {
    file_name: &'t str,
    text: &'t str,
    lines: Lines,
    root: Node,
    complaints: RefCell<Complaints>,
}

#[derive(Debug, Default)]
struct Complaints {
    list: Vec<Problem>,
    beyond: usize,
}

impl<'t> Document<'t> {
    /// Parses a text. `file_name` is for the places in messages; no file is opened.
    ///
    /// # Errors
    /// Every syntax error, with its place.
    pub fn open(file_name: &'t str, text: &'t str) -> Result<Self, Problems> {
        match parse(text) {
            Ok(root) => Ok(Self {
                file_name,
                text,
                lines: Lines::of(text),
                root,
                complaints: RefCell::default(),
            }),
            Err(list) => {
                let mut complaints = Complaints::default();
                list.into_iter().for_each(|problem| complaints.add(problem));
                Err(complaints.into_problems(file_name, text))
            }
        }
    }

    /// The outermost table.
    #[must_use]
    pub fn root(&self) -> Option<Table<'_>> {
        Item::new(self, &self.root, String::new()).table()
    }

    const fn top(&self) -> &Node {
        &self.root
    }

    /// Ends the reading. Who read gives what could be made of the document; nothing only where a
    /// problem says why.
    ///
    /// # Errors
    /// Every problem that was found, also where something could be made.
    pub fn close<T>(self, made: Option<T>) -> Result<T, Problems> {
        let complaints = self.complaints.into_inner();
        match made {
            Some(made) if complaints.list.is_empty() => Ok(made),
            _ => {
                debug_assert!(!complaints.list.is_empty(), "what cannot be made has a reason");
                Err(complaints.into_problems(self.file_name, self.text))
            }
        }
    }

    /// The name that the file goes by.
    #[must_use]
    pub const fn file_name(&self) -> &'t str {
        self.file_name
    }

    const fn text(&self) -> &'t str {
        self.text
    }

    fn place(&self, at: usize) -> (usize, usize) {
        self.lines.place(self.text, at)
    }

    fn complain(&self, problem: Problem) {
        self.complaints.borrow_mut().add(problem);
    }
}

impl Complaints {
    fn add(&mut self, problem: Problem) {
        if self.list.len() < CONFIG_PROBLEMS_MAX {
            self.list.push(problem);
        } else {
            self.beyond = self.beyond.saturating_add(1);
        }
    }

    fn into_problems(self, file_name: &str, text: &str) -> Problems {
        Problems::new(file_name, text, self.list, self.beyond)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn every_problem_is_reported_at_once() {
        let document = Document::open("a.toml", "one = 1\ntwo = 'x'\nfour = 4\n").unwrap();
        let mut root = document.root().unwrap();
        let one = root.optional("one").and_then(|item| item.text());
        let two = root.optional("two").and_then(|item| item.integer_in(0..=9));
        let three = root.required("three", "Write three = 3.");
        assert!(one.is_none() && two.is_none() && three.is_none());
        root.finish();
        let report = document.close(Some(())).unwrap_err().to_string();
        let places: Vec<&str> =
            report.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(places, ["a.toml:1:1", "a.toml:1:7", "a.toml:2:7", "a.toml:3:1"]);
    }

    #[test]
    fn a_broken_text_opens_as_problems() {
        let problems = Document::open("a.toml", "one = \ntwo == 2\n").unwrap_err();
        let lines: Vec<usize> = problems.lines().map(|line| line.line).collect();
        assert_eq!(lines, [1, 2]);
    }

    #[test]
    fn a_flood_of_problems_is_cut_and_counted() {
        let text: String = (0..CONFIG_PROBLEMS_MAX + 7).map(|n| format!("k{n} = 0\n")).collect();
        let document = Document::open("a.toml", &text).unwrap();
        document.root().unwrap().finish();
        let problems = document.close(Some(())).unwrap_err();
        assert_eq!(problems.lines().count(), CONFIG_PROBLEMS_MAX);
        assert!(problems.to_string().ends_with("and 7 more problems"));
        assert!(problems.render(false).contains("and 7 more problems"));
    }
}
