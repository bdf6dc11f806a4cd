//! A JMESPath expression, checked once and looked up often.
//!
//! The crate's own `search` copies the whole document for every call. A body is therefore parsed
//! once into shared values and the expression's tree is walked over them.
//!
//! # Not here
//! Bodies with many rows: `rows` parses those one row at a time.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jmespath::ast::Ast;
use jmespath::{Context, DEFAULT_RUNTIME, Rcvar, Variable, interpret};

use crate::limits::{JMESPATH_BYTES_MAX, JMESPATH_OPENINGS_MAX};
use crate::platform::VendorFault;

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    text: Box<str>,
    ast: Ast,
}

/// What stands at the end of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// A value, maybe null.
    Value(Rcvar),
    /// Nothing was mentioned there.
    Nothing,
}

impl Path {
    /// Checks an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > JMESPATH_BYTES_MAX {
            return Err(format!("the expression is longer than {JMESPATH_BYTES_MAX} bytes"));
        }
        if text.matches(OPENING).count() > JMESPATH_OPENINGS_MAX {
            return Err(format!("has more than {JMESPATH_OPENINGS_MAX} brackets and signs"));
        }
        match jmespath::parse(text) {
            Ok(ast) => Ok(Self { text: text.into(), ast }),
            Err(error) => {
                let why = error.reason.to_string();
                Err(format!("is not JMESPath: {}", why.trim().trim_end_matches('.')))
            }
        }
    }

    /// The expression as written.
    pub(crate) const fn text(&self) -> &str {
        &self.text
    }

    /// What it finds in a value. Null also stands for nothing, and for an expression that does not
    /// fit the value.
    pub(crate) fn find(&self, value: &Rcvar) -> Rcvar {
        self.walk(value, &self.ast)
    }

    /// What it finds in a value, with null told from nothing where the expression ends in a field's
    /// name. Any other expression can only say null, which is taken for nothing: the careful side.
    pub(crate) fn look(&self, value: &Rcvar) -> Found {
        let (holder, last) = if let Ast::Subexpr { lhs, rhs, .. } = &self.ast {
            (self.walk(value, lhs), rhs.as_ref())
        } else {
            (Rcvar::clone(value), &self.ast)
        };
        let Ast::Field { name, .. } = last else {
            let found = self.find(value);
            return if found.is_null() { Found::Nothing } else { Found::Value(found) };
        };
        match holder.as_object().and_then(|object| object.get(name.as_str())) {
            Some(found) => Found::Value(Rcvar::clone(found)),
            None => Found::Nothing,
        }
    }

    /// The names to follow, where the expression is nothing but names with dots between.
    pub(crate) fn names(&self) -> Option<Vec<&str>> {
        let (mut names, mut ast) = (Vec::new(), &self.ast);
        loop {
            let (before, last) = if let Ast::Subexpr { lhs, rhs, .. } = ast {
                (Some(lhs), rhs.as_ref())
            } else {
                (None, ast)
            };
            let Ast::Field { name, .. } = last else { return None };
            names.insert(0, name.as_str());
            match before {
                Some(before) => ast = before,
                None => return Some(names),
            }
        }
    }

    fn walk(&self, value: &Rcvar, ast: &Ast) -> Rcvar {
        let mut context = Context::new(&self.text, &DEFAULT_RUNTIME);
        interpret(value, ast, &mut context).unwrap_or_else(|_| Rcvar::new(Variable::Null))
    }
}

/// What lets the parser of expressions go one level deeper.
const OPENING: [char; 5] = ['(', '[', '{', '!', '&'];

/// Parses a body once, for every expression that will look at it.
pub(crate) fn parse_body(body: &[u8]) -> Result<Rcvar, VendorFault> {
    let text = core::str::from_utf8(body)
        .map_err(|error| VendorFault::NotJson(error.to_string().into()))?;
    match Variable::from_json(text) {
        Ok(value) => Ok(Rcvar::new(value)),
        Err(why) => Err(VendorFault::NotJson(why.into())),
    }
}

/// What a value is, in words.
pub(crate) fn kind_of(value: &Variable) -> &'static str {
    match value {
        Variable::Null => "nothing",
        Variable::String(_) => "a text",
        Variable::Bool(_) => "true or false",
        Variable::Number(_) => "a number",
        Variable::Array(_) => "a list",
        Variable::Object(_) => "an object",
        Variable::Expref(_) => "an expression",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nesting_exhausts_the_stack() {
        for text in ["(", "[", "!", "{a:", "sort_by(a,&"] {
            assert!(Path::parse(&text.repeat(80)).is_err(), "{text}");
        }
        let nested = Path::parse(&alloc::format!("{}a{}", "(".repeat(64), ")".repeat(64)));
        assert!(nested.is_ok(), "{nested:?}");
    }

    #[test]
    fn null_is_told_from_nothing() {
        let body = parse_body(br#"{"a": {"b": null}}"#).unwrap();
        let look = |text| Path::parse(text).unwrap().look(&body);
        assert_eq!(look("a.b"), Found::Value(Rcvar::new(Variable::Null)));
        assert_eq!(look("a.c"), Found::Nothing);
        assert_eq!(look("c.b"), Found::Nothing);
        assert_eq!(look("a.b || c"), Found::Nothing);
    }

    #[test]
    fn only_names_with_dots_between_are_followed_as_names() {
        let names = |text| Path::parse(text).unwrap().names().map(|names| names.join("/"));
        assert_eq!(names("a").as_deref(), Some("a"));
        assert_eq!(names("a.\"b c\".d").as_deref(), Some("a/b c/d"));
        for text in ["a[0]", "a.b[0].c", "a || b", "a.[b]", "a[].b", "a.{b: c}", "@"] {
            assert_eq!(names(text), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_expression_says_so() {
        let fault = Path::parse("a[").unwrap_err();
        assert!(fault.starts_with("is not JMESPath: "), "{fault}");
        assert!(Path::parse(&"a".repeat(JMESPATH_BYTES_MAX + 1)).is_err());
    }
}
