//! The ledger's rows in memory: what was committed is there after a power cut, and nothing else.

use alloc::collections::BTreeMap;

use andon::ledger::{Row, Table, Write};

/// The rows of the ledger.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    rows: BTreeMap<(Table, Box<[u8]>), Vec<u8>>,
    /// Whether it refuses to be written.
    pub(crate) is_full: bool,
}

impl Disk {
    /// Takes all writes of a turn, or none.
    pub(crate) fn commit(&mut self, writes: &[Write]) -> Result<(), String> {
        if self.is_full {
            return Err("no space left on device".into());
        }
        for write in writes {
            let place = (write.table, write.key.clone());
            match &write.value {
                Some(value) => self.rows.insert(place, value.clone()),
                None => self.rows.remove(&place),
            };
        }
        Ok(())
    }

    /// Every row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().map(|((table, key), value)| Row {
            table: *table,
            key: key.clone(),
            value: value.clone(),
        })
    }

    /// One row.
    pub(crate) fn row(&self, table: Table, key: &[u8]) -> Option<Row> {
        let value = self.rows.get(&(table, key.into()))?.clone();
        Some(Row { table, key: key.into(), value })
    }
}
