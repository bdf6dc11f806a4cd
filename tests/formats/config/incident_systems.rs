//! The targets that are incident systems: what stands in their example.

use andon::model::config::TextOrSecret;
use andon::model::login::HttpLogin;
use andon::model::secret::SecretRef;
use andon::model::target::TargetKind;

use super::check;

fn credential(name: &str) -> SecretRef {
    SecretRef::Credential(name.into())
}

fn text(url: &str) -> TextOrSecret {
    TextOrSecret::Text(url.into())
}

#[test]
fn every_key_of_an_incident_system_arrives() {
    let config = check(include_str!("good/incident-systems.toml")).unwrap();
    let kinds: Vec<&TargetKind> = config.targets.iter().map(|target| &target.kind).collect();
    let [TargetKind::PagerDuty(eu), TargetKind::PagerDuty(us), snow, events] = &*kinds else {
        panic!("{kinds:?}")
    };
    assert_eq!(eu.change_url, Some(text("https://events.eu.pagerduty.com/v2/change/enqueue")));
    assert_eq!(eu.routing_key_previous, Some(credential("pager-before")));
    assert_eq!(eu.webhook_secrets, [credential("pager-hook"), credential("pager-hook-before")]);
    assert_eq!(eu.images[0].alt.as_deref(), Some("the wall"));
    assert_eq!(eu.api.as_ref().unwrap().url, text("https://api.eu.pagerduty.com"));
    assert_eq!(us.change_url, Some(text("https://x.example/changes")));
    assert_eq!(us.api.as_ref().unwrap().url, text("https://api.pagerduty.com"));
    let TargetKind::ServiceNow(snow) = snow else { panic!("{snow:?}") };
    assert_eq!((&*snow.states.acknowledged, snow.states.closed.len()), ("-5", 2));
    assert_eq!(*snow.fields[0].1, *"Network");
    assert_eq!(&*snow.close_code, "Resolved by caller");
    let TargetKind::ServiceNowEvents(events) = events else { panic!("{events:?}") };
    assert_eq!(events.login, HttpLogin::Bearer(credential("snow-token")));
    assert_eq!(eu_secrets(kinds[0]), 5);
}

fn eu_secrets(kind: &TargetKind) -> usize {
    kind.secret_refs().len()
}
