//! Reads incidents back by PagerDuty's REST API.
//!
//! An alert's incident is found by its `dedup_key`. One key is one request: the API takes no more.
//!
//! # Promises
//! - `the_newest_incident_of_a_key_speaks`
//! - `a_request_is_as_the_api_wants_it`

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use serde_json::Value;

use crate::limits::{PAGERDUTY_READ_GAP, PAGERDUTY_READS_MAX, PERSON_CHARS_MAX, TELL_DEADLINE};
use crate::model::alert::AlertKey;
use crate::model::http::{Reply, Request, percent_encode};
use crate::model::secret::Secrets;
use crate::model::target::{PagerDuty, PagerDutyApi};
use crate::model::time::Span;
use crate::target::cut::one_line;
use crate::target::reading::Mirror;
use crate::target::{
    Delivery, Letter, Moves, Reading, Reads, TargetFault, Theirs, address, secret,
};

impl Mirror for PagerDuty {
    fn reads(&self) -> Option<Reads> {
        self.api.as_ref()?;
        Some(Reads { batch: 1, gap: PAGERDUTY_READ_GAP, requests_max: PAGERDUTY_READS_MAX })
    }

    fn read(&self, keys: &[AlertKey], secrets: &Secrets) -> Result<Request, TargetFault> {
        match (&self.api, keys) {
            (Some(api), [key]) => ask(api, key, secrets),
            _ => Err(TargetFault::Unfit("one alert is read at once, where a token is given")),
        }
    }

    fn seen(&self, _: &[AlertKey], reply: &Reply) -> Reading {
        hear(reply)
    }

    fn place(&self, secrets: &Secrets) -> Option<Box<str>> {
        self.under(secret(secrets, &self.routing_key).ok()?, secrets)
    }

    fn moves(&self, letter: &Letter<'_>) -> Moves {
        self.moved(letter)
    }
}

/// Asks about one alert.
fn ask(api: &PagerDutyApi, key: &AlertKey, secrets: &Secrets) -> Result<Request, TargetFault> {
    let url = address(secrets, &api.url)?.trim_end_matches('/');
    let key = percent_encode(key.as_str());
    // Without a range only a month is looked at.
    let url = format!(
        "{url}/incidents?incident_key={key}&date_range=all&sort_by=created_at%3Adesc&limit=5"
    );
    let token = format!("Token token={}", secret(secrets, &api.token)?.expose());
    Ok(Request::get(&url, TELL_DEADLINE)
        .with_header("accept", "application/vnd.pagerduty+json;version=2")
        .with_header("content-type", "application/json")
        .with_header("authorization", &token))
}

/// What the answer says.
fn hear(reply: &Reply) -> Reading {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let list = body.as_ref().and_then(|body| body.get("incidents")).and_then(Value::as_array);
    match (reply.status, list) {
        (200, Some(list)) => Reading::Seen(Vec::from([Some(theirs(list))])),
        (429, _) => {
            let seconds = reply.header("ratelimit-reset").and_then(|text| text.trim().parse().ok());
            Reading::Failed { after: seconds.map(Span::secs), why: Delivery::said(reply) }
        }
        _ => Reading::Failed { after: None, why: Delivery::said(reply) },
    }
}

/// An incident that is not over speaks before those that are.
fn theirs(incidents: &[Value]) -> Theirs {
    let status = |incident: &Value| incident.get("status").and_then(Value::as_str).map(Box::from);
    let is = |wanted: &str| incidents.iter().find(|one| status(one).as_deref() == Some(wanted));
    if let Some(incident) = is("acknowledged") {
        let who = incident.pointer("/acknowledgements/0/acknowledger/summary");
        let by = who.and_then(Value::as_str);
        return Theirs::InHand { by: by.map(|name| one_line(name, PERSON_CHARS_MAX).into()) };
    }
    match (is("triggered"), incidents.is_empty()) {
        (Some(_), _) => Theirs::Open,
        (None, false) => Theirs::Over,
        (None, true) => Theirs::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::TextOrSecret;
    use crate::model::notice::Reason;
    use crate::model::secret::{Secret, SecretRef};
    use crate::target::samples::facts;

    #[test]
    fn a_request_is_as_the_api_wants_it() {
        let token = SecretRef::Credential("api".into());
        let mut secrets = Secrets::default();
        secrets.put(token.clone(), Secret::new("hush"));
        let url = TextOrSecret::Text("https://api.eu.pagerduty.com/".into());
        let asked = ask(&PagerDutyApi { url, token }, &facts(Reason::Repeat).key, &secrets);
        let asked = asked.unwrap();
        assert_eq!(
            asked.url,
            "https://api.eu.pagerduty.com/incidents?incident_key=\
             cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6&date_range=all\
             &sort_by=created_at%3Adesc&limit=5"
        );
        assert!(asked.headers.contains(&("authorization".into(), "Token token=hush".into())));
    }

    #[test]
    fn the_newest_incident_of_a_key_speaks() {
        let said = |body: &str| hear(&Reply::new(200, "application/json", body));
        let seen = |theirs| Reading::Seen(Vec::from([Some(theirs)]));
        assert_eq!(said(r#"{"incidents": []}"#), seen(Theirs::Unknown));
        let over = r#"{"incidents": [{"status": "resolved"}]}"#;
        assert_eq!(said(over), seen(Theirs::Over));
        let open = r#"{"incidents": [{"status": "resolved"}, {"status": "triggered"}]}"#;
        assert_eq!(said(open), seen(Theirs::Open));
        let hand = r#"{"incidents": [{"status": "acknowledged",
            "acknowledgements": [{"acknowledger": {"summary": "Ann"}}]}]}"#;
        assert_eq!(said(hand), seen(Theirs::InHand { by: Some("Ann".into()) }));
        let no_list = [said("{}"), said(""), hear(&Reply::empty(401))];
        assert!(no_list.iter().all(|said| matches!(said, Reading::Failed { after: None, .. })));
        let throttled = Reply::empty(429).with_header("ratelimit-reset", "17");
        let Reading::Failed { after, .. } = hear(&throttled) else { panic!("it says nothing") };
        assert_eq!(after, Some(Span::secs(17)));
    }
}
