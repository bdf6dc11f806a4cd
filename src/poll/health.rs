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

/// What is wrong between us and a platform: each of these asks for another hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Data comes.
    Well,
    /// No answer has come yet.
    Waiting,
    /// The platform answers, and says that it cannot: 5xx.
    PlatformDown,
    /// It takes no more requests from us for now: 429.
    RateLimited,
    /// It cannot be reached.
    Unreachable,
    /// Its name has no address.
    Dns,
    /// Its certificate is not believed, or something stands in between.
    Tls,
    /// By our clock its certificate is not valid.
    Clock,
    /// It refuses our credentials.
    Refused,
    /// Something of ours is missing or wrong.
    Config,
    /// It answers with what is not of this moment.
    Stale,
    /// It answers what cannot be used.
    Unreadable,
    /// Nothing outside can be reached.
    OurLink,
}

/// Whose trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Nobody's.
    Nobodys,
    /// The platform's.
    Platforms,
    /// Of the way between us, and whoever keeps it.
    Ways,
    /// Ours: the file, a secret, the clock, the link.
    Ours,
}

impl Verdict {
    /// The word for metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Waiting => "waiting",
            Self::PlatformDown => "platform_down",
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Refused => "refused",
            Self::Config => "config",
            Self::Stale => "stale",
            Self::Unreadable => "unreadable",
            Self::OurLink => "our_link",
        }
    }

    /// What people read in an alert.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Well => "data comes",
            Self::Waiting => "no answer has come yet",
            Self::PlatformDown => "the platform says that it cannot answer",
            Self::RateLimited => "the platform takes no more requests from us for now",
            Self::Unreachable => "the platform cannot be reached",
            Self::Dns => "the platform's name has no address (DNS)",
            Self::Tls => "the platform's certificate is not believed, or a proxy stands in between",
            Self::Clock => "by our clock the platform's certificate is not valid: mend the clock",
            Self::Refused => "the platform refuses our credentials",
            Self::Config => "something of ours is missing or wrong: see the log",
            Self::Stale => "the platform's answers are not of this moment",
            Self::Unreadable => "the platform's answers cannot be used",
            Self::OurLink => "nothing can be reached: our own link is down",
        }
    }

    /// Whose trouble it is.
    #[must_use]
    pub const fn whose(self) -> Whose {
        match self {
            Self::Well => Whose::Nobodys,
            Self::PlatformDown | Self::Stale | Self::Unreadable => Whose::Platforms,
            Self::Waiting | Self::Unreachable | Self::Dns | Self::Tls => Whose::Ways,
            Self::RateLimited | Self::Clock | Self::Refused | Self::Config | Self::OurLink => {
                Whose::Ours
            }
        }
    }
}

impl Whose {
    /// The word for metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nobodys => "nobody",
            Self::Platforms => "platform",
            Self::Ways => "way",
            Self::Ours => "ours",
        }
    }
}

impl Freshness {
    /// What is wrong, as far as the source itself can tell.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Fresh => Verdict::Well,
            Self::Stale { why, .. } => why.verdict(),
        }
    }
}

impl Why {
    /// What is wrong, as far as the source itself can tell.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::NotYet | Self::NoToken(None) => Verdict::Waiting,
            // A login is refused with 400, too (RFC 6749, section 5.2).
            Self::NoToken(Some(why)) if why.kind() == "refused 400" => Verdict::Refused,
            Self::NoToken(Some(why)) => why.verdict(),
            Self::NothingToAskFor { .. } | Self::Source(_) => Verdict::Config,
            Self::Link(fault) => of_link(fault),
            Self::Vendor(VendorFault::Refused { status, .. }) => match status {
                401 | 403 => Verdict::Refused,
                // Not the platform answers, but who stands in between: a proxy, a captive portal.
                407 | 511 => Verdict::Tls,
                429 => Verdict::RateLimited,
                500.. => Verdict::PlatformDown,
                _ => Verdict::Config,
            },
            Self::Vendor(_) => Verdict::Unreadable,
            Self::TooOld(_) | Self::FromTheFuture(_) | Self::Overlap => Verdict::Stale,
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

const fn of_link(fault: &LinkFault) -> Verdict {
    match fault {
        LinkFault::NoSuchHost => Verdict::Dns,
        LinkFault::Connect(_) | LinkFault::Timeout | LinkFault::Closed(_) | LinkFault::Proxy(_) => {
            Verdict::Unreachable
        }
        LinkFault::Tls(_) => Verdict::Tls,
        LinkFault::Dated(_) => Verdict::Clock,
        LinkFault::AnswerTooLarge => Verdict::Unreadable,
        LinkFault::BadRequest(_) | LinkFault::NotMade(_) | LinkFault::ProxyRefuses(_) => {
            Verdict::Config
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_trouble_has_its_verdict() {
        let refused = |status| Why::Vendor(VendorFault::Refused { status, excerpt: "".into() });
        let link = |fault| Why::Link(fault).verdict();
        assert_eq!(refused(503).verdict(), Verdict::PlatformDown);
        assert_eq!(refused(429).verdict(), Verdict::RateLimited);
        assert_eq!(refused(403).verdict(), Verdict::Refused);
        assert_eq!(refused(400).verdict(), Verdict::Config);
        assert_eq!(refused(511).verdict(), Verdict::Tls);
        assert_eq!(Why::NoToken(Some(Box::new(refused(400)))).verdict(), Verdict::Refused);
        assert_eq!(link(LinkFault::NoSuchHost), Verdict::Dns);
        assert_eq!(link(LinkFault::Timeout), Verdict::Unreachable);
        assert_eq!(link(LinkFault::Proxy("answered 502".into())), Verdict::Unreachable);
        assert_eq!(link(LinkFault::ProxyRefuses("answered 407".into())), Verdict::Config);
        assert_eq!(link(LinkFault::Tls("unknown issuer".into())), Verdict::Tls);
        assert_eq!(link(LinkFault::Dated("expired".into())), Verdict::Clock);
        assert_eq!(Why::TooOld(Span::secs(90)).verdict(), Verdict::Stale);
        assert_eq!(Freshness::Fresh.verdict().whose(), Whose::Nobodys);
    }
}
