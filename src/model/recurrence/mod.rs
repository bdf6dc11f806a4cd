//! When something occurs again and again: the days by an RFC 5545 rule or by cron, the times of the
//! day, and what they are on the clocks of a place.
//!
//! A day belongs to a recurrence or not, whatever the days around it do, so that the next one is
//! found by going from day to day, for a bounded time.
//!
//! # Promises
//! - `what_clocks_skip_or_show_twice_occurs_once`: in the zone's own hours, through both changes.
//! - `the_newest_occurrence_is_found_from_any_moment`
//! - `what_never_occurs_is_not_sought_for_ever`
//! - the examples of RFC 5545: see `config/rrule`.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::limits::WINDOW_SEARCH_DAYS;
use crate::model::time::{Span, UtcMs};
use crate::model::zone::{Shows, Zone};

/// When something occurs again and again. Times are those on the clocks of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// Nothing occurs before; RFC 5545's `DTSTART`. It is an occurrence itself only where the days
    /// say so.
    pub from: DateTime,
    /// On which days.
    pub days: Days,
    /// When on such a day.
    pub times: Times,
    /// Nothing occurs after; `UNTIL`, or the last of `COUNT`.
    pub until: Option<UtcMs>,
}

/// On which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    /// RFC 5545's `RRULE`.
    Rule(DayRule),
    /// The last three fields of cron.
    Cron(CronDays),
}

/// The days of an `RRULE`. Lists that are empty ask for nothing, and what they would have to say is
/// taken from the first day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRule {
    /// `FREQ`.
    pub frequency: Frequency,
    /// `INTERVAL`, from 1: each so many days, weeks, months or years.
    pub interval: i32,
    /// `BYDAY`.
    pub by_day: Vec<ByDay>,
    /// `BYMONTHDAY`: 1 to 31 from the month's beginning, -1 to -31 from its end.
    pub by_month_day: Vec<i8>,
    /// `BYMONTH`: 1 to 12.
    pub by_month: Vec<i8>,
    /// `WKST`: on which day weeks begin.
    pub week_start: Weekday,
}

/// `FREQ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// `DAILY`
    Daily,
    /// `WEEKLY`
    Weekly,
    /// `MONTHLY`
    Monthly,
    /// `YEARLY`
    Yearly,
}

/// An element of `BYDAY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByDay {
    /// The how-manieth of the month, or of the year where the rule is yearly and names no month;
    /// from the end where negative. 0: each.
    pub ordinal: i8,
    /// Which day.
    pub day: Weekday,
}

/// The days of a cron line. Where neither the days of the month nor those of the week begin with a
/// star, one of the two is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CronDays {
    /// A bit for each day of the month.
    pub of_month: Field,
    /// A bit for each month.
    pub months: Field,
    /// A bit for each day of the week; Sunday is 0.
    pub of_week: Field,
}

/// A field of a cron line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// A bit for each value that it names.
    pub bits: u64,
    /// Whether it begins with a star.
    pub star: Star,
}

/// Whether a field of a cron line begins with a star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Star {
    /// It does.
    Yes,
    /// It names values.
    No,
}

/// When on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Once.
    At(Time),
    /// At each minute of these in each hour of these.
    Grid {
        /// A bit for each minute.
        minutes: Field,
        /// A bit for each hour.
        hours: Field,
    },
}

