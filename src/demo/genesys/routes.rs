//! Which path answers what.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;
use crate::demo::genesys::{activity, aggregates, native, observations, queues, telephony};
use crate::demo::http::Incoming;

/// An answer before faults distort it.
pub(super) struct Answer {
    pub(super) body: Value,
    /// What a fault leaves out where it does not say.
    pub(super) first_metric: String,
    /// Whether details of observations were asked for, which name people.
    pub(super) asks_for_persons: bool,
}

/// Answers a request for data to one of [`ROUTES`].
pub(super) fn answer(view: &View<'_>, incoming: &Incoming, path: &str) -> Result<Answer, Refusal> {
    match path {
        OBSERVATIONS => {
            let query = observations::Query::read(&incoming.body)?;
            let body = query.answer(view)?;
            let persons = query.asks_for_persons();
            Ok(asked(query.metrics, persons, body))
        }
        CONVERSATIONS => active(activity::Of::Conversations, view, incoming, path),
        ROUTING => active(activity::Of::Routing, view, incoming, path),
        AGGREGATES => {
            let query = aggregates::Query::read(&incoming.body)?;
            let body = query.answer(view)?;
            Ok(asked(query.metrics, false, body))
        }
        telephony::TRUNKS => telephony::trunks(view, incoming).map(listed),
        telephony::TRUNK_METRICS => telephony::trunk_metrics(view, incoming).map(listed),
        telephony::EDGES => telephony::edges(view, incoming).map(listed),
        telephony::EDGE_METRICS => telephony::edge_metrics(view, incoming).map(listed),
        queues::QUEUES => queues::queues(view, incoming).map(listed),
        native::ALERTS => native::alerts(view, incoming).map(listed),
        native::EVENTS => native::events(view, incoming).map(listed),
        _ => Ok(listed(json!({ "currentDate": view.written(view.moment) }))),
    }
}

fn active(
    of: activity::Of,
    view: &View<'_>,
    incoming: &Incoming,
    path: &str,
) -> Result<Answer, Refusal> {
    let query = activity::Query::read(of, &incoming.body)?;
    let body = query.answer(view, &Page::read(incoming, path, &[])?)?;
    let persons = query.asks_for_persons();
    Ok(asked(query.metrics, persons, body))
}

fn asked(metrics: Vec<String>, asks_for_persons: bool, body: Value) -> Answer {
    let first_metric = metrics.into_iter().next().unwrap_or_default();
    Answer { body, first_metric, asks_for_persons }
}

fn listed(body: Value) -> Answer {
    Answer { body, first_metric: "connectedStatus".into(), asks_for_persons: false }
}

pub(super) const OBSERVATIONS: &str = "/api/v2/analytics/queues/observations/query";
pub(super) const CONVERSATIONS: &str = "/api/v2/analytics/conversations/activity/query";
pub(super) const ROUTING: &str = "/api/v2/analytics/routing/activity/query";
pub(super) const AGGREGATES: &str = "/api/v2/analytics/conversations/aggregates/query";
pub(super) const DATE: &str = "/api/v2/date";

/// Method and path of every request for data.
pub(super) const ROUTES: &[(&str, &str)] = &[
    ("POST", OBSERVATIONS),
    ("POST", CONVERSATIONS),
    ("POST", ROUTING),
    ("POST", AGGREGATES),
    ("GET", telephony::TRUNKS),
    ("GET", telephony::TRUNK_METRICS),
    ("GET", telephony::EDGES),
    ("GET", telephony::EDGE_METRICS),
    ("GET", queues::QUEUES),
    ("POST", native::ALERTS),
    ("POST", native::EVENTS),
    ("GET", DATE),
];
