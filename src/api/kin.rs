//! What an alert has to do with others by the dependency graph, as operators see it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::paint::{Paint, clean, when};
use super::story::ExplainView;
use crate::model::alert::Alert;
use crate::model::dependency::{Behind, Stage};

/// Where an alert stands in the dependency graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KinView {
    /// `waits` for what it depends on, `held` by it, or in its `shadow`; nothing where it is free.
    pub stage: Option<String>,
    /// The alert that speaks for it, where one does.
    pub held_by: Option<String>,
    /// Where the dependency stands in the config file that holds it back.
    pub dependency: Option<String>,
    /// Since when it is held back.
    pub held_since_timestamp: Option<String>,
    /// What held it back until now.
    pub outlived: Option<String>,
    /// What may have caused it.
    pub probable_cause: Option<String>,
    /// Open alerts that it holds back.
    pub held_alerts: u32,
    /// Open alerts that it may have caused, and that are told by themselves.
    pub related_alerts: u32,
    /// The first of both, by name.
    pub dependents: Vec<String>,
}

impl KinView {
    /// Nothing where no dependency is about the alert.
    #[must_use]
    pub fn of(alert: &Alert) -> Option<Self> {
        let behind = alert.suppression.parent.as_deref();
        let kin = alert.kin.as_deref().cloned().unwrap_or_default();
        let text = |text: &Option<_>| text.as_ref().map(ToString::to_string);
        let view = Self {
            stage: behind.map(|behind| word(behind.stage).into()),
            held_by: behind.and_then(|behind: &Behind| text(&behind.root)),
            dependency: behind.map(|behind| behind.dependency.to_string()),
            held_since_timestamp: behind.map(|behind| behind.since.utc.rfc3339()),
            outlived: kin.outlived.map(Into::into),
            probable_cause: kin.cause.map(Into::into),
            held_alerts: kin.held,
            related_alerts: kin.related,
            dependents: kin.names.into_iter().map(Into::into).collect(),
        };
        let says = behind.is_some() || view.outlived.is_some() || view.probable_cause.is_some();
        (says || !view.dependents.is_empty()).then_some(view)
    }

    /// What stands above the alert and how many stand below it, a line each.
    pub(super) fn lines(&self) -> String {
        let mut lines = String::new();
        let place = self.dependency.as_deref().unwrap_or_default();
        let since = self.held_since_timestamp.as_deref().map(when).unwrap_or_default();
        lines.push_str(&match (self.stage.as_deref(), &self.held_by) {
            (Some("shadow"), Some(root)) => {
                format!("Held back since {since}: {root} is just over  [{place}]\n")
            }
            (Some(_), Some(root)) => {
                format!("Held back since {since}: {root} speaks for it  [{place}]\n")
            }
            (Some(_), None) => {
                format!("Held back since {since}, in case what it depends on fails  [{place}]\n")
            }
            (None, _) => String::new(),
        });
        let texts =
            [("Was held back behind", &self.outlived), ("Cause, probably", &self.probable_cause)];
        for (what, text) in texts {
            if let Some(text) = text {
                lines.push_str(&format!("{what}: {text}\n"));
            }
        }
        let counts =
            [(self.held_alerts, "Holds back"), (self.related_alerts, "Has probably caused")];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            lines.push_str(&format!("{what}: {count}\n"));
        }
        lines.lines().map(|line| format!("{}\n", clean(line))).collect()
    }
}

/// The keys of the alerts behind one, for who wants to go on from there.
pub(super) fn behind_it(view: &ExplainView, paint: Paint) -> String {
    if view.dependents.is_empty() {
        return String::new();
    }
    let mut lines = format!("\n{}\n", paint.bold("What stands behind it"));
    for key in &view.dependents {
        lines.push_str(&format!("  {}\n", clean(key)));
    }
    if view.dependents_left_out > 0 {
        lines.push_str(&format!("  ... and {} more\n", view.dependents_left_out));
    }
    lines
}

const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Waits => "waits",
        Stage::Held => "held",
        Stage::Shadow => "shadow",
    }
}
