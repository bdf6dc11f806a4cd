//! What waits about one alert in one lane, and was never tried, becomes one notice.
//!
//! | what waits | what comes | what is left |
//! |---|---|---|
//! | a raise that the target has not heard of | its end | `passed`; nothing where it would page |
//! | anything, and the target knows of the alert | its end | the end |
//! | a raise, a repeat, ... | a repeat or an update | what waits, with the newest facts |
//! | the same | an escalation, a worse raise, ... | that, in the place of what waits |
//! | an end | a raise | both, in their order |
//! | anything | somebody has it in hand, or no more | both, in their order |
//!
//! Nothing that may have been sent is touched: not the one of a lane that was tried, and after a
//! restart not its first. What waits a moment for its business context waits for no target, and is
//! told whole.
//!
//! # Promises
//! - `a_raise_and_its_end_that_both_wait_are_one_line_or_none`
//! - `who_knows_of_an_alert_hears_that_it_is_over`
//! - `after_a_restart_whose_end_waits_is_still_known_to_have_been_told`
//! - `repeats_that_wait_become_the_newest_state_in_the_first_ones_place`
//! - `what_may_have_been_sent_is_no_part_of_it`

use alloc::vec::Vec;

use crate::dispatch::lane::{Knows, Lane};
use crate::dispatch::{Dispatch, Step, notices};
use crate::ledger::Write;
use crate::model::alert::Decision;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::passage::Passage;
use crate::target::Updates;

impl Dispatch {
    /// Makes one of a new notice and what waits about the same alert; what is to be added, if
    /// anything is.
    pub(super) fn collapse(&mut self, notice: Notice) -> Option<Notice> {
        let Subject::Alert(facts) = &notice.subject else { return Some(notice) };
        let Some(lane) = self.outbox.lanes.get(&notice.target) else { return Some(notice) };
        let holds = &self.outbox.holds;
        let untried = lane.untried(&facts.key).filter(|one| holds.of(one).is_none());
        if facts.resolved {
            let numbers: Vec<u64> = untried.map(|one| one.number).collect();
            let (knows, updates) = (knows(lane, &notice), lane.updates);
            return self.end(notice, &numbers, knows, updates);
        }
        let run = untried.rev().take_while(|one| merges(one) && merges(&notice));
        let mut numbers: Vec<u64> = run.map(|one| one.number).collect();
        numbers.reverse();
        Some(self.merge(notice, &numbers))
    }

    /// It is over.
    fn end(
        &mut self,
        mut notice: Notice,
        waiting: &[u64],
        knows: Knows,
        updates: Updates,
    ) -> Option<Notice> {
        if waiting.is_empty() {
            return Some(notice);
        }
        drop(self.withdraw(&notice, waiting));
        let left = match (knows, updates) {
            (Knows::Perhaps, _) => Some(notice.reason),
            (Knows::Nothing, Updates::Anew) => Some(Reason::Passed),
            (Knows::Nothing, Updates::InPlace) => None,
        };
        self.collapsed(&notice, left);
        notice.reason = left?;
        if let (Reason::Passed, Subject::Alert(facts)) = (notice.reason, &notice.subject) {
            let (number, target) = (notice.number, &notice.target);
            notice.idempotency_key = notices::alert_key(number, facts, Reason::Passed, target);
        }
        Some(notice)
    }

    /// It goes on, or grows worse: one notice stands where the first waited.
    fn merge(&mut self, mut notice: Notice, waiting: &[u64]) -> Notice {
        let mut earlier = self.withdraw(&notice, waiting).into_iter();
        let Some(first) = earlier.next() else { return notice };
        let newest = earlier.next_back();
        let adds_little = matches!(notice.reason, Reason::Repeat | Reason::Updated);
        let mut stand_in = notice.passage.stand_in;
        if adds_little {
            let known = newest.as_ref().unwrap_or(&first);
            notice.reason = known.reason;
            notice.idempotency_key.clone_from(&known.idempotency_key);
            stand_in = known.passage.stand_in;
        }
        notice.number = first.number;
        notice.passage = Passage { stand_in, ..first.passage };
        self.collapsed(&notice, Some(notice.reason));
        notice
    }

    fn withdraw(&mut self, notice: &Notice, waiting: &[u64]) -> Vec<Notice> {
        let mut gone = Vec::new();
        for number in waiting {
            gone.extend(self.outbox.withdraw(&notice.target, *number));
            self.counts.collapsed += 1;
            self.steps.push_back(Step::Write(Write::forget_notice(*number)));
        }
        gone
    }

    fn collapsed(&mut self, notice: &Notice, into: Option<Reason>) {
        self.counts.collapsed += u64::from(into.is_none());
        let target = notice.target.as_str().into();
        self.note(notice, &Decision::Collapsed { target, into });
    }
}

