//! What stands beside the incidents in PagerDuty and pages nobody: announcements, as change events.

use andon::demo::faults::Fault;
use andon::model::time::Span;

use crate::config::{self, CROWD};
use crate::receivers::pagerduty::Change;
use crate::site::BEGIN;
use crate::world::{World, minutes};

/// From 14:10 to 15:10, for what PagerDuty is told of.
const WINDOW: &str = "[[window]]\nname = \"pbx\"\nfrom = \"2024-05-15T14:10\"\n\
                      to = \"2024-05-15T15:10\"\nmatch = { priority = \"P1\" }\n";

fn begun() -> World {
    World::start(&format!("{}\n{WINDOW}", config::thresholds(&[CROWD])))
}

fn changes(world: &mut World) -> Vec<Change> {
    world.pagerduty_desk().changes.clone()
}

fn summaries(world: &mut World) -> Vec<String> {
    changes(world).into_iter().map(|change| change.summary).collect()
}

const BEGINS: &str = "Maintenance pbx begins, until 2024-05-15 15:10 UTC";
const STILL_BAD: &str = "Maintenance pbx is over: 1 alert is still bad";

#[test]
fn a_window_stands_beside_the_incidents_and_pages_nobody() {
    let mut world = begun();
    world.pass(minutes(11));
    let [begins] = &changes(&mut world)[..] else { panic!("{:?}", changes(&mut world)) };
    assert_eq!((&*begins.summary, &begins.details["about"]), (BEGINS, &"window:pbx".into()));
    let late = begins.at - (BEGIN + minutes(10));
    assert!((Span::ZERO..Span::secs(11)).contains(&late), "{late}");
    world.queue("tier-2").waiting(22);
    world.pass(minutes(30));
    world.pagerduty().heard([]);
    world.kill();
    world.pass(minutes(30));
    assert_eq!(summaries(&mut world), [BEGINS, STILL_BAD], "a restart announces nothing again");
    let over = changes(&mut world).pop().unwrap();
    let text = over.details["text"].as_str().unwrap();
    assert!(text.contains("tier-2 calls_waiting critical"), "{text}");
    // It is as old as its escalation is due after, which pages.
    let told = world.pagerduty().take();
    assert!(told.iter().all(|line| line.starts_with("trigger tier-2 calls_waiting ")), "{told:?}");
    assert_eq!(world.pagerduty().itself().incidents().count(), 1);
    assert_eq!(world.pagerduty_desk().events.reception.refused, 0);
}

#[test]
fn a_window_that_began_while_pagerduty_was_away_is_announced_when_it_is_back() {
    let mut world = begun();
    world.pass(minutes(9));
    world.pagerduty().suffers(Fault::Unavailable, minutes(20));
    world.pass(minutes(19));
    assert_eq!(changes(&mut world), []);
    world.pass(minutes(8));
    assert_eq!(summaries(&mut world), [BEGINS]);
    let late = changes(&mut world)[0].at - (BEGIN + minutes(10));
    assert!(late < Span::secs(11), "it says when it began: {late}");
}

#[test]
fn another_revision_of_the_file_stands_beside_the_incidents_once() {
    let revised = |mark: &str| format!("revision = \"{mark}\"\n{}", config::thresholds(&[CROWD]));
    let mut world = World::start(&revised("1"));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    world.kill();
    world.pass(minutes(1));
    assert_eq!(changes(&mut world), [], "a start is no change");
    world.reload(&revised("2"));
    world.pass(minutes(1));
    world.kill();
    world.pass(minutes(1));
    let told = changes(&mut world);
    let [change] = &told[..] else { panic!("{told:?}") };
    assert_eq!(change.summary, "andon runs with revision 2 of its config");
    assert_eq!(change.details["text"], "Before, it ran with revision 1.");
    world.nobody_heard();
}
