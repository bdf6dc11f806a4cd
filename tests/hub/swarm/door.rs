//! The push door: senders try, and what they hear has to be right.
//!
//! A yes is for good: whatever happens afterwards, the same id is known again. What was overtaken
//! is late, what is forged or unreadable is refused, and only a disk that refuses is a reason to
//! let a sender come again.

use alloc::collections::BTreeMap;

use andon::event::Asker;
use andon::model::http::Reply;
use andon::model::time::{ClockTrust, Span};

use crate::push;
use crate::sights::{Sight, Taken, What};
use crate::site::BEGIN;
use crate::swarm::parcel::{About, Parcel};
use crate::swarm::plan::{Act, PLATFORM, Plan};
use crate::swarm::planted::Planted;
use crate::swarm::run::Performed;
use crate::world::seconds;

/// One try of a sender.
pub(crate) struct Attempt {
    at: Span,
    parcel: Parcel,
    outcome: Outcome,
    /// Something could not be written, or cannot be.
    is_unwell: bool,
    /// The hub may have a wrong idea of the time.
    is_unsure_of_time: bool,
}

/// What came of it.
enum Outcome {
    /// No hub was there.
    Unheard,
    /// There was an answer.
    Answered(Reply),
    /// There was none at once, and when there was one after all, it was this.
    Waits(Asker, Option<(Span, Reply)>),
}

/// A sender whose clock is ahead by less is believed. With the error of ours.
const AHEAD: Span = Span::secs(40);

/// Tries until the end of a trunk's trouble is heard.
const CLOSINGS_MAX: u32 = 10;

impl Performed {
    /// A sender tries to be heard.
    pub(super) fn push(&mut self, parcel: &Parcel) {
        self.hear_late_answers();
        let site = &self.world.site;
        let (at, planted) = (site.elapsed, site.planted);
        let happened = if planted == Some(Planted::NoOrder) { at } else { parcel.happened };
        let id = if planted == Some(Planted::NoDedup) { at.0 } else { 0 };
        let body = parcel.body(happened);
        let is_forged = parcel.is_forged && planted != Some(Planted::NoProof);
        let sign = push::signature(if is_forged { "another" } else { &body });
        let delivery = push::delivery(&format!("{}-{id}", parcel.id), &body, &sign);
        let is_unsure_of_time = site.board.trust != ClockTrust::Ntp;
        let is_unwell = site.disk.is_full || !self.world.is_saved();
        let outcome = match self.world.is_up() {
            false => Outcome::Unheard,
            true => match self.world.hand_over("cxone", delivery) {
                (_, Some(reply)) => Outcome::Answered(reply),
                (asker, None) => Outcome::Waits(asker, None),
            },
        };
        let taken = match &outcome {
            Outcome::Answered(reply) if is_it(reply, "accepted") => Some(Taken::Surely),
            Outcome::Waits(..) if parcel.about != About::Nothing => Some(Taken::Maybe),
            Outcome::Answered(_) | Outcome::Waits(..) | Outcome::Unheard => None,
        };
        if let (Some(taken), Some(sights)) = (taken, &mut self.world.site.sights) {
            sights.takes(at, &parcel.about.entity(), parcel.about.numbers(), taken);
        }
        let parcel = parcel.clone();
        self.attempts.push(Attempt { at, parcel, outcome, is_unwell, is_unsure_of_time });
    }

    /// Every trunk is well in the end, and its sender tries until that is heard.
    pub(super) fn close_the_trunks(&mut self, plan: &Plan) {
        let mut last = BTreeMap::new();
        for timed in &plan.acts {
            let Act::Pushes { parcel } = &timed.act else { continue };
            if let About::Trunk { trunk, .. } = parcel.about {
                let known = last.entry(trunk).or_insert(parcel.happened);
                *known = parcel.happened.max(*known);
            }
        }
        for (trunk, last) in last {
            let about = About::Trunk { trunk, severity: 0 };
            let happened = last.max(self.world.site.elapsed) + seconds(1);
            let parcel = Parcel { id: 1_000 + trunk, about, happened, is_forged: false };
            for _ in 0..CLOSINGS_MAX {
                self.world.pass(seconds(10));
                self.push(&parcel);
                let last = self.attempts.last().map(|attempt| &attempt.outcome);
                if let Some(Outcome::Answered(reply)) = last
                    && reply.status == 200
                {
                    break;
                }
            }
        }
        self.hear_late_answers();
    }

    fn hear_late_answers(&mut self) {
        let site = &mut self.world.site;
        for attempt in &mut self.attempts {
            if let Outcome::Waits(asker, answer @ None) = &mut attempt.outcome {
                *answer = site.replies.remove(asker).map(|reply| (site.elapsed, reply));
            }
        }
    }
}

