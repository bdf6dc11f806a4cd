//! How long to wait before asking again: exponential, with jitter, and never sooner than asked for.
//!
//! # Promises
//! - `waits_double_with_jitter_up_to_a_bound`
//! - `retry_after_is_obeyed_in_both_of_its_forms`: seconds, or a date that is measured by the
//!   sender's own clock.

use crate::limits::{POLL_BACKOFF_FIRST, POLL_BACKOFF_MAX, RETRY_AFTER_MAX};
use crate::model::http::Reply;
use crate::model::rng::Rng;
use crate::model::time::{Span, UtcMs};

/// The wait after the n-th failure in a row, from 1; `asked` is what the other side wants.
pub(super) fn wait(failures: u32, asked: Option<Span>, rng: &mut Rng) -> Span {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = Span(POLL_BACKOFF_FIRST.0.saturating_mul(1_i64 << doublings));
    rng.jitter(whole.min(POLL_BACKOFF_MAX)).max(asked.unwrap_or(Span::ZERO))
}

/// `Retry-After` of an answer, cut to what we believe.
pub(super) fn retry_after(reply: &Reply) -> Option<Span> {
    let text = reply.header("retry-after")?.trim();
    let wanted = match text.parse::<u32>() {
        Ok(secs) => Span::secs(i64::from(secs)),
        Err(_) => UtcMs::from_http_date(text)? - UtcMs::from_http_date(reply.header("date")?)?,
    };
    Some(wanted.clamp(Span::ZERO, RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_jitter_up_to_a_bound() {
        let mut rng = Rng::new(1);
        for (failures, most) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (90, 60_000)] {
            for _ in 0..100 {
                let wait = wait(failures, None, &mut rng).0;
                assert!((most / 2..=most).contains(&wait), "{failures}: {wait}");
            }
        }
        assert_eq!(wait(1, Some(Span::secs(30)), &mut rng), Span::secs(30));
    }

    #[test]
    fn retry_after_is_obeyed_in_both_of_its_forms() {
        let reply = |after: &str| {
            Reply::empty(429)
                .with_header("date", "Wed, 15 May 2024 14:32:10 GMT")
                .with_header("retry-after", after)
        };
        assert_eq!(retry_after(&reply("30")), Some(Span::secs(30)));
        assert_eq!(retry_after(&reply("Wed, 15 May 2024 14:33:00 GMT")), Some(Span::secs(50)));
        assert_eq!(retry_after(&reply("Wed, 15 May 2024 14:00:00 GMT")), Some(Span::ZERO));
        assert_eq!(retry_after(&reply("86400")), Some(RETRY_AFTER_MAX));
        assert_eq!(retry_after(&reply("soon")), None);
        assert_eq!(retry_after(&Reply::empty(429)), None);
    }
}
