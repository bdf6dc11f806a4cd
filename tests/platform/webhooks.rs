//! What the built-in definitions make of their senders' deliveries.
//!
//! The payloads are made by hand from the vendors' schemas and examples: Alertmanager, Grafana,
//! Genesys Cloud through EventBridge and as notifications, CloudEvents, and what the guides name.

use andon::model::answer::Reading;
use andon::model::delivery::{Delivery, Pushed};
use andon::model::metric::Metric;
use andon::model::name::SourceName;
use andon::model::time::UtcMs;
use andon::platform::{Definition, NotUnderstood, built_in};

const NOW: &str = "2024-05-15T14:33:00Z";

fn named(name: &str) -> Definition {
    built_in().into_iter().find(|definition| definition.name() == name).unwrap()
}

fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (method, headers) = ("POST".into(), headers.collect());
    Delivery { method, headers, body: body.to_owned().into(), client_certificate: None }
}

fn read_with(name: &str, headers: &[(&str, &str)], body: &str) -> Result<Pushed, NotUnderstood> {
    let (definition, delivery) = (named(name), delivery(headers, body));
    definition.webhook().unwrap().open(&delivery).read(at(NOW))
}

fn read(name: &str, body: &str) -> Pushed {
    read_with(name, &[], body).unwrap()
}

fn at(text: &str) -> UtcMs {
    UtcMs::from_rfc3339(text).unwrap()
}

/// What a delivery says of whom: `entity (name): metric value, ...`, and when.
fn told(pushed: &Pushed) -> Vec<String> {
    let say = |(metric, reading): (&Metric, &Reading)| match reading {
        Reading::Value(value) => Some(format!("{} {value}", metric.short())),
        Reading::Null => Some(format!("{} null", metric.short())),
        Reading::Absent => None,
    };
    let rows = pushed.answer.iter().zip(&pushed.ranks);
    rows.map(|((row, readings), rank)| {
        let said: Vec<String> =
            pushed.answer.metrics.iter().zip(readings).filter_map(say).collect();
        let name = row.name.as_deref().unwrap_or("-");
        format!("{} ({name}): {} at {}", row.entity.as_str(), said.join(", "), rank.at.rfc3339())
    })
    .collect()
}

#[test]
fn alertmanagers_group_is_an_entity_for_each_alert() {
    let pushed = read("alertmanager", include_str!("payloads/alertmanager-webhook.json"));
    let wanted = [
        "1a30ba71cca2921f (Probe failure: server.example.org): severity 4 at 2024-05-15T14:33:00Z",
        "2b41cb82ddb3a320 (DiskFull): severity 0 at 2024-05-15T14:33:00Z",
        // A word that nobody has given a meaning is no reason to say nothing.
        "3c52dc93eec4b431 (Odd): severity 2 at 2024-05-15T14:33:00Z",
    ];
    assert_eq!(told(&pushed), wanted);
    assert_eq!(pushed.left_out, 2);
}

#[test]
fn a_body_of_64_kib_is_read_whole() {
    let alert = |n: usize| {
        format!(
            r#"{{"status":"firing","labels":{{"alertname":"A","severity":"low","pad":"{}"}},
                "annotations":{{}},"fingerprint":"{n:016x}"}}"#,
            "x".repeat(900)
        )
    };
    let alerts: Vec<String> = (0..64).map(alert).collect();
    let body = format!(r#"{{"version":"4","alerts":[{}]}}"#, alerts.join(","));
    assert!(body.len() > 64 << 10);
    assert_eq!(read("alertmanager", &body).answer.rows.len(), 64);
}

#[test]
fn grafanas_alerts_are_warnings_unless_a_label_says_otherwise() {
    let pushed = read("grafana", include_str!("payloads/grafana-webhook.json"));
    let wanted = [
        "c6eadffa33fcdf37 (This alert was triggered for zone us-1): severity 2 at \
         2024-05-15T14:33:00Z",
        "bc97ff14869b13e3 (High CPU usage): severity 0 at 2024-05-15T14:33:00Z",
    ];
    assert_eq!(told(&pushed), wanted);
}

