//! THE PULL DOOR: what to ask, when, and when to stop asking.
//!
//! One [`Poll`] is one source. It turns time and answers into requests, observations and words for
//! the log. A cycle is one bucket of vendor time: it is asked for a moment after its end, tried
//! again until the next bucket is due, and then given up.
//!
//! # Promises
//! - `no_outcome_of_the_world_breaks_the_rules`: no moment observed twice, five tries a cycle, no
//!   request while the breaker is open, always a next wake.
//! - `a_poll_goes_on_while_its_token_is_renewed`
//! - `a_missed_bucket_is_not_asked_for_later`
//! - `an_old_answer_is_refused_counted_and_said`
//!
//! # Not here
//! What a platform's bytes mean is `platform`; what its numbers mean is `evaluate`. The last good
//! answer is kept by who observes it. An asked request that is never answered is the edge's fault.

mod backoff;
mod breaker;
mod cycle;
mod freshness;
mod health;
mod pace;
mod schedule;
#[cfg(test)]
mod tests;
mod token;
#[cfg(test)]
mod world;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;

use log::Level;
use serde::{Deserialize, Serialize};

use crate::limits::{POLL_DEADLINE, TROUBLE_SAID_EVERY};
use crate::model::answer::Answer;
use crate::model::config::SourceConfig;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::name::EntityId;
use crate::model::rng::Rng;
use crate::model::secret::Secrets;
use crate::model::time::{Now, Span, Tick, UtcMs, Wake};
use crate::platform::Definition;

pub use breaker::Breaker;
pub use health::{Counters, Freshness, Health, Why};
pub use token::TokenState;

use cycle::Cycle;
use freshness::VendorClock;
use pace::Pace;
use schedule::Schedule;
use token::{Alarm, Life, Need, TokenKeeper};

/// One source: it says what to ask and when, and judges what comes back.
#[derive(Debug)]
pub struct Poll {
    source: SourceConfig,
    definition: Rc<Definition>,
    rng: Rng,
    tokens: TokenKeeper,
    /// Why the newest request for a token failed, if it did.
    no_token: Option<Box<Why>>,
    clock: VendorClock,
    schedule: Schedule,
    pace: Pace,
    breaker: Breaker,
    cycle: Cycle,
    /// What a `Retry-After` forbids.
    quiet_until: Tick,
    health: Health,
    /// When each kind of trouble was last said.
    said: BTreeMap<&'static str, Tick>,
    steps: VecDeque<Step>,
    seen: Tick,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A token.
    Token,
    /// The definition's request of this number.
    Data(u8),
}

/// What is to be done for a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Make a request, and report what came of it to [`Poll::answered`].
    Ask {
        /// What it is for.
        asked: Asked,
        /// The request.
        request: Request,
    },
    /// Evaluate this. It overlaps nothing that was observed before, and it is fresh.
    Observed(Answer),
    /// Give this back after a restart, so that nothing is observed twice.
    Remember(Remembered),
    /// Read the secrets again: the platform refused what was made of them.
    RereadSecrets,
    /// Say this in the log, after the source's name.
    Say {
        /// How loud.
        level: Level,
        /// What.
        text: String,
    },
}

/// What has to outlive a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The end of the last observed bucket, by the vendor's clock.
    pub bucket_end: UtcMs,
}

impl Poll {
    /// Sets a source up. It asks for a token at the first [`Self::wake`]; `seed` is for jitter.
    #[must_use]
    pub fn new(
        source: SourceConfig,
        definition: Rc<Definition>,
        remembered: Option<Remembered>,
        seed: u64,
        now: Now,
    ) -> Self {
        let remembered = remembered.map(|remembered| remembered.bucket_end);
        let (interval, offset) = (definition.interval(), definition.offset());
        let clock = VendorClock::default();
        let health = Health {
            freshness: Freshness::Stale { since: now.stamp(), why: Why::NotYet },
            last_answer: None,
            token: TokenState::Missing,
            breaker: Breaker::new(),
            interval,
            clock_trust: clock.trust(),
            clock_ahead: None,
            counters: Counters::default(),
        };
        Self {
            source,
            definition,
            rng: Rng::new(seed),
            tokens: TokenKeeper::new(now.tick),
            no_token: None,
            clock,
            schedule: Schedule::new(offset, remembered),
            pace: Pace::new(interval),
            breaker: Breaker::new(),
            cycle: Cycle::Unplanned,
            quiet_until: now.tick,
            health,
            said: BTreeMap::new(),
            steps: VecDeque::new(),
            seen: now.tick,
        }
    }

    /// Time has passed, or secrets have been read. Calls without need change nothing.
    pub fn wake(&mut self, secrets: &Secrets, now: Now) {
        self.seen = now.tick;
        if self.tokens.wake(now.tick) == Life::Ended {
            let text = "the token has ended and none followed it; polling waits for one";
            self.say(Level::Error, text.into());
        }
        self.breaker.wake(now.tick);
        self.ask_for_token(secrets, now);
        self.ask_for_data(now);
        self.report(now);
    }

