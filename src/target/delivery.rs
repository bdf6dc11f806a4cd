//! What became of a notice, as a target's answer tells it, and how long the target asks to wait.
//!
//! # Promises
//! - `a_wait_may_be_seconds_or_a_date`: a date is measured from the answer's own `Date`, so that a
//!   wrong clock of ours changes nothing.
//! - `a_redirect_is_not_followed_and_its_mend_is_said`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use crate::limits::RETRY_AFTER_MAX;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};
use crate::target::Stage;

/// What became of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The target has it.
    Accepted {
        /// What the target calls the alert from here on, where it has a name of its own for it.
        thread: Option<Box<str>>,
    },
    /// It has answered, and the exchange about the notice goes on.
    Next(Stage),
    /// Not this time; the same request may succeed later.
    Later {
        /// No sooner than this, where the target asks for it.
        after: Option<Span>,
        /// What it said.
        why: Box<str>,
    },
    /// This notice will never be taken; others may.
    Refused {
        /// What it said, and the mend where we know one.
        why: Box<str>,
    },
    /// Nothing will be taken until somebody mends the target or our access to it.
    Disabled {
        /// What it said, and the mend.
        why: Box<str>,
    },
}

impl Delivery {
    /// The target has it, and has no name of its own for the alert.
    pub(super) const ACCEPTED: Self = Self::Accepted { thread: None };

    /// To be tried again: after what the answer asks for, and no sooner than `least`.
    pub(super) fn later(reply: &Reply, least: Span) -> Self {
        let asked = retry_after(reply);
        let after = match asked {
            None if least == Span::ZERO => None,
            None => Some(least),
            Some(asked) => Some(asked.max(least)),
        };
        Self::Later { after, why: said(reply).into() }
    }

    /// Never to be tried again as it is; `mend` says what may help, and may be empty.
    pub(super) fn refused(reply: &Reply, mend: &str) -> Self {
        Self::Refused { why: with_mend(reply, mend) }
    }

    /// It leads elsewhere, which is not followed.
    pub(super) fn redirected(reply: &Reply) -> Self {
        let mend =
            "redirects are not followed: write the address that it leads to in the target's url";
        Self::disabled(reply, mend)
    }

    /// What an answer says, for the log.
    pub(super) fn said(reply: &Reply) -> Box<str> {
        said(reply).into()
    }

    /// The target is out of order until somebody does what `mend` says.
    pub(super) fn disabled(reply: &Reply, mend: &str) -> Self {
        Self::Disabled { why: with_mend(reply, mend) }
    }
}

fn with_mend(reply: &Reply, mend: &str) -> Box<str> {
    if mend.is_empty() { said(reply).into() } else { format!("{}; {mend}", said(reply)).into() }
}

fn said(reply: &Reply) -> String {
    let excerpt = reply.excerpt();
    let excerpt = excerpt.trim();
    if excerpt.is_empty() {
        format!("answered {}", reply.status)
    } else {
        format!("answered {}: {excerpt}", reply.status)
    }
}

/// The wait that an answer asks for, between nothing and [`RETRY_AFTER_MAX`]. A date without a
/// `Date` beside it says nothing.
pub(super) fn retry_after(reply: &Reply) -> Option<Span> {
    let text = reply.header("retry-after")?.trim();
    let asked = match text.parse() {
        Ok(seconds) => Span::secs(seconds),
        Err(_) => {
            UtcMs::from_http_date(text)? - reply.header("date").and_then(UtcMs::from_http_date)?
        }
    };
    Some(asked.clamp(Span::ZERO, RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(retry_after: &str, date: &str) -> Option<Span> {
        let reply = Reply::empty(429).with_header("retry-after", retry_after);
        super::retry_after(&reply.with_header("date", date))
    }

    #[test]
    fn a_wait_may_be_seconds_or_a_date() {
        let date = "Wed, 15 May 2024 14:32:10 GMT";
        assert_eq!(asked("120", date), Some(Span::secs(120)));
        assert_eq!(asked("Wed, 15 May 2024 14:33:00 GMT", date), Some(Span::secs(50)));
        assert_eq!(asked("Wed, 15 May 2024 14:33:00 GMT", ""), None);
        assert_eq!(asked("soon", date), None);
    }

    #[test]
    fn a_redirect_is_not_followed_and_its_mend_is_said() {
        let delivery = Delivery::redirected(&Reply::empty(302));
        let Delivery::Disabled { why } = delivery else { panic!("{delivery:?}") };
        assert!(why.contains("answered 302") && why.contains("the target's url"), "{why}");
    }

    #[test]
    fn an_absurd_wait_is_cut_to_what_we_believe() {
        let date = "Wed, 15 May 2024 14:32:10 GMT";
        assert_eq!(asked("999999999999", date), Some(RETRY_AFTER_MAX));
        assert_eq!(asked("-5", date), Some(Span::ZERO));
        assert_eq!(asked("Wed, 15 May 2024 14:00:00 GMT", date), Some(Span::ZERO));
    }

    #[test]
    fn a_least_wait_holds_where_the_answer_asks_for_less_or_nothing() {
        let wait = |reply: &Reply, least| match Delivery::later(reply, least) {
            Delivery::Later { after, .. } => after,
            Delivery::Accepted { .. }
            | Delivery::Next(_)
            | Delivery::Refused { .. }
            | Delivery::Disabled { .. } => None,
        };
        let silent = Reply::empty(429);
        let brief = Reply::empty(429).with_header("retry-after", "2");
        assert_eq!(wait(&silent, Span::ZERO), None);
        assert_eq!(wait(&silent, Span::secs(30)), Some(Span::secs(30)));
        assert_eq!(wait(&brief, Span::secs(30)), Some(Span::secs(30)));
        assert_eq!(wait(&brief, Span::ZERO), Some(Span::secs(2)));
    }
}
