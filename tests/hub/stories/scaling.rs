//! The threshold that follows the agents: guide 2, section 2.

use andon::demo::faults::Fault;
use andon::model::http::Reply;
use serde_json::Value;

use crate::config::{self, WAIT};
use crate::world::{World, minutes, seconds};

fn world() -> World {
    let mut world = World::start(&config::thresholds(&[WAIT]));
    world.queue("tier-2").agents(10).longest_wait(199);
    world.pass(minutes(1));
    world
}

#[test]
fn the_threshold_grows_with_the_agents() {
    let mut world = world();
    world.nobody_heard();
    world.queue("tier-2").longest_wait(200);
    world.pass(seconds(20));
    world.slack().heard(["tier-2 longest_wait medium"]);
    world.queue("tier-2").agents(11);
    world.pass(seconds(20));
    world.nobody_heard();
    world.queue("tier-2").agents(12);
    world.pass(seconds(20));
    world.slack().heard(["tier-2 longest_wait recovered"]);
}

#[test]
fn it_never_falls_below_the_static_value() {
    let mut world = world();
    world.queue("tier-2").agents(0).longest_wait(119);
    world.pass(minutes(1));
    world.nobody_heard();
    world.queue("tier-2").longest_wait(120);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 longest_wait medium"]);
}

/// Agents as null, the other metrics as they are.
fn agents_null(reply: &mut Reply) {
    let mut answer: Value = serde_json::from_slice(&reply.body).unwrap();
    for queue in answer["queues"].as_array_mut().unwrap() {
        for metric in queue["metrics"].as_array_mut().unwrap() {
            if metric["metric"] == "agents_available" {
                metric["value"] = Value::Null;
            }
        }
    }
    reply.body = answer.to_string().into_bytes();
}

#[test]
fn null_agents_are_none() {
    let mut world = world();
    world.cxone().twist(Some(agents_null));
    world.pass(seconds(20));
    world.slack().heard(["tier-2 longest_wait medium"]);
}

#[test]
fn agents_that_nobody_mentions_are_no_verdict() {
    let mut world = world();
    let missing = Fault::MissingMetric { metric: Some("agents_available".into()) };
    world.queue("tier-2").longest_wait(600);
    world.cxone().suffers(missing.clone(), minutes(10));
    world.pass(minutes(9));
    world.nobody_heard();
    let story = world.explain("tier-2:longest_wait");
    assert!(story.watches[0].why.contains("the scaling expression has no value"), "{story:?}");
    world.pass(minutes(2));
    world.slack().heard(["tier-2 longest_wait medium"]);
    world.queue("tier-2").longest_wait(1);
    world.cxone().suffers(missing, minutes(2));
    world.pass(minutes(2));
    world.nobody_heard();
    world.pass(seconds(20));
    world.slack().heard(["tier-2 longest_wait recovered"]);
}
