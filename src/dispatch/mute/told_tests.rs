//! What is announced when a window or a silence begins and ends, and who has been told by it.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;

use super::*;
use crate::dispatch::fixtures::{alert, at, config, resolve, taken};
use crate::dispatch::{Dispatch, Step};
use crate::ledger::{Remembered, Table};
use crate::limits::{ANNOUNCED_LINES_MAX, SILENCES_MAX};
use crate::model::alert::{Alert, AlertKey};
use crate::model::matcher::Matcher;
use crate::model::metric::Metric;
use crate::model::mute::{AskedSilence, Mute};
use crate::model::name::EntityId;
use crate::model::notice::Subject;
use crate::model::rule::Priority;
use crate::model::time::Span;
use crate::model::window::When;
use crate::model::zone::Zone;
use crate::target::Texts;

/// With a window that is open from the first second for an hour, for P2, whom slack hears of.
fn dispatch() -> Dispatch {
    let mut config = config();
    let matcher = Matcher { priority: [Priority::P2].into(), ..Matcher::default() };
    config.windows.push(Window {
        name: WindowName::new("w").unwrap(),
        zone: Zone::utc(),
        when: When::Once { from: at(0).utc, to: at(3_600).utc },
        matcher: Some(matcher),
    });
    Dispatch::new(Rc::new(config), Texts::default(), &mut Remembered::default(), 1, at(0))
}

fn turned(dispatch: &mut Dispatch, left: &[Alert], second: i64) -> String {
    let left: Vec<&Alert> = left.iter().collect();
    for turn in dispatch.look_at_mutes(at(second)).unwrap() {
        dispatch.announce(&turn, &left, at(second));
    }
    said(dispatch)
}

/// What was made since the last look: a word with its text, or reason and target.
fn said(dispatch: &mut Dispatch) -> String {
    let mut said = Vec::new();
    while let Some(step) = dispatch.next_step() {
        let Step::Write(write) = step else { continue };
        if let Some(notice) = write.as_notice() {
            taken(dispatch, &notice);
            said.push(match &notice.subject {
                Subject::Word(word) => {
                    format!("{}: {} | {}", notice.target, word.headline, word.text)
                }
                Subject::Digest(lines) => format!("digest {}>{}", lines.len(), notice.target),
                Subject::Alert(_) => format!("{}>{}", notice.reason.as_str(), notice.target),
            });
        } else if matches!(write.table, Table::Windows | Table::Silences) {
            let verb = if write.value.is_some() { "written" } else { "forgotten" };
            said.push(format!("{} {verb}", write.table.name()));
        }
    }
    said.join("\n")
}

/// Some that the window mutes, the first of them over again.
fn muted(dispatch: &mut Dispatch, count: usize) -> Vec<Alert> {
    let one = |n: usize| {
        let mut one = alert(1, Priority::P2);
        one.entity = EntityId::new(&format!("q{n}")).unwrap();
        one.entity_name = format!("q{n}").into();
        one.key = AlertKey::of(&one.source, "nice-cxone", Metric::DATA_AGE, &one.entity);
        one.suppression.mute = Some(Box::new(Mute {
            by: Muter::Window(WindowName::new("w").unwrap()),
            since: at(0).stamp(),
            until: at(3_600).utc,
        }));
        dispatch.settle(&mut one, at(1));
        if n == 0 {
            resolve(&mut one, 60);
            dispatch.settle(&mut one, at(60));
        }
        one.suppression.mute = None;
        one
    };
    (0..count).map(one).collect()
}

const BEGINS: &str = "windows written\nslack: Maintenance w begins, until 1970-01-01 01:00 UTC | \
                      Until then nobody is told of: priority P2.";

