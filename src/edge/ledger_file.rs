//! The ledger's tables in redb, over whatever keeps its bytes: a file of the box, a disk of a test.
//!
//! # Promises
//! - `what_a_transaction_holds_is_there_whole`
//! - `a_refusal_is_forgotten_by_the_next_commit`: after an I/O error redb wants to be closed and
//!   opened again.
//! - `a_ledger_whose_making_was_cut_is_made_anew`: redb itself would refuse it for ever.
//! - `a_ledger_of_many_pages_does_not_build_on_those_that_a_failed_sync_gave_up`
//! - `a_ledger_that_lost_its_beginning_is_not_touched`

use core::ops::Bound;
use std::io;

use redb::{
    BackendError, Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
};

use crate::ledger::{Row, Table, Write};
use crate::limits::LEDGER_CACHE_BYTES;

/// What a ledger lies on.
pub trait Medium {
    /// Its bytes.
    type Bytes: StorageBackend;

    /// Leads to its bytes; there are none yet where there is no ledger.
    ///
    /// # Errors
    /// What stands in the way.
    fn connect(&self) -> Result<Self::Bytes, redb::Error>;
}

/// An open ledger. Dropping it closes it.
#[derive(Debug)]
pub struct Ledger<M> {
    medium: M,
    database: Option<Database>,
    doubt: Doubt,
}

impl<M: Medium> Ledger<M> {
    /// Opens the ledger that lies there, or makes one, and reads every row.
    ///
    /// # Errors
    /// What redb or the medium says.
    pub fn open(medium: M) -> Result<(Self, Vec<Row>), redb::Error> {
        let database = open(medium.connect()?, Doubt::OfEverything)?;
        let rows = read(&database)?;
        Ok((Self { medium, database: Some(database), doubt: Doubt::None }, rows))
    }

    /// Puts all writes on disk, or none.
    ///
    /// # Errors
    /// What redb or the medium says. The next commit may succeed.
    pub fn commit(&mut self, writes: &[Write]) -> Result<(), redb::Error> {
        let database = match self.database.take() {
            Some(database) => database,
            None => open(self.medium.connect()?, self.doubt)?,
        };
        self.doubt = Doubt::None;
        put(&database, writes).inspect_err(|why| self.doubt = doubt_after(why))?;
        self.database = Some(database);
        Ok(())
    }
}

/// Every row of an open database.
pub(super) fn read(database: &impl ReadableDatabase) -> Result<Vec<Row>, redb::Error> {
    let transaction = database.begin_read()?;
    let mut rows = Vec::new();
    for table in Table::ALL {
        let open = match transaction.open_table(definition(table)) {
            Ok(open) => open,
            Err(redb::TableError::TableDoesNotExist(_)) => continue,
            Err(other) => return Err(other.into()),
        };
        for entry in open.iter()? {
            let (key, value) = entry?;
            rows.push(Row { table, key: key.value().into(), value: value.value().into() });
        }
    }
    Ok(rows)
}

fn open(bytes: impl StorageBackend, doubt: Doubt) -> Result<Database, redb::Error> {
    mend(&bytes, doubt)?;
    Ok(Database::builder().set_cache_size(LEDGER_CACHE_BYTES).create_with_backend(bytes)?)
}

/// Mends what redb itself cannot see: a file at whose making the power was cut is emptied, so that
/// it is made anew. A file that was not closed may hold what a failed sync has given up: it can be
/// read, and a later sync says that all is well, but it is not on disk. Written again it will be.
fn mend(bytes: &impl StorageBackend, doubt: Doubt) -> io::Result<()> {
    let needs = |bytes| Ok::<_, io::Error>(was_never_made(bytes)? || doubt.concerns(bytes)?);
    if !needs(bytes)? {
        return Ok(());
    }
    let mend = || match was_never_made(bytes)? {
        true => bytes.set_len(0),
        false if doubt.concerns(bytes)? => write_again(bytes),
        // Another andon has mended it since.
        false => Ok(()),
    };
    let (begin, end) = (Bound::Unbounded, Bound::Unbounded);
    match bytes.try_lock_range(begin, end) {
        Ok(true) => {
            let mended = mend();
            bytes.unlock_range(begin, end).map_err(io::Error::other)?;
            mended
        }
        // Another andon has it.
        Ok(false) => Ok(()),
        Err(BackendError::Unsupported) => mend(),
        Err(other) => Err(io::Error::other(other)),
    }
}

