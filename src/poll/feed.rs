//! One request of a definition, bucket after bucket: its tries, and when a bucket is given up.
//!
//! Feeds of one source keep their own pace and their own trouble: a report that fails every five
//! minutes does not make the numbers of every ten seconds old.

use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use log::Level;

use crate::limits::DATA_REQUESTS_AT_ONCE_MAX;
use crate::model::answer::{Answer, Bucket};
use crate::model::http::{LinkFault, Reply};
use crate::model::secret::Secrets;
use crate::model::time::{Now, Span, Stamp, Tick, UtcMs, Wake};
use crate::platform::{About, Exchange, Gives, Held, Lists, Named, Part, Window};
use crate::poll::pace::Pace;
use crate::poll::schedule::Schedule;
use crate::poll::tenant::{LookUps, Tenant, Troubles, Worth};
use crate::poll::{Asked, Breaker, Freshness, Hearing, Step, Why};
use crate::poll::{breaker, pace};

/// Until the first answer, what is asked for seldom is asked for this often.
const FIRST_ANSWER_WITHIN: Span = Span::secs(60);

/// One request of a source's definition.
#[derive(Debug)]
pub(super) struct Feed {
    /// Its number in the definition.
    pub(super) index: u8,
    pub(super) cycle: Cycle,
    pub(super) schedule: Schedule,
    pace: Pace,
    pub(super) freshness: Freshness,
    pub(super) last_answer: Option<Stamp>,
    pub(super) troubles: Troubles,
    /// Of the bucket that is running.
    pub(super) gathered: Option<Gathered>,
    /// What the next request for changes begins with, and what it changes.
    pub(super) since: Option<Box<str>>,
    pub(super) last: Option<Answer>,
    /// What the platform said last of what it may leave out.
    pub(super) held: Held,
}

/// What the exchanges of one bucket gave so far, and the one that is under way.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) exchange: Exchange,
    /// What look-ups had found when the bucket began: it is asked for by these to its end.
    pub(super) lists: Rc<Lists>,
    pub(super) url: String,
    pub(super) parts: Vec<Part>,
    pub(super) named: Vec<Named>,
    /// What the next request for changes begins with, once this answer is whole.
    pub(super) since: Option<Box<str>>,
}

/// Where the polling of a feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cycle {
    /// The next bucket has to be chosen.
    Unplanned,
    /// The bucket is asked for at `due`.
    Planned { bucket: Bucket, due: Tick },
    /// The bucket is being asked for.
    Running(Run),
}

/// A cycle under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    bucket: Bucket,
    pub(super) tries: u32,
    pub(super) next_try: Tick,
    /// The next bucket is due then.
    pub(super) over_at: Tick,
    pub(super) is_under_way: bool,
    /// The token that the newest try was made with.
    pub(super) token: u32,
    /// Whether that is one that was given, and not a mere place for secrets of the operator's.
    pub(super) shows_token: bool,
}

impl Gathered {
    fn of(exchange: Exchange, tenant: &Tenant) -> Self {
        Self {
            exchange,
            lists: Rc::clone(&tenant.lists),
            url: String::new(),
            parts: Vec::new(),
            named: Vec::new(),
            since: None,
        }
    }

    /// Whom and what the bucket is about.
    pub(super) fn about<'a>(&'a self, tenant: &'a Tenant) -> About<'a> {
        About { lists: &self.lists, ..tenant.about() }
    }
}

impl Feed {
    /// A feed that has asked for nothing yet.
    pub(super) fn new(index: u8, tenant: &Tenant, remembered: Option<UtcMs>, now: Now) -> Self {
        let definition = &tenant.definition;
        // Nothing of a moment is counted twice.
        let remembered = remembered.filter(|_| definition.window(index) == Window::Interval);
        Self {
            index,
            cycle: Cycle::Unplanned,
            schedule: Schedule::new(definition.offset(index), remembered),
            pace: Pace::new(definition.interval(index)),
            freshness: Freshness::Stale { since: now.stamp(), why: Why::NotYet },
            last_answer: None,
            troubles: Troubles::default(),
            gathered: None,
            since: None,
            last: None,
            held: Held::default(),
        }
    }

