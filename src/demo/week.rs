//! The hours of the week by the centre's own clock, and figures that hang on them.

use crate::model::time::{Span, UtcMs};

/// The days of the week. The bank works Sunday to Thursday, a short Friday, and Saturday night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the days of the week need no words")]
pub enum Weekday {
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}

/// An hour of the week by the centre's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekHour {
    /// The day.
    pub weekday: Weekday,
    /// 0 to 23.
    pub hour: u8,
}

/// A figure for each open hour.
#[derive(Debug, Clone, Copy)]
pub struct Hours<T: 'static> {
    /// Sunday to Thursday, from 07:00.
    pub working_day: &'static [T],
    /// Friday, from 07:00.
    pub friday: &'static [T],
    /// Saturday, from 19:00.
    pub saturday: &'static [T],
}

impl WeekHour {
    /// The hour that a moment of the centre's own clock lies in.
    #[must_use]
    pub fn of(local: UtcMs) -> Self {
        let day = usize::try_from(local.0.div_euclid(DAY.0).rem_euclid(7)).unwrap_or_default();
        let hour = u8::try_from(local.0.rem_euclid(DAY.0) / HOUR.0).unwrap_or_default();
        Self { weekday: WEEK.get(day).copied().unwrap_or(Weekday::Thursday), hour }
    }

    /// Its beginning in the week that starts on the first of January 1970, a Thursday.
    #[must_use]
    pub fn in_first_week(self) -> UtcMs {
        let position = WEEK.iter().position(|day| *day == self.weekday);
        let days = position.and_then(|days| i64::try_from(days).ok()).unwrap_or_default();
        UtcMs(days * DAY.0 + i64::from(self.hour) * HOUR.0)
    }
}

impl<T: Copy + Default> Hours<T> {
    /// The figure for an hour. Closed hours have none: zero.
    #[must_use]
    pub fn at(&self, when: WeekHour) -> T {
        let (figures, opens_at) = match when.weekday {
            Weekday::Friday => (self.friday, 7),
            Weekday::Saturday => (self.saturday, 19),
            Weekday::Sunday
            | Weekday::Monday
            | Weekday::Tuesday
            | Weekday::Wednesday
            | Weekday::Thursday => (self.working_day, 7),
        };
        let open_for = when.hour.checked_sub(opens_at);
        open_for.and_then(|hours| figures.get(usize::from(hours))).copied().unwrap_or_default()
    }
}

/// The length of a day.
pub const DAY: Span = Span::secs(86_400);

/// The length of an hour.
pub const HOUR: Span = Span::secs(3_600);

const WEEK: [Weekday; 7] = [
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_hours_have_no_figure() {
        let hours = Hours { working_day: &[1, 2], friday: &[3], saturday: &[4] };
        let at = |text: &str| hours.at(WeekHour::of(UtcMs::from_rfc3339(text).unwrap()));
        assert_eq!(at("2024-05-15T08:30:00Z"), 2, "a Wednesday");
        assert_eq!(at("2024-05-15T06:59:59Z"), 0);
        assert_eq!(at("2024-05-17T07:00:00Z"), 3, "a Friday");
        assert_eq!(at("2024-05-17T08:00:00Z"), 0);
        assert_eq!(at("2024-05-18T19:59:59Z"), 4, "a Saturday");
    }

    #[test]
    fn an_hour_of_the_week_is_found_again() {
        for weekday in WEEK {
            let at = WeekHour { weekday, hour: 23 };
            assert_eq!(WeekHour::of(at.in_first_week()), at);
        }
    }
}
