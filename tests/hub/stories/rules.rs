//! Another config file: what it leaves out ends, what it moves goes on.

use andon::demo::faults::Fault;

use crate::config::{self, BUSY, CROWD, HANG_UPS};
use crate::world::{World, minutes, seconds};

fn paged() -> World {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world
}

#[test]
fn a_rule_that_left_the_file_ends_its_alert() {
    let mut world = paged();
    world.reload(&config::thresholds(&[HANG_UPS]));
    world.pass(seconds(30));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.pass(minutes(20));
    world.nobody_heard();
}

#[test]
fn a_rule_that_moved_in_the_file_goes_on() {
    let mut world = paged();
    world.reload(&config::thresholds(&[HANG_UPS, CROWD]));
    world.pass(minutes(3));
    world.nobody_heard();
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
}

#[test]
fn a_rule_at_the_place_of_another_is_not_the_other() {
    let mut world = World::start(&config::thresholds(&[BUSY]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world.reload(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}

#[test]
fn who_was_told_by_a_rule_that_another_replaced_hears_of_the_end() {
    let mut world = World::start(&config::thresholds(&[BUSY]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world.reload(&config::thresholds(&[HANG_UPS, CROWD]));
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(15));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.slack().heard(["tier-2 calls_waiting recovered"]);
    world.nobody_heard();
}

#[test]
fn a_queue_that_left_the_file_ends_its_alert() {
    let mut world = paged();
    let without = config::thresholds(&[CROWD]).replace("\"tier-1\", \"tier-2\"", "\"tier-1\"");
    world.reload(&without);
    world.pass(seconds(30));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_target_that_left_the_file_leaves_dead_letters_and_no_silence() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().suffers(Fault::Close, minutes(60));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    let text = config::thresholds(&[CROWD]);
    let (before, rest) = text.split_once("[[target]]\nname = \"pagerduty\"").unwrap();
    let (_, after) = rest.split_once("[[target]]").unwrap();
    let text = format!("{before}[[target]]{after}").replace("\"pagerduty\"", "\"webhook\"");
    world.reload(&text);
    world.pass(minutes(6));
    assert_eq!(world.metric("andon_dead_letters"), 1);
    world.webhook().heard(["tier-2 calls_waiting critical, repeat"]);
}
