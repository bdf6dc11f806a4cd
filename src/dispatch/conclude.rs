//! What an answer of a target, or the lack of one, does to the notice that was under way.

use alloc::format;

use crate::dispatch::breaker::Taking;
use crate::dispatch::outbox::{Fate, Outcome};
use crate::dispatch::{Dispatch, Step};
use crate::ledger::Write;
use crate::limits::{TARGET_BACKOFF_FIRST, TARGET_BREAKER_FAILURES};
use crate::model::alert::Decision;
use crate::model::name::TargetName;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::time::{Now, Span};
use crate::target::TargetFault;

impl Dispatch {
    /// No request can be made of the notice.
    pub(super) fn unfit(&mut self, number: u64, fault: &TargetFault, now: Now) {
        let Some((notice, _)) = self.outbox.under_way(number) else { return };
        let name = notice.target.clone();
        let outcome = match fault {
            TargetFault::SecretMissing(_) | TargetFault::SecretUnusable { .. } => {
                self.steps.push_back(Step::RereadSecrets);
                Outcome::Later { at_least: TARGET_BACKOFF_FIRST }
            }
            TargetFault::Unfit(_) | TargetFault::Body(_) => Outcome::Never,
        };
        self.conclude(&name, number, &outcome, &format!("{fault}"), now);
    }

    pub(super) fn conclude(
        &mut self,
        name: &TargetName,
        number: u64,
        outcome: &Outcome,
        why: &str,
        now: Now,
    ) {
        let before = self.taking(name);
        let fate = self.outbox.answered(number, outcome, now);
        self.say_breaker(name, before);
        match fate {
            Fate::Unknown | Fate::Goes => {}
            Fate::Again(wait) => self.again(name, number, why, wait),
            Fate::Delivered(notice) => {
                self.counts.delivered += 1;
                self.unheard.heard(&notice);
                self.steps.push_back(Step::Write(Write::forget_notice(number)));
                let text = format!("{name}: {}", self.texts.headline(&notice));
                self.steps.push_back(Step::Delivered { reason: notice.reason, text });
                let (target, reason) = (name.as_str().into(), notice.reason);
                let via = notice.passage.via.as_ref().map(|via| via.as_str().into());
                self.note(
                    &notice,
                    &match via {
                        None => Decision::Delivered { target, reason },
                        Some(instead_of) => Decision::StoodIn { target, reason, instead_of },
                    },
                );
                if let (Subject::Alert(facts), Some(lane)) =
                    (&notice.subject, self.outbox.lanes.get_mut(name))
                    && facts.resolved
                {
                    lane.forgets(&facts.key);
                }
            }
            Fate::Dead(notice) => {
                self.moving.answered(number);
                self.bury(notice, why, now);
            }
        }
    }

    fn again(&mut self, name: &TargetName, number: u64, why: &str, wait: Span) {
        self.counts.retried += 1;
        let text = format!("{name} has not taken notice {number}: {why}; again in {wait}");
        self.steps.push_back(Step::Say(log::Level::Warn, text));
    }

    fn taking(&self, name: &TargetName) -> Taking {
        self.outbox.lanes.get(name).map_or(Taking::Well, |lane| lane.breaker.taking())
    }

    /// Says that a breaker has opened or closed.
    fn say_breaker(&mut self, name: &TargetName, before: Taking) {
        let after = self.taking(name);
        let text = match (before, after) {
            (Taking::Well | Taking::Failing(_), Taking::Resting(_)) => {
                self.counts.breakers += 1;
                format!(
                    "{name} has taken nothing in {TARGET_BREAKER_FAILURES} tries: it rests, and \
                     is asked once in a while"
                )
            }
            (Taking::Resting(tries), Taking::Well) => {
                format!("{name} answers again, after {tries} tries in vain")
            }
            _ => return,
        };
        self.steps.push_back(Step::Say(log::Level::Warn, text));
    }

    /// A decision about what a notice tells, for the trail of its alert.
    pub(super) fn note(&mut self, notice: &Notice, what: &Decision) {
        // Of each line of a digest its own notices are on the trail.
        if notice.reason != Reason::Digest {
            for facts in notice.subject.alerts() {
                let (alert, what) = (facts.key.clone(), what.clone());
                self.steps.push_back(Step::Note { alert, what });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{Counter, alert, at, notice, resolve};
    use crate::dispatch::lane::Knows;
    use crate::model::http::{LinkFault, Reply};
    use crate::model::rule::Priority;
    use alloc::string::String;
    use alloc::vec::Vec;

    /// What there is of this kind since the last look.
    fn steps<T>(dispatch: &mut Dispatch, of: impl Fn(Step) -> Option<T>) -> Vec<T> {
        core::iter::from_fn(|| dispatch.next_step()).filter_map(of).collect()
    }

    #[test]
    fn who_has_heard_of_the_end_knows_nothing_more_of_it() {
        let mut about = alert(1, Priority::P1);
        let pager = TargetName::new("pager").unwrap();
        let mut counter = Counter::new();
        let knows = |counter: &Counter| {
            counter.dispatch.outbox.lanes[&pager].knows(&alert(1, Priority::P1).key)
        };
        counter.place("pager", Reason::FirstBreach, &about, 0);
        counter.send(0);
        counter.answer(0, true);
        assert_eq!(knows(&counter), Knows::Perhaps);
        resolve(&mut about, 60);
        counter.place("pager", Reason::Recovered, &about, 60);
        counter.send(60);
        counter.answer(1, true);
        assert_eq!(knows(&counter), Knows::Nothing);
    }

    #[test]
    fn a_target_that_rests_is_said_and_counted_once_and_so_is_that_it_answers() {
        let about = alert(1, Priority::P1);
        let mut counter = Counter::new();
        counter.place("pager", Reason::FirstBreach, &about, 0);
        let say = |step| if let Step::Say(_, text) = step { Some(text) } else { None };
        let mut said: Vec<String> = Vec::new();
        for hour in 1..=8 {
            let dispatch = &mut counter.dispatch;
            dispatch.outbox.send_due(at(hour * 3_600), |_, _| {});
            let answer = if hour < 8 { Err(LinkFault::Timeout) } else { Ok(Reply::empty(202)) };
            dispatch.answered(0, &answer, at(hour * 3_600));
            said.extend(steps(dispatch, say).into_iter().filter(|text| !text.contains("again in")));
        }
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("has taken nothing in 5 tries"), "{said:?}");
        assert!(said[1].contains("pager answers again, after 7 tries in vain"), "{said:?}");
        assert_eq!((counter.dispatch.counts.breakers, counter.dispatch.counts.retried), (1, 7));
    }

    /// The lines of a digest have their own notices on the trail of each alert.
    #[test]
    fn a_digest_is_noted_on_no_trail() {
        let about = alert(1, Priority::P2);
        let noted = |one: Notice| {
            let mut counter = Counter::new();
            counter.dispatch.outbox.push(one).unwrap();
            counter.send(0);
            counter.dispatch.answered(7, &Ok(Reply::new(200, "text/plain", "ok")), at(1));
            steps(&mut counter.dispatch, |step| matches!(step, Step::Note { .. }).then_some(()))
                .len()
        };
        let digest = notice(7, "slack", &about, Reason::Digest);
        let subject = Subject::Digest(digest.subject.alerts().into());
        assert_eq!(noted(Notice { subject, ..digest }), 0);
        assert_eq!(noted(notice(7, "slack", &about, Reason::FirstBreach)), 1);
    }
}
