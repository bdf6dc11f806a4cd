//! One threshold: guide 2's object as it stands, and what it leaves out.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `metric` | text | required | what is compared; the last part of the name is enough |
//! | `operator` | `>` `>=` `<` `<=` `==` `!=` | required | how |
//! | `static_value` | number | required | with what, in the metric's unit |
//! | `dynamic_scaling` | true, false | false | the threshold follows other metrics |
//! | `scaling_factor` | text | none | the expression that it follows, never below `static_value` |
//! | `baseline` | table | none | the threshold follows what is usual; see `baseline.rs` |
//! | `priority` | `P1`, `P2`, `P3` | required | how urgent a breach is |
//! | `cooldown_seconds` | 0 to 86400 | 300 | no second notice of the breach within this time |
//! | `escalation_threshold_seconds` | 0 to 604800 | 600 | a breach this old is escalated |
//! | `flap` | `fast`, `slow`, `off` | the metric's | how soon it is held as unstable |
//! | `dedup_window_seconds` | 0 to 43200 | the metric's | so soon it is the same problem |
//! | `max_quiet_seconds` | 0 to 86400 | 300 | what is there again is told by then |
//! | `margin_percent` | 0 to 100 | 10 | clearing needs this share of the threshold ... |
//! | `margin_value` | number | the metric's | ... and at least this much, in its unit |
//! | `rate` | `sliding_minute`, `last_interval` | see below | how interval counts become a rate |
//! | `on_delay_seconds` | 0 to 3600 | the metric's | a breach that lasts this long is an alert |
//! | `off_delay_seconds` | 0 to 3600 | the metric's | clear for this long it has ended |
//! | `gap_tolerance_seconds` | 0 to 3600 | 3 intervals, 60 | more missing begins a delay anew |
//! | `hours` | text | the rule set's | the `[hours.NAME]` outside of which it does not hold |
//! | `all`, `any` | list of tables | none | further conditions: each of these, one of those |
//! | `minimum_volume` | table | none | the traffic below which it neither raises nor clears |
//! | `window` | `seconds`, `buffer_seconds` | none | judge windows aligned to UTC instead |
//! | `no_data` | `hold`, `ok`, `bad`, table | `hold` | what it means that there is no value |
//!
//! The table of `no_data` has `unknown_after_seconds`, 0 to 86400: that long it is held.
//!
//! Queues' counts, ages and shares have delays of 60 and 300 s, interval counts 0 and 300, what is
//! up or down 10 and 60, and a sender's word 0 and 0. At the top level all are 0, as in guide 2.
//! `rate` is `sliding_minute` in `[[rules]]`: one hang-up is one per minute. At the top level it is
//! `last_interval`: guide 2 multiplies ten seconds by six, so that one hang-up is six per minute.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::config::{baseline, conditions, hours, scaling, source::Source, window};
use crate::document::{Item, Table, Value};
use crate::limits::DELAY_MAX;
use crate::model::baseline::{Baseline, Form};
use crate::model::calendar::Hours;
use crate::model::flap::Pace;
use crate::model::metric::{Metric, MetricFault, Unit};
use crate::model::rule::{NoData, Operator, Priority, RateForm, Rule, Scope};
use crate::model::time::Span;

/// What the thresholds of one rule set have in common. What could not be read is nothing.
pub(super) struct RuleSet<'s, 'a> {
    pub(super) source: Option<&'s Source<'a>>,
    pub(super) scope: Option<Scope>,
    pub(super) meaning: Meaning,
    /// Those of its own key; without the key none.
    pub(super) hours: Option<Option<Rc<Hours>>>,
    pub(super) known_hours: &'s [hours::Named<'a>],
}

/// What a key means that a threshold leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// What guide 2 says, for its own file: a bucket is scaled to a minute, and nothing waits.
    Guides,
    /// What has proved better.
    Ours,
}

/// A checked threshold and its place.
pub(super) struct Threshold<'a> {
    pub(super) rule: Rule,
    pub(super) item: Item<'a>,
    /// Where its priority stands.
    pub(super) priority: Item<'a>,
    /// The expression as written, to tell thresholds apart.
    pub(super) scaling: Option<&'a str>,
}

