//! One source: its entities, found again from answer to answer.
//!
//! Which rules watch an entity is decided when it is first seen, and again when it is renamed.
//!
//! # Promises
//! - `rules_of_one_entity_watch_no_other`
//! - `a_selection_is_looked_at_again_when_the_name_changes`
//! - `a_rule_that_watches_nothing_is_found_out_once`
//! - `entities_beyond_the_bound_are_refused`

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::evaluate::entity::Entity;
use crate::limits::{ENTITIES_PER_SOURCE_MAX, SCOPE_EMPTY_SAID_AFTER};
use crate::model::answer::Row;
use crate::model::calibration::Factor;
use crate::model::config::SourceConfig;
use crate::model::context::ContextTable;
use crate::model::metric::{Metric, Subject};
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{NoData, Rule, Scope};
use crate::model::scope::Candidate;
use crate::model::time::Tick;

/// One source.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: SourceName,
    pub(super) platform: Arc<str>,
    /// What its readings are multiplied by.
    pub(super) factors: Vec<Factor>,
    pub(super) entities: Entities,
}

/// The entities that a source has reported, in the order of their first report.
#[derive(Debug)]
pub(super) struct Entities {
    /// Indexes of the rules over every entity.
    everywhere: Vec<u16>,
    /// Indexes of the rules over one entity.
    only: BTreeMap<EntityId, Vec<u16>>,
    /// Indexes of the rules over a selection of entities.
    selected: Vec<u16>,
    /// What the conditions of the rules are about.
    pub(super) kept: Rc<[Metric]>,
    /// When it is asked which rules watch nothing, from the first answer on, once.
    pub(super) look: Look,
    /// Whether any rule makes something of a value that is missing.
    pub(super) has_no_data_policy: bool,
    /// How many answers there were.
    answers: u64,
    list: Vec<Entity>,
    by_id: BTreeMap<EntityId, usize>,
}

/// Whether it has been asked which rules watch nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The source has reported nothing yet.
    Unset,
    /// It is due then.
    Due(Tick),
    /// It has been.
    Done,
}

/// The rules of a source, and what the operator wrote of its entities.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scopes<'a> {
    pub(super) source: &'a SourceName,
    pub(super) rules: &'a [Rule],
    pub(super) context: &'a ContextTable,
}

/// What became of the search for a row's entity.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// The entity and its index.
    At(usize, &'a mut Entity),
    /// The source has as many entities as it may.
    NoRoom,
}

impl Source {
    /// A source with the rules that are about it.
    pub(super) fn new(config: &SourceConfig, rules: &[Rule]) -> Self {
        let mut everywhere = Vec::new();
        let mut only: BTreeMap<EntityId, Vec<u16>> = BTreeMap::new();
        let (mut selected, mut kept) = (Vec::new(), Vec::new());
        for (index, rule) in (0_u16..).zip(rules).filter(|(_, rule)| rule.source == config.name) {
            match &rule.scope {
                Scope::All => everywhere.push(index),
                Scope::One(id) => only.entry(id.clone()).or_default().push(index),
                Scope::Some(_) => selected.push(index),
            }
            let volume = rule.minimum_volume.map(|volume| volume.metric);
            kept.extend(rule.conditions.iter().map(|condition| condition.metric).chain(volume));
        }
        kept.sort_unstable();
        kept.dedup();
        let kept = kept.into();
        let (list, by_id, look) = (Vec::new(), BTreeMap::new(), Look::Unset);
        let mut own = rules.iter().filter(|rule| rule.source == config.name);
        let has_no_data_policy = own.any(|rule| rule.no_data != NoData::Hold);
        Self {
            name: config.name.clone(),
            platform: (&*config.platform).into(),
            factors: Vec::new(),
            entities: Entities {
                everywhere,
                only,
                selected,
                kept,
                look,
                has_no_data_policy,
                answers: 0,
                list,
                by_id,
            },
        }
    }
}

impl Entities {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entity> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entity> {
        self.list.iter_mut()
    }

