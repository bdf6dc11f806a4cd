//! The token: renewed apart from the polling (guide 2, section 1).

use andon::demo::faults::Fault;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

const GIVEN_UP: &str = "andon_buckets_given_up_total{source=\"cxone\"}";

#[test]
fn a_token_is_renewed_before_its_end_while_polling_goes_on() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(44));
    assert_eq!(world.cxone().platform().cxone.seen.tokens_issued, 1);
    world.pass(minutes(5));
    assert_eq!(world.cxone().platform().cxone.seen.tokens_issued, 2);
    world.pass(minutes(191));
    let seen = world.cxone().platform().cxone.seen;
    assert_eq!((seen.tokens_issued, seen.statuses.get(&401)), (6, None));
    assert_eq!(world.metric(GIVEN_UP), 0);
    assert!((1_435..=1_440).contains(&seen.answers), "{}", seen.answers);
}

#[test]
fn a_token_that_is_refused_in_mid_life_is_renewed_once() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(seconds(60));
    world.cxone().suffers(Fault::Unauthorized, seconds(2));
    world.pass(seconds(15));
    let seen = world.cxone().platform().cxone.seen;
    assert_eq!((seen.tokens_issued, seen.statuses.get(&401)), (2, Some(&1)));
    assert_eq!(world.metric(GIVEN_UP), 0, "the same bucket is asked for again");
    world.pass(minutes(30));
    assert_eq!(world.cxone().platform().cxone.seen.tokens_issued, 2);
}

#[test]
fn people_hear_of_a_token_that_is_not_renewed_while_the_old_one_works() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(40));
    world.cxone().suffers(Fault::TokenError, minutes(12));
    world.pass(minutes(8));
    world.slack().heard(["cxone token_failures medium"]);
    assert_eq!(world.metric(GIVEN_UP), 0, "nobody misses anything yet");
    // A restart has no token, and the alert waits for one.
    world.kill();
    world.pass(seconds(30));
    world.nobody_heard();
    world.pass(minutes(5));
    world.slack().heard([
        "cxone data_age medium",
        "cxone token_failures recovered",
        "cxone data_age recovered",
    ]);
    world.nobody_heard();
}

#[test]
fn without_a_token_the_source_goes_blind_and_that_is_an_alert() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(40));
    world.cxone().suffers(Fault::TokenError, minutes(40));
    world.pass(minutes(15));
    assert!(world.said("no new token"), "it is said long before the end");
    let failing = ["cxone token_failures medium", "cxone token_failures medium, repeat"];
    world.slack().heard(failing);
    world.pass(minutes(10));
    world.slack().heard(["cxone data_age medium"]);
    let reply = world.ask("/-/ready");
    assert_eq!(reply.status, 503);
    world.pass(minutes(16));
    world.slack().heard([
        "cxone data_age medium, repeat",
        "cxone data_age high, repeat",
        "cxone token_failures recovered",
        "cxone data_age recovered",
    ]);
    world.pagerduty().heard([
        "trigger cxone token_failures high, escalation",
        "trigger cxone data_age high, escalation",
        "resolve cxone token_failures recovered",
        "resolve cxone data_age recovered",
    ]);
    assert_eq!(world.ask("/-/ready").status, 200);
}
