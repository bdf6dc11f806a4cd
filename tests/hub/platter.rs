//! The bytes below the ledger: what was synced stays, and of the rest a power cut leaves what it
//! likes, in sectors of 512 bytes.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use std::io;
use std::sync::{Mutex, MutexGuard};

use andon::edge::ledger_file::Medium;
use andon::model::rng::Rng;
use redb::StorageBackend;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What the kernel says of a disk that is full, and of one that fails.
const ENOSPC: i32 = 28;
const EIO: i32 = 5;

type Sector = [u8; SECTOR_BYTES];

/// A file's bytes. Sectors that nobody has written are zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Image {
    len: u64,
    sectors: BTreeMap<u64, Arc<Sector>>,
}

/// A change that a sync makes last.
#[derive(Debug, Clone)]
enum Change {
    Length(u64),
    Sector(u64, Arc<Sector>),
}

/// What the disk does to those who use it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Well,
    /// Nothing can be written.
    Full,
    /// What is written is taken, and no sync succeeds.
    Unsynced,
    /// Nothing can be read or written.
    Broken,
}

/// A file on a disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Platter {
    synced: Image,
    unsynced: Vec<Change>,
    /// What a failed sync has given up. The kernel takes it for written: it is read, later syncs
    /// pass it over, and a power cut may lose it.
    given_up: BTreeMap<u64, Arc<Sector>>,
    /// The synced bytes with all unsynced changes: what is read.
    present: Image,
    pub(crate) mood: Mood,
    /// Itself before each sync, for who collects them.
    pub(crate) before_syncs: Option<Vec<Self>>,
}

/// The way to a file, until the process that has it open dies.
#[derive(Debug, Clone)]
pub(crate) struct Handle(Arc<Mutex<Option<Platter>>>);

impl Image {
    /// A file's whole content.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut image = Self::default();
        image.apply(&Change::Length(bytes.len().try_into().unwrap()));
        for change in image.cut(0, bytes) {
            image.apply(&change);
        }
        image
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len.try_into().unwrap()];
        self.read(0, &mut bytes);
        bytes
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Length(len) => {
                self.len = *len;
                self.sectors.retain(|place, _| place * 512 < *len);
            }
            Change::Sector(place, sector) => {
                self.sectors.insert(*place, Arc::clone(sector));
            }
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) {
        let (mut at, mut rest) = (offset, out);
        while !rest.is_empty() {
            let begin = usize::try_from(at % 512).unwrap();
            let count = rest.len().min(SECTOR_BYTES - begin);
            let (now, later) = rest.split_at_mut(count);
            match self.sectors.get(&(at / 512)) {
                Some(sector) => now.copy_from_slice(&sector[begin..begin + count]),
                None => now.fill(0),
            }
            rest = later;
            at += u64::try_from(count).unwrap();
        }
    }

    /// A write as the sectors that it changes.
    fn cut(&self, offset: u64, data: &[u8]) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        let mut rest = data;
        let mut at = offset;
        while !rest.is_empty() {
            let (place, begin) = (at / 512, usize::try_from(at % 512).unwrap());
            let count = rest.len().min(SECTOR_BYTES - begin);
            let known = self.sectors.get(&place);
            let mut sector = known.map_or([0; SECTOR_BYTES], |sector| **sector);
            sector[begin..begin + count].copy_from_slice(&rest[..count]);
            changes.push(Change::Sector(place, Arc::new(sector)));
            rest = &rest[count..];
            at += u64::try_from(count).unwrap();
        }
        changes
    }
}

impl Platter {
    /// A disk with a file on it.
    pub(crate) fn holding(bytes: &[u8]) -> Self {
        let image = Image::of(bytes);
        Self { present: image.clone(), synced: image, ..Self::default() }
    }

