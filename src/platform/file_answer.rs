//! Reads a `[request.answer]` table: where our words stand in an answer, and what they mean there.
//!
//! An expression that picks one of a list says so at its end: `data[?metric=='x'].count | [0]`
//! finds nothing where there is no x, while `sum(data[?metric=='x'].count)` finds 0.
//!
//! # Promises
//! - `every_mistake_in_an_answer_is_pointed_at`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::document::{Item, Table, Value};
use crate::limits::{MISSING_HOLD_MAX, TRUE_WORDS_MAX};
use crate::model::expression::Expression;
use crate::model::metric::{Kind, Metric, MetricFault, Unit};
use crate::model::time::Span;
use crate::platform::convert::Conversion;
use crate::platform::file::{near_help, path};
use crate::platform::map::{
    AnswerMap, Case, Column, Combine, Derived, MetricPlaces, Missing, TimeFrom,
};
use crate::platform::mentioned::Mentioned;
use crate::platform::path::Path;

/// Reads the table.
pub(super) fn answer(mut table: Table<'_>) -> Option<AnswerMap> {
    let case = table.optional("case");
    let case = case.and_then(|item| item.one_of("a way to compare keys", &CASES));
    let case = case.unwrap_or(Case::Exact);
    let mut place = |key| table.optional(key).and_then(|item| cased_path(&item, case));
    let entity_name = place("entity_name");
    let bucket_start = place("bucket_start");
    let time = place("time");
    let row_time = place("row_time");
    let list = place("metric_list");
    let rows = table.required("rows", "Write where the list of rows is.");
    let rows = rows.and_then(|item| cased_path(&item, case));
    let entity_id = table.required("entity_id", "Write where a row has its entity's id.");
    let entity_id = entity_id.and_then(|item| cased_path(&item, case));
    let time_from = table.optional("time_from");
    let time_from = time_from.and_then(|item| item.one_of("a source of time", &TIMES));
    let mut key = |key| table.optional(key).and_then(|item| cased(&item, case));
    let (name_key, value_key) = (key("metric_name"), key("metric_value"));
    let is_listed = ["metric_list", "metric_name", "metric_value"].map(|key| {
        // A key with a fault of its own is there too.
        table.optional(key).is_some()
    });
    let place_key = if is_listed.contains(&true) { "name" } else { "path" };
    if is_listed.contains(&true) && is_listed.contains(&false) {
        table.item().refuse::<()>(
            "metric_list, metric_name and metric_value belong together",
            "Write all three, or none and a path for each metric.",
        );
    }
    let mut columns = Columns::default();
    let metrics =
        table.required("metrics", "Write metrics = [{ metric = \"...\", path = \"...\" }].");
    for element in metrics?.list()? {
        element.table().and_then(|table| columns.read(table, place_key));
    }
    let Columns { columns, places, named } = columns;
    let derived = derived_of(table.optional("derived"), &named);
    table.finish();
    let places = match (list, name_key, value_key) {
        (Some(list), Some(name), Some(value)) => {
            let names = places.iter().filter_map(|item| item.text().map(Box::from)).collect();
            let (name_key, value_key) = (name.into(), value.into());
            MetricPlaces::List { list, name_key, value_key, names }
        }
        _ => MetricPlaces::Paths(places.iter().filter_map(|item| cased_path(item, case)).collect()),
    };
    let kept = columns.iter().filter(|column| column.is_kept).map(|column| column.metric);
    let metrics = kept.chain(derived.iter().map(|derived| derived.metric)).collect();
    let map = AnswerMap {
        rows: rows?,
        entity_id: entity_id?,
        entity_name,
        bucket_start,
        time,
        row_time,
        time_from: time_from.unwrap_or(TimeFrom::Field),
        case,
        columns: columns.into(),
        places,
        derived: derived.into(),
        metrics,
        mentioned: Mentioned::default(),
    };
    Some(map.with_mentioned())
}

/// The metrics of a row, and where the definition says that they are.
#[derive(Default)]
struct Columns<'a> {
    columns: Vec<Column>,
    places: Vec<Item<'a>>,
    /// The metrics, also of columns with a fault.
    named: Vec<Metric>,
}

