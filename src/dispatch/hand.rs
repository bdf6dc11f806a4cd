//! Guide 1's `acknowledged`: while somebody has an alert in hand it is neither repeated nor
//! escalated, and those who were told hear of it.
//!
//! It holds for the urgency that was acknowledged: what grows worse is told. When it lapses, the
//! alert is told once as such, and the ladder goes on where it stood.
//!
//! # Promises
//! - `who_was_told_hears_who_has_it_in_hand`
//! - `what_is_in_hand_is_neither_repeated_nor_escalated`
//! - `what_lapses_is_told_and_its_ladder_goes_on_where_it_stood`
//! - `what_grows_worse_is_told_although_it_is_in_hand`
//! - `what_finds_no_room_stands_on_the_trail`

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::dispatch::settle::add;
use crate::dispatch::settlement::{Order, Settlement};
use crate::dispatch::{Dispatch, notices, target_of};
use crate::model::alert::{Alert, Decision, Phase};
use crate::model::hand::Hand;
use crate::model::name::TargetName;
use crate::model::notice::{Hold, Reason};
use crate::model::rule::Priority;
use crate::model::telling::Telling;
use crate::model::time::{Now, Span};
use crate::target::{self, Hands};

/// Whether an alert is in somebody's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    No,
    Yes,
    /// It was, for as long as that holds.
    Lapsed,
}

/// Whether a priority of an alert is in somebody's hand.
pub(super) fn handed(alert: &Alert, priority: Priority, now: Now) -> Handed {
    match &alert.hand {
        Some(hand) if priority < hand.priority => Handed::No,
        Some(hand) if hand.lapses() <= now.tick => Handed::Lapsed,
        Some(_) => Handed::Yes,
        None => Handed::No,
    }
}

impl Dispatch {
    /// Somebody has an open alert in hand.
    pub fn acknowledge(&mut self, alert: &mut Alert, hand: Hand, now: Now) {
        self.let_go(alert, now);
        let what = Decision::Acknowledged { by: hand.by.clone(), via: hand.via.clone() };
        alert.trail.note(what, now.utc);
        let via = hand.via.clone();
        alert.hand = Some(Box::new(hand));
        self.tell_hand(alert, Reason::Acknowledged, &via, now);
    }

    /// Nobody has it in hand any more; `by` says so, at the target `via` or elsewhere.
    pub fn unacknowledge(&mut self, alert: &mut Alert, by: &str, via: &str, now: Now) {
        if alert.hand.is_none() {
            return;
        }
        self.let_go(alert, now);
        alert.trail.note(Decision::Unacknowledged { by: by.into() }, now.utc);
        self.tell_hand(alert, Reason::Lapsed, via, now);
    }

    /// What has lapsed and been told, or is over, is in no hand any more.
    pub(super) fn drop_hand(&mut self, alert: &mut Alert, settlement: &Settlement, now: Now) {
        let Some(hand) = &alert.hand else { return };
        let waits = settlement.held.iter().any(|(_, hold)| *hold == Hold::OutboxFull);
        let is_over = alert.phase == Phase::Resolved;
        if is_over {
            alert.hand = None;
        } else if hand.lapses() <= now.tick && !waits {
            self.let_go(alert, now);
            alert.trail.note(Decision::Unacknowledged { by: "it has lapsed".into() }, now.utc);
        }
    }

    /// The ladder goes on where it stood.
    fn let_go(&mut self, alert: &mut Alert, now: Now) {
        let Some(hand) = alert.hand.take() else { return };
        let held = (now.tick - hand.at.tick).max(Span::ZERO);
        for priority in Priority::ALL {
            if priority < hand.priority {
                continue;
            }
            if let Some(record) = self.tellings.get_mut(&alert.key, priority) {
                record.first_breach = record.first_breach + held;
                self.write_telling(&alert.key, priority);
            }
        }
    }

