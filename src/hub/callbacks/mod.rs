//! What people say of alerts in a target's own system: it comes to `/ingest/` and the target's
//! name, is proved by the target's own scheme, and is taken once.
//!
//! Who has an alert in hand is theirs to say, whether it is over is ours. What is genuine is
//! answered with yes, also where it is about no alert of ours: a sender that hears no for a while
//! sends nothing any more.
//!
//! # Promises
//! - `who_acknowledges_at_a_target_has_the_alert_in_hand`
//! - `what_is_forged_changes_nothing_and_what_comes_again_is_a_duplicate`
//! - `what_is_about_no_alert_of_ours_is_taken_and_counted`

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::dispatch::Drift;
use crate::hub::pushed::{answer, later};
use crate::hub::vitals::{Sample, count, family};
use crate::hub::{Hub, LedgerHealth};
use crate::ingest::Seen;
use crate::limits::TROUBLE_SAID_EVERY;
use crate::model::alert::{AlertKey, Phase};
use crate::model::delivery::Delivery;
use crate::model::http::{LinkFault, Reply};
use crate::model::name::TargetName;
use crate::model::secret::Secret;
use crate::model::target::TargetConfig;
use crate::model::thread::Correction;
use crate::model::time::{Now, Tick};
use crate::platform::{Proven, Seal, Trust};
use crate::target::{self, Callback, Said, Sealed};

/// What became of what targets sent us, and what was last said of it.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    counts: BTreeMap<(usize, Outcome), u64>,
    said: BTreeMap<usize, Tick>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Taken,
    /// It is about no open alert.
    NoAlert,
    Duplicate,
    Refused,
    NotUnderstood,
    /// It comes again: we could not take it.
    Later,
}

impl Outcome {
    const ALL: [Self; 6] = [
        Self::Taken,
        Self::NoAlert,
        Self::Duplicate,
        Self::Refused,
        Self::NotUnderstood,
        Self::Later,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::NoAlert => "no_alert",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::NotUnderstood => "not_understood",
            Self::Later => "later",
        }
    }
}

impl Hub {
    /// The answer to what came to the door of this name, where that is a target's.
    pub(super) fn called(&mut self, name: &str, delivery: &Delivery, now: Now) -> Reply {
        let config = Rc::clone(&self.config);
        let is_it = |target: &&TargetConfig| target.name.as_str() == name;
        let mut targets = config.targets.iter().enumerate();
        let Some((place, target)) = targets.find(|(_, target)| is_it(target)) else {
            return Reply::empty(404);
        };
        let Some(sealed) = target::sealed(&target.kind) else { return Reply::empty(404) };
        if &*delivery.method != "POST" {
            return Reply::empty(405).with_header("allow", "POST");
        }
        let (outcome, reply) = self.hear_callback(place, target, &sealed, delivery, now);
        let count = self.pushes.callbacks.counts.entry((place, outcome)).or_default();
        *count = count.saturating_add(1);
        reply
    }

    fn hear_callback(
        &mut self,
        place: usize,
        target: &TargetConfig,
        sealed: &Sealed<'_>,
        delivery: &Delivery,
        now: Now,
    ) -> (Outcome, Reply) {
        let Some(seal) = Seal::of(sealed.scheme) else {
            return (Outcome::Refused, Reply::empty(404));
        };
        let secrets: Vec<&Secret> =
            sealed.secrets.iter().filter_map(|reference| self.secrets.get(reference)).collect();
        let trust = Trust { secrets: &secrets, ..Trust::default() };
        let name = &target.name;
        if let Proven::Forged(why) = seal.prove(delivery, &trust, self.as_told(now).utc) {
            if secrets.is_empty() {
                let said = format!("{name}: a webhook cannot be proved: its secret cannot be read");
                self.complain_of_callback(place, log::Level::Error, said, now);
                return (Outcome::Later, later());
            }
            let said = format!("{name}: a webhook is refused: {why}");
            self.complain_of_callback(place, log::Level::Warn, said, now);
            return (Outcome::Refused, answer(401, "refused", &format!("{why}")));
        }
        let id = seal.id(name.as_str(), delivery);
        if self.ingest.seen(&id, now.tick) == Seen::Before {
            return (Outcome::Duplicate, Reply::empty(200));
        }
        if self.ledger != LedgerHealth::Well {
            return (Outcome::Later, later());
        }
        self.ingest.take(id, now.tick);
        let Some(callbacks) = target::callback(&target.kind, &delivery.body) else {
            let said = format!("{name}: a webhook of it means nothing to us and is passed over");
            self.complain_of_callback(place, log::Level::Warn, said, now);
            return (Outcome::NotUnderstood, Reply::empty(200));
        };
        let mut outcome = Outcome::Taken;
        for callback in callbacks {
            match self.open_alert_of(target, &callback) {
                Some(key) => self.follow_callback(target, &key, &callback, now),
                None => {
                    outcome = Outcome::NoAlert;
                    // Their incident may bear no name of ours: a reading finds it.
                    self.dispatch.read_soon(name, now);
                }
            }
        }
        (outcome, Reply::empty(200))
    }

