//! Secrets: held by reference in the config, in memory only as long as needed, never printed.
//!
//! # Promises
//! - `an_answer_that_quotes_a_secret_is_withheld`: what servers say is logged and shown.
//! - `a_login_that_is_quoted_is_withheld`: in base64, as it was sent.
//! - `a_secret_that_was_replaced_is_still_withheld`
//! - `what_cannot_be_read_again_goes_on`: a store that is down takes no secret away.
//! - `a_token_is_a_secret_that_no_reading_takes_away`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use crate::limits::SECRETS_REPLACED_MAX;
use crate::model::http::{Reply, origin};
use crate::model::login::OAuthClient;

/// Where a secret is found. The config file holds only this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretRef {
    /// `{ credential = "name" }`: a file of that name in the service manager's credentials
    /// directory.
    Credential(Box<str>),
    /// `{ file = "path" }`: a file of its own.
    File(Box<str>),
    /// `{ vault = "path#field" }`: a field of what Vault keeps under a path.
    Vault {
        /// Below the mount.
        path: Box<str>,
        /// Of the newest version.
        field: Box<str>,
    },
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(name) => write!(f, "credential \"{name}\""),
            Self::File(path) => write!(f, "file \"{path}\""),
            Self::Vault { path, field } => write!(f, "vault \"{path}#{field}\""),
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

    /// By what a login in base64 shows the secret. The user before it moves it by none, one or two
    /// bytes, so that its first ones may share a group with theirs.
    fn encoded_heads(&self) -> impl Iterator<Item = Zeroizing<String>> {
        let head = self.head().as_bytes();
        (0..3).filter_map(|shared| {
            let own = head.get(shared..)?;
            let mut text = Zeroizing::new(STANDARD_NO_PAD.encode(own));
            if own.len() % 3 != 0 {
                // What follows has a share in the last letter.
                text.pop();
            }
            (text.len() >= ENCODED_HEAD_LETTERS_MIN).then_some(text)
        })
    }
}

/// Enough not to meet a secret's beginning by chance.
const HEAD_BYTES: usize = 12;

/// The same of base64: 36 bits.
const ENCODED_HEAD_LETTERS_MIN: usize = 6;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secrets that the config refers to, as the edge last read them, and the tokens that the hub
/// got by them. They are in memory alone.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    current: BTreeMap<SecretRef, Secret>,
    tokens: BTreeMap<OAuthClient, Secret>,
    /// What was replaced lately, the newest first: an answer to a request that carried it may
    /// still quote it.
    replaced: Vec<Secret>,
}

impl Secrets {
    /// Remembers what a reference stands for.
    pub fn put(&mut self, reference: SecretRef, secret: Secret) {
        self.current.insert(reference, secret);
    }

    /// What a reference stands for, where it could be read.
    #[must_use]
    pub fn get(&self, reference: &SecretRef) -> Option<&Secret> {
        self.current.get(reference)
    }

    /// Remembers the token that a client got.
    pub fn put_token(&mut self, client: &OAuthClient, token: Secret) {
        if let Some(older) = self.tokens.insert(client.clone(), token) {
            self.retire(&[older]);
        }
    }

    /// The newest token of a client, whether or not it has ended.
    #[must_use]
    pub fn token(&self, client: &OAuthClient) -> Option<&Secret> {
        self.tokens.get(client)
    }

    /// The secrets with those that were read again in the place of their older selves, which are
    /// recognised for a while. What was not read stays as it was.
    #[must_use]
    pub fn replaced_by(mut self, newer: Self) -> Self {
        let current = &mut self.current;
        let older = newer.current.into_iter().filter_map(|(key, new)| current.insert(key, new));
        let older: Vec<Secret> = older.collect();
        self.retire(&older);
        self
    }

    /// These are not in use any more, and are kept out of what is shown for a while.
    fn retire(&mut self, older: &[Secret]) {
        let mut replaced: Vec<Secret> = Vec::new();
        for secret in older.iter().chain(&self.replaced) {
            let in_use = self.current.values().chain(self.tokens.values());
            let is_known = in_use.chain(&replaced).any(|known| known == secret);
            if !is_known && replaced.len() < SECRETS_REPLACED_MAX {
                replaced.push(secret.clone());
            }
        }
        self.replaced = replaced;
    }

    /// Which of these differ from what `newer` has for them.
    pub fn changed_in<'a>(&'a self, newer: &'a Self) -> impl Iterator<Item = &'a SecretRef> {
        let differs =
            |key: &SecretRef, new: &Secret| self.current.get(key).is_some_and(|old| old != new);
        newer.current.iter().filter(move |(key, new)| differs(key, new)).map(|(key, _)| key)
    }

