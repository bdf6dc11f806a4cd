//! Ladders: who hears of what lasts, rung by rung, and what becomes of a rung that nobody hears.

use andon::demo::faults::Fault;

use crate::config::{self, BUSY};
use crate::world::{World, minutes, seconds};

const KEY: &str = "tier-2:calls_waiting";

/// What is busy goes to the channel, and up this ladder; the hub's own alerts as everywhere.
fn begun(ladder: &str) -> World {
    let route =
        format!("[[route]]\nmatch = {{ source = \"cxone\" }}\ntargets = [\"slack\"]\n{ladder}\n");
    let hours = "[hours.day]\nfrom = \"08:00\"\nto = \"15:05\"\n\
                 [hours.night]\nfrom = \"15:05\"\nto = \"08:00\"\n";
    let mut world = World::start(&format!("{}{hours}{route}", config::thresholds(&[BUSY])));
    world.queue("tier-2").waiting(8);
    world.pass(seconds(15));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world
}

const THREE: &str = "ladder = [
  { after_seconds = 600, targets = [\"webhook\"], raise = false },
  { after_seconds = 1200, targets = [\"pagerduty\"] },
  { after_seconds = 1500, targets = [\"webhook\"] },
]";

#[test]
fn what_lasts_goes_up_to_the_third_rung_and_each_is_told_once() {
    let mut world = begun(THREE);
    world.pass(minutes(10));
    world.webhook().heard(["tier-2 calls_waiting medium, escalation"]);
    world.kill();
    world.pass(minutes(10));
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
    world.pass(minutes(5));
    world.webhook().heard(["tier-2 calls_waiting critical, escalation"]);
    let telling = world.explain(KEY).alert.unwrap().tellings.remove(0);
    assert_eq!((telling.state.as_str(), telling.rungs), ("ESCALATED", 3));
    let route = world.site.config.lines().position(|line| line == "[[route]]").unwrap() + 1;
    assert_eq!(telling.routes, format!("andon.toml:{route}:1"));
    world.pass(minutes(60));
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.webhook().heard(["tier-2 calls_waiting recovered"]);
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn a_ladder_stands_still_while_somebody_has_it_in_hand() {
    let mut world = begun(THREE);
    let path = format!("/api/v1/alerts/{KEY}/acknowledge");
    world.pass(minutes(11));
    world.webhook().heard(["tier-2 calls_waiting medium, escalation"]);
    assert_eq!(world.order(&path, r#"{"by": "Ann", "seconds": 1200}"#).status, 200);
    world.pass(minutes(19));
    world.pagerduty().heard([]);
    world.pass(minutes(9));
    world.pagerduty().heard([]);
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
}

#[test]
fn a_rung_that_is_refused_for_good_jumps_to_the_next_at_once() {
    let mut world = begun(THREE);
    world.webhook().suffers(Fault::Refuse, minutes(15));
    world.pass(minutes(10));
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
    world.pass(minutes(8));
    world.pagerduty().heard([]);
    // The third comes in its own time.
    world.pass(minutes(7));
    world.webhook().heard(["tier-2 calls_waiting critical, escalation"]);
}

#[test]
fn a_rung_that_is_not_taken_for_two_minutes_jumps_to_the_next() {
    let mut world = begun(THREE);
    world.webhook().suffers(Fault::Unavailable, minutes(60));
    world.pass(minutes(11));
    world.pagerduty().heard([]);
    // A restart gives it its two minutes anew.
    world.kill();
    world.pass(minutes(1) + seconds(55));
    world.pagerduty().heard([]);
    world.pass(seconds(25));
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
}

#[test]
fn by_day_one_is_woken_and_by_night_another() {
    let ladder = "ladder = [
      { after_seconds = 600, targets = [\"webhook\"], hours = \"day\" },
      { after_seconds = 600, targets = [\"pagerduty\"], hours = \"night\" },
    ]";
    // The story begins at 14:00 UTC.
    let mut world = begun(ladder);
    world.pass(minutes(11));
    world.webhook().heard(["tier-2 calls_waiting high, escalation"]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(60));
    world.webhook().heard(["tier-2 calls_waiting recovered"]);
    world.queue("tier-2").waiting(8);
    world.pass(minutes(12));
    world.pagerduty().heard(["trigger tier-2 calls_waiting high, escalation"]);
    let held = world.explain(KEY).steps;
    assert!(held.iter().any(|step| step.what.contains("for other hours")), "{held:?}");
    assert!(world.metric("andon_notices_held_total{hold=\"off_hours\"}") > 0);
    // Over the night into the next day: each rung was decided once.
    world.pass(minutes(17 * 60));
    world.webhook().heard([]);
    world.pagerduty().heard([]);
}

#[test]
fn an_empty_ladder_goes_to_nobody_else() {
    let mut world = begun("ladder = []");
    world.pass(minutes(60));
    world.webhook().heard([]);
    world.pagerduty().heard([]);
}

#[test]
fn escalation_minutes_are_one_rung_to_who_hears_of_the_next_priority() {
    let mut world = begun("escalation_minutes = 5");
    world.pass(minutes(6));
    world.slack().heard(["tier-2 calls_waiting high, escalation"]);
    world.pass(minutes(6));
    world.pagerduty().heard([]);
}
