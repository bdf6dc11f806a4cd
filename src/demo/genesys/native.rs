//! What Genesys Cloud itself finds worth telling: alerts by its own rules, operational events.
//!
//! The tenant has one rule: a queue in which ten callers wait. Its alerts are read off the traffic,
//! so that only those that are active are known. The events are those of trunks and edges; the
//! identifiers of their definitions are ours.
//!
//! # Promises
//! - `a_full_queue_is_an_alert_of_the_platform_itself`: since the tenth caller came.
//! - `events_are_read_by_cursor`: each once.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::demo::genesys::lines::{Event, Kind, State};
use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::{View, interval};
use crate::demo::http::Incoming;
use crate::limits::DEMO_CYCLES_MAX;
use crate::model::time::UtcMs;

pub(super) const ALERTS: &str = "/api/v2/alerting/alerts/query";
pub(super) const EVENTS: &str = "/api/v2/usage/events/query";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AlertQuery {
    rule_type: Option<RuleType>,
    query_type: Option<QueryType>,
    alert_status: Option<AlertStatus>,
    /// Nobody reads alerts here: all are unread.
    viewed_status: Option<ViewedStatus>,
    page_number: Option<usize>,
    page_size: Option<usize>,
    #[serde(rename = "sortBy")]
    _sort_by: Option<SortBy>,
    #[serde(rename = "sortOrder")]
    _sort_order: Option<SortOrder>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum RuleType {
    Conversation,
    Presence,
    WorkforceManagement,
    OperationalConsole,
    Anomaly,
    All,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum QueryType {
    Info,
    Count,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum AlertStatus {
    Active,
    Inactive,
    All,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum ViewedStatus {
    Unread,
    Read,
    All,
}

#[derive(Debug, Deserialize)]
enum SortBy {
    Name,
    DateStart,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum SortOrder {
    #[serde(alias = "ASC")]
    Asc,
    #[serde(alias = "DESC")]
    Desc,
}

pub(super) fn alerts(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let query: AlertQuery =
        serde_json::from_slice(&incoming.body).map_err(|fault| Refusal::bad(format!("{fault}")))?;
    let size = query.page_size.unwrap_or(ALERTS_MAX);
    if size == 0 || size > ALERTS_MAX {
        return Err(Refusal::bad(format!("pageSize has to be 1 to {ALERTS_MAX}")));
    }
    let page = Page::numbered(ALERTS, query.page_number.unwrap_or(1), size);
    let of_kind = matches!(query.rule_type, None | Some(RuleType::Conversation | RuleType::All));
    let nothing = !of_kind
        || query.alert_status == Some(AlertStatus::Inactive)
        || query.viewed_status == Some(ViewedStatus::Read);
    let mut found = Vec::new();
    if !nothing {
        for (position, name) in (0..).zip(view.traffic.queues()) {
            found.extend(full_since(view, position)?.map(|since| alert(view, &name.id, since)));
        }
    }
    let mut listing = page.listing(&found);
    if let (Some(QueryType::Count), Some(listing)) = (query.query_type, listing.as_object_mut()) {
        listing.insert("entities".into(), json!([]));
    }
    Ok(listing)
}

/// Since when a queue has been full without a break, as far back as is remembered.
fn full_since(view: &View<'_>, position: usize) -> Result<Option<UtcMs>, Refusal> {
    let (queue, end) = view.queue(position)?;
    if queue.calls_waiting < FULL {
        return Ok(None);
    }
    let grain = view.traffic.grain();
    let mut since = end;
    for _ in 0..DEMO_CYCLES_MAX {
        let before = UtcMs(since.0 - grain.0);
        let known = view.traffic.window(position, UtcMs(before.0 - grain.0), before);
        if known.is_none_or(|queue| queue.calls_waiting < FULL) {
            break;
        }
        since = before;
    }
    Ok(Some(since))
}

fn alert(view: &View<'_>, queue: &str, since: UtcMs) -> Value {
    let id = format!("alert-{queue}-{}", since.0);
    let entity = json!({ "entityType": "Queue", "queue": { "id": queue } });
    json!({
        "id": id,
        "name": RULE_NAME,
        "rule": { "id": RULE, "name": RULE_NAME, "type": "ConversationMetrics" },
        "dateStart": view.written(since),
        "active": true,
        "unread": true,
        "muted": false,
        "snoozed": false,
        "conditions": { "type": "And", "clauses": [], "predicates": [{
            "metric": "oWaiting",
            "metricType": "Instance",
            "metricValueType": "Count",
            "comparisonOperator": "Gte",
            "value": FULL,
            "mediaType": "Voice",
            "entity": entity,
        }]},
        "alertSummary": { "metricType": "Instance", "entities": [
            { "entityType": "Queue", "queue": { "id": queue }, "alerting": true },
        ]},
        "ruleUri": format!("/api/v2/alerting/rules/{RULE}"),
        "selfUri": format!("/api/v2/alerting/alerts/{id}"),
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EventQuery {
    interval: String,
    #[serde(default)]
    event_definition_ids: Vec<String>,
    search_term: Option<String>,
    sort_order: Option<SortOrder>,
}

pub(super) fn events(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let query: EventQuery =
        serde_json::from_slice(&incoming.body).map_err(|fault| Refusal::bad(format!("{fault}")))?;
    let (from, to) = interval(&query.interval)?;
    let (size, start) = cursor(incoming)?;
    let asked = |event: &&Event| {
        let ids = &query.event_definition_ids;
        let term = query.search_term.as_deref().unwrap_or_default();
        event.at <= view.moment
            && (from..to).contains(&view.clock(event.at))
            && (ids.is_empty() || ids.iter().any(|id| id == definition(event.kind)))
            && (event.name.contains(term) || event.id.contains(term))
    };
    let mut found: Vec<&Event> = view.lines.events.iter().filter(asked).collect();
    if let None | Some(SortOrder::Desc) = query.sort_order {
        found.reverse();
    }
    let on_page = found.iter().skip(start).take(size);
    let mut answer = json!({
        "entities": on_page.map(|event| listed_event(view, event)).collect::<Vec<_>>(),
        "selfUri": format!("{EVENTS}?pageSize={size}&after={}", written_cursor(start)),
    });
    let next = start.saturating_add(size);
    if let (true, Some(answer)) = (next < found.len(), answer.as_object_mut()) {
        let uri = format!("{EVENTS}?pageSize={size}&after={}", written_cursor(next));
        answer.insert("nextUri".into(), uri.into());
    }
    Ok(answer)
}

fn listed_event(view: &View<'_>, event: &Event) -> Value {
    let words = match event.kind {
        Kind::Trunk => ("CONNECTED", "DISCONNECTED"),
        Kind::Edge => ("ONLINE", "OFFLINE"),
    };
    let (previous, current) = match event.to {
        State::Down => words,
        State::Up => (words.1, words.0),
    };
    let definition = definition(event.kind);
    let mut listed = json!({
        "eventDefinition": {
            "id": definition, "selfUri": format!("/api/v2/usage/events/definitions/{definition}"),
        },
        "entityId": event.id,
        "entityName": event.name,
        "previousValue": previous,
        "currentValue": current,
        "dateCreated": view.written(event.at),
    });
    if let (Some(parent), Some(listed)) = (event.parent, listed.as_object_mut()) {
        listed.insert("parentEntityId".into(), parent.into());
    }
    listed
}

const fn definition(kind: Kind) -> &'static str {
    match kind {
        Kind::Trunk => "trunk-connection-state",
        Kind::Edge => "edge-online-status",
    }
}

/// Size and start of a page. The cursor is opaque to whoever asks.
fn cursor(incoming: &Incoming) -> Result<(usize, usize), Refusal> {
    let (mut size, mut start) = (EVENTS_MAX, 0);
    for (name, value) in incoming.query() {
        let number = |text: &str| text.parse::<usize>().ok();
        let read = match name.as_str() {
            "pageSize" => number(&value).filter(|size| (1..=EVENTS_MAX).contains(size)),
            "after" => value.strip_prefix("after-").and_then(number),
            _ => None,
        };
        let Some(read) = read else {
            return Err(Refusal::bad(format!("{name} is \"{value}\", which is not known here")));
        };
        if name == "after" { start = read } else { size = read }
    }
    Ok((size, start))
}

fn written_cursor(start: usize) -> String {
    format!("after-{start}")
}

/// So many callers make a queue full by the tenant's rule.
const FULL: u32 = 10;
const RULE: &str = "rule-full-queue";
const RULE_NAME: &str = "Ten callers wait";

/// The smaller of the two bounds that the vendor documents.
const ALERTS_MAX: usize = 25;
const EVENTS_MAX: usize = 200;
