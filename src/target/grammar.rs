//! What a template may be made of: minijinja's language without lists, loops and calls.
//!
//! Fuel pays for each step and for each text, but not for turning into text a list that was
//! repeated or that holds itself twice, sixty times over. A notice's facts are texts and numbers,
//! so its templates need no list, but for `priority in ["P1", "P2"]`. Without them a template runs
//! each of its few parts once and no part outgrows its fuel.
//!
//! # Promises
//! - `only_what_words_need_is_part_of_a_template`
//! - `no_depth_of_a_template_is_too_much_for_the_stack`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Filter, Stmt};
use minijinja::machinery::{Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, filters, tests as questions};
use serde_json::{Map, Value as Json};

use super::texts::fault;
use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATE_DEPTH_MAX, WEBHOOK_NOTICE_BYTES_MAX};
use crate::model::catalogue::TemplateFault;
use crate::model::near::nearest;

/// Refuses what has no place in a template.
///
/// # Errors
/// The first such part, or what the language itself says of the text.
pub(super) fn check(text: &str) -> Result<(), TemplateFault> {
    if text.len() > TEMPLATE_BYTES_MAX {
        let what = format!("a template has at most {TEMPLATE_BYTES_MAX} bytes");
        return Err(TemplateFault { line: None, what });
    }
    one_sign_at_a_time(text)?;
    let template = parse(text, "", SyntaxConfig::default()).map_err(|error| fault(&error))?;
    statement(&template, 0)
}

/// The one thing that the library reads to any depth: `------1`.
fn one_sign_at_a_time(text: &str) -> Result<(), TemplateFault> {
    let mut after_minus = false;
    for token in tokenize(text, false, SyntaxConfig::default()) {
        // What is no token at all, the parser says better.
        let Ok((token, span)) = token else { break };
        let is_minus = matches!(token, Token::Minus);
        if is_minus && after_minus {
            let what = "two minus signs in a row; put the inner one in brackets".into();
            return Err(TemplateFault { line: Some(span.start_line.into()), what });
        }
        after_minus = is_minus;
    }
    Ok(())
}

fn statement(part: &Stmt<'_>, depth: usize) -> Result<(), TemplateFault> {
    match part {
        Stmt::Template(template) => statements(&template.children, depth),
        Stmt::EmitRaw(_) => Ok(()),
        Stmt::EmitExpr(emit) => expression(&emit.expr, depth),
        Stmt::IfCond(choice) => {
            expression(&choice.expr, depth)?;
            statements(&choice.true_body, depth)?;
            statements(&choice.false_body, depth)
        }
        Stmt::Set(set) if matches!(set.target, Expr::Var(_)) => expression(&set.expr, depth),
        Stmt::Set(set) => Err(refused(&set.target, "only one name can be set at a time")),
        Stmt::ForLoop(part) => Err(refused(&part.iter, "there is nothing to loop over")),
        Stmt::WithBlock(_)
        | Stmt::SetBlock(_)
        | Stmt::AutoEscape(_)
        | Stmt::FilterBlock(_)
        | Stmt::Do(_) => {
            let what = "of the {% %} blocks, templates have only if and set".into();
            Err(TemplateFault { line: None, what })
        }
    }
}

