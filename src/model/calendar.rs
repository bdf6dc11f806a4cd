//! Business hours: on which days, from when to when, on the clocks of which place; and times of
//! each day.
//!
//! # Promises
//! - `a_time_of_the_day_comes_once_each_day`: through both changes of the clocks.
//! - `hours_follow_the_clock_on_the_wall`: through both changes of the clocks.
//! - `hours_over_midnight_belong_to_the_day_they_begin_on`
//! - `a_day_that_is_excepted_has_no_hours`

use alloc::boxed::Box;
use alloc::vec::Vec;

use jiff::civil::{Date, Weekday};

use crate::model::time::{Span, UtcMs};
use crate::model::zone::Zone;

/// `[hours.NAME]`: when a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// What the file calls them.
    pub name: Box<str>,
    /// Whose clocks count.
    pub zone: Zone,
    /// At least one.
    pub spans: Vec<DaySpan>,
    /// Days on which no hours begin.
    pub except: Vec<Date>,
}

/// From when to when, on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySpan {
    /// The days on which it begins, from Monday: one flag each.
    pub days: [bool; 7],
    /// The minute of the day at which it begins: 0 to 1439.
    pub from: u16,
    /// The minute of the day before which it ends: 1 to 1440; not above `from`: on the next day.
    pub to: u16,
}

/// Whether business goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// Times of each day at which something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayTimes {
    /// Whose clocks count.
    pub zone: Zone,
    /// Minutes of the day, 0 to 1439: at least one.
    pub minutes: Vec<u16>,
}

impl DayTimes {
    /// The first of the times after a moment. One that the clocks skip comes as much later as they
    /// skip, and of one that they show twice the first counts.
    #[must_use]
    pub fn after(&self, at: UtcMs) -> UtcMs {
        let today = self.zone.local(at).date();
        // A time of yesterday may have been skipped into today.
        let days = [today.yesterday().ok(), Some(today), today.tomorrow().ok()];
        let times = days.into_iter().flatten().flat_map(|day| {
            let time = move |minute: &u16| {
                let (hour, minute) =
                    (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                Some(self.zone.moment(day.at(hour, minute, 0, 0)).0)
            };
            self.minutes.iter().filter_map(time)
        });
        let next = times.filter(|time| *time > at).min();
        // There is none only at the very end of the calendar.
        next.unwrap_or(at + Span::secs(24 * 3_600))
    }
}

impl Hours {
    /// Whether business goes on at a moment. It changes on whole minutes only.
    #[must_use]
    pub fn at(&self, at: UtcMs) -> Open {
        let local = self.zone.local(at);
        let minute =
            u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0);
        let (today, yesterday) = (local.date(), local.date().yesterday().ok());
        let goes_on = |span: &DaySpan| {
            let is_over_midnight = span.to <= span.from;
            let began_today = minute >= span.from && (is_over_midnight || minute < span.to);
            let began_before = is_over_midnight && minute < span.to;
            (began_today && self.begins(span, today))
                || (began_before && yesterday.is_some_and(|day| self.begins(span, day)))
        };
        if self.spans.iter().any(goes_on) { Open::Yes } else { Open::No }
    }

    fn begins(&self, span: &DaySpan, day: Date) -> bool {
        let is_of_span = place(day.weekday()).and_then(|place| span.days.get(place));
        is_of_span == Some(&true) && !self.except.contains(&day)
    }
}

