//! What an entity means to the business: told with the page, looked up once, never waited for long.

use andon::demo::faults::Fault;
use andon::model::time::Span;

use crate::cmdb::Cmdb;
use crate::config::{self, CROWD};
use crate::network::Server;
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

const CMDB: &str = r#"
[enrichment]
audit_priority = "P2"

[enrichment.cmdb]
url = "https://cmdb.test/api/now/table/cmdb_ci?sysparm_query=name={entity_id}"
token = { credential = "cmdb" }
business_impact = "u_impact"
owner = "owned_by"
runbook = "u_runbook"
"#;

/// Pages say the impact; what is pushed comes at the moment that the story says.
fn config(more: &str) -> String {
    let text = config::thresholds(&[CROWD]);
    let secret = "client_secret = { credential = \"cxone\" }\n";
    let both = format!("{secret}webhook_secret = {{ credential = \"webhook\" }}\n");
    let text = text.replacen(secret, &both, 1);
    let summary = "{{ entity_name }} {{ business_impact }} \\\n";
    let said = "summary = \"\"\"{{ entity_name }} {{ metric }} \\\n";
    assert!(text.contains(said));
    let text = text.replacen(said, &format!("summary = \"\"\"{summary}"), 1);
    format!("{text}{more}")
}

fn started(more: &str) -> World {
    let mut world = World::start(&config(more));
    cmdb(&mut world).impacts.insert("tier-2".into(), "sla_violation_risk".into());
    // Between two polls.
    world.pass(minutes(2) + seconds(5));
    world
}

fn cmdb(world: &mut World) -> &mut Cmdb {
    let Server::Cmdb(cmdb) = world.site.network.server_mut("https://cmdb.test") else { panic!() };
    cmdb
}

/// So many wait in a queue, which is pushed at once and polled from here on.
fn crowd(world: &mut World, queue: &str, value: u16) {
    world.queue(queue).waiting(value);
    let timestamp = (BEGIN + world.site.elapsed).rfc3339();
    let body = format!(
        r#"{{"alert_key": "k", "metric_type": "routing.queue.calls_waiting",
            "entity_id": "{queue}", "entity_name": "{queue}", "current_value": {value},
            "severity": "critical", "timestamp": "{timestamp}"}}"#
    );
    let id = format!("{queue} {} {value}", world.site.elapsed.0);
    assert_eq!(world.push("cxone", &id, &body), 200);
}

#[test]
fn the_page_says_what_it_means_and_what_to_do() {
    let mut world = started(CMDB);
    world.at("https://cmdb.test").answers_after(Span::millis(1_000));
    crowd(&mut world, "tier-2", 22);
    world.pass(Span::millis(2_100));
    world.pagerduty().heard(["trigger tier-2 sla_violation_risk critical"]);
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    assert_eq!(alert.business_impact.as_deref(), Some("sla_violation_risk"));
    assert_eq!(alert.owner.as_deref(), Some("Beth Anglin"));
    assert_eq!(alert.runbook.as_deref(), Some("https://wiki.test/runbook"));
    crowd(&mut world, "tier-2", 0);
    world.pass(seconds(1));
    world.pagerduty().heard(["resolve tier-2 sla_violation_risk recovered"]);
    world.nobody_heard();
    assert_eq!(cmdb(&mut world).asked, ["tier-2"]);
}

#[test]
fn a_dead_database_delays_a_page_by_two_seconds_and_is_an_alert_until_it_is_back() {
    let mut world = started(CMDB);
    world.at("https://cmdb.test").suffers(Fault::Hang, minutes(10));
    crowd(&mut world, "tier-2", 22);
    world.pass(Span::millis(1_900));
    world.nobody_heard();
    world.pass(Span::millis(400));
    world.pagerduty().heard(["trigger tier-2 unmapped critical"]);
    world.pass(seconds(4));
    world.slack().heard(["cxone unmapped medium"]);
    assert!(world.said("cxone: 1 entities in trouble have no business impact: tier-2"));
    // While it is left alone nobody waits for it.
    crowd(&mut world, "tier-1", 30);
    world.pass(Span::millis(300));
    world.pagerduty().heard(["trigger tier-1 unmapped critical"]);
    assert_eq!(world.metric("andon_unmapped_entities{source=\"cxone\"}"), 2);
    crowd(&mut world, "tier-1", 0);
    world.pass(minutes(3));
    world.pagerduty().heard(["resolve tier-1 unmapped recovered"]);
    world.slack().heard([]);
    world.pass(minutes(10));
    world.pagerduty().heard([
        "trigger tier-2 unmapped critical, repeat",
        "trigger tier-2 sla_violation_risk critical, escalation",
    ]);
    world.slack().heard(["cxone unmapped recovered"]);
    assert_eq!(world.metric("andon_unmapped_entities{source=\"cxone\"}"), 0);
}

#[test]
fn what_cannot_be_used_as_an_answer_is_an_unmapped_entity_and_no_lost_page() {
    for garbage in ["<html>log in</html>", "{}", "{\"result\": 5}", ""] {
        let mut world = started(CMDB);
        cmdb(&mut world).garbage = Some(garbage);
        crowd(&mut world, "tier-2", 22);
        world.pass(seconds(1));
        world.pagerduty().heard(["trigger tier-2 unmapped critical"]);
        world.slack().heard(["cxone unmapped medium"]);
        assert!(world.said("WARN the configuration database: "), "{garbage}");
    }
    let mut world = started(CMDB);
    world.at("https://cmdb.test").suffers(Fault::Close, minutes(1));
    crowd(&mut world, "tier-2", 22);
    world.pass(seconds(1));
    world.pagerduty().heard(["trigger tier-2 unmapped critical"]);
}

