//! What one source does, minute by minute.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::feed::Cycle;
use super::world::{GUIDE, NOON, Outcome, Vendor, World};
use super::*;
use crate::limits::SAMPLE_AGE_MAX;
use crate::model::rng::Rng;
use crate::model::time::{ClockTrust, Span};

fn refuse(status: u16, data: bool) -> impl FnMut(&Vendor, Asked) -> Outcome {
    move |vendor, asked| match asked {
        Asked::Data(_) if data => Ok(Reply::empty(status)),
        Asked::Token if !data => Ok(Reply::empty(status)),
        Asked::Token | Asked::Data(_) | Asked::Webhook => vendor.good(asked),
    }
}

#[test]
fn each_bucket_is_asked_for_one_second_after_its_end() {
    let mut world = World::start(None, 1);
    world.run(45, Vendor::good);
    assert_eq!(world.polls(), [1, 11, 21, 31, 41]);
    let starts: Vec<i64> = world.observed.iter().map(|b| (b.start - NOON).whole_secs()).collect();
    assert_eq!(starts, [-10, 0, 10, 20, 30]);
    assert_eq!(world.poll.health().freshness, Freshness::Fresh);
    assert_eq!(world.said(Level::Info, "fresh data"), 1);
    assert_eq!(world.said(Level::Warn, "could not be read"), 0);
    let counted =
        Counters { polls: 5, answers: 5, tokens: 1, token_uses: 5, ..Counters::default() };
    assert_eq!(world.counters(), counted);
}