    /// An answer as it may be shown: without its body where that quotes a secret.
    #[must_use]
    pub fn withhold(&self, reply: Reply) -> Reply {
        let quotes = |secret: &Secret| {
            stands_in(&reply.body, secret.head())
                || secret.encoded_heads().any(|head| stands_in(&reply.body, &head))
        };
        if self.current.values().chain(self.tokens.values()).chain(&self.replaced).any(quotes) {
            return Reply { body: b"(it quotes a secret)".into(), ..reply };
        }
        reply
    }
}

/// Whether a text stands in a body; an empty one does not. A body may be megabytes long, so it is
/// gone through by the first byte.
fn stands_in(body: &[u8], text: &str) -> bool {
    let Some((first, others)) = text.as_bytes().split_first() else { return false };
    let mut rest = body.iter();
    while rest.any(|byte| byte == first) {
        if rest.as_slice().starts_with(others) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_is_quoted_is_withheld() {
        use base64::engine::general_purpose::STANDARD;
        let shown = |user: &str, secret: &str| {
            let mut secrets = Secrets::default();
            secrets.put(SecretRef::Credential("key".into()), Secret::new(secret));
            let proof = STANDARD.encode(alloc::format!("{user}:{secret}"));
            secrets.withhold(Reply::new(401, "text/plain", proof)).excerpt()
        };
        for user in ["", "a", "an", "andon"] {
            for secret in ["hunter2", "a-servicenow-password", "0123456789abcdef"] {
                assert_eq!(shown(user, secret), "(it quotes a secret)", "{user} {secret}");
            }
        }
    }

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

    #[test]
    fn a_secret_that_was_replaced_is_still_withheld() {
        let key = || SecretRef::Credential("key".into());
        let with = |text: &str| {
            let mut secrets = Secrets::default();
            secrets.put(key(), Secret::new(text));
            secrets
        };
        let secrets = with("old-0123456789").replaced_by(with("new-0123456789"));
        assert_eq!(secrets.get(&key()).map(Secret::expose), Some("new-0123456789"));
        let shown = |secrets: &Secrets, body: &str| {
            secrets.withhold(Reply::new(403, "text/plain", body)).excerpt()
        };
        assert_eq!(shown(&secrets, "no old-0123456789"), "(it quotes a secret)");
        assert_eq!(shown(&secrets, "no new-0123456789"), "(it quotes a secret)");
        let many = (0..2 * SECRETS_REPLACED_MAX).fold(secrets, |secrets, n| {
            secrets.replaced_by(with(&alloc::format!("{n}-0123456789")))
        });
        assert_eq!(many.replaced.len(), SECRETS_REPLACED_MAX);
    }

    #[test]
    fn a_token_is_a_secret_that_no_reading_takes_away() {
        let client = |scope: &str| OAuthClient {
            token_url: "https://login.example/token".into(),
            id: "andon".into(),
            secret: SecretRef::Credential("app".into()),
            scope: Some(scope.into()),
        };
        let mut secrets = Secrets::default();
        secrets.put_token(&client("mail"), Secret::new("token-0123456789"));
        secrets.put_token(&client("mail"), Secret::new("newer-0123456789"));
        let secrets = secrets.replaced_by(Secrets::default());
        assert_eq!(secrets.token(&client("mail")).unwrap().expose(), "newer-0123456789");
        assert_eq!(secrets.token(&client("else")), None);
        for token in ["token-0123456789", "newer-0123456789"] {
            let reply = Reply::new(403, "text/plain", alloc::format!("no {token}"));
            assert_eq!(secrets.withhold(reply).excerpt(), "(it quotes a secret)");
        }
        assert!(!alloc::format!("{secrets:?}").contains("0123456789"));
    }

    #[test]
    fn what_cannot_be_read_again_goes_on() {
        let of = |pairs: &[(&str, &str)]| {
            let mut secrets = Secrets::default();
            for (name, text) in pairs {
                secrets.put(SecretRef::Credential((*name).into()), Secret::new(text));
            }
            secrets
        };
        let first = of(&[("a", "a-0123456789"), ("b", "b-0123456789")]);
        let second = of(&[("b", "x-0123456789"), ("c", "c-0123456789")]);
        let changed: Vec<&SecretRef> = first.changed_in(&second).collect();
        assert_eq!(changed, [&SecretRef::Credential("b".into())]);
        let both = first.replaced_by(second);
        let text = |name: &str| both.get(&SecretRef::Credential(name.into())).map(Secret::expose);
        assert_eq!(
            ["a", "b", "c"].map(text),
            ["a-0123456789", "x-0123456789", "c-0123456789"].map(Some)
        );
        assert_eq!(both.replaced, [Secret::new("b-0123456789")]);
    }
}
