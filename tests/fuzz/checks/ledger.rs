//! Rows of the ledger: whatever lies on disk, a hub starts on what can be read.
//!
//! A row is written as its table, the lengths of its key and of its value, and both. A length has
//! one byte, or three if the first is 255.

use alloc::collections::BTreeMap;

use andon::ledger::{Clock, Remembered, Row, Table, Write, restore};
use andon::model::time::{ClockTrust, Now, Tick, UtcMs};

use super::world::{BEGIN, Bytes, SECRET_HEAD, World, loaded};

/// What is restored encodes to rows that restore to the same, and a hub goes on from it.
pub fn ledger(bytes: &[u8]) {
    // Whoever writes a secret into the ledger has shown it already.
    if bytes.windows(SECRET_HEAD.len()).any(|head| head == SECRET_HEAD) {
        return;
    }
    let rows = rows(bytes);
    for boot in ["boot-1", "boot-2"] {
        let Ok(remembered) = restore(rows.iter().cloned(), boot, NOW) else { return };
        assert!(remembered.complaints.len() <= rows.len());
        let written = writes(&remembered, boot);
        let restored = restore(written.clone(), boot, NOW).unwrap();
        assert_eq!(restored.complaints, [""; 0]);
        assert_eq!(writes(&restored, boot), written);
        let on_disk = rows.iter().map(|row| ((row.table, row.key.clone()), row.value.clone()));
        let mut world = World::start(loaded(), on_disk.collect::<BTreeMap<_, _>>());
        for waiting in [0, 99, 99, 0] {
            world.live(8, waiting);
        }
    }
}

/// The rows that the bytes stand for.
fn rows(bytes: &[u8]) -> Vec<Row> {
    let mut bytes = Bytes(bytes);
    let mut rows = Vec::new();
    while let Some(table) = bytes.take() {
        let table = Table::ALL[usize::from(table) % Table::ALL.len()];
        let (key, value) = (bytes.long(), bytes.long());
        rows.push(Row { table, key: key.into(), value: value.into() });
    }
    rows
}

/// The rows that would be written of what is remembered.
fn writes(remembered: &Remembered, boot: &str) -> Vec<Row> {
    let clock = Clock {
        boot: boot.into(),
        tick: NOW.tick,
        utc: NOW.utc,
        trusted: true,
        next_notice: remembered.next_notice,
    };
    let alerts = remembered.alerts.iter().map(Write::alert);
    let tellings = remembered.tellings.iter().map(Write::telling);
    let notices = remembered.notices.iter().map(Write::notice);
    let unread = remembered.unread.iter().map(Write::unread);
    let writes = [Write::clock(&clock)].into_iter().chain(alerts).chain(tellings).chain(notices);
    let writes = writes.chain(unread).chain(remembered.history.iter().map(Write::history));
    let row = |write: Write| Row {
        table: write.table,
        key: write.key,
        value: write.value.unwrap_or_default(),
    };
    writes.map(row).collect()
}

const NOW: Now = Now { tick: Tick(7_000), utc: UtcMs(BEGIN.0), trust: ClockTrust::Ntp };