fn statements(parts: &[Stmt<'_>], depth: usize) -> Result<(), TemplateFault> {
    if depth > TEMPLATE_DEPTH_MAX {
        return Err(TemplateFault { line: None, what: too_deep() });
    }
    parts.iter().try_for_each(|part| statement(part, depth + 1))
}

fn expression(part: &Expr<'_>, depth: usize) -> Result<(), TemplateFault> {
    if depth > TEMPLATE_DEPTH_MAX {
        return Err(refused(part, &too_deep()));
    }
    let inner = |inner| expression(inner, depth + 1);
    match part {
        Expr::Var(_) | Expr::Const(_) => Ok(()),
        Expr::UnaryOp(operation) => inner(&operation.expr),
        Expr::BinOp(operation) => {
            inner(&operation.left)?;
            match (&operation.op, &operation.right) {
                (BinOpKind::In, Expr::List(list)) => list.items.iter().try_for_each(inner),
                (BinOpKind::In, Expr::Tuple(list)) => list.items.iter().try_for_each(inner),
                (_, right) => inner(right),
            }
        }
        Expr::Compare(chain) => {
            inner(&chain.expr)?;
            chain.ops.iter().try_for_each(|link| inner(&link.expr))
        }
        Expr::IfExpr(choice) => {
            inner(&choice.test_expr)?;
            inner(&choice.true_expr)?;
            choice.false_expr.as_ref().map_or(Ok(()), inner)
        }
        Expr::Filter(filter) => {
            known(filter).map_err(|what| refused(part, &what))?;
            filter.expr.as_ref().map_or(Ok(()), inner)?;
            arguments(&filter.args, depth)
        }
        Expr::Test(test) => {
            inner(&test.expr)?;
            arguments(&test.args, depth)
        }
        Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => {
            Err(refused(part, "a list has a place only after \"in\""))
        }
        Expr::Slice(_) | Expr::GetAttr(_) | Expr::GetItem(_) => Err(refused(
            part,
            "a text or number has no parts; its names are written without . or []",
        )),
        Expr::Call(_) => Err(refused(part, "templates have no functions; use a filter")),
    }
}

fn arguments(arguments: &[CallArg<'_>], depth: usize) -> Result<(), TemplateFault> {
    arguments.iter().try_for_each(|argument| match argument {
        CallArg::Pos(value) | CallArg::Kwarg(_, value) => expression(value, depth + 1),
        CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
            Err(refused(value, "arguments are written one by one"))
        }
    })
}

fn known(filter: &Filter<'_>) -> Result<(), String> {
    if FILTERS.contains(&filter.name) {
        return Ok(());
    }
    let help = match nearest(filter.name, FILTERS) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", FILTERS.join(", ")),
    };
    Err(format!("templates have no such filter: {help}"))
}

fn refused(part: &Expr<'_>, what: &str) -> TemplateFault {
    TemplateFault { line: Some(part.span().start_line.into()), what: what.into() }
}

fn too_deep() -> String {
    format!("it is nested more than {TEMPLATE_DEPTH_MAX} deep, or a chain of as many operators")
}

/// Names the name that no notice has, where that is why a template failed.
pub(super) fn strange(text: &str, error: &Error, known: &Map<String, Json>) -> Option<String> {
    if error.kind() != ErrorKind::UndefinedError {
        return None;
    }
    let tokens = tokenize(text, false, SyntaxConfig::default()).filter_map(Result::ok);
    let word = |(token, _)| if let Token::Ident(word) = token { Some(word) } else { None };
    let (mut set, mut before) = (Vec::new(), "");
    for word in tokens.filter_map(word) {
        if before == "set" {
            set.push(word);
        }
        let is_name = before != "is" && before != "is not" && !WORDS.contains(&word);
        if is_name && !FILTERS.contains(&word) && !set.contains(&word) && !known.contains_key(word)
        {
            let names = known.keys().map(String::as_str).chain(set);
            let near = nearest(word, names).map(|near| format!("; did you mean {near}?"));
            return Some(format!("no notice has a {word}{}", near.unwrap_or_default()));
        }
        before = if before == "is" && word == "not" { "is not" } else { word };
    }
    None
}

/// The words of the language that are no names.
const WORDS: [&str; 18] = [
    "if", "else", "elif", "endif", "set", "raw", "endraw", "in", "is", "not", "and", "or", "true",
    "false", "none", "True", "False", "None",
];

/// Gives templates the filters and tests that they may have. All others of the library would be
/// part of the program for nothing.
pub(super) fn equip(environment: &mut Environment<'_>) {
    environment.add_filter("abs", filters::abs);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("default", filters::default);
    environment.add_filter("float", filters::float);
    environment.add_filter("format", filters::format);
    environment.add_filter("int", filters::int);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("round", filters::round);
    environment.add_filter("title", filters::title);
    environment.add_filter("tojson", tojson);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_test("defined", questions::is_defined);
    environment.add_test("divisibleby", questions::is_divisibleby);
    environment.add_test("endingwith", questions::is_endingwith);
    environment.add_test("even", questions::is_even);
    environment.add_test("none", questions::is_none);
    environment.add_test("number", questions::is_number);
    environment.add_test("odd", questions::is_odd);
    environment.add_test("startingwith", questions::is_startingwith);
    environment.add_test("string", questions::is_string);
    environment.add_test("undefined", questions::is_undefined);
}

