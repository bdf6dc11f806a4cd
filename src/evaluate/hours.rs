//! Which rules are within their business hours at this moment, looked up once a minute.
//!
//! # Promises
//! - `each_rule_follows_its_own_hours`
//! - `a_clock_that_nobody_vouches_for_mutes_nothing`
//! - `what_no_sample_comes_for_ends_with_its_hours`: what was pushed once.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::evaluate::latch::Moment;
use crate::evaluate::pass::Pass;
use crate::evaluate::threshold::Why;
use crate::evaluate::{Evaluate, Source, Touched};
use crate::model::calendar::{Hours, Open};
use crate::model::rule::Rule;
use crate::model::time::{ClockTrust, Now, Tick, Wake};

/// The business hours of all rules.
#[derive(Debug)]
pub(super) struct Calendar {
    hours: Vec<(Rc<Hours>, Open)>,
    /// By rule: the place of its hours. Empty where no rule has any.
    of_rule: Box<[Option<u16>]>,
    /// The minute that was looked up last, and by how good a clock.
    known: Option<(i64, ClockTrust)>,
    /// When it was found that some of the hours are over, until that is dealt with.
    ended: Option<Tick>,
}

impl Calendar {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut hours: Vec<(Rc<Hours>, Open)> = Vec::new();
        let mut place = |of: &Rc<Hours>| {
            let known = hours.iter().position(|(known, _)| known == of);
            let place = known.unwrap_or_else(|| {
                hours.push((Rc::clone(of), Open::Yes));
                hours.len() - 1
            });
            u16::try_from(place).ok()
        };
        let of_rule: Box<[Option<u16>]> =
            rules.iter().map(|rule| rule.hours.as_ref().and_then(&mut place)).collect();
        let of_rule = if hours.is_empty() { Box::default() } else { of_rule };
        Self { hours, of_rule, known: None, ended: None }
    }

    /// Looks at the clock. One that nothing vouches for closes nothing: a page too many is better
    /// than a night without any.
    pub(super) fn look(&mut self, now: Now) {
        let at = (now.utc.0.div_euclid(60_000), now.trust);
        if self.known == Some(at) {
            return;
        }
        self.known = Some(at);
        for (hours, open) in &mut self.hours {
            let was = *open;
            *open = match now.trust {
                ClockTrust::Untrusted => Open::Yes,
                ClockTrust::HttpDate | ClockTrust::Ntp => hours.at(now.utc),
            };
            if (was, *open) == (Open::Yes, Open::No) {
                self.ended = Some(now.tick);
            }
        }
    }

    /// When hours are over whose rules have not been dealt with.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.ended.map(|at| Wake { at, why: "business hours are over" })
    }

    /// Whether a rule is within its hours.
    pub(super) fn of(&self, rule: u16) -> Open {
        let place = self.of_rule.get(usize::from(rule)).copied().flatten();
        let hours = place.and_then(|place| self.hours.get(usize::from(place)));
        hours.map_or(Open::Yes, |(_, open)| *open)
    }
}

