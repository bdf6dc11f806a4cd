//! What an operator can have the hub do: a request that changes something -> an order.
//!
//! # Promises
//! - `an_order_needs_an_operator`: 401 without the token of this hub.
//! - `an_order_that_cannot_be_read_says_what_is_missing`

use alloc::boxed::Box;
use alloc::format;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::api::letters::LettersBody;
use crate::api::{no_silence, percent_decoded, text};
use crate::limits::ACKNOWLEDGED_MAX;
use crate::model::authority::Authority;
use crate::model::http::Reply;
use crate::model::passage::{Letters, Stale};
use crate::model::time::Span;

/// What an operator can have the hub do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Somebody takes an alert in hand.
    Acknowledge {
        /// Which alert, in any form that people type.
        key: Box<str>,
        /// Who.
        by: Box<str>,
        /// For how long, if not for as long as the config says.
        lasts: Option<Span>,
    },
    /// Nobody has it in hand any more.
    Unacknowledge {
        /// Which alert.
        key: Box<str>,
        /// Who says so.
        by: Box<str>,
    },
    /// Somebody wants to hear nothing of some alerts for a while.
    Silence {
        /// What the order says, to be read by who knows the sources that there are.
        body: Box<str>,
    },
    /// They are told again.
    EndSilence {
        /// The number of the silence.
        id: u64,
    },
    /// Somebody says that it is over.
    Resolve {
        /// Which alert.
        key: Box<str>,
        /// Who says so.
        by: Box<str>,
    },
    /// Dead letters are sent again.
    Retry {
        /// Which.
        letters: Letters,
        /// What becomes of those that tell what is true no longer.
        stale: Stale,
    },
    /// Dead letters are forgotten.
    Drop {
        /// Which.
        letters: Letters,
    },
}

/// The body of `POST /api/v1/alerts/KEY/acknowledge`, of `.../unacknowledge` and `.../resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandBody {
    /// Who.
    pub by: Box<str>,
    /// For how many seconds, up to [`ACKNOWLEDGED_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// Understands a request to the admin listener that changes something; nothing where it changes
/// nothing.
///
/// # Errors
/// The reply to send instead: 400 for a body that cannot be read, 401 without the token.
pub fn order(
    method: &str,
    path: &str,
    body: &[u8],
    authority: Authority,
) -> Result<Option<Order>, Reply> {
    let path = path.split('?').next().unwrap_or_default();
    let Some(read) = reader(method, path, body) else { return Ok(None) };
    match authority {
        Authority::Operator => read.map(Some),
        Authority::Anyone => Err(unknown()),
    }
}

fn reader(method: &str, path: &str, body: &[u8]) -> Option<Result<Order, Reply>> {
    let alert = |end: &str| path.strip_prefix("/api/v1/alerts/")?.strip_suffix(end);
    match method {
        "POST" if path == "/api/v1/dead-letters/retry" => Some(
            parsed(body)
                .and_then(LettersBody::read)
                .map(|(letters, stale)| Order::Retry { letters, stale }),
        ),
        "POST" if path == "/api/v1/dead-letters/drop" => Some(
            parsed(body).and_then(LettersBody::read).map(|(letters, _)| Order::Drop { letters }),
        ),
        "POST" if path == "/api/v1/silences" => Some(match core::str::from_utf8(body) {
            Ok(body) => Ok(Order::Silence { body: body.into() }),
            Err(_) => Err(text(400, "The body is no text.\n")),
        }),
        "DELETE" => {
            let id = path.strip_prefix("/api/v1/silences/")?;
            Some(id.parse().map(|id| Order::EndSilence { id }).map_err(|_| no_silence()))
        }
        "POST" => {
            if let Some(key) = alert("/acknowledge") {
                return Some(acknowledge(key, body));
            }
            if let Some(key) = alert("/unacknowledge") {
                return Some(said(key, body).map(|(key, by)| Order::Unacknowledge { key, by }));
            }
            let key = alert("/resolve")?;
            Some(said(key, body).map(|(key, by)| Order::Resolve { key, by }))
        }
        _ => None,
    }
}

/// Of which alert somebody says something, and who.
fn said(key: &str, body: &[u8]) -> Result<(Box<str>, Box<str>), Reply> {
    let HandBody { by, .. } = parsed(body)?;
    if by.trim().is_empty() {
        return Err(text(400, "\"by\" has to say who says so.\n"));
    }
    Ok((percent_decoded(key)?, by))
}

fn acknowledge(key: &str, body: &[u8]) -> Result<Order, Reply> {
    let (key, by) = said(key, body)?;
    let HandBody { seconds, .. } = parsed(body)?;
    let lasts = seconds.map(|seconds| Span::secs(i64::from(seconds)));
    if lasts.is_some_and(|lasts| lasts > ACKNOWLEDGED_MAX || lasts < Span::secs(60)) {
        let most = ACKNOWLEDGED_MAX.whole_secs();
        return Err(text(400, &format!("\"seconds\" has to be from 60 to {most}.\n")));
    }
    Ok(Order::Acknowledge { key, by, lasts })
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Reply> {
    serde_json::from_slice(body)
        .map_err(|why| text(400, &format!("The body cannot be read: {why}.\n")))
}

fn unknown() -> Reply {
    let said = "This changes something, and needs the header `Authorization: Bearer TOKEN` with \
                the token in the file operator.token of the state directory. The commands of \
                andon send it.\n";
    text(401, said).with_header("www-authenticate", "Bearer")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/api/v1/alerts/cx%3Aq/acknowledge";

    fn read(method: &str, path: &str, body: &str) -> Result<Option<Order>, u16> {
        order(method, path, body.as_bytes(), Authority::Operator).map_err(|reply| reply.status)
    }

    #[test]
    fn an_order_needs_an_operator() {
        let body = br#"{"by": "Ann"}"#;
        let order = |path| order("POST", path, body, Authority::Anyone);
        let reply = order(PATH).unwrap_err();
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some("Bearer")));
        assert_eq!(order("/api/v1/alerts"), Ok(None), "no order");
        assert_eq!(read("GET", PATH, ""), Ok(None), "changes nothing");
    }

    #[test]
    fn an_order_that_cannot_be_read_says_what_is_missing() {
        let (key, by) = ("cx:q".into(), "Ann".into());
        let wanted = Order::Acknowledge { key, by, lasts: Some(Span::secs(600)) };
        assert_eq!(read("POST", PATH, r#"{"by": "Ann", "seconds": 600}"#), Ok(Some(wanted)));
        let (key, by) = ("cx:q".into(), "Ann".into());
        let wanted = Order::Unacknowledge { key, by };
        let path = "/api/v1/alerts/cx:q/unacknowledge";
        assert_eq!(read("POST", path, r#"{"by": "Ann"}"#), Ok(Some(wanted)));
        for body in ["", "{}", r#"{"by": " "}"#, r#"{"by": "A", "seconds": 5}"#, r#"{"by": 1}"#] {
            assert_eq!(read("POST", PATH, body), Err(400), "{body}");
        }
        assert_eq!(read("POST", "/api/v1/alerts/%zz/acknowledge", r#"{"by": "A"}"#), Err(400));
    }
}
