//! Rows -> what the hub remembers, on the clock of the present boot.
//!
//! Ticks of an earlier boot are shifted as a whole: a cooldown that had 200 s left has 200 s left,
//! less the time that the box was away where the wall clock can tell it.
//!
//! # Promises
//! - `a_reboot_keeps_what_remained_of_every_cooldown`
//! - `an_unreadable_row_is_named_and_left_alone`: it stays on disk; the rest is restored.
//! - `no_two_notices_have_one_number`: nor a number that no other can follow.
//! - `a_newer_ledger_is_not_touched`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::ledger::record::{
    Beat, Clock, Record, RecordFault, Revision, Rhythm, SourcePlace, decode,
};
use crate::ledger::shift::{shift, shift_of};
use crate::ledger::write::{Table, Write};
use crate::limits::NOTICE_NUMBER_MAX;
use crate::model::alert::Alert;
use crate::model::baseline::{LearnedWeeks, SeriesName};
use crate::model::delivery::{DeliveryBlock, Unread};
use crate::model::history::HistoryDay;
use crate::model::mute::{OpenWindow, Silence};
use crate::model::notice::Notice;
use crate::model::passage::DeadLetter;
use crate::model::storm::StormMemory;
use crate::model::telling::Telling;
use crate::model::thread::Thread;
use crate::model::time::{Now, UtcMs};

/// A row as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it was.
    pub table: Table,
    /// Its key.
    pub key: Box<[u8]>,
    /// Its bytes.
    pub value: Vec<u8>,
}

/// Everything that the hub knew when it last wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remembered {
    /// Open and lately resolved alerts.
    pub alerts: Vec<Alert>,
    /// What has been told of them.
    pub tellings: Vec<Telling>,
    /// What targets call them.
    pub threads: Vec<Thread>,
    /// What is still to be delivered, in order.
    pub notices: Vec<Notice>,
    /// What no target would take, in order.
    pub dead_letters: Vec<DeadLetter>,
    /// The end of the last bucket of each source.
    pub bucket_ends: BTreeMap<Box<str>, UtcMs>,
    /// How often the webhooks of each source come.
    pub rhythms: BTreeMap<Box<str>, Rhythm>,
    /// The deliveries that were taken.
    pub deliveries: Vec<DeliveryBlock>,
    /// The deliveries that no mapping understood.
    pub unread: Vec<Unread>,
    /// When what is waited for last showed that it lives.
    pub beats: Vec<Beat>,
    /// The maintenance windows that were open.
    pub windows: Vec<OpenWindow>,
    /// The silences that there were.
    pub silences: Vec<Silence>,
    /// What was known of storms.
    pub storm: StormMemory,
    /// The `revision` of the config file that the hub ran with last, of those that had one.
    pub revision: Option<Box<str>>,
    /// The hourly means of the last months.
    pub history: Vec<HistoryDay>,
    /// What is usual.
    pub learned: LearnedWeeks,
    /// The number that the next notice gets.
    pub next_notice: u64,
    /// Whose ticks the rows on disk have.
    pub written_by: Boot,
    /// A sentence for each row that could not be read.
    pub complaints: Vec<String>,
}

/// Which boot wrote the ledger last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boot {
    /// This one, or none.
    #[default]
    This,
    /// Another. The ticks of what is remembered were moved to be of this boot; those on disk are
    /// still the old ones, and the next clock that is written must not make them this boot's.
    Another,
}

/// Makes rows into what is remembered.
///
/// # Errors
/// A newer andon wrote the ledger. Going on without those rows would tell everybody everything
/// again.
pub fn restore(
    rows: impl IntoIterator<Item = Row>,
    boot: &str,
    now: Now,
) -> Result<Remembered, RecordFault> {
    let mut remembered = Remembered::default();
    let mut clock: Option<Clock> = None;
    for row in rows {
        if let Err(fault) = take(&mut remembered, &mut clock, &row) {
            if matches!(fault, RecordFault::Newer { .. }) {
                return Err(fault);
            }
            let (key, table) = (shown(&row), row.table.name());
            remembered.complaints.push(format!(
                "ledger: row {key} of {table} cannot be read: {fault}. It stays on disk; the \
                 rest goes on."
            ));
        }
    }
    remembered.notices.sort_by_key(|notice| notice.number);
    remembered.dead_letters.sort_by_key(|letter| letter.notice.number);
    if let Some(clock) = clock {
        remembered.next_notice = clock.next_notice;
        if *clock.boot != *boot {
            remembered.written_by = Boot::Another;
            shift(&mut remembered, shift_of(&clock, now));
        }
    }
    let waiting = remembered.notices.last().map(|notice| notice.number);
    let last = waiting.max(remembered.dead_letters.last().map(|letter| letter.notice.number));
    let after_last = last.map_or(0, |number| number.saturating_add(1));
    remembered.next_notice = remembered.next_notice.max(after_last);
    Ok(remembered)
}

