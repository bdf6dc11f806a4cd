//! Reads incidents back, many at once.
//!
//! # Promises
//! - `many_alerts_are_one_question`
//! - `the_newest_incident_of_each_speaks`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::limits::{
    SERVICENOW_GAP, SERVICENOW_READ_BATCH, SERVICENOW_READS_MAX, SERVICENOW_ROWS_MAX, TELL_DEADLINE,
};
use crate::model::alert::AlertKey;
use crate::model::http::{Reply, Request, percent_encode};
use crate::model::secret::Secrets;
use crate::model::target::ServiceNow;
use crate::model::time::Span;
use crate::target::reading::Mirror;
use crate::target::servicenow::{access, correlation};
use crate::target::{Delivery, Reading, Reads, TargetFault, Theirs, address};

impl Mirror for ServiceNow {
    fn reads(&self) -> Option<Reads> {
        let (batch, requests_max) = (SERVICENOW_READ_BATCH, SERVICENOW_READS_MAX);
        Some(Reads { batch, gap: SERVICENOW_GAP, requests_max })
    }

    fn read(&self, keys: &[AlertKey], secrets: &Secrets) -> Result<Request, TargetFault> {
        ask(self, keys, secrets)
    }

    fn seen(&self, keys: &[AlertKey], reply: &Reply) -> Reading {
        hear(self, keys, reply)
    }
}

/// Asks about several alerts.
fn ask(target: &ServiceNow, keys: &[AlertKey], secrets: &Secrets) -> Result<Request, TargetFault> {
    let url = address(secrets, &target.url)?;
    let keys: Vec<String> = keys.iter().map(correlation).collect();
    let query = format!("correlation_idIN{}^ORDERBYDESCsys_created_on", keys.join(","));
    let query = percent_encode(&query);
    let url = format!(
        "{url}?sysparm_query={query}&sysparm_fields=sys_id,state,correlation_id\
         &sysparm_limit={SERVICENOW_ROWS_MAX}&sysparm_exclude_reference_link=true"
    );
    access::sign(Request::get(&url, TELL_DEADLINE), &target.login, secrets)
}

/// What the answer says.
fn hear(target: &ServiceNow, keys: &[AlertKey], reply: &Reply) -> Reading {
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
        let key = correlation(key);
        let is_it = |row: &&Value| text(row, "correlation_id") == key;
        match list.iter().find(is_it) {
            Some(row) => Some(theirs(target, text(row, "state"))),
            None if is_cut => None,
            None => Some(Theirs::Unknown),
        }
    });
    Reading::Seen(seen.collect())
}

fn theirs(target: &ServiceNow, state: &str) -> Theirs {
    let states = &target.states;
    if *states.resolved == *state || states.closed.iter().any(|closed| **closed == *state) {
        Theirs::Over
    } else if *states.acknowledged == *state {
        Theirs::InHand { by: None }
    } else {
        Theirs::Open
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
        let asked = ask(&target(), &keys(), &secrets).unwrap();
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
        let seen = hear(&target(), &keys(), &Reply::new(200, "application/json", body));
        let wanted = [Theirs::InHand { by: None }, Theirs::Over, Theirs::Unknown];
        assert_eq!(seen, Reading::Seen(wanted.map(Some).into()));
        let none = r#"{"error": {"message": "No Record found"}, "status": "failure"}"#;
        let seen = hear(&target(), &keys(), &Reply::new(404, "application/json", none));
        assert_eq!(seen, Reading::Seen(Vec::from([const { Some(Theirs::Unknown) }; 3])));
        for reply in [Reply::empty(404), Reply::empty(200), Reply::empty(503)] {
            let failed = hear(&target(), &keys(), &reply);
            assert!(matches!(failed, Reading::Failed { .. }), "{failed:?}");
        }
    }
}
