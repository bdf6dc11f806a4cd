//! `[[heartbeat]]`: what has to show that it lives, such as a backup or another hub.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `source` | text | the only source | of `definition = "heartbeat"`: where they come in |
//! | `entity_id` | text | required | the `name` that it sends |
//! | `every_seconds` | 10 to 2678400 | required | how often it sends |
//! | `grace_seconds` | 0 to 86400 | 60 | how much later than that is no trouble yet |
//! | `priority` | `P1`, `P2`, `P3` | required | how urgent its silence is |

use alloc::format;
use alloc::vec::Vec;

use crate::config::rules::{named, the_only};
use crate::config::source::Source;
use crate::config::threshold::{self, Threshold};
use crate::config::{name, seconds};
use crate::document::{Item, Table};
use crate::limits::HEARTBEATS_MAX;
use crate::model::config::Heartbeat;
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::rule::{Operator, Rule, Scope};
use crate::model::time::Span;

/// Reads every `[[heartbeat]]`; the silence of each is a threshold.
pub(super) fn read<'a>(
    root: &mut Table<'a>,
    sources: &[Source<'a>],
    thresholds: &mut Vec<Threshold<'a>>,
) -> Vec<Heartbeat> {
    let list = root.optional("heartbeat").and_then(|item| item.list_of(0..=HEARTBEATS_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    let read: Vec<_> = tables.filter_map(|table| heartbeat(table, sources)).collect();
    let mut heartbeats: Vec<Heartbeat> = Vec::new();
    for (heartbeat, threshold) in read {
        let is_twin = |known: &Heartbeat| {
            known.source == heartbeat.source && known.entity == heartbeat.entity
        };
        if heartbeats.iter().any(is_twin) {
            let message = format!("\"{}\" has a heartbeat already", heartbeat.entity);
            threshold.item.refuse::<()>(message, "Write one [[heartbeat]] for each.");
        }
        heartbeats.push(heartbeat);
        thresholds.push(threshold);
    }
    heartbeats
}

fn heartbeat<'a>(
    mut table: Table<'a>,
    sources: &[Source<'a>],
) -> Option<(Heartbeat, Threshold<'a>)> {
    let source = match table.optional("source") {
        Some(item) => named(&item, sources),
        None => the_only(&table, sources),
    };
    if let Some((message, _)) = threshold::ungiven(Metric::HEARTBEAT_AGE, source) {
        let help = "Name a source with definition = \"heartbeat\".";
        table.item().refuse::<()>(message, help);
    }
    let help = "Write entity_id = \"nightly-backup\", the name that it sends.";
    let entity = table.required("entity_id", help).and_then(|item| name(&item, EntityId::new));
    let help = "Write every_seconds = 3600, or how often it sends.";
    let every = table.required("every_seconds", help).and_then(|item| item.integer_in(EVERY));
    let grace = seconds(&mut table, "grace_seconds", Span::secs(60), 0..=86_400);
    let priority_item = table.required("priority", "Write priority = \"P2\", or another.");
    let priority = priority_item.as_ref().and_then(threshold::priority);
    let item = table.item().clone();
    table.finish();
    let (source, entity, due) = (source?.name.clone(), entity?, Span::secs(every?) + grace);
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a month of seconds fits a f64 exactly"
    )]
    let silence = (Metric::HEARTBEAT_AGE, Operator::AtLeast, due.whole_secs() as f64);
    let plain = Rule::new(&item.origin(), source.clone(), silence, priority?);
    let rule = Rule { scope: Scope::One(entity.clone()), ..plain };
    let threshold = Threshold { rule, item, priority: priority_item?, scaling: None };
    Some((Heartbeat { source, entity, due }, threshold))
}

/// Ten seconds to a month.
const EVERY: core::ops::RangeInclusive<i64> = 10..=2_678_400;
