//! FROM NUMBER TO TROUBLE: rules, rates, hysteresis, and the life of an alert.
//!
//! An answer goes through null policy, rate, threshold and hysteresis, rule by rule, and becomes the
//! beginning, the lasting or the end of alerts. Nobody is told here.
//!
//! # Promises
//! - `a_breach_begins_lasts_and_ends_as_one_alert`
//! - `an_entity_that_is_left_out_is_held`: missing data is never read as fine.
//! - `a_restart_takes_open_alerts_up_where_they_were`
//!
//! # Not here
//! No clock, no vendor formats, no sending.

mod alerts;
mod entity;
#[cfg(test)]
mod fixtures;
mod latch;
mod orphans;
mod rate;
mod threshold;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::alert::{Alert, AlertKey, Phase};
use crate::model::answer::{Answer, Row};
use crate::model::config::SourceConfig;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{Rule, Scope};
use crate::model::time::{Now, Stamp};

use alerts::{About, Begun};
use entity::{Cell, Entity};
use latch::Turn;

pub use alerts::Alerts;
pub use latch::Latch;
pub use threshold::{Compared, Verdict, Why};

/// Every rule against every sample.
#[derive(Debug)]
pub struct Evaluate {
    rules: Box<[Rule]>,
    sources: Vec<Source>,
    /// Every alert there is.
    pub alerts: Alerts,
    /// What it has done so far, for `/metrics`.
    pub counts: Counts,
    cells: Vec<Cell>,
}

/// What the evaluation has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Readings that had a value.
    pub samples: u64,
    /// Samples compared with rules.
    pub checks: u64,
    /// Rules that began to hold.
    pub breaches: u64,
    /// Samples in breach: what an alerter without state would have told.
    pub breaching_checks: u64,
    /// Checks that had no verdict.
    pub unknown_checks: u64,
    /// Rows beyond [`ENTITIES_PER_SOURCE_MAX`].
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
}

#[derive(Debug)]
struct Source {
    name: SourceName,
    platform: Box<str>,
    rules: Vec<u16>,
    entities: Vec<Entity>,
    by_id: BTreeMap<EntityId, usize>,
}

impl Evaluate {
    /// Rules over sources; the index of a source is its place in `sources`.
    #[must_use]
    pub fn new(rules: Vec<Rule>, sources: &[SourceConfig]) -> Self {
        let source = |config: &SourceConfig| Source {
            name: config.name.clone(),
            platform: config.platform.clone(),
            rules: (0_u16..)
                .zip(&rules)
                .filter(|(_, rule)| rule.source == config.name)
                .map(|(index, _)| index)
                .collect(),
            entities: Vec::new(),
            by_id: BTreeMap::new(),
        };
        let sources = sources.iter().map(source).collect();
        Self {
            rules: rules.into(),
            sources,
            alerts: Alerts::default(),
            counts: Counts::default(),
            cells: Vec::new(),
        }
    }

    /// Compares an answer with every rule of its source; the alerts that it was about.
    pub fn observe(&mut self, source: usize, answer: &Answer, now: Now) -> Vec<Touched> {
        let mut touched = Vec::new();
        let at = Stamp { tick: now.tick, utc: answer.vendor_time };
        let mut expected = 0;
        for (row, readings) in answer.iter() {
            let Some(index) = self.entity(source, expected, row, answer, at, &mut touched) else {
                self.counts.entities_refused += 1;
                continue;
            };
            expected = index + 1;
            let Some(source) = self.sources.get_mut(source) else { return touched };
            let Some(entity) = source.entities.get_mut(index) else { continue };
            entity.read(answer, readings, &mut self.cells);
            let known = self.cells.iter().filter(|cell| cell.plain().is_some());
            self.counts.samples += u64::try_from(known.count()).unwrap_or(0);
            let mut pass = Pass {
                source: &source.name,
                platform: &source.platform,
                rules: &self.rules,
                cells: &self.cells,
                alerts: &mut self.alerts,
                counts: &mut self.counts,
                touched: &mut touched,
                at,
            };
            pass.judge(entity);
        }
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
            .flat_map(|source| &source.entities)
            .filter(move |known| known.id.as_str() == entity)
            .flat_map(|entity| &entity.watches)
            .filter_map(|watch| {
                let rule = self.rules.get(usize::from(watch.rule))?;
                Some(Watching { rule, latch: watch.latch, last: watch.last })
            })
            .filter(move |watching| watching.rule.metric == metric)
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

    /// The index of a row's entity, made on first sight. Platforms keep their order, so the index after
    /// the last row's is tried before the look-up.
    fn entity(
        &mut self,
        source_index: usize,
        expected: usize,
        row: &Row,
        answer: &Answer,
        at: Stamp,
        touched: &mut Vec<Touched>,
    ) -> Option<usize> {
        let source = self.sources.get_mut(source_index)?;
        let index = match source.entities.get(expected) {
            Some(entity) if entity.id == row.entity => Some(expected),
            _ => source.by_id.get(&row.entity).copied(),
        };
        if let Some(index) = index {
            if let (Some(name), Some(entity)) = (&row.name, source.entities.get_mut(index))
                && entity.name != *name
            {
                entity.name.clone_from(name);
            }
            return Some(index);
        }
        if source.entities.len() >= ENTITIES_PER_SOURCE_MAX {
            return None;
        }
        let rules = &self.rules;
        let in_scope = source.rules.iter().copied().filter(|index| {
            rules.get(usize::from(*index)).is_some_and(|rule| match &rule.scope {
                Scope::All => true,
                Scope::One(id) => *id == row.entity,
            })
        });
        let mut entity = Entity::new(row, in_scope);
        take_up(&mut entity, source, &self.rules, &mut self.alerts, answer, at, touched);
        let index = source.entities.len();
        source.by_id.insert(row.entity.clone(), index);
        source.entities.push(entity);
        Some(index)
    }
}

/// Gives the latches of a new entity the side that its remembered alerts were on.
fn take_up(
    entity: &mut Entity,
    source: &Source,
    rules: &[Rule],
    alerts: &mut Alerts,
    answer: &Answer,
    at: Stamp,
    touched: &mut Vec<Touched>,
) {
    if alerts.iter().all(|alert| alert.phase == Phase::Resolved) {
        return;
    }
    for &metric in &answer.metrics {
        let key = AlertKey::of(&source.name, &source.platform, metric, &entity.id);
        if alerts.get(key.as_str()).is_none_or(|alert| alert.phase == Phase::Resolved) {
            continue;
        }
        let of_metric = |watch: &entity::Watch| {
            rules.get(usize::from(watch.rule)).filter(|rule| rule.metric == metric)
        };
        alerts.take_up(&key, entity.watches.iter().filter_map(of_metric), at);
        for watch in &mut entity.watches {
            if of_metric(watch).is_some_and(|rule| alerts.holds(&key, rule).is_some()) {
                watch.latch = Latch::Breached;
            }
        }
        touched.push(Touched { key, change: Change::Turned });
    }
}

/// One entity's turn through its rules.
struct Pass<'a> {
    source: &'a SourceName,
    platform: &'a str,
    rules: &'a [Rule],
    cells: &'a [Cell],
    alerts: &'a mut Alerts,
    counts: &'a mut Counts,
    touched: &'a mut Vec<Touched>,
    at: Stamp,
}

