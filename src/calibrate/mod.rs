//! WHAT A MONTH SAYS ABOUT TWO PLATFORMS: records their hours, compares them, proposes factors.
//!
//! Only what can be compared is recorded: a box with one platform writes nothing. What is recorded
//! is what the platform measured, before any factor, so that a change of factors spoils no month.
//!
//! # Promises
//! - `a_known_factor_is_found_within_its_uncertainty`
//! - `what_does_not_suffice_proposes_nothing`
//! - `an_hour_with_stale_data_is_left_out`
//! - `the_oldest_day_gives_way`
//!
//! # Not here
//! No clock: the time of an answer is the vendor's. Nothing applies a factor: that is `evaluate`.

mod compare;
mod hour;
mod plan;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::ledger::Write;
use crate::limits::{HISTORY_DAYS_KEPT, HISTORY_WRITE_WITHIN};
use crate::model::answer::Answer;
use crate::model::calibration::Calibration;
use crate::model::comparison::MonthReport;
use crate::model::config::SourceConfig;
use crate::model::history::{HistoryDay, HistorySeries};
use crate::model::metric::Metric;
use crate::model::name::SourceName;
use crate::model::time::{Tick, UtcMs, Wake};

use hour::{Closed, Open};
use plan::Plan;

/// The history of the sources, and what is compared of it.
#[derive(Debug)]
pub struct Calibrate {
    plan: Plan,
    sources: Box<[SourceName]>,
    /// By source: the hour under way of each of its series.
    open: Box<[Vec<Open>]>,
    /// By source and day.
    days: BTreeMap<(usize, u32), HistoryDay>,
    unwritten: BTreeSet<(usize, u32)>,
    forgotten: Vec<Write>,
    /// When what is unwritten is written by itself.
    due: Option<Tick>,
}

impl Calibrate {
    /// Goes on with the remembered days. `given` has the metrics of each source, in the order of
    /// the sources.
    #[must_use]
    pub fn restore(
        calibration: &Calibration,
        sources: &[SourceConfig],
        given: &[Vec<Metric>],
        remembered: Vec<HistoryDay>,
    ) -> Self {
        let plan = Plan::new(calibration, sources, given);
        let open = (0..sources.len()).map(|source| plan.series_of(source).map(Open::new).collect());
        let mut this = Self {
            open: open.collect(),
            plan,
            sources: sources.iter().map(|source| source.name.clone()).collect(),
            days: BTreeMap::new(),
            unwritten: BTreeSet::new(),
            forgotten: Vec::new(),
            due: None,
        };
        for day in remembered {
            match this.sources.iter().position(|name| *name == day.source) {
                Some(source) => {
                    this.days.insert((source, day.day), day);
                    this.make_room(source);
                }
                // It has left the file.
                None => this.forgotten.push(Write::forget_history(&day.source, day.day)),
            }
        }
        this
    }

    /// Takes a polled answer of a source into the hour under way. What is pushed tells of single
    /// entities and is no measure of the whole.
    pub fn observe(&mut self, source: usize, answer: &Answer, now: Tick) {
        let Some(open) = self.open.get_mut(source) else { return };
        let mut closed: Vec<Closed> = Vec::new();
        for series in open {
            closed.extend(series.take(answer));
        }
        for one in closed {
            self.close(source, one, now);
        }
    }

    fn close(&mut self, source: usize, closed: Closed, now: Tick) {
        let Some(name) = self.sources.get(source) else { return };
        let Closed { day, metric, entity, hour } = closed;
        let row = self.days.entry((source, day));
        let row =
            row.or_insert_with(|| HistoryDay { source: name.clone(), day, series: Vec::new() });
        let is_it = |known: &&mut HistorySeries| known.metric == metric && known.entity == entity;
        match row.series.iter_mut().find(is_it) {
            Some(known) => {
                // Where the vendor's clock went back, what is told again is told better.
                known.hours.retain(|other| other.hour < hour.hour);
                known.hours.push(hour);
            }
            None => row.series.push(HistorySeries { metric, entity, hours: Vec::from([hour]) }),
        }
        self.unwritten.insert((source, day));
        self.due.get_or_insert(now + HISTORY_WRITE_WITHIN);
        self.make_room(source);
    }

    /// The oldest day gives way.
    fn make_room(&mut self, source: usize) {
        let days = || (source, 0)..=(source, u32::MAX);
        while self.days.range(days()).count() > HISTORY_DAYS_KEPT {
            let Some((&key, _)) = self.days.range(days()).next() else { return };
            self.unwritten.remove(&key);
            if let Some(day) = self.days.remove(&key) {
                self.forgotten.push(Write::forget_history(&day.source, day.day));
            }
        }
    }

    /// What the ledger has not yet; for a turn that writes anyway, or when it is due.
    pub fn take_writes(&mut self) -> Vec<Write> {
        self.due = None;
        let mut writes = core::mem::take(&mut self.forgotten);
        let unwritten = core::mem::take(&mut self.unwritten);
        writes.extend(unwritten.iter().filter_map(|key| self.days.get(key)).map(Write::history));
        writes
    }

    /// When it wants to write.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        self.due.map(|at| Wake { at, why: "write the hour's means" })
    }

    /// What the month up to `now` says, with these factors in force.
    #[must_use]
    pub fn report(&self, calibration: &Calibration, now: UtcMs) -> MonthReport {
        compare::report(&self.plan, &self.sources, &self.days, calibration, now)
    }
}
