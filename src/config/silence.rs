//! The body of an order to hear nothing of some alerts for a while: `POST /api/v1/silences`.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `match` | table | required | which alerts, as in `[[window]]`; at least one key |
//! | `owner` | text | required | who answers for it |
//! | `comment` | text | required | why |
//! | `seconds` | 60 to 2592000 | one of the two | for how long |
//! | `until` | text | one of the two | when it ends: `"2026-12-06T02:00:00Z"` |
//!
//! # Promises
//! - `an_order_for_a_silence_is_read`
//! - `an_order_for_a_silence_that_cannot_be_is_refused`

use alloc::boxed::Box;

use crate::config::matcher::{Tenant, read_matcher};
use crate::document::{Document, Item, Problems, Table};
use crate::limits::{SILENCE_LONGEST, SILENCE_SHORTEST, SILENCE_TEXT_BYTES_MAX};
use crate::model::mute::AskedSilence;
use crate::model::time::{Span, UtcMs};

/// Reads the body of the order. `tenants` are the sources that there are, `now` is what the clock
/// on the wall shows.
///
/// # Errors
/// Every problem that the body has.
pub fn read_silence(
    text: &str,
    tenants: &[Tenant<'_>],
    now: UtcMs,
) -> Result<AskedSilence, Problems> {
    let document = Document::open("order", text)?;
    let asked = document.root().and_then(|root| silence(root, tenants, now));
    document.close(asked)
}

fn silence(mut table: Table<'_>, tenants: &[Tenant<'_>], now: UtcMs) -> Option<AskedSilence> {
    let help = "Write match = { entity = \"tier-2\" }, or another part of an alert.";
    let matcher = table.required("match", help).and_then(|item| {
        let matcher = read_matcher(&item, tenants)?;
        if matcher.is_empty() {
            let help = "Say of which alerts: entity = \"*\" are all.";
            return item.refuse("it asks for nothing", help);
        }
        Some(matcher)
    });
    let owner = words(&mut table, "owner", "Say who answers for it.");
    let comment = words(&mut table, "comment", "Say why.");
    let lasts = lasts(&mut table, now);
    table.finish();
    Some(AskedSilence { matcher: matcher?, owner: owner?, comment: comment?, lasts: lasts? })
}

fn words<'a>(table: &mut Table<'a>, key: &'a str, help: &str) -> Option<Box<str>> {
    let item = table.required(key, help)?;
    match item.text()? {
        text if text.trim().is_empty() => item.refuse("there is nothing in it", help),
        text if text.len() > SILENCE_TEXT_BYTES_MAX => {
            item.refuse("it is too long", "Write what fits into a line or two.")
        }
        text if text.chars().any(char::is_control) => {
            item.refuse("it has a line end or a control character", "Write it in one line.")
        }
        text => Some(text.into()),
    }
}

fn lasts(table: &mut Table<'_>, now: UtcMs) -> Option<Span> {
    let (seconds, until) = (table.optional("seconds"), table.optional("until"));
    let (item, lasts) = match (seconds, until) {
        (Some(_), Some(item)) => {
            return item.refuse("seconds says how long already", "Keep one of the two.");
        }
        (Some(item), None) => {
            let seconds = item.integer_in(0..=i64::from(u32::MAX))?;
            (item, Span::secs(seconds))
        }
        (None, Some(item)) => (item.clone(), time(&item)? - now),
        (None, None) => {
            let help = "Write seconds = 3600, or until = \"2026-12-06T02:00:00Z\".";
            return table.item().refuse("it is not said how long it lasts", help);
        }
    };
    if lasts < SILENCE_SHORTEST || lasts > SILENCE_LONGEST {
        let help = "Write a time from a minute to thirty days.";
        return item.refuse("it is too short or too long", help);
    }
    Some(lasts)
}

fn time(item: &Item<'_>) -> Option<UtcMs> {
    let text = item.text()?;
    UtcMs::from_rfc3339(text)
        .or_else(|| item.refuse("it is no time with its zone", "Write \"2026-12-06T02:00:00Z\"."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    fn read(text: &str) -> Result<AskedSilence, String> {
        let now = UtcMs::from_rfc3339("2026-12-06T01:00:00Z").unwrap();
        read_silence(text, &[("cx", "nice")], now)
            .map_err(|problems| String::from(problems.lines().next().unwrap().message))
    }

    #[test]
    fn an_order_for_a_silence_is_read() {
        for end in ["\"seconds\": 3600", "\"until\": \"2026-12-06T03:00:00+01:00\""] {
            let whom = "\"match\": {\"source\": \"cx\"}, \"owner\": \"Noa\"";
            let asked = read(&format!("{{{whom}, \"comment\": \"c\", {end}}}"));
            let asked = asked.unwrap();
            assert_eq!(
                (&*asked.owner, &*asked.comment, asked.lasts),
                ("Noa", "c", Span::secs(3_600))
            );
            assert_eq!(format!("{}", asked.matcher), "source cx");
        }
    }

    #[test]
    fn an_order_for_a_silence_that_cannot_be_is_refused() {
        let whole = |from: &str, to: &str| {
            let text = "{\"match\": {\"source\": \"cx\"}, \"owner\": \"Noa\", \"comment\": \"c\", \
                        \"seconds\": 60}";
            read(&text.replace(from, to)).err().unwrap_or_default()
        };
        let long = "n".repeat(SILENCE_TEXT_BYTES_MAX);
        for (from, to) in [("60", "60"), ("60", "2592000"), ("Noa", &*long)] {
            assert_eq!(whole(from, to), "", "a bound is within");
        }
        let longer = format!("{long}n");
        for (from, to, problem) in [
            ("\"cx\"", "\"cy\"", "match.source: no source is called"),
            ("\"source\": \"cx\"", "", "match: it asks for nothing"),
            ("Noa", " ", "owner: there is nothing in it"),
            ("Noa", &longer, "owner: it is too long"),
            ("\"owner\"", "\"x\": 1, \"owner\"", "x: there is no such key"),
            ("60", "0", "seconds: it is too short or too long"),
            ("\"seconds\": 60", "\"until\": \"noon\"", "until: it is no time with its zone"),
            ("\"c\"", "\"c\\nd\"", "comment: it has a line end"),
            ("60", "59", "seconds: it is too short or too long"),
            ("60", "2592001", "seconds: it is too short or too long"),
            ("\"seconds\": 60", "\"until\": \"2026-12-06T01:00:59Z\"", "until: it is too short"),
            (", \"seconds\": 60", "", "it is not said how long it lasts"),
            ("\"owner\"", "\"owners\"", "owner is missing"),
        ] {
            let found = whole(from, to);
            assert!(found.starts_with(problem), "{found} instead of {problem}");
        }
    }
}
