//! `match`: which alerts a route, a window or a silence is about.
//!
//! Each key takes a text or a list of texts, one of which has to fit; what is left out asks for
//! nothing.
//!
//! | key | what it looks at |
//! |---|---|
//! | `severity` | `critical`, `high`, `medium`, `low` |
//! | `priority` | `P1`, `P2`, `P3` |
//! | `business_impact`, `unit` | what is said of the entity; patterns |
//! | `metric_type` | the metric, by its whole name or the last part of it; patterns |
//! | `platform`, `source` | where it comes from; patterns |
//! | `entity` | the identifier or the name; patterns |
//! | `alert_key` | the alert's own key; patterns |
//!
//! In patterns `*` stands for any text and `?` for one character.
//!
//! # Promises
//! - `a_match_is_read_as_it_is_written`
//! - `a_match_that_nothing_can_fit_is_refused`
//! - `the_metrics_of_guide_1_are_known`

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::document::{Item, Table, Value};
use crate::limits::{MATCHER_PATTERN_BYTES_MAX, SCOPE_PATTERNS_MAX};
use crate::model::config::HUB_SOURCE;
use crate::model::matcher::Matcher;
use crate::model::metric::{Metric, MetricFault};
use crate::model::near::nearest;
use crate::model::pattern::{is_pattern, matches};
use crate::model::rule::{Priority, Severity};

/// A source by its name, with its platform.
pub type Tenant<'a> = (&'a str, &'a str);

/// Reads the table of a `match`. `tenants` are the sources that there are, the hub itself aside.
#[must_use]
pub fn read_matcher(item: &Item<'_>, tenants: &[Tenant<'_>]) -> Option<Matcher> {
    let mut table = item.table()?;
    let severity = list(&mut table, "severity", |item| {
        let words = SEVERITIES.map(|severity| (severity.as_str(), severity));
        item.one_of("a severity", &words)
    });
    let priority = list(&mut table, "priority", |item| {
        let words = Priority::ALL.map(|priority| (priority.as_str(), priority));
        item.one_of("a priority", &words)
    });
    let impact = list(&mut table, "business_impact", pattern);
    let metrics = list(&mut table, "metric_type", metrics);
    let platform = list(&mut table, "platform", |item| {
        known(item, "platform", tenants.iter().map(|(_, platform)| *platform))
    });
    let source = list(&mut table, "source", |item| {
        known(item, "source", tenants.iter().map(|(name, _)| *name))
    });
    let entity = list(&mut table, "entity", pattern);
    let unit = list(&mut table, "unit", pattern);
    let key = list(&mut table, "alert_key", pattern);
    table.finish();
    let mut metric: Vec<Metric> = metrics?.into_iter().flatten().collect();
    metric.sort();
    metric.dedup();
    Some(Matcher {
        severity: severity?,
        priority: priority?,
        impact: impact?,
        metric,
        platform: platform?,
        source: source?,
        entity: entity?,
        unit: unit?,
        key: key?,
    })
}

/// The worst first.
const SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

/// What guide 1 calls the metrics that have another name here.
const NAMES_OF_GUIDE_1: [(&str, &str); 1] =
    [("routing.queue.wait_time", "routing.queue.longest_wait")];

/// One element or a list of them; none where the key is left out, nothing where one is wrong.
fn list<'a, T>(
    table: &mut Table<'a>,
    key: &'a str,
    read: impl Fn(&Item<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(item) = table.optional(key) else { return Some(Vec::new()) };
    if matches!(item.value(), Value::Text(_)) {
        return Some(Vec::from([read(&item)?]));
    }
    let items = item.list_of(1..=SCOPE_PATTERNS_MAX)?;
    items.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn pattern(item: &Item<'_>) -> Option<Box<str>> {
    match item.text()? {
        "" => item.refuse("there is nothing in it", "Write a name, or * for any text."),
        text if text.len() > MATCHER_PATTERN_BYTES_MAX => {
            item.refuse("nothing has so long a name", "Write * for the rest of it.")
        }
        text => Some(text.into()),
    }
}

/// A pattern that one of the known names has to fit.
fn known<'k>(
    item: &Item<'_>,
    what: &str,
    names: impl Iterator<Item = &'k str> + Clone,
) -> Option<Box<str>> {
    let pattern = pattern(item)?;
    let mut names = names.chain([HUB_SOURCE]);
    if names.clone().any(|name| matches(&pattern, name)) {
        return Some(pattern);
    }
    let help = match nearest(&pattern, names.clone()) {
        Some(near) => format!("Did you mean {near}?"),
        None => format!("There is {}, for one.", names.next().unwrap_or(HUB_SOURCE)),
    };
    item.refuse(format!("no {what} is called \"{pattern}\""), help)
}

