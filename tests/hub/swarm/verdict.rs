//! What an answer says of a rule: the threshold, the margin and the minute of a rate, by guide 2.
//!
//! Where the answer leaves it open, both is said: what is sure, and what is possible.

use alloc::collections::BTreeMap;

use andon::model::rule::Priority;
use andon::model::time::{Span, UtcMs};

use crate::sights::{Answer, Numbers, SEVERITY, Taken};

/// A rule as a person reads it.
pub(crate) struct Rule {
    /// Its place in [`crate::sights::METRICS`].
    pub(crate) metric: usize,
    pub(crate) priority: Priority,
    above: bool,
    /// As written, and in a file that is edited.
    thresholds: [f64; 2],
    /// The threshold grows with the agents.
    per_agent: f64,
    least_margin: f64,
    /// Of the threshold.
    margin_share: f64,
}

/// What an answer says of a rule.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Verdict {
    pub(crate) holds: bool,
    pub(crate) may_hold: bool,
    pub(crate) clears: bool,
    pub(crate) may_clear: bool,
    /// It surely holds, or is surely between the threshold and the margin.
    pub(crate) lasts: bool,
}

/// How many of [`RULES`] a file may have. The others are the hub's own.
pub(crate) const OF_FILES: usize = 5;

const WAITING: usize = 0;
const LONGEST_WAIT: usize = 1;
const HANG_UPS: usize = 2;
const AGENTS: usize = 3;

/// In the order of [`crate::swarm::plan::RULES`], and those for what senders find severe.
pub(crate) const RULES: [Rule; 8] = [
    rule(WAITING, Priority::P1, [15.0, 22.0], 1.0),
    Rule { per_agent: 20.0, ..rule(LONGEST_WAIT, Priority::P2, [120.0, 150.0], 5.0) },
    rule(HANG_UPS, Priority::P1, [5.0, 8.0], 1.0),
    Rule { above: false, ..rule(AGENTS, Priority::P3, [3.0, 2.0], 1.0) },
    rule(WAITING, Priority::P2, [5.0, 8.0], 1.0),
    severity(Priority::P1, 3.0),
    severity(Priority::P2, 2.0),
    severity(Priority::P3, 1.0),
];

const fn rule(metric: usize, priority: Priority, thresholds: [f64; 2], least_margin: f64) -> Rule {
    let (above, per_agent, margin_share) = (true, 0.0, 0.1);
    Rule { metric, priority, above, thresholds, per_agent, least_margin, margin_share }
}

/// Words have no margin.
const fn severity(priority: Priority, least: f64) -> Rule {
    Rule { margin_share: 0.0, ..rule(SEVERITY, priority, [least; 2], 0.0) }
}

/// The minute of a rate.
const MINUTE: Span = Span::secs(60);
/// That minute at the reduced rate, whose buckets lie on a grid of their own.
const SLOW_MINUTE: Span = Span::secs(75);

/// What the hub was told since it started, of a queue.
pub(crate) struct Past<'a> {
    queue: &'a str,
    newest: Option<(&'a Answer, Option<&'a Numbers>)>,
    /// By the end of what it is about and its number: each answer and the hang-ups in it.
    counts: BTreeMap<(UtcMs, usize), (&'a Answer, Option<f64>)>,
    heard: usize,
}

impl<'a> Past<'a> {
    /// Nothing yet.
    pub(crate) const fn of(queue: &'a str) -> Self {
        Self { queue, newest: None, counts: BTreeMap::new(), heard: 0 }
    }

    /// The next answer. A clock that goes back unsays what it told of a time to come.
    pub(crate) fn hears(&mut self, answer: &'a Answer) {
        let is_sure = answer.taken == Taken::Surely;
        let unsaid = |end: UtcMs| is_sure && end > answer.start;
        while let Some(last) = self.counts.last_entry().filter(|last| unsaid(last.key().0)) {
            last.remove();
        }
        let numbers = answer.numbers.get(self.queue);
        let count = numbers.and_then(|numbers| numbers[HANG_UPS]);
        self.heard += 1;
        self.counts.insert((answer.end, self.heard), (answer, count));
        self.newest = Some((answer, numbers));
    }

    /// A delivery about the queue was taken. Nothing that is counted over a minute is pushed.
    pub(crate) fn hears_of(&mut self, pushed: &'a Answer) {
        self.newest = Some((pushed, pushed.numbers.get(self.queue)));
    }

    /// Whether the newest answer says anything of a metric.
    pub(crate) fn has(&self, metric: usize) -> bool {
        self.newest.and_then(|(_, numbers)| numbers?[metric]).is_some()
    }

    /// What the newest answer says of a rule.
    pub(crate) fn verdict(&self, rule: &Rule, is_edited: bool) -> Verdict {
        let Some((newest, Some(numbers))) = self.newest else { return Verdict::default() };
        let Some(value) = numbers[rule.metric] else { return Verdict::default() };
        let Some(agents) = numbers[AGENTS].or((rule.per_agent == 0.0).then_some(0.0)) else {
            return Verdict::default();
        };
        let written = rule.thresholds[usize::from(is_edited)];
        let threshold = written.max(rule.per_agent * agents);
        let margin = rule.least_margin.max(threshold * rule.margin_share);
        let (low, high) = if rule.metric == HANG_UPS {
            self.minute(newest.end)
        } else {
            ((value, value), (value, value))
        };
        let holds = |value: f64| if rule.above { value >= threshold } else { value < threshold };
        let clears = |value: f64| {
            let is_far =
                if rule.above { value <= threshold - margin } else { value >= threshold + margin };
            is_far && !holds(value)
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
    fn minute(&self, end: UtcMs) -> ((f64, f64), (f64, f64)) {
        let since = |span: Span| end + Span(-span.0);
        let range = self.counts.range((since(SLOW_MINUTE), 0)..=(end, usize::MAX));
        let all = range.map(|(_, one)| one);
        let all = all.filter(|(answer, _)| since(SLOW_MINUTE) <= answer.start);
        let slow = all.clone().any(|(answer, _)| answer.end - answer.start != Span::secs(10));
        let sum = |span: Span, is_wanted: fn(Taken) -> bool| {
            let within = all.clone().filter(|(answer, _)| since(span) <= answer.start);
            let wanted = within.filter(|(answer, _)| is_wanted(answer.taken));
            let counts = wanted.filter_map(|(_, count)| *count);
            counts.fold((0.0, 0), |(sum, number), count| (sum + count, number + 1))
        };
        let (least, surely) = sum(MINUTE, |taken| taken == Taken::Surely);
        let (most, known) = sum(MINUTE, |_| true);
        let whole = |known: usize| if known >= 6 { 0.0 } else { f64::INFINITY };
        if slow {
            let (least, most) = (least * 60.0 / 75.0, sum(SLOW_MINUTE, |_| true).0);
            return ((least, most), (least, most + whole(0)));
        }
        ((least, most), (least + whole(known), most + whole(surely)))
    }
}
