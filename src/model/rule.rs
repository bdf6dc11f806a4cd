//! A rule: when a metric is trouble, for which entities, and how urgent that is.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::model::baseline::Baseline;
use crate::model::calendar::Hours;
use crate::model::condition::{Condition, Volume};
use crate::model::expression::Expression;
use crate::model::flap::Pace;
use crate::model::metric::Metric;
use crate::model::name::SourceName;
pub use crate::model::scope::Scope;
use crate::model::time::Span;

/// How a value is compared with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// How urgent a breach is (guide 2): P1 pages, P2 tells a channel, P3 enters a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// Wake somebody.
    P1,
    /// Tell the channel.
    P2,
    /// Enter the digest.
    P3,
}

/// How bad an alert is (guide 1). The greater is the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// From P3.
    Low,
    /// From P2.
    Medium,
    /// From an escalated P2.
    High,
    /// From P1.
    Critical,
}

/// How an interval count becomes a rate per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RateForm {
    /// The sum of the distinct buckets of the last 60 s. The default: one hang-up is one per
    /// minute.
    SlidingMinute,
    /// The last bucket times 60 / its seconds, as guide 2 writes it: one hang-up in 10 s is six.
    LastInterval,
}

/// What it means that a platform answers and gives no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoData {
    /// Nothing changes: what was so is taken to be so still. The default.
    Hold,
    /// As good as a clear value.
    Ok,
    /// As bad as a breach.
    Bad,
    /// Nothing for so long, then it is an alert.
    UnknownAfter(Span),
}

/// A window that begins at a full step of UTC: what a rule judges instead of the newest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its length, which divides an hour.
    pub length: Span,
    /// How long it is closed before it is judged, at most its length. Guide 1: 60 s.
    pub buffer: Span,
}

/// One threshold of the config, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Where it stands in the config file, for `explain`: `andon.toml:14:5`.
    /// No two rules have the same.
    pub origin: Arc<str>,
    /// The source whose entities it watches.
    pub source: SourceName,
    /// Which of them.
    pub scope: Scope,
    /// What is compared.
    pub metric: Metric,
    /// How.
    pub operator: Operator,
    /// The threshold; with scaling, the floor of it. In the metric's unit.
    pub static_value: f64,
    /// The scaled threshold: its value where that is above `static_value`.
    pub scaling: Option<Expression>,
    /// What must hold beside it.
    pub conditions: Box<[Condition]>,
    /// The traffic without which it is not judged.
    pub minimum_volume: Option<Volume>,
    /// When it is judged. None: always.
    pub hours: Option<Rc<Hours>>,
    /// The threshold that follows what is usual at the hour of the week; not with `scaling`.
    pub baseline: Option<Baseline>,
    /// How urgent a breach is.
    pub priority: Priority,
    /// Hysteresis: the share of the threshold, in percent, that clearing needs. Guide 2: 10.
    pub margin_percent: f64,
    /// Hysteresis: the least margin, in the metric's unit.
    pub margin_value: f64,
    /// How interval counts become a rate.
    pub rate: RateForm,
    /// A breach that lasts this long is an alert, where it is polled: what is pushed stands at
    /// once. See [`Metric::delays`].
    pub on_delay: Span,
    /// An alert whose value has been clear for this long has ended, by the same samples.
    pub off_delay: Span,
    /// What may be missing of either before it begins anew; nothing for what is usual with the
    /// request's interval.
    pub gap_tolerance: Option<Span>,
    /// The window that is judged. None: the newest value is.
    pub window: Option<Window>,
    /// What it means that there is no value.
    pub no_data: NoData,
    /// No second notice of the same breach within this time. Guide 2: 300 s.
    pub cooldown: Span,
    /// A breach that lasts this long is escalated once. Guide 2: 600 s.
    pub escalation_threshold: Span,
    /// How soon what comes and goes is held as unstable.
    pub flap: Pace,
    /// So long after its end an alert is the same problem again; longer, the more restless it is.
    pub dedup_window: Span,
    /// A problem that is there again is untold for so long since the last notice at the most; never
    /// shorter than the cooldown. Default: 300 s, guide 2's cooldown, whatever the metric: the last
    /// word that people have of it is that it was over.
    pub max_quiet: Span,
}

impl Rule {
    /// A rule over every entity of a source, with the guides' settings and the metric's delays.
    #[must_use]
    pub fn new(
        origin: &str,
        source: SourceName,
        (metric, operator, static_value): (Metric, Operator, f64),
        priority: Priority,
    ) -> Self {
        let (on_delay, off_delay) = metric.delays();
        Self {
            origin: origin.into(),
            source,
            scope: Scope::All,
            metric,
            operator,
            static_value,
            scaling: None,
            conditions: Box::default(),
            minimum_volume: None,
            hours: None,
            baseline: None,
            priority,
            // Guide 2, section 3.
            margin_percent: 10.0,
            margin_value: metric.margin_floor(),
            rate: RateForm::SlidingMinute,
            on_delay,
            off_delay,
            gap_tolerance: None,
            // A window pages later by its length and its buffer.
            window: None,
            no_data: NoData::Hold,
            // Guide 2's example of a state record, as is the next.
            cooldown: Span::secs(300),
            escalation_threshold: Span::secs(600),
            flap: metric.pace(),
            dedup_window: metric.dedup_window(),
            max_quiet: Span::secs(300),
        }
    }
}

impl Operator {
    /// Reads the operator as the config writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            ">" => Self::Above,
            ">=" => Self::AtLeast,
            "<" => Self::Below,
            "<=" => Self::AtMost,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            _ => return None,
        })
    }

    /// The operator as the config writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    /// Guide 1's breach direction.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Above | Self::AtLeast => "above",
            Self::Below | Self::AtMost => "below",
            Self::Equal => "at",
            Self::NotEqual => "off",
        }
    }
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 3] = [Self::P1, Self::P2, Self::P3];

    /// Reads `P1`, `P2`, `P3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text)
    }

    /// `P1`, `P2` or `P3`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
        }
    }

    /// The severity that a breach of this priority begins with.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::P1 => Severity::Critical,
            Self::P2 => Severity::Medium,
            Self::P3 => Severity::Low,
        }
    }

    /// The next more urgent priority, where an escalation goes; P1 is already the top.
    #[must_use]
    pub const fn higher(self) -> Self {
        match self {
            Self::P1 | Self::P2 => Self::P1,
            Self::P3 => Self::P2,
        }
    }
}

impl Severity {
    /// One step worse; critical is already the worst.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    /// The word of guide 1.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
