//! `rrule`: the days of a window, as RFC 5545 writes them.
//!
//! `FREQ` is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`; `INTERVAL`, `BYDAY`, `BYMONTHDAY`, `BYMONTH`
//! and `WKST` choose the days, and `COUNT` or `UNTIL` ends them. The time of the day is the
//! window's, so that nothing below a day is known, and `BYSETPOS`, `BYYEARDAY` and `BYWEEKNO` are
//! not either.
//!
//! # Promises
//! - `the_examples_of_rfc_5545_occur_as_it_says`: those of section 3.8.5.3 whose parts are known.
//! - `a_fault_is_pointed_at`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::{Range, RangeInclusive};

use jiff::civil::{Date, DateTime, Weekday};

use crate::limits::{WINDOW_COUNT_MAX, WINDOW_INTERVAL_MAX, WINDOW_SEARCH_DAYS};
use crate::model::near::nearest;
use crate::model::recurrence::{ByDay, DayRule, Days, Frequency, Recurrence, Times};
use crate::model::time::{Span, UtcMs};
use crate::model::zone::Zone;

/// What is wrong with a rule, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct RuleFault {
    /// Which bytes.
    pub(in crate::config) at: Range<usize>,
    /// What is wrong.
    pub(in crate::config) message: String,
    /// What to write.
    pub(in crate::config) help: String,
}

type Read<T> = Result<T, RuleFault>;

/// One part of a rule: its name, its value, and where both stand.
struct Part<'a> {
    name: &'a str,
    value: &'a str,
    at: usize,
}

/// When a rule ends.
enum End {
    Never,
    Count(u32, Range<usize>),
    Until(Until),
}

enum Until {
    Day(Date),
    Local(DateTime),
    Utc(UtcMs),
}

/// Reads a rule whose first occurrence is at `from` or after it.
pub(in crate::config) fn parse(text: &str, from: DateTime, zone: &Zone) -> Read<Recurrence> {
    let parts = parts(text)?;
    let (rule, end) = rule(text, &parts)?;
    let mut recurrence =
        Recurrence { from, days: Days::Rule(rule), times: Times::At(from.time()), until: None };
    recurrence.until = match end {
        End::Never => None,
        End::Until(Until::Utc(at)) => Some(at),
        End::Until(Until::Local(at)) => Some(zone.moment(at).0),
        End::Until(Until::Day(day)) => Some(zone.moment(day.at(23, 59, 59, 0)).0),
        End::Count(count, at) => Some(nth(&recurrence, zone, count).ok_or_else(|| {
            let help = "Leave COUNT out.".into();
            RuleFault { at, message: "it does not occur so often within thirty years".into(), help }
        })?),
    };
    Ok(recurrence)
}

/// When it occurs for that time, counted from 1.
fn nth(recurrence: &Recurrence, zone: &Zone, count: u32) -> Option<UtcMs> {
    let from = zone.moment(recurrence.from).0;
    let last = from + Span::secs(i64::from(WINDOW_SEARCH_DAYS) * 86_400);
    let mut at = UtcMs(from.0.saturating_sub(1));
    for _ in 0..count {
        at = recurrence.next(zone, at).filter(|(next, _)| *next <= last)?.0;
    }
    Some(at)
}

fn parts(text: &str) -> Read<Vec<Part<'_>>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut at = text.find(':').map_or(0, |colon| colon + 1);
    if at > 0 && !text.to_ascii_uppercase().starts_with("RRULE:") {
        return Err(fault(0..at, "only RRULE: may stand before the rule", KEYS_HELP));
    }
    for piece in text.get(at..).unwrap_or_default().split(';') {
        let place = at..at + piece.len();
        let Some((name, value)) = piece.split_once('=') else {
            return Err(fault(place, &format!("\"{piece}\" is no part of a rule"), KEYS_HELP));
        };
        if parts.iter().any(|part| part.name.eq_ignore_ascii_case(name)) {
            let message = format!("{name} stands twice");
            return Err(fault(place, &message, "Keep one of the two."));
        }
        parts.push(Part { name, value, at });
        at = place.end + 1;
    }
    Ok(parts)
}

