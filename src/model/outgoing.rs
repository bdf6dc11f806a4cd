//! What leaves the box for a target, as data: by which transport, and what.

use crate::model::http::Request;

/// One request to a target. Whatever the transport, its outcome is a reply or a fault of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// By HTTP.
    Http(Request),
}

impl Outgoing {
    /// Scheme and host of where it goes: what may be shown.
    #[must_use]
    pub fn origin(&self) -> &str {
        match self {
            Self::Http(request) => request.origin(),
        }
    }
}
