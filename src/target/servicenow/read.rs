//! Reads incidents and Event Management's alerts back, many at once.
//!
//! # Promises
//! - `many_alerts_are_one_question`
//! - `the_newest_incident_of_each_speaks`
//! - `an_alert_of_event_management_is_over_once_it_is_closed`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::limits::{
    SERVICENOW_GAP, SERVICENOW_KEY_CHARS_MAX, SERVICENOW_READ_BATCH, SERVICENOW_READS_MAX,
    SERVICENOW_ROWS_MAX, TELL_DEADLINE,
};
use crate::model::alert::AlertKey;
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request, percent_encode};
use crate::model::login::HttpLogin;
use crate::model::secret::Secrets;
use crate::model::target::{ServiceNow, ServiceNowEvents};
use crate::model::time::Span;
use crate::target::reading::Mirror;
use crate::target::servicenow::{access, correlation, of_end};
use crate::target::{Delivery, Reading, Reads, TargetFault, Theirs, address};

/// How many alerts one question is about, and how often one is asked.
const READS: Reads =
    Reads { batch: SERVICENOW_READ_BATCH, gap: SERVICENOW_GAP, requests_max: SERVICENOW_READS_MAX };

impl Mirror for ServiceNow {
    fn reads(&self) -> Option<Reads> {
        Some(READS)
    }

    fn read(&self, keys: &[AlertKey], secrets: &Secrets) -> Result<Request, TargetFault> {
        INCIDENTS.ask(&self.url, &self.login, keys, secrets)
    }

    fn seen(&self, keys: &[AlertKey], reply: &Reply) -> Reading {
        INCIDENTS.hear(keys, reply, |row| incident(self, text(row, "state")))
    }
}

impl Mirror for ServiceNowEvents {
    fn reads(&self) -> Option<Reads> {
        self.alerts_url.as_ref().map(|_| READS)
    }

    fn read(&self, keys: &[AlertKey], secrets: &Secrets) -> Result<Request, TargetFault> {
        let Some(url) = &self.alerts_url else {
            return Err(TargetFault::Unfit("no alerts_url says where it is read"));
        };
        ALERTS.ask(url, &self.login, keys, secrets)
    }

    fn seen(&self, keys: &[AlertKey], reply: &Reply) -> Reading {
        ALERTS.hear(keys, reply, alert)
    }
}

/// A table that is read, and by which column.
struct Table {
    key: &'static str,
    fields: &'static str,
    called: fn(&AlertKey) -> String,
}

const INCIDENTS: Table =
    Table { key: "correlation_id", fields: "sys_id,state,correlation_id", called: correlation };

const ALERTS: Table = Table {
    key: "message_key",
    fields: "state,acknowledged,message_key",
    called: |key| of_end(key.as_str(), SERVICENOW_KEY_CHARS_MAX),
};

impl Table {
    /// Asks about several alerts.
    fn ask(
        &self,
        url: &TextOrSecret,
        login: &HttpLogin,
        keys: &[AlertKey],
        secrets: &Secrets,
    ) -> Result<Request, TargetFault> {
        let url = address(secrets, url)?;
        let Self { key, fields, called } = self;
        let keys: Vec<String> = keys.iter().map(called).collect();
        let query = format!("{key}IN{}^ORDERBYDESCsys_created_on", keys.join(","));
        let query = percent_encode(&query);
        let url = format!(
            "{url}?sysparm_query={query}&sysparm_fields={fields}\
             &sysparm_limit={SERVICENOW_ROWS_MAX}&sysparm_exclude_reference_link=true"
        );
        access::sign(Request::get(&url, TELL_DEADLINE), login, secrets)
    }

    /// What the answer says.
    fn hear(&self, keys: &[AlertKey], reply: &Reply, theirs: impl Fn(&Value) -> Theirs) -> Reading {
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let list = body.as_ref().and_then(|body| body.get("result")).and_then(Value::as_array);
        let list: &[Value] = match (reply.status, list) {
            (200, Some(list)) => list,
            // The table's first version calls nothing found so.
            (404, _) if says_nothing_found(body.as_ref()) => &[],
            _ => {
                let after = match access::refusal(reply) {
                    Delivery::Later { after, .. } => after,
                    Delivery::Accepted { .. }
                    | Delivery::Next(_)
                    | Delivery::Refused { .. }
                    | Delivery::Disabled { .. } => None,
                };
                return Reading::Failed {
                    after: after.filter(|after| *after > Span::ZERO),
                    why: Delivery::said(reply),
                };
            }
        };
        let is_cut = list.len() >= SERVICENOW_ROWS_MAX;
        let seen = keys.iter().map(|key| {
            let called = (self.called)(key);
            match list.iter().find(|row| text(row, self.key) == called) {
                Some(row) => Some(theirs(row)),
                None if is_cut => None,
                None => Some(Theirs::Unknown),
            }
        });
        Reading::Seen(seen.collect())
    }
}

