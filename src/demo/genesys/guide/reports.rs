//! `GET /api/v2/analytics/report/definitions`: the shape of a report, which guide 1 leaves open.
//!
//! ```json
//! {"entities":[
//!   {"id":"report-queue-retail-1","name":"Health of Retail banking",
//!    "entity":{"type":"queue","id":"queue-retail-1","name":"Retail banking"},
//!    "timestamp":"2024-05-15T14:32:00Z",
//!    "interval":"2024-05-15T14:27:00Z/2024-05-15T14:32:00Z",
//!    "metrics":[{"metric":"routing.queue.abandon_rate","value":0.18},
//!               {"metric":"routing.queue.calls_waiting","value":22}]},
//!   {"id":"report-tb-1","name":"Health of SBC-East",
//!    "entity":{"type":"trunk","id":"tb-1","name":"SBC-East"},
//!    "timestamp":"2024-05-15T14:32:00Z",
//!    "interval":"2024-05-15T14:27:00Z/2024-05-15T14:32:00Z",
//!    "metrics":[{"metric":"telephony.trunk.connected","value":true},
//!               {"metric":"telephony.trunk.latency","value":20}]}],
//!  "pageSize":25,"pageNumber":1,"total":8,"pageCount":1}
//! ```
//!
//! A definition comes with its last report: the five whole minutes (the guide's polling cycle) that
//! were over last. Counts are of these, gauges of their end. Metrics have the names of the guide's
//! normalised payload, waits are seconds, latency is milliseconds. A rate of nothing is null, and
//! so is the latency of a trunk that is down.

use alloc::format;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::demo::genesys::guide::REPORTS;
use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;
use crate::demo::http::Incoming;
use crate::demo::sender::{Link, Trunk};
use crate::demo::traffic::QueueSnapshot;
use crate::model::time::{Span, UtcMs};

/// The first of a report's metrics.
pub(super) const FIRST_METRIC: &str = "routing.queue.abandon_rate";

pub(super) fn answer(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let page = Page::read(incoming, REPORTS, &[])?;
    let end = UtcMs(view.moment.0 - view.moment.0.rem_euclid(MINUTE.0));
    let start = UtcMs(end.0 - CYCLE.0);
    let mut reports = Vec::new();
    for (position, name) in (0..).zip(view.traffic.queues()) {
        let entity = json!({ "type": "queue", "id": name.id, "name": name.name });
        let metrics = of_queue(&view.window(position, start, end)?);
        reports.push(report(view, &entity, (start, end), &metrics));
    }
    for Trunk { id, name, link } in view.lines.by_base(end) {
        let entity = json!({ "type": "trunk", "id": id, "name": name });
        let connected = link == Link::Connected;
        let metrics = json!([
            { "metric": "telephony.trunk.connected", "value": connected },
            { "metric": "telephony.trunk.latency", "value": connected.then_some(LATENCY_MS) },
        ]);
        reports.push(report(view, &entity, (start, end), &metrics));
    }
    Ok(page.listing(&reports))
}

fn report(view: &View<'_>, entity: &Value, (start, end): (UtcMs, UtcMs), metrics: &Value) -> Value {
    let [start, end] = [start, end].map(|moment| view.clock(moment).rfc3339());
    let text = |field: &str| entity.get(field).and_then(Value::as_str).unwrap_or_default();
    json!({
        "id": format!("report-{}", text("id")),
        "name": format!("Health of {}", text("name")),
        "entity": entity,
        "timestamp": end,
        "interval": format!("{start}/{end}"),
        "metrics": metrics,
    })
}

fn of_queue(queue: &QueueSnapshot) -> Value {
    let ratio =
        |part: u32, whole: u32| (whole > 0).then(|| (f64::from(part) / f64::from(whole)).min(1.0));
    let ended = queue.answered.saturating_add(queue.abandoned);
    json!([
        { "metric": FIRST_METRIC, "value": ratio(queue.abandoned, queue.offered) },
        { "metric": "routing.queue.calls_waiting", "value": queue.calls_waiting },
        { "metric": "routing.queue.longest_wait", "value": queue.longest_wait_seconds },
        { "metric": "routing.queue.offered_calls", "value": queue.offered },
        { "metric": "routing.queue.abandoned_calls", "value": queue.abandoned },
        { "metric": "routing.queue.service_level",
          "value": ratio(queue.answered_in_target, ended) },
        { "metric": "routing.queue.agents_available", "value": queue.agents_available },
        { "metric": "routing.queue.agents_busy", "value": queue.agents_busy },
    ])
}

/// The guide's polling cycle.
const CYCLE: Span = Span::secs(300);
const MINUTE: Span = Span::secs(60);
const LATENCY_MS: u32 = 20;
