//! A request for current metrics, read as strictly as AWS does, and the metrics that there are.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use crate::demo::traffic::{QueueName, QueueSnapshot};

/// What is asked for.
#[derive(Debug)]
pub(super) struct Ask {
    /// Positions of the queues.
    pub(super) queues: Vec<usize>,
    /// Whether contacts of the channel that there is are wanted.
    pub(super) voice: bool,
    pub(super) by_queue: bool,
    pub(super) by_channel: bool,
    pub(super) metrics: Vec<Metric>,
    pub(super) rows_max: usize,
    pub(super) next_token: Option<String>,
}

/// A metric by the vendor's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) read: fn(&QueueSnapshot) -> u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Body {
    filters: Filters,
    #[serde(default)]
    groupings: Vec<String>,
    current_metrics: Vec<Named>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filters {
    #[serde(default)]
    queues: Vec<Box<str>>,
    #[serde(default)]
    channels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
    unit: String,
}

impl Ask {
    /// Reads a request. A queue is named by its identifier or by its ARN, which ends in it; one
    /// that there is not is left out.
    pub(super) fn read(body: &[u8], queues: &[QueueName]) -> Result<Self, String> {
        let body: Body = serde_json::from_slice(body).map_err(|fault| format!("{fault}"))?;
        let named = body.filters.queues;
        if !(1..=PAGE_MAX).contains(&named.len()) {
            return Err(format!("Filters.Queues has to name 1 to {PAGE_MAX} queues"));
        }
        let rows_max = body.max_results.unwrap_or(PAGE_MAX);
        if !(1..=PAGE_MAX).contains(&rows_max) {
            return Err(format!("MaxResults has to be 1 to {PAGE_MAX}"));
        }
        let known = |wanted: &[&str], said: &[String]| {
            said.iter()
                .find(|word| !wanted.contains(&&***word))
                .map_or(Ok(()), |word| Err(format!("\"{word}\" is none of {}", wanted.join(", "))))
        };
        known(&["QUEUE", "CHANNEL"], &body.groupings)?;
        known(&["VOICE", "CHAT", "TASK", "EMAIL"], &body.filters.channels)?;
        if body.current_metrics.is_empty() {
            return Err("CurrentMetrics has to name at least one".into());
        }
        let is_named = |queue: &QueueName| {
            named.iter().any(|name| name.rsplit('/').next() == Some(&*queue.id))
        };
        let positions = (0..).zip(queues).filter(|(_, queue)| is_named(queue));
        let has = |word: &str| body.groupings.iter().any(|said| said == word);
        let channels = &body.filters.channels;
        Ok(Self {
            queues: positions.map(|(position, _)| position).collect(),
            voice: channels.is_empty() || channels.iter().any(|said| said == "VOICE"),
            by_queue: has("QUEUE"),
            by_channel: has("CHANNEL"),
            metrics: body.current_metrics.iter().map(metric).collect::<Result<_, _>>()?,
            rows_max,
            next_token: body.next_token,
        })
    }
}

fn metric(named: &Named) -> Result<Metric, String> {
    let known = METRICS.iter().find(|metric| metric.name == named.name);
    let known = known.ok_or_else(|| format!("there is no metric \"{}\"", named.name))?;
    if known.unit != named.unit {
        return Err(format!("the unit of {} is {}", known.name, known.unit));
    }
    Ok(*known)
}

/// Queues in a filter, and rows in a page.
const PAGE_MAX: usize = 100;

const fn count(name: &'static str, read: fn(&QueueSnapshot) -> u32) -> Metric {
    Metric { name, unit: "COUNT", read }
}

const fn online(queue: &QueueSnapshot) -> u32 {
    queue.agents_available.saturating_add(queue.agents_busy)
}

/// The vendor's metrics but `ESTIMATED_WAIT_TIME`.
const METRICS: &[Metric] = &[
    count("AGENTS_ONLINE", online),
    count("AGENTS_STAFFED", online),
    count("AGENTS_AVAILABLE", |queue| queue.agents_available),
    count("AGENTS_ON_CALL", |queue| queue.agents_busy),
    count("AGENTS_ON_CONTACT", |queue| queue.agents_busy),
    count("AGENTS_NON_PRODUCTIVE", |_| 0),
    count("AGENTS_AFTER_CONTACT_WORK", |_| 0),
    count("AGENTS_ERROR", |_| 0),
    count("CONTACTS_IN_QUEUE", |queue| queue.calls_waiting),
    Metric { name: OLDEST_CONTACT_AGE, unit: "SECONDS", read: |queue| queue.longest_wait_seconds },
    count("CONTACTS_SCHEDULED", |_| 0),
    count("SLOTS_ACTIVE", |queue| queue.agents_busy),
    count("SLOTS_AVAILABLE", |queue| queue.agents_available),
];

/// The one metric that is not added up over queues.
pub(super) const OLDEST_CONTACT_AGE: &str = "OLDEST_CONTACT_AGE";
