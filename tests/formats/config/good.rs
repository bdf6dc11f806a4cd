//! What becomes of good files.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test stops by panicking")]

use alloc::collections::BTreeSet;
use std::fs;
use std::path::Path;

use andon::model::baseline::{Baseline, Form};
use andon::model::config::{
    ClientCertificates, Config, IngestConfig, Parameter, Rhythm, TextOrSecret, TlsConfig,
    VaultLogin,
};
use andon::model::dependency::{Dependency, Tie};
use andon::model::flap::Pace;
use andon::model::http::Method;
use andon::model::metric::Metric;
use andon::model::network::NetworkConfig;
use andon::model::route::Route;
use andon::model::rule::{NoData, Operator, Priority, RateForm, Rule, Scope, Window};
use andon::model::secret::SecretRef;
use andon::model::storm::StormConfig;
use andon::model::target::TargetKind;
use andon::model::time::Span;

use super::{check, files};

pub(super) fn good(name: &str) -> Config {
    check(&good_text(name)).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(super) fn good_text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/config/good");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_site_has_a_clock_and_days_that_teach_nothing() {
    let config = good("every-key.toml");
    assert_eq!(config.hub.zone.name(), "Asia/Jerusalem");
    let days = config.except.iter().map(ToString::to_string);
    assert_eq!(days.collect::<Vec<_>>(), ["2026-12-25", "2026-12-31"]);
}

#[test]
fn a_dead_man_s_switch_may_be_a_secret() {
    let config = good("every-key.toml");
    let switch = config.dead_man.as_ref().unwrap();
    let url = TextOrSecret::Secret(SecretRef::Credential("dead-man".into()));
    assert_eq!((&switch.url, switch.every, switch.method), (&url, Span::secs(30), Method::Post));
    assert!(config.secret_refs().into_iter().any(|secret| Some(secret) == switch.url.secret()));

    assert_eq!(config.hub.link_down_after, Span::secs(30));
    assert_eq!(config.hub.acknowledged_for, Span::secs(1_800));
    let (within, update) = (Span::secs(900), Span::secs(120));
    let (priority, hourly_percent) = (Priority::P2, 400);
    let storm = StormConfig { alerts: 20, within, hourly_percent, priority, update };
    assert_eq!(config.storm, storm);
}

#[test]
fn the_silence_of_each_heartbeat_is_a_rule() {
    let config = good("a-heartbeat.toml");
    let [heartbeat] = config.heartbeats.as_slice() else { panic!("one") };
    assert_eq!((heartbeat.source.as_str(), heartbeat.due), ("beats", Span::secs(90_000)));
    let rule = config.rules.last().unwrap();
    assert_eq!(rule.scope, Scope::One(heartbeat.entity.clone()));
    assert_eq!((rule.metric, rule.static_value), (Metric::HEARTBEAT_AGE, 90_000.0));
}

/// A rule that says how restless what it watches may be, and one that leaves it to the metric.
fn restless(first: &Rule, second: &Rule) {
    assert_eq!((first.gap_tolerance, second.gap_tolerance), (Some(Span::secs(45)), None));
    assert_eq!((first.flap, second.flap), (Pace::Slow, Pace::Fast));
    let quiet = |rule: &Rule| (rule.dedup_window.whole_secs(), rule.max_quiet.whole_secs());
    assert_eq!((quiet(first), quiet(second)), ((1_200, 400), (300, 300)));
}

#[test]
fn a_route_repeats_at_its_own_rate_or_at_the_falling_one() {
    let repeats = |file: &str, priority| {
        let config = good(file);
        let spans = of(&config, priority).repeats.iter();
        spans.map(|span| span.whole_secs()).collect::<Vec<_>>()
    };
    assert_eq!(repeats("every-key.toml", Priority::P1), [600, 7_200]);
    assert_eq!(repeats("every-key.toml", Priority::P2), [900, 3_600, 14_400, 86_400]);
    // Guide 2's own file: after each cooldown.
    assert!(repeats("guide-2.json", Priority::P1).is_empty());
}

