//! New alerts that begin together are told together, where the file asks for that.

use crate::network::Server;
use crate::slack::Workspace;
use crate::stories::slack_app;
use crate::world::{World, minutes, seconds};

/// So many queues, whose alerts a target hears of together.
fn file(count: usize, targets: &str) -> String {
    let names: Vec<String> = (1..=count).map(name).collect();
    let group = "group_by = [\"source\", \"metric\"]\ngroup_seconds = 60\n";
    let file = slack_app::file(group).replace(r#"["tier-1", "tier-2"]"#, &format!("{names:?}"));
    file.replace("P2 = { targets = [\"slack\"]", &format!("P2 = {{ targets = {targets}"))
        + "\n[storm]\nalerts = 100\nhourly_percent = 10000\n"
}

fn name(number: usize) -> String {
    format!("q{number:02}")
}

fn crowded(world: &mut World, numbers: core::ops::RangeInclusive<usize>, waiting: u16) {
    for number in numbers {
        world.queue(&name(number)).waiting(waiting);
    }
}

fn messages(workspace: &Workspace) -> usize {
    workspace.channel().count()
}

#[test]
fn thirty_alerts_are_two_messages_and_recover_in_their_threads() {
    let mut world = World::start(&file(30, r#"["slack", "webhook"]"#));
    world.pass(minutes(1));
    crowded(&mut world, 1..=30, 9);
    world.pass(seconds(30));
    world.slack_app().heard(["post q01 calls_waiting medium"]);
    assert_eq!(world.webhook().take().len(), 30, "it has asked for no groups");
    let story = world.explain("q02:calls_waiting");
    let held = story.steps.iter().any(|step| format!("{step:?}").contains("others of its group"));
    assert!(held, "{:?}", story.steps);
    // Two find back before anybody has heard of them, one more begins.
    crowded(&mut world, 2..=3, 0);
    world.pass(seconds(60));
    let told = world.slack_app().take();
    let [list] = &told[..] else { panic!("{told:#?}") };
    let (title, lines) = list.split_once(": q").unwrap();
    assert_eq!((title, lines.split("; ").count()), ("post Together: 27 in breach", 27));
    assert_eq!(world.metric("andon_notices_held_total{hold=\"grouped\"}"), 29);
    crowded(&mut world, 4..=4, 0);
    crowded(&mut world, 1..=1, 0);
    world.pass(seconds(30));
    let mut told = world.slack_app().take();
    told.sort();
    let wanted = [
        "reply q01 calls_waiting recovered",
        "reply q04 calls_waiting recovered",
        "update q01 calls_waiting recovered",
    ];
    assert_eq!(told, wanted);
    assert_eq!(messages(world.slack_workspace()), 2);
}

#[test]
fn a_restart_tells_what_waited_for_its_group() {
    let mut world = World::start(&file(3, r#"["slack"]"#));
    world.pass(minutes(1));
    crowded(&mut world, 1..=3, 9);
    world.pass(seconds(20));
    world.slack_app().heard(["post q01 calls_waiting medium"]);
    world.kill();
    world.pass(seconds(15));
    let wanted = ["post q02 calls_waiting medium", "post q03 calls_waiting medium"];
    world.slack_app().heard(wanted);
}

#[test]
fn what_is_silenced_while_it_waits_is_told_once_nobody_silences_it() {
    let mut world = World::start(&file(3, r#"["slack"]"#));
    world.pass(minutes(1));
    crowded(&mut world, 1..=3, 9);
    world.pass(seconds(20));
    world.slack_app().heard(["post q01 calls_waiting medium"]);
    let order = r#"{"match": {"entity": "q02"}, "owner": "Noa", "comment": "trunk test",
                    "seconds": 600}"#;
    assert_eq!(world.order("/api/v1/silences", order).status, 200);
    world.pass(minutes(2));
    let told = world.slack_app().take();
    assert!(told.contains(&"post q03 calls_waiting medium".to_owned()), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("q02 calls_waiting")), "{told:?}");
    world.pass(minutes(9));
    let told = world.slack_app().take();
    let over = told.iter().find(|line| line.contains("is over")).unwrap();
    assert!(over.ends_with("1 alert is still bad"), "{told:?}");
    crowded(&mut world, 2..=2, 0);
    world.pass(minutes(1));
    let recovered = world.slack_app().take();
    assert!(recovered.contains(&"post q02 calls_waiting recovered".to_owned()), "{recovered:?}");
}

#[test]
fn what_is_learned_while_it_waits_takes_it_out_of_its_group() {
    let cmdb = r#"
[enrichment.cmdb]
url = "https://cmdb.test/api/now/table/cmdb_ci?sysparm_query=name={entity_id}"
token = { credential = "cmdb" }
business_impact = "u_impact"

[[route]]
match = { business_impact = "sla_*" }
target = "webhook"
"#;
    let mut world = World::start(&format!("{}{cmdb}", file(4, r#"["slack"]"#)));
    let Server::Cmdb(database) = world.site.network.server_mut("https://cmdb.test") else {
        panic!("it is no database")
    };
    database.impacts.insert(name(2), "sla_violation_risk".into());
    // Later than a notice waits for its context, and sooner than the group is told.
    world.at("https://cmdb.test").answers_after(seconds(4));
    world.pass(minutes(1));
    crowded(&mut world, 1..=4, 9);
    world.pass(seconds(30));
    world.slack_app().heard(["post q01 calls_waiting medium"]);
    world.webhook().heard(["q02 calls_waiting medium"]);
    let steps = world.explain("q02:calls_waiting").steps;
    let told = "told webhook: new breach";
    assert!(steps.iter().any(|step| step.what.contains(told)), "{steps:#?}");
    world.pass(minutes(1));
    let list = world.slack_app().take();
    assert_eq!(
        list,
        ["post Together: 2 in breach: q03 calls_waiting medium; q04 calls_waiting medium",]
    );
    // Who was never told of it does not hear that it is over.
    crowded(&mut world, 1..=4, 0);
    world.pass(seconds(30));
    world.webhook().heard(["q02 calls_waiting recovered"]);
    let told = world.slack_app().take();
    assert!(!told.iter().any(|line| line.contains("q02")), "{told:?}");
    assert_eq!(world.metric("andon_outbox_waiting{target=\"slack\"}"), 0);
}
