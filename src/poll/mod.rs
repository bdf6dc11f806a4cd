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

mod audit;
mod backoff;
mod breaker;
#[cfg(test)]
mod dialect;
mod feed;
mod freshness;
mod health;
mod pace;
mod registrar;
mod retry;
mod schedule;
mod take;
mod tenant;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod together;
mod token;
#[cfg(test)]
mod world;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use log::Level;
use serde::{Deserialize, Serialize};

use crate::limits::POLL_DEADLINE;
use crate::model::answer::Answer;
use crate::model::config::SourceConfig;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::name::EntityId;
use crate::model::secret::Secrets;
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs, Wake};
use crate::platform::{Definition, Gives};

pub use breaker::Breaker;
pub use health::{Counters, Freshness, Health, RegistrationState, Verdict, Whose, Why};
pub use token::TokenState;

use feed::Feed;
use registrar::Registrar;
use tenant::{ClockMoved, Tenant};

/// One source: it says what to ask and when, and judges what comes back.
#[derive(Debug)]
pub struct Poll {
    tenant: Tenant,
    /// One for each request of the definition, in its order.
    feeds: Vec<Feed>,
    registrar: Registrar,
    seen: Tick,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A token.
    Token,
    /// The definition's request of this number.
    Data(u8),
    /// A step of the registration of its webhook.
    Webhook,
}