/// What the target will know of the alert when it has heard all that waits, save what can be taken
/// back: a digest cannot, and an end that may be on its way is one.
fn knows(lane: &Lane, notice: &Notice) -> Knows {
    let Subject::Alert(facts) = &notice.subject else { return Knows::Perhaps };
    let is_end = |one: &Notice| {
        let alerts = one.subject.alerts();
        lane.tried == Some(one.number) && alerts.iter().any(|it| it.key == facts.key && it.resolved)
    };
    let mut about = lane.about(&facts.key);
    if about.any(|one| matches!(one.subject, Subject::Digest(_))) {
        return Knows::Perhaps;
    }
    if lane.first().is_some_and(is_end) { Knows::Nothing } else { lane.knows(&facts.key) }
}

/// Whether a notice says no more than how an open alert stands.
fn merges(notice: &Notice) -> bool {
    let is_open = notice.subject.alerts().iter().all(|facts| !facts.resolved);
    is_open && !matches!(notice.reason, Reason::Acknowledged | Reason::Lapsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{Counter, alert, at, notice, resolve};
    use crate::model::alert::Alert;
    use crate::model::name::TargetName;
    use crate::model::passage::StandIn;
    use crate::model::rule::Priority;
    use alloc::string::String;

    const FIRST: Reason = Reason::FirstBreach;

    fn place(counter: &mut Counter, target: &str, reason: Reason, alert: &Alert) -> Vec<String> {
        counter.place(target, reason, alert, 0);
        counter.waiting(target)
    }

    #[test]
    fn a_raise_and_its_end_that_both_wait_are_one_line_or_none() {
        let mut about = alert(1, Priority::P1);
        let mut counter = Counter::new();
        for target in ["pager", "slack"] {
            place(&mut counter, target, FIRST, &about);
        }
        resolve(&mut about, 60);
        assert_eq!(place(&mut counter, "slack", Reason::Recovered, &about), ["2 passed"]);
        assert!(place(&mut counter, "pager", Reason::Recovered, &about).is_empty());
        assert_eq!(counter.noted(), ["slack became passed", "pager became none"]);
        assert_eq!(counter.dispatch.counts.collapsed, 3);
        assert_eq!(counter.rows(), ["2"], "nothing else is on disk");
    }

    #[test]
    fn who_knows_of_an_alert_hears_that_it_is_over() {
        let mut about = alert(1, Priority::P1);
        let mut counter = Counter::new();
        place(&mut counter, "pager", FIRST, &about);
        counter.send(0);
        counter.answer(0, false);
        place(&mut counter, "pager", Reason::Repeat, &about);
        resolve(&mut about, 60);
        let left = place(&mut counter, "pager", Reason::Recovered, &about);
        assert_eq!(left, ["0 first_breach", "2 recovered"]);
        // It is there again, and over again, before the target has heard of the first end.
        let again = alert(2, Priority::P1);
        let left = place(&mut counter, "pager", FIRST, &again);
        assert_eq!(left, ["0 first_breach", "2 recovered", "3 first_breach"]);
        let left = place(&mut counter, "pager", Reason::Recovered, &about);
        assert_eq!(left, ["0 first_breach", "4 recovered"]);
    }

    /// Or its incident would stay open for ever.
    #[test]
    fn after_a_restart_whose_end_waits_is_still_known_to_have_been_told() {
        let open = alert(1, Priority::P1);
        let mut over = alert(1, Priority::P1);
        resolve(&mut over, 60);
        let mut other = alert(1, Priority::P1);
        other.key =
            crate::model::alert::AlertKey::of(&other.source, "other", other.metric, &other.entity);
        let mut counter = Counter::new();
        place(&mut counter, "pager", FIRST, &other);
        counter.hears("pager", &open);
        place(&mut counter, "pager", Reason::Recovered, &over);
        counter.restart();
        let left = place(&mut counter, "pager", FIRST, &open);
        assert_eq!(left, ["0 first_breach", "1 recovered", "2 first_breach"]);
        let left = place(&mut counter, "pager", Reason::Recovered, &over);
        assert_eq!(left, ["0 first_breach", "3 recovered"]);
    }

    #[test]
    fn an_end_on_its_way_is_known_soon() {
        let mut about = alert(1, Priority::P1);
        let mut counter = Counter::new();
        counter.hears("pager", &about);
        let open = about.clone();
        resolve(&mut about, 60);
        place(&mut counter, "pager", Reason::Recovered, &about);
        counter.send(0);
        place(&mut counter, "pager", FIRST, &open);
        assert_eq!(place(&mut counter, "pager", Reason::Recovered, &about), ["0 recovered"]);
    }

    #[test]
    fn repeats_that_wait_become_the_newest_state_in_the_first_ones_place() {
        let mut about = alert(1, Priority::P2);
        let mut other = alert(1, Priority::P2);
        other.key =
            crate::model::alert::AlertKey::of(&other.source, "other", other.metric, &other.entity);
        let mut counter = Counter::new();
        place(&mut counter, "slack", FIRST, &about);
        place(&mut counter, "slack", FIRST, &other);
        let both = ["0 first_breach", "1 first_breach"];
        for value in [23.0, 24.0, 25.0] {
            about.value = value;
            assert_eq!(place(&mut counter, "slack", Reason::Repeat, &about), both);
        }
        assert!((counter.first("slack").value - 25.0).abs() < 1e-9);
        let left = place(&mut counter, "slack", Reason::Escalation, &about);
        assert_eq!(left, ["0 escalation", "1 first_breach"]);
        let left = place(&mut counter, "slack", Reason::Repeat, &about);
        assert_eq!(left, ["0 escalation", "1 first_breach"], "it is escalated yet");
        // Who has it in hand is a notice of its own.
        let left = place(&mut counter, "slack", Reason::Acknowledged, &about);
        assert_eq!(left, ["0 escalation", "1 first_breach", "7 acknowledged"]);
        assert_eq!(counter.rows(), ["0", "1", "7"]);
    }

    #[test]
    fn what_may_have_been_sent_is_no_part_of_it() {
        let about = alert(1, Priority::P1);
        let mut counter = Counter::new();
        place(&mut counter, "pager", FIRST, &about);
        counter.send(0);
        let left = place(&mut counter, "pager", Reason::Repeat, &about);
        assert_eq!(left, ["0 first_breach", "1 repeat"]);
        assert_eq!(place(&mut counter, "pager", Reason::Repeat, &about), left);
        counter.restart();
        let left = place(&mut counter, "pager", Reason::Repeat, &about);
        assert_eq!(left, ["0 first_breach", "1 repeat"], "the first alone may have been sent");
        assert_eq!(counter.rows(), ["0", "1"]);
    }

    /// An end that waits and was never tried is none that the target will hear of by itself.
    #[test]
    fn an_end_that_waits_is_told_by_the_next_one() {
        let mut about = alert(1, Priority::P1);
        let open = about.clone();
        let mut counter = Counter::new();
        counter.hears("pager", &about);
        resolve(&mut about, 60);
        place(&mut counter, "pager", Reason::Recovered, &about);
        place(&mut counter, "pager", FIRST, &open);
        assert_eq!(place(&mut counter, "pager", Reason::Recovered, &about), ["2 recovered"]);
        // The end of another alert says nothing of this one.
        let mut other = alert(1, Priority::P1);
        other.key =
            crate::model::alert::AlertKey::of(&other.source, "o", other.metric, &other.entity);
        resolve(&mut other, 60);
        let mut counter = Counter::new();
        counter.hears("pager", &open);
        place(&mut counter, "pager", Reason::Recovered, &other);
        counter.send(0);
        place(&mut counter, "pager", FIRST, &open);
        let left = place(&mut counter, "pager", Reason::Recovered, &about);
        assert_eq!(left, ["0 recovered", "2 recovered"]);
    }

    /// Who gets a digest with a line of the alert hears of it.
    #[test]
    fn a_digest_that_waits_makes_it_known() {
        let mut about = alert(1, Priority::P2);
        let mut counter = Counter::new();
        let digest = notice(90, "slack", &about, Reason::Digest);
        let subject = Subject::Digest(digest.subject.alerts().into());
        counter.dispatch.outbox.push(Notice { subject, ..digest }).unwrap();
        place(&mut counter, "slack", FIRST, &about);
        resolve(&mut about, 60);
        let left = place(&mut counter, "slack", Reason::Recovered, &about);
        assert_eq!(left, ["1 recovered", "90 digest"]);
    }

    /// What is left waits since the first of them began to, for the newest reason; whether another
    /// target was told in the stead of this one is not forgotten. It is counted and on the trail.
    #[test]
    fn what_is_left_waits_as_long_as_the_first_did() {
        let about = alert(1, Priority::P2);
        let mut counter = Counter::new();
        for (number, reason) in [(5, FIRST), (6, Reason::Escalation)] {
            counter.dispatch.outbox.push(notice(number, "slack", &about, reason)).unwrap();
        }
        let slack = TargetName::new("slack").unwrap();
        let lane = counter.dispatch.outbox.lanes.get_mut(&slack).unwrap();
        lane.notices.get_mut(&6).unwrap().passage.stand_in = StandIn::Settled;
        counter.place("slack", Reason::Repeat, &about, 100);
        assert_eq!(counter.waiting("slack"), ["5 escalation"]);
        let lane = &counter.dispatch.outbox.lanes[&slack];
        let passage = &lane.notices[&5].passage;
        assert_eq!((passage.queued, passage.stand_in), (at(0).tick, StandIn::Settled));
        assert_eq!(&*lane.notices[&5].idempotency_key, "key-6");
        assert_eq!(counter.noted(), ["slack became escalation"]);
        assert_eq!(counter.dispatch.counts.collapsed, 2);
    }

    /// A receiver that drops what it has seen drops no end for its beginning.
    #[test]
    fn what_passed_has_a_key_of_its_own() {
        let mut about = alert(1, Priority::P2);
        let mut counter = Counter::new();
        place(&mut counter, "slack", FIRST, &about);
        resolve(&mut about, 60);
        place(&mut counter, "slack", Reason::Recovered, &about);
        let slack = TargetName::new("slack").unwrap();
        let left = counter.dispatch.outbox.lanes[&slack].first().unwrap();
        let Subject::Alert(facts) = &left.subject else { panic!("an alert") };
        let key = notices::alert_key(1, facts, Reason::Passed, &slack);
        assert_eq!(left.idempotency_key, key);
    }
}
