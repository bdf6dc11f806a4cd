//! What a month says about calibration, for people. It ends with what can be pasted into the
//! config file.
//!
//! # Promises
//! - `the_report_ends_with_what_belongs_into_the_file`
//! - `what_proposes_nothing_says_why`

use alloc::format;
use alloc::string::{String, ToString};

use super::month::{ComparisonView, EstimateView, MonthView, rounded};
use super::paint::{Paint, clean};
use crate::limits::{CALIBRATION_DAYS_MIN, CALIBRATION_HOURS_MIN};
use crate::model::metric::Metric;

/// The report for people.
#[must_use]
pub fn month_text(view: &MonthView, colour: bool) -> String {
    let paint = Paint(colour);
    if view.comparisons.is_empty() {
        return "Nothing to compare: no two sources of different platforms give the same metric, \
                and the file has no [[calibration_pair]].\n"
            .into();
    }
    let (from, until) = (date(&view.from), date(&view.until));
    let mut page = format!(
        "Calibration from {from} to {until} (UTC), by the whole hours that both have, as the \
         platforms\nmeasure them.\n"
    );
    for one in &view.comparisons {
        page.push_str(&comparison(one, paint));
    }
    if view.left_out > 0 {
        page.push_str(&format!("\n{} series are not recorded for want of room.\n", view.left_out));
    }
    page.push_str(&block(view));
    page
}

fn comparison(one: &ComparisonView, paint: Paint) -> String {
    let ComparisonView { source, reference_source, metric, .. } = one;
    let basis = match one.pairs {
        0 => "whole centres".into(),
        1 => "one pair".into(),
        pairs => format!("{pairs} pairs"),
    };
    let head = clean(&format!("{metric} of {source} against {reference_source}, {basis}"));
    let mut lines = format!("\n{}\n", paint.bold(&head));
    if let Some(month) = &one.month {
        let show = |level: Option<f64>, variation: Option<f64>| {
            let level = level.map_or_else(|| "nothing".into(), |level| shown(metric, level));
            let variation = variation.map_or_else(String::new, |variation| {
                format!(" (an hour is {} % off)", (variation * 100.0).round())
            });
            format!("{level}{variation}")
        };
        let own = show(month.level, month.variation);
        let other = show(month.reference_level, month.reference_variation);
        let (hours, days) = (month.hours, month.days);
        lines
            .push_str(&format!("  level    {own} against {other}, {hours} hours of {days} days\n"));
        lines.push_str(&in_force(one, month));
    }
    lines.push_str(&format!("  finding  {}\n", said(one)));
    let before = one.month_before.as_ref().and_then(interval);
    lines.push_str(&match (&*one.drift, before) {
        ("moved", Some(before)) => format!("  drift    it was {before} the month before\n"),
        ("steady", Some(before)) => format!("  drift    none: {before} the month before\n"),
        _ if one.month.is_none() => String::new(),
        _ => "  drift    unknown: the month before does not suffice\n".into(),
    });
    lines
}

/// What the factors in force make of it.
fn in_force(one: &ComparisonView, month: &EstimateView) -> String {
    let (Some(own), Some(other)) = (month.level, month.reference_level) else {
        return String::new();
    };
    let (own, other) = (own * one.present_factor, other * one.reference_factor);
    let place = one.present_rule.as_ref().map_or("no factor".into(), |rule| {
        format!("factor {} [{}]", one.present_factor, clean(rule))
    });
    let (judged, other_judged) = (shown(&one.metric, own), shown(&one.metric, other));
    let percent = ((own / other - 1.0) * 1_000.0).round() / 10.0;
    let off = if percent.is_finite() { format!(", {percent:+} %") } else { String::new() };
    format!("  now      {place}: judged as {judged} against {other_judged}{off}\n")
}

fn said(one: &ComparisonView) -> String {
    let interval = one.month.as_ref().and_then(interval).unwrap_or_default();
    let whole = if one.pairs == 0 {
        "; right only if both do the same kind of work, else name\n           pairs that do in \
         [[calibration_pair]]"
    } else {
        ""
    };
    match &*one.finding {
        "propose" => format!("{interval}{whole}"),
        "agrees" => format!("the factor in force is as good as can be told: {interval}"),
        "too_little" => format!(
            "nothing yet: it takes {CALIBRATION_HOURS_MIN} hours and {CALIBRATION_DAYS_MIN} days \
             that both have"
        ),
        "too_uneven" => "nothing: the days differ too much to tell a factor, or nothing was \
                         measured"
            .into(),
        "size" => "nothing: counts of centres differ by their size; name pairs of queues that \
                   carry\n           the same kind of work in [[calibration_pair]]"
            .into(),
        _ => format!("nothing: {interval} is a wrong unit or another meaning, no calibration"),
    }
}

/// `1.13, between 1.1 and 1.16`
fn interval(month: &EstimateView) -> Option<String> {
    let (factor, off) = (month.factor?, month.uncertainty?);
    let [least, most] = [factor - off, factor + off].map(rounded);
    Some(format!("{}, between {least} and {most}", rounded(factor)))
}

