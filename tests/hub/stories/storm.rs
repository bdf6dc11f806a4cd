//! Alerts that come too many at once (guide 1, edge case 3): one incident, nothing lost.

use crate::config::{self, BUSY, CROWD};
use crate::world::{World, minutes, seconds};

/// So many queues.
fn queues(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("q{n:02}")).collect()
}

fn file(count: usize, thresholds: &[&str]) -> String {
    let names = format!("{:?}", queues(count));
    config::thresholds(thresholds).replace(r#"["tier-1", "tier-2"]"#, &names)
}

/// Each queue gets so crowded in its turn, every seven seconds one.
fn one_after_the_other(world: &mut World, names: &[String], waiting: u16) {
    for (second, name) in (0..).step_by(7).zip(names) {
        world.queue(name).after(seconds(second)).waiting(waiting);
    }
}

fn told_at_once(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("{name} calls_waiting medium")).collect()
}

#[test]
fn forty_queues_in_five_minutes_are_ten_notices_and_one_digest() {
    let mut world = World::start(&file(40, &[BUSY]));
    world.pass(minutes(1));
    one_after_the_other(&mut world, &queues(40), 9);
    world.pass(minutes(5));
    let told = world.slack().take();
    assert_eq!(told[..9], told_at_once(&queues(9)));
    assert_eq!(told[9..], ["alerts storm medium"], "{told:#?}");
    assert_eq!(world.metric("andon_storm"), 1);
    assert_eq!(world.metric("andon_storm_alerts"), 40);
    assert_eq!(world.metric("andon_storm_held"), 40, "what was told before among them");
    let detail = world.explain("alerts:storm").alert.unwrap().detail.unwrap();
    let wanted = "of them in breach; the first: q01 calls_waiting; by metric: calls_waiting 3";
    assert!(detail.contains(wanted), "{detail}");
    assert_eq!(world.explain("q20:calls_waiting").alert.unwrap().phase, "suppressed");
    // Two thirds find back, and nobody hears of those who were never told.
    for name in &queues(30) {
        world.queue(name).waiting(0);
    }
    world.pass(minutes(4));
    let mut told = world.slack().take();
    told.retain(|line| !line.starts_with("alerts storm"));
    let over: Vec<_> = queues(9).iter().map(|q| format!("{q} calls_waiting recovered")).collect();
    assert_eq!(told, over, "who was told hears of the end");
    world.pass(minutes(16));
    let told = world.slack().take();
    let digest = told.iter().find(|line| line.starts_with("digest: ")).unwrap();
    let lines: Vec<&str> = digest.strip_prefix("digest: ").unwrap().split("; ").collect();
    let open = lines.iter().filter(|line| line.ends_with("medium")).count();
    assert_eq!((open, lines.len()), (10, 31), "{lines:#?}");
    assert_eq!(world.metric("andon_storm"), 0);
    assert_eq!(world.metric("andon_storm_held"), 0);
    world.pass(minutes(33));
    assert!(world.slack().take().is_empty(), "what is still bad speaks in the digest");
    world.pass(minutes(3));
    let told = world.slack().take();
    assert_eq!(told.len(), 1, "{told:#?}");
    for name in &queues(40)[30..] {
        world.queue(name).waiting(0);
    }
    world.pass(minutes(40));
    let told = world.slack().take();
    assert_eq!(told.len(), 1, "they recover there, too: {told:#?}");
    // What outlived the storm was a matter for whoever escalations go to, each by its own age.
    let (storm, queues_told): (Vec<_>, Vec<_>) =
        world.pagerduty().take().into_iter().partition(|line| line.contains(" alerts storm "));
    let storm_alone = ["trigger alerts storm high, escalation", "resolve alerts storm recovered"];
    assert_eq!(storm, storm_alone);
    let each = |what: &str, rest: &str| {
        let line = move |name: &String| format!("{what} {name} calls_waiting {rest}");
        queues(40)[30..].iter().map(line).collect::<Vec<_>>()
    };
    let wanted = [each("trigger", "high, escalation"), each("resolve", "recovered")].concat();
    assert_eq!(queues_told, wanted);
}

