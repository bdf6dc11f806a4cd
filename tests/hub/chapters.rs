//! One problem from its beginning to its end, as the people at any target read of it.

use andon::demo::faults::Fault;
use andon::model::time::Span;

use crate::network::Way;
use crate::world::{World, minutes, seconds};

/// A queue is busy, grows to a crowd within three minutes, and is well again five minutes later.
/// What they read in each of the three chapters.
pub(crate) fn told(file: &str, host: &str, restarts: Restarts) -> [Vec<String>; 3] {
    let mut world = World::start(file);
    world.pass(minutes(1));
    [(9, minutes(3)), (22, minutes(5)), (0, minutes(3))].map(|(waiting, lasts)| {
        world.queue("tier-2").waiting(waiting);
        world.pass(seconds(30));
        if restarts == Restarts::InEach {
            world.kill();
        }
        world.pass(lasts - seconds(30));
        nothing_twice(&mut world, host);
        world.at(host).take()
    })
}

/// Whether the hub dies in each chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restarts {
    InNone,
    InEach,
}

/// Why a target takes nothing for an hour.
pub(crate) const AWAY: [Away; 3] = [Away::Fails, Away::Hangs, Away::Cut];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    Fails,
    Hangs,
    Cut,
}

/// A target is away for an hour, in which a queue is busy after five minutes, a crowd after twenty,
/// and perhaps well again. What its people read when it is back, and when the queue is well after
/// that; for how late it is told, a mark where that is true.
pub(crate) fn told_after_an_hour(
    file: &str,
    host: &str,
    away: Away,
    well_after: Option<Span>,
) -> [Vec<String>; 2] {
    let mut world = World::start(file);
    world.pass(minutes(1));
    match away {
        Away::Fails => drop(world.at(host).suffers(Fault::Unavailable, minutes(60))),
        Away::Hangs => drop(world.at(host).suffers(Fault::Hang, minutes(60))),
        Away::Cut => drop(world.at(host).way(Some(Way::Cut))),
    }
    let queue = world.queue("tier-2").after(minutes(5)).waiting(9);
    let queue = queue.after(minutes(20)).waiting(22);
    if let Some(after) = well_after {
        queue.after(after).waiting(0);
    }
    world.pass(minutes(60));
    world.at(host).heard([]);
    world.at(host).way(None);
    world.pass(minutes(10));
    let back: Vec<String> = world.at(host).take().iter().map(|line| marked(line)).collect();
    world.queue("tier-2").waiting(0);
    world.pass(minutes(3));
    nothing_twice(&mut world, host);
    [back, world.at(host).take()]
}

/// Whose people read the first line as it is: they read it at each turn, whatever restarts.
pub(crate) fn tells_by_its_first_line(file: &str, host: &str) {
    for restarts in [Restarts::InNone, Restarts::InEach] {
        let [begins, worse, over] = told(file, host, restarts);
        assert_eq!(begins, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
        assert_eq!(worse, ["P1 tier-2: calls_waiting 22 (>= 15) for 3 min"]);
        assert_eq!(over, ["RECOVERED tier-2: calls_waiting 0 after 8 min"]);
    }
}

/// The same after an hour away: one story, in order, that says how old it is.
pub(crate) fn tells_after_an_hour_by_its_first_line(file: &str, host: &str) {
    let begins = "P2 tier-2: calls_waiting 9 (>= 5) just now, late";
    for away in AWAY {
        let [back, over] = told_after_an_hour(file, host, away, None);
        assert_eq!(back, [begins, "P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late"]);
        assert_eq!(over, ["RECOVERED tier-2: calls_waiting 0 after 65 min"]);
        let [back, later] = told_after_an_hour(file, host, away, Some(minutes(40)));
        assert_eq!(back, [begins, "RECOVERED tier-2: calls_waiting 0 after 35 min, late"]);
        assert_eq!(later, [""; 0]);
    }
}

/// A target asks for time when a queue is busy, and has it: what its people read then.
pub(crate) fn told_when_throttled(file: &str, host: &str, quiet: Span) -> Vec<String> {
    let mut world = World::start(file);
    world.pass(minutes(1));
    world.at(host).suffers(Fault::Throttle { retry_after_seconds: 90 }, seconds(20));
    world.queue("tier-2").waiting(9);
    world.pass(quiet);
    world.at(host).heard([]);
    world.pass(minutes(3) - quiet);
    nothing_twice(&mut world, host);
    world.at(host).take()
}

/// What was so after five, twenty or forty minutes is told when the hour is over, or when the next
/// try after that is due.
fn marked(line: &str) -> String {
    let Some((what, late)) = line.split_once(", told ") else { return line.to_owned() };
    let minutes: i64 = late.strip_suffix(" min late").unwrap().parse().unwrap();
    let so_at = if what.contains("just now") {
        5
    } else if what.contains("RECOVERED") {
        40
    } else {
        20
    };
    let told_at = minutes + so_at;
    assert!((60..=65).contains(&told_at), "told at {told_at} min: {line}");
    format!("{what}, late")
}

fn nothing_twice(world: &mut World, host: &str) {
    let lines = world.at(host).lines();
    let keys: alloc::collections::BTreeSet<_> = lines.iter().map(|line| &line.key).collect();
    assert_eq!(keys.len(), lines.len(), "{lines:#?}");
}
