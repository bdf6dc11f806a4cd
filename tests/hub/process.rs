//! The hub as a process, with the loop of `src/edge/turn.rs` around it, event by event.

use alloc::collections::{BTreeMap, VecDeque};
use core::cell::RefCell;

use andon::effect::Effect;
use andon::event::{Event, Needs};
use andon::hub::{Hub, Library, Loaded, Setup};
use andon::ledger::{Table, Write, restore};
use andon::limits::LEDGER_RETRY;
use andon::model::http::{LinkFault, Request};
use andon::model::outgoing::Outgoing;
use andon::model::time::{Span, Tick, Wake};

use crate::disk::Disk;
use crate::site::Site;
use crate::swarm::planted::Planted;

/// Where a row lies.
type Place = (Table, Box<[u8]>);

/// A hub that runs.
pub(crate) struct Process {
    hub: Hub,
    /// The newest write of each row that is not on disk yet.
    unsaved: BTreeMap<Place, Option<Vec<u8>>>,
    /// What waits for them.
    held: Vec<Effect>,
    /// When to try again, while the ledger refuses.
    retry: Option<Tick>,
    /// When the hub wants to be woken, as it said at the end of its last turn.
    wake: Option<Wake>,
    own: VecDeque<Event>,
    /// The site as a power cut would leave it, before and after each commit, for who collects it.
    pub(crate) cuts: Option<Vec<Site>>,
}

impl Process {
    /// Starts a hub on what the disk holds, if it can be opened.
    pub(crate) fn start(site: &mut Site) -> Option<Self> {
        let loaded = load(&site.config);
        let utc = site.utc();
        for source in &loaded.config.sources {
            // A source without an address only pushes.
            let base_url = source.parameters.get("base_url");
            let Some(andon::model::config::Parameter::Text(base_url)) = base_url else { continue };
            if &*source.definition == "genesys-cloud-guide" {
                site.network.add_guide(base_url, utc);
                continue;
            }
            let queues = source.entities.iter().map(|entity| entity.as_str());
            site.network.add_platform(base_url, queues, utc);
        }
        let rows = match site.at_the_disk(Disk::open) {
            Ok(rows) => rows,
            Err(why) => {
                site.note(|| format!("the ledger cannot be opened: {why}"));
                return None;
            }
        };
        site.oracle.learn(&loaded.config);
        if let Some(sights) = &mut site.sights {
            sights.starts(site.elapsed, site.board.trust);
        }
        let loaded = match site.planted {
            Some(planted) => load(&planted.config(&site.config)),
            None => loaded,
        };
        let now = site.now();
        let mut remembered = restore(rows, &site.boot(), now).unwrap();
        assert_eq!(remembered.complaints, [""; 0]);
        if site.planted == Some(Planted::OutboxForgotten) {
            remembered.notices.clear();
        }
        let (secrets, boot) = (site.secrets.clone(), site.boot().into());
        let setup = Setup { loaded, secrets, remembered, boot, seed: site.dice.next() };
        let mut process = Self {
            hub: Hub::new(setup, now),
            unsaved: BTreeMap::new(),
            held: Vec::new(),
            retry: None,
            wake: None,
            own: VecDeque::new(),
            cuts: None,
        };
        let boot = site.boot();
        site.note(|| format!("start {boot}"));
        process.finish(site);
        Some(process)
    }

    /// When it has something to do, if nothing comes in.
    pub(crate) fn next_moment(&self, site: &Site) -> Span {
        if !self.own.is_empty() {
            return site.elapsed;
        }
        let wake = self.wake.into_iter().map(|wake| wake.at);
        wake.chain(self.retry).map(|tick| site.moment_of(tick)).min().unwrap()
    }

    /// One turn: what came in, or else what is due.
    pub(crate) fn turn(&mut self, arrivals: Vec<Event>, site: &mut Site) {
        let now = site.now();
        let first = self.own.pop_front();
        let mut events: Vec<Event> = first.into_iter().chain(arrivals).collect();
        if events.is_empty() {
            events.push(Event::Woke);
        }
        for event in events {
            site.note(|| format!("event {}", event_line(&event)));
            self.hub.handle(event, now);
        }
        if self.hub.next_wake().is_some_and(|wake| wake.at <= now.tick) {
            site.note(|| "event Woke".into());
            self.hub.handle(Event::Woke, now);
        }
        self.finish(site);
        let platforms = site.network.platforms();
        site.oracle.after_turn(self.wake, now, site.elapsed, platforms);
    }

