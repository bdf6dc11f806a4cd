//! What a hub will not start on, and the sentence with which it says so.

use std::fs;
use std::process::Output;

use andon::edge::store::{FILE_NAME, Store};
use andon::ledger::{Clock, Write};
use andon::model::time::{Tick, UtcMs};

use crate::disk::Disk;
use crate::hub::{Hub, ended, run, text};
use crate::world::{Mood, World};

#[test]
fn a_state_directory_that_cannot_be_made_is_73() {
    let world = World::new(1, Mood::Calm);
    world.write("state", "a file, where the directory should be");
    let complaint = refused(&world, 73);
    assert!(complaint.contains(world.path("state").to_str().unwrap()), "{complaint}");
    assert!(complaint.contains("Make it writable, or name another"), "{complaint}");
}

#[test]
fn a_ledger_that_cannot_be_opened_is_73() {
    let world = World::new(1, Mood::Calm);
    fs::create_dir_all(world.path("state").join(FILE_NAME)).unwrap();
    let complaint = refused(&world, 73);
    assert!(complaint.contains(FILE_NAME), "{complaint}");
    assert!(complaint.contains("Look at space and permissions"), "{complaint}");
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_is() {
    let world = World::new(1, Mood::Calm);
    fs::create_dir_all(world.path("state")).unwrap();
    let file = world.path("state").join(FILE_NAME);
    let bytes = "an old shopping list\n".repeat(1_000);
    fs::write(&file, &bytes).unwrap();
    let complaint = refused(&world, 73);
    assert!(complaint.contains(FILE_NAME), "{complaint}");
    assert_eq!(fs::read_to_string(&file).unwrap(), bytes);
}

#[test]
fn a_disk_without_space_for_the_ledger_is_73() {
    let world = World::new(1, Mood::Calm);
    let Some(disk) = Disk::mount(world.path("state"), "256k") else { return };
    disk.fill();
    let complaint = refused(&world, 73);
    assert!(complaint.contains(world.path("state").to_str().unwrap()), "{complaint}");
    assert!(complaint.contains("Look at space and permissions"), "{complaint}");
}

#[test]
fn a_ledger_of_a_newer_andon_is_65_and_stays_as_it_is() {
    let world = World::new(1, Mood::Calm);
    let clock =
        Clock { boot: "x".into(), tick: Tick(1), utc: UtcMs(1), trusted: true, next_notice: 1 };
    let mut write = Write::clock(&clock);
    write.value.as_mut().unwrap()[0] = 9;
    let (store, _) = Store::open(&world.path("state")).unwrap();
    store.commit(vec![write]).recv_blocking().unwrap().unwrap();
    drop(store);
    let file = world.path("state").join(FILE_NAME);
    let before = fs::read(&file).unwrap();
    let complaint = refused(&world, 65);
    assert!(complaint.contains("format 9, written by a newer andon"), "{complaint}");
    assert!(complaint.contains("Install that andon again, or move the file away"), "{complaint}");
    assert!(before == fs::read(&file).unwrap(), "the ledger was changed");
}

#[test]
fn a_second_hub_on_the_same_ledger_is_73() {
    let world = World::new(1, Mood::Calm);
    let first = Hub::start(&world);
    let complaint = refused(&world, 73);
    assert!(complaint.contains("another andon may be running on it"), "{complaint}");
    assert_eq!(first.get("/-/healthy").status, 200, "the first one goes on");
    let (status, _) = first.stop();
    assert!(status.success());
}

#[test]
fn an_admin_address_that_is_taken_is_73() {
    let (world, other) = (World::new(1, Mood::Calm), World::new(1, Mood::Calm));
    let _first = Hub::start(&world);
    let config = fs::read_to_string(other.path("andon.toml")).unwrap();
    let taken = config.replace(&format!(":{}\"", other.port), &format!(":{}\"", world.port));
    other.write("andon.toml", &taken);
    let complaint = refused(&other, 73);
    assert!(complaint.contains(&format!("127.0.0.1:{} cannot be listened on", world.port)));
}

/// Starts a hub that has to end at once with an exit code; what it said.
fn refused(world: &World, code: i32) -> String {
    let Output { status, stderr, .. } = ended(&mut run(&world.path("andon.toml")));
    let complaint = text(&stderr);
    assert_eq!(status.code(), Some(code), "{complaint}");
    complaint
}
