//! Why did it page, and why did it not page?

use andon::api::WatchState;

use crate::config::{self, CROWD, HANG_UPS, WAIT};
use crate::world::{World, minutes, seconds};

#[test]
fn a_key_that_paged_tells_its_story() {
    let mut world = World::start(&config::thresholds(&[CROWD, WAIT]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(4));
    let by_guide = world.explain("tier-2:calls_waiting:P1");
    let story = world.explain(&by_guide.key);
    assert_eq!(story, by_guide, "each form of the key finds it");
    let said: Vec<(&str, u32)> =
        story.steps.iter().map(|step| (step.what.as_str(), step.times)).collect();
    let [breach, told, taken, held] = said[..] else { panic!("{said:?}") };
    assert_eq!(breach, ("P1 breach begins: calls_waiting is 22, the threshold 15", 1));
    assert_eq!(told, ("told pagerduty: new breach", 1));
    assert_eq!(taken, ("pagerduty took the notice: new breach", 1));
    assert_eq!(held.0, "P1 not told: told a short time ago, and the next notice is not due");
    assert!((21..=23).contains(&held.1), "held {} times", held.1);
    let telling = &story.alert.unwrap().tellings[0];
    assert_eq!((&*telling.alert_key, &*telling.state), ("tier-2:calls_waiting:P1", "COOLDOWN"));
    assert_eq!(telling.notification_count, 1);
}

#[test]
fn a_key_that_never_paged_tells_why_not() {
    let mut world = World::start(&config::thresholds(&[CROWD, WAIT, HANG_UPS]));
    world.queue("tier-2").agents(10).longest_wait(150);
    world.pass(minutes(2));
    let story = world.explain("tier-2:longest_wait");
    assert!(story.alert.is_none() && story.steps.is_empty(), "{story:?}");
    let [watch] = &story.watches[..] else { panic!("{story:?}") };
    assert_eq!((watch.value, watch.threshold), (Some(150.0), Some(200.0)));
    assert_eq!((watch.state, &*watch.why), (WatchState::Clear, "it does not hold"));
    assert_eq!(world.ask("/api/v1/explain/tier-9:longest_wait").status, 404);
}

#[test]
fn a_key_that_nobody_can_judge_says_so() {
    let mut world = World::start(&config::thresholds(&[HANG_UPS]));
    world.pass(seconds(30));
    let story = world.explain("tier-2:abandoned_calls");
    assert_eq!(story.watches[0].state, WatchState::Unknown);
    assert!(story.watches[0].why.contains("part of the window"), "{story:?}");
}
