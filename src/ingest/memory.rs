//! By what a delivery is known again: the ids of a day, oldest first, in blocks of one ledger row.
//!
//! A row for each id would cost a busy hub more than all the rest of its work, and a quiet one a
//! long start. So a block is filled until it has its ids or its time, and each turn that took
//! deliveries writes the block that it filled.
//!
//! # Promises
//! - `a_delivery_is_known_again_for_a_day`
//! - `the_oldest_block_gives_way`
//! - `a_turn_writes_the_blocks_that_it_filled_and_no_other`
//! - `after_a_restart_the_same_are_known`

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::ledger::{Boot, Write};
use crate::limits::{DELIVERIES_KEPT, DELIVERIES_MAX, DELIVERY_BLOCK_IDS, DELIVERY_BLOCK_SPAN};
use crate::model::delivery::{DeliveryBlock, DeliveryId};
use crate::model::time::Tick;

/// The deliveries of a day.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: BTreeSet<DeliveryId>,
    /// By number, without a gap at the end that is filled.
    blocks: VecDeque<DeliveryBlock>,
    /// The first of the blocks that the ledger has not as they are.
    unwritten: Option<u64>,
    /// Blocks that the ledger still has and nobody needs.
    forgotten: VecDeque<u64>,
}

impl Memory {
    /// Goes on where the remembered one was.
    pub(super) fn restore(mut blocks: Vec<DeliveryBlock>, written_by: Boot) -> Self {
        blocks.sort_unstable_by_key(|block| block.number);
        let known = blocks.iter().flat_map(|block| block.ids.iter().copied()).collect();
        // The ticks on disk are another boot's, and the next clock there will be this one's.
        let unwritten = match written_by {
            Boot::This => None,
            Boot::Another => blocks.first().map(|block| block.number),
        };
        Self { known, blocks: blocks.into(), unwritten, forgotten: VecDeque::new() }
    }

