//! A target that gives the hub a token for its client's credentials: the token ends in the middle
//! of an incident, is refused, or is not given.

use andon::demo::http::Reaction;
use andon::model::http::Reply;
use andon::model::time::UtcMs;

use crate::config::{self, CROWD, EACH_COOLDOWN};
use crate::oauth::{self, Endpoint};
use crate::servicenow::{SERVICENOW_CLIENT_SECRET, endpoint};
use crate::world::{World, minutes, seconds};

/// ServiceNow's incidents by a client, beside PagerDuty.
fn file() -> String {
    let rule = format!("{CROWD}, escalation_threshold_seconds = 36000");
    let targets = r#"
[[target]]
name = "snow"
kind = "servicenow"
url = "https://servicenow.test/api/now/v2/table/incident"
client_id = "andon-client"
client_secret = { credential = "servicenow-client" }
token_url = "https://servicenow.test/oauth_token.do"

[routes]
"#;
    let text = config::thresholds(&[&rule]).replace(EACH_COOLDOWN, ", repeat_seconds = [36000]");
    let text = text.replace("[routes]\n", targets);
    text.replace("P1 = { targets = [\"pagerduty\"]", "P1 = { targets = [\"snow\", \"pagerduty\"]")
}

/// A queue is in trouble; `prepare` has had its way with the endpoint.
fn begun(prepare: impl FnOnce(&mut Endpoint)) -> World {
    let mut world = World::start(&file());
    world.site.oracle.is_set_right = true;
    world.servicenow().oauth = Some(endpoint());
    prepare(endpoint_of(&mut world));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(30));
    world
}

fn endpoint_of(world: &mut World) -> &mut Endpoint {
    world.servicenow().oauth.as_mut().unwrap()
}

fn states(world: &mut World) -> Vec<String> {
    world.servicenow().column("state").into_iter().map(Into::into).collect()
}

/// Nothing was written twice, and no request was wrong.
fn all_is_well(world: &mut World) {
    assert_eq!(world.servicenow().reception.keys.repeated().count(), 0);
    assert_eq!(endpoint_of(world).complaints, [""; 0]);
}

fn logins(world: &mut World, outcome: &str) -> i64 {
    world.metric(&format!("andon_target_logins_total{{target=\"snow\",outcome=\"{outcome}\"}}"))
}

#[test]
fn a_token_that_ends_in_the_middle_of_an_incident_is_followed_by_another() {
    let mut world = begun(|_| {});
    assert_eq!((states(&mut world), endpoint_of(&mut world).asked), (vec!["1".into()], 1));
    world.pass(minutes(28));
    assert!(world.servicenow().readings >= 5, "the readings have used it, too");
    assert_eq!(endpoint_of(&mut world).asked, 1);
    world.pass(minutes(17));
    world.queue("tier-2").waiting(0);
    world.pass(seconds(30));
    assert_eq!((states(&mut world), endpoint_of(&mut world).given), (vec!["6".into()], 2));
    assert_eq!(endpoint_of(&mut world).asked, 3, "the first was given again for its last seconds");
    assert_eq!(world.servicenow().reception.refused, 0, "no request came with one that had ended");
    assert_eq!(logins(&mut world, "granted"), 3);
    all_is_well(&mut world);
}

#[test]
fn a_token_that_is_refused_is_replaced_at_once() {
    let mut world = begun(|_| {});
    endpoint_of(&mut world).tokens.clear();
    world.queue("tier-2").waiting(0);
    world.pass(seconds(20));
    assert_eq!((states(&mut world), endpoint_of(&mut world).asked), (vec!["6".into()], 2));
    assert!(!world.said("has not taken notice"));
    all_is_well(&mut world);
}

#[test]
fn a_reading_replaces_a_token_that_is_refused() {
    let mut world = begun(|_| {});
    endpoint_of(&mut world).tokens.clear();
    world.pass(seconds(301));
    assert_eq!((world.servicenow().readings, endpoint_of(&mut world).asked), (1, 2));
    assert!(!world.said("cannot be read back"));
    all_is_well(&mut world);
}

#[test]
fn tokens_that_are_refused_as_soon_as_they_come_are_no_storm() {
    let mut world = begun(|_| {});
    world.servicenow().lets_nobody_in = true;
    world.queue("tier-2").waiting(0);
    world.pass(minutes(11));
    let asked = endpoint_of(&mut world).asked;
    assert!((2..=8).contains(&asked), "{asked}");
    assert!(world.said("User Not Authenticated"));
    world.servicenow().lets_nobody_in = false;
    world.pass(minutes(6));
    assert_eq!(states(&mut world), ["6"]);
}

#[test]
fn who_refuses_a_token_and_why_is_said_and_nobody_else_waits() {
    let mut world = begun(|endpoint| endpoint.secret = "another-secret");
    world.pagerduty().heard(["trigger tier-2 calls_waiting critical"]);
    assert_eq!(states(&mut world), [""; 0]);
    assert!(world.said(
        "snow has not taken notice 0: https://servicenow.test: no token, it answered 401 \
         invalid_client; check the target's client_id and client_secret"
    ));
    assert!(!world.said(SERVICENOW_CLIENT_SECRET));
    assert_eq!(logins(&mut world, "failed"), 1);
    endpoint_of(&mut world).secret = SERVICENOW_CLIENT_SECRET;
    world.pass(minutes(6));
    assert_eq!(states(&mut world), ["1"]);
    all_is_well(&mut world);
}

#[test]
fn an_endpoint_with_trouble_is_waited_for() {
    let page = Reply::new(200, "text/html", "<h1>Your instance is hibernating</h1>");
    let mut world = begun(|endpoint| {
        endpoint.instead.extend([
            Reaction::Hang,
            Reaction::Close,
            Reaction::reply_at(page, UtcMs(0)),
            oauth::yes_with("temporarily_unavailable"),
            oauth::throttled(90),
        ]);
    });
    while endpoint_of(&mut world).asked < 5 {
        world.pass(seconds(1));
    }
    world.pass(seconds(85));
    assert_eq!(endpoint_of(&mut world).asked, 5, "it gets the time that it asks for");
    assert_eq!(states(&mut world), [""; 0]);
    assert!(world.said("https://servicenow.test: no answer before the deadline"));
    world.pass(seconds(30));
    assert_eq!((states(&mut world), endpoint_of(&mut world).asked), (vec!["1".into()], 6));
    all_is_well(&mut world);
}