    /// What came of a request. The outcome of one that is not under way is ignored.
    pub fn answered(
        &mut self,
        asked: Asked,
        outcome: Result<Reply, LinkFault>,
        secrets: &Secrets,
        now: Now,
    ) {
        match asked {
            Asked::Token if self.tokens.is_under_way() => self.token_answered(outcome, now),
            Asked::Data(index) if self.cycle.is_under_way(index) => {
                self.data_answered(index, outcome, now);
            }
            Asked::Token | Asked::Data(_) => {}
        }
        self.wake(secrets, now);
    }

    /// The platform's own page about an entity, where it has one.
    #[must_use]
    pub fn monitoring_url(&self, entity: &EntityId) -> Option<Box<str>> {
        self.definition.monitoring_url(&self.source, entity)
    }

    /// The next thing to do; to be drained after each call.
    pub fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// When [`Self::wake`] is due. There always is one.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        let wake = Wake::earlier(self.cycle.next_wake(self.seen), self.tokens.next_wake());
        // While both wait for an answer nothing is due; the edge reports one before this.
        wake.or(Some(Wake { at: self.seen + POLL_DEADLINE, why: "answer awaited" }))
    }

    /// The vendor's time, once the vendor has said it.
    #[must_use]
    pub fn vendor_utc(&self, now: Now) -> Option<UtcMs> {
        self.clock.ahead(now).map(|ahead| now.utc + ahead)
    }

    /// How the source is doing.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    fn ask_for_token(&mut self, secrets: &Secrets, now: Now) {
        if self.tokens.need(now.tick) == Need::Nothing {
            return;
        }
        match self.definition.token_request(&self.source, secrets) {
            Ok(request) => {
                self.tokens.asked();
                self.steps.push_back(Step::Ask { asked: Asked::Token, request });
            }
            Err(fault) => {
                self.steps.push_back(Step::RereadSecrets);
                self.token_failed(Why::Source(fault), None, now);
            }
        }
    }

    fn token_answered(&mut self, outcome: Result<Reply, LinkFault>, now: Now) {
        let reply = match outcome {
            Ok(reply) => reply,
            Err(fault) => return self.token_failed(Why::Link(fault), None, now),
        };
        match self.definition.read_token(&reply) {
            Ok(token) => {
                // The data's own server goes first; this one's clock is better than none.
                if self.health.clock_ahead.is_none() {
                    self.hear_date(&reply, now);
                }
                self.no_token = None;
                let life = token.life;
                self.tokens.received(token, now.tick, &mut self.rng);
                self.health.counters.tokens += 1;
                self.said.remove("token");
                self.said.remove("token late");
                self.say(Level::Debug, format!("a token came that lives {life}"));
            }
            Err(fault) => {
                if matches!(reply.status, 400 | 401 | 403) {
                    self.steps.push_back(Step::RereadSecrets);
                }
                self.token_failed(Why::Vendor(fault), backoff::retry_after(&reply), now);
            }
        }
    }

    fn token_failed(&mut self, why: Why, asked: Option<Span>, now: Now) {
        self.health.counters.token_failures += 1;
        let (kind, level, state) = match self.tokens.failed(asked, now.tick, &mut self.rng) {
            Alarm::Early => ("token", Level::Warn, "the old one still works"),
            Alarm::Late => ("token late", Level::Error, "polling stops or will soon"),
        };
        self.complain(kind, level, format!("no new token ({state}): {why}"), now);
        self.no_token = Some(Box::new(why));
    }

    fn hear_date(&mut self, reply: &Reply, now: Now) {
        let Some(date) = reply.header("date").and_then(UtcMs::from_http_date) else { return };
        match self.clock.hear(date, now) {
            freshness::Turn::Same => return,
            freshness::Turn::Moved => {}
            freshness::Turn::Stepped(ahead) => {
                let (size, side) = (ahead.abs(), if ahead.0 < 0 { "behind" } else { "ahead of" });
                let text = format!("the platform's clock is {size} {side} ours; its clock counts");
                self.say(Level::Warn, text);
            }
        }
        self.cycle.replan();
    }

    fn say(&mut self, level: Level, text: String) {
        self.steps.push_back(Step::Say { level, text });
    }

    /// Says trouble of one kind, unless it was said a short while ago.
    fn complain(&mut self, kind: &'static str, level: Level, text: String, now: Now) {
        let is_due = |said: &Tick| now.tick - *said >= TROUBLE_SAID_EVERY;
        if self.said.get(kind).is_none_or(is_due) {
            self.said.insert(kind, now.tick);
            self.say(level, text);
        }
    }

    fn report(&mut self, now: Now) {
        self.health.token = self.tokens.state();
        self.health.breaker = self.breaker;
        self.health.interval = self.interval();
        self.health.clock_trust = self.clock.trust();
        self.health.clock_ahead = self.clock.ahead(now);
    }
}
