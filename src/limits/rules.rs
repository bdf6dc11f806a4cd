//! The bounds of what a rule asks for: whom, when, and under which conditions.

use crate::model::time::Span;

/// Tables of business hours in one config. More are a problem in the file.
pub const HOURS_MAX: usize = 64;

/// Spans of one table of business hours: two shifts for each day of the week, and some. More are a
/// problem in the file.
pub const HOURS_SPANS_MAX: usize = 16;

/// Days on which business hours do not begin, or that baselines do not learn from: those of a few
/// years. More are a problem in the file.
pub const EXCEPT_MAX: usize = 128;

/// Patterns of one list of a rule's scope. More are a problem in the file.
pub const SCOPE_PATTERNS_MAX: usize = 64;

/// One pattern of a `match`: an alert's key, the longest there is, has a source's name of 128 bytes
/// in it and 60 more. A longer one fits nothing and is a problem where it is written.
pub const MATCHER_PATTERN_BYTES_MAX: usize = 192;

/// Free labels of one row of context, and of a rule's scope. More are a problem in the file.
pub const LABELS_MAX: usize = 16;

/// Further conditions of one threshold. More are a problem in the file.
pub const CONDITIONS_MAX: usize = 8;

/// A condition counts on the newest value of its metric for so long, as another request of the
/// source may give it, or a webhook of its own: the slowest feeds come every five minutes. An older
/// one is unknown.
pub const CONDITION_KEPT: Span = Span::secs(330);

/// An open breach ends when the traffic has been too low to judge it by for so long after it was
/// last seen: the half hour that shares are taken over, so that the calls that raised it are in no
/// window any more.
pub const LOW_VOLUME_ENDS_AFTER: Span = Span::secs(1_800);

/// A rule whose scope takes in none of what its source has reported for so long is said in the log,
/// once: slow sources report every five minutes.
pub const SCOPE_EMPTY_SAID_AFTER: Span = Span::secs(660);
