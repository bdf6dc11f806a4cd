//! Secrets: held by reference in the config, in memory only as long as needed, never printed.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

/// Where a secret is found. The config file holds only this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretRef {
    /// `{ credential = "name" }`: a file of that name in the service manager's credentials
    /// directory.
    Credential(Box<str>),
    /// `{ file = "path" }`: a file of its own.
    File(Box<str>),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(name) => write!(f, "credential \"{name}\""),
            Self::File(path) => write!(f, "file \"{path}\""),
        }
    }
}

/// A secret's text. It prints as `***` and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret; surrounding white space and the newline that editors add are not part of it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().into()))
    }

    /// The text itself. Call it only where a request is made.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secrets that the config refers to, as the edge last read them.
#[derive(Debug, Clone, Default)]
pub struct Secrets(alloc::collections::BTreeMap<SecretRef, Secret>);

impl Secrets {
    /// Remembers what a reference stands for.
    pub fn put(&mut self, reference: SecretRef, secret: Secret) {
        self.0.insert(reference, secret);
    }

    /// What a reference stands for, where it could be read.
    #[must_use]
    pub fn get(&self, reference: &SecretRef) -> Option<&Secret> {
        self.0.get(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new(" hunter2\n");
        assert_eq!(alloc::format!("{secret:?}"), "***");
        assert_eq!(secret.expose(), "hunter2");
    }
}