fn metrics(item: &Item<'_>) -> Option<Vec<Metric>> {
    let text = item.text()?;
    let named = NAMES_OF_GUIDE_1.into_iter().find(|(guides, _)| *guides == text);
    let text = named.map_or(text, |(_, ours)| ours);
    if is_pattern(text) {
        let fits = |metric: &Metric| matches(text, metric.name()) || matches(text, metric.short());
        let found: Vec<Metric> = Metric::all().filter(fits).collect();
        if !found.is_empty() {
            return Some(found);
        }
    }
    match Metric::find(text) {
        Ok(metric) => Some(Vec::from([metric])),
        Err(MetricFault::Ambiguous(fits)) => {
            item.refuse(format!("\"{text}\" may be {}", fits.join(" or ")), "Write the whole name.")
        }
        Err(MetricFault::Unknown(near)) => {
            let help = near.map_or("Write calls_waiting, or routing.queue.*.".into(), |near| {
                format!("Did you mean {near}?")
            });
            item.refuse(format!("no metric is called \"{text}\""), help)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use alloc::string::{String, ToString};

    const TENANTS: [Tenant<'_>; 2] = [("cxone-prod", "nice-cxone"), ("gc", "genesys-cloud")];

    /// The matcher in words, or the first problem.
    fn read(text: &str) -> String {
        let document = Document::open("f", text).unwrap();
        let matcher = read_matcher(&document.root().unwrap().optional("match").unwrap(), &TENANTS);
        match document.close(Some(matcher)) {
            Ok(matcher) => matcher.unwrap().to_string(),
            Err(problems) => {
                let line = problems.lines().next().unwrap();
                format!("{}: {} {}", line.column, line.message, line.help)
            }
        }
    }

    #[test]
    fn a_match_is_read_as_it_is_written() {
        assert_eq!(read("match = {}"), "every alert");
        assert_eq!(
            read("match = { severity = ['critical', 'high'], entity = 'tier-*', unit = 'Sales' }"),
            "severity critical or high, entity tier-*, unit Sales"
        );
        assert_eq!(
            read("match = { metric_type = ['calls_waiting', 'telephony.trunk.*'] }"),
            "metric type routing.queue.calls_waiting or telephony.trunk.connected or \
             telephony.trunk.latency"
        );
        assert_eq!(read("match = { source = ['andon', 'cx*'] }"), "source andon or cx*");
        assert_eq!(read("match = { alert_key = 'a:b' }"), "alert key a:b");
    }

    #[test]
    fn a_match_that_nothing_can_fit_is_refused() {
        for (text, problem) in [
            ("severity = 'hihg'", "\"hihg\" is not a severity Did you mean high?"),
            ("priority = []", "the list is empty"),
            ("source = 'cxone-prd'", "no source is called \"cxone-prd\" Did you mean cxone-prod?"),
            ("platform = 'five9'", "no platform is called \"five9\""),
            ("metric_type = 'call_waiting'", "no metric is called \"call_waiting\" Did you mean"),
            ("metric_type = 'routing.trunk.*'", "no metric is called \"routing.trunk.*\""),
            ("entity = ''", "there is nothing in it"),
            ("entities = 'x'", "there is no such key Did you mean entity?"),
        ] {
            let found = read(&format!("match = {{ {text} }}"));
            assert!(found.contains(problem), "{found}");
        }
    }

    #[test]
    fn the_metrics_of_guide_1_are_known() {
        let text = "{\"match\": {\"severity\": [\"medium\", \"low\"], \"metric_type\": \
                    [\"routing.queue.wait_time\", \"telephony.trunk.latency\"]}}";
        assert_eq!(
            read(text),
            "severity medium or low, metric type routing.queue.longest_wait or \
             telephony.trunk.latency"
        );
    }
}
