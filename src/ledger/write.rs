//! What a turn writes, as data: each change is one row of one table.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::ledger::record::{Beat, Clock, Revision, Rhythm, SourcePlace, decode, encode};
use crate::model::alert::{Alert, AlertKey};
use crate::model::baseline::{LearnedHour, SeriesName};
use crate::model::delivery::{DeliveryBlock, Unread};
use crate::model::history::HistoryDay;
use crate::model::mute::{OpenWindow, Silence};
use crate::model::name::{EntityId, SourceName, TargetName, WindowName};
use crate::model::notice::Notice;
use crate::model::passage::DeadLetter;
use crate::model::rule::Priority;
use crate::model::storm::StormMemory;
use crate::model::telling::Telling;
use crate::model::thread::Thread;
use crate::model::time::UtcMs;

/// The tables of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// One row: the clock of the last commit.
    Clock,
    /// By alert key; kept a day after the end of the alert.
    Alerts,
    /// By alert key and priority; kept as long as the alert.
    Tellings,
    /// By number; kept until delivered.
    Outbox,
    /// By number; bounded, the oldest gives way.
    DeadLetters,
    /// By source name; where its polling was.
    Sources,
    /// By number; the ids of the webhooks of a short while, kept for a day.
    Deliveries,
    /// By source name; how often its webhooks come.
    Rhythms,
    /// By number; bounded in count, bytes and age.
    Unread,
    /// By source and name; what is no longer waited for goes at the start.
    Heartbeats,
    /// By name; the maintenance windows that are open.
    Windows,
    /// By number; until they end.
    Silences,
    /// One row: whether there is a storm, and how many alerts are usual.
    Storm,
    /// By source name and day; the hourly means of two months.
    History,
    /// By number; the series whose usual values are learned.
    BaselineSeries,
    /// By place in eight weeks of hours; what each taught of every series.
    BaselineHours,
    /// By alert key and target; what the target calls the alert. Kept as long as the alert.
    Threads,
    /// One row: the `revision` of the config file that the hub ran with last.
    Revision,
}

/// One change to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub table: Table,
    /// Which row.
    pub key: Box<[u8]>,
    /// What it becomes; nothing deletes it.
    pub value: Option<Vec<u8>>,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 18] = [
        Self::Clock,
        Self::Alerts,
        Self::Tellings,
        Self::Outbox,
        Self::DeadLetters,
        Self::Sources,
        Self::Deliveries,
        Self::Rhythms,
        Self::Unread,
        Self::Heartbeats,
        Self::Windows,
        Self::Silences,
        Self::Storm,
        Self::History,
        Self::BaselineSeries,
        Self::BaselineHours,
        Self::Threads,
        Self::Revision,
    ];

    /// Its name on disk.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Alerts => "alerts",
            Self::Tellings => "tellings",
            Self::Outbox => "outbox",
            Self::DeadLetters => "dead_letters",
            Self::Sources => "sources",
            Self::Deliveries => "deliveries",
            Self::Rhythms => "rhythms",
            Self::Unread => "unread",
            Self::Heartbeats => "heartbeats",
            Self::Windows => "windows",
            Self::Silences => "silences",
            Self::Storm => "storm",
            Self::History => "history",
            Self::BaselineSeries => "baseline_series",
            Self::BaselineHours => "baseline_hours",
            Self::Threads => "threads",
            Self::Revision => "revision",
        }
    }
}

impl Write {
    /// Which boot the ticks belong to; goes into every commit.
    #[must_use]
    pub fn clock(clock: &Clock) -> Self {
        Self::put(Table::Clock, b"clock", encode(clock))
    }

    /// An alert as it is.
    #[must_use]
    pub fn alert(alert: &Alert) -> Self {
        Self::put(Table::Alerts, alert.key.as_str().as_bytes(), encode(alert))
    }

    /// An alert is forgotten.
    #[must_use]
    pub fn forget_alert(key: &AlertKey) -> Self {
        Self::delete(Table::Alerts, key.as_str().as_bytes())
    }

