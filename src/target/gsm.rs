//! How long a text is as an SMS: in the letters of GSM 03.38, or in UTF-16 where one of them has no
//! such letter.
//!
//! # Promises
//! - `a_text_fits_into_one_message_where_its_letters_allow`
//! - `letters_that_only_look_better_cost_no_message`: dashes, quotes and dots of typesetters.

use alloc::format;
use alloc::string::String;

use super::cut::units_of;

/// The text within what one SMS holds, or two of them where it needs other letters, with `tag` at
/// its end. What had to be left out is marked, and `tag` is not cut.
pub(super) fn message(text: &str, tag: &str) -> String {
    let plain: String = text.chars().map(plain).collect();
    let whole = format!("{plain}{tag}");
    let (length, room): (fn(&str) -> Option<usize>, usize) = match septets(&whole) {
        Some(_) => (septets, SEPTETS_MAX),
        None => (|text| Some(units_of(text)), UNITS_MAX),
    };
    if length(&whole).is_none_or(|length| length <= room) {
        return whole;
    }
    let mut kept = plain.as_str();
    loop {
        let shown = format!("{kept} [cut]{tag}");
        let shorter = kept.char_indices().next_back().map(|(at, _)| kept.split_at(at).0);
        match shorter {
            Some(shorter) if length(&shown).is_none_or(|length| length > room) => kept = shorter,
            _ => return shown,
        }
    }
}

/// The length in septets; none where a letter is not of the alphabet.
fn septets(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |sum, c| {
        let one = match c {
            _ if EXTENSION.contains(c) => 2,
            ' '..='_' | 'a'..='z' if !"`\\[]^".contains(c) => 1,
            '\n' | '\r' => 1,
            _ if BASIC.contains(c) => 1,
            _ => return None,
        };
        Some(sum + one)
    })
}

/// The letter of the alphabet that says the same.
const fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' | '`' | '\u{b4}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
        '\u{2026}' => '.',
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => ' ',
        _ => c,
    }
}

/// Of the basic alphabet what is not ASCII.
const BASIC: &str = "@\u{a3}\u{a5}\u{e8}\u{e9}\u{f9}\u{ec}\u{f2}\u{c7}\u{d8}\u{f8}\u{c5}\u{e5}\
                     \u{394}\u{3a6}\u{393}\u{39b}\u{3a9}\u{3a0}\u{3a8}\u{3a3}\u{398}\u{39e}\u{c6}\
                     \u{e6}\u{df}\u{c9}\u{a4}\u{a1}\u{c4}\u{d6}\u{d1}\u{dc}\u{a7}\u{bf}\u{e4}\
                     \u{f6}\u{f1}\u{fc}\u{e0}";

/// What takes an escape before it.
const EXTENSION: &str = "^{}\\[~]|\u{20ac}";

/// One message of 140 bytes.
const SEPTETS_MAX: usize = 160;

/// Two messages of 140 bytes, less the six of each that join them: in one there would be room for
/// half of a summary.
const UNITS_MAX: usize = 134;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_into_one_message_where_its_letters_allow() {
        let said = "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s";
        assert_eq!(message(said, " #1a"), format!("{said} #1a"));
        let long = message(&"x".repeat(1_024), " #1a");
        assert_eq!(long.len(), 160 - 2, "the brackets take two");
        assert!(long.ends_with("xx [cut] #1a"), "{long}");
        assert_eq!(message(&"x".repeat(156), " #1a").len(), 160);
        assert!(message(&"x".repeat(157), " #1a").ends_with(" [cut] #1a"));
        let hebrew = message(&"\u{5d0}".repeat(200), " #1a");
        assert_eq!(units_of(&hebrew), 134);
        assert_eq!(
            message(&"\u{1f600}".repeat(200), ""),
            format!("{} [cut]", "\u{1f600}".repeat(64))
        );
    }

    #[test]
    fn letters_that_only_look_better_cost_no_message() {
        assert_eq!(message("\u{201c}A\u{201d} \u{2013} B\u{2019}s\u{2026}", ""), "\"A\" - B's.");
        assert_eq!(septets("a@\u{e9}_\n$"), Some(6));
        assert_eq!(septets("[\u{20ac}]"), Some(6));
        assert_eq!(septets("\u{5d0}"), None);
        assert_eq!(septets("`"), None);
    }
}