/// Reads one threshold.
pub(super) fn read<'a>(mut table: Table<'a>, set: &RuleSet<'_, '_>) -> Option<Threshold<'a>> {
    let metric = table
        .required("metric", "Write metric = \"calls_waiting\", or another that the source gives.")
        .and_then(|item| metric(&item, set.source));
    let operator = table
        .required("operator", "Write operator = \">=\", or another comparison.")
        .and_then(|item| item.one_of("a comparison", &OPERATORS.map(|op| (op.as_str(), op))));
    let baseline = baseline::read(&mut table, metric, operator);
    let ratio = matches!(baseline, Some(Some(Baseline { form: Form::Ratio, .. })));
    let static_value = table
        .required("static_value", "Write static_value = 15, or another number.")
        .and_then(|item| {
            item.number_in(if ratio { baseline::times(operator) } else { values_of(metric) })
        });
    let scaling = scaling::read(&mut table, set.source);
    let priority_item = table.required(
        "priority",
        "Write priority = \"P1\" to page, \"P2\" to tell, \"P3\" to collect.",
    );
    let priority = priority_item.as_ref().and_then(priority);
    let cooldown = table.optional("cooldown_seconds").and_then(|item| item.integer_in(0..=86_400));
    let escalation_threshold = table
        .optional("escalation_threshold_seconds")
        .and_then(|item| item.integer_in(0..=604_800));
    let (flap, dedup_window, max_quiet) = restless(&mut table);
    let (margin_percent, margin_value) = margins(&mut table);
    let rate = table.optional("rate").and_then(|item| item.one_of("a form of rate", RATES));
    let [on_delay, off_delay, gap_tolerance] = delays(&mut table);
    let hours = match table.optional("hours") {
        Some(item) => hours::named(&item, set.known_hours).map(Some),
        None => set.hours.clone(),
    };
    let conditions = conditions::read(&mut table, set.source);
    let volume = conditions::volume(&mut table, set.source);
    let window = window::read(&mut table, metric);
    let no_data = no_data(&mut table);
    let item = table.item().clone();
    table.finish();
    let metric = metric?;
    let (scaling, expression) = scaling?;
    let threshold = (metric, operator?, static_value?);
    let plain = Rule::new(&item.origin(), set.source?.name.clone(), threshold, priority?);
    let window = window?;
    let (usual_rate, usual_delays) = match set.meaning {
        Meaning::Guides => (RateForm::LastInterval, (Span::ZERO, Span::ZERO)),
        // What is judged by a window has lasted as long as the window.
        Meaning::Ours if window.is_some() => (plain.rate, (Span::ZERO, Span::ZERO)),
        Meaning::Ours => (plain.rate, (plain.on_delay, plain.off_delay)),
    };
    let rule = Rule {
        scope: set.scope.clone()?,
        scaling: expression,
        conditions: conditions?,
        minimum_volume: volume?,
        hours: hours?,
        baseline: baseline?,
        margin_percent: margin_percent.unwrap_or(plain.margin_percent),
        margin_value: margin_value.unwrap_or(plain.margin_value),
        rate: rate.unwrap_or(usual_rate),
        window,
        on_delay: on_delay.unwrap_or(usual_delays.0),
        off_delay: off_delay.unwrap_or(usual_delays.1),
        gap_tolerance,
        no_data: no_data.unwrap_or(plain.no_data),
        cooldown: cooldown.map_or(plain.cooldown, Span::secs),
        escalation_threshold: escalation_threshold.map_or(plain.escalation_threshold, Span::secs),
        flap: flap.unwrap_or(plain.flap),
        dedup_window: dedup_window.unwrap_or(plain.dedup_window),
        max_quiet: max_quiet.unwrap_or(plain.max_quiet),
        ..plain
    };
    Some(Threshold { rule, item, priority: priority_item?, scaling })
}

/// How soon what comes and goes is unstable, and how long what is there again is the same problem
/// and may be untold.
fn restless(table: &mut Table<'_>) -> (Option<Pace>, Option<Span>, Option<Span>) {
    let flap = table.optional("flap").and_then(|item| item.one_of("a pace", PACES));
    let mut span = |key, most| table.optional(key)?.integer_in(0..=most).map(Span::secs);
    (flap, span("dedup_window_seconds", 43_200), span("max_quiet_seconds", 86_400))
}

