//! `[[calibration]]` and `[[calibration_pair]]`: what makes two platforms comparable.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `source` or `platform` | text | one is required | whose readings; a source's own table wins |
//! | `metric` | text | required | of which metric |
//! | `factor` | 0.1 to 10 | required | what they are multiplied by before anything else |
//!
//! A pair names two entities that carry the same kind of work, for `andon calibrate`:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `source`, `entity_id` | text | required | whose factors are sought |
//! | `reference_source`, `reference_entity_id` | text | required | what they are compared with |

use alloc::format;
use alloc::vec::Vec;

use crate::config::source::Source;
use crate::config::threshold;
use crate::config::{rules, scope};
use crate::document::{Item, Table};
use crate::limits::{
    CALIBRATION_FACTOR_MAX, CALIBRATION_FACTOR_MIN, CALIBRATION_PAIRS_MAX, CALIBRATIONS_MAX,
};
use crate::model::calibration::{Calibration, Factor, Pair};
use crate::model::metric::{Kind, Metric, Subject};
use crate::model::name::{EntityId, SourceName};

/// Reads both.
pub(super) fn read<'a>(root: &mut Table<'a>, sources: &[Source<'a>]) -> Calibration {
    let list = root.optional("calibration").and_then(|item| item.list_of(0..=CALIBRATIONS_MAX));
    let mut read: Vec<Read<'_>> = Vec::new();
    for table in list.iter().flatten().filter_map(Item::table) {
        let Some(one) = factor(table, sources) else { continue };
        match read.iter().find(|known| known.whom == one.whom && known.metric == one.metric) {
            Some(first) => {
                let message =
                    format!("{} has a factor at {}", one.metric.short(), first.item.origin());
                one.item.refuse::<()>(message, "Keep one of the two.");
            }
            None => read.push(one),
        }
    }
    let list =
        root.optional("calibration_pair").and_then(|item| item.list_of(0..=CALIBRATION_PAIRS_MAX));
    let pairs = list.iter().flatten().filter_map(Item::table);
    Calibration {
        factors: of_sources(&read, sources),
        pairs: pairs.filter_map(|table| pair(table, sources)).collect(),
    }
}

/// One table.
struct Read<'a> {
    whom: Whom<'a>,
    metric: Metric,
    factor: f64,
    item: Item<'a>,
}

/// Whose readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom<'a> {
    Source(&'a str),
    Platform(&'a str),
}

fn factor<'a>(mut table: Table<'a>, sources: &[Source<'a>]) -> Option<Read<'a>> {
    let (source, platform) = (table.optional("source"), table.optional("platform"));
    let whom = match (&source, &platform) {
        (Some(item), None) => rules::named(item, sources).and(item.text()).map(Whom::Source),
        (None, Some(item)) => of_platform(item, sources).and(item.text()).map(Whom::Platform),
        (Some(_), Some(item)) => {
            item.refuse("source says whose readings already", "Keep one of the two.")
        }
        (None, None) => {
            let help = "Write source = \"cxone-prod\", or platform = \"nice-cxone\".";
            table.item().refuse("source or platform is missing", help)
        }
    };
    let giver = whom.and_then(|whom| sources.iter().find(|source| is_of(source, whom)));
    let metric = table
        .required("metric", "Write metric = \"abandon_rate\", or another that the source gives.")
        .and_then(|item| metric(&item, giver));
    let factor = table
        .required("factor", "Write factor = 1.1, or what andon calibrate proposes.")
        .and_then(|item| item.number_in(CALIBRATION_FACTOR_MIN..=CALIBRATION_FACTOR_MAX));
    let item = table.item().clone();
    table.finish();
    Some(Read { whom: whom?, metric: metric?, factor: factor?, item })
}

fn of_platform<'s, 'a>(item: &Item<'_>, sources: &'s [Source<'a>]) -> Option<&'s Source<'a>> {
    let known = sources.iter().filter_map(|source| Some((&*source.definition?.platform, source)));
    item.one_of("a platform of a source", &known.collect::<Vec<_>>())
}

fn metric(item: &Item<'_>, giver: Option<&Source<'_>>) -> Option<Metric> {
    let metric = threshold::metric(item, giver)?;
    match (metric.kind(), metric.about()) {
        (Kind::Boolean, _) => item.refuse("a yes or no has no factor", "Take the table out."),
        (_, Subject::Entity) => Some(metric),
        (_, _) => item.refuse("what is no platform's measure has no factor", "Take the table out."),
    }
}

fn is_of(source: &Source<'_>, whom: Whom<'_>) -> bool {
    match whom {
        Whom::Source(name) => source.name.as_str() == name,
        Whom::Platform(name) => source.definition.is_some_and(|known| &*known.platform == name),
    }
}

/// What the tables mean for each source: its own ones, then those of its platform.
fn of_sources(read: &[Read<'_>], sources: &[Source<'_>]) -> Vec<Factor> {
    let mut factors: Vec<Factor> = Vec::new();
    for source in sources {
        let of = |one: &&Read<'_>| is_of(source, one.whom);
        let (mut own, platform): (Vec<&Read<'_>>, Vec<&Read<'_>>) =
            read.iter().filter(of).partition(|one| matches!(one.whom, Whom::Source(_)));
        for one in platform {
            if !own.iter().any(|known| known.metric == one.metric) {
                own.push(one);
            }
        }
        factors.extend(own.into_iter().map(|one| Factor {
            origin: one.item.origin().into(),
            source: source.name.clone(),
            metric: one.metric,
            factor: one.factor,
        }));
    }
    factors
}

fn pair(mut table: Table<'_>, sources: &[Source<'_>]) -> Option<Pair> {
    let one = side(&mut table, sources, ["source", "entity_id"]);
    let keys = ["reference_source", "reference_entity_id"];
    let other = side(&mut table, sources, keys);
    let item = table.item().clone();
    table.finish();
    let ((source, entity), (reference, reference_entity)) = (one?, other?);
    if source == reference {
        let help = "Name an entity of another source: those of one source are measured alike.";
        return item.refuse("both entities are of one source", help);
    }
    Some(Pair { source, entity, reference, reference_entity })
}

fn side<'a>(
    table: &mut Table<'a>,
    sources: &[Source<'_>],
    [source, entity]: [&'a str; 2],
) -> Option<(SourceName, EntityId)> {
    let source = table
        .required(source, "Write the name of a source here.")
        .and_then(|item| rules::named(&item, sources));
    let entity = table
        .required(entity, "Write the platform's identifier of a queue here.")
        .and_then(|item| scope::asked_for(&item, source.and_then(|one| one.config.as_ref())));
    Some((source?.name.clone(), entity?))
}