/// The short form of routes.
fn routed(config: &Config) {
    let p2 = of(config, Priority::P2);
    assert_eq!(
        (p2.targets[0].as_str(), p2.ladder[0].targets[0].as_str()),
        ("slack-ops", "pagerduty")
    );
    assert!(of(config, Priority::P3).digest_only);
}

/// What `[routes]` says of a priority.
fn of(config: &Config, priority: Priority) -> &Route {
    let is_of = |route: &&Route| route.matcher.priority == [priority];
    config.routes.ordered.iter().find(is_of).unwrap()
}

/// The config without the line numbers in it.
fn placeless(config: Config) -> Config {
    let rules = config.rules.into_iter().map(|rule| Rule { origin: "".into(), ..rule }).collect();
    let mut calibration = config.calibration;
    calibration.factors.iter_mut().for_each(|factor| factor.origin = "".into());
    let placeless = |one| Dependency { origin: "".into(), ..one };
    let dependencies = config.dependencies.into_iter().map(placeless).collect();
    let mut routes = config.routes;
    routes.ordered.iter_mut().for_each(|route| route.origin = "".into());
    Config { rules, calibration, dependencies, routes, ..config }
}

#[test]
fn a_good_file_makes_its_config() {
    let config = good("every-key.toml");
    assert_eq!(config.revision.as_deref(), Some("2026-11-22"));
    assert_eq!(&*config.hub.state_directory, "/data/andon");
    assert_eq!(config.hub.admin_listen.to_string(), "[::1]:9999");
    assert_eq!((config.hub.blind_after, config.hub.blind_priority), (Span::secs(90), Priority::P1));

    let ingest = config.ingest.as_ref().unwrap();
    let key = SecretRef::Vault { path: "andon/ingest".into(), field: "key".into() };
    assert!(config.secret_refs().contains(&&key), "it is read with the others");
    let roots = "/etc/andon/senders.pem".into();
    let clients = Some(ClientCertificates::Optional { roots });
    let tls = Some(TlsConfig { certificate: "/etc/andon/ingest.pem".into(), key, clients });
    assert_eq!(*ingest, IngestConfig { listen: "[::]:443".parse().unwrap(), tls });

    let vault = config.vault.as_ref().unwrap();
    assert_eq!((&*vault.url, &*vault.mount), ("https://vault.example.com:8200", "kv/noc"));
    assert_eq!(vault.namespace.as_deref(), Some("centre/north"));
    assert_eq!(vault.roots.as_deref(), Some("/etc/andon/authority.pem"));
    let secret_id = SecretRef::File("/etc/andon/vault".into());
    assert_eq!(vault.login, VaultLogin::AppRole { role_id: "andon".into(), secret_id });

    let source = &config.sources[0];
    assert_eq!((source.name.as_str(), &*source.platform), ("cxone-prod", "nice-cxone"));
    let entities: Vec<&str> = source.entities.iter().map(|entity| entity.as_str()).collect();
    assert_eq!(entities, ["queue-id-1", "queue-id-2"]);
    let secret = SecretRef::Credential("cxone".into());
    assert_eq!(source.parameters["client_secret"], Parameter::Secret(secret));
    let base_url = Parameter::Text("https://api-uk1.niceincontact.com".into());
    assert_eq!(source.parameters["base_url"], base_url);
    let url = Parameter::Text("https://hub.example.com/ingest/cxone-prod".into());
    assert_eq!(source.parameters["webhook_url"], url);
    let certificates = Parameter::List(vec!["ab".repeat(32).into()]);
    assert_eq!(source.parameters["webhook_certificates"], certificates);

    let [first, second, third, ..] = config.rules.as_slice() else { panic!("rules") };
    let text = include_str!("good/every-key.toml");
    let line = text.lines().position(|line| line == "[[rules.thresholds]]").unwrap() + 1;
    assert_eq!(*first.origin, format!("andon.toml:{line}:1"));
    assert_eq!(first.scope, Scope::One(source.entities[0].clone()));
    assert_eq!((first.metric.short(), first.operator), ("calls_waiting", Operator::AtLeast));
    assert_eq!((first.margin_percent, first.margin_value), (20.0, 2.5));
    assert_eq!((first.cooldown, first.escalation_threshold), (Span::secs(60), Span::ZERO));
    assert_eq!(first.rate, RateForm::LastInterval);
    assert_eq!((first.on_delay, first.off_delay), (Span::secs(30), Span::ZERO));
    assert_eq!(first.no_data, NoData::UnknownAfter(Span::secs(300)));
    assert_eq!((first.gap_tolerance, second.gap_tolerance), (Some(Span::secs(45)), None));
    selected(second);
    let day = third.hours.as_ref().map(|hours| (&*hours.name, hours.zone.name()));
    assert_eq!(day, Some(("day", "Asia/Jerusalem")), "the hub's zone, since they name none");
    restless(first, second);
    let agents = Metric::find("agents_available").unwrap();
    let scaled = second.scaling.as_ref().unwrap();
    assert_eq!(scaled.value(&|metric| (metric == agents).then_some(4.0)), Some(80.0));
    assert_eq!((third.priority, third.scaling.is_none()), (Priority::P3, true));
    let window = Window { length: Span::secs(300), buffer: Span::secs(90) };
    assert_eq!((first.window, third.window), (None, Some(window)));

    let factors = config.calibration.factors.iter();
    let factors: Vec<_> = factors.map(|one| (one.metric.short(), one.factor)).collect();
    assert_eq!(factors, [("longest_wait", 0.9), ("abandoned_calls", 1.25)]);

    routed(&config);
    assert_eq!(config.digest.rhythm, Rhythm::Every(Span::secs(600)));
    assert_eq!(config.digest.after, Span::secs(1_200));
    assert_eq!(config.digest.targets[0].as_str(), "slack-ops");
    assert_eq!(config.templates.summary.as_deref(), Some("{{ metric }} at {{ entity_name }}"));
    assert_eq!(config.templates.body.as_deref(), Some("one\ntwo\n"));
}

