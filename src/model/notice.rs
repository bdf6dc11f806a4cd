//! One thing to tell one target, with its reason and its idempotency key.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::ALERT_CONTEXT_MAX;
use crate::model::alert::AlertKey;
use crate::model::business::Business;
use crate::model::condition::Lapse;
use crate::model::dependency::Kin;
use crate::model::few::Few;
use crate::model::hand::Hand;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::passage::Passage;
use crate::model::rule::{Operator, Priority, Severity};
use crate::model::time::{Stamp, UtcMs};

/// Why somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// The breach is new.
    FirstBreach,
    /// It still holds and the cooldown has passed.
    Repeat,
    /// It has lasted longer than its rule tolerates; goes to a higher channel, cooldown or not.
    Escalation,
    /// It is over, for those who were told.
    Recovered,
    /// The collected lines of the slow channel.
    Digest,
    /// More or fewer alerts stand behind it; tells only those whose incident changes in place.
    Updated,
    /// It was over, and is there again so soon that it is the same problem.
    Reopened,
    /// It comes and goes: nothing more until it settles.
    Unstable,
    /// It has settled, and is in breach.
    Settled,
    /// Somebody has it in hand.
    Acknowledged,
    /// Somebody had it in hand, and it is still there: it is as if nobody had said so.
    Lapsed,
    /// It came and went while the target could not be reached.
    Passed,
    /// About no single alert: a window begins or ends, a silence is about to.
    Announcement,
    /// A try whether the target can be reached.
    Test,
}

/// Why somebody is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hold {
    /// Told too short a time ago.
    Cooldown,
    /// A more urgent breach of the same alert speaks for it.
    Outranked,
    /// The breach is old; it speaks in the digest.
    InDigest,
    /// No route takes it, or the route has come to nobody.
    NoRoute,
    /// The outbox is full; it is told as soon as there is room.
    OutboxFull,
    /// The breach began and ended untold; the next notice counts it.
    EndedUntold,
    /// It comes and goes too often; how it settles is told.
    Flapping,
    /// Another alert explains it and tells of it; if it outlives that one, it is told.
    Dependency,
    /// It began in a storm; what is still bad at its end is told.
    Storm,
    /// Our own link is down; what is still bad when it is back is told.
    LinkDown,
    /// The value is clear again, and the off-delay runs.
    Clearing,
    /// It is the problem of a moment ago again; if it stays, or nobody hears of it for long, it is
    /// told, and else the next notice counts it.
    Duplicate,
    /// A maintenance window covers it; what is still bad at its end is told.
    Maintenance,
    /// Somebody has silenced it; what is still bad at the end of that is told.
    Silence,
    /// Somebody has it in hand; if that lapses it is told.
    Acknowledged,
    /// The rung that is due is for other hours; the next one follows in its time.
    OffHours,
    /// Others of its group were told a moment ago; it is told with those that begin meanwhile.
    Grouped,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Subject {
    /// One alert.
    Alert(Box<AlertFacts>),
    /// Many alerts, one line each, the newest state of each.
    Digest(Vec<AlertFacts>),
    /// About no single alert.
    Word(Box<Word>),
}

/// What is told about no single alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// One line.
    pub headline: Box<str>,
    /// Lines more; may be empty.
    pub text: Box<str>,
    /// What it is about, the same for its beginning and its end: `window:maintenance-01`.
    pub key: Box<str>,
}

/// One thing to tell one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Its place in the outbox; grows by one.
    pub number: u64,
    /// Who is told.
    pub target: TargetName,
    /// 32 hexadecimal digits, the same over every retry and restart.
    pub idempotency_key: Box<str>,
    /// Why.
    pub reason: Reason,
    /// What about.
    pub subject: Subject,
    /// When it was made: to tell people.
    pub made: Stamp,
    /// How it goes its way.
    pub passage: Passage,
}

/// An alert as a notice tells it, frozen at the moment of the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertFacts {
    /// The alert's identity: PagerDuty's `dedup_key`.
    pub key: AlertKey,
    /// The tenant.
    pub source: SourceName,
    /// The platform.
    pub platform: Arc<str>,
    /// The platform's identifier of the entity.
    pub entity: EntityId,
    /// Its name for people.
    pub entity_name: Arc<str>,
    /// What is in trouble.
    pub metric: Metric,
    /// How the value was compared.
    pub operator: Operator,
    /// The value, in the metric's unit; not a number where nobody knows it.
    pub value: f64,
    /// The threshold, in the metric's unit.
    pub threshold: f64,
    /// The rule's priority.
    pub priority: Priority,
    /// How bad it is, escalation included.
    pub severity: Severity,
    /// Whether the alert is over.
    pub resolved: bool,
    /// The first breach of the episode.
    pub first_breach: UtcMs,
    /// How long the episode lasts, or lasted.
    pub breach_duration_seconds: u32,
    /// How many notices of this telling there were, this one included.
    pub notification_count: u32,
    /// Breaches since the last notice that began and ended untold.
    pub held_back: u32,
    /// How often the episode opened, from 1.
    pub raises: u32,
    /// How much of the time since the first breach it was open.
    pub open_seconds: u32,
    /// The lowest value that was seen of it, in the metric's unit.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// The other metrics of the entity.
    pub context: Few<(Metric, f64), ALERT_CONTEXT_MAX>,
    /// In words what the numbers do not say: why a source is blind, what a storm is made of.
    pub detail: Option<Box<str>>,
    /// The platform's own page about the entity.
    pub monitoring_url: Option<Box<str>>,
    /// What the entity means to the business; nothing where the config names no place to ask.
    pub business: Option<Box<Business>>,
    /// Why it is over, where its value does not say so.
    pub lapse: Option<Lapse>,
    /// What it has to do with others by the dependency graph.
    pub kin: Option<Box<Kin>>,
    /// How long the notice had waited when it was sent, where that is worth a word, else 0. It is
    /// known at that moment alone, so that it is not kept.
    #[serde(skip)]
    pub told_late_seconds: u32,
    /// Who has it in hand.
    pub hand: Option<Box<Hand>>,
}

