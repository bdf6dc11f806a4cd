//! Windows and silences as the clocks go: when each opens, closes, reminds and ends.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::civil::{DateTime, Weekday};

use super::*;
use crate::model::matcher::Matcher;
use crate::model::recurrence::{DayRule, Days, Frequency, Recurrence, Times};
use crate::model::route::Routes;
use crate::model::time::{Span, Stamp};
use crate::model::window::When;
use crate::model::zone::Zone;

/// A day of this century at its first second.
const DAY: i64 = 1_800_057_600;

/// A second of that day, by a clock that is believed.
fn at(second: i64) -> Now {
    Now { tick: Tick(second * 1_000), utc: utc(second), trust: ClockTrust::Ntp }
}

fn utc(second: i64) -> UtcMs {
    UtcMs((DAY + second) * 1_000)
}

fn window(name: &str, from: i64, to: i64) -> Window {
    Window {
        name: WindowName::new(name).unwrap(),
        zone: Zone::utc(),
        when: When::Once { from: utc(from), to: utc(to) },
        matcher: Some(Matcher::default()),
    }
}

/// What has happened: `opened w, closed w`; nothing where there was nothing to look for.
fn looked(mutes: &mut Mutes, windows: &[Window], now: Now) -> String {
    let Some(turns) = mutes.look(windows, now) else { return "-".into() };
    let said = turns.iter().map(|turn| match turn {
        Turn::Opened(name) => format!("opened {name}"),
        Turn::Closed(open) => format!("closed {}", open.name),
        Turn::Silenced(id) => format!("silenced {id}"),
        Turn::Reminder(id) => format!("reminder {id}"),
        Turn::Expired(silence) => format!("expired {}", silence.id),
    });
    said.collect::<Vec<_>>().join(", ")
}

fn mutes(windows: &[Window]) -> Mutes {
    Mutes::restore(windows, Vec::new(), Vec::new())
}

fn restarted(windows: &[Window], mutes: &Mutes) -> Mutes {
    let silences = mutes.silences.values().cloned().collect();
    Mutes::restore(windows, mutes.all_open().cloned().collect(), silences)
}

#[test]
fn a_window_opens_and_closes_once() {
    let windows = [window("w", 100, 200)];
    let mut mutes = mutes(&windows);
    assert_eq!(looked(&mut mutes, &windows, at(0)), "");
    assert_eq!(mutes.next_wake().unwrap().at, at(100).tick);
    assert_eq!(looked(&mut mutes, &windows, at(99)), "-");
    assert_eq!(looked(&mut mutes, &windows, at(100)), "opened w");
    assert_eq!(mutes.mutings(&windows, &Routes::default(), at(100)).len(), 1);
    assert!(mutes.open(&windows[0].name).is_some());
    assert_eq!(mutes.next_wake().unwrap().at, at(200).tick);
    assert_eq!(looked(&mut mutes, &windows, at(199)), "-");
    assert_eq!(looked(&mut mutes, &windows, at(200)), "closed w");
    assert!(mutes.mutings(&windows, &Routes::default(), at(200)).is_empty());
    assert_eq!(mutes.next_wake(), None);
    assert_eq!(looked(&mut mutes, &windows, at(9_000)), "-");
    // The wall clock is put back by an hour, and the window comes once more.
    let back = Now { utc: utc(50), ..at(9_010) };
    assert_eq!(looked(&mut mutes, &windows, back), "");
    assert_eq!(mutes.next_wake().unwrap().at, at(9_060).tick);
}

#[test]
fn a_restart_neither_opens_again_nor_forgets_the_end() {
    let windows = [window("w", 100, 200), window("x", 100, 900)];
    let mut first = mutes(&windows);
    assert_eq!(looked(&mut first, &windows, at(100)), "opened w, opened x");
    let mut within = restarted(&windows, &first);
    assert_eq!(
        within.mutings(&windows, &Routes::default(), at(150)).len(),
        2,
        "before the first look, too"
    );
    assert_eq!(looked(&mut within, &windows, at(150)), "");
    let mut across = restarted(&windows, &first);
    assert_eq!(looked(&mut across, &windows, at(300)), "closed w");
    // One has left the file, and the other is shorter now.
    let shorter = [window("x", 100, 250)];
    let mut changed = restarted(&shorter, &first);
    assert_eq!(looked(&mut changed, &shorter, at(300)), "closed w, closed x");
}

