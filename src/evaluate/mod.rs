//! FROM NUMBER TO TROUBLE: rules, rates, hysteresis, and the life of an alert.
//!
//! An answer goes through calibration, null policy, rate or aligned window, threshold and
//! hysteresis, rule by rule, and becomes the beginning, the lasting or the end of alerts. Nobody is
//! told here.
//!
//! # Promises
//! - `a_breach_begins_lasts_and_ends_as_one_alert`
//! - `an_entity_that_is_left_out_is_held`: missing data is never read as fine.
//! - `a_restart_takes_open_alerts_up_where_they_were`
//!
//! # Not here
//! No clock, no vendor formats, no sending.

mod alerts;
mod aligned;
mod baseline;
mod birth;
mod by_hand;
mod compound;
mod dependency;
mod entity;
mod episode;
#[cfg(test)]
mod fixtures;
mod flap;
mod hours;
mod judgement;
mod latch;
mod mute;
mod no_data;
mod orphans;
mod pass;
mod rate;
mod sight;
mod source;
mod storm;
mod threshold;
mod usual;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::model::alert::AlertKey;
use crate::model::answer::Answer;
use crate::model::baseline::{Learning, Unusual};
use crate::model::calibration::Factor;
use crate::model::config::SourceConfig;
use crate::model::context::ContextTable;
use crate::model::metric::Metric;
use crate::model::mute::Muting;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{Priority, Rule};
use crate::model::storm::{StormConfig, StormMemory};
use crate::model::time::{Now, Stamp, UtcMs};

use dependency::Graph;
use entity::{Cell, Column, Watch};
use hours::Calendar;
use latch::Moment;
use pass::Pass;
use sight::Sight;
use source::{Found, Scopes, Source};

pub use alerts::Alerts;
pub use baseline::{Baselines, Known, News, Usual};
pub use latch::{Latch, Run};
pub use mute::Remark;
pub use storm::{Outcome, Storm};
pub use threshold::{Compared, Verdict, Why};

/// Every rule against every sample.
#[derive(Debug)]
pub struct Evaluate {
    rules: Box<[Rule]>,
    calendar: Calendar,
    /// What the operator wrote of entities, for the scopes of rules.
    context: Rc<ContextTable>,
    sources: Vec<Source>,
    /// Every alert there is.
    pub alerts: Alerts,
    /// Whether they come too many at once.
    pub storm: Storm,
    sight: Sight,
    /// What mutes alerts now.
    mutings: Vec<Muting>,
    /// The priorities of which somebody is told at once: only these make a storm.
    loud: Vec<Priority>,
    /// What is usual, where a rule wants to know.
    pub baselines: Baselines,
    graph: Graph,
    /// What it has done so far, for `/metrics`.
    pub counts: Counts,
    /// Of the answer and the row at hand, kept for their room.
    columns: Vec<Column>,
    cells: Vec<Cell>,
}

/// What the evaluation has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Readings that had a value.
    pub samples: u64,
    /// Samples compared with rules.
    pub checks: u64,
    /// Rules that have held for their on-delay.
    pub breaches: u64,
    /// Rules that held for less.
    pub brief_breaches: u64,
    /// Samples in breach: what an alerter without state would have told.
    pub breaching_checks: u64,
    /// Checks that had no verdict.
    pub unknown_checks: u64,
    /// Samples that were not judged, as it was outside of the rule's business hours.
    pub checks_outside_hours: u64,
    /// Samples that were not judged, as there was too little traffic.
    pub checks_of_low_volume: u64,
    /// Rows beyond [`crate::limits::ENTITIES_PER_SOURCE_MAX`].
    pub entities_refused: u64,
    /// Breaches that found no room among the alerts.
    pub alerts_refused: u64,
}

/// An alert that an answer was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Which.
    pub key: AlertKey,
    /// How.
    pub change: Change,
}

/// What an answer did to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only what stands behind it is new: no sample of its own has come.
    Below,
    /// It goes on; only its value and times are new.
    Lasts,
    /// A rule began to hold or has cleared.
    Turned,
}

/// One rule as it watches one entity, for `explain`.
#[derive(Debug, Clone, Copy)]
pub struct Watching<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Which side it is on.
    pub latch: Latch,
    /// What the newest sample said.
    pub last: Verdict,
    /// When the window began that it was about, where the rule judges windows.
    pub window: Option<UtcMs>,
    /// What was usual then, where the rule wants to know.
    pub usual: Option<Usual>,
    /// Since when there is no value, where the rule makes an alert of that after a while.
    pub silent: Option<&'a Run>,
}

