//! Which keys of a body some expression mentions. The others are passed over while it is parsed:
//! most of an answer is about what nobody asked, and of it the most personal.
//!
//! # Promises
//! - `what_no_expression_mentions_is_not_kept_and_nothing_else_changes`
//! - `an_expression_that_could_see_any_key_keeps_them_all`

use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use jmespath::Variable;
use jmespath::ast::Ast;

use crate::platform::path::Path;

/// The keys that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Mentioned {
    /// Every key: some expression could see any.
    #[default]
    Everything,
    /// These, in order.
    Only(Box<[Box<str>]>),
}

/// Whether a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Yes,
    No,
}

impl Mentioned {
    /// What some expressions mention, and some keys that are looked up without one.
    pub(super) fn by<'a>(
        paths: impl IntoIterator<Item = &'a Path>,
        keys: impl IntoIterator<Item = &'a Box<str>>,
    ) -> Self {
        let mut names: BTreeSet<Box<str>> = keys.into_iter().cloned().collect();
        match paths.into_iter().try_for_each(|path| note(path.ast(), &mut names)) {
            Some(()) => Self::Only(names.into_iter().collect()),
            None => Self::Everything,
        }
    }

    /// Whether a key is kept.
    pub(super) fn keeps(&self, key: &str) -> Keep {
        match self {
            Self::Everything => Keep::Yes,
            Self::Only(names) => match names.binary_search_by(|name| (**name).cmp(key)) {
                Ok(_) => Keep::Yes,
                Err(_) => Keep::No,
            },
        }
    }
}

/// Functions that look at a value and not at the keys of an object.
const BLIND_TO_KEYS: [&str; 17] = [
    "abs",
    "avg",
    "ceil",
    "ends_with",
    "floor",
    "join",
    "max",
    "max_by",
    "min",
    "min_by",
    "not_null",
    "reverse",
    "sort",
    "sort_by",
    "starts_with",
    "sum",
    "to_number",
];

/// Notes the names in an expression; nothing where it could see any key.
fn note(ast: &Ast, names: &mut BTreeSet<Box<str>>) -> Option<()> {
    match ast {
        Ast::Identity { .. } | Ast::Index { .. } | Ast::Slice { .. } => Some(()),
        // An object in a literal could be compared with one of the body.
        Ast::Literal { value, .. } => is_plain(value).then_some(()),
        Ast::Field { name, .. } => {
            names.insert(name.as_str().into());
            Some(())
        }
        Ast::Function { name, args, .. } if name == "contains" => {
            if !args.iter().any(is_words) {
                return None;
            }
            args.iter().filter(|arg| !is_words(arg)).try_for_each(|arg| note(arg, names))
        }
        Ast::Function { name, args, .. } if BLIND_TO_KEYS.contains(&name.as_str()) => {
            args.iter().try_for_each(|arg| note(arg, names))
        }
        // All keys, or what may depend on them.
        Ast::ObjectValues { .. } | Ast::Function { .. } => None,
        Ast::Comparison { lhs, rhs, .. } => {
            let is_literal = |ast: &Ast| matches!(ast, Ast::Literal { .. });
            if !is_literal(lhs) && !is_literal(rhs) {
                return None;
            }
            note(lhs, names)?;
            note(rhs, names)
        }
        Ast::Condition { predicate: one, then: other, .. }
        | Ast::Projection { lhs: one, rhs: other, .. }
        | Ast::And { lhs: one, rhs: other, .. }
        | Ast::Or { lhs: one, rhs: other, .. }
        | Ast::Subexpr { lhs: one, rhs: other, .. } => {
            note(one, names)?;
            note(other, names)
        }
        Ast::Expref { ast: node, .. } | Ast::Flatten { node, .. } | Ast::Not { node, .. } => {
            note(node, names)
        }
        Ast::MultiList { elements, .. } => elements.iter().try_for_each(|node| note(node, names)),
        Ast::MultiHash { elements, .. } => {
            elements.iter().try_for_each(|pair| note(&pair.value, names))
        }
    }
}

/// Whether an argument is a plain value, or a list of such: words to look for.
fn is_words(arg: &Ast) -> bool {
    if let Ast::MultiList { elements, .. } = arg {
        let is_word = |one: &Ast| matches!(one, Ast::Literal { value, .. } if is_plain(value));
        return elements.iter().all(is_word);
    }
    let Ast::Literal { value, .. } = arg else { return false };
    is_plain(value) || value.as_array().is_some_and(|list| list.iter().all(|one| is_plain(one)))
}

/// Whether a value has no keys, and holds none that has.
fn is_plain(value: &Variable) -> bool {
    !value.is_object() && !value.is_array()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    use serde::de::DeserializeSeed;

    use crate::platform::map::Case;
    use crate::platform::path::parse_body;
    use crate::platform::value::Keys;

    fn mentioned(expressions: &[&str]) -> Mentioned {
        let paths: Vec<Path> = expressions.iter().map(|text| Path::parse(text).unwrap()).collect();
        Mentioned::by(&paths, &[])
    }

    const BODY: &str = r#"{"a": {"b": [{"c": 1, "d": "x"}, {"c": 2, "d": "y"}], "e": null},
        "f": {"g": {"h": "personal"}}, "i": "text", "j": []}"#;

    #[test]
    fn what_no_expression_mentions_is_not_kept_and_nothing_else_changes() {
        for expressions in [
            ["a.b[?d=='y'].c | [0]", "i || 'none'", "[@]"],
            ["a.b[*].c", "f && 'there'", "f.g"],
            ["sum(a.b[].c)", "not_null(a.e, i)", "[i, a.e]"],
            ["{x: i}", "!j", "contains(['text'], i)"],
            ["max_by(a.b, &c).d", "join('/', [i, i])", "a.b[-1].d"],
        ] {
            let mentioned = mentioned(&expressions);
            let keys = Keys { case: Case::Exact, mentioned: &mentioned };
            let pruned = keys.deserialize(&mut serde_json::Deserializer::from_str(BODY)).unwrap();
            let whole = parse_body(BODY.as_bytes()).unwrap();
            for expression in expressions {
                let path = Path::parse(expression).unwrap();
                let (found, wanted) = (path.find(&pruned), path.find(&whole));
                if !wanted.is_object() && expression != "[@]" {
                    assert_eq!(found, wanted, "{expression}");
                }
                assert_eq!(found.is_truthy(), wanted.is_truthy(), "{expression}");
            }
            assert!(!pruned.to_string().contains("personal"), "{pruned}");
        }
    }

    #[test]
    fn an_expression_that_could_see_any_key_keeps_them_all() {
        for expression in [
            "*",
            "a.*.b",
            "keys(a)",
            "values(@)",
            "to_string(a)",
            "length(@)",
            "a == b",
            "a == `{\"b\": 1}`",
            "contains(a, `{\"b\": 1}`)",
            "merge(a, b)",
            "map(&keys(@), a)",
            "contains(a, b)",
        ] {
            assert_eq!(mentioned(&["a", expression]), Mentioned::Everything, "{expression}");
        }
        let Mentioned::Only(names) = mentioned(&["a.b", "c[?d > `1`]"]) else { panic!() };
        assert_eq!(names.join(" "), "a b c d");
    }
}