    /// The end of the last observed bucket.
    pub(super) const fn observed_until(&self) -> UtcMs {
        self.schedule.observed_until()
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.cycle, Cycle::Running(run) if run.is_under_way)
    }

    /// The clock moved: a plan that was made by the old one is void.
    pub(super) fn replan(&mut self) {
        let is_void = match self.cycle {
            Cycle::Unplanned => false,
            Cycle::Planned { .. } => true,
            // It was due by the old clock, and the token came too late.
            Cycle::Running(run) => run.tries == 0,
        };
        if is_void {
            self.cycle = Cycle::Unplanned;
        }
    }

    /// `seen` is the moment at which the machine was last awake.
    pub(super) fn next_wake(&self, seen: Tick) -> Option<Wake> {
        match self.cycle {
            Cycle::Unplanned => None,
            Cycle::Planned { due, .. } => Some(Wake { at: due, why: "poll" }),
            Cycle::Running(run) if run.is_under_way => None,
            // A try that was due and was not made waits for a token.
            Cycle::Running(run) if run.next_try <= seen => {
                Some(Wake { at: run.over_at, why: "poll given up" })
            }
            Cycle::Running(run) => Some(Wake { at: run.next_try, why: "poll again" }),
        }
    }

    /// The length of the next bucket: the usual one, a shorter one while webhooks are silent, or
    /// that of the reduced rate.
    pub(super) fn interval(&self, tenant: &Tenant) -> Span {
        let usual = match tenant.hearing {
            Hearing::AsUsual => tenant.definition.interval(self.index),
            Hearing::Silence => tenant.definition.fallback_interval(self.index),
        };
        match tenant.breaker {
            Breaker::Closed { .. } => self.pace.interval(usual),
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => self.pace.reduced(),
        }
    }

    /// Makes the request that is due, if one is.
    pub(super) fn ask(&mut self, tenant: &mut Tenant, secrets: &Secrets, now: Now) {
        self.keep_quiet(tenant, now);
        let Some(mut run) = self.current_run(tenant, now) else { return };
        if run.is_under_way || now.tick < run.next_try {
            return;
        }
        if tenant.under_way >= DATA_REQUESTS_AT_ONCE_MAX {
            return;
        }
        let Some(session) = tenant.tokens.session() else {
            // The first token is on its way: that is no trouble.
            if tenant.no_token.is_some() || tenant.health.counters.tokens > 0 {
                self.stale(tenant, Why::NoToken(tenant.no_token.clone()), now);
            }
            return;
        };
        let shows_token = !session.token.expose().is_empty();
        let missing = tenant.definition.missing_list(tenant.about(), self.index);
        if let Some(list) = missing.map(Box::<str>::from) {
            // While a look-up is on its way this waits, too.
            let is_coming = !tenant.lists.contains_key(&list)
                && tenant.definition.looks_up(&list)
                && tenant.look_ups == LookUps::Well;
            if !is_coming {
                self.stale(tenant, Why::NothingToAskFor { list }, now);
            }
            return;
        }
        let mut gathered = self.gathered.take().unwrap_or_else(|| {
            let (since, utc) = (self.since.clone(), tenant.clock.utc(now));
            let definition = &tenant.definition;
            let exchange = definition.first_exchange(self.index, run.bucket, since, utc);
            Gathered::of(exchange, tenant)
        });
        gathered.exchange.utc = tenant.clock.utc(now);
        let made = tenant.definition.data_request(
            gathered.about(tenant),
            secrets,
            session,
            self.index,
            &gathered.exchange,
        );
        match made {
            Ok(request) => {
                self.schedule.begin(run.bucket);
                run.is_under_way = true;
                tenant.under_way += 1;
                run.tries += 1;
                run.token = tenant.tokens.number();
                run.shows_token = shows_token;
                tenant.health.counters.token_uses += u64::from(shows_token);
                tenant.health.counters.polls += 1;
                tenant.health.counters.retries += u64::from(run.tries > 1);
                self.cycle = Cycle::Running(run);
                gathered.url.clone_from(&request.url);
                self.gathered = Some(gathered);
                let asked = Asked::Data(self.index);
                tenant.steps.push_back(Step::Ask { asked, request });
            }
            Err(fault) => {
                tenant.steps.push_back(Step::RereadSecrets);
                self.stale(tenant, Why::Source(fault), now);
                self.give_up(tenant, now);
            }
        }
    }

    /// What another feed was told binds this one: an open breaker, a `Retry-After`.
    fn keep_quiet(&mut self, tenant: &mut Tenant, now: Now) {
        let until = tenant.forbidden_until(now);
        if until <= now.tick {
            return;
        }
        match &mut self.cycle {
            Cycle::Planned { due, .. } if *due < until => self.cycle = Cycle::Unplanned,
            Cycle::Running(run) if !run.is_under_way && run.next_try < until => {
                run.next_try = until;
                if until >= run.over_at {
                    self.give_up(tenant, now);
                }
            }
            Cycle::Unplanned | Cycle::Planned { .. } | Cycle::Running(_) => {}
        }
    }

    /// The cycle that is running at this moment, begun or given up where that is due.
    fn current_run(&mut self, tenant: &mut Tenant, now: Now) -> Option<Run> {
        if let Cycle::Running(run) = self.cycle {
            if run.is_under_way || now.tick < run.over_at {
                return Some(run);
            }
            self.give_up(tenant, now);
        }
        if let Cycle::Planned { bucket, due } = self.cycle
            && now.tick >= due + bucket.length
        {
            // The box slept over it.
            self.give_up(tenant, now);
        }
        if self.cycle == Cycle::Unplanned {
            self.plan(tenant, now);
        }
        let Cycle::Planned { bucket, due } = self.cycle else { return None };
        if now.tick < due {
            return None;
        }
        self.gathered = None;
        let over_at = due + bucket.length;
        let run = Run {
            bucket,
            tries: 0,
            next_try: due,
            over_at,
            is_under_way: false,
            token: 0,
            shows_token: false,
        };
        self.cycle = Cycle::Running(run);
        Some(run)
    }

    pub(super) fn plan(&mut self, tenant: &Tenant, now: Now) {
        let vendor_now = tenant.clock.utc(now);
        let forbidden = tenant.forbidden_until(now);
        let earliest = vendor_now + Span((forbidden - now.tick).0.max(0));
        let mut length = self.interval(tenant);
        let counts_events = tenant.definition.window(self.index) == Window::Interval;
        if self.last_answer.is_none() && !counts_events {
            // What is of this moment need not wait for the end of a bucket, nor long for its next
            // try: names are asked for every hour, and data waits for them.
            length = length.min(FIRST_ANSWER_WITHIN);
            if self.schedule.has_asked_nothing() {
                let bucket = Bucket { start: earliest + Span(-length.0), length };
                self.cycle = Cycle::Planned { bucket, due: forbidden };
                return;
            }
        }
        let next = if counts_events { Schedule::next } else { Schedule::next_moment };
        let bucket = next(&self.schedule, length, earliest, vendor_now);
        let due = now.tick + (self.schedule.due(bucket) - vendor_now);
        self.cycle = Cycle::Planned { bucket, due };
    }

    /// What came of the request that is under way.
    pub(super) fn answered(
        &mut self,
        tenant: &mut Tenant,
        outcome: Result<Reply, LinkFault>,
        now: Now,
    ) {
        let Cycle::Running(run) = self.cycle else { return };
        self.tell_use(tenant, run, &outcome);
        let reply = match outcome {
            Ok(reply) => reply,
            Err(fault) => {
                tenant.health.counters.link_faults += 1;
                return self.try_again(tenant, run, Why::Link(fault), None, now);
            }
        };
        self.hear_quota(tenant, &reply);
        match self.take(tenant, &reply, now) {
            Ok(taken) => {
                tenant.hear_date(&reply, now);
                tenant.tokens.accepted();
                if tenant.breaker.good() == breaker::Turn::Closed {
                    tenant.say(Level::Info, "the platform takes requests again".into());
                }
                self.go_on(tenant, run, taken, now);
            }
            Err(fault) => self.refused(tenant, run, &reply, fault, now),
        }
    }

    fn hear_quota(&mut self, tenant: &mut Tenant, reply: &Reply) {
        let turn = self.pace.hear(tenant.definition.quota(reply));
        let every = self.interval(tenant);
        match turn {
            pace::Turn::Same => {}
            pace::Turn::Slowed => {
                let text = format!("little quota is left: polling every {every}");
                self.say(tenant, Level::Warn, text);
            }
            pace::Turn::Restored => {
                let text = format!("there is quota again: polling every {every}");
                self.say(tenant, Level::Info, text);
            }
        }
    }

    pub(super) fn stale(&mut self, tenant: &mut Tenant, why: Why, now: Now) {
        self.complain(tenant, why.kind(), why.level(), format!("no fresh data: {why}"), now);
        if let Gives::Names(_) = tenant.definition.gives(self.index) {
            tenant.look_ups = LookUps::Failing;
        }
        let since = match &self.freshness {
            Freshness::Stale { since, .. } => *since,
            Freshness::Fresh => now.stamp(),
        };
        self.freshness = Freshness::Stale { since, why };
    }

    pub(super) fn complain(
        &mut self,
        tenant: &mut Tenant,
        kind: &'static str,
        level: Level,
        text: String,
        now: Now,
    ) {
        if self.troubles.arise(kind, now.tick) == Worth::News {
            self.say(tenant, level, text);
        }
    }

    /// Says something about this feed, by its name where the source has several.
    pub(super) fn say(&self, tenant: &mut Tenant, level: Level, text: String) {
        let text = match tenant.definition.request_name(self.index) {
            Some(name) if tenant.definition.requests() > 1 => format!("{name}: {text}"),
            Some(_) | None => text,
        };
        tenant.say(level, text);
    }
}
