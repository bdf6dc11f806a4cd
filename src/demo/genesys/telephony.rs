//! `GET /api/v2/telephony/providers/edges...`: trunks and edges, and their metrics.
//!
//! A trunk is listed once for each edge; up or down stands in this list, not among the metrics. The
//! metrics are a bare array. Agents who are busy stand for calls, shared by the trunks that are up.
//! An edge that is offline tells no metrics.
//!
//! # Promises
//! - `trunks_are_listed_for_each_edge_in_the_vendors_shape`: with `connectedStatus`.
//! - `metrics_are_a_bare_array`: of trunks and of edges.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::demo::genesys::lines::{Line, State};
use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;
use crate::demo::http::Incoming;

pub(super) const TRUNKS: &str = "/api/v2/telephony/providers/edges/trunks";
pub(super) const TRUNK_METRICS: &str = "/api/v2/telephony/providers/edges/trunks/metrics";
pub(super) const EDGES: &str = "/api/v2/telephony/providers/edges";
pub(super) const EDGE_METRICS: &str = "/api/v2/telephony/providers/edges/metrics";

pub(super) fn trunks(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let page = Page::read(incoming, TRUNKS, &["edge.id", "trunkBase.id", "trunkType"])?;
    let fits = |name: &str, value: &str| {
        let asked = page.filter(name);
        asked.is_empty() || asked.contains(&value)
    };
    let asked = view.lines.trunks.iter().filter(|trunk| {
        fits("edge.id", trunk.edge)
            && fits("trunkBase.id", trunk.base)
            && fits("trunkType", "EXTERNAL")
    });
    Ok(page.listing(&asked.map(|trunk| listed_trunk(view, trunk)).collect::<Vec<_>>()))
}

fn listed_trunk(view: &View<'_>, trunk: &Line) -> Value {
    let (state, since) = trunk.at(view.moment);
    let since = view.written(since);
    let connected = state == State::Up;
    let mut options = json!({
        "proxyAddress": "203.0.113.10:5061",
        "optionState": connected,
        "optionStateTime": since,
    });
    if let (State::Down, Some(options)) = (state, options.as_object_mut()) {
        options.insert("errorInfo".into(), json!({ "text": "no response", "code": "timeout" }));
    }
    json!({
        "id": trunk.id,
        "name": trunk.name,
        "state": "active",
        "trunkType": "EXTERNAL",
        "inService": connected,
        "enabled": true,
        "edge": { "id": trunk.edge },
        "trunkBase": { "id": trunk.base },
        "connectedStatus": { "connected": connected, "connectedStateTime": since },
        "optionsStatus": [options],
        "optionsEnabledStatus": "ENABLED",
        "selfUri": format!("{TRUNKS}/{}", trunk.id),
    })
}

pub(super) fn trunk_metrics(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let asked = ids(incoming, "trunkIds")?;
    let up = view.lines.trunks.iter().filter(|trunk| trunk.at(view.moment).0 == State::Up);
    let calls = share(calls(view)?, up.count());
    let chosen = view.lines.trunks.iter().filter(|trunk| asked.iter().any(|id| id == trunk.id));
    let metrics = chosen.map(|trunk| {
        let inbound = if trunk.at(view.moment).0 == State::Up { calls } else { 0 };
        json!({
            "eventTime": view.written(view.moment),
            "trunk": { "id": trunk.id, "name": trunk.name },
            "calls": { "inboundCallCount": inbound, "outboundCallCount": 0 },
            "qos": { "mismatchCount": 0 },
        })
    });
    Ok(metrics.collect())
}

pub(super) fn edges(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let page = Page::read(incoming, EDGES, &["name"])?;
    let calls = share(calls(view)?, view.lines.edges.len());
    let names = page.filter("name");
    let asked =
        view.lines.edges.iter().filter(|edge| names.is_empty() || names.contains(&edge.name));
    let listed = asked.map(|edge| {
        let (online, conversations) = match edge.at(view.moment).0 {
            State::Up => ("ONLINE", calls),
            State::Down => ("OFFLINE", 0),
        };
        json!({
            "id": edge.id,
            "name": edge.name,
            "state": "active",
            "statusCode": "ACTIVE",
            "onlineStatus": online,
            "callDrainingState": "NONE",
            "conversationCount": conversations,
            "edgeDeploymentType": "HARDWARE",
            "selfUri": format!("{EDGES}/{}", edge.id),
        })
    });
    Ok(page.listing(&listed.collect::<Vec<_>>()))
}

pub(super) fn edge_metrics(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let asked = ids(incoming, "edgeIds")?;
    let chosen = view.lines.edges.iter().filter(|edge| asked.iter().any(|id| id == edge.id));
    let online = chosen.filter(|edge| edge.at(view.moment).0 == State::Up);
    let busy = calls(view)?.min(100);
    let metrics = online.map(|edge| {
        json!({
            "edge": { "id": edge.id, "name": edge.name },
            "eventTime": view.written(view.moment),
            "upTimeMsec": (view.moment - edge.at(view.moment).1).0,
            "processors": [
                { "cpuId": "total", "activeTimePct": busy, "idleTimePct": 100 - busy },
            ],
            "memory": [
                { "type": "physical", "availableBytes": 6.0e9, "totalBytes": 8.0e9 },
            ],
            "disks": [],
            "networks": [{ "ifname": "eth0", "utilizationPct": 3.5 }],
            "subsystems": [{ "processName": "media", "delayMs": 1 }],
        })
    });
    Ok(metrics.collect())
}

/// The one parameter of a request for metrics. What is not there has no metrics.
fn ids(incoming: &Incoming, parameter: &str) -> Result<Vec<String>, Refusal> {
    let query = incoming.query();
    let [(name, value)] = query.as_slice() else {
        return Err(Refusal::bad(format!("{parameter} is needed, and nothing else taken")));
    };
    let ids: Vec<_> = value.split(',').filter(|id| !id.is_empty()).map(Into::into).collect();
    if name != parameter || ids.is_empty() || ids.len() > IDS_MAX {
        return Err(Refusal::bad(format!("{parameter} takes 1 to {IDS_MAX} identifiers")));
    }
    Ok(ids)
}

/// Calls under way in the whole centre. A recording's `ALL` would count them twice.
fn calls(view: &View<'_>) -> Result<u32, Refusal> {
    let names = (0..).zip(view.traffic.queues()).filter(|(_, name)| &*name.id != "ALL");
    names.map(|(position, _)| Ok(view.queue(position)?.0.agents_busy)).sum()
}

fn share(calls: u32, among: usize) -> u32 {
    u32::try_from(among).ok().and_then(|among| calls.checked_div(among)).unwrap_or_default()
}

/// The vendor's bound for edges; that for trunks is not documented.
const IDS_MAX: usize = 100;
