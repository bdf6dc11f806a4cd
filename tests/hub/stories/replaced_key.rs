//! PagerDuty's integration key is replaced while an incident is open: under the old key it is ended
//! first, then it is opened under the new one, once.

use andon::demo::faults::Fault;
use andon::demo::pagerduty::{Action, State};
use andon::model::http::Reply;
use andon::model::time::Span;

use crate::config::{self, CROWD};
use crate::network::ROUTING_KEY;
use crate::world::{World, minutes, seconds};

const NEW_KEY: &str = "fedcba9876543210fedcba9876543210";

const TRIGGER: &str = "trigger tier-2 calls_waiting critical";
const REPEAT: &str = "trigger tier-2 calls_waiting critical, repeat";

/// A file that tells of a breach again every five minutes, and of the key before in two of three
/// cases.
fn file(previous: &str) -> String {
    let rule = format!("{CROWD}, escalation_threshold_seconds = 36000");
    let key = "routing_key = { credential = \"pagerduty\" }";
    config::thresholds(&[&rule]).replace(key, &format!("{key}\n{previous}"))
}

const PREVIOUS: &str = "routing_key_previous = { credential = \"pagerduty-previous\" }";

/// An incident is open under the old key.
fn begun() -> World {
    let mut world = World::start(&file(""));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(30));
    world.pagerduty().heard([TRIGGER]);
    world
}

/// The operator puts the new key in the place of the old one, and drops the file that names it.
fn replaced(previous: &str) -> World {
    let mut world = begun();
    world.replace_secret("pagerduty-previous", ROUTING_KEY);
    world.replace_secret("pagerduty", NEW_KEY);
    world.reload(&file(previous));
    world.pass(minutes(4));
    world.pagerduty().heard([]);
    world
}

/// The events since the first one: what each wants, and under which key.
fn since(world: &mut World) -> Vec<(Action, bool)> {
    let events = world.pagerduty().itself();
    let of = |event: &andon::demo::pagerduty::Event| (event.action, *event.routing_key == *NEW_KEY);
    events.events().skip(1).map(|received| of(&received.event)).collect()
}

/// Where the incident of each key stands, the old one's first.
fn states(world: &mut World) -> Vec<(State, u32)> {
    let incidents = world.pagerduty().itself();
    incidents.incidents().map(|incident| (incident.state, incident.opened)).collect()
}

/// How often it was said on the alert's trail and in the log.
fn corrected(world: &mut World, what: &str, says: &str) -> (i64, bool) {
    let story = world.explain("tier-2:calls_waiting");
    let is_said = story.steps.iter().any(|step| step.what.contains(says)) && world.said(says);
    let name = format!("andon_corrections_total{{target=\"pagerduty\",what=\"{what}\"}}");
    (world.metric(&name), is_said)
}

fn moved(world: &mut World) -> (i64, bool) {
    corrected(world, "moved", "it is ended under that, and told anew")
}

fn stranded(world: &mut World) -> (i64, bool) {
    corrected(world, "stranded", "Resolve it there by hand")
}

const MOVED: [(Action, bool); 2] = [(Action::Resolve, false), (Action::Trigger, true)];

#[test]
fn an_open_incident_is_ended_under_the_old_key_and_opened_under_the_new_one_once() {
    let mut world = replaced(PREVIOUS);
    world.pass(minutes(1));
    assert_eq!(since(&mut world), MOVED);
    world.pagerduty().heard(["resolve", REPEAT]);
    assert_eq!(states(&mut world), [(State::Resolved, 1), (State::Triggered, 1)]);
    assert_eq!(moved(&mut world), (1, true));
    world.pass(minutes(10));
    world.pagerduty().heard([REPEAT, REPEAT]);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-2 calls_waiting recovered"]);
    assert!(since(&mut world)[1..].iter().all(|(_, is_new)| *is_new));
    assert_eq!(states(&mut world), [(State::Resolved, 1), (State::Resolved, 1)]);
    assert_eq!(moved(&mut world), (1, true));
}

