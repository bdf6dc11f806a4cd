//! WHAT OPERATORS AND TOOLS ASK: pure request -> reply.
//!
//! # Promises
//! - `a_wrong_path_or_method_is_told_what_there_is`: nobody needs the manual for a slip.
//! - `a_hub_that_is_not_ready_says_what_is_missing`: with 503, for whatever watches it.
//!
//! # Not here
//! Nothing of the hub's insides: it fills the views. No sockets, no credentials.

mod kin;
mod letters;
mod made;
mod metrics;
mod month;
mod month_text;
mod order;
mod paint;
#[cfg(test)]
mod samples;
mod silences;
mod story;
mod text;
mod unread;
mod view;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use self::kin::KinView;
pub use self::letters::{
    DeadLetterView, DeadLettersView, LettersBody, LettersDone, dead_letters, dead_letters_text,
    letters_done, letters_done_text,
};
pub use self::metrics::{Family, FamilyKind, metrics};
pub use self::month::{ComparisonView, EstimateView, MonthView};
pub use self::month_text::month_text;
pub use self::order::{HandBody, Order, order};
pub use self::silences::{SilenceView, SilencesView, silences_text};
pub use self::story::{
    CalibrationView, ExplainView, StepView, VerdictView, WatchState, WatchView, WindowView,
};
pub use self::text::{alerts_text, explain_text};
pub use self::unread::{UnreadView, UnreadsView, unread_text};
pub use self::view::{AlertView, BreachView, TellingView};
use crate::model::alert::AlertKey;
use crate::model::http::Reply;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Does the process live?
    Healthy,
    /// Does it do its work?
    Ready,
    /// Every number, for Prometheus.
    Metrics,
    /// Every alert that is remembered.
    Alerts,
    /// Why did this key page, or not?
    Explain(Box<str>),
    /// What is silenced?
    Silences,
    /// Which webhooks did no mapping understand?
    Unread,
    /// What did no target take?
    DeadLetters,
    /// What does the month say about calibration?
    Month,
}

/// What the hub still waits for before it does its work; ready once there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readiness {
    /// Each as a phrase: `source cxone-prod has not answered yet`.
    pub missing: Vec<Box<str>>,
}

/// Every alert, in [`alerts`]' reply; the command line reads it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertsView {
    /// In the hub's order.
    pub alerts: Vec<AlertView>,
}

/// Understands a request to the admin listener.
///
/// # Errors
/// The reply to send instead: 400 for a key that cannot be read, 404 or 405 with the list of what
/// there is.
pub fn question(method: &str, path_and_query: &str) -> Result<Question, Reply> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let question = match path {
        "/-/healthy" => Question::Healthy,
        "/-/ready" => Question::Ready,
        "/metrics" => Question::Metrics,
        "/api/v1/alerts" => Question::Alerts,
        "/api/v1/silences" => Question::Silences,
        "/api/v1/unread" => Question::Unread,
        "/api/v1/dead-letters" => Question::DeadLetters,
        "/api/v1/calibration" => Question::Month,
        _ => match path.strip_prefix("/api/v1/explain/").filter(|key| !key.is_empty()) {
            Some(key) => Question::Explain(percent_decoded(key)?),
            None => return Err(text(404, &format!("There is nothing at this path.\n{THERE_IS}"))),
        },
    };
    match method {
        "GET" | "HEAD" => Ok(question),
        _ => {
            let said = format!("Only GET and HEAD are understood here.\n{THERE_IS}");
            Err(text(405, &said).with_header("allow", "GET, HEAD"))
        }
    }
}

/// The process lives, since it answers.
#[must_use]
pub fn healthy() -> Reply {
    text(200, "healthy\n")
}

/// Whether the hub does its work.
#[must_use]
pub fn ready(state: &Readiness) -> Reply {
    if state.missing.is_empty() {
        return text(200, "ready\n");
    }
    let mut said = String::from("not ready:\n");
    for what in &state.missing {
        said.push_str(&format!("- {what}\n"));
    }
    text(503, &said)
}

/// Every alert, as JSON.
#[must_use]
pub fn alerts(alerts: Vec<AlertView>) -> Reply {
    json(&AlertsView { alerts })
}

/// Every silence, as JSON.
#[must_use]
pub fn silences(silences: Vec<SilenceView>) -> Reply {
    json(&SilencesView { silences })
}

/// A silence that was made or ended, as JSON.
#[must_use]
pub fn silence(view: &SilenceView) -> Reply {
    json(view)
}

/// There is no such silence.
#[must_use]
pub fn no_silence() -> Reply {
    text(404, "There is no silence of this number. GET /api/v1/silences lists them.\n")
}

/// An order whose body cannot be read.
#[must_use]
pub fn unreadable_order(said: &str) -> Reply {
    text(400, said)
}

/// Every payload that no mapping understood, as JSON.
#[must_use]
pub fn unread(unread: Vec<UnreadView>) -> Reply {
    json(&UnreadsView { unread })
}

/// What a month says about calibration, as JSON.
#[must_use]
pub fn month(view: &MonthView) -> Reply {
    json(view)
}

