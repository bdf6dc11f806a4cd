//! Performs a plan in the world and keeps what the reference model needs to judge it.

use andon::demo::faults::Fault;
use andon::model::http::Reply;
use andon::model::time::{ClockTrust, Span, UtcMs};
use serde_json::Value;

use crate::network::Server;
use crate::queues::Levels;
use crate::sights::{Sight, Sights, What};
use crate::site::Site;
use crate::swarm::door::Attempt;
use crate::swarm::level::Level;
use crate::swarm::people::Muted;
use crate::swarm::plan::{Act, CALM, Config, PLATFORM, Plan, Timed};
use crate::world::{SETTLES_WITHIN, World, seconds};

/// A plan that was performed.
pub(crate) struct Performed {
    pub(crate) world: World,
    /// The configs, and from when on.
    pub(crate) configs: Vec<(Span, Config)>,
    /// When the box had no power, in the order of the beginnings.
    dark: Vec<(Span, Span)>,
    boots: Vec<Booted>,
    /// What senders tried.
    pub(super) attempts: Vec<Attempt>,
    /// When somebody has silenced a queue.
    pub(super) muted: Vec<Muted>,
    /// When the hub may be without answers of the platform, in the order of the beginnings.
    excused: Vec<(Span, Span)>,
}

/// The power came back.
struct Booted {
    /// The last commit before.
    known: Span,
    /// When it went, where the clock was right at the last commit.
    off: Option<Span>,
    on: Span,
}

/// A beginning or an end, by the number of its act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Ends,
    Begins,
}

/// The world after the plan, and the calm after it.
pub(crate) fn perform(plan: &Plan, prepare: impl FnOnce(&mut Site)) -> Performed {
    let mut world = World::with(&plan.text(&plan.config), plan.seed, |site| {
        site.sights = Some(Sights::default());
        prepare(site);
    });
    for name in plan.names() {
        world.queue(&name).waiting(Level::Waiting.usual()).agents(Level::Agents.usual());
    }
    let configs = vec![(Span::ZERO, plan.config.clone())];
    let (boots, dark, excused) = (Vec::new(), Vec::new(), Vec::new());
    let (attempts, muted) = (Vec::new(), Vec::new());
    let mut performed = Performed { world, configs, boots, dark, excused, attempts, muted };
    let begins = plan.acts.iter().map(|timed| (timed.at, Edge::Begins, timed));
    let ends = plan.acts.iter().map(|timed| (timed.at + timed.lasts, Edge::Ends, timed));
    let mut edges: Vec<(Span, Edge, &Timed)> = begins.chain(ends).collect();
    edges.sort_by_key(|(at, edge, _)| (*at, *edge));
    for (at, edge, timed) in edges {
        let wait = at - performed.world.site.elapsed;
        performed.world.pass(wait.max(Span::ZERO));
        performed.edge(plan, edge, timed);
    }
    performed.close_the_trunks(plan);
    performed.world.pass(CALM);
    performed.see_the_starts();
    performed
}

impl Performed {
    /// The file that a hub read which started at a moment.
    pub(crate) fn config_at(&self, at: Span) -> &Config {
        &self.configs.iter().rev().find(|(from, _)| *from <= at).unwrap().1
    }

    /// How much of a stretch is not excused.
    pub(crate) fn unexcused(&self, from: Span, to: Span) -> Span {
        outside(&self.excused, from, to)
    }

    /// From one moment to another without the time in which the box had no power: it cannot always
    /// tell how long that was.
    pub(crate) fn awake(&self, from: Span, to: Span) -> Span {
        outside(&self.dark, from, to)
    }

    /// The same without the time in which something was not seen for want of a link: its age stands
    /// still meanwhile.
    pub(crate) fn in_sight(&self, unseen: &[(Span, Span)], from: Span, to: Span) -> Span {
        let mut out: Vec<(Span, Span)> = self.dark.iter().chain(unseen).copied().collect();
        out.sort_unstable();
        outside(&out, from, to)
    }

