//! `[[context]]` and `[enrichment]`: what an entity means to the business.
//!
//! Three places are asked, and the first that knows the entity answers: the `[[context]]` tables of
//! the file, in their order; the rows of the CSV file; the configuration database. In each table:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `entity` | text | required | its identifier or its name; `*` and `?` stand for others |
//! | `source` | text | all | whose entity |
//! | `business_impact` | text | required | what trouble with it means |
//! | `unit`, `owner` | text | none | the business unit, and who answers for it |
//! | `runbook` | address | none | what to do about it |
//! | `labels` | table of texts | none | more to choose it by in the scopes of rules |
//!
//! Under `[enrichment]` stand:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `csv` | text | none | a file beside this one, with the keys above as its columns |
//! | `audit_priority` | `P1`, `P2`, `P3` | `P3` | how urgent it is that open alerts are unmapped |
//! | `cmdb` | table | none | a configuration database |
//!
//! Under `[enrichment.cmdb]` stand:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `url` | address | required | with `{entity_id}`, `{entity_name}` or `{source}` in it |
//! | `token` | secret | none | for `Authorization: Bearer` |
//! | `user`, `password` | text, secret | none | for `Authorization: Basic` |
//! | `rows` | JMESPath | `result` | where in the answer the row is; of a list the first |
//! | `business_impact`, `unit`, `owner`, `runbook` | JMESPath | as the key | in the row |
//!
//! # Promises
//! - `a_csv_file_is_told_all_its_problems`: with line and column.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::{address, login, source::Source, threshold};
use crate::document::{Cell, Item, Problems, Sheet, SheetRow, Table};
use crate::limits::{BUSINESS_TEXT_CHARS_MAX, CONTEXT_ROWS_MAX, LABELS_MAX, NAME_BYTES_MAX};
use crate::model::business::{
    Business, CMDB_PLACEHOLDERS, CmdbConfig, ContextRow, Enrichment, OWN_LABELS, link,
};
use crate::model::catalogue::Catalogue;
use crate::model::config::Config;
use crate::model::http::origin;
use crate::model::near::nearest;

/// Reads both, and tells where the priority of the audit stands, if the file has it.
pub(super) fn read<'a>(
    root: &mut Table<'a>,
    sources: &[Source<'_>],
    catalogue: &Catalogue,
) -> (Enrichment, Option<Item<'a>>) {
    let mut enrichment = Enrichment::default();
    let list = root.optional("context").and_then(|item| item.list_of(1..=CONTEXT_ROWS_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    enrichment.rows = tables.filter_map(|table| row(table, sources)).collect();
    let Some(mut table) = root.optional("enrichment").and_then(|item| item.table()) else {
        return (enrichment, None);
    };
    enrichment.csv = table.optional("csv").and_then(|item| beside(&item));
    let audit = table.optional("audit_priority");
    if let Some(priority) = audit.as_ref().and_then(threshold::priority) {
        enrichment.audit_priority = priority;
    }
    let cmdb = table.optional("cmdb").and_then(|item| item.table());
    enrichment.cmdb = cmdb.and_then(|table| self::cmdb(table, catalogue));
    table.finish();
    (enrichment, audit)
}

fn row(mut table: Table<'_>, sources: &[Source<'_>]) -> Option<ContextRow> {
    let help = "Write entity = \"...\": an identifier or a name, * for any text in it.";
    let entity = table.required("entity", help);
    let entity = entity.and_then(|item| judged(&item, entity_of(item.text()?)));
    let names: Vec<_> = sources.iter().map(|source| (source.name.as_str(), &source.name)).collect();
    let source = table.optional("source").map(|item| item.one_of("the name of a source", &names));
    let help = "Write business_impact = \"...\": what trouble with it means.";
    let impact = table.required("business_impact", help).and_then(|item| fact(&item));
    let unit = table.optional("unit").and_then(|item| fact(&item));
    let owner = table.optional("owner").and_then(|item| fact(&item));
    let runbook =
        table.optional("runbook").and_then(|item| judged(&item, runbook_of(item.text()?)));
    let labels = table.optional("labels").map_or(Some(Vec::new()), |item| labels(&item));
    table.finish();
    let source = source.map_or(Some(None), |source| source.map(|name| Some(name.clone())))?;
    let business = Business { impact: Some(impact?), unit, owner, runbook };
    Some(ContextRow { source, entity: entity?, business, labels: labels? })
}

type Labels = Vec<(Box<str>, Box<str>)>;

fn labels(item: &Item<'_>) -> Option<Labels> {
    let entries = item.table()?.rest();
    if let Some((_, item)) = entries.get(LABELS_MAX) {
        return item.refuse(format!("there are more than {LABELS_MAX} labels"), "Take some out.");
    }
    let label = |(key, item): (&str, Item<'_>)| {
        if OWN_LABELS.contains(&key) {
            return item.refuse(format!("{key} is a key of the row itself"), "Write it there.");
        }
        Some((key.into(), fact(&item)?))
    };
    entries.into_iter().map(label).collect::<Vec<_>>().into_iter().collect()
}

/// The labels in one cell of the CSV file: `site=Haifa; tier=2`.
fn labels_of(text: &str) -> Option<Labels> {
    let label = |part: &str| {
        let (key, text) = part.split_once('=')?;
        let key = key.trim();
        let is_free = !key.is_empty() && !OWN_LABELS.contains(&key);
        is_free.then(|| Some((key.into(), fact_of(text).ok()?))).flatten()
    };
    let labels = text.split(';').filter(|part| !part.trim().is_empty()).map(label);
    labels.collect::<Option<Labels>>().filter(|labels| labels.len() <= LABELS_MAX)
}

/// The name of a file in the directory of the config: systemd hands over that much.
fn beside(item: &Item<'_>) -> Option<Box<str>> {
    let name = item.text()?;
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        let message = format!("\"{name}\" is not the name of a file beside this one");
        return item.refuse(message, "Write the name alone: csv = \"context.csv\".");
    }
    Some(name.into())
}