fn take(
    remembered: &mut Remembered,
    clock: &mut Option<Clock>,
    row: &Row,
) -> Result<(), RecordFault> {
    match row.table {
        Table::Clock => {
            let read: Clock = decode(&row.value)?;
            numbered(read.next_notice)?;
            *clock = Some(read);
        }
        Table::Alerts => {
            let home = |alert: &Alert| Write::forget_alert(&alert.key);
            remembered.alerts.push(homed(row, home)?);
        }
        Table::Tellings => {
            let home = |one: &Telling| Write::forget_telling(&one.alert, one.priority);
            remembered.tellings.push(homed(row, home)?);
        }
        Table::Threads => {
            let home = |one: &Thread| Write::forget_thread(&one.alert, &one.target);
            remembered.threads.push(homed(row, home)?);
        }
        Table::Outbox => {
            let notice = homed(row, |notice: &Notice| Write::forget_notice(notice.number))?;
            numbered(notice.number.saturating_add(1))?;
            remembered.notices.push(notice);
        }
        Table::DeadLetters => {
            let home = |letter: &DeadLetter| Write::forget_dead_letter(letter.notice.number);
            let letter = homed(row, home)?;
            numbered(letter.notice.number.saturating_add(1))?;
            remembered.dead_letters.push(letter);
        }
        Table::Deliveries => {
            let home = |block: &DeliveryBlock| Write::forget_deliveries(block.number);
            let block = homed(row, home)?;
            numbered(block.number.saturating_add(1))?;
            remembered.deliveries.push(block);
        }
        Table::Rhythms => {
            remembered.rhythms.insert(named(row)?, decode(&row.value)?);
        }
        Table::Unread => {
            let unread = homed(row, |unread: &Unread| Write::forget_unread(unread.number))?;
            numbered(unread.number.saturating_add(1))?;
            remembered.unread.push(unread);
        }
        Table::Heartbeats => {
            let home = |beat: &Beat| Write::forget_beat(&beat.source, &beat.entity);
            remembered.beats.push(homed(row, home)?);
        }
        Table::Windows => {
            let home = |open: &OpenWindow| Write::forget_window(&open.name);
            remembered.windows.push(homed(row, home)?);
        }
        Table::Silences => {
            let silence = homed(row, |silence: &Silence| Write::forget_silence(silence.id))?;
            remembered.silences.push(silence);
        }
        Table::Storm => remembered.storm = decode(&row.value)?,
        Table::Revision => remembered.revision = Some(decode::<Revision>(&row.value)?.mark),
        Table::History => {
            let home = |day: &HistoryDay| Write::forget_history(&day.source, day.day);
            remembered.history.push(homed(row, home)?);
        }
        Table::BaselineSeries => remembered.learned.series.push(series(row)?),
        Table::BaselineHours => remembered.learned.hours.push(homed(row, Write::baseline_hour)?),
        Table::Sources => {
            let place: SourcePlace = decode(&row.value)?;
            remembered.bucket_ends.insert(named(row)?, place.bucket_end);
        }
    }
    Ok(())
}

/// The name that is a row's key.
fn named(row: &Row) -> Result<Box<str>, RecordFault> {
    core::str::from_utf8(&row.key).map(Into::into).map_err(|_| RecordFault::Torn)
}

fn series(row: &Row) -> Result<(u16, SeriesName), RecordFault> {
    let number = <[u8; 2]>::try_from(&*row.key).map_err(|_| RecordFault::Torn)?;
    Ok((u16::from_be_bytes(number), decode(&row.value)?))
}

/// A record that lies under its own key, so that there is one of each: two notices of one number
/// would be two requests that no answer can be told apart by.
fn homed<R: Record>(row: &Row, home: impl Fn(&R) -> Write) -> Result<R, RecordFault> {
    let record = decode(&row.value)?;
    if row.key == home(&record).key { Ok(record) } else { Err(RecordFault::Misplaced) }
}

/// There are numbers left to follow.
fn numbered(next: u64) -> Result<(), RecordFault> {
    if next <= NOTICE_NUMBER_MAX { Ok(()) } else { Err(RecordFault::Torn) }
}

