//! What happens on the simulated floor: callers come, wait, lose patience or are served.
//!
//! Erlang-A: arrivals are Poisson with a rate by the hour of the week that strays by day and by
//! quarter of an hour; patience is exponential, talk time lognormal. A free agent takes the call
//! that has waited longest among those the agent can serve.

use alloc::collections::{BinaryHeap, VecDeque};
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::demo::bank::{DAY_SPREAD, Plan, QUARTER_SPREAD, TALK_SPREAD, WRAP_UP};
use crate::demo::draws::{exponential, lognormal, lognormal_factor};
use crate::demo::traffic::{QueueSnapshot, Waits};
use crate::demo::week::{DAY, WeekHour};
use crate::model::rng::Rng;
use crate::model::time::{Span, UtcMs};

/// The callers and agents of a centre.
#[derive(Debug, Clone)]
pub struct Floor {
    plan: Plan,
    seed: u64,
    rng: Rng,
    /// What to add to UTC for the centre's own clock.
    offset: Span,
    queues: Vec<Queue>,
    groups: Vec<Group>,
    due: BinaryHeap<Reverse<Due>>,
    /// Numbers calls and events, so that what is due at once happens in a fixed order.
    order: u64,
}

impl Floor {
    /// An empty floor. `offset` is what to add to UTC for the centre's own clock.
    #[must_use]
    pub const fn new(plan: Plan, seed: u64, offset: Span) -> Self {
        Self {
            plan,
            seed,
            rng: Rng::new(seed),
            offset,
            queues: Vec::new(),
            groups: Vec::new(),
            due: BinaryHeap::new(),
            order: 0,
        }
    }

    /// Sends everybody home and starts afresh.
    pub fn open(&mut self, now: UtcMs) {
        self.queues = self.plan.queues.iter().map(|_| Queue::default()).collect();
        self.groups = self.plan.groups.iter().map(|_| Group::default()).collect();
        for (position, group) in (0..).zip(&self.plan.groups) {
            for queue in &group.skills {
                if let Some(queue) = self.queues.get_mut(*queue) {
                    queue.groups.push(position);
                }
            }
        }
        self.due.clear();
        self.plan_quarter(now);
    }

    /// Lets everything happen that is due before `end`, and tells how each queue then stands and
    /// what happened in it since this was last asked.
    pub fn live_until(&mut self, end: UtcMs) -> Vec<QueueSnapshot> {
        while self.due.peek().is_some_and(|Reverse(due)| due.at < end) {
            let Some(Reverse(due)) = self.due.pop() else { break };
            self.happen(&due.what, due.at);
        }
        (0..self.queues.len()).map(|queue| self.take_stock(queue, end)).collect()
    }

    fn happen(&mut self, what: &Happening, now: UtcMs) {
        match *what {
            Happening::Quarter => self.plan_quarter(now),
            Happening::Call(queue) => self.take_call(queue, now),
            Happening::HangUp { queue, call } => {
                if let Some(queue) = self.queues.get_mut(queue) {
                    // A caller who has been served is found no more.
                    if let Ok(place) = queue.waiting.binary_search_by_key(&call, |w| w.call) {
                        let gone = queue.waiting.remove(place);
                        gone.iter().for_each(|caller| queue.lose(caller, now));
                    }
                }
            }
            Happening::AgentFree(group) => {
                if let Some(group) = self.groups.get_mut(group) {
                    group.busy = group.busy.saturating_sub(1);
                }
                self.serve(group, now);
            }
        }
    }

    /// New rates and shifts, each quarter of an hour. Gaps that reach beyond the quarter are drawn
    /// anew in the next, which exponential gaps allow.
    fn plan_quarter(&mut self, now: UtcMs) {
        let local = now + self.offset;
        let quarter = local.0.div_euclid(QUARTER.0);
        let when = WeekHour::of(local);
        let day = local.0.div_euclid(DAY.0);
        // Days count up and quarters down, so that no two stretches share a factor.
        let factor = self.stray(day, DAY_SPREAD) * self.stray(!quarter, QUARTER_SPREAD);
        let times = f64::from(self.plan.times);
        let quarter_end = UtcMs((quarter + 1) * QUARTER.0 - self.offset.0);
        for position in 0..self.queues.len() {
            let (Some(queue), Some(plan)) =
                (self.queues.get_mut(position), self.plan.queues.get(position))
            else {
                continue;
            };
            queue.gap = gap(plan.calls_per_hour.at(when) * factor * times);
            queue.rate_until = quarter_end;
            self.next_call(position, now);
        }
        for position in 0..self.groups.len() {
            let (Some(group), Some(plan)) =
                (self.groups.get_mut(position), self.plan.groups.get(position))
            else {
                continue;
            };
            group.seats = plan.seats.at(when).saturating_mul(self.plan.times);
            self.serve(position, now);
        }
        if self.groups.iter().all(|group| group.seats == 0) {
            // At closing time whoever still waits is sent away.
            for queue in &mut self.queues {
                for caller in core::mem::take(&mut queue.waiting) {
                    queue.lose(&caller, now);
                }
            }
        }
        self.push(quarter_end, Happening::Quarter);
    }

