//! THE HEART: one event in, then writes and effects out, and the next wake-up.
//!
//! One or several [`Hub::handle`], then drain [`Hub::next_write`] and after it [`Hub::next_effect`]
//! into the turn's lists. Draining is not performing: the edge performs after the commit.
//!
//! # Not here
//! No clock, no socket, no file, no thread, no randomness. And no decision: those are the rooms'.
//! The hub only carries what one room says to the next.

mod baseline;
mod beats;
mod blind;
mod callbacks;
mod carry;
mod clock;
mod dead_man;
mod enrichment;
mod fallback;
#[cfg(test)]
mod fixtures;
mod health;
mod history;
mod letters;
mod link;
mod load;
mod mute;
mod orders;
mod outbox;
mod own;
mod polled;
mod pushed;
mod questions;
mod renewal;
mod secrets;
#[cfg(test)]
mod senders;
mod settle;
mod steps;
mod storm;
mod unread;
mod vitals;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use crate::calibrate::Calibrate;
use crate::dispatch::Dispatch;
use crate::effect::Effect;
use crate::enrich::Enrich;
use crate::evaluate::{Change, Evaluate};
use crate::event::{Event, Needs};
use crate::ingest::Ingest;
use crate::ledger::{Remembered, Write};
use crate::limits::{CHECKPOINT_EVERY, SECRETS_REREAD_EVERY};
use crate::model::alert::AlertKey;
use crate::model::config::Config;
use crate::model::rng::Rng;
use crate::model::secret::Secrets;
use crate::model::time::{Now, Tick, UtcMs, Wake};
use crate::platform::Definition;
use crate::poll::{self, Poll};

use beats::Beats;
use blind::Blind;
use dead_man::CheckIns;
use enrichment::Audit;
use fallback::Fallback;
use health::Health;
use link::Link;
use pushed::Pushes;
use renewal::Renewal;
use unread::Kept;

pub use history::month;
pub use load::{Library, Loaded, Own, Standing, load};
pub use vitals::Tally;

/// What a hub is made of.
#[derive(Debug)]
pub struct Setup {
    /// The checked config with what it refers to.
    pub loaded: Loaded,
    /// The secrets that the config refers to, as far as they could be read.
    pub secrets: Secrets,
    /// What the ledger holds.
    pub remembered: Remembered,
    /// The kernel's identifier of this boot.
    pub boot: Box<str>,
    /// Where the dice begin.
    pub seed: u64,
}

/// The whole hub, deaf and blind.
#[derive(Debug)]
pub struct Hub {
    config: Rc<Config>,
    secrets: Secrets,
    boot: Box<str>,
    polls: Vec<Poll>,
    blinds: Vec<Blind>,
    renewals: Vec<Renewal>,
    /// By source, where it can be told: whether its webhooks are silent.
    fallbacks: BTreeMap<usize, Fallback>,
    /// By source: what it speaks, for what it pushes.
    definitions: Vec<Rc<Definition>>,
    ingest: Ingest,
    pushes: Pushes,
    unread: Kept,
    link: Link,
    enrich: Enrich,
    audit: Audit,
    health: Health,
    check_ins: CheckIns,
    beats: Beats,
    calibrate: Calibrate,
    evaluate: Evaluate,
    dispatch: Dispatch,
    /// Where the polling of each source has come to since the last write. A restart loses at most
    /// this, and the rates begin anew then, so that no bucket is counted twice.
    places: BTreeMap<usize, UtcMs>,
    /// Alerts whose newest times are not on disk.
    unwritten: BTreeSet<AlertKey>,
    checkpoint: Tick,
    /// When the secrets are read again without anybody's asking.
    reread: Tick,
    started: Now,
    ledger: LedgerHealth,
    commits: u64,
    writes: VecDeque<Write>,
    carried: Carried,
    drained: Drained,
    /// When the last event was taken.
    heard: Now,
    effects: VecDeque<Effect>,
}

/// Whether what the rooms ask for has been carried to where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carried {
    On,
    /// It is when the turn's writes are asked for.
    NotYet,
}

/// How much of a turn's writes has been given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drained {
    Nothing,
    /// There were some: what goes with any write follows them.
    Some,
    /// That, too.
    All,
}

/// Whether the ledger takes what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LedgerHealth {
    /// It does.
    Well,
    /// It does not; what it said.
    Failing(Box<str>),
}

