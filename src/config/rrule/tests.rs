//! The recurrences that RFC 5545 gives as examples, in its own zone, and what is refused.

use super::*;

fn new_york() -> Zone {
    Zone::find("America/New_York").unwrap()
}

/// The days of a rule from nine in the morning of a day on, `most` of them: `97-9-2`.
fn days(from: &str, text: &str, most: usize) -> String {
    let from: DateTime = from.parse::<Date>().unwrap().at(9, 0, 0, 0);
    let rule = parse(text, from, &new_york()).unwrap();
    let mut at = UtcMs(new_york().moment(from).0.0 - 1);
    let mut found: Vec<String> = Vec::new();
    let mut month = String::new();
    while found.len() < most
        && let Some((next, _)) = rule.next(&new_york(), at)
    {
        at = next;
        let local = new_york().local(at);
        assert_eq!((local.hour(), local.minute()), (9, 0));
        let this = format!("{}-{:02}", local.year(), local.month());
        let day = local.day();
        let shown = if this == month { format!("{day}") } else { format!("{this}: {day}") };
        month = this;
        found.push(shown);
    }
    found.join(" ")
}

const START: &str = "1997-09-02";

/// From [`START`] on.
const EXAMPLES: [(&str, &str); 26] = [
    ("FREQ=DAILY;COUNT=10", "1997-09: 2 3 4 5 6 7 8 9 10 11"),
    ("FREQ=DAILY;INTERVAL=2", "1997-09: 2 4 6 8 10 12 14 16 18 20 22 24"),
    ("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09: 2 12 22 1997-10: 2 12"),
    ("FREQ=WEEKLY;COUNT=10", "1997-09: 2 9 16 23 30 1997-10: 7 14 21 28 1997-11: 4"),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997-09: 2 16 30 1997-10: 14 28 1997-11: 11 25 1997-12: 9 23 1998-01: 6 20 \
             1998-02: 3",
    ),
    (
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997-09: 2 4 9 11 16 18 23 25 30 1997-10: 2",
    ),
    ("FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997-09: 2 4 9 11 16 18 23 25 30 1997-10: 2"),
    (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "1997-09: 2 4 16 18 30 1997-10: 2 14 16",
    ),
    (
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997-09: 10 11 12 13 14 15 1999-03: 10 11 12 13",
    ),
    (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997-09: 2 15 1997-10: 2 15 1997-11: 2 15 1997-12: 2 15 1998-01: 2 15",
    ),
    (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997-09: 2 9 16 23 30 1997-11: 4 11 18 25 1998-01: 6 13 20",
    ),
    (
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1998-02: 13 1998-03: 13 1998-11: 13 1999-08: 13 2000-10: 13 2001-04: 13 \
             2001-07: 13 2002-09: 13 2002-12: 13 2003-06: 13 2004-02: 13 2004-08: 13",
    ),
    ("FREQ=MONTHLY;COUNT=5;BYMONTHDAY=15,30", "1997-09: 15 30 1997-10: 15 30 1997-11: 15"),
    ("FREQ=YEARLY;BYDAY=20MO;COUNT=3", "1998-05: 18 1999-05: 17 2000-05: 15"),
    (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1998-03: 5 12 19 26 1999-03: 4 11 18 25 2000-03: 2 9 16 23",
    ),
    ("FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8;COUNT=6", "1998-06: 4 11 18 25 1998-07: 2 9"),
    ("FREQ=DAILY;UNTIL=19970905T130000Z", "1997-09: 2 3 4 5"),
    ("FREQ=DAILY;UNTIL=19970905T125959Z", "1997-09: 2 3 4"),
    ("FREQ=DAILY;UNTIL=19970905", "1997-09: 2 3 4 5"),
    ("rrule:freq=daily;until=19970905T085959", "1997-09: 2 3 4"),
    ("FREQ=YEARLY;COUNT=3", "1997-09: 2 1998-09: 2 1999-09: 2"),
    ("FREQ=MONTHLY;COUNT=3", "1997-09: 2 1997-10: 2 1997-11: 2"),
    ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "1997-09: 26 1997-10: 31 1997-11: 28"),
    ("FREQ=YEARLY;BYMONTHDAY=1;COUNT=3", "1997-10: 1 1997-11: 1 1997-12: 1"),
    ("FREQ=YEARLY;BYMONTH=1;COUNT=2", "1998-01: 2 1999-01: 2"),
    ("FREQ=YEARLY;BYDAY=-1SU;COUNT=2", "1997-12: 28 1998-12: 27"),
];

