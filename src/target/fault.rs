//! Why a notice cannot be told as things stand, and who has to do what.

use alloc::boxed::Box;
use alloc::format;
use core::fmt;

use crate::model::secret::SecretRef;

/// Why no request can be made for a notice. Waiting does not help: somebody has to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetFault {
    /// What a reference stands for could not be read.
    SecretMissing(SecretRef),
    /// It could be read, but is not what the target needs.
    SecretUnusable {
        /// Which secret.
        reference: SecretRef,
        /// What is wrong with it, without showing it.
        why: &'static str,
    },
    /// This kind of notice does not belong into this kind of target.
    Unfit(&'static str),
    /// The body could not be written as JSON: the hub's own fault.
    Body(Box<str>),
}

impl fmt::Display for TargetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretMissing(reference) => {
                let mend = match reference {
                    SecretRef::Credential(name) => {
                        format!("Give the unit a LoadCredential={name}:PATH line and restart it.")
                    }
                    SecretRef::File(_) => "Put it there, readable for the hub.".into(),
                    SecretRef::Vault { .. } => "The log says what the vault answered.".into(),
                };
                write!(f, "{reference} could not be read. {mend}")
            }
            Self::SecretUnusable { reference, why } => {
                write!(f, "{reference} cannot be used: {why}.")
            }
            Self::Unfit(why) => write!(f, "this target cannot take the notice: {why}"),
            Self::Body(why) => write!(f, "the notice could not be written as JSON: {why}"),
        }
    }
}
