//! Flap damping: an alert that comes and goes is told once as unstable, and once how it settles.
//!
//! Each raise adds to a penalty that decays with time; a high one holds the alert, a low one lets
//! it go. Counting checks instead, as others do, breaks where events come at no fixed pace.
//!
//! A raise is what people would hear of: an alert that opens, anew or again. A value that bounces
//! while its alert is still open wakes nobody, since the off-delay has damped it already; to call
//! that unstable would be one notice more and a later word that it is over. So a queue's rule with
//! five minutes of off-delay is never held, and one without is held by the third raise of a minute.
//!
//! # Promises
//! - `what_comes_and_goes_each_minute_is_held_by_its_third_raise`
//! - `a_queue_that_fails_every_five_minutes_is_never_held`
//! - `the_release_is_never_later_than_the_cap`
//! - `the_severity_going_up_and_down_counts_a_quarter`

use crate::model::alert::{Alert, Phase};
use crate::model::flap::{Figures, Flap, Pace, RAISE, RELEASE, WOBBLE};
use crate::model::time::{Span, Stamp, Tick};

/// An alert has opened.
pub(super) fn raised(alert: &mut Alert, pace: Pace, at: Stamp) {
    let flap = &mut alert.flap;
    decay(flap, at.tick);
    if flap.penalty < RELEASE {
        flap.raises = 0;
    }
    flap.pace = pace;
    flap.raises = flap.raises.saturating_add(1);
    add(alert, RAISE, at);
}

/// The penalty at a moment.
pub(super) fn penalty(flap: &Flap, now: Tick) -> f32 {
    let mut flap = *flap;
    decay(&mut flap, now);
    flap.penalty
}

/// Looks at an alert as an answer or the time has left it: whether another severity speaks for it
/// now, and whether it is let go. One answer may begin or end several of its rules, and that is one
/// change at the most.
pub(super) fn look(alert: &mut Alert, now: Stamp) -> Looked {
    let leads = (alert.phase == Phase::Detected).then(|| alert.leading().priority);
    let led = core::mem::replace(&mut alert.flap.led, leads);
    if led.zip(leads).is_some_and(|(led, leads)| led != leads) {
        decay(&mut alert.flap, now.tick);
        add(alert, WOBBLE, now);
    }
    match alert.flap.release {
        Some(release) if release <= now.tick => {
            alert.flap.release = None;
            alert.suppression.flapping = None;
            Looked::Released
        }
        _ => Looked::AsItWas,
    }
}

/// What looking at an alert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// It is believed again.
    Released,
    /// Nothing.
    AsItWas,
}

fn add(alert: &mut Alert, points: f32, at: Stamp) {
    let Some(figures) = alert.flap.pace.figures() else { return };
    alert.flap.penalty = (alert.flap.penalty + points).min(figures.most);
    if alert.suppression.flapping.is_some() || alert.flap.penalty > figures.hold {
        alert.suppression.flapping.get_or_insert(at);
        alert.flap.release = Some(release(alert.flap.penalty, figures, at.tick));
    }
}

fn decay(flap: &mut Flap, now: Tick) {
    let Some(figures) = flap.pace.figures() else {
        *flap = Flap { at: now, pace: flap.pace, ..Flap::default() };
        return;
    };
    flap.penalty *= remaining((now - flap.at).max(Span::ZERO), figures.half_life);
    flap.at = now;
}

/// When a penalty has fallen below the line of release: by halves, and then by the second.
fn release(penalty: f32, figures: Figures, now: Tick) -> Tick {
    let step = Span::secs(1);
    let mut span = Span::ZERO;
    let mut left = penalty;
    while left >= RELEASE * 2.0 {
        left /= 2.0;
        span = span + figures.half_life;
    }
    let a_step = remaining(step, figures.half_life);
    while left >= RELEASE {
        left *= a_step;
        span = span + step;
    }
    now + span
}

/// `2 ^ (-span / half_life)`: halves by halving, the rest by the series of the exponential, whose
/// seventh term is below what an `f32` holds.
fn remaining(span: Span, half_life: Span) -> f32 {
    let (halves, rest) = (span.0 / half_life.0, Span(span.0 % half_life.0));
    if halves > HALVES_MAX {
        return 0.0;
    }
    let share = millis(rest) / millis(half_life);
    let x = -share * core::f32::consts::LN_2;
    let series = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0].into_iter().fold(1.0, |sum, n| 1.0 + sum * x / n);
    (0..halves).fold(series, |left, _| left / 2.0)
}

/// After so many halves nothing is left of the highest penalty.
const HALVES_MAX: i64 = 32;

