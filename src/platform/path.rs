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
use jmespath::{Context, DEFAULT_RUNTIME, JmespathError, Rcvar, Variable, interpret};

use crate::limits::{JMESPATH_BYTES_MAX, JMESPATH_OPENINGS_MAX};
use crate::platform::VendorFault;

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    text: Box<str>,
    ast: Ast,
    /// The names to follow, where the expression is nothing but names with dots between.
    names: Option<Box<[Box<str>]>>,
}

/// What stands at the end of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// A value, maybe null.
    Value(Rcvar),
    /// Nothing was mentioned there.
    Nothing,
    /// The expression does not fit what is there: a sum of texts.
    Unfit,
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
            Ok(ast) => Ok(Self { text: text.into(), names: names_of(&ast), ast }),
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

    /// The tree of the expression.
    pub(super) const fn ast(&self) -> &Ast {
        &self.ast
    }

    /// What it finds in a value. Null also stands for nothing, and for an expression that does not
    /// fit the value.
    pub(crate) fn find(&self, value: &Rcvar) -> Rcvar {
        match &self.names {
            Some(names) => {
                let found = follow(value, names).map(Rcvar::clone);
                found.unwrap_or_else(|| Rcvar::new(Variable::Null))
            }
            None => {
                let found = self.walk(value, &self.ast);
                found.unwrap_or_else(|_| Rcvar::new(Variable::Null))
            }
        }
    }

    /// What it finds in a value, with null told from nothing where the expression ends in a field's
    /// name. Any other expression can only say null, which is taken for nothing: the careful side.
    pub(crate) fn look(&self, value: &Rcvar) -> Found {
        if let Some(names) = &self.names {
            let found = follow(value, names).map(Rcvar::clone);
            return found.map_or(Found::Nothing, Found::Value);
        }
        if let Ast::Subexpr { lhs, rhs, .. } = &self.ast
            && let Ast::Field { name, .. } = rhs.as_ref()
        {
            let Ok(holder) = self.walk(value, lhs) else { return Found::Unfit };
            let found = holder.as_object().and_then(|object| object.get(name.as_str()));
            return found.map_or(Found::Nothing, |found| Found::Value(Rcvar::clone(found)));
        }
        match self.walk(value, &self.ast) {
            Ok(found) if found.is_null() => Found::Nothing,
            Ok(found) => Found::Value(found),
            Err(_) => Found::Unfit,
        }
    }

    /// The names to follow, where the expression is nothing but names with dots between. None at
    /// all for `@`.
    pub(crate) fn names(&self) -> Option<&[Box<str>]> {
        self.names.as_deref()
    }

    fn walk(&self, value: &Rcvar, ast: &Ast) -> Result<Rcvar, JmespathError> {
        interpret(value, ast, &mut Context::new(&self.text, &DEFAULT_RUNTIME))
    }
}

fn names_of(mut ast: &Ast) -> Option<Box<[Box<str>]>> {
    let mut names = Vec::new();
    loop {
        if let (Ast::Identity { .. }, []) = (ast, names.as_slice()) {
            return Some(Box::default());
        }
        let (before, last) = if let Ast::Subexpr { lhs, rhs, .. } = ast {
            (Some(lhs), rhs.as_ref())
        } else {
            (None, ast)
        };
        let Ast::Field { name, .. } = last else { return None };
        names.insert(0, name.as_str().into());
        match before {
            Some(before) => ast = before,
            None => return Some(names.into()),
        }
    }
}

fn follow<'v>(value: &'v Rcvar, names: &[Box<str>]) -> Option<&'v Rcvar> {
    names.iter().try_fold(value, |value, name| value.as_object()?.get(&**name))
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
        assert_eq!(look("values(a)[?@ > `0`] | [0]"), Found::Nothing);
        assert_eq!(look("length(a.b)"), Found::Unfit);
        assert_eq!(look("keys(a.c).d"), Found::Unfit);
    }

    #[test]
    fn only_names_with_dots_between_are_followed_as_names() {
        let names = |text| Path::parse(text).unwrap().names().map(|names| names.join("/"));
        assert_eq!(names("@").as_deref(), Some(""));
        assert_eq!(names("a").as_deref(), Some("a"));
        assert_eq!(names("a.\"b c\".d").as_deref(), Some("a/b c/d"));
        for text in ["a[0]", "a.b[0].c", "a || b", "a.[b]", "a[].b", "a.{b: c}", "@.a"] {
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
