//! Baselines: what each series usually is at this hour, learned from one reading a minute.
//!
//! An hour's usual value is the quantile of its readings; what a few weeks' same hours had makes
//! the usual value of the next. What is seen in an open alert is no lesson, but for two cases: the
//! alert has been open for days, or the same hour was passed over for that reason once within the
//! weeks that are remembered. So trouble is not taken for usual, and a lasting new level is, three
//! or four weeks later, even if its alerts end every night.
//!
//! # Promises
//! - `an_hour_is_learned_from_its_minutes`
//! - `trouble_is_passed_over_once_and_then_learned`
//! - `an_alert_that_has_been_open_for_days_is_learned_from`
//! - `while_nothing_is_as_usual_nothing_is_learned`
//! - `a_restart_within_an_hour_does_not_spoil_it`
//! - `series_beyond_the_bound_are_refused_until_one_is_forgotten`
//! - `a_year_of_a_thousand_series_takes_less_than_four_megabytes`

mod clock;
mod compact;
#[cfg(test)]
mod tests;
mod weeks;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use jiff::civil::Date;

use crate::limits::{
    BASELINE_EDGE, BASELINE_MINUTES_MIN, BASELINE_SERIES_MAX, BASELINE_TROUBLE_MAX,
    BASELINE_WRITTEN_EVERY,
};
use crate::model::baseline::{LearnedHour, LearnedWeeks, Learning, SeriesName, Unusual};
use crate::model::rule::Operator;
use crate::model::time::{ClockTrust, Now, Tick, UtcMs};
use crate::model::zone::Zone;

use clock::{Around, Clock, Past};
use compact::{IN_TROUBLE, UNKNOWN, compact};
use weeks::{PassedOver, Speak, Weeks};

pub use weeks::Known;

/// Every series that some rule wants, and what is known of it.
#[derive(Debug)]
pub struct Baselines {
    /// Whether what is seen is as usual, as far as others can tell.
    pub learning: Learning,
    /// The same, as the storm has it.
    pub storm: Learning,
    /// Series that found no room.
    pub refused: u64,
    series: Vec<Series>,
    weeks: Weeks,
    clock: Clock,
    /// The moment of the answer at hand.
    now: Now,
    /// The hours around it.
    around: Around,
    /// Its hour, and the one that begins or ends close to it, or the same again.
    here: Past,
    beside: Past,
    /// Whether its day is one to learn from.
    today: Learning,
    /// The hour that is being learned, and the part of it.
    hour: i64,
    part: i64,
    news: VecDeque<News>,
}

/// What is to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A series has a number now.
    Series(u16, SeriesName),
    /// An hour has taught something.
    Hour(LearnedHour),
}

/// Where a rule's series is, for one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Seat {
    /// Nobody has asked.
    #[default]
    Unasked,
    /// It has this number.
    At(u16),
    /// There are as many as there may be.
    NoRoom,
}

/// What is usual at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The hour by the clock on the wall of the site, counted since 1970.
    pub hour: i64,
    /// What is known of it.
    pub known: Known,
    /// Near a full hour the lower and the higher of both hours' usual values.
    range: Option<(f64, f64)>,
}

#[derive(Debug)]
struct Series {
    /// Nothing where the ledger has lost it.
    name: Option<SeriesName>,
    watched: Watched,
    /// The readings of this hour, one a minute.
    readings: heapless::Vec<u16, 60>,
    /// Minutes of this hour that were in trouble.
    passed_over: u8,
    /// The newest minute that was read.
    minute: i64,
    /// What was last asked for, and the hours that it was made of.
    usual: Option<(i64, i64, Usual)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watched {
    Yes,
    /// It is only remembered.
    NotYet,
}

impl Default for Baselines {
    fn default() -> Self {
        Self {
            learning: Learning::On,
            storm: Learning::On,
            refused: 0,
            series: Vec::new(),
            weeks: Weeks::default(),
            clock: Clock::new(Zone::utc(), Vec::new()),
            now: Now { tick: Tick(0), utc: UtcMs(0), trust: ClockTrust::Untrusted },
            around: Around::default(),
            here: Past::NONE,
            beside: Past::NONE,
            today: Learning::On,
            hour: i64::MIN,
            part: i64::MIN,
            news: VecDeque::new(),
        }
    }
}

impl Baselines {
    /// Whose clock on the wall counts, and on which of its days nothing is learned; before the
    /// first answer.
    pub fn stand_in(&mut self, zone: Zone, except: Vec<Date>) {
        self.clock = Clock::new(zone, except);
    }

