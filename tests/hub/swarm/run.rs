//! Performs a plan in the world and keeps what the reference model needs to judge it.

use andon::demo::faults::Fault;
use andon::model::http::Reply;
use andon::model::time::Span;
use serde_json::Value;

use crate::queues::Levels;
use crate::site::Site;
use crate::swarm::plan::{Act, CALM, Level, PLATFORM, Plan, Timed};
use crate::world::{World, seconds};

/// A plan that was performed.
pub(crate) struct Performed {
    pub(crate) world: World,
    /// Stretches in which the hub may not know how the queues are.
    pub(crate) unsettled: Vec<(Span, Span)>,
    /// The rules, and from when on.
    pub(crate) rules: Vec<(Span, Vec<usize>)>,
}

/// A beginning or an end, by the number of its act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Ends,
    Begins,
}

/// The world after the plan, and the calm after it.
pub(crate) fn perform(plan: &Plan, prepare: impl FnOnce(&mut Site)) -> Performed {
    let mut world = World::with(&plan.config(&plan.rules), plan.seed, prepare);
    for name in plan.names() {
        world.queue(&name).waiting(Level::Waiting.usual()).agents(Level::Agents.usual());
    }
    let rules = vec![(Span::ZERO, plan.rules.clone())];
    let mut performed = Performed { world, unsettled: Vec::new(), rules };
    let begins = plan.acts.iter().map(|timed| (timed.at, Edge::Begins, timed));
    let ends = plan.acts.iter().map(|timed| (timed.at + timed.lasts, Edge::Ends, timed));
    let mut edges: Vec<(Span, Edge, &Timed)> = begins.chain(ends).collect();
    edges.sort_by_key(|(at, edge, _)| (*at, *edge));
    for (at, edge, timed) in edges {
        let wait = at - performed.world.site.elapsed;
        performed.world.pass(wait.max(Span::ZERO));
        performed.edge(plan, edge, timed);
    }
    performed.world.pass(CALM);
    performed
}

impl Performed {
    fn edge(&mut self, plan: &Plan, edge: Edge, timed: &Timed) {
        let begins = edge == Edge::Begins;
        let now = self.world.site.elapsed;
        let lasts = timed.lasts;
        let world = &mut self.world;
        let recovery = match &timed.act {
            Act::Queue { queue, level, value } => {
                let value = if begins { *value } else { level.usual() };
                let name = plan.names().nth(*queue).unwrap();
                let utc = world.site.utc();
                let queues = &mut world.site.network.platform(PLATFORM).queues;
                queues.change(&name, utc, |levels| set(levels, *level, value));
                return;
            }
            Act::FirstQueueIsGone => {
                let twist: fn(&mut Reply) = without_the_first;
                world.cxone().twist(begins.then_some(twist));
                world.site.oracle.buckets_may_repeat = true;
                seconds(30)
            }
            Act::Suffers { host, fault } => {
                if begins {
                    world.at(host).suffers(fault.clone(), lasts);
                }
                if *host != PLATFORM {
                    return;
                }
                world.site.oracle.buckets_may_repeat = true;
                RECOVERY + asked_for(fault)
            }
            Act::Slow { host, latency } => {
                world.at(host).answers_after(if begins { *latency } else { Span::millis(200) });
                if *host != PLATFORM {
                    return;
                }
                world.site.oracle.buckets_may_repeat = true;
                world.site.oracle.buckets_lie_elsewhere = true;
                RECOVERY
            }
            Act::DiskFull => {
                world.disk_is_full(begins);
                seconds(20)
            }
            Act::Kill if begins => {
                world.kill();
                seconds(90)
            }
            Act::Reboot if begins => {
                world.reboot(lasts);
                seconds(90)
            }
            Act::Jump { by } => {
                // A start under a wrong clock asks by it, until the platform has said its time.
                world.site.oracle.buckets_may_repeat = true;
                world.wall_clock_jumps(if begins { *by } else { Span(-by.0) });
                seconds(90)
            }
            Act::Reload { rules } if begins => {
                world.reload(&plan.config(rules));
                self.rules.push((now, rules.clone()));
                seconds(90)
            }
            Act::Kill | Act::Reboot | Act::Reload { .. } => return,
        };
        self.unsettle(now, lasts, recovery);
    }

    fn unsettle(&mut self, from: Span, lasts: Span, recovery: Span) {
        self.unsettled.push((from, from + lasts + recovery));
    }
}

/// A platform's trouble is over, and the hub has found back to its pace.
const RECOVERY: Span = Span::secs(240);

/// The time that a fault asks for beyond its end.
fn asked_for(fault: &Fault) -> Span {
    let Fault::Throttle { retry_after_seconds } = fault else { return Span::ZERO };
    Span::secs(i64::from(*retry_after_seconds))
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
