//! The tree of a document: what stands where, whichever format it was written in.
//!
//! # Promises
//! - `toml_and_json_give_the_same_tree`: a reader need not know the format.
//! - `no_nesting_exhausts_the_stack`: deeper than [`DOCUMENT_DEPTH_MAX`] is a problem.
//! - `a_byte_order_mark_is_no_mistake`: editors on Windows write one.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::document::{Problem, json, toml};
use crate::limits::{CONFIG_BYTES_MAX, DOCUMENT_DEPTH_MAX};

/// A value and the bytes of the text that it was written with.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Of a TOML `[table]`, its header.
    pub span: Range<usize>,
    /// What stands there.
    pub value: Value,
}

/// What can stand in a document. A date of TOML is the text of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// JSON's null.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number; TOML has infinities and NaN.
    Float(f64),
    /// A text, escapes resolved.
    Text(String),
    /// In the order of the text.
    List(Vec<Node>),
    /// In the order of the text; no key occurs twice.
    Table(Vec<Entry>),
}

/// One key of a table, with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key, escapes resolved.
    pub key: String,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// Its value.
    pub node: Node,
}

/// The two formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// JSON as RFC 8259 has it: no comments, no trailing commas.
    Json,
}

impl Format {
    /// The format of a text: no TOML begins with a brace, and every table of JSON does.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let first = text.trim_start_matches(BYTE_ORDER_MARK).trim_start().chars().next();
        if first == Some('{') { Self::Json } else { Self::Toml }
    }
}

/// Reads a text in the format that it is in.
///
/// # Errors
/// Every syntax error of a TOML text, the first one of a JSON text.
pub fn parse(text: &str) -> Result<Node, Vec<Problem>> {
    if text.len() > CONFIG_BYTES_MAX {
        let message = format!("the file has {} bytes", text.len());
        let help = format!("At most {CONFIG_BYTES_MAX} bytes are read.");
        return Err(Vec::from([Problem::new(0..0, message, help)]));
    }
    // Blanks of the same length keep every place in the text where it is.
    let text = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => Cow::Owned(format!("   {rest}")),
        None => Cow::Borrowed(text),
    };
    match Format::of(&text) {
        Format::Toml => toml::parse(&text),
        Format::Json => json::parse(&text),
    }
}

/// The problem with a value that is nested too deep.
pub(super) fn too_deep(span: Range<usize>) -> Problem {
    let message = format!("nested deeper than {DOCUMENT_DEPTH_MAX} levels");
    Problem::new(span, message, "Take levels of braces, brackets or dots away.")
}

const BYTE_ORDER_MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn shape(node: &Node) -> String {
        match &node.value {
            Value::List(list) => {
                format!("[{}]", list.iter().map(shape).collect::<Vec<_>>().join(","))
            }
            Value::Table(entries) => {
                let shape_of = |entry: &Entry| format!("{}={}", entry.key, shape(&entry.node));
                format!("{{{}}}", entries.iter().map(shape_of).collect::<Vec<_>>().join(","))
            }
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => {
                format!("{:?}", node.value)
            }
        }
    }

    #[test]
    fn toml_and_json_give_the_same_tree() {
        let toml = "z = 1\na = [1.5, -2, true]\n[[t]]\ns = \"x\\n\"\n[[t]]\n[t.u]\nv = 1_000\n";
        let json = r#"{"z": 1, "a": [1.5, -2, true],
                       "t": [{"s": "x\n"}, {"u": {"v": 1000}}]}"#;
        let shapes = [toml, json].map(|text| shape(&parse(text).unwrap()));
        assert_eq!(shapes[0], shapes[1]);
        let wanted = "{z=Integer(1),a=[Float(1.5),Integer(-2),Bool(true)],";
        assert!(shapes[0].starts_with(wanted), "{}", shapes[0]);
    }

    #[test]
    fn no_nesting_exhausts_the_stack() {
        let dotted = |inner: &str| format!("{}x = {inner}", "a.".repeat(79));
        let many = |text: &str| text.repeat(400_000);
        let braces = (0..79).fold("1".to_string(), |inner, _| format!("{{ {} }}", dotted(&inner)));
        let texts = [
            format!("a = {braces}"),
            format!("a = {}", many("[")),
            format!("a = {}", many("{a=")),
            format!("{}x = 1", many("a.")),
            format!("[{}x]", many("a.")),
            format!("{{\"a\": {}", many("[")),
            many("{\"a\":"),
            format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200)),
        ];
        for text in texts {
            assert!(parse(&text).is_err(), "{}", text.get(..40).unwrap());
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_mistake() {
        for text in ["\u{feff}a = 1", "\u{feff}{\"a\": 1}"] {
            let Value::Table(entries) = parse(text).unwrap().value else { panic!("{text}") };
            let [entry] = entries.as_slice() else { panic!("{text}") };
            assert_eq!((entry.key.as_str(), &entry.node.value), ("a", &Value::Integer(1)));
            assert_eq!(text.get(entry.node.span.clone()), Some("1"));
        }
    }

    #[test]
    fn a_text_beyond_the_limit_is_refused() {
        let [problem] = parse(&" ".repeat(CONFIG_BYTES_MAX + 1)).unwrap_err().try_into().unwrap();
        assert!(problem.message.contains("1048577 bytes"));
    }
}