fn cmdb(mut table: Table<'_>, catalogue: &Catalogue) -> Option<CmdbConfig> {
    let help = "Write url = \"https://...\" with {entity_id} or {entity_name} in it.";
    let url = table.required("url", help).and_then(|item| template(&item));
    let login = login::read(&mut table);
    let mut path = |key, default: &str| match table.optional(key) {
        None => Some(default.into()),
        Some(item) => match (catalogue.check_path)(item.text()?) {
            Ok(()) => item.text().map(Into::into),
            Err(why) => {
                let help = "Write where it stands: \"result\", \"u_owner.name\"; a key with a \
                            dash in it as \"\\\"a-b\\\"\".";
                item.refuse(why, help)
            }
        },
    };
    let rows = path("rows", "result");
    let fields = FACTS.map(|key| path(key, key));
    table.finish();
    let [Some(impact), Some(unit), Some(owner), Some(runbook)] = fields else { return None };
    let fields = [impact, unit, owner, runbook];
    Some(CmdbConfig { url: url?, login: login?, rows: rows?, fields })
}

/// An address whose path or query has at least one placeholder.
fn template(item: &Item<'_>) -> Option<Box<str>> {
    let url = address::read(item)?;
    let help = "Write {entity_id}, {entity_name} or {source} in its path or query.";
    if origin(&url).contains(['{', '}']) {
        return item.refuse("the host of the address has to stand in the file", help);
    }
    let mut rest = &*url;
    let mut holes = 0_usize;
    while let Some((_, after)) = rest.split_once('{') {
        let name = after.split('}').next().unwrap_or_default();
        if !CMDB_PLACEHOLDERS.contains(&name) {
            let near = nearest(name, CMDB_PLACEHOLDERS);
            let help = near.map_or(help.into(), |near| format!("Did you mean {{{near}}}?"));
            return item.refuse(format!("{{{name}}} stands for nothing"), help);
        }
        holes = holes.saturating_add(1);
        rest = after;
    }
    if holes == 0 {
        return item.refuse("the address asks for no entity", help);
    }
    Some(url)
}