/// Whether the platform's webhooks come as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hearing {
    /// They do, or there are none.
    #[default]
    AsUsual,
    /// They have fallen silent: what they would tell is asked for more often.
    Silence,
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
        let health = Health {
            freshness: Freshness::Stale { since: now.stamp(), why: Why::NotYet },
            last_answer: None,
            token: TokenState::Missing,
            registration: RegistrationState::Unwanted,
            breaker: Breaker::new(),
            interval: shortest_interval(&definition),
            clock_trust: ClockTrust::Untrusted,
            clock_ahead: None,
            counters: Counters::default(),
        };
        let registrar = Registrar::new(&source, now.tick);
        let tenant = Tenant::new(source, definition, health, seed, now);
        let indexes = 0..tenant.definition.requests();
        let feeds = indexes.map(|index| Feed::new(index, &tenant, remembered, now)).collect();
        Self { tenant, feeds, registrar, seen: now.tick }
    }

    /// Time has passed, or secrets have been read. Calls without need change nothing.
    pub fn wake(&mut self, secrets: &Secrets, now: Now) {
        self.seen = now.tick;
        self.tenant.wake(secrets, now);
        if core::mem::replace(&mut self.tenant.clock_moved, ClockMoved::No) == ClockMoved::Yes {
            self.feeds.iter_mut().for_each(Feed::replan);
        }
        let feeds = self.feeds.iter().filter(|feed| feed.is_under_way()).count();
        self.tenant.under_way = feeds + usize::from(self.registrar.is_under_way());
        for feed in &mut self.feeds {
            feed.ask(&mut self.tenant, secrets, now);
        }
        self.registrar.ask(&mut self.tenant, secrets, now);
        self.report(now);
    }

    /// The platform's webhooks have fallen silent, or come again.
    pub fn hear_webhooks(&mut self, hearing: Hearing, secrets: &Secrets, now: Now) {
        if core::mem::replace(&mut self.tenant.hearing, hearing) == hearing {
            return;
        }
        if hearing == Hearing::Silence {
            self.registrar.look_again(now.tick);
        }
        self.feeds.iter_mut().for_each(Feed::replan);
        self.wake(secrets, now);
    }

    /// What came of a request. The outcome of one that is not under way is ignored.
    pub fn answered(
        &mut self,
        asked: Asked,
        outcome: Result<Reply, LinkFault>,
        secrets: &Secrets,
        now: Now,
    ) {
        let before = self.observed_until();
        match asked {
            Asked::Token if self.tenant.tokens.is_under_way() => {
                self.tenant.token_answered(outcome, now);
            }
            Asked::Data(index) => match self.feeds.get_mut(usize::from(index)) {
                Some(feed) if feed.is_under_way() => {
                    feed.answered(&mut self.tenant, outcome, now);
                }
                Some(_) | None => {}
            },
            Asked::Token => {}
            Asked::Webhook => self.registrar.answered(&mut self.tenant, outcome, now),
        }
        let bucket_end = self.observed_until();
        if bucket_end != before {
            self.tenant.steps.push_back(Step::Remember(Remembered { bucket_end }));
        }
        self.wake(secrets, now);
    }

    /// The platform's own page about an entity, where it has one.
    #[must_use]
    pub fn monitoring_url(&self, entity: &EntityId) -> Option<Box<str>> {
        self.tenant.definition.monitoring_url(&self.tenant.source, entity)
    }

    /// The next thing to do; to be drained after each call.
    pub fn next_step(&mut self) -> Option<Step> {
        self.tenant.steps.pop_front()
    }

    /// When [`Self::wake`] is due. There always is one.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        let feeds = self.feeds.iter().map(|feed| feed.next_wake(self.seen));
        let register = self.registrar.next_wake(self.seen);
        let others = Wake::earlier(self.tenant.tokens.next_wake(), register);
        let wake = feeds.fold(others, Wake::earlier);
        // While all wait for an answer nothing is due; the edge reports one before this. A source
        // that is never asked waits for none.
        if self.feeds.is_empty() {
            return wake;
        }
        wake.or(Some(Wake { at: self.seen + POLL_DEADLINE, why: "answer awaited" }))
    }

    /// The vendor's time, once the vendor has said it.
    #[must_use]
    pub fn vendor_utc(&self, now: Now) -> Option<UtcMs> {
        self.tenant.clock.ahead(now).map(|ahead| now.utc + ahead)
    }

    /// How the source is doing.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.tenant.health
    }

    /// Whether each of its requests has fresh data.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.readings().all(|feed| feed.freshness == Freshness::Fresh)
    }

    /// The feeds that give readings; without names a source still sees.
    fn readings(&self) -> impl Iterator<Item = &Feed> {
        let definition = &self.tenant.definition;
        (0_u8..)
            .zip(&self.feeds)
            .filter(|(index, _)| definition.gives(*index) == Gives::Readings)
            .filter(|(index, _)| !definition.is_optional(*index))
            .map(|(_, feed)| feed)
    }

    /// The end of the last observed bucket of all requests: none of them counts a stretch twice
    /// after a restart, and a slower one may leave out one bucket.
    fn observed_until(&self) -> UtcMs {
        self.feeds.iter().map(Feed::observed_until).max().unwrap_or(UtcMs(i64::MIN))
    }

    /// The source is as fresh as the stalest of its feeds.
    fn report(&mut self, now: Now) {
        let since = |feed: &&Feed| match &feed.freshness {
            Freshness::Stale { since, .. } => Some(since.tick),
            Freshness::Fresh => None,
        };
        let stalest = self.readings().filter(|feed| since(feed).is_some()).min_by_key(since);
        let freshness = stalest.map_or(Freshness::Fresh, |feed| feed.freshness.clone());
        let interval = self.readings().map(|feed| feed.interval(&self.tenant)).min();
        let last = self.readings().filter_map(|feed| feed.last_answer).max_by_key(|at| at.tick);
        let tenant = &mut self.tenant;
        let health = &mut tenant.health;
        health.freshness = freshness;
        health.last_answer = last;
        health.token = tenant.tokens.state();
        health.registration = self.registrar.state();
        health.breaker = tenant.breaker;
        health.interval = interval.unwrap_or(health.interval);
        health.clock_trust = tenant.clock.trust();
        health.clock_ahead = tenant.clock.ahead(now);
    }
}

fn shortest_interval(definition: &Definition) -> Span {
    let readings =
        (0..definition.requests()).filter(|index| definition.gives(*index) == Gives::Readings);
    readings.map(|index| definition.interval(index)).min().unwrap_or(Span::ZERO)
}