    fn edge(&mut self, plan: &Plan, edge: Edge, timed: &Timed) {
        let begins = edge == Edge::Begins;
        let (now, lasts) = (self.world.site.elapsed, timed.lasts);
        let (known, was_trusted) = self.world.site.oracle.last_commit;
        let world = &mut self.world;
        match &timed.act {
            Act::Queue { queue, level, value } => {
                let value = if begins { *value } else { level.usual() };
                let name = plan.names().nth(*queue).unwrap();
                let utc = world.site.utc();
                let queues = &mut world.site.network.platform(PLATFORM).queues;
                queues.change(&name, utc, |levels| set(levels, *level, value));
            }
            Act::FirstQueueIsGone => {
                let twist: fn(&mut Reply) = without_the_first;
                world.cxone().twist(begins.then_some(twist));
            }
            Act::Garbled => {
                let twist: fn(&mut Reply) = half_of_it;
                world.cxone().twist(begins.then_some(twist));
                self.platform_is_unwell(PLATFORM, lasts);
            }
            Act::Suffers { host, fault } if begins => {
                world.at(host).suffers(fault.clone(), lasts);
                self.platform_is_unwell(host, lasts + asked_for(fault));
            }
            Act::Lost { hosts, way } => {
                for host in hosts.iter().filter(|host| plan.has(host)) {
                    self.world.at(host).way(begins.then_some(*way));
                    self.platform_is_unwell(host, if begins { lasts } else { Span::ZERO });
                }
            }
            Act::Slow { host, latency } => {
                world.at(host).answers_after(if begins { *latency } else { Span::millis(200) });
                self.platform_is_unwell(host, lasts);
            }
            Act::DiskFull => world.disk_is_full(begins),
            Act::Kill if begins => world.kill(),
            Act::Reboot if begins => {
                world.reboot(lasts);
                self.was_dark(known, was_trusted.then_some(now));
            }
            Act::Jump { by } => {
                // Another act may have set the clock meanwhile: in the end it is right.
                let error = world.site.board.wall_error.0;
                world.wall_clock_jumps(if begins { *by } else { Span(-error) });
            }
            Act::In1970 if begins => {
                world.site.board.trust = ClockTrust::Untrusted;
                world.reboot(seconds(30));
                world.site.board.wall_error = UtcMs(0) - world.site.utc();
                self.was_dark(known, None);
            }
            Act::In1970 => {
                world.site.board.wall_error = Span::ZERO;
                world.site.board.trust = ClockTrust::Ntp;
            }
            Act::Reload { config } if begins => {
                world.reload(&plan.text(config));
                self.configs.push((now, config.clone()));
            }
            Act::Asks { path } if begins => world.look(path),
            Act::Works { work } if begins => self.muted.extend(work.perform(world)),
            Act::Pushes { parcel } if begins => self.push(parcel),
            Act::Suffers { .. }
            | Act::Kill
            | Act::Reboot
            | Act::Reload { .. }
            | Act::Asks { .. }
            | Act::Works { .. }
            | Act::Pushes { .. } => {}
        }
    }

    /// The box is on again. It was off since a moment if its clock can tell, and if not, it knows
    /// nothing since the last commit.
    fn was_dark(&mut self, known: Span, off: Option<Span>) {
        self.boots.push(Booted { known, off, on: self.world.site.elapsed });
    }

    /// A box whose ledger cannot be opened is as dark as one without power. Whether the clock can
    /// tell for how long is seen when the hub starts.
    fn see_the_starts(&mut self) {
        let sights = &self.world.site.sights.as_ref().unwrap().all;
        let start = |sight: &Sight| {
            let What::Start(trust) = sight.what else { return None };
            Some((sight.at, trust))
        };
        let dark = |Booted { known, off, on }: &Booted| {
            let (at, trust) = sights.iter().filter_map(start).find(|(at, _)| at >= on)?;
            let can_tell = trust == ClockTrust::Ntp;
            Some((off.filter(|_| can_tell).unwrap_or(*known), at))
        };
        self.dark = self.boots.iter().filter_map(dark).collect();
    }

    fn platform_is_unwell(&mut self, host: &str, lasts: Span) {
        if let Server::Platform(_) = self.world.site.network.server(host) {
            self.world.site.excuse_repeats(host, lasts + SETTLES_WITHIN);
        }
        if host == PLATFORM {
            self.excuse(self.world.site.elapsed, lasts + SETTLES_WITHIN);
        }
    }

    fn excuse(&mut self, from: Span, lasts: Span) {
        self.excused.push((from, from + lasts));
    }
}

/// How much of a stretch lies in none of these, which are in the order of their beginnings.
fn outside(these: &[(Span, Span)], from: Span, to: Span) -> Span {
    let (mut left, mut at) = (Span::ZERO, from);
    for (begin, end) in these.iter().copied() {
        left = left + (begin.min(to) - at).max(Span::ZERO);
        at = at.max(end);
    }
    left + (to - at).max(Span::ZERO)
}

/// The time that a fault asks for beyond its end, and three buckets at the reduced rate.
fn asked_for(fault: &Fault) -> Span {
    let Fault::Throttle { retry_after_seconds } = fault else { return Span::ZERO };
    Span::secs(i64::from(*retry_after_seconds) + 3 * 16)
}

fn set(levels: &mut Levels, level: Level, value: u16) {
    match level {
        Level::Waiting => levels.waiting = value,
        Level::LongestWait => levels.longest_wait = value,
        Level::Agents => levels.agents = value,
        Level::HangUps => levels.hang_ups = value,
    }
}

fn without_the_first(reply: &mut Reply) {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&reply.body) else { return };
    if let Some(queues) = answer["queues"].as_array_mut().filter(|queues| !queues.is_empty()) {
        queues.remove(0);
        reply.body = serde_json::to_vec(&answer).unwrap();
    }
}

fn half_of_it(reply: &mut Reply) {
    let half = reply.body.len() / 2;
    reply.body.truncate(half);
}
