//! `[[window]]`: when nobody is told of some alerts, since somebody works on what they are about.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `name` | text | required | what announcements and routes call it |
//! | `zone` | text | that of `[hub]` | whose clocks count, by its IANA name |
//! | `from` | time | required, but with `cron` | when it begins; the first time where it recurs |
//! | `to` | time | one of these | when it ends, where it does not recur |
//! | `duration_minutes` | 1 to 527040 | one of these | how long it is open each time |
//! | `duration_seconds` | 60 to 31622400 | one of these | the same |
//! | `rrule` | text | none | on which days it recurs: `FREQ=WEEKLY;BYDAY=SA`, of RFC 5545 |
//! | `cron` | text | none | when it recurs: `0 22 * * 6` |
//! | `match` | table | none | which alerts it mutes; none: those of routes that name it |
//!
//! A time is one on the zone's clocks, `"2026-12-05T22:00"`, or RFC 3339, `"2026-12-05T21:00:00Z"`.
//! What recurs is open for a week at the most.
//!
//! # Promises
//! - `a_window_is_read_with_its_zone`
//! - `a_window_that_cannot_be_is_refused`

use alloc::format;
use alloc::vec::Vec;

use jiff::civil::DateTime;

use crate::config::matcher::{Tenant, read_matcher};
use crate::config::{cron, hours, name, refuse_twins, rrule};
use crate::document::{Item, Table};
use crate::limits::{WINDOW_ONCE_MAX, WINDOW_RECURRING_MAX, WINDOWS_MAX};
use crate::model::name::WindowName;
use crate::model::recurrence::Recurrence;
use crate::model::time::{Span, UtcMs};
use crate::model::window::{When, Window};
use crate::model::zone::Zone;

