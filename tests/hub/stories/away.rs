//! Targets that are away: nothing is lost, nothing is told twice, nobody waits for another.

use andon::demo::faults::Fault;

use crate::config::{self, CROWD, WAIT};
use crate::world::{World, minutes, seconds};

/// The repeat is old when PagerDuty is back, and of tier-1 nobody could be told in time.
const STORY: [&str; 2] =
    ["trigger tier-2 calls_waiting critical", "resolve tier-2 calls_waiting recovered"];

#[test]
fn a_target_that_was_away_for_an_hour_hears_everything_in_order() {
    for fault in [Fault::Unavailable, Fault::Close, Fault::Hang] {
        let mut world = World::start(&config::thresholds(&[CROWD]));
        world.pagerduty().suffers(fault, minutes(60));
        world.queue("tier-2").waiting(22).after(minutes(8)).waiting(0);
        world.queue("tier-1").after(minutes(20)).waiting(30).after(minutes(22)).waiting(0);
        world.pass(minutes(60));
        world.pagerduty().heard([]);
        assert_eq!(world.metric("andon_outbox_waiting{target=\"pagerduty\"}"), 2);
        world.pass(minutes(6));
        world.pagerduty().heard(STORY);
        let story = world.explain("tier-1:calls_waiting");
        let is_over = |what: &str| what.contains("is over untold");
        assert!(story.steps.iter().any(|step| is_over(&step.what)), "{story:?}");
        assert_eq!(world.pagerduty().lines().len(), 2, "no key came twice");
    }
}

#[test]
fn one_target_that_is_away_delays_no_other() {
    let mut world = World::start(&config::thresholds(&[CROWD, WAIT]));
    world.pagerduty().suffers(Fault::Hang, minutes(60));
    world.queue("tier-1").waiting(22);
    world.pass(seconds(5));
    // PagerDuty has the first request and will never answer it.
    world.queue("tier-2").longest_wait(600);
    world.pass(seconds(10));
    world.slack().heard(["tier-2 longest_wait medium"]);
}

#[test]
fn an_answer_that_comes_too_late_means_the_same_key_again() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().answers_after(minutes(1));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(2));
    world.pagerduty().answers_after(seconds(1));
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert!(world.pagerduty().lines().len() > 1, "it was sent again");
    assert_eq!(world.pagerduty().itself().incidents().count(), 1);
}

#[test]
fn a_refused_notice_is_a_dead_letter_that_everybody_can_see() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().suffers(Fault::Refuse, minutes(2));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard([]);
    assert_eq!(world.metric("andon_notices_dead_total"), 1);
    assert_eq!(world.metric("andon_dead_letters"), 1);
    assert!(world.said("pagerduty will not take notice"));
    let story = world.explain("tier-2:calls_waiting");
    assert!(story.steps.iter().any(|step| step.what.contains("dead letter")), "{story:?}");
    world.pass(minutes(5));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
    world.kill();
    world.pass(minutes(1));
    assert_eq!(world.metric("andon_dead_letters"), 1);
}

#[test]
fn a_throttled_target_gets_the_time_it_asks_for() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().suffers(Fault::Throttle { retry_after_seconds: 90 }, seconds(15));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(85));
    world.pagerduty().heard([]);
    world.pass(seconds(10));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}
