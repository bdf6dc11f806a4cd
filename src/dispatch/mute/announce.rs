//! Announces what mutes alerts, to those who would hear of them; its end with what is still bad.
//!
//! Who reads in the announcement of an end what is still bad has been told of it, so that no burst
//! follows. A target that takes no digest, since each of its events is an incident, is told one by
//! one by the settling that follows. Escalations are due as ever, from the first breach.
//!
//! # Promises
//! - `the_end_of_a_window_lists_what_is_still_bad`
//! - `what_was_told_before_and_is_over_is_not_counted`
//! - `what_does_not_fit_into_an_announcement_follows_as_a_digest`
//! - `who_has_no_place_for_an_announcement_gets_none`
//! - `a_silence_beyond_the_bound_is_refused`

use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

use super::Turn;
use super::words::{self, Left};
use crate::dispatch::{Dispatch, Step, notices, route};
use crate::ledger::Write;
use crate::limits::{ANNOUNCED_LINES_MAX, SILENCES_MAX};
use crate::model::alert::{Alert, Phase};
use crate::model::mute::{AskedSilence, Muter, Muting, OpenWindow, Reminded, Silence};
use crate::model::name::{TargetName, WindowName};
use crate::model::notice::{Hold, Reason, Subject, Word};
use crate::model::time::{Now, Stamp};
use crate::target::{self, Words};

impl Dispatch {
    /// What has happened to windows and silences since the last look; nothing at all where nothing
    /// can have.
    pub fn look_at_mutes(&mut self, now: Now) -> Option<Vec<Turn>> {
        self.mutes.look(&self.config.windows, now)
    }

    /// What mutes alerts now.
    #[must_use]
    pub fn mutings(&self, now: Now) -> Vec<Muting> {
        self.mutes.mutings(&self.config.windows, &self.config.routes, now)
    }

    /// The maintenance window of a name, while it is open.
    #[must_use]
    pub fn open_window(&self, name: &WindowName) -> Option<&OpenWindow> {
        self.mutes.open(name)
    }

    /// Every maintenance window that is open.
    pub fn open_windows(&self) -> impl Iterator<Item = &OpenWindow> {
        self.mutes.all_open()
    }

    /// Every silence that there is.
    pub fn silences(&self) -> impl Iterator<Item = &Silence> {
        self.mutes.silences.values()
    }

    /// Somebody wants to hear nothing of some alerts; nothing where there are too many silences.
    pub fn silence(&mut self, asked: AskedSilence, now: Now) -> Option<Turn> {
        if self.mutes.silences.len() >= SILENCES_MAX {
            return None;
        }
        let AskedSilence { matcher, owner, comment, lasts } = asked;
        // Notices are numbered over restarts, so that no silence ever has the number of another.
        let id = self.next_notice.max(1);
        self.next_notice = id.saturating_add(1);
        let made = now.stamp();
        let until = Stamp { tick: made.tick + lasts, utc: made.utc + lasts };
        let told = route::concerned(&self.config, &matcher);
        let reminded = Reminded::NotYet;
        let silence = Silence { id, matcher, owner, comment, made, until, told, reminded };
        self.mutes.silences.insert(id, silence);
        Some(Turn::Silenced(id))
    }

    /// A silence ends before its time; nothing where there is none.
    pub fn end_silence(&mut self, id: u64) -> Option<Turn> {
        let silence = self.mutes.silences.remove(&id)?;
        let text = format!("silence {id} by {} is ended by an operator", silence.owner);
        self.steps.push_back(Step::Say(log::Level::Info, text));
        Some(Turn::Expired(Box::new(silence)))
    }

