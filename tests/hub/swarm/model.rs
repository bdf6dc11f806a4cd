//! The reference: naive, with everything kept. It walks through what the hub saw of a queue and
//! says what had to be told at each sight, and what might be told.
//!
//! What is sure and what is possible are kept apart. Whether an answer that the platform garbled or
//! that came with a full disk counts, the model does not decide: it asks for nothing because of it,
//! and forgives what may come of it. Everything else is judged to the very turn.

use alloc::collections::BTreeMap;

use andon::model::notice::{Notice, Reason};
use andon::model::rule::Priority;
use andon::model::time::Span;

use crate::sights::{METRICS, SEVERITY, Sight, Taken, What};
use crate::swarm::parcel;
use crate::swarm::plan::{Config, PLATFORM, Plan};
use crate::swarm::run::Performed;
use crate::swarm::side::{Sample, Side};
use crate::swarm::verdict::{OF_FILES, Past, RULES};

/// What is there again is untold for no longer than this since the last notice.
const QUIET: Span = Span::secs(300);
/// How long after the last notice each repeat comes.
const REPEATS: [Span; 4] =
    [Span::secs(900), Span::secs(3_600), Span::secs(14_400), Span::secs(86_400)];
/// What is unstable has settled so long after its last breach began, and a moment: half an hour for
/// queues, an hour for the rest.
const UNSTABLE: Span = Span::secs(3_600 + 20);
/// Guide 2's `escalation_threshold_seconds`.
const ESCALATION: Span = Span::secs(600);
/// Guide 2, edge case 2: a breach this old speaks in the digest.
const OLD: Span = Span::secs(1_800);
/// A line waits for its digest so long, and a moment.
const DIGEST: Span = Span::secs(1_800 + 20);

/// A notice about a queue: when it was made, why, how urgent, and whether it says that all is over.
type Told = (Span, Reason, Priority, bool);

/// What is wrong with what was told, a sentence each.
pub(crate) fn complaints(plan: &Plan, performed: &Performed) -> Vec<String> {
    let polled = plan.names().flat_map(|queue| (0..SEVERITY).map(move |it| (queue.clone(), it)));
    let pushed = parcel::trunks().map(|trunk| (trunk, SEVERITY));
    let mut complaints = Vec::new();
    for (entity, metric) in polled.chain(pushed) {
        let name = METRICS[metric];
        let told = told_of(&entity, name, &performed.world.site.oracle.notices);
        let walk = Walk { queue: &entity, metric, performed, told: &told };
        let wrong = walk.complaints();
        complaints.extend(wrong.into_iter().map(|why| format!("{entity} {name} {why}")));
    }
    complaints
}

/// Through everything that the hub saw of one metric of one queue.
struct Walk<'a> {
    queue: &'a str,
    /// Its place in [`METRICS`].
    metric: usize,
    performed: &'a Performed,
    told: &'a [Told],
}