impl Hub {
    /// A hub that goes on where the remembered one was.
    #[must_use]
    pub fn new(setup: Setup, now: Now) -> Self {
        let Setup { loaded, secrets, mut remembered, boot, seed } = setup;
        let Loaded { mut config, definitions, texts, cmdb } = loaded;
        // Only the evaluation looks at rules, and there may be 12,000.
        let rules = core::mem::take(&mut config.rules);
        let config = Rc::new(config);
        let mut dice = Rng::new(seed);
        let speaks = definitions.clone();
        let polls = config.sources.iter().zip(definitions).map(|(source, definition)| {
            let place = remembered.bucket_ends.get(source.name.as_str()).copied();
            let place = place.map(|bucket_end| poll::Remembered { bucket_end });
            Poll::new(source.clone(), definition, place, dice.next(), now)
        });
        let polls: Vec<Poll> = polls.collect();
        let sources = &config.sources;
        let watched = sources.iter().zip(polls.iter().map(|poll| poll.health().interval));
        let blind = |(source, interval)| Blind::new(source, interval, &config, now);
        let blinds = watched.filter_map(blind).collect();
        let renewals = sources.iter().filter_map(Renewal::new).collect();
        let fallbacks = fallback::of(sources, &speaks, &remembered, now);
        let mut evaluate = own::evaluation(rules, &config, &speaks, &mut remembered);
        let mut writes = settle::moved(&remembered);
        let (beats, left) = Beats::restore(&config.heartbeats, &remembered.beats, now);
        writes.extend(left);
        let health = Health::new(&config.targets, &remembered.dead_letters, now);
        let dispatch = Dispatch::new(Rc::clone(&config), texts, &mut remembered, dice.next(), now);
        let calibrate = history::restore(&config, &speaks, &mut remembered);
        let enrich = Enrich::new(&config.enrichment, cmdb);
        storm::expect(&mut evaluate, &config, &mut remembered);
        let ingest = Ingest::restore(&mut remembered, &config.sources);
        remembered.alerts.into_iter().for_each(|alert| evaluate.alerts.restore(alert, now.stamp()));
        let audit = Audit::restore(evaluate.alerts.iter());
        let mut hub = Self {
            link: Link::new(&config, now),
            config,
            secrets,
            boot,
            polls,
            blinds,
            renewals,
            fallbacks,
            definitions: speaks,
            ingest,
            pushes: Pushes::default(),
            unread: Kept::restore(remembered.unread),
            enrich,
            audit,
            health,
            check_ins: CheckIns::new(now),
            beats,
            calibrate,
            evaluate,
            dispatch,
            places: BTreeMap::new(),
            unwritten: BTreeSet::new(),
            checkpoint: now.tick + CHECKPOINT_EVERY,
            reread: now.tick + SECRETS_REREAD_EVERY,
            started: now,
            ledger: LedgerHealth::Well,
            commits: 0,
            writes,
            carried: Carried::On,
            drained: Drained::Nothing,
            heard: now,
            effects: VecDeque::new(),
        };
        for complaint in remembered.complaints {
            hub.say(log::Level::Error, complaint);
        }
        hub.take_up(now);
        hub.handle(Event::Woke, now);
        hub
    }

    /// What was known before the start, by the file of this one, and what is around.
    fn take_up(&mut self, now: Now) {
        self.effects.push_back(Effect::LookAround);
        self.take_up_mutes(now);
        let sources: Vec<_> =
            self.config.sources.iter().cloned().chain(own::hub_source()).collect();
        self.evaluate.know(self.enrich.table());
        for key in self.evaluate.end_orphans(&sources, now.stamp()) {
            self.settle(&key, Change::Turned, now);
        }
        let config = Rc::clone(&self.config);
        self.evaluate.depend(&config.dependencies, now);
        self.enrich_restored(now);
        self.read_again(now);
    }

