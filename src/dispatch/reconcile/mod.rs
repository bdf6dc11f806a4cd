//! Compares every five minutes what we say of alerts with what the targets say that were told, and
//! sets right what differs.
//!
//! Whether an alert is over and how bad it is, is ours to say; who has it in hand is theirs. Each
//! thing is set right once in an episode: who undoes it means it.
//!
//! # Promises
//! - `whoever_says_so_wins`
//! - `nothing_is_set_right_twice_in_an_episode`
//! - `a_round_reads_all_in_batches_and_the_next_goes_on_where_it_ended`
//! - `a_reading_that_fails_changes_nothing_and_ends_the_round`
//! - `what_waits_in_the_outbox_is_not_compared`

mod round;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::vec::Vec;

use crate::dispatch::login::{Again, For};
use crate::dispatch::settlement::Order;
use crate::dispatch::{Dispatch, Step, notices};
use crate::limits::{RECONCILE_ENDED_FOR, RECONCILE_EVERY, RECONCILE_SETTLES};
use crate::model::alert::{Alert, AlertKey, Decision, Phase};
use crate::model::config::Config;
use crate::model::http::{LinkFault, Reply};
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::secret::Secrets;
use crate::model::target::TargetConfig;
use crate::model::telling::Telling;
use crate::model::thread::Correction;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::target::{self, Reading, Reads, Theirs};

/// What is read of each target, by its place in the config.
#[derive(Debug)]
pub(super) struct Reconcile {
    desks: BTreeMap<usize, Desk>,
    /// When an alert was last set right: their system takes a moment over it.
    settling: BTreeMap<AlertKey, Tick>,
    corrected: BTreeMap<(TargetName, Correction), u64>,
}

/// The reading of one target.
#[derive(Debug)]
struct Desk {
    name: TargetName,
    reads: Reads,
    /// When the next request may start; nothing before the first look.
    next: Option<Tick>,
    /// What the round has still to read. Empty between rounds.
    queue: VecDeque<AlertKey>,
    /// What a request under way asks about.
    asked: Option<Vec<AlertKey>>,
    round: Tick,
    last: Option<AlertKey>,
    failed: u64,
}

/// Where a target says something else of an alert than we do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Which alert.
    pub alert: AlertKey,
    /// What is to be set right.
    pub what: Correction,
    /// Who did there what differs, where they say so.
    pub by: Option<Box<str>>,
}

/// What we say of an alert at a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    Open,
    InHand,
    Over,
    /// Neither yet: it is told elsewhere, is held, or was told a moment ago.
    Untold,
}

impl Reconcile {
    pub(super) fn new(config: &Config) -> Self {
        let desk = |(place, target): (usize, &TargetConfig)| {
            let desk = Desk {
                name: target.name.clone(),
                reads: target::reads(&target.kind)?,
                next: None,
                queue: VecDeque::new(),
                asked: None,
                round: Tick(0),
                last: None,
                failed: 0,
            };
            Some((place, desk))
        };
        let desks = config.targets.iter().enumerate().filter_map(desk).collect();
        Self { desks, settling: BTreeMap::new(), corrected: BTreeMap::new() }
    }

    /// When it wants to read.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        let idle = self.desks.values().filter(|desk| desk.asked.is_none());
        let at = idle.filter_map(|desk| desk.next).min();
        at.map(|at| Wake { at, why: "read targets back" })
    }
}

impl Desk {
    /// The round is over, and the next one comes five minutes after it began, or when they ask.
    fn rest(&mut self, after: Option<Span>, now: Now) {
        self.queue.clear();
        let wait = after.unwrap_or(Span::ZERO);
        self.next = Some((self.round + RECONCILE_EVERY).max(now.tick + wait));
    }
}