/// The rule that says all about whom, when and under which conditions.
fn selected(rule: &Rule) {
    let Scope::Some(selection) = &rule.scope else { panic!("{:?}", rule.scope) };
    let texts = |list: &[Box<str>]| list.join(" ");
    assert_eq!(texts(&selection.entities), "queue-id-* VIP line");
    assert_eq!(texts(&selection.exclude), "*test*");
    let labels = selection.labels.iter().map(|(key, any)| format!("{key}: {}", texts(any)));
    assert_eq!(labels.collect::<Vec<_>>(), ["unit: Retail banking", "site: Haifa Leeds"]);
    let hours = rule.hours.as_ref().unwrap();
    assert_eq!(
        (&*hours.name, hours.zone.name(), hours.spans.len()),
        ("shifts", "Europe/London", 2)
    );
    assert_eq!(hours.spans[0].days, [true, true, true, true, true, false, false]);
    assert_eq!((hours.spans[1].from, hours.spans[1].to), (22 * 60, 6 * 60));
    let conditions = rule.conditions.iter().map(|one| format!("{:?} {one}", one.group));
    assert_eq!(
        conditions.collect::<Vec<_>>(),
        ["All agents_available < 3", "Any calls_waiting >= 5", "Any abandoned_calls > 1/min"]
    );
    assert_eq!((rule.conditions[0].margin_percent, rule.conditions[0].margin_value), (0.0, 2.0));
    assert_eq!((rule.conditions[1].margin_percent, rule.conditions[1].margin_value), (10.0, 1.0));
    let volume = rule.minimum_volume.map(|volume| (volume.metric.short(), volume.least));
    assert_eq!(volume, Some(("calls_waiting", 2.0)));
}

