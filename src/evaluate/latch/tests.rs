//! A latch under verdicts that come, stay away and contradict each other.

use super::*;
use crate::evaluate::fixtures::{now, rule};
use crate::evaluate::rate::Value;
use crate::evaluate::threshold::{Why, judge};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A rule over 15, whose margin reaches down to 13.5.
fn delayed(on: i64, off: i64) -> Rule {
    let (on_delay, off_delay) = (Span::secs(on), Span::secs(off));
    Rule { on_delay, off_delay, ..rule("calls_waiting", ">=", 15.0) }
}

/// The moment of a sample that is asked for every ten seconds.
fn polled(second: i64) -> Moment {
    Moment { at: now(second).stamp(), every: Some(Span::secs(10)) }
}

fn pushed(second: i64) -> Moment {
    Moment { every: None, ..polled(second) }
}

/// What a value at a moment does: `B`egins, `l`asts, `c`lears, `E`nds, `x` was too short.
fn turn(latch: &mut Latch, rule: &Rule, moment: Moment, value: f64) -> char {
    match latch.observe(judge(rule, Value::Exact(value), None, &|_| None), moment, rule) {
        Turn::Due(..) => {
            latch.begin();
            'B'
        }
        Turn::Lasts(_) => 'l',
        Turn::Clears(..) => 'c',
        Turn::Ended(_) => 'E',
        Turn::Brief => 'x',
        Turn::Same => '.',
    }
}

/// A value each ten seconds.
fn turns(rule: &Rule, values: &[f64]) -> String {
    let mut latch = Latch::default();
    let values = (0..).step_by(10).zip(values);
    values.map(|(second, value)| turn(&mut latch, rule, polled(second), *value)).collect()
}

/// One value at several seconds.
fn during(latch: &mut Latch, rule: &Rule, seconds: Range<usize>, value: f64) -> String {
    let seconds = seconds.step_by(10).map(|second| i64::try_from(second).unwrap());
    seconds.map(|second| turn(latch, rule, polled(second), value)).collect()
}

#[test]
fn a_value_on_the_line_does_not_flap() {
    let at_once = delayed(0, 0);
    assert_eq!(turns(&at_once, &[14.0, 15.0, 14.0, 15.0, 14.0, 15.0]), ".Bllll");
    assert_eq!(turns(&at_once, &[15.0, 13.6, 13.5, 14.9, 15.0]), "BlE.B");
}

#[test]
fn what_nobody_knows_changes_nothing() {
    let run = Run::begin(polled(0));
    let rule = delayed(60, 60);
    for mut latch in [Latch::Clear, Latch::Pending(run), Latch::Breached, Latch::Clearing(run)] {
        let before = latch;
        let unknown = Verdict::Unknown(Why::NoValue);
        assert_eq!(latch.observe(unknown, polled(10), &rule), Turn::Same);
        assert_eq!(latch, before);
    }
}

#[test]
fn a_breach_begins_when_it_has_lasted_the_on_delay() {
    let rule = delayed(60, 0);
    assert_eq!(turns(&rule, &[20.0; 8]), "......Bl");
    let mut latch = Latch::default();
    assert_eq!(during(&mut latch, &rule, 0..60, 20.0), "......");
    let late = judge(&rule, Value::Exact(20.0), None, &|_| None);
    let Turn::Due(_, since) = latch.observe(late, polled(60), &rule) else { panic!("due") };
    assert_eq!(since, now(0).stamp(), "it counts from the first sample in breach");
    let brief = [20.0, 20.0, 20.0, 20.0, 20.0, 20.0, 3.0, 20.0];
    assert_eq!(turns(&rule, &brief), "......x.");
}

#[test]
fn a_breach_without_room_is_due_again() {
    let rule = delayed(10, 0);
    let mut latch = Latch::default();
    let breach = judge(&rule, Value::Exact(20.0), None, &|_| None);
    for (second, is_due) in [(0, false), (10, true), (20, true), (200, false), (210, true)] {
        let turn = latch.observe(breach, polled(second), &rule);
        assert_eq!(matches!(turn, Turn::Due(..)), is_due, "at {second}");
    }
}

#[test]
fn an_alert_ends_when_it_was_clear_for_the_off_delay() {
    let rule = delayed(0, 30);
    assert_eq!(turns(&rule, &[20.0, 3.0, 3.0, 3.0, 3.0, 3.0]), "BcccE.");
    assert_eq!(turns(&rule, &[20.0, 3.0, 3.0, 3.0, 20.0, 3.0, 3.0, 3.0, 3.0]), "BccclcccE");
}

