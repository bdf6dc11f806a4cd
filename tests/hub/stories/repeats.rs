//! What goes on is told again at a falling rate.

use crate::config::{self, CROWD, EACH_COOLDOWN};
use crate::world::{World, minutes, seconds};

const BEGINS: &str = "trigger tier-2 calls_waiting critical";
const REPEATED: &str = "trigger tier-2 calls_waiting critical, repeat";
const ESCALATED: &str = "trigger tier-2 calls_waiting critical, escalation";

fn without_digest(text: &str) -> String {
    let digest = text.find("[digest]").unwrap();
    let templates = text.find("[templates]").unwrap();
    let text = format!("{}{}", &text[..digest], &text[templates..]);
    text.replace("P3 = { digest = true }", "P3 = { targets = [\"slack\"] }")
}

#[test]
fn a_breach_of_two_days_is_told_six_times() {
    let file = config::thresholds(&[CROWD]).replace(EACH_COOLDOWN, "");
    let mut world = World::start(&without_digest(&file));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(9));
    world.pagerduty().heard([BEGINS]);
    world.pass(minutes(2));
    world.pagerduty().heard([ESCALATED]);
    // Each counted from the notice before it: 15 min, 1 h, 4 h, and a day from there on.
    for hours in [minutes(15), minutes(60), minutes(240), minutes(1_440), minutes(1_440)] {
        world.pass(hours + minutes(-1));
        world.nobody_heard();
        world.pass(minutes(1));
        world.pagerduty().heard([REPEATED]);
    }
}

#[test]
fn a_route_has_a_rate_of_its_own_and_never_less_than_the_cooldown() {
    let file = config::thresholds(&[CROWD])
        .replace(EACH_COOLDOWN, ", repeat_seconds = [60, 600]")
        .replace("[templates]", "after_seconds = 86400\n[templates]");
    let mut world = World::start(&file);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(5) + seconds(15));
    world.pagerduty().heard([BEGINS, REPEATED]);
    world.pass(minutes(15));
    world.pagerduty().heard([ESCALATED, REPEATED]);
    world.pass(minutes(10));
    world.pagerduty().heard([REPEATED]);
}

#[test]
fn with_a_digest_an_old_breach_speaks_there_alone() {
    let file = config::thresholds(&[CROWD]).replace(EACH_COOLDOWN, "");
    let mut world = World::start(&file);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(59));
    world.pagerduty().heard([BEGINS, ESCALATED, REPEATED]);
    world.pass(minutes(360));
    world.pagerduty().heard([]);
}
