//! A recorded call centre: CSV text, a row per ten seconds and queue, played as if it were now.
//!
//! The header names the columns: `ts` (epoch seconds of the cycle's start), `queue`,
//! `calls_waiting`, `longest_wait` (seconds), `offered`, `answered`, `answered_20s`, `abandoned`,
//! `agents_available`, `agents_busy`. A cycle without a row was idle: zero, not missing.
//!
//! # Promises
//! - `bad_lines_are_named_with_their_number`: all of them up to a bound, and none is guessed.
//! - `a_cycle_without_a_row_is_zero`: idle is not unknown.
//! - `half_a_cycle_can_be_asked_for`: a slowed hub asks for fifteen seconds.
//! - `a_recording_plays_as_if_it_were_now`: the chosen moment of the past falls on the given one.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::demo::traffic::{QueueName, QueueSnapshot};
use crate::demo::week::{DAY, HOUR};
use crate::limits::{RECORDING_FAULTS_MAX, RECORDING_ROWS_MAX};
use crate::model::time::{Span, UtcMs};

/// Every cycle of a recording, and the moment that it is played from.
#[derive(Debug, Clone)]
pub struct Recording {
    names: Vec<QueueName>,
    /// By queue, in order of time.
    rows: Vec<Vec<Row>>,
    /// What to add to the time of asking for the time of the recording.
    offset: Span,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Recording {
    /// The shortest stretch that can be asked about: half a row's cycle, since an interval of ten
    /// seconds grows by half. What happened in a cycle happened in its first half.
    pub const GRAIN: Span = Span::secs(5);

    /// Reads the text of a recording. Until [`Self::play`] it plays at its own time.
    ///
    /// # Errors
    /// Names the bad lines, up to [`RECORDING_FAULTS_MAX`].
    pub fn parse(csv: &str) -> Result<Self, Vec<LineFault>> {
        let mut lines = (1..).zip(csv.lines());
        let header = lines.next().map_or("", |(_, header)| header);
        if header.trim_end() != HEADER {
            let what = format!("the columns have to be {HEADER}");
            return Err(Vec::from([LineFault { line: 1, what }]));
        }
        let mut queues: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
        let mut faults = Vec::new();
        for (line, text) in lines {
            if line > RECORDING_ROWS_MAX {
                let what = format!("there are more than {RECORDING_ROWS_MAX} lines");
                faults.push(LineFault { line, what });
            } else if let Err(what) = read(text, &mut queues) {
                faults.push(LineFault { line, what });
            } else {
                continue;
            }
            if line > RECORDING_ROWS_MAX || faults.len() >= RECORDING_FAULTS_MAX {
                break;
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let name = |code: &&str| QueueName { id: (*code).into(), name: (*code).into() };
        let names = queues.keys().map(name).collect();
        Ok(Self { names, rows: queues.into_values().collect(), offset: Span::ZERO })
    }

    /// The queues, by their codes. `ALL`, where there is one, is the whole centre.
    #[must_use]
    pub fn queues(&self) -> &[QueueName] {
        &self.names
    }

    /// Lets the moment `recorded` fall on `now`, as nearly as whole cycles allow.
    pub fn play(&mut self, recorded: UtcMs, now: UtcMs) {
        let offset = recorded - now;
        self.offset = Span(offset.0 - offset.0.rem_euclid(CYCLE.0));
    }

    /// From the first row to the end of the last, by the recording's own clock.
    #[must_use]
    pub fn stretch(&self) -> Option<(UtcMs, UtcMs)> {
        let first = self.rows.iter().filter_map(|rows| rows.first()).map(Row::start).min()?;
        let last = self.rows.iter().filter_map(|rows| rows.last()).map(Row::start).max()?;
        Some((first, last + CYCLE))
    }

    /// The first moment of the day (by the recording's own clock) with the most rows.
    #[must_use]
    pub fn busiest_day(&self) -> Option<UtcMs> {
        self.greatest(self.rows.iter().flatten(), DAY, |_| 1)
    }

    /// The first moment of the hour of a day in which the callers together waited longest.
    #[must_use]
    pub fn busiest_hour_start(&self, day: UtcMs) -> Option<UtcMs> {
        let of_day = self
            .rows
            .iter()
            .flatten()
            .filter(|row| row.start().0.div_euclid(DAY.0) == day.0.div_euclid(DAY.0));
        self.greatest(of_day, HOUR, |row| u64::from(row.calls_waiting))
    }

    /// Counts and gauges of one queue, see [`super::traffic::Traffic::window`].
    #[must_use]
    pub fn window(&self, queue: usize, from: UtcMs, to: UtcMs) -> Option<QueueSnapshot> {
        let rows = self.rows.get(queue)?;
        let (from, to) = (from + self.offset, to + self.offset);
        if from >= to || [from, to].iter().any(|at| at.0 % Self::GRAIN.0 != 0) {
            return None;
        }
        let first = rows.partition_point(|row| row.start() < from);
        let after = rows.partition_point(|row| row.start() < to);
        let begun = rows.get(first..after)?.iter().map(Row::snapshot);
        // The gauges are those of the last cycle. Where that was idle, they are zero.
        let last = rows.get(..after)?.last().filter(|row| row.start() + CYCLE >= to);
        let gauges = last.map(Row::snapshot).unwrap_or_default();
        let gauges = QueueSnapshot {
            offered: 0,
            answered: 0,
            answered_in_target: 0,
            abandoned: 0,
            ..gauges
        };
        Some(begun.fold(QueueSnapshot::default(), QueueSnapshot::then).then(gauges))
    }

    /// The stretch of this length with the greatest sum over its rows; the earlier one on a tie.
    fn greatest<'a>(
        &self,
        rows: impl Iterator<Item = &'a Row>,
        length: Span,
        weigh: impl Fn(&Row) -> u64,
    ) -> Option<UtcMs> {
        let mut sums: BTreeMap<i64, u64> = BTreeMap::new();
        for row in rows {
            *sums.entry(row.start().0.div_euclid(length.0)).or_default() += weigh(row);
        }
        let greatest = sums.into_iter().rev().max_by_key(|(_, sum)| *sum);
        greatest.map(|(number, _)| UtcMs(number * length.0))
    }
}

/// One cycle of one queue. The largest centre on record had numbers far below 65,536.
#[derive(Debug, Clone)]
struct Row {
    /// Its start, in cycles since 1970.
    cycle: u32,
    calls_waiting: u16,
    longest_wait_seconds: u16,
    offered: u16,
    answered: u16,
    answered_20s: u16,
    abandoned: u16,
    agents_available: u16,
    agents_busy: u16,
}

impl Row {
    fn start(&self) -> UtcMs {
        UtcMs(i64::from(self.cycle) * CYCLE.0)
    }

    fn snapshot(&self) -> QueueSnapshot {
        QueueSnapshot {
            calls_waiting: self.calls_waiting.into(),
            longest_wait_seconds: self.longest_wait_seconds.into(),
            offered: self.offered.into(),
            answered: self.answered.into(),
            answered_in_target: self.answered_20s.into(),
            abandoned: self.abandoned.into(),
            // A row has no sums of waits.
            answered_waits: None,
            abandoned_waits: None,
            agents_available: self.agents_available.into(),
            agents_busy: self.agents_busy.into(),
        }
    }
}

fn read<'a>(line: &'a str, queues: &mut BTreeMap<&'a str, Vec<Row>>) -> Result<(), String> {
    let line = line.trim_end();
    let mut cells = line.split(',');
    let row: [Option<&str>; COLUMNS] = core::array::from_fn(|_| cells.next());
    let (
        [
            Some(ts),
            Some(queue),
            Some(waiting),
            Some(wait),
            Some(offered),
            Some(answered),
            Some(in_20s),
            Some(abandoned),
            Some(available),
            Some(busy),
        ],
        None,
    ) = (row, cells.next())
    else {
        return Err(format!("a row has {} cells, not {COLUMNS}", line.split(',').count()));
    };
    let number = |cell: &str, column: &str| {
        cell.parse::<u16>().map_err(|_| format!("{column} is \"{cell}\", not a number to 65,535"))
    };
    let seconds: u64 = ts.parse().map_err(|_| format!("ts is \"{ts}\", not epoch seconds"))?;
    if !seconds.is_multiple_of(10) {
        return Err(format!("ts is {seconds}, not the start of a cycle of ten seconds"));
    }
    if queue.is_empty() {
        return Err("queue is empty".to_owned());
    }
    let row = Row {
        cycle: u32::try_from(seconds / 10).map_err(|_| format!("ts is {seconds}: too late"))?,
        calls_waiting: number(waiting, "calls_waiting")?,
        longest_wait_seconds: number(wait, "longest_wait")?,
        offered: number(offered, "offered")?,
        answered: number(answered, "answered")?,
        answered_20s: number(in_20s, "answered_20s")?,
        abandoned: number(abandoned, "abandoned")?,
        agents_available: number(available, "agents_available")?,
        agents_busy: number(busy, "agents_busy")?,
    };
    let rows = queues.entry(queue).or_default();
    if rows.last().is_some_and(|last| last.cycle >= row.cycle) {
        return Err(format!("queue {queue} already has a row of ts {seconds} or later"));
    }
    rows.push(row);
    Ok(())
}

/// The length of a row's cycle.
const CYCLE: Span = Span::secs(10);

const COLUMNS: usize = 10;

const HEADER: &str = "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
                      agents_available,agents_busy";

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(rows: &str) -> String {
        format!("{HEADER}\n{rows}")
    }

