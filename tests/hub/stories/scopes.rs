//! Whom a rule is about: by pattern and by label, and over a restart with an edited file.

use crate::config::{AT_ONCE, BUSY, CROWD, SITE};
use crate::world::{World, minutes, seconds};

/// Tier 2 is labelled; tier 1 is called VIP by nobody.
fn file(scope: &str, threshold: &str) -> String {
    format!(
        "{SITE}\n[[context]]\nentity = \"tier-2\"\nbusiness_impact = \"risk\"\nunit = \"Support\"\n\
         labels = {{ site = \"Haifa\" }}\n[[context]]\nentity = \"*\"\n\
         business_impact = \"none\"\nlabels = {{ site = \"Leeds\" }}\n\
         [[rules]]\n{scope}\nthresholds = [{{ {threshold}{AT_ONCE} }}]\n"
    )
}

fn both_wait(scope: &str) -> World {
    let mut world = World::start(&file(scope, CROWD));
    world.queue("tier-1").waiting(22);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world
}

const OF_2: [&str; 1] = ["trigger tier-2 calls_waiting critical"];

#[test]
fn a_rule_is_about_those_that_its_scope_takes_in() {
    both_wait("entities = [\"*-2\", \"vip*\"]").pagerduty().heard(OF_2);
    both_wait("exclude = [\"tier-1\"]").pagerduty().heard(OF_2);
    both_wait("labels = { unit = \"Support\", site = [\"Haifa\", \"Acre\"] }")
        .pagerduty()
        .heard(OF_2);
    both_wait("labels = { site = \"Lee*\" }")
        .pagerduty()
        .heard(["trigger tier-1 calls_waiting critical"]);
    both_wait("entities = [\"tier-?\"]")
        .pagerduty()
        .heard(["trigger tier-1 calls_waiting critical", "trigger tier-2 calls_waiting critical"]);
}

#[test]
fn another_scope_that_takes_it_in_goes_on_with_the_alert() {
    let mut world = both_wait("labels = { site = \"Haifa\" }");
    world.pagerduty().heard(OF_2);
    world.reload(&file("entities = [\"tier-2\"]", CROWD));
    world.pass(minutes(2));
    world.nobody_heard();
    world.queue("tier-2").waiting(0);
    world.pass(seconds(20));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_scope_that_leaves_it_out_ends_the_alert() {
    let mut world = both_wait("labels = { site = \"Haifa\" }");
    world.pagerduty().heard(OF_2);
    world.reload(&file("labels = { site = \"Leeds\" }", CROWD));
    world.pass(minutes(1));
    world
        .pagerduty()
        .heard(["resolve tier-2 calls_waiting recovered", "trigger tier-1 calls_waiting critical"]);
}

#[test]
fn labels_that_moved_to_another_queue_move_the_rule() {
    let mut world = both_wait("labels = { unit = \"Support\" }");
    world.pagerduty().heard(OF_2);
    let text = file("labels = { unit = \"Support\" }", CROWD);
    world.reload(&text.replace("entity = \"tier-2\"", "entity = \"tier-1\""));
    world.pass(minutes(1));
    world
        .pagerduty()
        .heard(["resolve tier-2 calls_waiting recovered", "trigger tier-1 calls_waiting critical"]);
}

#[test]
fn a_rule_that_watches_nothing_is_said_in_the_log_once() {
    let mut world = World::start(&file("entities = [\"sales-*\"]", BUSY));
    world.pass(minutes(10));
    let said = "what cxone reports is in the scope of none of these rules, which watch nothing: \
                andon.toml:";
    assert!(!world.said(said));
    world.pass(minutes(10));
    assert!(world.said(said));
    let count = world.site.said.iter().filter(|line| line.contains(said)).count();
    assert_eq!(count, 1);
}
