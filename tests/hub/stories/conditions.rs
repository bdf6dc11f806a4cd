//! Rules of several conditions: trouble is when they come together.

use andon::demo::faults::Fault;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

fn world(more: &str) -> World {
    let mut world = World::start(&config::thresholds(&[&format!("{CROWD}, {more}")]));
    world.queue("tier-2").agents(9);
    world.pass(minutes(1));
    world
}

const FEW: &str = r#"all = [{ metric = "agents_available", operator = "<", value = 3 }]"#;

#[test]
fn a_crowd_is_trouble_when_there_are_few_to_serve_it() {
    let mut world = world(FEW);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(5));
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    assert_eq!(story.watches[0].why, "it does not hold: it needs agents_available < 3");
    world.queue("tier-2").agents(2);
    world.pass(seconds(20));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    // Below the margin of a whole agent nothing is clearly over.
    world.queue("tier-2").agents(3);
    world.pass(minutes(1));
    world.nobody_heard();
    world.queue("tier-2").agents(4);
    world.pass(seconds(20));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    let story = world.explain("tier-2:calls_waiting");
    let ends = story.steps.iter().find(|step| step.what.contains("breach ends")).unwrap();
    assert_eq!(ends.what, "P1 breach ends: no longer agents_available < 3");
}

#[test]
fn agents_that_nobody_mentions_are_soon_unknown_and_decide_nothing() {
    let mut world = world(FEW);
    let missing = Fault::MissingMetric { metric: Some("agents_available".into()) };
    world.queue("tier-2").waiting(22);
    world.cxone().suffers(missing.clone(), minutes(8));
    world.pass(minutes(5));
    let why = |world: &mut World| world.explain("tier-2:calls_waiting").watches[0].why.clone();
    assert_eq!(why(&mut world), "it does not hold: it needs agents_available < 3");
    world.pass(minutes(2));
    assert_eq!(why(&mut world), "nobody knows whether agents_available < 3");
    world.nobody_heard();
    world.pass(minutes(2));
    world.queue("tier-2").agents(0);
    world.pass(seconds(20));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.cxone().suffers(missing, minutes(2));
    world.queue("tier-2").agents(9);
    world.pass(minutes(1) + seconds(50));
    world.nobody_heard();
    world.pass(seconds(40));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn one_of_several_is_enough() {
    let any = r#"any = [{ metric = "agents_available", operator = "<", value = 3 },
        { metric = "longest_wait", operator = ">=", value = 300 }]"#;
    let mut world = world(&any.replace('\n', " "));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.nobody_heard();
    world.queue("tier-2").longest_wait(300).waiting(22);
    world.pass(seconds(20));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.queue("tier-2").longest_wait(1).waiting(22);
    world.pass(seconds(20));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}
