//! `cron`: the days and times of a window as crontab(5) writes them.
//!
//! Five fields: minute, hour, day of the month, month, day of the week. Each takes `*`, values,
//! ranges `1-5`, lists with commas and steps `*/15`, `8-18/2`; months and days of the week take
//! their English names, of which the first three letters count, and Sunday is 0 or 7. As in
//! crontab(5), where neither the days of the month nor those of the week begin with a star, one of
//! the two is enough.
//!
//! # Promises
//! - `a_line_is_read_as_crontab_reads_it`
//! - `a_fault_of_a_line_is_pointed_at`

use alloc::format;
use alloc::vec::Vec;
use core::ops::{Range, RangeInclusive};

use jiff::civil::DateTime;

use crate::config::rrule::RuleFault;
use crate::model::recurrence::{CronDays, Days, Field, Recurrence, Star, Times};

/// Reads a line whose first occurrence is at `from` or after it.
pub(super) fn parse(text: &str, from: DateTime) -> Result<Recurrence, RuleFault> {
    let fields: Vec<(Range<usize>, &str)> = fields(text).collect();
    let [minutes, hours, of_month, months, of_week] = fields.as_slice() else {
        return Err(RuleFault {
            at: 0..text.len(),
            message: format!("it has {} fields instead of five", fields.len()),
            help: "Write minute, hour, day of the month, month and day of the week: 0 22 * * 6."
                .into(),
        });
    };
    let mut of_week = field(of_week, "day of the week", 0..=7, &DAYS)?;
    if of_week.has(7) {
        of_week.bits |= 1;
    }
    let days = CronDays {
        of_month: field(of_month, "day of the month", 1..=31, &[])?,
        months: field(months, "month", 1..=12, &MONTHS)?,
        of_week,
    };
    let times = Times::Grid {
        minutes: field(minutes, "minute", 0..=59, &[])?,
        hours: field(hours, "hour", 0..=23, &[])?,
    };
    Ok(Recurrence { from, days: Days::Cron(days), times, until: None })
}

/// The fields with their places.
fn fields(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut at = 0;
    text.split([' ', '\t']).filter_map(move |piece| {
        let place = at..at + piece.len();
        at = place.end + 1;
        (!piece.is_empty()).then_some((place, piece))
    })
}

fn field(
    (place, text): &(Range<usize>, &str),
    what: &str,
    range: RangeInclusive<u8>,
    names: &[&str],
) -> Result<Field, RuleFault> {
    let mut at = place.start;
    let mut bits = 0_u64;
    for piece in text.split(',') {
        let place = at..at + piece.len();
        at = place.end + 1;
        let values = values(piece, &range, names).ok_or_else(|| RuleFault {
            at: place,
            message: format!("\"{piece}\" is no {what}"),
            help: format!(
                "Write *, a number from {} to {}, a range such as {0}-{1}, or */2.",
                range.start(),
                range.end()
            ),
        })?;
        bits |= values;
    }
    let star = if text.starts_with('*') { Star::Yes } else { Star::No };
    Ok(Field { bits, star })
}

/// A bit for each value of one element.
fn values(text: &str, range: &RangeInclusive<u8>, names: &[&str]) -> Option<u64> {
    let (span, step) = match text.split_once('/') {
        Some((span, step)) => (span, step.parse::<usize>().ok().filter(|step| *step > 0)?),
        None => (text, 1),
    };
    let has_step = span.len() < text.len();
    let value = |word: &str| value(word, range, names);
    let (first, last) = match span.split_once('-') {
        _ if span == "*" => (*range.start(), *range.end()),
        Some((first, last)) => (value(first)?, value(last)?),
        // crontab(5) gives a single value with a step no meaning.
        None if has_step => return None,
        None => (value(span)?, value(span)?),
    };
    (first <= last).then(|| {
        let values = (first..=last).step_by(step);
        values.fold(0, |bits, value| bits | 1_u64.checked_shl(value.into()).unwrap_or(0))
    })
}

