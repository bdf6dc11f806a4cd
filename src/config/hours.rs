//! `[hours.NAME]`: business hours, for `hours = "NAME"` of a rule set or a threshold.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `zone` | text | that of `[hub]` | whose clocks count, by its IANA name: `Asia/Jerusalem` |
//! | `days` | text or list | all | `"mon..fri"`, `["sun..thu", "sat"]`: on which days they begin |
//! | `from` | text | required | when they begin: `"08:00"` |
//! | `to` | text | required | when they are over: `"18:00"`; before `from`: the day after |
//! | `spans` | list of tables | none | `days`, `from`, `to` several times, instead of the above |
//! | `except` | list of texts | none | days on which they do not begin: `"2026-12-25"` |
//!
//! # Promises
//! - `hours_are_read_to_the_minute`
//! - `hours_that_cannot_be_are_refused`

use alloc::format;
use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::vec::Vec;

use jiff::civil::Date;

use crate::document::{Item, Table, Value};
use crate::limits::{EXCEPT_MAX, HOURS_MAX, HOURS_SPANS_MAX, NAME_BYTES_MAX};
use crate::model::calendar::{DaySpan, Hours};
use crate::model::zone::Zone;

/// One table of hours by its name; nothing where it has a problem.
pub(super) type Named<'a> = (&'a str, Option<Rc<Hours>>);

/// Reads every `[hours.NAME]`; those that name no zone have the hub's.
pub(super) fn read<'a>(root: &mut Table<'a>, hub: &Zone) -> Vec<Named<'a>> {
    let Some(mut table) = root.optional("hours").and_then(|item| item.table()) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (number, (name, item)) in table.rest().into_iter().enumerate() {
        if number == HOURS_MAX {
            let help = "Use the same hours for several rules.";
            item.refuse::<()>(format!("there are more than {HOURS_MAX} tables of hours"), help);
            break;
        }
        let has_control = name.chars().any(char::is_control);
        if name.is_empty() || name.len() > NAME_BYTES_MAX || has_control {
            let help = "Call them by a short name: [hours.day].";
            item.refuse::<()>("these hours have no name that can be told", help);
            continue;
        }
        all.push((name, item.table().and_then(|table| hours(name, table, hub)).map(Rc::new)));
    }
    all
}

/// The hours that a key names.
pub(super) fn named(item: &Item<'_>, all: &[Named<'_>]) -> Option<Rc<Hours>> {
    item.one_of("the name of business hours", all).flatten()
}

fn hours(name: &str, mut table: Table<'_>, hub: &Zone) -> Option<Hours> {
    let zone = table.optional("zone").map_or_else(|| Some(hub.clone()), |item| zone(&item));
    let list = table.optional("spans");
    let spans = match &list {
        None => span(&mut table).map(|span| Vec::from([span])),
        Some(list) => {
            let tables = list.list_of(1..=HOURS_SPANS_MAX);
            let tables = tables.iter().flatten().filter_map(Item::table);
            let spans = tables.map(|mut table| {
                let span = span(&mut table);
                table.finish();
                span
            });
            spans.collect::<Vec<_>>().into_iter().collect()
        }
    };
    let except = table.optional("except").map_or(Some(Vec::new()), |item| dates(&item));
    table.finish();
    Some(Hours { name: name.into(), zone: zone?, spans: spans?, except: except? })
}

/// Days of the calendar, [`EXCEPT_MAX`] at the most.
pub(super) fn dates(item: &Item<'_>) -> Option<Vec<Date>> {
    let days = item.list_of(0..=EXCEPT_MAX)?;
    days.iter().map(day).collect::<Vec<_>>().into_iter().collect()
}

/// A time zone by its IANA name.
pub(super) fn zone(item: &Item<'_>) -> Option<Zone> {
    let text = item.text()?;
    match Zone::find(text) {
        Ok(zone) => Some(zone),
        Err(near) => {
            let help = near
                .map_or("Write an IANA name: \"Europe/Berlin\", \"UTC\".".into(), |near| {
                    format!("Did you mean {near}?")
                });
            item.refuse(format!("no time zone is called \"{text}\""), help)
        }
    }
}

fn span(table: &mut Table<'_>) -> Option<DaySpan> {
    let days = table.optional("days").map_or(Some([true; 7]), |item| days(&item));
    let from = table.required("from", "Write from = \"08:00\".").and_then(|item| time(&item));
    let to_item = table.required("to", "Write to = \"18:00\".");
    let to = to_item.as_ref().and_then(time);
    let (from, to) = (from?, to?);
    if from == to || (from, to) == (1_440, 0) {
        let help = "The whole day is from = \"00:00\", to = \"24:00\".";
        return to_item?.refuse("it is over when it begins", help);
    }
    Some(DaySpan { days: days?, from: from % 1_440, to: if to == 0 { 1_440 } else { to } })
}