#[test]
fn a_clock_that_is_not_believed_ends_nothing_early() {
    let windows = [window("w", 100, 200)];
    let mut first = mutes(&windows);
    looked(&mut first, &windows, at(100));
    let mut board = restarted(&windows, &first);
    let doubted = |second| Now { trust: ClockTrust::Untrusted, ..at(second) };
    let of_1970 = Now { utc: UtcMs(5_000), ..doubted(110) };
    assert_eq!(looked(&mut board, &windows, of_1970), "");
    assert_eq!(board.mutings(&windows, &Routes::default(), of_1970)[0].urgent, Urgent::Told);
    assert_eq!(looked(&mut board, &windows, at(120)), "");
    assert_eq!(board.mutings(&windows, &Routes::default(), at(120))[0].urgent, Urgent::Muted);
    let mut board = restarted(&windows, &first);
    looked(&mut board, &windows, of_1970);
    assert_eq!(looked(&mut board, &windows, at(300)), "closed w");
    // Where the clock shows a time that can be, the window goes by it.
    let mut board = mutes(&windows);
    assert_eq!(looked(&mut board, &windows, doubted(100)), "opened w");
    assert_eq!(looked(&mut board, &windows, doubted(200)), "closed w");
    let ancient =
        Window { when: When::Once { from: UtcMs(0), to: UtcMs(9_000_000) }, ..window("a", 0, 1) };
    let ancient = [ancient];
    assert_eq!(looked(&mut mutes(&ancient), &ancient, of_1970), "", "no one was there");
}

#[test]
fn a_clock_of_1970_cuts_no_window_short_that_recurs() {
    let rule = DayRule {
        frequency: Frequency::Daily,
        interval: 1,
        by_day: Vec::new(),
        by_month_day: Vec::new(),
        by_month: Vec::new(),
        week_start: Weekday::Monday,
    };
    let from: DateTime = "1970-01-01T00:00:00".parse().unwrap();
    let (days, times) = (Days::Rule(rule), Times::At(from.time()));
    let recurrence = Recurrence { from, days, times, until: None };
    let when = When::Again { recurrence, lasts: Span::secs(200) };
    let windows = [Window { when, ..window("w", 0, 1) }];
    let mut first = mutes(&windows);
    assert_eq!(looked(&mut first, &windows, at(10)), "opened w");
    let mut board = restarted(&windows, &first);
    let of_1970 = Now { utc: UtcMs(5_000), trust: ClockTrust::Untrusted, ..at(20) };
    assert_eq!(looked(&mut board, &windows, of_1970), "");
    assert_eq!(looked(&mut board, &windows, at(120)), "", "it has been open all the time");
    assert_eq!(looked(&mut board, &windows, at(200)), "closed w");
}

#[test]
fn a_window_whose_next_begins_at_its_end_goes_on() {
    let mut windows = [window("w", 100, 200)];
    let mut mutes = mutes(&windows);
    looked(&mut mutes, &windows, at(100));
    windows[0].when = When::Once { from: utc(200), to: utc(300) };
    assert_eq!(looked(&mut mutes, &windows, at(200)), "");
    assert_eq!(mutes.open(&windows[0].name).unwrap().to, utc(300));
    windows[0].when = When::Once { from: utc(400), to: utc(500) };
    assert_eq!(looked(&mut mutes, &windows, at(450)), "closed w, opened w", "it was away");
}

#[test]
fn a_silence_reminds_of_its_end_and_ends() {
    let silence = |id, length: i64| {
        let (owner, comment) = ("Noa".into(), "c".into());
        let (made, until) = (at(0).stamp(), at(length).stamp());
        let (matcher, told, reminded) = (Matcher::default(), Vec::new(), Reminded::NotYet);
        Silence { id, matcher, owner, comment, made, until, told, reminded }
    };
    let mut mutes = Mutes::restore(&[], Vec::new(), [silence(1, 600), silence(2, 86_400)].into());
    assert_eq!(looked(&mut mutes, &[], at(0)), "");
    assert_eq!(mutes.next_wake().unwrap().at, at(540).tick);
    assert_eq!(looked(&mut mutes, &[], at(540)), "reminder 1");
    let mut again = restarted(&[], &mutes);
    assert_eq!(looked(&mut again, &[], at(550)), "", "it is not reminded of twice");
    assert_eq!(looked(&mut again, &[], at(600)), "expired 1");
    assert_eq!(again.mutings(&[], &Routes::default(), at(600)).len(), 1);
    assert_eq!(again.next_wake().unwrap().at, at(86_400 - 3_600).tick);
    // It lasts for its length, whatever the wall clock is put to.
    let ahead = Now { utc: utc(900_000), ..at(700) };
    assert_eq!(looked(&mut again, &[], ahead), "-");
    assert_eq!(silence(3, 600).until, Stamp { tick: at(600).tick, utc: utc(600) });
    assert_eq!(silence(3, 600).reminds(), at(0).tick + Span::secs(540));
}