impl<'a> Columns<'a> {
    fn read(&mut self, mut table: Table<'a>, place_key: &'static str) -> Option<()> {
        let metric = table.required("metric", "Write our name of the metric.");
        let metric = metric.and_then(|item| metric_of(&item, &self.named));
        let place = table.required(place_key, "Write where the platform has it.");
        let unit = table.optional("unit");
        let words = table.optional("true_when");
        let values = table.optional("values");
        let missing = table.optional("missing");
        let missing = missing.map(|item| missing_of(&item, metric.as_ref().copied()));
        let combine = table.optional("combine");
        let is_kept = table.optional("keep").and_then(|item| item.flag());
        table.finish();
        let metric = metric?;
        self.named.push(metric);
        let conversion = match (unit, words, values) {
            (None, None, None) => Conversion::usual(metric),
            (Some(unit), None, None) => unit_of(&unit, metric)?,
            (None, Some(words), None) => words_of(&words, metric)?,
            (None, None, Some(values)) => values_of(&values)?,
            (Some(item), ..) | (None, Some(item), _) => {
                let message = "unit, true_when and values exclude each other";
                return item.refuse(message, "Keep one of them.");
            }
        };
        let what = format!("a way to combine {metric}");
        let combine = combine.map(|item| item.one_of(&what, Combine::words(metric.kind())));
        self.columns.push(Column {
            metric,
            conversion,
            missing: missing.unwrap_or(Some(Missing::Unknown))?,
            combine: combine.unwrap_or_else(|| Some(Combine::usual(metric.kind())))?,
            is_kept: is_kept.unwrap_or(true),
        });
        self.places.push(place?);
        Some(())
    }
}

/// A word, or `{ hold_seconds = 30 }`.
fn missing_of(item: &Item<'_>, metric: Option<Metric>) -> Option<Missing> {
    if !matches!(item.value(), Value::Table(_)) {
        return item.one_of("what absence means", &ABSENCES);
    }
    let mut table = item.table()?;
    let seconds = table.required("hold_seconds", "Write missing = { hold_seconds = 30 }.");
    let seconds = seconds.and_then(|item| item.integer_in(1..=MISSING_HOLD_MAX.whole_secs()));
    table.finish();
    match metric.filter(|metric| metric.kind() == Kind::IntervalCount) {
        Some(metric) => {
            let help = "Write \"zero\" or \"unknown\": the last count would be counted twice.";
            item.refuse(format!("{metric} counts what happens, and does not hold"), help)
        }
        None => seconds.map(|seconds| Missing::Hold(Span::secs(seconds))),
    }
}

fn unit_of(item: &Item<'_>, metric: Metric) -> Option<Conversion> {
    let words = Conversion::words(metric);
    if !words.is_empty() {
        return item.one_of(&format!("a unit of {metric}"), words);
    }
    let help = match metric.unit() {
        Unit::Boolean => "Take it out; true_when lists the words that stand for true.",
        Unit::Count
        | Unit::PerMinute
        | Unit::Seconds
        | Unit::Ratio
        | Unit::Megabytes
        | Unit::Severity => "Take it out.",
    };
    item.refuse(format!("{metric} has no unit to choose"), help)
}

fn words_of(item: &Item<'_>, metric: Metric) -> Option<Conversion> {
    if metric.unit() != Unit::Boolean {
        return item.refuse(format!("{metric} is not true or false"), "Take it out.");
    }
    let words = item.list_of(1..=TRUE_WORDS_MAX)?;
    let words = words.iter().filter_map(|item| item.text().map(Box::from)).collect();
    Some(Conversion::Words(words))
}