    /// The open alert that a callback is about.
    fn open_alert_of(&self, target: &TargetConfig, callback: &Callback) -> Option<AlertKey> {
        let by_thread = || self.dispatch.alert_called(&target.name, callback.thread.as_deref()?);
        let named = callback.alert.as_deref().and_then(|key| self.evaluate.alerts.get(key));
        let called = || self.evaluate.alerts.get(by_thread()?.as_str());
        let alert = named.or_else(called)?;
        // A button may hang at the message of an episode long past.
        let is_meant = callback.first_breach.is_none_or(|at| at == alert.first_breach.utc);
        (alert.phase == Phase::Detected && is_meant).then(|| alert.key.clone())
    }

    fn follow_callback(
        &mut self,
        target: &TargetConfig,
        key: &AlertKey,
        callback: &Callback,
        now: Now,
    ) {
        let via = target.name.as_str();
        match callback.what {
            Said::Acknowledged => {
                let Some(alert) = self.evaluate.alerts.get(key.as_str()) else { return };
                // What we said there ourselves comes back as the word of nobody.
                if alert.hand.is_some() && callback.by.is_none() {
                    return;
                }
                self.dispatch.heard_in_hand(alert, &target.name);
                self.take_in_hand(target, key, callback.by.clone(), now);
            }
            Said::Unacknowledged | Said::Reopened => {
                let by = callback.by.as_deref().unwrap_or(via);
                self.unacknowledge(key, by, via, now);
            }
            Said::Resolved => {
                let by = callback.by.as_deref();
                let Some(alert) = self.evaluate.alerts.get(key.as_str()) else { return };
                match self.dispatch.ended_there(alert, &target.name, by, now) {
                    Some(what) => {
                        let by = by.unwrap_or("nobody in particular");
                        let text = format!("{via}: {by} has resolved {key} there");
                        self.say(log::Level::Warn, text);
                        self.set_right(target, key, what, None, now);
                    }
                    None => self.dispatch.read_soon(&target.name, now),
                }
            }
        }
    }

    fn take_in_hand(
        &mut self,
        target: &TargetConfig,
        key: &AlertKey,
        by: Option<Box<str>>,
        now: Now,
    ) {
        let via = target.name.as_str();
        let lasts = self.config.hub.acknowledged_for;
        self.acknowledge(key, by.unwrap_or_else(|| via.into()), via, lasts, now);
    }

    /// What a target says of alerts that it was told of.
    pub(super) fn read_back(&mut self, place: usize, outcome: &Result<Reply, LinkFault>, now: Now) {
        let now = self.as_told(now);
        let alerts = &self.evaluate.alerts;
        let alert_of = |key: &AlertKey| alerts.get(key.as_str());
        let drifts = self.dispatch.read_back(place, outcome, &alert_of, now);
        let config = Rc::clone(&self.config);
        let Some(target) = config.targets.get(place) else { return };
        for Drift { alert, what, by } in drifts {
            self.set_right(target, &alert, what, by, now);
        }
    }

    fn set_right(
        &mut self,
        target: &TargetConfig,
        key: &AlertKey,
        what: Correction,
        by: Option<Box<str>>,
        now: Now,
    ) {
        if what == Correction::InHand {
            self.take_in_hand(target, key, by, now);
        }
        let now = self.as_told(now);
        let Some(alert) = self.evaluate.alerts.get_mut(key.as_str()) else { return };
        self.dispatch.correct(alert, &target.name, what, now);
        self.write_alert(key);
    }

    /// Anybody can send forged ones.
    fn complain_of_callback(&mut self, place: usize, level: log::Level, text: String, now: Now) {
        let is_due = |said: &Tick| now.tick - *said >= TROUBLE_SAID_EVERY;
        if self.pushes.callbacks.said.get(&place).is_none_or(is_due) {
            self.pushes.callbacks.said.insert(place, now.tick);
            self.say(level, text);
        }
    }
}

/// What came back of targets, and what was set right there.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    let mut families = Vec::new();
    let mut add = |name: &'static str, help: &'static str, samples: Vec<Sample>| {
        if !samples.is_empty() {
            families.push(family(name, help, FamilyKind::Counter, samples));
        }
    };
    let labels = |target: &TargetName, name: &'static str, value: &str| {
        Vec::from([("target", target.as_str().into()), (name, value.into())])
    };
    let targets = hub.config.targets.iter().enumerate();
    let sealed = targets.filter(|(_, target)| target::sealed(&target.kind).is_some());
    let came = sealed.flat_map(|(place, target)| {
        Outcome::ALL.into_iter().map(move |outcome| {
            let known = hub.pushes.callbacks.counts.get(&(place, outcome)).copied();
            (labels(&target.name, "outcome", outcome.as_str()), count(known.unwrap_or(0)))
        })
    });
    let help = "What people said in the systems of targets, by what became of it.";
    add("andon_callbacks_total", help, came.collect());
    let unread = hub.dispatch.unread();
    let unread =
        unread.map(|(name, failed)| (Vec::from([("target", name.as_str().into())]), count(failed)));
    let help = "Readings of targets that failed; each is made again in the next round.";
    add("andon_readbacks_failed_total", help, unread.collect());
    let corrected = hub
        .dispatch
        .corrected()
        .map(|(name, what, times)| (labels(name, "what", what.as_str()), count(times)));
    let help = "What a target said otherwise of an alert than the hub, by what was done about it.";
    add("andon_corrections_total", help, corrected.collect());
    families
}
