//! Patterns of text as people write them for files: `*` is any text, `?` is any one character.
//!
//! # Promises
//! - `a_star_stands_for_any_text`
//! - `a_question_mark_stands_for_one_character`: of whatever script.
//! - `a_pattern_covers_what_takes_no_more_than_it`

use core::str::Chars;

/// Whether a text has a character in it that stands for others.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether a text is as a pattern wants it, from its beginning to its end.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    is_taken(pattern, text, |_| true)
}

/// Whether a pattern surely takes every text that another takes.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    // Only a star takes in what a star stands for; a question mark in `narrow` is one character
    // that nothing but a question mark or a star fits.
    is_taken(wide, narrow, |character| character != '*')
}

/// Whether a pattern takes a text, where a question mark takes only `single` characters.
fn is_taken(pattern: &str, text: &str, single: impl Fn(char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What stands after the last star, and what that star may still take one more character of.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let before = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                text = before;
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            (Some('?'), Some(found)) if single(found) => continue,
            (Some(wanted), Some(found)) if wanted == found => continue,
            (None, None) => return true,
            _ => {}
        }
        let Some((from, taken)) = &mut retry else { return false };
        if taken.next().is_none() {
            return false;
        }
        (pattern, text) = (from.clone(), taken.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abcbc"),
            ("*b*", "abc"),
            ("a**c", "ac"),
            ("*-us-*-1", "tier-us-west-us-east-1"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*", "b"), ("a*c", "abcb"), ("*b", "abc"), ("a", ""), ("a*a", "a"), ("", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"a*".repeat(60), &"a".repeat(59)));
    }

    #[test]
    fn a_pattern_covers_what_takes_no_more_than_it() {
        for (wide, narrow) in
            [("*", "*"), ("*", "a?*"), ("a*", "a*b*"), ("a?", "ab"), ("?*", "??"), ("*b*", "a*b")]
        {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in
            [("?", "*"), ("a", "?"), ("a*", "*"), ("?*", "*"), ("a*b", "a*"), ("a?c", "a*c")]
        {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn a_question_mark_stands_for_one_character() {
        for (pattern, text) in [
            ("tier-?", "tier-2"),
            ("?", "\u{5e9}"),
            ("*?", "a"),
            ("a?c*", "abcd"),
            ("?*b?", "aabc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("tier-?", "tier-"), ("tier-?", "tier-22"), ("?", ""), ("*?", "")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(is_pattern("tier-?") && is_pattern("*") && !is_pattern("tier-2"));
    }
}
