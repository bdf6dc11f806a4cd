//! Business hours: outside of them a rule neither pages nor keeps a page open.

use andon::model::time::{ClockTrust, Span, UtcMs};

use crate::config::{AT_ONCE, CROWD, SITE};
use crate::site::{BEGIN, Site};
use crate::world::{World, minutes};

/// The story begins on a Wednesday at 16:00 in Berlin.
fn file(hours: &str) -> String {
    format!(
        "{SITE}\n[hours.day]\nzone = \"Europe/Berlin\"\n{hours}\n\
         [[rules]]\nhours = \"day\"\nthresholds = [{{ {CROWD}{AT_ONCE} }}]\n"
    )
}

const TO_FIVE: &str = "from = \"08:00\"\nto = \"17:00\"";

#[test]
fn what_is_open_when_the_hours_end_ends_with_them() {
    let spans = "{ from = \"08:00\", to = \"17:00\" }, { from = \"18:00\", to = \"22:00\" }";
    let mut world = World::start(&file(&format!("spans = [{spans}]")));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(58));
    let triggers = world.pagerduty().lines().len();
    assert!(triggers > 5, "told and told again: {triggers}");
    let all = world.pagerduty().lines().len();
    world.pass(minutes(3));
    let last = world.pagerduty().lines().pop().unwrap();
    assert_eq!(world.pagerduty().lines().len(), all + 1);
    assert!(format!("{last:?}").contains("resolve"), "{last:?}");
    let story = world.explain("tier-2:calls_waiting");
    let ends = story.steps.iter().find(|step| step.what.contains("breach ends")).unwrap();
    assert_eq!(ends.what, "P1 breach ends: outside of the hours \"day\"");
    assert_eq!(story.watches[0].why, "outside of the hours \"day\"");
    assert!(world.metric("andon_checks_outside_hours_total") > 0);
    world.pass(minutes(58));
    assert_eq!(world.pagerduty().lines().len(), all + 1, "nobody is told in between");
    world.pass(minutes(2));
    assert_eq!(
        world.pagerduty().lines().len(),
        all + 2,
        "the next hours begin, and it is so still"
    );
}

#[test]
fn outside_of_the_hours_nobody_is_told_whatever_happens() {
    let mut world = World::start(&file("days = \"sat..sun\"\nfrom = \"00:00\"\nto = \"24:00\""));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(20));
    world.kill();
    world.pass(minutes(20));
    world.nobody_heard();
}

#[test]
fn hours_that_end_while_the_hub_is_away_end_what_was_open() {
    let mut world = World::start(&file(TO_FIVE));
    world.pass(minutes(58));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.reboot(minutes(30));
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_board_without_a_clock_keeps_the_hours_by_the_platform() {
    let in_1970 = |site: &mut Site| {
        site.board.wall_error = UtcMs(0) - BEGIN;
        site.board.trust = ClockTrust::Untrusted;
    };
    let mut world = World::with(&file(TO_FIVE), 1, in_1970);
    world.pass(minutes(58));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(minutes(2));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.pass(minutes(30));
    world.pagerduty().heard(["trigger clock untrusted high, escalation"]);
}

/// A board whose clock shows this when the story begins, kept by a time service.
fn at(begin: &str, hours: &str) -> World {
    let ahead: Span = UtcMs::from_rfc3339(begin).unwrap() - BEGIN;
    World::with(&file(hours), 1, |site: &mut Site| site.board.wall_error = ahead)
}

#[test]
fn hours_move_with_the_clocks_in_spring() {
    // At 01:00 UTC the clocks go from 02:00 to 03:00.
    let mut world = at("2026-03-29T00:50:00Z", "from = \"03:00\"\nto = \"04:00\"");
    world.queue("tier-2").waiting(22);
    world.pass(minutes(9));
    world.nobody_heard();
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    world.pass(minutes(58));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(30));
    world.nobody_heard();
}

#[test]
fn hours_move_with_the_clocks_in_autumn() {
    // At 01:00 UTC the clocks go from 03:00 back to 02:00, so that this hour comes twice.
    let mut world = at("2026-10-25T00:50:00Z", "from = \"02:00\"\nto = \"03:00\"");
    world.pass(minutes(60));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(5));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.pass(minutes(6));
    let heard = world.pagerduty().lines();
    assert!(format!("{heard:?}").contains("resolve"), "it ends at 03:00 in winter: {heard:?}");
}
