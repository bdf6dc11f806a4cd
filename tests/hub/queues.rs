//! What happens in the queues, as the story tells it, and as the recording that the platform plays.

use alloc::collections::BTreeMap;
use core::fmt::Write;

use andon::demo::recording::Recording;
use andon::demo::traffic::Traffic;
use andon::model::time::{Span, UtcMs};

/// The length of a row of a recording.
pub(crate) const CYCLE: Span = Span::secs(10);

/// The queues of one platform.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queues {
    by_name: BTreeMap<String, Vec<Change>>,
}

/// How a queue is from a cycle on, until the next change.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Levels {
    pub(crate) waiting: u16,
    pub(crate) longest_wait: u16,
    pub(crate) agents: u16,
    /// Agents on a call.
    pub(crate) busy: u16,
    /// In each cycle.
    pub(crate) hang_ups: u16,
}

#[derive(Debug, Clone, Copy)]
struct Change {
    from: UtcMs,
    levels: Levels,
}

impl Queues {
    /// Idle queues.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self { by_name: names.map(|name| (name.to_owned(), Vec::new())).collect() }
    }

    /// From the cycle of a moment on a queue is different. Changes are told in their order.
    pub(crate) fn change(&mut self, name: &str, at: UtcMs, change: impl FnOnce(&mut Levels)) {
        let changes = self.by_name.get_mut(name).unwrap_or_else(|| panic!("no queue {name}"));
        let from = UtcMs(at.0 - at.0.rem_euclid(CYCLE.0));
        let last = changes.last().copied();
        let mut levels = last.map(|last| last.levels).unwrap_or_default();
        change(&mut levels);
        match last {
            Some(last) if last.from == from => drop(changes.pop()),
            Some(last) => assert!(last.from < from, "{name} is told out of order"),
            None => {}
        }
        changes.push(Change { from, levels });
    }

    /// All of it as the text of a recording, read back.
    pub(crate) fn recorded(&self, from: UtcMs, to: UtcMs) -> Traffic {
        let mut csv = String::from(HEADER);
        for (name, changes) in &self.by_name {
            let mut at = UtcMs(from.0 - from.0.rem_euclid(CYCLE.0));
            while at < to {
                let levels = levels_of(changes, at);
                let Levels { waiting, longest_wait, agents, busy, hang_ups } = levels;
                let cells =
                    format!("{name},{waiting},{longest_wait},0,0,0,{hang_ups},{agents},{busy}");
                let change = changes.iter().map(|change| change.from).find(|from| *from > at);
                let until = change.map_or(to, |from| from.min(to));
                while at < until {
                    writeln!(csv, "{},{cells}", at.0 / 1_000).unwrap();
                    at = at + CYCLE;
                }
            }
        }
        Traffic::Recorded(Recording::parse(&csv).unwrap())
    }
}

fn levels_of(changes: &[Change], at: UtcMs) -> Levels {
    let change = changes.iter().rev().find(|change| change.from <= at);
    change.map(|change| change.levels).unwrap_or_default()
}

const HEADER: &str = "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
                      agents_available,agents_busy\n";
