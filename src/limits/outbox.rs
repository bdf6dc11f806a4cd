//! Bounds of what waits for its targets, and of what they never took.

use core::ops::RangeInclusive;

use crate::model::time::Span;

/// How long a notice about an open alert waits for its target before the target's `fallback` is
/// told, where `fallback_after_seconds` does not say: five minutes, as a stuck target is told.
pub const FALLBACK_AFTER: Span = Span::secs(300);

/// What `fallback_after_seconds` may be: a target is tried twice in ten seconds, and after a day
/// nobody waits for a page.
pub const FALLBACK_AFTER_SECONDS: RangeInclusive<i64> = 10..=86_400;

/// What `give_up_seconds` may be: in less than a minute a target is tried five times, and what is
/// older than a week is of use to nobody.
pub const GIVE_UP_SECONDS: RangeInclusive<i64> = 60..=604_800;

/// Tries in a row that a target has not taken, after which its breaker is open: a minute or so.
/// From then on it rests from one single try to the next.
pub const TARGET_BREAKER_FAILURES: u32 = 5;
