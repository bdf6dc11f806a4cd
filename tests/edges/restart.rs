//! A restart by itself tells nobody anything.

use core::time::Duration;

use andon::demo::pagerduty::State;

use crate::hub::{Hub, run};
use crate::patience::wait_until;
use crate::server::Slowness;
use crate::told;
use crate::world::{Mood, World};

#[test]
fn a_restart_sends_nothing_in_the_same_boot_or_another() {
    let world = World::new(2, Mood::Busy);
    let hub = Hub::start(&world);
    wait_until("both queues are told twice", 25, || sent(&world) == [2, 2]);
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");

    let hub = Hub::start(&world);
    seen_again(&hub, &world);
    assert_eq!(sent(&world), [2, 2], "after a restart");
    hub.stop();

    let mut command = run(&world.path("andon.toml"));
    command.env("ANDON_BOOT_ID", "other");
    let hub = Hub::spawn(command, &world);
    hub.is_up();
    seen_again(&hub, &world);
    assert_eq!(sent(&world), [2, 2], "after a reboot");

    world.turns(Mood::Calm);
    wait_until("both incidents end", 25, || {
        told::incidents(&world.pagerduty.desk(), State::Resolved) == 2 && sent(&world) == [4, 4]
    });
    hub.stop();
    told::assert_once(&told::pagerduty(&world.pagerduty.desk()));
    told::assert_once(&told::slack(&world.slack.desk()));
}

#[test]
fn a_stop_waits_for_the_answers_to_what_was_told() {
    let world = World::new(1, Mood::Busy);
    world.slack.slows(Slowness::Late(Duration::from_millis(700)));
    world.pagerduty.slows(Slowness::Late(Duration::from_millis(1_900)));
    let hub = Hub::start(&world);
    wait_until("both are told", 25, || sent(&world) == [1, 1]);
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
    let hub = Hub::start(&world);
    wait_until("nothing waits to be told", 10, || {
        let waits = |target| hub.counts(&format!("andon_outbox_waiting{{target=\"{target}\"}}"));
        waits("pagerduty") + waits("slack") < 0.5
    });
    assert_eq!(sent(&world), [1, 1], "told again after a stop");
    hub.stop();
}

/// The hub has compared every queue with every rule since its start.
fn seen_again(hub: &Hub, world: &World) {
    wait_until("the breaches are seen again", 25, || {
        hub.counts("andon_breaching_checks_total") > 3.5
    });
    let waits = |target| hub.counts(&format!("andon_outbox_waiting{{target=\"{target}\"}}"));
    assert!(waits("pagerduty") + waits("slack") < 0.5, "{:?}", sent(world));
}

/// Messages that PagerDuty and Slack have taken, repeated ones included.
fn sent(world: &World) -> [u64; 2] {
    [world.pagerduty.desk().reception.accepted, world.slack.desk().reception.accepted]
}
