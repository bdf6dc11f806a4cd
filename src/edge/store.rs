//! The ledger's file: redb, on a thread of its own, one transaction a turn.
//!
//! # Promises
//! - `what_was_committed_is_there_after_opening_again`
//! - `two_hubs_cannot_have_one_ledger`

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use smol::channel::{Receiver, Sender, bounded};

use crate::ledger::{Row, Table, Write};
use crate::limits::LEDGER_CACHE_BYTES;

/// The ledger's file name in the state directory.
pub const FILE_NAME: &str = "ledger.redb";

/// Why the ledger cannot be opened, with the mend.
#[derive(Debug)]
pub struct OpenFault(String);

impl core::fmt::Display for OpenFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ledger's file. Dropping it closes the file.
#[derive(Debug)]
pub struct Store {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

struct Job {
    writes: Vec<Write>,
    done: Sender<Result<(), String>>,
}

impl Store {
    /// Opens the ledger in a state directory, or makes it, and reads every row.
    ///
    /// # Errors
    /// Says what stands in the way and what to do about it.
    pub fn open(directory: &Path) -> Result<(Self, Vec<Row>), OpenFault> {
        fs::create_dir_all(directory).map_err(|error| {
            OpenFault(format!(
                "the state directory {} cannot be made: {error}. Make it writable, or name another \
                 in [hub] state_directory",
                directory.display()
            ))
        })?;
        let path = directory.join(FILE_NAME);
        let fault = |error: &dyn core::fmt::Display| {
            OpenFault(format!(
                "the ledger {} cannot be opened: {error}. Look at space and permissions there; \
                 another andon may be running on it",
                path.display()
            ))
        };
        let database = open(&path).map_err(|error| fault(&error))?;
        let rows = read(&database).map_err(|error| fault(&error))?;
        let (jobs, inbox) = mpsc::channel();
        let keeper = Keeper { path: path.clone(), database: Some(database) };
        let thread = thread::Builder::new()
            .name("ledger".into())
            .spawn(move || keeper.work(&inbox))
            .map_err(|error| fault(&error))?;
        Ok((Self { jobs: Some(jobs), thread: Some(thread) }, rows))
    }

    /// Reads every row of a ledger that no hub has open. One that was closed properly stays as it
    /// is, to the byte; one that was not is repaired.
    ///
    /// # Errors
    /// Says what stands in the way.
    pub fn peek(directory: &Path) -> Result<Vec<Row>, OpenFault> {
        let path = directory.join(FILE_NAME);
        let fault = |error: &dyn core::fmt::Display| {
            OpenFault(format!("the ledger {} cannot be read: {error}", path.display()))
        };
        if !path.exists() {
            return Err(fault(&"there is none"));
        }
        let rows = match Database::builder()
            .set_cache_size(LEDGER_CACHE_BYTES)
            .open_read_only(&path)
        {
            Ok(database) => read(&database),
            Err(DatabaseError::RepairAborted) => open(&path).and_then(|database| read(&database)),
            Err(error) => Err(error.into()),
        };
        rows.map_err(|error| fault(&error))
    }

    /// Puts writes into one transaction; the answer comes when they are on disk, or cannot be.
    #[must_use]
    pub fn commit(&self, writes: Vec<Write>) -> Receiver<Result<(), String>> {
        let (done, outcome) = bounded(1);
        if let Some(jobs) = &self.jobs {
            // Without its thread the channel closes unanswered, which the loop reads as a failure.
            let _ = jobs.send(Job { writes, done });
        }
        outcome
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed already.
            let _ = thread.join();
        }
    }
}

struct Keeper {
    path: PathBuf,
    database: Option<Database>,
}

impl Keeper {
    fn work(mut self, inbox: &mpsc::Receiver<Job>) {
        while let Ok(job) = inbox.recv() {
            let outcome = self.commit(&job.writes);
            if outcome.is_err() {
                // After an I/O error redb wants to be closed and opened again.
                self.database = None;
            }
            // The loop has ended when nobody listens.
            let _ = job.done.send_blocking(outcome);
        }
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), String> {
        if self.database.is_none() {
            self.database = Some(open(&self.path).map_err(|error| error.to_string())?);
        }
        let Some(database) = &self.database else { return Err("it is closed".into()) };
        put(database, writes).map_err(|error| error.to_string())
    }
}

fn open(path: &Path) -> Result<Database, redb::Error> {
    Ok(Database::builder().set_cache_size(LEDGER_CACHE_BYTES).create(path)?)
}

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

fn read(database: &impl ReadableDatabase) -> Result<Vec<Row>, redb::Error> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::SourceName;
    use crate::model::time::UtcMs;

    fn place(at: i64) -> Write {
        Write::source_place(&SourceName::new("cxone").unwrap(), UtcMs(at))
    }

    fn commit(store: &Store, writes: Vec<Write>) -> Result<(), String> {
        store.commit(writes).recv_blocking().unwrap_or_else(|_| Err("closed".into()))
    }

    #[test]
    fn what_was_committed_is_there_after_opening_again() {
        let directory = tempfile::tempdir().unwrap();
        let (store, rows) = Store::open(directory.path()).unwrap();
        assert!(rows.is_empty());
        commit(&store, vec![place(1), place(2)]).unwrap();
        drop(store);
        let rows = Store::peek(directory.path()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(Some(&rows[0].value), place(2).value.as_ref());
    }

    #[test]
    fn two_hubs_cannot_have_one_ledger() {
        let directory = tempfile::tempdir().unwrap();
        let (_first, _) = Store::open(directory.path()).unwrap();
        let fault = Store::open(directory.path()).unwrap_err().to_string();
        assert!(fault.contains("another andon"), "{fault}");
    }
}
