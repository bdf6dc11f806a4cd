//! The ledger's disk: the real ledger code on real redb, over bytes that a power cut can tear.
//!
//! Beside it stands a plain map of what was acknowledged. Whatever happens to the bytes, an opened
//! ledger holds exactly that, or that and what was under way when the hub died: never half a turn.

use alloc::collections::BTreeMap;

use andon::edge::ledger_file::Ledger;
use andon::ledger::{Row, Table, Write};

use crate::platter::{Handle, Mood, Platter};

type Rows = BTreeMap<(Table, Box<[u8]>), Vec<u8>>;

/// A disk with a ledger on it.
#[derive(Debug)]
pub(crate) struct Disk {
    /// What was acknowledged.
    rows: Rows,
    /// What there would be if a commit that was not acknowledged had reached the disk.
    unsure: Vec<Rows>,
    /// Nothing can be written.
    pub(crate) is_full: bool,
    /// Nothing can be read or written.
    pub(crate) is_broken: bool,
    /// No sync succeeds.
    pub(crate) is_unsynced: bool,
    file: Handle,
    ledger: Option<Ledger<Handle>>,
}

impl Default for Disk {
    fn default() -> Self {
        Self::with(Rows::new(), Platter::default())
    }
}

/// As a power cut would leave it.
impl Clone for Disk {
    fn clone(&self) -> Self {
        let platter = self.file.with(|platter| platter.after_a_power_cut(0));
        let Self { is_full, is_broken, is_unsynced, .. } = *self;
        let unsure = self.unsure.clone();
        let disk = Self::with(self.rows.clone(), platter);
        Self { unsure, is_full, is_broken, is_unsynced, ..disk }
    }
}

impl Disk {
    fn with(rows: Rows, platter: Platter) -> Self {
        Self {
            rows,
            unsure: Vec::new(),
            is_full: false,
            is_broken: false,
            is_unsynced: false,
            file: Handle::to(platter),
            ledger: None,
        }
    }

    /// A disk with this ledger on it, whatever is in it.
    pub(crate) fn holding(ledger: &[u8]) -> Self {
        let mut disk = Self::with(Rows::new(), Platter::holding(ledger));
        let (_, rows) = Ledger::open(disk.file.clone()).unwrap();
        disk.rows = by_place(&rows);
        Self::with(disk.rows, Platter::holding(ledger))
    }

    /// Closes the ledger properly, and gives its file without what is free in it.
    pub(crate) fn into_ledger(self) -> Vec<u8> {
        drop(self.ledger);
        let mut database = redb::Builder::new().create_with_backend(self.file.clone()).unwrap();
        database.compact().unwrap();
        drop(database);
        self.file.take().bytes()
    }

    /// Opens the ledger, or makes it, and reads every row.
    pub(crate) fn open(&mut self) -> Result<Vec<Row>, String> {
        self.set_mood();
        let (ledger, rows) = Ledger::open(self.file.clone()).map_err(|why| why.to_string())?;
        let found = by_place(&rows);
        let is_known = found == self.rows || self.unsure.contains(&found);
        assert!(is_known, "the ledger is neither what was acknowledged nor what was under way");
        self.rows = found;
        self.unsure.clear();
        self.ledger = Some(ledger);
        Ok(rows)
    }

    /// Takes all writes of a turn, or none.
    pub(crate) fn commit(&mut self, writes: &[Write]) -> Result<(), String> {
        self.set_mood();
        let mut rows = self.rows.clone();
        for write in writes {
            let place = (write.table, write.key.clone());
            match &write.value {
                Some(value) => rows.insert(place, value.clone()),
                None => rows.remove(&place),
            };
        }
        match self.ledger.as_mut().unwrap().commit(writes) {
            Ok(()) => {
                self.rows = rows;
                self.unsure.clear();
                Ok(())
            }
            Err(why) => {
                self.unsure.push(rows);
                Err(why.to_string())
            }
        }
    }

    /// Every row of what was acknowledged.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |((table, key), value): (&(Table, Box<[u8]>), &Vec<u8>)| Row {
            table: *table,
            key: key.clone(),
            value: value.clone(),
        };
        self.rows.iter().map(row).collect()
    }

    /// One row of what was acknowledged.
    pub(crate) fn row(&self, table: Table, key: &[u8]) -> Option<Row> {
        let value = self.rows.get(&(table, key.into()))?.clone();
        Some(Row { table, key: key.into(), value })
    }

    /// The process that has it open dies. What it wrote reaches the disk one day, if the power
    /// stays.
    pub(crate) fn process_dies(&mut self) {
        let platter = self.file.take();
        self.ledger = None;
        self.file = Handle::to(platter);
    }

    /// The power goes too.
    pub(crate) fn power_goes(&mut self, seed: u64) {
        self.process_dies();
        self.file = Handle::to(self.file.take().after_a_power_cut(seed));
    }

    /// Keeps itself as it is before each sync from here on.
    pub(crate) fn collect_syncs(&self) {
        self.file.with(|platter| platter.before_syncs = Some(Vec::new()));
    }

    /// What a power cut at each collected sync leaves, torn by each of the seeds. `self` is the
    /// same disk after them.
    pub(crate) fn take_cuts(&self, before: &Self, seeds: &[u64]) -> Vec<Self> {
        let collected = self.file.with(|platter| platter.before_syncs.take());
        let mut cuts = Vec::new();
        for platter in collected.unwrap_or_default() {
            for seed in seeds {
                let torn = Self::with(before.rows.clone(), platter.after_a_power_cut(*seed));
                let mut unsure = before.unsure.clone();
                unsure.push(self.rows.clone());
                unsure.extend(self.unsure.iter().cloned());
                cuts.push(Self { unsure, ..torn });
            }
        }
        cuts
    }

    fn set_mood(&self) {
        let mood = match self {
            Self { is_broken: true, .. } => Mood::Broken,
            Self { is_full: true, .. } => Mood::Full,
            Self { is_unsynced: true, .. } => Mood::Unsynced,
            _ => Mood::Well,
        };
        self.file.with(|platter| platter.mood = mood);
    }
}

fn by_place(rows: &[Row]) -> Rows {
    rows.iter().map(|row| ((row.table, row.key.clone()), row.value.clone())).collect()
}
