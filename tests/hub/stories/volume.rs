//! Shares of next to nothing: an abandon rate at night, when one caller hangs up and none is left.

use crate::config::{AT_ONCE, SITE};
use crate::site::BEGIN;
use crate::stories::fallback::HOST;
use crate::world::{World, minutes, seconds};

/// The rate comes by webhooks, and who is on a call by the reports of every five minutes.
fn file() -> String {
    let (_, rest) = SITE.split_once("[[target]]").unwrap();
    format!(
        "[[source]]\nname = \"genesys\"\ndefinition = \"genesys-cloud-guide\"\n\
         base_url = \"{HOST}\"\nclient_id = \"hub\"\n\
         client_secret = {{ credential = \"cxone\" }}\n\
         webhook_secret = {{ credential = \"webhook\" }}\n[[target]]{rest}\n\
         [[rules]]\nthresholds = [{{ metric = \"abandon_rate\", operator = \">=\", \
         static_value = 0.2, priority = \"P1\", cooldown_seconds = 86400, \
         escalation_threshold_seconds = 604800, \
         minimum_volume = {{ metric = \"agents_busy\", value = 5 }}{AT_ONCE} }}]\n"
    )
}

/// Of the callers of the last while so many per cent hung up, each minute anew.
fn abandon_rate(world: &mut World, percent: u32, during: i64) {
    for _ in 0..during {
        let timestamp = (BEGIN + world.site.elapsed).rfc3339();
        let body = format!(
            r#"{{"event": "routing.queue.event", "timestamp": "{timestamp}",
                "entity": {{"id": "tier-2", "name": "tier-2"}},
                "metrics": [{{"metric": "routing.queue.abandon_rate", "value": 0.{percent:02}}}]}}"#
        );
        let id = format!("{}", world.site.elapsed.0);
        assert_eq!(world.push("genesys", &id, &body), 200);
        world.pass(minutes(1));
    }
}

/// The day ends in trouble, of which the last callers are told.
fn evening() -> World {
    let mut world = World::start(&file());
    world.queue_at(HOST, "tier-2").busy(20);
    world.pass(minutes(6));
    abandon_rate(&mut world, 40, 3);
    world.pagerduty().heard(["trigger tier-2 abandon_rate critical"]);
    world.queue_at(HOST, "tier-2").busy(0);
    world.pass(minutes(6));
    world
}

#[test]
fn at_night_one_caller_who_hangs_up_wakes_nobody() {
    let mut world = World::start(&file());
    world.pass(minutes(6));
    abandon_rate(&mut world, 99, 40);
    world.nobody_heard();
    let story = world.explain("tier-2:abandon_rate");
    assert_eq!(story.watches[0].why, "too little traffic to judge by: it needs agents_busy of 5");
    assert!(world.metric("andon_checks_of_low_volume_total") >= 40);
    world.queue_at(HOST, "tier-2").busy(20);
    world.pass(minutes(6));
    abandon_rate(&mut world, 99, 1);
    world.pagerduty().heard(["trigger tier-2 abandon_rate critical"]);
}

#[test]
fn too_little_traffic_clears_nothing_by_itself() {
    let mut world = evening();
    abandon_rate(&mut world, 1, 15);
    world.nobody_heard();
    world.queue_at(HOST, "tier-2").busy(20);
    world.pass(minutes(6));
    abandon_rate(&mut world, 40, 1);
    world.nobody_heard();
    abandon_rate(&mut world, 1, 1);
    world.pagerduty().heard(["resolve tier-2 abandon_rate recovered"]);
}

#[test]
fn after_half_an_hour_without_traffic_the_trouble_is_over() {
    let mut world = evening();
    abandon_rate(&mut world, 99, 22);
    world.nobody_heard();
    abandon_rate(&mut world, 99, 3);
    world.pass(seconds(10));
    world.pagerduty().heard(["resolve tier-2 abandon_rate recovered"]);
    let story = world.explain("tier-2:abandon_rate");
    let ends = story.steps.iter().find(|step| step.what.contains("breach ends")).unwrap();
    assert_eq!(ends.what, "P1 breach ends: too little traffic to judge by, for long");
    abandon_rate(&mut world, 99, 30);
    world.pagerduty().heard([]);
    world.slack().heard(["digest: tier-2 abandon_rate recovered"]);
}
