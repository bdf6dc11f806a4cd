//! Registers the source's webhook at start, and looks again when webhooks fall silent.
//!
//! It is no matter of polling, which goes on whatever becomes of it. What is to be asked is decided
//! by `platform`'s registration; here is when, and how often it is tried again.
//!
//! # Promises
//! - `a_webhook_is_registered_once_the_token_is_there`
//! - `a_registration_that_is_refused_is_tried_a_few_times_and_then_every_hour`
//! - `a_silence_has_the_registration_looked_at_again`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use log::Level;

use crate::limits::{DATA_REQUESTS_AT_ONCE_MAX, REGISTRATION_AGAIN_AFTER, REGISTRATION_TRIES_MAX};
use crate::model::config::SourceConfig;
use crate::model::http::{LinkFault, Reply};
use crate::model::secret::Secrets;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::platform::{Deed, Goal, Registering, RegistrationStep, VendorFault};
use crate::poll::tenant::Tenant;
use crate::poll::{Asked, RegistrationState, Step, Why, backoff};

/// The registration of one source's webhook.
#[derive(Debug)]
pub(super) struct Registrar {
    stage: Stage,
    draft: Registering,
    /// Where its newest step was asked.
    url: String,
    /// Failures in a row.
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The file does not want it.
    Unwanted,
    Done,
    /// Its next step is to be asked for from this moment on.
    Due(Tick),
    /// Asked for with the token of this number.
    UnderWay(u32),
}

impl Registrar {
    pub(super) fn new(source: &SourceConfig, now: Tick) -> Self {
        let stage = if source.webhook_register { Stage::Due(now) } else { Stage::Unwanted };
        let draft = Registering::new(Goal::Register);
        Self { stage, draft, url: String::new(), failures: 0 }
    }

    /// What is registered may be gone.
    pub(super) fn look_again(&mut self, now: Tick) {
        if self.stage == Stage::Done {
            self.stage = Stage::Due(now);
        }
    }

    pub(super) const fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::UnderWay(_))
    }

    pub(super) const fn state(&self) -> RegistrationState {
        match self.stage {
            Stage::Unwanted => RegistrationState::Unwanted,
            Stage::Done => RegistrationState::Registered,
            Stage::Due(_) | Stage::UnderWay(_) if self.failures > 0 => RegistrationState::Failing,
            Stage::Due(_) | Stage::UnderWay(_) => RegistrationState::UnderWay,
        }
    }

    /// `seen` is the moment at which the machine was last awake: what was due by then waits for a
    /// token, or for the outcome of something else.
    pub(super) fn next_wake(&self, seen: Tick) -> Option<Wake> {
        match self.stage {
            Stage::Due(at) if at > seen => Some(Wake { at, why: "register a webhook" }),
            Stage::Due(_) | Stage::Unwanted | Stage::Done | Stage::UnderWay(_) => None,
        }
    }

    /// Asks for the step that is due, if one is. Data goes first.
    pub(super) fn ask(&mut self, tenant: &mut Tenant, secrets: &Secrets, now: Now) {
        let Stage::Due(at) = self.stage else { return };
        let at = at.max(tenant.forbidden_until(now));
        self.stage = Stage::Due(at);
        if now.tick < at || tenant.under_way >= DATA_REQUESTS_AT_ONCE_MAX {
            return;
        }
        let Some(session) = tenant.tokens.session() else { return };
        let (utc, draft) = (tenant.clock.utc(now), &mut self.draft);
        match tenant.definition.register(&tenant.source, secrets, session, draft, utc) {
            Ok(RegistrationStep::Done) => self.done(tenant),
            Ok(RegistrationStep::Ask(request)) => {
                self.stage = Stage::UnderWay(tenant.tokens.number());
                self.url.clone_from(&request.url);
                tenant.steps.push_back(Step::Ask { asked: Asked::Webhook, request });
            }
            Err(fault) => {
                tenant.steps.push_back(Step::RereadSecrets);
                self.failed(tenant, &Why::Source(fault), None, now);
            }
        }
    }

    /// What came of the step that is under way.
    pub(super) fn answered(
        &mut self,
        tenant: &mut Tenant,
        outcome: Result<Reply, LinkFault>,
        now: Now,
    ) {
        let Stage::UnderWay(token) = self.stage else { return };
        self.stage = Stage::Due(now.tick);
        let reply = match outcome {
            Ok(reply) => reply,
            Err(fault) => return self.failed(tenant, &Why::Link(fault), None, now),
        };
        let read = tenant.definition.read_registration(&mut self.draft, &self.url, &reply);
        let Err(fault) = read else { return };
        let why = Why::Vendor(tenant.withhold(fault));
        let asked = backoff::retry_after(&reply);
        let asked = match reply.status {
            401 => Some(tenant.token_refused(token, &why, now)),
            429 | 500.. => {
                tenant.quiet(asked, now);
                asked
            }
            _ => None,
        };
        self.failed(tenant, &why, asked, now);
    }

    fn done(&mut self, tenant: &mut Tenant) {
        let deeds = self.draft.deeds().iter().map(|(deed, id)| match deed {
            Deed::Created => format!("created {id}"),
            Deed::Corrected => format!("corrected {id}"),
            Deed::Removed => format!("removed {id}"),
        });
        let deeds: Vec<String> = deeds.collect();
        let text = match deeds.is_empty() {
            true => "the platform has our webhook as it should be".into(),
            false => format!("the webhook is registered: {}", deeds.join(", ")),
        };
        tenant.say(Level::Info, text);
        tenant.troubles.end("registration");
        self.draft = Registering::new(Goal::Register);
        (self.stage, self.failures) = (Stage::Done, 0);
    }

    fn failed(&mut self, tenant: &mut Tenant, why: &Why, asked: Option<Span>, now: Now) {
        self.failures = self.failures.saturating_add(1);
        tenant.health.counters.registration_failures += 1;
        let wait = match self.failures < REGISTRATION_TRIES_MAX {
            true => backoff::wait(self.failures, asked, &mut tenant.rng),
            false => asked.unwrap_or(Span::ZERO).max(REGISTRATION_AGAIN_AFTER),
        };
        self.draft = Registering::new(Goal::Register);
        self.stage = Stage::Due(now.tick + wait);
        let mend = mend(why);
        let source = tenant.source.name.clone();
        let text = format!(
            "the webhook is not registered, and polling goes on: {why}. {mend}; `andon register \
             {source}` tries at once"
        );
        tenant.complain("registration", Level::Warn, text, now);
    }
}

