//! Alerts and answers of targets in, requests and writes out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;

use super::*;
use crate::dispatch::fixtures::{alert, at, config};
use crate::ledger::Table;
use crate::limits::{DEAD_LETTERS_MAX, OUTBOX_NOTICES_MAX, ROUTE_TARGETS_MAX};
use crate::model::alert::{Decision, Phase};
use crate::model::config::TextOrSecret;
use crate::model::notice::Hold;
use crate::model::outgoing::Outgoing;
use crate::model::passage::DeadLetter;
use crate::model::secret::{Secret, SecretRef};
use crate::model::target::{Sms, SmsSender, TargetKind};

/// A dispatch with its alert, as the hub holds both.
struct Desk {
    dispatch: Dispatch,
    alert: Alert,
}

/// What came out of a call, in order: `put outbox 0`, `ask 0`, `del outbox 0`, `told ...`.
type Log = Vec<String>;

impl Desk {
    fn new(priority: Priority) -> Self {
        Self { dispatch: dispatch(&mut Remembered::default()), alert: alert(1, priority) }
    }

    fn settle(&mut self, second: i64) -> Log {
        self.dispatch.settle(&mut self.alert, at(second));
        self.drain(second)
    }

    fn answer(&mut self, number: u64, reply: Reply, second: i64) -> Log {
        self.dispatch.answered(number, &Ok(reply), at(second));
        self.drain(second)
    }

    fn resolve(&mut self, second: i64) -> Log {
        self.alert.phase = Phase::Resolved;
        self.alert.breaches.clear();
        self.alert.cleared = Some(at(second).stamp());
        self.settle(second)
    }

    fn drain(&mut self, second: i64) -> Log {
        let alert = self.alert.clone();
        self.dispatch.wake(&|_| Some(&alert), &secrets(), at(second));
        core::iter::from_fn(|| self.dispatch.next_step()).map(|step| word(&step)).collect()
    }
}

fn word(step: &Step) -> String {
    match step {
        Step::Write(write) => {
            let verb = if write.value.is_some() { "put" } else { "del" };
            format!("{verb} {}", write.table.name())
        }
        Step::Ask { notice, .. } => format!("ask {notice}"),
        Step::LogIn { place, .. } => format!("log in {place}"),
        Step::Read { place, .. } => format!("read {place}"),
        Step::Note { what, .. } => match what {
            Decision::Delivered { target, reason } => format!("note {target} {}", reason.as_str()),
            Decision::Undeliverable { target, .. } => format!("note {target} undeliverable"),
            Decision::Collapsed { target, into } => {
                format!("note {target} collapsed {}", into.map_or("none", Reason::as_str))
            }
            Decision::FellBack { from, to, .. } => format!("note {from} fell back on {to}"),
            Decision::Told { reason, .. } => format!("note told {}", reason.as_str()),
            Decision::Breached { .. }
            | Decision::Cleared { .. }
            | Decision::Held { .. }
            | Decision::Restored
            | Decision::Unwatched
            | Decision::Lapsed(..)
            | Decision::Explained { .. }
            | Decision::Outlived { .. }
            | Decision::Raised { .. }
            | Decision::Late { .. }
            | Decision::Acknowledged { .. }
            | Decision::Muted { .. }
            | Decision::Unmuted { .. }
            | Decision::Unacknowledged { .. }
            | Decision::Corrected { .. }
            | Decision::Reopened
            | Decision::Retried { .. }
            | Decision::StoodIn { .. } => panic!("only evaluate and settle decide this"),
        },
        Step::RereadSecrets => "secrets".into(),
        Step::Delivered { .. } => "delivered".into(),
        Step::Say(level, _) => format!("say {level}"),
    }
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    let key = Secret::new("0123456789abcdef0123456789abcdef");
    secrets.put(SecretRef::Credential("pager".into()), key);
    secrets
}

fn dispatch(remembered: &mut Remembered) -> Dispatch {
    Dispatch::new(Rc::new(config()), Texts::default(), remembered, 1, at(0))
}

