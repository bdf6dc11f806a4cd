//! A storm where somebody has drawn what depends on what: Haifa's queues stand behind its trunks.

use crate::config::{BUSY, CROWD};
use crate::stories::dependencies::config;
use crate::world::{World, minutes, seconds};

const TRUNK: &str = "trunk-1 calls_waiting medium";

/// So many queues of each site.
fn queues(site: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{site}-{n:02}")).collect()
}

/// Forty queues of Haifa and twenty of Leeds, of which only Haifa's depend on the trunks.
fn file() -> String {
    let names = [queues("haifa", 40), queues("leeds", 20)].concat();
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let text = config("")
        .replace("\"tier-1\", \"tier-2\"", &names.join(", "))
        .replace(CROWD, BUSY)
        .replace("{ source = \"cxone\" }", "{ source = \"cxone\", labels = { site = \"Haifa\" } }");
    assert!(text.contains("site"), "{text}");
    let context = |site: &str, entity: &str| {
        format!(
            "[[context]]\nentity = \"{entity}\"\nbusiness_impact = \"risk\"\n\
             labels = {{ site = \"{site}\" }}\n"
        )
    };
    format!("{text}{}{}", context("Haifa", "haifa-*"), context("Leeds", "*"))
}

fn world() -> World {
    let mut world = World::start(&file());
    world.pass(minutes(1));
    world
}

fn wait(world: &mut World, names: &[String], waiting: u16) {
    for name in names {
        world.queue(name).waiting(waiting);
    }
}

/// How far the graph has come with an alert that is held.
fn stage(world: &mut World, queue: &str) -> Option<String> {
    let alert = world.explain(&format!("{queue}:calls_waiting")).alert.unwrap();
    assert_eq!(alert.phase, "suppressed");
    alert.kin?.stage
}

#[test]
fn a_trunk_with_its_forty_queues_is_no_storm() {
    let mut world = world();
    world.trunk("trunk-1", 9);
    wait(&mut world, &queues("haifa", 40), 9);
    world.pass(minutes(9));
    let told = world.slack().take();
    assert!(told.iter().all(|line| line.starts_with(TRUNK)), "{told:#?}");
    assert_eq!(world.metric("andon_storm"), 0);
    world.queue("leeds-01").waiting(9);
    world.pass(seconds(20));
    world.slack().heard(["leeds-01 calls_waiting medium"]);
}

#[test]
fn queues_that_wait_for_a_trunk_in_vain_are_a_storm() {
    let mut world = world();
    wait(&mut world, &queues("haifa", 12), 9);
    world.pass(seconds(40));
    world.slack().heard(["alerts storm medium"]);
    assert_eq!(world.metric("andon_storm_held"), 12);
}

#[test]
fn what_outlives_its_trunk_all_at_once_is_a_storm() {
    for restarts in [false, true] {
        let mut world = world();
        world.trunk("trunk-1", 9);
        wait(&mut world, &queues("haifa", 40), 9);
        world.pass(minutes(2));
        world.trunk("trunk-1", 0);
        world.pass(seconds(20));
        if restarts {
            world.kill();
        }
        world.pass(minutes(4));
        let told = world.slack().take();
        let (trunk, others): (Vec<_>, Vec<_>) =
            told.iter().partition(|line| line.starts_with("trunk-1"));
        assert_eq!(trunk.len(), 2, "{told:#?}");
        assert_eq!(others, ["alerts storm medium"]);
    }
}

#[test]
fn in_a_storm_a_trunk_passes_and_what_it_holds_stays_with_it() {
    let mut world = world();
    wait(&mut world, &queues("leeds", 12), 9);
    world.pass(seconds(20));
    world.slack().heard(["alerts storm medium"]);
    // One of them is of Haifa and came before its trunk.
    world.queue("haifa-01").waiting(9);
    world.pass(minutes(1));
    assert_eq!(stage(&mut world, "haifa-01"), None);
    assert_eq!(world.metric("andon_storm_held"), 13);
    world.trunk("trunk-1", 9);
    wait(&mut world, &queues("haifa", 3), 9);
    world.pass(seconds(20));
    let told = world.slack().take();
    assert!(told.iter().any(|line| line.starts_with(TRUNK)), "{told:#?}");
    assert_eq!(world.metric("andon_storm_held"), 12, "its parent has taken it in");
    wait(&mut world, &queues("leeds", 12), 0);
    world.pass(minutes(22));
    assert_eq!(world.metric("andon_storm"), 0);
    let told = world.slack().take();
    let digest = told.iter().find(|line| line.starts_with("digest: ")).unwrap();
    assert!(digest.contains("leeds-12") && !digest.contains("haifa"), "{digest}");
    assert!(told.iter().all(|line| !line.starts_with("haifa")), "{told:#?}");
    assert_eq!(stage(&mut world, "haifa-01").as_deref(), Some("held"));
    // They outlive the trunk, and are told like any that do.
    world.trunk("trunk-1", 0);
    world.pass(minutes(4));
    let told = world.slack().take();
    for name in queues("haifa", 3) {
        let wanted = format!("{name} calls_waiting medium, held back behind trunk-1");
        assert!(told.iter().any(|line| line.starts_with(&wanted)), "{wanted}: {told:#?}");
    }
}

#[test]
fn what_is_there_again_in_a_storm_is_held_and_no_part_of_its_count() {
    let mut world = world();
    world.queue("leeds-20").waiting(9);
    world.pass(seconds(20));
    world.queue("leeds-20").waiting(0);
    world.pass(seconds(20));
    world.slack().heard(["leeds-20 calls_waiting medium", "leeds-20 calls_waiting recovered"]);
    wait(&mut world, &queues("leeds", 12), 9);
    world.pass(seconds(20));
    world.slack().heard(["alerts storm medium"]);
    let counted = world.metric("andon_storm_alerts");
    world.queue("leeds-20").waiting(9);
    // Without the storm its quiet time would be over after five minutes.
    world.pass(minutes(8));
    assert_eq!(world.metric("andon_storm_alerts"), counted);
    assert_eq!(world.metric("andon_storm_held"), 13);
    let told = world.slack().take();
    assert!(told.iter().all(|line| line.starts_with("alerts storm")), "{told:#?}");
    assert_eq!(world.explain("leeds-20:calls_waiting").alert.unwrap().episode, 1);
    world.pass(minutes(14));
    let told = world.slack().take();
    let digest = told.iter().find(|line| line.starts_with("digest: ")).unwrap();
    assert!(digest.contains("leeds-20 calls_waiting medium"), "{digest}");
}
