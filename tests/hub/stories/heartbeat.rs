//! Heartbeats, both ways: others show the hub that they live, and it shows that it does.

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

const BEATS: &str = r#"
[[source]]
name = "beats"
definition = "heartbeat"
webhook_secret = { credential = "webhook" }

[[heartbeat]]
source = "beats"
entity_id = "nightly-backup"
every_seconds = 3600
grace_seconds = 600
priority = "P2"
"#;

fn watching() -> World {
    let text = config::thresholds(&[CROWD]);
    let text = text.replacen("[[rules]]\n", "[[rules]]\nsource = \"cxone\"\n", 1);
    World::start(&format!("{text}{BEATS}"))
}

fn beats(world: &mut World, name: &str) -> u16 {
    let secret = format!("Bearer {}", crate::network::SIGNING_SECRET);
    let body = format!("{{\"name\": \"{name}\"}}");
    let reply = world.deliver("/ingest/beats", &[("authorization", &secret)], &body, None);
    reply.map_or(0, |reply| reply.status)
}

#[test]
fn what_falls_silent_is_an_alert_until_it_shows_that_it_lives() {
    let mut world = watching();
    world.pass(minutes(5));
    // The same words each time, and each time news.
    for _ in 0..5 {
        assert_eq!(beats(&mut world, "nightly-backup"), 200);
        world.pass(minutes(60));
    }
    world.nobody_heard();
    assert_eq!(beats(&mut world, "somebody-else"), 200);
    world.pass(minutes(9));
    world.nobody_heard();
    world.pass(minutes(2));
    world.slack().heard(["nightly-backup age medium"]);
    assert_eq!(beats(&mut world, "nightly-backup"), 200);
    world.pass(seconds(1));
    world.slack().heard(["nightly-backup age recovered"]);
}

#[test]
fn a_hub_that_is_restarted_often_still_notices_a_silence() {
    let mut world = watching();
    world.pass(minutes(5));
    assert_eq!(beats(&mut world, "nightly-backup"), 200);
    for _ in 0..3 {
        world.pass(minutes(20));
        world.reboot(minutes(1));
    }
    world.pass(minutes(6));
    world.nobody_heard();
    world.pass(minutes(3));
    world.slack().heard(["nightly-backup age medium"]);
    world.kill();
    world.pass(minutes(2));
    world.nobody_heard();
}
