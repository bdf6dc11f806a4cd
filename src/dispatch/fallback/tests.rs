//! What falls back, on whom, and what does not.

use super::*;
use crate::dispatch::fixtures::{Counter, alert, at, config, resolve, webhook};
use crate::model::config::Config;
use crate::model::hand::Hand;
use crate::model::http::{LinkFault, Reply};
use crate::model::notice::Reason;
use crate::model::rule::Priority;
use crate::model::target::TargetConfig;
use crate::model::time::Span;

/// `pager` falls back on `slack`, and that on `hook`.
fn chain() -> Config {
    let mut config = config();
    let name = |text: &str| TargetName::new(text).unwrap();
    config.targets.push(TargetConfig::new(name("hook"), webhook()));
    config.targets[0].patience.fallback = Some(name("slack"));
    config.targets[1].patience.fallback = Some(name("hook"));
    config
}

fn timeout() -> Result<Reply, LinkFault> {
    Err(LinkFault::Timeout)
}

fn ok() -> Result<Reply, LinkFault> {
    Ok(Reply::new(200, "text/plain", "ok"))
}

#[test]
fn what_is_not_taken_in_time_goes_to_the_fallback_once_and_so_does_its_end() {
    let mut counter = Counter::with(chain());
    let mut about = alert(1, Priority::P1);
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    assert_eq!(counter.dispatch.next_fallback, Some(at(300).tick));
    counter.look(&about, 299);
    assert!(counter.waiting("slack").is_empty());
    counter.look(&about, 300);
    assert_eq!(counter.waiting("slack"), ["1 first_breach"]);
    assert_eq!(counter.waiting("pager"), ["0 first_breach"], "it stays");
    assert_eq!(counter.first("slack").detail.as_deref(), Some("pager has not taken this"));
    assert_eq!(counter.noted(), ["pager fell back on slack: first_breach"]);
    counter.look(&about, 300);
    counter.reply(1, &ok(), 301);
    assert_eq!(counter.noted(), ["slack stood in for pager"]);
    counter.look(&about, 900);
    assert!(counter.waiting("slack").is_empty(), "once");
    resolve(&mut about, 1_000);
    counter.settle(&mut about, 1_000);
    let ends = [counter.waiting("pager"), counter.waiting("slack")];
    assert_eq!(ends[0].last().map(|one| one.ends_with("recovered")), Some(true));
    assert_eq!(ends[1].len(), 1, "{ends:?}");
}

#[test]
fn over_a_restart_it_goes_there_once() {
    let mut counter = Counter::with(chain());
    let mut about = alert(1, Priority::P1);
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.look(&about, 300);
    counter.restart();
    counter.look(&about, 301);
    counter.reply(1, &ok(), 302);
    counter.look(&about, 700);
    assert!(counter.waiting("slack").is_empty());
    assert!(counter.waiting("hook").is_empty());
}

#[test]
fn what_is_refused_goes_to_the_fallback_at_once() {
    for status in [400, 403] {
        let mut counter = Counter::with(chain());
        let mut about = alert(1, Priority::P1);
        counter.settle(&mut about, 0);
        counter.reply(0, &Ok(Reply::empty(status)), 1);
        counter.look(&about, 1);
        assert_eq!(counter.waiting("slack"), ["1 first_breach"], "{status}");
        counter.look(&about, 400);
        assert_eq!(counter.waiting("slack").len(), 1, "once");
    }
}

#[test]
fn a_fallback_that_does_not_listen_is_told_nothing_more() {
    let mut counter = Counter::with(chain());
    let mut about = alert(1, Priority::P1);
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.look(&about, 300);
    counter.look(&about, 301);
    // The next in the chain is told what the first does not take, each in its time.
    counter.reply(1, &timeout(), 321);
    counter.look(&about, 599);
    assert!(counter.waiting("hook").is_empty());
    counter.look(&about, 600);
    assert_eq!(counter.waiting("hook"), ["2 first_breach"]);
    // What follows goes to who listens.
    counter.settle(&mut about, 605);
    assert_eq!(counter.waiting("pager").len(), 2);
    counter.reply(2, &Ok(Reply::empty(200)), 610);
    counter.look(&about, 920);
    assert_eq!(counter.waiting("slack").len(), 1);
    assert_eq!(counter.waiting("hook").len(), 1);
}

#[test]
fn what_is_over_or_in_hand_does_not_fall_back() {
    let told = |change: &dyn Fn(&mut Alert)| {
        let mut counter = Counter::with(chain());
        let mut about = alert(1, Priority::P1);
        counter.settle(&mut about, 0);
        counter.reply(0, &timeout(), 20);
        change(&mut about);
        counter.look(&about, 400);
        counter.waiting("slack").len()
    };
    assert_eq!(told(&|_| {}), 1);
    assert_eq!(told(&|alert| resolve(alert, 100)), 0);
    let (priority, at, lasts) = (Priority::P1, at(90).stamp(), Span::secs(9_000));
    let hand = Hand { by: "Ann".into(), via: "x".into(), priority, at, lasts };
    assert_eq!(told(&|alert| alert.hand = Some(Box::new(hand.clone()))), 0);
}