/// Whether what is read from the file may not be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    /// A sync has failed, or may have before the start.
    OfEverything,
}

impl Doubt {
    fn concerns(self, bytes: &impl StorageBackend) -> io::Result<bool> {
        let mut beginning = [0; NAME_BYTES + 1];
        if self == Self::None || bytes.len()? < PAGE_STEP {
            return Ok(false);
        }
        bytes.read(0, &mut beginning)?;
        let [.., state] = beginning;
        Ok(state & NOT_CLOSED != 0)
    }
}

/// A full disk says so before a sync is tried. To write all again every few seconds until there is
/// room would wear the flash.
fn doubt_after(why: &redb::Error) -> Doubt {
    let said = if let redb::Error::Io(why) = why { Some(why.kind()) } else { None };
    if said == Some(io::ErrorKind::StorageFull) { Doubt::None } else { Doubt::OfEverything }
}

/// Puts every page on disk as it is read. A power cut in between leaves what one in the failed
/// commit would have left. Pages of zeros may be holes, and stay so.
fn write_again(bytes: &impl StorageBackend) -> io::Result<()> {
    let mut page = [0; PAGE_BYTES];
    let (len, mut offset) = (bytes.len()?, 0);
    while offset < len {
        let count = usize::try_from(len - offset).map_or(PAGE_BYTES, |rest| rest.min(PAGE_BYTES));
        let Some(part) = page.get_mut(..count) else { break };
        bytes.read(offset, part)?;
        if part.iter().any(|byte| *byte != 0) {
            bytes.write(offset, part)?;
        }
        offset = offset.saturating_add(PAGE_STEP);
    }
    bytes.sync_data()
}

/// What redb writes last when it makes a file begins with `redb`. Before that it writes a header
/// into the first page, and nothing else.
fn was_never_made(bytes: &impl StorageBackend) -> io::Result<bool> {
    let mut page = [0; PAGE_BYTES];
    let (len, mut offset) = (bytes.len()?, 0);
    while offset < len {
        let count = usize::try_from(len - offset).map_or(PAGE_BYTES, |rest| rest.min(PAGE_BYTES));
        let Some(part) = page.get_mut(..count) else { break };
        bytes.read(offset, part)?;
        let empty = if offset == 0 { part.get(..NAME_BYTES).unwrap_or(part) } else { part };
        if empty.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        offset = offset.saturating_add(PAGE_STEP);
    }
    Ok(len > 0)
}

/// redb's page.
const PAGE_BYTES: usize = 4_096;
const PAGE_STEP: u64 = 4_096;

/// The name that redb gives a file at its very beginning.
const NAME_BYTES: usize = 9;

/// In the byte after the name: a database that was not closed, and a commit that was not flushed.
const NOT_CLOSED: u8 = 0b1010;

type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

fn definition(table: Table) -> Bytes {
    TableDefinition::new(table.name())
}