#[test]
fn days_are_read_as_people_write_them() {
    let least = good_text("least.toml");
    let hours = |keys: &str| {
        let site = format!("{least}\n[hours.h]\nzone = \"UTC\"\n{keys}\n[[rules]]\n");
        let threshold = "hours = \"h\"\nthresholds = [{ metric = \"longest_wait\", operator = \
                         \">\", static_value = 1, priority = \"P2\" }]\n";
        let config = check(&format!("{site}{threshold}")).unwrap_or_else(|e| panic!("{e}"));
        let hours = config.rules.last().unwrap().hours.clone().unwrap();
        let span = &hours.spans[0];
        let days: String = span.days.iter().map(|day| if *day { 'x' } else { '-' }).collect();
        (days, span.from, span.to)
    };
    assert_eq!(hours("from = \"00:00\"\nto = \"24:00\""), ("xxxxxxx".into(), 0, 1_440));
    let days = |days: &str| hours(&format!("days = {days}\nfrom = \"22:30\"\nto = \"00:00\""));
    assert_eq!(days("\"sat..mon\""), ("x----xx".into(), 22 * 60 + 30, 1_440));
    assert_eq!(days("[\"tue\", \"thu .. fri\"]").0, "-x-xx--");
}

#[test]
fn every_form_of_a_baseline_is_read() {
    let baselines = good("every-key.toml").rules.split_off(3);
    let baselines: Vec<Option<Baseline>> = baselines.iter().map(|rule| rule.baseline).collect();
    let of = |percent, form| Some(Baseline { percent, form });
    let forms = [of(90, Form::Factor(1.5)), of(95, Form::Offset(2.0)), of(50, Form::Ratio)];
    assert_eq!(baselines, forms);
}

#[test]
fn two_thresholds_on_one_line_are_two_rules() {
    let text = include_str!("good/every-key.json");
    let minified = text.lines().map(str::trim).collect::<Vec<_>>().concat();
    let config = check(&minified).unwrap();
    let places: BTreeSet<&str> = config.rules.iter().map(|rule| &*rule.origin).collect();
    assert!(places.iter().all(|place| place.starts_with("andon.toml:1:")), "{places:?}");
    assert_eq!(places.len(), config.rules.len());
}

#[test]
fn a_dependency_is_read_with_its_place_and_its_defaults() {
    let config = good("every-key.toml");
    let text = include_str!("good/every-key.toml");
    let [unsure, sure] = config.dependencies.as_slice() else { panic!("two dependencies") };
    let line = text.lines().position(|line| line == "[[dependency]]").unwrap() + 1;
    assert_eq!((&*unsure.origin, unsure.tie), (&*format!("andon.toml:{line}:1"), Tie::Unsure));
    assert_eq!(unsure.parent.metrics, [config.rules[0].metric]);
    assert_eq!(unsure.children.entities, ["queue-id-*".into(), "Tier-2".into()]);
    assert_eq!((unsure.hold_child, unsure.shadow), (Span::secs(60), Span::ZERO));
    assert_eq!(unsure.cooldown, Some(Span::secs(3_600)));
    assert_eq!((sure.tie, &sure.children.source), (Tie::Sure, &config.sources[0].name));
    assert_eq!((sure.hold_child, sure.shadow), (Span::secs(20), Span::secs(180)));
    assert_eq!((sure.cooldown, sure.children.metrics.len()), (None, 0));
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = good("least.toml");
    assert_eq!((config.hub.zone.name(), config.except.len()), ("UTC", 0));
    assert_eq!(&*config.hub.state_directory, "/var/lib/andon");
    assert_eq!(config.hub.admin_listen.to_string(), "127.0.0.1:9470");
    assert_eq!(config.ingest, None, "nothing is taken");
    assert_eq!(config.network, NetworkConfig::default());
    assert_eq!(
        (config.hub.blind_after, config.hub.blind_priority),
        (Span::secs(120), Priority::P2)
    );
    assert_eq!(config.hub.link_down_after, Span::secs(45));
    assert_eq!(config.storm, StormConfig::default());
    let base_url = Parameter::Text("https://api.nice-incontact.com".into());
    assert_eq!(config.sources[0].parameters["base_url"], base_url);
    assert!(config.sources[0].entities.is_empty());
    let [rule] = config.rules.as_slice() else { panic!("one rule") };
    assert_eq!((rule.margin_percent, rule.margin_value), (10.0, rule.metric.margin_floor()));
    assert_eq!((rule.cooldown, rule.escalation_threshold), (Span::secs(300), Span::secs(600)));
    assert_eq!(rule.rate, RateForm::SlidingMinute);
    assert_eq!((rule.on_delay, rule.off_delay), (Span::secs(60), Span::secs(300)));
    let url = TextOrSecret::Text("https://events.pagerduty.com/v2/enqueue".into());
    let TargetKind::PagerDuty(pager) = &config.targets[0].kind else { panic!("kind") };
    assert_eq!(pager.url, url);
    assert_eq!(config.digest.rhythm, Rhythm::Every(Span::secs(1_800)));
    assert_eq!(config.digest.after, Span::secs(1_800));
}