    /// Goes on with what was learned before the start.
    pub fn restore(&mut self, learned: LearnedWeeks) {
        for (number, name) in learned.series {
            let number = usize::from(number);
            while self.series.len() <= number.min(BASELINE_SERIES_MAX - 1) {
                self.series.push(Series::new(None, Watched::NotYet));
            }
            if let Some(series) = self.series.get_mut(number) {
                series.name = Some(name);
            }
        }
        for LearnedHour { hour, mut codes } in learned.hours {
            codes.truncate(BASELINE_SERIES_MAX);
            codes.shrink_to_fit();
            if let Some(known) = self.weeks.hour_mut(hour) {
                known.codes = codes;
            }
        }
    }

    /// What has to be remembered since the last call, one by one.
    #[must_use]
    pub fn next_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Series that are watched, those of them that an hour of the week is known of, and the bytes
    /// that all of it takes.
    #[must_use]
    pub fn size(&self) -> (usize, usize, usize) {
        let watched = || self.series.iter().filter(|series| series.watched == Watched::Yes);
        let known =
            |series: &&Series| series.usual.is_some_and(|(.., usual)| usual.known.usual.is_some());
        let names: usize = self.series.iter().map(Series::bytes).sum();
        (watched().count(), watched().filter(known).count(), names + self.weeks.bytes())
    }

    /// Whether anything is learned at this moment; what day it is was asked at the last answer.
    #[must_use]
    pub fn learning(&self, now: Now) -> Learning {
        if now.trust == ClockTrust::Untrusted {
            return Learning::Off(Unusual::ClockUntrusted);
        }
        let all = [self.storm, self.learning, self.today];
        all.into_iter().find(|one| *one != Learning::On).unwrap_or(Learning::On)
    }

    /// Gives a series its number.
    pub(super) fn seat(&mut self, name: SeriesName) -> Seat {
        let known = self.series.iter().position(|series| series.name.as_ref() == Some(&name));
        let at = known.or_else(|| self.free(self.around.hour));
        let Some(at) = at else {
            self.refused = self.refused.saturating_add(1);
            return Seat::NoRoom;
        };
        let Ok(number) = u16::try_from(at) else { return Seat::NoRoom };
        if known.is_none() {
            self.news.push_back(News::Series(number, name.clone()));
            let series = Series::new(Some(name), Watched::Yes);
            match self.series.get_mut(at) {
                Some(free) => *free = series,
                None => self.series.push(series),
            }
        } else if let Some(series) = self.series.get_mut(at) {
            series.watched = Watched::Yes;
        }
        Seat::At(number)
    }

    /// A number that no series has, or whose series nobody has asked for as long as anything is
    /// remembered.
    fn free(&self, hour: i64) -> Option<usize> {
        if self.series.len() < BASELINE_SERIES_MAX {
            return Some(self.series.len());
        }
        let is_free = |(at, series): &(usize, &Series)| {
            series.watched == Watched::NotYet && self.weeks.speak_of(*at, hour) == Speak::Nothing
        };
        self.series.iter().enumerate().find(is_free).map(|(at, _)| at)
    }

    /// What is usual for a series at this moment.
    pub(super) fn usual(&mut self, seat: Seat) -> Option<Usual> {
        let Seat::At(number) = seat else { return None };
        let number = usize::from(number);
        let series = self.series.get_mut(number)?;
        let (here, beside) = (&self.here, &self.beside);
        if let Some((hour, other, usual)) = series.usual
            && (hour, other) == (here.hour, beside.hour)
        {
            return Some(usual);
        }
        let (hour, other) = (here.hour, beside.hour);
        let known = self.weeks.known(number, here);
        let beside = if other == hour { known } else { self.weeks.known(number, beside) };
        let range = match (known.usual, beside.usual) {
            (Some(one), Some(other)) => Some((one.min(other), one.max(other))),
            (one, other) => one.or(other).map(|usual| (usual, usual)),
        };
        let usual = Usual { hour: here.wall, known, range };
        series.usual = Some((hour, other, usual));
        Some(usual)
    }