    /// Tells what has happened to a window or a silence, and writes it down. `left` are the alerts
    /// that it muted until now, or that it mutes where it goes on.
    pub fn announce(&mut self, turn: &Turn, left: &[&Alert], now: Now) {
        let config = Rc::clone(&self.config);
        let bad = left.iter().filter(|alert| alert.phase == Phase::Detected).count();
        let (word, told) = match turn {
            Turn::Opened(name) => {
                let Some(window) = config.windows.iter().find(|window| window.name == *name) else {
                    return;
                };
                let matcher = window.matcher.as_ref();
                let told = route::concerned_by(&config, window);
                let Some(open) = self.mutes.open_mut(name) else { return };
                open.told = told.clone();
                self.steps.push_back(Step::Write(Write::open_window(open)));
                (words::opened(open, matcher, &window.zone), told)
            }
            Turn::Silenced(id) => {
                let Some(silence) = self.mutes.silences.get(id) else { return };
                self.steps.push_back(Step::Write(Write::silence(silence)));
                (words::silenced(silence, &config.hub.zone), silence.told.clone())
            }
            Turn::Reminder(id) => {
                let Some(silence) = self.mutes.silences.get(id) else { return };
                self.steps.push_back(Step::Write(Write::silence(silence)));
                (words::reminder(silence, bad, &config.hub.zone, now), silence.told.clone())
            }
            Turn::Closed(open) => {
                self.steps.push_back(Step::Write(Write::forget_window(&open.name)));
                return self.tell_end(&Muter::Window(open.name.clone()), &open.told, left, now);
            }
            Turn::Expired(silence) => {
                self.steps.push_back(Step::Write(Write::forget_silence(silence.id)));
                return self.tell_end(&silence.muter(), &silence.told, left, now);
            }
        };
        self.tell_word(&word, &told, now);
    }

    fn tell_end(&mut self, muter: &Muter, told: &[TargetName], left: &[&Alert], now: Now) {
        let is_heard =
            |alert: &&&Alert| matches!(alert.suppression.hold(), None | Some(Hold::Flapping));
        let (bad, over): (Vec<&Alert>, Vec<&Alert>) =
            left.iter().partition(|alert| alert.phase == Phase::Detected);
        let mut bad: Vec<&Alert> = bad.iter().filter(is_heard).copied().collect();
        bad.sort_by_key(|alert| alert.leading().priority);
        let passed = over.iter().filter(|alert| {
            let mut records = self.tellings.records(alert);
            records.all(|record| record.notification_count == 0 && record.digest_since.is_none())
        });
        let mut summary = Left { bad: bad.len(), passed: passed.count(), ..Left::default() };
        let (listed, others) = bad.split_at(bad.len().min(ANNOUNCED_LINES_MAX));
        for alert in &bad {
            // What nobody has heard of is not on disk, and a restart has forgotten its record.
            self.tellings.ensure(alert);
        }
        for alert in listed {
            if let Some(record) = self.tellings.get(&alert.key, alert.leading().priority) {
                summary.lines.push_str(&self.texts.line(&notices::facts(alert, record)));
                summary.lines.push('\n');
            }
        }
        if self.tell_word(&words::over(muter, &summary), told, now) == Announced::NoRoom {
            return;
        }
        for alert in listed {
            self.note_announced(alert, told, now);
        }
        if !others.is_empty() {
            self.tell_storm(others.iter().copied(), now);
        }
    }

    /// Tells several targets one thing about no single alert.
    pub(in crate::dispatch) fn tell_word(
        &mut self,
        word: &Word,
        told: &[TargetName],
        now: Now,
    ) -> Announced {
        let takes = |name: &&TargetName| {
            let target = self.config.targets.iter().find(|one| one.name == **name);
            target.is_some_and(|one| target::words(&one.kind) != Words::Left)
        };
        let told: Vec<TargetName> = told.iter().filter(takes).cloned().collect();
        self.steps.push_back(Step::Say(log::Level::Info, word.headline.as_ref().into()));
        if told.len() > self.outbox.room() {
            let text = format!("the outbox is full, so that nobody is told: {}", word.headline);
            self.steps.push_back(Step::Say(log::Level::Warn, text));
            return Announced::NoRoom;
        }
        for target in &told {
            let key = notices::digest_key(self.next_notice, now, target);
            let subject = Subject::Word(Box::new(word.clone()));
            self.enqueue(target, key, Reason::Announcement, subject, now);
        }
        Announced::Yes
    }
}

/// Whether an announcement was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dispatch) enum Announced {
    Yes,
    NoRoom,
}