/// What can be pasted into the file.
fn block(view: &MonthView) -> String {
    let mut tables = String::new();
    for one in &view.comparisons {
        let Some(factor) = one.proposed_factor else { continue };
        let before = one.present_rule.as_ref().map_or(String::new(), |rule| {
            format!("    # in place of {} at {}", one.present_factor, clean(rule))
        });
        tables.push_str(&format!(
            "\n[[calibration]]\nsource = \"{}\"\nmetric = \"{}\"\nfactor = {factor}{before}\n",
            quoted(&one.source),
            one.metric
        ));
    }
    if tables.is_empty() {
        return "\nNothing belongs into the file.\n".into();
    }
    format!("\nThis belongs into the file:\n{tables}")
}

/// A name as TOML writes it.
fn quoted(name: &str) -> String {
    clean(name).replace('\\', "\\\\").replace('"', "\\\"")
}

fn shown(metric: &str, value: f64) -> String {
    Metric::find(metric).map_or_else(|_| value.to_string(), |metric| metric.unit().show(value))
}

fn date(moment: &str) -> &str {
    moment.get(..10).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::comparison::{Basis, Comparison, Drift, Estimate, Finding, MonthReport};
    use crate::model::name::SourceName;
    use crate::model::time::UtcMs;

    fn comparison(metric: &str, finding: Finding) -> Comparison {
        Comparison {
            source: SourceName::new("cxone").unwrap(),
            reference: SourceName::new("genesys").unwrap(),
            metric: Metric::find(metric).unwrap(),
            basis: Basis::Pairs(2),
            present: (1.0, None),
            reference_present: 1.0,
            month: Some(Estimate {
                hours: 641,
                days: 30,
                level: 0.04,
                reference_level: 0.045_2,
                variation: 0.2,
                reference_variation: 0.214,
                factor: 1.130_4,
                uncertainty: 0.031_2,
            }),
            before: None,
            finding,
            drift: Drift::Unknown,
        }
    }

    fn page(comparisons: &[Comparison]) -> String {
        let (from, until) = (UtcMs(1_715_781_600_000), UtcMs(1_718_373_600_000));
        let comparisons = comparisons.to_vec();
        let view = MonthView::of(&MonthReport { from, until, comparisons, left_out: 0 });
        let json = serde_json::to_string(&view).unwrap();
        assert_eq!(serde_json::from_str::<MonthView>(&json).unwrap(), view);
        month_text(&view, false)
    }

    #[test]
    fn the_report_ends_with_what_belongs_into_the_file() {
        let mut one = comparison("abandon_rate", Finding::Propose);
        one.present = (1.05, Some("andon.toml:40:1".into()));
        one.before = one.month.map(|month| Estimate { factor: 1.05, ..month });
        one.drift = Drift::Moved;
        assert_eq!(
            page(&[one, comparison("longest_wait", Finding::Agrees)]),
            "\
Calibration from 2024-05-15 to 2024-06-14 (UTC), by the whole hours that both have, as the platforms
measure them.

abandon_rate of cxone against genesys, 2 pairs
  level    4 % (an hour is 20 % off) against 4.5 % (an hour is 21 % off), 641 hours of 30 days
  now      factor 1.05 [andon.toml:40:1]: judged as 4.2 % against 4.5 %, -7.1 %
  finding  1.13, between 1.099 and 1.162
  drift    it was 1.05, between 1.019 and 1.081 the month before

longest_wait of cxone against genesys, 2 pairs
  level    0.04 s (an hour is 20 % off) against 0.05 s (an hour is 21 % off), 641 hours of 30 days
  now      no factor: judged as 0.04 s against 0.05 s, -11.5 %
  finding  the factor in force is as good as can be told: 1.13, between 1.099 and 1.162
  drift    unknown: the month before does not suffice

This belongs into the file:

[[calibration]]
source = \"cxone\"
metric = \"abandon_rate\"
factor = 1.13    # in place of 1.05 at andon.toml:40:1
"
        );
    }

    #[test]
    fn what_proposes_nothing_says_why() {
        for (finding, why) in [
            (Finding::TooLittle, "100 hours and 14 days"),
            (Finding::TooUneven, "the days differ too much"),
            (Finding::Size, "[[calibration_pair]]"),
            (Finding::TooFar, "wrong unit"),
        ] {
            let mut one = comparison("calls_waiting", finding);
            one.basis = Basis::Whole;
            let page = page(&[one]);
            assert!(
                page.contains(why) && page.ends_with("Nothing belongs into the file.\n"),
                "{page}"
            );
            assert!(!page.contains("[[calibration]]"), "{page}");
        }
        let mut nothing = comparison("abandon_rate", Finding::TooUneven);
        nothing.month = nothing.month.map(|month| Estimate {
            level: 0.0,
            variation: f64::NAN,
            factor: f64::NAN,
            uncertainty: f64::NAN,
            ..month
        });
        let page = page(&[nothing]);
        assert!(page.contains("level    0 % against 4.5 %") && !page.contains("NaN"), "{page}");
        assert!(self::page(&[]).starts_with("Nothing to compare"));
    }
}
