//! The last weeks, hour by hour, and what they say is usual: a weighted median of what each week
//! had at the same hour.
//!
//! Each week has one voice, whatever happened in it, so that a bad day moves the usual value no
//! further than to what another week had. Voices fade with a half-life of four weeks and end after
//! eight. One bad week never prevails, nor do two in a row once six are known; a new level does
//! after three. A slot is an hour of the week by the clock on the wall.
//!
//! # Promises
//! - `one_or_two_bad_weeks_do_not_move_what_is_usual`
//! - `a_new_level_is_usual_after_three_weeks`
//! - `until_its_hour_is_known_other_days_speak_for_it`
//! - `what_is_older_than_eight_weeks_is_forgotten`

use alloc::vec::Vec;

use crate::evaluate::baseline::clock::Past;
use crate::evaluate::baseline::compact::{IN_TROUBLE, UNKNOWN, number};
use crate::limits::{
    BASELINE_DAYS_MIN, BASELINE_HOURS, BASELINE_WEEKS, BASELINE_WEEKS_MIN, BASELINE_WEIGHTS,
};
use crate::model::baseline::{LearnedHour, place};

/// Hours in a week.
const WEEK: i64 = 168;

/// [`BASELINE_WEEKS`], as hours are counted.
const WEEKS: i64 = 8;

/// What the last weeks say of one series at one hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The usual value, in the metric's unit; nothing while too little is known.
    pub usual: Option<f64>,
    /// Weeks that know this hour.
    pub weeks: usize,
    /// Days of its kind, weekdays or weekends, that know this hour of the day.
    pub days: usize,
}

/// The last weeks of every series.
#[derive(Debug, Default)]
pub(super) struct Weeks {
    /// Empty until something is learned.
    ring: Vec<LearnedHour>,
}

impl Weeks {
    /// What an hour taught the series, where it is remembered.
    pub(super) fn code(&self, series: usize, hour: i64) -> u16 {
        let learned =
            self.ring.get(usize::from(place(hour))).filter(|learned| learned.hour == hour);
        learned.and_then(|learned| learned.codes.get(series)).copied().unwrap_or(UNKNOWN)
    }

    /// The hour's place for what it taught; what it held of eight weeks ago is gone.
    pub(super) fn hour_mut(&mut self, hour: i64) -> Option<&mut LearnedHour> {
        if self.ring.is_empty() {
            self.ring.resize(
                usize::from(BASELINE_HOURS),
                LearnedHour { hour: i64::MIN, codes: Vec::new() },
            );
        }
        let learned = self.ring.get_mut(usize::from(place(hour)))?;
        if learned.hour != hour {
            *learned = LearnedHour { hour, codes: Vec::new() };
        }
        Some(learned)
    }

    /// What is usual for a series at an hour.
    pub(super) fn known(&self, series: usize, past: &Past) -> Known {
        let weekly = past.weekly().map(|(week, then)| (week - 1, then));
        let of_slot = Voices::hear(self, series, weekly);
        let is_of_kind = |(day, _): &(i64, i64)| kind(past.wall - 24 * day) == kind(past.wall);
        let daily = past.daily().filter(is_of_kind).map(|(day, then)| ((day - 1) / 7, then));
        let of_day = Voices::hear(self, series, daily);
        let (weeks, days) = (of_slot.0.len(), of_day.0.len());
        let usual = if weeks >= BASELINE_WEEKS_MIN {
            of_slot.median()
        } else if days >= BASELINE_DAYS_MIN {
            of_day.median()
        } else {
            None
        };
        Known { usual, weeks, days }
    }

    /// Whether this hour was passed over in one of the last weeks, since there was trouble.
    pub(super) fn passed_over(&self, series: usize, past: &Past) -> PassedOver {
        let is_passed_over = |(_, then): &(i64, i64)| self.code(series, *then) == IN_TROUBLE;
        past.weekly().find(is_passed_over).map_or(PassedOver::Never, |_| PassedOver::Lately)
    }

    /// Whether the last weeks say anything of a series.
    pub(super) fn speak_of(&self, series: usize, hour: i64) -> Speak {
        let is_of_late = |learned: &&LearnedHour| {
            let spoken = learned.codes.get(series).is_some_and(|code| *code != UNKNOWN);
            spoken && hour - learned.hour <= WEEK * WEEKS
        };
        self.ring.iter().find(is_of_late).map_or(Speak::Nothing, |_| Speak::Something)
    }

    /// Bytes that are taken, beside those of the series' names.
    pub(super) fn bytes(&self) -> usize {
        let codes: usize = self.ring.iter().map(|learned| learned.codes.capacity()).sum();
        self.ring.capacity() * size_of::<LearnedHour>() + codes * size_of::<u16>()
    }
}

/// Whether trouble at an hour is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassedOver {
    Never,
    Lately,
}

/// Whether anything is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speak {
    Something,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Weekday,
    Weekend,
}

/// Monday to Friday, or else; 1970 began with a Thursday.
const fn kind(hour: i64) -> Kind {
    match (hour.div_euclid(24) + 3).rem_euclid(7) {
        5 | 6 => Kind::Weekend,
        _ => Kind::Weekday,
    }
}

