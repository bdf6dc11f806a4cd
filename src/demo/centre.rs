//! A simulated call centre: the floor of `floor.rs`, seen through the cycles of its last minutes.
//!
//! # Promises
//! - `the_same_seed_lives_the_same_day`: whatever the steps in which the time comes.
//! - `a_seed_tells_the_same_story_whenever_it_begins`: so that a demonstration can be prepared.
//! - `the_volume_follows_the_fitted_rates`: hour by hour.
//! - `a_busy_day_loses_about_as_many_callers_as_the_real_one`: 20 to 40 percent.
//! - `busy_hours_have_trouble_and_calm_ones_mostly_none`: as the bank had.
//! - `the_whole_is_all_queues_together`
//! - `the_past_is_bounded`: no more than a few minutes of cycles are kept.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use crate::demo::bank::Plan;
use crate::demo::floor::Floor;
use crate::demo::traffic::{Cycle, QueueName, QueueSnapshot, WHOLE};
use crate::demo::week::WeekHour;
use crate::limits::{DEMO_CYCLES_MAX, DEMO_LEAP_MAX};
use crate::model::time::{Span, UtcMs};

/// The centre, as far as its time has come.
#[derive(Debug, Clone)]
pub struct Centre {
    names: Box<[QueueName]>,
    /// Whether the last of the names is all of the others together.
    has_whole: bool,
    floor: Floor,
    /// The cycle that is under way.
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

    /// A centre as planned, busy since an hour, with `at` on its own clock at `begin` (or up to a
    /// grain earlier, so that a seed tells the same story whenever it begins).
    #[must_use]
    pub fn new(plan: Plan, seed: u64, begin: UtcMs, at: WeekHour) -> Self {
        let names = plan.queues.iter().map(|queue| queue.name.clone()).collect();
        let begin = grain_start(begin);
        let floor = Floor::new(plan, seed, at.in_first_week() - begin);
        let past = VecDeque::new();
        let mut centre = Self { names, has_whole: false, floor, cycle_start: begin, past };
        centre.open(begin);
        centre
    }

    /// The same with one queue more, as recordings have it: `ALL`, the others together. Agents
    /// serve several queues, so of them it has as many as the queue that has most.
    #[must_use]
    pub fn with_whole(self) -> Self {
        let whole = QueueName { id: WHOLE.into(), name: WHOLE.into() };
        let names = self.names.into_iter().chain([whole]).collect();
        let past = self.past.into_iter().map(Cycle::with_whole).collect();
        Self { names, has_whole: true, past, ..self }
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
        self.cycle_start = grain_start(before(utc, WARM_UP));
        self.past.clear();
        self.floor.open(self.cycle_start);
        self.live_to(utc);
    }

    fn live_to(&mut self, utc: UtcMs) {
        while self.cycle_start + Self::GRAIN <= utc {
            if self.past.len() >= DEMO_CYCLES_MAX {
                self.past.pop_front();
            }
            let end = self.cycle_start + Self::GRAIN;
            let queues = self.floor.live_until(end);
            let cycle = Cycle { start: self.cycle_start, queues };
            self.past.push_back(if self.has_whole { cycle.with_whole() } else { cycle });
            self.cycle_start = end;
        }
    }
}

const fn before(moment: UtcMs, length: Span) -> UtcMs {
    UtcMs(moment.0.saturating_sub(length.0))
}

const fn grain_start(moment: UtcMs) -> UtcMs {
    UtcMs(moment.0 - moment.0.rem_euclid(Centre::GRAIN.0))
}

/// How many whole grains fit a stretch exactly.
fn grains(stretch: Span) -> Option<usize> {
    let whole = stretch.0 % Centre::GRAIN.0 == 0;
    whole.then(|| usize::try_from(stretch.0 / Centre::GRAIN.0).ok()).flatten()
}

const WARM_UP: Span = Span::secs(3_600);

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::demo::week::Weekday;

    /// A multiple of ten minutes, so that whole hours of the centre are whole windows.
    const BEGIN: UtcMs = UtcMs(1_763_000_400_000);
    const TEN_MINUTES: Span = Span::secs(600);

    fn sunday_at(hour: u8) -> WeekHour {
        WeekHour { weekday: Weekday::Sunday, hour }
    }

    /// What happened in each queue in the next ten minutes.
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
    fn a_seed_tells_the_same_story_whenever_it_begins() {
        let story = |begin: UtcMs| {
            let mut centre = Centre::bank(42, begin, sunday_at(10));
            centre.advance_to(begin + Span::secs(1_800));
            centre.past.into_iter().map(|cycle| cycle.queues).collect::<Vec<_>>()
        };
        assert_eq!(story(BEGIN), story(BEGIN + Span::millis(86_400_000 * 3 + 1_234_567)));
    }

    #[test]
    fn the_volume_follows_the_fitted_rates() {
        let mut offered = [0_u32; 24];
        let seeds = 8;
        for seed in 0..seeds {
            let mut centre = Centre::bank(seed, BEGIN, sunday_at(0));
            let offset = sunday_at(0).in_first_week() - BEGIN;
            for from in ten_minute_steps(5 * 24) {
                let hour = usize::from(WeekHour::of(from + offset).hour);
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
    fn the_whole_is_all_queues_together() {
        let mut centre = Centre::bank(3, BEGIN, sunday_at(9)).with_whole();
        let later = BEGIN + TEN_MINUTES;
        let queues = ten_minutes(&mut centre, BEGIN);
        let (whole, parts) = queues.split_last().unwrap();
        let sum = |of: fn(&QueueSnapshot) -> u32| parts.iter().map(of).sum::<u32>();
        assert_eq!((whole.offered, whole.abandoned), (sum(|q| q.offered), sum(|q| q.abandoned)));
        assert_eq!(whole.calls_waiting, sum(|q| q.calls_waiting));
        let longest = parts.iter().map(|q| q.longest_wait_seconds).max().unwrap();
        assert!(whole.longest_wait_seconds == longest && longest > 0);
        assert_eq!(centre.window(7, BEGIN, later), None);
        assert_eq!(&*centre.queues()[6].id, WHOLE);
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
