//! `POST /api/v2/analytics/queues/observations/query`: every queue that passes the filter, now.
//!
//! A queue has a group for its medium and one without for its users; a filter on the medium drops
//! the latter (which the vendor leaves open). A group without a number is left out, and there is no
//! moment in the answer.
//!
//! # Promises
//! - `queues_are_observed_in_the_vendors_shape`: with nothing in it that is nothing.
//! - `a_filter_on_the_medium_drops_the_users`: their groups have no medium.
//! - `an_observation_that_is_off_is_refused`: as strictly as the vendor's schema allows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::demo::genesys::filter::{Filter, Subject, VOICE};
use crate::demo::genesys::gauges::{OF_CONVERSATIONS, OF_USERS, Reading, presences, readings};
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;

/// The query, as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Query {
    filter: Filter,
    pub(super) metrics: Vec<String>,
    #[serde(default)]
    detail_metrics: Vec<String>,
}

impl Query {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let query: Self =
            serde_json::from_slice(body).map_err(|fault| Refusal::bad(format!("{fault}")))?;
        query.filter.check()?;
        if query.metrics.is_empty() {
            return Err(Refusal::bad("metrics has to name at least one"));
        }
        let known = |name: &str| OF_CONVERSATIONS.contains(&name) || OF_USERS.contains(&name);
        match query.metrics.iter().chain(&query.detail_metrics).find(|name| !known(name)) {
            Some(unknown) => Err(Refusal::bad(format!("there is no metric \"{unknown}\""))),
            None => Ok(query),
        }
    }

    /// Details of observations name callers and their numbers.
    pub(super) const fn asks_for_persons(&self) -> bool {
        !self.detail_metrics.is_empty()
    }

    /// The answer. Details are never given.
    pub(super) fn answer(&self, view: &View<'_>) -> Result<Value, Refusal> {
        let mut results = Vec::new();
        for (position, name) in (0..).zip(view.traffic.queues()) {
            let voice = Subject { queue: &name.id, medium: Some(VOICE) };
            let users = Subject { medium: None, ..voice };
            let [of_voice, of_users] = [voice, users].map(|subject| self.filter.admits(subject));
            if !of_voice && !of_users {
                continue;
            }
            let readings = readings(view, position, &self.metrics)?;
            let group = json!({ "queueId": name.id, "mediaType": VOICE });
            results.extend(of_voice.then(|| container(&group, &readings, OF_CONVERSATIONS)));
            let group = json!({ "queueId": name.id });
            results.extend(of_users.then(|| container(&group, &readings, OF_USERS)));
        }
        let results: Vec<Value> = results.into_iter().flatten().collect();
        Ok(json!({ "systemToOrganizationMappings": presences(), "results": results }))
    }
}

/// A group with those of its readings that have these names, where there are any.
fn container(group: &Value, readings: &[Reading<'_>], names: &[&str]) -> Option<Value> {
    let of_group = readings.iter().filter(|reading| names.contains(&reading.metric));
    let data: Vec<Value> = of_group
        .map(|reading| {
            let mut item = Map::new();
            item.insert("metric".into(), reading.metric.into());
            if let Some(qualifier) = reading.qualifier {
                item.insert("qualifier".into(), qualifier.into());
            }
            item.insert("stats".into(), Map::from_iter([reading.amount.field()]).into());
            item.into()
        })
        .collect();
    (!data.is_empty()).then(|| json!({ "group": group, "data": data }))
}
