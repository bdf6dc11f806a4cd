//! One source: its entities, found again from answer to answer.
//!
//! # Promises
//! - `rules_of_one_entity_watch_no_other`
//! - `entities_beyond_the_bound_are_refused`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::evaluate::entity::Entity;
use crate::limits::ENTITIES_PER_SOURCE_MAX;
use crate::model::answer::Row;
use crate::model::calibration::Factor;
use crate::model::config::SourceConfig;
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::{Rule, Scope};

/// One source.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: SourceName,
    pub(super) platform: Box<str>,
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
    list: Vec<Entity>,
    by_id: BTreeMap<EntityId, usize>,
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
        for (index, rule) in (0_u16..).zip(rules).filter(|(_, rule)| rule.source == config.name) {
            match &rule.scope {
                Scope::All => everywhere.push(index),
                Scope::One(id) => only.entry(id.clone()).or_default().push(index),
            }
        }
        let (list, by_id) = (Vec::new(), BTreeMap::new());
        Self {
            name: config.name.clone(),
            platform: config.platform.clone(),
            factors: Vec::new(),
            entities: Entities { everywhere, only, list, by_id },
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

    /// Finds a row's entity, or takes it in. Platforms keep their order, so the expected index is
    /// tried before the look-up.
    pub(super) fn find(&mut self, row: &Row, expected: usize) -> Found<'_> {
        let index = match self.list.get(expected) {
            Some(entity) if entity.id == row.entity => Some(expected),
            _ => self.by_id.get(&row.entity).copied(),
        };
        if index.is_none() && self.list.len() >= ENTITIES_PER_SOURCE_MAX {
            return Found::NoRoom;
        }
        if index.is_none() {
            let own = self.only.get(&row.entity).into_iter().flatten();
            self.list.push(Entity::new(row, self.everywhere.iter().chain(own).copied()));
            self.by_id.insert(row.entity.clone(), self.list.len() - 1);
        }
        let at = index.unwrap_or(self.list.len() - 1);
        let Some(entity) = self.list.get_mut(at) else { return Found::NoRoom };
        if let (Some(_), Some(name)) = (index, &row.name)
            && entity.name != *name
        {
            entity.name.clone_from(name);
        }
        Found::At(at, entity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{self, rule};
    use alloc::format;

    fn source(rules: &[Rule]) -> Source {
        Source::new(&fixtures::source(), rules)
    }

    fn row(id: &str) -> Row {
        Row { entity: EntityId::new(id).unwrap(), name: None }
    }

    #[test]
    fn rules_of_one_entity_watch_no_other() {
        let everywhere = rule("calls_waiting", ">=", 15.0);
        let scope = Scope::One(EntityId::new("b").unwrap());
        let only_b = Rule { scope, ..everywhere.clone() };
        let elsewhere = Rule { source: SourceName::new("other").unwrap(), ..everywhere.clone() };
        let mut source = source(&[only_b, elsewhere, everywhere]);
        let mut watches = |id: &str| match source.entities.find(&row(id), 0) {
            Found::At(_, entity) => entity.watches.iter().map(|watch| watch.rule).collect(),
            Found::NoRoom => panic!("no room"),
        };
        let (of_a, of_b): (Vec<u16>, Vec<u16>) = (watches("a"), watches("b"));
        assert_eq!((of_a, of_b), (Vec::from([2]), Vec::from([2, 0])));
    }

    #[test]
    fn entities_beyond_the_bound_are_refused() {
        let mut entities = source(&[]).entities;
        for n in 0..ENTITIES_PER_SOURCE_MAX {
            assert!(matches!(entities.find(&row(&format!("q{n}")), n), Found::At(..)));
        }
        assert!(matches!(entities.find(&row("one-more"), 0), Found::NoRoom));
        assert!(matches!(entities.find(&row("q7"), 0), Found::At(7, _)));
    }
}
