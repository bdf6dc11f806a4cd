//! Problems that point: what is wrong, where, and what to write instead.
//!
//! # Promises
//! - `a_report_shows_the_line_and_the_mend`: as rustc does.
//! - `a_message_is_one_short_line_whatever_it_quotes`: it cannot rewrite a log or a terminal.
//! - `a_hidden_text_is_in_no_report`: a secret written into the file does not travel further.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::limits::{PROBLEM_LINE_BYTES_MAX, PROBLEM_MESSAGE_CHARS_MAX};

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong, naming the thing; a sentence without its full stop.
    pub message: String,
    /// What to write instead; whole sentences.
    pub help: String,
    /// Bytes that no report may show.
    pub(super) hidden: Range<usize>,
}

/// All that is wrong with a document, in the order of its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Problems {
    file_name: String,
    text: String,
    lines: Lines,
    list: Vec<Problem>,
    beyond: usize,
}

/// One problem with its place counted, for tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, as a sentence without its full stop.
    pub message: &'a str,
    /// What to write instead.
    pub help: &'a str,
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Problem {
    /// A problem with the given bytes of the text.
    #[must_use]
    pub fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: printable(message.into()), help: help.into(), hidden: 0..0 }
    }
}

impl Problems {
    /// All problems with a text; `beyond` more were found than are listed.
    pub(super) fn new(file_name: &str, text: &str, list: Vec<Problem>, beyond: usize) -> Self {
        let mut list = list;
        list.sort_by_key(|problem| problem.span.start);
        let lines = Lines::of(text);
        let text = list.iter().fold(text.to_owned(), |text, problem| hide(text, &problem.hidden));
        Self { file_name: file_name.to_owned(), text, lines, list, beyond }
    }

    /// The name that the file goes by.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The problems with their places, in the order of the text.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.list.iter().map(|problem| {
            let (line, column) = self.lines.place(&self.text, problem.span.start);
            Line { line, column, message: &problem.message, help: &problem.help }
        })
    }

    /// The whole report for a person, each problem under the line that it is about.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut report = String::new();
        for problem in &self.list {
            report.push_str(&renderer.render(&[self.group(problem)]));
            report.push_str("\n\n");
        }
        report.push_str(&self.count());
        report.push('\n');
        report
    }

    /// Only the first line of a long span is shown: a table without a key has no better place.
    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let (number, column) = self.lines.place(&self.text, problem.span.start);
        let whole = self.lines.span(number, self.text.len());
        let line = self.text.get(whole.clone()).unwrap_or_default().trim_end();
        let title = Level::ERROR.primary_title(problem.message.as_str());
        let help = Level::HELP.message(problem.help.as_str());
        if line.len() > PROBLEM_LINE_BYTES_MAX {
            let place = Origin::path(self.file_name.as_str()).line(number).char_column(column);
            return title.element(place).element(help);
        }
        let within = |at: usize| at.saturating_sub(whole.start).min(line.len());
        let span = within(problem.span.start)..within(problem.span.end);
        let snippet = Snippet::source(line)
            .path(self.file_name.as_str())
            .line_start(number)
            .annotation(AnnotationKind::Primary.span(span));
        title.element(snippet).element(help)
    }

    fn count(&self) -> String {
        match (self.list.len(), self.beyond) {
            (1, 0) => format!("1 problem in {}", self.file_name),
            (some, 0) => format!("{some} problems in {}", self.file_name),
            (_, more) => format!("and {more} more problems"),
        }
    }
}

impl Lines {
    /// Finds the lines of a text.
    pub(super) fn of(text: &str) -> Self {
        let next_lines = text.match_indices('\n').map(|(at, _)| at.saturating_add(1));
        Self { starts: core::iter::once(0).chain(next_lines).collect() }
    }

    /// The line of a byte of the text, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// Line and column of a byte of the text, both from 1, the column in characters.
    pub(super) fn place(&self, text: &str, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let before = text.get(self.span(line, at).start..at).unwrap_or_default();
        (line, before.chars().count().saturating_add(1))
    }

    /// The bytes of a line with its end; `end` is the end of the last one.
    fn span(&self, line: usize, end: usize) -> Range<usize> {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        start..self.starts.get(line).copied().unwrap_or(end).max(start)
    }
}

