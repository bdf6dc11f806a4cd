//! Whose trouble it is that no data comes: ours, the way's or the platform's (promise 8).

use andon::demo::faults::Fault;

use super::two_sources::{OTHER, two_tenants};
use crate::config::{self, BUSY, CROWD};
use crate::network::Way;
use crate::world::{World, minutes};

pub(super) const EVERYBODY: [&str; 4] =
    ["https://cxone.test", "https://pagerduty.test", "https://slack.test", "https://webhook.test"];

/// The line is cut, or mended.
fn cut(world: &mut World, way: Option<Way>) {
    for host in EVERYBODY {
        world.at(host).way(way);
    }
}

fn verdict(world: &mut World, source: &str, verdict: &str, whose: &str) {
    let name = format!(
        "andon_source_verdict{{source=\"{source}\",verdict=\"{verdict}\",whose=\"{whose}\"}}"
    );
    assert_eq!(world.metric(&name), 1);
}

/// What is told of why a source is blind.
fn why_blind(world: &mut World) -> String {
    world.explain("cxone:data_age").alert.unwrap().detail.unwrap()
}

#[test]
fn a_line_that_is_cut_for_an_hour_is_one_alert() {
    let mut world = World::start(&config::thresholds(&[CROWD, BUSY]));
    world.queue("tier-1").waiting(22);
    world.queue("tier-2").waiting(9);
    world.pass(minutes(2));
    world.pagerduty().heard(["trigger tier-1 calls_waiting critical"]);
    world.slack().heard(["tier-2 calls_waiting medium"]);
    cut(&mut world, Some(Way::Cut));
    world.pass(minutes(30));
    assert_eq!(world.metric("andon_link_down"), 1);
    verdict(&mut world, "cxone", "our_link", "ours");
    assert_eq!(world.explain("tier-1:calls_waiting").alert.unwrap().phase, "suppressed");
    let detail = world.explain("link:down").alert.unwrap().detail.unwrap();
    assert_eq!(detail, "nothing outside can be reached");
    // Meanwhile one queue finds back.
    world.queue("tier-2").waiting(0);
    world.pass(minutes(30));
    cut(&mut world, None);
    world.pass(minutes(6));
    world.slack().heard([
        "link down medium",
        "link down recovered",
        "tier-2 calls_waiting recovered",
    ]);
    // Its clocks stood still: no escalation is due yet.
    world.pagerduty().heard(["trigger tier-1 calls_waiting critical, repeat"; 2]);
    assert_eq!(world.metric("andon_link_down"), 0);
    verdict(&mut world, "cxone", "well", "nobody");
}

#[test]
fn what_is_bad_after_an_hour_without_a_line_is_told_and_is_no_storm() {
    let names: Vec<String> = (1..=20).map(|n| format!("q{n:02}")).collect();
    let file =
        config::thresholds(&[BUSY]).replace(r#"["tier-1", "tier-2"]"#, &format!("{names:?}"));
    let mut world = World::start(&file);
    world.pass(minutes(2));
    cut(&mut world, Some(Way::Cut));
    world.pass(minutes(60));
    for name in &names {
        world.queue(name).waiting(9);
    }
    cut(&mut world, None);
    world.pass(minutes(6));
    assert_eq!(world.metric("andon_storm"), 0);
    let mut told = world.slack().take();
    told.retain(|line| !line.ends_with("repeat"));
    assert_eq!(told.drain(..2).collect::<Vec<_>>(), ["link down medium", "link down recovered"]);
    let wanted: Vec<_> = names.iter().map(|q| format!("{q} calls_waiting medium")).collect();
    assert_eq!(told, wanted);
}

#[test]
fn a_platform_that_is_down_when_the_line_is_back_is_told_then() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(2));
    cut(&mut world, Some(Way::Cut));
    world.pass(minutes(20));
    cut(&mut world, None);
    world.cxone().suffers(Fault::Unavailable, minutes(60));
    world.pass(minutes(6));
    world.slack().heard(["link down medium", "link down recovered", "cxone data_age medium"]);
    assert_eq!(why_blind(&mut world), "the platform says that it cannot answer");
    verdict(&mut world, "cxone", "platform_down", "platform");
}

#[test]
fn a_restart_without_a_line_says_nothing_new() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(2));
    cut(&mut world, Some(Way::Cut));
    world.pass(minutes(20));
    world.kill();
    world.pass(minutes(20));
    cut(&mut world, None);
    world.pass(minutes(6));
    world.slack().heard(["link down medium", "link down recovered"]);
    world.nobody_heard();
}

#[test]
fn one_tenant_of_two_that_does_not_answer_is_not_our_line() {
    let mut world = World::start(&two_tenants());
    world.pass(minutes(2));
    world.cxone().way(Some(Way::Cut));
    world.pass(minutes(5));
    world.slack().heard(["cxone data_age medium"]);
    assert_eq!(world.metric("andon_link_down"), 0);
    verdict(&mut world, "cxone", "unreachable", "way");
    verdict(&mut world, "other", "well", "nobody");
}

#[test]
fn one_tenant_of_two_that_is_down_says_so_itself() {
    let mut world = World::start(&two_tenants());
    world.pass(minutes(2));
    world.at(OTHER).suffers(Fault::Unavailable, minutes(60));
    world.pass(minutes(5));
    world.slack().heard(["other data_age medium"]);
    verdict(&mut world, "cxone", "well", "nobody");
    verdict(&mut world, "other", "platform_down", "platform");
}

#[test]
fn a_name_without_an_address_is_told_as_such() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(2));
    world.cxone().way(Some(Way::Nameless));
    world.pass(minutes(5));
    world.slack().heard(["cxone data_age medium"]);
    assert_eq!(why_blind(&mut world), "the platform's name has no address (DNS)");
    verdict(&mut world, "cxone", "dns", "way");
    assert_eq!(world.metric("andon_link_down"), 0);
}

#[test]
fn names_that_have_no_addresses_are_a_dead_line() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(2));
    cut(&mut world, Some(Way::Nameless));
    world.pass(minutes(5));
    let detail = world.explain("link:down").alert.unwrap().detail.unwrap();
    assert!(detail.starts_with("no name has an address"), "{detail}");
    cut(&mut world, None);
    world.pass(minutes(6));
    world.slack().heard(["link down medium", "link down recovered"]);
}

#[test]
fn credentials_that_are_refused_are_told_as_such() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(2));
    world.cxone().suffers(Fault::Unauthorized, minutes(60));
    world.pass(minutes(5));
    verdict(&mut world, "cxone", "refused", "ours");
    assert_eq!(why_blind(&mut world), "the platform refuses our credentials");
    world.slack().heard(["cxone data_age medium"]);
}

#[test]
fn a_certificate_that_only_our_clock_refuses_is_told_as_such() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pass(minutes(2));
    world.cxone().way(Some(Way::Undated));
    world.pass(minutes(5));
    verdict(&mut world, "cxone", "clock", "ours");
}
