//! The slow channel: P3, and what has gone on for half an hour (guide 2, edge case 2).

use crate::config::{self, CROWD, NOBODY};
use crate::world::{World, minutes, seconds};

#[test]
fn a_p3_only_enters_the_digest_and_recovers_there() {
    let mut world = World::start(&config::thresholds(&[NOBODY]));
    world.queue("tier-1").agents(5);
    world.queue("tier-2").agents(1);
    world.pass(minutes(30));
    world.nobody_heard();
    world.pass(minutes(1));
    world.slack().heard(["digest: tier-2 agents_available low"]);
    world.queue("tier-2").agents(5);
    world.pass(minutes(31));
    world.slack().heard(["digest: tier-2 agents_available recovered"]);
    world.pass(minutes(120));
    world.nobody_heard();
}

#[test]
fn after_half_an_hour_a_breach_speaks_only_in_the_digest() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(29));
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical",
        "trigger tier-2 calls_waiting critical, repeat",
        "trigger tier-2 calls_waiting critical, escalation",
        "trigger tier-2 calls_waiting critical, repeat",
        "trigger tier-2 calls_waiting critical, repeat",
        "trigger tier-2 calls_waiting critical, repeat",
    ]);
    world.pass(minutes(30));
    world.nobody_heard();
    world.pass(minutes(3));
    world.slack().heard(["digest: tier-2 calls_waiting critical"]);
    world.pass(minutes(30));
    world.pagerduty().heard([]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(15));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn who_reads_of_a_breach_in_a_digest_reads_of_its_end_there() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(62));
    world.slack().heard(["digest: tier-2 calls_waiting critical"]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(31));
    world.slack().heard(["digest: tier-2 calls_waiting recovered"]);
}