const NOTHING_WAITS: (Span, Span) = (Span::ZERO, Span::ZERO);

#[test]
fn a_factor_of_a_platform_is_one_of_each_of_its_sources() {
    let config = good("two-sources-and-an-expression-kept-for-later.toml");
    let [factor] = config.calibration.factors.as_slice() else { panic!("of one source") };
    assert_eq!((factor.source.as_str(), factor.factor), ("cxone", 1.1));
    let [pair] = config.calibration.pairs.as_slice() else { panic!("one pair") };
    assert_eq!((pair.source.as_str(), pair.entity.as_str()), ("genesys", "billing"));
    assert_eq!((pair.reference.as_str(), pair.reference_entity.as_str()), ("cxone", "q1"));
    let text = include_str!("good/every-key.toml");
    // What stands for the source alone wins, wherever it stands.
    let both =
        text.replace("metric = \"longest_wait\"\nfactor", "metric = \"abandoned_calls\"\nfactor");
    let factors = check(&both).unwrap().calibration.factors;
    assert_eq!(factors.iter().map(|one| one.factor).collect::<Vec<_>>(), [0.9]);
}

#[test]
fn guide_2_s_file_means_what_guide_2_says() {
    let config = good("guide-2.json");
    let metrics: Vec<&str> = config.rules.iter().map(|rule| rule.metric.short()).collect();
    assert_eq!(metrics, ["calls_waiting", "longest_wait", "abandoned_calls"]);
    assert!(config.rules.iter().all(|rule| rule.rate == RateForm::LastInterval));
    assert!(config.rules.iter().all(|rule| (rule.on_delay, rule.off_delay) == NOTHING_WAITS));
    assert!(config.rules.iter().all(|rule| matches!(rule.scope, Scope::One(_))));
    let scaled: Vec<bool> = config.rules.iter().map(|rule| rule.scaling.is_some()).collect();
    assert_eq!(scaled, [false, true, false]);
}

#[test]
fn the_format_makes_no_difference() {
    let [toml, json] = ["every-key.toml", "every-key.json"].map(|name| placeless(good(name)));
    assert_eq!(toml, json);
}

#[test]
fn an_editor_on_windows_makes_no_difference() {
    for path in files("good") {
        let text = fs::read_to_string(path).unwrap();
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(check(&windows).unwrap(), check(&text).unwrap());
    }
}

#[test]
fn a_push_door_needs_no_more_than_its_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/config/good");
    let least = fs::read_to_string(folder.join("least.toml")).unwrap();
    let of = |keys: &str| check(&format!("{least}\n[ingest]\n{keys}")).unwrap().ingest.unwrap();
    assert_eq!(of(""), IngestConfig { listen: IngestConfig::LISTEN, tls: None });
    assert_eq!(IngestConfig::LISTEN.to_string(), "0.0.0.0:8443");
    let pair = "certificate = \"/c\"\nkey = { credential = \"k\" }\n";
    assert_eq!(of(pair).tls.unwrap().clients, None);
    let clients = of(&format!("{pair}client_roots = \"/r\"")).tls.unwrap().clients;
    assert_eq!(clients, Some(ClientCertificates::Required { roots: "/r".into() }));
}
