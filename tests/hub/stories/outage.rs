//! An hour without a way out: what waited tells how it is now, in order, once, and to those whom it
//! concerns.

use andon::demo::faults::Fault;

use super::link::EVERYBODY;
use crate::config::{self, BUSY, CROWD};
use crate::network::Way;
use crate::world::{World, minutes, seconds};

fn way(world: &mut World, way: Option<Way>) {
    for host in EVERYBODY {
        world.at(host).way(way);
    }
}

/// The way to those who are told is cut for an hour; the platform is in reach.
fn deaf(world: &mut World, way: Option<Way>) {
    for host in &EVERYBODY[1..] {
        world.at(host).way(way);
    }
}

/// What came and went is one line for a channel, and nothing for a pager; who knew hears the end.
#[test]
fn what_came_and_went_in_an_hour_wakes_nobody_and_is_one_line_elsewhere() {
    let mut world = World::start(&config::thresholds(&[CROWD, BUSY]));
    world.queue("tier-1").waiting(9);
    world.pass(minutes(1));
    world.slack().heard(["tier-1 calls_waiting medium"]);
    deaf(&mut world, Some(Way::Cut));
    // One that each target is tried with, and then what waits behind it.
    world.queue("tier-2").waiting(30).after(minutes(5)).waiting(0);
    world.queue("tier-2").after(minutes(30)).waiting(30).after(minutes(35)).waiting(0);
    world.queue("tier-1").after(minutes(40)).waiting(0);
    world.pass(minutes(60));
    world.nobody_heard();
    deaf(&mut world, None);
    world.pass(minutes(7));
    let pager = world.pagerduty().take();
    assert_eq!(pager.first().unwrap(), "trigger tier-2 calls_waiting critical", "{pager:?}");
    assert_eq!(pager.last().unwrap(), "resolve tier-2 calls_waiting recovered", "{pager:?}");
    assert!(pager.len() <= 4, "{pager:?}");
    let slack = world.slack().take();
    let of_tier_1: Vec<&String> = slack.iter().filter(|line| line.contains("tier-1")).collect();
    assert_eq!(of_tier_1.last().unwrap().as_str(), "tier-1 calls_waiting recovered", "{slack:?}");
    assert!(of_tier_1.len() <= 3, "{slack:?}");
    assert!(world.metric("andon_notices_collapsed_total") > 0);
    let keys = world.pagerduty().lines().len();
    world.pass(minutes(10));
    assert_eq!(world.pagerduty().lines().len(), keys, "nothing is told again");
}

/// A repeat each five minutes, a day of it behind a target that is away: one notice is left.
#[test]
fn an_hour_of_repeats_is_one_notice_in_its_newest_state() {
    let mut world = World::start(&config::thresholds(&[BUSY]));
    world.slack().suffers(Fault::Unavailable, minutes(60));
    world.queue("tier-1").waiting(6);
    world.pass(seconds(30));
    world.queue("tier-2").waiting(6);
    world.pass(minutes(59));
    let waiting = world.metric("andon_outbox_waiting{target=\"slack\"}");
    assert!(waiting <= 4, "{waiting} wait");
    world.pass(minutes(8));
    let heard = world.slack().take();
    let of_tier_2 = heard.iter().filter(|line| line.contains("tier-2")).count();
    assert!((1..=2).contains(&of_tier_2), "{heard:?}");
}

/// The link itself is down: nothing falls back on who is as far away, nor is anything told twice.
#[test]
fn while_the_link_is_down_nobody_is_told_instead() {
    let pager = "routing_key = { credential = \"pagerduty\" }\n";
    let text = config::thresholds(&[CROWD])
        .replace(pager, &format!("{pager}fallback = \"webhook\"\nfallback_after_seconds = 60\n"));
    let mut world = World::start(&text);
    world.pass(minutes(1));
    way(&mut world, Some(Way::Cut));
    world.pass(minutes(60));
    way(&mut world, None);
    world.pass(minutes(7));
    world.webhook().heard([]);
    world.slack().heard(["link down medium", "link down recovered"]);
}