    /// How far a stretch of time strays from the rates. It depends on nothing but seed and
    /// stretch, so that the steps in which time comes do not matter.
    fn stray(&self, stretch: i64, spread: f64) -> f64 {
        lognormal_factor(
            &mut Rng::new(Rng::new(self.seed).next() ^ stretch.cast_unsigned()),
            spread,
        )
    }

    fn next_call(&mut self, position: usize, now: UtcMs) {
        let Some(queue) = self.queues.get(position) else { return };
        let Some(mean) = queue.gap else { return };
        let at = now + exponential(&mut self.rng, mean);
        if at < queue.rate_until {
            self.push(at, Happening::Call(position));
        }
    }

    fn take_call(&mut self, position: usize, now: UtcMs) {
        self.next_call(position, now);
        let call = self.order;
        let (Some(queue), Some(plan)) =
            (self.queues.get_mut(position), self.plan.queues.get(position))
        else {
            return;
        };
        queue.so_far.offered += 1;
        queue.waiting.push_back(Waiting { call, since: now });
        let free = queue
            .groups
            .iter()
            .copied()
            .find(|group| self.groups.get(*group).is_some_and(Group::is_free));
        let patience = exponential(&mut self.rng, plan.patience);
        self.push(now + patience, Happening::HangUp { queue: position, call });
        if let Some(group) = free {
            self.serve(group, now);
        }
    }

    /// Gives free agents of a group the calls that have waited longest.
    fn serve(&mut self, position: usize, now: UtcMs) {
        while self.groups.get(position).is_some_and(Group::is_free) {
            let Some(plan) = self.plan.groups.get(position) else { return };
            let first =
                |queue: &usize| Some((self.queues.get(*queue)?.waiting.front()?.since, *queue));
            let Some((_, chosen)) = plan.skills.iter().filter_map(first).min() else { return };
            if let Some(queue) = self.queues.get_mut(chosen) {
                let served = queue.waiting.pop_front();
                served.iter().for_each(|caller| queue.answer(caller, now));
            }
            if let Some(group) = self.groups.get_mut(position) {
                group.busy += 1;
            }
            let mean = self.plan.queues.get(chosen).map_or(Span::ZERO, |plan| plan.talk);
            let talk = lognormal(&mut self.rng, mean, TALK_SPREAD);
            let wrap_up = exponential(&mut self.rng, WRAP_UP);
            self.push(now + talk + wrap_up, Happening::AgentFree(position));
        }
    }

    fn take_stock(&mut self, position: usize, end: UtcMs) -> QueueSnapshot {
        let Some(queue) = self.queues.get_mut(position) else { return QueueSnapshot::default() };
        let waited = queue.waiting.front().map_or(Span::ZERO, |first| end - first.since);
        let groups = || queue.groups.iter().filter_map(|group| self.groups.get(*group));
        let snapshot = QueueSnapshot {
            calls_waiting: count(queue.waiting.len()),
            longest_wait_seconds: u32::try_from(waited.whole_secs()).unwrap_or_default(),
            agents_available: groups().map(|group| group.seats.saturating_sub(group.busy)).sum(),
            agents_busy: groups().map(|group| group.busy).sum(),
            ..queue.so_far
        };
        queue.so_far = QueueSnapshot::default();
        snapshot
    }

    fn push(&mut self, at: UtcMs, what: Happening) {
        self.due.push(Reverse(Due { at, order: self.order, what }));
        self.order += 1;
    }
}

#[derive(Debug, Clone, Default)]
struct Queue {
    /// The groups that serve it, by position.
    groups: Vec<usize>,
    waiting: VecDeque<Waiting>,
    /// The mean gap between calls until `rate_until`. None while the queue is closed.
    gap: Option<Span>,
    rate_until: UtcMs,
    /// The counts of the cycle that is under way.
    so_far: QueueSnapshot,
}

impl Queue {
    /// A caller hangs up, or is sent away.
    fn lose(&mut self, caller: &Waiting, now: UtcMs) {
        let wait = Waits::one(now - caller.since);
        self.so_far.abandoned += 1;
        self.so_far.abandoned_waits = Waits::both(self.so_far.abandoned_waits, Some(wait));
    }

