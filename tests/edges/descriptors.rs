//! File descriptors that run out: the hub goes on, says so once, does not spin, and recovers.

use std::fs;
use std::net::TcpStream;
use std::process::Command;

use andon::demo::pagerduty::State;

use crate::hub::{Hub, andon, text};
use crate::patience::{pause, wait_until};
use crate::told;
use crate::world::{Mood, World};

/// Enough for a hub of one source and two targets, and for four who ask.
const FEW: usize = 40;

#[test]
fn a_hub_that_may_open_few_files_polls_and_tells_whoever_connects() {
    let world = World::new(2, Mood::Calm);
    let config = world.path("andon.toml");
    let mut command = Command::new("sh");
    let (program, line) = (andon(), format!("ulimit -n {FEW} && exec \"$0\" run --config \"$1\""));
    command.args(["-c", &line]).arg(program.get_program()).arg(config);
    for (name, _) in program.get_envs() {
        command.env_remove(name);
    }
    let hub = Hub::spawn(command, &world);
    hub.is_up();
    assert!(hub.said().contains("this process may open 40 files and needs up to 52"));
    let crowd: Vec<TcpStream> = (0..100).map(|_| hub.connect()).collect();
    world.turns(Mood::Busy);
    let answers = world.answers();
    wait_until("polling goes on", 35, || world.answers() >= answers + 2);
    wait_until("people are told", 20, || {
        told::incidents(&world.pagerduty.desk(), State::Triggered) == 2
    });
    drop(crowd);
    wait_until("the hub is ready", 20, || hub.get("/-/ready").status == 200);
    assert!(!hub.said().contains("Too many open files"));
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
}

#[test]
fn a_hub_without_a_file_left_waits_for_one() {
    let world = World::new(2, Mood::Calm);
    let hub = Hub::start(&world);
    wait_until("the hub is ready", 20, || hub.get("/-/ready").status == 200);
    if !limit_files(hub.process(), "3") {
        eprintln!("LEFT OUT: there is no prlimit here to take a process its files");
        return;
    }
    let waiting: Vec<TcpStream> = (0..8).map(|_| hub.connect()).collect();
    world.turns(Mood::Busy);
    wait_until("it is said", 30, || {
        let said = hub.said();
        said.contains("connections wait, since none") && said.contains("was not made: Too many")
    });
    let (lines, worked) = (hub.said().lines().count(), processor_ticks(hub.process()));
    pause(5_000);
    let worked = processor_ticks(hub.process()) - worked;
    assert!(worked < 250, "{worked} ticks of 10 ms in 5 s");
    let said = hub.said();
    assert!(said.lines().count() < lines + 20, "{said}");
    assert!(limit_files(hub.process(), "256"));
    wait_until("people are told", 90, || {
        told::incidents(&world.pagerduty.desk(), State::Triggered) == 2
    });
    drop(waiting);
    wait_until("the hub is ready again", 20, || hub.get("/-/ready").status == 200);
    assert!(hub.said().contains("connections are taken again"));
    told::assert_once(&told::pagerduty(&world.pagerduty.desk()));
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
}

/// Sets how many files a process may open; says no where that cannot be done here.
fn limit_files(process: u32, files: &str) -> bool {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &process.to_string(), &format!("--nofile={files}:")]);
    command.status().is_ok_and(|status| status.success())
}

/// What a process has worked so far, in the kernel's ticks of 10 ms.
fn processor_ticks(process: u32) -> u64 {
    let stat = text(&fs::read(format!("/proc/{process}/stat")).unwrap());
    let fields: Vec<&str> = stat.split(' ').collect();
    [13, 14].map(|field: usize| fields[field].parse::<u64>().unwrap()).iter().sum()
}
