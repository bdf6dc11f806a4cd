//! One question of a round after the other, and the token that they may take.

use alloc::format;
use alloc::vec::Vec;

use super::Desk;
use crate::dispatch::login::{Entry, For};
use crate::dispatch::{Dispatch, Step};
use crate::limits::RECONCILE_EVERY;
use crate::model::alert::AlertKey;
use crate::model::secret::Secrets;
use crate::model::time::{Now, Span};
use crate::target::{self, NoToken, TargetFault};

impl Desk {
    /// Whether a round is under way and nothing is asked: it waits for its pace, or for a token.
    fn waits(&self) -> bool {
        self.asked.is_none() && !self.queue.is_empty()
    }
}

impl Dispatch {
    /// Asks about the next alerts of a round, or for the token that this takes.
    pub(super) fn read_next(
        &mut self,
        place: usize,
        secrets: &Secrets,
        now: Now,
    ) -> Result<(), TargetFault> {
        let desk = self.reconcile.desks.get_mut(&place);
        let Some((desk, target)) = desk.zip(self.config.targets.get(place)) else { return Ok(()) };
        match self.logins.enter(place, target, For::Reading, secrets, now.tick)? {
            Entry::Open => {
                let batch = desk.reads.batch.min(desk.queue.len());
                let keys: Vec<AlertKey> = desk.queue.drain(..batch).collect();
                desk.last = keys.last().cloned();
                desk.next = Some(now.tick + desk.reads.gap);
                let request = target::read(target, &keys, secrets)?;
                desk.asked = Some(keys);
                self.steps.push_back(Step::Read { place, request });
            }
            Entry::Ask(request) => {
                desk.next = Some(now.tick + RECONCILE_EVERY);
                self.steps.push_back(Step::LogIn { place, request });
            }
            Entry::Waits => desk.next = Some(now.tick + RECONCILE_EVERY),
        }
        Ok(())
    }

    /// A round that has waited for the target's token goes on.
    pub(in crate::dispatch) fn read_on(&mut self, place: usize, now: Now) {
        if let Some(desk) = self.reconcile.desks.get_mut(&place).filter(|desk| desk.waits()) {
            desk.next = Some(now.tick);
        }
    }

    /// It ends, since there is none.
    pub(in crate::dispatch) fn cannot_read_on(&mut self, place: usize, none: &NoToken, now: Now) {
        let (after, why) = match none {
            NoToken::Later { after, why } => (*after, why),
            NoToken::Shut { why } => (None, why),
        };
        if self.reconcile.desks.get(&place).is_some_and(Desk::waits) {
            self.leave(place, after, why, now);
        }
    }

    /// A round ends before its time.
    pub(super) fn leave(&mut self, place: usize, after: Option<Span>, why: &str, now: Now) {
        let Some(desk) = self.reconcile.desks.get_mut(&place) else { return };
        desk.failed = desk.failed.saturating_add(1);
        desk.rest(after, now);
        let text = format!("{} cannot be read back: {why}", desk.name);
        self.steps.push_back(Step::Say(log::Level::Warn, text));
    }
}