#[test]
fn a_queue_on_eventbridge_has_what_changed() {
    let body = include_str!("payloads/genesys-eventbridge-queue.json");
    let queue = "6c1d3a52-7d7c-4a8e-9a53-2f0a2f6f2b10";
    let wanted =
        [format!("{queue} (-): calls_waiting 22, longest_wait 60 at 2024-05-15T14:32:10Z")];
    let pushed = read("genesys-eventbridge", body);
    assert_eq!(told(&pushed), wanted);
    let chat = read("genesys-eventbridge", &body.replace("\"voice\"", "\"message\""));
    assert_eq!(chat.answer.rows[0].entity.as_str(), format!("{queue}/message"));
    let agents = body.replace(", \"mediaType\": \"voice\"", "");
    let agents = read("genesys-eventbridge", &agents);
    assert_eq!(agents.answer.rows[0].entity.as_str(), queue);
}

#[test]
fn an_eventbridge_delivery_is_known_by_its_envelope() {
    let definition = named("genesys-eventbridge");
    let source = SourceName::new("genesys").unwrap();
    let id =
        |body: &str| definition.webhook().unwrap().open(&delivery(&[], body)).id(&source, UtcMs(0));
    let body = include_str!("payloads/genesys-eventbridge-queue.json");
    // Tried again, and written down anew on the way.
    assert_eq!(id(body), id(&body.replace(['\n', ' '], "")));
    assert_ne!(id(body), id(&body.replace("6a7e8feb", "7a7e8feb")));
}

#[test]
fn a_notification_without_an_envelope_is_read_too() {
    let trunk = include_str!("payloads/genesys-notification-trunk.json");
    let wanted = ["t-1 (-): connected 0 at 2024-05-15T14:33:00Z"];
    assert_eq!(told(&read("genesys-eventbridge", trunk)), wanted);
    let edge = r#"{"topicName": "v2.telephony.providers.edges.e-1",
                   "eventBody": {"id": "e-1", "onlineStatus": "OFFLINE"}}"#;
    let wanted = ["e-1 (-): online 0 at 2024-05-15T14:33:00Z"];
    assert_eq!(told(&read("genesys-eventbridge", edge)), wanted);
    let of_a_person = r#"{"topicName": "v2.users.u-1.presence", "eventBody": {"id": "u-1"}}"#;
    let fault = read_with("genesys-eventbridge", &[], of_a_person).unwrap_err();
    assert_eq!(fault, NotUnderstood::NoEvent);
}

#[test]
fn a_cloud_event_is_the_same_in_every_mode() {
    let structured = include_str!("payloads/cloudevents-structured.json");
    let wanted =
        ["com.example.trunk.degraded/trunk-9 (SBC East): severity 3 at 2024-05-15T14:32:00Z"];
    let pushed = read("cloudevents", structured);
    assert_eq!(told(&pushed), wanted);
    assert_eq!(pushed.ranks[0].sequence, Some(42));
    assert_eq!(read("cloudevents", &format!("[{structured}]")), pushed);
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", "A234-1234-1234"),
        ("ce-source", "https://ivr.example/site-7"),
        ("ce-type", "com.example.trunk.degraded"),
        ("ce-subject", "trunk-9"),
        ("ce-time", "2024-05-15T14:32:00Z"),
        ("ce-sequence", "42"),
        ("content-type", "application/json"),
    ];
    let data = r#"{"severity": "high", "entity_name": "SBC East"}"#;
    assert_eq!(read_with("cloudevents", &headers, data).unwrap(), pushed);
    let definition = named("cloudevents");
    let source = SourceName::new("ivr").unwrap();
    let webhook = definition.webhook().unwrap();
    let id = |headers: &[(&str, &str)], body: &str| {
        webhook.open(&delivery(headers, body)).id(&source, UtcMs(0))
    };
    assert_eq!(id(&headers, data), id(&[], structured));
    let elsewhere = structured.replace("site-7", "site-8");
    assert_ne!(id(&[], &elsewhere), id(&[], structured), "an id is its source's alone");
}

