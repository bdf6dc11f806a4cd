//! Hang-ups: the sliding minute, and guide 2's own ten seconds times six.

use crate::config::{self, HANG_UPS};
use crate::world::{World, minutes, seconds};

const BY_SIX: &str = r#"metric = "abandoned_calls", operator = ">=", static_value = 5,
    priority = "P1", rate = "last_interval""#;

/// Guide 2's file as it stands, with who is there around it.
const GUIDE: &str = r#"{
  "source": [{ "name": "cxone", "definition": "nice-cxone-guide", "base_url": "https://cxone.test",
    "client_id": "hub", "client_secret": { "credential": "cxone" }, "queues": ["tier-2"] }],
  "target": [{ "name": "pagerduty", "kind": "pagerduty", "url": "https://pagerduty.test/v2/enqueue",
    "routing_key": { "credential": "pagerduty" } }],
  "routes": { "P1": { "targets": ["pagerduty"] }, "P2": { "targets": ["pagerduty"] } },
  "templates": { "summary": "{{ entity_name }} {{ metric }} {{ current_value }} {{ reason }}" },
  "queue_id": "tier-2",
  "thresholds": [
    { "metric": "calls_waiting", "operator": ">=", "static_value": 15, "dynamic_scaling": false,
      "priority": "P1" },
    { "metric": "longest_wait", "operator": ">=", "static_value": 120, "dynamic_scaling": true,
      "scaling_factor": "agents_available * 20", "priority": "P2" },
    { "metric": "abandoned_calls", "operator": ">=", "static_value": 5, "dynamic_scaling": false,
      "priority": "P1" }
  ]
}"#;

#[test]
fn one_hang_up_is_no_breach_and_five_in_a_minute_are() {
    let mut world = World::start(&config::thresholds(&[HANG_UPS]));
    world.pass(minutes(2));
    for _ in 0..4 {
        world.queue("tier-2").hang_ups(1);
        world.pass(minutes(1));
    }
    world.nobody_heard();
    for _ in 0..5 {
        world.queue("tier-2").hang_ups(1);
        world.pass(seconds(10));
    }
    world.pass(seconds(2));
    world.pagerduty().heard(["trigger tier-2 abandoned_calls critical"]);
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 abandoned_calls recovered"]);
}

#[test]
fn by_the_guide_s_own_form_one_hang_up_is_six() {
    let mut world = World::start(&config::thresholds(&[BY_SIX]));
    world.pass(minutes(2));
    world.queue("tier-2").hang_ups(1);
    world.pass(seconds(12));
    world.pagerduty().heard(["trigger tier-2 abandoned_calls critical"]);
    world.pass(seconds(10));
    world.pagerduty().heard(["resolve tier-2 abandoned_calls recovered"]);
}

#[test]
fn the_guide_s_file_means_what_the_guide_says() {
    let mut world = World::start(GUIDE);
    world.pass(minutes(2));
    world.queue("tier-2").agents(10).hang_ups(1);
    world.pass(seconds(12));
    world.pagerduty().heard(["trigger tier-2 abandoned_calls 6 first_breach"]);
    world.queue("tier-2").longest_wait(150);
    world.pass(seconds(12));
    world.pagerduty().heard(["resolve tier-2 abandoned_calls 0 recovered"]);
    world.queue("tier-2").waiting(15);
    world.pass(seconds(12));
    world.pagerduty().heard(["trigger tier-2 calls_waiting 15 first_breach"]);
}

#[test]
fn a_restart_leaves_a_minute_that_can_raise_but_not_clear() {
    let mut world = World::start(&config::thresholds(&[HANG_UPS]));
    world.pass(minutes(2));
    world.queue("tier-2").hang_ups(5);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 abandoned_calls critical"]);
    world.kill();
    world.pass(seconds(45));
    world.nobody_heard();
    world.pass(seconds(40));
    world.pagerduty().heard(["resolve tier-2 abandoned_calls recovered"]);
}
