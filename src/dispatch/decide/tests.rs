//! What is told of a breach that is seen every ten seconds, and when.

use super::*;
use crate::dispatch::fixtures::{alert, at};
use crate::dispatch::telling::{begin, climb, follow, held, told};
use crate::model::alert::Breach;
use crate::model::route::Rung;
use crate::model::rule::Priority;
use crate::model::telling::TellingState;
use alloc::string::String;

/// Runs a breach that is seen every ten seconds, and says what was told at which second.
fn story(seconds: core::ops::Range<i64>, situation: impl Fn(i64) -> Situation<'static>) -> String {
    let alert = alert(1, Priority::P1);
    let mut telling = begin(&alert, &alert.worst);
    run(&mut telling, seconds, situation)
}

fn run(
    telling: &mut Telling,
    seconds: core::ops::Range<i64>,
    situation: impl Fn(i64) -> Situation<'static>,
) -> String {
    let mut log = String::new();
    for second in seconds.step_by(10) {
        let rung = (telling.climb.rungs == 0).then(|| Span::secs(600));
        match decide(telling, &Situation { rung, ..situation(second) }) {
            Verdict::Tell(reason) => {
                if reason == Reason::Escalation {
                    climb(telling, &Rung::default());
                }
                told(telling, reason, at(second));
                log.push_str(&alloc::format!("{second} {} ", reason.as_str()));
            }
            Verdict::Digest if telling.digest_since.is_none() => {
                telling.digest_since = Some(at(second).tick);
                log.push_str(&alloc::format!("{second} digest "));
            }
            Verdict::Digest => {}
            Verdict::Hold(hold) => held(telling, hold),
        }
    }
    log
}

/// With guide 2's repeats.
fn situation(second: i64) -> Situation<'static> {
    Situation {
        outranked: Outranked::No,
        freed: None,
        suppressed: None,
        settling: Settling::No,
        handed: Handed::No,
        value: Side::InBreach,
        route: Way::AtOnce,
        rung: None,
        digest_after: None,
        repeats: &[],
        max_quiet: Span::secs(400),
        now: at(second).tick,
    }
}

const RATE: [Span; 3] = [Span::secs(900), Span::secs(3_600), Span::secs(100)];

#[test]
fn without_a_rate_it_is_repeated_after_each_cooldown() {
    assert_eq!(story(0..300, situation), "0 first_breach ");
    assert_eq!(story(0..310, situation), "0 first_breach 300 repeat ");
}

#[test]
fn a_breach_is_told_once_and_repeated_at_a_falling_rate() {
    let log = story(0..6_000, |second| Situation { repeats: &RATE, ..situation(second) });
    // The escalation is a notice, too. The last figure goes on, and the cooldown is the least.
    let wanted = "0 first_breach 600 escalation 1500 repeat 5100 repeat 5400 repeat 5700 repeat ";
    assert_eq!(log, wanted);
}

#[test]
fn each_rung_bypasses_the_cooldown_once() {
    let log = story(0..1_500, situation);
    assert_eq!(log, "0 first_breach 300 repeat 600 escalation 900 repeat 1200 repeat ");
}

#[test]
fn an_old_breach_speaks_only_in_the_digest() {
    for repeats in [&[], RATE.as_slice()] {
        let log = story(900..4_000, |second| Situation {
            digest_after: Some(Span::secs(1_800)),
            repeats,
            ..situation(second)
        });
        let repeats = if repeats.is_empty() { "1210 repeat 1510 repeat " } else { "" };
        let digest = if repeats.is_empty() { 1800 } else { 1810 };
        let wanted = alloc::format!("900 first_breach 910 escalation {repeats}{digest} digest ");
        assert_eq!(log, wanted);
    }
}

#[test]
fn a_new_breach_within_the_cooldown_of_the_last_notice_waits() {
    let first = alert(1, Priority::P1);
    let mut telling = begin(&first, &first.worst);
    told(&mut telling, Reason::FirstBreach, at(0));
    let second = alert(2, Priority::P1);
    follow(&mut telling, &second, &Breach { since: at(100).stamp(), ..second.worst.clone() });
    assert_eq!((telling.notification_count, telling.state), (0, TellingState::Active));
    assert_eq!(run(&mut telling, 100..600, situation), "300 first_breach ");
}

#[test]
fn what_is_there_again_is_a_duplicate_until_the_quiet_has_lasted_long_enough() {
    let alert = alert(1, Priority::P1);
    let mut telling = begin(&alert, &alert.worst);
    told(&mut telling, Reason::FirstBreach, at(0));
    telling.raise = Raise::Over { since: at(100).tick };
    telling.last_told = Some(at(100).stamp());
    follow(&mut telling, &alert, &Breach { since: at(150).stamp(), ..alert.worst.clone() });
    assert_eq!(decide(&telling, &situation(490)), Verdict::Hold(Hold::Duplicate));
    // The ladder stood still between the two: 600 s of breach are over at 650.
    assert_eq!(run(&mut telling, 150..700, situation), "500 reopened 650 escalation ");
}

#[test]
fn a_lower_priority_is_silent_while_a_higher_one_speaks() {
    let outranked = |second| Situation { outranked: Outranked::Yes, ..situation(second) };
    assert_eq!(story(0..2_000, outranked), "");
}

#[test]
fn a_suppressed_alert_is_silent_and_speaks_when_the_cause_is_gone() {
    let storm = |second| Situation {
        suppressed: (second < 500).then_some(Hold::Storm),
        ..situation(second)
    };
    assert_eq!(story(0..590, storm), "500 first_breach ");
}

#[test]
fn what_is_unstable_is_told_once_and_once_how_it_settles() {
    let flapping = |second: i64| Situation {
        suppressed: (100..1_000).contains(&second).then_some(Hold::Flapping),
        settling: if second >= 1_000 { Settling::Yes } else { Settling::No },
        ..situation(second)
    };
    let log = story(0..1_010, flapping);
    assert_eq!(log, "0 first_breach 100 unstable 600 escalation 1000 settled ");
    // A hold without end is repeated at the rate that the route has in the end.
    let for_ever = |second| Situation {
        suppressed: Some(Hold::Flapping),
        repeats: const { &[Span::secs(60), Span::secs(2_000)] },
        ..situation(second)
    };
    assert_eq!(story(0..3_000, for_ever), "0 unstable 600 escalation 2600 unstable ");
}

#[test]
fn what_is_in_hand_waits() {
    let handed = |second| Situation {
        handed: match second {
            100..1_000 => Handed::Yes,
            1_000 => Handed::Lapsed,
            _ => Handed::No,
        },
        ..situation(second)
    };
    let wanted = "0 first_breach 1000 lapsed 1010 escalation 1310 repeat ";
    assert_eq!(story(0..1_400, handed), wanted);
}

#[test]
fn while_the_value_is_clear_nothing_is_told() {
    let clear = |second| Situation {
        value: if second < 700 { Side::Clear } else { Side::InBreach },
        ..situation(second)
    };
    assert_eq!(story(0..710, clear), "700 first_breach ");
}

#[test]
fn a_route_to_the_digest_never_speaks_at_once() {
    let digest = |second| Situation { route: Way::InDigest, ..situation(second) };
    assert_eq!(story(0..2_000, digest), "0 digest ");
}