/// A day's place in the week: Monday is 0.
fn place(day: Weekday) -> Option<usize> {
    usize::try_from(day.to_monday_zero_offset()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKING_DAYS: [bool; 7] = [true, true, true, true, true, false, false];

    fn hours(zone: &str, days: [bool; 7], from: u16, to: u16) -> Hours {
        let spans = Vec::from([DaySpan { days, from: from * 60, to: to * 60 }]);
        Hours { name: "day".into(), zone: Zone::find(zone).unwrap(), spans, except: Vec::new() }
    }

    fn is_open(hours: &Hours, utc: &str) -> bool {
        hours.at(UtcMs::from_rfc3339(utc).unwrap()) == Open::Yes
    }

    #[test]
    fn a_time_of_the_day_comes_once_each_day() {
        let minutes = Vec::from([8 * 60, 16 * 60 + 30, 2 * 60 + 30]);
        let times = DayTimes { zone: Zone::find("Europe/Berlin").unwrap(), minutes };
        let after = |utc: &str| times.after(UtcMs::from_rfc3339(utc).unwrap()).rfc3339();
        assert_eq!(after("2026-01-10T06:59:59.999Z"), "2026-01-10T07:00:00Z");
        assert_eq!(after("2026-01-10T07:00:00Z"), "2026-01-10T15:30:00Z");
        assert_eq!(after("2026-01-10T22:59:00Z"), "2026-01-11T01:30:00Z", "it is over midnight");
        // Clocks go from 02:00 to 03:00 at 01:00 UTC, so that 02:30 is 03:30.
        assert_eq!(after("2026-03-28T16:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(after("2026-03-29T01:30:00Z"), "2026-03-29T06:00:00Z");
        // Clocks go from 03:00 to 02:00 at 01:00 UTC, so that 02:30 is at 00:30 and 01:30 UTC.
        assert_eq!(after("2026-10-24T16:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(after("2026-10-25T00:30:00Z"), "2026-10-25T07:00:00Z");
    }

    #[test]
    fn hours_follow_the_clock_on_the_wall() {
        let day = hours("Europe/Berlin", WORKING_DAYS, 8, 18);
        // Friday in winter and Monday in summer: the change is between them.
        assert!(!is_open(&day, "2026-03-27T06:59:59Z") && is_open(&day, "2026-03-27T07:00:00Z"));
        assert!(is_open(&day, "2026-03-27T16:59:59Z") && !is_open(&day, "2026-03-27T17:00:00Z"));
        assert!(!is_open(&day, "2026-03-30T05:59:59Z") && is_open(&day, "2026-03-30T06:00:00Z"));
        assert!(!is_open(&day, "2026-03-28T10:00:00Z"), "a Saturday");
        // Friday in summer and Monday in winter.
        assert!(is_open(&day, "2026-10-23T06:00:00Z") && !is_open(&day, "2026-10-26T06:59:59Z"));
        assert!(is_open(&day, "2026-10-26T07:00:00Z"));
        // An hour that the clocks skip, and one that they show twice.
        let night = hours("Europe/Berlin", [true; 7], 2, 3);
        assert!(
            !is_open(&night, "2026-03-29T00:59:59Z") && !is_open(&night, "2026-03-29T01:00:00Z")
        );
        assert!(is_open(&night, "2026-10-25T00:30:00Z") && is_open(&night, "2026-10-25T01:30:00Z"));
        assert!(!is_open(&night, "2026-10-25T02:00:00Z"));
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_they_begin_on() {
        let mut night = hours("UTC", WORKING_DAYS, 22, 6);
        assert!(!is_open(&night, "2026-11-23T05:59:00Z"), "Sunday night");
        assert!(
            !is_open(&night, "2026-11-23T21:59:00Z") && is_open(&night, "2026-11-23T22:00:00Z")
        );
        assert!(
            is_open(&night, "2026-11-28T05:59:00Z") && !is_open(&night, "2026-11-28T06:00:00Z")
        );
        assert!(!is_open(&night, "2026-11-28T22:00:00Z"), "a Saturday");
        night.except = Vec::from(["2026-11-26".parse().unwrap()]);
        assert!(is_open(&night, "2026-11-26T05:00:00Z"), "it began on Wednesday");
        assert!(
            !is_open(&night, "2026-11-26T23:00:00Z") && !is_open(&night, "2026-11-27T05:00:00Z")
        );
    }

    #[test]
    fn a_day_that_is_excepted_has_no_hours() {
        let mut whole = hours("Asia/Jerusalem", [true; 7], 0, 24);
        whole.except = Vec::from(["2026-12-25".parse().unwrap()]);
        assert!(is_open(&whole, "2026-12-24T21:59:59Z"));
        assert!(
            !is_open(&whole, "2026-12-24T22:00:00Z") && !is_open(&whole, "2026-12-25T21:59:00Z")
        );
        assert!(is_open(&whole, "2026-12-25T22:00:00Z"));
    }
}
