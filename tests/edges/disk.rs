//! A disk that is full: the hub goes on, says so, and recovers by itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use andon::demo::pagerduty::State;

use crate::hub::Hub;
use crate::patience::wait_until;
use crate::told;
use crate::world::{Mood, World};

/// A small disk of its own for a directory. Dropping it takes it away.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Mounts it; nothing where that is not permitted.
    pub(crate) fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&at);
        if command.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(at));
        }
        eprintln!("LEFT OUT: no small disk can be mounted here; run as root to try a full disk");
        None
    }

    /// Takes all space that is left.
    pub(crate) fn fill(&self) {
        let mut ballast = Vec::new();
        for chunk in [65_536, 4_096, 1] {
            loop {
                ballast.resize(ballast.len() + chunk, 7);
                if fs::write(self.0.join("ballast"), &ballast).is_err() {
                    ballast.truncate(ballast.len() - chunk);
                    break;
                }
            }
        }
    }

    /// Gives the space back.
    pub(crate) fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a hub that is about to be killed may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_holds_notices_and_nothing_else() {
    let world = World::new(40, Mood::Calm);
    // With less it would be an alert of its own that there is so little.
    let Some(disk) = Disk::mount(world.path("state"), "80m") else { return };
    let hub = Hub::start(&world);
    wait_until("the hub is ready", 20, || hub.get("/-/ready").status == 200);
    disk.fill();
    world.turns(Mood::Busy);
    wait_until("the ledger is missed", 30, || {
        let ready = hub.get("/-/ready");
        ready.status == 503 && ready.body.contains("the ledger cannot be written")
    });
    let mend = format!("Free space in {}", world.path("state").display());
    wait_until("the mend is said", 5, || hub.said().contains(&mend));
    let polls = hub.counts("andon_answers_total{source=\"bank\"}");
    wait_until("polling goes on", 25, || {
        hub.counts("andon_answers_total{source=\"bank\"}") > polls + 0.5
    });
    assert_eq!(hub.get("/-/healthy").status, 200);
    let sent = world.pagerduty.desk().events().count() + world.slack.desk().messages().count();
    assert_eq!(sent, 0, "what is not on disk was told");
    disk.free();
    wait_until("the hub recovers", 20, || hub.get("/-/ready").status == 200);
    wait_until("that is said", 5, || hub.said().contains("the ledger can be written again"));
    wait_until("what was held is told", 40, || {
        told::incidents(&world.pagerduty.desk(), State::Triggered) == 40
    });
    told::assert_once(&told::pagerduty(&world.pagerduty.desk()));
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
}