impl Walk<'_> {
    fn complaints(&self) -> Vec<String> {
        let configs = &self.performed.configs;
        let all = self.performed.world.site.sights.as_ref().unwrap();
        let sights = &all.all;
        let is_watched = configs.iter().any(|(_, config)| !self.rules(config).is_empty());
        let is_seen = self.metric != SEVERITY || sights.iter().any(|sight| self.is_pushed(sight));
        if self.told.is_empty() && !(is_watched && is_seen) {
            return Vec::new();
        }
        let mut wrong = Vec::new();
        let mut sides = [Side::default(); RULES.len()];
        let mut config = &configs[0].1;
        let mut rules = self.rules(config);
        let mut past = Past::of(self.queue);
        let mut episode = None;
        let (mut seen, mut unseen) = (Span::ZERO, Vec::new());
        let mut told = self.told.iter().peekable();
        for (index, Sight { at, what }) in sights.iter().enumerate() {
            while let Some(early) = told.next_if(|(made, ..)| made < at) {
                wrong.extend(self.must_not(early, *at, &sides, &rules));
            }
            match what {
                What::Start(_) => {
                    config = self.performed.config_at(*at);
                    rules = self.rules(config);
                    past = Past::of(self.queue);
                    for side in gone(config) {
                        (sides[side].is_sure, sides[side].surely_begun) = (false, None);
                    }
                    sides.iter_mut().for_each(Side::starts_anew);
                }
                What::Pushed(_) if !self.is_pushed(&sights[index]) => continue,
                What::Answer(_) if self.metric == SEVERITY => continue,
                What::Answer(answer) | What::Pushed(answer)
                    if answer.host == PLATFORM || matches!(what, What::Pushed(_)) =>
                {
                    match what {
                        What::Pushed(_) => past.hears_of(answer),
                        What::Answer(_) | What::Start(_) => past.hears(answer),
                    }
                    gone(config).for_each(|rule| sides[rule].end());
                    for rule in &rules {
                        let verdict = past.verdict(&RULES[*rule], config.is_edited);
                        let delays = delays_of(*rule, config);
                        sides[*rule].turn(verdict, &Sample::of(*at, answer, what), delays);
                    }
                }
                What::Answer(_) | What::Pushed(_) => continue,
            }
            let may_hold = rules.iter().any(|rule| sides[*rule].may_hold);
            episode = may_hold.then(|| episode.unwrap_or(*at));
            while let Some(now) = told.next_if(|(made, ..)| made == at) {
                wrong.extend(self.must_not(now, *at, &sides, &rules));
            }
            if let What::Answer(answer) | What::Pushed(answer) = what
                && answer.taken == Taken::Surely
            {
                unseen.extend(all.unseen(seen, *at));
                seen = *at;
                if past.has(self.metric) {
                    wrong.extend(self.must(&sights[index..], &unseen, &mut sides, &rules, episode));
                }
            }
        }
        wrong
    }

    /// Whether a sight is a delivery about this.
    fn is_pushed(&self, sight: &Sight) -> bool {
        let What::Pushed(answer) = &sight.what else { return false };
        answer.numbers.get(self.queue).is_some_and(|numbers| numbers[self.metric].is_some())
    }

    /// Who has to have been told by this sight.
    fn must(
        &self,
        rest: &[Sight],
        unseen: &[(Span, Span)],
        sides: &mut [Side; RULES.len()],
        rules: &[usize],
        episode: Option<Span>,
    ) -> Vec<String> {
        let at = rest[0].at;
        let mut wrong = Vec::new();
        let mut is_outranked = false;
        for rule in rules {
            let (side, priority) = (&mut sides[*rule], RULES[*rule].priority);
            let has_word = side.is_sure && side.lasts && !is_outranked;
            is_outranked |= side.may_hold;
            side.spoke = if has_word { side.spoke + 1 } else { 0 };
            if !has_word {
                continue;
            }
            let is_word = |(made, reason, by, _): &Told| {
                *by == priority && *reason != Reason::Recovered && *made <= at
            };
            let is_told = self.is_told(priority, side, at);
            let is_old = side.begun.is_some_and(|begun| at - begun >= OLD);
            // Where it had been there a while ago, it may be old for the sum of both, however long
            // another priority had the word between.
            let begun = side.chain.min(episode).or(side.chain);
            let may_be_old = begun.is_some_and(|begun| at - begun >= OLD);
            let digests = priority == Priority::P3;
            if (digests || may_be_old && !is_told) && !self.is_in_digest(rest) {
                wrong.push(format!("{priority} is in no digest, at {}", at.0));
            } else if !digests && !is_old && !may_be_old && !is_told {
                wrong.push(format!("{priority} was not told, at {}", at.0));
            }
            let is_due = side
                .surely_begun
                .is_some_and(|begun| self.performed.in_sight(unseen, begun, at) >= ESCALATION);
            let begun = episode.min(side.chain);
            let escalated = self.told.iter().any(|(made, reason, by, _)| {
                *reason == Reason::Escalation && *by == priority && Some(*made) >= begun
            });
            // Where it had not been told at all, that comes first. Senders may be silent for hours.
            let is_first = !self
                .told
                .iter()
                .any(|told| is_word(told) && told.0 < at && Some(told.0) >= side.begun);
            if is_due && side.spoke > 1 && !is_first && !digests && !escalated {
                wrong.push(format!("{priority} was not escalated, at {}", at.0));
            }
        }
        wrong
    }

    /// Whether the last notice about a breach is news enough: what goes on is repeated at a falling
    /// rate, what is there again is told when nobody has heard anything for a while, and what is
    /// unstable when it has settled.
    fn is_told(&self, priority: Priority, side: &Side, at: Span) -> bool {
        let heard = self.told.iter().filter(|(made, reason, by, _)| {
            *made <= at && (*by == priority || *reason == Reason::Recovered)
        });
        let heard: Vec<&Told> = heard.collect();
        let Some((made, reason, ..)) = heard.last() else { return false };
        let silent = self.performed.awake(*made, at);
        let begun = side.begun.unwrap_or(at);
        if self.is_unstable(at) {
            return self.performed.awake(begun.max(*made), at) <= UNSTABLE;
        }
        if *reason == Reason::Recovered || begun > *made {
            return silent < QUIET;
        }
        let repeats = heard.iter().rev().take_while(|(made, ..)| *made >= begun);
        let repeats = repeats.filter(|(_, reason, ..)| *reason == Reason::Repeat).count();
        silent < REPEATS[repeats.min(REPEATS.len() - 1)]
    }

    /// Whether the last word about how it goes was that it is unstable.
    fn is_unstable(&self, at: Span) -> bool {
        let mut course = self.told.iter().rev().filter(|(made, ..)| *made < at);
        let settles = |(_, reason, ..): &&Told| {
            matches!(reason, Reason::Unstable | Reason::Settled | Reason::Recovered)
        };
        course.find(settles).is_some_and(|(_, reason, ..)| *reason == Reason::Unstable)
    }

    /// The digest comes in time, or as soon as the hub can see again. Who reads it, as the channel
    /// of P2 does, and has heard of the end by then does not read of it again.
    fn is_in_digest(&self, rest: &[Sight]) -> bool {
        let at = rest[0].at;
        let is_due = |sight: &&Sight| {
            let What::Answer(answer) = &sight.what else { return false };
            answer.taken == Taken::Surely && self.performed.awake(at, sight.at) >= DIGEST
        };
        let Some(due) = rest.iter().find(is_due) else { return true };
        let in_time = |made: Span| at <= made && made <= due.at;
        let hears = |end: Span| {
            self.told.iter().any(|(made, _, by, _)| *by == Priority::P2 && *made <= end)
        };
        self.told.iter().filter(|(made, ..)| in_time(*made)).any(|(made, reason, ..)| {
            *reason == Reason::Digest || *reason == Reason::Recovered && hears(*made)
        })
    }

    /// What was told although it could not be so, or without a sight that says so.
    fn must_not(
        &self,
        told: &Told,
        at: Span,
        sides: &[Side; RULES.len()],
        rules: &[usize],
    ) -> Option<String> {
        let (made, reason, priority, is_over) = told;
        let none_is_sure = || rules.iter().all(|rule| !sides[*rule].is_sure);
        let may_hold = |rule: &&usize| sides[**rule].may_hold;
        let stands = || rules.iter().any(|rule| sides[*rule].stands);
        let is_right = match reason {
            Reason::Recovered => none_is_sure() && (*made == at || self.is_unstable(*made)),
            Reason::Announcement | Reason::Test => true,
            // It says that it came and went while nobody could be told.
            Reason::Passed => none_is_sure(),
            Reason::Digest if *is_over => none_is_sure(),
            Reason::Digest => rules.iter().any(|rule| may_hold(&rule)),
            Reason::Settled | Reason::Reopened => rules.iter().any(|rule| may_hold(&rule)),
            Reason::FirstBreach
            | Reason::Repeat
            | Reason::Escalation
            | Reason::Unstable
            | Reason::Updated
            | Reason::Acknowledged
            | Reason::Lapsed => {
                let mut of_it = rules.iter().filter(|rule| RULES[**rule].priority == *priority);
                (*made == at || stands()) && of_it.any(|rule| may_hold(&rule))
            }
        };
        (!is_right).then(|| format!("was not so: {told:?}"))
    }

    /// The rules over this metric that a file has, the most urgent first.
    fn rules(&self, config: &Config) -> Vec<usize> {
        let rules = config.rules.iter().copied().chain(OF_FILES..RULES.len());
        let mut rules: Vec<usize> =
            rules.filter(|rule| RULES[*rule].metric == self.metric).collect();
        rules.sort_by_key(|rule| RULES[*rule].priority);
        rules
    }
}

/// How long a breach by a rule has to last, and a clear value: what senders judge, not at all.
fn delays_of(rule: usize, config: &Config) -> (Span, Span) {
    let (on, off) = if rule < OF_FILES { config.delays } else { (0, 0) };
    (Span::secs(on), Span::secs(off))
}

/// The rules that a file does not have.
fn gone(config: &Config) -> impl Iterator<Item = usize> {
    (0..OF_FILES).filter(|rule| !config.rules.contains(rule))
}

fn told_of(queue: &str, metric: &str, notices: &[(Span, Notice)]) -> Vec<Told> {
    let mut told = BTreeMap::new();
    for (made, notice) in notices {
        for facts in notice.subject.alerts() {
            if facts.entity.as_str() == queue && facts.metric.short() == metric {
                let one = (*made, notice.reason, facts.priority, facts.resolved);
                told.entry((*made, notice.number)).or_insert(one);
            }
        }
    }
    told.into_values().collect()
}
