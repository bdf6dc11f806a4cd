//! A configuration database that speaks as ServiceNow's table API does.

use alloc::collections::BTreeMap;

use andon::demo::http::{Incoming, Reaction};
use andon::demo::reception::Reception;
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use serde_json::json;

/// What it knows its client by.
pub(crate) const CMDB_TOKEN: &str = "a-cmdb-token";

/// The database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cmdb {
    pub(crate) reception: Reception,
    /// The impact of each entity that it knows.
    pub(crate) impacts: BTreeMap<String, String>,
    /// What it answers instead, where it is not itself.
    pub(crate) garbage: Option<&'static str>,
    /// Whom it was asked about.
    pub(crate) asked: Vec<String>,
}

impl Cmdb {
    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let query = incoming.query();
        let asked = query.iter().find_map(|(key, value)| {
            (key == "sysparm_query").then(|| value.trim_start_matches("name=").to_owned())
        });
        let asked = asked.unwrap_or_else(|| panic!("no query in {}", incoming.path));
        self.asked.push(asked.clone());
        if let Some(reaction) = self.reception.open(incoming, utc) {
            return reaction;
        }
        if incoming.header("authorization") != Some(&format!("Bearer {CMDB_TOKEN}")) {
            return Reaction::Reply(Reply::empty(401));
        }
        if let Some(garbage) = self.garbage {
            return Reaction::Reply(Reply::new(200, "text/html", garbage));
        }
        let row = self.impacts.get(&asked).map(|impact| {
            json!({
                "u_impact": impact,
                "owned_by": { "display_value": "Beth Anglin", "link": "https://cmdb.test/u/1" },
                "u_runbook": "https://wiki.test/runbook",
            })
        });
        let body = json!({ "result": row.into_iter().collect::<Vec<_>>() });
        Reaction::Reply(Reply::new(200, "application/json", body.to_string()))
    }
}
