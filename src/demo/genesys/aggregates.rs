//! `POST /api/v2/analytics/conversations/aggregates/query`: what happened in an interval.
//!
//! Timers are sums of milliseconds, counts are counts, and the service level is a ratio. A call is
//! counted when it asks for an agent, and again when its wait ends, so that an interval does not
//! hold "the calls of this interval". What did not happen is left out: the metric, then the bucket,
//! then the group. A recording has no sums of waits.
//!
//! # Promises
//! - `an_interval_is_summed_in_the_vendors_shape`: with nothing in it that is nothing.
//! - `buckets_of_an_interval_add_up_to_it`: whatever the granularity.
//! - `an_aggregation_that_is_off_is_refused`: and so is what this simulation does not know.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::demo::genesys::filter::{Dimension, Filter, Subject, VOICE};
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::{View, interval, written};
use crate::demo::traffic::{QueueSnapshot, Waits};
use crate::model::time::{Span, UtcMs};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Sent {
    interval: String,
    granularity: Option<String>,
    /// Matters to days only, of which none is remembered.
    #[serde(rename = "timeZone")]
    _time_zone: Option<String>,
    #[serde(default)]
    group_by: BTreeSet<Dimension>,
    filter: Option<Filter>,
    metrics: Vec<String>,
    #[serde(rename = "flattenMultivaluedDimensions")]
    _flatten_multivalued_dimensions: Option<bool>,
}

/// The query, checked.
#[derive(Debug)]
pub(super) struct Query {
    /// By the platform's clock.
    buckets: Vec<(UtcMs, UtcMs)>,
    group_by: BTreeSet<Dimension>,
    filter: Option<Filter>,
    pub(super) metrics: Vec<String>,
}

impl Query {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let sent: Sent =
            serde_json::from_slice(body).map_err(|fault| Refusal::bad(format!("{fault}")))?;
        if let Some(filter) = &sent.filter {
            filter.check()?;
        }
        if let Some(unknown) = sent.metrics.iter().find(|name| !METRICS.contains(&name.as_str())) {
            return Err(Refusal::bad(format!("there is no metric \"{unknown}\"")));
        }
        if sent.metrics.is_empty() {
            return Err(Refusal::bad("metrics has to name at least one"));
        }
        let (from, to) = interval(&sent.interval)?;
        let step = sent.granularity.as_deref().map_or(Ok(to - from), granularity)?;
        Ok(Self {
            buckets: buckets(from, to, step)?,
            group_by: sent.group_by,
            filter: sent.filter,
            metrics: sent.metrics,
        })
    }

    pub(super) fn answer(&self, view: &View<'_>) -> Result<Value, Refusal> {
        let names = (0..).zip(view.traffic.queues());
        let admitted: Vec<(usize, &str)> = names
            .map(|(position, name)| (position, &*name.id))
            .filter(|(_, queue)| {
                let subject = Subject { queue, medium: Some(VOICE) };
                self.filter.as_ref().is_none_or(|filter| filter.admits(subject))
            })
            .collect();
        let by_queue = self.group_by.contains(&Dimension::QueueId);
        let groups = admitted.chunks(if by_queue { 1 } else { admitted.len().max(1) });
        let results: Result<Vec<Option<Value>>, Refusal> =
            groups.map(|queues| self.container(view, queues)).collect();
        Ok(json!({ "results": results?.into_iter().flatten().collect::<Vec<Value>>() }))
    }

    /// One group, which is of one queue or of all of them.
    fn container(
        &self,
        view: &View<'_>,
        queues: &[(usize, &str)],
    ) -> Result<Option<Value>, Refusal> {
        let mut data = Vec::new();
        for (from, to) in &self.buckets {
            let metrics = self.metrics(&Self::happened(view, queues, *from, *to)?);
            if !metrics.is_empty() {
                let interval = format!("{}/{}", written(*from), written(*to));
                data.push(json!({ "interval": interval, "metrics": metrics }));
            }
        }
        let mut group = Map::new();
        if let (true, Some((_, queue))) =
            (self.group_by.contains(&Dimension::QueueId), queues.first())
        {
            group.insert("queueId".into(), (*queue).into());
        }
        if self.group_by.contains(&Dimension::MediaType) {
            group.insert("mediaType".into(), VOICE.into());
        }
        Ok((!data.is_empty()).then(|| json!({ "group": group, "data": data })))
    }

    /// What happened in all of these queues, as far as it has happened already.
    fn happened(
        view: &View<'_>,
        queues: &[(usize, &str)],
        from: UtcMs,
        to: UtcMs,
    ) -> Result<QueueSnapshot, Refusal> {
        let true_time = |moment: UtcMs| view.grain_start(UtcMs(moment.0 - view.skew.0));
        let (from, to) = (true_time(from), true_time(to).min(view.grain_start(view.moment)));
        let mut sum = QueueSnapshot::default();
        if from < to {
            for (position, _) in queues {
                sum = sum.then(view.window(*position, from, to)?);
            }
        }
        Ok(sum)
    }

    fn metrics(&self, happened: &QueueSnapshot) -> Vec<Value> {
        let all = self.metrics.iter().filter_map(|metric| {
            Some(json!({ "metric": metric, "stats": stats(metric, happened)? }))
        });
        all.collect()
    }
}

