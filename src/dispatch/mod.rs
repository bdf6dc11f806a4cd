//! FROM TROUBLE TO PEOPLE: route, cooldown, escalation, digest, outbox.
//!
//! An alert that an answer was about is settled: what has been told of it is brought in line with
//! what is true of it. What is to be told lies in the outbox, durably, until a target has taken it.
//!
//! # Promises
//! - `a_notice_is_written_before_it_is_sent`
//! - `an_answer_ends_a_notice_and_stands_on_the_trail`
//! - `a_restart_sends_again_what_was_not_answered_under_the_same_key`
//! - `a_target_that_left_the_config_leaves_dead_letters`
//!
//! # Not here
//! Whether a number is trouble: that is `evaluate`'s. The bytes of a request: those are `target`'s.

mod breaker;
mod collapse;
mod conclude;
mod decide;
mod digest;
mod ending;
mod fallback;
#[cfg(test)]
mod fixtures;
mod group;
mod hand;
mod holding;
mod kin;
mod ladder;
mod lane;
mod later;
mod letters;
mod login;
mod moving;
mod mute;
mod notices;
mod outbox;
mod reconcile;
mod reroute;
mod revision;
mod route;
mod settle;
mod settlement;
mod standing;
mod step;
mod storm;
mod telling;
mod threads;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::ledger::{Remembered, Write};
use crate::limits::TARGET_BACKOFF_MAX;
use crate::model::alert::{Alert, AlertKey};
use crate::model::config::Config;
use crate::model::http::{LinkFault, Reply};
use crate::model::name::TargetName;
use crate::model::notice::{Notice, Reason, Subject};
use crate::model::passage::Passage;
use crate::model::rule::Priority;
use crate::model::secret::Secrets;
use crate::model::target::TargetConfig;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::target::{self, Delivery, Letter, Texts};

use group::Groups;
use ladder::Unheard;
use later::Later;
use letters::Kept;
use login::{Again, Entry, For, Logins};
use moving::Moving;
use mute::Mutes;
use outbox::{Outbox, Outcome};
use reconcile::Reconcile;
use settle::Tellings;
use settlement::Settlement;
use threads::Threads;

pub use breaker::Taking;
pub use letters::Obeyed;
pub use mute::Turn;
pub use outbox::Flow;
pub use reconcile::Drift;
pub use settlement::Settled;
pub use standing::{Counts, Heard};
pub use step::Step;

/// What has been told, what is to be told, and to whom.
#[derive(Debug)]
pub struct Dispatch {
    config: Rc<Config>,
    texts: Texts,
    tellings: Tellings,
    outbox: Outbox,
    later: Later,
    threads: Threads,
    mutes: Mutes,
    letters: Kept,
    /// What became a dead letter in this turn, and may be told to another.
    untaken: Vec<Notice>,
    unheard: Unheard,
    /// When the next notice has waited for long enough to be told to another.
    next_fallback: Option<Tick>,
    groups: Groups,
    moving: Moving,
    reconcile: Reconcile,
    logins: Logins,
    next_notice: u64,
    steps: VecDeque<Step>,
    /// How far the clock on the wall was ahead of the ticks at the last wake.
    ahead: Span,
    /// What it has done so far, for `/metrics`.
    pub counts: Counts,
}

impl Dispatch {
    /// A dispatch that goes on where the remembered one was.
    #[must_use]
    pub fn new(
        config: Rc<Config>,
        texts: Texts,
        remembered: &mut Remembered,
        seed: u64,
        now: Now,
    ) -> Self {
        let tellings = core::mem::take(&mut remembered.tellings);
        let later = Later::restore(&remembered.alerts, &tellings);
        let windows = core::mem::take(&mut remembered.windows);
        let silences = core::mem::take(&mut remembered.silences);
        let mut dispatch = Self {
            later,
            mutes: Mutes::restore(&config.windows, windows, silences),
            moving: Moving::default(),
            reconcile: Reconcile::new(&config),
            logins: Logins::default(),
            outbox: Outbox::new(config.targets.iter(), remembered.next_notice, seed),
            groups: Groups::new(&config),
            config,
            texts,
            tellings: Tellings::restore(tellings),
            threads: Threads::restore(core::mem::take(&mut remembered.threads)),
            letters: Kept::restore(&core::mem::take(&mut remembered.dead_letters)),
            untaken: Vec::new(),
            unheard: Unheard::default(),
            next_fallback: None,
            next_notice: remembered.next_notice,
            steps: VecDeque::new(),
            ahead: Span::ZERO,
            counts: Counts::default(),
        };
        for notice in core::mem::take(&mut remembered.notices) {
            dispatch.unheard.note_since(&notice, now.tick);
            if let Err(notice) = dispatch.outbox.push(notice) {
                dispatch.bury(notice, "the config has no such target any more", now);
            }
        }
        dispatch.know_who_heard();
        dispatch.take_up_revision(remembered.revision.take(), now);
        dispatch
    }

