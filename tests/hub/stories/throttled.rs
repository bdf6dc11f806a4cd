//! A platform that says "too many": guide 2, edge case 1.

use andon::demo::faults::Fault;
use andon::model::http::Reply;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

const BREAKER: &str = "andon_source_breaker_open{source=\"cxone\"}";
const INTERVAL: &str = "andon_source_interval_seconds{source=\"cxone\"}";

#[test]
fn three_refusals_open_the_breaker_and_polling_comes_back_slowly() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    let throttle = Fault::Throttle { retry_after_seconds: 40 };
    world.cxone().suffers(throttle, seconds(130));
    world.pass(seconds(130));
    assert_eq!(world.metric(BREAKER), 1);
    let asked = world.cxone().platform().asked;
    assert!(asked <= 6 + 4, "Retry-After is obeyed: {asked}");
    world.queue("tier-2").waiting(22);
    world.pass(seconds(45));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert_eq!(world.metric(INTERVAL), 15);
    world.pass(minutes(1));
    assert_eq!((world.metric(BREAKER), world.metric(INTERVAL)), (0, 10));
}

#[test]
fn a_short_throttle_costs_one_try() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(10));
    world.cxone().suffers(Fault::Throttle { retry_after_seconds: 3 }, seconds(3));
    world.pass(seconds(8));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert_eq!(world.metric(BREAKER), 0);
}

/// Eleven of sixty requests are left.
fn little_is_left(reply: &mut Reply) {
    for (name, value) in &mut reply.headers {
        if &**name == "x-ratelimit-remaining" {
            *value = "11".into();
        }
    }
}

#[test]
fn little_quota_makes_the_interval_grow_by_half() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.cxone().twist(Some(little_is_left));
    world.pass(minutes(2));
    assert_eq!(world.metric(INTERVAL), 15);
    let before = world.cxone().platform().cxone.seen.answers;
    world.queue("tier-2").waiting(22);
    world.pass(minutes(3));
    let answers = world.cxone().platform().cxone.seen.answers - before;
    assert_eq!(answers, 12, "every fifteen seconds");
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.cxone().twist(None);
    world.pass(minutes(1));
    assert_eq!(world.metric(INTERVAL), 10);
    assert!(world.said("little quota is left") && world.said("there is quota again"));
}

#[test]
fn a_platform_that_fails_is_tried_five_times_and_then_left_for_the_next_bucket() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.cxone().suffers(Fault::Unavailable, minutes(5));
    let before = world.cxone().platform().asked;
    world.pass(minutes(5));
    let asked = world.cxone().platform().asked - before;
    assert!((60..=150).contains(&asked), "{asked} in thirty cycles");
}
