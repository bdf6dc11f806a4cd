//! The vocabulary of the stories: what happens, how time passes, and what people have heard.

use alloc::collections::BTreeMap;

use andon::demo::faults::Fault;
use andon::demo::pagerduty::PagerDuty;
use andon::event::{Event, Ticket};
use andon::model::http::Reply;
use andon::model::secret::{Secret, SecretRef};
use andon::model::time::{ClockTrust, Span};

use crate::heard::{self, Line};
use crate::network::{Arrival, Platform, Server, Way};
use crate::process::Process;
use crate::queues::Levels;
use crate::site::{BEGIN, Site};

/// A hub and everything around it.
pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) process: Option<Process>,
    start_at: Option<Span>,
    /// How much of what each target took the story has read.
    read: BTreeMap<String, usize>,
    pub(crate) asked: u64,
}

/// The service manager starts a hub that died after this time.
const RESTART_TAKES: Span = Span::secs(2);

/// A platform's trouble is over, and the hub has found back to its pace: the longest backoff, an
/// answer that is still waited for, and a bucket.
pub(crate) const SETTLES_WITHIN: Span = Span::secs(60 + 15 + 12);

/// `minutes(11)`
pub(crate) const fn minutes(minutes: i64) -> Span {
    Span::secs(minutes * 60)
}

/// `seconds(30)`
pub(crate) const fn seconds(seconds: i64) -> Span {
    Span::secs(seconds)
}

impl World {
    /// A hub with this config starts on a board that has just booted.
    pub(crate) fn start(config: &str) -> Self {
        Self::seeded(config, 1)
    }

    /// The same with other dice.
    pub(crate) fn seeded(config: &str, seed: u64) -> Self {
        Self::with(config, seed, |_| {})
    }

    /// The same where something is out of the ordinary before the start.
    pub(crate) fn with(config: &str, seed: u64, prepare: impl FnOnce(&mut Site)) -> Self {
        let mut site = Site::new(config, seed);
        prepare(&mut site);
        let mut world = Self::dead(site);
        world.start_hub();
        world
    }

    /// A site whose hub has just died.
    pub(crate) fn dead(site: Site) -> Self {
        Self { site, process: None, start_at: None, read: BTreeMap::new(), asked: 0 }
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, span: Span) {
        if span == Span::ZERO {
            return;
        }
        let end = self.site.elapsed + span;
        let (from, to) = (self.site.utc() + minutes(-3), self.site.utc() + span + minutes(1));
        self.site.network.play(from, to);
        loop {
            let own = self.process.as_ref().map(|process| process.next_moment(&self.site));
            let others = [self.site.network.next_arrival(), self.start_at];
            let next = others.into_iter().chain([own]).flatten().min();
            let Some(next) = next.filter(|next| *next < end) else { break };
            self.site.elapsed = next.max(self.site.elapsed);
            self.step();
        }
        self.site.elapsed = end;
    }

    fn step(&mut self) {
        if self.start_at.is_some_and(|start_at| start_at <= self.site.elapsed) {
            self.start_hub();
        }
        let site = &mut self.site;
        let arrivals = site.network.arrive(site.elapsed, site.utc());
        let Some(process) = &mut self.process else { return };
        let is_due = process.next_moment(site) <= site.elapsed;
        if !arrivals.is_empty() || is_due {
            let planted = site.planted;
            let event = |arrival: Arrival| {
                let Arrival { ticket, outcome, .. } = arrival;
                let outcome = match planted {
                    Some(planted) => planted.answer(ticket, outcome)?,
                    None => outcome,
                };
                Some(Event::Answered { ticket, outcome })
            };
            for Arrival { host, ticket, outcome } in &arrivals {
                if let (Ticket::Data(..), Ok(reply)) = (ticket, outcome)
                    && let Some(sights) = &mut site.sights
                {
                    sights.sees(site.elapsed, host, reply);
                }
            }
            process.turn(arrivals.into_iter().filter_map(event).collect(), site);
            if !process.is_saved()
                && let Some(sights) = &mut site.sights
            {
                sights.may_be_undone(site.elapsed);
            }
        }
    }

