//! What a target will never take: kept with why and when, sent again or dropped by order.
//!
//! A letter that is sent again goes to the end of its lane, under the key that it had, and waits as
//! if it were new. One that tells what is true no longer, that an alert is open which is over, or
//! over which is open, is kept unless the order says otherwise.
//!
//! # Promises
//! - `a_dead_letter_says_why_and_since_when`
//! - `a_dead_letter_is_sent_again_under_its_key_at_the_end_of_its_lane`
//! - `a_letter_about_what_is_over_is_sent_only_by_force`
//! - `dead_letters_beyond_the_bound_are_forgotten_from_the_oldest`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use crate::dispatch::{Dispatch, Step};
use crate::ledger::Write;
use crate::limits::DEAD_LETTERS_MAX;
use crate::model::alert::{Alert, AlertKey, Decision, Phase};
use crate::model::notice::{Notice, Subject};
use crate::model::passage::{DeadLetter, Letters, Passage, Stale};
use crate::model::time::Now;

/// The dead letters by number, each as it lies in the ledger: a third of what it takes in memory.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeMap<u64, Write>);

/// What an order did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Obeyed {
    /// The numbers of the letters that it was carried out for.
    pub done: Vec<u64>,
    /// Those that stay as they were, and why.
    pub kept: Vec<(u64, &'static str)>,
}