/// A message that stays one short line, whatever it quotes: an escape sequence could rewrite a log.
fn printable(message: String) -> String {
    let is_plain = |c: char| !c.is_control();
    if message.len() <= PROBLEM_MESSAGE_CHARS_MAX && message.chars().all(is_plain) {
        return message;
    }
    let shown = |c: char| if is_plain(c) { c } else { '?' };
    let cut = if message.chars().nth(PROBLEM_MESSAGE_CHARS_MAX).is_some() { "..." } else { "" };
    message.chars().map(shown).take(PROBLEM_MESSAGE_CHARS_MAX).chain(cut.chars()).collect()
}

/// The text with stars for what is hidden, byte for byte, so that every place stays where it is.
fn hide(text: String, hidden: &Range<usize>) -> String {
    let parts = (text.get(..hidden.start), text.get(hidden.clone()), text.get(hidden.end..));
    let (Some(before), Some(within), Some(after)) = parts else { return text };
    let stars: String = within.bytes().map(|b| if b == b'\n' { '\n' } else { '*' }).collect();
    format!("{before}{stars}{after}")
}

impl fmt::Display for Problems {
    /// One line each: `andon.toml:14:12: message. help`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.file_name;
        for (index, Line { line, column, message, help }) in self.lines().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            let stop = if message.ends_with(['.', '?', '!']) { "" } else { "." };
            write!(f, "{end}{name}:{line}:{column}: {message}{stop} {help}")?;
        }
        match self.beyond {
            0 => Ok(()),
            _ => write!(f, "\n{}", self.count()),
        }
    }
}

impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn two() -> Problems {
        let text = "a = 1\n\u{fc} = \"hunter2\"  # x\r\n";
        let mut secret = Problem::new(11..20, "u: is a secret", "Write { file = \"...\" }.");
        secret.hidden = 11..20;
        let first = Problem::new(4..5, "a: is odd", "Write 2.");
        Problems::new("x.toml", text, Vec::from([secret, first]), 0)
    }

    #[test]
    fn a_report_shows_the_line_and_the_mend() {
        let report = two().render(false);
        let wanted = "error: a: is odd\n --> x.toml:1:5\n  |\n1 | a = 1\n  |     ^\n  |\n  = help: \
                      Write 2.\n\n";
        assert!(report.starts_with(wanted), "{report}");
        assert!(report.ends_with("\n2 problems in x.toml\n"), "{report}");
        assert!(two().render(true).contains('\u{1b}'));
    }

    #[test]
    fn a_hidden_text_is_in_no_report() {
        let problems = two();
        for report in [problems.render(false), problems.to_string(), format!("{problems:?}")] {
            assert!(!report.contains("hunter2"), "{report}");
        }
        assert!(problems.render(false).contains("= *********  # x"));
    }

    #[test]
    fn a_message_is_one_short_line_whatever_it_quotes() {
        let problem = Problem::new(0..0, "a: \"\u{1b}[2J\n\" is odd", "");
        assert_eq!(problem.message, "a: \"?[2J?\" is odd");
        let problem = Problem::new(0..0, "x".repeat(10_000), "");
        assert_eq!(problem.message.len(), PROBLEM_MESSAGE_CHARS_MAX + 3);
    }

    #[test]
    fn a_line_too_long_to_show_is_named() {
        let text = " ".repeat(PROBLEM_LINE_BYTES_MAX + 1) + "x";
        let problem = Problem::new(3..4, "a: is odd", "Write 2.");
        let report = Problems::new("x.json", &text, Vec::from([problem]), 0).render(false);
        assert!(report.contains("--> x.json:1:4") && report.contains("Write 2."), "{report}");
        assert!(report.len() < PROBLEM_LINE_BYTES_MAX, "{report}");
    }

    #[test]
    fn a_place_counts_characters() {
        let places: Vec<_> = two().lines().map(|line| (line.line, line.column)).collect();
        assert_eq!(places, [(1, 5), (2, 5)]);
    }

    #[test]
    fn a_line_for_each_problem_is_the_short_form() {
        let wanted = "x.toml:1:5: a: is odd. Write 2.\nx.toml:2:5: u: is a secret. Write { file = \
                      \"...\" }.";
        assert_eq!(two().to_string(), wanted);
    }
}