    /// The service manager tries again where the hub ends at once.
    fn start_hub(&mut self) {
        self.process = Process::start(&mut self.site);
        self.site.excuse_first_bucket();
        let again = self.site.elapsed + RESTART_TAKES;
        self.start_at = self.process.is_none().then_some(again);
    }

    /// A queue of the tenant, to say how it is from here on.
    pub(crate) fn queue(&mut self, name: &str) -> QueueNow<'_> {
        self.queue_at("https://cxone.test", name)
    }

    /// A queue of another tenant.
    pub(crate) fn queue_at(&mut self, host: &str, name: &str) -> QueueNow<'_> {
        QueueNow { site: &mut self.site, host: host.into(), name: name.into(), after: Span::ZERO }
    }

    /// The tenant that most stories have.
    pub(crate) fn cxone(&mut self) -> ServerNow<'_> {
        self.at("https://cxone.test")
    }

    /// The server at an address.
    pub(crate) fn at(&mut self, host: &str) -> ServerNow<'_> {
        ServerNow { site: &mut self.site, host: host.into(), read: &mut self.read }
    }

    /// The hub's process dies at this moment and is started again.
    pub(crate) fn kill(&mut self) {
        self.process = None;
        self.site.disk.process_dies();
        self.site.network.forget_the_hub();
        self.start_at = Some(self.site.elapsed + RESTART_TAKES);
    }

    /// The power goes, and comes back after a while.
    pub(crate) fn reboot(&mut self, away: Span) {
        self.kill();
        self.site.disk.power_goes(self.site.elapsed.0.unsigned_abs());
        self.start_at = None;
        self.pass(away);
        self.site.boot_again();
        self.start_at = Some(self.site.elapsed);
    }

    /// The operator drops another file; the hub is started again with it.
    pub(crate) fn reload(&mut self, config: &str) {
        self.site.config = config.to_owned();
        self.kill();
    }

    /// The operator replaces a secret for good: each later reading gives the new one.
    pub(crate) fn replace_secret(&mut self, name: &str, secret: &str) {
        self.site.secrets.put(SecretRef::Credential(name.into()), Secret::new(secret));
    }

    /// The board's wall clock is stepped by this much, and nothing keeps it.
    pub(crate) fn wall_clock_jumps(&mut self, by: Span) {
        self.site.board.wall_error = self.site.board.wall_error + by;
        self.site.board.trust = ClockTrust::Untrusted;
    }

    /// The disk refuses to be written, or takes writes again.
    pub(crate) fn disk_is_full(&mut self, is_full: bool) {
        self.site.disk.is_full = is_full;
    }

    /// What is written to the disk can be read again, and no sync of it succeeds, or does again.
    pub(crate) fn syncs_fail(&mut self, fail: bool) {
        self.site.disk.is_unsynced = fail;
    }

    /// The disk can neither be read nor written, or can again.
    pub(crate) fn disk_fails(&mut self, fails: bool) {
        self.site.disk.is_broken = fails;
    }

    /// Whether a line of the log holds this text.
    pub(crate) fn said(&self, text: &str) -> bool {
        self.site.said.iter().any(|line| line.contains(text))
    }

    /// Keeps the site as a power cut would leave it, at each turn from here on.
    pub(crate) fn collect_cuts(&mut self) {
        self.process.as_mut().unwrap().cuts = Some(Vec::new());
    }

    /// The collected sites.
    pub(crate) fn take_cuts(&mut self) -> Vec<Site> {
        self.process.as_mut().unwrap().cuts.take().unwrap()
    }
}

/// A queue, at a moment from which it is different.
pub(crate) struct QueueNow<'a> {
    site: &'a mut Site,
    host: String,
    name: String,
    after: Span,
}