fn value(word: &str, range: &RangeInclusive<u8>, names: &[&str]) -> Option<u8> {
    let is_named = |name: &&str| {
        word.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
            && word.chars().all(|c| c.is_ascii_alphabetic())
    };
    if let Some(place) = names.iter().position(is_named) {
        return u8::try_from(place).ok().and_then(|place| place.checked_add(*range.start()));
    }
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|value| is_number && range.contains(value))
}

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::UtcMs;
    use crate::model::zone::Zone;
    use alloc::string::String;

    /// The next three occurrences after a Saturday noon.
    fn next(text: &str) -> String {
        let rule = parse(text, "2026-11-28T12:00".parse().unwrap()).unwrap();
        let mut at = UtcMs::from_rfc3339("2026-11-28T12:00:00Z").unwrap();
        let mut found = Vec::new();
        for _ in 0..3 {
            at = rule.next(&Zone::utc(), at).unwrap().0;
            found.push(at.rfc3339().replace(":00Z", "").replace("2026-", ""));
        }
        found.join(" ")
    }

    #[test]
    fn a_line_is_read_as_crontab_reads_it() {
        for (text, wanted) in [
            ("0 22 * * 6", "11-28T22:00 12-05T22:00 12-12T22:00"),
            ("30 1 * * sun", "11-29T01:30 12-06T01:30 12-13T01:30"),
            ("30 1 * * 7", "11-29T01:30 12-06T01:30 12-13T01:30"),
            ("*/30 12 * * *", "11-28T12:30 11-29T12:00 11-29T12:30"),
            ("0 8-18/5 * * MON-FRI", "11-30T08:00 11-30T13:00 11-30T18:00"),
            ("0  0 1,15\t* *", "12-01T00:00 12-15T00:00 2027-01-01T00:00"),
            ("0 0 13 * FRI", "12-04T00:00 12-11T00:00 12-13T00:00"),
            ("0 0 */2 * FRI", "12-11T00:00 12-25T00:00 2027-01-01T00:00"),
            ("*/1 0 29 * *", "11-29T00:00 11-29T00:01 11-29T00:02"),
            ("0 0 13,* * FRI", "11-29T00:00 11-30T00:00 12-01T00:00"),
            ("0 0 1 january *", "2027-01-01T00:00 2028-01-01T00:00 2029-01-01T00:00"),
        ] {
            assert_eq!(next(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_fault_of_a_line_is_pointed_at() {
        for (text, pointed, message) in [
            ("0 22 * *", "0 22 * *", "it has 4 fields instead of five"),
            ("60 22 * * *", "60", "\"60\" is no minute"),
            ("0 24 * * *", "24", "\"24\" is no hour"),
            ("0 22 0 * *", "0", "\"0\" is no day of the month"),
            ("0 22 32 * *", "32", "\"32\" is no day of the month"),
            ("0 22 * * 8", "8", "\"8\" is no day of the week"),
            ("0 22 * * fri5", "fri5", "\"fri5\" is no day of the week"),
            ("0 22 * * mo", "mo", "\"mo\" is no day of the week"),
            ("0 22 * * mon,", "", "\"\" is no day of the week"),
            ("0 22 * 1-13 *", "1-13", "\"1-13\" is no month"),
            ("0 22 * * mon,xxx", "xxx", "\"xxx\" is no day of the week"),
            ("0 22 * * 5-1", "5-1", "\"5-1\" is no day of the week"),
            ("5/15 * * * *", "5/15", "\"5/15\" is no minute"),
            ("*/0 * * * *", "*/0", "\"*/0\" is no minute"),
            ("+5 * * * *", "+5", "\"+5\" is no minute"),
        ] {
            let fault = parse(text, DateTime::ZERO).unwrap_err();
            assert_eq!((&text[fault.at.clone()], &*fault.message), (pointed, message), "{text}");
        }
    }
}
