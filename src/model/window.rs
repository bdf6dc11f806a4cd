//! Maintenance windows: when they are open, and which alerts they are about.
//!
//! A window begins at a time on the clocks of its zone and lasts for a real length of time,
//! whatever the clocks do meanwhile.
//!
//! # Promises
//! - `a_window_is_open_from_its_start_until_before_its_end`
//! - `a_window_keeps_its_start_on_the_wall_and_its_real_length`: through both changes of them.
//! - `of_occurrences_that_overlap_the_newest_ends_last`

use crate::limits::WINDOW_CHAIN_MAX;
use crate::model::matcher::Matcher;
use crate::model::name::WindowName;
use crate::model::recurrence::Recurrence;
use crate::model::time::{Span, UtcMs};
use crate::model::zone::{Shows, Zone};

/// `[[window]]`: when nobody is told of some alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What the file calls it.
    pub name: WindowName,
    /// Whose clocks count.
    pub zone: Zone,
    /// When it is open.
    pub when: When,
    /// Which alerts it is about. None: those of the routes that name it, and no others.
    pub matcher: Option<Matcher>,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    Once {
        /// From this moment on.
        from: UtcMs,
        /// Until before this one.
        to: UtcMs,
    },
    /// Again and again.
    Again {
        /// When it begins.
        recurrence: Recurrence,
        /// How long it is open each time.
        lasts: Span,
    },
}

/// A stretch of time for which a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When it begins.
    pub from: UtcMs,
    /// Before when it ends.
    pub to: UtcMs,
    /// How often the clocks on the wall show its beginning.
    pub shows: Shows,
}

impl Window {
    /// The occurrence that a moment is in; of several the one that ends last.
    #[must_use]
    pub fn at(&self, at: UtcMs) -> Option<Occurrence> {
        let open = match &self.when {
            When::Once { from, to } => Occurrence { from: *from, to: *to, shows: Shows::Once },
            When::Again { recurrence, lasts } => {
                let from = recurrence.newest(&self.zone, at, *lasts)?;
                Occurrence { from, to: from + *lasts, shows: Shows::Once }
            }
        };
        (open.from <= at && at < open.to).then_some(open)
    }

    /// The first occurrence that begins after a moment.
    #[must_use]
    pub fn after(&self, at: UtcMs) -> Option<Occurrence> {
        match &self.when {
            When::Once { from, to } => {
                let once = Occurrence { from: *from, to: *to, shows: Shows::Once };
                (*from > at).then_some(once)
            }
            When::Again { recurrence, lasts } => {
                let (from, shows) = recurrence.next(&self.zone, at)?;
                Some(Occurrence { from, to: from + *lasts, shows })
            }
        }
    }

    /// Whether it is open at no moment from this one on.
    #[must_use]
    pub fn is_over(&self, at: UtcMs) -> bool {
        self.at(at).is_none() && self.after(at).is_none()
    }