/// A value as JSON: a text between its quotes, whatever stands in it. What would be longer than a
/// whole body is refused, since quoting what is quoted already doubles it.
fn tojson(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let json = serde_json::to_string(value);
    let json = json.map_err(|fault| Error::new(ErrorKind::BadSerialization, format!("{fault}")))?;
    match json.len() > WEBHOOK_NOTICE_BYTES_MAX {
        true => Err(Error::new(ErrorKind::OutOfFuel, "as JSON it is too long")),
        false => Ok(json),
    }
}

/// Each makes one text or number of one, and asks the fuel before it makes a longer one.
const FILTERS: [&str; 14] = [
    "abs",
    "capitalize",
    "default",
    "float",
    "format",
    "int",
    "length",
    "lower",
    "replace",
    "round",
    "title",
    "tojson",
    "trim",
    "upper",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> String {
        check(text).unwrap_err().what
    }

    #[test]
    fn only_what_words_need_is_part_of_a_template() {
        for good in [
            "{# a #}{{ a|round(1) }} {{ (a + 2 * b) // 60 ~ ':' ~ '%02d'|format(b % 60) }}",
            "{% if a in ['P1', b] %}{% elif b not in ('x', 'y') and a is not none %}{% endif %}",
            "{% set minutes = a / 60 if a is defined else -1 %}",
            "{{ minutes|replace(from='.', to=',') }}",
            "{% raw %}{{ [1] }}{% endraw %}{{ 'a[1](2)' }}",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "{{ [1] }}",
            "{{ (1, 2) }}",
            "{{ {1: 2} }}",
            "{{ [1] * 100000000 ~ '' }}",
            "{{ [1] in 'a' }}",
            "{{ a in [[1]] }}",
            "{{ a in [1] in b }}",
            "{{ a is eq([1]) }}",
            "{{ a|default([1]) }}",
            "{{ a|default(value=[1]) }}",
            "{% set a = 1, 2 %}",
            "{% set a, b = 'xy' %}",
            "{% for x in a %}{% endfor %}",
            "{% set a %}{% endset %}",
            "{% filter upper %}{% endfilter %}",
            "{% with a = 1 %}{% endwith %}",
            "{% do a() %}",
            "{% autoescape true %}{% endautoescape %}",
            "{{ range(9) }}",
            "{{ a[:9] }}",
            "{{ a.b }}",
            "{{ a.b(c=1) }}",
            "{{ a|list }}",
            "{{ a|round(*a) }}",
            "{{ a if b else c|xmlattr }}",
            "{{ a and not -b|pprint }}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(says("{{ a|rounds }}"), "templates have no such filter: did you mean round?");
        assert!(says("{{ 1 - -1 }}").contains("minus"));
        assert_eq!(check("a\n{{ b|e }}").unwrap_err().line, Some(2));
    }

    #[test]
    fn no_depth_of_a_template_is_too_much_for_the_stack() {
        let room = TEMPLATE_BYTES_MAX - 100;
        let chain = |link: &str| link.repeat(room / link.len());
        for deep in [
            format!("{{{{ 1{} }}}}", chain("+1")),
            format!("{{{{ a{} }}}}", chain("~a")),
            format!("{{{{ a{} }}}}", chain("<a")),
            format!("{{{{ {}1 }}}}", chain("-")),
            format!("{{{{ {}a }}}}", chain("not ")),
            format!("{{{{ a{} }}}}", chain("|abs")),
            format!("{{{{ a{} }}}}", chain(" is none")),
            format!("{{{{ a{} }}}}", chain(".a")),
            format!("{{{{ a{} }}}}", chain("()")),
            format!("{{{{ a{} }}}}", chain(" if a else a")),
            format!("{{{{ {}a }}}}", chain("(")),
            format!("{{{{ {}a }}}}", chain("[")),
            format!("{{% if a %}}{}{{% endif %}}", chain("{%elif a%}")),
            chain("{%if a%}"),
        ] {
            assert!(check(&deep).is_err() || deep.contains('<'), "{deep}");
        }
        assert!(says(&"x".repeat(TEMPLATE_BYTES_MAX + 1)).contains("at most"));
    }
}
