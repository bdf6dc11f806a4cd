//! The clock on the wall of the site: which hours of days past are the same hour of the day.
//!
//! What is learned is kept by hours that run through (those of UTC, or where the zone has it so,
//! from half past to half past), and the clock on the wall is asked only when they are compared. So
//! a shift that begins at 08:00 finds last week's 08:00 on the other side of a change of the
//! clocks. An hour that such a day left out says nothing; of one that it had twice the second
//! speaks for later weeks, and both are compared with the one hour of other weeks. Where the file
//! names another zone all that is known stays, since every hour still lies where it was: it is only
//! called by another name.
//!
//! # Promises
//! - `a_shift_finds_its_hour_on_the_other_side_of_a_change`
//! - `the_hour_left_out_says_nothing_and_of_the_doubled_the_second_speaks`
//! - `hours_begin_where_the_clock_on_the_wall_has_them_begin`
//! - `a_day_that_is_excepted_says_nothing`

use alloc::vec::Vec;

use jiff::civil::Date;

use crate::limits::BASELINE_WEEKS;
use crate::model::baseline::{Learning, Unusual};
use crate::model::time::{Span, UtcMs};
use crate::model::zone::Zone;

/// Days of which something can be known.
const DAYS: usize = 7 * BASELINE_WEEKS;

const HOUR_MS: i64 = 3_600_000;

/// Whose clock counts, and which days are unlike others.
#[derive(Debug)]
pub(super) struct Clock {
    zone: Zone,
    except: Vec<Date>,
}

/// The hours around a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Around {
    /// The hour of the moment.
    pub(super) hour: i64,
    /// Those that begin or end close to it, or the same again.
    pub(super) before: i64,
    pub(super) after: i64,
    /// The third of the hour in which it is written, counted through.
    pub(super) part: i64,
}

/// An hour, and the same hour of the days before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past {
    /// The hour, counted since 1970 without a gap.
    pub(super) hour: i64,
    /// What the clock on the wall shows then, counted likewise.
    pub(super) wall: i64,
    /// From yesterday on; nothing where a day has no such hour or is excepted.
    days: [Option<i64>; DAYS],
}

impl Clock {
    pub(super) const fn new(zone: Zone, except: Vec<Date>) -> Self {
        Self { zone, except }
    }

    /// The hours around a moment, `edge` on either side of it, and its part.
    pub(super) fn around(&self, utc: UtcMs, edge: Span, part: Span) -> Around {
        // What the zone is off whole hours moves the beginning of each.
        let at = utc + Span((self.zone.offset(utc).0).rem_euclid(HOUR_MS));
        let [before, hour, after] =
            [Span(-edge.0), Span::ZERO, edge].map(|by| (at + by).0.div_euclid(HOUR_MS));
        Around { hour, before, after, part: at.0.div_euclid(part.0) }
    }

    /// The same hour of the days before.
    pub(super) fn past(&self, hour: i64) -> Past {
        let wall = self.wall(hour);
        let mut days = [None; DAYS];
        for (then, ago) in days.iter_mut().zip(1..) {
            let wanted = wall - 24 * ago;
            let about = hour - 24 * ago;
            let found = about + wanted - self.wall(about);
            let is_same = self.wall(found) == wanted;
            *then = (is_same && self.learning(found) == Learning::On).then_some(found);
        }
        Past { hour, wall, days }
    }

    /// Whether the day of an hour is one to learn from.
    pub(super) fn learning(&self, hour: i64) -> Learning {
        if self.except.is_empty() {
            return Learning::On;
        }
        match self.except.contains(&self.zone.local(moment(hour)).date()) {
            true => Learning::Off(Unusual::Excepted),
            false => Learning::On,
        }
    }

    /// What the clock on the wall shows in an hour, counted since 1970.
    fn wall(&self, hour: i64) -> i64 {
        hour + self.zone.offset(moment(hour)).0.div_euclid(HOUR_MS)
    }
}

/// A moment within an hour, wherever the zone has it begin.
const fn moment(hour: i64) -> UtcMs {
    UtcMs(hour.saturating_mul(HOUR_MS))
}

impl Past {
    /// An hour of which nothing is known.
    pub(super) const NONE: Self = Self { hour: i64::MIN, wall: 0, days: [None; DAYS] };

