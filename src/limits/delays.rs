//! The bounds of delays: how long a breach or a clear value has to last, and what may be missing.

use crate::model::time::Span;

/// The longest `on_delay_seconds` or `off_delay_seconds`. A longer one is a problem in the file: an
/// alert that begins or ends after an hour is of no use to anybody.
pub const DELAY_MAX: Span = Span::secs(3_600);

/// What may be missing of a delay where the file does not say, in intervals of the request ...
pub const GAP_INTERVALS: i64 = 3;

/// ... and at the least. Beyond it the delay begins anew.
pub const GAP_TOLERANCE_LEAST: Span = Span::secs(60);

/// What was held back is told without another sample so long after the end of its quiet time, or
/// after a start: where samples come, the next one decides. That of a poll is ten seconds away.
pub const SETTLED_AGAIN_AFTER: Span = Span::secs(30);

/// Figures of one route's `repeat_seconds`: from minutes to a day are four. More are a config
/// problem.
pub const REPEATS_MAX: usize = 8;
