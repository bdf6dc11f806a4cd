//! The bounds of delays: how long a breach or a clear value has to last, and what may be missing.

use crate::model::time::Span;

/// The longest `on_delay_seconds` or `off_delay_seconds`. A longer one is a problem in the file: an
/// alert that begins or ends after an hour is of no use to anybody.
pub const DELAY_MAX: Span = Span::secs(3_600);

/// What may be missing of a delay where the file does not say, in intervals of the request ...
pub const GAP_INTERVALS: i64 = 3;

/// ... and at the least. Beyond it the delay begins anew.
pub const GAP_TOLERANCE_LEAST: Span = Span::secs(60);
