//! What an answer does to alerts, and what is written of them.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

use crate::dispatch::Settled;
use crate::evaluate::{Change, Touched};
use crate::hub::Hub;
use crate::ledger::{Boot, Remembered, Write};
use crate::limits::CHECKPOINT_EVERY;
use crate::model::alert::AlertKey;
use crate::model::answer::Answer;
use crate::model::metric::Metric;
use crate::model::time::Now;

impl Hub {
    pub(super) fn observe(&mut self, source: usize, answer: &Answer, now: Now) {
        let now = self.as_told(now);
        let touched = self.evaluate.observe(source, answer, now);
        self.remember_learned();
        self.settle_touched(Some(source), touched, now);
        let idle = self.evaluate.idle_rules(source, now);
        let origins: Vec<&str> = idle.iter().map(|rule| &*rule.origin).collect();
        if let (false, Some(known)) = (origins.is_empty(), self.config.sources.get(source)) {
            let text = format!(
                "what {} reports is in the scope of none of these rules, which watch nothing: {}",
                known.name,
                origins.join(", ")
            );
            self.say(log::Level::Warn, text);
        }
    }

    /// Brings what is told of alerts in line with what has been decided of them; `source` is whose
    /// answer led to it, if one did.
    pub(super) fn settle_touched(
        &mut self,
        source: Option<usize>,
        touched: Vec<Touched>,
        now: Now,
    ) {
        self.tell_storm(now);
        for Touched { key, change } in touched {
            self.describe(&key);
            if change == Change::Turned {
                if let Some(source) = source {
                    self.link(source, &key);
                }
                self.enrich(&key, now);
            }
            self.settle(&key, change, now);
        }
    }

    /// Gives an alert of the hub's own the words for what its number does not say.
    fn describe(&mut self, key: &AlertKey) {
        let Some(alert) = self.evaluate.alerts.get(key.as_str()) else { return };
        let detail = match alert.metric {
            Metric::DATA_AGE => self.blind_detail(&alert.source),
            Metric::STORM => self.storm_detail(),
            Metric::LINK_DOWN => self.link_detail(),
            _ => return,
        };
        // What is over keeps its last word.
        if let (Some(detail), Some(alert)) = (detail, self.evaluate.alerts.get_mut(key.as_str())) {
            alert.detail = Some(detail.into());
        }
    }

    /// Gives an alert the address of the platform's own page about its entity.
    pub(super) fn link(&mut self, source: usize, key: &AlertKey) {
        if let (Some(poll), Some(alert)) =
            (self.polls.get(source), self.evaluate.alerts.get_mut(key.as_str()))
        {
            alert.monitoring_url = poll.monitoring_url(&alert.entity);
        }
    }

    pub(super) fn settle(&mut self, key: &AlertKey, change: Change, now: Now) {
        let Some(alert) = self.evaluate.marked(key, now.stamp()) else { return };
        let settled = match change {
            Change::Below => self.dispatch.update(alert, now),
            Change::Lasts | Change::Turned => self.dispatch.settle(alert, now),
        };
        if change == Change::Turned || settled == Settled::Told {
            self.unwritten.remove(key);
            self.write_alert(key);
            return;
        }
        if self.unwritten.is_empty() {
            self.checkpoint = now.tick + CHECKPOINT_EVERY;
        }
        self.unwritten.insert(key.clone());
    }

    pub(super) fn settle_deferred(&mut self, now: Now) {
        let now = self.as_told(now);
        for key in self.dispatch.take_deferred(now) {
            self.settle(&key, Change::Lasts, now);
        }
    }

    /// Forgets what ended long ago.
    pub(super) fn forget(&mut self, now: Now) {
        for key in self.evaluate.alerts.forget(now.tick) {
            self.dispatch.forget(&key);
            self.unwritten.remove(&key);
            self.writes.push_back(Write::forget_alert(&key));
        }
    }

    pub(super) fn write_alert(&mut self, key: &AlertKey) {
        if let Some(alert) = self.evaluate.alerts.get(key.as_str()) {
            self.writes.push_back(Write::alert(alert));
        }
    }

    /// Adds to a turn that writes anyway what is not worth a write of its own.
    pub(super) fn complete_writes(&mut self) {
        for (source, bucket_end) in core::mem::take(&mut self.places) {
            if let Some(source) = self.config.sources.get(source) {
                self.writes.push_back(Write::source_place(&source.name, bucket_end));
            }
        }
        self.writes.extend(self.calibrate.take_writes());
        self.write_clock(self.heard);
    }
}

/// What has to be written again after another boot: the clock that goes with the next write is this
/// boot's, so all ticks on disk have to be.
pub(super) fn moved(remembered: &Remembered) -> VecDeque<Write> {
    if remembered.written_by != Boot::Another {
        return VecDeque::new();
    }
    let alerts = remembered.alerts.iter().map(Write::alert);
    let tellings = remembered.tellings.iter().map(Write::telling);
    let beats = remembered.beats.iter().map(Write::beat);
    let silences = remembered.silences.iter().map(Write::silence);
    alerts
        .chain(tellings)
        .chain(beats)
        .chain(silences)
        .chain(remembered.notices.iter().map(Write::notice))
        .chain([Write::storm(&remembered.storm)])
        .collect()
}
