//! What comes back of targets, and what it does.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::effect::Effect;
use crate::hub::fixtures::{at, hub_with};
use crate::model::metric::Metric;
use crate::model::secret::{Secret, SecretRef, Secrets};

/// A hub with a queue in trouble that PagerDuty tells of, and the alert's key.
fn hub_in_trouble() -> (Hub, String) {
    let mut hub = hub_with(
        r#"
[[target]]
name = "pager"
kind = "pagerduty"
routing_key = { credential = "pager" }
webhook_secret = { credential = "hook" }
"#,
    );
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("hook".into()), Secret::new("hush"));
    hub.take_secrets(secrets);
    hub.observe_own("config", Metric::CONFIG_PROBLEMS, 1.0, at(1));
    let key = hub.evaluate.alerts.iter().next().unwrap().key.as_str().into();
    (hub, key)
}

fn delivery(id: &str, what: &str, key: &str, secret: &str) -> Delivery {
    let body = format!(
        r#"{{"event": {{"event_type": "incident.{what}",
        "agent": {{"type": "user_reference", "summary": "Ann"}},
        "data": {{"id": "P1", "incident_key": "{key}"}}}}}}"#
    );
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = Vec::from([
        ("x-pagerduty-signature".into(), format!("v1={hex}").into()),
        ("x-webhook-id".into(), id.into()),
    ]);
    Delivery {
        method: "POST".into(),
        headers,
        body: body.into_bytes().into(),
        client_certificate: None,
    }
}

fn counted(hub: &Hub, outcome: Outcome) -> u64 {
    hub.pushes.callbacks.counts.get(&(1, outcome)).copied().unwrap_or(0)
}

fn by(hub: &Hub, key: &str) -> Option<String> {
    hub.find(key).unwrap().hand.as_ref().map(|hand| format!("{hand}"))
}

#[test]
fn who_acknowledges_at_a_target_has_the_alert_in_hand() {
    let (mut hub, key) = hub_in_trouble();
    let said = |hub: &mut Hub, id, what| {
        hub.called("pager", &delivery(id, what, &key, "hush"), at(2)).status
    };
    assert_eq!(said(&mut hub, "1", "acknowledged"), 200);
    assert_eq!(by(&hub, &key).unwrap(), "Ann (pager)");
    assert_eq!(said(&mut hub, "2", "unacknowledged"), 200);
    assert_eq!(by(&hub, &key), None);
    assert_eq!(counted(&hub, Outcome::Taken), 2);
}

#[test]
fn what_is_forged_changes_nothing_and_what_comes_again_is_a_duplicate() {
    let (mut hub, key) = hub_in_trouble();
    let mut call = |id, what, secret| {
        let status = hub.called("pager", &delivery(id, what, &key, secret), at(2)).status;
        (status, by(&hub, &key).is_some())
    };
    assert_eq!(call("1", "acknowledged", "loud"), (401, false));
    assert_eq!(call("1", "acknowledged", "hush"), (200, true));
    assert_eq!(call("2", "unacknowledged", "hush"), (200, false));
    assert_eq!(call("1", "acknowledged", "hush"), (200, false), "it was taken before");
    assert_eq!(counted(&hub, Outcome::Duplicate), 1);
    assert_eq!(counted(&hub, Outcome::Refused), 1);
    let get = Delivery { method: "GET".into(), ..delivery("3", "resolved", &key, "hush") };
    assert_eq!(hub.called("pager", &get, at(3)).status, 405);
    assert_eq!(hub.called("slack", &delivery("3", "x", &key, "hush"), at(3)).status, 404);
}

#[test]
fn what_is_about_no_alert_of_ours_is_taken_and_counted() {
    let (mut hub, _) = hub_in_trouble();
    let unknown = delivery("1", "acknowledged", "somebody:elses", "hush");
    assert_eq!(hub.called("pager", &unknown, at(2)).status, 200);
    assert_eq!(counted(&hub, Outcome::NoAlert), 1);
    hub.ledger = LedgerHealth::Failing("full".into());
    let later = hub.called("pager", &delivery("2", "acknowledged", "k", "hush"), at(3));
    assert_eq!((later.status, later.header("retry-after").is_some()), (503, true));
}