/// The numbers of one metric, or nothing where it did not happen or is not known.
fn stats(metric: &str, happened: &QueueSnapshot) -> Option<Value> {
    let QueueSnapshot { offered, answered, answered_in_target, abandoned, .. } = *happened;
    let (answered_waits, abandoned_waits) = (happened.answered_waits, happened.abandoned_waits);
    let ended = answered.saturating_add(abandoned);
    let count = |count: u32| (count > 0).then(|| json!({ "count": count }));
    match metric {
        "nOffered" => count(offered),
        "nConnected" => count(answered),
        "nOverSla" => count(answered.saturating_sub(answered_in_target)),
        "tAnswered" => timer(answered, answered_waits),
        "tAbandon" => timer(abandoned, abandoned_waits),
        "tWait" => timer(ended, Waits::both(answered_waits, abandoned_waits)),
        "oServiceLevel" if ended > 0 => Some(json!({
            "ratio": f64::from(answered_in_target) / f64::from(ended),
            "numerator": answered_in_target,
            "denominator": ended,
            "target": SERVICE_LEVEL_TARGET,
        })),
        _ => None,
    }
}

fn timer(count: u32, waits: Option<Waits>) -> Option<Value> {
    (count > 0).then(|| match waits {
        Some(Waits { sum, min, max }) => {
            json!({ "count": count, "sum": sum, "min": min, "max": max })
        }
        None => json!({ "count": count }),
    })
}

/// `PT30M`, `PT1H`, `P1D`: whole minutes.
fn granularity(text: &str) -> Result<Span, Refusal> {
    let units = [("PT", "M", 60), ("PT", "H", 3_600), ("P", "D", 86_400)];
    let step = units.into_iter().find_map(|(before, after, seconds)| {
        let digits = text.strip_prefix(before)?.strip_suffix(after)?;
        let count: u32 = digits.parse().ok().filter(|count| *count > 0)?;
        Some(Span::secs(i64::from(count).saturating_mul(seconds)))
    });
    step.ok_or_else(|| {
        Refusal::new(400, "invalid.value", format!("granularity is \"{text}\", not as PT30M"))
    })
}

fn buckets(from: UtcMs, to: UtcMs, step: Span) -> Result<Vec<(UtcMs, UtcMs)>, Refusal> {
    let mut buckets = Vec::new();
    let mut start = from;
    while start < to {
        if buckets.len() >= BUCKETS_MAX {
            return Err(Refusal::bad(format!("there are more than {BUCKETS_MAX} buckets")));
        }
        let end = (start + step).min(to);
        buckets.push((start, end));
        start = end;
    }
    Ok(buckets)
}

/// The share of calls that the queues promise to answer in time.
const SERVICE_LEVEL_TARGET: f64 = 0.8;

/// The vendor's own bound is not documented.
const BUCKETS_MAX: usize = 1_000;

/// Every metric that the vendor has; most of them this simulation knows nothing of.
const METRICS: &[&str] = &[
    "nAgentDeclined",
    "nAlertExpired",
    "nBlindTransferred",
    "nBotInteractions",
    "nCallbackAttempts",
    "nCallbackOverSla",
    "nCallbackScheduled",
    "nCfcOffered",
    "nCobrowseSessions",
    "nConnected",
    "nConsult",
    "nConsultTransferred",
    "nConversations",
    "nError",
    "nOffered",
    "nOutbound",
    "nOutboundAbandoned",
    "nOutboundAttempted",
    "nOutboundConnected",
    "nOverSla",
    "nStateTransitionError",
    "nTakeover",
    "nTransferred",
    "oAudioMessageCount",
    "oCallbackServiceLevel",
    "oExternalAudioMessageCount",
    "oExternalMediaCount",
    "oMediaCount",
    "oMessageCount",
    "oMessageSegmentCount",
    "oMessageTurn",
    "oServiceLevel",
    "oServiceTarget",
    "oSkillExpressionApplications",
    "tAbandon",
    "tAcd",
    "tActiveCallback",
    "tActiveCallbackComplete",
    "tAcw",
    "tAgentResponseTime",
    "tAgentVideoConnected",
    "tAlert",
    "tAnswered",
    "tAverageAgentResponseTime",
    "tAverageCustomerResponseTime",
    "tBarging",
    "tCallbackAbandon",
    "tCallbackConnect",
    "tCallbackNotReached",
    "tCallbackVirtualWait",
    "tCfcAbandon",
    "tCfcAcd",
    "tCfcAnswered",
    "tCfcFlowOut",
    "tCoaching",
    "tCoachingComplete",
    "tConnected",
    "tContacting",
    "tDialing",
    "tFirstConnect",
    "tFirstDial",
    "tFirstEngagement",
    "tFirstResponse",
    "tFlowOut",
    "tHandle",
    "tHeld",
    "tHeldComplete",
    "tIvr",
    "tMonitoring",
    "tMonitoringComplete",
    "tNotResponding",
    "tPark",
    "tParkComplete",
    "tScreenMonitoring",
    "tShortAbandon",
    "tSnippetRecord",
    "tTalk",
    "tTalkComplete",
    "tTransmitting",
    "tUserResponseTime",
    "tVoicemail",
    "tWait",
];
