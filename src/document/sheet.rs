//! A CSV file that a person wrote: RFC 4180 to rows of cells with places, and problems that point.
//!
//! Commas between the cells, double quotes around those that have commas, quotes or line ends in
//! them; the first row names the columns. Empty lines mean nothing.
//!
//! # Promises
//! - `cells_are_read_as_spreadsheets_write_them`
//! - `a_cell_that_is_not_there_is_empty`
//! - `a_broken_quote_is_pointed_at`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt::Display;
use core::ops::Range;

use crate::document::{Complaints, Problem, Problems};
use crate::model::near::nearest;

/// A sheet under reading.
#[derive(Debug)]
pub struct Sheet<'t> {
    file_name: &'t str,
    text: &'t str,
    columns: Vec<Cell>,
    rows: Vec<Line>,
    complaints: RefCell<Complaints>,
}

/// One row of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct SheetRow<'a> {
    sheet: &'a Sheet<'a>,
    line: &'a Line,
}

/// What stands in one cell, without its quotes and the blanks around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    span: Range<usize>,
}

#[derive(Debug)]
struct Line {
    cells: Vec<Cell>,
    span: Range<usize>,
}

impl<'t> Sheet<'t> {
    /// Parses a text with these columns and no others. `file_name` is for the places in messages.
    ///
    /// # Errors
    /// Every quote that is not closed or closed too early, and every column that is unknown or
    /// named twice.
    pub fn open(file_name: &'t str, text: &'t str, columns: &[&str]) -> Result<Self, Problems> {
        let mut complaints = Complaints::default();
        let mut lines = lines(text, &mut complaints).into_iter();
        let named = lines.next().unwrap_or(Line { cells: Vec::new(), span: 0..0 });
        let mut seen: Vec<&str> = Vec::new();
        for cell in &named.cells {
            let name = cell.text.as_str();
            if !columns.contains(&name) {
                let help = match nearest(name, columns.iter().copied()) {
                    Some(near) => format!("Did you mean {near}?"),
                    None => format!("The columns are {}, with commas between.", columns.join(",")),
                };
                let message = format!("\"{name}\" is no column of this file");
                complaints.add(Problem::new(cell.span.clone(), message, help));
            } else if seen.contains(&name) {
                let message = format!("the column {name} stands twice");
                complaints.add(Problem::new(cell.span.clone(), message, "Keep one of the two."));
            }
            seen.push(name);
        }
        if !complaints.list.is_empty() {
            return Err(complaints.into_problems(file_name, text));
        }
        let columns = named.cells;
        let complaints = RefCell::new(complaints);
        Ok(Self { file_name, text, columns, rows: lines.collect(), complaints })
    }

    /// The rows below the one that names the columns.
    pub fn rows(&'t self) -> impl Iterator<Item = SheetRow<'t>> {
        self.rows.iter().map(|line| SheetRow { sheet: self, line })
    }

    /// Complains that the first row does not name a column.
    pub fn require(&self, column: &str) {
        if self.columns.iter().all(|cell| cell.text != column) {
            let help = format!("Name the columns in the first row, {column} among them.");
            let end = self.columns.last().map_or(0, |cell| cell.span.end);
            self.complain(0..end, format!("the column {column} is missing"), help);
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every problem that was found.
    pub fn close<T>(self, made: T) -> Result<T, Problems> {
        let complaints = self.complaints.into_inner();
        if complaints.list.is_empty() {
            return Ok(made);
        }
        Err(complaints.into_problems(self.file_name, self.text))
    }

    fn complain(&self, span: Range<usize>, message: impl Display, help: impl Into<String>) {
        self.complaints.borrow_mut().add(Problem::new(span, format!("{message}"), help));
    }
}

impl SheetRow<'_> {
    /// The cell of a column; an empty one where the row or the sheet has none.
    #[must_use]
    pub fn cell(&self, column: &str) -> Cell {
        let at = self.sheet.columns.iter().position(|cell| cell.text == column);
        let cell = at.and_then(|at| self.line.cells.get(at)).cloned();
        cell.unwrap_or(Cell { text: String::new(), span: self.line.span.clone() })
    }

    /// Complains where the row has more cells than there are columns.
    pub fn refuse_surplus(&self) {
        if let Some(cell) = self.line.cells.get(self.sheet.columns.len()) {
            let help = "Put double quotes around a text with a comma in it.";
            self.refuse(cell, "the row has more cells than there are columns", help);
        }
    }

    /// Complains about a cell.
    pub fn refuse(&self, cell: &Cell, message: impl Display, help: impl Into<String>) {
        self.sheet.complain(cell.span.clone(), message, help);
    }
}

/// The lines that have something in them.
fn lines(text: &str, complaints: &mut Complaints) -> Vec<Line> {
    let mut lines = Vec::new();
    // A spreadsheet may begin its file with a mark of its encoding.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        let start = at;
        let mut cells = Vec::new();
        loop {
            let (cell, end) = cell(text, at, complaints);
            cells.push(cell);
            let rest = text.get(end..).unwrap_or_default();
            at = end.saturating_add(rest.chars().next().map_or(0, char::len_utf8));
            if !rest.starts_with(',') {
                break;
            }
        }
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            lines.push(Line { cells, span: start..at });
        }
    }
    lines
}

