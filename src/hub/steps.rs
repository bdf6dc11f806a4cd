//! The steps from a number to trouble, and what each says of the newest sample, for `explain`.
//!
//! One line for each step, in the order in which they decide. A machine that judges a rule's
//! samples adds its line to [`of_rule`], one that judges whole alerts to [`of_alert`].
//!
//! # Promises
//! - `each_step_says_what_it_makes_of_the_sample`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::api::VerdictView;
use crate::evaluate::{Latch, Run, Verdict, Watching};
use crate::model::alert::Alert;
use crate::model::metric::Kind;
use crate::model::rule::{NoData, RateForm, Rule};
use crate::model::time::Span;

/// What each step of a rule says.
pub(super) fn of_rule(watching: &Watching<'_>) -> Vec<VerdictView> {
    let rule = watching.rule;
    let steps = [
        ("rate", rate(rule)),
        ("threshold", threshold(watching)),
        ("margin", margin(watching)),
        ("delay", Some(delay(watching))),
        ("gap", gap(rule)),
        ("no data", Some(no_data(watching))),
    ];
    lines(steps)
}

/// What each machine says that judges the whole alert.
pub(super) fn of_alert(alert: &Alert) -> Vec<VerdictView> {
    let hold = alert.suppression.hold();
    lines([("suppressed", hold.map(|hold| hold.to_string()))])
}

fn lines<const N: usize>(steps: [(&str, Option<String>); N]) -> Vec<VerdictView> {
    let line = |(step, says): (&str, Option<String>)| {
        says.map(|says| VerdictView { step: step.into(), says })
    };
    steps.into_iter().filter_map(line).collect()
}

fn rate(rule: &Rule) -> Option<String> {
    (rule.metric.kind() == Kind::IntervalCount).then(|| {
        match rule.rate {
            RateForm::SlidingMinute => "the sum of the last 60 s",
            RateForm::LastInterval => "the last interval, scaled to a minute",
        }
        .into()
    })
}

fn threshold(watching: &Watching<'_>) -> Option<String> {
    let rule = watching.rule;
    let unit = rule.metric.unit();
    let floor = unit.show(rule.static_value);
    let numbers = match watching.last {
        Verdict::Breach(numbers) | Verdict::Between(numbers) | Verdict::Clear(numbers) => numbers,
        Verdict::Unknown(_) => return Some(format!("{} {floor}", rule.operator)),
    };
    let now = unit.show(numbers.threshold);
    let from = match rule.scaling {
        Some(_) => format!(", by its scaling expression, and never below {floor}"),
        None => String::new(),
    };
    Some(format!("{} {now}{from}", rule.operator))
}

fn margin(watching: &Watching<'_>) -> Option<String> {
    let (side, numbers) = match watching.last {
        Verdict::Breach(numbers) => ("in breach", numbers),
        Verdict::Between(numbers) => ("between the threshold and the margin", numbers),
        Verdict::Clear(numbers) => ("clear", numbers),
        Verdict::Unknown(_) => return None,
    };
    let boundary = watching.rule.metric.unit().show(numbers.boundary);
    Some(format!("{side}; it clears at {boundary}"))
}

fn delay(watching: &Watching<'_>) -> String {
    let Rule { on_delay, off_delay, .. } = watching.rule;
    let runs = |run: &Run, needed: &Span, what: &str| {
        let since = run.since.utc.rfc3339();
        format!("{what} since {since}, seen for {} of {needed}", run.seen)
    };
    match &watching.latch {
        Latch::Clear => format!("none runs; a breach has to last {on_delay}"),
        Latch::Pending(run) => runs(run, on_delay, "pending"),
        Latch::Breached => format!("none runs; a clear value has to last {off_delay}"),
        Latch::Clearing(run) => runs(run, off_delay, "clearing"),
    }
}

fn gap(rule: &Rule) -> Option<String> {
    if (rule.on_delay, rule.off_delay) == (Span::ZERO, Span::ZERO) {
        return None;
    }
    Some(match rule.gap_tolerance {
        Some(most) => format!("what is missing pauses a delay, and more than {most} ends it"),
        None => "what is missing pauses a delay, and more than three intervals or a minute ends it"
            .into(),
    })
}

fn no_data(watching: &Watching<'_>) -> String {
    let silent = watching.silent.map_or_else(String::new, |run| {
        format!("; there is none since {}, seen for {}", run.since.utc.rfc3339(), run.seen)
    });
    match watching.rule.no_data {
        NoData::Hold => "held".into(),
        NoData::Ok => "counts as clear".into(),
        NoData::Bad => "counts as a breach".into(),
        NoData::UnknownAfter(patience) => format!("an alert after {patience}{silent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{at, hub};
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;

    #[test]
    fn each_step_says_what_it_makes_of_the_sample() {
        let mut hub = hub();
        let row = Row { entity: EntityId::new("q").unwrap(), name: None };
        let answer = Answer {
            vendor_time: at(10).utc,
            bucket: None,
            every: Some(Span::secs(10)),
            metrics: [Metric::find("calls_waiting").unwrap()].into(),
            rows: [row].into(),
            readings: [Reading::Value(14.0)].into(),
            rows_refused: 0,
        };
        hub.observe(0, &answer, at(10));
        let metric = Metric::find("calls_waiting").unwrap();
        let watching = hub.evaluate.watching("cxone", "q", metric).next().unwrap();
        let said = |watching: &Watching<'_>| {
            let steps = of_rule(watching).into_iter();
            steps.map(|line| format!("{}: {}", line.step, line.says)).collect::<Vec<_>>()
        };
        let wanted = [
            "threshold: >= 15",
            "margin: between the threshold and the margin; it clears at 13.5",
            "delay: none runs; a breach has to last 0 s",
            "no data: held",
        ];
        assert_eq!(said(&watching), wanted);
        let no_data = NoData::UnknownAfter(Span::secs(300));
        let rule = Rule { on_delay: Span::secs(60), no_data, ..watching.rule.clone() };
        let run = Run::seen(at(10).stamp(), Span::secs(20));
        let latch = Latch::Pending(run);
        let pending = Watching { rule: &rule, latch, silent: Some(&run), ..watching };
        assert_eq!(
            said(&pending)[2..],
            [
                "delay: pending since 1970-01-01T00:00:10Z, seen for 20 s of 60 s",
                "gap: what is missing pauses a delay, and more than three intervals or a minute \
                 ends it",
                "no data: an alert after 5 min; there is none since 1970-01-01T00:00:10Z, seen \
                 for 20 s",
            ]
        );
    }
}
