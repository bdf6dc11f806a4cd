//! What a listener of ours turned away before the hub heard of it.

use alloc::collections::BTreeMap;
use core::fmt;

/// Why a connection was closed, or a request answered, without the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It brought no whole request head in time.
    Silent,
    /// It waited for its next request for longer than the others, and a new one needed its place.
    GaveWay,
    /// It spoke no TLS, or showed no certificate that we believe.
    NoTls,
    /// The port has no certificate to show yet.
    Shut,
    /// It spoke no HTTP: 400.
    Malformed,
    /// A head that is too long, or has too many headers: 431.
    HeadTooLarge,
    /// 413.
    BodyTooLarge,
    /// 408.
    BodyTooSlow,
    /// A body that ended too early or was cut into bad pieces: 400.
    BrokenOff,
    /// Too much waits already: 503.
    Overloaded,
}

/// What a listener holds and has turned away since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Door {
    /// Connections that are open.
    pub connections: usize,
    /// How often it turned somebody away, by why.
    pub refused: BTreeMap<Refusal, u64>,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 10] = [
        Self::Silent,
        Self::GaveWay,
        Self::NoTls,
        Self::Shut,
        Self::Malformed,
        Self::HeadTooLarge,
        Self::BodyTooLarge,
        Self::BodyTooSlow,
        Self::BrokenOff,
        Self::Overloaded,
    ];

    /// As the metrics call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::GaveWay => "gave_way",
            Self::NoTls => "no_tls",
            Self::Shut => "shut",
            Self::Malformed => "malformed",
            Self::HeadTooLarge => "head_too_large",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::BrokenOff => "broken_off",
            Self::Overloaded => "overloaded",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "it brought no whole request in time",
            Self::GaveWay => "it had waited for the longest time, and a new one needed its place",
            Self::NoTls => "no TLS came about",
            Self::Shut => "there is no certificate to show yet",
            Self::Malformed => "it spoke no HTTP (400)",
            Self::HeadTooLarge => "a request had too long a head or too many headers (431)",
            Self::BodyTooLarge => "a request had too long a body (413)",
            Self::BodyTooSlow => "a request's body came too slowly (408)",
            Self::BrokenOff => "a request's body was broken off or badly cut (400)",
            Self::Overloaded => "too much waits already (503)",
        })
    }
}
