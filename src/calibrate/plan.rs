//! What is compared with what, and which series have to be recorded for it.
//!
//! Where the file pairs entities of two sources, those are compared, and by every metric that both
//! give. Else each source is compared as a whole with the first source of the file that is of
//! another platform: two tenants of one platform measure alike.

use alloc::vec::Vec;

use crate::limits::HISTORY_SERIES_MAX;
use crate::model::calibration::Calibration;
use crate::model::config::SourceConfig;
use crate::model::metric::{Kind, Metric, Subject};
use crate::model::name::{EntityId, SourceName};

/// What is compared, and recorded for it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) comparisons: Vec<Planned>,
    /// Each once.
    series: Vec<Series>,
    /// Series for which there was no room.
    pub(super) left_out: usize,
}

/// One metric of one source against that of another.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) source: usize,
    pub(super) reference: usize,
    pub(super) metric: Metric,
    /// The entities of the one and of the other; none: all of both.
    pub(super) pairs: Pairs,
}

/// An entity of the source, and one of the reference.
type Pairs = Vec<(EntityId, EntityId)>;

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) source: usize,
    pub(super) metric: Metric,
    pub(super) entity: Option<EntityId>,
}

impl Plan {
    pub(super) fn new(
        calibration: &Calibration,
        sources: &[SourceConfig],
        given: &[Vec<Metric>],
    ) -> Self {
        let mut plan = Self::default();
        let place = |name: &SourceName| sources.iter().position(|source| source.name == *name);
        let mut paired: Vec<(usize, usize, Pairs)> = Vec::new();
        for pair in &calibration.pairs {
            let (Some(one), Some(other)) = (place(&pair.source), place(&pair.reference)) else {
                continue;
            };
            let entities = (pair.entity.clone(), pair.reference_entity.clone());
            match paired.iter_mut().find(|(a, b, _)| (*a, *b) == (one, other)) {
                Some((_, _, pairs)) => pairs.push(entities),
                None => paired.push((one, other, Vec::from([entities]))),
            }
        }
        for (one, other, pairs) in &paired {
            for metric in shared(given, *one, *other) {
                plan.add(*one, *other, metric, pairs.clone());
            }
        }
        for (one, source) in sources.iter().enumerate() {
            let mut others = sources.iter().take(one);
            let Some(other) = others.position(|known| known.platform != source.platform) else {
                continue;
            };
            if paired.iter().any(|(a, b, _)| [(one, other), (other, one)].contains(&(*a, *b))) {
                continue;
            }
            for metric in shared(given, one, other) {
                plan.add(one, other, metric, Vec::new());
            }
        }
        plan
    }

    fn add(&mut self, source: usize, reference: usize, metric: Metric, pairs: Pairs) {
        let both = |one: Option<EntityId>, other: Option<EntityId>| {
            [(source, one), (reference, other)].map(|(source, entity)| Series {
                source,
                metric,
                entity,
            })
        };
        let mut wanted: Vec<Series> = match pairs.as_slice() {
            [] => both(None, None).into(),
            pairs => pairs
                .iter()
                .flat_map(|(one, other)| both(Some(one.clone()), Some(other.clone())))
                .collect(),
        };
        wanted.retain(|one| !self.series.contains(one));
        if self.series.len().saturating_add(wanted.len()) > HISTORY_SERIES_MAX {
            self.left_out = self.left_out.saturating_add(wanted.len());
            return;
        }
        self.series.extend(wanted);
        self.comparisons.push(Planned { source, reference, metric, pairs });
    }

    /// What is recorded of a source.
    pub(super) fn series_of(&self, source: usize) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |series| series.source == source)
    }
}

/// The metrics of two sources that can have a factor.
fn shared(given: &[Vec<Metric>], one: usize, other: usize) -> impl Iterator<Item = Metric> {
    let of = |source: usize| given.get(source).map_or(&[][..], Vec::as_slice);
    let (one, other) = (of(one), of(other));
    let is_measure =
        |metric: &Metric| metric.about() == Subject::Entity && metric.kind() != Kind::Boolean;
    one.iter().copied().filter(is_measure).filter(|metric| other.contains(metric))
}