fn rule(text: &str, parts: &[Part<'_>]) -> Read<(DayRule, End)> {
    let mut frequency = None;
    let mut end = End::Never;
    let mut rule = DayRule {
        frequency: Frequency::Daily,
        interval: 1,
        by_day: Vec::new(),
        by_month_day: Vec::new(),
        by_month: Vec::new(),
        week_start: Weekday::Monday,
    };
    for part in parts {
        match part.name.to_ascii_uppercase().as_str() {
            "FREQ" => frequency = Some(part.word(&FREQUENCIES)?),
            "INTERVAL" => rule.interval = part.number(part.whole(), 1..=WINDOW_INTERVAL_MAX)?,
            "COUNT" if matches!(end, End::Until(_)) => return Err(part.twice("UNTIL")),
            "UNTIL" if matches!(end, End::Count(..)) => return Err(part.twice("COUNT")),
            "COUNT" => {
                end = End::Count(part.number(part.whole(), 1..=WINDOW_COUNT_MAX)?, part.whole());
            }
            "UNTIL" => end = End::Until(part.until()?),
            "BYDAY" => rule.by_day = part.list(|place| part.day(place))?,
            "BYMONTH" => rule.by_month = part.list(|place| part.number(place, 1..=12))?,
            "BYMONTHDAY" => {
                rule.by_month_day =
                    part.list(|place| match part.number(place.clone(), -31..=31)? {
                        0 => Err(fault(
                            place,
                            "0 is no day of a month",
                            "Write 1 to 31, or -1 to -31.",
                        )),
                        day => Ok(day),
                    })?;
            }
            "WKST" => rule.week_start = part.word(&DAYS)?,
            _ => return Err(part.unknown()),
        }
    }
    let missing = || fault(0..text.len(), "FREQ is missing", KEYS_HELP);
    rule.frequency = frequency.ok_or_else(missing)?;
    check(&rule, parts)?;
    Ok((rule, end))
}

/// What RFC 5545 forbids.
fn check(rule: &DayRule, parts: &[Part<'_>]) -> Read<()> {
    let named = |name: &str| parts.iter().find(|part| part.name.eq_ignore_ascii_case(name));
    let is_monthly = matches!(rule.frequency, Frequency::Monthly | Frequency::Yearly);
    if let (Some(part), Frequency::Weekly) = (named("BYMONTHDAY"), rule.frequency) {
        let help = "Write FREQ=MONTHLY, or BYDAY.";
        return Err(fault(part.whole(), "a week has no days of the month", help));
    }
    if let (Some(part), false) = (named("BYDAY"), is_monthly)
        && rule.by_day.iter().any(|one| one.ordinal != 0)
    {
        let help = "Write FREQ=MONTHLY or FREQ=YEARLY, or the day without its number.";
        return Err(fault(part.whole(), "only a month or a year has a second Monday", help));
    }
    Ok(())
}

impl Part<'_> {
    /// Where its value stands.
    fn whole(&self) -> Range<usize> {
        let start = self.at + self.name.len() + 1;
        start..start + self.value.len()
    }

    fn list<T>(&self, read: impl Fn(Range<usize>) -> Read<T>) -> Read<Vec<T>> {
        let mut at = self.whole().start;
        let mut list = Vec::new();
        for piece in self.value.split(',') {
            list.push(read(at..at + piece.len())?);
            at += piece.len() + 1;
        }
        Ok(list)
    }

    fn text(&self, place: &Range<usize>) -> &str {
        let start = self.whole().start;
        self.value.get(place.start - start..place.end - start).unwrap_or_default()
    }

    fn number<N>(&self, place: Range<usize>, range: RangeInclusive<N>) -> Read<N>
    where
        N: core::str::FromStr + PartialOrd + core::fmt::Display,
    {
        let text = self.text(&place);
        let number = text.parse::<N>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let help = format!("Write a number from {} to {}.", range.start(), range.end());
            fault(place, &format!("{}={text} is out of range", self.name), &help)
        })
    }

    fn word<T: Copy>(&self, words: &[(&str, T)]) -> Read<T> {
        let named = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(self.value));
        named.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let help = format!("Write one of {}.", all.join(", "));
            let message = format!("{} cannot be \"{}\"", self.name, self.value);
            fault(self.whole(), &message, &help)
        })
    }

    /// `MO`, `1FR`, `-1SU`.
    fn day(&self, place: Range<usize>) -> Read<ByDay> {
        let text = self.text(&place);
        let split = text.len().saturating_sub(2);
        let (number, name) = text.split_at_checked(split).unwrap_or(("", ""));
        let day = DAYS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name));
        let ordinal = if number.is_empty() { Ok(0) } else { number.parse::<i8>() };
        let is_there = |ordinal: &i8| number.is_empty() || (1..=53).contains(&ordinal.abs());
        match (day, ordinal.ok().filter(is_there)) {
            (Some((_, day)), Some(ordinal)) => Ok(ByDay { ordinal, day: *day }),
            _ => {
                let help =
                    "Write MO, TU, WE, TH, FR, SA or SU; 1MO is the first one, -1MO the last.";
                Err(fault(place, &format!("\"{text}\" is no day of the week"), help))
            }
        }
    }

    fn until(&self) -> Read<Until> {
        let value = self.value;
        let is_day = value.len() == 8;
        let day = value.parse::<Date>().ok().filter(|_| is_day).map(Until::Day);
        let utc = || value.ends_with(['Z', 'z']).then(|| UtcMs::from_rfc3339(value)).flatten();
        let local = || value.parse::<DateTime>().ok().filter(|_| value.len() == 15);
        let read = day.or_else(|| utc().map(Until::Utc)).or_else(|| local().map(Until::Local));
        read.ok_or_else(|| {
            let help = "Write UNTIL=20261224, or UNTIL=20261224T220000Z for a time in UTC.";
            fault(self.whole(), &format!("\"{value}\" is no time"), help)
        })
    }

    fn twice(&self, other: &str) -> RuleFault {
        let place = self.at..self.whole().end;
        fault(place, &format!("{other} ends the rule already"), "Keep one of the two.")
    }

    fn unknown(&self) -> RuleFault {
        let place = self.at..self.at + self.name.len();
        let name = self.name.to_ascii_uppercase();
        if KNOWN_ELSEWHERE.contains(&name.as_str()) {
            let message = format!("{name} is not known here");
            return fault(
                place,
                &message,
                "Say it with BYDAY, BYMONTHDAY and BYMONTH, or with cron.",
            );
        }
        let help =
            nearest(&name, KEYS).map_or(KEYS_HELP.into(), |near| format!("Did you mean {near}?"));
        fault(place, &format!("\"{}\" is no part of a rule", self.name), &help)
    }
}

fn fault(at: Range<usize>, message: &str, help: &str) -> RuleFault {
    RuleFault { at, message: message.to_string(), help: help.to_string() }
}

const KEYS: [&str; 8] =
    ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST", "COUNT", "UNTIL"];

const KNOWN_ELSEWHERE: [&str; 6] =
    ["BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND"];

const KEYS_HELP: &str = "Write a rule such as FREQ=WEEKLY;BYDAY=SA, of RFC 5545.";

const FREQUENCIES: [(&str, Frequency); 4] = [
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

#[cfg(test)]
mod tests;