#[test]
fn the_events_that_the_guides_register_are_read_on_both_platforms() {
    let genesys = ["routing.queue.event", "telephony.trunk.event", "analytics.report.event"];
    let cxone = ["queue.status.changed", "trunk.health.alert", "analytics.threshold.breach"];
    let platforms = [("genesys-cloud-guide", genesys), ("nice-cxone-guide", cxone)];
    for (name, [queue, trunk, report]) in platforms {
        let body = format!(
            r#"{{"event": "{queue}", "timestamp": "2024-05-15T14:32:00Z", "sequence": 7,
                "entity": {{"id": "q1", "name": "Tier 2"}}, "severity": "critical",
                "metrics": [{{"metric": "routing.queue.calls_waiting", "value": 22}}]}}"#
        );
        let pushed = read(name, &body);
        assert_eq!(told(&pushed), ["q1 (Tier 2): calls_waiting 22 at 2024-05-15T14:32:00Z"]);
        assert_eq!(pushed.ranks[0].sequence, Some(7));
        let body = format!(
            r#"{{"event": "{trunk}", "timestamp": "2024-05-15T14:32:00Z", "entities": [
                {{"entity": {{"id": "t1"}}, "metrics": [
                    {{"metric": "telephony.trunk.connected", "value": false}}]}},
                {{"entity": {{"id": "t2"}}, "timestamp": "2024-05-15T14:31:00Z", "metrics": [
                    {{"metric": "telephony.trunk.connected", "value": true}}]}}]}}"#
        );
        let wanted = [
            "t1 (-): connected 0 at 2024-05-15T14:32:00Z",
            "t2 (-): connected 1 at 2024-05-15T14:31:00Z",
        ];
        assert_eq!(told(&read(name, &body)), wanted);
        let body = format!(
            r#"{{"event": "{report}", "timestamp": "2024-05-15T14:32:00Z",
                "entity": {{"id": "r1"}}, "severity": "medium"}}"#
        );
        let wanted = ["r1 (-): severity 2 at 2024-05-15T14:32:00Z"];
        assert_eq!(told(&read(name, &body)), wanted);
        let unknown = r#"{"event": "user.presence", "entity": {"id": "u"}, "severity": "low"}"#;
        assert_eq!(read_with(name, &[], unknown).unwrap_err(), NotUnderstood::NoEvent);
    }
}

#[test]
fn nices_nexus_is_a_slot_for_the_normalized_payload() {
    let body = r#"{"alert_key": "k", "metric_type": "voice.mos", "entity_id": "site-7",
                   "severity": "high", "timestamp": "2024-05-15T14:32:00Z"}"#;
    let wanted = ["voice.mos/site-7 (-): severity 3 at 2024-05-15T14:32:00Z"];
    assert_eq!(told(&read("nice-nexus", body)), wanted);
    assert_eq!(read_with("nice-nexus", &[], "<event/>").unwrap_err(), NotUnderstood::NotJson);
}

#[test]
fn no_built_in_definition_asks_for_a_person() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/platform/definitions");
    // Fields of the vendors that name callers and agents, in small letters.
    let personal = [
        "ani",
        "dnis",
        "addressfrom",
        "addressto",
        "fromaddress",
        "toaddress",
        "participantname",
        "firstname",
        "lastname",
        "agentname",
        "callername",
        "caller",
        "email",
        "phonenumber",
        "remotename",
        "customerid",
        "externalcontact",
        "contactname",
    ];
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let line = line.to_ascii_lowercase();
            let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(!words.any(|word| personal.contains(&word)), "{line}");
        }
    }
}
