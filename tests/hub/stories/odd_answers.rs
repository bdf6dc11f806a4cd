//! Answers that are not as the platform promises: guide 2, section 2 and edge case 3.

use andon::demo::faults::Fault;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

/// Twenty-two callers wait, and PagerDuty knows.
fn paged() -> World {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world
}

#[test]
fn numbers_in_quotes_are_read() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.cxone().suffers(Fault::Strings, minutes(10));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert!(world.metric("andon_cells_coerced_total{source=\"cxone\"}") > 0);
}

#[test]
fn a_count_of_null_is_zero_and_clears() {
    let mut world = paged();
    world.cxone().suffers(Fault::Nulls, minutes(1));
    world.pass(seconds(15));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_metric_that_is_left_out_holds() {
    let mut world = paged();
    world.queue("tier-2").waiting(0);
    let missing = Fault::MissingMetric { metric: Some("calls_waiting".into()) };
    world.cxone().suffers(missing, minutes(20));
    world.pass(minutes(20));
    world.nobody_heard();
    world.pass(seconds(20));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn what_is_no_json_changes_nothing() {
    for fault in [Fault::NotJson, Fault::Close, Fault::Unavailable] {
        let mut world = paged();
        world.queue("tier-2").waiting(0);
        world.cxone().suffers(fault, seconds(100));
        world.pass(seconds(100));
        world.nobody_heard();
        world.pass(seconds(30));
        world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
        world.nobody_heard();
    }
}

#[test]
fn an_answer_beyond_all_bounds_is_not_read() {
    let mut world = paged();
    world.queue("tier-2").waiting(0);
    world.cxone().suffers(Fault::Huge { mebibytes: 9 }, seconds(8));
    world.pass(seconds(8));
    world.nobody_heard();
    assert!(world.metric("andon_link_faults_total{source=\"cxone\"}") > 0);
    world.pass(seconds(20));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn what_was_two_minutes_ago_raises_nothing() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(seconds(5));
    // Nobody saw the breach while it was there, and nobody is to hear of it afterwards.
    world.cxone().suffers(Fault::Unavailable, seconds(65));
    world.queue("tier-2").waiting(22).after(seconds(60)).waiting(0);
    world.pass(seconds(65));
    world.cxone().suffers(Fault::Stale, seconds(90));
    world.pass(seconds(90));
    assert!(world.said("the answer was 2 min old and was refused"), "{:?}", world.site.said);
    let untimely = world.metric("andon_answers_untimely_total{source=\"cxone\"}");
    assert!(untimely >= 8, "{untimely}");
    world.pass(minutes(10));
    world.pagerduty().heard([]);
}
