//! A ledger that refuses to be written: what must be remembered waits, all else goes on.

use andon::ledger::{Table, Write};
use andon::model::time::ClockTrust;

use crate::config::{self, CROWD, NOBODY};
use crate::disk::Disk;
use crate::world::{World, minutes, seconds};

#[test]
fn notices_wait_for_the_ledger_while_polling_goes_on() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.disk_is_full(true);
    world.queue("tier-2").waiting(22);
    let before = world.cxone().platform().cxone.seen.answers;
    world.pass(minutes(10));
    world.nobody_heard();
    let answers = world.cxone().platform().cxone.seen.answers - before;
    assert!((59..=61).contains(&answers), "{answers} in ten minutes");
    assert_eq!(world.metric("andon_ledger_writable"), 0);
    assert_eq!(world.ask("/-/ready").status, 503);
    assert!(world.said("the ledger cannot be written: I/O error: No space left"));
    world.disk_is_full(false);
    world.pass(seconds(10));
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical",
        "trigger tier-2 calls_waiting critical, repeat",
    ]);
    assert_eq!(world.metric("andon_ledger_writable"), 1);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, escalation"]);
}

#[test]
fn a_power_cut_while_the_ledger_refuses_tells_everything_afterwards() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(1));
    world.disk_is_full(true);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(2));
    world.disk_is_full(false);
    world.reboot(seconds(30));
    world.pass(seconds(30));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
}

#[test]
fn what_the_ledger_took_late_is_as_old_as_it_was() {
    let mut world = World::start(&config::thresholds(&[CROWD, NOBODY]));
    world.queue("tier-1").agents(9);
    world.queue("tier-2").waiting(22).agents(9);
    world.pass(seconds(25));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.disk_is_full(true);
    world.queue("tier-1").agents(0);
    world.pass(minutes(4));
    world.disk_is_full(false);
    world.pass(seconds(10));
    // Nothing says how long the box is away: the cooldown goes on from the last commit.
    world.site.board.trust = ClockTrust::Untrusted;
    world.reboot(seconds(30));
    world.pass(seconds(60));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical, repeat"]);
}

#[test]
fn a_disk_that_fails_for_a_while_loses_nothing_and_tells_nothing_twice() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.disk_fails(true);
    world.queue("tier-1").waiting(30);
    world.pass(minutes(1));
    world.nobody_heard();
    assert!(world.said("the ledger cannot be written: I/O error: Input/output error"));
    // It dies while the disk fails, and cannot start before it is well again.
    world.kill();
    world.pass(seconds(30));
    world.nobody_heard();
    world.disk_fails(false);
    world.pass(seconds(20));
    world.pagerduty().heard(["trigger tier-1 calls_waiting critical"]);
    world.disk_fails(true);
    world.queue("tier-1").waiting(0);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.nobody_heard();
    world.disk_fails(false);
    world.pass(seconds(10));
    world.pagerduty().heard([
        "resolve tier-1 calls_waiting recovered",
        "resolve tier-2 calls_waiting recovered",
    ]);
}

#[test]
fn what_a_failed_sync_gave_up_is_written_again() {
    for seed in 0..20 {
        let mut world = World::start(&config::thresholds(&[CROWD]));
        world.pass(minutes(1));
        world.syncs_fail(true);
        world.queue("tier-2").waiting(22);
        world.pass(seconds(20 + seed % 5));
        world.nobody_heard();
        assert!(world.said("the ledger cannot be written: I/O error: Input/output error"));
        if seed % 2 == 0 {
            // The next hub finds the file as the kernel believes it to be.
            world.kill();
        }
        world.syncs_fail(false);
        world.pass(seconds(20));
        world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
        world.queue("tier-1").waiting(30);
        world.pass(seconds(15 + seed));
        world.pagerduty().heard(["trigger tier-1 calls_waiting critical"]);
        // The disk stands for its promise now, and what it gave up is gone.
        world.reboot(seconds(30));
        world.queue("tier-1").waiting(0);
        world.queue("tier-2").waiting(0);
        world.pass(minutes(1));
        world.pagerduty().heard([
            "resolve tier-1 calls_waiting recovered",
            "resolve tier-2 calls_waiting recovered",
        ]);
    }
}

fn outbox(numbers: core::ops::Range<u8>) -> Vec<Write> {
    let row = |number| Write {
        table: Table::Outbox,
        key: [number].into(),
        value: Some(vec![number; 400]),
    };
    numbers.map(row).collect()
}

#[test]
fn a_ledger_of_many_pages_does_not_build_on_those_that_a_failed_sync_gave_up() {
    for seed in 0..20 {
        let mut disk = Disk::default();
        disk.open().unwrap();
        disk.commit(&outbox(0..40)).unwrap();
        disk.is_unsynced = true;
        disk.commit(&outbox(20..80)).unwrap_err();
        disk.process_dies();
        disk.is_unsynced = false;
        disk.open().unwrap();
        disk.commit(&outbox(7..8)).unwrap();
        disk.power_goes(seed);
        disk.open().unwrap();
    }
}
