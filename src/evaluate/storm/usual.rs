//! How many new alerts an hour usually has, by hour of the day.
//!
//! # Promises
//! - `three_days_are_a_warm_up`
//! - `a_wild_hour_counts_as_the_limit`: one bad day does not make the next one usual, and a lasting
//!   change is learned in days.
//! - `an_hour_that_was_not_seen_whole_is_not_learned`

use alloc::vec::Vec;

use crate::limits::{STORM_DAYS_KEPT, STORM_DAYS_LEARNED, STORM_USUAL_LEAST};
use crate::model::storm::UsualHour;
use crate::model::time::{ClockTrust, Now, Span, Tick};

/// The profile of a day.
#[derive(Debug)]
pub(super) struct Usual {
    /// By hour of the day, UTC.
    pub(super) hours: Vec<UsualHour>,
    percent: f32,
    present: Option<Present>,
}

/// The hour that is being counted.
#[derive(Debug)]
struct Present {
    /// Hours since 1970.
    number: i64,
    begin: Tick,
    alerts: u32,
}

/// Whether an hour was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learned {
    One,
    Nothing,
}

impl Usual {
    pub(super) fn new(mut hours: Vec<UsualHour>, percent: u16) -> Self {
        hours.resize(HOURS, UsualHour::default());
        Self { hours, percent: f32::from(percent), present: None }
    }

    /// Time has passed: an hour that is over is learned, if all of it was seen.
    pub(super) fn look(&mut self, now: Now) -> Learned {
        let number = now.utc.0.div_euclid(HOUR.0);
        if self.present.as_ref().is_some_and(|present| present.number == number) {
            return Learned::Nothing;
        }
        let begin = now.tick;
        let past = self.present.replace(Present { number, begin, alerts: 0 });
        let Some(past) = past else { return Learned::Nothing };
        // The wall clock may have been stepped; the other one says how long it really was.
        let was_whole = number == past.number + 1 && (begin - past.begin - HOUR).abs() <= SLACK;
        if !was_whole || now.trust == ClockTrust::Untrusted {
            return Learned::Nothing;
        }
        self.learn(past.number, past.alerts);
        Learned::One
    }

    /// A new alert.
    pub(super) const fn count(&mut self) {
        if let Some(present) = &mut self.present {
            present.alerts = present.alerts.saturating_add(1);
        }
    }

    /// How many new alerts within an hour are too many at present; nothing before that is known.
    pub(super) fn limit(&self) -> Option<f32> {
        self.limit_of(self.hours.get(of_day(self.present.as_ref()?.number))?)
    }

    fn limit_of(&self, hour: &UsualHour) -> Option<f32> {
        let limit = hour.alerts.max(STORM_USUAL_LEAST) * self.percent / 100.0;
        (hour.days >= STORM_DAYS_LEARNED).then_some(limit)
    }

    fn learn(&mut self, number: i64, alerts: u32) {
        // So many that the bound of the conversion matters are beyond every limit.
        let alerts = f32::from(u16::try_from(alerts).unwrap_or(u16::MAX));
        let of_day = of_day(number);
        let Some(limit) = self.hours.get(of_day).map(|hour| self.limit_of(hour)) else { return };
        let Some(hour) = self.hours.get_mut(of_day) else { return };
        let alerts = limit.map_or(alerts, |limit| alerts.min(limit));
        hour.days = hour.days.saturating_add(1).min(STORM_DAYS_KEPT);
        hour.alerts += (alerts - hour.alerts) / f32::from(hour.days);
    }
}

fn of_day(number: i64) -> usize {
    usize::try_from(number.rem_euclid(24)).unwrap_or(0)
}

/// Of a day.
const HOURS: usize = 24;

const HOUR: Span = Span::secs(3_600);

/// An hour is seen whole although it is looked at only when something comes.
const SLACK: Span = Span::secs(90);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::UtcMs;

    fn at(second: i64) -> Now {
        Now { tick: Tick(second * 1_000), utc: UtcMs(second * 1_000), trust: ClockTrust::Ntp }
    }

    /// Days in which the hour after midnight has so many alerts.
    fn days(counts: &[u32]) -> Usual {
        let mut usual = Usual::new(Vec::new(), 300);
        usual.look(at(0));
        for (day, count) in (0_i64..).zip(counts) {
            for hour in 0..24 {
                for _ in 0..if hour == 0 { *count } else { 0 } {
                    usual.count();
                }
                assert_eq!(usual.look(at((day * 24 + hour + 1) * 3_600)), Learned::One);
            }
        }
        usual
    }

    #[test]
    fn three_days_are_a_warm_up() {
        assert_eq!(days(&[10, 20]).limit(), None);
        assert_eq!(days(&[10, 20, 30]).limit(), Some(60.0));
        assert_eq!(days(&[0, 0, 1]).limit(), Some(18.0), "the least");
    }

    #[test]
    fn a_wild_hour_counts_as_the_limit() {
        assert_eq!(days(&[10, 10, 10, 5_000]).limit(), Some(45.0), "(30 + 30) / 4 x 3");
        let grown = days(&[[10; 3].as_slice(), &[40; 20]].concat()).limit().unwrap();
        assert!(grown > 95.0, "{grown}");
    }

    #[test]
    fn an_hour_that_was_not_seen_whole_is_not_learned() {
        let mut usual = Usual::new(Vec::new(), 300);
        usual.look(at(1_800));
        assert_eq!(usual.look(at(3_600)), Learned::Nothing, "half of it");
        let jumped = |now: Now| Now { utc: now.utc + Span::secs(3_600), ..now };
        assert_eq!(usual.look(jumped(at(3_700))), Learned::Nothing, "the wall clock jumped");
        let doubted = Now { trust: ClockTrust::Untrusted, ..at(7_300) };
        usual.look(at(3_700));
        assert_eq!(usual.look(doubted), Learned::Nothing, "nobody vouches for the clock");
    }
}
