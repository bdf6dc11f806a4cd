//! A target that takes nothing has another who is told in its stead, once, and hears of the end.

use andon::demo::faults::Fault;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

fn with_fallback() -> String {
    let pager = "routing_key = { credential = \"pagerduty\" }\n";
    let more = format!("{pager}fallback = \"webhook\"\nfallback_after_seconds = 120\n");
    config::thresholds(&[CROWD]).replace(pager, &more)
}

fn about_tier_2(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| line.contains("tier-2")).collect()
}

#[test]
fn a_page_that_nobody_takes_goes_to_the_fallback_and_so_does_its_end() {
    let mut world = World::start(&with_fallback());
    world.pagerduty().suffers(Fault::Unavailable, minutes(4));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(100));
    world.webhook().heard([]);
    world.pass(seconds(50));
    let told = about_tier_2(world.webhook().take());
    assert_eq!(told.len(), 1, "{told:?}");
    let steps = world.explain("tier-2:calls_waiting").steps;
    let is_said = |text: &str| steps.iter().any(|step| step.what.contains(text));
    assert!(is_said("pagerduty has not taken the notice, webhook is told via fallback"));
    assert!(is_said("webhook took the notice via fallback, instead of pagerduty"));
    assert_eq!(world.metric("andon_notices_fallen_back_total"), 1);
    world.kill();
    world.pass(minutes(4));
    // The page itself stays until it is taken.
    world.pagerduty().heard([
        "trigger tier-2 calls_waiting critical",
        "trigger tier-2 calls_waiting critical, repeat",
    ]);
    assert!(about_tier_2(world.webhook().take()).is_empty(), "once");
    world.queue("tier-2").waiting(0);
    world.pass(seconds(30));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    assert_eq!(about_tier_2(world.webhook().take()).len(), 1, "who heard of it hears of the end");
}

#[test]
fn a_page_that_is_refused_goes_to_the_fallback_at_once_and_can_be_sent_again() {
    let mut world = World::start(&with_fallback());
    world.pagerduty().suffers(Fault::Refuse, minutes(1));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(20));
    assert_eq!(about_tier_2(world.webhook().take()).len(), 1);
    assert_eq!(world.metric("andon_dead_letters"), 1);
    world.pass(minutes(1));
    let reply = world.order("/api/v1/dead-letters/retry", r#"{"target": "pagerduty"}"#);
    assert_eq!(reply.status, 200, "{}", reply.excerpt());
    world.pass(seconds(5));
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert_eq!(world.metric("andon_dead_letters"), 0);
}

#[test]
fn a_dead_letter_about_what_is_over_is_sent_only_by_force() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().suffers(Fault::Refuse, minutes(1));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(2));
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    let path = "/api/v1/dead-letters/retry";
    let reply = world.order(path, r#"{"all": true}"#);
    assert!(String::from_utf8(reply.body).unwrap().contains("--force"));
    assert_eq!(world.metric("andon_dead_letters"), 1);
    world.order("/api/v1/dead-letters/drop", r#"{"all": true}"#);
    assert_eq!(world.metric("andon_dead_letters"), 0);
    world.reboot(minutes(1));
    world.pass(minutes(1));
    assert_eq!(world.metric("andon_dead_letters"), 0);
}

#[test]
fn a_target_that_takes_nothing_rests_and_says_so() {
    let mut world = World::start(&config::thresholds(&[CROWD]));
    world.pagerduty().suffers(Fault::Unavailable, minutes(30));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(10));
    assert_eq!(world.metric("andon_target_breaker_open{target=\"pagerduty\"}"), 1);
    assert!(world.metric("andon_target_failures{target=\"pagerduty\"}") >= 5);
    assert!(world.said("pagerduty has taken nothing in 5 tries: it rests"));
    world.pass(minutes(26));
    assert_eq!(world.metric("andon_target_breaker_open{target=\"pagerduty\"}"), 0);
    assert!(world.said("pagerduty answers again, after"));
}