#[test]
fn the_end_of_a_window_lists_what_is_still_bad() {
    let mut dispatch = dispatch();
    assert_eq!(turned(&mut dispatch, &[], 0), BEGINS);
    let mut alerts = muted(&mut dispatch, 3);
    assert_eq!(said(&mut dispatch), "");
    let told = turned(&mut dispatch, &alerts, 3_600);
    let (first, lines) = told.split_once('\n').unwrap();
    assert_eq!(first, "windows forgotten");
    assert!(
        lines.starts_with("slack: Maintenance w is over: 2 alerts are still bad | "),
        "{lines}"
    );
    assert!(lines.contains("q1") && lines.contains("q2") && !lines.contains("q0"), "{lines}");
    assert!(lines.ends_with("Began and ended meanwhile, untold: 1."), "{lines}");
    // Who read it has been told. It is older than its escalation, too.
    let settled = |dispatch: &mut Dispatch, alert: &mut Alert, second| {
        dispatch.settle(alert, at(second));
        said(dispatch)
    };
    assert_eq!(settled(&mut dispatch, &mut alerts[1], 3_600), "escalation>pager");
    resolve(&mut alerts[1], 3_700);
    assert_eq!(settled(&mut dispatch, &mut alerts[1], 3_700), "recovered>slack\nrecovered>pager");
}

#[test]
fn what_was_told_before_and_is_over_is_not_counted() {
    let mut dispatch = dispatch();
    let mut before = alert(1, Priority::P2);
    dispatch.settle(&mut before, at(0));
    assert_eq!(said(&mut dispatch), "first_breach>slack");
    turned(&mut dispatch, &[], 0);
    resolve(&mut before, 60);
    dispatch.settle(&mut before, at(60));
    assert_eq!(said(&mut dispatch), "recovered>slack", "nobody keeps a dead incident open");
    assert_eq!(
        turned(&mut dispatch, &[before], 3_600),
        "windows forgotten\nslack: Maintenance w is over: nothing is bad | "
    );
}

#[test]
fn what_does_not_fit_into_an_announcement_follows_as_a_digest() {
    let mut dispatch = dispatch();
    turned(&mut dispatch, &[], 0);
    let alerts = muted(&mut dispatch, ANNOUNCED_LINES_MAX + 4);
    said(&mut dispatch);
    let told = turned(&mut dispatch, &alerts, 3_600);
    assert!(told.contains("13 alerts are still bad"), "{told}");
    assert!(told.contains("\nand 3 more\n") && told.ends_with("\ndigest 3>slack"), "{told}");
}

#[test]
fn a_silence_beyond_the_bound_is_refused() {
    let mut dispatch = dispatch();
    let asked = || AskedSilence {
        matcher: Matcher { priority: [Priority::P2].into(), ..Matcher::default() },
        owner: "Noa".into(),
        comment: "the switch".into(),
        lasts: Span::secs(600),
    };
    for id in 0..SILENCES_MAX {
        let turn = dispatch.silence(asked(), at(10)).unwrap();
        assert!(matches!(turn, Turn::Silenced(_)), "{id}");
    }
    assert_eq!(dispatch.silence(asked(), at(10)), None);
    let Some(Turn::Expired(silence)) = dispatch.end_silence(7) else { panic!() };
    dispatch.announce(&Turn::Expired(silence), &[], at(20));
    assert_eq!(
        said(&mut dispatch),
        "silences forgotten\nslack: Silence 7 by Noa is over: nothing is bad | "
    );
    assert!(dispatch.end_silence(7).is_none() && dispatch.silence(asked(), at(10)).is_some());
}

#[test]
fn who_has_no_place_for_an_announcement_gets_none() {
    let mut dispatch = dispatch();
    let matcher = Matcher { priority: Vec::from([Priority::P1]), ..Matcher::default() };
    let (owner, comment, lasts) = ("Ann".into(), "c".into(), Span::secs(600));
    let asked = AskedSilence { matcher, owner, comment, lasts };
    let turn = dispatch.silence(asked, at(0)).unwrap();
    dispatch.announce(&turn, &[], at(0));
    assert_eq!(said(&mut dispatch), "silences written", "the pager would page, or bury it");
}
