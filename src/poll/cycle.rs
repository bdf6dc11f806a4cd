//! One bucket from plan to answer: the requests for it, their tries, and when it is given up.

use alloc::format;

use log::Level;

use crate::limits::POLL_TRIES_MAX;
use crate::model::answer::Bucket;
use crate::model::http::{LinkFault, Reply};
use crate::model::time::{Now, Span, Tick, Wake};
use crate::platform::{Asking, Extract, VendorFault, Window};
use crate::poll::freshness::Age;
use crate::poll::schedule::Arrival;
use crate::poll::{Asked, Breaker, Freshness, Poll, Remembered, Step, Why};
use crate::poll::{backoff, breaker, pace};

/// Where the polling of a source stands.
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
    /// Which of the definition's requests.
    request: u8,
    /// Tries of that request.
    pub(super) tries: u32,
    next_try: Tick,
    /// The next bucket is due then.
    over_at: Tick,
    is_under_way: bool,
}

impl Cycle {
    pub(super) fn is_under_way(&self, request: u8) -> bool {
        matches!(self, Self::Running(run) if run.is_under_way && run.request == request)
    }

    /// The clock moved: a plan that was made by the old one is void.
    pub(super) const fn replan(&mut self) {
        if let Self::Planned { .. } = self {
            *self = Self::Unplanned;
        }
    }

    /// `seen` is the moment at which the machine was last awake.
    pub(super) fn next_wake(&self, seen: Tick) -> Option<Wake> {
        match self {
            Self::Unplanned => None,
            Self::Planned { due, .. } => Some(Wake { at: *due, why: "poll" }),
            Self::Running(run) if run.is_under_way => None,
            // A try that was due and was not made waits for a token.
            Self::Running(run) if run.next_try <= seen => {
                Some(Wake { at: run.over_at, why: "poll given up" })
            }
            Self::Running(run) => Some(Wake { at: run.next_try, why: "poll again" }),
        }
    }
}

impl Poll {
    /// The length of the next bucket: the usual one, or the reduced rate's.
    pub(super) const fn interval(&self) -> Span {
        match self.breaker {
            Breaker::Closed { .. } => self.pace.interval(),
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => self.pace.reduced(),
        }
    }

    /// Makes the request that is due, if one is.
    pub(super) fn ask_for_data(&mut self, now: Now) {
        let Some(mut run) = self.current_run(now) else { return };
        if run.is_under_way || now.tick < run.next_try {
            return;
        }
        let Some(token) = self.tokens.secret() else {
            return self.stale(Why::NoToken(self.no_token.clone()), now);
        };
        let length = run.bucket.length;
        match self.definition.data_request(&self.source, run.request, token, length) {
            Ok(request) => {
                run.is_under_way = true;
                run.tries += 1;
                self.health.counters.polls += 1;
                self.health.counters.retries += u64::from(run.tries > 1);
                self.cycle = Cycle::Running(run);
                self.steps.push_back(Step::Ask { asked: Asked::Data(run.request), request });
            }
            Err(fault) => {
                self.stale(Why::Source(fault), now);
                self.give_up(now);
            }
        }
    }

    /// The cycle that is running at this moment, begun or given up where that is due.
    fn current_run(&mut self, now: Now) -> Option<Run> {
        if let Cycle::Running(run) = self.cycle {
            if run.is_under_way || now.tick < run.over_at {
                return Some(run);
            }
            self.give_up(now);
        }
        if let Cycle::Planned { bucket, due } = self.cycle
            && now.tick >= due + bucket.length
        {
            // The box slept over it.
            self.give_up(now);
        }
        if self.cycle == Cycle::Unplanned {
            self.plan(now);
        }
        let Cycle::Planned { bucket, due } = self.cycle else { return None };
        if now.tick < due {
            return None;
        }
        self.schedule.begin(bucket);
        let over_at = due + bucket.length;
        let run = Run { bucket, request: 0, tries: 0, next_try: due, over_at, is_under_way: false };
        self.cycle = Cycle::Running(run);
        Some(run)
    }

