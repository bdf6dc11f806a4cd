//! A source without data is never read as fine: DESIGN's promise 8.

use andon::demo::faults::Fault;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

#[test]
fn a_source_that_hangs_is_an_alert_and_its_own_alerts_are_held() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.queue("tier-2").waiting(0);
    world.cxone().suffers(Fault::Hang, minutes(5));
    world.pass(seconds(100));
    world.nobody_heard();
    world.pass(seconds(60));
    world.slack().heard(["cxone data_age medium"]);
    assert_eq!(world.metric("andon_source_fresh{source=\"cxone\"}"), 0);
    world.pass(minutes(3));
    world.slack().heard(["cxone data_age recovered"]);
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.nobody_heard();
}

#[test]
fn a_source_that_never_answers_is_an_alert() {
    let mut world = World::with(&config::thresholds(&[CROWD]), 1, |_| {});
    world.cxone().suffers(Fault::Close, minutes(60));
    world.pass(seconds(115));
    world.nobody_heard();
    world.pass(seconds(10));
    world.slack().heard(["cxone data_age medium"]);
    world.pass(minutes(20));
    world.pagerduty().heard(["trigger cxone data_age high, escalation"]);
}
