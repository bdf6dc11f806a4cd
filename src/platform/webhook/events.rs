//! Reads the events of one body: all of its rows in one pass over one parse.
//!
//! # Promises
//! - `each_event_of_a_body_has_its_own_rank`
//! - `of_two_events_of_an_entity_in_one_body_the_newer_counts`
//!
//! # Not here
//! What is older than what came before: that is `ingest`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use jmespath::{Rcvar, Variable};

use crate::model::delivery::{Pushed, Rank};
use crate::model::name::EntityId;
use crate::model::time::UtcMs;
use crate::platform::answer::Part;
use crate::platform::held::Held;
use crate::platform::map::TimeFrom;
use crate::platform::path::Path;
use crate::platform::row::{Taken, moment_at};
use crate::platform::webhook::EventMap;

impl EventMap {
    /// What a body says, where it is as the map has it and has at least one row.
    pub(super) fn read(&self, body: &Rcvar, now: UtcMs) -> Option<Pushed> {
        let map = &self.answer;
        let body = &map.case.applied(body);
        let rows = map.rows.find(body);
        let mut taken = Taken::default();
        let mut sequences = Vec::new();
        for row in rows.as_array()? {
            map.take(row, &mut taken);
            if sequences.len() < taken.rows.len() {
                sequences.push(self.sequence.as_ref().and_then(|path| number_at(path, row)));
            }
        }
        let time = map.time.as_ref().and_then(|path| moment_at(path, body));
        let time = time.or_else(|| taken.rows.iter().filter_map(|row| row.clock).max());
        let vendor_time = match (time, map.time_from) {
            (Some(time), _) => time,
            (None, TimeFrom::Receipt) => now,
            (None, TimeFrom::Field | TimeFrom::Header) => return None,
        };
        let clocks = taken.rows.iter().map(|row| row.clock.unwrap_or(vendor_time));
        let ranks: Vec<Rank> =
            clocks.zip(sequences).map(|(at, sequence)| Rank { at, sequence }).collect();
        let newest = newest_of(&taken, &ranks);
        let mut part = Part { vendor_time, rows_refused: taken.rows_refused, ..Part::empty() };
        let mut overtaken = 0_u32;
        let cells = taken.cells.chunks_mut(map.columns.len().max(1));
        for ((row, rank), cells) in taken.rows.into_iter().zip(ranks).zip(cells) {
            let known = newest.get(&row.row.entity);
            if known.is_some_and(|known| rank.compare(*known) == Ordering::Less) {
                overtaken = overtaken.saturating_add(1);
                continue;
            }
            map.age(cells, rank.at);
            part.rows.push(row.row);
            part.cells.extend_from_slice(cells);
        }
        let answer = map.gather(Vec::from([part]), &[], &mut Held::default())?.answer;
        let rank = |entity| newest.get(entity).copied();
        let ranks = answer.rows.iter().filter_map(|row| rank(&row.entity)).collect();
        let left_out = self.left_out.as_ref().and_then(|path| number_at(path, body));
        let left_out = left_out.map_or(0, |left| u32::try_from(left).unwrap_or(u32::MAX));
        let is_empty = answer.rows.is_empty();
        (!is_empty).then_some(Pushed { answer, ranks, overtaken, left_out })
    }
}

/// The newest rank of each entity.
fn newest_of(taken: &Taken, ranks: &[Rank]) -> BTreeMap<EntityId, Rank> {
    let mut newest: BTreeMap<EntityId, Rank> = BTreeMap::new();
    for (row, rank) in taken.rows.iter().zip(ranks) {
        match newest.get_mut(&row.row.entity) {
            Some(known) if known.compare(*rank) == Ordering::Less => *known = *rank,
            Some(_) => {}
            None => {
                newest.insert(row.row.entity.clone(), *rank);
            }
        }
    }
    newest
}

