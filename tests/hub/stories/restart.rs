//! Restarts and reboots: guide 2's "restores previous alert contexts", DESIGN's promises 4 and 5.

use andon::demo::faults::Fault;
use andon::model::time::{ClockTrust, Span};

use crate::config::{self, CROWD};
use crate::site::Site;
use crate::world::{World, minutes, seconds};

#[test]
fn a_restart_by_itself_sends_nothing() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    for _ in 0..5 {
        world.kill();
        world.pass(seconds(30));
    }
    world.nobody_heard();
    world.queue("tier-2").waiting(22);
    world.pass(seconds(15));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    for _ in 0..5 {
        world.kill();
        world.pass(seconds(30));
    }
    world.nobody_heard();
    world.queue("tier-2").waiting(0);
    world.kill();
    world.pass(seconds(30));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_reboot_with_time_away_goes_on_with_the_cooldown() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.reboot(minutes(2));
    world.pass(minutes(2));
    world.nobody_heard();
    world.pass(seconds(25));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
}

#[test]
fn a_second_reboot_reads_no_tick_of_the_first_boot() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(60));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    let told = ["trigger tier-2 calls_waiting critical", "resolve tier-2 calls_waiting recovered"];
    world.pagerduty().heard(told);
    world.reboot(minutes(1));
    world.queue("tier-1").waiting(22);
    world.pass(minutes(1));
    world.queue("tier-1").waiting(0);
    world.pass(minutes(1));
    let told = ["trigger tier-1 calls_waiting critical", "resolve tier-1 calls_waiting recovered"];
    world.pagerduty().heard(told);
    world.reboot(minutes(10));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}

#[test]
fn a_board_that_learns_the_time_has_not_been_away_for_years() {
    let in_1970 = |site: &mut Site| {
        site.board.wall_error = Span(-site.utc().0);
        site.board.trust = ClockTrust::Untrusted;
    };
    let mut world = World::with(&config::thresholds(&[CROWD]), 1, in_1970);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    (world.site.board.wall_error, world.site.board.trust) = (Span::ZERO, ClockTrust::Ntp);
    world.reboot(minutes(20));
    world.pass(minutes(4));
    world.nobody_heard();
    // The cooldown goes on from the last commit, which was when PagerDuty took the page.
    world.pass(seconds(70));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
}

#[test]
fn a_breach_that_ended_while_the_box_was_away_recovers() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22).after(minutes(2)).waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.reboot(minutes(600));
    world.pass(seconds(30));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.nobody_heard();
}

#[test]
fn a_source_that_was_blind_before_the_restart_recovers_after_it() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.cxone().suffers(Fault::Close, minutes(4));
    world.pass(minutes(3));
    world.slack().heard(["cxone data_age medium"]);
    world.kill();
    world.pass(seconds(50));
    world.nobody_heard();
    world.pass(seconds(90));
    world.slack().heard(["cxone data_age recovered"]);
}
