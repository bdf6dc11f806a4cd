//! How many requests for data a client has left in this minute of the clock.

use crate::model::time::UtcMs;

/// One client's quota.
#[derive(Debug, Clone)]
pub struct Quota {
    per_minute: u32,
    minute: i64,
    spent: u32,
}

/// Whether a request fits the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spending {
    /// It does, and has been taken off.
    Fits,
    /// Nothing is left.
    Exhausted,
}

impl Quota {
    /// A whole quota.
    #[must_use]
    pub const fn new(per_minute: u32) -> Self {
        Self { per_minute, minute: 0, spent: 0 }
    }

    /// Takes one request off the quota, where something is left.
    pub const fn spend(&mut self, utc: UtcMs) -> Spending {
        self.begin_minute(utc);
        if self.spent >= self.per_minute {
            return Spending::Exhausted;
        }
        self.spent += 1;
        Spending::Fits
    }

    /// What fits a minute.
    #[must_use]
    pub const fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// What has been spent in the minute that a moment lies in.
    pub const fn spent(&mut self, utc: UtcMs) -> u32 {
        self.begin_minute(utc);
        self.spent
    }

    /// Seconds until the quota is whole again, at least one.
    #[must_use]
    pub const fn seconds_left(utc: UtcMs) -> i64 {
        (MINUTE - utc.0.rem_euclid(MINUTE)).div_euclid(1_000) + 1
    }

    const fn begin_minute(&mut self, utc: UtcMs) {
        let minute = utc.0.div_euclid(MINUTE);
        if self.minute != minute {
            self.minute = minute;
            self.spent = 0;
        }
    }
}

const MINUTE: i64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    #[test]
    fn beyond_the_quota_nothing_fits_until_the_minute_ends() {
        let start = UtcMs(1_715_783_520_000);
        let mut quota = Quota::new(2);
        assert_eq!(quota.spend(start), Spending::Fits);
        assert_eq!((quota.spent(start), quota.per_minute()), (1, 2));
        assert_eq!(quota.spend(start), Spending::Fits);
        let late = start + Span::millis(50_500);
        assert_eq!((quota.spend(late), Quota::seconds_left(late)), (Spending::Exhausted, 10));
        assert_eq!(quota.spend(late + Span::secs(10)), Spending::Fits);
    }
}
