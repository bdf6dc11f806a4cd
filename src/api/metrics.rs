//! Writes numbers in Prometheus' text format 0.0.4.
//!
//! # Promises
//! - `labels_and_help_are_escaped`: a queue's name cannot break the page.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::model::http::Reply;

/// One metric with its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// As Prometheus wants it: `andon_notices_sent_total`. A counter's ends in `_total`.
    pub name: &'static str,
    /// What it counts, in a sentence.
    pub help: &'static str,
    /// Whether it only grows.
    pub kind: FamilyKind,
    /// Label names and values, and the number.
    pub samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// Whether a number only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyKind {
    /// It only grows, but for a restart.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// The page that Prometheus reads.
#[must_use]
pub fn metrics(families: &[Family]) -> Reply {
    let mut page = String::new();
    for family in families {
        write(family, &mut page);
    }
    Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", page)
}

fn write(family: &Family, page: &mut String) {
    let Family { name, help, kind, samples } = family;
    let kind = match kind {
        FamilyKind::Counter => "counter",
        FamilyKind::Gauge => "gauge",
    };
    let help = help.replace('\\', "\\\\").replace('\n', "\\n");
    page.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    for (labels, value) in samples {
        page.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            page.push_str(&format!("{before}{label}=\"{}\"", escaped(text)));
        }
        if !labels.is_empty() {
            page.push('}');
        }
        page.push_str(&format!(" {}\n", number(*value)));
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_infinite() {
        return (if value > 0.0 { "+Inf" } else { "-Inf" }).into();
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(families: &[Family]) -> String {
        String::from_utf8(metrics(families).body).unwrap()
    }

    #[test]
    fn the_page_reads_as_prometheus_expects_it() {
        let label = |name, value: &str| (name, value.to_string());
        let told = Family {
            name: "andon_notices_total",
            help: "Notices that a target took.",
            kind: FamilyKind::Counter,
            samples: Vec::from([
                (Vec::from([label("target", "ops"), label("reason", "repeat")]), 3.0),
                (Vec::from([label("target", "noc"), label("reason", "repeat")]), 0.0),
            ]),
        };
        let open = Family {
            name: "andon_alerts_open",
            help: "Alerts in breach.",
            kind: FamilyKind::Gauge,
            samples: Vec::from([(Vec::new(), 0.5)]),
        };
        assert_eq!(
            page(&[told, open]),
            "# HELP andon_notices_total Notices that a target took.\n\
             # TYPE andon_notices_total counter\n\
             andon_notices_total{target=\"ops\",reason=\"repeat\"} 3\n\
             andon_notices_total{target=\"noc\",reason=\"repeat\"} 0\n\
             # HELP andon_alerts_open Alerts in breach.\n\
             # TYPE andon_alerts_open gauge\n\
             andon_alerts_open 0.5\n"
        );
        let kind = metrics(&[]);
        let expected = "text/plain; version=0.0.4; charset=utf-8";
        assert_eq!(kind.header("content-type"), Some(expected));
    }

    #[test]
    fn labels_and_help_are_escaped() {
        let odd = Family {
            name: "x",
            help: "one\ntwo \\ \"three\"",
            kind: FamilyKind::Gauge,
            samples: Vec::from([
                (Vec::from([("queue", "a\"b\\c\nd".to_string())]), f64::INFINITY),
                (Vec::new(), f64::NEG_INFINITY),
                (Vec::new(), f64::NAN),
            ]),
        };
        assert_eq!(
            page(&[odd]),
            "# HELP x one\\ntwo \\\\ \"three\"\n\
             # TYPE x gauge\n\
             x{queue=\"a\\\"b\\\\c\\nd\"} +Inf\nx -Inf\nx NaN\n"
        );
    }
}