/// Reads every `[[window]]`; those that name no zone have the hub's.
pub(super) fn read<'a>(root: &mut Table<'a>, hub: &Zone, tenants: &[Tenant<'_>]) -> Vec<Window> {
    let list = root.optional("window").and_then(|item| item.list_of(0..=WINDOWS_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    let read: Vec<_> = tables.filter_map(|table| window(table, hub, tenants)).collect();
    refuse_twins(read.iter().map(|(item, window)| (item, &window.name)));
    read.into_iter().map(|(_, window)| window).collect()
}

fn window<'a>(
    mut table: Table<'a>,
    hub: &Zone,
    tenants: &[Tenant<'_>],
) -> Option<(Item<'a>, Window)> {
    let name_item = table.required("name", "Write name = \"pbx-upgrade\", or what you call it.");
    let name = name_item.as_ref().and_then(|item| name(item, WindowName::new));
    let zone = table.optional("zone").map_or_else(|| Some(hub.clone()), |item| hours::zone(&item));
    let matcher = match table.optional("match") {
        Some(item) => read_matcher(&item, tenants).map(Some),
        None => Some(None),
    };
    let keys = Keys {
        from: table.optional("from"),
        to: table.optional("to"),
        lasts: lasts(&mut table),
        rrule: table.optional("rrule"),
        cron: table.optional("cron"),
        table: table.item().clone(),
    };
    table.finish();
    let zone = zone?;
    let when = keys.when(&zone);
    let item = name_item?;
    let window = Window { name: name?, zone, when: when?, matcher: matcher? };
    if window.never_closes() {
        let help = "Make duration_minutes shorter than the time from one to the next.";
        return item.refuse("this window never closes once it is open", help);
    }
    Some((item, window))
}

/// How long it is open, and where that stands.
fn lasts<'a>(table: &mut Table<'a>) -> Option<(Item<'a>, Option<Span>)> {
    let (minutes, seconds) =
        (table.optional("duration_minutes"), table.optional("duration_seconds"));
    match (minutes, seconds) {
        (Some(_), Some(item)) => {
            item.refuse::<()>("duration_minutes says it already", "Keep one of the two.");
            Some((item, None))
        }
        (Some(item), None) => {
            let lasts = item.integer_in(1..=WINDOW_ONCE_MAX.whole_secs() / 60);
            Some((item, lasts.map(|minutes| Span::secs(minutes * 60))))
        }
        (None, Some(item)) => {
            let lasts = item.integer_in(60..=WINDOW_ONCE_MAX.whole_secs()).map(Span::secs);
            Some((item, lasts))
        }
        (None, None) => None,
    }
}

/// The keys that say when it is open.
struct Keys<'a> {
    from: Option<Item<'a>>,
    to: Option<Item<'a>>,
    lasts: Option<(Item<'a>, Option<Span>)>,
    rrule: Option<Item<'a>>,
    cron: Option<Item<'a>>,
    table: Item<'a>,
}

impl Keys<'_> {
    fn when(&self, zone: &Zone) -> Option<When> {
        match (&self.rrule, &self.cron) {
            (Some(_), Some(item)) => {
                item.refuse("rrule says when it recurs already", "Keep one of the two.")
            }
            (None, None) => self.once(zone),
            (Some(item), None) | (None, Some(item)) => self.again(item, zone),
        }
    }

    fn once(&self, zone: &Zone) -> Option<When> {
        let from = self.begins()?;
        let from_moment = moment(from, zone);
        match (&self.to, &self.lasts) {
            (Some(to), None) => {
                let (from, end) = (from_moment?, moment(to, zone)?);
                if end <= from {
                    return to.refuse("it ends before it begins", "Write a later time.");
                }
                if end - from > WINDOW_ONCE_MAX {
                    let help = "Write several windows, or take the rule out that it mutes.";
                    return to.refuse("it is open for more than a year", help);
                }
                Some(When::Once { from, to: end })
            }
            (None, Some((_, lasts))) => {
                let from = from_moment?;
                Some(When::Once { from, to: from + (*lasts)? })
            }
            (Some(to), Some(_)) => {
                to.refuse("the duration says when it ends already", "Keep one of the two.")
            }
            (None, None) => {
                let help = "Write to = \"2026-12-06T02:00\", or duration_minutes = 240.";
                self.table.refuse("this window has no end", help)
            }
        }
    }

    fn again(&self, rule: &Item<'_>, zone: &Zone) -> Option<When> {
        if let Some(to) = &self.to {
            let help =
                "Write duration_minutes, and UNTIL in rrule where it does not go on for ever.";
            return to.refuse("a window that recurs has no one end", help);
        }
        let lasts = self.recurring();
        let begins = match &self.from {
            None if self.cron.is_some() => Some(DateTime::ZERO),
            _ => self.begins().and_then(|item| Some(zone.local(moment(item, zone)?))),
        };
        let (text, begins) = (rule.text()?, begins?);
        let read = match self.cron {
            Some(_) => cron::parse(text, begins),
            None => rrule::parse(text, begins, zone),
        };
        let recurrence: Recurrence = match read {
            Ok(recurrence) => recurrence,
            Err(fault) => return rule.refuse_within(fault.at, fault.message, fault.help),
        };
        let before = UtcMs(zone.moment(begins).0.0.saturating_sub(1));
        if recurrence.next(zone, before).is_none() {
            let help = "Correct the days: there is none such within thirty years.";
            return rule.refuse("this window never occurs", help);
        }
        Some(When::Again { recurrence, lasts: lasts? })
    }

    fn begins(&self) -> Option<&Item<'_>> {
        self.from
            .as_ref()
            .or_else(|| self.table.refuse("from is missing", "Write from = \"2026-12-05T22:00\"."))
    }

    fn recurring(&self) -> Option<Span> {
        let Some((item, lasts)) = &self.lasts else {
            let help = "Write duration_minutes = 240.";
            return self.table.refuse("it is not said how long this window is open", help);
        };
        let lasts = (*lasts)?;
        if lasts > WINDOW_RECURRING_MAX {
            return item.refuse("what recurs is open for a week at the most", "Write less.");
        }
        Some(lasts)
    }
}