/// What was said since the last look.
fn said(hub: &mut Hub) -> Vec<(log::Level, String)> {
    let effects = core::iter::from_fn(|| hub.next_effect());
    let say = |effect| {
        let Effect::Say { level, text } = effect else { return None };
        Some((level, text))
    };
    effects.filter_map(say).collect()
}

/// Anybody can send forged ones: that they come is said once in a while.
#[test]
fn what_is_refused_is_said_and_not_again_and_again() {
    let (mut hub, key) = hub_in_trouble();
    said(&mut hub);
    let every = TROUBLE_SAID_EVERY.whole_secs();
    let mut told = |second| {
        hub.called("pager", &delivery("1", "acknowledged", &key, "loud"), at(second));
        said(&mut hub).len()
    };
    assert_eq!([2, 3, 1 + every, 2 + every, 3 + every].map(&mut told), [1, 0, 0, 1, 0]);
}

/// A secret that cannot be read is our trouble: the sender is asked to come again.
#[test]
fn without_its_secret_a_webhook_waits() {
    let (mut hub, key) = hub_in_trouble();
    hub.secrets = Secrets::default();
    said(&mut hub);
    let reply = hub.called("pager", &delivery("1", "acknowledged", &key, "hush"), at(2));
    assert_eq!((reply.status, reply.header("retry-after").is_some()), (503, true));
    assert_eq!(counted(&hub, Outcome::Later), 1);
    let (level, text) = said(&mut hub).remove(0);
    assert_eq!(level, log::Level::Error);
    assert!(text.contains("its secret cannot be read"), "{text}");
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("hook".into()), Secret::new("hush"));
    hub.take_secrets(secrets);
    let reply = hub.called("pager", &delivery("1", "acknowledged", &key, "hush"), at(3));
    assert_eq!((reply.status, by(&hub, &key).is_some()), (200, true));
}

/// Our own word comes back as nobody's; the first who says so may be nobody all the same.
#[test]
fn nobody_takes_over_from_whoever_has_it_in_hand() {
    let (mut hub, key) = hub_in_trouble();
    let mut call = |id, what, agent: &str| {
        let mut delivery = delivery(id, what, &key, "hush");
        let body = String::from_utf8(delivery.body.to_vec()).unwrap();
        let body = body.replace("user_reference", agent);
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"hush").unwrap();
        mac.update(body.as_bytes());
        let hash = mac.finalize().into_bytes();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        delivery.headers[0].1 = format!("v1={hex}").into();
        delivery.body = body.into_bytes().into();
        assert_eq!(hub.called("pager", &delivery, at(2)).status, 200);
        by(&hub, &key)
    };
    let (ours, hers) = (Some("pager (pager)".into()), Some("Ann (pager)".into()));
    assert_eq!(call("1", "acknowledged", "integration_reference"), ours);
    assert_eq!(call("2", "acknowledged", "user_reference"), hers);
    assert_eq!(call("3", "acknowledged", "integration_reference"), hers);
}

/// What came is in the metrics of those targets that send anything.
#[test]
fn what_came_is_counted_by_target_and_outcome() {
    let (mut hub, key) = hub_in_trouble();
    hub.called("pager", &delivery("1", "acknowledged", &key, "hush"), at(2));
    let families = families(&hub);
    let came = families.iter().find(|one| one.name == "andon_callbacks_total").unwrap();
    assert_eq!(came.samples.len(), Outcome::ALL.len());
    let all: f64 = came.samples.iter().map(|(_, count)| count).sum();
    assert!((all - 1.0).abs() < 1e-9, "{all}");
    assert!(came.samples.iter().all(|(labels, _)| labels[0].1 == "pager"));
    assert_eq!(came.kind, FamilyKind::Counter);
    assert!(families.iter().all(|one| !one.samples.is_empty()));
}