    /// Brings what has been told of an alert in line with what is true of it.
    pub fn settle(&mut self, alert: &mut Alert, now: Now) -> Settled {
        let settlement = self.tellings.settle(alert, &self.config, self.outbox.room(), now);
        self.drop_hand(alert, &settlement, now);
        self.carry_out(alert, settlement, now)
    }

    /// The same where only what stands behind the alert is new.
    pub fn update(&mut self, alert: &mut Alert, now: Now) -> Settled {
        let mut settlement = Settlement::default();
        self.tellings.update(alert, &self.config, self.outbox.room(), now, &mut settlement);
        settlement.note(alert, now);
        self.carry_out(alert, settlement, now)
    }

    fn carry_out(&mut self, alert: &Alert, settlement: Settlement, now: Now) -> Settled {
        for (_, hold) in &settlement.held {
            *self.counts.held.entry(*hold).or_default() += 1;
            self.steps.extend(ending::logged(alert, *hold));
        }
        self.later.note(alert, &settlement);
        for order in settlement.orders {
            self.place(&order, now);
        }
        for &priority in &settlement.changed {
            self.write_telling(&alert.key, priority);
        }
        if settlement.changed.is_empty() { Settled::Quiet } else { Settled::Told }
    }

    /// Sends what is due. Spurious calls are no-ops.
    pub fn wake<'a>(
        &mut self,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        secrets: &Secrets,
        now: Now,
    ) {
        self.ahead = digest::ahead(now);
        self.flush_digest(alert_of, now);
        self.flush_groups(alert_of, now);
        self.fall_back(alert_of, now);
        self.hurry(alert_of, now);
        self.read_due(alert_of, secrets, now);
        let (mut unfit, mut moved) = (Vec::new(), Vec::new());
        let Self { config, texts, steps, outbox, threads, moving, logins, .. } = self;
        outbox.send_due(now, |notice, stage| {
            let Some((place, target)) = placed(config, &notice.target) else { return };
            match logins.enter(place, target, For::Notice(notice.number), secrets, now.tick) {
                Ok(Entry::Open) => {}
                Ok(Entry::Ask(request)) => {
                    return steps.push_back(Step::LogIn { place, request });
                }
                Ok(Entry::Waits) => return,
                Err(fault) => return unfit.push((notice.number, fault)),
            }
            let thread = threads.of(notice);
            let texts = texts.of(&target.name);
            let notice = &*notices::as_sent(notice, now);
            let letter = Letter { notice, texts, secrets, now, thread, stage };
            moved.extend(moving.look(target, &letter));
            match target::request(target, &letter) {
                Ok(outgoing) => steps.push_back(Step::Ask { notice: notice.number, outgoing }),
                Err(fault) => unfit.push((notice.number, fault)),
            }
        });
        self.say_moved(moved);
        for (number, fault) in unfit {
            self.unfit(number, &fault, now);
        }
        if !self.untaken.is_empty() {
            self.fall_back(alert_of, now);
        }
    }

    /// Takes a target's answer to a notice, or the lack of one.
    pub fn answered(&mut self, number: u64, reply: &Result<Reply, LinkFault>, now: Now) {
        let Some((notice, stage)) = self.outbox.under_way(number) else { return };
        let Some((place, target)) = placed(&self.config, &notice.target) else { return };
        let name = target.name.clone();
        let thread = self.threads.of(notice);
        let delivery = target::classify(&target.kind, thread, notice, stage, reply);
        match self.logins.hear(place, For::Notice(number), reply) {
            Again::AtOnce => self.goes_on(&name, number, now),
            Again::No => self.take(&name, number, delivery, now),
        }
    }

    /// Takes what became of the request about a notice that is under way.
    fn take(&mut self, name: &TargetName, number: u64, delivery: Delivery, now: Now) {
        if let Delivery::Refused { why } | Delivery::Disabled { why } = &delivery
            && let Some(goes_on) = self.refused(number, why)
        {
            return self.conclude(name, number, &goes_on, why, now);
        }
        let (outcome, why) = match delivery {
            Delivery::Accepted { thread } => (self.taken(number, thread), "".into()),
            Delivery::Next(stage) => (Outcome::Next(stage), "".into()),
            Delivery::Later { after, why } => {
                (Outcome::Later { at_least: after.unwrap_or(Span::ZERO) }, why)
            }
            Delivery::Refused { why } => (Outcome::Never, why),
            Delivery::Disabled { why } => {
                // The key or the address may be mended before the deadline; nothing is thrown away.
                self.steps.push_back(Step::RereadSecrets);
                self.outbox.hasten(name, number, now.tick);
                (Outcome::Later { at_least: TARGET_BACKOFF_MAX }, why)
            }
        };
        if let Outcome::Later { .. } = outcome
            && let Some((_, stage)) = self.outbox.under_way(number)
            && let Some(target) = target_of(&self.config, name)
        {
            let stage = target::resumes(&target.kind, stage);
            self.outbox.resumes(number, stage);
        }
        self.conclude(name, number, &outcome, &why, now);
    }

    /// The next thing that the dispatch asks for; drain it after each call of another method.
    #[must_use]
    pub fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        let digest = digest::due(&self.tellings, &self.config.digest.rhythm, self.ahead);
        let digest = digest.map(|at| Wake { at, why: "digest" });
        let digest = Wake::earlier(digest, self.mutes.next_wake());
        let fallback = self.next_fallback.map(|at| Wake { at, why: "fallback" });
        let ladder = Wake::earlier(self.unheard.next_wake(), self.groups.next_wake());
        let later = Wake::earlier(self.later.next_wake(), self.reconcile.next_wake());
        let others = [digest, fallback, later, ladder];
        others.into_iter().fold(self.outbox.next_wake(), Wake::earlier)
    }

    /// Forgets what has been told of an alert that is forgotten.
    pub fn forget(&mut self, alert: &AlertKey) {
        self.outbox.lanes.values_mut().for_each(|lane| lane.forgets(alert));
        self.steps.extend(self.threads.forget(alert).map(Step::Write));
        for priority in Priority::ALL {
            if self.tellings.remove(alert, priority).is_some() {
                self.steps.push_back(Step::Write(Write::forget_telling(alert, priority)));
            }
        }
    }

    fn enqueue(
        &mut self,
        target: &TargetName,
        idempotency_key: Box<str>,
        reason: Reason,
        subject: Subject,
        now: Now,
    ) {
        let notice = self.draft(target, idempotency_key, reason, subject, now);
        self.add(notice, now);
    }

    fn draft(
        &mut self,
        target: &TargetName,
        idempotency_key: Box<str>,
        reason: Reason,
        subject: Subject,
        now: Now,
    ) -> Notice {
        let number = self.next_notice;
        self.next_notice = self.next_notice.saturating_add(1);
        let (target, made) = (target.clone(), now.stamp());
        let passage = Passage::new(now.tick);
        Notice { number, target, idempotency_key, reason, subject, made, passage }
    }

    /// Puts a notice into the outbox; under which number it lies there, if it does.
    fn add(&mut self, notice: Notice, now: Now) -> Option<u64> {
        *self.counts.made.entry(notice.reason).or_default() += 1;
        let notice = self.collapse(notice)?;
        let number = notice.number;
        self.unheard.note(&notice);
        self.put(notice, now);
        Some(number)
    }

    fn put(&mut self, notice: Notice, now: Now) {
        self.steps.push_back(Step::Write(Write::notice(&notice)));
        if let Err(notice) = self.outbox.push(notice) {
            self.bury(notice, "the config has no such target", now);
        }
    }

    fn write_telling(&mut self, alert: &AlertKey, priority: Priority) {
        if let Some(telling) = self.tellings.get(alert, priority) {
            self.steps.push_back(Step::Write(Write::telling(telling)));
        }
    }
}

fn target_of<'a>(config: &'a Config, name: &TargetName) -> Option<&'a TargetConfig> {
    placed(config, name).map(|(_, target)| target)
}

/// A target with its place in the config.
fn placed<'a>(config: &'a Config, name: &TargetName) -> Option<(usize, &'a TargetConfig)> {
    config.targets.iter().enumerate().find(|(_, target)| target.name == *name)
}

#[cfg(test)]
mod tests;