#[test]
fn a_restart_between_the_two_ends_it_again_and_opens_it_once() {
    let mut world = replaced(PREVIOUS);
    // What ends it under the old key is taken, and what opens it under the new one is not.
    while since(&mut world).is_empty() {
        world.pass(Span::millis(20));
    }
    world.pagerduty().suffers(Fault::Unavailable, seconds(30));
    world.pass(seconds(10));
    assert_eq!(since(&mut world), [(Action::Resolve, false)]);
    world.kill();
    world.pass(minutes(2));
    let again = [&MOVED[..1], &MOVED[..]].concat();
    assert_eq!(since(&mut world), again);
    assert_eq!(states(&mut world), [(State::Resolved, 1), (State::Triggered, 1)]);
    world.kill();
    world.pass(minutes(2));
    assert_eq!(since(&mut world), again, "a restart by itself sends nothing");
    world.pass(minutes(5));
    assert_eq!(since(&mut world)[3..], [(Action::Trigger, true)], "it lies where it was moved to");
}

#[test]
fn what_ends_meanwhile_is_ended_under_the_old_key_alone() {
    let mut world = replaced(PREVIOUS);
    world.queue("tier-2").waiting(0);
    world.pass(minutes(2));
    assert_eq!(since(&mut world), [(Action::Resolve, false)]);
    assert_eq!(states(&mut world), [(State::Resolved, 1)]);
    // Another problem is told under the new key from its beginning.
    world.pass(minutes(40));
    world.queue("tier-2").waiting(22);
    world.pass(minutes(1));
    assert_eq!(since(&mut world), MOVED);
    assert_eq!(states(&mut world), [(State::Resolved, 1), (State::Triggered, 1)]);
}

#[test]
fn who_takes_it_in_hand_meanwhile_has_it_where_it_lies() {
    let mut world = replaced(PREVIOUS);
    let path = "/api/v1/alerts/tier-2:calls_waiting/acknowledge";
    assert_eq!(world.order(path, r#"{"by": "Ann", "seconds": 600}"#).status, 200);
    world.pass(seconds(10));
    assert_eq!(since(&mut world), [(Action::Acknowledge, false)]);
    assert_eq!(states(&mut world), [(State::Acknowledged, 1)]);
    // What lapses pages again, and under the new key.
    world.pass(minutes(15));
    assert_eq!(since(&mut world)[1..3], MOVED);
    assert_eq!(states(&mut world), [(State::Resolved, 1), (State::Triggered, 1)]);
}

#[test]
fn an_old_key_that_pagerduty_refuses_keeps_nobody_from_hearing() {
    let mut world = replaced(PREVIOUS);
    world.pagerduty_desk().withdrawn.insert(ROUTING_KEY.into());
    world.pass(minutes(1));
    assert_eq!(since(&mut world), [(Action::Trigger, true)]);
    assert_eq!(states(&mut world), [(State::Triggered, 1), (State::Triggered, 1)]);
    assert_eq!(world.metric("andon_dead_letters"), 0);
    assert_eq!(stranded(&mut world), (1, true));
    assert!(world.said("Invalid routing key"), "PagerDuty's own word");
    world.pass(minutes(5));
    world.pagerduty().heard([REPEAT, REPEAT]);
    assert_eq!(stranded(&mut world), (1, true), "once");
}

#[test]
fn an_end_under_an_old_key_that_is_refused_is_said_and_is_no_dead_letter() {
    let mut world = replaced(PREVIOUS);
    world.pagerduty_desk().withdrawn.insert(ROUTING_KEY.into());
    world.queue("tier-2").waiting(0);
    world.pass(minutes(2));
    assert_eq!(states(&mut world), [(State::Triggered, 1)]);
    assert_eq!(world.metric("andon_dead_letters"), 0);
    assert_eq!(stranded(&mut world), (1, true));
}

#[test]
fn a_key_that_is_replaced_without_a_word_strands_what_is_open() {
    let mut world = begun();
    world.replace_secret("pagerduty", NEW_KEY);
    // The file stays as it is; the secret is read again every five minutes.
    world.pass(minutes(11));
    assert!(world.said("the secret credential \"pagerduty\" has changed"));
    world.pagerduty().heard([REPEAT, REPEAT]);
    assert_eq!(since(&mut world).last(), Some(&(Action::Trigger, true)));
    assert_eq!(states(&mut world), [(State::Triggered, 1), (State::Triggered, 1)]);
    assert_eq!(stranded(&mut world), (1, true));
    let reply: Reply = world.ask("/metrics");
    let page = String::from_utf8(reply.body).unwrap();
    assert!(!page.contains(NEW_KEY) && !page.contains(ROUTING_KEY), "no secret is shown");
}
