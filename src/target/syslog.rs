//! Syslog (RFC 5424): a notice as one record, a digest as one for each alert.
//!
//! # Promises
//! - `a_record_is_one_line_whatever_stands_in_it`
//! - `a_record_stays_under_its_limit`
//! - `a_box_without_the_time_claims_none`: the collector knows when it came.
//!
//! # Not here
//! No frames: the edge has them. No reply: a collector gives none.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::cut::one_line;
use super::delivery::Delivery;
use super::{Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, made};
use crate::limits::{SYSLOG_BYTES_MAX, SYSLOG_DATA_BYTES_MAX, TELL_DEADLINE};
use crate::model::config::TextOrSecret;
use crate::model::http::Reply;
use crate::model::notice::{AlertFacts, Notice, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::record::Records;
use crate::model::rule::Severity;
use crate::model::target::Syslog;
use crate::model::time::{ClockTrust, Span};

impl Speak for Syslog {
    fn manner(&self) -> Manner {
        Manner {
            gap: Span::ZERO,
            digests: Digests::Takes,
            updates: Updates::Anew,
            hands: Hands::Shows,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        None
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        Ok(Outgoing::Syslog(Records {
            server: self.server.clone(),
            port: self.port,
            carrier: self.carrier,
            records: records(self, letter),
            deadline: TELL_DEADLINE,
            network_of: None,
        }))
    }

    /// There is no other word than that it was written.
    fn hear(&self, _: &Notice, _: &Stage, _: &Reply) -> Delivery {
        Delivery::ACCEPTED
    }
}

/// The records that tell a notice.
fn records(syslog: &Syslog, letter: &Letter<'_>) -> Vec<Vec<u8>> {
    let Letter { notice, texts, now, .. } = letter;
    let head = |severity: u8| {
        let at = match now.trust {
            ClockTrust::Untrusted => NIL.into(),
            ClockTrust::HttpDate | ClockTrust::Ntp => made(notice, *now).rfc3339(),
        };
        let priority = u16::from(syslog.facility) * 8 + u16::from(severity);
        let (host, kind) = (&syslog.hostname, notice.reason.as_str());
        format!("<{priority}>1 {at} {host} andon {NIL} {kind}")
    };
    let of_alert = |facts: &AlertFacts, text: &str| {
        let unit = facts.metric.unit();
        let (value, threshold) = (unit.show(facts.value), unit.show(facts.threshold));
        let data = [
            ("alert_key", facts.key.as_str()),
            ("severity", facts.severity.as_str()),
            ("priority", facts.priority.as_str()),
            ("resolved", if facts.resolved { "true" } else { "false" }),
            ("metric", facts.metric.name()),
            ("value", &value),
            ("threshold", &threshold),
            ("source", facts.source.as_str()),
            ("entity", facts.entity.as_str()),
            ("notice", &notice.idempotency_key),
            ("entity_name", &facts.entity_name),
        ];
        record(&head(severity(facts)), &data, text)
    };
    match &notice.subject {
        Subject::Alert(facts) => {
            [of_alert(facts, &texts.word(facts, notice.reason).summary)].into()
        }
        Subject::Digest(alerts) => {
            alerts.iter().map(|facts| of_alert(facts, &texts.line(facts))).collect()
        }
        Subject::Word(word) => {
            let data = [("key", &*word.key), ("notice", &*notice.idempotency_key)];
            [record(&head(NOTICE), &data, &format!("{} {}", word.headline, word.text))].into()
        }
    }
}

/// A record with its structured data and its text. A text of other letters than ASCII begins with
/// the mark that says so (RFC 5424, 6.4).
fn record(head: &str, data: &[(&str, &str)], text: &str) -> Vec<u8> {
    let mut record = format!("{head} [{DATA_ID}");
    let mut left_out = 0;
    for (name, value) in data {
        let pair = format!(" {name}=\"{}\"", escaped(&one_line(value, usize::MAX)));
        if record.len() + pair.len() > SYSLOG_DATA_BYTES_MAX {
            left_out += 1;
        } else {
            record.push_str(&pair);
        }
    }
    if left_out > 0 {
        record.push_str(&format!(" left_out=\"{left_out}\""));
    }
    record.push_str("] ");
    let text = one_line(text, usize::MAX);
    if !text.is_ascii() {
        record.push('\u{feff}');
    }
    let room = SYSLOG_BYTES_MAX.saturating_sub(record.len());
    if text.len() <= room {
        record.push_str(&text);
    } else {
        let end = text.floor_char_boundary(room.saturating_sub(CUT.len()));
        record.push_str(text.get(..end).unwrap_or_default());
        record.push_str(CUT);
    }
    record.into_bytes()
}

/// Syslog's eight severities are not guide 2's.
const fn severity(facts: &AlertFacts) -> u8 {
    match facts.severity {
        _ if facts.resolved => 6,
        Severity::Critical => 2,
        Severity::High => 3,
        Severity::Medium => 4,
        Severity::Low => 5,
    }
}

fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The severity of what is no trouble and has to be seen.
const NOTICE: u8 = 5;

/// What stands where there is nothing to say.
const NIL: &str = "-";

/// The name of our structured data: 32473 is the number that RFC 5612 gives to those who have none.
const DATA_ID: &str = "andon@32473";

const CUT: &str = " [cut]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Templates;
    use crate::model::notice::Reason;
    use crate::model::record::Carrier;
    use crate::model::time::Now;
    use crate::target::samples::{NOW, notice};
    use crate::target::texts::Texts;

    fn told(notice: &Notice, now: Now) -> Vec<String> {
        let texts = Texts::compile(&Templates::default()).unwrap();
        let (secrets, stage) = (&Default::default(), &Stage::First);
        let syslog = Syslog {
            server: "logs.example".into(),
            port: 6514,
            carrier: Carrier::Tls,
            facility: 16,
            hostname: "-".into(),
        };
        let letter = Letter { notice, texts: &texts, secrets, now, thread: None, stage };
        let records = records(&syslog, &letter).into_iter();
        records.map(|record| String::from_utf8(record).unwrap()).collect()
    }

    #[test]
    fn a_record_says_what_where_how_bad_and_since_when() {
        let golden = "<130>1 2024-05-15T14:32:20Z - andon - first_breach [andon@32473 \
                      alert_key=\"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6\" \
                      severity=\"critical\" priority=\"P1\" resolved=\"false\" \
                      metric=\"routing.queue.calls_waiting\" value=\"22\" threshold=\"15\" \
                      source=\"cxone-prod\" entity=\"queue-id-8f3a2c1d\" \
                      notice=\"00112233445566778899aabbccddeeff\" \
                      entity_name=\"Tier-2 Support\"] \
                      P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s";
        assert_eq!(told(&notice(Reason::FirstBreach), NOW), [golden]);
        let digest = told(&notice(Reason::Digest), NOW);
        assert!(digest.len() == 2 && digest[1].starts_with("<134>1 "), "{digest:?}");
        let word = told(&notice(Reason::Announcement), NOW);
        assert!(word[0].ends_with("Window \"m-1\" begins until 06:00"), "{word:?}");
    }

    #[test]
    fn a_record_is_one_line_whatever_stands_in_it() {
        let data = [("entity_name", "a\"b]c\\d\r\n<9>1")];
        let record = record("<1>1 - - andon - x", &data, "one\r\n<9>1 two \u{5d0}");
        assert_eq!(
            String::from_utf8(record).unwrap(),
            "<1>1 - - andon - x [andon@32473 entity_name=\"a\\\"b\\]c\\\\d <9>1\"] \
             \u{feff}one <9>1 two \u{5d0}"
        );
    }

    #[test]
    fn a_record_stays_under_its_limit() {
        let long = "\u{1f600}".repeat(1_000);
        let data = [("a", "x"), ("b", &*long), ("c", &*"\"".repeat(700)), ("d", "y")];
        for text in [long.as_str(), "z", &"z".repeat(5_000)] {
            let record = record("<1>1 - - andon - x", &data, text);
            assert!(record.len() <= SYSLOG_BYTES_MAX, "{}", record.len());
            let record = String::from_utf8(record).unwrap();
            assert!(record.contains(" d=\"y\" left_out=\"1\"] "), "{record}");
            assert_eq!(record.ends_with(CUT), text.len() > 1);
        }
    }

    #[test]
    fn a_box_without_the_time_claims_none() {
        let untrusted = Now { trust: ClockTrust::Untrusted, ..NOW };
        assert!(told(&notice(Reason::FirstBreach), untrusted)[0].starts_with("<130>1 - - andon"));
    }
}
