//! One turn of the loop: wait, read the clocks, hear what happened, write, then act.
//!
//! All writes of a turn are one transaction, and what has to be remembered leaves the box only
//! after it. While the ledger refuses, its writes are kept and tried again, notices wait, and all
//! else goes on.
//!
//! # Promises
//! - `nothing_leaves_before_it_is_on_disk`
//! - `a_turn_that_tells_somebody_waits_for_nobody`
//! - `a_stop_waits_for_the_answers_to_what_was_told`: or the next start would tell it again.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::future::Future;
use core::time::Duration;

use smol::channel::Receiver;
use smol::{Timer, future};

use crate::edge::around::Around;
use crate::edge::askers::Askers;
use crate::edge::clock::Clock;
use crate::edge::http::Client;
use crate::edge::secrets::Vaults;
use crate::edge::store::Store;
use crate::edge::systemd;
use crate::edge::tls::Tls;
use crate::edge::voice::Voice;
use crate::effect::Effect;
use crate::event::{Event, Needs, Ticket};
use crate::hub::Hub;
use crate::ledger::{Table, Write};
use crate::limits::{
    LEDGER_RETRY, STOP_DEADLINE, SYNC_SHARED, TURN_EVENTS_MAX, TURN_PATIENCE_MAX,
    TURN_PATIENCE_PART,
};
use crate::model::http::LinkFault;
use crate::model::outgoing::Outgoing;
use crate::model::secret::SecretRef;
use crate::model::time::{Now, Tick, Wake};

/// Everything that the loop needs of the world.
#[derive(Debug)]
pub struct World<V> {
    /// Both clocks.
    pub clock: Clock,
    /// Makes the requests.
    pub client: Client,
    /// Keeps the ledger.
    pub store: Store,
    /// Finds the secrets.
    pub vaults: Vaults,
    /// What the push door shows, where it shows something.
    pub tls: Option<Tls>,
    /// What is looked at on the box, where something is.
    pub around: Option<Around>,
    /// The secrets that the config refers to.
    pub references: Vec<SecretRef>,
    /// What happens.
    pub events: Receiver<Event>,
    /// Who waits for a reply.
    pub askers: Askers,
    /// Who hears what the hub says.
    pub voice: V,
}

/// Which row of which table.
type RowKey = (Table, Box<[u8]>);

/// What a turn leaves to the next one.
#[derive(Debug, Default)]
struct Pending {
    /// The newest write of each row.
    writes: BTreeMap<RowKey, Option<Vec<u8>>>,
    /// What the hub wants done.
    effects: Vec<Effect>,
    /// What waits for the writes.
    held: Vec<Effect>,
    /// How long the last sync took, in the world's time.
    sync: Duration,
    /// When to try again, while the ledger refuses.
    retry: Option<Tick>,
    /// What the edge itself has to tell the hub.
    own: VecDeque<Event>,
    /// Notices that were sent and not answered.
    telling: BTreeSet<Ticket>,
}

/// Which effects of a turn are performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acts {
    All,
    /// The hub is about to end: no more requests. The ledger has the notices for the next start.
    NoRequest,
}

impl<V: Voice> World<V> {
    /// Turns until `stop` completes; what has happened by then is still written.
    pub async fn run(&mut self, hub: &mut Hub, stop: impl Future<Output = ()>) {
        let mut stop = core::pin::pin!(stop);
        let mut pending = Pending::default();
        self.finish(hub, &mut pending, Acts::All).await;
        loop {
            let next = match pending.own.pop_front() {
                Some(event) => Next::Event(event),
                None => {
                    let ended = async {
                        stop.as_mut().await;
                        Next::Stop
                    };
                    future::or(ended, self.wait(hub.next_wake(), pending.retry)).await
                }
            };
            let event = match next {
                Next::Event(event) => event,
                Next::Stop => break,
            };
            let now = self.clock.now();
            self.hear(&event, &mut pending);
            hub.handle(event, now);
            let taken = self.take_waiting(hub, &mut pending, 1, now);
            if hub.next_wake().is_some_and(|wake| wake.at <= now.tick) {
                hub.handle(Event::Woke, now);
            }
            self.share(hub, &mut pending, taken).await;
            self.finish(hub, &mut pending, Acts::All).await;
            self.voice.turned(hub, now);
            systemd::alive();
        }
        self.end(hub, pending).await;
    }

    fn hear(&self, event: &Event, pending: &mut Pending) {
        pending.hear(event);
        let Event::SecretsRead(secrets) = event else { return };
        self.client.reread(secrets);
        self.vaults.reread(secrets);
        self.tls.iter().for_each(|tls| tls.reread(secrets));
    }

    /// Takes what has happened meanwhile, and says how many events the turn has with it.
    fn take_waiting(&self, hub: &mut Hub, pending: &mut Pending, taken: usize, now: Now) -> usize {
        for taken in taken..TURN_EVENTS_MAX {
            let Ok(event) = self.events.try_recv() else { return taken };
            self.hear(&event, pending);
            hub.handle(event, now);
        }
        TURN_EVENTS_MAX
    }

