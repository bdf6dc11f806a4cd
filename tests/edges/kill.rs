//! A hub that is killed at any moment loses nothing and tells nothing twice.

use andon::demo::pagerduty::State;
use andon::model::rng::Rng;

use crate::hub::Hub;
use crate::patience::{pause, wait_until};
use crate::server::Slowness;
use crate::told;
use crate::world::{Mood, World};

/// Enough that telling all of them takes a good part of the kills.
const QUEUES: usize = 10;

/// Kills while there is something to raise, and again while there is something to resolve.
const KILLS: usize = 15;

#[test]
fn a_hub_killed_at_any_moment_loses_nothing_and_tells_nothing_twice() {
    let world = World::new(QUEUES, Mood::Busy);
    world.pagerduty.slows(Slowness::NowAndThen(Rng::new(1)));
    world.slack.slows(Slowness::NowAndThen(Rng::new(2)));
    let mut rng = Rng::new(3);

    let hub = killed_again_and_again(&world, &mut rng);
    wait_until("every breach is raised", 60, || is_quiet(&hub, &world) && raised(&world) == QUEUES);
    hub.kill();
    world.turns(Mood::Calm);
    let hub = killed_again_and_again(&world, &mut rng);
    wait_until("every end is told", 60, || is_quiet(&hub, &world) && resolved(&world) == QUEUES);
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");

    let pagerduty = told::pagerduty(&world.pagerduty.desk());
    let slack = told::slack(&world.slack.desk());
    for told in [&pagerduty, &slack] {
        told::assert_once(told);
        assert_eq!(told::count(told, "first_breach"), QUEUES, "{told:#?}");
        assert_eq!(told::count(told, "recovered"), QUEUES, "{told:#?}");
        assert_eq!(told.len(), 2 * QUEUES, "nothing else was said: {told:#?}");
    }
    for incident in world.pagerduty.desk().incidents() {
        assert_eq!(incident.opened, 1, "{incident:?}");
        assert_eq!(incident.severities, ["critical".into()], "{incident:?}");
    }
}

/// Starts a hub and kills it at a random moment, again and again; the last one goes on.
fn killed_again_and_again(world: &World, rng: &mut Rng) -> Hub {
    let hub = Hub::start(world);
    let answers = world.answers();
    wait_until("data comes", 15, || world.answers() > answers);
    // The first kill falls into the turn that writes and begins to tell.
    pause(rng.next() % 40);
    hub.kill();
    for _ in 1..KILLS {
        let hub = Hub::spawn(crate::hub::run(&world.path("andon.toml")), world);
        pause(50 + rng.next() % 1_450);
        hub.kill();
    }
    Hub::start(world)
}

/// The hub has seen data since its start, and nothing waits to be told.
fn is_quiet(hub: &Hub, world: &World) -> bool {
    let waits = |target| hub.counts(&format!("andon_outbox_waiting{{target=\"{target}\"}}"));
    assert_eq!(world.platform.desk().busy.seen.buckets_overlapping, 0);
    hub.counts("andon_source_fresh{source=\"bank\"}") > 0.5
        && waits("pagerduty") < 0.5
        && waits("slack") < 0.5
}

fn raised(world: &World) -> usize {
    told::incidents(&world.pagerduty.desk(), State::Triggered)
}

fn resolved(world: &World) -> usize {
    told::incidents(&world.pagerduty.desk(), State::Resolved)
}
