//! Maintenance windows: nobody is told of what somebody works on, and nothing is forgotten.

use andon::demo::faults::Fault;
use andon::model::time::{ClockTrust, UtcMs};

use crate::config::{self, BUSY};
use crate::site::{BEGIN, Site};
use crate::world::{World, minutes, seconds};

/// The story begins on a Wednesday at 14:00 UTC.
fn file(window: &str) -> String {
    format!("{}\n[[window]]\nname = \"pbx\"\n{window}\n", config::thresholds(&[BUSY]))
}

/// From 14:10 to 15:10, for the channel's alerts.
const HOUR: &str = "from = \"2024-05-15T14:10\"\nto = \"2024-05-15T15:10\"\n\
                    match = { priority = \"P2\", entity = \"tier-*\" }";

const BEGINS: &str = "Maintenance pbx begins, until 2024-05-15 15:10 UTC";

#[test]
fn what_is_bad_in_a_window_is_told_when_it_is_over() {
    let mut world = World::start(&file(HOUR));
    world.pass(minutes(9));
    world.nobody_heard();
    world.pass(minutes(2));
    world.slack().heard([BEGINS]);
    assert_eq!(world.metric("andon_windows_open"), 1);
    world.queue("tier-1").waiting(9);
    world.queue("tier-2").waiting(9);
    world.pass(minutes(20));
    world.nobody_heard();
    assert_eq!(world.metric("andon_alerts_muted"), 2);
    assert!(world.metric("andon_notices_held_total{hold=\"maintenance\"}") > 0);
    let story = world.explain("tier-2:calls_waiting");
    let alert = story.alert.unwrap();
    assert_eq!(
        (alert.phase.as_str(), alert.muted_by.as_deref()),
        ("suppressed", Some("maintenance pbx"))
    );
    assert_eq!(alert.muted_until_timestamp.as_deref(), Some("2024-05-15T15:10:00Z"));
    let steps: Vec<&str> = story.steps.iter().map(|step| step.what.as_str()).collect();
    let muted = "muted by maintenance pbx, until 2024-05-15T15:10:00Z";
    let held = "P2 not told: a window covers it, what is still bad at its end is told";
    assert!(steps.contains(&muted) && steps.contains(&held), "{steps:#?}");
    // One comes and goes, and comes once more.
    world.queue("tier-1").waiting(0);
    world.pass(minutes(5));
    world.nobody_heard();
    world.pass(minutes(35));
    world.slack().heard(["Maintenance pbx is over: 1 alert is still bad"]);
    // It is as old as its escalation is due after.
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
    assert!(world.said("Maintenance pbx is over: 1 alert is still bad"));
    assert_eq!(world.metric("andon_alerts_muted"), 0);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 calls_waiting recovered"]);
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.pass(minutes(300));
    world.nobody_heard();
}