/// The minute of the day.
pub(super) fn time(item: &Item<'_>) -> Option<u16> {
    let text = item.text()?;
    let parsed = text.split_once(':').and_then(|(hour, minute)| {
        let two = |text: &str| {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = (two(hour)?, two(minute)?);
        (hour < 24 && minute < 60 || (hour, minute) == (24, 0)).then_some(hour * 60 + minute)
    });
    let help = "Write hours and minutes: \"08:00\", \"17:30\", \"24:00\".";
    parsed.or_else(|| item.refuse(format!("\"{text}\" is no time of the day"), help))
}

fn days(item: &Item<'_>) -> Option<[bool; 7]> {
    let items = if matches!(item.value(), Value::Text(_)) {
        Vec::from([item.clone()])
    } else {
        item.list_of(1..=7)?
    };
    let mut days = [false; 7];
    let mut all_are_known = true;
    for item in &items {
        match range(item) {
            Some((first, last)) => {
                let length = (last + 7 - first) % 7 + 1;
                for day in (first..).take(length) {
                    if let Some(flag) = days.get_mut(day % 7) {
                        *flag = true;
                    }
                }
            }
            None => all_are_known = false,
        }
    }
    all_are_known.then_some(days)
}

/// One day or the days from one to another, by their places in the week.
fn range(item: &Item<'_>) -> Option<(usize, usize)> {
    let text = item.text()?;
    let place = |word: &str| DAYS.iter().position(|day| *day == word.trim());
    let found = match text.split_once("..") {
        Some((first, last)) => place(first).zip(place(last)),
        None => place(text).map(|day| (day, day)),
    };
    found.or_else(|| {
        let help = format!("Write one of {}, or a range such as \"mon..fri\".", DAYS.join(", "));
        item.refuse(format!("\"{text}\" is no day of the week"), help)
    })
}

fn day(item: &Item<'_>) -> Option<Date> {
    let text = item.text()?;
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    day.or_else(|| {
        item.refuse(format!("\"{text}\" is no day"), "Write year, month and day: \"2026-12-25\".")
    })
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use alloc::string::String;

    fn read(text: &str) -> Result<Vec<Rc<Hours>>, String> {
        let document = Document::open("f", text).unwrap();
        let all = super::read(&mut document.root().unwrap(), &Zone::utc());
        let all = all.into_iter().filter_map(|(_, hours)| hours).collect();
        document.close(Some(all)).map_err(|problems| {
            let line = problems.lines().next().unwrap();
            format!("{}:{}: {}", line.line, line.column, line.message)
        })
    }

    #[test]
    fn hours_are_read_to_the_minute() {
        let spans = |text: &str| {
            let hours = read(&format!("[hours.day]\n{text}")).unwrap();
            let spans = hours[0].spans.iter().map(|span| (span.from, span.to));
            (spans.collect::<Vec<_>>(), hours[0].except.len())
        };
        for (text, wanted) in [
            ("from = '08:00'\nto = '17:59'", (480, 1_079)),
            ("from = '22:00'\nto = '06:00'", (1_320, 360)),
            ("from = '18:00'\nto = '00:00'", (1_080, 1_440)),
            ("from = '00:00'\nto = '24:00'", (0, 1_440)),
            ("from = '24:00'\nto = '06:00'", (0, 360)),
            ("spans = [{ from = '00:01', to = '23:59' }]", (1, 1_439)),
        ] {
            assert_eq!(spans(text), (Vec::from([wanted]), 0), "{text}");
        }
        let none = "from = '08:00'\nto = '18:00'\nexcept = []\ndays = ['sat..mon', 'wed']";
        let hours = read(&format!("[hours.day]\n{none}")).unwrap();
        assert_eq!(hours[0].spans[0].days, [true, false, true, false, false, true, true]);
    }

    #[test]
    fn hours_that_cannot_be_are_refused() {
        let whole = "from = '08:00'\nto = '18:00'";
        for (text, problem) in [
            (whole.replace("18:00", "08:60"), "3:6: hours.day.to: \"08:60\" is no time"),
            (whole.replace("08:00", "+8:00"), "2:8: hours.day.from: \"+8:00\" is no time"),
            (whole.replace("18:00", "08:00"), "3:6: hours.day.to: it is over when it begins"),
            ("from = '24:00'\nto = '00:00'".into(), "3:6: hours.day.to: it is over when it"),
            (format!("{whole}\nexcept = ['20261225']"), "4:11: hours.day.except[0]: \"20261225\""),
            (format!("{whole}\ndays = []"), "4:8: hours.day.days: the list is empty"),
            ("spans = []".into(), "2:9: hours.day.spans: the list is empty"),
        ] {
            let found = read(&format!("[hours.day]\n{text}")).unwrap_err();
            assert!(found.starts_with(problem), "{found} instead of {problem}");
        }
        let called = |name: &str| read(&format!("[hours.{name}]\n{whole}")).err();
        let long = "n".repeat(NAME_BYTES_MAX);
        assert_eq!(called(&long), None);
        for name in ["\"\"", "\"a\\nb\"", &format!("{long}n")] {
            let found = called(name).unwrap();
            assert!(found.contains("these hours have no name that can be told"), "{found}");
        }
        let many = |count: usize| {
            let all = (0..count).map(|number| format!("[hours.h{number}]\n{whole}\n"));
            read(&all.collect::<String>()).map(|all| all.len())
        };
        assert_eq!(many(HOURS_MAX), Ok(HOURS_MAX));
        assert!(many(HOURS_MAX + 1).unwrap_err().contains("there are more than 64 tables"));
    }
}
