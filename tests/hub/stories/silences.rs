//! Silences: somebody wants to hear nothing of some alerts for a while, and answers for it.

use serde_json::Value;

use crate::config::{self, BUSY};
use crate::world::{World, minutes, seconds};

const PATH: &str = "/api/v1/silences";

/// Noa silences the second queue for so long; the number of the silence.
fn silence(world: &mut World, seconds: u32) -> u64 {
    let body = format!(
        r#"{{"match": {{"entity": "tier-2", "priority": "P2"}}, "owner": "Noa",
             "comment": "the switch", "seconds": {seconds}}}"#
    );
    let reply = world.order(PATH, &body);
    assert_eq!(reply.status, 200, "{}", reply.excerpt());
    let made: Value = serde_json::from_slice(&reply.body).unwrap();
    made["id"].as_u64().unwrap()
}

fn bad() -> World {
    let mut world = World::start(&config::thresholds(&[BUSY]));
    world.queue("tier-2").waiting(9);
    world.pass(seconds(30));
    world.slack().heard(["tier-2 calls_waiting medium"]);
    world
}

#[test]
fn a_silence_holds_reminds_and_ends_with_what_is_still_bad() {
    let mut world = bad();
    let id = silence(&mut world, 7_200);
    world.pass(seconds(5));
    let begins = world.slack().take();
    assert!(begins[0].starts_with(&format!("Silence {id} by Noa begins, until 2024-05-15 16:00")));
    let alert = world.explain("tier-2:calls_waiting").alert.unwrap();
    let by = format!("silence {id} of Noa");
    assert_eq!((alert.phase.as_str(), alert.muted_by.as_deref()), ("suppressed", Some(&*by)));
    let listed: Value = serde_json::from_slice(&world.ask(PATH).body).unwrap();
    assert_eq!(listed["silences"][0]["comment"], "the switch");
    world.pass(minutes(30));
    world.reboot(minutes(10));
    world.pass(minutes(65));
    world.nobody_heard();
    world.pass(minutes(5));
    let reminded = world.slack().take();
    assert!(
        reminded[0].starts_with(&format!("Silence {id} by Noa ends in 12 min")),
        "{reminded:?}"
    );
    world.pass(minutes(12));
    world.slack().heard([format!("Silence {id} by Noa is over: 1 alert is still bad").as_str()]);
    let told = world.pagerduty().take();
    assert!(told.contains(&"trigger tier-2 calls_waiting high, escalation".to_owned()), "{told:?}");
    assert_eq!(world.metric("andon_silences"), 0);
}

#[test]
fn a_silence_that_is_ended_is_over_at_once() {
    let mut world = bad();
    let id = silence(&mut world, 7_200);
    world.pass(minutes(5));
    world.slack().take();
    let reply = world.delete(&format!("{PATH}/{id}"));
    assert_eq!(reply.status, 200);
    world.pass(seconds(5));
    world.slack().heard([format!("Silence {id} by Noa is over: 1 alert is still bad").as_str()]);
    assert!(world.said(&format!("silence {id} by Noa is ended by an operator")));
    assert_eq!(world.delete(&format!("{PATH}/{id}")).status, 404);
}

#[test]
fn an_order_that_cannot_be_is_answered_with_what_is_wrong() {
    let mut world = bad();
    let reply = world.order(PATH, r#"{"match": {"source": "cxon"}, "owner": "Noa"}"#);
    assert_eq!(reply.status, 400);
    let said = String::from_utf8(reply.body).unwrap();
    for part in ["no source is called \"cxon\"", "Did you mean cxone?", "comment is missing"] {
        assert!(said.contains(part), "{said}");
    }
    world.nobody_heard();
}