#[test]
fn a_thousand_alerts_of_one_entity_in_a_minute_are_one_look_up() {
    let mut world = started(CMDB);
    for _ in 0..500 {
        crowd(&mut world, "tier-2", 22);
        world.pass(Span::millis(50));
        crowd(&mut world, "tier-2", 0);
        world.pass(Span::millis(50));
    }
    assert_eq!(cmdb(&mut world).asked, ["tier-2"]);
}

#[test]
fn a_notice_that_waits_holds_up_no_other() {
    let table = "[[context]]\nentity = \"tier-1\"\nbusiness_impact = \"vip\"\n";
    let mut world = started(&format!("{table}{CMDB}"));
    world.at("https://cmdb.test").suffers(Fault::Hang, minutes(10));
    crowd(&mut world, "tier-2", 22);
    crowd(&mut world, "tier-1", 22);
    world.pass(Span::millis(400));
    world.pagerduty().heard(["trigger tier-1 vip critical"]);
    world.pass(seconds(2));
    world.pagerduty().heard(["trigger tier-2 unmapped critical"]);
    assert_eq!(cmdb(&mut world).asked, ["tier-2"]);
}

#[test]
fn a_power_cut_while_a_page_waits_loses_nothing() {
    let mut world = started(CMDB);
    world.at("https://cmdb.test").suffers(Fault::Hang, minutes(1));
    crowd(&mut world, "tier-2", 22);
    world.pass(seconds(1));
    world.nobody_heard();
    world.reboot(seconds(30));
    world.pass(seconds(1));
    world.pagerduty().heard(["trigger tier-2 unmapped critical"]);
    world.pass(minutes(3));
    world.pagerduty().heard([]);
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    assert_eq!(alert.business_impact.as_deref(), Some("sla_violation_risk"));
}

#[test]
fn a_breach_that_is_over_before_its_context_comes_is_told_whole() {
    let mut world = started(CMDB);
    world.at("https://cmdb.test").answers_after(Span::millis(1_500));
    crowd(&mut world, "tier-2", 22);
    world.pass(Span::millis(50));
    crowd(&mut world, "tier-2", 0);
    world.pass(seconds(3));
    world.pagerduty().heard([
        "trigger tier-2 sla_violation_risk critical",
        "resolve tier-2 sla_violation_risk recovered",
    ]);
}

#[test]
fn a_changed_table_is_what_the_next_start_tells() {
    let table = |entity: &str, impact: &str| {
        let audit = "[enrichment]\naudit_priority = \"P2\"\n";
        config(&format!(
            "[[context]]\nentity = \"{entity}\"\nbusiness_impact = \"{impact}\"\n{audit}"
        ))
    };
    let mut world = World::start(&table("tier-*", "first"));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 first critical"]);
    world.reload(&table("tier-2", "second"));
    world.pass(minutes(1));
    world.nobody_heard();
    let impact = |world: &mut World| {
        let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
        alert.business_impact.unwrap_or_default()
    };
    assert_eq!(impact(&mut world), "second");
    world.reload(&table("tier-9", "third"));
    world.pass(minutes(1));
    assert_eq!(impact(&mut world), "unmapped");
    world.slack().heard(["cxone unmapped medium"]);
    world.reload(&config(""));
    world.pass(minutes(1));
    assert_eq!(impact(&mut world), "");
    world.slack().heard(["cxone unmapped recovered"]);
}

#[test]
fn a_start_tells_what_the_file_says_before_any_platform_answers() {
    let table = |impact: &str| {
        config(&format!("[[context]]\nentity = \"*\"\nbusiness_impact = \"{impact}\"\n"))
    };
    let mut world = World::start(&table("first"));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.cxone().suffers(Fault::Hang, minutes(1));
    world.reload(&table("second"));
    world.pass(seconds(5));
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    assert_eq!(alert.business_impact.as_deref(), Some("second"));
    world.pagerduty().heard(["trigger tier-2 first critical"]);
}

#[test]
fn a_restart_takes_back_nothing_that_is_still_unmapped() {
    let mut world = started(CMDB);
    world.at("https://cmdb.test").suffers(Fault::Hang, minutes(10));
    crowd(&mut world, "tier-2", 22);
    world.pass(seconds(7));
    world.pagerduty().heard(["trigger tier-2 unmapped critical"]);
    world.slack().heard(["cxone unmapped medium"]);
    world.kill();
    world.pass(minutes(1));
    world.nobody_heard();
}

#[test]
fn the_route_is_chosen_by_what_the_database_says() {
    let route = "[[route]]\nmatch = { business_impact = \"sla_*\" }\ntarget = \"webhook\"\n";
    let mut world = started(&format!("{CMDB}{route}"));
    world.at("https://cmdb.test").answers_after(Span::millis(1_000));
    crowd(&mut world, "tier-2", 22);
    world.pass(seconds(3));
    world.webhook().heard(["tier-2 sla_violation_risk critical"]);
    crowd(&mut world, "tier-2", 0);
    world.pass(seconds(1));
    world.webhook().heard(["tier-2 sla_violation_risk recovered"]);
    world.pagerduty().heard([]);
    // Who was told before anybody knew hears of the end, too.
    world.at("https://cmdb.test").answers_after(seconds(4));
    cmdb(&mut world).impacts.insert("tier-1".into(), "sla_violation_risk".into());
    crowd(&mut world, "tier-1", 22);
    world.pass(seconds(10));
    world.pagerduty().heard(["trigger tier-1 unmapped critical"]);
    world.webhook().heard(["tier-1 sla_violation_risk critical"]);
    crowd(&mut world, "tier-1", 0);
    world.pass(seconds(1));
    world.pagerduty().heard(["resolve tier-1 sla_violation_risk recovered"]);
    world.webhook().heard(["tier-1 sla_violation_risk recovered"]);
}
