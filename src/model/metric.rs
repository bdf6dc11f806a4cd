//! The canonical metrics: one name, one unit, one meaning of null each, whatever a platform calls
//! them.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::near::nearest;

/// What kind of number a metric is. The kind decides what null means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How many there are at this moment. Null is none: 0 (guide 2, section 2).
    Count,
    /// How many happened within the interval. Null is none: 0. Compared as a rate per minute.
    IntervalCount,
    /// How long the oldest of a set has been in it. Null is an empty set: 0.
    Age,
    /// A measured quantity. Null is undefined.
    Measure,
    /// A share between 0 and 1. Null is undefined (guide 2, section 2).
    Ratio,
    /// Yes is 1, no is 0. Null is undefined.
    Boolean,
}

/// The unit that every platform's numbers are brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Pieces.
    Count,
    /// Pieces per minute.
    PerMinute,
    /// Seconds.
    Seconds,
    /// 0 to 1.
    Ratio,
    /// 1,000,000 bytes.
    Megabytes,
    /// 0 or 1.
    Boolean,
    /// 4 critical, 3 high, 2 medium, 1 low, 0 over.
    Severity,
}

/// Whom a sample is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Something that the source reports.
    Entity,
    /// The source itself, by the hub's own observation.
    Source,
    /// The hub as a whole, by its own observation.
    Hub,
    /// Whatever a sender finds worth a word, asked for or not.
    Anything,
}

#[derive(Debug)]
struct Entry {
    name: &'static str,
    kind: Kind,
    unit: Unit,
    /// The least hysteresis margin, in the metric's unit: the guide's "fixed absolute minimum".
    margin_floor: f64,
}

const fn entry(name: &'static str, kind: Kind, unit: Unit, margin_floor: f64) -> Entry {
    Entry { name, kind, unit, margin_floor }
}

/// Append only in spirit: the ledger stores names, so the order may change, but a name may not.
const METRICS: &[Entry] = &[
    entry("routing.queue.calls_waiting", Kind::Count, Unit::Count, 1.0),
    entry("routing.queue.longest_wait", Kind::Age, Unit::Seconds, 5.0),
    entry("routing.queue.abandoned_calls", Kind::IntervalCount, Unit::PerMinute, 1.0),
    entry("routing.queue.offered_calls", Kind::IntervalCount, Unit::PerMinute, 1.0),
    entry("routing.queue.answered_calls", Kind::IntervalCount, Unit::PerMinute, 1.0),
    entry("routing.queue.abandon_rate", Kind::Ratio, Unit::Ratio, 0.01),
    entry("routing.queue.service_level", Kind::Ratio, Unit::Ratio, 0.01),
    entry("routing.queue.agents_available", Kind::Count, Unit::Count, 1.0),
    entry("routing.queue.agents_busy", Kind::Count, Unit::Count, 1.0),
    entry("telephony.trunk.connected", Kind::Boolean, Unit::Boolean, 0.0),
    entry("telephony.trunk.latency", Kind::Measure, Unit::Seconds, 0.005),
    entry("telephony.edge.online", Kind::Boolean, Unit::Boolean, 0.0),
    entry("hub.source.data_age", Kind::Age, Unit::Seconds, 1.0),
    entry("routing.team.agents_ready", Kind::Count, Unit::Count, 1.0),
    entry("platform.alerts_active", Kind::Count, Unit::Count, 1.0),
    entry("platform.operational_events", Kind::IntervalCount, Unit::PerMinute, 1.0),
    entry("platform.component.operational", Kind::Boolean, Unit::Boolean, 0.0),
    entry("hub.source.token_failures", Kind::Count, Unit::Count, 1.0),
    entry("event.severity", Kind::Measure, Unit::Severity, 0.0),
    entry("hub.source.unmapped_entities", Kind::Count, Unit::Count, 0.0),
    entry("hub.source.webhook_silence", Kind::Age, Unit::Seconds, 1.0),
    entry("hub.source.unread_payloads", Kind::Count, Unit::Count, 1.0),
    entry("hub.dead_letters", Kind::Count, Unit::Count, 0.0),
    entry("hub.target.backlog_age", Kind::Age, Unit::Seconds, 1.0),
    entry("hub.clock.untrusted", Kind::Age, Unit::Seconds, 1.0),
    entry("hub.disk.room", Kind::Measure, Unit::Megabytes, 8.0),
    entry("hub.config.problems", Kind::Count, Unit::Count, 0.0),
    entry("heartbeat.age", Kind::Age, Unit::Seconds, 1.0),
    entry("hub.alerts.storm", Kind::Count, Unit::Count, 0.0),
    entry("hub.link.down", Kind::Boolean, Unit::Boolean, 0.0),
];

