//! `kind = "mail"`: e-mail through a server that takes submissions.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `server` | text | required | its name or address |
//! | `port` | 1 to 65535 | 587, 465, 25 | by `security` |
//! | `security` | `starttls`, `tls`, `none` | `starttls` | `none` for a server on this box |
//! | `user` | text | none | who logs in |
//! | `password` | secret | none | of the user, for AUTH PLAIN or LOGIN |
//! | `token` | secret | none | an access token in its place, for AUTH XOAUTH2 |
//! | `client_id`, `client_secret`, `token_url`, `scope` | | none | or a token by OAuth 2.0 |
//! | `from` | text | required | the sender's address |
//! | `to` | list of texts | required | who gets it, 16 at the most |

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::{address, login, secret};
use crate::document::{Item, Table};
use crate::limits::RECIPIENTS_MAX;
use crate::model::mail::{MailAddress, Security};
use crate::model::target::{Mail, MailAccount};

/// Reads what is a mail server's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Mail> {
    let help = "Write server = \"smtp.example.com\": where mail is submitted.";
    let server_item = table.required("server", help);
    let server = server_item.as_ref().and_then(address::host);
    let security_item = table.optional("security");
    let security = match &security_item {
        Some(item) => item.one_of("a kind of security", SECURITIES),
        None => Some(Security::StartTls),
    };
    if let (Some(item), Some(Security::Plain), Some(server)) = (&security_item, security, &server)
        && !address::is_this_box(server)
    {
        item.refuse::<()>(
            format!("everything would go to {server} in clear"),
            "Write security = \"starttls\" or \"tls\"; \"none\" is for a server on this box.",
        );
    }
    let usual = match security {
        Some(Security::Tls) => 465,
        Some(Security::Plain) => 25,
        Some(Security::StartTls) | None => 587,
    };
    let port = address::port(table, usual);
    let login = login(table);
    let help = "Write from = \"andon@example.com\": an address that the user may send from.";
    let from = table.required("from", help).and_then(|item| mailbox(&item));
    let help = "Write to = [\"ops@example.com\"]: who gets the mail.";
    let to = table.required("to", help).and_then(|item| {
        let list = item.list_of(1..=RECIPIENTS_MAX)?;
        list.iter().map(mailbox).collect::<Vec<_>>().into_iter().collect()
    });
    Some(Mail { server: server?, port, security: security?, login: login?, from: from?, to: to? })
}

fn login(table: &mut Table<'_>) -> Option<MailAccount> {
    let user = table.optional("user");
    let (password, token) = (table.optional("password"), table.optional("token"));
    let client = login::client(table)?;
    match (user, password, token, client) {
        (None, None, None, None) => Some(MailAccount::None),
        (_, Some(_), Some(token), _) => token.refuse(
            "there is a password already",
            "Keep password for AUTH PLAIN or LOGIN, or token for XOAUTH2.",
        ),
        (_, Some(other), _, Some(_)) | (_, _, Some(other), Some(_)) => other.refuse(
            "a client gets its tokens by itself",
            "Keep it, or client_id, client_secret and token_url.",
        ),
        (Some(user), None, None, None) => user.refuse(
            "a user alone cannot log in",
            "Write password = { credential = \"name\" }, or token = ... for XOAUTH2, or \
             client_id, client_secret and token_url.",
        ),
        (None, Some(item), None, None)
        | (None, None, Some(item), None)
        | (None, None, None, Some((item, _))) => {
            item.refuse("nobody is said to log in", "Write user = \"andon@example.com\", too.")
        }
        (Some(user), Some(password), None, None) => {
            let password = secret::reference(&password);
            Some(MailAccount::Password { user: named(&user)?, password: password? })
        }
        (Some(user), None, Some(token), None) => {
            let token = secret::reference(&token);
            Some(MailAccount::Token { user: named(&user)?, token: token? })
        }
        (Some(user), None, None, Some((_, client))) => {
            Some(MailAccount::Client { user: named(&user)?, client })
        }
    }
}

fn named(user: &Item<'_>) -> Option<Box<str>> {
    let text = user.text()?;
    if text.is_empty() || text.contains(char::is_control) {
        return user.refuse("nobody is called so", "Write user = \"andon@example.com\".");
    }
    Some(text.into())
}

fn mailbox(item: &Item<'_>) -> Option<MailAddress> {
    let text = item.text()?;
    MailAddress::new(text).map_or_else(
        |why| item.refuse(format!("\"{text}\" {why}"), "Write an address: \"ops@example.com\"."),
        Some,
    )
}

const SECURITIES: &[(&str, Security)] =
    &[("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::Plain)];
