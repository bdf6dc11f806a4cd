//! `POST /api/v2/analytics/{conversations,routing}/activity/query`: the same numbers, flatter.
//!
//! `groupBy` is mandatory, and counts stand beside the metric's name. The answer is a page of
//! groups and does not say how many there are: whoever gets a full page asks for the next.
//!
//! # Promises
//! - `activity_is_told_flat_and_in_pages`: without a `stats` object.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::demo::genesys::filter::{Dimension, Filter, Subject, VOICE};
use crate::demo::genesys::gauges::{OF_CONVERSATIONS, OF_USERS, Reading, readings};
use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;

/// Whose activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Conversations,
    Routing,
}

/// The query, as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Sent {
    metrics: Vec<Asked>,
    group_by: Vec<Dimension>,
    filter: Option<Filter>,
    /// The groups come in the order of the queues, which is any order.
    #[serde(rename = "order")]
    _order: Option<Order>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    metric: String,
    #[serde(default)]
    details: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Asc,
    Desc,
    Unordered,
}

/// The query, checked.
#[derive(Debug)]
pub(super) struct Query {
    of: Of,
    by_medium: bool,
    filter: Option<Filter>,
    pub(super) metrics: Vec<String>,
    details: bool,
}

impl Query {
    pub(super) fn read(of: Of, body: &[u8]) -> Result<Self, Refusal> {
        let sent: Sent =
            serde_json::from_slice(body).map_err(|fault| Refusal::bad(format!("{fault}")))?;
        if let Some(filter) = &sent.filter {
            filter.check()?;
        }
        let by_medium = sent.group_by.contains(&Dimension::MediaType);
        if !sent.group_by.contains(&Dimension::QueueId) || (of == Of::Routing && by_medium) {
            return Err(Refusal::bad("groupBy has to be queueId, and of conversations mediaType"));
        }
        let known = match of {
            Of::Conversations => OF_CONVERSATIONS,
            Of::Routing => OF_USERS,
        };
        if let Some(unknown) = sent.metrics.iter().find(|m| !known.contains(&m.metric.as_str())) {
            return Err(Refusal::bad(format!("there is no metric \"{}\" here", unknown.metric)));
        }
        if sent.metrics.is_empty() {
            return Err(Refusal::bad("metrics has to name at least one"));
        }
        let details = sent.metrics.iter().any(|asked| asked.details);
        let metrics = sent.metrics.into_iter().map(|asked| asked.metric).collect();
        Ok(Self { of, by_medium, filter: sent.filter, metrics, details })
    }

    /// Details name the entities, which may be people.
    pub(super) const fn asks_for_persons(&self) -> bool {
        self.details
    }

    /// The answer. Details are never given.
    pub(super) fn answer(&self, view: &View<'_>, page: &Page) -> Result<Value, Refusal> {
        let mut results = Vec::new();
        for (position, name) in (0..).zip(view.traffic.queues()) {
            let medium = (self.of == Of::Conversations).then_some(VOICE);
            let subject = Subject { queue: &name.id, medium };
            if self.filter.as_ref().is_some_and(|filter| !filter.admits(subject)) {
                continue;
            }
            let data: Vec<Value> =
                readings(view, position, &self.metrics)?.iter().map(item).collect();
            let mut group = Map::from_iter([("queueId".into(), json!(name.id))]);
            if self.by_medium {
                group.insert("mediaType".into(), VOICE.into());
            }
            if !data.is_empty() {
                let entities: [Value; 0] = [];
                results.push(json!({
                    "group": group, "data": data, "truncated": false, "entities": entities,
                }));
            }
        }
        Ok(json!({ "results": page.of(&results) }))
    }
}

fn item(reading: &Reading<'_>) -> Value {
    let mut item = Map::from_iter([reading.amount.field()]);
    item.insert("metric".into(), reading.metric.into());
    if let Some(qualifier) = reading.qualifier {
        item.insert("qualifier".into(), qualifier.into());
    }
    item.insert("entityIds".into(), json!([]));
    item.into()
}
