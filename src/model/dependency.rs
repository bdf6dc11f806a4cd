//! The dependency graph: what falls when something else does, and what an alert has to do with
//! others because of it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::DEPENDENT_NAME_CHARS_MAX;
use crate::model::alert::{Alert, AlertKey};
use crate::model::context::ContextTable;
use crate::model::metric::{Metric, Subject};
use crate::model::name::SourceName;
use crate::model::pattern;
use crate::model::scope::{Wanted, are_of};
use crate::model::time::{Span, Stamp};

/// One `[[dependency]]`: while an alert at the parent's end is open, those at the children's end
/// are its consequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Where it stands in the config file, for `explain`.
    pub origin: Arc<str>,
    /// How sure it is.
    pub tie: Tie,
    /// What has to be in trouble.
    pub parent: End,
    /// What falls with it.
    pub children: End,
    /// So long a child that has just become an alert waits for a parent. Default:
    /// [`HOLD_CHILD`](Self::HOLD_CHILD).
    pub hold_child: Span,
    /// So long after the last parent has cleared no child is told. Default:
    /// [`SHADOW`](Self::SHADOW).
    pub shadow: Span,
    /// So long after its beginning a parent holds its children at the most. None: as long as it
    /// lasts.
    pub cooldown: Option<Span>,
}

impl Dependency {
    /// Two polls of ten seconds: what fails together is seen together within these.
    pub const HOLD_CHILD: Span = Span::secs(20);

    /// The callers who come back at once after an outage have been served or have hung up by then.
    pub const SHADOW: Span = Span::secs(180);
}

/// How sure it is that the parent's trouble is the cause of the children's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// The children are not told.
    Sure,
    /// They are told, with the parent as their probable cause, and the parent counts them.
    Unsure,
}

/// One end of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The source.
    pub source: SourceName,
    /// Identifiers or names, `*` for any text. Empty: every entity.
    pub entities: Vec<Box<str>>,
    /// Empty: every metric of the entities, but none that the hub has of the source itself.
    pub metrics: Vec<Metric>,
    /// Those of the entity's row of context, all of them.
    pub labels: Vec<Wanted>,
}

impl End {
    /// Whether an alert about this metric may stand here.
    #[must_use]
    pub fn takes(&self, metric: Metric) -> bool {
        match self.metrics.as_slice() {
            [] => !matches!(metric.about(), Subject::Source | Subject::Hub),
            metrics => metrics.contains(&metric),
        }
    }

    /// Whether an alert stands here, with what the operator wrote of entities.
    #[must_use]
    pub fn fits(&self, alert: &Alert, context: &ContextTable) -> bool {
        let names = [alert.entity.as_str(), &*alert.entity_name];
        let fits = |entity: &str| names.iter().any(|name| pattern::matches(entity, name));
        let [id, name] = names;
        let row = || context.row(alert.source.as_str(), id, name);
        self.source == alert.source
            && self.takes(alert.metric)
            && (self.entities.is_empty() || self.entities.iter().any(|entity| fits(entity)))
            && (self.labels.is_empty() || row().is_some_and(|row| are_of(&self.labels, row)))
    }
}

/// Why the dependency graph holds an alert back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// How far it has come.
    pub stage: Stage,
    /// The alert that speaks, or spoke, for it: the topmost above it. None while it waits for one.
    pub root: Option<AlertKey>,
    /// Where the dependency stands in the config file.
    pub dependency: Arc<str>,
    /// Since when it is held back.
    pub since: Stamp,
}

/// How far an alert has come that the dependency graph holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// It is new, and what it depends on may be about to fail.
    Waits,
    /// Something that it depends on is in trouble.
    Held,
    /// What it depends on has just recovered.
    Shadow,
}

/// What an alert has to do with others, as its notices tell it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kin {
    /// Open alerts that it holds back.
    pub held: u32,
    /// Open alerts that it may have caused, and that are told by themselves.
    pub related: u32,
    /// The first of both: `Tier-2 calls_waiting`.
    pub names: Vec<Box<str>>,
    /// What it depended on and has outlived.
    pub outlived: Option<Box<str>>,
    /// Since when nothing has held it back any more: people begin to hear of it then, so that what
    /// it escalates by counts from then.
    pub freed: Option<Stamp>,
    /// What may have caused it.
    pub cause: Option<Box<str>>,
    /// How many of both its last notice counted, and when that was made.
    pub told: Option<(u32, Stamp)>,
}

impl Kin {
    /// How many alerts it holds or may have caused.
    #[must_use]
    pub const fn dependents(&self) -> u32 {
        self.held.saturating_add(self.related)
    }
}

/// An alert as its kin call it.
#[must_use]
pub fn kin_name(alert: &Alert) -> Box<str> {
    let name: String = alert.entity_name.chars().take(DEPENDENT_NAME_CHARS_MAX).collect();
    format!("{name} {}", alert.metric.short()).into()
}
