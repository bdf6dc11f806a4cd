//! A simulated call centre (Erlang-A): callers come, wait, lose patience or are served.
//!
//! Arrivals are Poisson with a rate by the hour of the week that strays by day and by quarter of an
//! hour; patience is exponential, talk time lognormal. A free agent takes the call that has waited
//! longest among those the agent can serve. `bank.rs` has the figures.
//!
//! # Promises
//! - `the_same_seed_lives_the_same_day`: whatever the steps in which the time comes.
//! - `the_volume_follows_the_fitted_rates`: hour by hour.
//! - `a_busy_day_loses_about_as_many_callers_as_the_real_one`: 20 to 40 percent.
//! - `busy_hours_have_trouble_and_calm_ones_mostly_none`: as the bank had.
//! - `the_past_is_bounded`: no more than a few minutes of cycles are kept.

use alloc::collections::{BinaryHeap, VecDeque};
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::demo::bank::{DAY_SPREAD, Plan, QUARTER_SPREAD, TALK_SPREAD, WRAP_UP};
use crate::demo::draws::{exponential, lognormal, lognormal_factor};
use crate::demo::traffic::{Cycle, QueueName, QueueSnapshot};
use crate::demo::week::{DAY, WeekHour};
use crate::limits::{DEMO_CYCLES_MAX, DEMO_LEAP_MAX};
use crate::model::rng::Rng;
use crate::model::time::{Span, UtcMs};

/// The centre, as far as its time has come.
#[derive(Debug, Clone)]
pub struct Centre {
    plan: Plan,
    names: Vec<QueueName>,
    seed: u64,
    rng: Rng,
    /// What to add to UTC for the centre's own clock.
    offset: Span,
    queues: Vec<Queue>,
    groups: Vec<Group>,
    due: BinaryHeap<Reverse<Due>>,
    /// Numbers calls and events, so that what is due at once happens in a fixed order.
    order: u64,
    cycle_start: UtcMs,
    past: VecDeque<Cycle>,
}

impl Centre {
    /// The shortest stretch that is told apart.
    pub const GRAIN: Span = Span::secs(5);

    /// The bank, busy since an hour, with `at` on its own clock at `begin`.
    #[must_use]
    pub fn bank(seed: u64, begin: UtcMs, at: WeekHour) -> Self {
        Self::new(Plan::bank(), seed, begin, at)
    }

    /// A centre of many queues, for measurements.
    #[must_use]
    pub fn large(seed: u64, begin: UtcMs, at: WeekHour, queues: u32) -> Self {
        Self::new(Plan::large(queues), seed, begin, at)
    }

    /// A centre as planned, busy since an hour, with `at` on its own clock at `begin`.
    #[must_use]
    pub fn new(plan: Plan, seed: u64, begin: UtcMs, at: WeekHour) -> Self {
        let mut centre = Self {
            names: plan.queues.iter().map(|queue| queue.name.clone()).collect(),
            plan,
            seed,
            rng: Rng::new(seed),
            offset: at.in_first_week() - begin,
            queues: Vec::new(),
            groups: Vec::new(),
            due: BinaryHeap::new(),
            order: 0,
            cycle_start: begin,
            past: VecDeque::new(),
        };
        centre.open(begin);
        centre
    }

    /// The queues.
    #[must_use]
    pub fn queues(&self) -> &[QueueName] {
        &self.names
    }

    /// Lives on to a moment. After a leap longer than [`DEMO_LEAP_MAX`], as when the box learns the
    /// true time, what lay between is skipped.
    pub fn advance_to(&mut self, utc: UtcMs) {
        if utc - self.cycle_start > DEMO_LEAP_MAX {
            self.open(utc);
        }
        self.live_to(utc);
    }

    /// Counts and gauges of one queue, see [`super::traffic::Traffic::window`].
    #[must_use]
    pub fn window(&self, queue: usize, from: UtcMs, to: UtcMs) -> Option<QueueSnapshot> {
        let first = self.past.front()?.start;
        let (from, to) = (grains(from - first)?, grains(to - first)?);
        if from >= to || to > self.past.len() {
            return None;
        }
        let cycles = self.past.range(from..to);
        cycles.filter_map(|cycle| cycle.queues.get(queue).copied()).reduce(QueueSnapshot::then)
    }

    /// Empties the centre and fills it with an hour of calls before `utc`.
    fn open(&mut self, utc: UtcMs) {
        self.cycle_start = start_of(before(utc, WARM_UP), Self::GRAIN);
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
        self.past.clear();
        self.plan_quarter(self.cycle_start);
        self.live_to(utc);
    }

