//! The same seed tells the same story, byte for byte: DESIGN's promise 10.

use andon::demo::faults::Fault;

use crate::config::{self, CROWD, HANG_UPS, NOBODY, WAIT};
use crate::world::{World, minutes, seconds};

/// A busy hour, with every event, write and effect of it.
fn trace(seed: u64) -> Vec<String> {
    let config = config::thresholds(&[CROWD, WAIT, HANG_UPS, NOBODY]);
    let mut world = World::with(&config, seed, |site| site.trace = Some(Vec::new()));
    world.queue("tier-1").agents(2).longest_wait(300);
    world.queue("tier-2").agents(8).waiting(22);
    world.pass(minutes(10));
    world.cxone().suffers(Fault::Unavailable, minutes(1));
    world.pagerduty().suffers(Fault::Unavailable, minutes(5));
    world.queue("tier-2").hang_ups(7).after(seconds(30)).waiting(0);
    world.pass(minutes(20));
    world.cxone().suffers(Fault::Throttle { retry_after_seconds: 20 }, minutes(2));
    world.reboot(minutes(3));
    world.pass(minutes(27));
    world.site.trace.take().unwrap()
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let (one, other) = (trace(7), trace(7));
    assert!(one.len() > 1_000, "{}", one.len());
    let first = one.iter().zip(&other).position(|(one, other)| one != other);
    assert_eq!(first.map(|at| (&one[at], &other[at])), None);
    assert_eq!(one.len(), other.len());
    assert_ne!(one, trace(8), "other dice, other moments");
}
