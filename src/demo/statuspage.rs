//! A simulated Atlassian Statuspage: components, incidents and the page's own word, open to all.
//!
//! `POST /simulate/components` with `{"name":"Voice","status":"major_outage"}` says how a component
//! is from then on. While any is in
//! trouble, which maintenance is not, there is one unresolved incident, as bad as it ever was.
//!
//! # Promises
//! - `a_component_that_fails_is_an_incident_until_it_is_back`: and the resolved one stays listed.
//! - `an_order_that_makes_no_sense_is_refused`: with 400.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::demo::faults::{Fault, Faults};
use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::limits::DEMO_MEMORY_MAX;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// The page.
#[derive(Debug, Clone)]
pub struct StatusPage {
    /// What is to go wrong.
    pub faults: Faults,
    name: Box<str>,
    components: Vec<Component>,
    /// The oldest first. At most one is unresolved.
    incidents: VecDeque<Incident>,
}

/// How a component is, by Statuspage's words, the better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Operational,
    /// Out of work, as announced.
    UnderMaintenance,
    /// Slow, or otherwise not quite as it should be.
    DegradedPerformance,
    /// Some of it fails.
    PartialOutage,
    /// All of it fails.
    MajorOutage,
}

#[derive(Debug, Clone)]
struct Component {
    name: Box<str>,
    status: Status,
    updated: UtcMs,
}

#[derive(Debug, Clone)]
struct Incident {
    since: UtcMs,
    until: Option<UtcMs>,
    /// The worst that it was.
    status: Status,
    /// The component that it began with.
    position: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    name: Box<str>,
    status: Status,
}

impl StatusPage {
    /// A page of that name on which all components are operational.
    #[must_use]
    pub fn new(name: &str, components: &[&str], utc: UtcMs) -> Self {
        let component = |name: &&str| Component {
            name: Box::from(*name),
            status: Status::Operational,
            updated: utc,
        };
        Self {
            faults: Faults::default(),
            name: name.into(),
            components: components.iter().map(component).collect(),
            incidents: VecDeque::new(),
        }
    }

    /// Says how a component is from now on. Nothing where there is none of that name.
    pub fn set(&mut self, name: &str, status: Status, utc: UtcMs) -> Option<()> {
        let position = self.components.iter().position(|component| *component.name == *name)?;
        let component = self.components.get_mut(position)?;
        *component = Component { status, updated: utc, ..component.clone() };
        let worst = self.worst();
        let is_trouble = worst > Status::UnderMaintenance;
        match self.incidents.back_mut().filter(|incident| incident.until.is_none()) {
            Some(incident) if is_trouble => incident.status = worst.max(incident.status),
            Some(incident) => incident.until = Some(utc),
            None if is_trouble => {
                if self.incidents.len() >= DEMO_MEMORY_MAX {
                    self.incidents.pop_front();
                }
                let incident = Incident { since: utc, until: None, status: worst, position };
                self.incidents.push_back(incident);
            }
            None => {}
        }
        Some(())
    }

