//! How text reaches a terminal: its colours, and nothing from outside that could steer it.

use alloc::format;
use alloc::string::String;

use super::view::AlertView;

/// Colours, where the terminal has them.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.into() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// The colour of the alert's state.
    pub(super) fn by_state(self, text: &str, alert: &AlertView) -> String {
        let code = match (alert.is_open(), alert.priority.as_str()) {
            (false, _) => GREEN,
            (true, "P1") => RED,
            (true, "P2") => YELLOW,
            (true, _) => BLUE,
        };
        self.with(code, text)
    }
}

pub(super) const RED: &str = "31";
pub(super) const GREEN: &str = "32";
pub(super) const YELLOW: &str = "33";
const BLUE: &str = "34";

/// `2024-05-15T14:32:10Z` as people write it.
pub(super) fn when(timestamp: &str) -> String {
    clean(&timestamp.replace('T', " ").replace('Z', ""))
}

/// Text from outside without the characters that would steer the terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