    fn plan(&mut self, now: Now) {
        let vendor_now = self.clock.utc(now);
        let forbidden = self.breaker.until().unwrap_or(now.tick).max(self.quiet_until);
        let earliest = vendor_now + Span((forbidden - now.tick).0.max(0));
        let bucket = self.schedule.next(self.interval(), earliest, vendor_now);
        let due = now.tick + (self.schedule.due(bucket) - vendor_now);
        self.cycle = Cycle::Planned { bucket, due };
    }

    fn give_up(&mut self, now: Now) {
        self.health.counters.buckets_given_up += 1;
        self.cycle = Cycle::Unplanned;
        if let Freshness::Stale { why, .. } = &self.health.freshness {
            let text = format!("a bucket is given up: {why}");
            self.steps.push_back(Step::Say { level: Level::Debug, text });
        }
        self.plan(now);
    }

    /// A request's outcome is settled, well or not: on to the next one for the bucket, if any.
    fn settle(&mut self, now: Now) {
        let Cycle::Running(mut run) = self.cycle else { return };
        run.request = run.request.saturating_add(1);
        if run.request < self.definition.requests() {
            (run.tries, run.next_try, run.is_under_way) = (0, now.tick, false);
            self.cycle = Cycle::Running(run);
        } else {
            self.cycle = Cycle::Unplanned;
        }
    }

    pub(super) fn data_answered(&mut self, index: u8, outcome: Result<Reply, LinkFault>, now: Now) {
        let Cycle::Running(run) = self.cycle else { return };
        let reply = match outcome {
            Ok(reply) => reply,
            Err(fault) => {
                self.health.counters.link_faults += 1;
                return self.try_again(run, Why::Link(fault), None, now);
            }
        };
        self.hear_quota(&reply);
        let asking = Asking {
            window: Window::Interval,
            length: run.bucket.length,
            vendor_now: self.clock.utc(now),
            bucket: None,
        };
        match self.definition.read_answer(index, &reply, &asking) {
            Ok(extract) => {
                self.hear_date(&reply, now);
                self.tokens.accepted();
                if self.breaker.good() == breaker::Turn::Closed {
                    self.say(Level::Info, "the platform takes requests again".into());
                }
                self.judge(index, extract, now);
                self.settle(now);
            }
            Err(fault) => self.refused(run, &reply, fault, now),
        }
    }

    fn refused(&mut self, run: Run, reply: &Reply, fault: VendorFault, now: Now) {
        let why = Why::Vendor(self.tokens.withhold(fault));
        let asked = backoff::retry_after(reply);
        if reply.status == 429 {
            return self.throttled(run, why, asked, now);
        }
        self.health.counters.vendor_faults += 1;
        self.breaker.other();
        match reply.status {
            401 => {
                self.steps.push_back(Step::RereadSecrets);
                let wait = self.tokens.refused(now.tick, &mut self.rng);
                self.try_again(run, why, Some(wait), now);
            }
            500.. => {
                self.quiet(asked, now);
                self.try_again(run, why, asked, now);
            }
            // Asking again would be answered the same until somebody mends it.
            _ => {
                self.stale(why, now);
                self.health.counters.buckets_given_up += 1;
                self.settle(now);
            }
        }
    }

    fn throttled(&mut self, run: Run, why: Why, asked: Option<Span>, now: Now) {
        self.health.counters.throttled += 1;
        self.quiet(asked, now);
        match self.breaker.refused(asked, now.tick, &mut self.rng) {
            breaker::Turn::Opened => {
                let pause = self.breaker.until().unwrap_or(now.tick) - now.tick;
                let text = format!("too many requests: polling pauses for {pause}");
                self.complain("breaker", Level::Warn, text, now);
                self.stale(why, now);
                self.give_up(now);
            }
            breaker::Turn::Same | breaker::Turn::Closed => self.try_again(run, why, asked, now),
        }
    }

