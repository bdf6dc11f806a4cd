//! A trunk goes and takes 200 queues with it: one page with the count, and nothing else.

use crate::config::AT_ONCE;
use crate::stories::dependencies::{TELEPHONY, config};
use crate::world::{World, minutes, seconds};

const QUEUES: u16 = 200;

fn queue(number: u16) -> String {
    format!("queue-{number:03}")
}

/// The site with 200 queues instead of two.
fn large_site(more: &str) -> String {
    let names: Vec<String> = (0..QUEUES).map(|number| format!("\"{}\"", queue(number))).collect();
    config(more).replace("\"tier-1\", \"tier-2\"", &names.join(", "))
}

#[test]
fn a_trunk_with_200_queues_is_one_page() {
    let mut world = World::start(&large_site(""));
    world.pass(seconds(15));
    world.trunk("trunk-1", 22);
    // They go one after the other, the first of them before anybody sees why.
    for number in 0..QUEUES {
        let after = seconds(i64::from(number) / 5 * 2);
        world.queue(&queue(number)).after(after).waiting(22);
    }
    world.pass(minutes(3));
    let lines = world.pagerduty().lines();
    let of_queues = lines.iter().filter(|line| line.text.contains("queue-"));
    assert_eq!(of_queues.count(), 0, "{lines:?}");
    let new = lines.iter().filter(|line| !line.text.contains("updated")).count();
    assert_eq!(new, 1, "{lines:?}");
    let counted = lines.last().unwrap().text.ends_with("holds 200");
    assert!(counted && lines.len() <= 4, "{lines:?}");
    assert_eq!(world.pagerduty().itself().incidents().count(), 1);
    let parent = world.explain("trunk-1:calls_waiting");
    assert_eq!((parent.dependents.len(), parent.dependents_left_out), (100, 100));

    // The trunk is back; 197 queues follow it, three do not, and one more fails in its shadow.
    world.trunk("trunk-1", 0);
    for number in 3..QUEUES {
        world.queue(&queue(number)).after(seconds(30)).waiting(0);
    }
    world.queue(&queue(150)).after(seconds(90)).waiting(22);
    world.pass(seconds(20));
    let recovered = world.pagerduty().lines().pop().unwrap().text;
    assert_eq!(recovered, "resolve trunk-1 calls_waiting recovered, holds 200");
    world.pass(seconds(140));
    let before = world.pagerduty().lines().len();
    world.pass(seconds(60));
    let lines = world.pagerduty().lines();
    let late: Vec<&str> = lines.iter().skip(before).map(|line| line.text.as_str()).collect();
    assert_eq!(late.len(), 4, "{late:?}");
    for number in [0, 1, 2, 150] {
        let told =
            format!("trigger {} calls_waiting critical, held back behind trunk-1", queue(number));
        assert!(late.iter().any(|line| line.starts_with(&told)), "{told}: {late:?}");
    }
    world.slack().heard([]);
}

#[test]
fn with_the_usual_delays_it_is_one_page_too() {
    let text = large_site("").replace(AT_ONCE, "");
    let mut world = World::start(&text);
    world.trunk("trunk-1", 22);
    for number in 0..QUEUES {
        world.queue(&queue(number)).waiting(22);
    }
    world.pass(minutes(10));
    // The callers of the outage wait a minute longer than the trunk is away.
    world.trunk("trunk-1", 0);
    for number in 0..QUEUES {
        world.queue(&queue(number)).after(seconds(60)).waiting(0);
    }
    world.pass(minutes(20));
    let lines = world.pagerduty().lines();
    assert!(lines.iter().all(|line| line.text.contains(" trunk-1 ")), "{lines:?}");
    let pages = lines.iter().filter(|line| !line.text.contains("updated"));
    let pages: Vec<&str> = pages.map(|line| line.text.as_str()).collect();
    let [first, repeat, escalation, end] = pages.as_slice() else { panic!("{pages:?}") };
    assert!(first.starts_with("trigger trunk-1 calls_waiting critical"), "{first}");
    assert!(repeat.ends_with("repeat, holds 200"), "{repeat}");
    assert!(escalation.ends_with("escalation, holds 200"), "{escalation}");
    assert!(end.starts_with("resolve trunk-1 calls_waiting recovered"), "{end}");
}

#[test]
fn an_outage_without_a_graph_is_a_page_for_each_queue() {
    // What the first story is worth: the same outage where nobody has drawn the graph.
    let text = large_site("");
    let (text, _) = text.split_once("[[dependency]]").unwrap();
    let mut world = World::start(text);
    world.queue_at(TELEPHONY, "trunk-1").waiting(22);
    for number in 0..QUEUES {
        world.queue(&queue(number)).waiting(22);
    }
    world.pass(minutes(4));
    assert_eq!(world.pagerduty().itself().incidents().count(), 201);
}
