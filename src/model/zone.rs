//! Time zones by their IANA names, as the rules that they follow today.
//!
//! The binary holds a table of names and POSIX rules instead of the whole zone database, which is
//! twenty times as large: what clocks showed in years past concerns no rule and no window.
//!
//! # Promises
//! - `a_name_finds_its_rule`
//! - `a_name_that_is_none_finds_its_nearest`
//! - `a_time_that_clocks_skip_or_show_twice_is_one_moment`: as RFC 5545 has it.
//! - `every_zone_is_right_for_years_to_come`: in `tests/formats/zones.rs`, which names the few that
//!   no rule describes, and writes the table anew.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::model::near::nearest;
use crate::model::time::{Span, UtcMs};

/// A line for each rule: the rule, then the names that follow it. A name that begins with a slash
/// is of the same area as the name before it.
const TABLE: &str = include_str!("zones.txt");

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: Box<str>,
    rule: TimeZone,
}

/// How often the clocks on the wall show a time on its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// As nearly always.
    Once,
    /// They are put forward over it.
    Never,
    /// They are put back over it.
    Twice,
}

impl Zone {
    /// The zone of an IANA name, such as `Asia/Jerusalem`.
    ///
    /// # Errors
    /// The name that comes nearest, if one does: the city alone, or a slip of the pen.
    pub fn find(name: &str) -> Result<Self, Option<String>> {
        let found = zones().find(|(known, _)| known == name);
        match found.and_then(|(_, rule)| TimeZone::posix(rule).ok()) {
            Some(rule) => Ok(Self { name: name.into(), rule }),
            None => Err(near(name)),
        }
    }

    /// The zone that is no place's.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".into(), rule: TimeZone::UTC }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far a clock on the wall is ahead of UTC there.
    #[must_use]
    pub fn offset(&self, at: UtcMs) -> Span {
        let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
        Span::secs(i64::from(self.rule.to_offset(at).seconds()))
    }

    /// What a clock on the wall shows there.
    #[must_use]
    pub fn local(&self, at: UtcMs) -> DateTime {
        let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
        self.rule.to_datetime(at)
    }
}

impl Zone {
    /// The moment of a time on the wall. By RFC 5545, section 3.3.5, one that the clocks skip is
    /// taken as if they had not been put forward yet, which is later by what they skip; and of one
    /// that they show twice the first is meant.
    #[must_use]
    pub fn moment(&self, local: DateTime) -> (UtcMs, Shows) {
        let found = self.rule.to_ambiguous_timestamp(local);
        let shows = match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => Shows::Once,
            AmbiguousOffset::Gap { .. } => Shows::Never,
            AmbiguousOffset::Fold { .. } => Shows::Twice,
        };
        // Fails only at the very ends of the calendar.
        let at = found.compatible().unwrap_or_default();
        (UtcMs(at.as_millisecond()), shows)
    }
}

/// Every name with its rule.
pub fn zones() -> impl Iterator<Item = (String, &'static str)> {
    TABLE.lines().flat_map(|line| {
        let (rule, names) = line.split_once(' ').unwrap_or((line, ""));
        let whole = move |area: &mut &'static str, name: &'static str| {
            let (own, city) = match name.rsplit_once('/') {
                Some(("", city)) => (*area, city),
                Some((own, city)) => (own, city),
                None => ("", name),
            };
            *area = own;
            let whole = if own.is_empty() { city.to_string() } else { [own, city].join("/") };
            Some((whole, rule))
        };
        names.split(' ').scan("", whole)
    })
}

fn near(name: &str) -> Option<String> {
    let all: Vec<String> = zones().map(|(known, _)| known).collect();
    let wanted = name.replace(' ', "_");
    let is_city = |known: &&String| {
        known.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&wanted))
    };
    let near = || nearest(name, all.iter().map(String::as_str));
    all.iter().find(is_city).map(String::as_str).or_else(near).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(zone: &str, utc: &str) -> String {
        Zone::find(zone).unwrap().local(UtcMs::from_rfc3339(utc).unwrap()).to_string()
    }

    #[test]
    fn a_name_finds_its_rule() {
        assert_eq!(local("UTC", "2026-07-01T12:00:00Z"), "2026-07-01T12:00:00");
        assert_eq!(local("Asia/Jerusalem", "2026-03-26T23:59:59Z"), "2026-03-27T01:59:59");
        assert_eq!(local("Asia/Jerusalem", "2026-03-27T00:00:00Z"), "2026-03-27T03:00:00");
        assert_eq!(local("Europe/Berlin", "2026-10-25T01:00:00Z"), "2026-10-25T02:00:00");
        assert_eq!(local("Australia/Lord_Howe", "2026-01-01T00:00:00Z"), "2026-01-01T11:00:00");
        assert_eq!(
            local("America/Argentina/Buenos_Aires", "2026-01-01T12:00:00Z"),
            "2026-01-01T09:00:00"
        );
    }

    #[test]
    fn a_time_that_clocks_skip_or_show_twice_is_one_moment() {
        let moment = |local: &str| {
            let (at, shows) =
                Zone::find("America/New_York").unwrap().moment(local.parse().unwrap());
            (at.rfc3339(), shows)
        };
        assert_eq!(moment("2026-03-07T02:30"), ("2026-03-07T07:30:00Z".into(), Shows::Once));
        // RFC 5545's own example: 02:30 is then 03:30 on the clocks.
        assert_eq!(moment("2026-03-08T02:30"), ("2026-03-08T07:30:00Z".into(), Shows::Never));
        assert_eq!(moment("2026-11-01T01:30"), ("2026-11-01T05:30:00Z".into(), Shows::Twice));
        assert_eq!(moment("2026-11-01T02:30"), ("2026-11-01T07:30:00Z".into(), Shows::Once));
    }

    #[test]
    fn a_name_that_is_none_finds_its_nearest() {
        let near = |name: &str| Zone::find(name).unwrap_err();
        assert_eq!(near("Asia/Jerusalm").as_deref(), Some("Asia/Jerusalem"));
        assert_eq!(near("jerusalem").as_deref(), Some("Asia/Jerusalem"));
        assert_eq!(near("New York").as_deref(), Some("America/New_York"));
        assert_eq!(near("/").as_deref(), None);
        assert_eq!(near(""), None);
    }
}