/// The delays, and what may be missing of them.
fn delays(table: &mut Table<'_>) -> [Option<Span>; 3] {
    ["on_delay_seconds", "off_delay_seconds", "gap_tolerance_seconds"].map(|key| {
        let seconds = table.optional(key)?.integer_in(0..=DELAY_MAX.whole_secs());
        seconds.map(Span::secs)
    })
}

/// The margin in percent, and in the metric's unit.
fn margins(table: &mut Table<'_>) -> (Option<f64>, Option<f64>) {
    let percent = table.optional("margin_percent").and_then(|item| item.number_in(0.0..=100.0));
    let value = table.optional("margin_value").and_then(|item| item.number_in(0.0..=LARGEST));
    (percent, value)
}

fn no_data(table: &mut Table<'_>) -> Option<NoData> {
    let item = table.optional("no_data")?;
    if let Value::Text(_) = item.value() {
        let words = [("hold", NoData::Hold), ("ok", NoData::Ok), ("bad", NoData::Bad)];
        return item.one_of("what no value means", &words);
    }
    let mut table = item.table()?;
    let help = "Write no_data = { unknown_after_seconds = 300 }.";
    let after = table.required("unknown_after_seconds", help);
    let after = after.and_then(|item| item.integer_in(0..=86_400));
    table.finish();
    after.map(|seconds| NoData::UnknownAfter(Span::secs(seconds)))
}

/// Reads a priority.
pub(super) fn priority(item: &Item<'_>) -> Option<Priority> {
    item.one_of("a priority", &Priority::ALL.map(|priority| (priority.as_str(), priority)))
}

/// Reads a metric that the source gives.
pub(super) fn metric(item: &Item<'_>, source: Option<&Source<'_>>) -> Option<Metric> {
    let text = item.text()?;
    match Metric::find(text) {
        Ok(metric) => match ungiven(metric, source) {
            None => Some(metric),
            Some((message, help)) => item.refuse(message, help),
        },
        Err(MetricFault::Ambiguous(fits)) => {
            item.refuse(format!("\"{text}\" may be {}", fits.join(" or ")), "Write the whole name.")
        }
        Err(MetricFault::Unknown(near)) => {
            let near = near.map(|near| format!("Did you mean {near}? ")).unwrap_or_default();
            let help = format!("{near}{}", given(source));
            item.refuse(format!("no metric is called \"{text}\""), help)
        }
    }
}

/// Why a metric cannot be compared: the source never gives it, so the threshold would never hold.
pub(super) fn ungiven(metric: Metric, source: Option<&Source<'_>>) -> Option<(String, String)> {
    let source = source?;
    let definition = source.definition?;
    if definition.metrics.contains(&metric) {
        return None;
    }
    Some((format!("{} does not give {}", source.name, metric.short()), given(Some(source))))
}

fn given(source: Option<&Source<'_>>) -> String {
    let names =
        |metrics: &[Metric]| metrics.iter().map(|m| m.short()).collect::<Vec<_>>().join(", ");
    match source.and_then(|source| Some((&source.name, source.definition?))) {
        Some((name, definition)) => format!("{name} gives {}.", names(&definition.metrics)),
        None => format!("There are {}.", names(&Metric::all().collect::<Vec<_>>())),
    }
}

/// A ratio written in percent would always or never hold.
pub(super) fn values_of(metric: Option<Metric>) -> RangeInclusive<f64> {
    match metric.map(Metric::unit) {
        Some(Unit::Ratio | Unit::Boolean) => 0.0..=1.0,
        Some(Unit::Count | Unit::PerMinute | Unit::Seconds | Unit::Megabytes | Unit::Severity)
        | None => 0.0..=LARGEST,
    }
}

pub(super) const OPERATORS: [Operator; 6] = [
    Operator::Above,
    Operator::AtLeast,
    Operator::Below,
    Operator::AtMost,
    Operator::Equal,
    Operator::NotEqual,
];

const RATES: &[(&str, RateForm)] =
    &[("sliding_minute", RateForm::SlidingMinute), ("last_interval", RateForm::LastInterval)];

const PACES: &[(&str, Pace)] = &[
    (Pace::Fast.as_str(), Pace::Fast),
    (Pace::Slow.as_str(), Pace::Slow),
    (Pace::Off.as_str(), Pace::Off),
];

/// No metric comes near it; a larger number is a slip of the keyboard.
pub(super) const LARGEST: f64 = 1_000_000_000.0;