    /// Answers one request.
    pub fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reply) = self.faults.ordered(incoming, FAULTS, utc) {
            return Reaction::reply_at(reply, utc);
        }
        if incoming.route() == "/simulate/components" {
            return Reaction::reply_at(self.ordered(incoming, utc), utc);
        }
        if let Some(reaction) = self.faults.at_the_door(utc) {
            return reaction;
        }
        let reply = self.faults.throttled(utc).unwrap_or_else(|| {
            if self.faults.has(&Fault::NotJson, utc) {
                return Reply::new(200, "text/html", "<html><body>Back soon</body></html>");
            }
            match &*incoming.method {
                "GET" => self.answer(incoming.route()),
                _ => Reply::empty(405).with_header("allow", "GET"),
            }
        });
        Reaction::reply_at(reply, utc + self.faults.skew(utc))
    }

    fn ordered(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        if &*incoming.method != "POST" {
            return Reply::empty(405).with_header("allow", "POST");
        }
        let order = serde_json::from_slice::<Order>(&incoming.body);
        let why = match order.map(|order| self.set(&order.name, order.status, utc)) {
            Ok(Some(())) => return Reply::empty(204),
            Ok(None) => "there is no such component".into(),
            Err(fault) => format!("{fault}"),
        };
        json_reply(400, &json!({ "error": why }))
    }

    fn answer(&self, route: &str) -> Reply {
        let page = self.page();
        let all: Value = self.all().map(|component| self.component(component)).collect();
        let unresolved = self.told(|incident| incident.until.is_none());
        let body = match route {
            "/api/v2/status.json" => json!({ "page": page, "status": self.word() }),
            "/api/v2/components.json" => json!({ "page": page, "components": all }),
            "/api/v2/incidents.json" => json!({ "page": page, "incidents": self.told(|_| true) }),
            "/api/v2/incidents/unresolved.json" => json!({ "page": page, "incidents": unresolved }),
            "/api/v2/summary.json" => json!({
                "page": page,
                "components": all,
                "incidents": unresolved,
                "scheduled_maintenances": [],
                "status": self.word(),
            }),
            _ => return json_reply(404, &json!({ "error": "there is nothing here" })),
        };
        json_reply(200, &body)
    }

    fn page(&self) -> Value {
        let updated = self.components.iter().map(|component| component.updated).max();
        json!({
            "id": PAGE,
            "name": self.name,
            "url": "https://status.example",
            "time_zone": "Etc/UTC",
            "updated_at": written(updated.unwrap_or_default()),
        })
    }

    /// What stands at the top of the page.
    fn word(&self) -> Value {
        let description = match self.worst() {
            Status::Operational => "All Systems Operational",
            Status::UnderMaintenance => "Service Under Maintenance",
            Status::DegradedPerformance => "Partially Degraded Service",
            Status::PartialOutage => "Partial System Outage",
            Status::MajorOutage => "Major System Outage",
        };
        json!({ "indicator": self.worst().indicator(), "description": description })
    }

    fn worst(&self) -> Status {
        let statuses = self.components.iter().map(|component| component.status);
        statuses.max().unwrap_or(Status::Operational)
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        0..self.components.len()
    }

    fn component(&self, position: usize) -> Value {
        let Some(component) = self.components.get(position) else { return Value::Null };
        json!({
            "id": format!("component{position}"),
            "name": component.name,
            "status": component.status,
            "created_at": written(UtcMs(0)),
            "updated_at": written(component.updated),
            "position": position + 1,
            "description": null,
            "showcase": false,
            "start_date": null,
            "group_id": null,
            "page_id": PAGE,
            "group": false,
            "only_show_if_degraded": false,
        })
    }

    /// The incidents that are wanted, the youngest first.
    fn told(&self, is_wanted: impl Fn(&Incident) -> bool) -> Value {
        let wanted = self.incidents.iter().rev().filter(|incident| is_wanted(incident));
        wanted.map(|incident| self.incident(incident)).collect()
    }

    fn incident(&self, incident: &Incident) -> Value {
        let number = incident.since.0;
        let (since, until) = (written(incident.since), incident.until.map(written));
        let updated = until.as_ref().unwrap_or(&since);
        let state = if incident.until.is_some() { "resolved" } else { "investigating" };
        json!({
            "id": format!("incident{number}"),
            "name": "Something does not work as it should",
            "status": state,
            "created_at": since,
            "updated_at": updated,
            "monitoring_at": null,
            "resolved_at": until,
            "impact": incident.status.indicator(),
            "shortlink": format!("https://status.example/{number}"),
            "started_at": since,
            "page_id": PAGE,
            "incident_updates": [{
                "id": format!("update{number}"),
                "status": state,
                "body": "We look into it.",
                "incident_id": format!("incident{number}"),
                "created_at": updated,
                "updated_at": updated,
                "display_at": updated,
                "affected_components": null,
            }],
            "components": [self.component(incident.position)],
        })
    }
}

impl Status {
    /// As it weighs on the whole page and on an incident.
    const fn indicator(self) -> &'static str {
        match self {
            Self::Operational => "none",
            Self::UnderMaintenance => "maintenance",
            Self::DegradedPerformance => "minor",
            Self::PartialOutage => "major",
            Self::MajorOutage => "critical",
        }
    }
}

