//! What leaves the box for a target, as data: by which transport, and what.

use crate::model::http::Request;
use crate::model::mail::Submission;
use crate::model::name::TargetName;
use crate::model::record::Records;

/// One request to a target. Whatever the transport, its outcome is a reply or a fault of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// By HTTP.
    Http(Request),
    /// To a mail server.
    Mail(Submission),
    /// To a collector of logs.
    Syslog(Records),
}

impl Outgoing {
    /// Has it go by a target's own way.
    pub fn goes_by(&mut self, target: &TargetName) {
        *match self {
            Self::Http(request) => &mut request.network_of,
            Self::Mail(submission) => &mut submission.network_of,
            Self::Syslog(records) => &mut records.network_of,
        } = Some(target.clone());
    }

    /// Scheme and host of where it goes, or the host alone: what may be shown.
    #[must_use]
    pub fn origin(&self) -> &str {
        match self {
            Self::Http(request) => request.origin(),
            Self::Mail(submission) => &submission.server,
            Self::Syslog(records) => &records.server,
        }
    }
}