    /// The power goes and comes back. Each sector that was not synced, or was given up, arrived or
    /// did not; so did the changes of the file's length, in their order, since file systems keep a
    /// journal of them.
    pub(crate) fn after_a_power_cut(&self, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let is_length = |change: &&Change| matches!(change, Change::Length(_));
        let lengths = self.unsynced.iter().filter(is_length).count();
        let mut lengths = rng.next() % (u64::try_from(lengths).unwrap() + 1);
        let mut image = self.synced.clone();
        for (place, sector) in &self.given_up {
            if rng.next().is_multiple_of(2) {
                image.apply(&Change::Sector(*place, Arc::clone(sector)));
            }
        }
        for change in &self.unsynced {
            let arrives = match change {
                Change::Length(_) => {
                    let arrives = lengths > 0;
                    lengths = lengths.saturating_sub(1);
                    arrives
                }
                Change::Sector(..) => rng.next().is_multiple_of(2),
            };
            if arrives {
                image.apply(change);
            }
        }
        let len = image.len;
        image.apply(&Change::Length(len));
        Self { present: image.clone(), synced: image, ..Self::default() }
    }

    /// What is on it once all is synced.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.present.bytes()
    }

    fn may_write(&self) -> io::Result<()> {
        match self.mood {
            Mood::Well | Mood::Unsynced => Ok(()),
            Mood::Full => Err(io::Error::from_raw_os_error(ENOSPC)),
            Mood::Broken => Err(io::Error::from_raw_os_error(EIO)),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let fails = match self.mood {
            Mood::Unsynced => Err(io::Error::from_raw_os_error(EIO)),
            Mood::Well | Mood::Full | Mood::Broken => self.may_write(),
        };
        for change in core::mem::take(&mut self.unsynced) {
            match change {
                Change::Sector(place, sector) if fails.is_err() => {
                    self.given_up.insert(place, sector);
                }
                Change::Length(_) if fails.is_err() => self.unsynced.push(change),
                Change::Sector(place, _) => {
                    self.given_up.remove(&place);
                    self.synced.apply(&change);
                }
                Change::Length(len) => {
                    self.given_up.retain(|place, _| place * 512 < len);
                    self.synced.apply(&change);
                }
            }
        }
        fails
    }

    fn change(&mut self, change: Change) {
        self.present.apply(&change);
        self.unsynced.push(change);
    }
}

impl Handle {
    /// The way to this file.
    pub(crate) fn to(platter: Platter) -> Self {
        Self(Arc::new(Mutex::new(Some(platter))))
    }

    /// Looks at the file, or changes it, from outside of the process.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Platter) -> T) -> T {
        act(self.lock().as_mut().unwrap())
    }

    /// Takes the file away from everybody who has it open.
    pub(crate) fn take(&self) -> Platter {
        self.lock().take().unwrap()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Platter>> {
        self.0.lock().unwrap()
    }

    fn act<T>(&self, act: impl FnOnce(&mut Platter) -> io::Result<T>) -> io::Result<T> {
        match self.lock().as_mut() {
            Some(platter) => act(platter),
            None => Err(io::Error::other("its process has died")),
        }
    }
}

impl Medium for Handle {
    type Bytes = Self;

    fn connect(&self) -> Result<Self, redb::Error> {
        Ok(self.clone())
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        self.act(|platter| Ok(platter.present.len))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.act(|platter| {
            if platter.mood == Mood::Broken {
                platter.may_write()?;
            }
            let len = u64::try_from(out.len()).unwrap();
            if offset + len > platter.present.len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            platter.present.read(offset, out);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.act(|platter| {
            platter.may_write()?;
            platter.change(Change::Length(len));
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.act(|platter| {
            if let Some(mut before) = platter.before_syncs.take() {
                before.push(platter.clone());
                platter.before_syncs = Some(before);
            }
            platter.sync()
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.act(|platter| {
            platter.may_write()?;
            for change in platter.present.cut(offset, data) {
                platter.change(change);
            }
            Ok(())
        })
    }
}
