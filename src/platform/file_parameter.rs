//! Reads a `[[parameter]]` table: what a `[[source]]` of the definition takes.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use crate::document::{Item, Table};
use crate::model::catalogue::{ParameterKind, ParameterSpec};
use crate::platform::file::{one_of, template};
use crate::platform::template::{Hole, Template};

/// What a parameter's text stands for, where that is not the text itself.
type Meanings = BTreeMap<Box<str>, Template>;

/// Reads one parameter; those before it may stand in its default and in its words.
pub(super) fn parameter(
    mut table: Table<'_>,
    before: &[ParameterSpec],
) -> Option<(ParameterSpec, Option<Meanings>)> {
    let kinds = [
        ("text", ParameterKind::Text),
        ("secret", ParameterKind::Secret),
        ("list", ParameterKind::List),
    ];
    let name = table.required("name", "Write the key that a [[source]] table has it under.");
    let name = name.and_then(|item| parameter_name(&item, before));
    let kind = table.required("kind", "Write \"text\", \"secret\" or \"list\".");
    let kind = kind.and_then(|item| one_of(&item, &kinds));
    let texts = before.iter().filter(|spec| spec.kind == ParameterKind::Text);
    let texts: Vec<&str> = texts.map(|spec| &*spec.name).collect();
    let mut meanings = Meanings::new();
    let words = table.optional("words").and_then(|item| item.table());
    for (word, item) in words.map(|mut words| words.rest()).unwrap_or_default() {
        meanings.extend(template(&item, &texts).map(|template| (Box::from(word), template)));
    }
    let words: Vec<Box<str>> = meanings.keys().cloned().collect();
    let default = match (table.optional("default"), kind) {
        (Some(item), Some(ParameterKind::Text)) => {
            text_default(&item, &words, &mut meanings, &texts)
        }
        (Some(item), Some(ParameterKind::List)) => match item.list()?.as_slice() {
            [] => Some(Box::default()),
            _ => item.refuse("a list can only be empty by default", "Write default = []."),
        },
        (Some(item), Some(ParameterKind::Secret)) => {
            item.refuse_hidden("a secret has no default", "Take it out.")
        }
        (Some(_) | None, _) => None,
    };
    let help = table.required_text("help", "Write a sentence for whoever leaves it out.");
    table.finish();
    let spec = ParameterSpec { name: name?, kind: kind?, default, words, help: help?.into() };
    Some((spec, Some(meanings).filter(|meanings| !meanings.is_empty())))
}

/// A default is a word where there are words; else a text, in which other parameters may stand.
fn text_default(
    item: &Item<'_>,
    words: &[Box<str>],
    meanings: &mut Meanings,
    texts: &[&str],
) -> Option<Box<str>> {
    let text = item.text()?;
    if !words.is_empty() {
        let known: Vec<(&str, ())> = words.iter().map(|word| (&**word, ())).collect();
        return one_of(item, &known).map(|()| text.into());
    }
    let template = template(item, texts)?;
    if text.contains('{') {
        meanings.insert(text.into(), template);
    }
    Some(text.into())
}

fn parameter_name(item: &Item<'_>, before: &[ParameterSpec]) -> Option<Box<str>> {
    let name = item.text()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if Hole::RESERVED.contains(&name) {
        let help = format!("{} have a meaning of their own.", Hole::RESERVED.join(", "));
        return item.refuse(format!("a parameter cannot be called {name}"), help);
    }
    if name.is_empty() || !name.chars().all(plain) {
        return item.refuse("is no parameter name", "Use small letters, digits and _.");
    }
    if before.iter().any(|spec| &*spec.name == name) {
        return item.refuse(format!("there are two parameters {name}"), "Keep one of the two.");
    }
    Some(name.into())
}
