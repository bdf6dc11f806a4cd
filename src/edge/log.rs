//! The log: one fact per line on stderr, with the service manager's priorities where it reads them.
//!
//! # Promises
//! - `no_stranger_fills_the_log_through_a_library`

use std::io::{IsTerminal, Write};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `<4>text`: journald takes the number off and keeps it as the priority.
    Journal,
    /// `warn: text`.
    Plain,
    /// The same in colour.
    Terminal,
    /// `{"level":"warn","text":"..."}`.
    Json,
}

#[derive(Debug)]
struct Stderr(Style);

impl Style {
    /// What fits whoever reads stderr; `journal` says that it is the service manager.
    #[must_use]
    pub fn fitting(journal: bool) -> Self {
        if journal {
            Self::Journal
        } else if std::io::stderr().is_terminal() {
            Self::Terminal
        } else {
            Self::Plain
        }
    }
}

/// Makes stderr the log. Called once; a second call changes nothing.
pub fn install(style: Style, level: LevelFilter) {
    if log::set_boxed_logger(Box::new(Stderr(style))).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        wanted(metadata.level(), metadata.target()) == Wanted::Yes
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = line(self.0, record.level(), &record.args().to_string());
            // There is nowhere to complain when stderr is gone.
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

/// What the libraries say of themselves is of no use to an operator, and what `rustls` warns of any
/// stranger can bring about at will: a listener counts it and says it now and then.
fn wanted(level: Level, target: &str) -> Wanted {
    let is_own = target.starts_with("andon");
    match is_own || (level <= Level::Warn && !target.starts_with("rustls")) {
        true => Wanted::Yes,
        false => Wanted::No,
    }
}

fn line(style: Style, level: Level, text: &str) -> String {
    let (priority, word, colour) = match level {
        Level::Error => (3, "error", "31"),
        Level::Warn => (4, "warn", "33"),
        Level::Info => (6, "info", "36"),
        Level::Debug | Level::Trace => (7, "debug", "90"),
    };
    // What a platform sent may stand in a line; it must not begin another.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match style {
        Style::Journal => format!("<{priority}>{text}\n"),
        Style::Plain => format!("{word}: {text}\n"),
        Style::Json => format!("{}\n", serde_json::json!({ "level": word, "text": text })),
        Style::Terminal => format!("\x1b[{colour}m{word}\x1b[0m: {text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stranger_fills_the_log_through_a_library() {
        assert_eq!(wanted(Level::Debug, "andon::edge::turn"), Wanted::Yes);
        assert_eq!(wanted(Level::Warn, "redb"), Wanted::Yes);
        assert_eq!(wanted(Level::Info, "redb"), Wanted::No);
        assert_eq!(wanted(Level::Warn, "rustls::msgs::handshake"), Wanted::No);
    }

    #[test]
    fn a_line_carries_its_priority_and_stays_one_line() {
        assert_eq!(line(Style::Journal, Level::Warn, "a\nb"), "<4>a b\n");
        assert_eq!(line(Style::Plain, Level::Error, "a"), "error: a\n");
        assert_eq!(
            line(Style::Json, Level::Info, "\""),
            "{\"level\":\"info\",\"text\":\"\\\"\"}\n"
        );
    }
}
