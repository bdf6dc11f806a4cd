//! What several requests of one source have to do with each other.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use log::Level;

use super::feed::Cycle;
use super::tests::random;
use super::world::{GUIDE, Vendor, World};
use super::{Asked, Freshness, Hearing};
use crate::model::http::Reply;
use crate::model::rng::Rng;
use crate::model::time::{Span, Tick};

/// The guide's queues, and a second request of every half minute.
fn two_feeds() -> String {
    let request = GUIDE.split_at(GUIDE.find("[[request]]").unwrap()).1;
    let slow = request.replace("name = \"queues\"", "name = \"slow\"\ninterval_seconds = 30");
    format!("{GUIDE}\n{slow}")
}

#[test]
fn all_requests_of_a_definition_are_made_for_each_bucket() {
    let request = GUIDE.split_at(GUIDE.find("[[request]]").unwrap()).1;
    let mut world = World::with(&format!("{GUIDE}\n{request}"), None, 1);
    let second_fails = |vendor: &Vendor, asked| match asked {
        Asked::Data(0) if vendor.utc.0 % 20_000 < 10_000 => Ok(Reply::empty(404)),
        Asked::Data(_) | Asked::Token | Asked::Webhook => vendor.good(asked),
    };
    world.run(29, second_fails);
    let data = |asked: &&(Tick, Asked)| asked.1 != Asked::Token;
    let asked: Vec<Asked> = world.asked.iter().filter(data).map(|(_, asked)| *asked).collect();
    assert_eq!(asked, [Asked::Data(0), Asked::Data(1)].repeat(3));
    assert_eq!(world.observed.len(), 4);
}

#[test]
fn each_request_keeps_its_own_interval() {
    let mut world = World::with(&two_feeds(), None, 1);
    world.run(65, Vendor::good);
    let of = |index| {
        let asked = world.asked.iter().filter(|(_, asked)| *asked == Asked::Data(index));
        asked.map(|(at, _)| at.0 / 1_000).collect::<Vec<i64>>()
    };
    assert_eq!((of(0), of(1)), ([1, 11, 21, 31, 41, 51, 61].to_vec(), [1, 31, 61].to_vec()));
    assert_eq!(world.poll.health().interval, Span::secs(10));
}

#[test]
fn one_failing_request_makes_the_source_stale_and_the_other_goes_on() {
    let mut world = World::with(&two_feeds(), None, 1);
    world.run(65, |vendor, asked| match asked {
        Asked::Data(1) => Ok(Reply::empty(404)),
        Asked::Data(_) | Asked::Token | Asked::Webhook => vendor.good(asked),
    });
    assert_eq!(world.observed.len(), 7);
    let Freshness::Stale { since, .. } = world.poll.health().freshness else { panic!("blind") };
    assert_eq!(since.tick, Tick(0));
    assert_eq!(world.said(Level::Error, "slow: no fresh data: the platform answered 404"), 1);
}

#[test]
fn what_one_request_is_told_binds_the_others() {
    let mut world = World::with(&two_feeds(), None, 1);
    world.run(2, |vendor, asked| match asked {
        Asked::Data(1) => Ok(Reply::empty(503).with_header("retry-after", "35")),
        Asked::Data(_) | Asked::Token | Asked::Webhook => vendor.good(asked),
    });
    assert_eq!(world.polls(), [1]);
    world.run(60, Vendor::good);
    assert_eq!(world.polls(), [41, 51]);
}

#[test]
fn a_token_that_two_requests_were_refused_with_is_replaced_once() {
    let mut world = World::with(&two_feeds(), None, 1);
    let mut refusals = 0;
    world.run(9, |vendor, asked| match asked {
        Asked::Data(_) if refusals < 2 => {
            refusals += 1;
            Ok(Reply::empty(401))
        }
        Asked::Data(_) | Asked::Token | Asked::Webhook => vendor.good(asked),
    });
    let tokens = world.asked.iter().filter(|(_, asked)| *asked == Asked::Token).count();
    assert_eq!((tokens, world.observed.len()), (2, 2));
}

#[test]
fn no_outcome_of_the_world_breaks_the_rules_of_two_requests() {
    for seed in 0..20 {
        let mut world = World::with(&two_feeds(), None, seed);
        let mut dice = Rng::new(seed);
        for secs in (5..7_200).step_by(5) {
            world.run(secs, |vendor, asked| random(vendor, asked, &mut dice));
            for feed in &world.poll.feeds {
                assert!(!matches!(feed.cycle, Cycle::Running(run) if run.tries > 5), "{seed}");
            }
        }
        assert!(world.observed.len() > 50, "{seed}: {}", world.observed.len());
    }
}

#[test]
fn a_few_requests_at_once_are_enough_and_the_others_follow() {
    let request = GUIDE.split_at(GUIDE.find("[[request]]").unwrap()).1;
    let five = format!("{GUIDE}\n{}", [request; 4].concat());
    let mut world = World::with(&five, None, 1);
    world.run(9, Vendor::good);
    let data = world.asked.iter().filter(|(_, asked)| *asked != Asked::Token);
    let at: Vec<(i64, Asked)> = data.map(|(at, asked)| (at.0, *asked)).collect();
    let wanted = [(1_200, 0), (1_200, 1), (1_200, 2), (1_400, 3), (1_400, 4)];
    assert_eq!(at, wanted.map(|(at, index)| (at, Asked::Data(index))));
    assert_eq!(world.observed.len(), 5);
}

#[test]
fn while_webhooks_are_silent_what_is_asked_seldom_is_asked_every_minute() {
    let text = two_feeds().replace("interval_seconds = 30", "interval_seconds = 300");
    let of = |world: &mut World, index| {
        let asked = core::mem::take(&mut world.asked).into_iter();
        let these = asked.filter(|(_, asked)| *asked == Asked::Data(index));
        these.map(|(at, _)| at.0 / 1_000).collect::<Vec<i64>>()
    };
    let mut world = World::with(&text, None, 1);
    world.run(650, Vendor::good);
    assert_eq!(of(&mut world, 1), [1, 301, 601]);
    world.poll.hear_webhooks(Hearing::Silence, &world.secrets, world.now);
    world.run(800, Vendor::good);
    assert_eq!(of(&mut world, 1), [661, 721, 781]);
    world.run(850, Vendor::good);
    assert_eq!(of(&mut world, 0), [801, 811, 821, 831, 841], "as often as ever");
    world.poll.hear_webhooks(Hearing::AsUsual, &world.secrets, world.now);
    world.run(1_300, Vendor::good);
    assert_eq!(of(&mut world, 1), [1_201]);
    assert_eq!(world.counters().answers_overlapping, 0);
}

#[test]
fn without_quota_nothing_is_asked_faster() {
    let text = two_feeds().replace("interval_seconds = 30", "interval_seconds = 300");
    let mut world = World::with(&text, None, 1);
    let poor = |vendor: &Vendor, asked| {
        let reply = vendor.good(asked)?;
        Ok(reply.with_header("x-ratelimit-remaining", "1").with_header("x-ratelimit-limit", "99"))
    };
    world.run(650, poor);
    world.poll.hear_webhooks(Hearing::Silence, &world.secrets, world.now);
    world.asked.clear();
    world.run(1_300, poor);
    let slow = world.asked.iter().filter(|(_, asked)| *asked == Asked::Data(1)).count();
    assert_eq!(slow, 1);
}