    fn live_to(&mut self, utc: UtcMs) {
        while self.cycle_start + Self::GRAIN <= utc {
            let end = self.cycle_start + Self::GRAIN;
            while self.due.peek().is_some_and(|Reverse(due)| due.at < end) {
                let Some(Reverse(due)) = self.due.pop() else { break };
                self.happen(due.what, due.at);
            }
            if self.past.len() >= DEMO_CYCLES_MAX {
                self.past.pop_front();
            }
            let queues = (0..self.queues.len()).map(|queue| self.close_cycle(queue, end)).collect();
            self.past.push_back(Cycle { start: self.cycle_start, queues });
            self.cycle_start = end;
        }
    }

    fn happen(&mut self, what: Happening, now: UtcMs) {
        match what {
            Happening::Quarter => self.plan_quarter(now),
            Happening::Call(queue) => self.take_call(queue, now),
            Happening::HangUp { queue, call } => {
                if let Some(queue) = self.queues.get_mut(queue) {
                    // A caller who has been served is found no more.
                    if let Ok(place) = queue.waiting.binary_search_by_key(&call, |w| w.call) {
                        queue.waiting.remove(place);
                        queue.so_far.abandoned += 1;
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
        let quarter_start = start_of(local, QUARTER);
        let when = WeekHour::of(local);
        let day = local.0.div_euclid(DAY.0);
        let factor = self.stray(day, DAY_SPREAD)
            * self.stray(quarter_start.0.div_euclid(QUARTER.0) << 20, QUARTER_SPREAD);
        let quarter_end = before(quarter_start + QUARTER, self.offset);
        for position in 0..self.queues.len() {
            let (Some(queue), Some(plan)) =
                (self.queues.get_mut(position), self.plan.queues.get(position))
            else {
                continue;
            };
            queue.gap = gap(plan.calls_per_hour.at(when) * factor);
            queue.rate_until = quarter_end;
            self.next_call(position, now);
        }
        for position in 0..self.groups.len() {
            let (Some(group), Some(plan)) =
                (self.groups.get_mut(position), self.plan.groups.get(position))
            else {
                continue;
            };
            group.seats = plan.seats.at(when);
            self.serve(position, now);
        }
        if self.groups.iter().all(|group| group.seats == 0) {
            // At closing time whoever still waits is sent away.
            for queue in &mut self.queues {
                queue.so_far.abandoned += count(queue.waiting.len());
                queue.waiting.clear();
            }
        }
        self.push(quarter_end, Happening::Quarter);
    }

    /// How far a stretch of time strays from the rates. It depends on the seed and the stretch alone.
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
                queue.waiting.pop_front();
                queue.so_far.answered += 1;
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

    fn close_cycle(&mut self, position: usize, end: UtcMs) -> QueueSnapshot {
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

#[derive(Debug, Clone)]
struct Waiting {
    call: u64,
    since: UtcMs,
}

#[derive(Debug, Clone, Default)]
struct Group {
    seats: u32,
    /// May exceed the seats for a while after a shift's end: nobody leaves in the middle of a call.
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

const fn before(moment: UtcMs, length: Span) -> UtcMs {
    UtcMs(moment.0.saturating_sub(length.0))
}

const fn start_of(moment: UtcMs, length: Span) -> UtcMs {
    UtcMs(moment.0 - moment.0.rem_euclid(length.0))
}

/// How many whole grains fit a stretch exactly.
fn grains(stretch: Span) -> Option<usize> {
    let whole = stretch.0 % Centre::GRAIN.0 == 0;
    whole.then(|| usize::try_from(stretch.0 / Centre::GRAIN.0).ok()).flatten()
}

const QUARTER: Span = Span::secs(900);
const WARM_UP: Span = Span::secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::bank::Plan;
    use crate::demo::week::Weekday;

    /// A multiple of ten minutes, so that whole hours of the centre are whole windows.
    const BEGIN: UtcMs = UtcMs(1_763_000_400_000);
    const TEN_MINUTES: Span = Span::secs(600);

    fn sunday_at(hour: u8) -> WeekHour {
        WeekHour { weekday: Weekday::Sunday, hour }
    }

    /// What happened in all queues of the next ten minutes, and the gauges of the worst at their end.
    fn ten_minutes(centre: &mut Centre, from: UtcMs) -> Vec<QueueSnapshot> {
        let to = from + TEN_MINUTES;
        centre.advance_to(to);
        let window = |queue| centre.window(queue, from, to).unwrap();
        (0..centre.queues().len()).map(window).collect()
    }

    fn ten_minute_steps(hours: i64) -> impl Iterator<Item = UtcMs> {
        (0..hours * 6).map(|step| BEGIN + Span::secs(step * 600))
    }

    #[test]
    fn the_same_seed_lives_the_same_day() {
        let mut in_steps = Centre::bank(42, BEGIN, sunday_at(10));
        let mut at_once = in_steps.clone();
        for step in 0..3_000 {
            in_steps.advance_to(BEGIN + Span::millis(step * 977));
        }
        at_once.advance_to(BEGIN + Span::millis(2_999 * 977));
        assert_eq!(in_steps.past, at_once.past);
        let mut other = Centre::bank(43, BEGIN, sunday_at(10));
        other.advance_to(BEGIN + Span::millis(2_999 * 977));
        assert_ne!(other.past, at_once.past);
    }

    #[test]
    fn the_volume_follows_the_fitted_rates() {
        let mut offered = [0_u32; 24];
        let seeds = 8;
        for seed in 0..seeds {
            let mut centre = Centre::bank(seed, BEGIN, sunday_at(0));
            for from in ten_minute_steps(5 * 24) {
                let hour = usize::from(WeekHour::of(from + centre.offset).hour);
                let happened = ten_minutes(&mut centre, from);
                offered[hour] += happened.iter().map(|queue| queue.offered).sum::<u32>();
            }
        }
        let days = f64::from(u32::try_from(seeds * 5).unwrap());
        for (hour, offered) in (0..).zip(offered) {
            let rates = Plan::bank().queues;
            let fitted: f64 = rates.iter().map(|q| q.calls_per_hour.at(sunday_at(hour))).sum();
            let per_day = f64::from(offered) / days;
            assert!((per_day - fitted).abs() <= 0.12 * fitted, "{hour}: {per_day}, not {fitted}");
        }
    }

    #[test]
    fn a_busy_day_loses_about_as_many_callers_as_the_real_one() {
        let (mut offered, mut abandoned) = (0, 0);
        for seed in 0..8 {
            let mut centre = Centre::bank(seed, BEGIN, sunday_at(8));
            for queue in ten_minute_steps(10).flat_map(|from| ten_minutes(&mut centre, from)) {
                offered += queue.offered;
                abandoned += queue.abandoned;
            }
        }
        let percent = abandoned * 100 / offered;
        assert!((20..=40).contains(&percent), "{percent} percent of {offered}");
    }

    #[test]
    fn busy_hours_have_trouble_and_calm_ones_mostly_none() {
        let cycles_in_trouble = |hour: u8| {
            let mut centre = Centre::bank(3, BEGIN, sunday_at(hour));
            let mut troubled = (0, 0, 0);
            for cycle in 1..=1_080 {
                let to = BEGIN + Span::secs(cycle * 10);
                centre.advance_to(to);
                let window = |queue| centre.window(queue, before(to, Span::secs(60)), to).unwrap();
                let now: Vec<QueueSnapshot> = (0..6).map(window).collect();
                let any = |bad: fn(&QueueSnapshot) -> bool| u32::from(now.iter().any(bad));
                troubled.0 += any(|queue| queue.calls_waiting >= 5);
                troubled.1 += any(|queue| queue.longest_wait_seconds > 120);
                troubled.2 += u32::from(now.iter().map(|queue| queue.abandoned).sum::<u32>() >= 5);
            }
            troubled
        };
        let (waiting, long, bursts) = cycles_in_trouble(9);
        assert!(waiting > 100 && long > 300 && bursts > 0, "{waiting} {long} {bursts}");
        let (waiting, long, bursts) = cycles_in_trouble(3);
        assert_eq!((waiting, long, bursts), (0, 0, 0), "at night");
    }

    #[test]
    fn the_past_is_bounded() {
        let mut centre = Centre::large(1, BEGIN, sunday_at(10), 20);
        let later = BEGIN + Span::secs(3_600);
        centre.advance_to(later);
        assert_eq!(centre.past.len(), DEMO_CYCLES_MAX);
        assert!(centre.window(19, before(later, TEN_MINUTES), later).is_some());
        assert_eq!(centre.window(19, BEGIN, later), None, "long forgotten");
        // A box that learns the true time leaps by decades.
        centre.advance_to(later + Span::secs(40 * 365 * 86_400));
        assert_eq!(centre.past.len(), DEMO_CYCLES_MAX);
    }
}