/// A row's key for people.
fn shown(row: &Row) -> String {
    match (row.table, <[u8; 8]>::try_from(&*row.key)) {
        (
            Table::Outbox
            | Table::DeadLetters
            | Table::Deliveries
            | Table::Unread
            | Table::Silences,
            Ok(number),
        ) => u64::from_be_bytes(number).to_string(),
        _ => format!("{:?}", String::from_utf8_lossy(&row.key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    use crate::model::alert::AlertKey;
    use crate::model::metric::Metric;
    use crate::model::name::{EntityId, SourceName, TargetName};
    use crate::model::notice::{Reason, Subject};
    use crate::model::passage::Passage;
    use crate::model::rule::Priority;
    use crate::model::telling::{Climb, Raise, TellingState};
    use crate::model::time::{ClockTrust, Stamp, Tick};

    fn telling(last_told: Tick) -> Telling {
        let source = SourceName::new("cx").unwrap();
        let entity = EntityId::new("q").unwrap();
        Telling {
            alert: AlertKey::of(&source, "p", Metric::DATA_AGE, &entity),
            priority: Priority::P1,
            alert_key: "q:data_age:P1".into(),
            state: TellingState::Cooldown,
            first_breach_timestamp: UtcMs(0),
            last_breach_timestamp: UtcMs(0),
            cooldown_seconds: 300,
            escalation_threshold_seconds: 600,
            notification_count: 1,
            episode: 1,
            first_breach: Tick(0),
            since: Tick(0),
            last_told: Some(Stamp { tick: last_told, utc: UtcMs(0) }),
            told: Vec::new(),
            digest_since: None,
            held_back: 0,
            ended: false,
            raise: Raise::Told { repeats: 0 },
            unstable: false,
            climb: Climb::default(),
            routes: "".into(),
        }
    }

    const NOW: Now = Now { tick: Tick(0), utc: UtcMs(0), trust: ClockTrust::Ntp };

    fn rows(writes: Vec<Write>) -> Vec<Row> {
        let row =
            |write: Write| Some(Row { table: write.table, key: write.key, value: write.value? });
        writes.into_iter().filter_map(row).collect()
    }

    fn told_after(boot: &str, trusted: bool, now: Now) -> i64 {
        let clock = Clock {
            boot: "first".into(),
            tick: Tick(1_000_000),
            utc: UtcMs(50_000_000),
            trusted,
            next_notice: 4,
        };
        let writes = vec![Write::clock(&clock), Write::telling(&telling(Tick(900_000)))];
        let remembered = restore(rows(writes), boot, now).unwrap();
        assert_eq!((remembered.next_notice, remembered.complaints.len()), (4, 0));
        remembered.tellings[0].last_told.unwrap().tick.0
    }

    #[test]
    fn a_reboot_keeps_what_remained_of_every_cooldown() {
        let now = |trust| Now { tick: Tick(5_000), utc: UtcMs(50_030_000), trust };
        // The same boot: ticks mean what they meant.
        assert_eq!(told_after("first", true, now(ClockTrust::Ntp)), 900_000);
        // Another boot after 30 s away: told 130 s ago.
        assert_eq!(told_after("second", true, now(ClockTrust::Ntp)), 5_000 - 130_000);
        // A clock that cannot tell how long: told 100 s ago, as when the power went.
        assert_eq!(told_after("second", true, now(ClockTrust::Untrusted)), 5_000 - 100_000);
        assert_eq!(told_after("second", false, now(ClockTrust::Ntp)), 5_000 - 100_000);
    }

    #[test]
    fn an_unreadable_row_is_named_and_left_alone() {
        let mut rows = rows(vec![Write::telling(&telling(Tick(0)))]);
        rows.push(Row { table: Table::Alerts, key: b"k".as_slice().into(), value: vec![1, 9] });
        let remembered = restore(rows, "b", NOW).unwrap();
        assert_eq!(remembered.tellings.len(), 1);
        assert!(
            remembered.complaints[0].contains("\"k\" of alerts"),
            "{:?}",
            remembered.complaints
        );
    }

    #[test]
    fn no_two_notices_have_one_number() {
        let notice = |number| Notice {
            number,
            target: TargetName::new("t").unwrap(),
            idempotency_key: "k".into(),
            reason: Reason::Digest,
            subject: Subject::Digest(Vec::new()),
            made: Stamp { tick: Tick(0), utc: UtcMs(0) },
            passage: Passage::new(Tick(0)),
        };
        let letter =
            |number| DeadLetter { notice: notice(number), why: "gone".into(), died: UtcMs(0) };
        let mut astray = rows(vec![Write::notice(&notice(5))]).remove(0);
        astray.key = 6_u64.to_be_bytes().into();
        let last = [Write::notice(&notice(5)), Write::notice(&notice(u64::MAX))];
        let dead = [Write::dead_letter(&letter(9)), Write::dead_letter(&letter(u64::MAX))];
        let mut rows = rows(last.into_iter().chain(dead).collect());
        rows.push(astray);
        let remembered = restore(rows, "b", NOW).unwrap();
        assert_eq!(remembered.notices, [notice(5)]);
        assert_eq!((remembered.dead_letters, remembered.next_notice), (vec![letter(9)], 10));
        assert_eq!(remembered.complaints.len(), 3);
        let said = &remembered.complaints[2];
        assert!(said.contains("row 6 of outbox cannot be read: it holds the record"), "{said}");
    }

    #[test]
    fn a_newer_ledger_is_not_touched() {
        let row = Row { table: Table::Outbox, key: b"k".as_slice().into(), value: vec![3, 1] };
        assert_eq!(restore([row], "b", NOW), Err(RecordFault::Newer { found: 3, known: 2 }));
    }
}