    /// Where a sync takes long, a turn that only answers senders waits a small part of it for those
    /// who have just been answered and send again: else they share the syncs by halves. A turn that
    /// tells somebody waits for nobody.
    async fn share(&self, hub: &mut Hub, pending: &mut Pending, taken: usize) {
        pending.drain(hub);
        // As long as they keep coming, but no longer than half of the sync.
        let mut until = core::pin::pin!(Timer::after(pending.patience() * TURN_PATIENCE_PART / 2));
        let mut taken = taken;
        while taken < TURN_EVENTS_MAX && !pending.patience().is_zero() {
            let patience = pending.patience();
            let late = async {
                future::or(until.as_mut(), Timer::after(patience)).await;
                None
            };
            let heard = async { self.events.recv().await.ok() };
            let Some(event) = future::or(heard, late).await else { break };
            let now = self.clock.now();
            self.hear(&event, pending);
            hub.handle(event, now);
            taken = self.take_waiting(hub, pending, taken + 1, now);
            pending.drain(hub);
        }
    }

    /// Waits a little for the answers to notices that were sent, so that they are not sent again.
    async fn end(&mut self, hub: &mut Hub, mut pending: Pending) {
        pending.retry = None;
        self.finish(hub, &mut pending, Acts::NoRequest).await;
        let deadline = self.clock.now().tick + STOP_DEADLINE;
        while !pending.telling.is_empty() && pending.retry.is_none() {
            let late = async {
                Timer::after(self.clock.until(deadline)).await;
                None
            };
            let heard = async { self.events.recv().await.ok() };
            let Some(event) = future::or(late, heard).await else { break };
            pending.hear(&event);
            hub.handle(event, self.clock.now());
            self.finish(hub, &mut pending, Acts::NoRequest).await;
        }
    }

    async fn wait(&self, wake: Option<Wake>, retry: Option<Tick>) -> Next {
        let due = wake.map(|wake| wake.at).into_iter().chain(retry).min();
        let until_due = due.map(|tick| self.clock.until(tick));
        let woke = async {
            match until_due.into_iter().chain(systemd::alive_every()).min() {
                Some(wait) => Timer::after(wait).await,
                None => future::pending().await,
            };
            Next::Event(Event::Woke)
        };
        let heard = async {
            match self.events.recv().await {
                Ok(event) => Next::Event(event),
                Err(_) => Next::Stop,
            }
        };
        future::or(heard, woke).await
    }

    /// Writes what the hub wants written, then does what it wants done.
    async fn finish(&mut self, hub: &mut Hub, pending: &mut Pending, acts: Acts) {
        pending.drain(hub);
        let now = self.clock.now();
        let may_try = pending.retry.is_none_or(|retry| retry <= now.tick);
        if !pending.writes.is_empty() && may_try {
            let writes = pending.writes.iter().map(|((table, key), value)| Write {
                table: *table,
                key: key.clone(),
                value: value.clone(),
            });
            let writes = writes.collect();
            let outcome = self.store.commit(writes).recv().await;
            pending.sync = self.clock.lasts(self.clock.now().tick - now.tick);
            match outcome.unwrap_or_else(|_| Err("the ledger's thread has ended".into())) {
                Ok(()) => {
                    pending.writes.clear();
                    hub.committed();
                    if pending.retry.take().is_some() {
                        hub.handle(Event::LedgerRecovered, now);
                        pending.own.push_back(Event::Woke);
                    }
                }
                Err(why) => {
                    pending.retry = Some(now.tick + LEDGER_RETRY);
                    hub.handle(Event::LedgerFailed(why.into()), now);
                }
            }
            pending.drain(hub);
        }
        for effect in pending.release() {
            self.perform(effect, pending, acts);
        }
    }

    fn perform(&mut self, effect: Effect, pending: &mut Pending, acts: Acts) {
        match effect {
            Effect::Fetch { .. } | Effect::Submit { .. } if acts == Acts::NoRequest => {}
            Effect::Fetch { ticket, request } => {
                if ticket.needs() == Needs::Ledger {
                    pending.telling.insert(ticket);
                }
                self.client.start(ticket, Outgoing::Http(request));
            }
            Effect::Submit { ticket, outgoing } => {
                pending.telling.insert(ticket);
                self.client.start(ticket, outgoing);
            }
            Effect::Respond { asker, reply, .. } => self.askers.answer(asker, reply),
            Effect::RereadSecrets => {
                let (secrets, missing) = self.vaults.read(&self.references);
                for text in missing {
                    self.voice.say(log::Level::Error, &text);
                }
                pending.own.push_back(Event::SecretsRead(secrets));
            }
            Effect::LookAround => {
                let seen = self.around.as_mut().map(Around::look);
                pending.own.extend(seen.map(Event::SeenAround));
            }
            Effect::Told { reason, text } => self.voice.told(reason, &text),
            Effect::Say { level, text } => self.voice.say(level, &text),
        }
    }
}

