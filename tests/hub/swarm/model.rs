//! The reference: naive, with everything kept and every cycle looked at.
//!
//! It knows what really happened in the queues and when the hub could see it, and says what must
//! have been told and what must not. It decides nothing where the hub could not see.

use alloc::collections::{BTreeMap, BTreeSet};

use andon::ledger::{Remembered, restore};
use andon::model::alert::Phase;
use andon::model::notice::{AlertFacts, Notice, Reason, Subject};
use andon::model::rule::Priority;
use andon::model::time::Span;

use crate::queues::{CYCLE, Levels};
use crate::site::BEGIN;
use crate::swarm::plan::{PLATFORM, Plan};
use crate::swarm::run::Performed;
use crate::world::{minutes, seconds};

/// A rule as a person reads it.
struct Naive {
    metric: &'static str,
    priority: Priority,
    /// Value, threshold and margin, from the levels of the last minute, the newest last.
    numbers: fn(&[Levels]) -> (f64, f64, f64),
    above: bool,
}

/// In the order of [`crate::swarm::plan::RULES`].
const NAIVE: [Naive; 5] = [
    Naive {
        metric: "calls_waiting",
        priority: Priority::P1,
        numbers: |minute| (f64::from(minute[5].waiting), 15.0, 1.5),
        above: true,
    },
    Naive {
        metric: "longest_wait",
        priority: Priority::P2,
        numbers: |minute| {
            let threshold = f64::from(minute[5].agents * 20).max(120.0);
            (f64::from(minute[5].longest_wait), threshold, threshold / 10.0)
        },
        above: true,
    },
    Naive {
        metric: "abandoned_calls",
        priority: Priority::P1,
        numbers: |minute| (minute.iter().map(|levels| f64::from(levels.hang_ups)).sum(), 5.0, 1.0),
        above: true,
    },
    Naive {
        metric: "agents_available",
        priority: Priority::P3,
        numbers: |minute| (f64::from(minute[5].agents), 3.0, 1.0),
        above: false,
    },
    Naive {
        metric: "calls_waiting",
        priority: Priority::P2,
        numbers: |minute| (f64::from(minute[5].waiting), 5.0, 1.0),
        above: true,
    },
];

impl Naive {
    fn outranks(&self, other: &Self) -> bool {
        self.metric == other.metric && self.priority < other.priority
    }

    fn holds(&self, minute: &[Levels]) -> bool {
        let (value, threshold, _) = (self.numbers)(minute);
        if self.above { value >= threshold } else { value < threshold }
    }

    fn is_clear(&self, minute: &[Levels]) -> bool {
        let (value, threshold, margin) = (self.numbers)(minute);
        if self.above { value <= threshold - margin } else { value >= threshold + margin }
    }
}

/// Guide 2's five minutes, and time for a few polls.
const OWED_WITHIN: Span = Span::secs(300 + 60);
/// Guide 2's ten minutes, and time for a few polls.
const ESCALATED_WITHIN: Span = Span::secs(600 + 60);
/// After half an hour a breach speaks in the digest; some may be older than is seen here.
const DIGEST_AFTER: Span = minutes(28);
/// From a change in a queue to a sample of it.
const SEEN_WITHIN: Span = Span::secs(60);

/// What is wrong with what was told, a sentence each.
pub(crate) fn complaints(plan: &Plan, performed: &mut Performed) -> Vec<String> {
    let site = &performed.world.site;
    let remembered = restore(site.disk.rows(), &site.boot(), site.now()).unwrap();
    let notices = site.oracle.notices.clone();
    let mut complaints = at_the_end(plan, performed, &remembered, &notices);
    complaints.extend(ends_of_all(&notices));
    complaints.extend(first_breaches(&notices));
    for name in plan.names() {
        for (index, rule) in NAIVE.iter().enumerate() {
            complaints.extend(queue(&name, index, rule, performed, &notices));
        }
    }
    complaints
}