    /// Whether each occurrence runs into the next, so that it never closes once it is open; the
    /// hour by which one day of the year is longer does not count.
    #[must_use]
    pub fn never_closes(&self) -> bool {
        let When::Again { recurrence, lasts } = &self.when else { return false };
        let local = |occurrence: &Occurrence| self.zone.local(occurrence.from);
        let before = UtcMs(self.zone.moment(recurrence.from).0.0.saturating_sub(1));
        let mut open = self.after(before);
        for _ in 0..WINDOW_CHAIN_MAX {
            let Some(now) = open else { return false };
            let runs_into = |next: &Occurrence| {
                local(next).duration_since(local(&now)).as_secs() <= lasts.whole_secs()
            };
            open = self.after(now.from).filter(runs_into);
        }
        open.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::recurrence::{DayRule, Days, Frequency, Times};
    use alloc::string::String;
    use alloc::vec::Vec;
    use jiff::civil::{DateTime, Weekday};

    fn utc(text: &str) -> UtcMs {
        UtcMs::from_rfc3339(text).unwrap()
    }

    fn daily(from: &str, hours: i64) -> Window {
        let from: DateTime = from.parse().unwrap();
        let rule = DayRule {
            frequency: Frequency::Daily,
            interval: 1,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: Vec::new(),
            week_start: Weekday::Monday,
        };
        let (days, times) = (Days::Rule(rule), Times::At(from.time()));
        let recurrence = Recurrence { from, days, times, until: None };
        Window {
            name: WindowName::new("night").unwrap(),
            zone: Zone::find("America/New_York").unwrap(),
            when: When::Again { recurrence, lasts: Span::secs(hours * 3_600) },
            matcher: None,
        }
    }

    fn shown(open: Option<Occurrence>) -> String {
        open.map_or("closed".into(), |open| alloc::format!("{} to {}", open.from, open.to))
    }

    #[test]
    fn a_window_is_open_from_its_start_until_before_its_end() {
        let night = daily("2026-01-01T23:00", 2);
        let wanted = "2026-01-05T04:00:00Z to 2026-01-05T06:00:00Z";
        assert_eq!(shown(night.at(utc("2026-01-05T03:59:59Z"))), "closed");
        assert_eq!(shown(night.at(utc("2026-01-05T04:00:00Z"))), wanted);
        assert_eq!(shown(night.at(utc("2026-01-05T05:59:59Z"))), wanted);
        assert_eq!(shown(night.at(utc("2026-01-05T06:00:00Z"))), "closed");
        assert_eq!(shown(night.after(utc("2026-01-05T03:59:59Z"))), wanted);
        let (from, to) = (utc("2026-01-05T04:00:00Z"), utc("2026-01-05T06:00:00Z"));
        let once = Window { when: When::Once { from, to }, ..night };
        assert_eq!(shown(once.after(utc("2026-01-05T03:59:59Z"))), wanted);
        assert_eq!(shown(once.at(utc("2026-01-05T04:00:00Z"))), wanted);
        assert!(!once.is_over(utc("2026-01-05T05:59:59Z")));
        assert!(once.is_over(utc("2026-01-05T06:00:00Z")));
    }

    #[test]
    fn a_window_keeps_its_start_on_the_wall_and_its_real_length() {
        let night = daily("2026-01-01T01:00", 4);
        let nights = |day: &str| {
            let first = night.after(utc(day)).unwrap();
            [first, night.after(first.from).unwrap()].map(|one| shown(Some(one)))
        };
        assert_eq!(
            nights("2026-03-08T00:00:00Z"),
            [
                "2026-03-08T06:00:00Z to 2026-03-08T10:00:00Z",
                "2026-03-09T05:00:00Z to 2026-03-09T09:00:00Z"
            ]
        );
        assert_eq!(
            nights("2026-11-01T00:00:00Z"),
            [
                "2026-11-01T05:00:00Z to 2026-11-01T09:00:00Z",
                "2026-11-02T06:00:00Z to 2026-11-02T10:00:00Z"
            ]
        );
    }

    #[test]
    fn of_occurrences_that_overlap_the_newest_ends_last() {
        let long = daily("2026-01-01T23:00", 30);
        let at = long.at(utc("2026-01-05T05:00:00Z"));
        assert_eq!(shown(at), "2026-01-05T04:00:00Z to 2026-01-06T10:00:00Z");
        assert!(long.never_closes() && daily("2026-01-01T23:00", 24).never_closes());
        assert!(!daily("2026-01-01T23:00", 23).never_closes());
    }

    #[test]
    fn a_window_is_over_only_when_no_other_comes() {
        let (from, to) = (utc("2026-01-05T04:00:00Z"), utc("2026-01-05T06:00:00Z"));
        let once = Window { when: When::Once { from, to }, ..daily("2026-01-01T23:00", 2) };
        assert!(!once.is_over(utc("2026-01-01T00:00:00Z")), "it has not begun");
        assert_eq!(shown(once.after(from)), "closed", "it begins at no later moment");
        assert!(!daily("2026-01-01T23:00", 2).is_over(utc("2026-02-01T00:00:00Z")));
        assert_eq!(once.at(from).unwrap().shows, Shows::Once);
    }
}