impl Pass<'_> {
    fn judge(&mut self, entity: &mut Entity) {
        let first_touched = self.touched.len();
        for at in 0..entity.watches.len() {
            let Some(watch) = entity.watches.get_mut(at) else { break };
            let Some(rule) = self.rules.get(usize::from(watch.rule)) else { continue };
            let Some(cell) = self.cells.iter().find(|cell| cell.metric == rule.metric) else {
                continue;
            };
            let verdict = threshold::judge(rule, cell.value(rule), &|metric| self.plain(metric));
            self.counts.checks += 1;
            match verdict {
                Verdict::Breach(_) => self.counts.breaching_checks += 1,
                Verdict::Unknown(_) => self.counts.unknown_checks += 1,
                Verdict::Between(_) | Verdict::Clear(_) => {}
            }
            watch.last = verdict;
            let turn = watch.latch.observe(verdict);
            if turn != Turn::Same {
                self.follow(entity, at, rule, turn, first_touched);
            }
        }
    }

    /// Carries a latch's turn into the alert.
    fn follow(&mut self, entity: &mut Entity, watch: usize, rule: &Rule, turn: Turn, first: usize) {
        let key =
            entity.key(rule.metric, |id| AlertKey::of(self.source, self.platform, rule.metric, id));
        let change = match turn {
            Turn::Same => return,
            Turn::Lasts(numbers) => {
                self.alerts.lasts(&key, rule, numbers, self.at);
                Change::Lasts
            }
            Turn::Ended(numbers) => {
                self.alerts.end(&key, rule, numbers, self.at);
                Change::Turned
            }
            Turn::Began(numbers) => {
                let about = About {
                    source: self.source,
                    platform: self.platform,
                    entity: &entity.id,
                    entity_name: &entity.name,
                    metric: rule.metric,
                };
                if self.alerts.begin(&key, about, rule, numbers, self.at) == Begun::Full {
                    self.counts.alerts_refused += 1;
                    // Tried again with the next sample, when there may be room.
                    if let Some(watch) = entity.watches.get_mut(watch) {
                        watch.latch = Latch::Clear;
                    }
                    return;
                }
                self.counts.breaches += 1;
                Change::Turned
            }
        };
        if let Some(alert) = self.alerts.get_mut(key.as_str()) {
            set_context(alert, self.cells);
        }
        let of_this_entity = self.touched.get_mut(first..).unwrap_or_default();
        match of_this_entity.iter_mut().find(|touched| touched.key == key) {
            Some(touched) => touched.change = touched.change.max(change),
            None => self.touched.push(Touched { key, change }),
        }
    }

    fn plain(&self, metric: Metric) -> Option<f64> {
        self.cells.iter().find(|cell| cell.metric == metric).and_then(Cell::plain)
    }
}

fn set_context(alert: &mut Alert, cells: &[Cell]) {
    alert.context.clear();
    for cell in cells.iter().filter(|cell| cell.metric != alert.metric) {
        if let Some(value) = cell.plain()
            && alert.context.push((cell.metric, value)).is_err()
        {
            break;
        }
    }
}

#[cfg(test)]
mod tests;