/// What some hours taught, each with its weight.
struct Voices(heapless::Vec<(u16, u16), { 7 * BASELINE_WEEKS }>);

impl Voices {
    /// `hours` are weeks ago with the hour.
    fn hear(weeks: &Weeks, series: usize, hours: impl Iterator<Item = (i64, i64)>) -> Self {
        let voice = |(ago, hour): (i64, i64)| {
            let code = weeks.code(series, hour);
            let weight = BASELINE_WEIGHTS.get(usize::try_from(ago).ok()?)?;
            (code != UNKNOWN && code != IN_TROUBLE).then_some((code, *weight))
        };
        Self(hours.filter_map(voice).collect())
    }

    fn median(mut self) -> Option<f64> {
        self.0.sort_unstable();
        let whole: u16 = self.0.iter().map(|(_, weight)| weight).sum();
        let mut heard = 0;
        let middle = self.0.iter().find(|(_, weight)| {
            heard += weight;
            heard * 2 >= whole
        });
        middle.and_then(|(code, _)| number(*code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::baseline::clock::Clock;
    use crate::evaluate::baseline::compact::compact;
    use crate::model::zone::Zone;

    /// Monday 2024-05-13, 14:00.
    const MONDAY: i64 = 1_715_608_800 / 3_600;

    /// The same hour of the last weeks, the newest first.
    fn weekly(values: &[f64]) -> Weeks {
        let mut weeks = Weeks::default();
        for (week, value) in (1_i64..).zip(values) {
            let learned = weeks.hour_mut(MONDAY - WEEK * week).unwrap();
            learned.codes = Vec::from([UNKNOWN, compact(*value)]);
        }
        weeks
    }

    fn past(hour: i64) -> Past {
        Clock::new(Zone::utc(), Vec::new()).past(hour)
    }

    fn usual(weeks: &Weeks) -> Option<f64> {
        weeks.known(1, &past(MONDAY)).usual
    }

    #[test]
    fn one_or_two_bad_weeks_do_not_move_what_is_usual() {
        let good = [20.0, 21.0, 22.0, 20.0, 21.0, 22.0, 20.0, 21.0];
        assert_eq!(usual(&weekly(&good)), Some(21.0));
        for first in 0..8 {
            let mut bad = good;
            bad[first] = 900.0;
            let one = usual(&weekly(&bad)).unwrap();
            bad[(first + 1) % 8] = 900.0;
            let two = usual(&weekly(&bad)).unwrap();
            assert!((20.0..=22.0).contains(&one) && (20.0..=22.0).contains(&two), "{one} {two}");
        }
        assert_eq!(usual(&weekly(&[900.0, 900.0, 20.0, 22.0, 21.0, 20.0])), Some(22.0));
        assert_eq!(usual(&weekly(&[900.0, 20.0, 22.0])), Some(22.0), "with just three weeks, too");
    }

    #[test]
    fn a_new_level_is_usual_after_three_weeks() {
        let after = |weeks: usize| {
            let mut values = [20.0; 8];
            values[..weeks].fill(60.0);
            usual(&weekly(&values))
        };
        assert_eq!([after(1), after(2)], [Some(20.0); 2]);
        assert_eq!([after(3), after(8)], [Some(60.0); 2]);
    }

    #[test]
    fn until_its_hour_is_known_other_days_speak_for_it() {
        let mut weeks = Weeks::default();
        let mut learn = |days: i64, value: f64| {
            weeks.hour_mut(MONDAY - 24 * days).unwrap().codes = Vec::from([compact(value)]);
            weeks.known(0, &past(MONDAY))
        };
        // A Sunday and a Saturday are of another kind.
        learn(1, 1.0);
        learn(2, 1.0);
        learn(3, 20.0);
        assert_eq!(learn(4, 22.0), Known { usual: None, weeks: 0, days: 2 });
        assert_eq!(learn(5, 24.0), Known { usual: Some(22.0), weeks: 0, days: 3 });
        learn(7, 50.0);
        learn(14, 52.0);
        assert_eq!(learn(21, 54.0), Known { usual: Some(52.0), weeks: 3, days: 6 });
    }

    #[test]
    fn what_is_older_than_eight_weeks_is_forgotten() {
        let mut weeks = weekly(&[20.0; 8]);
        assert_eq!(weeks.known(1, &past(MONDAY + 5 * WEEK)).weeks, 3);
        assert_eq!(weeks.known(1, &past(MONDAY + 6 * WEEK)).usual, None);
        weeks.hour_mut(MONDAY).unwrap().codes = Vec::from([UNKNOWN, compact(30.0)]);
        assert_eq!(
            weeks.known(1, &past(MONDAY)).weeks,
            7,
            "it lies where that of eight weeks ago was"
        );
        assert_eq!(weeks.speak_of(1, MONDAY + 8 * WEEK), Speak::Something);
        assert_eq!(weeks.speak_of(1, MONDAY + 8 * WEEK + 1), Speak::Nothing);
        assert_eq!(weeks.speak_of(0, MONDAY), Speak::Nothing);
    }
}
