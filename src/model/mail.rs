//! A message for a mail server as data: where it goes in, who hands it in, and its bytes.
//!
//! # Promises
//! - `an_address_can_end_no_line_and_no_bracket`: it stands in commands and headers as it is.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::limits::MAIL_ADDRESS_BYTES_MAX;
use crate::model::name::TargetName;
use crate::model::secret::Secret;
use crate::model::time::Span;

/// A message to be handed to a mail server. It may hold a secret, so `Debug` shows the server and
/// no more.
///
/// The server's last word comes back as a [`crate::model::http::Reply`]: the code is its status,
/// the text its body. Its headers say more: [`SAID_TO`] and one [`REFUSED`] for each recipient that
/// was not taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// The server's name or address.
    pub server: Box<str>,
    /// The server's port: 587, 465, or of a relay on this box 25.
    pub port: u16,
    /// What is between us and the server.
    pub security: Security,
    /// How the hub shows who it is.
    pub login: MailLogin,
    /// The sender.
    pub from: MailAddress,
    /// The recipients, at least one.
    pub to: Vec<MailAddress>,
    /// The whole message, in lines that end with CR LF.
    pub message: Vec<u8>,
    /// From the start to the server's last word; after it the submission has failed.
    pub deadline: Span,
    /// The target whose own authorities are believed. None: those of `[network]` are.
    pub network_of: Option<TargetName>,
}

/// An address of one mailbox, `ops@example.com`: the forms of RFC 5321 that are in use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailAddress(Box<str>);

impl MailAddress {
    /// Takes a text as an address.
    ///
    /// # Errors
    /// Says what about the text cannot stand in one.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let Some((local, domain)) = text.rsplit_once('@') else {
            return Err("has no @ in it");
        };
        let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        let is_label = |label: &str| {
            let is_of_host = |c: char| c.is_ascii_alphanumeric() || c == '-';
            !label.is_empty() && label.chars().all(is_of_host) && !label.starts_with('-')
        };
        if text.len() > MAIL_ADDRESS_BYTES_MAX {
            Err("is longer than a server takes")
        } else if !local.split('.').all(|part| !part.is_empty() && part.chars().all(is_atom)) {
            Err("has before its @ what no plain address has")
        } else if !domain.split('.').all(is_label) {
            Err("has no host name after its @; write a name of other letters as xn--...")
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// What is between us and a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS before anything that matters, or nothing (RFC 3207).
    StartTls,
    /// Nothing. For servers on this box alone.
    Plain,
}

/// How the hub shows a mail server who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum MailLogin {
    /// Not at all.
    None,
    /// `AUTH PLAIN` or `AUTH LOGIN`.
    Password {
        /// Often the sender's address.
        user: Box<str>,
        /// Of the user, or of the application.
        password: Secret,
    },
    /// `AUTH XOAUTH2`.
    Token {
        /// Often the sender's address.
        user: Box<str>,
        /// An access token.
        token: Secret,
    },
}

/// The header of a mail server's reply that names the command which it answers.
pub const SAID_TO: &str = "said-to";

/// The header of a mail server's reply that names a recipient which it did not take.
pub const REFUSED: &str = "refused";

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mail to {}:{}", self.server, self.port)
    }
}

impl fmt::Debug for MailLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password { .. } => "Password(***)",
            Self::Token { .. } => "Token(***)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_end_no_line_and_no_bracket() {
        for good in ["ops@example.com", "noc+p1@ops.example.com", "o'hara@x-y.example", "a@b"] {
            assert_eq!(MailAddress::new(good).map(|address| address.0), Ok(good.into()));
        }
        for bad in [
            "ops",
            "@example.com",
            "ops@",
            "ops@ex ample.com",
            "ops@example..com",
            ".ops@example.com",
            "ops\r\nRCPT TO:<x@y>@example.com",
            "ops@example.com>",
            "<ops@example.com",
            "\"a b\"@example.com",
            "a,b@example.com",
            "\u{fc}ber@example.com",
            "ops@b\u{fc}ro.example",
            "ops@[127.0.0.1]",
            "ops@-example.com",
        ] {
            assert!(MailAddress::new(bad).is_err(), "{bad}");
        }
        assert!(MailAddress::new(&alloc::format!("{}@example.com", "x".repeat(250))).is_err());
        assert_eq!(MailAddress::new("ops@example.com").unwrap().domain(), "example.com");
    }
}