fn accepted() -> Reply {
    Reply::new(202, "application/json", r#"{"status":"success"}"#)
}

#[test]
fn a_notice_is_written_before_it_is_sent() {
    let mut desk = Desk::new(Priority::P1);
    assert_eq!(desk.settle(0), ["put outbox", "put tellings", "ask 0"]);
    assert_eq!(desk.settle(10), Log::new());
}

#[test]
fn an_answer_ends_a_notice_and_stands_on_the_trail() {
    let mut desk = Desk::new(Priority::P1);
    desk.settle(0);
    assert_eq!(
        desk.answer(0, accepted(), 1),
        ["put threads", "del outbox", "delivered", "note pager first_breach"]
    );
    assert_eq!(desk.resolve(20), ["put outbox", "put tellings", "ask 1"]);
    assert_eq!(
        desk.answer(1, accepted(), 21),
        ["put threads", "del outbox", "delivered", "note pager recovered"]
    );
    let sum = |counts: &BTreeMap<Reason, u64>| counts.values().sum::<u64>();
    assert_eq!((sum(&desk.dispatch.counts.made), desk.dispatch.counts.delivered), (2, 2));
}

#[test]
fn a_refusal_is_a_dead_letter_and_a_failure_is_tried_again() {
    let mut desk = Desk::new(Priority::P1);
    desk.settle(0);
    assert_eq!(desk.dispatch.dead_letters(), 0);
    assert_eq!(desk.answer(0, Reply::empty(500), 1), ["say WARN"]);
    assert_eq!(desk.dispatch.counts.retried, 1);
    assert_eq!(desk.drain(100), ["ask 0"]);
    assert_eq!(
        desk.answer(0, Reply::empty(400), 101),
        ["del outbox", "say ERROR", "note pager undeliverable", "put dead_letters"]
    );
    assert_eq!(desk.dispatch.dead_letters(), 1);
}

#[test]
fn a_target_that_refuses_the_key_gets_the_notice_once_the_key_is_mended() {
    let mut desk = Desk::new(Priority::P1);
    desk.settle(0);
    assert_eq!(desk.answer(0, Reply::empty(403), 1), ["secrets", "say WARN"]);
    assert_eq!(desk.drain(200), Log::new());
    assert_eq!(desk.drain(302), ["ask 0"]);
}

#[test]
fn an_exchange_that_failed_goes_on_where_its_target_says_and_is_asked_ever_later() {
    let mut config = config();
    let number = || "+15551234567".into();
    config.targets[0].kind = TargetKind::Sms(Sms {
        url: TextOrSecret::Text("https://sms/".into()),
        user: "AC1".into(),
        auth_token: SecretRef::Credential("pager".into()),
        from: SmsSender::Number(number()),
        to: vec![number()],
        validity: Span::secs(60),
    });
    let mut remembered = Remembered::default();
    let dispatch = Dispatch::new(Rc::new(config), Texts::default(), &mut remembered, 1, at(0));
    let mut desk = Desk { dispatch, alert: alert(1, Priority::P1) };
    desk.settle(0);
    let stage = |desk: &Desk| match desk.dispatch.outbox.under_way(0) {
        Some((_, target::Stage::Then(stage))) => stage.to_string(),
        _ => String::new(),
    };
    let mut second = 0;
    let mut waits = Vec::new();
    for _ in 0..4 {
        let nothing = Reply::new(200, "application/json", r#"{"messages":[]}"#);
        assert_eq!(desk.answer(0, nothing, second), Log::new());
        assert_eq!(stage(&desk), "send 0 ");
        assert_eq!(desk.drain(second + 1), ["ask 0"]);
        assert_eq!(desk.answer(0, Reply::empty(500), second + 1), ["say WARN"]);
        assert_eq!(stage(&desk), "look 0 ", "it may have been sent");
        let again = desk.dispatch.next_wake().unwrap().at - at(second + 1).tick;
        waits.push(again.whole_secs());
        second += 2 + again.whole_secs();
        assert_eq!(desk.drain(second), ["ask 0"]);
    }
    assert!(waits.is_sorted() && waits[3] >= 4 * waits[0], "{waits:?}");
}

#[test]
fn a_restart_sends_again_what_was_not_answered_under_the_same_key() {
    let mut desk = Desk::new(Priority::P1);
    desk.dispatch.settle(&mut desk.alert, at(0));
    let steps: Vec<Step> = core::iter::from_fn(|| desk.dispatch.next_step()).collect();
    let rows = steps.into_iter().filter_map(|step| {
        let Step::Write(Write { table, key, value: Some(value) }) = step else { return None };
        (table == Table::Outbox).then_some(crate::ledger::Row { table, key, value })
    });
    let mut remembered = crate::ledger::restore(rows, "boot", at(5)).unwrap();
    assert_eq!(remembered.next_notice, 1);
    let key = remembered.notices[0].idempotency_key.clone();
    let mut after = dispatch(&mut remembered);
    after.wake(&|_| None, &secrets(), at(5));
    let Some(Step::Ask { notice: 0, outgoing }) = after.next_step() else { panic!("it is asked") };
    let Outgoing::Http(request) = outgoing else { panic!() };
    let sent = request.headers.iter().find(|(name, _)| &**name == "idempotency-key");
    assert_eq!(sent.map(|(_, value)| value), Some(&key));
}

#[test]
fn a_target_that_left_the_config_leaves_dead_letters() {
    let mut desk = Desk::new(Priority::P1);
    desk.settle(0);
    let mut remembered = Remembered::default();
    let target = TargetName::new("gone").unwrap();
    remembered.notices = vec![Notice { target, ..waiting_for_pager(&desk.alert, 3) }];
    let mut after = dispatch(&mut remembered);
    let log: Log = core::iter::from_fn(|| after.next_step()).map(|step| word(&step)).collect();
    assert_eq!(log, ["del outbox", "say ERROR", "note gone undeliverable", "put dead_letters"]);
}

#[test]
fn a_secret_that_is_missing_is_looked_for_and_the_notice_waits() {
    let mut desk = Desk::new(Priority::P1);
    desk.dispatch.settle(&mut desk.alert, at(0));
    desk.dispatch.wake(&|_| None, &Secrets::default(), at(0));
    let log: Log = core::iter::from_fn(|| desk.dispatch.next_step()).map(|s| word(&s)).collect();
    assert_eq!(log, ["put outbox", "put tellings", "secrets", "say WARN"]);
    assert_eq!(desk.drain(0), Log::new());
    assert_eq!(desk.drain(60), ["ask 0"]);
}

#[test]
fn what_found_no_room_is_settled_again_once_there_is_room_for_any_route() {
    let mut desk = Desk::new(Priority::P1);
    for number in 1..=OUTBOX_NOTICES_MAX {
        let filler = waiting_for_pager(&desk.alert, u64::try_from(number).unwrap());
        desk.dispatch.outbox.push(filler).unwrap();
    }
    assert_eq!(desk.settle(0), ["ask 1"]);
    assert_eq!(desk.dispatch.counts.held[&Hold::OutboxFull], 1);
    for number in 1..ROUTE_TARGETS_MAX {
        let second = i64::try_from(number).unwrap();
        desk.answer(u64::try_from(number).unwrap(), accepted(), second);
        assert!(desk.dispatch.take_deferred(at(1)).is_empty());
    }
    desk.answer(u64::try_from(ROUTE_TARGETS_MAX).unwrap(), accepted(), 8);
    assert_eq!(desk.dispatch.take_deferred(at(1)), BTreeSet::from([desk.alert.key.clone()]));
    assert!(desk.dispatch.take_deferred(at(1)).is_empty());
}

#[test]
fn dead_letters_beyond_the_bound_are_forgotten_from_the_oldest() {
    let newest = u64::try_from(DEAD_LETTERS_MAX).unwrap() - 1;
    let about = alert(1, Priority::P1);
    let letter = |number| DeadLetter {
        notice: waiting_for_pager(&about, number),
        why: "gone".into(),
        died: at(0).utc,
    };
    let dead_letters = (1..=newest).map(letter).collect();
    let mut remembered = Remembered { dead_letters, ..Default::default() };
    remembered.next_notice = newest + 1;
    let mut desk = Desk { dispatch: dispatch(&mut remembered), alert: alert(1, Priority::P1) };
    desk.settle(0);
    let last = desk.answer(newest + 1, Reply::empty(400), 1);
    assert_eq!(last, ["del outbox", "say ERROR", "note pager undeliverable", "put dead_letters"]);
    assert_eq!(desk.dispatch.dead_letters(), DEAD_LETTERS_MAX);
    desk.resolve(10);
    desk.dispatch.answered(newest + 2, &Ok(Reply::empty(400)), at(11));
    let gone = core::iter::from_fn(|| desk.dispatch.next_step()).find_map(|step| {
        let Step::Write(Write { table, key, value: None }) = step else { return None };
        (table == Table::DeadLetters).then_some(key)
    });
    assert_eq!(gone, Some(Write::forget_dead_letter(1).key));
    assert_eq!(desk.dispatch.dead_letters(), DEAD_LETTERS_MAX);
}

#[test]
fn what_was_told_of_a_forgotten_alert_is_forgotten() {
    let mut desk = Desk::new(Priority::P1);
    desk.settle(0);
    desk.resolve(10);
    assert_eq!(desk.dispatch.tellings_of(&desk.alert.key).count(), 1);
    desk.dispatch.forget(&desk.alert.key);
    assert_eq!(desk.drain(20), ["del tellings"]);
    assert_eq!(desk.dispatch.tellings_of(&desk.alert.key).count(), 0);
}

#[test]
fn notices_that_wait_are_counted_for_their_own_alert() {
    let mut desk = Desk::new(Priority::P3);
    let key = desk.alert.key.clone();
    let other = AlertKey::of(&desk.alert.source, "other", desk.alert.metric, &desk.alert.entity);
    desk.settle(0);
    desk.drain(1_800);
    desk.alert = alert(1, Priority::P1);
    desk.settle(1_810);
    // One in the digest and one of its own.
    let undelivered = |desk: &Desk, key| desk.dispatch.undelivered(key);
    assert_eq!((undelivered(&desk, &key), undelivered(&desk, &other)), (2, 0));
    assert_eq!(desk.dispatch.outbox_depths().map(|(_, waiting)| waiting).sum::<usize>(), 2);
}

fn waiting_for_pager(alert: &Alert, number: u64) -> Notice {
    fixtures::notice(number, "pager", alert, Reason::FirstBreach)
}

#[test]
fn the_digest_comes_when_its_first_line_has_waited_long_enough() {
    let mut desk = Desk::new(Priority::P3);
    assert_eq!(desk.settle(0), ["put tellings"]);
    assert_eq!(desk.dispatch.next_wake().unwrap().at, at(1_800).tick);
    assert_eq!(desk.drain(1_799), Log::new());
    let log = desk.drain(1_800);
    assert_eq!(log.first().map(String::as_str), Some("put tellings"));
    assert_eq!(log.last().map(String::as_str), Some("ask 0"));
}
