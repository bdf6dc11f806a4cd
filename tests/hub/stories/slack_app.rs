//! An incident's life in one message of a Slack channel.

use crate::config::{self, BUSY, EACH_COOLDOWN};
use crate::network::{SLACK_APP, Way};
use crate::slack::button;
use crate::world::{World, minutes, seconds};

const KEY: &str = "tier-2:calls_waiting";

/// Everything goes to the app in `#noc`.
pub(crate) fn file(more: &str) -> String {
    let app = format!(
        "kind = \"slack\"\napi_url = \"{SLACK_APP}/api\"\ntoken = {{ credential = \"slack-token\" \
         }}\nchannel = \"#noc\"\nsigning_secret = {{ credential = \"slack-signing\" }}\n{more}"
    );
    let file = config::thresholds(&[BUSY]).replace(EACH_COOLDOWN, "");
    file.replace("kind = \"slack\"\nurl = { credential = \"slack\" }", &app)
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
    world.pass(minutes(15));
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
    world.slack_app().heard(["post tier-2 calls_waiting medium"]);
}
