//! People at work: they silence queues, take alerts in hand and let go of them, keep maintenance
//! windows, and have new alerts grouped and lanes stood in for.
//!
//! The model knows nothing of all that, so that such worlds are judged by the oracle at each turn,
//! by what is true in the end, and by the doors.

use andon::model::notice::{Reason, Subject};
use andon::model::rng::Rng;
use andon::model::time::Span;

use crate::site::BEGIN;
use crate::swarm::plan::{Act, Dice, Plan, Timed};
use crate::swarm::run::Performed;
use crate::world::World;

/// What people have written into the file.
#[derive(Debug, Clone)]
pub(crate) struct People {
    /// When maintenance begins, how long it lasts, and of which queue; of all where none is named.
    windows: Vec<(Span, Span, Option<usize>)>,
    /// How long Slack waits for others of a group, if it does.
    group_seconds: Option<u32>,
    /// Whether PagerDuty's notices go to the webhook where it takes none.
    falls_back: bool,
}

/// One thing that somebody has the hub do.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    Silences { queue: Option<usize>, seconds: u32 },
    TakesInHand { queue: usize, metric: &'static str, seconds: u32 },
    LetsGo { queue: usize, metric: &'static str },
}

/// When nobody is to hear of a queue, or of any where none is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Muted {
    from: Span,
    to: Span,
    queue: Option<usize>,
}

const METRICS: [&str; 3] = ["calls_waiting", "longest_wait", "abandoned_calls"];

impl Plan {
    /// The plan of a seed, in which people work besides.
    pub(crate) fn with_people(seed: u64) -> Self {
        let plan = Self::of(seed);
        let mut dice = Dice(Rng::new(seed.rotate_left(32) ^ 0x7065_6f70_6c65));
        let queues = plan.queues;
        let windows = (0..dice.between(0, 3)).map(|_| {
            let from = dice.span(Span::ZERO, plan.lasts);
            (from, dice.seconds(60, 3_600), dice.one_in(2).then(|| dice.between(0, queues - 1)))
        });
        let windows = windows.collect();
        let group_seconds = dice.of(&[None, Some(20), Some(60), Some(600)]);
        let falls_back = dice.one_in(2);
        let acts = (0..dice.between(2, 12)).map(|_| {
            let at = dice.span(Span::secs(30), plan.lasts);
            Timed { at, lasts: Span::ZERO, act: Act::Works { work: dice.work(queues) } }
        });
        let mut acts: Vec<Timed> = acts.chain(plan.acts.iter().cloned()).collect();
        acts.sort_by_key(|timed| timed.at);
        let people = Some(People { windows, group_seconds, falls_back });
        Self { people, acts, ..plan }
    }
}

impl Dice {
    fn work(&mut self, queues: usize) -> Work {
        let (queue, metric) = (self.between(0, queues - 1), self.of(&METRICS));
        match self.between(0, 3) {
            0 | 1 => {
                let queue = self.one_in(3).then_some(queue);
                Work::Silences { queue, seconds: self.of(&[60, 200, 900, 3_600]) }
            }
            2 => Work::TakesInHand { queue, metric, seconds: self.of(&[60, 600, 3_600]) },
            _ => Work::LetsGo { queue, metric },
        }
    }
}

impl People {
    /// The file with what they want.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let slack = "url = { credential = \"slack\" }\n";
        if let Some(seconds) = self.group_seconds {
            text = text.replace(slack, &format!("{slack}group_seconds = {seconds}\n"));
        }
        if self.falls_back {
            let pager = "routing_key = { credential = \"pagerduty\" }\n";
            let other = "fallback = \"webhook\"\nfallback_after_seconds = 120\n";
            text = text.replace(pager, &format!("{pager}{other}"));
        }
        for (number, (from, lasts, queue)) in self.windows.iter().enumerate() {
            let (from, to) = ((BEGIN + *from).rfc3339(), (BEGIN + *from + *lasts).rfc3339());
            text.push_str(&format!(
                "\n[[window]]\nname = \"w{number}\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
                 match = {{ entity = \"{}\" }}\n",
                name(*queue)
            ));
        }
        text
    }
}

impl Work {
    /// Somebody does it, where the hub is there to be told. What is muted from then on, and until
    /// when.
    pub(crate) fn perform(&self, world: &mut World) -> Option<Muted> {
        let of = |queue: &usize, metric: &str, verb: &str| {
            format!("/api/v1/alerts/{}:{metric}/{verb}", name(Some(*queue)))
        };
        let (path, body) = match self {
            Self::Silences { queue, seconds } => {
                let whom = format!("\"match\": {{\"entity\": \"{}\"}}", name(*queue));
                let why = "\"owner\": \"Noa\", \"comment\": \"c\"";
                let body = format!("{{{whom}, {why}, \"seconds\": {seconds}}}");
                ("/api/v1/silences".into(), body)
            }
            Self::TakesInHand { queue, metric, seconds } => {
                let body = format!("{{\"by\": \"Ann\", \"seconds\": {seconds}}}");
                (of(queue, metric, "acknowledge"), body)
            }
            Self::LetsGo { queue, metric } => {
                (of(queue, metric, "unacknowledge"), "{\"by\": \"Ann\"}".into())
            }
        };
        let is_done = world.is_ordered(&path, &body);
        let Self::Silences { queue, seconds } = self else { return None };
        let from = world.site.elapsed;
        let to = from + Span::secs(i64::from(*seconds));
        is_done.then_some(Muted { from, to, queue: *queue })
    }
}

/// Who is told in the middle of a silence or of maintenance, a sentence each. Where the clocks of
/// the box were wrong, or stood still, nobody can say from here when that was.
pub(crate) fn complaints(plan: &Plan, performed: &Performed) -> Vec<String> {
    let is_odd = |timed: &Timed| matches!(timed.act, Act::Reboot | Act::Jump { .. } | Act::In1970);
    let Some(people) = plan.people.as_ref().filter(|_| !plan.acts.iter().any(is_odd)) else {
        return Vec::new();
    };
    let windows = people.windows.iter();
    let windows = windows.map(|(from, lasts, queue)| Muted {
        from: *from,
        to: *from + *lasts,
        queue: *queue,
    });
    let muted: Vec<Muted> = windows.chain(performed.muted.iter().copied()).collect();
    let is_muted = |made: Span, entity: &str| {
        let is_of = |one: &Muted| one.queue.is_none() || name(one.queue) == entity;
        // The turn in which it begins, and the one in which it ends, may tell.
        let is_within = |one: &&Muted| one.from + SLACK < made && made + SLACK < one.to;
        muted.iter().filter(is_within).any(is_of)
    };
    let notices = performed.world.site.oracle.notices.iter();
    let told = notices.filter(|(made, notice)| {
        let Subject::Alert(facts) = &notice.subject else { return false };
        let is_of_queue = facts.entity.as_str().starts_with("tier-");
        // Who has heard of it before hears of its end, and who has it in hand.
        let is_further =
            facts.resolved || notice.reason == Reason::Acknowledged || notice.passage.via.is_some();
        is_of_queue && !is_further && is_muted(*made, facts.entity.as_str())
    });
    told.map(|(made, notice)| format!("told while it is muted, at {}: {notice:?}", made.0))
        .collect()
}

/// How far from the edges of a silence or a window a notice is judged.
const SLACK: Span = Span::secs(2);

fn name(queue: Option<usize>) -> String {
    queue.map_or_else(|| "tier-*".into(), |queue| format!("tier-{}", queue + 1))
}
