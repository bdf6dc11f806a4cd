//! The hub's own health: what it sees of itself is an alert, through whoever still listens.

use andon::demo::faults::Fault;
use andon::event::Surroundings;
use andon::limits::{DISK_ROOM_MIN_MB, STUCK_TARGET_TOLD};

use crate::config::{self, CROWD};
use crate::world::{World, minutes};

#[test]
fn a_target_that_takes_nothing_is_told_to_another() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.pagerduty().suffers(Fault::Unavailable, minutes(30));
    world.queue("tier-2").waiting(20);
    world.pass(minutes(2));
    world.nobody_heard();
    world.pass(STUCK_TARGET_TOLD);
    world.slack().heard(["pagerduty backlog_age medium"]);
    // A restart knows nothing of the target until it has been asked, and tells nobody.
    world.kill();
    world.pass(minutes(1));
    world.nobody_heard();
    world.pass(minutes(25));
    assert!(world.slack().lines().iter().any(|line| line.text.contains("backlog_age recovered")));
}

#[test]
fn what_a_target_will_never_take_is_told_to_another() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.pagerduty().suffers(Fault::Refuse, minutes(5));
    world.queue("tier-2").waiting(20);
    world.pass(minutes(1));
    assert_eq!(world.metric("andon_dead_letters"), 1);
    world.slack().heard(["targets dead_letters medium"]);
    world.kill();
    world.pass(minutes(2));
    world.nobody_heard();
}

#[test]
fn a_disk_that_fills_and_a_bad_file_are_told_before_they_hurt() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    let bad = Vec::from([String::from("/etc/andon/andon.toml:3:1: unknown key")]);
    world.site.around =
        Some(Surroundings { disk_room_mb: Some(DISK_ROOM_MIN_MB - 1), config_problems: Some(bad) });
    world.pass(minutes(5));
    world.slack().heard(["disk room medium", "config problems medium"]);
    assert!(world.said("the new config is not used: /etc/andon/andon.toml:3:1: unknown key"));
    world.kill();
    world.pass(minutes(2));
    world.nobody_heard();
    world.site.around =
        Some(Surroundings { disk_room_mb: Some(900), config_problems: Some(Vec::new()) });
    world.pass(minutes(5));
    world.slack().heard(["disk room recovered", "config problems recovered"]);
}