/// Stands in for an index past the end, which [`Metric`]'s constructors never make.
const FIRST: &Entry = &entry("", Kind::Measure, Unit::Count, 0.0);

/// One metric of the canonical list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric(u8);

/// Why a text is not the name of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricFault {
    /// No metric is called so; the nearest name, if any.
    Unknown(Option<&'static str>),
    /// The last part alone fits several metrics.
    Ambiguous(Vec<&'static str>),
}

impl Metric {
    /// How many calls came in an interval: the volume that shares are weighted by.
    pub const OFFERED_CALLS: Self = Self::called("routing.queue.offered_calls");

    /// How old the newest answer of a source is: the hub's own sample about a source.
    pub const DATA_AGE: Self = Self::called("hub.source.data_age");

    /// How often in a row the renewal of a source's token has failed: the hub's own sample, too.
    pub const TOKEN_FAILURES: Self = Self::called("hub.source.token_failures");

    /// How bad a sender says that something is: 4 critical, 3 high, 2 medium, 1 low, 0 over.
    pub const EVENT_SEVERITY: Self = Self::called("event.severity");

    /// How many entities of a source are in trouble whose business impact nobody has told: the
    /// hub's own sample, too.
    pub const UNMAPPED_ENTITIES: Self = Self::called("hub.source.unmapped_entities");
    /// How long a source's webhooks have been silent beyond their rhythm: the hub's own sample.
    pub const WEBHOOK_SILENCE: Self = Self::called("hub.source.webhook_silence");

    /// How many of a source's deliveries no mapping understood lately: the hub's own sample, too.
    pub const UNREAD_PAYLOADS: Self = Self::called("hub.source.unread_payloads");

    /// How many notices of the last hour no target took: the hub's own sample about itself.
    pub const DEAD_LETTERS: Self = Self::called("hub.dead_letters");

    /// How old the oldest notice is that a target does not take: the hub's own sample about the
    /// target.
    pub const BACKLOG_AGE: Self = Self::called("hub.target.backlog_age");

    /// For how long nothing has vouched for the wall clock: the hub's own sample about itself.
    pub const CLOCK_UNTRUSTED: Self = Self::called("hub.clock.untrusted");

    /// How much room the disk of the ledger has: the hub's own sample about itself.
    pub const DISK_ROOM: Self = Self::called("hub.disk.room");

    /// How many problems the config file has that lies there to be taken over: the hub's own
    /// sample about itself.
    pub const CONFIG_PROBLEMS: Self = Self::called("hub.config.problems");

    /// How many new alerts a storm has come to: the hub's own sample about itself.
    pub const STORM: Self = Self::called("hub.alerts.storm");

    /// Whether our own link is down: the hub's own sample about itself.
    pub const LINK_DOWN: Self = Self::called("hub.link.down");

    /// The metric of a canonical name that stands in the list, or the program is not built.
    #[expect(clippy::panic, reason = "only the compiler calls it")]
    const fn called(name: &str) -> Self {
        let (mut index, mut left) = (0_u8, METRICS);
        while let [first, rest @ ..] = left {
            if same(first.name.as_bytes(), name.as_bytes()) {
                return Self(index);
            }
            index += 1;
            left = rest;
        }
        panic!("no metric has this name")
    }

    /// How long ago something that shows that it lives has done so: 0 by its own word, then the
    /// hub's sample.
    pub const HEARTBEAT_AGE: Self = Self::called("heartbeat.age");

    /// Whom its samples are about.
    #[must_use]
    pub fn about(self) -> Subject {
        match self {
            Self::DATA_AGE
            | Self::TOKEN_FAILURES
            | Self::UNMAPPED_ENTITIES
            | Self::WEBHOOK_SILENCE
            | Self::UNREAD_PAYLOADS => Subject::Source,
            Self::DEAD_LETTERS
            | Self::BACKLOG_AGE
            | Self::CLOCK_UNTRUSTED
            | Self::DISK_ROOM
            | Self::CONFIG_PROBLEMS
            | Self::STORM
            | Self::LINK_DOWN => Subject::Hub,
            Self::EVENT_SEVERITY | Self::HEARTBEAT_AGE => Subject::Anything,
            _ => Subject::Entity,
        }
    }

    /// Every metric there is.
    pub fn all() -> impl Iterator<Item = Self> {
        (0_u8..).take(METRICS.len()).map(Self)
    }

    /// Finds a metric by its canonical name, or by the last part alone where that is unambiguous.
    ///
    /// # Errors
    /// Says which names would fit.
    pub fn find(text: &str) -> Result<Self, MetricFault> {
        let fits: Vec<Self> =
            Self::all().filter(|metric| metric.name() == text || metric.short() == text).collect();
        match fits.as_slice() {
            [metric] => Ok(*metric),
            [] => Err(MetricFault::Unknown(nearest(text, Self::all().map(Self::short)))),
            _ => Err(MetricFault::Ambiguous(fits.iter().map(|metric| metric.name()).collect())),
        }
    }

    fn entry(self) -> &'static Entry {
        METRICS.get(usize::from(self.0)).unwrap_or(FIRST)
    }

    /// The canonical dotted name: `routing.queue.calls_waiting`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The last part of the name: `calls_waiting`.
    #[must_use]
    pub fn short(self) -> &'static str {
        self.name().rsplit('.').next().unwrap_or_default()
    }

    /// What kind of number it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// The unit of its values once they are compared.
    #[must_use]
    pub fn unit(self) -> Unit {
        self.entry().unit
    }

    /// The least hysteresis margin in its unit.
    #[must_use]
    pub fn margin_floor(self) -> f64 {
        self.entry().margin_floor
    }
}

