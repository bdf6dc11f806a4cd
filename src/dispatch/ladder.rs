//! The ladder of an alert: which rung is next, and what becomes of one that nobody hears.
//!
//! A rung is climbed once in an episode. One whose hours it is not is passed over, which the trail
//! tells. Where every notice of a rung is undeliverable, or none has been taken for a while, the
//! next rung is due at once.
//!
//! # Promises
//! - `a_rung_outside_of_its_hours_is_passed_over_and_says_so`
//! - `a_rung_that_nobody_takes_for_a_while_makes_the_next_one_due`
//! - `a_rung_that_one_of_its_targets_takes_is_heard`

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::dispatch::Dispatch;
use crate::dispatch::decide::{Situation, Verdict, decide};
use crate::dispatch::route::{self, Plan};
use crate::dispatch::settlement::Settlement;
use crate::dispatch::telling;
use crate::limits::RUNG_PATIENCE;
use crate::model::alert::{Alert, AlertKey};
use crate::model::calendar::Open;
use crate::model::notice::{Hold, Notice, Reason, Subject};
use crate::model::rule::Priority;
use crate::model::telling::Telling;
use crate::model::time::{Now, Tick, Wake};

/// What to do about a breach, and the rungs that are passed over on the way to it.
pub(super) fn decided(
    record: &mut Telling,
    plan: &Plan<'_>,
    situation: &mut Situation<'_>,
    settlement: &mut Settlement,
    now: Now,
) -> Verdict {
    loop {
        let rung = plan.rung(record.climb.rungs);
        situation.rung = rung.map(|rung| route::due(rung, record));
        let verdict = decide(record, situation);
        let is_due = verdict == Verdict::Tell(Reason::Escalation);
        if !is_due || rung.is_none_or(|rung| rung.open(now) == Open::Yes) {
            return verdict;
        }
        telling::pass_over(record);
        settlement.held.push((record.priority, Hold::OffHours));
        settlement.changed.push(record.priority);
    }
}

/// The rung that is due is told.
pub(super) fn climb(record: &mut Telling, plan: &Plan<'_>, reason: Reason) {
    if reason == Reason::Escalation
        && let Some(rung) = plan.rung(record.climb.rungs)
    {
        telling::climb(record, rung);
    }
}

/// There is nobody to tell. A rung of that kind is passed over, or no other would ever be due.
pub(super) fn told_nobody(record: &mut Telling, reason: Reason, settlement: &mut Settlement) {
    settlement.held.push((record.priority, Hold::NoRoute));
    if reason == Reason::Escalation {
        telling::pass_over(record);
        settlement.changed.push(record.priority);
    }
}

/// The newest rung of each alert, as long as none of its notices has been taken.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    rungs: BTreeMap<(AlertKey, Priority), Told>,
    /// None of them has been waiting since before this.
    since: Option<Tick>,
}

/// The notices of one rung that nobody has taken.
#[derive(Debug)]
struct Told {
    since: Tick,
    /// Which of the alert's notices it was.
    count: u32,
    notices: Vec<u64>,
}

impl Unheard {
    /// A notice has been made.
    pub(super) fn note(&mut self, notice: &Notice) {
        self.note_since(notice, notice.made.tick);
    }

    /// One is there since before the start: the next rung waits for a sample to say how it is now.
    pub(super) fn note_since(&mut self, notice: &Notice, since: Tick) {
        let Some((key, count)) = of_rung(notice) else { return };
        let told = self.rungs.entry(key).or_insert(Told { since, count, notices: Vec::new() });
        if told.count != count {
            *told = Told { since, count, notices: Vec::new() };
        }
        told.notices.push(notice.number);
        self.since = Some(self.since.map_or(since, |earlier| earlier.min(since)));
    }

    /// Somebody has taken a notice.
    pub(super) fn heard(&mut self, notice: &Notice) {
        if let Some((key, count)) = of_rung(notice)
            && self.rungs.get(&key).is_some_and(|told| told.count == count)
        {
            self.rungs.remove(&key);
        }
    }

