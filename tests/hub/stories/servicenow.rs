//! Incidents in ServiceNow: one for each problem, whatever gets lost, and what people do with them.

use crate::config::{self, CROWD, EACH_COOLDOWN};
use crate::world::{World, minutes, seconds};

fn file() -> String {
    let rule = format!("{CROWD}, escalation_threshold_seconds = 36000");
    let targets = r#"
[[target]]
name = "snow"
kind = "servicenow"
url = "https://servicenow.test/api/now/v2/table/incident"
user = "andon"
password = { credential = "servicenow" }
fields = { assignment_group = "Network" }

[[target]]
name = "events"
kind = "servicenow-events"
url = "https://servicenow.test/api/global/em/jsonv2"
alerts_url = "https://servicenow.test/api/now/v2/table/em_alert"
user = "andon"
password = { credential = "servicenow" }

[routes]
"#;
    let text = config::thresholds(&[&rule]).replace(EACH_COOLDOWN, ", repeat_seconds = [36000]");
    let text = text.replace("[routes]\n", targets);
    text.replace("P1 = { targets = [\"pagerduty\"]", "P1 = { targets = [\"snow\", \"events\"]")
}

fn begun(prepare: impl FnOnce(&mut World)) -> World {
    let mut world = World::start(&file());
    world.site.oracle.is_set_right = true;
    prepare(&mut world);
    world.queue("tier-2").waiting(22);
    world.pass(seconds(30));
    world
}

fn states(world: &mut World) -> Vec<String> {
    world.servicenow().column("state").into_iter().map(Into::into).collect()
}

#[test]
fn one_problem_is_one_incident_from_its_beginning_to_its_end() {
    let mut world = begun(|_| {});
    let row = world.servicenow().incidents[0].clone();
    assert_eq!(row["short_description"], "tier-2 calls_waiting critical");
    assert_eq!((&row["assignment_group"], &row["impact"]), (&"Network".into(), &"1".into()));
    let body = r#"{"by": "Ann", "seconds": 3600}"#;
    let path = "/api/v1/alerts/tier-2:calls_waiting/acknowledge";
    assert_eq!(world.order(path, body).status, 200);
    world.pass(seconds(10));
    assert_eq!(states(&mut world), ["2"]);
    world.queue("tier-2").waiting(0);
    world.pass(seconds(30));
    assert_eq!(states(&mut world), ["6"]);
    assert_eq!(world.servicenow().incidents[0]["close_code"], "Solution provided");
    world.pass(minutes(45));
    world.queue("tier-2").waiting(22);
    world.pass(seconds(30));
    assert_eq!(states(&mut world), ["6", "1"], "another problem is another incident");
    let events: Vec<String> =
        world.servicenow().events.iter().map(|event| event["severity"].to_string()).collect();
    assert_eq!(events, ["\"1\"", "\"0\"", "\"1\""]);
}

#[test]
fn a_lost_answer_makes_no_second_incident() {
    let mut world = begun(|world| world.servicenow().loses = true);
    world.pass(minutes(3));
    assert_eq!(states(&mut world), ["1"]);
    assert!(world.servicenow().incidents[0].contains_key("work_notes"), "it was written into");
}

#[test]
fn a_page_in_the_place_of_an_answer_is_no_yes() {
    let mut world = begun(|world| world.servicenow().sleeps = true);
    world.pass(minutes(5));
    world.servicenow().sleeps = false;
    world.pass(minutes(6));
    assert_eq!((states(&mut world).len(), world.servicenow().events.len()), (1, 1));
}

#[test]
fn the_limit_of_an_hour_is_waited_for() {
    let mut world = begun(|world| world.servicenow().limit = Some(2));
    world.pass(minutes(5));
    let before = world.servicenow().asked.len();
    assert!(before <= 8, "{before} requests at a limit of 2");
    world.servicenow().limit = None;
    world.pass(minutes(20));
    assert_eq!((states(&mut world).len(), world.servicenow().events.len()), (1, 1));
}

#[test]
fn what_people_do_with_an_incident_comes_back() {
    let mut world = begun(|_| {});
    world.servicenow().writes("state", "2");
    world.pass(seconds(301));
    let in_hand = world.explain("tier-2:calls_waiting").alert.unwrap().in_hand_by;
    assert_eq!(in_hand.as_deref(), Some("snow (snow)"));
    world.servicenow().writes("state", "6");
    world.pass(seconds(301));
    assert_eq!(states(&mut world), ["2"], "it is not over, and stays in hand");
    world.servicenow().writes("state", "7");
    world.pass(seconds(602));
    assert_eq!(states(&mut world), ["7"], "once is enough");
    assert!(world.said("it is left so"));
    assert_eq!(world.servicenow().readings, 8, "one question a round to each table");
}

#[test]
fn an_incident_that_was_deleted_is_made_anew_once() {
    let mut world = begun(|_| {});
    for _ in 0..2 {
        world.servicenow().incidents.clear();
        world.pass(seconds(602));
    }
    assert_eq!(world.servicenow().incidents.len(), 0);
    assert!(world.said("it is told again, once"));
    assert!(world.said("it is left so"));
}

/// The state of the alert that Event Management has of it.
fn alert_there(world: &mut World) -> String {
    let [alert] = &world.servicenow().alerts[..] else { panic!("more than one") };
    alert["state"].as_str().unwrap().into()
}

/// Somebody there writes into it.
fn alert_becomes(world: &mut World, column: &str, value: &str) {
    world.servicenow().alerts[0].insert(column.into(), value.into());
}

#[test]
fn an_alert_that_is_closed_there_and_is_not_over_is_told_again_once() {
    let mut world = begun(|_| {});
    assert_eq!(alert_there(&mut world), "Open");
    alert_becomes(&mut world, "state", "Closed");
    world.pass(seconds(301));
    assert_eq!((alert_there(&mut world), world.servicenow().events.len()), ("Reopen".into(), 2));
    alert_becomes(&mut world, "state", "Closed");
    world.pass(seconds(602));
    assert_eq!((alert_there(&mut world), world.servicenow().events.len()), ("Closed".into(), 2));
    let of_events = |what| format!("andon_corrections_total{{target=\"events\",what=\"{what}\"}}");
    let corrected = ["opened_again", "left"].map(|what| world.metric(&of_events(what)));
    assert_eq!(corrected, [1, 1]);
}

#[test]
fn an_alert_that_is_open_there_and_is_over_is_closed() {
    let mut world = begun(|_| {});
    world.queue("tier-2").waiting(0);
    world.pass(minutes(3));
    assert_eq!((alert_there(&mut world), world.servicenow().events.len()), ("Closed".into(), 2));
    alert_becomes(&mut world, "state", "Reopen");
    world.pass(seconds(301));
    assert_eq!((alert_there(&mut world), world.servicenow().events.len()), ("Closed".into(), 3));
    assert!(world.said("it was open there although it is over"));
    world.pass(minutes(20));
    assert_eq!(world.servicenow().events.len(), 3);
}

#[test]
fn who_acknowledges_an_alert_there_has_it_in_hand_here() {
    let mut world = begun(|_| {});
    alert_becomes(&mut world, "acknowledged", "true");
    world.pass(seconds(301));
    let in_hand = world.explain("tier-2:calls_waiting").alert.unwrap().in_hand_by;
    assert_eq!(in_hand.as_deref(), Some("events (events)"));
    assert_eq!(world.servicenow().events.len(), 1, "who said it is not told");
}