    /// The same hour of the days before: how many days ago, and the hour.
    pub(super) fn daily(&self) -> impl Iterator<Item = (i64, i64)> {
        (1..).zip(&self.days).filter_map(|(ago, then)| Some((ago, (*then)?)))
    }

    /// The same hour of the weeks before: how many weeks ago, and the hour.
    pub(super) fn weekly(&self) -> impl Iterator<Item = (i64, i64)> {
        self.daily().filter(|(ago, _)| ago % 7 == 0).map(|(ago, then)| (ago / 7, then))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn clock(zone: &str, except: &[&str]) -> Clock {
        let except = except.iter().map(|day| day.parse().unwrap()).collect();
        Clock::new(Zone::find(zone).unwrap(), except)
    }

    fn around(clock: &Clock, utc: &str) -> Around {
        clock.around(UtcMs::from_rfc3339(utc).unwrap(), Span::secs(600), Span::secs(1_200))
    }

    /// What the clock on the wall showed when the hours of the weeks before began.
    fn weeks(clock: &Clock, utc: &str) -> Vec<String> {
        let past = clock.past(around(clock, utc).hour);
        past.weekly().map(|(_, then)| moment(then).to_string()).collect()
    }

    #[test]
    fn a_shift_finds_its_hour_on_the_other_side_of_a_change() {
        // Clocks in Israel are set back on 2026-10-25 and forward on 2026-03-27.
        let clock = clock("Asia/Jerusalem", &[]);
        let autumn = weeks(&clock, "2026-10-27T06:15:00Z");
        assert_eq!(autumn[..2], ["2026-10-20T05:00:00Z", "2026-10-13T05:00:00Z"]);
        let spring = weeks(&clock, "2026-04-05T05:15:00Z");
        let expected = ["2026-03-29T05:00:00Z", "2026-03-22T06:00:00Z", "2026-03-15T06:00:00Z"];
        assert_eq!(spring[..3], expected);
        assert_eq!([autumn.len(), spring.len()], [8; 2]);
    }

    #[test]
    fn the_hour_left_out_says_nothing_and_of_the_doubled_the_second_speaks() {
        let clock = clock("Asia/Jerusalem", &[]);
        // 02:00 on Fridays: on 2026-03-27 there was none.
        let left_out = weeks(&clock, "2026-04-02T23:00:00Z");
        assert_eq!((left_out.len(), &*left_out[0]), (7, "2026-03-20T00:00:00Z"));
        // 01:00 on Sundays: on 2026-10-25 from 22:00 to 24:00 UTC.
        assert_eq!(weeks(&clock, "2026-10-31T23:00:00Z")[0], "2026-10-24T23:00:00Z");
        for doubled in ["2026-10-24T22:30:00Z", "2026-10-24T23:30:00Z"] {
            assert_eq!(weeks(&clock, doubled)[0], "2026-10-17T22:00:00Z");
        }
    }

    #[test]
    fn hours_begin_where_the_clock_on_the_wall_has_them_begin() {
        let clock = clock("Asia/Kolkata", &[]);
        let [late, early] =
            ["2026-10-27T02:29:00Z", "2026-10-27T02:31:00Z"].map(|utc| around(&clock, utc));
        assert_eq!((late.hour, late.after), (early.before, early.hour));
        assert_eq!((late.hour + 1, late.part + 1), (early.hour, early.part));
        assert_eq!(clock.past(early.hour).wall.rem_euclid(24), 8);
    }

    #[test]
    fn a_day_that_is_excepted_says_nothing() {
        let clock = clock("Asia/Jerusalem", &["2026-10-20"]);
        assert_eq!(weeks(&clock, "2026-10-27T06:15:00Z")[0], "2026-10-13T05:00:00Z");
        let learning = |utc| clock.learning(around(&clock, utc).hour);
        assert_eq!(learning("2026-10-19T20:59:00Z"), Learning::On);
        assert_eq!(learning("2026-10-19T21:00:00Z"), Learning::Off(Unusual::Excepted));
        assert_eq!(learning("2026-10-20T20:59:00Z"), Learning::Off(Unusual::Excepted));
        assert_eq!(learning("2026-10-20T21:00:00Z"), Learning::On);
    }
}
