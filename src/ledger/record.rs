//! A record on disk: one byte of version, then postcard.
//!
//! The structs of `model` are the newest version. Before one of them changes, its present form is
//! frozen in `frozen` and converted; the golden bytes below fail until that is done.
//!
//! # Promises
//! - `a_record_of_each_older_version_is_read`
//! - `the_bytes_of_every_record_stay_as_they_are`
//! - `a_record_of_a_newer_version_is_refused_by_name`
//! - `a_torn_record_is_refused`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ledger::frozen::{Alert1, Notice1};
use crate::model::alert::Alert;
use crate::model::baseline::{LearnedHour, SeriesName};
use crate::model::delivery::{DeliveryBlock, Unread};
use crate::model::history::HistoryDay;
use crate::model::name::{EntityId, SourceName};
use crate::model::notice::Notice;
use crate::model::storm::StormMemory;
use crate::model::telling::Telling;
use crate::model::time::{Span, Stamp, Tick, UtcMs};

/// What is written with every commit: which boot the ticks of all records belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The kernel's identifier of the boot.
    pub boot: Box<str>,
    /// The moment of the commit.
    pub tick: Tick,
    /// The same moment in wall time.
    pub utc: UtcMs,
    /// Whether that wall time could be believed.
    pub trusted: bool,
    /// The number that the next notice gets.
    pub next_notice: u64,
}

/// Where a source's polling was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourcePlace {
    /// The end of the last bucket that was evaluated.
    pub(super) bucket_end: UtcMs,
}

/// How often a source's webhooks come, as far as it was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rhythm {
    /// Deliveries that it was learned from; only that they are enough counts.
    pub deliveries: u32,
    /// The longest usual gap between two, of time in which something happened.
    pub usual: Span,
}

/// When something last showed that it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Where its heartbeats come in.
    pub source: SourceName,
    /// What it calls itself.
    pub entity: EntityId,
    /// When the last one came.
    pub last: Stamp,
}

/// Why a record cannot be read. The ledger's fault, never the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFault {
    /// A newer andon wrote it.
    Newer {
        /// The version that it has.
        found: u8,
        /// The newest that this andon reads.
        known: u8,
    },
    /// It is not a whole record.
    Torn,
    /// It is the record of another row.
    Misplaced,
}

/// A thing that the ledger keeps.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The version that is written. Every older one is still read.
    const VERSION: u8;

    /// Reads a record of an older version.
    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        let _ = (version, bytes);
        Err(RecordFault::Torn)
    }
}

impl Record for Clock {
    const VERSION: u8 = 1;
}
impl Record for SourcePlace {
    const VERSION: u8 = 1;
}
impl Record for DeliveryBlock {
    const VERSION: u8 = 1;
}
impl Record for Unread {
    const VERSION: u8 = 1;
}
impl Record for SeriesName {
    const VERSION: u8 = 1;
}
impl Record for LearnedHour {
    const VERSION: u8 = 1;
}

impl Record for HistoryDay {
    const VERSION: u8 = 1;
}
impl Record for Rhythm {
    const VERSION: u8 = 1;
}
impl Record for Beat {
    const VERSION: u8 = 1;
}
impl Record for StormMemory {
    const VERSION: u8 = 1;
}
impl Record for Alert {
    const VERSION: u8 = 2;

    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        match version {
            1 => whole::<Alert1>(bytes).map(Self::from),
            _ => Err(RecordFault::Torn),
        }
    }
}
impl Record for Telling {
    const VERSION: u8 = 1;
}
impl Record for Notice {
    const VERSION: u8 = 2;

    fn older(version: u8, bytes: &[u8]) -> Result<Self, RecordFault> {
        match version {
            1 => whole::<Notice1>(bytes).map(Self::from),
            _ => Err(RecordFault::Torn),
        }
    }
}

pub(super) fn encode<R: Record>(record: &R) -> Vec<u8> {
    // Postcard fails only on types that no record has (maps of unknown length, self-describing
    // values).
    postcard::to_extend(record, Vec::from([R::VERSION])).unwrap_or_default()
}

pub(super) fn decode<R: Record>(bytes: &[u8]) -> Result<R, RecordFault> {
    let (&found, rest) = bytes.split_first().ok_or(RecordFault::Torn)?;
    if found > R::VERSION {
        return Err(RecordFault::Newer { found, known: R::VERSION });
    }
    if found < R::VERSION { R::older(found, rest) } else { whole(rest) }
}

