//! What becomes of the targets of good files, and of the way to them.

use andon::model::config::{Templates, TextOrSecret};
use andon::model::http::Method;
use andon::model::network::{Others, ProxyAddress, ProxyChoice, Way};
use andon::model::secret::SecretRef;
use andon::model::target::{GroupBy, Grouping, Slack, SlackApp, TargetConfig, TargetKind, Webhook};
use andon::model::time::Span;

use super::good::good;

#[test]
fn each_kind_of_target_is_read() {
    let config = good("every-key.toml");
    let kinds: Vec<&TargetKind> = config.targets.iter().map(|target| &target.kind).collect();
    let key = SecretRef::File("/etc/andon/routing-key".into());
    let url = TextOrSecret::Text("https://events.eu.pagerduty.com/v2/enqueue".into());
    let TargetKind::PagerDuty(pager) = kinds[0] else { panic!("{:?}", kinds[0]) };
    assert_eq!((&pager.url, &pager.routing_key), (&url, &key));
    let url = SecretRef::Vault { path: "andon/slack".into(), field: "url".into() };
    assert_eq!(*kinds[1], TargetKind::Slack(Slack { url: TextOrSecret::Secret(url) }));
    slack_app(&config.targets[2]);
    assert!(matches!(kinds[3], TargetKind::Webhook(Webhook { url: TextOrSecret::Text(_), .. })));
}

/// An app of Slack with all that it can be told.
fn slack_app(target: &TargetConfig) {
    let by = Vec::from([GroupBy::Source, GroupBy::Metric, GroupBy::Label("site".into())]);
    assert_eq!(target.group, Some(Grouping { by, every: Span::secs(90) }));
    let secret = |name: &str| SecretRef::Credential(name.into());
    let app = SlackApp {
        api_url: TextOrSecret::Text("https://slack-gov.com/api".into()),
        token: secret("slack-token"),
        channel: "C0123ABCD".into(),
        signing_secret: Some(secret("slack-signing")),
        reply_recovered: false,
    };
    assert_eq!(target.kind, TargetKind::SlackApp(app));
    let summary = Some("{{ entity_name }}: {{ metric }}".into());
    assert_eq!(target.templates, Templates { summary, body: None });
}

#[test]
fn webhooks_take_any_form_and_show_a_certificate() {
    let config = good("webhooks-datadog-alertmanager-and-teams.toml");
    let kind = |at: usize| config.targets[at].kind.clone();
    let TargetKind::Webhook(hook) = kind(0) else { panic!("a webhook") };
    assert_eq!((hook.method, &hook.signing_secret), (Method::Put, &None));
    let names: Vec<&str> = hook.headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["x-env", "x-api-key"]);
    let identity = config.targets[0].identity.as_ref().unwrap();
    assert_eq!(identity.certificate, SecretRef::File("/etc/andon/client.pem".into()));
    let refs = config.secret_refs();
    for name in ["hook", "client-key", "chat", "datadog", "relay", "teams"] {
        assert!(refs.contains(&&SecretRef::Credential(name.into())), "{name}");
    }
    let TargetKind::Datadog(dog) = kind(2) else { panic!("a Datadog") };
    let url = "https://event-management-intake.datadoghq.eu/api/v2/events";
    assert_eq!(dog.url, TextOrSecret::Text(url.into()));
    assert_eq!(dog.api_url, TextOrSecret::Text("https://api.datadoghq.eu".into()));
    let TargetKind::Alertmanager(am) = kind(4) else { panic!("an Alertmanager") };
    assert_eq!((am.ends_after, am.labels.len()), (Span::secs(86_400), 1));
    assert!(matches!(kind(5), TargetKind::Teams(_)));
}

#[test]
fn a_target_may_have_a_network_of_its_own() {
    let config = good("webhooks-datadog-alertmanager-and-teams.toml");
    let network = |at: usize| config.targets[at].network.as_deref().unwrap();
    assert!(config.targets[0].network.is_none());
    let site = network(4);
    assert_eq!(
        (site.roots.as_deref(), site.others),
        (Some("/etc/andon/site.pem"), Others::NotBelieved)
    );
    assert_eq!((&site.proxy, &site.credentials), (&ProxyChoice::Never, &None));
    let teams = network(5);
    let address = ProxyAddress::read("http://proxy.example.com:8080").unwrap();
    assert_eq!(teams.proxy, ProxyChoice::At(address));
    let credential = SecretRef::Credential("teams-proxy".into());
    assert_eq!(teams.credentials.as_ref(), Some(&credential), "of its own proxy");
    assert!(config.secret_refs().contains(&&credential));
    assert_eq!(teams.no_proxy.way("https://flows.example.com/x"), Way::Direct);
    assert_eq!(teams.roots, config.network.roots, "what it does not name is everybody's");
    let mail = good("mail-sms-and-syslog.toml");
    let relay = mail.targets[1].network.as_deref().unwrap();
    assert_eq!(relay.roots.as_deref(), Some("/etc/andon/mail.pem"));
    assert_eq!((&relay.proxy, relay.others), (&mail.network.proxy, Others::Believed));
}

#[test]
fn the_way_out_may_lead_through_a_proxy_and_an_authority_of_the_house() {
    let config = good("every-key.toml");
    let network = &config.network;
    let address = ProxyAddress::read("http://proxy.example.com:3128").unwrap();
    assert_eq!(network.proxy, ProxyChoice::At(address));
    assert!(config.secret_refs().contains(&&SecretRef::Credential("proxy".into())));
    assert_eq!(network.no_proxy.way("https://box.lan:8443/x"), Way::Direct);
    assert_eq!(network.no_proxy.way("https://hooks.slack.com/x"), Way::ByProxy);
    assert_eq!(network.roots.as_deref(), Some("/etc/andon/authority.pem"));
    assert_eq!(network.others, Others::NotBelieved);
}
