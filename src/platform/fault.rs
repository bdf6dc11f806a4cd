//! What can go wrong between a source and its platform, sorted by whose fault it is.
//!
//! # Not here
//! Faults of the path between them are `model::http::LinkFault`; those of the definition's file
//! are `document::Problems`. No text here ever quotes a token or a secret.

use alloc::boxed::Box;
use core::fmt;

use crate::limits::ANSWER_TREE_BYTES_MAX;
use crate::model::secret::SecretRef;

/// The platform answered, and the answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VendorFault {
    /// Any status but 2xx.
    Refused {
        /// The status code.
        status: u16,
        /// What the platform said about it, cut short.
        excerpt: Box<str>,
    },
    /// The body is not JSON.
    NotJson(Box<str>),
    /// As one tree the body would take fifteen times its bytes, and one row at a time the
    /// definition's expressions do not let it be read.
    TooLargeForTree {
        /// Of the body.
        bytes: usize,
    },
    /// Where the definition looks for the rows there is no list.
    NoRows {
        /// The definition's expression.
        path: Box<str>,
        /// What is there instead.
        found: &'static str,
    },
    /// No field that gives the platform's own time could be read, and no other clock is believed.
    NoVendorTime,
    /// A token reply without a token.
    NoToken {
        /// The definition's expression.
        path: Box<str>,
    },
    /// An answer without a text that the definition takes from it.
    NoText {
        /// The definition's expression.
        path: Box<str>,
    },
    /// An address in an answer leads where neither the asked host nor the definition does.
    ForeignHost {
        /// Scheme and host.
        address: Box<str>,
    },
    /// Where the definition looks for how many pages or rows there are, there is no number.
    NoPages {
        /// The definition's expression.
        path: Box<str>,
    },
    /// Pages that lead back to one that was read, or to no end.
    EndlessPages {
        /// How many were read.
        pages: usize,
    },
    /// A token reply whose life is not a number above zero.
    BadTokenLife {
        /// The definition's expression.
        path: Box<str>,
    },
}

/// The request cannot be made out of what the operator gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceFault {
    /// The definition needs a parameter that the source does not have, or has as another kind.
    NoParameter(Box<str>),
    /// The secret that a parameter refers to has not been read.
    NoSecret {
        /// The parameter.
        parameter: Box<str>,
        /// Where it is looked for.
        reference: SecretRef,
    },
    /// The definition has no request of this number.
    NoRequest(u8),
}

impl fmt::Display for VendorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, excerpt } if excerpt.is_empty() => {
                write!(f, "the platform answered {status}")
            }
            Self::Refused { status, excerpt } => {
                write!(f, "the platform answered {status}: {excerpt}")
            }
            Self::NotJson(why) => write!(f, "the platform's answer is not JSON: {why}"),
            Self::TooLargeForTree { bytes } => write!(
                f,
                "the platform's answer has {bytes} bytes; more than {ANSWER_TREE_BYTES_MAX} are \
                 read only where rows and time are plain paths and the rows are there"
            ),
            Self::NoRows { path, found } => {
                write!(f, "the platform's answer has {found} at {path}, where its rows should be")
            }
            Self::NoVendorTime => f.write_str("the platform's answer does not say its own time"),
            Self::NoToken { path } => write!(f, "the platform's token reply has no {path}"),
            Self::NoText { path } => {
                write!(f, "the platform's answer has no text of use at {path}")
            }
            Self::ForeignHost { address } => write!(
                f,
                "the platform's answer leads to {address}, which the definition's hosts do not name"
            ),
            Self::NoPages { path } => write!(
                f,
                "the platform's answer has no number at {path}, so where its pages end is unknown"
            ),
            Self::EndlessPages { pages } => {
                write!(f, "the platform's answer comes in pages without an end: {pages} so far")
            }
            Self::BadTokenLife { path } => {
                write!(f, "the platform's token reply has no number above zero in {path}")
            }
        }
    }
}

impl fmt::Display for SourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoParameter(name) => {
                write!(f, "the source has no parameter {name}; write it into its [[source]] table")
            }
            Self::NoSecret { parameter, reference } => {
                write!(f, "{parameter} could not be read from {reference}; put the secret there")
            }
            Self::NoRequest(index) => {
                write!(f, "the source definition has no request number {index}")
            }
        }
    }
}
