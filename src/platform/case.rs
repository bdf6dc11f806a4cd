//! Bodies whose keys are taken for small letters: one platform writes the same key as `skillId`
//! and as `SkillId`.
//!
//! # Promises
//! - `keys_are_small_letters_and_values_stay`

use alloc::string::{String, ToString};
use core::ops::Range;

use jmespath::{Rcvar, Variable};
use serde::de::DeserializeSeed;

use crate::platform::VendorFault;
use crate::platform::map::Case;
use crate::platform::path::parse_body;
use crate::platform::value::Keys;

impl Case {
    /// A key as the definition's expressions have it.
    pub(super) fn key(self, mut key: String) -> String {
        if self == Self::Ignored {
            key.make_ascii_lowercase();
        }
        key
    }

    /// Parses a whole body.
    pub(super) fn parse(self, body: &[u8]) -> Result<Rcvar, VendorFault> {
        let small = |body| {
            let mut json = serde_json::Deserializer::from_slice(body);
            let value = Keys::all(self).deserialize(&mut json)?;
            json.end().map(|()| value)
        };
        match self {
            Self::Exact => parse_body(body),
            Self::Ignored => small(body)
                .map_err(|why: serde_json::Error| VendorFault::NotJson(why.to_string().into())),
        }
    }

    /// A body that is parsed, with its keys as the definition's expressions have them.
    pub(super) fn applied(self, body: &Rcvar) -> Rcvar {
        match (self, &**body) {
            (Self::Ignored, Variable::Object(object)) => {
                let entry =
                    |(key, value): (&String, &Rcvar)| (self.key(key.clone()), self.applied(value));
                Rcvar::new(Variable::Object(object.iter().map(entry).collect()))
            }
            (Self::Ignored, Variable::Array(list)) => {
                let list = list.iter().map(|value| self.applied(value)).collect();
                Rcvar::new(Variable::Array(list))
            }
            _ => Rcvar::clone(body),
        }
    }

    /// The first letter of an expression that no key can have. Values, which stand in single quotes
    /// or backticks, may have any; keys may stand in double quotes.
    pub(super) fn wrong_letter(self, expression: &str) -> Option<Range<usize>> {
        let mut quote = None;
        let mut is_escaped = false;
        for (at, letter) in expression.char_indices() {
            match (quote, letter) {
                _ if is_escaped => is_escaped = false,
                (Some(_), '\\') => is_escaped = true,
                (None, '\'' | '`' | '"') => quote = Some(letter),
                (Some(end), _) if end == letter => quote = None,
                (None | Some('"'), 'A'..='Z') if self == Self::Ignored => {
                    return Some(at..at.saturating_add(1));
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_small_letters_and_values_stay() {
        let body = br#"{"SkillId": "Abc", "List": [{"InSLA": -1.5}, null, true, 7]}"#;
        let small = Case::Ignored.parse(body).unwrap().to_string();
        assert_eq!(small, r#"{"list":[{"insla":-1.5},null,true,7],"skillid":"Abc"}"#);
        let parsed = parse_body(body).unwrap();
        assert_eq!(Case::Ignored.applied(&parsed).to_string(), small);
        assert_eq!(Case::Exact.applied(&parsed), parsed);
        assert_eq!(Case::Exact.parse(body).unwrap(), parse_body(body).unwrap());
        for body in ["", "{\"a\":1", "{} {}", "<html>"] {
            let fault = Case::Ignored.parse(body.as_bytes()).unwrap_err();
            assert!(matches!(fault, VendorFault::NotJson(_)), "{body}: {fault}");
        }
        let deep = "[".repeat(100_000);
        assert!(Case::Ignored.parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_capital_in_a_key_is_found_and_in_a_value_is_not() {
        let wrong = |expression| Case::Ignored.wrong_letter(expression);
        assert_eq!(wrong("data[?metric=='oWaiting'].stats.count | [0]"), None);
        assert_eq!(wrong(r"a[?b=='it\'s A'].c || `\`A`"), None);
        assert_eq!(wrong("skillId"), Some(5..6));
        assert_eq!(wrong("a[?b=='C'].D"), Some(11..12));
        assert_eq!(wrong("\"it's Skill\""), Some(6..7));
        assert_eq!(Case::Exact.wrong_letter("skillId"), None);
    }
}
