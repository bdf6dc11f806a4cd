//! Who may change something by the admin listener: whoever can read a file that the hub writes.
//!
//! # Promises
//! - `only_who_knows_the_token_is_an_operator`
//! - `the_token_is_for_its_owner_alone_and_outlives_a_restart`

use alloc::boxed::Box;
use core::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use rustls::crypto::ring::default_provider;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::authority::Authority;

/// What an operator shows: `Authorization: Bearer` and 64 hexadecimal digits.
#[derive(Clone)]
pub struct Operator {
    token: Zeroizing<String>,
}

impl Operator {
    /// Reads the token of a state directory, or makes one, readable for its owner alone.
    ///
    /// # Errors
    /// As the system says.
    pub fn of(directory: &Path) -> Result<Self, io::Error> {
        if let Ok(operator) = Self::read(directory) {
            return Ok(operator);
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        let random = default_provider().secure_random;
        random.fill(bytes.as_mut()).map_err(|_| io::Error::other("no randomness"))?;
        let token = Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        let path = path(directory);
        // Whoever put another file there shall not choose who can read the new one.
        let _ = fs::remove_file(&path);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let operator = Self { token };
        file.write_all(operator.token.as_bytes())?;
        Ok(operator)
    }

    /// Reads the token of a running hub.
    ///
    /// # Errors
    /// As the system says, or that there is something else in its place.
    pub fn read(directory: &Path) -> Result<Self, io::Error> {
        let token = Zeroizing::new(fs::read_to_string(path(directory))?);
        if token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self { token });
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "it is no token"))
    }

    /// What an operator's request has in its `authorization` header.
    #[must_use]
    pub fn header(&self) -> String {
        format!("Bearer {}", *self.token)
    }

    /// What the sender of these headers may do.
    #[must_use]
    pub fn authority(&self, headers: &[(Box<str>, Box<str>)]) -> Authority {
        let shown = headers.iter().find(|(name, _)| &**name == "authorization");
        let shown = shown.and_then(|(_, value)| value.strip_prefix("Bearer "));
        match shown {
            // Two hashes under one key are compared in constant time, whatever their texts.
            Some(shown) if hash(shown).verify_slice(&self.hashed()).is_ok() => Authority::Operator,
            Some(_) | None => Authority::Anyone,
        }
    }

    fn hashed(&self) -> [u8; 32] {
        hash(&self.token).finalize().into_bytes().into()
    }
}

fn hash(text: &str) -> Hmac<Sha256> {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new(&[0; 64].into());
    mac.update(text.as_bytes());
    mac
}

fn path(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// The file's name in the state directory.
pub const FILE: &str = "operator.token";

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Operator(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn headers(value: &str) -> [(Box<str>, Box<str>); 1] {
        [("authorization".into(), value.into())]
    }

    #[test]
    fn only_who_knows_the_token_is_an_operator() {
        let operator = Operator { token: Zeroizing::new("ab".repeat(32)) };
        assert_eq!(operator.authority(&headers(&operator.header())), Authority::Operator);
        let near = format!("{}c", &operator.header()[..70]);
        for other in [near.as_str(), "", "Bearer ", "Basic abab", &"ab".repeat(32)] {
            assert_eq!(operator.authority(&headers(other)), Authority::Anyone, "{other}");
        }
        assert_eq!(operator.authority(&[]), Authority::Anyone);
        assert!(!format!("{operator:?}").contains("ab"));
    }

    #[test]
    fn the_token_is_for_its_owner_alone_and_outlives_a_restart() {
        let directory = std::env::temp_dir().join(format!("andon-operator-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let first = Operator::of(&directory).unwrap();
        let mode = fs::metadata(path(&directory)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Operator::of(&directory).unwrap().header(), first.header());
        fs::write(path(&directory), "cut").unwrap();
        assert!(Operator::read(&directory).is_err());
        assert_ne!(Operator::of(&directory).unwrap().header(), first.header());
        fs::remove_dir_all(&directory).unwrap();
    }
}