    /// Whether a delivery was taken within a day.
    pub(super) fn knows(&mut self, id: &DeliveryId, now: Tick) -> super::Seen {
        let is_old = |block: &DeliveryBlock| now - block.newest > DELIVERIES_KEPT;
        while self.blocks.front().is_some_and(is_old) {
            self.forget_the_oldest();
        }
        if self.known.contains(id) { super::Seen::Before } else { super::Seen::New }
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// A delivery is taken.
    pub(super) fn take(&mut self, id: DeliveryId, now: Tick) {
        let has_room = |block: &&mut DeliveryBlock| {
            block.ids.len() < DELIVERY_BLOCK_IDS && now - block.begin < DELIVERY_BLOCK_SPAN
        };
        let number = match self.blocks.back_mut().filter(has_room) {
            Some(block) => {
                block.ids.push(id);
                block.newest = now;
                block.number
            }
            None => {
                let last = self.blocks.back().map(|block| block.number);
                let number = last.map_or(0, |number| number.saturating_add(1));
                let ids = Vec::from([id]);
                self.blocks.push_back(DeliveryBlock { number, begin: now, newest: now, ids });
                number
            }
        };
        self.unwritten = Some(self.unwritten.map_or(number, |first| first.min(number)));
        self.known.insert(id);
        while self.known.len() > DELIVERIES_MAX {
            self.forget_the_oldest();
        }
    }

    /// What the ledger has to hear next, if anything.
    pub(super) fn next_write(&mut self) -> Option<Write> {
        if let Some(number) = self.forgotten.pop_front() {
            return Some(Write::forget_deliveries(number));
        }
        let first = self.unwritten?;
        let block = self.blocks.iter().rev().take_while(|block| block.number >= first).last();
        self.unwritten = match (block, self.blocks.back()) {
            (Some(block), Some(last)) if block.number < last.number => {
                Some(block.number.saturating_add(1))
            }
            _ => None,
        };
        block.map(Write::deliveries)
    }

    fn forget_the_oldest(&mut self) {
        let Some(block) = self.blocks.pop_front() else { return self.known.clear() };
        for id in &block.ids {
            self.known.remove(id);
        }
        self.forgotten.push_back(block.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Seen;
    use crate::ledger::Table;
    use crate::model::time::Span;

    fn id(n: usize) -> DeliveryId {
        u64::try_from(n).unwrap().to_be_bytes()
    }

    fn at(seconds: i64) -> Tick {
        Tick(0) + Span::secs(seconds)
    }

    /// The rows that are written: the number of each, and of how many bytes it is; none is
    /// forgotten.
    fn writes(memory: &mut Memory) -> Vec<(u8, Option<usize>)> {
        let writes = core::iter::from_fn(|| memory.next_write());
        let row = |write: Write| {
            assert_eq!(write.table, Table::Deliveries);
            (write.key[7], write.value.map(|value| value.len()))
        };
        writes.map(row).collect()
    }

    #[test]
    fn a_delivery_is_known_again_for_a_day() {
        let mut memory = Memory::default();
        assert_eq!(memory.knows(&id(1), at(0)), Seen::New);
        memory.take(id(1), at(0));
        memory.take(id(2), at(300));
        let day = DELIVERIES_KEPT.whole_secs();
        assert_eq!(memory.knows(&id(1), at(day)), Seen::Before);
        assert_eq!(memory.knows(&id(2), at(day + 300)), Seen::Before);
        assert_eq!(memory.knows(&id(2), at(day + 301)), Seen::New);
        assert_eq!((memory.knows(&id(1), at(day + 301)), memory.len()), (Seen::New, 0));
        let rows = writes(&mut memory);
        assert_eq!(rows, [(0, None)]);
    }

    #[test]
    fn nothing_is_known_much_longer_than_a_day() {
        let mut memory = Memory::default();
        // One each minute: a block that waited for its number would keep the first for hours.
        for minute in 0..2_000 {
            memory.take(id(minute), at(i64::try_from(minute).unwrap() * 60));
        }
        let day = DELIVERIES_KEPT + DELIVERY_BLOCK_SPAN;
        assert_eq!(memory.knows(&id(0), at(0) + day), Seen::New);
    }

    #[test]
    fn the_oldest_block_gives_way() {
        let mut memory = Memory::default();
        for n in 0..DELIVERIES_MAX {
            memory.take(id(n), at(0));
        }
        assert_eq!(memory.knows(&id(0), at(0)), Seen::Before);
        writes(&mut memory);
        memory.take(id(DELIVERIES_MAX), at(0));
        assert_eq!(memory.knows(&id(0), at(0)), Seen::New);
        assert_eq!(memory.knows(&id(DELIVERY_BLOCK_IDS - 1), at(0)), Seen::New);
        assert_eq!(memory.knows(&id(DELIVERY_BLOCK_IDS), at(0)), Seen::Before);
        assert_eq!(memory.len(), DELIVERIES_MAX + 1 - DELIVERY_BLOCK_IDS);
        assert_eq!(writes(&mut memory).first(), Some(&(0, None)));
    }

    #[test]
    fn a_turn_writes_the_blocks_that_it_filled_and_no_other() {
        let mut memory = Memory::default();
        assert!(writes(&mut memory).is_empty());
        memory.take(id(0), at(0));
        let [(0, Some(one))] = writes(&mut memory)[..] else { panic!() };
        assert!(writes(&mut memory).is_empty());
        for n in 1..DELIVERY_BLOCK_IDS + 3 {
            memory.take(id(n), at(1));
        }
        let [(0, Some(full)), (1, Some(two))] = writes(&mut memory)[..] else { panic!() };
        assert!(one < two && two < full);
        memory.take(id(999), at(2));
        assert_eq!(writes(&mut memory).len(), 1);
    }

    #[test]
    fn after_a_restart_the_same_are_known() {
        let blocks = || {
            let block = |number| DeliveryBlock {
                number,
                begin: at(0),
                newest: at(1),
                ids: Vec::from([id(usize::try_from(number).unwrap())]),
            };
            Vec::from([block(9), block(7)])
        };
        let mut memory = Memory::restore(blocks(), Boot::This);
        assert_eq!(memory.knows(&id(7), at(2)), Seen::Before);
        assert!(writes(&mut memory).is_empty());
        memory.take(id(1), at(2));
        assert_eq!(writes(&mut memory).len(), 1, "the newest block is filled on");
        let mut memory = Memory::restore(blocks(), Boot::Another);
        let rows: Vec<u8> = writes(&mut memory).into_iter().map(|(number, _)| number).collect();
        assert_eq!(rows, [7, 9], "their ticks on disk are another boot's");
    }
}