fn is_it(reply: &Reply, word: &str) -> bool {
    reply.status == 200 && reply.body.starts_with(word.as_bytes())
}

/// What is wrong with what senders heard, a sentence each.
pub(crate) fn complaints(performed: &Performed) -> Vec<String> {
    let mut door = Door::default();
    let mut complaints = Vec::new();
    let mut sights = performed.world.site.sights.as_ref().unwrap().all.iter().peekable();
    for (index, attempt) in performed.attempts.iter().enumerate() {
        while let Some(sight) = sights.next_if(|sight| sight.at < attempt.at) {
            door.sees(sight);
        }
        for earlier in &performed.attempts[..index] {
            if let Outcome::Waits(_, Some((at, reply))) = &earlier.outcome
                && *at <= attempt.at
                && reply.status == 200
            {
                door.known.insert(earlier.parcel.id, Taken::Surely);
            }
        }
        if let Some(why) = door.hears(attempt) {
            let Attempt { at, parcel, .. } = attempt;
            complaints.push(format!("a sender was wronged at {}: {why}: {parcel:?}", at.0));
        }
    }
    complaints
}

/// What a door has to know.
#[derive(Default)]
struct Door {
    /// What was answered with yes, and what may have been taken, by id.
    known: BTreeMap<usize, Taken>,
    /// Of when the newest word is, by entity and metric.
    newest: BTreeMap<(String, usize), Newest>,
}

#[derive(Default)]
struct Newest {
    /// The hub knows it.
    surely: Option<Span>,
    /// It may know it.
    maybe: Option<Span>,
}

impl Door {
    fn sees(&mut self, sight: &Sight) {
        match &sight.what {
            // What it remembers of before hangs on the alerts that there are.
            What::Start(_) => self.newest.values_mut().for_each(|newest| newest.surely = None),
            What::Answer(answer) if answer.host == PLATFORM => {
                for (queue, numbers) in &answer.numbers {
                    let said = numbers.iter().enumerate().filter(|(_, number)| number.is_some());
                    for (metric, _) in said {
                        let newest = self.newest.entry((queue.clone(), metric)).or_default();
                        newest.rises(answer.end - BEGIN, answer.taken == Taken::Surely);
                    }
                }
            }
            What::Answer(_) | What::Pushed(_) => {}
        }
    }

    fn hears(&mut self, attempt: &Attempt) -> Option<String> {
        let Attempt { at, parcel, outcome, is_unwell, is_unsure_of_time } = attempt;
        let known = self.known.get(&parcel.id).copied();
        let place = (parcel.about.entity(), parcel.about.number().0);
        let newest = self.newest.entry(place).or_default();
        let happened = parcel.happened;
        let is_ahead = happened > *at + AHEAD;
        let is_right = match outcome {
            Outcome::Unheard => return None,
            Outcome::Waits(..) => {
                self.known.entry(parcel.id).or_insert(Taken::Maybe);
                newest.rises(happened, false);
                *is_unwell
            }
            Outcome::Answered(reply) if parcel.is_forged || reply.status == 401 => {
                parcel.is_forged && reply.status == 401
            }
            Outcome::Answered(reply) if reply.status == 503 => {
                *is_unwell && known != Some(Taken::Surely)
            }
            Outcome::Answered(reply) if is_it(reply, "duplicate") => known.is_some(),
            Outcome::Answered(reply) if parcel.about == About::Nothing || is_it(reply, "kept") => {
                let is_news = known != Some(Taken::Surely);
                parcel.about == About::Nothing && is_it(reply, "kept") && is_news
            }
            Outcome::Answered(reply) if is_it(reply, "late") => {
                let may_be = newest.maybe.is_some_and(|newest| happened.min(*at) < newest);
                known != Some(Taken::Surely) && may_be
            }
            Outcome::Answered(reply) if is_it(reply, "accepted") => {
                let is_late = newest.surely.is_some_and(|newest| happened < newest);
                known != Some(Taken::Surely) && (is_ahead || !is_late)
            }
            Outcome::Answered(_) => false,
        };
        if let Outcome::Answered(reply) = outcome
            && reply.status == 200
        {
            self.known.insert(parcel.id, Taken::Surely);
            newest.rises(happened, !is_ahead && !is_unsure_of_time && is_it(reply, "accepted"));
        }
        let said = match outcome {
            Outcome::Answered(Reply { status, body, .. }) => {
                format!("{status} {}", String::from_utf8_lossy(body).trim())
            }
            Outcome::Waits(..) | Outcome::Unheard => "no answer".into(),
        };
        (!is_right).then_some(said)
    }
}

impl Newest {
    fn rises(&mut self, to: Span, is_sure: bool) {
        self.maybe = self.maybe.max(Some(to));
        if is_sure {
            self.surely = self.surely.max(Some(to));
        }
    }
}
