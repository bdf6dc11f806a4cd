//! How many requests for data a client has left in this minute of the clock.

use alloc::format;

use serde_json::json;

use crate::demo::http::json_reply;
use crate::model::http::Reply;
use crate::model::time::UtcMs;

/// One client's quota.
#[derive(Debug, Clone)]
pub(super) struct Quota {
    per_minute: u32,
    minute: i64,
    spent: u32,
}

impl Quota {
    pub(super) const fn new(per_minute: u32) -> Self {
        Self { per_minute, minute: 0, spent: 0 }
    }

    /// Takes one request off the quota, or answers 429 when nothing is left.
    pub(super) fn spend(&mut self, utc: UtcMs) -> Option<Reply> {
        self.begin_minute(utc);
        if self.spent >= self.per_minute {
            let reply = json_reply(429, &json!({ "error": "too many requests" }));
            return Some(reply.with_header("retry-after", &format!("{}", seconds_left(utc))));
        }
        self.spent += 1;
        None
    }

    /// Adds the headers about the quota. `X-RateLimit-Reset` counts the seconds until it is full
    /// again.
    pub(super) fn describe(&mut self, reply: Reply, utc: UtcMs) -> Reply {
        self.begin_minute(utc);
        reply
            .with_header("x-ratelimit-limit", &format!("{}", self.per_minute))
            .with_header(
                "x-ratelimit-remaining",
                &format!("{}", self.per_minute.saturating_sub(self.spent)),
            )
            .with_header("x-ratelimit-reset", &format!("{}", seconds_left(utc)))
    }

    const fn begin_minute(&mut self, utc: UtcMs) {
        let minute = utc.0.div_euclid(MINUTE);
        if self.minute != minute {
            self.minute = minute;
            self.spent = 0;
        }
    }
}

/// To the end of this minute of the clock, at least one.
const fn seconds_left(utc: UtcMs) -> i64 {
    (MINUTE - utc.0.rem_euclid(MINUTE)).div_euclid(1_000) + 1
}

const MINUTE: i64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    #[test]
    fn beyond_the_quota_it_is_429_until_the_minute_ends() {
        let start = UtcMs(1_715_783_520_000);
        let mut quota = Quota::new(2);
        assert_eq!(quota.spend(start), None);
        let reply = quota.describe(Reply::empty(200), start);
        assert_eq!(reply.header("x-ratelimit-remaining"), Some("1"));
        assert_eq!(quota.spend(start), None);
        let late = start + Span::millis(50_500);
        assert_eq!(quota.spend(late).unwrap().header("retry-after"), Some("10"));
        assert_eq!(quota.spend(late + Span::secs(10)), None);
    }
}
