//! What the headers of an answer say: how much may still be asked, and why something was refused.
//!
//! # Promises
//! - `quota_headers_that_are_no_numbers_say_nothing`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use crate::limits::REFUSAL_HEADER_CHARS_MAX;
use crate::model::http::Reply;
use crate::platform::{Definition, VendorFault};

/// The headers that say how much may still be asked; names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct QuotaHeaders {
    pub(super) remaining: Option<Box<str>>,
    pub(super) limit: Option<Box<str>>,
    pub(super) used: Option<Box<str>>,
}

/// The headers of a refusal that help whoever asks the vendor about it; names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RefusalHeaders {
    /// What was wrong, in the platform's words.
    pub(super) error: Option<Box<str>>,
    /// By what the vendor finds the request again.
    pub(super) correlation_id: Option<Box<str>>,
}

/// How much may still be asked, where the platform says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// Requests left in the platform's current period.
    pub remaining: Option<u64>,
    /// Requests of a whole period.
    pub limit: Option<u64>,
}

impl Definition {
    /// A refusal, with what its headers say of it.
    pub(super) fn refusal(&self, reply: &Reply) -> VendorFault {
        let header = |name: &Option<Box<str>>| {
            let text = reply.header(name.as_deref()?)?;
            let plain = text.chars().filter(|c| !c.is_control()).take(REFUSAL_HEADER_CHARS_MAX);
            Some(plain.collect::<String>())
        };
        let said = header(&self.refusals.error).unwrap_or_else(|| reply.excerpt());
        let excerpt = match header(&self.refusals.correlation_id) {
            Some(id) => format!("{said} (correlation id {id})"),
            None => said,
        };
        VendorFault::Refused { status: reply.status, excerpt: excerpt.trim().into() }
    }

    /// How much may still be asked, by the headers of an answer.
    #[must_use]
    pub fn quota(&self, reply: &Reply) -> Quota {
        let number =
            |name: &Option<Box<str>>| reply.header(name.as_deref()?)?.trim().parse::<u64>().ok();
        let (limit, used) = (number(&self.quota.limit), number(&self.quota.used));
        let unused = || Some(u64::saturating_sub(limit?, used?));
        Quota { remaining: number(&self.quota.remaining).or_else(unused), limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::fixtures;

    #[test]
    fn quota_headers_that_are_no_numbers_say_nothing() {
        let definition = fixtures::named("nice-cxone-guide");
        let reply = Reply::empty(200)
            .with_header("x-ratelimit-remaining", " 17 ")
            .with_header("x-ratelimit-limit", "many");
        assert_eq!(definition.quota(&reply), Quota { remaining: Some(17), limit: None });
    }
}