/// A whole number, also as a text.
fn number_at(path: &Path, row: &Rcvar) -> Option<u64> {
    match &*path.find(row) {
        Variable::Number(number) => number.as_u64(),
        Variable::String(text) => text.parse().ok(),
        Variable::Null
        | Variable::Bool(_)
        | Variable::Array(_)
        | Variable::Object(_)
        | Variable::Expref(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    use crate::model::answer::Reading;
    use crate::model::delivery::Delivery;
    use crate::platform::Definition;

    const NOW: UtcMs = UtcMs(1_715_783_520_000);

    const TEXT: &str = r#"
name = "f"
platform = "f"
interval_seconds = 60
offset_seconds = 0
window = "snapshot"
auth = { kind = "none" }
[webhook]
proof = { scheme = "bearer" }
[[webhook.event]]
sequence = "n"
left_out = "more"
[webhook.event.answer]
rows = "events"
entity_id = "id"
row_time = "at"
time_from = "receipt"
metrics = [
    { metric = "calls_waiting", path = "waiting" },
    { metric = "longest_wait", path = "since", unit = "epoch-ms" },
]
"#;

    fn read(body: &str) -> Option<Pushed> {
        let definition = Definition::parse("f.toml", TEXT).unwrap();
        let (method, headers) = ("POST".into(), Vec::new());
        let delivery =
            Delivery { method, headers, body: body.to_owned().into(), client_certificate: None };
        definition.webhook().unwrap().open(&delivery).read(NOW).ok()
    }

    /// Entity, number of those who wait, time in seconds before now, and number of each event.
    fn told(pushed: &Pushed) -> Vec<(String, Reading, i64, Option<u64>)> {
        let rows = pushed.answer.iter().zip(&pushed.ranks);
        let told = |((row, readings), rank): ((&crate::model::answer::Row, &[Reading]), &Rank)| {
            let ago = (NOW - rank.at).whole_secs();
            (row.entity.as_str().into(), readings[0], ago, rank.sequence)
        };
        rows.map(told).collect()
    }

    #[test]
    fn each_event_of_a_body_has_its_own_rank() {
        let body = r#"{"more": 3, "events": [
            {"id": "a", "waiting": 1, "n": 7, "at": "2024-05-15T14:31:00Z", "since": 1715783400000},
            {"id": "b", "waiting": 2, "n": "8", "at": "2024-05-15T14:30:00Z"},
            {"id": "c", "waiting": 3, "n": -1}, {"waiting": 4}]}"#;
        let pushed = read(body).unwrap();
        let value = Reading::Value;
        let wanted = [
            ("a".into(), value(1.0), 60, Some(7)),
            ("b".into(), value(2.0), 120, Some(8)),
            // What has no time of its own is as new as the newest.
            ("c".into(), value(3.0), 60, None),
        ];
        assert_eq!(told(&pushed), wanted);
        assert_eq!((pushed.left_out, pushed.overtaken, pushed.answer.rows_refused), (3, 0, 1));
        assert_eq!(pushed.answer.readings[1], value(60.0), "by the event's own clock");
        assert_eq!(read(r#"{"events": [{"id": "a"}]}"#).unwrap().ranks[0].at, NOW);
        assert_eq!(read(r#"{"events": []}"#), None);
        assert_eq!(read(r#"{"events": {"id": "a"}}"#), None);
    }

    #[test]
    fn of_two_events_of_an_entity_in_one_body_the_newer_counts() {
        let event = |n: u8, waiting: u8| format!(r#"{{"id":"a","n":{n},"waiting":{waiting}}}"#);
        for order in [[2, 1], [1, 2]] {
            let events = order.map(|n| event(n, n * 10)).join(",");
            let pushed = read(&format!(r#"{{"events":[{events}]}}"#)).unwrap();
            assert_eq!(told(&pushed), [("a".into(), Reading::Value(20.0), 0, Some(2))]);
            assert_eq!(pushed.overtaken, 1);
        }
        // Of one moment they are parts of one event, as an answer's rows are.
        let events = [event(1, 10), event(1, 5)].join(",");
        let pushed = read(&format!(r#"{{"events":[{events}]}}"#)).unwrap();
        assert_eq!(told(&pushed), [("a".into(), Reading::Value(15.0), 0, Some(1))]);
        assert_eq!(pushed.overtaken, 0);
    }

    #[test]
    fn keys_may_be_taken_for_small_letters() {
        let text = TEXT.replacen("rows = \"events\"", "case = \"ignored\"\nrows = \"events\"", 1);
        let definition = Definition::parse("f.toml", &text).unwrap();
        let body = r#"{"Events": [{"ID": "a", "Waiting": 5}]}"#.into();
        let (method, headers) = ("POST".into(), Vec::new());
        let delivery = Delivery { method, headers, body, client_certificate: None };
        let pushed = definition.webhook().unwrap().open(&delivery).read(NOW).unwrap();
        assert_eq!(told(&pushed), [("a".into(), Reading::Value(5.0), 0, None)]);
    }
}
