//! The two clocks, and the words for moments and lengths; the clocks never mix.
//!
//! A [`Tick`] is for deadlines: it only moves forward while the box runs. A [`UtcMs`] is for
//! people, calendars and vendors: it may jump. Both are read once per turn, by the edge, and arrive
//! as [`Now`].

use alloc::string::{String, ToString};
use core::fmt;
use core::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A moment on the monotonic clock: milliseconds since the box booted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Tick(pub i64);

/// A moment in wall time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct UtcMs(pub i64);

/// A length of time in milliseconds. Differences of moments may be negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Span(pub i64);

/// How far the wall clock can be believed. Boards have no battery-backed clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ClockTrust {
    /// Nothing has confirmed the wall clock since boot.
    Untrusted,
    /// A platform's `Date` header has been compared with it.
    HttpDate,
    /// The kernel says that a time service keeps it.
    Ntp,
}

/// Both clocks, read together, once per turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For deadlines.
    pub tick: Tick,
    /// For people and vendors.
    pub utc: UtcMs,
    /// How far `utc` can be believed.
    pub trust: ClockTrust,
}

/// A moment kept on both clocks, so that it can be shown to people and measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stamp {
    /// The monotonic side.
    pub tick: Tick,
    /// The wall-clock side.
    pub utc: UtcMs,
}

/// When the hub wants to be woken, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// The earliest moment that needs attention.
    pub at: Tick,
    /// What is due then, in a word or two for the log.
    pub why: &'static str,
}

impl Wake {
    /// The earlier of two wakes; on a tie the first.
    #[must_use]
    pub fn earlier(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.at < one.at => Some(other),
            (Some(one), _) => Some(one),
            (None, other) => other,
        }
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A length in milliseconds.
    #[must_use]
    pub const fn millis(millis: i64) -> Self {
        Self(millis)
    }

    /// A length in whole seconds.
    #[must_use]
    pub const fn secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// Whole seconds, rounded towards zero.
    #[must_use]
    pub const fn whole_secs(self) -> i64 {
        self.0 / 1_000
    }

    /// This length times `percent` / 100.
    #[must_use]
    pub const fn percent(self, percent: i64) -> Self {
        Self(self.0.saturating_mul(percent) / 100)
    }

    /// The length without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl Now {
    /// This moment on both clocks.
    #[must_use]
    pub const fn stamp(self) -> Stamp {
        Stamp { tick: self.tick, utc: self.utc }
    }
}

impl UtcMs {
    /// RFC 3339 in UTC with whole seconds, as the guides print it: `2024-05-15T14:32:10Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.0.div_euclid(1_000))
            .map_or_else(|_| "out of range".to_string(), |at| at.to_string())
    }

    /// Reads RFC 3339 text with any offset and fraction.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }

    /// Reads the `Date` header of an HTTP answer (RFC 9110 IMF-fixdate).
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text.trim())
            .ok()
            .map(|at| Self(at.as_millisecond()))
    }

    /// Writes a `Date` header, for what answers HTTP.
    #[must_use]
    pub fn http_date(self) -> String {
        jiff::Timestamp::from_second(self.0.div_euclid(1_000))
            .ok()
            .and_then(|at| {
                jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
            })
            .unwrap_or_default()
    }
}

impl Add<Span> for Tick {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Tick {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for UtcMs {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for UtcMs {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Span {
    /// As an operator says it: `45 s`, `12 min`, `3 h 20 min`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.whole_secs();
        match secs {
            0..120 => write!(f, "{secs} s"),
            120..7_200 => write!(f, "{} min", secs / 60),
            _ => write!(f, "{} h {} min", secs / 3_600, secs % 3_600 / 60),
        }
    }
}

impl fmt::Display for UtcMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_and_print_as_the_guides_write_them() {
        let at = UtcMs::from_rfc3339("2024-05-15T14:32:10Z").unwrap();
        assert_eq!(at, UtcMs(1_715_783_530_000));
        assert_eq!(at.rfc3339(), "2024-05-15T14:32:10Z");
        assert_eq!(at.http_date(), "Wed, 15 May 2024 14:32:10 GMT");
        assert_eq!(UtcMs::from_http_date("Wed, 15 May 2024 14:32:10 GMT"), Some(at));
        assert_eq!(UtcMs::from_rfc3339("2024-05-15T16:32:10.5+02:00"), Some(UtcMs(at.0 + 500)));
        assert_eq!(UtcMs::from_rfc3339("yesterday"), None);
    }
}
