//! How a source is doing, for metrics, readiness and people.

use alloc::boxed::Box;
use core::fmt;

use log::Level;

use crate::model::http::LinkFault;
use crate::model::time::{ClockTrust, Span, Stamp};
use crate::platform::{SourceFault, VendorFault};
use crate::poll::breaker::Breaker;
use crate::poll::token::TokenState;

/// The state of one source at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether its last answer can be believed to be the present.
    pub freshness: Freshness,
    /// When the last good answer came.
    pub last_answer: Option<Stamp>,
    /// How its token stands.
    pub token: TokenState,
    /// How its webhook stands with the platform.
    pub registration: RegistrationState,
    /// Where its breaker stands.
    pub breaker: Breaker,
    /// How often it is asked at present.
    pub interval: Span,
    /// `HttpDate` as soon as the platform has said its time.
    pub clock_trust: ClockTrust,
    /// How far the platform's clock is ahead of our wall clock, once it said its time.
    pub clock_ahead: Option<Span>,
    /// What happened since the source was set up.
    pub counters: Counters,
}

/// Whether the platform has our webhook, as far as this hub has seen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationState {
    /// The file does not want the hub to see to it.
    Unwanted,
    /// It is being seen to.
    UnderWay,
    /// It has.
    Registered,
    /// It could not be seen to, and is tried again.
    Failing,
}

/// Whether the last answer is the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// The last poll gave data.
    Fresh,
    /// It did not, and the last good answer grows old.
    Stale {
        /// Since when.
        since: Stamp,
        /// The newest reason.
        why: Why,
    },
}

/// Why a source has no fresh data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It has only been set up.
    NotYet,
    /// There is no token to ask with; and why, where a request for one has failed.
    NoToken(Option<Box<Self>>),
    /// The entities to ask for are not known: the source names none, and no look-up has found any.
    NothingToAskFor {
        /// The list parameter.
        list: Box<str>,
    },
    /// The operator's part is missing.
    Source(SourceFault),
    /// No answer came.
    Link(LinkFault),
    /// The answer cannot be used.
    Vendor(VendorFault),
    /// The answer was as old as this (guide 2, edge case 3).
    TooOld(Span),
    /// The answer was from the future by this much.
    FromTheFuture(Span),
    /// The answer counted a stretch of time that was counted before.
    Overlap,
}

/// What happened to a source, in numbers that only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests for data.
    pub polls: u64,
    /// Requests for data that were tried again within their cycle.
    pub retries: u64,
    /// Answers that were taken.
    pub answers: u64,
    /// Answers refused because they were too old or from the future.
    pub answers_untimely: u64,
    /// Answers refused because their bucket overlapped an observed one.
    pub answers_overlapping: u64,
    /// Answers 429.
    pub throttled: u64,
    /// Other answers that could not be used.
    pub vendor_faults: u64,
    /// Requests without an answer.
    pub link_faults: u64,
    /// Buckets that were asked for in vain, or slept over.
    pub buckets_given_up: u64,
    /// Tokens received.
    pub tokens: u64,
    /// Requests for a token that failed.
    pub token_failures: u64,
    /// Requests for data that were made with a token.
    pub token_uses: u64,
    /// Tries to register a webhook that failed.
    pub registration_failures: u64,
    /// Rows refused: no readable name, an older bucket, too many.
    pub rows_refused: u64,
    /// Cells whose number stood in quotes.
    pub cells_coerced: u64,
    /// Cells that could not be read.
    pub cells_refused: u64,
}

/// Whose trouble it is that a source is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The platform answers, and says that it cannot: 429 or 5xx.
    PlatformSaysSo,
    /// No answer comes.
    Unreachable,
    /// The platform answers what cannot be used.
    Unusable,
    /// The operator's part is missing or refused.
    Ours,
}

impl Why {
    /// Whose trouble it is.
    #[must_use]
    pub fn whose(&self) -> Whose {
        match self {
            Self::NoToken(Some(why)) => why.whose(),
            Self::Link(_) => Whose::Unreachable,
            Self::Vendor(VendorFault::Refused { status: 429 | 500.., .. }) => Whose::PlatformSaysSo,
            Self::Vendor(VendorFault::Refused { .. })
            | Self::NotYet
            | Self::NoToken(None)
            | Self::NothingToAskFor { .. }
            | Self::Source(_) => Whose::Ours,
            Self::Vendor(_) | Self::TooOld(_) | Self::FromTheFuture(_) | Self::Overlap => {
                Whose::Unusable
            }
        }
    }

    /// A word for the kind of trouble: what is said once and then seldom.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotYet => "not yet",
            Self::NoToken(_) => "no token",
            Self::NothingToAskFor { .. } => "no entities",
            Self::Source(_) => "source",
            Self::Link(_) => "link",
            Self::Vendor(VendorFault::Refused { status: 429, .. }) => "throttled",
            Self::Vendor(VendorFault::Refused { status: 500.., .. }) => "platform failing",
            Self::Vendor(VendorFault::Refused { status: 400, .. }) => "refused 400",
            Self::Vendor(VendorFault::Refused { status: 401, .. }) => "refused 401",
            Self::Vendor(VendorFault::Refused { status: 403, .. }) => "refused 403",
            Self::Vendor(VendorFault::Refused { status: 404, .. }) => "refused 404",
            Self::Vendor(VendorFault::Refused { .. }) => "refused",
            Self::Vendor(_) => "answer",
            Self::TooOld(_) | Self::FromTheFuture(_) => "latency",
            Self::Overlap => "overlap",
        }
    }

    /// How loud it is said: what only an operator can mend is an error.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::Source(_) | Self::Vendor(VendorFault::Refused { status: 400..=428, .. }) => {
                Level::Error
            }
            Self::NotYet
            | Self::NoToken(_)
            | Self::NothingToAskFor { .. }
            | Self::Link(_)
            | Self::Vendor(_)
            | Self::TooOld(_)
            | Self::FromTheFuture(_)
            | Self::Overlap => Level::Warn,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("no answer came yet"),
            Self::NoToken(None) => f.write_str("there is no token to ask with"),
            Self::NoToken(Some(why)) => write!(f, "there is no token to ask with: {why}"),
            Self::NothingToAskFor { list } => {
                write!(f, "there are no {list} to ask for: write them, or see why none are found")
            }
            Self::Source(fault) => fault.fmt(f),
            Self::Link(fault) => fault.fmt(f),
            Self::Vendor(fault) => fault.fmt(f),
            Self::TooOld(age) => write!(f, "latency: the answer was {age} old and was refused"),
            Self::FromTheFuture(ahead) => {
                write!(f, "latency: the answer was {ahead} ahead of its time and was refused")
            }
            Self::Overlap => f.write_str("the answer counted a time that was counted before"),
        }
    }
}
