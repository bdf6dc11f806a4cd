//! On which sides of its threshold a rule may be at a queue, and which delays may have run out.
//!
//! A delay has surely run out where nothing but sure answers of the platform, each right after the
//! one before, say so for as long. It may have where that much time has passed at all. What was
//! pushed has none.

use andon::model::time::{Span, UtcMs};

use crate::sights::{Answer, What};
use crate::swarm::verdict::Verdict;

/// What is known of a rule at a queue: on which sides it may be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Side {
    /// There may be an alert by it.
    pub(crate) may_hold: bool,
    /// There is.
    pub(crate) is_sure: bool,
    /// The newest sight is one to speak of.
    pub(crate) lasts: bool,
    /// The newest sight was pushed, and stands until there is another: a notice that was put off
    /// needs none.
    pub(crate) stands: bool,
    /// The earliest and the latest that the breach can have begun.
    pub(crate) begun: Option<Span>,
    pub(crate) surely_begun: Option<Span>,
    /// For how many sights in a row it had the word.
    pub(crate) spoke: u32,
    /// The earliest that the problem can have begun, over all that may have been one.
    pub(crate) chain: Option<Span>,
    /// When it last may have held.
    held: Option<Span>,
    /// A breach since then may be one that lasts, and a clear value.
    may_last: Option<Since>,
    may_stay_clear: Option<Since>,
    holds: Row,
    clears: Row,
}

/// One sight of the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    at: Span,
    end: UtcMs,
    is_pushed: bool,
}

/// A first sample.
#[derive(Debug, Clone, Copy)]
struct Since {
    at: Span,
    end: UtcMs,
}

/// Sure answers in a row that say the same.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    /// When the first was seen, and what the first and the last are about.
    all: Option<(Span, UtcMs, UtcMs)>,
}

/// Breaches with less between them may be one problem, however restless it is.
const WINDOW: Span = Span::secs(1_800 * 4);
/// Answers come every ten seconds, or fifteen at the reduced rate.
const NEXT: Span = Span::secs(15);
/// A clock that is set by whole seconds, and one interval.
const ERROR: Span = Span::secs(2 + 15);

impl Sample {
    pub(crate) const fn of(at: Span, answer: &Answer, what: &What) -> Self {
        Self { at, end: answer.end, is_pushed: matches!(what, What::Pushed(_)) }
    }
}

impl Side {
    /// Takes in what a sight says.
    pub(crate) fn turn(&mut self, verdict: Verdict, sample: &Sample, delays: (Span, Span)) {
        let (on, off) = if sample.is_pushed { (Span::ZERO, Span::ZERO) } else { delays };
        let is_news = verdict.may_hold || verdict.may_clear;
        self.stands = sample.is_pushed || self.stands && !is_news;
        // Where a sender was silent for hours, it held until now.
        if self.may_hold {
            self.held = Some(sample.at);
        }
        self.holds.follow(verdict.holds, sample);
        self.clears.follow(verdict.clears, sample);
        if verdict.may_hold {
            let since = *self.may_last.get_or_insert(Since::of(sample));
            if since.may_be_over(sample, on) {
                self.begins(since.at);
            }
        }
        if verdict.may_clear {
            let since = *self.may_stay_clear.get_or_insert(Since::of(sample));
            if since.may_be_over(sample, off) {
                (self.is_sure, self.surely_begun) = (false, None);
            }
        }
        // A value between speaks for an alert only where none of its clear values counts.
        self.lasts = verdict.holds || verdict.lasts && self.may_stay_clear.is_none();
        if verdict.holds {
            self.may_stay_clear = None;
            if let Some(first) = self.holds.is_over(on) {
                self.is_sure = true;
                self.surely_begun.get_or_insert(first);
            }
        }
        if verdict.clears {
            self.may_last = None;
            if self.clears.is_over(off).is_some() || !self.may_hold {
                let clears = self.clears;
                self.end();
                self.clears = clears;
            }
        }
        if self.may_hold {
            self.held = Some(sample.at);
        }
    }

    /// It may hold since then, and may be the problem that it was.
    fn begins(&mut self, since: Span) {
        self.may_hold = true;
        if self.begun.is_none() && self.held.is_none_or(|held| since - held > WINDOW) {
            self.chain = Some(since);
        }
        self.begun.get_or_insert(since);
    }

    /// It does not hold any more, but may be the same problem when it does again.
    pub(crate) fn end(&mut self) {
        *self = Self { chain: self.chain, held: self.held, ..Self::default() };
    }

    /// The hub starts: what it had seen of a delay is gone.
    pub(crate) fn starts_anew(&mut self) {
        (self.holds, self.clears) = (Row::default(), Row::default());
    }
}

impl Since {
    const fn of(sample: &Sample) -> Self {
        Self { at: sample.at, end: sample.end }
    }

    /// Whether a delay may be over that began with it, by our time or by the platform's.
    fn may_be_over(self, sample: &Sample, delay: Span) -> bool {
        let passed = (sample.at - self.at).max(sample.end - self.end);
        passed + ERROR >= delay || delay == Span::ZERO
    }
}

impl Row {
    fn follow(&mut self, goes_on: bool, sample: &Sample) {
        let Sample { at, end, is_pushed } = *sample;
        self.all = match self.all {
            _ if !goes_on => None,
            // Of what is pushed nobody knows here when it was.
            _ if is_pushed => Some((at, UtcMs(i64::MAX), UtcMs(i64::MAX))),
            Some((first, begin, last)) if last < end && end - last <= NEXT => {
                Some((first, begin, end))
            }
            Some(_) | None => Some((at, end, end)),
        };
    }

    /// The first of them, where they have lasted for so long.
    fn is_over(&self, delay: Span) -> Option<Span> {
        let (first, begin, last) = self.all?;
        (last - begin >= delay).then_some(first)
    }
}