const fn same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_left @ ..], [b, other_left @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_left, other_left);
    }
    one.is_empty() && other.is_empty()
}

impl Kind {
    /// What an explicit null stands for, or nothing where it is undefined.
    #[must_use]
    pub const fn null(self) -> Option<f64> {
        match self {
            Self::Count | Self::IntervalCount | Self::Age => Some(0.0),
            Self::Measure | Self::Ratio | Self::Boolean => None,
        }
    }
}

impl Unit {
    /// A value with its unit, short enough for a subject line.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        if value.is_nan() {
            return "unknown".into();
        }
        let whole = (value * 100.0).round() / 100.0;
        match self {
            Self::Count => format!("{whole}"),
            Self::PerMinute => format!("{whole}/min"),
            Self::Seconds => format!("{whole} s"),
            Self::Megabytes => format!("{whole} MB"),
            Self::Ratio => format!("{} %", (value * 1_000.0).round() / 10.0),
            Self::Boolean => (if value > 0.0 { "yes" } else { "no" }).into(),
            Self::Severity => (match value {
                4.0.. => "critical",
                3.0.. => "high",
                2.0.. => "medium",
                1.0.. => "low",
                _ => "over",
            })
            .into(),
        }
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Box::<str>::deserialize(deserializer)?;
        Self::find(&name)
            .map_err(|_| serde::de::Error::custom(format!("no metric is called {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_judgement_is_shown_in_its_words() {
        let words = [0.0, 0.4, 1.0, 2.0, 3.0, 4.0, 9.0].map(|value| Unit::Severity.show(value));
        assert_eq!(words, ["over", "over", "low", "medium", "high", "critical", "critical"]);
    }

    #[test]
    fn the_last_part_of_a_name_is_enough() {
        assert_eq!(Metric::find("calls_waiting"), Metric::find("routing.queue.calls_waiting"));
        let fault = Metric::find("calls_waitin").unwrap_err();
        assert_eq!(fault, MetricFault::Unknown(Some("calls_waiting")));
    }

    #[test]
    fn a_number_has_to_last_and_a_judgement_does_not() {
        let of = |name| {
            let (on, off) = Metric::find(name).unwrap().delays();
            (on.whole_secs(), off.whole_secs())
        };
        assert_eq!([of("longest_wait"), of("service_level")], [(60, 600), (60, 300)]);
        assert_eq!([of("abandoned_calls"), of("connected")], [(0, 300), (10, 60)]);
        assert_eq!([of("data_age"), of("event.severity"), of("dead_letters")], [(0, 0); 3]);
    }

    #[test]
    fn null_is_zero_for_counts_and_undefined_for_ratios() {
        assert_eq!(Metric::find("calls_waiting").unwrap().kind().null(), Some(0.0));
        assert_eq!(Metric::find("abandoned_calls").unwrap().kind().null(), Some(0.0));
        assert_eq!(Metric::find("service_level").unwrap().kind().null(), None);
    }
}