/// A length in milliseconds; 18 h stand for all that is longer.
pub(super) fn millis(length: Span) -> f32 {
    let seconds = u16::try_from(length.whole_secs()).unwrap_or(u16::MAX);
    let rest = u16::try_from(length.0 % 1_000).unwrap_or(0);
    f32::from(seconds) * 1_000.0 + f32::from(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule};
    use crate::model::rule::Rule;
    use crate::model::time::{Now, UtcMs};
    use alloc::vec::Vec;

    fn at(second: i64) -> Stamp {
        Now { utc: UtcMs(0), ..now(second) }.stamp()
    }

    fn stamp(tick: Tick) -> Stamp {
        Stamp { tick, utc: UtcMs(0) }
    }

    fn quiet() -> Alert {
        let mut evaluate = evaluate(Vec::from([rule("calls_waiting", ">=", 15.0)]));
        evaluate.observe(0, &answer_of_waiting("q", 22.0), now(0));
        let alert = evaluate.alerts.iter().next().unwrap().clone();
        Alert { flap: Flap::default(), ..alert }
    }

    /// Raised every so many seconds until it is held, at most forty times: the raise that held it,
    /// and how many minutes after that it was let go.
    fn held(pace: Pace, every: i64) -> Option<(i64, i64)> {
        let mut alert = quiet();
        for raise in 1..=40 {
            let moment = at((raise - 1) * every);
            raised(&mut alert, pace, moment);
            if alert.suppression.flapping == Some(moment) {
                let release = alert.flap.release.unwrap();
                assert_eq!(look(&mut alert, stamp(release + Span::secs(-1))), Looked::AsItWas);
                assert_eq!(look(&mut alert, stamp(release)), Looked::Released);
                assert_eq!((alert.flap.release, alert.suppression.flapping), (None, None));
                assert!(penalty(&alert.flap, release) < RELEASE);
                assert!(penalty(&alert.flap, release + Span::secs(-2)) >= RELEASE);
                return Some((raise, (release - moment.tick).whole_secs() / 60));
            }
        }
        None
    }

    #[test]
    fn what_comes_and_goes_each_minute_is_held_by_its_third_raise() {
        // The figures that others have found, too, by simulation.
        assert_eq!(held(Pace::Slow, 60), Some((3, 29)));
        assert_eq!(held(Pace::Slow, 300), Some((3, 25)));
        assert_eq!(held(Pace::Slow, 900), None);
        assert_eq!([held(Pace::Fast, 20), held(Pace::Fast, 60)], [Some((3, 9)), Some((3, 9))]);
        assert_eq!(held(Pace::Off, 1), None);
    }

    #[test]
    fn a_queue_that_fails_every_five_minutes_is_never_held() {
        assert_eq!(held(Pace::Fast, 300), None);
    }

    #[test]
    fn the_release_is_never_later_than_the_cap() {
        for (pace, cap) in [(Pace::Slow, 60), (Pace::Fast, 30)] {
            let mut alert = quiet();
            (0..10_000).for_each(|second| raised(&mut alert, pace, at(second)));
            let left = alert.flap.release.unwrap() - at(9_999).tick;
            assert!((cap - 1..=cap).contains(&(left.whole_secs() / 60)), "{pace:?}: {left}");
        }
    }

    #[test]
    fn the_severity_going_up_and_down_counts_a_quarter() {
        let mut evaluate = evaluate(Vec::from([
            Rule { origin: "a:2".into(), ..rule("calls_waiting", ">=", 15.0) },
            Rule { priority: crate::model::rule::Priority::P2, ..rule("calls_waiting", ">=", 5.0) },
        ]));
        let mut second = 0;
        let mut say = |waiting: f64| {
            second += 1;
            evaluate.observe(0, &answer_of_waiting("q", waiting), now(second));
            let alert = evaluate.alerts.iter().next().unwrap();
            (alert.flap.penalty, alert.suppression.flapping.is_some())
        };
        assert!((say(8.0).0 - 1_000.0).abs() < 1.0);
        assert!((say(22.0).0 - 1_248.0).abs() < 1.0);
        assert!((say(8.0).0 - 1_495.0).abs() < 1.0);
        for waiting in [22.0, 8.0, 22.0, 8.0] {
            assert!(!say(waiting).1);
        }
        assert!(say(22.0).1);
    }

    #[test]
    fn a_penalty_decays_as_its_half_life_says() {
        let mut flap = Flap { pace: Pace::Slow, penalty: 1_000.0, ..Flap::default() };
        for (second, wanted) in [(0, 1_000.0), (450, 707.107), (900, 500.0), (2_250, 176.777)] {
            assert!((penalty(&flap, at(second).tick) - wanted).abs() < 0.001, "{second}");
        }
        assert!(penalty(&flap, at(900 * 40).tick) < f32::EPSILON);
        flap.pace = Pace::Off;
        assert!(penalty(&flap, at(0).tick) < f32::EPSILON);
    }

    #[test]
    fn raises_are_counted_from_the_last_quiet() {
        let mut alert = quiet();
        for (second, wanted) in [(0, 1), (10, 2), (20, 3), (2_000, 1)] {
            raised(&mut alert, Pace::Fast, at(second));
            assert_eq!(alert.flap.raises, wanted);
        }
    }
}
