//! `token`, or `user` and `password`: how the hub shows a server of HTTP who it is.

use crate::config::secret;
use crate::document::Table;
use crate::model::login::HttpLogin;

/// Reads the keys from among those of a table; none of them is no login.
pub(super) fn read(table: &mut Table<'_>) -> Option<HttpLogin> {
    let (token, user) = (table.optional("token"), table.optional("user"));
    match (token, user, table.optional("password")) {
        (None, None, None) => Some(HttpLogin::None),
        (Some(token), None, None) => secret::reference(&token).map(HttpLogin::Bearer),
        (None, Some(user), Some(password)) => {
            let password = secret::reference(&password);
            match user.text()? {
                name if name.is_empty() || name.contains(':') => {
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