impl QueueNow<'_> {
    /// Not at once, but after a while. Changes of one queue are told in their order.
    pub(crate) fn after(self, after: Span) -> Self {
        Self { after, ..self }
    }

    /// So many callers wait.
    pub(crate) fn waiting(self, waiting: u16) -> Self {
        self.change(|levels| levels.waiting = waiting)
    }

    /// One caller waits, and has for so many seconds.
    pub(crate) fn longest_wait(self, seconds: u16) -> Self {
        self.change(|levels| (levels.waiting, levels.longest_wait) = (1, seconds))
    }

    /// So many agents could take a call.
    pub(crate) fn agents(self, agents: u16) -> Self {
        self.change(|levels| levels.agents = agents)
    }

    /// So many agents are on a call.
    pub(crate) fn busy(self, busy: u16) -> Self {
        self.change(|levels| levels.busy = busy)
    }

    /// So many callers hang up within one cycle.
    pub(crate) fn hang_ups(self, count: u16) -> Self {
        let cycle = crate::queues::CYCLE;
        let at = self.after;
        let one = self.change(|levels| levels.hang_ups = count);
        let none = one.after(at + cycle).change(|levels| levels.hang_ups = 0);
        none.after(at)
    }

    fn change(self, change: impl FnOnce(&mut Levels)) -> Self {
        let now = self.site.utc() + self.after;
        // How it is when the story begins, it has been for a while.
        let at = if now == BEGIN { now + minutes(-10) } else { now };
        self.site.network.queues(&self.host).change(&self.name, at, change);
        self
    }
}

/// A server, at this moment.
pub(crate) struct ServerNow<'a> {
    site: &'a mut Site,
    host: String,
    read: &'a mut BTreeMap<String, usize>,
}

impl ServerNow<'_> {
    /// Something goes wrong with it for a while.
    pub(crate) fn suffers(self, fault: Fault, lasts: Span) -> Self {
        if let Fault::ClockSkew { offset_seconds } = fault {
            // What it told under one clock it tells again under the other.
            let offset = Span::secs(i64::from(offset_seconds)).abs();
            self.site.excuse_repeats(&self.host, lasts + offset + SETTLES_WITHIN);
        }
        if matches!(fault, Fault::Stale | Fault::Huge { .. }) {
            self.site.excuse_repeats(&self.host, lasts + SETTLES_WITHIN);
        }
        let until = self.site.utc() + lasts;
        self.site.network.server_mut(&self.host).faults().set(fault, until);
        self
    }

    /// Requests and answers together take so long.
    pub(crate) fn answers_after(self, latency: Span) -> Self {
        self.site.network.slow(&self.host, latency);
        self
    }

    /// Something is wrong with the way to it, or all is well again.
    pub(crate) fn way(self, way: Option<Way>) -> Self {
        self.site.network.way(&self.host, way);
        self
    }

    /// Bends every answer to a request for data, or stops to.
    pub(crate) fn twist(self, twist: Option<fn(&mut Reply)>) -> Self {
        self.site.network.platform(&self.host).twist = twist;
        self
    }

    /// What it took since it was last read is exactly this, each idempotency key once.
    #[track_caller]
    pub(crate) fn heard<const N: usize>(self, expected: [&str; N]) {
        let host = self.host.clone();
        assert_eq!(self.take(), expected, "at {host}");
    }

    /// What it took since it was last read, each idempotency key once.
    pub(crate) fn take(self) -> Vec<String> {
        let all = heard::once(self.lines());
        let read = self.read.insert(self.host, all.len()).unwrap_or(0);
        all.get(read..).unwrap_or_default().to_vec()
    }

    /// Everything that it took, the repetitions of a key included.
    pub(crate) fn lines(&self) -> Vec<Line> {
        match self.site.network.server(&self.host) {
            Server::PagerDuty(desk) => heard::by_pagerduty(&desk.events),
            Server::Slack(slack) => heard::by_slack(slack),
            Server::SlackApp(workspace) => heard::by_slack_app(workspace),
            Server::Webhook(receiver) => heard::by_webhook(receiver),
            Server::Strict(desk) => desk.lines.clone(),
            Server::Platform(_) | Server::Guide(_) | Server::Cmdb(_) | Server::ServiceNow(_) => {
                panic!("{} hears nothing", self.host)
            }
        }
    }

    /// The platform itself.
    pub(crate) fn platform(self) -> Platform {
        self.site.network.platform(&self.host).clone()
    }

    /// PagerDuty itself.
    pub(crate) fn itself(self) -> PagerDuty {
        let Server::PagerDuty(desk) = self.site.network.server(&self.host) else {
            panic!("{} is not PagerDuty", self.host)
        };
        desk.events.clone()
    }
}
