//! The story of one key, for "why did it page?" and "why did it not page?": the JSON of the API,
//! read back by the command line.
//!
//! # Promises
//! - `every_decision_is_a_sentence`: that an operator can read aloud, with the rule's place.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::view::AlertView;
use crate::model::alert::{Alert, Decision, Step};
use crate::model::metric::Metric;
use crate::model::telling::Telling;

/// Why a key paged, or did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainView {
    /// What was asked for.
    pub key: String,
    /// The alert, where there is or was one.
    pub alert: Option<AlertView>,
    /// What was decided, oldest first.
    pub steps: Vec<StepView>,
    /// Steps from the middle of the story that were given up for newer ones.
    pub steps_lost: u32,
    /// Notices about it that no target has taken yet.
    pub undelivered: u32,
    /// The keys of the first open alerts behind it by the dependency graph.
    pub dependents: Vec<String>,
    /// How many there are beyond those.
    pub dependents_left_out: u32,
    /// What the machines say of it that judge whole alerts: flaps, dependencies, storms.
    pub judged: Vec<VerdictView>,
    /// Every rule of this entity and metric, as it stands, even where nothing was ever told.
    pub watches: Vec<WatchView>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// When; of a repeated decision, the last time.
    pub at: String,
    /// How often in a row.
    pub times: u32,
    /// What was decided, as a sentence without its full stop.
    pub what: String,
    /// The rule's place in the config file, where the decision is a rule's.
    pub rule: Option<String>,
}

/// One rule and the newest value it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchView {
    /// Where it stands in the config file.
    pub rule: String,
    /// Its priority.
    pub priority: String,
    /// How it compares.
    pub operator: String,
    /// The newest value, in the metric's unit; nothing where there is none.
    pub value: Option<f64>,
    /// The threshold after scaling; nothing where it cannot be worked out.
    pub threshold: Option<f64>,
    /// What the rule makes of it.
    pub state: WatchState,
    /// Why, as a sentence without its full stop: the boundary, the delay, the missing metric.
    pub why: String,
    /// What each step says, in the order in which they decide.
    pub steps: Vec<VerdictView>,
    /// What the platform's readings were multiplied by, where the file says so.
    #[serde(default)]
    pub calibration: Option<CalibrationView>,
    /// The window that the value is of, where the rule judges windows.
    #[serde(default)]
    pub window: Option<WindowView>,
}

/// What made the value of a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationView {
    /// Where the factor stands in the config file.
    pub rule: String,
    /// The factor.
    pub factor: f64,
    /// The value as the platform measures it; nothing where the end of the range hides it.
    pub raw_value: Option<f64>,
}

/// A window that is aligned to UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowView {
    /// When it began.
    pub start: String,
    /// Its length.
    pub seconds: i64,
    /// How long it was closed before it was judged.
    pub buffer_seconds: i64,
}

/// What one step of the way from a number to trouble says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictView {
    /// The step, in a word or two.
    pub step: String,
    /// Its verdict, without a full stop.
    pub says: String,
}

/// What a rule makes of the newest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchState {
    /// No trouble.
    Clear,
    /// It holds, not yet for its on-delay.
    Pending,
    /// It holds.
    Breached,
    /// It is clear, not yet for its off-delay.
    Clearing,
    /// There is nothing fresh to judge by, which is never read as "fine".
    Unknown,
}

impl ExplainView {
    /// The story of an alert, with the rules that watch it.
    #[must_use]
    pub fn of(
        alert: &Alert,
        tellings: &[&Telling],
        undelivered: u32,
        watches: Vec<WatchView>,
    ) -> Self {
        Self {
            key: alert.key.to_string(),
            alert: Some(AlertView::of(alert, tellings)),
            steps: alert.trail.steps().map(|step| StepView::of(&step, alert.metric)).collect(),
            steps_lost: alert.trail.lost,
            undelivered,
            dependents: Vec::new(),
            dependents_left_out: 0,
            judged: Vec::new(),
            watches,
        }
    }

    /// The rules that watch what never became an alert.
    #[must_use]
    pub fn quiet(key: &str, watches: Vec<WatchView>) -> Self {
        let (steps, judged, dependents) = (Vec::new(), Vec::new(), Vec::new());
        let (steps_lost, undelivered, dependents_left_out) = (0, 0, 0);
        Self {
            key: key.into(),
            alert: None,
            steps,
            steps_lost,
            undelivered,
            dependents,
            dependents_left_out,
            judged,
            watches,
        }
    }
}

impl StepView {
    fn of(step: &Step, metric: Metric) -> Self {
        let rule = match &step.what {
            Decision::Breached { rule, .. } => Some(rule.to_string()),
            Decision::Explained { dependency, .. } | Decision::Outlived { dependency, .. } => {
                Some(dependency.to_string())
            }
            Decision::Cleared { .. }
            | Decision::Told { .. }
            | Decision::Held { .. }
            | Decision::Delivered { .. }
            | Decision::Undeliverable { .. }
            | Decision::Restored
            | Decision::Unwatched
            | Decision::Raised { .. }
            | Decision::Late { .. }
            | Decision::Lapsed(..)
            | Decision::Reopened
            | Decision::Muted { .. }
            | Decision::Unmuted { .. }
            | Decision::Acknowledged { .. }
            | Decision::Unacknowledged { .. }
            | Decision::Corrected { .. }
            | Decision::Collapsed { .. }
            | Decision::FellBack { .. }
            | Decision::StoodIn { .. }
            | Decision::Retried { .. } => None,
        };
        let what = sentence(&step.what, metric);
        Self { at: step.at.rfc3339(), times: step.times, what, rule }
    }
}