impl Recurrence {
    /// The first occurrence after a moment, and how often the clocks show its time.
    #[must_use]
    pub fn next(&self, zone: &Zone, after: UtcMs) -> Option<(UtcMs, Shows)> {
        // A day earlier, as what the clocks skip may be moved over midnight.
        let day = zone.local(after).date().yesterday().ok()?;
        let mut day = day.max(self.from.date());
        let last = self.until.map(|until| zone.local(until).date());
        for _ in 0..WINDOW_SEARCH_DAYS {
            if last.is_some_and(|last| day > last) {
                return None;
            }
            let of_day = self.of_day(zone, day).filter(|(at, _)| *at > after);
            if let Some(first) = of_day.min_by_key(|(at, _)| *at) {
                return Some(first);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The newest occurrence at a moment or before, and not more than `back` before.
    #[must_use]
    pub fn newest(&self, zone: &Zone, at: UtcMs, back: Span) -> Option<UtcMs> {
        let earliest = UtcMs(at.0.saturating_sub(back.0));
        let first = zone.local(earliest).date().yesterday().ok()?.max(self.from.date());
        let mut day = zone.local(at).date();
        while day >= first {
            let of_day = self.of_day(zone, day).map(|(begun, _)| begun);
            let of_day = of_day.filter(|begun| (earliest..=at).contains(begun));
            if let Some(newest) = of_day.max() {
                return Some(newest);
            }
            day = day.yesterday().ok()?;
        }
        None
    }

    /// What occurs on a day, in no order.
    fn of_day(&self, zone: &Zone, day: Date) -> impl Iterator<Item = (UtcMs, Shows)> {
        let times = self.days.take(day, self.from.date()).then(|| self.times.iter());
        let within = move |(at, _): &(UtcMs, Shows)| self.until.is_none_or(|until| *at <= until);
        let times = times.into_iter().flatten().map(move |time| day.to_datetime(time));
        times.filter(|time| *time >= self.from).map(|time| zone.moment(time)).filter(within)
    }
}

impl Times {
    fn iter(self) -> impl Iterator<Item = Time> {
        let (one, grid) = match self {
            Self::At(time) => (Some(time), None),
            Self::Grid { minutes, hours } => (None, Some((minutes, hours))),
        };
        let grid = grid.into_iter().flat_map(|(minutes, hours)| {
            let hours = (0..24_i8).filter(move |hour| hours.has(*hour));
            hours.flat_map(move |hour| {
                let minutes = (0..60_i8).filter(move |minute| minutes.has(*minute));
                minutes.filter_map(move |minute| Time::new(hour, minute, 0, 0).ok())
            })
        });
        one.into_iter().chain(grid)
    }
}

impl Field {
    /// Whether it names a value.
    #[must_use]
    pub fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| self.bits.checked_shr(value).unwrap_or(0) & 1 == 1)
    }
}

impl Days {
    /// Whether a day is one of them; `first` is the day from which intervals count.
    fn take(&self, day: Date, first: Date) -> bool {
        match self {
            Self::Rule(rule) => rule.takes(day, first),
            Self::Cron(cron) => cron.takes(day),
        }
    }
}

impl CronDays {
    fn takes(&self, day: Date) -> bool {
        let of_month = self.of_month.has(day.day());
        let of_week = self.of_week.has(day.weekday().to_sunday_zero_offset());
        let both = [self.of_month.star, self.of_week.star].contains(&Star::Yes);
        let is_day = if both { of_month && of_week } else { of_month || of_week };
        self.months.has(day.month()) && is_day
    }
}

impl DayRule {
    fn takes(&self, day: Date, first: Date) -> bool {
        self.is_in_turn(day, first)
            && (self.by_month.is_empty() || self.by_month.contains(&day.month()))
            && self.is_of_month_days(day)
            && (self.by_day.is_empty() || self.by_day.iter().any(|one| self.is_such(*one, day)))
            && self.is_implied(day, first)
    }

    /// Whether the interval comes to the day's period.
    fn is_in_turn(&self, day: Date, first: Date) -> bool {
        let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
        let week = |day: Date| {
            let into = day.weekday().since(self.week_start);
            number(day) - i64::from(into)
        };
        let passed = match self.frequency {
            Frequency::Daily => number(day) - number(first),
            Frequency::Weekly => (week(day) - week(first)) / 7,
            Frequency::Monthly => months(day) - months(first),
            Frequency::Yearly => i64::from(day.year()) - i64::from(first.year()),
        };
        passed >= 0 && passed.checked_rem(i64::from(self.interval)) == Some(0)
    }

    fn is_of_month_days(&self, day: Date) -> bool {
        let from_end = day.day() - day.days_in_month() - 1;
        let fits = |wanted: &i8| *wanted == day.day() || *wanted == from_end;
        self.by_month_day.is_empty() || self.by_month_day.iter().any(fits)
    }

    fn is_such(&self, wanted: ByDay, day: Date) -> bool {
        if day.weekday() != wanted.day {
            return false;
        }
        let of_year = self.frequency == Frequency::Yearly && self.by_month.is_empty();
        let (place, length) = if of_year {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let ordinal = i16::from(wanted.ordinal);
        let (from_start, from_end) = ((place - 1) / 7 + 1, -((length - place) / 7) - 1);
        ordinal == 0 || ordinal == from_start || ordinal == from_end
    }

    /// What the rule leaves open is as it is on the first day.
    fn is_implied(&self, day: Date, first: Date) -> bool {
        if !self.by_day.is_empty() || !self.by_month_day.is_empty() {
            return true;
        }
        match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => day.weekday() == first.weekday(),
            Frequency::Monthly => day.day() == first.day(),
            Frequency::Yearly => {
                let is_month = !self.by_month.is_empty() || day.month() == first.month();
                is_month && day.day() == first.day()
            }
        }
    }
}

/// A day's number in the calendar.
fn number(day: Date) -> i64 {
    day.duration_since(Date::ZERO).as_hours() / 24
}
