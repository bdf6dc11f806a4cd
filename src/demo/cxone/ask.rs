//! A request for realtime numbers, read as strictly as a vendor would: what is off is answered 400.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use crate::demo::cxone::refusal;
use crate::demo::http::Incoming;
use crate::demo::traffic::{QueueName, QueueSnapshot};
use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::http::Reply;
use crate::model::time::Span;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) interval: Span,
    pub(super) metrics: Vec<Metric>,
    /// Empty: all.
    queues: BTreeSet<Box<str>>,
}

/// A metric by CXone's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    read: fn(&QueueSnapshot) -> Option<u32>,
}

impl Ask {
    /// Reads a request. `grain` is the shortest interval there is.
    pub(super) fn read(incoming: &Incoming, grain: Span) -> Result<Self, Reply> {
        if incoming.media_type() != "application/json" {
            let why = "the content type has to be application/json";
            return Err(refusal(415, "unsupported_media_type", why));
        }
        read(&incoming.body, grain).map_err(|why| refusal(400, "invalid_request", &why))
    }

    /// The positions of the queues that are asked for. A queue that there is not is left out.
    pub(super) fn positions(&self, queues: &[QueueName]) -> Vec<usize> {
        let asked = |name: &QueueName| self.queues.is_empty() || self.queues.contains(&name.id);
        let all = (0..).zip(queues);
        all.filter(|(_, name)| asked(name)).map(|(position, _)| position).collect()
    }
}

impl Metric {
    /// The number, or nothing where CXone says null: for what did not occur in the interval.
    pub(super) fn of(self, snapshot: &QueueSnapshot) -> Option<u32> {
        (self.read)(snapshot)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    interval: String,
    #[serde(rename = "groupBy")]
    group_by: Vec<String>,
    metric: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[serde(rename = "type")]
    kind: String,
    id: BTreeSet<Box<str>>,
}

fn read(body: &[u8], grain: Span) -> Result<Ask, String> {
    let body: Body = serde_json::from_slice(body).map_err(|fault| format!("{fault}"))?;
    if body.group_by != ["queue"] {
        return Err("groupBy has to be [\"queue\"]".into());
    }
    let queues = match body.filter {
        None => BTreeSet::new(),
        Some(filter) if filter.kind == "queue" => filter.id,
        Some(_) => return Err("filter.type has to be \"queue\"".into()),
    };
    if queues.len() > ENTITIES_PER_SOURCE_MAX {
        return Err(format!("filter.id may have {ENTITIES_PER_SOURCE_MAX} queues"));
    }
    let mut metrics: Vec<Metric> = Vec::new();
    for name in &body.metric {
        let known = METRICS.iter().find(|metric| metric.name == name);
        let metric = known.ok_or_else(|| format!("there is no metric \"{name}\""))?;
        if metrics.iter().any(|before| before.name == name) {
            return Err(format!("metric \"{name}\" is asked for twice"));
        }
        metrics.push(*metric);
    }
    if metrics.is_empty() {
        return Err("metric has to name at least one".into());
    }
    Ok(Ask { interval: interval(&body.interval, grain)?, metrics, queues })
}

/// `PT10S`: whole seconds, a multiple of the grain, five minutes at most.
fn interval(text: &str, grain: Span) -> Result<Span, String> {
    let digits = text.strip_prefix("PT").and_then(|rest| rest.strip_suffix('S'));
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = digits.and_then(|digits| digits.parse().ok()).map(Span::secs);
    let fits = |span: &Span| (1..=INTERVAL_MAX.0).contains(&span.0) && span.0 % grain.0 == 0;
    seconds.filter(fits).ok_or_else(|| {
        format!(
            "interval has to be PT<seconds>S, a multiple of {} s and not above {}",
            grain.whole_secs(),
            INTERVAL_MAX
        )
    })
}

const INTERVAL_MAX: Span = Span::secs(300);

fn unless_zero(count: u32) -> Option<u32> {
    (count > 0).then_some(count)
}

const METRICS: &[Metric] = &[
    Metric { name: "calls_waiting", read: |queue| Some(queue.calls_waiting) },
    Metric {
        name: "longest_wait",
        read: |queue| (queue.calls_waiting > 0).then_some(queue.longest_wait_seconds),
    },
    Metric { name: "offered_calls", read: |queue| unless_zero(queue.offered) },
    Metric { name: "answered_calls", read: |queue| unless_zero(queue.answered) },
    Metric { name: "abandoned_calls", read: |queue| unless_zero(queue.abandoned) },
    Metric { name: "agents_available", read: |queue| Some(queue.agents_available) },
    Metric { name: "agents_busy", read: |queue| Some(queue.agents_busy) },
];

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"interval":"PT10S","groupBy":["queue"],"metric":["calls_waiting"],
        "filter":{"type":"queue","id":["a"]}}"#;

    fn status(body: &str) -> u16 {
        let incoming = Incoming::post_json("/", body);
        Ask::read(&incoming, Span::secs(10)).map_or_else(|reply| reply.status, |_| 200)
    }

    #[test]
    fn a_request_that_is_off_is_refused() {
        assert_eq!(status(GOOD), 200);
        for (right, wrong) in [
            ("PT10S", "PT15S"),
            ("PT10S", "PT0S"),
            ("PT10S", "PT310S"),
            ("PT10S", "PT+10S"),
            ("PT10S", "10"),
            ("groupBy", "groupby"),
            ("[\"queue\"]", "[\"agent\"]"),
            ("calls_waiting", "calls_waitin"),
            ("\"calls_waiting\"", "\"calls_waiting\",\"calls_waiting\""),
            ("\"calls_waiting\"", ""),
            ("\"type\":\"queue\"", "\"type\":\"site\""),
            ("\"id\":[\"a\"]", "\"id\":\"a\""),
            ("\"interval\"", "\"extra\":1,\"interval\""),
            ("{", ""),
        ] {
            assert_eq!(status(&GOOD.replacen(right, wrong, 1)), 400, "{right} -> {wrong}");
        }
        let untyped = Incoming { headers: Vec::new(), ..Incoming::post_json("/", GOOD) };
        assert_eq!(Ask::read(&untyped, Span::secs(10)).unwrap_err().status, 415);
    }

    #[test]
    fn no_filter_means_every_queue() {
        let name = |id: &str| QueueName { id: id.into(), name: id.into() };
        let queues = [name("a"), name("b")];
        let positions =
            |body: &str| read(body.as_bytes(), Span::secs(5)).unwrap().positions(&queues);
        assert_eq!(positions(GOOD), [0]);
        assert_eq!(positions(&GOOD.replace("[\"a\"]", "[]")), [0, 1]);
        assert_eq!(positions(&GOOD.replace("[\"a\"]", "[\"c\"]")), [0; 0]);
        let unfiltered = r#"{"interval":"PT10S","groupBy":["queue"],"metric":["longest_wait"]}"#;
        assert_eq!(positions(unfiltered), [0, 1]);
    }

    #[test]
    fn what_did_not_occur_is_null() {
        let value = |name: &str, snapshot| {
            METRICS.iter().find(|metric| metric.name == name).unwrap().of(&snapshot)
        };
        let idle = QueueSnapshot::default();
        assert_eq!(value("abandoned_calls", idle), None);
        assert_eq!(value("longest_wait", idle), None);
        assert_eq!(value("calls_waiting", idle), Some(0));
        let just_come = QueueSnapshot { calls_waiting: 1, ..idle };
        assert_eq!(value("longest_wait", just_come), Some(0));
    }
}