    /// What was last said of a series.
    pub(super) fn last_usual(&self, seat: Seat) -> Option<Usual> {
        let Seat::At(number) = seat else { return None };
        self.series.get(usize::from(number))?.usual.map(|(.., usual)| usual)
    }

    /// Time has come on: a part of an hour that is over has taught what it has.
    pub(super) fn come_to(&mut self, now: Now) {
        self.now = now;
        self.look_around();
        let Around { hour, part, .. } = self.around;
        if part == self.part || self.learning(now) != Learning::On {
            return;
        }
        self.take_in();
        self.part = part;
        if hour != self.hour {
            self.hour = hour;
            for series in &mut self.series {
                series.readings.clear();
                series.passed_over = 0;
            }
        }
    }

    /// Asks the clock on the wall once an hour and close to it, not for each reading.
    fn look_around(&mut self) {
        self.around = self.clock.around(self.now.utc, BASELINE_EDGE, BASELINE_WRITTEN_EVERY);
        let Around { hour, before, after, .. } = self.around;
        if hour != self.here.hour {
            self.here = self.clock.past(hour);
            self.today = self.clock.learning(hour);
        }
        let beside = if before == hour { after } else { before };
        if beside != self.beside.hour {
            self.beside = self.clock.past(beside);
        }
    }

    /// Takes what this hour has taught so far into the weeks.
    fn take_in(&mut self) {
        let has_taught = |series: &Series| series.lesson().is_some();
        if !self.series.iter().any(has_taught) {
            return;
        }
        let Some(learned) = self.weeks.hour_mut(self.hour) else { return };
        learned.codes.reserve_exact(self.series.len().saturating_sub(learned.codes.len()));
        learned.codes.resize(self.series.len(), UNKNOWN);
        for (code, series) in learned.codes.iter_mut().zip(&self.series) {
            *code = series.lesson().unwrap_or(*code);
        }
        self.news.push_back(News::Hour(learned.clone()));
    }

    /// Takes a reading of a series, if it is the first of its minute; `trouble` says since when
    /// there is an open alert about it.
    pub(super) fn read(&mut self, seat: Seat, value: f64, trouble: impl FnOnce() -> Option<Tick>) {
        let Seat::At(number) = seat else { return };
        let (number, now) = (usize::from(number), self.now);
        if self.learning(now) != Learning::On {
            return;
        }
        let minute = now.utc.0.div_euclid(60_000);
        let Some(series) = self.series.get_mut(number) else { return };
        if series.minute == minute {
            return;
        }
        series.minute = minute;
        let is_news = trouble().is_some_and(|since| now.tick - since < BASELINE_TROUBLE_MAX);
        if is_news && self.weeks.passed_over(number, &self.here) == PassedOver::Never {
            series.passed_over = series.passed_over.saturating_add(1);
            return;
        }
        // An hour has no more minutes, unless the box's clock is set back.
        let _ = series.readings.push(compact(value));
    }
}

impl Series {
    const fn new(name: Option<SeriesName>, watched: Watched) -> Self {
        let readings = heapless::Vec::new();
        Self { name, watched, readings, passed_over: 0, minute: i64::MIN, usual: None }
    }

    /// What this hour has taught so far, if that is enough to count.
    fn lesson(&self) -> Option<u16> {
        if self.readings.len() < BASELINE_MINUTES_MIN {
            let in_trouble = usize::from(self.passed_over) >= BASELINE_MINUTES_MIN;
            return in_trouble.then_some(IN_TROUBLE);
        }
        let percent = usize::from(self.name.as_ref()?.percent);
        let mut readings = self.readings.clone();
        readings.sort_unstable();
        // The nearest rank: the smallest reading that no less than this share is not above.
        let rank = (readings.len() * percent).div_ceil(100).max(1);
        readings.get(rank - 1).copied()
    }

    fn bytes(&self) -> usize {
        let name = self.name.as_ref();
        let name = name.map_or(0, |name| name.source.as_str().len() + name.entity.as_str().len());
        size_of::<Self>() + name
    }
}

impl Usual {
    /// The usual value that a rule compares with: near a full hour the more lenient one.
    #[must_use]
    pub fn value(self, operator: Operator) -> Option<f64> {
        let (low, high) = self.range?;
        Some(match operator {
            Operator::Below | Operator::AtMost => low,
            Operator::Above | Operator::AtLeast | Operator::Equal | Operator::NotEqual => high,
        })
    }
}