#[test]
fn a_value_between_stops_either_clock() {
    let on = delayed(30, 0);
    // It raises nothing, and takes back nothing.
    assert_eq!(turns(&on, &[20.0, 14.0, 20.0, 20.0, 14.0, 14.0, 20.0]), "......B");
    let off = delayed(0, 30);
    assert_eq!(turns(&off, &[20.0, 3.0, 14.0, 3.0, 3.0, 14.0, 14.0, 3.0]), "BccccccE");
    // For longer than a gap may be, it is neither clear nor in breach.
    let mut long = [14.0; 11];
    (long[0], long[1], long[9], long[10]) = (20.0, 20.0, 20.0, 20.0);
    assert_eq!(turns(&on, &long), "...........");
}

#[test]
fn a_gap_pauses_the_clock_and_a_long_one_sets_it_back() {
    let rule = delayed(30, 30);
    for (value, start) in [(20.0, Latch::Clear), (3.0, Latch::Breached)] {
        let mut latch = start;
        let mut is_over =
            |second: i64| matches!(turn(&mut latch, &rule, polled(second), value), 'B' | 'E');
        // One of ten seconds is missing, then 60 s: at the most what may be.
        let over: Vec<i64> = [0, 10, 30, 100].into_iter().filter(|at| is_over(*at)).collect();
        assert_eq!(over, [100], "from {start:?}");
        let mut latch = start;
        let mut is_over =
            |second: i64| matches!(turn(&mut latch, &rule, polled(second), value), 'B' | 'E');
        // A second more begins it anew.
        let seconds = [0, 10, 30, 101, 111, 121, 131];
        let over: Vec<i64> = seconds.into_iter().filter(|at| is_over(*at)).collect();
        assert_eq!(over, [131], "from {start:?}");
    }
}

#[test]
fn a_gap_may_be_as_long_as_three_intervals_or_as_the_file_says() {
    let slow = |second| Moment { every: Some(Span::secs(300)), ..polled(second) };
    let begins = |rule: &Rule, last: i64| {
        let mut latch = Latch::default();
        turn(&mut latch, rule, slow(0), 20.0);
        turn(&mut latch, rule, slow(last), 20.0)
    };
    let rule = delayed(300, 0);
    assert_eq!([begins(&rule, 300), begins(&rule, 1_200), begins(&rule, 1_201)], ['B', 'B', '.']);
    let none = Rule { gap_tolerance: Some(Span::ZERO), ..rule };
    assert_eq!([begins(&none, 450), begins(&none, 451)], ['B', '.']);
}

#[test]
fn a_clock_that_jumps_proves_nothing() {
    let rule = delayed(30, 0);
    let mut latch = Latch::default();
    let mut all = String::new();
    for second in [0, 10, 610, 620, 20, 30, 40] {
        all.push(turn(&mut latch, &rule, polled(second), 20.0));
    }
    assert_eq!(all, "......B");
}

#[test]
fn what_is_pushed_stands_at_once() {
    let rule = delayed(30, 60);
    let mut latch = Latch::default();
    assert_eq!(turn(&mut latch, &rule, pushed(5), 20.0), 'B');
    assert_eq!(turn(&mut latch, &rule, pushed(6), 14.0), 'l', "it proves neither");
    assert_eq!(turn(&mut latch, &rule, pushed(7), 3.0), 'E');
    assert_eq!(turn(&mut latch, &rule, pushed(8), 14.0), '.');
}

#[test]
fn what_is_pushed_ends_a_delay_of_samples() {
    let rule = delayed(30, 60);
    let mut latch = Latch::default();
    assert_eq!(turn(&mut latch, &rule, polled(0), 20.0), '.');
    let breach = judge(&rule, Value::Exact(20.0), None, &|_| None);
    let Turn::Due(_, since) = latch.observe(breach, pushed(5), &rule) else { panic!("due") };
    assert_eq!(since, now(0).stamp(), "the samples had seen it begin");
    latch.begin();
    // Samples end by the delay what was pushed, and begin by it what a word ended.
    assert_eq!(during(&mut latch, &rule, 10..60, 3.0), "ccccc");
    assert_eq!(turn(&mut latch, &rule, pushed(61), 3.0), 'E');
    assert_eq!(during(&mut latch, &rule, 70..110, 20.0), "...B");
    assert_eq!(turn(&mut latch, &rule, pushed(111), 3.0), 'E');
    assert_eq!(turn(&mut latch, &rule, polled(120), 20.0), '.');
    assert_eq!(turn(&mut latch, &rule, pushed(121), 3.0), 'x');
}

#[test]
fn what_is_pushed_lends_no_time_to_the_samples() {
    let rule = delayed(30, 0);
    let mut latch = Latch::default();
    let mut all = String::new();
    for (moment, value) in [(polled(0), 20.0), (pushed(5), 14.0), (polled(10), 20.0)] {
        all.push(turn(&mut latch, &rule, moment, value));
    }
    assert_eq!(all + &during(&mut latch, &rule, 20..50, 20.0), ".....B");
}