    fn quiet(&mut self, asked: Option<Span>, now: Now) {
        let until = now.tick + asked.unwrap_or(Span::ZERO);
        self.quiet_until = self.quiet_until.max(until);
    }

    fn try_again(&mut self, mut run: Run, why: Why, asked: Option<Span>, now: Now) {
        let next_try = now.tick + backoff::wait(run.tries, asked, &mut self.rng);
        if run.tries >= POLL_TRIES_MAX || next_try >= run.over_at {
            self.stale(why, now);
            return self.give_up(now);
        }
        self.say(Level::Debug, format!("try {} failed: {why}", run.tries));
        (run.next_try, run.is_under_way) = (next_try, false);
        self.cycle = Cycle::Running(run);
    }

    fn hear_quota(&mut self, reply: &Reply) {
        let turn = self.pace.hear(self.definition.quota(reply));
        let every = self.pace.interval();
        match turn {
            pace::Turn::Same => {}
            pace::Turn::Slowed => {
                self.say(Level::Warn, format!("little quota is left: polling every {every}"));
            }
            pace::Turn::Restored => {
                self.say(Level::Info, format!("there is quota again: polling every {every}"));
            }
        }
    }

    /// Vendor time decides whether an answer is taken (guide 2, edge case 3).
    fn judge(&mut self, index: u8, extract: Extract, now: Now) {
        let answer = &extract.answer;
        let untimely = match self.clock.judge(answer.vendor_time, now) {
            Age::Young => None,
            Age::TooOld(age) => Some(Why::TooOld(age)),
            Age::FromTheFuture(ahead) => Some(Why::FromTheFuture(ahead)),
        };
        if let Some(why) = untimely {
            self.health.counters.answers_untimely += 1;
            return self.stale(why, now);
        }
        if let Some(bucket) = answer.bucket {
            match self.schedule.observe(index, bucket, self.clock.utc(now)) {
                Arrival::New => {}
                Arrival::Overlaps(_) => {
                    self.health.counters.answers_overlapping += 1;
                    return self.stale(Why::Overlap, now);
                }
            }
        }
        let end = answer.bucket.map(Bucket::end);
        self.fresh(&extract, now);
        self.steps.push_back(Step::Observed(extract.answer));
        let remember = |bucket_end| Step::Remember(Remembered { bucket_end });
        self.steps.extend(end.map(remember));
    }

    fn fresh(&mut self, extract: &Extract, now: Now) {
        let Extract { answer, cells_coerced, cells_refused } = extract;
        let counters = &mut self.health.counters;
        counters.answers += 1;
        counters.rows_refused += u64::from(answer.rows_refused);
        counters.cells_coerced += u64::from(*cells_coerced);
        counters.cells_refused += u64::from(*cells_refused);
        self.health.last_answer = Some(now.stamp());
        let freshness = core::mem::replace(&mut self.health.freshness, Freshness::Fresh);
        if let Freshness::Stale { since, .. } = freshness {
            // The next trouble is news again.
            self.said.clear();
            let age = now.tick - since.tick;
            let text = format!("fresh data after {age}: {} entities", answer.rows.len());
            self.say(Level::Info, text);
        }
        let (rows, cells) = (answer.rows_refused, *cells_refused);
        if rows > 0 || cells > 0 {
            let text = format!("{rows} rows and {cells} cells of the answer could not be read");
            self.complain("unread", Level::Warn, text, now);
        }
    }

    fn stale(&mut self, why: Why, now: Now) {
        self.complain(why.kind(), why.level(), format!("no fresh data: {why}"), now);
        let since = match &self.health.freshness {
            Freshness::Stale { since, .. } => *since,
            Freshness::Fresh => now.stamp(),
        };
        self.health.freshness = Freshness::Stale { since, why };
    }
}