/// All of the bytes as one value, and nothing after it.
fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordFault> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(RecordFault::Torn),
    }
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { found, known } => write!(
                f,
                "it has format {found}, written by a newer andon; this one reads up to {known}"
            ),
            Self::Torn => f.write_str("it is damaged"),
            Self::Misplaced => f.write_str("it holds the record of another row"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::{format, vec};

    use crate::model::alert::{AlertKey, Breach, Decision, Phase, Suppression, Trail};
    use crate::model::business::Business;
    use crate::model::dependency::{Behind, Kin, Stage};
    use crate::model::metric::Metric;
    use crate::model::name::{EntityId, SourceName, TargetName};
    use crate::model::notice::{AlertFacts, Hold, Reason, Subject};
    use crate::model::rule::{Operator, Priority, Severity};
    use crate::model::storm::{Raging, Trigger, UsualHour};
    use crate::model::telling::TellingState;
    use crate::model::time::Stamp;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn stamp(at: i64) -> Stamp {
        Stamp { tick: Tick(at), utc: UtcMs(at + 1) }
    }

    fn alert() -> Alert {
        let source = SourceName::new("cx").unwrap();
        let entity = EntityId::new("q1").unwrap();
        let metric = Metric::find("calls_waiting").unwrap();
        let breach = Breach {
            rule: "a:1".into(),
            priority: Priority::P1,
            operator: Operator::AtLeast,
            threshold: 15.0,
            cooldown_seconds: 300,
            escalation_threshold_seconds: 600,
            since: stamp(5),
            clearing: None,
        };
        let mut trail = Trail::default();
        trail.note(Decision::Held { priority: Priority::P1, hold: Hold::Cooldown }, UtcMs(9));
        let root = Some(AlertKey::of(&source, "p", metric, &entity));
        let since = stamp(6);
        let behind = Behind { stage: Stage::Held, root, dependency: "a:2".into(), since };
        let kin = Kin { names: vec!["Q".into()], told: Some((1, stamp(6))), ..Kin::default() };
        let suppression = Suppression {
            parent: Some(Box::new(behind)),
            storm: Some(stamp(7)),
            ..Suppression::default()
        };
        Alert {
            key: AlertKey::of(&source, "nice-cxone", metric, &entity),
            source,
            platform: "nice-cxone".into(),
            entity,
            entity_name: "Q".into(),
            metric,
            phase: Phase::Detected,
            episode: 1,
            first_breach: stamp(5),
            last_breach: stamp(7),
            cleared: None,
            value: 22.0,
            breaches: [breach.clone()].into_iter().collect(),
            worst: breach,
            context: [(Metric::find("agents_available").unwrap(), 4.0)].into_iter().collect(),
            monitoring_url: Some("https://x/".into()),
            business: Some(Box::new(Business {
                impact: Some("risk".into()),
                unit: None,
                owner: Some("o".into()),
                runbook: None,
            })),
            suppression,
            detail: Some("d".into()),
            kin: Some(Box::new(kin)),
            trail,
        }
    }

    fn telling() -> Telling {
        Telling {
            alert: alert().key,
            priority: Priority::P1,
            alert_key: "q1:calls_waiting:P1".into(),
            state: TellingState::Escalated,
            first_breach_timestamp: UtcMs(6),
            last_breach_timestamp: UtcMs(8),
            cooldown_seconds: 300,
            escalation_threshold_seconds: 600,
            notification_count: 2,
            episode: 1,
            first_breach: Tick(5),
            last_told: Some(stamp(6)),
            told: vec![TargetName::new("pd").unwrap()],
            digest_since: None,
            held_back: 0,
            ended: false,
        }
    }

    fn notice() -> Notice {
        let alert = alert();
        Notice {
            number: 7,
            target: TargetName::new("pd").unwrap(),
            idempotency_key: "00ff".into(),
            reason: Reason::FirstBreach,
            subject: Subject::Alert(Box::new(AlertFacts {
                key: alert.key,
                source: alert.source,
                platform: alert.platform,
                entity: alert.entity,
                entity_name: alert.entity_name,
                metric: alert.metric,
                operator: Operator::AtLeast,
                value: 22.0,
                threshold: 15.0,
                priority: Priority::P1,
                severity: Severity::Critical,
                resolved: false,
                first_breach: UtcMs(6),
                breach_duration_seconds: 45,
                notification_count: 1,
                held_back: 0,
                context: alert.context,
                detail: None,
                monitoring_url: None,
                business: alert.business,
                lapse: None,
                kin: alert.kin,
            })),
            made: stamp(9),
        }
    }

    fn clock() -> Clock {
        Clock { boot: "b".into(), tick: Tick(-1), utc: UtcMs(300), trusted: true, next_notice: 8 }
    }

    fn deliveries() -> DeliveryBlock {
        let ids = vec![[0xaa; 8], [0xbb; 8]];
        DeliveryBlock { number: 7, begin: Tick(3), newest: Tick(4), ids }
    }

    fn storm() -> StormMemory {
        let raging = Raging { since: stamp(5), trigger: Trigger::Hour, alerts: 12 };
        let usual = vec![UsualHour { alerts: 10.0, days: 3 }];
        StormMemory { usual, raging: Some(raging) }
    }

    fn unread() -> Unread {
        Unread {
            number: 5,
            source: SourceName::new("cx").unwrap(),
            received: UtcMs(6),
            content_type: "text/plain".into(),
            id: [7; 8],
            body: b"Hi".to_vec(),
            whole_bytes: 4_096,
            why: "n".into(),
        }
    }

    fn beat() -> Beat {
        let source = SourceName::new("cx").unwrap();
        Beat { source, entity: EntityId::new("j").unwrap(), last: stamp(6) }
    }

    /// A change here means that boxes in the field could not read their ledger: freeze the old form
    /// first.
    #[test]
    fn the_bytes_of_every_record_stay_as_they_are() {
        assert_eq!(hex(&encode(&clock())), "01016201d8040108");
        assert_eq!(hex(&encode(&SourcePlace { bucket_end: UtcMs(-2) })), "0103");
        assert_eq!(hex(&encode(&deliveries())), "0107060802aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb");
        let rhythm = Rhythm { deliveries: 300, usual: Span::secs(1) };
        assert_eq!(hex(&encode(&rhythm)), "01ac02d00f");
        assert_eq!(hex(&encode(&beat())), "01026378016a0c0e");
        assert_eq!(hex(&encode(&storm())), "01010000204103010a0c010c");
        assert_eq!(
            hex(&encode(&unread())),
            "01050263780c0a746578742f706c61696e07070707070707070248698020\
             016e"
        );
        assert_eq!(hex(&encode(&telling())), include_str!("golden/telling.hex").trim());
        assert_eq!(hex(&encode(&alert())), include_str!("golden/alert.hex").trim());
        assert_eq!(hex(&encode(&notice())), include_str!("golden/notice.hex").trim());
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.trim().chars().map(|c| c.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    }

    #[test]
    fn a_record_of_each_older_version_is_read() {
        let suppression = Suppression::default();
        let without = Alert { business: None, detail: None, suppression, kin: None, ..alert() };
        assert_eq!(decode(&bytes(include_str!("golden/alert-1.hex"))), Ok(without));
        let mut without = notice();
        if let Subject::Alert(facts) = &mut without.subject {
            facts.business = None;
            facts.kin = None;
        }
        assert_eq!(decode(&bytes(include_str!("golden/notice-1.hex"))), Ok(without));
        assert_eq!(decode::<Alert>(&[0, 1]), Err(RecordFault::Torn));
        assert_eq!(decode::<Clock>(&[0, 1]), Err(RecordFault::Torn));
    }

    #[test]
    fn every_record_reads_back_as_it_was() {
        assert_eq!(decode(&encode(&clock())), Ok(clock()));
        assert_eq!(decode(&encode(&deliveries())), Ok(deliveries()));
        assert_eq!(decode(&encode(&beat())), Ok(beat()));
        assert_eq!(decode(&encode(&alert())), Ok(alert()));
        assert_eq!(decode(&encode(&telling())), Ok(telling()));
        assert_eq!(decode(&encode(&notice())), Ok(notice()));
        assert_eq!(decode(&encode(&unread())), Ok(unread()));
        assert_eq!(decode(&encode(&storm())), Ok(storm()));
    }

    #[test]
    fn a_record_of_a_newer_version_is_refused_by_name() {
        let mut bytes = encode(&clock());
        bytes[0] = 9;
        assert_eq!(decode::<Clock>(&bytes), Err(RecordFault::Newer { found: 9, known: 1 }));
    }

    #[test]
    fn a_torn_record_is_refused() {
        let bytes = encode(&alert());
        for end in 0..bytes.len() {
            assert_eq!(decode::<Alert>(&bytes[..end]), Err(RecordFault::Torn), "cut at {end}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert_eq!(decode::<Alert>(&longer), Err(RecordFault::Torn));
    }
}