    /// Takes an event. Never fails: trouble becomes an effect.
    pub fn handle(&mut self, event: Event, now: Now) {
        let now = self.trusting(now);
        match event {
            Event::Woke => self.wake(now),
            Event::Answered { ticket, outcome } => self.answered(ticket, outcome, now),
            Event::Asked { asker, method, path, body, authority } => {
                let reply = self.asked(&method, &path, &body, authority, now);
                let needs = Needs::of(authority);
                self.effects.push_back(Effect::Respond { asker, reply, needs });
            }
            Event::Pushed { asker, path, delivery } => {
                self.pushed(asker, &path, &delivery, now);
                // A thousand may come in one turn, and what they lead to is carried on once.
                self.carried = Carried::NotYet;
                self.heard = now;
                return;
            }
            Event::Door(door) => self.pushes.door = Some(door),
            Event::SeenAround(around) => self.look_around(&around, now),
            Event::SecretsRead(secrets) => self.take_secrets(secrets),
            Event::LedgerFailed(why) => {
                if self.ledger == LedgerHealth::Well {
                    let text = format!(
                        "the ledger cannot be written: {why}. Notices are held until it can; \
                         polling goes on. Free space in {} or make it writable",
                        self.config.hub.state_directory
                    );
                    self.say(log::Level::Error, text);
                }
                self.ledger = LedgerHealth::Failing(why);
            }
            Event::LedgerRecovered => {
                self.ledger = LedgerHealth::Well;
                self.say(log::Level::Info, "the ledger can be written again".into());
                // What it took last had the clock of the turn that it refused first.
                self.write_clock(now);
            }
        }
        self.heard = now;
        self.carry_on();
    }

    fn carry_on(&mut self) {
        self.carried = Carried::On;
        self.settle_deferred(self.heard);
        self.pump(self.heard);
    }

    /// The next change for the ledger.
    #[must_use]
    pub fn next_write(&mut self) -> Option<Write> {
        if self.carried == Carried::NotYet {
            self.carry_on();
        }
        let write = self.writes.pop_front().or_else(|| self.ingest.next_write());
        let (drained, write) = match (self.drained, write) {
            (Drained::Nothing | Drained::Some, Some(write)) => (Drained::Some, Some(write)),
            (Drained::Some, None) => {
                self.complete_writes();
                (Drained::All, self.writes.pop_front())
            }
            (Drained::All, Some(write)) => (Drained::All, Some(write)),
            (Drained::Nothing | Drained::All, None) => (Drained::Nothing, None),
        };
        self.drained = drained;
        write
    }

    /// The next thing to do once the writes are on disk.
    #[must_use]
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// A turn's writes are on disk, by one sync.
    pub const fn committed(&mut self) {
        self.commits = self.commits.saturating_add(1);
    }

    /// When it wants to be woken, and what for.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        let polls = self.polls.iter().filter_map(Poll::next_wake);
        let blinds = self.blinds.iter().map(Blind::next_wake);
        let forget = self.evaluate.alerts.next_forgetting();
        let forget = forget.map(|at| Wake { at, why: "forget a resolved alert" });
        let checkpoint = (!self.unwritten.is_empty())
            .then_some(Wake { at: self.checkpoint, why: "write the newest times" });
        let reread = Some(Wake { at: self.reread, why: "read the secrets again" });
        let (unread, enrich) = (self.unread.next_wake(), self.enrich.next_wake());
        let judgement = self.evaluate.next_wake();
        let (dispatch, health) = (self.dispatch.next_wake(), self.health.next_wake());
        let others = [
            forget,
            checkpoint,
            reread,
            unread,
            dispatch,
            enrich,
            judgement,
            health,
            self.next_check_in(),
            self.beats.next_wake(),
            self.link.next_wake(),
            self.calibrate.next_wake(),
        ];
        let others = others.into_iter().flatten();
        polls.chain(blinds).chain(others).min_by_key(|wake| wake.at)
    }

    fn wake(&mut self, now: Now) {
        self.reread_secrets(now);
        for poll in &mut self.polls {
            poll.wake(&self.secrets, now);
        }
        self.check_in(now);
        self.look_for_beats(now);
        self.look_at_link(now);
        self.look_at_mutes(now);
        self.look_for_blind(now);
        let told = self.as_told(now);
        self.tell_what_was_held(told);
        let touched = self.evaluate.wake(told);
        self.settle_touched(None, touched, told);
        self.forget(now);
        if now.tick >= self.checkpoint {
            self.checkpoint = now.tick + CHECKPOINT_EVERY;
            for key in core::mem::take(&mut self.unwritten) {
                self.write_alert(&key);
            }
        }
    }

    fn say(&mut self, level: log::Level, text: String) {
        self.effects.push_back(Effect::Say { level, text });
    }
}