fn incident(target: &ServiceNow, state: &str) -> Theirs {
    let states = &target.states;
    if *states.resolved == *state || states.closed.iter().any(|closed| **closed == *state) {
        Theirs::Over
    } else if *states.acknowledged == *state {
        Theirs::InHand { by: None }
    } else {
        Theirs::Open
    }
}

/// Its states are Open, Reopen, Flapping and Closed; whether somebody has it stands apart.
fn alert(row: &Value) -> Theirs {
    match (text(row, "state"), text(row, "acknowledged")) {
        ("Closed", _) => Theirs::Over,
        (_, "true" | "1") => Theirs::InHand { by: None },
        _ => Theirs::Open,
    }
}

fn says_nothing_found(body: Option<&Value>) -> bool {
    let said = body.and_then(|body| body.pointer("/error/message")).and_then(Value::as_str);
    said.is_some_and(|said| said.eq_ignore_ascii_case("no record found"))
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::Metric;
    use crate::model::name::{EntityId, SourceName};
    use crate::model::secret::{Secret, SecretRef};
    use crate::target::servicenow::tests::target;

    fn keys() -> [AlertKey; 3] {
        let source = SourceName::new("s").unwrap();
        ["a", "b", "c"].map(|entity| {
            AlertKey::of(&source, "p", Metric::DATA_AGE, &EntityId::new(entity).unwrap())
        })
    }

    #[test]
    fn many_alerts_are_one_question() {
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::Credential("sn".into()), Secret::new("hush"));
        let asked = target().read(&keys(), &secrets).unwrap();
        let wanted = keys().map(|key| key.as_str().to_owned()).join("%2C");
        assert!(
            asked.url.contains(&format!("correlation_idIN{wanted}%5EORDERBY")),
            "{}",
            asked.url
        );
    }

    #[test]
    fn the_newest_incident_of_each_speaks() {
        let [a, b, _] = &keys();
        let body = format!(
            r#"{{"result": [{{"correlation_id": "{a}", "state": "2"}},
            {{"correlation_id": "{b}", "state": "7"}},
            {{"correlation_id": "{a}", "state": "6"}}]}}"#
        );
        let seen = target().seen(&keys(), &Reply::new(200, "application/json", body));
        let wanted = [Theirs::InHand { by: None }, Theirs::Over, Theirs::Unknown];
        assert_eq!(seen, Reading::Seen(wanted.map(Some).into()));
        let none = r#"{"error": {"message": "No Record found"}, "status": "failure"}"#;
        let seen = target().seen(&keys(), &Reply::new(404, "application/json", none));
        assert_eq!(seen, Reading::Seen(Vec::from([const { Some(Theirs::Unknown) }; 3])));
        for reply in [Reply::empty(404), Reply::empty(200), Reply::empty(503)] {
            let failed = target().seen(&keys(), &reply);
            assert!(matches!(failed, Reading::Failed { .. }), "{failed:?}");
        }
    }

    #[test]
    fn an_alert_of_event_management_is_over_once_it_is_closed() {
        let mut events = ServiceNowEvents {
            url: TextOrSecret::Text("https://x.example/em".into()),
            alerts_url: None,
            login: target().login,
        };
        assert_eq!(events.reads(), None);
        events.alerts_url = Some(TextOrSecret::Text("https://x.example/em_alert".into()));
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::Credential("sn".into()), Secret::new("hush"));
        let asked = events.read(&keys(), &secrets).unwrap().url;
        assert!(asked.starts_with("https://x.example/em_alert?sysparm_query=message_keyIN"));
        let [a, b, _] = &keys();
        let said = |state: &str, more: &str| {
            let row = |key: &AlertKey, state: &str, more: &str| {
                format!(r#"{{"message_key": "{key}", "state": "{state}"{more}}}"#)
            };
            let rows = [row(a, state, more), row(b, "Open", ""), row(a, "Open", "")].join(",");
            let body = format!(r#"{{"result": [{rows}]}}"#);
            match events.seen(&keys(), &Reply::new(200, "application/json", body)) {
                Reading::Seen(seen) => seen[0].clone().unwrap(),
                Reading::Failed { why, .. } => panic!("{why}"),
            }
        };
        for state in ["Open", "Reopen", "Flapping"] {
            assert_eq!(said(state, ""), Theirs::Open, "{state}");
            assert_eq!(said(state, r#", "acknowledged": "false""#), Theirs::Open);
            let in_hand = Theirs::InHand { by: None };
            assert_eq!(said(state, r#", "acknowledged": "true""#), in_hand, "{state}");
        }
        assert_eq!(said("Closed", r#", "acknowledged": "true""#), Theirs::Over);
    }
}
