//! `kind = "syslog"`: a collector of logs that speaks RFC 5424.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `server` | text | required | its name or address |
//! | `port` | 1 to 65535 | 6514, 601, 514 | by `transport` |
//! | `transport` | `tls`, `tcp`, `udp` | `tls` | RFC 5425, RFC 6587 with counted frames, RFC 5426 |
//! | `facility` | text | `local0` | as RFC 5424 counts them |
//! | `hostname` | text | none | what the box calls itself |

use alloc::boxed::Box;
use alloc::format;

use crate::config::address;
use crate::document::{Item, Table};
use crate::model::record::Carrier;
use crate::model::target::Syslog;

/// Reads what is a collector's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Syslog> {
    let help = "Write server = \"logs.example.com\": the collector.";
    let server = table.required("server", help).and_then(|item| address::host(&item));
    let carrier = match table.optional("transport") {
        Some(item) => item.one_of("a transport", CARRIERS),
        None => Some(Carrier::Tls),
    };
    let usual = match carrier {
        Some(Carrier::Udp) => 514,
        Some(Carrier::Tcp) => 601,
        Some(Carrier::Tls) | None => 6514,
    };
    let port = address::port(table, usual);
    let facility = match table.optional("facility") {
        Some(item) => item.one_of("a facility", FACILITIES),
        None => Some(16),
    };
    let hostname = match table.optional("hostname") {
        Some(item) => hostname(&item),
        None => Some("-".into()),
    };
    Some(Syslog {
        server: server?,
        port,
        carrier: carrier?,
        facility: facility?,
        hostname: hostname?,
    })
}

fn hostname(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(text.into());
    }
    item.refuse(
        format!("\"{text}\" cannot stand in a record"),
        "Write a name of up to 255 ASCII characters without blanks: \"gateway-7\".",
    )
}

const CARRIERS: &[(&str, Carrier)] =
    &[("tls", Carrier::Tls), ("tcp", Carrier::Tcp), ("udp", Carrier::Udp)];

/// RFC 5424, table 1, by the names in use.
const FACILITIES: &[(&str, u8)] = &[
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("cron", 9),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];