enum Next {
    Event(Event),
    Stop,
}

impl Pending {
    /// Takes what the hub wants written, and what it wants done.
    fn drain(&mut self, hub: &mut Hub) {
        while let Some(write) = hub.next_write() {
            self.writes.insert((write.table, write.key), write.value);
        }
        self.effects.extend(core::iter::from_fn(|| hub.next_effect()));
    }

    /// How long the turn may wait for more of its kind.
    fn patience(&self) -> Duration {
        let mut waiting = self.effects.iter().filter(|effect| effect.needs() == Needs::Ledger);
        let answers = waiting.clone().next().is_some();
        let tells = waiting.any(|effect| !matches!(effect, Effect::Respond { .. }));
        if !answers || tells || self.sync < SYNC_SHARED {
            return Duration::ZERO;
        }
        (self.sync / TURN_PATIENCE_PART).min(TURN_PATIENCE_MAX)
    }

    /// What may happen: all of it once everything is on disk, and before that what needs no memory.
    /// The rest waits.
    ///
    /// A request that has waited while the ledger refused is old: what is signed names its moment,
    /// and a receiver takes it for a replay. The hub hears that it failed, and makes it anew.
    fn release(&mut self) -> Vec<Effect> {
        let effects = core::mem::take(&mut self.effects);
        if self.writes.is_empty() {
            let mut released = Vec::new();
            for effect in core::mem::take(&mut self.held) {
                if let Effect::Fetch { ticket, .. } | Effect::Submit { ticket, .. } = effect {
                    let fault = LinkFault::NotMade("held until the ledger was written".into());
                    self.own.push_back(Event::Answered { ticket, outcome: Err(fault) });
                } else {
                    released.push(effect);
                }
            }
            released.extend(effects);
            return released;
        }
        self.held.extend(effects);
        self.held.extract_if(.., |effect| effect.needs() == Needs::Nothing).collect()
    }

    /// Notes that a notice has its answer.
    fn hear(&mut self, event: &Event) {
        if let Event::Answered { ticket, .. } = event {
            self.telling.remove(ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Asker;
    use crate::model::http::{Reply, Request};
    use crate::model::time::Span;

    fn fetch(ticket: Ticket) -> Effect {
        Effect::Fetch { ticket, request: Request::post_json("http://x/", Vec::new(), Span::ZERO) }
    }

    fn tickets(effects: &[Effect]) -> Vec<Ticket> {
        let ticket = |effect: &Effect| {
            if let Effect::Fetch { ticket, .. } = effect { Some(*ticket) } else { None }
        };
        effects.iter().filter_map(ticket).collect()
    }

    fn waiting() -> Pending {
        let mut pending = Pending::default();
        pending.writes.insert((Table::Outbox, Box::default()), None);
        pending
    }

    fn released(pending: &mut Pending, effects: Vec<Effect>) -> Vec<Ticket> {
        pending.effects = effects;
        tickets(&pending.release())
    }

    #[test]
    fn nothing_leaves_before_it_is_on_disk() {
        let mut pending = waiting();
        let asked = vec![fetch(Ticket::Notice(1)), fetch(Ticket::Data(0, 0))];
        assert_eq!(released(&mut pending, asked), [Ticket::Data(0, 0)]);
        let later = vec![fetch(Ticket::Token(0)), fetch(Ticket::Notice(2))];
        assert_eq!(released(&mut pending, later), [Ticket::Token(0)]);
        pending.writes.clear();
        assert_eq!(released(&mut pending, vec![fetch(Ticket::Notice(3))]), [Ticket::Notice(3)]);
    }

    #[test]
    fn what_the_ledger_held_up_is_made_anew() {
        let mut pending = waiting();
        assert_eq!(released(&mut pending, vec![fetch(Ticket::Notice(1))]), []);
        pending.writes.clear();
        assert_eq!(released(&mut pending, Vec::new()), []);
        let Some(Event::Answered { ticket, outcome }) = pending.own.pop_front() else { panic!() };
        assert!(ticket == Ticket::Notice(1) && outcome.is_err());
    }

    #[test]
    fn a_turn_that_tells_somebody_waits_for_nobody() {
        let yes =
            || Effect::Respond { asker: Asker(0), reply: Reply::empty(200), needs: Needs::Ledger };
        let patience = |sync, effects| {
            let sync = Duration::from_millis(sync);
            let pending = Pending { sync, effects, ..waiting() };
            pending.patience()
        };
        assert_eq!(patience(4, vec![yes(), yes()]), Duration::from_micros(500));
        assert_eq!(patience(1, vec![yes()]), Duration::ZERO, "the sync is not worth it");
        assert_eq!(patience(4, vec![yes(), fetch(Ticket::Notice(1))]), Duration::ZERO);
        assert_eq!(patience(4, vec![fetch(Ticket::Data(0, 0))]), Duration::ZERO);
        assert_eq!(patience(4, Vec::new()), Duration::ZERO);
        assert_eq!(patience(1_000, vec![yes()]), TURN_PATIENCE_MAX);
    }
}
