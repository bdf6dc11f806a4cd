//! The reference: naive, with everything kept. It walks through what the hub saw of a queue and
//! says what had to be told at each sight, and what might be told.
//!
//! What is sure and what is possible are kept apart. Whether an answer that the platform garbled or
//! that came with a full disk counts, the model does not decide: it asks for nothing because of it,
//! and forgives what may come of it. Everything else is judged to the very turn.

use alloc::collections::BTreeMap;

use andon::model::notice::{AlertFacts, Notice, Reason, Subject};
use andon::model::rule::Priority;
use andon::model::time::Span;

use crate::sights::{Answer, Sight, Taken, What};
use crate::swarm::plan::{Config, PLATFORM, Plan};
use crate::swarm::run::Performed;

/// A rule as a person reads it.
struct Rule {
    metric: &'static str,
    priority: Priority,
    above: bool,
    /// As written, and in a file that is edited.
    thresholds: [f64; 2],
    /// The threshold grows with the agents.
    per_agent: f64,
    least_margin: f64,
}

/// In the order of [`crate::swarm::plan::RULES`].
const RULES: [Rule; 5] = [
    rule("calls_waiting", Priority::P1, [15.0, 22.0], 1.0),
    Rule { per_agent: 20.0, ..rule("longest_wait", Priority::P2, [120.0, 150.0], 5.0) },
    rule("abandoned_calls", Priority::P1, [5.0, 8.0], 1.0),
    Rule { above: false, ..rule("agents_available", Priority::P3, [3.0, 2.0], 1.0) },
    rule("calls_waiting", Priority::P2, [5.0, 8.0], 1.0),
];

const fn rule(
    metric: &'static str,
    priority: Priority,
    thresholds: [f64; 2],
    least_margin: f64,
) -> Rule {
    Rule { metric, priority, above: true, thresholds, per_agent: 0.0, least_margin }
}

/// Guide 2's `cooldown_seconds`.
const COOLDOWN: Span = Span::secs(300);
/// Guide 2's `escalation_threshold_seconds`.
const ESCALATION: Span = Span::secs(600);
/// Guide 2, edge case 2: a breach this old speaks in the digest.
const OLD: Span = Span::secs(1_800);
/// A line waits for its digest so long, and a moment.
const DIGEST: Span = Span::secs(1_800 + 20);
/// The minute of a rate.
const MINUTE: Span = Span::secs(60);
/// That minute at the reduced rate, whose buckets lie on a grid of their own.
const SLOW_MINUTE: Span = Span::secs(75);

/// What an answer says of a rule.
#[derive(Debug, Clone, Copy, Default)]
struct Verdict {
    holds: bool,
    may_hold: bool,
    clears: bool,
    may_clear: bool,
    /// It surely holds, or is surely between the threshold and the margin.
    lasts: bool,
}

/// What is known of a rule at a queue: on which sides it may be.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    may_hold: bool,
    is_sure: bool,
    /// The newest sight is one to speak of.
    lasts: bool,
    /// The earliest and the latest that it can have begun.
    begun: Option<Span>,
    surely_begun: Option<Span>,
    /// For how many sights in a row it had the word.
    spoke: u32,
}

/// A notice about a queue: when it was made, why, how urgent, and whether it says that all is over.
type Told = (Span, Reason, Priority, bool);

/// What is wrong with what was told, a sentence each.
pub(crate) fn complaints(plan: &Plan, performed: &Performed) -> Vec<String> {
    let mut complaints = Vec::new();
    for queue in plan.names() {
        for metric in ["calls_waiting", "longest_wait", "abandoned_calls", "agents_available"] {
            let told = told_of(&queue, metric, &performed.world.site.oracle.notices);
            let walk = Walk { queue: &queue, metric, performed, told: &told };
            let wrong = walk.complaints();
            complaints.extend(wrong.into_iter().map(|why| format!("{queue} {metric} {why}")));
        }
    }
    complaints
}

/// Through everything that the hub saw of one metric of one queue.
struct Walk<'a> {
    queue: &'a str,
    metric: &'static str,
    performed: &'a Performed,
    told: &'a [Told],
}

