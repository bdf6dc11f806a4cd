//! The figures of a replay: how often each of three alerters spoke, and what people missed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::demo::week::{DAY, HOUR};
use crate::model::notice::{Hold, Reason};
use crate::model::time::{Span, UtcMs};
use crate::replay::crossings::{Crossing, Told, Watch};

/// What came of a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// From when ...
    pub from: UtcMs,
    /// ... until when.
    pub to: UtcMs,
    /// One message per cycle in breach: guide 2's alerter without its state.
    pub naive: Said,
    /// One message per beginning of a breach.
    pub crossing: Said,
    /// This hub.
    pub andon: Said,
    /// Its notices, by reason.
    pub made: Vec<(Reason, u64)>,
    /// Breaches that ended before their on-delay was over, of which nobody heard.
    pub brief: u64,
    /// Its decisions to hold a notice back, by reason.
    pub held: Vec<(Hold, u64)>,
    /// Every stretch in which a rule held without a break.
    pub crossings: Vec<Crossing>,
    /// How long after the beginning of its crossing each first notice came, sorted.
    pub delays: Vec<Span>,
    /// Rules that never had a value.
    pub unfed: Vec<Watch>,
}

/// How often an alerter spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// Messages about trouble, digests among them.
    pub notices: u64,
    /// Messages that it is over.
    pub recoveries: u64,
    /// Lines in the digests.
    pub digest_lines: u64,
    /// The most messages in one hour of the clock.
    pub worst_hour: u64,
}

/// Messages, hour by hour.
#[derive(Debug, Default)]
pub(super) struct Hours(BTreeMap<i64, u64>);

impl Hours {
    pub(super) fn add(&mut self, at: UtcMs) {
        *self.0.entry(at.0.div_euclid(HOUR.0)).or_default() += 1;
    }

    pub(super) fn worst(&self) -> u64 {
        self.0.values().copied().max().unwrap_or(0)
    }
}

impl Said {
    /// Messages, whatever they say.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.notices.saturating_add(self.recoveries)
    }
}

impl Report {
    /// A crossing that lasts this long and is told to nobody is a fault.
    pub const LONG: Span = Span::secs(300);

    /// By how many of a hundred its messages, recoveries counted, are fewer than the naive
    /// alerter's, which sends none.
    #[must_use]
    pub fn cut_against_naive(&self, said: &Said) -> f64 {
        cut(said.messages(), self.naive.notices)
    }

    /// By how many of a hundred its notices are fewer than the crossing alerter's. Each of the two
    /// may send recoveries, so of neither they are counted.
    #[must_use]
    pub fn cut_against_crossing(&self, said: &Said) -> f64 {
        cut(said.notices, self.crossing.notices)
    }

    /// Messages a day.
    #[must_use]
    pub fn a_day(&self, said: &Said) -> f64 {
        ratio(said.messages(), 1) / ratio((self.to - self.from).0.unsigned_abs(), 1)
            * ratio(DAY.0.unsigned_abs(), 1)
    }

    /// Crossings that lasted [`Self::LONG`], and those of them that nobody was told of.
    #[must_use]
    pub fn long(&self) -> (usize, Vec<&Crossing>) {
        let long = || self.crossings.iter().filter(|crossing| crossing.lasted >= Self::LONG);
        (long().count(), long().filter(|crossing| crossing.told == Told::No).collect())
    }

    /// The delay that this many of a hundred first notices do not exceed; nothing without any.
    #[must_use]
    pub fn delay(&self, percent: usize) -> Option<Span> {
        let rank = self.delays.len().saturating_mul(percent).div_ceil(100).max(1);
        self.delays.get(rank - 1).copied()
    }
}

fn cut(said: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { 100.0 - 100.0 * ratio(said, of) }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "counts and milliseconds are exact in a f64"
)]
fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_of_a_share_is_one_that_was() {
        let delays: Vec<Span> = (1..=20).map(Span::secs).collect();
        let said = Said::default();
        let report = Report {
            from: UtcMs(0),
            to: UtcMs(2 * DAY.0),
            naive: Said { notices: 400, ..said },
            crossing: Said { notices: 40, ..said },
            andon: Said { notices: 8, recoveries: 4, ..said },
            made: Vec::new(),
            brief: 0,
            held: Vec::new(),
            crossings: Vec::new(),
            delays,
            unfed: Vec::new(),
        };
        let delay = |percent| report.delay(percent).map(Span::whole_secs);
        assert_eq!(
            [delay(0), delay(50), delay(95), delay(100)].map(Option::unwrap),
            [1, 10, 19, 20]
        );
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(near(report.cut_against_naive(&report.andon), 97.0));
        assert!(near(report.cut_against_crossing(&report.andon), 80.0));
        assert!(near(report.a_day(&report.andon), 6.0));
        assert!(near(cut(5, 0), 0.0), "there was nothing to cut");
    }
}