fn sentence(decision: &Decision, metric: Metric) -> String {
    let name = metric.short();
    let show = |value: &f64| metric.unit().show(*value);
    match decision {
        Decision::Breached { priority, value, threshold, .. } => format!(
            "{priority} breach begins: {name} is {}, the threshold {}",
            show(value),
            show(threshold)
        ),
        Decision::Cleared { priority, value, .. } if value.is_nan() => {
            format!("{priority} breach ends: {name} has no value, which counts as clear")
        }
        Decision::Cleared { priority, value, boundary } => format!(
            "{priority} breach ends: {name} is {}, past the boundary {}",
            show(value),
            show(boundary)
        ),
        Decision::Told { reason, targets } => format!("told {targets}: {reason}"),
        Decision::Held { priority, hold } => format!("{priority} not told: {hold}"),
        Decision::Delivered { target, reason } => format!("{target} took the notice: {reason}"),
        Decision::Undeliverable { target, why } => {
            format!("{target} will not take the notice, it is a dead letter: {why}")
        }
        Decision::Explained { root, .. } => format!("{root} explains it and speaks for it"),
        Decision::Outlived { root, .. } => format!("{root} does not hold it back any more"),
        Decision::Raised { priority, by } => {
            format!("it is {priority} now, as urgent as {by}, which it holds back")
        }
        Decision::Unwatched => "it ends: its rule or queue has left the config file".into(),
        Decision::Late { of, value } => {
            format!("came late, changes nothing: {name} was {} at {}", show(value), of.rfc3339())
        }
        Decision::Lapsed(priority, why) => format!("{priority} breach ends: {why}"),
        Decision::Reopened => "it is there again so soon that it is the same problem".into(),
        Decision::Muted { by, until } => format!("muted by {by}, until {}", until.rfc3339()),
        Decision::Unmuted { by } => format!("not muted by {by} any more"),
        Decision::Collapsed { target, into: Some(reason) } => {
            format!("what waited for {target} and this became one notice: {reason}")
        }
        Decision::Collapsed { target, into: None } => {
            format!("what waited for {target} is over untold: it would page for nothing")
        }
        Decision::FellBack { from, to, reason } => {
            format!("{from} has not taken the notice, {to} is told via fallback: {reason}")
        }
        Decision::StoodIn { target, reason, instead_of } => {
            format!("{target} took the notice via fallback, instead of {instead_of}: {reason}")
        }
        Decision::Retried { target } => {
            format!("the dead letter for {target} is sent again, by an operator")
        }
        Decision::Acknowledged { by, via } => format!("{by} has it in hand, said by {via}"),
        Decision::Unacknowledged { by } => format!("nobody has it in hand any more: {by}"),
        Decision::Corrected { target, what } => format!("{target}: {}", what.says()),
        Decision::Restored => "the hub started again and took the alert up where it was".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::samples::{alert, telling};

    #[test]
    fn every_decision_is_a_sentence() {
        let view = ExplainView::of(&alert(), &[], 0, Vec::new());
        let said: Vec<&str> = view.steps.iter().map(|step| step.what.as_str()).collect();
        assert_eq!(
            said,
            [
                "P1 breach begins: calls_waiting is 22, the threshold 15",
                "told pagerduty-p1: new breach",
                "pagerduty-p1 took the notice: new breach",
                "P1 not told: told a short time ago, and the next notice is not due",
                "the hub started again and took the alert up where it was",
                "told managers: escalated",
                "managers will not take the notice, it is a dead letter: \
                 answered 410",
                "came late, changes nothing: calls_waiting was 30 at 2024-05-15T14:32:10Z",
                "P1 breach ends: calls_waiting is 4, past the boundary 13.5",
            ]
        );
        assert_eq!(view.steps[0].rule.as_deref(), Some("andon.toml:14:5"));
        assert_eq!(view.steps[3].times, 2);
    }

    #[test]
    fn a_view_survives_the_way_to_the_command_line() {
        let watch = WatchView {
            rule: "andon.toml:14:5".into(),
            priority: "P1".into(),
            operator: ">=".into(),
            value: None,
            threshold: Some(15.0),
            state: WatchState::Unknown,
            why: "no sample yet".into(),
            calibration: None,
            window: None,
            steps: Vec::from([VerdictView { step: "delay".into(), says: "none runs".into() }]),
        };
        let view = ExplainView::of(&alert(), &[&telling()], 3, Vec::from([watch]));
        let json = serde_json::to_string(&view).unwrap();
        assert!(json.contains("\"state\":\"unknown\""), "{json}");
        assert_eq!(serde_json::from_str::<ExplainView>(&json).unwrap(), view);
    }
}