impl Walk<'_> {
    fn complaints(&self) -> Vec<String> {
        let sights = &self.performed.world.site.sights.as_ref().unwrap().all;
        let mut wrong = Vec::new();
        let mut sides = [Side::default(); RULES.len()];
        let mut config = self.performed.configs[0].1.clone();
        let mut past: Vec<&Answer> = Vec::new();
        let mut episode = None;
        let mut told = self.told.iter().peekable();
        for (index, Sight { at, what }) in sights.iter().enumerate() {
            while let Some(early) = told.next_if(|(made, ..)| made < at) {
                wrong.extend(self.must_not(early, *at, &sides, &config));
            }
            match what {
                What::Start => {
                    config = self.performed.config_at(*at).clone();
                    past.clear();
                    for side in self.gone(&config) {
                        (sides[side].is_sure, sides[side].surely_begun) = (false, None);
                    }
                }
                What::Answer(answer) if answer.host == PLATFORM => {
                    // A clock that goes back unsays what it told of a time to come.
                    if answer.taken == Taken::Surely {
                        past.retain(|before| before.end <= answer.start);
                    }
                    past.push(answer);
                    self.gone(&config).for_each(|rule| sides[rule] = Side::default());
                    for rule in self.rules(&config) {
                        let verdict = self.judge(&RULES[rule], &config, &past);
                        sides[rule].turn(verdict, *at);
                    }
                }
                What::Answer(_) => continue,
            }
            let may_hold = self.rules(&config).any(|rule| sides[rule].may_hold);
            episode = may_hold.then(|| episode.unwrap_or(*at));
            while let Some(now) = told.next_if(|(made, ..)| made == at) {
                wrong.extend(self.must_not(now, *at, &sides, &config));
            }
            if let What::Answer(Answer { taken: Taken::Surely, numbers, .. }) = what
                && numbers.get(self.queue).is_some_and(|row| row.contains_key(self.metric))
            {
                let rest = &sights[index..];
                wrong.extend(self.must(rest, &mut sides, &config, episode));
            }
        }
        wrong
    }

    /// Who has to have been told by this sight.
    fn must(
        &self,
        rest: &[Sight],
        sides: &mut [Side; RULES.len()],
        config: &Config,
        episode: Option<Span>,
    ) -> Vec<String> {
        let at = rest[0].at;
        let mut wrong = Vec::new();
        let mut is_outranked = false;
        let mut rules: Vec<usize> = self.rules(config).collect();
        rules.sort_by_key(|rule| RULES[*rule].priority);
        for rule in rules {
            let (side, priority) = (&mut sides[rule], RULES[rule].priority);
            let has_word = side.is_sure && side.lasts && !is_outranked;
            is_outranked |= side.may_hold;
            side.spoke = if has_word { side.spoke + 1 } else { 0 };
            if !has_word {
                continue;
            }
            let is_word = |(made, reason, by, _): &Told| {
                *by == priority && *reason != Reason::Recovered && *made <= at
            };
            let in_time = |told: &Told| self.awake(told.0, at) < COOLDOWN;
            let is_told = self.told.iter().any(|told| is_word(told) && in_time(told));
            let is_old = side.begun.is_some_and(|begun| at - begun >= OLD);
            let digests = priority == Priority::P3;
            if (digests || is_old && !is_told) && !self.is_in_digest(rest) {
                wrong.push(format!("{priority} is in no digest, at {}", at.0));
            } else if !digests && !is_old && !is_told {
                wrong.push(format!("{priority} was not told, at {}", at.0));
            }
            let is_due = side.surely_begun.is_some_and(|begun| self.awake(begun, at) >= ESCALATION);
            let escalated = self.told.iter().any(|(made, reason, by, _)| {
                *reason == Reason::Escalation && *by == priority && Some(*made) >= episode
            });
            // Where it had not been told at all, that comes first.
            if is_due && side.spoke > 1 && !digests && !escalated {
                wrong.push(format!("{priority} was not escalated, at {}", at.0));
            }
        }
        wrong
    }

    /// The digest comes in time, or as soon as the hub can see again.
    fn is_in_digest(&self, rest: &[Sight]) -> bool {
        let at = rest[0].at;
        let is_due = |sight: &&Sight| {
            let What::Answer(answer) = &sight.what else { return false };
            answer.taken == Taken::Surely && self.awake(at, sight.at) >= DIGEST
        };
        let Some(due) = rest.iter().find(is_due) else { return true };
        let in_time = |made: Span| at <= made && made <= due.at;
        self.told.iter().any(|(made, reason, ..)| *reason == Reason::Digest && in_time(*made))
    }

    /// What was told although it could not be so, or without a sight that says so.
    fn must_not(
        &self,
        told: &Told,
        at: Span,
        sides: &[Side; RULES.len()],
        config: &Config,
    ) -> Option<String> {
        let (made, reason, priority, is_over) = told;
        let mut rules = self.rules(config);
        let is_right = match reason {
            Reason::Recovered => *made == at && rules.all(|rule| !sides[rule].is_sure),
            Reason::Digest if *is_over => rules.all(|rule| !sides[rule].is_sure),
            Reason::Digest => rules.any(|rule| sides[rule].may_hold),
            Reason::FirstBreach | Reason::Repeat | Reason::Escalation => {
                let of_it = |rule: usize| RULES[rule].priority == *priority && sides[rule].may_hold;
                *made == at && rules.any(of_it)
            }
        };
        (!is_right).then(|| format!("was not so: {told:?}"))
    }

    /// The rules over this metric that a file has.
    fn rules(&self, config: &Config) -> impl Iterator<Item = usize> {
        config.rules.clone().into_iter().filter(|rule| RULES[*rule].metric == self.metric)
    }

    /// Those that it does not have.
    fn gone(&self, config: &Config) -> impl Iterator<Item = usize> {
        let config = config.rules.clone();
        (0..RULES.len()).filter(move |rule| !config.contains(rule))
    }

    /// From one moment to another without the time in which the box had no power: it cannot always
    /// tell how long that was.
    fn awake(&self, from: Span, to: Span) -> Span {
        let dark = self.performed.dark.iter().map(|(begin, end)| {
            let (begin, end) = ((*begin).max(from), (*end).min(to));
            (end - begin).max(Span::ZERO)
        });
        to - from - dark.fold(Span::ZERO, |sum, span| sum + span)
    }

    fn judge(&self, rule: &Rule, config: &Config, past: &[&Answer]) -> Verdict {
        let newest = past[past.len() - 1];
        let number = |answer: &Answer, metric: &str| {
            answer.numbers.get(self.queue)?.get(metric).map(|number| number.unwrap_or(0.0))
        };
        let Some(value) = number(newest, rule.metric) else { return Verdict::default() };
        let agents = number(newest, "agents_available");
        let Some(agents) = agents.or((rule.per_agent == 0.0).then_some(0.0)) else {
            return Verdict::default();
        };
        let written = rule.thresholds[usize::from(config.is_edited)];
        let threshold = written.max(rule.per_agent * agents);
        let margin = rule.least_margin.max(threshold / 10.0);
        let (low, high) = if rule.metric == "abandoned_calls" {
            self.minute(past, rule.metric)
        } else {
            ((value, value), (value, value))
        };
        let holds = |value: f64| if rule.above { value >= threshold } else { value < threshold };
        let clears = |value: f64| {
            if rule.above { value <= threshold - margin } else { value >= threshold + margin }
        };
        let is_sure = newest.taken == Taken::Surely;
        Verdict {
            holds: is_sure && holds(low.0),
            may_hold: holds(low.1),
            clears: is_sure && clears(high.1),
            may_clear: clears(high.0),
            lasts: is_sure && (holds(low.0) || high.1.is_finite() && !clears(high.0)),
        }
    }

    /// The hang-ups of the last minute: what is counted, at the least and the most, and what that
    /// may be with the part of the minute that is missing.
    fn minute(&self, past: &[&Answer], metric: &str) -> ((f64, f64), (f64, f64)) {
        let end = past[past.len() - 1].end;
        let within = |span: Span| {
            past.iter()
                .filter(move |answer| end + Span(-span.0) <= answer.start && answer.end <= end)
        };
        let is_usual = |answer: &&&Answer| answer.end - answer.start == Span::secs(10);
        let slow = !within(SLOW_MINUTE).all(|answer| is_usual(&answer));
        let count = |answer: &&&Answer| {
            let row = answer.numbers.get(self.queue)?;
            Some(row.get(metric)?.unwrap_or(0.0))
        };
        let sure = |answer: &&&Answer| answer.taken == Taken::Surely;
        let mut least: f64 = within(MINUTE).filter(sure).filter_map(|one| count(&one)).sum();
        if slow {
            least *= 60.0 / 75.0;
        }
        let reach = if slow { SLOW_MINUTE } else { MINUTE };
        let most: f64 = within(reach).filter_map(|one| count(&one)).sum();
        let whole = |known: usize| if known >= 6 { 0.0 } else { f64::INFINITY };
        let all = within(MINUTE).filter(|one| count(one).is_some()).count();
        let surely = within(MINUTE).filter(sure).filter(|one| count(one).is_some()).count();
        let (all, surely) = if slow { (6, 0) } else { (all, surely) };
        ((least, most), (least + whole(all), most + whole(surely)))
    }
}

impl Side {
    fn turn(&mut self, verdict: Verdict, at: Span) {
        self.lasts = verdict.lasts;
        if verdict.may_hold {
            self.may_hold = true;
            self.begun.get_or_insert(at);
        }
        if verdict.may_clear {
            (self.is_sure, self.surely_begun) = (false, None);
        }
        if verdict.holds {
            self.is_sure = true;
            self.surely_begun.get_or_insert(at);
        }
        if verdict.clears {
            *self = Self::default();
        }
    }
}

fn told_of(queue: &str, metric: &str, notices: &[(Span, Notice)]) -> Vec<Told> {
    let mut told = BTreeMap::new();
    for (made, notice) in notices {
        let all: &[AlertFacts] = match &notice.subject {
            Subject::Alert(facts) => core::slice::from_ref(facts),
            Subject::Digest(lines) => lines,
        };
        for facts in all {
            if facts.entity.as_str() == queue && facts.metric.short() == metric {
                let one = (*made, notice.reason, facts.priority, facts.resolved);
                told.entry((*made, notice.number)).or_insert(one);
            }
        }
    }
    told.into_values().collect()
}
