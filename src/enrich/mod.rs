//! WHAT IT MEANS TO THE BUSINESS: impact, unit, owner and runbook of an entity in trouble.
//!
//! The tables of the operator answer at once. What they do not know is asked of the configuration
//! database, if there is one: each entity by one look-up at a time, a few look-ups at once, each
//! answer kept for a minute. A database that fails is left alone for a while.
//!
//! # Promises
//! - `an_entity_is_asked_about_once_a_minute`: however many alerts it has.
//! - `a_few_look_ups_are_under_way_and_the_rest_wait`
//! - `a_database_in_trouble_is_left_alone_for_a_while`
//! - `what_is_not_known_is_asked_again`
//! - `the_oldest_answer_gives_way`
//!
//! # Not here
//! How long a notice waits: the hub holds it. What the address and the answer look like: that is
//! `platform`'s.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;

use crate::limits::{
    ENRICHMENT_ENTITIES_MAX, ENRICHMENT_KEPT, ENRICHMENT_REQUESTS_MAX, ENRICHMENT_REST,
    TROUBLE_SAID_EVERY,
};
use crate::model::business::{Business, Enrichment};
use crate::model::context::ContextTable;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::name::{EntityId, SourceName};
use crate::model::secret::Secrets;
use crate::model::time::{Now, Tick, Wake};
use crate::platform::{Cmdb, Login, NotAsked, Questioned, Told};

/// An entity of a source.
pub type Whom = (SourceName, EntityId);

/// Everything that is known of the business context of entities.
#[derive(Debug)]
pub struct Enrich {
    table: Rc<ContextTable>,
    cmdb: Option<Cmdb>,
    entities: BTreeMap<Whom, Entry>,
    /// When each answer that is kept ends.
    ends: BTreeSet<(Tick, Whom)>,
    /// Who has not been asked about yet.
    queue: VecDeque<Whom>,
    under_way: BTreeMap<u64, Whom>,
    next_number: u64,
    /// Nothing is asked before.
    rests_until: Tick,
    trouble_said: Option<Tick>,
    steps: VecDeque<Step>,
    /// What became of all look-ups, for `/metrics`.
    pub counts: Counts,
}

/// What became of look-ups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Look-ups that were made.
    pub asked: u64,
    /// The entity is known.
    pub known: u64,
    /// It is not.
    pub unknown: u64,
    /// There was no answer that could be used.
    pub failed: u64,
}

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    state: State,
}

#[derive(Debug)]
enum State {
    Asked,
    Kept { learned: Learned, until: Tick },
}

/// What is known of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// What it means.
    Known(Box<Business>),
    /// Nobody who was asked knows it.
    Unknown,
    /// The database could not be asked.
    Failed,
}

/// What a look-up finds at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This.
    Now(Learned),
    /// The database is asked; a [`Step::Learned`] follows.
    Asked,
}

/// What the enrichment asks for.
#[derive(Debug)]
pub enum Step {
    /// A request to the database; its answer comes back with the number.
    Ask {
        /// Which look-up.
        number: u64,
        /// What to send.
        request: Request,
    },
    /// An entity that was asked about is known, or is not.
    Learned {
        /// Which.
        whom: Whom,
        /// What is known of it.
        learned: Learned,
    },
    /// An entity of which no impact is known may be asked about again.
    Again(Whom),
    /// The secret was refused or is missing; it may have been changed.
    RereadSecrets,
    /// A line for the log.
    Say(log::Level, String),
}