#[test]
fn what_was_told_before_recovers_within_the_window_at_once() {
    let mut world = World::start(&file(HOUR));
    world.queue("tier-2").waiting(9);
    world.pass(minutes(9));
    world.slack().heard(["tier-2 calls_waiting medium", "tier-2 calls_waiting medium, repeat"]);
    world.pass(minutes(11));
    world.slack().heard([BEGINS]);
    world.pagerduty().heard([]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 calls_waiting recovered"]);
    world.pass(minutes(50));
    world.slack().heard(["Maintenance pbx is over: nothing is bad"]);
}

#[test]
fn a_restart_within_a_window_tells_nothing_and_one_across_its_end_tells_that() {
    let mut world = World::start(&file(HOUR));
    world.queue("tier-2").waiting(9);
    world.pass(minutes(5));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world.pass(minutes(10));
    world.slack().heard(["tier-2 calls_waiting medium, repeat", BEGINS]);
    world.kill();
    world.pass(minutes(10));
    world.reboot(minutes(5));
    world.pass(minutes(10));
    world.nobody_heard();
    assert_eq!(world.explain("tier-2:calls_waiting").alert.unwrap().phase, "suppressed");
    world.reboot(minutes(60));
    world.pass(minutes(2));
    assert_eq!(world.slack().take()[0], "Maintenance pbx is over: 1 alert is still bad");
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
}

#[test]
fn a_window_that_left_the_file_is_over() {
    let mut world = World::start(&file(HOUR));
    world.pass(minutes(15));
    world.slack().heard([BEGINS]);
    world.queue("tier-2").waiting(9);
    world.pass(minutes(5));
    world.reload(&config::thresholds(&[BUSY]));
    world.pass(minutes(1));
    world.slack().heard(["Maintenance pbx is over: 1 alert is still bad"]);
}

#[test]
fn a_window_that_is_over_for_ever_is_named() {
    let world = World::start(&file("from = \"2024-05-14\"\nto = \"2024-05-15\"\nmatch = {}"));
    assert!(world.said("these windows are over for ever: pbx"));
}

#[test]
fn what_a_window_does_not_cover_is_told_as_ever() {
    let of_one = HOUR.replace("tier-*", "tier-1");
    let mut world = World::start(&file(&of_one));
    world.pass(minutes(11));
    world.slack().heard([BEGINS]);
    world.queue("tier-1").waiting(9);
    world.queue("tier-2").waiting(9);
    world.pass(seconds(30));
    world.slack().heard(["tier-2 calls_waiting medium"]);
}

#[test]
fn windows_keep_their_hour_on_the_wall_through_both_changes() {
    let nightly = "zone = \"America/New_York\"\nfrom = \"2024-01-01T02:30\"\n\
                   rrule = \"FREQ=DAILY\"\nduration_minutes = 60\nmatch = { priority = \"P2\" }";
    // The clocks go from 02:00 to 03:00 on 10 March, and from 02:00 to 01:00 on 3 November.
    for (day, begins, shown) in [
        ("2024-03-09", "07:30", "2024-03-09 03:30"),
        ("2024-03-10", "07:30", "2024-03-10 04:30"),
        ("2024-03-11", "06:30", "2024-03-11 03:30"),
        ("2024-11-02", "06:30", "2024-11-02 03:30"),
        ("2024-11-03", "07:30", "2024-11-03 03:30"),
        ("2024-11-04", "07:30", "2024-11-04 03:30"),
    ] {
        let at = UtcMs::from_rfc3339(&format!("{day}T{begins}:00Z")).unwrap() + seconds(-60);
        let mut world = World::with(&file(nightly), 1, |site| site.elapsed = at - BEGIN);
        world.pass(seconds(30));
        world.nobody_heard();
        world.pass(minutes(2));
        let said = format!("Maintenance pbx begins, until {shown} America/New_York");
        world.slack().heard([said.as_str()]);
        world.pass(minutes(57));
        world.nobody_heard();
        world.pass(minutes(4));
        world.slack().heard(["Maintenance pbx is over: nothing is bad"]);
    }
}

#[test]
fn what_is_urgent_is_told_while_nobody_vouches_for_the_clock() {
    let window =
        "from = \"2024-05-15T14:00\"\nto = \"2024-05-15T15:10\"\nmatch = { entity = \"*\" }";
    for (priority, is_told) in [("P1", true), ("P2", false)] {
        let file = format!("[hub]\nblind_priority = \"{priority}\"\n{}", file(window));
        // The platform says nothing, and so not what time it is.
        let mut world = World::with(&file, 1, |site: &mut Site| {
            site.board.trust = ClockTrust::Untrusted;
        });
        world.cxone().suffers(Fault::Hang, minutes(20));
        world.pass(minutes(10));
        assert_eq!(world.slack().take()[0], BEGINS);
        let told = world.pagerduty().take();
        let is_blind = |line: &String| line.starts_with("trigger cxone data_age critical");
        assert_eq!(told.iter().any(is_blind), is_told, "{told:?}");
        let phase = world.explain("cxone:data_age").alert.unwrap().phase;
        assert_eq!(phase, if is_told { "detected" } else { "suppressed" });
    }
}
