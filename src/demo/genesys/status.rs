//! The vendor's status page, which is a Statuspage on a host of its own: it answers without a token
//! and while the platform does not.
//!
//! # Promises
//! - `the_status_page_tells_of_an_outage`: while the platform itself is dumb.

use serde_json::{Value, json};

use crate::demo::genesys::view::written;
use crate::demo::http::json_reply;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// Where the page is, as on the real host after its name.
pub(super) const PREFIX: &str = "/status/api/v2/";

/// Answers a request for `name` below the prefix. `outage_since` is when the outage began that the
/// page tells of.
pub(super) fn answer(name: &str, outage_since: Option<UtcMs>, utc: UtcMs) -> Reply {
    let page = json!({
        "id": "genesys", "name": "Genesys Cloud", "url": "https://status.mypurecloud.com",
        "time_zone": "Etc/UTC", "updated_at": written(outage_since.unwrap_or(EPOCH)),
    });
    let incidents: Value = outage_since.iter().map(|since| incident(*since)).collect();
    let body = match name {
        "components.json" => {
            json!({ "page": page, "components": components(outage_since) })
        }
        "incidents.json" | "incidents/unresolved.json" => {
            json!({ "page": page, "incidents": incidents })
        }
        "status.json" => {
            let (indicator, description) = match outage_since {
                Some(_) => ("major", "Partial System Outage"),
                None => ("none", "All Systems Operational"),
            };
            json!({ "page": page, "status": {
                "indicator": indicator, "description": description,
            }})
        }
        _ => return Reply::empty(404).with_header("date", &utc.http_date()),
    };
    json_reply(200, &body).with_header("date", &utc.http_date())
}

fn components(outage_since: Option<UtcMs>) -> Value {
    let all = (1..).zip(["Analytics and reporting", "Inbound voice", "Public API"]);
    all.map(|(position, name)| component(position, name, outage_since)).collect()
}

fn component(position: u32, name: &str, outage_since: Option<UtcMs>) -> Value {
    let hit = outage_since.filter(|_| name == HIT);
    json!({
        "id": alloc::format!("component-{position}"),
        "name": name,
        "status": if hit.is_some() { "major_outage" } else { "operational" },
        "created_at": written(EPOCH),
        "updated_at": written(hit.unwrap_or(EPOCH)),
        "position": position,
        "description": null,
        "showcase": false,
        "group_id": null,
        "page_id": "genesys",
        "group": false,
        "only_show_if_degraded": false,
    })
}

fn incident(since: UtcMs) -> Value {
    let at = written(since);
    json!({
        "id": "incident-1",
        "name": "Inbound calls fail",
        "status": "investigating",
        "impact": "major",
        "created_at": at,
        "updated_at": at,
        "started_at": at,
        "monitoring_at": null,
        "resolved_at": null,
        "shortlink": "https://stspg.io/incident-1",
        "page_id": "genesys",
        "incident_updates": [{
            "id": "update-1",
            "status": "investigating",
            "body": "We are investigating failures of inbound calls.",
            "incident_id": "incident-1",
            "created_at": at,
            "updated_at": at,
            "display_at": at,
        }],
        "components": [component(2, HIT, Some(since))],
    })
}

const HIT: &str = "Inbound voice";
const EPOCH: UtcMs = UtcMs(0);