impl Enrich {
    /// The places that a config names.
    #[must_use]
    pub fn new(config: &Enrichment, cmdb: Option<Cmdb>) -> Self {
        Self {
            table: Rc::new(ContextTable::new(config.rows.clone())),
            cmdb,
            entities: BTreeMap::new(),
            ends: BTreeSet::new(),
            queue: VecDeque::new(),
            under_way: BTreeMap::new(),
            next_number: 0,
            rests_until: Tick(i64::MIN),
            trouble_said: None,
            steps: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// What the operator wrote, for the scopes of rules.
    #[must_use]
    pub fn table(&self) -> Rc<ContextTable> {
        Rc::clone(&self.table)
    }

    /// What the tables say of an entity.
    #[must_use]
    pub fn in_tables(&self, whom: &Whom, name: &str) -> Option<&Business> {
        self.table.find(whom.0.as_str(), whom.1.as_str(), name)
    }

    /// What is known of an entity; asks the database where that has to be.
    pub fn look_up(&mut self, whom: &Whom, name: &str, now: Now) -> Found {
        if let Some(business) = self.in_tables(whom, name) {
            return Found::Now(Learned::Known(Box::new(business.clone())));
        }
        if self.cmdb.is_none() {
            return Found::Now(Learned::Unknown);
        }
        match self.entities.get(whom).map(|entry| &entry.state) {
            Some(State::Asked) => return Found::Asked,
            Some(State::Kept { learned, until }) if *until > now.tick => {
                return Found::Now(learned.clone());
            }
            Some(State::Kept { .. }) | None => drop(self.forget(whom)),
        }
        if self.entities.len() >= ENRICHMENT_ENTITIES_MAX {
            let Some((_, oldest)) = self.ends.first().cloned() else {
                return Found::Now(Learned::Failed);
            };
            drop(self.forget(&oldest));
        }
        self.entities.insert(whom.clone(), Entry { name: name.into(), state: State::Asked });
        if self.rests_until > now.tick {
            self.keep(whom, Learned::Failed, self.rests_until);
            return Found::Now(Learned::Failed);
        }
        self.queue.push_back(whom.clone());
        Found::Asked
    }

    /// Takes the answer to a look-up, or the lack of one.
    pub fn answered(&mut self, number: u64, outcome: &Result<Reply, LinkFault>, now: Now) {
        let Some(whom) = self.under_way.remove(&number) else { return };
        let Some(cmdb) = &self.cmdb else { return };
        match cmdb.read(outcome) {
            Told::Known(business) => {
                self.is_well();
                self.conclude(&whom, Learned::Known(business), now);
            }
            Told::NoSuchEntity => {
                self.is_well();
                self.conclude(&whom, Learned::Unknown, now);
            }
            Told::Refused(why) => {
                let (source, entity) = &whom;
                self.complain(&format!("it refuses to tell of {entity} at {source}: {why}"), now);
                self.conclude(&whom, Learned::Unknown, now);
            }
            Told::Trouble { why, login } => {
                if login == Login::Refused {
                    self.steps.push_back(Step::RereadSecrets);
                }
                self.rest(&why, now);
                self.conclude(&whom, Learned::Failed, now);
            }
        }
    }

    /// The next thing that the enrichment asks for; drain it after each call of another method.
    pub fn next_step(&mut self, secrets: &Secrets, now: Now) -> Option<Step> {
        if self.steps.is_empty() {
            self.end(now);
            self.start(secrets, now);
        }
        self.steps.pop_front()
    }

    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        self.ends.first().map(|(at, _)| Wake { at: *at, why: "context is looked up again" })
    }

    /// Forgets what has been kept for long enough.
    fn end(&mut self, now: Now) {
        while let Some((_, whom)) = self.ends.first().filter(|(at, _)| *at <= now.tick).cloned() {
            let entry = self.forget(&whom);
            if !matches!(entry, Some(Learned::Known(business)) if business.is_mapped()) {
                self.steps.push_back(Step::Again(whom));
            }
        }
    }

    fn start(&mut self, secrets: &Secrets, now: Now) {
        while self.under_way.len() < ENRICHMENT_REQUESTS_MAX
            && let Some(whom) = self.queue.pop_front()
        {
            let Some(cmdb) = &self.cmdb else { return };
            let name = self.entities.get(&whom).map_or("", |entry| &*entry.name);
            let (source, entity) = (whom.0.as_str(), whom.1.as_str());
            match cmdb.request(Questioned { entity, name, source }, secrets) {
                Ok(request) => {
                    let number = self.next_number;
                    self.next_number = number.saturating_add(1);
                    self.counts.asked = self.counts.asked.saturating_add(1);
                    self.under_way.insert(number, whom);
                    self.steps.push_back(Step::Ask { number, request });
                }
                Err(NotAsked::UnfitName) => {
                    let why = format!("the name of {entity} at {source} would ask for others");
                    self.complain(&why, now);
                    self.conclude(&whom, Learned::Unknown, now);
                }
                Err(NotAsked::NoSecret(reference)) => {
                    self.steps.push_back(Step::RereadSecrets);
                    self.rest(&format!("{reference} could not be read"), now);
                    self.conclude(&whom, Learned::Failed, now);
                }
            }
        }
    }

    /// Leaves the database alone for a while; whoever waits for it need not.
    fn rest(&mut self, why: &str, now: Now) {
        self.complain(&format!("{why}; entities are told as unmapped meanwhile"), now);
        self.rests_until = now.tick + ENRICHMENT_REST;
        for whom in core::mem::take(&mut self.queue) {
            self.conclude(&whom, Learned::Failed, now);
        }
    }

    fn is_well(&mut self) {
        if self.trouble_said.take().is_some() {
            let text = "the configuration database answers again".into();
            self.steps.push_back(Step::Say(log::Level::Info, text));
        }
    }

    fn complain(&mut self, why: &str, now: Now) {
        if self.trouble_said.is_none_or(|said| now.tick - said >= TROUBLE_SAID_EVERY) {
            self.trouble_said = Some(now.tick);
            let text = format!("the configuration database: {why}");
            self.steps.push_back(Step::Say(log::Level::Warn, text));
        }
    }

    fn conclude(&mut self, whom: &Whom, learned: Learned, now: Now) {
        let (count, until) = match &learned {
            Learned::Known(_) => (&mut self.counts.known, now.tick + ENRICHMENT_KEPT),
            Learned::Unknown => (&mut self.counts.unknown, now.tick + ENRICHMENT_KEPT),
            Learned::Failed => (&mut self.counts.failed, now.tick + ENRICHMENT_REST),
        };
        *count = count.saturating_add(1);
        self.keep(whom, learned.clone(), until);
        self.steps.push_back(Step::Learned { whom: whom.clone(), learned });
    }

    fn keep(&mut self, whom: &Whom, learned: Learned, until: Tick) {
        if let Some(entry) = self.entities.get_mut(whom) {
            entry.state = State::Kept { learned, until };
            self.ends.insert((until, whom.clone()));
        }
    }

    /// What was kept of it.
    fn forget(&mut self, whom: &Whom) -> Option<Learned> {
        let State::Kept { learned, until } = self.entities.remove(whom)?.state else { return None };
        self.ends.remove(&(until, whom.clone()));
        Some(learned)
    }
}

#[cfg(test)]
mod tests;
