//! A value on the line: hysteresis (guide 2, section 3 and edge case 2).

use crate::config::{self, CROWD};
use crate::world::{World, seconds};

/// The queue goes through these numbers of callers, each for a cycle.
fn goes_through(world: &mut World, waiting: &[u16]) {
    for waiting in waiting {
        world.queue("tier-2").waiting(*waiting);
        world.pass(seconds(10));
    }
}

#[test]
fn a_value_on_the_line_does_not_flap() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    goes_through(&mut world, &[14, 15, 14, 15, 14, 15, 14, 15]);
    world.pass(seconds(10));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    // Ten percent of 15 are 1.5: 14 is not clear, 13 is.
    goes_through(&mut world, &[14, 13, 13]);
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_small_threshold_clears_by_the_absolute_minimum() {
    let few = r#"metric = "calls_waiting", operator = ">=", static_value = 3, priority = "P1""#;
    let wide = r#"metric = "calls_waiting", operator = ">=", static_value = 6, margin_value = 4,
        priority = "P2""#;
    let mut world = World::start(&config::thresholds(&[few, wide]));
    goes_through(&mut world, &[3, 3]);
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    goes_through(&mut world, &[2, 2]);
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    let mut world = World::start(&config::thresholds(&[wide]));
    goes_through(&mut world, &[6, 3, 3, 3, 3]);
    world.slack().heard(["tier-2 calls_waiting medium"]);
    goes_through(&mut world, &[2, 2]);
    world.slack().heard(["tier-2 calls_waiting recovered"]);
}

#[test]
fn too_few_clear_upwards_by_the_margin() {
    let few = r#"metric = "agents_available", operator = "<", static_value = 20, priority = "P1""#;
    let mut world = World::start(&config::thresholds(&[few]));
    let agents = |world: &mut World, agents| {
        world.queue("tier-1").agents(30);
        world.queue("tier-2").agents(agents);
        world.pass(seconds(20));
    };
    agents(&mut world, 20);
    world.nobody_heard();
    agents(&mut world, 19);
    world.pagerduty().heard(["trigger tier-2 agents_available critical"]);
    agents(&mut world, 21);
    agents(&mut world, 19);
    world.nobody_heard();
    agents(&mut world, 22);
    world.pagerduty().heard(["resolve tier-2 agents_available recovered"]);
}
