//! An incident's life in one message of a Slack channel.

use crate::config::{self, BUSY};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::network::{SLACK_APP, SLACK_SIGNING, Way};
use crate::slack::button;
use crate::world::{World, minutes, seconds};

const KEY: &str = "tier-2:calls_waiting";

/// Everything goes to the app in `#noc`.
pub(crate) fn file(more: &str) -> String {
    let app = format!(
        "kind = \"slack\"\napi_url = \"{SLACK_APP}/api\"\ntoken = {{ credential = \"slack-token\" \
         }}\nchannel = \"#noc\"\nsigning_secret = {{ credential = \"slack-signing\" }}\n{more}"
    );
    config::thresholds(&[BUSY]).replace("kind = \"slack\"\nurl = { credential = \"slack\" }", &app)
}

fn begun() -> World {
    let mut world = World::start(&file(""));
    world.queue("tier-2").waiting(9);
    world.pass(seconds(15));
    world.slack_app().heard(["post tier-2 calls_waiting medium"]);
    world
}

#[test]
fn an_incident_is_one_message_from_its_beginning_to_its_end() {
    let mut world = begun();
    let body = r#"{"by": "Ann", "seconds": 600}"#;
    assert_eq!(world.order(&format!("/api/v1/alerts/{KEY}/acknowledge"), body).status, 200);
    world.pass(seconds(5));
    world.slack_app().heard(["update tier-2 calls_waiting medium, acknowledged"]);
    let shown = world.slack_workspace().channel().next().unwrap().clone();
    assert_eq!(button(&shown), None, "it is in hand");
    assert!(shown.blocks.to_string().contains("In hand by Ann (operator) since "), "{shown:?}");
    world.pass(minutes(11));
    world.slack_app().heard([
        "update tier-2 calls_waiting medium, lapsed",
        "reply tier-2 calls_waiting medium, lapsed",
    ]);
    let shown = world.slack_workspace().channel().next().unwrap().clone();
    assert_eq!(button(&shown).unwrap()["action_id"], "acknowledge");
    world.kill();
    world.pass(minutes(5));
    world.slack_app().heard(["update tier-2 calls_waiting medium, repeat"]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(20));
    world
        .slack_app()
        .heard(["update tier-2 calls_waiting recovered", "reply tier-2 calls_waiting recovered"]);
    let workspace = world.slack_workspace();
    assert_eq!(workspace.channel().count(), 1);
    assert_eq!(button(workspace.channel().next().unwrap()), None);
    // Another episode is another message.
    world.pass(minutes(40));
    world.queue("tier-2").waiting(9);
    world.pass(seconds(15));
    world.slack_app().heard(["post tier-2 calls_waiting medium"]);
    assert_eq!(world.slack_workspace().channel().count(), 2);
}

#[test]
fn a_message_that_somebody_deleted_is_posted_anew() {
    let mut world = begun();
    world.slack_workspace().forget();
    world.queue("tier-2").waiting(0);
    world.pass(seconds(20));
    world.slack_app().heard(["post tier-2 calls_waiting recovered"]);
    assert_eq!(world.slack_workspace().channel().count(), 1);
}

#[test]
fn an_answer_that_was_lost_may_show_a_post_twice_and_never_a_change() {
    let mut world = begun();
    world.slack_app().way(Some(Way::AnswersLost));
    world.queue("tier-2").waiting(0);
    world.pass(seconds(25));
    world.slack_app().way(None);
    world.pass(minutes(2));
    world
        .slack_app()
        .heard(["update tier-2 calls_waiting recovered", "reply tier-2 calls_waiting recovered"]);
    assert_eq!(world.slack_workspace().channel().count(), 1);
}

#[test]
fn an_app_that_was_not_invited_says_what_to_do_and_loses_nothing() {
    let mut world = World::start(&file(""));
    world.slack_workspace().says.push_back("not_in_channel");
    world.queue("tier-2").waiting(9);
    world.pass(seconds(15));
    world.slack_app().heard([]);
    assert!(world.said("invite the app into the channel"));
    world.pass(minutes(6));
    world
        .slack_app()
        .heard(["post tier-2 calls_waiting medium", "update tier-2 calls_waiting medium, repeat"]);
}

/// Somebody presses a message's button; the answer.
fn press(world: &mut World, value: &str, secret: &str) -> (u16, usize) {
    let pressed = world.site.elapsed.0;
    let json = format!(
        r#"{{"type":"block_actions","user":{{"id":"U1","username":"ann"}},"trigger_id":"{pressed}",
        "actions":[{{"action_id":"acknowledge","type":"button","value":"{value}"}}]}}"#
    );
    let body = format!("payload={}", json.replace('"', "%22").replace(' ', "+"));
    let time = (world.site.utc().0 / 1_000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{time}:{body}").as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = format!("v0={hex}");
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", &*time),
        ("x-slack-signature", &*signature),
    ];
    let reply = world.deliver("/ingest/slack", &headers, &body, None).unwrap();
    (reply.status, reply.body.len())
}

#[test]
fn who_presses_the_button_has_it_in_hand_and_the_channel_sees_who() {
    let mut world = begun();
    let value_of = |world: &mut World| {
        let shown = world.slack_workspace().channel().last().unwrap().clone();
        button(&shown).unwrap()["value"].as_str().unwrap().to_owned()
    };
    let value = value_of(&mut world);
    assert_eq!(press(&mut world, &value, "somebody else's").0, 401);
    assert_eq!(world.explain(KEY).alert.unwrap().phase, "detected");
    assert_eq!(press(&mut world, &value, SLACK_SIGNING), (200, 0));
    assert_eq!(world.explain(KEY).alert.unwrap().phase, "acknowledged");
    world.pass(seconds(5));
    world.slack_app().heard(["update tier-2 calls_waiting medium, acknowledged"]);
    let shown = world.slack_workspace().channel().next().unwrap().clone();
    assert!(shown.blocks.to_string().contains("In hand by ann (slack) since "), "{shown:?}");
    world.queue("tier-2").waiting(0);
    world.pass(minutes(40));
    world.queue("tier-2").waiting(9);
    world.pass(seconds(15));
    world.slack_app().take();
    // Somebody scrolls back to the message of the episode before.
    assert_eq!(press(&mut world, &value, SLACK_SIGNING), (200, 0));
    assert_eq!(press(&mut world, "1 no:such:alert", SLACK_SIGNING), (200, 0));
    assert_eq!(world.explain(KEY).alert.unwrap().phase, "detected");
    let value = value_of(&mut world);
    assert_eq!(press(&mut world, &value, SLACK_SIGNING), (200, 0));
    assert_eq!(world.explain(KEY).alert.unwrap().phase, "acknowledged");
}