    /// An agent takes a caller's call.
    fn answer(&mut self, caller: &Waiting, now: UtcMs) {
        let waited = now - caller.since;
        self.so_far.answered += 1;
        self.so_far.answered_in_target += u32::from(waited <= QueueSnapshot::TARGET);
        let wait = Some(Waits::one(waited));
        self.so_far.answered_waits = Waits::both(self.so_far.answered_waits, wait);
    }
}

#[derive(Debug, Clone)]
struct Waiting {
    call: u64,
    since: UtcMs,
}

#[derive(Debug, Clone, Default)]
struct Group {
    seats: u32,
    /// May exceed the seats for a while after a shift's end: nobody leaves in the middle of a
    /// call.
    busy: u32,
}

impl Group {
    const fn is_free(&self) -> bool {
        self.busy < self.seats
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: UtcMs,
    order: u64,
    what: Happening,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// A quarter of an hour begins.
    Quarter,
    /// Somebody calls this queue.
    Call(usize),
    /// A caller's patience ends.
    HangUp { queue: usize, call: u64 },
    /// An agent of this group has finished a call.
    AgentFree(usize),
}

/// The mean gap between calls of a rate.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "milliseconds between calls are far below 2^53, and the cast saturates"
)]
fn gap(calls_per_hour: f64) -> Option<Span> {
    (calls_per_hour > 0.0).then(|| Span((3_600_000.0 / calls_per_hour) as i64))
}

fn count(callers: usize) -> u32 {
    u32::try_from(callers).unwrap_or(u32::MAX)
}

/// A quarter of an hour: how often rates and shifts change.
const QUARTER: Span = Span::secs(900);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::bank::{GroupPlan, QueuePlan};
    use crate::demo::traffic::QueueName;
    use crate::demo::week::Hours;

    const NOON: UtcMs = UtcMs(43_200_000);

    /// Two queues that nobody calls by himself, and one group for both.
    fn floor(seats: u32) -> Floor {
        let queue = |id: &str| QueuePlan {
            name: QueueName { id: id.into(), name: id.into() },
            calls_per_hour: Hours { working_day: &[], friday: &[], saturday: &[] },
            talk: Span::secs(3_600),
            patience: Span::secs(1_000_000),
        };
        let seats_by_hour = Hours { working_day: &[], friday: &[], saturday: &[] };
        let group = GroupPlan { skills: Vec::from([0, 1]), seats: seats_by_hour };
        let queues = Vec::from([queue("a"), queue("b")]);
        let plan = Plan { queues, groups: Vec::from([group]), times: 1 };
        let mut floor = Floor::new(plan, 1, Span::ZERO);
        floor.open(NOON);
        floor.groups[0].seats = seats;
        floor
    }

    #[test]
    fn the_call_that_has_waited_longest_is_served_first() {
        let mut floor = floor(0);
        floor.take_call(1, NOON);
        floor.take_call(0, NOON + Span::secs(1));
        floor.groups[0].seats = 1;
        floor.serve(0, NOON + Span::secs(2));
        let stock = floor.live_until(NOON + Span::secs(3));
        assert_eq!((stock[1].answered, stock[1].calls_waiting), (1, 0));
        assert_eq!((stock[0].answered, stock[0].calls_waiting), (0, 1));
        assert_eq!((stock[0].longest_wait_seconds, stock[0].agents_busy), (2, 1));
        let waits = Waits { sum: 2_000, min: 2_000, max: 2_000 };
        assert_eq!((stock[1].answered_waits, stock[1].answered_in_target), (Some(waits), 1));
    }

    #[test]
    fn nobody_leaves_in_the_middle_of_a_call() {
        let mut floor = floor(2);
        floor.take_call(0, NOON);
        floor.take_call(0, NOON);
        floor.groups[0].seats = 1;
        let stock = floor.live_until(NOON + Span::secs(1));
        assert_eq!((stock[0].agents_busy, stock[0].agents_available), (2, 0));
        floor.take_call(1, NOON + Span::secs(1));
        floor.happen(&Happening::AgentFree(0), NOON + Span::secs(2));
        assert_eq!(floor.live_until(NOON + Span::secs(3))[1].answered, 0, "that agent goes home");
    }

    #[test]
    fn a_caller_who_was_served_does_not_hang_up() {
        let mut floor = floor(0);
        floor.take_call(0, NOON);
        let call = floor.queues[0].waiting[0].call;
        floor.happen(&Happening::HangUp { queue: 0, call }, NOON + Span::secs(1));
        floor.happen(&Happening::HangUp { queue: 0, call }, NOON + Span::secs(1));
        let stock = floor.live_until(NOON + Span::secs(2));
        let waits = Waits { sum: 1_000, min: 1_000, max: 1_000 };
        assert_eq!((stock[0].abandoned, stock[0].abandoned_waits), (1, Some(waits)));
    }
}