/// Reads the CSV file: the rows that it has beside those of the config.
///
/// # Errors
/// Every problem in it.
pub fn read_csv(file_name: &str, text: &str, config: &Config) -> Result<Vec<ContextRow>, Problems> {
    let sheet = Sheet::open(file_name, text, &COLUMNS)?;
    sheet.require("entity");
    sheet.require("business_impact");
    let room = CONTEXT_ROWS_MAX.saturating_sub(config.enrichment.rows.len());
    let mut rows = Vec::new();
    for (number, row) in sheet.rows().enumerate() {
        if number == room {
            let help = format!("Those of both files together are at most {CONTEXT_ROWS_MAX}.");
            row.refuse(&row.cell("entity"), "this row is one too many", help);
            break;
        }
        rows.extend(row_of_sheet(row, config));
    }
    sheet.close(rows)
}

fn row_of_sheet(row: SheetRow<'_>, config: &Config) -> Option<ContextRow> {
    row.refuse_surplus();
    let told = |column, judge: Judge| {
        let cell: Cell = row.cell(column);
        (!cell.text.is_empty()).then(|| match judge(&cell.text) {
            Ok(text) => Some(text),
            Err((why, help)) => {
                row.refuse(&cell, format!("{column}: {why}"), help);
                None
            }
        })
    };
    let needed = |column, judge: Judge| match told(column, judge) {
        Some(text) => text,
        None => {
            let help = "Fill the cell, or take the row out.";
            row.refuse(&row.cell(column), format!("{column} is missing"), help);
            None
        }
    };
    let (entity, impact) = (needed("entity", entity_of), needed("business_impact", fact_of));
    let (unit, owner) = (told("unit", fact_of).flatten(), told("owner", fact_of).flatten());
    let runbook = told("runbook", runbook_of).flatten();
    let cell = row.cell("source");
    let source = config.sources.iter().find(|source| source.name.as_str() == cell.text);
    if source.is_none() && !cell.text.is_empty() {
        let names = config.sources.iter().map(|source| source.name.as_str());
        let all: Vec<&str> = names.collect();
        let help = format!("The sources are {}; an empty cell means all.", all.join(", "));
        row.refuse(&cell, format!("source: \"{}\" is the name of no source", cell.text), help);
        return None;
    }
    let cell = row.cell("labels");
    let labels = labels_of(&cell.text);
    if labels.is_none() {
        let help = "Write them as site=Haifa; tier=2, without unit, owner and business_impact.";
        row.refuse(&cell, "labels: these are no labels", help);
    }
    let business = Business { impact: Some(impact?), unit, owner, runbook };
    let source = source.map(|source| source.name.clone());
    Some(ContextRow { source, entity: entity?, business, labels: labels? })
}

type Judged = Result<Box<str>, (&'static str, &'static str)>;
type Judge = fn(&str) -> Judged;

fn judged(item: &Item<'_>, judged: Judged) -> Option<Box<str>> {
    match judged {
        Ok(text) => Some(text),
        Err((why, help)) => item.refuse(why, help),
    }
}

fn fact(item: &Item<'_>) -> Option<Box<str>> {
    judged(item, fact_of(item.text()?))
}

fn fact_of(text: &str) -> Judged {
    let help = "Write a short text in one line, or take the key out.";
    match text.trim() {
        "" => Err(("there is nothing in it", help)),
        text if text.chars().any(char::is_control) => Err(("it has a line end in it", help)),
        text if text.chars().count() > BUSINESS_TEXT_CHARS_MAX => {
            Err(("it has more than 256 characters", help))
        }
        text => Ok(text.into()),
    }
}

fn entity_of(text: &str) -> Judged {
    let help = "Write an identifier or a name, * for any text in it.";
    match text {
        "" => Err(("there is nothing in it", help)),
        text if text.len() > NAME_BYTES_MAX => Err(("no entity has so long a name", help)),
        text => Ok(text.into()),
    }
}

fn runbook_of(text: &str) -> Judged {
    let help = "Write the whole address, from https:// on.";
    link(text).map(Into::into).ok_or(("this is no link", help))
}

/// The expressions of a configuration database, in the order of [`CmdbConfig::fields`].
const FACTS: [&str; 4] = ["business_impact", "unit", "owner", "runbook"];

/// The columns of the CSV file.
const COLUMNS: [&str; 7] =
    ["entity", "source", "business_impact", "unit", "owner", "runbook", "labels"];

const _: () = assert!(BUSINESS_TEXT_CHARS_MAX == 256);