impl Evaluate {
    /// Rules over sources; the index of a source is its place in `sources`.
    #[must_use]
    pub fn new(rules: Vec<Rule>, sources: &[SourceConfig]) -> Self {
        Self {
            sources: sources.iter().map(|config| Source::new(config, &rules)).collect(),
            calendar: Calendar::new(&rules),
            context: Rc::default(),
            rules: rules.into(),
            alerts: Alerts::default(),
            storm: Storm::new(StormConfig::default(), StormMemory::default()),
            sight: Sight::Clear,
            mutings: Vec::new(),
            loud: Priority::ALL.into(),
            baselines: Baselines::default(),
            graph: Graph::default(),
            counts: Counts::default(),
            columns: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Takes in what the operator wrote of entities, before any is seen.
    pub fn know(&mut self, context: Rc<ContextTable>) {
        self.context = context;
    }

    /// What makes a storm, by the config, and what was remembered of one.
    pub fn expect_storms(&mut self, config: StormConfig, loud: Vec<Priority>, known: StormMemory) {
        self.storm = Storm::new(config, known);
        self.loud = loud;
    }

    /// Sets what the readings of each source are multiplied by, before anything looks at them.
    pub fn calibrate(&mut self, factors: &[Factor]) {
        for source in &mut self.sources {
            let own = factors.iter().filter(|factor| factor.source == source.name);
            source.factors = own.cloned().collect();
        }
    }

    /// Compares an answer with every rule of its source; the alerts that it was about.
    pub fn observe(&mut self, source: usize, answer: &Answer, now: Now) -> Vec<Touched> {
        let mut touched = Vec::new();
        let Some(source) = self.sources.get_mut(source) else { return touched };
        let Source { name, platform, factors, entities } = source;
        self.calendar.look(now);
        let scopes = Scopes { source: name, rules: &self.rules, context: &self.context };
        self.columns.clear();
        self.columns.extend(answer.metrics.iter().map(|metric| Column::of(*metric, factors)));
        self.baselines.storm =
            self.storm.raging().map_or(Learning::On, |_| Learning::Off(Unusual::Storm));
        self.baselines.come_to(now);
        let mut pass = Pass {
            source: name,
            platform,
            rules: &self.rules,
            calendar: &self.calendar,
            metrics: &answer.metrics,
            alerts: &mut self.alerts,
            baselines: &mut self.baselines,
            counts: &mut self.counts,
            touched: &mut touched,
            moment: Moment {
                at: Stamp { tick: now.tick, utc: answer.vendor_time },
                every: answer.every,
            },
            bucket: answer.bucket,
        };
        let mut expected = 0;
        let kept = Rc::clone(&entities.kept);
        let number = entities.next_answer();
        for (row, readings) in answer.iter() {
            let Found::At(index, entity) = entities.find(row, expected, scopes) else {
                pass.counts.entities_refused += 1;
                continue;
            };
            expected = index + 1;
            entity.heard = number;
            pass.take_up(entity);
            entity.read(&self.columns, answer.bucket, readings, &mut self.cells);
            entity.keep(&kept, &self.cells, now.tick);
            pass.judge(entity, &self.cells);
        }
        pass.leave_out(entities, number);
        self.look_through(&touched, now);
        self.weigh(&mut touched, now);
        touched
    }

    /// Every rule that watches an entity's metric, for `explain`.
    pub fn watching<'a>(
        &'a self,
        source: &'a str,
        entity: &'a str,
        metric: Metric,
    ) -> impl Iterator<Item = Watching<'a>> {
        self.sources
            .iter()
            .filter(move |known| known.name.as_str() == source)
            .flat_map(|source| source.entities.iter())
            .filter(move |known| known.id.as_str() == entity)
            .flat_map(|entity| &entity.watches)
            .filter_map(|watch| {
                let rule = self.rules.get(usize::from(watch.rule))?;
                Some(self.watching_of(rule, watch))
            })
            .filter(move |watching| watching.rule.metric == metric)
    }

    /// The rules that watch none of the entities which a source has reported, once it has reported
    /// for long enough; each is told once.
    pub fn idle_rules(&mut self, source: usize, now: Now) -> Vec<&Rule> {
        let Some(source) = self.sources.get_mut(source) else { return Vec::new() };
        let scopes = Scopes { source: &source.name, rules: &self.rules, context: &self.context };
        let idle = source.entities.look_for_idle(now.tick, scopes);
        idle.into_iter().filter_map(|rule| self.rules.get(usize::from(rule))).collect()
    }

    /// Every rule that watches something of a source, entity by entity. What came first stays
    /// first.
    pub fn watches(&self, source: usize) -> impl Iterator<Item = (&EntityId, Watching<'_>)> {
        let entities = self.sources.get(source).into_iter().flat_map(|known| known.entities.iter());
        entities.flat_map(|entity| {
            entity.watches.iter().filter_map(|watch| {
                let rule = self.rules.get(usize::from(watch.rule))?;
                Some((&entity.id, self.watching_of(rule, watch)))
            })
        })
    }

    fn watching_of<'a>(&self, rule: &'a Rule, watch: &'a Watch) -> Watching<'a> {
        let silent = watch.silent.as_deref();
        let window = watch.aligned.as_ref().and_then(|aligned| aligned.judged());
        let usual = self.baselines.last_usual(watch.seat);
        Watching { rule, latch: watch.latch, last: watch.last, window, usual, silent }
    }

    /// Every entity that has been seen, with its source, for finding what `explain` asks about.
    pub fn entities(&self) -> impl Iterator<Item = (&SourceName, &str, &EntityId, &str)> {
        self.sources.iter().flat_map(|source| {
            source
                .entities
                .iter()
                .map(|entity| (&source.name, &*source.platform, &entity.id, &*entity.name))
        })
    }
}

#[cfg(test)]
mod tests;
