//! The end of a shift: the agents leave, the thresholds that follow them fall, and nobody is paged
//! for an empty floor.

use crate::config::{AT_ONCE, NOBODY, SITE, WAIT};
use crate::world::{World, minutes, seconds};

/// Two rules that an empty floor breaks, by the hours of the shift or always. The story begins at
/// 14:00 in London's winter time, which is 15:00 in May.
fn file(hours: &str) -> String {
    let nobody = NOBODY.replace("P3", "P2");
    let thresholds = format!("{{ {WAIT}{AT_ONCE} }}, {{ {nobody}{AT_ONCE} }}");
    format!(
        "{SITE}\n[hours.shift]\nzone = \"Europe/London\"\ndays = \"mon..fri\"\nfrom = \"08:00\"\n\
         to = \"16:00\"\n[[rules]]\n{hours}\nthresholds = [{thresholds}]\n"
    )
}

/// One caller has waited for 150 s, which is fine for ten agents and too long for none; at the end
/// of the shift everybody leaves.
fn until_the_shift_ends(world: &mut World) {
    world.queue("tier-2").agents(10).longest_wait(150);
    world.queue("tier-1").agents(10);
    world.pass(minutes(59) + seconds(50));
    world.nobody_heard();
    world.queue("tier-2").after(seconds(10)).agents(0);
    world.queue("tier-1").after(seconds(10)).agents(0);
}

#[test]
fn nobody_is_paged_for_a_floor_that_went_home() {
    let mut world = World::start(&file("hours = \"shift\""));
    until_the_shift_ends(&mut world);
    world.pass(minutes(120));
    world.nobody_heard();
}

#[test]
fn without_hours_an_empty_floor_is_trouble() {
    let mut world = World::start(&file(""));
    until_the_shift_ends(&mut world);
    world.pass(minutes(1));
    world.slack().heard([
        "tier-1 agents_available medium",
        "tier-2 longest_wait medium",
        "tier-2 agents_available medium",
    ]);
}

#[test]
fn who_leaves_before_the_end_of_the_shift_is_missed() {
    let mut world = World::start(&file("hours = \"shift\""));
    world.queue("tier-1").agents(10);
    world.queue("tier-2").agents(10).longest_wait(150);
    world.pass(minutes(57));
    world.queue("tier-2").agents(0);
    world.pass(minutes(1));
    world.slack().heard(["tier-2 longest_wait medium", "tier-2 agents_available medium"]);
    world.pass(minutes(3));
    world.slack().heard(["tier-2 longest_wait recovered", "tier-2 agents_available recovered"]);
}
