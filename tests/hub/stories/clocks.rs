//! Clocks that lie: ours, the platform's, and ours that jumps (guide 2, edge case 3).

use andon::demo::faults::Fault;
use andon::ledger::restore;
use andon::model::time::{ClockTrust, Span};

use crate::config::{self, CROWD};
use crate::site::Site;
use crate::world::{World, minutes, seconds};

/// A breach, its repetition and its end, as on a day when every clock is right.
fn goes_as_usual(world: &mut World) {
    world.pass(minutes(2));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(25));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(minutes(5));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(25));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.nobody_heard();
}

#[test]
fn a_platform_whose_clock_is_ten_minutes_wrong_works_as_usual() {
    for offset_seconds in [600, -600] {
        let mut world = World::start(&config::thresholds(&[CROWD]));
        world.cxone().suffers(Fault::ClockSkew { offset_seconds }, minutes(600));
        goes_as_usual(&mut world);
        let ahead = world.metric("andon_source_clock_ahead_seconds{source=\"cxone\"}");
        assert!((ahead - i64::from(offset_seconds)).abs() <= 2, "{ahead}");
    }
}

#[test]
fn a_board_that_believes_in_1970_works_as_usual() {
    let in_1970 = |site: &mut Site| {
        site.board.wall_error = Span(-site.utc().0);
        site.board.trust = ClockTrust::Untrusted;
    };
    let mut world = World::with(&config::thresholds(&[CROWD]), 1, in_1970);
    goes_as_usual(&mut world);
}

#[test]
fn our_clock_that_jumps_an_hour_sends_nothing() {
    for hour in [minutes(60), minutes(-60)] {
        let mut world = World::start(&config::thresholds(&[CROWD]));
        world.queue("tier-2").waiting(22);
        world.pass(minutes(2));
        world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
        world.wall_clock_jumps(hour);
        world.pass(minutes(1));
        world.nobody_heard();
        world.wall_clock_jumps(Span(-hour.0));
        world.pass(minutes(1));
        world.nobody_heard();
        world.pass(seconds(90));
        world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
    }
}

#[test]
fn a_platform_whose_clock_is_mended_is_not_blind() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.cxone().suffers(Fault::ClockSkew { offset_seconds: 600 }, minutes(10));
    world.pass(minutes(10));
    goes_as_usual(&mut world);
}

#[test]
fn a_page_that_waits_while_the_box_learns_the_time_is_still_told() {
    let in_1970 = |site: &mut Site| {
        site.board.wall_error = Span(-site.utc().0);
        site.board.trust = ClockTrust::Untrusted;
    };
    let mut world = World::with(&config::thresholds(&[CROWD]), 1, in_1970);
    world.pagerduty().suffers(Fault::Unavailable, minutes(3));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard([]);
    // Half a century passes on the wall, and a minute in the world.
    (world.site.board.wall_error, world.site.board.trust) = (Span::ZERO, ClockTrust::Ntp);
    world.pass(minutes(3));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}

#[test]
fn two_boots_that_begin_at_the_same_tick_are_two() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(25));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    // Nothing says how long the box was away, and the cooldown goes on where it was written last.
    // Without an answer nothing is written but what each start writes.
    world.site.board.trust = ClockTrust::Untrusted;
    world.cxone().suffers(Fault::Unavailable, seconds(178));
    world.reboot(seconds(30));
    world.pass(seconds(20));
    world.reboot(seconds(30));
    world.pass(seconds(100));
    world.kill();
    world.pass(seconds(185));
    world.nobody_heard();
    world.pass(seconds(30));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
}

#[test]
fn a_page_that_waits_over_a_reboot_keeps_its_age() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().suffers(Fault::Unavailable, minutes(60));
    world.pass(minutes(10));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(25));
    world.reboot(seconds(30));
    world.pass(seconds(10));
    let site = &world.site;
    let remembered = restore(site.disk.rows(), &site.boot(), site.now()).unwrap();
    let [notice] = &remembered.notices[..] else { panic!("{:?}", remembered.notices) };
    let age = site.now().tick - notice.made.tick;
    assert!(age > seconds(40) && age < seconds(70), "{age}");
}

#[test]
fn a_board_whose_clock_is_a_little_ahead_waits_for_no_bucket_of_the_future() {
    // The second is the moment at which a poll is due by the wrong clock while the token is on its
    // way.
    for away in [44_000, 44_900] {
        let mut world = World::start(&config::thresholds(&[CROWD]));
        world.pass(minutes(2));
        world.site.board.trust = ClockTrust::Untrusted;
        world.site.board.wall_error = Span::millis(15_995);
        world.reboot(Span::millis(away));
        world.queue("tier-2").waiting(22);
        world.pass(seconds(20));
        world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    }
}
