//! The ledger's file: redb, on a thread of its own, one transaction a turn.
//!
//! # Promises
//! - `what_was_committed_is_there_after_opening_again`
//! - `two_hubs_cannot_have_one_ledger`

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Database, DatabaseError};
use smol::channel::{Receiver, Sender, bounded};

use crate::edge::ledger_file::{Ledger, Medium, read};
use crate::ledger::{Row, Write};
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
        make(directory).map_err(|error| {
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
        let (ledger, rows) = Ledger::open(InFile(path.clone())).map_err(|error| fault(&error))?;
        Ok((Self::on_thread(ledger).map_err(|error| fault(&error))?, rows))
    }

    /// A ledger that ends with the process. A demonstration's clock runs many times too fast for a
    /// disk: a sync of half a second would be minutes of its world.
    ///
    /// # Errors
    /// Says what stands in the way.
    pub fn in_memory() -> Result<Self, OpenFault> {
        let fault = |error: &dyn core::fmt::Display| {
            OpenFault(format!("the ledger in memory cannot be made: {error}. Free some memory"))
        };
        let (ledger, _) = Ledger::open(InMemory).map_err(|error| fault(&error))?;
        Self::on_thread(ledger).map_err(|error| fault(&error))
    }

    fn on_thread<M: Medium + Send + 'static>(ledger: Ledger<M>) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let thread = thread::Builder::new();
        let thread = thread.name("ledger".into()).spawn(move || work(ledger, &inbox))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
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
        let rows =
            match Database::builder().set_cache_size(LEDGER_CACHE_BYTES).open_read_only(&path) {
                Ok(database) => read(&database),
                Err(DatabaseError::RepairAborted) => {
                    Ledger::open(InFile(path.clone())).map(|(_, rows)| rows)
                }
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

/// Makes a directory that is there after a power cut, with those above it.
fn make(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = above(directory);
    make(above)?;
    fs::create_dir_all(directory)?;
    sync_names(above)
}

/// The directory that something lies in.
fn above(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts the names in a directory on disk: the sync of a file does not reach its name.
fn sync_names(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems have nothing to sync there, and say so.
        Err(why) if why.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// A file, made where there is none.
struct InFile(PathBuf);

impl Medium for InFile {
    type Bytes = FileBackend;

    fn connect(&self) -> Result<FileBackend, redb::Error> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&self.0)?;
        sync_names(above(&self.0))?;
        Ok(FileBackend::new(file)?)
    }
}

/// What a process forgets with its end.
struct InMemory;

impl Medium for InMemory {
    type Bytes = InMemoryBackend;

    fn connect(&self) -> Result<InMemoryBackend, redb::Error> {
        Ok(InMemoryBackend::new())
    }
}

fn work<M: Medium>(mut ledger: Ledger<M>, inbox: &mpsc::Receiver<Job>) {
    while let Ok(job) = inbox.recv() {
        let outcome = ledger.commit(&job.writes).map_err(|error| error.to_string());
        // The loop has ended when nobody listens.
        let _ = job.done.send_blocking(outcome);
    }
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

    #[test]
    fn a_power_cut_at_the_first_start_does_not_prevent_the_second() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE_NAME), vec![0; 50_000]).unwrap();
        let (store, rows) = Store::open(directory.path()).unwrap();
        assert!(rows.is_empty());
        commit(&store, vec![place(1)]).unwrap();
        drop(store);
        assert_eq!(Store::peek(directory.path()).unwrap().len(), 1);
    }
}