#[test]
fn a_storm_teaches_nothing_of_what_is_usual_until_it_is_over() {
    let unusual = r#"metric = "longest_wait", operator = ">=", static_value = 3600,
        baseline = { factor = 2 }, priority = "P2""#;
    let mut world = World::start(&file(20, &[BUSY, unusual]));
    let taught = |world: &World| {
        let rows = world.site.disk.rows();
        rows.iter().filter(|row| row.table == andon::ledger::Table::BaselineHours).count()
    };
    world.pass(minutes(19));
    one_after_the_other(&mut world, &queues(20), 9);
    world.pass(minutes(5));
    let before = taught(&world);
    assert_eq!((world.metric("andon_storm"), world.metric("andon_baseline_learning")), (1, 0));
    let story = world.explain("q19:longest_wait");
    let said = "nothing is learned: a storm of alerts is under way";
    assert!(story.watches[0].why.contains(said), "{story:?}");
    // A whole hour of it, and as much as one more.
    for round in 0..12 {
        for name in &queues(20) {
            world.queue(name).waiting(if round % 2 == 0 { 0 } else { 9 });
        }
        world.pass(minutes(10));
        assert_eq!(world.metric("andon_storm"), 1, "{round}");
    }
    assert_eq!(taught(&world), before);
    for name in &queues(20) {
        world.queue(name).waiting(0);
    }
    world.pass(minutes(30));
    assert_eq!((world.metric("andon_storm"), world.metric("andon_baseline_learning")), (0, 1));
    world.pass(minutes(60));
    assert!(taught(&world) > before);
}

#[test]
fn the_urgent_passes_in_a_storm() {
    let mut world = World::start(&file(20, &[BUSY, CROWD]));
    world.pass(minutes(1));
    for name in &queues(12) {
        world.queue(name).waiting(9);
    }
    world.pass(seconds(30));
    world.slack().heard(["alerts storm medium"]);
    world.queue("q03").waiting(22);
    world.queue("q15").waiting(22);
    world.pass(seconds(30));
    let mut told = world.pagerduty().take();
    told.sort();
    assert_eq!(told, ["trigger q03 calls_waiting critical", "trigger q15 calls_waiting critical"]);
    world.pass(minutes(3));
    world.pagerduty().heard([]);
    world.pass(minutes(2));
    assert_eq!(world.pagerduty().take().len(), 2, "they repeat after their cooldown as ever");
    world.queue("q15").waiting(0);
    world.pass(seconds(30));
    world.pagerduty().heard(["resolve q15 calls_waiting recovered"]);
}

#[test]
fn a_restart_in_a_storm_is_still_the_storm() {
    let mut world = World::start(&file(20, &[BUSY]));
    world.pass(minutes(1));
    for name in &queues(15) {
        world.queue(name).waiting(9);
    }
    world.pass(seconds(30));
    world.slack().heard(["alerts storm medium"]);
    world.kill();
    world.pass(minutes(1));
    assert_eq!(world.metric("andon_storm"), 1);
    world.queue("q18").waiting(9);
    world.pass(minutes(1));
    world.nobody_heard();
    assert_eq!(world.metric("andon_storm_held"), 16);
    world.reboot(minutes(2));
    world.pass(minutes(1));
    assert_eq!(world.metric("andon_storm_held"), 16);
    world.pass(minutes(20));
    let told = world.slack().take();
    let digests: Vec<_> = told.iter().filter(|line| line.starts_with("digest: ")).collect();
    assert_eq!(digests.len(), 1, "{told:#?}");
    assert_eq!(digests[0].matches("medium").count(), 16);
    assert!(told.iter().all(|line| line.starts_with("digest") || line.contains("storm")));
}

#[test]
fn our_clock_that_jumps_begins_and_ends_no_storm() {
    for hour in [minutes(60), minutes(-60)] {
        let mut world = World::start(&file(20, &[BUSY]));
        world.pass(minutes(1));
        for name in &queues(9) {
            world.queue(name).waiting(9);
        }
        world.pass(seconds(30));
        assert_eq!(world.slack().take().len(), 9);
        world.wall_clock_jumps(hour);
        world.queue("q10").waiting(9);
        world.pass(seconds(30));
        world.slack().heard(["alerts storm medium"]);
        world.wall_clock_jumps(hour);
        world.pass(minutes(9));
        assert_eq!(world.metric("andon_storm"), 1, "it has its ten minutes by the other clock");
        world.pass(minutes(12));
        assert_eq!(world.metric("andon_storm"), 0);
    }
}