/// As Statuspage writes moments: with milliseconds.
fn written(utc: UtcMs) -> Value {
    let whole = utc.rfc3339();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), utc.0.rem_euclid(1_000)).into()
}

const PAGE: &str = "page0";

const FAULTS: &[&str] = &["hang", "close", "unavailable", "throttle", "clock_skew", "not_json"];

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);

    fn page() -> StatusPage {
        StatusPage::new("Platform", &["Voice", "Reporting"], NOW)
    }

    fn status(page: &mut StatusPage, incoming: &Incoming) -> u16 {
        page.receive(incoming, NOW).reply().unwrap().status
    }

    fn body(page: &mut StatusPage, name: &str) -> Value {
        let incoming = Incoming::new("GET", &format!("/api/v2/{name}.json"));
        let reaction = page.receive(&incoming, NOW);
        serde_json::from_slice(&reaction.reply().unwrap().body).unwrap()
    }

    fn order(page: &mut StatusPage, text: &'static str) -> u16 {
        status(page, &Incoming::post_json("/simulate/components", text))
    }

    #[test]
    fn a_component_that_fails_is_an_incident_until_it_is_back() {
        let mut page = page();
        let well = json!({ "indicator": "none", "description": "All Systems Operational" });
        assert_eq!(body(&mut page, "status")["status"], well);
        assert_eq!(body(&mut page, "incidents")["incidents"], json!([]));
        let first = r#"{"name":"Voice","status":"degraded_performance"}"#;
        assert_eq!(order(&mut page, first), 204);
        assert_eq!(order(&mut page, r#"{"name":"Voice","status":"major_outage"}"#), 204);
        assert_eq!(body(&mut page, "status")["status"]["indicator"], "critical");
        let components = body(&mut page, "components")["components"].clone();
        assert_eq!(
            (&components[0]["status"], &components[1]["status"]),
            (&json!("major_outage"), &json!("operational"))
        );
        let open = body(&mut page, "incidents/unresolved")["incidents"].clone();
        assert_eq!(open.as_array().unwrap().len(), 1);
        assert_eq!(
            (&open[0]["impact"], &open[0]["status"], &open[0]["started_at"]),
            (&json!("critical"), &json!("investigating"), &json!("2024-05-15T14:32:10.000Z"))
        );
        assert_eq!(open[0]["components"][0]["name"], "Voice");
        assert_eq!(order(&mut page, r#"{"name":"Voice","status":"operational"}"#), 204);
        let summary = body(&mut page, "summary");
        assert_eq!((&summary["incidents"], &summary["status"]), (&json!([]), &well));
        let resolved = body(&mut page, "incidents")["incidents"][0].clone();
        assert_eq!(
            (&resolved["status"], &resolved["resolved_at"]),
            (&json!("resolved"), &json!("2024-05-15T14:32:10.000Z"))
        );
        let maintained = r#"{"name":"Voice","status":"under_maintenance"}"#;
        assert_eq!(order(&mut page, maintained), 204);
        assert_eq!(body(&mut page, "incidents/unresolved")["incidents"], json!([]));
        assert_eq!(order(&mut page, first), 204);
        let all = body(&mut page, "incidents")["incidents"].clone();
        assert_eq!(
            (&all[0]["status"], &all[1]["status"]),
            (&json!("investigating"), &json!("resolved"))
        );
    }

    #[test]
    fn an_order_that_makes_no_sense_is_refused() {
        let mut page = page();
        for text in [
            "",
            r#"{"name":"Fax","status":"operational"}"#,
            r#"{"name":"Voice"}"#,
            r#"{"name":"Voice","status":"down"}"#,
        ] {
            assert_eq!(order(&mut page, text), 400, "{text}");
        }
        assert_eq!(status(&mut page, &Incoming::new("GET", "/api/v2/queues.json")), 404);
        assert_eq!(status(&mut page, &Incoming::new("POST", "/api/v2/status.json")), 405);
        let hang = Incoming::post_json("/simulate/faults", r#"{"fault":"hang","seconds":9}"#);
        assert_eq!(status(&mut page, &hang), 200);
        let asked = Incoming::new("GET", "/api/v2/status.json");
        assert_eq!(page.receive(&asked, NOW), Reaction::Hang);
    }
}