fn values_of(item: &Item<'_>) -> Option<Conversion> {
    let values = item.table()?.rest();
    if values.is_empty() || values.len() > TRUE_WORDS_MAX {
        let help = format!("Write 1 to {TRUE_WORDS_MAX} words: {{ critical = 4, resolved = 0 }}.");
        return item.refuse(format!("has {} words", values.len()), help);
    }
    let value = |(word, item): (&str, Item<'_>)| Some((word.into(), item.number_in(-1e9..=1e9)?));
    let values: Option<Vec<(Box<str>, f64)>> = values.into_iter().map(value).collect();
    Some(Conversion::Values(values?.into()))
}

fn derived_of(item: Option<Item<'_>>, named: &[Metric]) -> Vec<Derived> {
    let mut known = named.to_vec();
    let mut derived = Vec::new();
    for mut table in
        item.and_then(|item| item.list()).unwrap_or_default().iter().filter_map(Item::table)
    {
        let metric = table.required("metric", "Write our name of the metric.");
        let metric = metric.and_then(|item| metric_of(&item, &known));
        let value = table.required("value", "Write how it is made: \"metric / metric\".");
        let value = value.and_then(|item| expression(&item, named));
        let least = table.optional("at_least").and_then(|item| item.table());
        let at_least = least.map(|table| volumes(table, named)).unwrap_or_default();
        table.finish();
        known.extend(metric);
        if let (Some(metric), Some(value)) = (metric, value) {
            derived.push(Derived { metric, value, at_least });
        }
    }
    derived
}

fn expression(item: &Item<'_>, named: &[Metric]) -> Option<Expression> {
    let text = item.text()?;
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(fault) => {
            let rest = text.get(fault.at..).unwrap_or_default();
            let word = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len()).max(1);
            let within = fault.at..fault.at.saturating_add(length).min(text.len());
            return item.refuse_within(within, fault, EXPRESSION_HELP);
        }
    };
    let mut unread = Vec::new();
    expression.metrics(&mut |metric| {
        if !named.contains(&metric) {
            unread.push(metric);
        }
    });
    for metric in &unread {
        let within = [metric.name(), metric.short()]
            .into_iter()
            .find_map(|name| Some((text.find(name)?, name.len())));
        let (start, length) = within.unwrap_or((0, text.len()));
        let within = start..start.saturating_add(length);
        item.refuse_within::<()>(within, unread_message(*metric), UNREAD_HELP);
    }
    unread.is_empty().then_some(expression)
}

fn volumes(mut table: Table<'_>, named: &[Metric]) -> Vec<(Metric, f64)> {
    let volume = |(key, item): (&str, Item<'_>)| match Metric::find(key) {
        Ok(metric) if named.contains(&metric) => Some((metric, item.number_in(0.0..=VOLUME_MAX)?)),
        Ok(metric) => item.refuse(unread_message(metric), UNREAD_HELP),
        Err(fault) => refuse_metric(&item, key, fault),
    };
    table.rest().into_iter().filter_map(volume).collect()
}

fn unread_message(metric: Metric) -> String {
    format!("{metric} is not among the metrics of this answer")
}

/// A JMESPath expression whose names can be a key's.
fn cased_path(item: &Item<'_>, case: Case) -> Option<Path> {
    path(item).and_then(|path| cased(item, case).map(|_| path))
}

/// A text of which nothing is a capital that no key can have.
fn cased<'a>(item: &Item<'a>, case: Case) -> Option<&'a str> {
    let text = item.text()?;
    match case.wrong_letter(text) {
        None => Some(text),
        Some(within) => item.refuse_within(
            within,
            "a capital letter finds nothing here",
            "Write keys in small letters: case = \"ignored\" reads every key so.",
        ),
    }
}

fn metric_of(item: &Item<'_>, before: &[Metric]) -> Option<Metric> {
    let text = item.text()?;
    match Metric::find(text) {
        Ok(metric) if before.contains(&metric) => {
            item.refuse(format!("{metric} stands twice"), "Keep one of the two.")
        }
        Ok(metric) => Some(metric),
        Err(fault) => refuse_metric(item, text, fault),
    }
}

fn refuse_metric<T>(item: &Item<'_>, text: &str, fault: MetricFault) -> Option<T> {
    match fault {
        MetricFault::Unknown(near) => {
            let help = match near {
                Some(near) => format!("Did you mean {near}?"),
                None => near_help(text, Metric::all().map(Metric::name)),
            };
            item.refuse(format!("no metric is called {text}"), help)
        }
        MetricFault::Ambiguous(fits) => {
            item.refuse(format!("{text} fits several metrics"), near_help("", fits.into_iter()))
        }
    }
}

const CASES: [(&str, Case); 2] = [("exact", Case::Exact), ("ignored", Case::Ignored)];

const TIMES: [(&str, TimeFrom); 3] =
    [("field", TimeFrom::Field), ("header", TimeFrom::Header), ("receipt", TimeFrom::Receipt)];

const ABSENCES: [(&str, Missing); 2] = [("zero", Missing::Zero), ("unknown", Missing::Unknown)];

/// Beyond it a volume is a slip of the pen.
const VOLUME_MAX: f64 = 1e9;

const EXPRESSION_HELP: &str = "Write arithmetic over metrics of this answer.";

const UNREAD_HELP: &str = "List it in metrics; keep = false where nobody else needs it.";