/// All is calm and everybody is back: nothing is open, nothing waits.
fn at_the_end(
    plan: &Plan,
    performed: &mut Performed,
    remembered: &Remembered,
    notices: &[(Span, Notice)],
) -> Vec<String> {
    let mut complaints = Vec::new();
    let open = remembered.alerts.iter().filter(|alert| alert.phase == Phase::Detected);
    complaints.extend(open.map(|alert| format!("{} is still open", alert.key)));
    let waiting = remembered.notices.iter();
    complaints.extend(waiting.map(|notice| format!("{} still waits", notice.number)));
    let dead: BTreeSet<u64> = remembered.dead_letters.iter().copied().collect();
    if !plan.acts.iter().any(|timed| timed.act.refuses()) {
        complaints.extend(dead.iter().map(|number| format!("{number} is a dead letter")));
    }
    let is_refused = |key: &str| {
        let about = |(_, notice): &&(Span, Notice)| {
            facts_of(notice).is_some_and(|facts| facts.key.as_str() == key)
        };
        notices.iter().filter(about).any(|(_, notice)| dead.contains(&notice.number))
    };
    let pagerduty = performed.world.pagerduty().itself();
    for incident in pagerduty.incidents() {
        let key = &incident.dedup_key;
        let resolved = incident.state == andon::demo::pagerduty::State::Resolved;
        if !resolved && !is_refused(key) {
            complaints.push(format!("the incident {key} is still open"));
        }
    }
    let heard = [performed.world.pagerduty().lines(), performed.world.slack().lines()].concat();
    let heard: BTreeSet<String> = heard.into_iter().map(|line| line.key).collect();
    let made: BTreeSet<&str> = notices.iter().map(|(_, notice)| &*notice.idempotency_key).collect();
    let unknown = heard.iter().filter(|key| !made.contains(key.as_str()));
    complaints.extend(unknown.map(|key| format!("nobody made a notice with the key {key}")));
    let lost = notices.iter().filter(|(_, notice)| {
        !dead.contains(&notice.number) && !heard.contains(&*notice.idempotency_key)
    });
    complaints.extend(lost.map(|(at, notice)| format!("lost, made at {}: {notice:?}", at.0)));
    complaints
}

/// Whoever was told of something was told of its end.
fn ends_of_all(notices: &[(Span, Notice)]) -> Vec<String> {
    let mut last = BTreeMap::new();
    for (_, notice) in notices {
        if let Some(facts) = facts_of(notice) {
            last.insert((facts.key.clone(), notice.target.clone()), notice.reason);
        }
    }
    let open = last.into_iter().filter(|(_, reason)| *reason != Reason::Recovered);
    open.map(|((key, target), _)| format!("{target} was not told of the end of {key}")).collect()
}

/// No episode begins twice.
fn first_breaches(notices: &[(Span, Notice)]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let first = notices.iter().filter(|(_, notice)| notice.reason == Reason::FirstBreach);
    let again = first.filter(|(_, notice)| {
        facts_of(notice).is_some_and(|facts| {
            let episode = (facts.key.clone(), facts.first_breach, facts.priority);
            !seen.insert((episode, notice.target.clone()))
        })
    });
    again.map(|(at, notice)| format!("begins twice, at {}: {notice:?}", at.0)).collect()
}

/// Everything about one rule and one queue.
fn queue(
    name: &str,
    index: usize,
    rule: &Naive,
    performed: &mut Performed,
    notices: &[(Span, Notice)],
) -> Vec<String> {
    let end = performed.world.site.elapsed;
    let queues = performed.world.site.network.platform(PLATFORM).queues.clone();
    let cells = end.0 / CYCLE.0;
    let at = |cell: i64| queues.levels_at(name, BEGIN + Span(cell * CYCLE.0));
    let levels: Vec<Levels> = (-5..cells).map(at).collect();
    let told: Vec<Told> = told_of(name, rule.metric, notices);
    let mut complaints = Vec::new();
    let mut walk = Walk::default();
    let mut ever = None;
    // A rule that leaves the file clears.
    let left = performed.rules.iter().filter(|(_, rules)| !rules.contains(&index));
    let mut clear: Vec<Span> = left.map(|(from, _)| *from).collect();
    for (cell, minute) in (0..).zip(levels.windows(6)) {
        let now = Span(cell * CYCLE.0);
        let in_force = performed.rules.iter().rev().find(|(from, _)| *from <= now);
        let asked = in_force.is_some_and(|(_, rules)| rules.contains(&index));
        let seen = !performed.unsettled.iter().any(|(from, to)| *from <= now && now < *to);
        if rule.holds(minute) && ever.is_none() {
            ever = Some(now);
        }
        if rule.is_clear(minute) {
            clear.push(now);
        }
        let owed = walk.step(now, asked && seen, rule.holds(minute), rule.is_clear(minute));
        if NAIVE.iter().any(|other| other.outranks(rule) && !other.is_clear(minute)) {
            walk.held_for = Span::ZERO;
        }
        for owed in owed {
            if !owed.is_met(rule.priority, &told) {
                complaints.push(format!("{name} {} {}: {owed:?}", rule.metric, rule.priority));
            }
        }
    }
    let early = told.iter().filter(|(made, reason, priority)| {
        *priority == rule.priority
            && *reason != Reason::Recovered
            && ever.is_none_or(|ever| *made < ever)
    });
    complaints.extend(early.map(|early| format!("{name} {} was fine: {early:?}", rule.metric)));
    let recovered = told.windows(2).filter(|pair| {
        let [(before, ..), (made, reason, priority)] = pair else { return false };
        let since = *before - SEEN_WITHIN;
        *reason == Reason::Recovered
            && *priority == rule.priority
            && !clear.iter().any(|clear| since <= *clear && *clear <= *made)
    });
    let early = |pair: &[Told]| format!("{name} {} had not cleared: {pair:?}", rule.metric);
    complaints.extend(recovered.map(early));
    complaints
}