/// The story of one key, as JSON; 404 where neither an alert nor a rule knows it.
#[must_use]
pub fn explain(found: Option<&ExplainView>) -> Reply {
    match found {
        Some(view) => json(view),
        None => text(
            404,
            "Nothing is known of this key. GET /api/v1/alerts lists the keys of all alerts; \
             a resolved one is remembered for 24 h.\n",
        ),
    }
}

/// An order about an alert was carried out.
#[must_use]
pub fn done(key: &AlertKey) -> Reply {
    json(&Done { alert_key: key.as_str() })
}

/// An order that makes no sense as things stand.
#[must_use]
pub fn conflict(said: &str) -> Reply {
    text(409, said)
}

#[derive(Serialize)]
struct Done<'a> {
    alert_key: &'a str,
}

fn json(view: &impl Serialize) -> Reply {
    match serde_json::to_vec(view) {
        Ok(body) => Reply::new(200, "application/json", body),
        Err(why) => text(500, &format!("The answer could not be written as JSON: {why}\n")),
    }
}

fn text(status: u16, body: &str) -> Reply {
    Reply::new(status, "text/plain; charset=utf-8", body)
}

fn percent_decoded(text: &str) -> Result<Box<str>, Reply> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| unreadable())
}

fn hex(digit: Option<u8>) -> Result<u8, Reply> {
    let value = digit.and_then(|digit| char::from(digit).to_digit(16));
    value.and_then(|value| u8::try_from(value).ok()).ok_or_else(unreadable)
}

fn unreadable() -> Reply {
    text(400, "The key is not percent-encoded UTF-8.\n")
}

const THERE_IS: &str = "\
There is:
  GET /-/healthy              does the process live
  GET /-/ready                does it do its work
  GET /metrics                every number, for Prometheus
  GET /api/v1/alerts          every alert
  GET /api/v1/explain/{key}   why an alert paged, or did not
  GET /api/v1/silences        what is silenced
  GET /api/v1/unread          every webhook that no mapping understood
  GET /api/v1/dead-letters    every notice that no target took
  GET /api/v1/calibration     what the month says about factors between platforms
and for operators:
  POST /api/v1/alerts/{key}/acknowledge     somebody has it in hand: by, seconds
  POST /api/v1/alerts/{key}/unacknowledge   nobody has: by
  POST /api/v1/alerts/{key}/resolve         it is over, whatever was last said of it: by
  POST /api/v1/silences                     nobody is told of some alerts: match, owner, comment,
                                            and seconds or until
  DELETE /api/v1/silences/{id}              they are again
  POST /api/v1/dead-letters/retry           they are sent again: number, target or all; force
  POST /api/v1/dead-letters/drop            they are forgotten: number, target or all
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_understood() {
        assert_eq!(question("GET", "/-/healthy"), Ok(Question::Healthy));
        assert_eq!(question("HEAD", "/-/ready"), Ok(Question::Ready));
        assert_eq!(question("GET", "/metrics?x=1"), Ok(Question::Metrics));
        assert_eq!(question("GET", "/api/v1/alerts"), Ok(Question::Alerts));
        assert_eq!(question("GET", "/api/v1/unread"), Ok(Question::Unread));
        assert_eq!(question("GET", "/api/v1/dead-letters"), Ok(Question::DeadLetters));
        assert_eq!(question("GET", "/api/v1/calibration"), Ok(Question::Month));
        let explain = |key: &str| Ok(Question::Explain(key.into()));
        assert_eq!(question("GET", "/api/v1/explain/a%3Ab:c%20%C3%A9"), explain("a:b:c \u{e9}"));
    }

    #[test]
    fn a_wrong_path_or_method_is_told_what_there_is() {
        for (method, path, status) in [
            ("GET", "/", 404),
            ("GET", "/api/v1/explain/", 404),
            ("GET", "/metrics/", 404),
            ("POST", "/metrics", 405),
            ("POST", "/nowhere", 404),
        ] {
            let reply = question(method, path).unwrap_err();
            assert_eq!(reply.status, status, "{method} {path}");
            assert!(reply.excerpt().len() > 20);
            assert!(String::from_utf8(reply.body).unwrap().contains("/api/v1/alerts"));
        }
        assert_eq!(question("PUT", "/metrics").unwrap_err().header("allow"), Some("GET, HEAD"));
    }

    #[test]
    fn a_key_that_cannot_be_read_is_refused() {
        for key in ["%", "%4", "%zz", "%ff", "%+1"] {
            let path = format!("/api/v1/explain/{key}");
            assert_eq!(question("GET", &path).unwrap_err().status, 400, "{key}");
        }
    }

    #[test]
    fn a_hub_that_is_not_ready_says_what_is_missing() {
        assert_eq!(ready(&Readiness::default()).status, 200);
        let reply = ready(&Readiness { missing: Vec::from(["no source has answered".into()]) });
        assert_eq!(reply.status, 503);
        assert_eq!(reply.body, b"not ready:\n- no source has answered\n");
    }

    #[test]
    fn an_unknown_key_is_not_found() {
        assert_eq!(explain(None).status, 404);
        assert_eq!(alerts(Vec::new()).body, b"{\"alerts\":[]}");
    }
}
