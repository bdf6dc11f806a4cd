//! Exit codes as sysexits(3) names them, each with the sentence that goes with it.

use std::process::ExitCode;

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) struct Fault {
    code: u8,
    text: String,
}

impl Fault {
    /// The command line is wrong (64).
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { code: 64, text: text.into() }
    }

    /// A given file cannot be read (66).
    pub(crate) fn no_input(text: impl Into<String>) -> Self {
        Self { code: 66, text: text.into() }
    }

    /// A file's content cannot be used (65).
    pub(crate) fn data(text: impl Into<String>) -> Self {
        Self { code: 65, text: text.into() }
    }

    /// What was asked about is not there, or nobody answers (69).
    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self { code: 69, text: text.into() }
    }

    /// A file or socket of ours cannot be made (73).
    pub(crate) fn cannot_create(text: impl Into<String>) -> Self {
        Self { code: 73, text: text.into() }
    }

    /// Somebody else has trouble, and may not have it later (75).
    pub(crate) fn later(text: impl Into<String>) -> Self {
        Self { code: 75, text: text.into() }
    }

    /// Somebody else does not speak as was said (76).
    pub(crate) fn protocol(text: impl Into<String>) -> Self {
        Self { code: 76, text: text.into() }
    }

    /// Somebody else does not let us (77).
    pub(crate) fn no_permission(text: impl Into<String>) -> Self {
        Self { code: 77, text: text.into() }
    }

    /// The config file has problems (78).
    pub(crate) fn config(text: impl Into<String>) -> Self {
        Self { code: 78, text: text.into() }
    }

    /// Says it on stderr and gives the code.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.text.is_empty() {
            super::out::complain(&self.text);
        }
        ExitCode::from(self.code)
    }
}
