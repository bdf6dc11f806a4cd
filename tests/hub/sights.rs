//! What the hub was given to see: each of its starts, and each answer with numbers that reached it,
//! asked for or pushed.
//!
//! The reference model judges by these, so it needs to guess neither when the hub asked nor what
//! the network and the platform made of the answer on its way.

use alloc::collections::BTreeMap;

use andon::limits::LINK_BACKLOG;
use andon::model::http::Reply;
use andon::model::time::{ClockTrust, Span, UtcMs};
use serde::Deserialize;
use serde_json::Value;

/// One thing that the hub saw.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    pub(crate) at: Span,
    pub(crate) what: What,
}

/// What it was.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// The hub started, and its wall clock was so far to be believed.
    Start(ClockTrust),
    /// An answer with numbers came in.
    Answer(Answer),
    /// A delivery was taken, which has one number.
    Pushed(Answer),
}

/// The numbers of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The host that sent it.
    pub(crate) host: String,
    /// What it is about, by the platform's clock.
    pub(crate) start: UtcMs,
    pub(crate) end: UtcMs,
    pub(crate) taken: Taken,
    /// By queue.
    pub(crate) numbers: BTreeMap<String, Numbers>,
}

/// What is said of each of the [`METRICS`], where it is said at all. A null is zero.
pub(crate) type Numbers = [Option<f64>; METRICS.len()];

/// The platform's names of the metrics that anybody asks for here, and the one that is only pushed.
pub(crate) const METRICS: [&str; 5] =
    ["calls_waiting", "longest_wait", "abandoned_calls", "agents_available", "severity"];

/// The place of what is only pushed.
pub(crate) const SEVERITY: usize = 4;

/// Whether the hub goes by an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It has to.
    Surely,
    /// Guide 2 has reasons to refuse it, or what came of it may have been lost with the power.
    Maybe,
}

/// Everything that the hub saw, in its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sights {
    pub(crate) all: Vec<Sight>,
    /// When the hub found its own link dead, and when it found it alive again, if it did before a
    /// restart.
    dead_link: Vec<(Span, Option<Span>)>,
    /// The end of the newest bucket of each platform.
    newest: BTreeMap<String, UtcMs>,
}

/// Guide 2: what is older is not evaluated. Less the error of a clock that is set by whole seconds,
/// and the time that an answer may take.
const SURELY_YOUNG: Span = Span::secs(45 - 2 - 15);

/// Further ahead than any clock's error makes an answer that is taken.
const FUTURE: Span = Span::secs(45 + 15 + 2);

impl Sights {
    /// The hub starts.
    pub(crate) fn starts(&mut self, at: Span, trust: ClockTrust) {
        self.all.push(Sight { at, what: What::Start(trust) });
    }

    /// The hub has found its own link dead, or alive.
    pub(crate) fn hears_of_the_link(&mut self, at: Span, words: &str) {
        match self.dead_link.last_mut() {
            Some((_, end)) if words == "it is up" => *end = end.or(Some(at)),
            _ => self.dead_link.push((at, None)),
        }
    }

    /// The stretches between two sights of something in which it was not seen for want of a link:
    /// at the most until each source has had time to answer, once there is one.
    pub(crate) fn unseen(&self, from: Span, to: Span) -> impl Iterator<Item = (Span, Span)> {
        let within = move |(dead, _): &&(Span, Option<Span>)| from < *dead && *dead <= to;
        self.dead_link.iter().filter(within).map(move |(dead, alive)| {
            (*dead, alive.map_or(to, |alive| to.min(alive + LINK_BACKLOG)))
        })
    }

    /// An answer to a request for data has reached the hub.
    pub(crate) fn sees(&mut self, at: Span, host: &str, reply: &Reply) {
        let Some(answer) = self.read(host, reply) else { return };
        self.all.push(Sight { at, what: What::Answer(answer) });
    }

    /// A delivery was answered with yes, or may have been taken.
    pub(crate) fn takes(&mut self, at: Span, entity: &str, numbers: Numbers, taken: Taken) {
        let numbers = BTreeMap::from([(entity.to_owned(), numbers)]);
        let (start, end) = (UtcMs(0), UtcMs(0));
        let answer = Answer { host: String::new(), start, end, taken, numbers };
        self.all.push(Sight { at, what: What::Pushed(answer) });
    }

    /// What was seen since a moment is not on disk: a power cut would undo it.
    pub(crate) fn may_be_undone(&mut self, since: Span) {
        for sight in self.all.iter_mut().rev().take_while(|sight| sight.at >= since) {
            if let What::Answer(answer) | What::Pushed(answer) = &mut sight.what {
                answer.taken = Taken::Maybe;
            }
        }
    }

    fn read(&mut self, host: &str, reply: &Reply) -> Option<Answer> {
        let date = UtcMs::from_http_date(reply.header("date")?)?;
        let body: Body<'_> = serde_json::from_slice(&reply.body).ok()?;
        let end = UtcMs::from_rfc3339(body.time)?;
        let seconds = body.interval.strip_prefix("PT")?.strip_suffix('S')?;
        let start = end + Span::secs(-seconds.parse::<i64>().ok()?);
        // An end in the far future was said by a clock that was wrong.
        let believed = |end: &&UtcMs| **end < date + FUTURE;
        let newest = self.newest.get(host).filter(believed).copied().unwrap_or(start);
        let is_young = (date - end).abs() <= SURELY_YOUNG;
        let taken = if is_young && start >= newest { Taken::Surely } else { Taken::Maybe };
        self.newest.insert(host.to_owned(), newest.max(end));
        let numbers = body.queues.iter().map(|row| (row.queue.id.to_owned(), row.numbers()));
        Some(Answer { host: host.to_owned(), start, end, taken, numbers: numbers.collect() })
    }
}

/// What a platform sends, as far as it matters.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "_time")]
    time: &'a str,
    interval: &'a str,
    #[serde(borrow)]
    queues: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    queue: Queue<'a>,
    metrics: Vec<Cell<'a>>,
}

#[derive(Deserialize)]
struct Queue<'a> {
    id: &'a str,
}

#[derive(Deserialize)]
struct Cell<'a> {
    metric: &'a str,
    value: Value,
}

impl Row<'_> {
    fn numbers(&self) -> Numbers {
        METRICS.map(|metric| {
            let cell = self.metrics.iter().find(|cell| cell.metric == metric)?;
            let number = cell.value.as_f64().or_else(|| cell.value.as_str()?.parse().ok());
            // A count of nothing is null.
            Some(number.unwrap_or(0.0))
        })
    }
}
