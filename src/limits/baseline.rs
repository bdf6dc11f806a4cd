//! The bounds of baselines: how much is learned of how many series, and when it may be used.

use crate::model::time::Span;

/// Series that are learned: one for each entity, metric and quantile that some rule wants. A
/// thousand take 3 MB of memory and as much on disk. The rule of one beyond it falls back to its
/// `static_value`; it is counted, and `explain` says so.
pub const BASELINE_SERIES_MAX: usize = 1_000;

/// Weeks that each hour of the week remembers. What is older is forgotten.
pub const BASELINE_WEEKS: usize = 8;

/// The hours of those weeks.
pub const BASELINE_HOURS: u16 = 8 * 168;

/// How much each of them weighs in the median, the newest first: it halves in four weeks. Of three
/// known weeks one weighs less than half, of six any two do, so that a bad one is not believed; of
/// all eight the three newest weigh more than half, so that what lasts three weeks is.
pub const BASELINE_WEIGHTS: [u16; BASELINE_WEEKS] = [32, 27, 23, 19, 16, 13, 11, 10];

/// Weeks after which an hour of the week is usable. Before that the same hour of other days is.
pub const BASELINE_WEEKS_MIN: usize = 3;

/// Days, weekdays or those of weekends, after which an hour of the day is usable. Before that
/// nothing is, and the rule falls back to its `static_value`.
pub const BASELINE_DAYS_MIN: usize = 3;

/// Minutes of an hour that must have been seen for the hour to count: a source that is asked every
/// five minutes gives twelve. Of fewer nothing is learned.
pub const BASELINE_MINUTES_MIN: usize = 10;

/// What was learned reaches the ledger this often: 72 times a day a row of 2 kB for a thousand
/// series. A power cut loses no more, and a daily restart spoils no hour for good.
pub const BASELINE_WRITTEN_EVERY: Span = Span::secs(20 * 60);

/// What is seen in an open alert is not learned as usual; but from an alert that has been open for
/// so long it is, for then it is no incident any more.
pub const BASELINE_TROUBLE_MAX: Span = Span::secs(3 * 24 * 3_600);

/// So close to a full hour both hours' usual values count, the more lenient of them: a shift does
/// not begin on the second.
pub const BASELINE_EDGE: Span = Span::secs(10 * 60);

const _: () = assert!(BASELINE_HOURS.div_euclid(168) == 8 && BASELINE_WEEKS == 8);
// One bad week of three, and two of six, are no majority; the three newest of eight are.
const _: () = {
    let [a, b, c, d, e, f, g, h] = BASELINE_WEIGHTS;
    assert!(a < b + c && a + b < c + d + e + f && a + b + c > d + e + f + g + h);
};
