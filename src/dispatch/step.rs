//! What the dispatch asks of the hub.

use alloc::string::String;

use crate::ledger::Write;
use crate::model::alert::{AlertKey, Decision};
use crate::model::http::Request;
use crate::model::notice::Reason;
use crate::model::outgoing::Outgoing;

/// What the dispatch asks for.
#[derive(Debug)]
pub enum Step {
    /// A change to the ledger.
    Write(Write),
    /// A request to a target; its answer comes back with the number of the notice.
    Ask {
        /// Which notice.
        notice: u64,
        /// What to send.
        outgoing: Outgoing,
    },
    /// A request for a target's token; its answer comes back with the target's place.
    LogIn {
        /// Which target.
        place: usize,
        /// What to send.
        request: Request,
    },
    /// A request that reads a target back; its answer comes back with the target's place.
    Read {
        /// Which target.
        place: usize,
        /// What to send.
        request: Request,
    },
    /// A decision for the trail of an alert.
    Note {
        /// Which alert.
        alert: AlertKey,
        /// What was decided.
        what: Decision,
    },
    /// A secret was refused or is missing; it may have been changed.
    RereadSecrets,
    /// A target has taken a notice: the line for people.
    Delivered {
        /// Why they were told.
        reason: Reason,
        /// Whom and what.
        text: String,
    },
    /// A line for the log.
    Say(log::Level, String),
}