    /// Nobody will ever take a notice; the alert, where that was the last of its rung.
    fn lost(&mut self, notice: &Notice) -> Option<(AlertKey, Priority)> {
        let (key, _) = of_rung(notice)?;
        let told = self.rungs.get_mut(&key)?;
        let known = told.notices.len();
        told.notices.retain(|number| *number != notice.number);
        let was_last = told.notices.is_empty() && known > 0;
        was_last.then(|| self.rungs.remove(&key))?;
        Some(key)
    }

    /// The alerts whose newest rung nobody has taken for too long.
    fn overdue(&mut self, now: Tick) -> Vec<(AlertKey, Priority)> {
        if self.since.is_none_or(|since| now - since < RUNG_PATIENCE) {
            return Vec::new();
        }
        let late = self.rungs.extract_if(.., |_, told| now - told.since >= RUNG_PATIENCE);
        let late = late.map(|(key, _)| key).collect();
        self.since = self.rungs.values().map(|told| told.since).min();
        late
    }

    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.since.map(|since| Wake { at: since + RUNG_PATIENCE, why: "a rung nobody has heard" })
    }
}

/// Of which alert's rung a notice is, and which of its notices.
fn of_rung(notice: &Notice) -> Option<((AlertKey, Priority), u32)> {
    let Subject::Alert(facts) = &notice.subject else { return None };
    let is_of_rung = notice.reason == Reason::Escalation;
    is_of_rung.then(|| ((facts.key.clone(), facts.priority), facts.notification_count))
}