/// When it was made, why, and how urgent it was.
type Told = (Span, Reason, Priority);

/// Through the cycles of one queue under one rule.
#[derive(Default)]
struct Walk {
    /// The earliest that the hub can take for the beginning.
    since: Option<Span>,
    clear_for: Span,
    held_for: Span,
    owed_for: Span,
}

/// Something that must have been told by now.
#[derive(Debug)]
enum Owed {
    /// A notice or, for what is old, a line in a digest.
    Word { from: Span, to: Span, old: bool },
    /// An escalation at some time of the breach.
    Escalation { from: Span, to: Span },
}

impl Walk {
    fn step(&mut self, now: Span, seen: bool, holds: bool, clear: bool) -> Vec<Owed> {
        let add =
            |span: &mut Span, goes_on| *span = if goes_on { *span + CYCLE } else { Span::ZERO };
        add(&mut self.clear_for, seen && clear);
        add(&mut self.held_for, seen && holds);
        add(&mut self.owed_for, seen && holds);
        if self.clear_for >= SEEN_WITHIN {
            self.since = None;
        }
        if holds && self.since.is_none() {
            self.since = Some(now);
        }
        let since = self.since.unwrap_or(now);
        let mut owed = Vec::new();
        if self.owed_for >= OWED_WITHIN {
            let from = now + CYCLE - self.owed_for;
            owed.push(Owed::Word { from, to: now + seconds(20), old: now - since >= DIGEST_AFTER });
            self.owed_for = Span::ZERO;
        }
        if self.held_for >= ESCALATED_WITHIN {
            owed.push(Owed::Escalation { from: since, to: now + seconds(20) });
            self.held_for = Span::ZERO;
        }
        owed
    }
}

impl Owed {
    fn is_met(&self, priority: Priority, told: &[Told]) -> bool {
        let spoke = |by: Priority| by <= priority;
        match self {
            Self::Word { from, to, old } => told.iter().any(|(made, reason, by)| {
                let digest = *reason == Reason::Digest;
                let in_time = *from <= *made && (*made <= *to || digest);
                let counts = if priority == Priority::P3 || *old { true } else { !digest };
                in_time && spoke(*by) && counts && *reason != Reason::Recovered
            }),
            Self::Escalation { from, to } => {
                let escalated = |(made, reason, by): &Told| {
                    *reason == Reason::Escalation && spoke(*by) && from <= made && made <= to
                };
                priority == Priority::P3 || told.iter().any(escalated)
            }
        }
    }
}

fn told_of(name: &str, metric: &str, notices: &[(Span, Notice)]) -> Vec<Told> {
    let is_about =
        |facts: &&AlertFacts| facts.entity.as_str() == name && facts.metric.short() == metric;
    let mut told = Vec::new();
    for (made, notice) in notices {
        let all: &[AlertFacts] = match &notice.subject {
            Subject::Alert(facts) => core::slice::from_ref(facts),
            Subject::Digest(lines) => lines,
        };
        let about = all.iter().filter(is_about);
        told.extend(about.map(|facts| (*made, notice.reason, facts.priority)));
    }
    told
}

fn facts_of(notice: &Notice) -> Option<&AlertFacts> {
    match &notice.subject {
        Subject::Alert(facts) => Some(facts),
        Subject::Digest(_) => None,
    }
}