fn put(database: &Database, writes: &[Write]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for table in Table::ALL {
        let mut of_table = writes.iter().filter(|write| write.table == table).peekable();
        if of_table.peek().is_none() {
            continue;
        }
        let mut open = transaction.open_table(definition(table))?;
        for write in of_table {
            match &write.value {
                Some(value) => open.insert(&*write.key, value.as_slice())?,
                None => open.remove(&*write.key)?,
            };
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::baseline::LearnedHour;
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicBool, Ordering};

    use redb::backends::InMemoryBackend;

    /// Memory that refuses writes while it is told to.
    #[derive(Debug, Clone, Default)]
    struct Memory {
        bytes: Arc<InMemoryBackend>,
        refuses: Arc<AtomicBool>,
    }

    impl Memory {
        fn may_write(&self) -> io::Result<()> {
            let refuses = self.refuses.load(Ordering::Relaxed);
            if refuses { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    impl Medium for Memory {
        type Bytes = Self;

        fn connect(&self) -> Result<Self, redb::Error> {
            Ok(self.clone())
        }
    }

    impl StorageBackend for Memory {
        fn len(&self) -> io::Result<u64> {
            self.bytes.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.bytes.read(offset, out)
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.may_write()?;
            self.bytes.set_len(len)
        }

        fn sync_data(&self) -> io::Result<()> {
            self.may_write()
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.may_write()?;
            self.bytes.write(offset, data)
        }
    }

    fn write(key: u8) -> Write {
        Write { table: Table::Outbox, key: [key].into(), value: Some(vec![key]) }
    }

    fn keys(memory: &Memory) -> Vec<u8> {
        let (_, rows) = Ledger::open(memory.clone()).unwrap();
        rows.iter().map(|row| row.key[0]).collect()
    }

    #[test]
    fn what_a_transaction_holds_is_there_whole() {
        let memory = Memory::default();
        let (mut ledger, rows) = Ledger::open(memory.clone()).unwrap();
        assert!(rows.is_empty());
        ledger.commit(&[write(1), write(2)]).unwrap();
        ledger.commit(&[Write { value: None, ..write(1) }, write(3)]).unwrap();
        drop(ledger);
        assert_eq!(keys(&memory), [2, 3]);
    }

    #[test]
    fn a_ledger_whose_making_was_cut_is_made_anew() {
        let memory = Memory::default();
        memory.set_len(50_000).unwrap();
        // The header without its name.
        memory.write(9, &[7; 300]).unwrap();
        let (mut ledger, rows) = Ledger::open(memory.clone()).unwrap();
        assert!(rows.is_empty());
        ledger.commit(&[write(1)]).unwrap();
        drop(ledger);
        assert_eq!(keys(&memory), [1]);
    }

    #[test]
    fn a_ledger_that_lost_its_beginning_is_not_touched() {
        let memory = Memory::default();
        let (mut ledger, _) = Ledger::open(memory.clone()).unwrap();
        ledger.commit(&[write(1)]).unwrap();
        drop(ledger);
        let mut beginning = [0; 512];
        memory.read(0, &mut beginning).unwrap();
        memory.write(0, &[0; 512]).unwrap();
        Ledger::open(memory.clone()).unwrap_err();
        memory.write(0, &beginning).unwrap();
        assert_eq!(keys(&memory), [1]);
    }

    #[test]
    fn a_refusal_is_forgotten_by_the_next_commit() {
        let memory = Memory::default();
        let (mut ledger, _) = Ledger::open(memory.clone()).unwrap();
        ledger.commit(&[write(1)]).unwrap();
        memory.refuses.store(true, Ordering::Relaxed);
        for _ in 0..3 {
            let why = ledger.commit(&[write(2)]).unwrap_err().to_string();
            assert!(why.contains("no storage space"), "{why}");
        }
        memory.refuses.store(false, Ordering::Relaxed);
        ledger.commit(&[write(2)]).unwrap();
        drop(ledger);
        assert_eq!(keys(&memory), [1, 2]);
    }

    #[test]
    fn eight_weeks_of_a_thousand_series_lie_in_three_megabytes() {
        let (mut ledger, _) = Ledger::open(Memory::default()).unwrap();
        for hour in 0..9 * 168 {
            let learned = LearnedHour { hour, codes: vec![16_000; 1_000] };
            ledger.commit(&[Write::baseline_hour(&learned)]).unwrap();
        }
        // The file itself doubles when it grows; what is free in it is there for other tables.
        let transaction = ledger.database.as_ref().unwrap().begin_write().unwrap();
        let stats = transaction.stats().unwrap();
        let bytes = stats.allocated_pages() * u64::try_from(stats.page_size()).unwrap();
        assert!(bytes < 3_000_000, "{bytes}");
    }
}
