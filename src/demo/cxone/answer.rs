//! The shape of an answer, which guide 2 leaves open, and how faults distort it.
//!
//! ```json
//! {"_time":"2024-05-15T14:32:20Z","interval":"PT10S","queues":[
//!   {"queue":{"id":"queue-retail-1","name":"Retail banking"},
//!    "interval_start":"2024-05-15T14:32:10Z",
//!    "metrics":[{"metric":"calls_waiting","value":22},
//!               {"metric":"abandoned_calls","value":null}]}]}
//! ```
//!
//! `_time` is the bucket's end, and gauges are those of that moment. A count of nothing is null,
//! and so is the longest wait where nobody waits.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::demo::cxone::ask::Ask;
use crate::demo::faults::Fault;
use crate::demo::http::json_reply;
use crate::demo::traffic::Traffic;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// The stretch that an answer is about, by the platform's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) start: UtcMs,
    pub(super) end: UtcMs,
}

impl Bucket {
    /// Before all time.
    pub(super) const NONE: Self = Self { start: UtcMs(i64::MIN), end: UtcMs(i64::MIN) };

    /// The last whole bucket that was over at `age` before a moment.
    pub(super) const fn last_complete(moment: UtcMs, age: Span, length: Span) -> Self {
        let then = moment.0 - age.0;
        let end = then - then.rem_euclid(length.0);
        Self { start: UtcMs(end - length.0), end: UtcMs(end) }
    }
}

/// Writes an answer. `skew` is how far the platform's clock is ahead. Nothing where the traffic
/// knows nothing of that time.
pub(super) fn render<'a>(
    traffic: &Traffic,
    ask: &Ask,
    positions: &[usize],
    bucket: Bucket,
    skew: Span,
    faults: impl Iterator<Item = &'a Fault>,
) -> Option<Reply> {
    let distortion = Distortion::of(faults, ask);
    // Under a skew the bucket is aligned to a wrong clock, while the past is kept by the right one.
    let true_end = bucket.end.0 - skew.0;
    let end = UtcMs(true_end - true_end.rem_euclid(traffic.grain().0));
    let start = UtcMs(end.0 - ask.interval.0);
    let interval_start = bucket.start.rfc3339();
    let row = |position: &usize| {
        let name = traffic.queues().get(*position)?;
        let snapshot = traffic.window(*position, start, end)?;
        let kept = ask.metrics.iter().filter(|metric| !distortion.leaves_out(metric.name));
        let metrics = kept
            .map(|metric| Cell {
                metric: metric.name,
                value: distortion.applied(metric.of(&snapshot)),
            })
            .collect();
        let queue = Queue { id: &name.id, name: &name.name };
        Some(Row { interval_start: &interval_start, metrics, queue })
    };
    let queues: Option<Vec<Row<'_>>> = positions.iter().map(row).collect();
    let answer = Answer {
        time: bucket.end.rfc3339(),
        interval: format!("PT{}S", ask.interval.whole_secs()),
        padding: distortion.padding(),
        queues: queues?,
    };
    Some(json_reply(200, &answer))
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(rename = "_time")]
    time: String,
    interval: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    padding: Option<String>,
    queues: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    interval_start: &'a str,
    metrics: Vec<Cell<'a>>,
    queue: Queue<'a>,
}

#[derive(Serialize)]
struct Cell<'a> {
    metric: &'a str,
    value: Number,
}

#[derive(Serialize)]
struct Queue<'a> {
    id: &'a str,
    name: &'a str,
}

/// A number as a platform may write it, or null.
#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Null,
    Plain(u32),
    Quoted(String),
}

#[derive(Debug, Default)]
struct Distortion<'a> {
    strings: bool,
    nulls: bool,
    left_out: Option<&'a str>,
    padding_mebibytes: Option<u8>,
}

impl<'a> Distortion<'a> {
    fn of(faults: impl Iterator<Item = &'a Fault>, ask: &Ask) -> Self {
        let mut distortion = Self::default();
        for fault in faults {
            match fault {
                Fault::Strings => distortion.strings = true,
                Fault::Nulls => distortion.nulls = true,
                Fault::Huge { mebibytes } => distortion.padding_mebibytes = Some(*mebibytes),
                Fault::MissingMetric { metric } => {
                    let first = ask.metrics.first().map(|metric| metric.name);
                    distortion.left_out = metric.as_deref().or(first);
                }
                // These act elsewhere.
                Fault::Hang
                | Fault::Close
                | Fault::Unavailable
                | Fault::Throttle { .. }
                | Fault::Refuse
                | Fault::Unauthorized
                | Fault::TokenRefused
                | Fault::TokenError
                | Fault::Stale
                | Fault::ClockSkew { .. }
                | Fault::NotModified
                | Fault::PagingLoop
                | Fault::CaseChanged
                | Fault::NotJson
                | Fault::TrunkDown { .. }
                | Fault::EdgeOffline { .. }
                | Fault::Incident => {}
            }
        }
        distortion
    }

    fn leaves_out(&self, metric: &str) -> bool {
        self.left_out == Some(metric)
    }

    fn applied(&self, value: Option<u32>) -> Number {
        match value.filter(|_| !self.nulls) {
            Some(number) if self.strings => Number::Quoted(format!("{number}")),
            Some(number) => Number::Plain(number),
            None => Number::Null,
        }
    }

    fn padding(&self) -> Option<String> {
        self.padding_mebibytes.map(|mebibytes| "x".repeat(usize::from(mebibytes) << 20))
    }
}