/// The cell that begins at `start`, and where the comma or line end after it is.
fn cell(text: &str, start: usize, complaints: &mut Complaints) -> (Cell, usize) {
    let rest = text.get(start..).unwrap_or_default();
    let blanks = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
    let inside = rest.get(blanks..).unwrap_or_default();
    let Some(quoted) = inside.strip_prefix('"') else {
        let length = rest.find([',', '\n']).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default().trim();
        let begin = start.saturating_add(blanks);
        let span = begin..begin.saturating_add(text.len());
        return (Cell { text: text.into(), span }, start.saturating_add(length));
    };
    let begin = start.saturating_add(blanks);
    let mut said = String::new();
    let mut at = 0;
    loop {
        let tail = quoted.get(at..).unwrap_or_default();
        let Some(quote) = tail.find('"') else {
            let help = "Close the cell with a double quote; one within it is written twice.";
            let span = begin..begin.saturating_add(1);
            complaints.add(Problem::new(span, "this quote is not closed", help));
            return (Cell { text: said, span: begin..text.len() }, text.len());
        };
        said.push_str(tail.get(..quote).unwrap_or_default());
        at = at.saturating_add(quote).saturating_add(1);
        if !quoted.get(at..).unwrap_or_default().starts_with('"') {
            break;
        }
        said.push('"');
        at = at.saturating_add(1);
    }
    let after = quoted.get(at..).unwrap_or_default();
    let length = after.find([',', '\n']).unwrap_or(after.len());
    let closed = begin.saturating_add(1).saturating_add(at);
    if !after.get(..length).unwrap_or_default().trim().is_empty() {
        let help = "Write the whole cell between two quotes; one within it is written twice.";
        let span = closed..closed.saturating_add(length);
        complaints.add(Problem::new(span, "there is text after the quote", help));
    }
    (Cell { text: said, span: begin..closed }, closed.saturating_add(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match Sheet::open("c.csv", text, &["a", "b"]) {
            Ok(sheet) => {
                let row = |row: SheetRow<'_>| {
                    row.refuse_surplus();
                    format!("[{}|{}]", row.cell("a").text, row.cell("b").text)
                };
                let rows: String = sheet.rows().map(row).collect();
                sheet.close(rows).unwrap_or_else(|problems| format!("{problems}"))
            }
            Err(problems) => format!("{problems}"),
        }
    }

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        assert_eq!(said("a,b\n1,2\n"), "[1|2]");
        assert_eq!(
            said("\u{feff}b,a\r\n 1 ,\"x, \"\"y\"\"\nz\"\r\n\r\n,\n3,4"),
            "[x, \"y\"\nz|1][4|3]"
        );
        assert_eq!(said(""), "");
    }

    #[test]
    fn a_cell_that_is_not_there_is_empty() {
        assert_eq!(said("a\n1\n"), "[1|]");
        assert_eq!(said("a,b\n1\n"), "[1|]");
    }

    #[test]
    fn a_broken_quote_is_pointed_at() {
        let open = said("a,b\n1,\"2\n3,4\n");
        assert!(open.starts_with("c.csv:2:3: this quote is not closed"), "{open}");
        let after = said("a,b\n\"1\" 2,3\n");
        assert!(after.starts_with("c.csv:2:4: there is text after the quote"), "{after}");
    }

    #[test]
    fn what_is_no_column_is_pointed_at() {
        let typo = said("a,c\n1,2\n");
        assert!(typo.starts_with("c.csv:1:3: \"c\" is no column of this file"), "{typo}");
        assert!(said("a;b\n").contains("The columns are a,b, with commas between."));
        assert!(said("a,a\n").contains("c.csv:1:3: the column a stands twice"));
        assert!(said("a,b\n1,2,3\n").starts_with("c.csv:2:5: the row has more cells"));
    }
}
