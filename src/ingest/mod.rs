//! THE PUSH DOOR: which deliveries are news.
//!
//! A sender that has heard no answer sends again: the same id within a day changes nothing. Events
//! of one entity may overtake each other and what is polled on the way: an older one never moves
//! its state back.
//!
//! # Not here
//! Whether a delivery is genuine and what it means: that is `platform`. Which deliveries are
//! known: `memory`. Which event is the newest: `order`.

mod memory;
mod order;
mod rhythm;
mod unread;

use alloc::collections::BTreeMap;

use crate::ledger::{Remembered, Write};
use crate::model::config::SourceConfig;
use crate::model::delivery::DeliveryId;
use crate::model::name::EntityId;
use crate::model::time::Tick;

pub use rhythm::{Activity, Listening, Turn};

use memory::Memory;
use order::Places;

pub use order::{Late, Ordered};
pub use unread::Unreads;

/// What has been taken lately.
#[derive(Debug, Default)]
pub struct Ingest {
    memory: Memory,
    /// By source: where the newest word about each entity stands.
    newest: BTreeMap<usize, BTreeMap<EntityId, Places>>,
}

/// Whether a delivery was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Never within the last day.
    New,
    /// It was, and has been taken then.
    Before,
}

impl Ingest {
    /// Goes on where the remembered one was. How far an entity had come is known of its alerts.
    #[must_use]
    pub fn restore(remembered: &mut Remembered, sources: &[SourceConfig]) -> Self {
        let deliveries = core::mem::take(&mut remembered.deliveries);
        let memory = Memory::restore(deliveries, remembered.written_by);
        let mut ingest = Self { memory, newest: BTreeMap::new() };
        for alert in &remembered.alerts {
            let source = sources.iter().position(|source| source.name == alert.source);
            if let Some(source) = source {
                let known = alert.cleared.unwrap_or(alert.last_breach);
                ingest.is_as_of(source, &alert.entity, alert.metric, known.utc);
            }
        }
        ingest
    }

    /// Whether a delivery was taken within a day.
    pub fn seen(&mut self, id: &DeliveryId, now: Tick) -> Seen {
        self.memory.knows(id, now)
    }

    /// How many deliveries are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.memory.len()
    }

    /// A delivery is taken.
    pub fn take(&mut self, id: DeliveryId, now: Tick) {
        self.memory.take(id, now);
    }

    /// The next change for the ledger; drain it before the turn is written.
    #[must_use]
    pub fn next_write(&mut self) -> Option<Write> {
        self.memory.next_write()
    }
}