#[test]
fn what_cannot_be_read_of_an_answer_is_counted_and_said() {
    const CELLS: &str = r#""metrics":[
        {"metric":"calls_waiting","value":"7"},
        {"metric":"longest_wait","value":{}}]"#;
    let spoiled = |vendor: &Vendor, asked, from: &str, to: &str| match asked {
        Asked::Token | Asked::Webhook => vendor.good(asked),
        Asked::Data(_) => {
            let good = vendor.data(vendor.utc);
            let body = core::str::from_utf8(&good.body).unwrap().replace(from, to);
            Ok(Reply::new(200, "application/json", body)
                .with_header("date", &vendor.utc.http_date()))
        }
    };
    let counts = |world: &World| {
        let counters = world.counters();
        (counters.rows_refused, counters.cells_coerced, counters.cells_refused)
    };
    let mut world = World::start(None, 1);
    world.run(5, |vendor, asked| spoiled(vendor, asked, r#""queues":["#, r#""queues":[{},"#));
    assert_eq!((counts(&world), world.observed.len()), ((1, 0, 0), 1));
    assert_eq!(world.said(Level::Warn, "1 rows and 0 cells of the answer"), 1);
    let mut world = World::start(None, 1);
    world.run(25, |vendor, asked| spoiled(vendor, asked, r#""metrics":[]"#, CELLS));
    assert_eq!((counts(&world), world.observed.len()), ((0, 3, 3), 3));
    assert_eq!(world.said(Level::Warn, "0 rows and 1 cells of the answer"), 1);
}

#[test]
fn a_late_wake_misses_no_bucket() {
    let mut world = World::start(None, 1);
    world.lateness = Span(3);
    world.run(45, Vendor::good);
    assert_eq!(world.polls(), [1, 11, 21, 31, 41]);
}

#[test]
fn an_outcome_that_nobody_waits_for_is_ignored() {
    let mut world = World::start(None, 1);
    let away = |vendor: &Vendor, asked| match asked {
        Asked::Token | Asked::Webhook => vendor.good(asked),
        Asked::Data(_) => Ok(Reply::empty(503).with_header("retry-after", "5")),
    };
    world.run(3, away);
    // The bucket is being asked for, and its next try is not due yet.
    let before = world.counters();
    for asked in [Asked::Token, Asked::Data(0), Asked::Data(7)] {
        world.poll.answered(asked, Err(LinkFault::Timeout), &world.secrets, world.now);
    }
    assert_eq!(world.counters(), before);
    world.run(10, Vendor::good);
    assert_eq!(world.observed.len(), 1);
}

#[test]
fn the_page_of_an_entity_is_known() {
    let world = World::start(None, 1);
    let url = world.poll.monitoring_url(&EntityId::new("q1").unwrap()).unwrap();
    assert_eq!(&*url, "https://cxone.example/ui/realtime/queues/q1");
}

#[test]
fn what_was_observed_before_a_restart_is_not_asked_for_again() {
    let mut world = World::start(Some(NOON), 1);
    world.run(25, Vendor::good);
    assert_eq!(world.polls(), [11, 21]);
}

#[test]
fn a_spurious_wake_does_nothing() {
    let mut world = World::start(None, 1);
    world.run(15, Vendor::good);
    for _ in 0..10 {
        world.poll.wake(&world.secrets, world.now);
        world.poll.answered(Asked::Data(0), Err(LinkFault::Timeout), &world.secrets, world.now);
        assert_eq!(world.poll.next_step(), None);
    }
    assert_eq!(world.counters().link_faults, 0);
}

#[test]
fn a_poll_goes_on_while_its_token_is_renewed() {
    let mut world = World::start(None, 1);
    let mut tokens = 0;
    let vendor = |vendor: &Vendor, asked| match asked {
        Asked::Token if tokens > 0 => Ok(Reply::empty(503)),
        Asked::Token => {
            tokens += 1;
            Ok(vendor.token(3_600))
        }
        Asked::Data(_) | Asked::Webhook => vendor.good(asked),
    };
    world.run(3_595, vendor);
    assert_eq!(world.polls().len(), 360);
    assert!(matches!(world.poll.health().token, TokenState::Failing { .. }));
    let counters = world.counters();
    assert!(counters.tokens == 1 && counters.token_failures > 10, "{counters:?}");
    assert!((1..4).contains(&world.said(Level::Warn, "no new token")));
    assert!((1..3).contains(&world.said(Level::Error, "no new token")));
    world.run(3_700, refuse(503, false));
    assert_eq!(world.polls(), Vec::<i64>::new());
    assert_eq!(world.said(Level::Error, "the token has ended"), 1);
    let Freshness::Stale { why, .. } = &world.poll.health().freshness else {
        panic!("it is blind")
    };
    assert_eq!(why.to_string(), "there is no token to ask with: the platform answered 503");
    world.run(3_800, Vendor::good);
    assert!(world.polls().len() >= 4, "a token was found again");
}

#[test]
fn a_refused_token_is_replaced_and_the_secrets_read_again() {
    let mut world = World::start(None, 1);
    world.run(15, Vendor::good);
    world.asked.clear();
    let mut refusals = 0;
    world.run(25, |vendor, asked| {
        refusals += 1;
        if refusals == 1 { Ok(Reply::empty(401)) } else { vendor.good(asked) }
    });
    let asked: Vec<Asked> = world.asked.iter().map(|(_, asked)| *asked).collect();
    assert_eq!(asked, [Asked::Data(0), Asked::Token, Asked::Data(0)]);
    assert_eq!((world.rereads, world.observed.len()), (1, 3));
    world.run(625, refuse(401, true));
    let tokens = world.asked.iter().filter(|(_, asked)| *asked == Asked::Token).count();
    assert!(tokens < 25, "{tokens} tokens in ten minutes of refusals");
}

#[test]
fn a_failing_platform_is_tried_five_times_and_then_the_next_bucket() {
    let mut world = World::start(None, 1);
    world.run(10, refuse(503, true));
    let data = world.asked.iter().filter(|(_, asked)| *asked == Asked::Data(0));
    let at: Vec<i64> = data.map(|(at, _)| at.0).collect();
    assert!((4..=5).contains(&at.len()), "{at:?}");
    assert_eq!(world.counters().retries, world.counters().polls - 1);
    for (pair, least) in at.windows(2).zip([500, 1_000, 2_000, 4_000]) {
        assert!(pair[1] - pair[0] >= least, "{at:?}");
    }
    world.run(31, refuse(503, true));
    assert_eq!(world.said(Level::Warn, "no fresh data"), 1);
    world.run(45, Vendor::good);
    assert_eq!(world.observed.len(), 2);
}

#[test]
fn a_long_interval_has_no_room_for_a_sixth_try() {
    let slow = GUIDE.replace("interval_seconds = 10", "interval_seconds = 22");
    let mut world = World::with(&slow, None, 1);
    world.run(2_200, refuse(503, true));
    let counters = world.counters();
    assert!(counters.polls > 4 * counters.buckets_given_up);
    assert!(counters.polls <= 5 * (counters.buckets_given_up + 1));
}

#[test]
fn an_operators_fault_is_not_retried_and_said_once() {
    let mut world = World::start(None, 1);
    world.run(45, refuse(403, true));
    assert_eq!(world.polls(), [1, 11, 21, 31, 41]);
    assert_eq!(world.said(Level::Error, "answered 403"), 1);
    let counters = world.counters();
    assert_eq!((counters.vendor_faults, counters.buckets_given_up, counters.retries), (5, 5, 0));
    world.run(55, refuse(404, true));
    assert_eq!(world.said(Level::Error, "answered 404"), 1);
}

#[test]
fn a_missed_bucket_is_not_asked_for_later() {
    let mut world = World::start(None, 1);
    world.run(15, Vendor::good);
    world.pass(Tick(47_000));
    world.run(55, Vendor::good);
    assert_eq!(world.polls(), [1, 11, 51]);
}

#[test]
fn retry_after_holds_beyond_its_own_cycle() {
    let mut world = World::start(None, 1);
    world.run(2, |vendor, asked| match asked {
        Asked::Data(_) => Ok(Reply::empty(503).with_header("retry-after", "35")),
        Asked::Token | Asked::Webhook => vendor.good(asked),
    });
    world.run(60, Vendor::good);
    assert_eq!(world.polls(), [1, 41, 51]);
}

#[test]
fn three_refusals_open_the_breaker_and_the_rate_is_reduced_until_three_answers_came() {
    let mut world = World::start(None, 1);
    world.run(60, |vendor, asked| match asked {
        Asked::Data(_) => Ok(Reply::empty(429).with_header("retry-after", "2")),
        Asked::Token | Asked::Webhook => vendor.good(asked),
    });
    assert_eq!(world.said(Level::Warn, "too many requests: polling pauses"), 1);
    assert_eq!(world.counters().throttled, world.counters().polls);
    assert!(!matches!(world.poll.health().breaker, Breaker::Closed { .. }));
    world.polls();
    world.run(150, Vendor::good);
    assert_eq!(world.poll.health().breaker, Breaker::Closed { refusals: 0 });
    assert_eq!(world.polls(), [61, 76, 91, 101, 111, 121, 131, 141]);
    assert_eq!(world.said(Level::Info, "takes requests again"), 1);
}

#[test]
fn little_quota_slows_the_pace_without_overlap() {
    let mut world = World::start(None, 1);
    let mut left = [100, 19, 90, 90, 90, 90, 90, 90].into_iter();
    world.run(100, |vendor, asked| {
        let left = if asked == Asked::Token { None } else { left.next() };
        let header = |left: i32| {
            Ok(vendor.good(asked)?.with_header("x-ratelimit-remaining", &left.to_string()))
        };
        left.map_or_else(|| vendor.good(asked), header)
    });
    assert_eq!(world.polls(), [1, 11, 31, 46, 61, 71, 81, 91]);
    let ends = world.observed.iter().zip(world.observed.iter().skip(1));
    assert!(ends.into_iter().all(|(one, next)| next.start >= one.end()));
}

#[test]
fn an_old_answer_is_refused_counted_and_said() {
    let mut world = World::start(None, 1);
    world.run(15, Vendor::good);
    let late = SAMPLE_AGE_MAX + Span::secs(10);
    world.run(45, |vendor, _| Ok(vendor.data(UtcMs(vendor.utc.0 - late.0))));
    assert_eq!((world.observed.len(), world.counters().answers_untimely), (2, 3));
    assert_eq!(world.said(Level::Warn, "latency"), 1);
    world.run(55, Vendor::good);
    assert_eq!((world.observed.len(), &world.poll.health().freshness), (3, &Freshness::Fresh));
    world.run(65, |vendor, _| Ok(vendor.data(UtcMs(vendor.utc.0 - late.0))));
    assert_eq!(world.said(Level::Warn, "latency"), 2, "after good data trouble is news again");
}

#[test]
fn an_answer_that_was_counted_before_is_refused_whole() {
    let mut world = World::start(None, 1);
    world.run(15, Vendor::good);
    world.run(25, |vendor, _| Ok(vendor.data(UtcMs(vendor.utc.0 - 10_000))));
    assert_eq!((world.observed.len(), world.counters().answers_overlapping), (2, 1));
    assert_eq!(world.said(Level::Warn, "counted before"), 1);
}

#[test]
fn a_box_without_a_clock_works_by_the_vendors() {
    let mut world = World::start(None, 1);
    world.now.utc = UtcMs(3_000);
    world.vendor_ahead = NOON - UtcMs(3_000);
    world.run(45, Vendor::good);
    assert_eq!(world.polls(), [1, 11, 21, 31, 41]);
    assert_eq!(world.observed.len(), 5);
    let health = world.poll.health();
    assert_eq!(health.clock_trust, ClockTrust::HttpDate);
    assert!((health.clock_ahead.unwrap() - world.vendor_ahead).abs() < Span::secs(1));
    assert_eq!(world.said(Level::Warn, "ahead of ours"), 1);
}

#[test]
fn a_platform_whose_clock_is_behind_is_said_to_be_so() {
    let mut world = World::start(None, 1);
    world.vendor_ahead = Span::secs(-3_600);
    world.run(25, Vendor::good);
    assert_eq!(world.said(Level::Warn, "behind ours"), 1);
    assert_eq!(world.observed.len(), 3);
}

#[test]
fn a_missing_secret_is_named_and_looked_for_again() {
    let mut world = World::start(None, 1);
    let secrets = core::mem::take(&mut world.secrets);
    world.run(30, Vendor::good);
    assert_eq!(world.said(Level::Error, "client_secret could not be read from credential"), 1);
    assert!(world.asked.is_empty() && world.rereads > 2);
    world.secrets = secrets;
    world.run(100, Vendor::good);
    assert_eq!(world.poll.health().freshness, Freshness::Fresh);
}

#[test]
fn nothing_said_or_shown_holds_a_secret() {
    let mut world = World::start(None, 1);
    world.run(60, |vendor, asked| match asked {
        Asked::Data(_) => Ok(Reply::new(403, "text/plain", "you sent Bearer tokentoken")),
        Asked::Token | Asked::Webhook => vendor.good(asked),
    });
    let all = format!("{:?} {:?} {:?}", world.said, world.poll, world.poll.health());
    assert!(!all.contains("tokentok") && !all.contains("hunter2"), "{all}");
}

/// The worst vendor: any fault, any delay of its data, any quota, at random.
pub(super) fn random(vendor: &Vendor, asked: Asked, dice: &mut Rng) -> Outcome {
    let reply = match dice.next() % 12 {
        0 => return Err(LinkFault::Timeout),
        1 => Reply::empty(500),
        2 | 3 => Reply::empty(429),
        4 => Reply::empty(401),
        5 => Reply::empty(404),
        6 => Reply::new(200, "application/json", "{\"queues\":[]}"),
        7 if asked == Asked::Token => vendor.token(i64::try_from(dice.next() % 900).unwrap()),
        7 => vendor.data(UtcMs(vendor.utc.0 - i64::try_from(dice.next() % 60_000).unwrap())),
        _ => vendor.good(asked)?,
    };
    let quota = (dice.next() % 100).to_string();
    Ok(match dice.next() % 6 {
        0 => reply.with_header("retry-after", &(dice.next() % 40).to_string()),
        1 | 2 => reply.with_header("x-ratelimit-remaining", &quota),
        _ => reply,
    })
}

#[test]
fn no_outcome_of_the_world_breaks_the_rules() {
    for seed in 0..40 {
        let mut world = World::start(None, seed);
        let mut dice = Rng::new(seed);
        for secs in (5..7_200).step_by(5) {
            world.run(secs, |vendor, asked| random(vendor, asked, &mut dice));
            if let Cycle::Running(run) = world.poll.feeds[0].cycle {
                assert!(run.tries <= 5, "{seed}");
            }
        }
        let ends = world.observed.iter().zip(world.observed.iter().skip(1));
        assert!(ends.into_iter().all(|(one, next)| next.start >= one.end()), "{seed}");
        assert!(world.observed.len() > 50, "{seed}: {}", world.observed.len());
    }
}