impl Evaluate {
    /// Ends what rules began whose hours are over, whether or not a sample comes for it; the alerts
    /// that were touched by it.
    pub(super) fn end_hours(&mut self, now: Now) -> Vec<Touched> {
        let mut touched = Vec::new();
        self.calendar.look(now);
        if self.calendar.ended.take().is_none() {
            return touched;
        }
        for Source { name, platform, entities, .. } in &mut self.sources {
            for entity in entities.iter_mut() {
                for at in 0..entity.watches.len() {
                    let Some(number) = entity.watches.get(at).map(|watch| watch.rule) else {
                        break;
                    };
                    let Some(rule) = self.rules.get(usize::from(number)) else { continue };
                    if self.calendar.of(number) == Open::Yes {
                        continue;
                    }
                    let mut pass = Pass {
                        bucket: None,
                        source: name,
                        platform,
                        rules: &self.rules,
                        calendar: &self.calendar,
                        metrics: &[],
                        alerts: &mut self.alerts,
                        baselines: &mut self.baselines,
                        counts: &mut self.counts,
                        touched: &mut Vec::new(),
                        moment: Moment { at: now.stamp(), every: None },
                    };
                    let left = pass.leave(entity, at, rule, Why::OutsideHours);
                    touched.extend(left.map(|(key, change)| Touched { key, change }));
                }
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule};
    use crate::evaluate::latch::Latch;
    use crate::model::alert::Phase;
    use crate::model::answer::Answer;
    use crate::model::calendar::DaySpan;
    use crate::model::metric::Metric;
    use crate::model::rule::Window;
    use crate::model::time::Span;
    use crate::model::zone::Zone;

    fn from_to(from: u16, to: u16) -> Option<Rc<Hours>> {
        let spans = Vec::from([DaySpan { days: [true; 7], from: from * 60, to: to * 60 }]);
        let zone = Zone::find("UTC").unwrap();
        Some(Rc::new(Hours { name: "h".into(), zone, spans, except: Vec::new() }))
    }

    fn calendar() -> Calendar {
        let plain = rule("calls_waiting", ">=", 15.0);
        let early = Rule { hours: from_to(0, 8), ..plain.clone() };
        let late = Rule { hours: from_to(8, 24), ..plain.clone() };
        Calendar::new(&[plain, early.clone(), late, early])
    }

    fn open(calendar: &Calendar) -> [Open; 4] {
        [0, 1, 2, 3].map(|rule| calendar.of(rule))
    }

    #[test]
    fn each_rule_follows_its_own_hours() {
        let mut calendar = calendar();
        assert_eq!(calendar.hours.len(), 2);
        calendar.look(now(8 * 3_600 - 1));
        assert_eq!(open(&calendar), [Open::Yes, Open::Yes, Open::No, Open::Yes]);
        calendar.look(now(8 * 3_600));
        assert_eq!(open(&calendar), [Open::Yes, Open::No, Open::Yes, Open::No]);
        assert!(Calendar::new(&[rule("calls_waiting", ">=", 15.0)]).of_rule.is_empty());
    }

    #[test]
    fn a_clock_that_nobody_vouches_for_mutes_nothing() {
        let mut calendar = calendar();
        calendar.look(Now { trust: ClockTrust::Untrusted, ..now(3_600) });
        assert_eq!(open(&calendar), [Open::Yes; 4]);
        calendar.look(Now { trust: ClockTrust::HttpDate, ..now(3_600) });
        assert_eq!(open(&calendar), [Open::Yes, Open::Yes, Open::No, Open::Yes]);
    }
    #[test]
    fn what_no_sample_comes_for_ends_with_its_hours() {
        let early = Rule { hours: from_to(0, 8), ..rule("calls_waiting", ">=", 15.0) };
        let mut evaluate = evaluate(Vec::from([early]));
        assert_eq!(evaluate.observe(0, &answer_of_waiting("q", 20.0), now(100)).len(), 1);
        let end = 8 * 3_600;
        assert_eq!(evaluate.wake(now(end - 1)), []);
        assert_eq!(evaluate.wake(now(end)).len(), 1);
        let alert = evaluate.alerts.iter().next().unwrap();
        assert_eq!((alert.phase, alert.cleared), (Phase::Resolved, Some(now(end).stamp())));
        assert_eq!((evaluate.wake(now(end + 60)).len(), evaluate.next_wake()), (0, None));
        assert_eq!(evaluate.observe(0, &answer_of_waiting("q", 20.0), now(end + 70)), []);
    }

    #[test]
    fn a_delay_that_ran_when_the_hours_ended_begins_anew_with_the_next() {
        let on_delay = Span::secs(60);
        let plain = rule("calls_waiting", ">=", 15.0);
        let early = Rule { hours: from_to(0, 8), on_delay, ..plain };
        let mut evaluate = evaluate(Vec::from([early]));
        let mut latch = |secs| {
            assert_eq!(evaluate.observe(0, &answer_of_waiting("q", 20.0), now(secs)), []);
            let metric = Metric::find("calls_waiting").unwrap();
            evaluate.watching("cxone", "q", metric).next().unwrap().latch
        };
        assert!(matches!(latch(8 * 3_600 - 10), Latch::Pending(_)));
        assert_eq!(latch(8 * 3_600), Latch::Clear);
    }
    #[test]
    fn a_window_is_filled_whatever_the_hour() {
        let (length, buffer) = (Span::secs(300), Span::secs(60));
        let window = Some(Window { length, buffer });
        let late = Rule { hours: from_to(8, 24), window, ..rule("calls_waiting", ">=", 15.0) };
        let mut evaluate = evaluate(Vec::from([late]));
        let opens = 8 * 3_600;
        let mut touched = |secs| {
            let vendor_time = now(secs).utc;
            let answer = Answer { vendor_time, ..answer_of_waiting("q", 20.0) };
            evaluate.observe(0, &answer, now(secs)).len()
        };
        let seconds = (opens - 660..opens).step_by(10);
        assert_eq!(seconds.map(&mut touched).sum::<usize>(), 0, "nothing is judged");
        assert_eq!(touched(opens), 1, "the newest window is whole");
    }
}