impl Dispatch {
    /// Makes the next rung due where the newest one has been waiting for too long.
    pub(super) fn hurry<'a>(
        &mut self,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) {
        for (key, priority) in self.unheard.overdue(now.tick) {
            let Some(alert) = alert_of(&key) else { continue };
            let place = self.tellings.get(&key, priority).map_or(0, |record| record.climb.rungs);
            if Plan::of(&self.config, alert, priority).rung(place).is_some() {
                self.next_rung(&key, priority);
            }
        }
    }

    /// A notice is undeliverable: the next rung is due, if it was the last of its own.
    pub(super) fn lost(&mut self, notice: &Notice) {
        if let Some((key, priority)) = self.unheard.lost(notice) {
            self.next_rung(&key, priority);
        }
    }

    fn next_rung(&mut self, key: &AlertKey, priority: Priority) {
        let Some(record) = self.tellings.get_mut(key, priority) else { return };
        record.climb.unheard = true;
        self.write_telling(key, priority);
        self.later.at_once.insert(key.clone());
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::rc::Rc;
    use alloc::string::String;

    use super::*;
    use crate::dispatch::fixtures::{alert, at, config};
    use crate::dispatch::notices::facts;
    use crate::dispatch::settle::Tellings;
    use crate::model::calendar::{DaySpan, Hours};
    use crate::model::name::TargetName;
    use crate::model::passage::Passage;
    use crate::model::route::Rung;
    use crate::model::time::Span;
    use crate::model::zone::Zone;

    fn rung(after: i64, target: &str) -> Rung {
        let targets = Vec::from([TargetName::new(target).unwrap()]);
        Rung { after: Some(Span::secs(after)), targets, ..Rung::default() }
    }

    #[test]
    fn a_rung_outside_of_its_hours_is_passed_over_and_says_so() {
        let spans = Vec::from([DaySpan { days: [true; 7], from: 8 * 60, to: 18 * 60 }]);
        let (name, except) = ("day".into(), Vec::new());
        let day = Hours { name, zone: Zone::find("UTC").unwrap(), spans, except };
        let hours = Some(Rc::new(day));
        let mut config = config();
        let ladder = [Rung { hours, ..rung(600, "pager") }, rung(1_200, "slack")];
        config.routes.ordered[1].ladder = ladder.into();
        let mut tellings = Tellings::default();
        // At midnight.
        let mut alert = alert(1, Priority::P2);
        let mut said = String::new();
        for second in (0..1_300).step_by(100) {
            let settlement = tellings.settle(&mut alert, &config, 100, at(second));
            for order in &settlement.orders {
                let (reason, severity) = (order.reason.as_str(), order.facts.severity);
                said.push_str(&format!("{second} {reason} {severity} {} ", order.targets[0]));
            }
            for (_, hold) in settlement.held.iter().filter(|(_, hold)| *hold == Hold::OffHours) {
                said.push_str(&format!("{second} {} ", hold.as_str()));
            }
        }
        assert_eq!(
            said,
            "0 first_breach medium slack 300 repeat medium slack 600 repeat medium slack \
             600 off_hours 900 repeat medium slack 1200 escalation high slack "
        );
    }

    fn notice(number: u64, reason: Reason) -> Notice {
        let alert = alert(1, Priority::P2);
        let record = telling::begin(&alert, &alert.worst);
        Notice {
            number,
            target: TargetName::new("pager").unwrap(),
            idempotency_key: "k".into(),
            reason,
            subject: Subject::Alert(Box::new(facts(&alert, &record))),
            made: at(0).stamp(),
            passage: Passage::new(at(0).tick),
        }
    }

    #[test]
    fn a_rung_that_nobody_takes_for_a_while_makes_the_next_one_due() {
        let mut unheard = Unheard::default();
        unheard.note(&notice(1, Reason::FirstBreach));
        assert_eq!((unheard.next_wake(), unheard.overdue(at(999).tick)), (None, Vec::new()));
        unheard.note(&notice(2, Reason::Escalation));
        assert_eq!(unheard.next_wake().unwrap().at, at(120).tick);
        assert_eq!(unheard.overdue(at(119).tick), []);
        assert_eq!(unheard.overdue(at(120).tick).len(), 1);
        assert_eq!((unheard.next_wake(), unheard.overdue(at(999).tick)), (None, Vec::new()));
        // After a restart the newest rung has its time anew.
        unheard.note_since(&notice(2, Reason::Escalation), at(500).tick);
        assert_eq!(unheard.overdue(at(619).tick), []);
        assert_eq!(unheard.overdue(at(620).tick).len(), 1);
    }

    #[test]
    fn a_rung_that_one_of_its_targets_takes_is_heard() {
        let mut unheard = Unheard::default();
        let rung = [1, 2].map(|number| notice(number, Reason::Escalation));
        rung.iter().for_each(|one| unheard.note(one));
        assert_eq!(unheard.lost(&rung[0]), None, "the other may take it");
        unheard.heard(&rung[1]);
        assert_eq!(unheard.overdue(at(999).tick), []);
        rung.iter().for_each(|one| unheard.note(one));
        assert_eq!((unheard.lost(&rung[0]), unheard.lost(&rung[1]).is_some()), (None, true));
    }

    /// A notice of an earlier rung, or none of a rung, says nothing of the newest.
    #[test]
    fn only_the_newest_rung_is_heard_or_lost() {
        let of = |number, count| {
            let mut one = notice(number, Reason::Escalation);
            if let Subject::Alert(facts) = &mut one.subject {
                facts.notification_count = count;
            }
            one
        };
        let mut unheard = Unheard::default();
        unheard.note(&of(1, 2));
        unheard.note(&of(2, 3));
        unheard.heard(&of(1, 2));
        assert_eq!(unheard.lost(&notice(2, Reason::Repeat)), None);
        assert_eq!(unheard.overdue(at(120).tick).len(), 1, "the newest waits still");
        unheard.note(&of(3, 4));
        unheard.heard(&of(3, 4));
        assert_eq!(unheard.lost(&of(3, 4)), None);
        assert_eq!((unheard.overdue(at(299).tick), unheard.next_wake()), (Vec::new(), None));
        unheard.note_since(&of(4, 5), at(300).tick);
        unheard.note_since(&of(5, 6), at(200).tick);
        assert_eq!(unheard.next_wake().unwrap().at, at(320).tick, "from the earliest on");
    }

    /// A rung that is for nobody is passed over; that nobody hears of a repeat passes none.
    #[test]
    fn a_rung_for_nobody_is_passed_over() {
        for (reason, passed) in [(Reason::Escalation, 1), (Reason::Repeat, 0)] {
            let about = alert(1, Priority::P2);
            let mut record = telling::begin(&about, &about.worst);
            let mut settlement = Settlement::default();
            told_nobody(&mut record, reason, &mut settlement);
            assert_eq!(settlement.held, [(Priority::P2, Hold::NoRoute)]);
            assert_eq!(
                (record.climb.rungs, settlement.changed.len()),
                (passed, usize::from(passed))
            );
        }
    }
}