impl Dispatch {
    /// Reads what is due to be read back.
    pub(super) fn read_due<'a>(
        &mut self,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        secrets: &Secrets,
        now: Now,
    ) {
        let due: Vec<usize> = self.desks_due(now);
        for place in due {
            let Some(desk) = self.reconcile.desks.get(&place) else { continue };
            let fresh = desk.queue.is_empty().then(|| self.to_read(desk, alert_of, now));
            let waiting = self.waits_for(&desk.name);
            let Some(desk) = self.reconcile.desks.get_mut(&place) else { continue };
            if let Some(fresh) = fresh {
                desk.round = now.tick;
                desk.queue = fresh;
            }
            // What waits there explains every difference.
            if desk.queue.is_empty() || waiting > 0 {
                desk.rest(None, now);
                continue;
            }
            if let Err(fault) = self.read_next(place, secrets, now) {
                self.leave(place, None, &format!("{fault}"), now);
            }
        }
    }

    fn desks_due(&mut self, now: Now) -> Vec<usize> {
        let desks = self.reconcile.desks.iter_mut();
        let due = desks.filter_map(|(place, desk)| {
            let next = *desk.next.get_or_insert(now.tick + RECONCILE_EVERY);
            (desk.asked.is_none() && next <= now.tick).then_some(*place)
        });
        due.collect()
    }

    /// The alerts of a round: those that were told there and are not over, or not for long.
    fn to_read<'a>(
        &self,
        desk: &Desk,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) -> VecDeque<AlertKey> {
        let is_compared = |key: &&AlertKey| {
            alert_of(key).is_some_and(|alert| self.ours(alert, &desk.name, now) != Ours::Untold)
        };
        let most = desk.reads.batch.saturating_mul(desk.reads.requests_max);
        let told = self.threads.told(&desk.name, desk.last.as_ref());
        told.filter(is_compared).take(most).cloned().collect()
    }

    /// What we say of an alert at a target.
    fn ours(&self, alert: &Alert, target: &TargetName, now: Now) -> Ours {
        let is_told = |telling: &Telling| telling.told.contains(target);
        let newest = self.tellings_of(&alert.key).filter_map(|telling| telling.last_told);
        let settling = self.reconcile.settling.get(&alert.key).copied();
        let newest = newest.map(|told| told.tick).chain(settling).max();
        if newest.is_some_and(|told| now.tick - told < RECONCILE_SETTLES) {
            return Ours::Untold;
        }
        match alert.phase {
            Phase::Detected if !self.tellings_of(&alert.key).any(is_told) => Ours::Untold,
            Phase::Detected if alert.hand.is_some() => Ours::InHand,
            Phase::Detected => Ours::Open,
            Phase::Resolved => {
                let is_ended = self.tellings_of(&alert.key).all(|telling| telling.ended);
                let since = alert.cleared.map(|cleared| now.tick - cleared.tick);
                let is_new = since.is_some_and(|since| since <= RECONCILE_ENDED_FOR);
                if is_ended && is_new { Ours::Over } else { Ours::Untold }
            }
        }
    }

    /// Takes what a target says of the alerts that it was asked about; what is to be set right.
    pub fn read_back<'a>(
        &mut self,
        place: usize,
        outcome: &Result<Reply, LinkFault>,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) -> Vec<Drift> {
        let desk = self.reconcile.desks.get_mut(&place);
        let Some((desk, target)) = desk.zip(self.config.targets.get(place)) else {
            return Vec::new();
        };
        let Some(keys) = desk.asked.take() else { return Vec::new() };
        if self.logins.hear(place, For::Reading, outcome) == Again::AtOnce {
            keys.into_iter().rev().for_each(|key| desk.queue.push_front(key));
            desk.next = Some(now.tick);
            return Vec::new();
        }
        let seen = match target::seen(&target.kind, &keys, outcome) {
            Reading::Seen(seen) => seen,
            Reading::Failed { after, why } => {
                self.leave(place, after, &why, now);
                return Vec::new();
            }
        };
        if desk.queue.is_empty() {
            desk.rest(None, now);
        }
        let name = target.name.clone();
        if self.waits_for(&name) > 0 {
            return Vec::new();
        }
        let drifts = keys.into_iter().zip(seen).filter_map(|(key, theirs)| {
            let (alert, theirs) = (alert_of(&key)?, theirs?);
            let ours = self.ours(alert, &name, now);
            let done = self.threads.corrected(&key, &name, alert.episode);
            let what = judge(ours, &theirs, done)?;
            let by = if let Theirs::InHand { by } = theirs { by } else { None };
            Some(Drift { alert: key, what, by })
        });
        drifts.collect()
    }

    /// What is to be set right where an alert that is open was ended there, by a person or by
    /// itself: then it may be our own word of a moment ago, which comes back.
    #[must_use]
    pub fn ended_there(
        &self,
        alert: &Alert,
        target: &TargetName,
        by: Option<&str>,
        now: Now,
    ) -> Option<Correction> {
        let is_told = |telling: &Telling| telling.told.contains(target);
        let may_be_ours = by.is_none() && self.ours(alert, target, now) == Ours::Untold;
        let is_told = self.tellings_of(&alert.key).any(is_told);
        if !is_told || may_be_ours || self.waits_for(target) > 0 {
            return None;
        }
        let done = self.threads.corrected(&alert.key, target, alert.episode);
        judge(Ours::Open, &Theirs::Over, done)
    }

    /// Sets something right at a target. Where the outbox is full, the next round does it.
    pub fn correct(&mut self, alert: &mut Alert, target: &TargetName, what: Correction, now: Now) {
        let reason = match what {
            Correction::EndedAgain => Some(Reason::Recovered),
            Correction::OpenedAgain | Correction::ToldAgain => Some(Reason::Reopened),
            Correction::InHand | Correction::Left | Correction::Moved | Correction::Stranded => {
                None
            }
        };
        if reason.is_some() && self.outbox.room() == 0 {
            return;
        }
        self.reconcile.settling.retain(|_, at| now.tick - *at < RECONCILE_SETTLES);
        self.reconcile.settling.insert(alert.key.clone(), now.tick);
        let write = self.threads.correct(&alert.key, target, alert.episode, what);
        self.steps.extend(write.map(Step::Write));
        let is_its = |record: &&Telling| record.told.contains(target);
        let mut records = self.tellings.records(alert);
        let speaker = records.find(is_its).or_else(|| self.tellings.records(alert).next());
        let facts = speaker.map(|speaker| notices::facts(alert, speaker));
        drop(records);
        if let (Some(reason), Some(facts)) = (reason, facts) {
            self.place(&Order { reason, targets: Vec::from([target.clone()]), facts }, now);
        }
        self.say_corrected(&alert.key, target, what);
        let what = Decision::Corrected { target: target.as_str().into(), what };
        alert.trail.note(what, now.utc);
    }

    /// Notes that who has an alert in hand was heard from there, so that no reading says it again.
    pub fn heard_in_hand(&mut self, alert: &Alert, target: &TargetName) {
        let what = Correction::InHand;
        let write = self.threads.correct(&alert.key, target, alert.episode, what);
        self.steps.extend(write.map(Step::Write));
    }

    /// Reads a target as soon as its pace allows.
    pub fn read_soon(&mut self, target: &TargetName, now: Now) {
        let desks = self.reconcile.desks.values_mut();
        for desk in desks.filter(|desk| desk.name == *target && desk.queue.is_empty()) {
            let soon = now.tick + desk.reads.gap;
            desk.next = Some(desk.next.map_or(soon, |next| next.min(soon)));
        }
    }

    /// How often something was set right at each target.
    pub fn corrected(&self) -> impl Iterator<Item = (&TargetName, Correction, u64)> {
        let counts = self.reconcile.corrected.iter();
        counts.map(|((name, what), times)| (name, *what, *times))
    }

    /// How often each target could not be read.
    pub fn unread(&self) -> impl Iterator<Item = (&TargetName, u64)> {
        self.reconcile.desks.values().map(|desk| (&desk.name, desk.failed))
    }

    pub(super) fn say_corrected(
        &mut self,
        alert: &AlertKey,
        target: &TargetName,
        what: Correction,
    ) {
        let count = self.reconcile.corrected.entry((target.clone(), what)).or_default();
        *count = count.saturating_add(1);
        let text = format!("{target}: {alert}: {}", what.says());
        self.steps.push_back(Step::Say(log::Level::Warn, text));
    }

    fn waits_for(&self, target: &TargetName) -> usize {
        let depths = self.outbox_depths().filter(|(name, _)| *name == target);
        depths.map(|(_, waiting)| waiting).sum()
    }
}

/// What is to be set right, if anything.
fn judge(ours: Ours, theirs: &Theirs, done: &[Correction]) -> Option<Correction> {
    let what = match (ours, theirs) {
        (Ours::Open, Theirs::InHand { .. }) => {
            // Who let go of it here was not heard there.
            return (!done.contains(&Correction::InHand)).then_some(Correction::InHand);
        }
        (Ours::Over, Theirs::Open | Theirs::InHand { .. }) => Correction::EndedAgain,
        (Ours::Open | Ours::InHand, Theirs::Over) => Correction::OpenedAgain,
        (Ours::Open | Ours::InHand, Theirs::Unknown) => Correction::ToldAgain,
        (Ours::Open | Ours::InHand, Theirs::Open)
        | (Ours::InHand, Theirs::InHand { .. })
        | (Ours::Over, Theirs::Over | Theirs::Unknown)
        | (Ours::Untold, _) => return None,
    };
    match (done.contains(&what), done.contains(&Correction::Left)) {
        (false, _) => Some(what),
        (true, false) => Some(Correction::Left),
        (true, true) => None,
    }
}
