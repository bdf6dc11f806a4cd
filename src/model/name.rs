//! Names of things, bounded in length and free of control characters, each thing with its own type.

use alloc::sync::Arc;

use core::borrow::Borrow;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::NAME_BYTES_MAX;

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// There is nothing in it.
    Empty,
    /// It is longer than [`NAME_BYTES_MAX`] bytes.
    TooLong,
    /// It has a control character in it, which would break a log line.
    ControlCharacter,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong => write!(f, "is longer than {NAME_BYTES_MAX} bytes"),
            Self::ControlCharacter => f.write_str("has a control character in it"),
        }
    }
}

fn check(text: &str) -> Result<Arc<str>, NameFault> {
    match text {
        "" => Err(NameFault::Empty),
        _ if text.len() > NAME_BYTES_MAX => Err(NameFault::TooLong),
        _ if text.chars().any(char::is_control) => Err(NameFault::ControlCharacter),
        _ => Ok(text.into()),
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as a name.
            ///
            /// # Errors
            /// Says what about the text cannot stand in a name.
            pub fn new(text: &str) -> Result<Self, NameFault> {
                check(text).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// One tenant of one platform, as the config file calls it: `cxone-prod`.
    SourceName
    /// What a platform calls a queue, a trunk, an edge: its own identifier.
    EntityId
    /// One place where people are told, as the config file calls it: `pagerduty-p1`.
    TargetName
    /// One maintenance window, as the config file calls it: `pbx-upgrade`.
    WindowName
}