/// Whose turn it is.
fn mend(why: &Why) -> &'static str {
    const AGAIN: &str = "It is tried again";
    if let Why::Link(_) = why {
        return AGAIN;
    }
    let Why::Vendor(VendorFault::Refused { status, .. }) = why else {
        return "Mend it, or take webhook_register out";
    };
    match status {
        401 | 403 => "Give the client the permission to manage webhooks, and its token the scope",
        429 | 500.. => AGAIN,
        _ => "Mend what the file says of it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::http::Method;
    use crate::poll::world::{GUIDE, Outcome, Vendor, World};
    use crate::poll::{Freshness, Hearing};

    fn world() -> World {
        World::that_registers(GUIDE, true, None, 1)
    }

    /// The seconds at which steps of a registration were asked for, since the last look.
    fn steps(world: &mut World) -> Vec<i64> {
        let asked = core::mem::take(&mut world.asked);
        let steps = asked.into_iter().filter(|(_, asked)| *asked == Asked::Webhook);
        steps.map(|(at, _)| at.0 / 1_000).collect()
    }

    fn refused(status: u16) -> impl FnMut(&Vendor, Asked) -> Outcome {
        move |vendor, asked| match asked {
            Asked::Webhook => Ok(Reply::empty(status)),
            Asked::Token | Asked::Data(_) => vendor.good(asked),
        }
    }

    /// The platform has our webhook.
    fn registered(vendor: &Vendor, asked: Asked) -> Outcome {
        match asked {
            Asked::Webhook => {
                assert_eq!(vendor.request.method, Method::Get);
                let body = r#"{"webhooks":[{"id":"w","name":"andon","enabled":true}]}"#;
                Ok(Reply::new(200, "application/json", body))
            }
            Asked::Token | Asked::Data(_) => vendor.good(asked),
        }
    }

    #[test]
    fn a_webhook_is_registered_once_the_token_is_there() {
        let mut world = world();
        let mut bodies = Vec::new();
        world.run(3_600, |vendor, asked| {
            if asked == Asked::Webhook {
                bodies.push(String::from_utf8(vendor.request.body.clone()).unwrap());
            }
            vendor.good(asked)
        });
        assert_eq!(steps(&mut world), [0, 0]);
        assert!(bodies[1].contains("https://gateway.example/ingest/cxone"), "{bodies:?}");
        assert_eq!(world.said(Level::Info, "the webhook is registered: created w1"), 1);
        assert_eq!(world.poll.health().registration, RegistrationState::Registered);
        assert_eq!(world.counters().registration_failures, 0);
        let mut unwanted = World::start(None, 1);
        unwanted.run(60, Vendor::good);
        assert_eq!(steps(&mut unwanted), [0; 0]);
    }

    #[test]
    fn a_registration_that_is_refused_is_tried_a_few_times_and_then_every_hour() {
        for status in [403, 503, 401] {
            let mut world = world();
            world.run(7_200, refused(status));
            let tries = steps(&mut world);
            assert_eq!(tries.len(), 6, "{status}: {tries:?}");
            assert!(tries[4] < 120 && tries[5] - tries[4] >= 3_600, "{status}: {tries:?}");
            assert_eq!(world.counters().registration_failures, 6);
            assert_eq!(world.poll.health().registration, RegistrationState::Failing);
            assert_eq!(world.poll.health().freshness, Freshness::Fresh, "polling goes on");
            let said = world.said(Level::Warn, "the webhook is not registered, and polling goes");
            assert!(said < 4, "{status}: {said}");
            world.run(10_900, Vendor::good);
            assert_eq!(steps(&mut world).len(), 2);
            assert_eq!(world.poll.health().registration, RegistrationState::Registered);
        }
    }

    #[test]
    fn a_silence_has_the_registration_looked_at_again() {
        let mut world = world();
        world.run(60, registered);
        assert_eq!(steps(&mut world), [0]);
        assert_eq!(world.said(Level::Info, "the platform has our webhook as it should be"), 1);
        world.poll.hear_webhooks(Hearing::Silence, &world.secrets, world.now);
        world.poll.hear_webhooks(Hearing::Silence, &world.secrets, world.now);
        world.run(600, Vendor::good);
        assert_eq!(steps(&mut world), [60, 60], "it was gone");
        world.poll.hear_webhooks(Hearing::AsUsual, &world.secrets, world.now);
        world.run(1_200, Vendor::good);
        assert_eq!(steps(&mut world), [0; 0]);
    }
}