    fn finish(&mut self, site: &mut Site) {
        let now = site.now();
        let mut effects = self.drain(site);
        if site.planted == Some(Planted::EffectsFirst) {
            effects.drain(..).for_each(|effect| self.perform(effect, site));
        }
        if site.planted == Some(Planted::YesFirst) {
            let is_answer = |effect: &mut Effect| matches!(effect, Effect::Respond { .. });
            let answers: Vec<Effect> = effects.extract_if(.., is_answer).collect();
            answers.into_iter().for_each(|effect| self.perform(effect, site));
        }
        let may_try = self.retry.is_none_or(|retry| retry <= now.tick);
        if !self.unsaved.is_empty() && may_try {
            self.cut(site);
            let writes: Vec<Write> = self
                .unsaved
                .iter()
                .map(|((table, key), value)| Write {
                    table: *table,
                    key: key.clone(),
                    value: value.clone(),
                })
                .collect();
            let writes = site.planted.map_or(writes.clone(), |planted| planted.written(&writes));
            let committed = match site.at_the_disk(|disk| disk.commit(&writes)) {
                Err(_) if site.planted == Some(Planted::RefusalUnheard) => Ok(()),
                committed => committed,
            };
            match committed {
                Ok(()) => {
                    site.note(|| "committed".into());
                    site.oracle.committed(&writes, site.elapsed, now.trust);
                    self.unsaved.clear();
                    if self.retry.take().is_some() {
                        self.hub.handle(Event::LedgerRecovered, now);
                        self.own.push_back(Event::Woke);
                    }
                }
                Err(why) => {
                    site.note(|| format!("refused: {why}"));
                    self.retry = Some(now.tick + LEDGER_RETRY);
                    self.hub.handle(Event::LedgerFailed(why.into()), now);
                }
            }
            effects.extend(self.drain(site));
        }
        if !effects.is_empty() {
            self.cut(site);
        }
        if self.unsaved.is_empty() {
            for effect in core::mem::take(&mut self.held) {
                if let Effect::Fetch { ticket, .. } | Effect::Submit { ticket, .. } = effect {
                    let outcome = Err(LinkFault::NotMade("held".into()));
                    self.own.push_back(Event::Answered { ticket, outcome });
                } else {
                    self.perform(effect, site);
                }
            }
        }
        for effect in effects {
            if self.unsaved.is_empty() || effect.needs() == Needs::Nothing {
                self.perform(effect, site);
            } else {
                self.held.push(effect);
            }
        }
        self.wake = self.hub.next_wake();
    }

    /// Whether everything is on disk that has to be.
    pub(crate) fn is_saved(&self) -> bool {
        self.unsaved.is_empty()
    }

    fn drain(&mut self, site: &mut Site) -> Vec<Effect> {
        while let Some(write) = self.hub.next_write() {
            site.note(|| format!("write {write:?}"));
            site.oracle.asked_to_write(&write, site.elapsed);
            self.unsaved.insert((write.table, write.key), write.value);
        }
        core::iter::from_fn(|| self.hub.next_effect()).collect()
    }

    fn perform(&mut self, effect: Effect, site: &mut Site) {
        match effect {
            Effect::Fetch { ticket, request } => {
                site.note(|| format!("fetch {ticket:?} {}", request_line(&request)));
                let vendor_utc = site.is_well(&request).then(|| site.utc());
                site.oracle.leaves(ticket, &request, &site.disk, vendor_utc);
                let request = match site.planted {
                    Some(planted) => planted.request(request, site.elapsed),
                    None => request,
                };
                site.network.send(ticket, Outgoing::Http(request), site.elapsed);
            }
            Effect::Submit { ticket, outgoing } => {
                site.note(|| format!("submit {ticket:?} {outgoing:?}"));
                site.oracle.submits(ticket, &outgoing, &site.disk);
                site.network.send(ticket, outgoing, site.elapsed);
            }
            Effect::Respond { asker, reply, .. } => {
                site.note(|| format!("respond {asker:?} {}", reply.status));
                site.oracle.answers(&reply, &site.disk, site.elapsed);
                site.replies.insert(asker, reply);
            }
            Effect::RereadSecrets => {
                site.note(|| "reread secrets".into());
                self.own.push_back(Event::SecretsRead(site.secrets.clone()));
            }
            Effect::LookAround => self.own.extend(site.around.clone().map(Event::SeenAround)),
            Effect::Told { reason, text } => site.note(|| format!("told {reason:?} {text}")),
            Effect::Say { level, text } => {
                site.note(|| format!("say {level} {text}"));
                site.oracle.reads_the_log(&text);
                let words = text.strip_prefix("our own link: ");
                if let (Some(words), Some(sights)) = (words, &mut site.sights) {
                    sights.hears_of_the_link(site.elapsed, words);
                }
                site.said.push(format!("{level} {text}"));
            }
        }
    }

    fn cut(&mut self, site: &Site) {
        if let Some(cuts) = &mut self.cuts {
            cuts.push(site.clone());
        }
    }
}

thread_local! {
    /// The last text that was read and what it said: most starts are starts with the same file.
    static LAST: RefCell<Option<(String, Loaded)>> = const { RefCell::new(None) };
}

fn load(config: &str) -> Loaded {
    LAST.with_borrow_mut(|last| match last {
        Some((text, loaded)) if text == config => loaded.clone(),
        _ => {
            let loaded = andon::hub::load("andon.toml", config, &Library::built_in());
            let loaded = loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
            *last = Some((config.to_owned(), loaded.clone()));
            loaded
        }
    })
}

fn event_line(event: &Event) -> String {
    match event {
        Event::Answered { ticket, outcome: Ok(reply) } => {
            let body = String::from_utf8_lossy(&reply.body);
            format!("{ticket:?} {} {:?} {body}", reply.status, reply.headers)
        }
        Event::Woke
        | Event::Answered { .. }
        | Event::Asked { .. }
        | Event::Pushed { .. }
        | Event::SecretsRead(_)
        | Event::LedgerRecovered
        | Event::Door(_)
        | Event::SeenAround(_)
        | Event::LedgerFailed(_) => format!("{event:?}"),
    }
}

fn request_line(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {} {:?} {body}", request.method.as_str(), request.url, request.headers)
}
