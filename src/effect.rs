//! Everything the hub may ask of the world.

use alloc::string::String;

use crate::event::{Asker, Needs, Ticket};
use crate::model::http::{Reply, Request};
use crate::model::notice::Reason;
use crate::model::outgoing::Outgoing;

/// Something to be done, after the turn's writes are on disk.
#[derive(Debug)]
pub enum Effect {
    /// Make a request; its outcome comes back as an event with the same ticket, always.
    Fetch {
        /// Whose request it is.
        ticket: Ticket,
        /// What to send.
        request: Request,
    },
    /// Hand something in by another way than HTTP; its outcome comes back in the same way.
    Submit {
        /// Whose it is.
        ticket: Ticket,
        /// What to hand in.
        outgoing: Outgoing,
    },
    /// Answer an operator or a tool.
    Respond {
        /// Who asked.
        asker: Asker,
        /// The answer.
        reply: Reply,
        /// A sender that hears yes forgets what it sent.
        needs: Needs,
    },
    /// Read the secrets again; they may have changed.
    RereadSecrets,
    /// Look around on the box; it may have changed.
    LookAround,
    /// People have been told: the line that says whom and what.
    Told {
        /// Why.
        reason: Reason,
        /// Whom and what.
        text: String,
    },
    /// A line for the log.
    Say {
        /// Who has to care.
        level: log::Level,
        /// A sentence.
        text: String,
    },
}

impl Effect {
    /// Whether it may happen before the turn's writes are on disk.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        match self {
            Self::Fetch { ticket, .. } | Self::Submit { ticket, .. } => ticket.needs(),
            Self::Respond { needs, .. } => *needs,
            Self::RereadSecrets | Self::LookAround | Self::Told { .. } | Self::Say { .. } => {
                Needs::Nothing
            }
        }
    }
}
