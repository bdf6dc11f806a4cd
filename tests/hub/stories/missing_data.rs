//! The platform answers and says nothing of a queue, or of one of its numbers: never read as fine,
//! unless the file says so.

use andon::demo::faults::Fault;
use andon::model::http::Reply;
use serde_json::Value;

use crate::config::{self, AT_ONCE, CROWD};
use crate::world::{World, minutes, seconds};

/// Guide 2's rule with this policy, where nothing else waits.
fn world(no_data: &str) -> World {
    let crowd = format!("{CROWD}{AT_ONCE}, no_data = {no_data}");
    let mut world = World::start(&config::thresholds(&[&crowd]));
    world.pass(minutes(2) + seconds(5));
    world
}

/// The platform leaves the queue out of its answers.
fn without_tier_2(reply: &mut Reply) {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&reply.body) else { return };
    if let Some(queues) = answer["queues"].as_array_mut() {
        queues.retain(|queue| queue["queue"]["id"] != "tier-2");
        reply.body = serde_json::to_vec(&answer).unwrap();
    }
}

const PAGE: &str = "trigger tier-2 calls_waiting critical";
const OVER: &str = "resolve tier-2 calls_waiting recovered";

#[test]
fn it_is_held() {
    let mut world = world("\"hold\"");
    world.cxone().twist(Some(without_tier_2));
    world.pass(minutes(5));
    world.nobody_heard();
    world.cxone().twist(None);
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard([PAGE]);
    world.cxone().twist(Some(without_tier_2));
    world.queue("tier-2").waiting(0);
    world.pass(minutes(30));
    world.nobody_heard();
    world.cxone().twist(None);
    world.pass(seconds(15));
    world.pagerduty().heard([OVER]);
}

#[test]
fn it_counts_as_clear() {
    let mut world = world("\"ok\"");
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard([PAGE]);
    world.cxone().twist(Some(without_tier_2));
    world.pass(seconds(15));
    world.pagerduty().heard([OVER]);
    let story = world.explain("tier-2:calls_waiting");
    let last = &story.steps[story.steps.len() - 3].what;
    assert_eq!(last, "P1 breach ends: calls_waiting has no value, which counts as clear");
}

#[test]
fn it_counts_as_a_breach() {
    let mut world = world("\"bad\"");
    let missing = Fault::MissingMetric { metric: Some("calls_waiting".into()) };
    world.cxone().suffers(missing, minutes(1));
    world.pass(seconds(20));
    world
        .pagerduty()
        .heard(["trigger tier-1 calls_waiting critical", "trigger tier-2 calls_waiting critical"]);
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    assert_eq!((alert.current_value, &*alert.value_text), (None, "unknown"));
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-1 calls_waiting recovered", OVER]);
}

#[test]
fn it_is_an_alert_after_a_while() {
    let mut world = world("{ unknown_after_seconds = 120 }");
    world.cxone().twist(Some(without_tier_2));
    world.pass(seconds(120));
    world.nobody_heard();
    world.pass(seconds(10));
    world.pagerduty().heard([PAGE]);
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    // From the first answer without it.
    assert_eq!(alert.first_breach_timestamp, "2024-05-15T14:02:10Z");
    assert_eq!((alert.current_value, &*alert.value_text), (None, "unknown"));
    world.kill();
    world.pass(minutes(1));
    world.nobody_heard();
    world.cxone().twist(None);
    world.pass(seconds(15));
    world.pagerduty().heard([OVER]);
}

#[test]
fn a_source_that_does_not_answer_is_no_queue_without_a_value() {
    for no_data in ["\"bad\"", "{ unknown_after_seconds = 120 }"] {
        let mut world = world(no_data);
        world.cxone().suffers(Fault::Close, minutes(10));
        world.pass(minutes(10));
        world.pagerduty().heard([]);
        world.slack().heard(["cxone data_age medium", "cxone data_age medium, repeat"]);
        world.pass(minutes(2));
        world.pagerduty().heard([]);
    }
}
