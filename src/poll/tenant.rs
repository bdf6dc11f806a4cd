//! What the feeds of one source share: its login, the platform's clock, the breaker, its health.
//!
//! # Not here
//! What is asked for and when: that is `feed`.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use log::Level;

use crate::limits::TROUBLE_SAID_EVERY;
use crate::model::answer::Answer;
use crate::model::config::SourceConfig;
use crate::model::http::{LinkFault, Reply};
use crate::model::name::EntityId;
use crate::model::rng::Rng;
use crate::model::secret::Secrets;
use crate::model::time::{Now, Span, Tick, UtcMs};
use crate::platform::{
    About, Definition, Lists, LoginDraft, LoginStep, Named, Session, VendorFault,
};
use crate::poll::breaker::Breaker;
use crate::poll::freshness::{Turn, VendorClock};
use crate::poll::health::{Health, Why};
use crate::poll::token::{Alarm, Life, Need, TokenKeeper};
use crate::poll::{Asked, Hearing, Step, backoff};

/// One tenant of one platform.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) source: SourceConfig,
    pub(super) definition: Rc<Definition>,
    pub(super) rng: Rng,
    pub(super) tokens: TokenKeeper,
    /// The login that is under way, or the beginning of the next one.
    pub(super) draft: LoginDraft,
    /// Where its newest step was asked.
    pub(super) login_url: String,
    /// Why there is no token: the newest request for one failed, or the newest token was refused.
    pub(super) no_token: Option<Box<Why>>,
    /// What look-ups found, and the names of entities.
    pub(super) lists: Rc<Lists>,
    /// By the number of the look-up; each names no more than a source has entities.
    names: BTreeMap<u8, BTreeMap<EntityId, Box<str>>>,
    pub(super) clock: VendorClock,
    pub(super) breaker: Breaker,
    /// What a `Retry-After` forbids.
    pub(super) quiet_until: Tick,
    pub(super) health: Health,
    pub(super) troubles: Troubles,
    pub(super) steps: VecDeque<Step>,
    pub(super) look_ups: LookUps,
    /// Requests for data that are under way.
    pub(super) under_way: usize,
    /// The platform's clock moved: what was planned by the old one is void.
    pub(super) clock_moved: ClockMoved,
    /// Whether webhooks come.
    pub(super) hearing: Hearing,
}

/// Whether the newest look-up of names went well, or is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LookUps {
    Well,
    Failing,
}

/// Whether plans still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockMoved {
    No,
    Yes,
}

/// When each kind of trouble was last said.
#[derive(Debug, Default)]
pub(super) struct Troubles(BTreeMap<&'static str, Tick>);

/// Whether trouble is worth saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    News,
    SaidLately,
}

impl Troubles {
    /// Trouble of one kind has come up; it is news unless it was said a short while ago.
    pub(super) fn arise(&mut self, kind: &'static str, now: Tick) -> Worth {
        let is_due = |said: &Tick| now - *said >= TROUBLE_SAID_EVERY;
        if !self.0.get(kind).is_none_or(is_due) {
            return Worth::SaidLately;
        }
        self.0.insert(kind, now);
        Worth::News
    }

    /// One kind of trouble is over: the next is news.
    pub(super) fn end(&mut self, kind: &'static str) {
        self.0.remove(kind);
    }

    /// All trouble is over.
    pub(super) fn end_all(&mut self) {
        self.0.clear();
    }
}

impl Tenant {
    /// A tenant that has not been spoken to.
    pub(super) fn new(
        source: SourceConfig,
        definition: Rc<Definition>,
        health: Health,
        seed: u64,
        now: Now,
    ) -> Self {
        Self {
            source,
            definition,
            rng: Rng::new(seed),
            tokens: TokenKeeper::new(now.tick),
            draft: LoginDraft::default(),
            login_url: String::new(),
            no_token: None,
            lists: Rc::default(),
            names: BTreeMap::new(),
            clock: VendorClock::default(),
            breaker: Breaker::new(),
            quiet_until: now.tick,
            health,
            troubles: Troubles::default(),
            steps: VecDeque::new(),
            look_ups: LookUps::Well,
            under_way: 0,
            clock_moved: ClockMoved::No,
            hearing: Hearing::AsUsual,
        }
    }

    /// Time has passed: the token may have ended, the breaker's wait be over.
    pub(super) fn wake(&mut self, secrets: &Secrets, now: Now) {
        if self.tokens.wake(now.tick) == Life::Ended {
            let text = "the token has ended and none followed it; polling waits for one";
            self.say(Level::Error, text.into());
        }
        self.breaker.wake(now.tick);
        self.ask_for_token(secrets, now);
    }

    fn ask_for_token(&mut self, secrets: &Secrets, now: Now) {
        if self.tokens.need(now.tick) == Need::Nothing {
            return;
        }
        match self.definition.login(&self.source, secrets, &self.draft) {
            Ok(LoginStep::Ask(request)) => {
                self.tokens.asked();
                self.login_url.clone_from(&request.url);
                self.steps.push_back(Step::Ask { asked: Asked::Token, request });
            }
            Ok(LoginStep::Done(session)) => self.logged_in(session, now),
            Err(fault) => {
                self.steps.push_back(Step::RereadSecrets);
                self.token_failed(Why::Source(fault), None, now);
            }
        }
    }