impl Kept {
    pub(super) fn restore(letters: &[DeadLetter]) -> Self {
        Self(letters.iter().map(|one| (one.notice.number, Write::dead_letter(one))).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn read(&self) -> impl Iterator<Item = DeadLetter> {
        self.0.values().filter_map(Write::as_dead_letter)
    }
}

impl Dispatch {
    /// What no target would take, the oldest first.
    pub fn letters(&self) -> impl Iterator<Item = DeadLetter> {
        self.letters.read()
    }

    /// Puts dead letters back into their lanes.
    pub fn retry<'a>(
        &mut self,
        letters: &Letters,
        stale: Stale,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) -> Obeyed {
        let mut obeyed = Obeyed::default();
        let chosen: Vec<DeadLetter> =
            self.letters.read().filter(|one| letters.names(one)).collect();
        for letter in chosen {
            let number = letter.notice.number;
            match self.obstacle(&letter.notice, stale, alert_of) {
                Some(why) => obeyed.kept.push((number, why)),
                None => {
                    self.send_again(letter.notice, now);
                    obeyed.done.push(number);
                }
            }
        }
        obeyed
    }

    /// Forgets dead letters.
    pub fn drop_letters(&mut self, letters: &Letters) -> Obeyed {
        let chosen = self.letters.read().filter(|one| letters.names(one));
        let done: Vec<u64> = chosen.map(|one| one.notice.number).collect();
        for number in &done {
            self.forget_letter(*number);
            let text = format!("dead letter {number} is dropped, by an operator");
            self.steps.push_back(Step::Say(log::Level::Info, text));
        }
        Obeyed { done, kept: Vec::new() }
    }

    /// Why a letter cannot be sent again.
    fn obstacle<'a>(
        &self,
        notice: &Notice,
        stale: Stale,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
    ) -> Option<&'static str> {
        if !self.outbox.lanes.contains_key(&notice.target) {
            return Some("the config has no such target");
        }
        if self.outbox.room() == 0 {
            return Some("the outbox is full");
        }
        let Subject::Alert(facts) = &notice.subject else { return None };
        let is_open = alert_of(&facts.key).is_some_and(|alert| alert.phase == Phase::Detected);
        match (stale, facts.resolved, is_open) {
            (Stale::Keep, false, false) => Some("the alert is over; --force sends it as it was"),
            (Stale::Keep, true, true) => Some("the alert is open; --force sends it as it was"),
            _ => None,
        }
    }

    fn send_again(&mut self, notice: Notice, now: Now) {
        self.forget_letter(notice.number);
        let number = self.next_notice;
        self.next_notice = self.next_notice.saturating_add(1);
        self.note(&notice, &Decision::Retried { target: notice.target.as_str().into() });
        let notice = Notice { number, passage: Passage::new(now.tick), ..notice };
        self.put(notice, now);
    }

    /// A notice will never be taken.
    pub(super) fn bury(&mut self, notice: Notice, why: &str, now: Now) {
        self.counts.dead += 1;
        self.lost(&notice);
        self.steps.push_back(Step::Write(Write::forget_notice(notice.number)));
        let text = format!("{} will not take notice {}: {why}", notice.target, notice.number);
        self.steps.push_back(Step::Say(log::Level::Error, text));
        let target: Box<str> = notice.target.as_str().into();
        self.note(&notice, &Decision::Undeliverable { target, why: why.into() });
        let falls_back = self.outbox.lanes.get(&notice.target).and_then(|lane| lane.due(&notice));
        if falls_back.is_some() {
            self.untaken.push(notice.clone());
        }
        let number = notice.number;
        let letter = DeadLetter { notice, why: why.into(), died: now.utc };
        let write = Write::dead_letter(&letter);
        self.steps.push_back(Step::Write(write.clone()));
        self.letters.0.insert(number, write);
        if self.letters.len() > DEAD_LETTERS_MAX
            && let Some((oldest, _)) = self.letters.0.pop_first()
        {
            self.steps.push_back(Step::Write(Write::forget_dead_letter(oldest)));
        }
    }

    fn forget_letter(&mut self, number: u64) {
        self.letters.0.remove(&number);
        self.steps.push_back(Step::Write(Write::forget_dead_letter(number)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{Counter, alert, at, resolve};
    use crate::model::http::Reply;
    use crate::model::rule::Priority;

    /// A notice that was refused.
    fn refused() -> (Counter, Alert) {
        let mut counter = Counter::new();
        let mut about = alert(1, Priority::P1);
        counter.settle(&mut about, 0);
        counter.reply(0, &Ok(Reply::new(400, "text/plain", "no")), 7);
        (counter, about)
    }

    fn retry(counter: &mut Counter, about: &Alert, letters: &Letters, stale: Stale) -> Obeyed {
        counter.dispatch.retry(letters, stale, &|_| Some(about), at(100))
    }

    #[test]
    fn a_dead_letter_says_why_and_since_when() {
        let (mut counter, _) = refused();
        for _ in 0..2 {
            let letter = counter.dispatch.letters().next().unwrap();
            assert_eq!((&*letter.why, letter.died), ("answered 400: no", at(7).utc));
            assert_eq!(letter.notice.number, 0);
            counter.restart();
        }
    }

    #[test]
    fn a_dead_letter_is_sent_again_under_its_key_at_the_end_of_its_lane() {
        let (mut counter, mut about) = refused();
        let key = counter.dispatch.letters().next().unwrap().notice.idempotency_key;
        counter.settle(&mut about, 300);
        let one = Letters::One(0);
        let obeyed = retry(&mut counter, &about, &one, Stale::Keep);
        assert_eq!(obeyed, Obeyed { done: Vec::from([0]), kept: Vec::new() });
        assert_eq!(counter.waiting("pager"), ["1 repeat", "2 first_breach"]);
        counter.restart();
        assert_eq!(counter.noted(), ["pager retried"]);
        assert_eq!(counter.dispatch.dead_letters(), 0);
        let pager = crate::model::name::TargetName::new("pager").unwrap();
        assert_eq!(counter.dispatch.outbox.lanes[&pager].notices[&2].idempotency_key, key);
        assert_eq!(retry(&mut counter, &about, &one, Stale::Keep), Obeyed::default());
    }

    #[test]
    fn a_letter_about_what_is_over_is_sent_only_by_force() {
        let (mut counter, mut about) = refused();
        resolve(&mut about, 50);
        let obeyed = retry(&mut counter, &about, &Letters::All, Stale::Keep);
        assert!(obeyed.done.is_empty());
        assert!(obeyed.kept[0].1.contains("--force"));
        let mine = Letters::For("pager".into());
        assert_eq!(retry(&mut counter, &about, &mine, Stale::Send).done, [0]);
    }

    #[test]
    fn a_dead_letter_that_is_dropped_is_gone() {
        let (mut counter, _) = refused();
        assert!(counter.dispatch.drop_letters(&Letters::For("slack".into())).done.is_empty());
        assert_eq!(counter.dispatch.drop_letters(&Letters::All).done, [0]);
        counter.restart();
        assert_eq!(counter.dispatch.dead_letters(), 0);
    }

    #[test]
    fn a_letter_that_has_no_way_stays_and_says_why() {
        let (mut counter, about) = refused();
        let why = |counter: &mut Counter, about: &Alert| {
            let obeyed = retry(counter, about, &Letters::One(0), Stale::Keep);
            assert!(obeyed.done.is_empty());
            obeyed.kept[0].1
        };
        counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX;
        assert_eq!(why(&mut counter, &about), "the outbox is full");
        counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX - 1;
        let pager = crate::model::name::TargetName::new("pager").unwrap();
        let lane = counter.dispatch.outbox.lanes.remove(&pager).unwrap();
        assert_eq!(why(&mut counter, &about), "the config has no such target");
        counter.dispatch.outbox.lanes.insert(pager, lane);
        let next = counter.dispatch.next_notice();
        assert_eq!(retry(&mut counter, &about, &Letters::One(0), Stale::Keep).done, [0]);
        assert_eq!(counter.dispatch.next_notice(), next + 1);
    }

    /// An alert that nobody knows any more is over; the end of one that is there again is old.
    #[test]
    fn an_end_is_not_sent_again_while_the_alert_is_open() {
        let mut counter = Counter::new();
        let mut about = alert(1, Priority::P1);
        let open = about.clone();
        resolve(&mut about, 50);
        counter.hears("pager", &about);
        counter.place("pager", crate::model::notice::Reason::Recovered, &about, 50);
        counter.send(60);
        counter.reply(0, &Ok(Reply::new(400, "text/plain", "no")), 61);
        let kept = retry(&mut counter, &open, &Letters::All, Stale::Keep).kept;
        assert_eq!(kept, [(0, "the alert is open; --force sends it as it was")]);
        let of = |counter: &mut Counter| {
            counter.dispatch.retry(&Letters::All, Stale::Keep, &|_| None, at(100))
        };
        assert_eq!(of(&mut counter).done, [0]);
        let (mut counter, _) = refused();
        assert_eq!(of(&mut counter).kept.len(), 1);
    }

    #[test]
    fn each_order_is_for_the_letters_that_it_names() {
        let mut counter = Counter::new();
        let about = alert(1, Priority::P1);
        for target in ["pager", "slack"] {
            counter.place(target, crate::model::notice::Reason::FirstBreach, &about, 0);
        }
        counter.send(0);
        for number in [0, 1] {
            counter.reply(number, &Ok(Reply::new(400, "text/plain", "no")), 1);
        }
        assert_eq!(counter.dispatch.drop_letters(&Letters::One(1)).done, [1]);
        let said = core::iter::from_fn(|| counter.dispatch.next_step());
        let said = said.filter(|step| matches!(step, Step::Say(..))).count();
        assert_eq!(said, 1);
        let slack = Letters::For("slack".into());
        assert_eq!(retry(&mut counter, &about, &slack, Stale::Keep), Obeyed::default());
        let pager = Letters::For("pager".into());
        assert_eq!(retry(&mut counter, &about, &pager, Stale::Keep).done, [0]);
    }
}
