//! Everything that can happen to the hub.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::model::authority::Authority;
use crate::model::delivery::Delivery;
use crate::model::door::Door;
use crate::model::http::{LinkFault, Reply};
use crate::model::secret::Secrets;

/// Something that happened. The hub handles one at a time and never fails.
#[derive(Debug)]
pub enum Event {
    /// A deadline that the hub asked for has passed. Spurious ones are no-ops.
    Woke,
    /// A request has its answer, or will have none.
    Answered {
        /// Which request.
        ticket: Ticket,
        /// The answer, or why there is none.
        outcome: Result<Reply, LinkFault>,
    },
    /// An operator or a tool asks something.
    Asked {
        /// Who gets the reply.
        asker: Asker,
        /// The method of the request.
        method: Box<str>,
        /// Its path and query.
        path: Box<str>,
        /// Its body, bounded by the listener.
        body: Box<[u8]>,
        /// What whoever asks may do.
        authority: Authority,
    },
    /// Somebody pushes something.
    Pushed {
        /// Who gets the reply.
        asker: Asker,
        /// Where to: `/ingest/cxone-prod`.
        path: Box<str>,
        /// What.
        delivery: Delivery,
    },
    /// What the push door holds and has turned away so far; it comes before a question.
    Door(Door),
    /// Secrets have been read again; those that are not among these stay as they are.
    SecretsRead(Secrets),
    /// What the edge sees around the hub, as the hub has asked.
    SeenAround(Surroundings),
    /// The ledger took a turn's writes, after it had refused some.
    LedgerRecovered,
    /// The ledger refused a turn's writes. They are kept and tried again.
    LedgerFailed(Box<str>),
}

/// What is around the hub on its box.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Room on the disk of the ledger, in whole megabytes; nothing where nobody can tell.
    pub disk_room_mb: Option<u32>,
    /// The problems of the config file that lies there to be taken over, none where it is good;
    /// nothing where it cannot be read.
    pub config_problems: Option<Vec<String>>,
}

/// Whose request an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ticket {
    /// A source's token, by the source's place in the config.
    Token(usize),
    /// A source's data, by the source's place and the request's place in its definition.
    Data(usize, u8),
    /// A step of the registration of a source's webhook, by the source's place.
    Webhook(usize),
    /// A notice, by its number.
    Notice(u64),
    /// A target's token, by the target's place in the config.
    Login(usize),
    /// The business context of an entity, by the number of the look-up.
    Context(u64),
    /// The dead man's switch.
    CheckIn,
    /// What a target says of alerts that it was told of, by its place in the config.
    Readback(usize),
    /// A sign of life of a target, whatever it says.
    Probe,
}

/// Who asked, for the edge to find the connection again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asker(pub u64);

/// Whether an effect may happen before the turn's writes are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// It must wait: what it does has to be remembered first.
    Ledger,
    /// It may happen without.
    Nothing,
}

impl Needs {
    /// Of the reply to a question: an operator relies on what was ordered.
    #[must_use]
    pub const fn of(authority: Authority) -> Self {
        match authority {
            Authority::Operator => Self::Ledger,
            Authority::Anyone => Self::Nothing,
        }
    }
}

impl Ticket {
    /// A poll or a login can be asked again without harm; a notice must be remembered before it
    /// leaves.
    #[must_use]
    pub const fn needs(self) -> Needs {
        match self {
            Self::Notice(_) => Needs::Ledger,
            Self::Token(_)
            | Self::Data(..)
            | Self::Context(_)
            | Self::Webhook(_)
            | Self::CheckIn
            | Self::Readback(_)
            | Self::Login(_)
            | Self::Probe => Needs::Nothing,
        }
    }
}