    /// What came of the newest step of a login.
    pub(super) fn token_answered(&mut self, outcome: Result<Reply, LinkFault>, now: Now) {
        let reply = match outcome {
            Ok(reply) => reply,
            Err(fault) => return self.token_failed(Why::Link(fault), None, now),
        };
        let draft = self.draft.clone();
        match self.definition.read_login(&self.source, draft, &self.login_url, &reply) {
            Ok(draft) => {
                // The data's own server goes first; this one's clock is better than none.
                if self.health.clock_ahead.is_none() {
                    self.hear_date(&reply, now);
                }
                self.draft = draft;
                self.tokens.step_done(now.tick);
            }
            Err(fault) => {
                if matches!(reply.status, 400 | 401 | 403) {
                    self.steps.push_back(Step::RereadSecrets);
                }
                let fault = self.withhold(fault);
                self.token_failed(Why::Vendor(fault), backoff::retry_after(&reply), now);
            }
        }
    }

    /// A refusal as it may be told.
    pub(super) fn withhold(&self, fault: VendorFault) -> VendorFault {
        self.tokens.withhold(fault, &self.draft)
    }

    fn logged_in(&mut self, session: Session, now: Now) {
        let life = session.life;
        self.draft = session.renewal();
        self.no_token = None;
        self.tokens.received(session, now.tick, &mut self.rng);
        self.health.counters.tokens += 1;
        self.troubles.end("token");
        self.troubles.end("token late");
        self.say(Level::Debug, format!("a token came that lives {life}"));
    }

    /// The platform refused token `number` for data; what renewed it may be as bad.
    pub(super) fn token_refused(&mut self, number: u32, why: &Why, now: Now) -> Span {
        self.steps.push_back(Step::RereadSecrets);
        self.no_token = Some(Box::new(why.clone()));
        if !self.tokens.is_under_way() {
            self.draft = LoginDraft::default();
        }
        self.tokens.refused(number, now.tick, &mut self.rng)
    }

    fn token_failed(&mut self, why: Why, asked: Option<Span>, now: Now) {
        self.health.counters.token_failures += 1;
        let step = String::from(self.definition.login_step_name(&self.draft));
        self.draft = LoginDraft::default();
        let (kind, level, state) = match self.tokens.failed(asked, now.tick, &mut self.rng) {
            Alarm::Early => ("token", Level::Warn, "the old one still works"),
            Alarm::Late => ("token late", Level::Error, "polling stops or will soon"),
        };
        self.complain(kind, level, format!("no new {step} ({state}): {why}"), now);
        self.no_token = Some(Box::new(why));
    }

    /// Whom and what a request is about.
    pub(super) fn about(&self) -> About<'_> {
        About { source: &self.source, lists: &self.lists }
    }

    /// Takes in what look-up number `index` found, in place of what it found before.
    pub(super) fn learn_names(&mut self, index: u8, list: Option<Box<str>>, named: Vec<Named>) {
        self.look_ups = LookUps::Well;
        if let Some(list) = list {
            let ids = named.iter().map(|(id, _)| id.as_str().into()).collect();
            Rc::make_mut(&mut self.lists).insert(list, ids);
        }
        self.names.insert(index, named.into_iter().collect());
    }

    /// Gives the rows of an answer that have no name the one that a look-up found.
    pub(super) fn name(&self, answer: &mut Answer) {
        for row in answer.rows.iter_mut().filter(|row| row.name.is_none()) {
            row.name = self.names.values().find_map(|names| names.get(&row.entity)).cloned();
        }
    }

    /// Takes the platform's time from an answer's `Date`.
    pub(super) fn hear_date(&mut self, reply: &Reply, now: Now) {
        let Some(date) = reply.header("date").and_then(UtcMs::from_http_date) else { return };
        // A cache in front of the platform gives on the date that it was told, and how long ago.
        let age = reply.header("age").and_then(|age| age.trim().parse::<u32>().ok());
        let date = date + Span::secs(i64::from(age.unwrap_or_default()));
        match self.clock.hear(date, now) {
            Turn::Same => return,
            Turn::Moved => {}
            Turn::Stepped(ahead) => {
                let (size, side) = (ahead.abs(), if ahead.0 < 0 { "behind" } else { "ahead of" });
                let text = format!("the platform's clock is {size} {side} ours; its clock counts");
                self.say(Level::Warn, text);
            }
        }
        self.clock_moved = ClockMoved::Yes;
    }

    /// Nothing is asked for before `asked` has passed.
    pub(super) fn quiet(&mut self, asked: Option<Span>, now: Now) {
        let until = now.tick + asked.unwrap_or(Span::ZERO);
        self.quiet_until = self.quiet_until.max(until);
    }

    /// The moment before which nothing may be asked for.
    pub(super) fn forbidden_until(&self, now: Now) -> Tick {
        self.breaker.until().unwrap_or(now.tick).max(self.quiet_until)
    }

    pub(super) fn say(&mut self, level: Level, text: String) {
        self.steps.push_back(Step::Say { level, text });
    }

    /// Says trouble of one kind, unless it was said a short while ago.
    pub(super) fn complain(&mut self, kind: &'static str, level: Level, text: String, now: Now) {
        if self.troubles.arise(kind, now.tick) == Worth::News {
            self.say(level, text);
        }
    }
}