    /// What has been told of an alert at a priority.
    #[must_use]
    pub fn telling(telling: &Telling) -> Self {
        let key = telling_key(&telling.alert, telling.priority);
        Self::put(Table::Tellings, &key, encode(telling))
    }

    /// A telling is forgotten.
    #[must_use]
    pub fn forget_telling(alert: &AlertKey, priority: Priority) -> Self {
        Self::delete(Table::Tellings, &telling_key(alert, priority))
    }

    /// What a target calls an alert.
    #[must_use]
    pub fn thread(thread: &Thread) -> Self {
        Self::put(Table::Threads, &thread_key(&thread.alert, &thread.target), encode(thread))
    }

    /// A target has no name for an alert any more.
    #[must_use]
    pub fn forget_thread(alert: &AlertKey, target: &TargetName) -> Self {
        Self::delete(Table::Threads, &thread_key(alert, target))
    }

    /// A notice to be delivered.
    #[must_use]
    pub fn notice(notice: &Notice) -> Self {
        Self::put(Table::Outbox, &notice.number.to_be_bytes(), encode(notice))
    }

    /// A notice has been delivered, or will never be.
    #[must_use]
    pub fn forget_notice(number: u64) -> Self {
        Self::delete(Table::Outbox, &number.to_be_bytes())
    }

    /// A notice that its target would not take.
    #[must_use]
    pub fn dead_letter(letter: &DeadLetter) -> Self {
        Self::put(Table::DeadLetters, &letter.notice.number.to_be_bytes(), encode(letter))
    }

    /// A dead letter gives way.
    #[must_use]
    pub fn forget_dead_letter(number: u64) -> Self {
        Self::delete(Table::DeadLetters, &number.to_be_bytes())
    }

    /// A source's polling has come to the end of a bucket.
    #[must_use]
    pub fn source_place(source: &SourceName, bucket_end: UtcMs) -> Self {
        Self::put(Table::Sources, source.as_str().as_bytes(), encode(&SourcePlace { bucket_end }))
    }

    /// The deliveries of a short while.
    #[must_use]
    pub fn deliveries(block: &DeliveryBlock) -> Self {
        Self::put(Table::Deliveries, &block.number.to_be_bytes(), encode(block))
    }

    /// Deliveries that are so old that nobody sends them again.
    #[must_use]
    pub fn forget_deliveries(number: u64) -> Self {
        Self::delete(Table::Deliveries, &number.to_be_bytes())
    }

    /// How often a source's webhooks come.
    #[must_use]
    pub fn rhythm(source: &SourceName, rhythm: &Rhythm) -> Self {
        Self::put(Table::Rhythms, source.as_str().as_bytes(), encode(rhythm))
    }

    /// A delivery that no mapping understood.
    #[must_use]
    pub fn unread(unread: &Unread) -> Self {
        Self::put(Table::Unread, &unread.number.to_be_bytes(), encode(unread))
    }

    /// It has been understood, or gives way.
    #[must_use]
    pub fn forget_unread(number: u64) -> Self {
        Self::delete(Table::Unread, &number.to_be_bytes())
    }

    /// When something last showed that it lives.
    #[must_use]
    pub fn beat(beat: &Beat) -> Self {
        Self::put(Table::Heartbeats, &beat_key(&beat.source, &beat.entity), encode(beat))
    }

    /// Nobody waits for its heartbeats any more.
    #[must_use]
    pub fn forget_beat(source: &SourceName, entity: &EntityId) -> Self {
        Self::delete(Table::Heartbeats, &beat_key(source, entity))
    }

    /// A maintenance window is open.
    #[must_use]
    pub fn open_window(open: &OpenWindow) -> Self {
        Self::put(Table::Windows, open.name.as_str().as_bytes(), encode(open))
    }

    /// It has closed.
    #[must_use]
    pub fn forget_window(name: &WindowName) -> Self {
        Self::delete(Table::Windows, name.as_str().as_bytes())
    }

    /// A silence as it is.
    #[must_use]
    pub fn silence(silence: &Silence) -> Self {
        Self::put(Table::Silences, &silence.id.to_be_bytes(), encode(silence))
    }

