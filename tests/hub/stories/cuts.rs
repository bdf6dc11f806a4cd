//! The hub dies in any turn of a half-hour, before or after the commit: people hear the same.

use crate::config::{self, CROWD, WAIT};
use crate::heard;
use crate::site::Site;
use crate::world::{World, minutes, seconds};

/// A P1 that escalates and recovers, a P2 that recovers, and a second episode.
fn begin() -> World {
    let mut world = World::start(&config::thresholds(&[CROWD, WAIT]));
    let tier_2 = world.queue("tier-2").after(seconds(25)).waiting(22);
    tier_2.after(seconds(845)).waiting(0).after(seconds(1_345)).waiting(30);
    let tier_1 = world.queue("tier-1").after(seconds(145)).longest_wait(300);
    tier_1.after(seconds(565)).longest_wait(1);
    world
}

/// What each target took, each key once.
fn told(world: &mut World) -> [Vec<String>; 2] {
    [world.pagerduty().lines(), world.slack().lines()].map(heard::once)
}

/// The hub is started again on what a cut left, and lives to the end of the half-hour.
fn goes_on(site: Site) -> [Vec<String>; 2] {
    let mut world = World::dead(site);
    world.kill();
    world.pass(minutes(30) - world.site.elapsed);
    told(&mut world)
}

#[test]
fn a_power_cut_in_any_turn_changes_nothing_that_people_hear() {
    let mut world = begin();
    world.collect_cuts();
    world.pass(minutes(30));
    let expected = told(&mut world);
    assert_eq!(expected.each_ref().map(Vec::len), [6, 3], "{expected:?}");
    let cuts = world.take_cuts();
    assert!(cuts.len() > 200, "{}", cuts.len());
    let half = cuts.len() / 2;
    let (early, late) = cuts.split_at(half);
    std::thread::scope(|scope| {
        for cuts in [early, late] {
            let expected = &expected;
            scope.spawn(move || {
                for site in cuts {
                    assert_eq!(goes_on(site.clone()), *expected, "cut at {}", site.elapsed);
                }
            });
        }
    });
}
