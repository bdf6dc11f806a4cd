//! The only printing. A reader that has gone away is no fault: the command ends quietly.

use std::io::{ErrorKind, IsTerminal, Write};

use super::exit::Fault;

/// Whoever reads stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    There,
    Gone,
}

/// Prints to stdout.
pub(crate) fn print(text: &str) -> Result<(), Fault> {
    show(text).map(|_| ())
}

/// Prints to stdout, and tells whether somebody still reads it.
pub(crate) fn show(text: &str) -> Result<Reader, Fault> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Fault::cannot_create(format!("stdout cannot be written: {error}"))),
    }
}

/// Prints a complaint to stderr.
pub(crate) fn complain(text: &str) {
    // There is nowhere to complain when stderr is gone.
    let _ = std::io::stderr().lock().write_all(format!("{}\n", text.trim_end()).as_bytes());
}

/// Whether stdout shows colours.
pub(crate) fn colour() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether stderr shows colours.
pub(crate) fn complaint_colour() -> bool {
    std::io::stderr().is_terminal()
}
