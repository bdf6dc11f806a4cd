//! What any receiver may do with a request, in the place of what it should.

use andon::demo::http::{Incoming, Reaction};
use andon::model::http::Reply;
use andon::model::time::UtcMs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    /// 429, and how long to wait.
    Throttles,
    Fails,
    Hangs,
    /// Closes before a word.
    Closes,
    /// To somewhere else.
    Redirects,
    /// A login page in between: 200, and nothing is taken.
    ShowsAPage,
    Forbids,
}

impl Twist {
    pub(crate) fn reaction(self) -> Reaction {
        let reply = match self {
            Self::Throttles => Reply::empty(429)
                .with_header("retry-after", "7")
                .with_header("x-ratelimit-reset", "7"),
            Self::Fails => Reply::empty(500),
            Self::Redirects => Reply::empty(302).with_header("location", "https://other.example/"),
            Self::ShowsAPage => Reply::new(200, "text/html", "<html>Sign in"),
            Self::Forbids => Reply::empty(403),
            Self::Hangs => return Reaction::Hang,
            Self::Closes => return Reaction::Close,
        };
        Reaction::reply_at(reply, UtcMs(0))
    }
}

/// What every receiver of JSON refuses: another method, another type, what is no JSON.
pub(crate) fn json(incoming: &Incoming, method: &str) -> Result<serde_json::Value, String> {
    if &*incoming.method != method {
        return Err(format!("{} instead of {method}", incoming.method));
    }
    let typed = incoming.header("content-type").unwrap_or_default();
    if !typed.starts_with("application/json") {
        return Err(format!("the type {typed}"));
    }
    serde_json::from_slice(&incoming.body).map_err(|fault| fault.to_string())
}

/// Complains about what a table has beside these keys, or lacks of the first ones.
pub(crate) fn keys(
    value: &serde_json::Value,
    required: &[&str],
    optional: &[&str],
) -> Result<(), String> {
    let map = value.as_object().ok_or_else(|| format!("{value} is no object"))?;
    if let Some(missing) = required.iter().find(|key| !map.contains_key(**key)) {
        return Err(format!("{missing} is missing in {value}"));
    }
    let known = |key: &str| required.contains(&key) || optional.contains(&key);
    match map.keys().find(|key| !known(key)) {
        Some(unknown) => Err(format!("{unknown} is no key of {value}")),
        None => Ok(()),
    }
}

/// A text of at most so many characters, and of one at least.
pub(crate) fn text(value: &serde_json::Value, chars_max: usize) -> Result<&str, String> {
    let text = value.as_str().ok_or_else(|| format!("{value} is no text"))?;
    match text.chars().count() {
        1.. if text.chars().count() <= chars_max => Ok(text),
        count => Err(format!("a text of {count} characters")),
    }
}