    const TWO_DAYS: &str = "86400,A,1,5,1,0,0,0,2,1\n\
                            172800,A,0,0,2,1,0,0,3,1\n\
                            172810,A,4,12,3,0,0,1,0,4\n\
                            172810,B,1,1,1,0,0,0,0,0\n\
                            176400,A,9,60,1,0,0,2,0,4\n";

    #[test]
    fn bad_lines_are_named_with_their_number() {
        let text = csv("86400,A,1,5,1,0,0,0,2,1\n86400,A,1,5\n86415,A,1,5,1,0,0,0,2,1\n\
                        86420,A,1,minus,1,0,0,0,2,1\n86400,A,1,5,1,0,0,0,2,1\n");
        let faults = Recording::parse(&text).unwrap_err();
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [3, 4, 5, 6], "{faults:?}");
        assert_eq!(faults[2].what, "longest_wait is \"minus\", not a number to 65,535");
        assert_eq!(Recording::parse("ts,queue").unwrap_err()[0].line, 1);
        let junk = csv(&"x\n".repeat(1_000));
        assert_eq!(Recording::parse(&junk).unwrap_err().len(), RECORDING_FAULTS_MAX);
    }

    #[test]
    fn a_cycle_without_a_row_is_zero() {
        let recording = Recording::parse(&csv(TWO_DAYS)).unwrap();
        let at = |seconds: i64| UtcMs(seconds * 1_000);
        let both = recording.window(0, at(172_800), at(172_820)).unwrap();
        assert_eq!((both.offered, both.calls_waiting, both.agents_busy), (5, 4, 4));
        let with_idle_end = recording.window(0, at(172_800), at(172_830)).unwrap();
        assert_eq!((with_idle_end.offered, with_idle_end.calls_waiting), (5, 0));
        assert_eq!(recording.window(0, at(200_000), at(200_010)), Some(QueueSnapshot::default()));
        assert_eq!(recording.window(0, at(172_801), at(172_811)), None, "not whole grains");
        assert_eq!(recording.window(2, at(172_800), at(172_810)), None, "no such queue");
    }

    #[test]
    fn half_a_cycle_can_be_asked_for() {
        let recording = Recording::parse(&csv(TWO_DAYS)).unwrap();
        let window = |from: i64, to: i64| {
            recording.window(0, UtcMs(from * 1_000), UtcMs(to * 1_000)).unwrap()
        };
        let (first, second) = (window(172_800, 172_815), window(172_815, 172_830));
        assert_eq!((first.offered, first.abandoned, first.calls_waiting), (5, 1, 4));
        assert_eq!((second.offered, second.abandoned, second.calls_waiting), (0, 0, 0));
        let late = window(172_815, 172_820);
        assert_eq!((late.offered, late.calls_waiting, late.longest_wait_seconds), (0, 4, 12));
    }

    #[test]
    fn a_recording_plays_as_if_it_were_now() {
        let mut recording = Recording::parse(&csv(TWO_DAYS)).unwrap();
        let day = recording.busiest_day().unwrap();
        assert_eq!(day, UtcMs(172_800_000));
        let hour = recording.busiest_hour_start(day).unwrap();
        assert_eq!(hour, UtcMs(176_400_000), "nine waiting is more than four and one");
        let now = UtcMs(1_763_000_003_000);
        recording.play(hour, now);
        let bucket = UtcMs(1_763_000_000_000);
        let played = recording.window(0, bucket + Span::secs(10), bucket + Span::secs(20)).unwrap();
        assert_eq!(played.longest_wait_seconds, 60, "the first whole cycle from now on");
    }
}
