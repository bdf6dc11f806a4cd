//! `[templates]`, and a target's `templates`: the texts of a notice, in minijinja's language.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `summary` | text | built in | one line: what, where, how bad, since when |
//! | `body` | text | built in | a few lines more |

use alloc::string::String;
use core::ops::Range;

use crate::document::{Item, Table};
use crate::model::catalogue::Catalogue;
use crate::model::config::Templates;

/// Reads `templates` of the file or of a target, all of which may be left out.
pub(super) fn read<'a>(root: &mut Table<'a>, catalogue: &Catalogue) -> Templates {
    let Some(mut table) = root.optional("templates").and_then(|item| item.table()) else {
        return Templates::default();
    };
    let mut template = |key: &'a str| {
        let item = table.optional(key)?;
        template(&item, catalogue)
    };
    let templates = Templates { summary: template("summary"), body: template("body") };
    table.finish();
    templates
}

fn template(item: &Item<'_>, catalogue: &Catalogue) -> Option<String> {
    let text = item.text()?;
    let Err(fault) = (catalogue.check_template)(text) else {
        // The line ends of the editor are no part of the message.
        return Some(text.replace("\r\n", "\n"));
    };
    let line = fault.line.map_or(0..text.len(), |line| line_of(text, line));
    let help = "Placeholders are written {{ name }}, choices {% if name %} ... {% endif %}.";
    item.refuse_within(line, fault.what, help)
}

/// The bytes of a line of the text, counted from 1.
fn line_of(text: &str, line: usize) -> Range<usize> {
    let mut at = 0_usize;
    for (number, content) in (1..).zip(text.split('\n')) {
        let end = at.saturating_add(content.len());
        if number == line {
            return at..end;
        }
        at = end.saturating_add(1);
    }
    0..text.len()
}