    /// It has ended.
    #[must_use]
    pub fn forget_silence(id: u64) -> Self {
        Self::delete(Table::Silences, &id.to_be_bytes())
    }

    /// What is known of storms.
    #[must_use]
    pub fn storm(memory: &StormMemory) -> Self {
        Self::put(Table::Storm, b"storm", encode(memory))
    }

    /// The hub runs with a config file of this revision.
    #[must_use]
    pub fn revision(mark: &str) -> Self {
        Self::put(Table::Revision, b"revision", encode(&Revision { mark: mark.into() }))
    }

    /// The hourly means of a day.
    #[must_use]
    pub fn history(day: &HistoryDay) -> Self {
        Self::put(Table::History, &history_key(&day.source, day.day), encode(day))
    }

    /// The hourly means of a day are too old.
    #[must_use]
    pub fn forget_history(source: &SourceName, day: u32) -> Self {
        Self::delete(Table::History, &history_key(source, day))
    }

    /// A series whose usual values are learned has this number.
    #[must_use]
    pub fn baseline_series(number: u16, name: &SeriesName) -> Self {
        Self::put(Table::BaselineSeries, &number.to_be_bytes(), encode(name))
    }

    /// What an hour taught; it takes the place of what the hour eight weeks before it did.
    #[must_use]
    pub fn baseline_hour(learned: &LearnedHour) -> Self {
        Self::put(Table::BaselineHours, &learned.place().to_be_bytes(), encode(learned))
    }

    /// The notice that it puts into the outbox, for who looks on.
    #[must_use]
    pub fn as_notice(&self) -> Option<Notice> {
        let value = self.value.as_ref().filter(|_| self.table == Table::Outbox)?;
        decode(value).ok()
    }

    /// The dead letter that it keeps.
    #[must_use]
    pub fn as_dead_letter(&self) -> Option<DeadLetter> {
        let value = self.value.as_ref().filter(|_| self.table == Table::DeadLetters)?;
        decode(value).ok()
    }

    fn put(table: Table, key: &[u8], value: Vec<u8>) -> Self {
        Self { table, key: key.into(), value: Some(value) }
    }

    fn delete(table: Table, key: &[u8]) -> Self {
        Self { table, key: key.into(), value: None }
    }
}

/// A name holds no control character, so no two of them run into each other.
fn beat_key(source: &SourceName, entity: &EntityId) -> Vec<u8> {
    format!("{source}\0{}", entity.as_str()).into_bytes()
}

fn history_key(source: &SourceName, day: u32) -> Vec<u8> {
    format!("{source}:{day:05}").into_bytes()
}

fn telling_key(alert: &AlertKey, priority: Priority) -> Vec<u8> {
    format!("{alert}:{priority}").into_bytes()
}

/// Neither holds a control character.
fn thread_key(alert: &AlertKey, target: &TargetName) -> Vec<u8> {
    format!("{alert}\0{target}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec;

    use crate::ledger::record::decode;
    use crate::model::metric::Metric;
    use crate::model::rule::RateForm;

    fn row(write: &Write) -> (String, String) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        (hex(&write.key), hex(write.value.as_deref().unwrap()))
    }

    /// As those of every other record; see `record.rs`.
    #[test]
    fn the_bytes_of_what_was_learned_stay_as_they_are() {
        let series = SeriesName {
            source: SourceName::new("cx").unwrap(),
            entity: EntityId::new("q1").unwrap(),
            metric: Metric::find("calls_waiting").unwrap(),
            percent: 95,
            rate: RateForm::LastInterval,
        };
        let write = Write::baseline_series(258, &series);
        let bytes = "010263780271311b726f7574696e672e71756575652e63616c6c735f7761\
                     6974696e675f01";
        assert_eq!(row(&write), ("0102".into(), bytes.into()));
        assert_eq!(decode(&write.value.unwrap()), Ok(series));
        let learned = LearnedHour { hour: 476_558, codes: vec![0, 16_383] };
        let write = Write::baseline_hour(&learned);
        assert_eq!(row(&write), ("030e".into(), "019c963a0200ff7f".into()));
        assert_eq!(decode(&write.value.unwrap()), Ok(learned));
    }
}