    /// Tells those who know of the alert, save whoever keeps the state and said it.
    fn tell_hand(&mut self, alert: &mut Alert, reason: Reason, via: &str, now: Now) {
        let records = self.tellings.records(alert).filter(|record| !record.ended);
        let mut told: Vec<TargetName> = Vec::new();
        let mut speaker: Option<&Telling> = None;
        for record in records {
            add(&mut told, &record.told);
            speaker = speaker.or(Some(record).filter(|record| !record.told.is_empty()));
        }
        told.retain(|name| {
            let hands = target_of(&self.config, name).map(|one| target::manner(&one.kind).hands);
            match hands {
                Some(Hands::Keeps) => name.as_str() != via,
                Some(Hands::Shows) => true,
                Some(Hands::Untold) | None => false,
            }
        });
        let Some(speaker) = speaker.filter(|_| !told.is_empty()) else { return };
        if told.len() > self.outbox.room() {
            let (priority, hold) = (speaker.priority, Hold::OutboxFull);
            *self.counts.held.entry(hold).or_default() += 1;
            alert.trail.note(Decision::Held { priority, hold }, now.utc);
            return;
        }
        let facts = notices::facts(alert, speaker);
        self.place(&Order { reason, targets: told, facts }, now);
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::rc::Rc;
    use alloc::string::String;

    use super::*;
    use crate::dispatch::Step;
    use crate::dispatch::fixtures::{alert, at, config, notice, resolve, taken};
    use crate::ledger::Remembered;
    use crate::model::notice::Notice;
    use crate::target::Texts;

    fn dispatch() -> Dispatch {
        Dispatch::new(Rc::new(config()), Texts::default(), &mut Remembered::default(), 1, at(0))
    }

    fn hand(second: i64, lasts: i64, priority: Priority) -> Hand {
        let (by, via) = ("Ann".into(), "pager".into());
        Hand { by, via, priority, at: at(second).stamp(), lasts: Span::secs(lasts) }
    }

    /// What was made since the last look: `first_breach>pager`.
    fn made(dispatch: &mut Dispatch) -> String {
        let mut steps = Vec::new();
        steps.extend(core::iter::from_fn(|| dispatch.next_step()));
        let steps = steps.into_iter();
        let notices =
            steps.filter_map(
                |step| {
                    if let Step::Write(write) = step { write.as_notice() } else { None }
                },
            );
        let notices: Vec<Notice> = notices.collect();
        notices.iter().for_each(|one| taken(dispatch, one));
        let said = notices.iter().map(|one| format!("{}>{}", one.reason.as_str(), one.target));
        said.collect::<Vec<_>>().join(" ")
    }

    fn settled(dispatch: &mut Dispatch, alert: &mut Alert, second: i64) -> String {
        dispatch.settle(alert, at(second));
        made(dispatch)
    }

    #[test]
    fn who_was_told_hears_who_has_it_in_hand() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        assert_eq!(settled(&mut dispatch, &mut alert, 0), "first_breach>slack");
        assert_eq!(settled(&mut dispatch, &mut alert, 600), "escalation>pager");
        dispatch.acknowledge(&mut alert, hand(610, 600, Priority::P2), at(610));
        assert_eq!(made(&mut dispatch), "acknowledged>slack", "the pager said so");
        assert_eq!(alert.phase_shown(), "acknowledged");
        dispatch.unacknowledge(&mut alert, "Bob", "operator", at(620));
        assert_eq!(made(&mut dispatch), "lapsed>slack lapsed>pager");
        dispatch.unacknowledge(&mut alert, "Bob", "operator", at(630));
        assert_eq!(made(&mut dispatch), "");
    }

