//! What PagerDuty says otherwise than the hub: by what is read back every five minutes, and by
//! webhook.

use andon::demo::faults::Fault;
use andon::demo::pagerduty::State;

use crate::config::{self, CROWD, EACH_COOLDOWN};
use crate::receivers::pagerduty::webhook;
use crate::world::{World, minutes, seconds};

const TRIGGER: &str = "trigger tier-2 calls_waiting critical";
const AGAIN: &str = "trigger tier-2 calls_waiting critical, reopened";
const RESOLVE: &str = "resolve tier-2 calls_waiting recovered";
const ROUND: andon::model::time::Span = seconds(301);

fn file() -> String {
    let rule = format!("{CROWD}, escalation_threshold_seconds = 36000");
    let key = "routing_key = { credential = \"pagerduty\" }";
    let more = "api_url = \"https://pagerduty.test\"\n\
                api_token = { credential = \"pagerduty-api\" }\n\
                webhook_secret = { credential = \"pagerduty-webhook\" }";
    let text = config::thresholds(&[&rule]).replace(EACH_COOLDOWN, ", repeat_seconds = [36000]");
    text.replace(key, &format!("{key}\n{more}"))
}

fn begun() -> World {
    let mut world = World::start(&file());
    world.site.oracle.is_set_right = true;
    world.queue("tier-2").waiting(22);
    world.pass(seconds(30));
    world.pagerduty().heard([TRIGGER]);
    world
}

fn key(world: &mut World) -> String {
    world.explain("tier-2:calls_waiting").alert.unwrap().alert_key
}

/// Somebody there does something with it.
fn becomes(world: &mut World, state: State) {
    let key = key(world);
    world.pagerduty_desk().events.becomes(&key, state);
}

fn in_hand_by(world: &mut World) -> Option<String> {
    world.explain("tier-2:calls_waiting").alert.unwrap().in_hand_by
}

fn corrected(world: &mut World, what: &str) -> i64 {
    let name = format!("andon_corrections_total{{target=\"pagerduty\",what=\"{what}\"}}");
    world.metric(&name)
}

/// A webhook about it, and the status that it gets.
fn calls(world: &mut World, id: &str, what: &str, by: Option<&str>) -> u16 {
    let key = key(world);
    let (body, signature) = webhook(what, &key, by);
    let headers = [("x-pagerduty-signature", &*signature), ("x-webhook-id", id)];
    world.deliver("/ingest/pagerduty", &headers, &body, None).map_or(0, |reply| reply.status)
}

#[test]
fn who_acknowledges_there_has_it_in_hand_here() {
    let mut world = begun();
    becomes(&mut world, State::Acknowledged);
    world.pass(minutes(4));
    assert_eq!(in_hand_by(&mut world), None, "the first round comes after five minutes");
    world.pass(minutes(1));
    assert_eq!(in_hand_by(&mut world).as_deref(), Some("Ben (pagerduty)"));
    world.nobody_heard();
    assert_eq!(corrected(&mut world, "in_hand"), 1);
    // Who lets go of it here is not heard there, and is not asked again.
    let path = "/api/v1/alerts/tier-2:calls_waiting/unacknowledge";
    assert_eq!(world.order(path, r#"{"by": "Ann"}"#).status, 200);
    world.pass(ROUND + ROUND);
    assert_eq!(in_hand_by(&mut world), None);
}

#[test]
fn what_is_resolved_there_and_is_not_over_is_opened_again_once() {
    let mut world = begun();
    becomes(&mut world, State::Resolved);
    world.pass(ROUND);
    world.pagerduty().heard([AGAIN]);
    assert_eq!(corrected(&mut world, "opened_again"), 1);
    becomes(&mut world, State::Resolved);
    world.kill();
    world.pass(ROUND + ROUND);
    world.nobody_heard();
    assert!(world.said("it is left so"), "after a restart, too");
    let story = world.explain("tier-2:calls_waiting");
    let told = |step: &andon::api::StepView| step.what.contains("it is opened there again, once");
    assert!(story.steps.iter().any(told));
    // Another episode is another matter.
    world.queue("tier-2").waiting(0);
    world.pass(minutes(2));
    world.pagerduty().heard([RESOLVE]);
    world.pass(minutes(40));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    world.pagerduty().heard([TRIGGER]);
    world.pass(minutes(3));
    becomes(&mut world, State::Resolved);
    world.pass(ROUND + ROUND);
    world.pagerduty().heard([AGAIN]);
}

#[test]
fn what_it_forgot_is_told_again_once() {
    let mut world = begun();
    let key = key(&mut world);
    for heard in [&[AGAIN][..], &[]] {
        world.pagerduty_desk().events.forget(&key);
        world.pass(ROUND + ROUND);
        assert_eq!(world.pagerduty().take(), heard);
    }
    assert_eq!((corrected(&mut world, "told_again"), corrected(&mut world, "left")), (1, 1));
}

#[test]
fn what_is_open_there_and_is_over_is_ended_there_again() {
    let mut world = begun();
    world.pass(minutes(4));
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard([RESOLVE]);
    becomes(&mut world, State::Triggered);
    world.pass(ROUND + ROUND);
    world.pagerduty().heard([RESOLVE]);
    assert_eq!(corrected(&mut world, "ended_again"), 1);
}

#[test]
fn a_reading_that_fails_changes_nothing_and_the_next_one_does() {
    let mut world = begun();
    becomes(&mut world, State::Resolved);
    world.pagerduty().suffers(Fault::Unavailable, minutes(6));
    world.pass(minutes(6));
    world.nobody_heard();
    assert_eq!(world.metric("andon_readbacks_failed_total{target=\"pagerduty\"}"), 1);
    world.pass(minutes(5));
    world.pagerduty().heard([AGAIN]);
}

#[test]
fn what_agrees_is_left_alone() {
    let mut world = begun();
    world.pass(minutes(9 * 60));
    world.pagerduty().heard([]);
    let metrics = String::from_utf8(world.ask("/metrics").body).unwrap();
    assert!(!metrics.contains("andon_corrections_total"), "there is nothing to count");
}

#[test]
fn what_is_said_by_webhook_counts_at_once() {
    let mut world = begun();
    assert_eq!(calls(&mut world, "1", "acknowledged", Some("Cleo")), 200);
    world.pass(seconds(1));
    assert_eq!(in_hand_by(&mut world).as_deref(), Some("Cleo (pagerduty)"));
    calls(&mut world, "2", "unacknowledged", None);
    world.pass(seconds(1));
    assert_eq!(in_hand_by(&mut world), None);
    becomes(&mut world, State::Resolved);
    calls(&mut world, "3", "resolved", Some("Cleo"));
    world.pass(seconds(5));
    world.pagerduty().heard([AGAIN]);
    becomes(&mut world, State::Resolved);
    calls(&mut world, "4", "resolved", Some("Cleo"));
    world.pass(seconds(5));
    world.nobody_heard();
    assert!(world.said("it is left so"));
}
