//! Webhooks that fall silent: noticed by their rhythm, polled for, said, and over when they return.

use andon::model::time::Span;

use crate::config::{AT_ONCE, CROWD, SITE};
use crate::network::Server;
use crate::site::BEGIN;
use crate::world::{World, minutes, seconds};

pub(super) const HOST: &str = "https://genesys.test";

/// One tenant of guide 1's Genesys Cloud, whose reports are polled every five minutes.
pub(super) fn file() -> String {
    let (_, rest) = SITE.split_once("[[target]]").unwrap();
    format!(
        "[[source]]\nname = \"genesys\"\ndefinition = \"genesys-cloud-guide\"\n\
         base_url = \"{HOST}\"\nclient_id = \"hub\"\n\
         client_secret = {{ credential = \"cxone\" }}\n\
         webhook_secret = {{ credential = \"webhook\" }}\n[[target]]{rest}\n\
         [[rules]]\nthresholds = [{{ {CROWD}{AT_ONCE} }}]\n"
    )
}

/// Guide 1's normalized payload at this moment.
fn waiting(world: &World, value: u16) -> String {
    let timestamp = (BEGIN + world.site.elapsed).rfc3339();
    format!(
        r#"{{"metric_type": "routing.queue.calls_waiting", "entity_id": "tier-2",
            "entity_name": "tier-2", "current_value": {value}, "severity": "low",
            "timestamp": "{timestamp}"}}"#
    )
}

/// Calls come and go, and so does a webhook of each change, if any do.
fn business(world: &mut World, lasts: Span, pushed: bool) {
    let end = world.site.elapsed + lasts;
    while world.site.elapsed < end {
        let value = u16::try_from(world.site.elapsed.whole_secs() / 30 % 7).unwrap();
        world.queue_at(HOST, "tier-2").waiting(value);
        if pushed {
            push(world, value);
        }
        world.pass(seconds(30).min(end - world.site.elapsed));
    }
}

fn push(world: &mut World, value: u16) {
    let body = waiting(world, value);
    let id = format!("{}", world.site.elapsed.0);
    assert_eq!(world.push("genesys", &id, &body), 200);
}

/// How often reports were asked for, since the story began.
fn polls(world: &World) -> usize {
    let Server::Guide(guide) = world.site.network.server(HOST) else { panic!("it is no guide") };
    guide.asked.len()
}

fn silent(world: &mut World) -> i64 {
    world.metric("andon_webhooks_silent{source=\"genesys\"}")
}

fn interval(world: &mut World) -> i64 {
    world.metric("andon_source_interval_seconds{source=\"genesys\"}")
}

/// A source whose rhythm is known.
fn settled() -> World {
    let mut world = World::start(&file());
    business(&mut world, minutes(40), true);
    assert_eq!((silent(&mut world), interval(&mut world)), (0, 300));
    world
}

/// Whether the alert about the silence is open.
fn alert(world: &mut World) -> bool {
    let page = String::from_utf8(world.ask("/api/v1/alerts").body).unwrap();
    let alerts: serde_json::Value = serde_json::from_str(&page).unwrap();
    alerts["alerts"].as_array().unwrap().iter().any(|alert| {
        alert["metric_type"] == "hub.source.webhook_silence" && alert["phase"] == "detected"
    })
}

#[test]
fn webhooks_that_fall_silent_are_polled_for_until_they_come_again() {
    let mut world = settled();
    assert!(!alert(&mut world));
    business(&mut world, minutes(4), false);
    assert_eq!(silent(&mut world), 0, "a pause is no silence");
    business(&mut world, minutes(7), false);
    assert_eq!((silent(&mut world), interval(&mut world)), (1, 60));
    assert!(alert(&mut world));
    assert!(world.said("is the longest usual gap, and polls show that things happen"));
    let before = polls(&world);
    business(&mut world, minutes(20), false);
    assert!((19..=21).contains(&(polls(&world) - before)), "{}", polls(&world) - before);
    business(&mut world, minutes(1), true);
    assert_eq!((silent(&mut world), interval(&mut world)), (0, 300));
    assert!(!alert(&mut world));
    assert!(world.said("webhooks come again after"));
    let before = polls(&world);
    business(&mut world, minutes(30), true);
    assert!((5..=7).contains(&(polls(&world) - before)), "{}", polls(&world) - before);
    world.pagerduty().heard([]);
}

#[test]
fn a_night_without_traffic_is_no_silence() {
    let mut world = settled();
    world.queue_at(HOST, "tier-2").waiting(0);
    push(&mut world, 0);
    world.pass(minutes(8 * 60));
    assert_eq!((silent(&mut world), interval(&mut world)), (0, 300));
    assert!(!alert(&mut world));
    business(&mut world, minutes(20), true);
    assert_eq!(silent(&mut world), 0);
    world.pagerduty().heard([]);
}

#[test]
fn a_silence_that_begins_with_a_restart_is_noticed_and_one_before_it_is_not_forgotten() {
    let mut world = settled();
    world.reboot(seconds(40));
    // The first answer after a start tells nothing of what has changed.
    business(&mut world, minutes(16), false);
    assert_eq!((silent(&mut world), interval(&mut world)), (1, 60));
    assert!(alert(&mut world));
    world.kill();
    world.pass(seconds(20));
    assert!(alert(&mut world), "nothing has come yet");
    business(&mut world, minutes(1), true);
    assert!(!alert(&mut world));
    assert_eq!(silent(&mut world), 0);
}

#[test]
fn what_is_polled_in_a_silence_and_pushed_after_it_is_one_alert() {
    let mut world = settled();
    business(&mut world, minutes(12), false);
    assert_eq!(silent(&mut world), 1);
    world.queue_at(HOST, "tier-2").waiting(22);
    world.pass(seconds(150));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    push(&mut world, 22);
    world.pass(minutes(2));
    world.pagerduty().heard([]);
    assert_eq!(silent(&mut world), 0);
    // Its end is pushed, long before the next report.
    world.queue_at(HOST, "tier-2").waiting(0);
    push(&mut world, 0);
    world.pass(seconds(15));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
}

#[test]
fn forged_webhooks_break_no_silence() {
    let mut world = settled();
    business(&mut world, minutes(12), false);
    let body = waiting(&world, 1);
    assert_eq!(world.push_with("genesys", "forged", &body, "sha256=00"), 401);
    assert_eq!(silent(&mut world), 1);
}
