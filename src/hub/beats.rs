//! What has to show that it lives, and does not: its silence is a sample of the metric
//! `heartbeat.age`.
//!
//! A heartbeat itself is a webhook like any other, whose sample says 0. When each last came is in
//! the ledger: a hub that is restarted daily still notices a backup that is silent for a week.
//!
//! # Promises
//! - `a_silence_is_a_sample_when_it_is_due_and_each_minute_after`
//! - `what_was_never_heard_has_as_long_as_from_one_heartbeat_to_the_next`

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::hub::{Hub, own};
use crate::ledger::{Beat, Write};
use crate::model::answer::Answer;
use crate::model::config::Heartbeat;
use crate::model::metric::Metric;
use crate::model::time::{Now, Span, Stamp, Tick, Wake};

/// When each was last heard, in the order of the file.
#[derive(Debug)]
pub(super) struct Beats {
    each: Vec<Heard>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    last: Stamp,
    next_look: Tick,
}

impl Beats {
    /// Goes on where it was; what has never been heard is waited for from the start on. The rows
    /// that nobody needs any more are to be forgotten.
    pub(super) fn restore(
        expected: &[Heartbeat],
        remembered: &[Beat],
        now: Now,
    ) -> (Self, Vec<Write>) {
        let is_of =
            |one: &Heartbeat, beat: &Beat| one.source == beat.source && one.entity == beat.entity;
        let heard = |one: &Heartbeat| {
            let known = remembered.iter().find(|beat| is_of(one, beat));
            let last = known.map_or(now.stamp(), |beat| beat.last);
            Heard { last, next_look: last.tick + one.due }
        };
        let is_left = |beat: &&Beat| !expected.iter().any(|one| is_of(one, beat));
        let forget = |beat: &Beat| Write::forget_beat(&beat.source, &beat.entity);
        let forgotten = remembered.iter().filter(is_left).map(forget).collect();
        (Self { each: expected.iter().map(heard).collect() }, forgotten)
    }

    /// When the first of them is due.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        let at = self.each.iter().map(|heard| heard.next_look).min()?;
        Some(Wake { at, why: "a heartbeat is due" })
    }

    /// How long each has been silent that is due.
    fn silent(&mut self, now: Now) -> Vec<(usize, Span)> {
        let due = self.each.iter_mut().enumerate().filter(|(_, heard)| heard.next_look <= now.tick);
        due.map(|(index, heard)| {
            heard.next_look = now.tick + LOOK_EVERY;
            (index, now.tick - heard.last.tick)
        })
        .collect()
    }
}

impl Hub {
    /// Notes the heartbeats among what was pushed.
    pub(super) fn hear_beats(&mut self, source: usize, answer: &Answer, now: Now) {
        if !answer.metrics.contains(&Metric::HEARTBEAT_AGE) {
            return;
        }
        let config = Rc::clone(&self.config);
        let Some(source) = config.sources.get(source) else { return };
        for row in &answer.rows {
            let expected = config.heartbeats.iter().zip(&mut self.beats.each);
            for (one, heard) in expected {
                if one.source == source.name && one.entity == row.entity {
                    *heard = Heard { last: now.stamp(), next_look: now.tick + one.due };
                    let (source, entity) = (one.source.clone(), one.entity.clone());
                    let beat = Beat { source, entity, last: heard.last };
                    self.writes.push_back(Write::beat(&beat));
                }
            }
        }
    }

    /// Each silence that is too long is a sample.
    pub(super) fn look_for_beats(&mut self, now: Now) {
        for (index, age) in self.beats.silent(now) {
            let config = Rc::clone(&self.config);
            let Some(one) = config.heartbeats.get(index) else { continue };
            let source = config.sources.iter().position(|source| source.name == one.source);
            #[expect(
                clippy::as_conversions,
                clippy::cast_precision_loss,
                reason = "whole seconds of some months fit a f64 exactly"
            )]
            let seconds = age.whole_secs() as f64;
            if let Some(source) = source {
                let sample = own::sample(&one.entity, Metric::HEARTBEAT_AGE, seconds, now);
                self.observe(source, &sample, now);
            }
        }
    }
}

/// How often a silence that goes on is looked at again.
const LOOK_EVERY: Span = Span::secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::at;
    use crate::model::name::{EntityId, SourceName};

    fn backup() -> Heartbeat {
        Heartbeat {
            source: SourceName::new("beats").unwrap(),
            entity: EntityId::new("backup").unwrap(),
            due: Span::secs(100),
        }
    }

    fn silences(beats: &mut Beats, seconds: &[i64]) -> Vec<Option<i64>> {
        let age = |second: &i64| beats.silent(at(*second)).first().map(|(_, age)| age.whole_secs());
        seconds.iter().map(age).collect()
    }

    #[test]
    fn a_silence_is_a_sample_when_it_is_due_and_each_minute_after() {
        let Heartbeat { source, entity, .. } = backup();
        let left = Beat { entity: EntityId::new("left").unwrap(), source, last: at(0).stamp() };
        let known = Beat { entity, ..left.clone() };
        let (mut beats, forgotten) = Beats::restore(&[backup()], &[left.clone(), known], at(50));
        assert_eq!(forgotten, [Write::forget_beat(&left.source, &left.entity)]);
        assert_eq!(beats.next_wake().unwrap().at, at(100).tick);
        let ages = silences(&mut beats, &[99, 100, 110, 159, 160]);
        assert_eq!(ages, [None, Some(100), None, None, Some(160)]);
    }

    #[test]
    fn what_was_never_heard_has_as_long_as_from_one_heartbeat_to_the_next() {
        let (mut beats, _) = Beats::restore(&[backup()], &[], at(50));
        assert_eq!(silences(&mut beats, &[149, 150]), [None, Some(100)]);
    }
}
