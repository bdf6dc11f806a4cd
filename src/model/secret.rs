//! Secrets: held by reference in the config, in memory only as long as needed, never printed.
//!
//! # Promises
//! - `an_answer_that_quotes_a_secret_is_withheld`: what servers say is logged and shown.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use crate::model::http::{Reply, origin};

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

    /// By what a text shows the secret: its beginning, since a text may be cut. Of an address the
    /// path is the secret.
    fn head(&self) -> &str {
        let scheme_and_host = if self.0.contains("://") { origin(&self.0).len() } else { 0 };
        let text = self.0.get(scheme_and_host..).unwrap_or_default();
        text.get(..HEAD_BYTES).unwrap_or(text)
    }
}

/// Enough not to meet a secret's beginning by chance.
const HEAD_BYTES: usize = 12;

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

    /// An answer as it may be shown: without its body where that quotes a secret.
    #[must_use]
    pub fn withhold(&self, reply: Reply) -> Reply {
        let quotes = |secret: &Secret| {
            let head = secret.head().as_bytes();
            !head.is_empty() && reply.body.windows(head.len()).any(|window| window == head)
        };
        if self.0.values().any(quotes) {
            return Reply { body: b"(it quotes a secret)".into(), ..reply };
        }
        reply
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

    #[test]
    fn an_answer_that_quotes_a_secret_is_withheld() {
        let mut secrets = Secrets::default();
        let name = |name: &str| SecretRef::Credential(name.into());
        secrets.put(name("key"), Secret::new("0123456789abcdef"));
        secrets.put(name("slack"), Secret::new("https://hooks.slack.com/services/T1/B2/xyz"));
        let shown = |body: &str| secrets.withhold(Reply::new(400, "text/plain", body)).excerpt();
        assert_eq!(shown("no such key"), "no such key");
        assert_eq!(shown("hooks.slack.com is busy"), "hooks.slack.com is busy");
        assert_eq!(shown("bad key 0123456789ab"), "(it quotes a secret)");
        assert_eq!(shown("nothing at /services/T1/B2/xyz"), "(it quotes a secret)");
    }
}
