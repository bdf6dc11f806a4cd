//! A source without data is never read as fine: DESIGN's promise 8.

use andon::demo::faults::Fault;

use super::fallback;
use crate::config::{self, CROWD};
use crate::network::Server;
use crate::site::{BEGIN, Site};
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

#[test]
fn a_source_that_is_asked_every_five_minutes_is_asked_so_from_the_start() {
    // Wherever on the grid of five minutes the hub starts.
    for start in (0..300).step_by(23) {
        let prepare = |site: &mut Site| site.elapsed = seconds(start);
        let mut world = World::with(&fallback::file(), 1, prepare);
        world.pass(minutes(30));
        world.nobody_heard();
        let server = world.site.network.server(fallback::HOST);
        let Server::Guide(guide) = server else { panic!("it is no guide") };
        let asked = &guide.asked;
        assert!(asked[0] - BEGIN < seconds(start + 10), "{start}: {asked:?}");
        let gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
        let longest = gaps.max().unwrap();
        assert!(longest < seconds(310), "{start}: {longest} without a question");
        assert!((6..=8).contains(&asked.len()), "{start}: {asked:?}");
    }
}