impl Subject {
    /// The alerts that it is about.
    #[must_use]
    pub fn alerts(&self) -> &[AlertFacts] {
        match self {
            Self::Alert(facts) => core::slice::from_ref(facts),
            Self::Digest(lines) => lines,
            Self::Word(_) => &[],
        }
    }
}

impl Reason {
    /// Every reason, in the order of an alert's life.
    pub const ALL: [Self; 14] = [
        Self::FirstBreach,
        Self::Repeat,
        Self::Escalation,
        Self::Recovered,
        Self::Digest,
        Self::Updated,
        Self::Reopened,
        Self::Unstable,
        Self::Settled,
        Self::Acknowledged,
        Self::Lapsed,
        Self::Passed,
        Self::Announcement,
        Self::Test,
    ];

    /// The word for logs, metrics and templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstBreach => "first_breach",
            Self::Repeat => "repeat",
            Self::Escalation => "escalation",
            Self::Recovered => "recovered",
            Self::Digest => "digest",
            Self::Updated => "updated",
            Self::Reopened => "reopened",
            Self::Unstable => "unstable",
            Self::Settled => "settled",
            Self::Acknowledged => "acknowledged",
            Self::Lapsed => "lapsed",
            Self::Passed => "passed",
            Self::Announcement => "announcement",
            Self::Test => "test",
        }
    }
}

impl Hold {
    /// Every hold.
    pub const ALL: [Self; 17] = [
        Self::Cooldown,
        Self::Outranked,
        Self::InDigest,
        Self::NoRoute,
        Self::OutboxFull,
        Self::EndedUntold,
        Self::Flapping,
        Self::Dependency,
        Self::Storm,
        Self::LinkDown,
        Self::Clearing,
        Self::Duplicate,
        Self::Maintenance,
        Self::Silence,
        Self::Acknowledged,
        Self::OffHours,
        Self::Grouped,
    ];

    /// The word for logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cooldown => "cooldown",
            Self::Outranked => "outranked",
            Self::InDigest => "in_digest",
            Self::NoRoute => "no_route",
            Self::OutboxFull => "outbox_full",
            Self::EndedUntold => "ended_untold",
            Self::Flapping => "flapping",
            Self::Dependency => "dependency",
            Self::Storm => "storm",
            Self::LinkDown => "link_down",
            Self::Clearing => "clearing",
            Self::Duplicate => "duplicate",
            Self::Maintenance => "maintenance",
            Self::Silence => "silence",
            Self::Acknowledged => "acknowledged",
            Self::OffHours => "off_hours",
            Self::Grouped => "grouped",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstBreach => "new breach",
            Self::Repeat => "still in breach",
            Self::Escalation => "escalated",
            Self::Recovered => "recovered",
            Self::Digest => "digest",
            Self::Updated => "what stands behind it has changed",
            Self::Reopened => "there again",
            Self::Unstable => "unstable",
            Self::Settled => "settled, in breach",
            Self::Acknowledged => "somebody has it in hand",
            Self::Lapsed => "nobody has it in hand any more",
            Self::Passed => "came and went while nobody could be told",
            Self::Announcement => "announcement",
            Self::Test => "test",
        })
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cooldown => "told a short time ago, and the next notice is not due",
            Self::Outranked => "a more urgent breach of the same alert speaks for it",
            Self::InDigest => "the breach is old, it speaks in the digest",
            Self::NoRoute => "no route takes it",
            Self::OutboxFull => "the outbox is full, it follows when there is room",
            Self::EndedUntold => "began and ended untold, the next notice counts it",
            Self::Flapping => "it comes and goes too often, how it settles is told",
            Self::Dependency => "another alert explains it, or may be about to",
            Self::Storm => "it began in a storm, what is still bad at its end is told",
            Self::LinkDown => "our own link is down, what is still bad when it is back is told",
            Self::Clearing => "the value is clear again, it ends if that lasts",
            Self::Duplicate => "the problem of a moment ago again, if it stays it is told",
            Self::Maintenance => "a window covers it, what is still bad at its end is told",
            Self::Silence => "somebody has silenced it, what is still bad after that is told",
            Self::Acknowledged => "somebody has it in hand, if that lapses it is told",
            Self::OffHours => "the rung that is due is for other hours, the next one follows",
            Self::Grouped => "others of its group were told a moment ago, it follows with the next",
        })
    }
}
