//! `token`, or `user` and `password`: how the hub shows a server of HTTP who it is. A target may
//! take `client_id`, `client_secret`, `token_url` and `scope` instead, by which it gets tokens.

use alloc::format;
use alloc::vec::Vec;

use crate::config::{address, secret};
use crate::document::{Item, Table};
use crate::model::login::{HttpLogin, OAuthClient};

/// Reads the keys from among those of a table; none of them is no login.
pub(super) fn read(table: &mut Table<'_>) -> Option<HttpLogin> {
    let (token, user) = (table.optional("token"), table.optional("user"));
    match (token, user, table.optional("password")) {
        (None, None, None) => Some(HttpLogin::None),
        (Some(token), None, None) => secret::reference(&token).map(HttpLogin::Bearer),
        (None, Some(user), Some(password)) => {
            let password = secret::reference(&password);
            match user.text()? {
                name if name.is_empty() || name.contains(|c: char| c == ':' || c.is_control()) => {
                    user.refuse("this is no name of a user", "Write it without a colon.")
                }
                name => Some(HttpLogin::Basic { user: name.into(), password: password? }),
            }
        }
        _ => table.item().refuse(
            "it takes either a token, or a user and the password",
            "Write token = { credential = \"...\" }, or user = \"...\" and password = \
             { credential = \"...\" }.",
        ),
    }
}

/// Reads the keys of a target, where a client of OAuth 2.0 is possible, too.
pub(super) fn of_target(table: &mut Table<'_>) -> Option<HttpLogin> {
    let client = client(table);
    let login = read(table);
    match (client?, login?) {
        (None, login) => Some(login),
        (Some((_, client)), HttpLogin::None) => Some(HttpLogin::Client(client)),
        (Some((item, _)), _) => item.refuse(
            "there is a token or a password already",
            "Keep token, or user and password, or client_id, client_secret and token_url.",
        ),
    }
}

/// Reads the keys of a client and where its id stands; the outer nothing is a problem, the inner
/// one that there is no client.
pub(super) fn client<'a>(table: &mut Table<'a>) -> Option<Option<(Item<'a>, OAuthClient)>> {
    let [id, proof, url] = CLIENT.map(|key| table.optional(key));
    let scope = table.optional("scope");
    let (id, proof, url) = match (id, proof, url) {
        (Some(id), Some(proof), Some(url)) => (id, proof, url),
        (None, None, None) => {
            let Some(scope) = scope else { return Some(None) };
            let help = "Write client_id, client_secret and token_url, too, or leave it out.";
            return scope.refuse("nobody asks for a token", help);
        }
        found => {
            let found = [found.0, found.1, found.2];
            let named = CLIENT.iter().zip(&found);
            let missing = named.filter(|(_, item)| item.is_none()).map(|(key, _)| *key);
            let missing: Vec<&str> = missing.collect();
            let item = found.into_iter().flatten().next()?;
            return item.refuse(
                format!("a client has {} besides", missing.join(" and ")),
                "Write client_id = \"...\", client_secret = { credential = \"...\" } and \
                 token_url = \"https://...\".",
            );
        }
    };
    let name = plain(&id, "Write client_id = \"...\": what the client is called there.");
    let secret = secret::reference(&proof);
    let token_url = address::read(&url);
    let help =
        "Write scope = \"https://outlook.office365.com/.default\", or what the token is for.";
    let scope = scope.map(|scope| plain(&scope, help));
    let client = OAuthClient {
        id: name?.into(),
        secret: secret?,
        token_url: token_url?,
        scope: scope.map_or(Some(None), |scope| scope.map(|text| Some(text.into())))?,
    };
    Some(Some((id, client)))
}

fn plain<'a>(item: &Item<'a>, help: &str) -> Option<&'a str> {
    let text = item.text()?;
    if text.is_empty() || !text.chars().all(|c| matches!(c, ' '..='~')) {
        return item.refuse("this is none", help);
    }
    Some(text)
}

const CLIENT: [&str; 3] = ["client_id", "client_secret", "token_url"];