/// A time on the zone's clocks, or one that says its offset.
fn moment(item: &Item<'_>, zone: &Zone) -> Option<UtcMs> {
    let text = item.text()?;
    let local = || text.parse::<DateTime>().ok().map(|local| zone.moment(local).0);
    UtcMs::from_rfc3339(text).or_else(local).or_else(|| {
        let help = "Write \"2026-12-05T22:00\", or \"2026-12-05T21:00:00Z\".";
        item.refuse(format!("\"{text}\" is no time"), help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use alloc::string::String;

    fn read(text: &str) -> Result<Vec<Window>, String> {
        let text = format!("[[window]]\n{text}\n");
        let document = Document::open("f", &text).unwrap();
        let zone = Zone::find("Europe/Berlin").unwrap();
        let windows = super::read(&mut document.root().unwrap(), &zone, &[("a", "p")]);
        document.close(Some(windows)).map_err(|problems| {
            let line = problems.lines().next().unwrap();
            format!("{}:{}: {} {}", line.line, line.column, line.message, line.help)
        })
    }

    #[test]
    fn a_window_is_read_with_its_zone() {
        let opens = |text: &str| {
            let windows = read(&format!("name = 'w'\n{text}")).unwrap();
            let next = windows[0].after(UtcMs::from_rfc3339("2026-06-01T00:00:00Z").unwrap());
            let next = next.unwrap();
            format!("{} {}", next.from, (next.to - next.from).whole_secs())
        };
        for (text, wanted) in [
            ("from = '2026-12-05T22:00'\nto = '2026-12-06T02:00'", "2026-12-05T21:00:00Z 14400"),
            ("from = '2026-12-05 22:00'\nduration_minutes = 5", "2026-12-05T21:00:00Z 300"),
            (
                "from = '2026-12-05T22:00:00-05:00'\nto = '2026-12-06T04:00Z'",
                "2026-12-06T03:00:00Z 3600",
            ),
            (
                "zone = 'America/New_York'\nfrom = '2026-01-03T22:00'\nrrule = 'FREQ=MONTHLY;\
                 BYDAY=1SA'\nduration_seconds = 60",
                "2026-06-07T02:00:00Z 60",
            ),
            (
                "from = '2026-12-05T22:00'\nrrule = 'FREQ=DAILY;COUNT=1'\nduration_minutes = 1",
                "2026-12-05T21:00:00Z 60",
            ),
            // The longest.
            ("cron = '0 0 1 1,6 *'\nduration_minutes = 10080", "2026-12-31T23:00:00Z 604800"),
            (
                "from = '2026-12-05T22:00'\nduration_minutes = 527040",
                "2026-12-05T21:00:00Z 31622400",
            ),
            (
                "from = '2026-12-05T22:00:00Z'\nto = '2027-12-06T22:00:00Z'",
                "2026-12-05T22:00:00Z 31622400",
            ),
            (
                "cron = '0 22 * * 6'\nduration_minutes = 60\nmatch = { source = 'a' }",
                "2026-06-06T20:00:00Z 3600",
            ),
        ] {
            assert_eq!(opens(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_window_that_cannot_be_is_refused() {
        for (text, problem) in [
            ("from = '2026-12-05T22:00'\nto = '2026-12-05T22:00'", "4:6: window[0].to: it ends"),
            ("from = '2026-12-05T22:00'", "1:1: window[0]: this window has no end"),
            ("from = 'noon'\nduration_minutes = 5", "3:8: window[0].from: \"noon\" is no time"),
            ("to = '2026-12-05T22:00'", "1:1: window[0]: from is missing"),
            ("from = '2020-12-05T22:00'\nto = '2026-12-05'", "4:6: window[0].to: it is open for"),
            (
                "from = '2026-01-01T22:00'\nrrule = 'FREQ=DAILY'",
                "1:1: window[0]: it is not said how long",
            ),
            (
                "from = '2026-01-01T22:00'\nto = '2026-01-02'\nrrule = 'FREQ=DAILY'",
                "4:6: window[0].to: a window that recurs",
            ),
            (
                "from = '2026-01-01T22:00'\nrrule = 'FREQ=DAILY;BYDAY=XX'\nduration_minutes = 1",
                "4:27: window[0].rrule: \"XX\" is no day of the week",
            ),
            (
                "from = '2026-01-01T22:00'\nrrule = 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31'\n\
                 duration_minutes = 1",
                "4:9: window[0].rrule: this window never occurs",
            ),
            ("cron = '0 0 31 2 *'\nduration_minutes = 1", "3:8: window[0].cron: this window never"),
            ("cron = '0 0 31 2'\nduration_minutes = 1", "3:9: window[0].cron: it has 4 fields"),
            ("cron = '0 0 * * *'\nduration_minutes = 1440", "2:8: window[0].name: this window"),
            ("cron = '0 0 1 * *'\nduration_minutes = 10081", "4:20: window[0].duration_minutes:"),
            ("rrule = 'FREQ=DAILY'\nduration_minutes = 9", "1:1: window[0]: from is missing"),
            (
                "from = '2026-12-05'\nduration_minutes = 527041",
                "4:20: window[0].duration_minutes: 527041",
            ),
            (
                "from = '2026-12-05'\nduration_minutes = 5\nduration_seconds = 300",
                "5:20: window[0].",
            ),
            ("cron = '0 0 * * *'\nzone = 'Berlin'", "4:8: window[0].zone: no time zone"),
            ("cron = '0 0 * * *'\nrrule = 'FREQ=DAILY'", "3:8: window[0].cron: rrule says"),
            (
                "cron = '0 0 * * *'\nduration_minutes = 9\nmatch = { source = 'b' }",
                "5:20: window[0].match.source: no source",
            ),
            (
                "from = '2026-01-01'\nduration_minutes = 1\n[[window]]\nname = 'w'\nfrom = \
                 '2026-01-01'\nduration_minutes = 1",
                "6:8: window[1].name: \"w\" is the name",
            ),
        ] {
            let found = read(&format!("name = 'w'\n{text}")).unwrap_err();
            assert!(found.starts_with(problem), "{found} instead of {problem}");
        }
    }
}