/// From another day on.
const ELSEWHEN: [(&str, &str, &str); 14] = [
    ("1997-09-05", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09: 5 1997-10: 3 1997-11: 7 1997-12: 5"),
    (
        "1997-09-05",
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        "1997-09: 5 1997-10: 3 1997-11: 7 1997-12: 5",
    ),
    (
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997-09: 7 28 1997-11: 2 30 1998-01: 4 25 1998-03: 1 29 1998-05: 3 31",
    ),
    (
        "1997-09-22",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "1997-09: 22 1997-10: 20 1997-11: 17 1997-12: 22 1998-01: 19 1998-02: 16",
    ),
    (
        "1997-09-28",
        "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6",
        "1997-09: 28 1997-10: 29 1997-11: 28 1997-12: 29 1998-01: 29 1998-02: 26",
    ),
    (
        "1997-09-30",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997-09: 30 1997-10: 1 31 1997-11: 1 30 1997-12: 1 31 1998-01: 1 31 1998-02: 1",
    ),
    (
        "1997-06-10",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997-06: 10 1997-07: 10 1998-06: 10 1998-07: 10 1999-06: 10 1999-07: 10 \
             2000-06: 10 2000-07: 10 2001-06: 10 2001-07: 10",
    ),
    (
        "1997-03-10",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997-03: 10 1999-01: 10 1999-02: 10 1999-03: 10 2001-01: 10 2001-02: 10 \
             2001-03: 10 2003-01: 10 2003-02: 10 2003-03: 10",
    ),
    (
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
        "1996-11: 5 2000-11: 7 2004-11: 2",
    ),
    (
        "1997-09-13",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=5",
        "1997-09: 13 1997-10: 11 1997-11: 8 1997-12: 13 1998-01: 10",
    ),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08: 5 10 19 24"),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08: 5 17 19 31"),
    // Without WKST a week begins on Monday.
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=SU,MO,TU", "1997-08: 5 10 18 19"),
    ("1997-08-05", "FREQ=DAILY;INTERVAL=1;COUNT=1", "1997-08: 5"),
];

#[test]
fn the_examples_of_rfc_5545_occur_as_it_says() {
    for (text, wanted) in EXAMPLES {
        assert_eq!(days(START, text, 12), wanted, "{text}");
    }
    for (from, text, wanted) in ELSEWHEN {
        assert_eq!(days(from, text, 12), wanted, "{text}");
    }
    let january = "1998-01-01";
    let yearly = "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA";
    let daily = "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1";
    assert_eq!(days(january, yearly, 200), days(january, daily, 200));
    assert_eq!(days(january, daily, 200).split(' ').count(), 3 * 31 + 3);
    let every_other = "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR";
    assert_eq!(
        days("1997-09-01", every_other, 99),
        "1997-09: 1 3 5 15 17 19 29 1997-10: 1 3 13 15 17 27 29 31 1997-11: 10 12 14 24 26 28 \
         1997-12: 8 10 12 22"
    );
}

#[test]
fn a_fault_is_pointed_at() {
    let from: DateTime = "2026-01-31T22:00".parse().unwrap();
    for (text, pointed, message) in [
        ("", "", "\"\" is no part of a rule"),
        ("INTERVAL=2", "INTERVAL=2", "FREQ is missing"),
        ("FREQ=HOURLY", "HOURLY", "FREQ cannot be \"HOURLY\""),
        ("FREQ=DAILY;INTERVAL=0", "0", "INTERVAL=0 is out of range"),
        ("FREQ=DAILY;COUNT=1e3", "1e3", "COUNT=1e3 is out of range"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "-32", "BYMONTHDAY=-32 is out of range"),
        ("FREQ=YEARLY;BYMONTH=13", "13", "BYMONTH=13 is out of range"),
        ("FREQ=YEARLY;BYDAY=54MO", "54MO", "\"54MO\" is no day of the week"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,32", "32", "BYMONTHDAY=32 is out of range"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "0", "0 is no day of a month"),
        ("FREQ=WEEKLY;BYDAY=MO,XX", "XX", "\"XX\" is no day of the week"),
        ("FREQ=MONTHLY;BYDAY=0MO", "0MO", "\"0MO\" is no day of the week"),
        ("FREQ=MONTHLY;BYDAY=\u{fc}", "\u{fc}", "\"\u{fc}\" is no day of the week"),
        ("FREQ=WEEKLY;BYDAY=2MO", "2MO", "only a month or a year has a second Monday"),
        ("FREQ=WEEKLY;BYDAY=SU,2MO", "SU,2MO", "only a month or a year has a second Monday"),
        ("freq=weekly;bymonthday=3", "3", "a week has no days of the month"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "3", "a week has no days of the month"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS", "BYSETPOS is not known here"),
        ("FREQ=DAILY;INTERVALL=1", "INTERVALL", "\"INTERVALL\" is no part of a rule"),
        ("FREQ=DAILY;UNTIL=tomorrow", "tomorrow", "\"tomorrow\" is no time"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "UNTIL=20260101", "COUNT ends the rule already"),
        ("FREQ=DAILY;UNTIL=20260101;COUNT=2", "COUNT=2", "UNTIL ends the rule already"),
        (
            "FREQ=DAILY;UNTIL=20260101T220000+0200",
            "20260101T220000+0200",
            "\"20260101T220000+0200\" is no time",
        ),
        ("FREQ=DAILY;UNTIL=2026-01-01T22", "2026-01-01T22", "\"2026-01-01T22\" is no time"),
        ("FREQ=DAILY;freq=DAILY", "freq=DAILY", "freq stands twice"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY", "FREQ stands twice"),
        (":FREQ=DAILY", ":", "only RRULE: may stand before the rule"),
        ("X-RRULE:FREQ=DAILY", "X-RRULE:", "only RRULE: may stand before the rule"),
        ("EXRULE:FREQ=DAILY", "EXRULE:", "only RRULE: may stand before the rule"),
        ("FREQ=YEARLY;COUNT=32", "32", "it does not occur so often within thirty years"),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=1",
            "1",
            "it does not occur so often within thirty years",
        ),
    ] {
        let fault = parse(text, from, &Zone::utc()).unwrap_err();
        assert_eq!((&text[fault.at.clone()], &*fault.message), (pointed, message), "{text}");
    }
}