#[test]
fn who_is_told_anyway_is_not_told_twice() {
    let mut config = chain();
    config.routes.ordered[0].targets.push(TargetName::new("hook").unwrap());
    let mut counter = Counter::with(config);
    let mut about = alert(1, Priority::P1);
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.look(&about, 400);
    assert!(counter.waiting("slack").is_empty());
}

/// Whom the config names is told of it once; what was ended or told to others is none of theirs.
#[test]
fn only_what_its_target_was_told_falls_back() {
    let told = |change: &dyn Fn(&mut crate::model::telling::Telling)| {
        let mut counter = Counter::with(chain());
        let mut about = alert(1, Priority::P1);
        counter.settle(&mut about, 0);
        counter.reply(0, &timeout(), 20);
        change(counter.dispatch.tellings.get_mut(&about.key, Priority::P1).unwrap());
        counter.look(&about, 400);
        counter.waiting("slack").len()
    };
    assert_eq!(told(&|record| record.ended = true), 0);
    assert_eq!(told(&|record| record.told.clear()), 0);
}

/// A target that is out of order, or has one that it stands in for, is passed over.
#[test]
fn the_first_of_the_chain_that_takes_what_it_is_given_is_told() {
    let (mut about, slack) = (alert(1, Priority::P1), TargetName::new("slack").unwrap());
    let mut counter = Counter::with(chain());
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.dispatch.outbox.lanes.get_mut(&slack).unwrap().standing_in = 1;
    counter.look(&about, 400);
    assert_eq!((counter.waiting("slack").len(), counter.waiting("hook").len()), (0, 1));
    let mut counter = Counter::with(chain());
    counter.settle(&mut about, 0);
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.place("slack", Reason::FirstBreach, &alert(2, Priority::P2), 20);
    counter.look(&about, 21);
    counter.reply(1, &timeout(), 40);
    counter.look(&about, 400);
    assert_eq!((counter.waiting("slack").len(), counter.waiting("hook").len()), (1, 1));
}

/// Without room it waits; with no more than room for it, it goes.
#[test]
fn a_full_outbox_lets_nobody_stand_in() {
    let mut about = alert(1, Priority::P1);
    let mut counter = Counter::with(chain());
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX;
    counter.look(&about, 400);
    assert!(counter.waiting("slack").is_empty());
    counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX - 1;
    counter.look(&about, 401);
    assert_eq!(counter.waiting("slack").len(), 1);
}

/// That a target is stuck is told to the next of the chain, never to itself.
#[test]
fn a_target_is_not_told_in_the_stead_of_another_that_it_is_stuck() {
    let mut about = alert(1, Priority::P1);
    about.metric = Metric::BACKLOG_AGE;
    about.entity = crate::model::name::EntityId::new("slack").unwrap();
    let mut counter = Counter::with(chain());
    counter.settle(&mut about, 0);
    counter.reply(0, &timeout(), 20);
    counter.look(&about, 400);
    assert_eq!((counter.waiting("slack").len(), counter.waiting("hook").len()), (0, 1));
}

/// What nobody in the chain can take is told to its first; what is in hand to none.
#[test]
fn what_is_refused_while_none_takes_anything_goes_to_the_first() {
    for (in_hand, wanted) in [(false, 1), (true, 0)] {
        let mut about = alert(1, Priority::P1);
        let mut counter = Counter::with(chain());
        counter.settle(&mut about, 0);
        for lane in counter.dispatch.outbox.lanes.values_mut() {
            lane.standing_in = 1;
        }
        counter.reply(0, &Ok(Reply::empty(400)), 1);
        let (priority, at, lasts) = (Priority::P1, at(1).stamp(), Span::secs(9_000));
        let hand = Hand { by: "Ann".into(), via: "x".into(), priority, at, lasts };
        about.hand = in_hand.then(|| Box::new(hand));
        counter.look(&about, 1);
        assert_eq!(counter.waiting("slack").len(), wanted);
    }
}

#[test]
fn what_is_refused_while_there_is_no_room_goes_to_nobody() {
    for (room, wanted) in [(0, 0), (1, 1)] {
        let mut about = alert(1, Priority::P1);
        let mut counter = Counter::with(chain());
        counter.settle(&mut about, 0);
        for lane in counter.dispatch.outbox.lanes.values_mut() {
            lane.standing_in = 1;
        }
        // The one that is refused makes room.
        counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX + 1 - room;
        counter.reply(0, &Ok(Reply::empty(400)), 1);
        counter.look(&about, 1);
        assert_eq!(counter.waiting("slack").len(), wanted);
    }
}