    /// The number of an answer that comes in.
    pub(super) const fn next_answer(&mut self) -> u64 {
        self.answers = self.answers.saturating_add(1);
        self.answers
    }

    /// Finds a row's entity, or takes it in. Platforms keep their order, so the expected index is
    /// tried before the look-up.
    pub(super) fn find(&mut self, row: &Row, expected: usize, scopes: Scopes<'_>) -> Found<'_> {
        let index = match self.list.get(expected) {
            Some(entity) if entity.id == row.entity => Some(expected),
            _ => self.by_id.get(&row.entity).copied(),
        };
        if index.is_none() && self.list.len() >= ENTITIES_PER_SOURCE_MAX {
            return Found::NoRoom;
        }
        if index.is_none() {
            let name = row.name.as_deref().unwrap_or(row.entity.as_str());
            let rules = self.rules_of(&row.entity, name, scopes);
            self.list.push(Entity::new(row, rules.into_iter()));
            self.by_id.insert(row.entity.clone(), self.list.len() - 1);
        }
        let at = index.unwrap_or(self.list.len() - 1);
        let renamed = |entity: &&Entity| row.name.as_deref().filter(|name| *entity.name != **name);
        if let Some(name) = self.list.get(at).as_ref().and_then(renamed) {
            let rules = self.rules_of(&row.entity, name, scopes);
            if let Some(entity) = self.list.get_mut(at) {
                entity.rename(name, rules.into_iter());
            }
        }
        self.list.get_mut(at).map_or(Found::NoRoom, |entity| Found::At(at, entity))
    }

    /// The rules that watch an entity.
    fn rules_of(&self, id: &EntityId, name: &str, scopes: Scopes<'_>) -> Vec<u16> {
        let candidate = Candidate { source: scopes.source.as_str(), id, name };
        let takes = |index: &&u16| {
            let rule = scopes.rules.get(usize::from(**index));
            rule.is_some_and(|rule| rule.scope.takes(candidate, scopes.context))
        };
        let own = self.only.get(id).into_iter().flatten();
        let selected = self.selected.iter().filter(takes);
        self.everywhere.iter().chain(own).chain(selected).copied().collect()
    }

    /// The rules that watch none of the entities which the source has reported, where it is time
    /// to ask.
    pub(super) fn look_for_idle(&mut self, now: Tick, scopes: Scopes<'_>) -> Vec<u16> {
        match self.look {
            Look::Unset if !self.list.is_empty() => {
                self.look = Look::Due(now + SCOPE_EMPTY_SAID_AFTER);
            }
            Look::Due(at) if now >= at => {
                self.look = Look::Done;
                let is_seen = |index: &u16| {
                    let mut watches = self.list.iter().flat_map(|entity| &entity.watches);
                    watches.any(|watch| watch.rule == *index)
                };
                // The hub's own rules are about the source itself, which is not always in trouble.
                let is_of_entities = |index: &u16| {
                    let rule = scopes.rules.get(usize::from(*index));
                    rule.is_some_and(|rule| rule.metric.about() == Subject::Entity)
                };
                let all = self.only.values().flatten().chain(&self.selected).copied();
                return all.filter(is_of_entities).filter(|index| !is_seen(index)).collect();
            }
            Look::Unset | Look::Due(_) | Look::Done => {}
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{self, now, rule};
    use crate::evaluate::latch::Latch;
    use crate::model::scope::Selection;
    use alloc::format;

    fn source(rules: &[Rule]) -> Source {
        Source::new(&fixtures::source(), rules)
    }

    fn row(id: &str) -> Row {
        Row { entity: EntityId::new(id).unwrap(), name: None }
    }

    fn selection(pattern: &str) -> Scope {
        let entities = Vec::from([pattern.into()]);
        Scope::Some(Box::new(Selection { entities, ..Selection::default() }))
    }

    /// What watches an entity.
    fn watches(source: &mut Source, rules: &[Rule], row: &Row) -> Vec<u16> {
        let Source { name, entities, .. } = source;
        let scopes = Scopes { source: name, rules, context: &ContextTable::default() };
        match entities.find(row, 0, scopes) {
            Found::At(_, entity) => entity.watches.iter().map(|watch| watch.rule).collect(),
            Found::NoRoom => panic!("no room"),
        }
    }

    #[test]
    fn rules_of_one_entity_watch_no_other() {
        let everywhere = rule("calls_waiting", ">=", 15.0);
        let scope = Scope::One(EntityId::new("b").unwrap());
        let only_b = Rule { scope, ..everywhere.clone() };
        let elsewhere = Rule { source: SourceName::new("other").unwrap(), ..everywhere.clone() };
        let some = Rule { scope: selection("?"), ..everywhere.clone() };
        let rules = [only_b, elsewhere, everywhere, some];
        let mut source = source(&rules);
        let mut watches = |id| watches(&mut source, &rules, &row(id));
        assert_eq!((watches("a"), watches("b")), (Vec::from([2, 3]), Vec::from([2, 0, 3])));
        assert_eq!(watches("long"), [2]);
    }

    #[test]
    fn a_selection_is_looked_at_again_when_the_name_changes() {
        let everywhere = rule("calls_waiting", ">=", 15.0);
        let vip = Rule { scope: selection("VIP*"), ..everywhere.clone() };
        let rules = [everywhere, vip];
        let mut source = source(&rules);
        let called = |name: &str| Row { name: Some(name.into()), ..row("q") };
        assert_eq!(watches(&mut source, &rules, &called("Sales")), [0]);
        for entity in &mut source.entities.list {
            entity.watches[0].latch = Latch::Breached;
        }
        assert_eq!(watches(&mut source, &rules, &called("VIP line")), [0, 1]);
        let latches: Vec<Latch> =
            source.entities.list[0].watches.iter().map(|watch| watch.latch).collect();
        assert_eq!(latches, [Latch::Breached, Latch::Clear], "what goes on keeps its side");
        assert_eq!(watches(&mut source, &rules, &row("q")), [0, 1], "it is named nowhere");
        assert_eq!(watches(&mut source, &rules, &called("Sales")), [0]);
    }

    #[test]
    fn a_rule_that_watches_nothing_is_found_out_once() {
        let everywhere = rule("calls_waiting", ">=", 15.0);
        let scoped = |scope| Rule { scope, ..everywhere.clone() };
        let one = |id| scoped(Scope::One(EntityId::new(id).unwrap()));
        let of_hub = Rule { metric: Metric::DATA_AGE, ..one("cxone") };
        let rules = [everywhere.clone(), one("q"), one("r"), scoped(selection("x*")), of_hub];
        let mut source = source(&rules);
        let idle = |source: &mut Source, secs| {
            let Source { name, entities, .. } = source;
            let scopes = Scopes { source: name, rules: &rules, context: &ContextTable::default() };
            entities.look_for_idle(now(secs).tick, scopes)
        };
        let late = SCOPE_EMPTY_SAID_AFTER.whole_secs();
        assert_eq!(idle(&mut source, 0), [0; 0]);
        assert_eq!(idle(&mut source, 2 * late), [0; 0], "it has reported nothing at all");
        watches(&mut source, &rules, &row("q"));
        assert_eq!(idle(&mut source, 10), [0; 0]);
        assert_eq!(idle(&mut source, 9 + late), [0; 0]);
        assert_eq!(idle(&mut source, 10 + late), [2, 3]);
        assert_eq!(idle(&mut source, 20 + late), [0; 0]);
    }

    #[test]
    fn entities_beyond_the_bound_are_refused() {
        let Source { name, mut entities, .. } = source(&[]);
        let scopes = Scopes { source: &name, rules: &[], context: &ContextTable::default() };
        for n in 0..ENTITIES_PER_SOURCE_MAX {
            assert!(matches!(entities.find(&row(&format!("q{n}")), n, scopes), Found::At(..)));
        }
        assert!(matches!(entities.find(&row("one-more"), 0, scopes), Found::NoRoom));
        assert!(matches!(entities.find(&row("q7"), 0, scopes), Found::At(7, _)));
    }
}