    #[test]
    fn what_is_in_hand_is_neither_repeated_nor_escalated() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        dispatch.acknowledge(&mut alert, hand(10, 10_000, Priority::P2), at(10));
        made(&mut dispatch);
        for second in [310, 600, 4_000] {
            assert_eq!(settled(&mut dispatch, &mut alert, second), "");
        }
        resolve(&mut alert, 5_000);
        assert_eq!(settled(&mut dispatch, &mut alert, 5_000), "recovered>slack");
        assert_eq!(alert.hand, None);
    }

    #[test]
    fn what_lapses_is_told_and_its_ladder_goes_on_where_it_stood() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        dispatch.acknowledge(&mut alert, hand(100, 1_000, Priority::P2), at(100));
        made(&mut dispatch);
        assert_eq!(settled(&mut dispatch, &mut alert, 1_099), "");
        assert_eq!(settled(&mut dispatch, &mut alert, 1_110), "lapsed>slack");
        // 100 s had passed before, and 500 were left.
        assert_eq!(settled(&mut dispatch, &mut alert, 1_600), "repeat>slack");
        assert_eq!(settled(&mut dispatch, &mut alert, 1_610), "escalation>pager");
    }

    #[test]
    fn what_grows_worse_is_told_although_it_is_in_hand() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        dispatch.acknowledge(&mut alert, hand(10, 10_000, Priority::P2), at(10));
        made(&mut dispatch);
        let mut worse = alert.worst.clone();
        (worse.priority, worse.since) = (Priority::P1, at(20).stamp());
        alert.breaches.push(worse).unwrap();
        assert_eq!(settled(&mut dispatch, &mut alert, 20), "first_breach>pager");
    }

    #[test]
    fn what_finds_no_room_stands_on_the_trail() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        let room = u64::try_from(dispatch.outbox.room()).unwrap();
        for number in 100..100 + room {
            dispatch.outbox.push(notice(number, "pager", &alert, Reason::Repeat)).unwrap();
        }
        dispatch.acknowledge(&mut alert, hand(10, 600, Priority::P2), at(10));
        assert_eq!(made(&mut dispatch), "");
        let held = Decision::Held { priority: Priority::P2, hold: Hold::OutboxFull };
        assert!(alert.trail.steps().any(|step| step.what == held));
        assert_eq!(dispatch.counts.held[&Hold::OutboxFull], 1);
    }

    /// It lapses at its very moment, and what is more urgent was never in hand.
    #[test]
    fn a_hand_holds_to_its_last_moment() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        dispatch.acknowledge(&mut alert, hand(100, 1_000, Priority::P2), at(100));
        made(&mut dispatch);
        let of = |priority, second| handed(&alert, priority, at(second));
        assert_eq!(
            (of(Priority::P2, 1_099), of(Priority::P2, 1_100)),
            (Handed::Yes, Handed::Lapsed)
        );
        assert_eq!((of(Priority::P1, 500), of(Priority::P3, 500)), (Handed::No, Handed::Yes));
        let mut full = alert.clone();
        let hold =
            |hold| Settlement { held: Vec::from([(Priority::P2, hold)]), ..Settlement::default() };
        dispatch.drop_hand(&mut full, &hold(Hold::OutboxFull), at(1_100));
        assert!(full.hand.is_some(), "that it has lapsed is not told yet");
        dispatch.drop_hand(&mut full, &hold(Hold::Cooldown), at(1_100));
        assert!(full.hand.is_none());
        let lapsed = Decision::Unacknowledged { by: "it has lapsed".into() };
        assert!(full.trail.steps().any(|step| step.what == lapsed));
        dispatch.unacknowledge(&mut alert, "Bob", "operator", at(200));
        let by = Decision::Unacknowledged { by: "Bob".into() };
        assert!(alert.trail.steps().any(|step| step.what == by));
    }

    /// The second who has it in hand takes over; the ladder stood still for both. What is more
    /// urgent was in no hand, and its ladder has gone on.
    #[test]
    fn a_second_hand_takes_over_from_the_first() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        let mut worse = alert.worst.clone();
        (worse.priority, worse.since) = (Priority::P1, at(20).stamp());
        alert.breaches.push(worse).unwrap();
        settled(&mut dispatch, &mut alert, 20);
        dispatch.acknowledge(&mut alert, hand(100, 9_000, Priority::P2), at(100));
        made(&mut dispatch);
        dispatch.acknowledge(&mut alert, hand(300, 9_000, Priority::P2), at(300));
        let steps = core::iter::from_fn(|| dispatch.next_step());
        let tables = steps.filter_map(|step| match step {
            Step::Write(write) => Some(write.table),
            Step::Ask { .. }
            | Step::LogIn { .. }
            | Step::Read { .. }
            | Step::Note { .. }
            | Step::RereadSecrets
            | Step::Delivered { .. }
            | Step::Say(..) => None,
        });
        let records = tables.filter(|table| *table == crate::ledger::Table::Tellings);
        assert_eq!(records.count(), 1, "a restart knows of it");
        let began = |dispatch: &Dispatch, priority| {
            dispatch.tellings.get(&alert.key, priority).unwrap().first_breach
        };
        assert_eq!(began(&dispatch, Priority::P2), at(200).tick);
        assert_eq!(began(&dispatch, Priority::P1), at(20).tick);
    }

    /// As much room as it needs is enough.
    #[test]
    fn the_last_room_is_for_who_has_it_in_hand() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        settled(&mut dispatch, &mut alert, 0);
        dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX - 1;
        dispatch.acknowledge(&mut alert, hand(10, 600, Priority::P2), at(10));
        assert_eq!(made(&mut dispatch), "acknowledged>slack");
    }
}
