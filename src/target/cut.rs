//! Brings a text under a target's limit, and says so in the text itself.
//!
//! # Promises
//! - `a_cut_text_says_so_and_fits`: nobody takes a part for the whole.
//!
//! Lengths are counted in UTF-16 units: whatever a target counts, bytes excepted, is no more.

use alloc::string::String;

/// The text, or as much of it as fits with the mark that the rest is missing.
pub(super) fn cut(text: &str, units_max: usize) -> String {
    cut_as(text, units_max, |_| None)
}

/// Like [`cut`], with some characters written as something else. What stands for a character is
/// never cut in the middle.
pub(super) fn cut_as(
    text: &str,
    units_max: usize,
    written: fn(char) -> Option<&'static str>,
) -> String {
    let mut out = String::new();
    let mut units = 0;
    let mut room_for_mark = 0;
    for c in text.chars() {
        if let Some(piece) = written(c) {
            out.push_str(piece);
            units += units_of(piece);
        } else {
            out.push(c);
            units += c.len_utf16();
        }
        if units + MARK.len() <= units_max {
            room_for_mark = out.len();
        }
        if units > units_max {
            out.truncate(room_for_mark);
            out.push_str(MARK);
            return out;
        }
    }
    out
}

/// The text as one line without control characters, cut.
pub(super) fn one_line(text: &str, units_max: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()) {
        if !word.is_empty() && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    cut(&line, units_max)
}

/// The text without control characters, its line breaks excepted, cut.
pub(super) fn lines(text: &str, units_max: usize) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    cut(shown.trim(), units_max)
}

/// The length of a text in UTF-16 units.
pub(super) fn units_of(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

const MARK: &str = " [cut]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_says_so_and_fits() {
        assert_eq!(cut("0123456789", 10), "0123456789");
        assert_eq!(cut("0123456789a", 10), "0123 [cut]");
        let faces = "\u{1f600}".repeat(10);
        let shown = cut(&faces, 11);
        assert_eq!(shown, "\u{1f600}\u{1f600} [cut]");
        assert!(units_of(&shown) <= 11);
    }

    #[test]
    fn what_stands_for_a_character_is_never_cut_in_the_middle() {
        let ampersand = |c| if c == '&' { Some("&amp;") } else { None };
        assert_eq!(cut_as("&&&&", 20, ampersand), "&amp;&amp;&amp;&amp;");
        assert_eq!(cut_as("&&&&", 19, ampersand), "&amp;&amp; [cut]");
    }

    #[test]
    fn a_line_has_no_control_characters_in_it() {
        assert_eq!(one_line(" Tier\r\n2 \u{1b}[31mx ", 80), "Tier 2 [31mx");
        assert_eq!(lines("one\ntwo\u{7}\r\n", 80), "one\ntwo");
    }
}
