//! One record of each kind, its bytes, and what becomes of bytes that are old, new or torn.

use super::*;
use crate::model::thread::Correction;
use alloc::string::String;
use alloc::{format, vec};

use crate::model::alert::{AlertKey, Breach, Causes, Decision, Phase, Suppression, Trail};
use crate::model::business::Business;
use crate::model::dependency::{Behind, Kin, Stage};
use crate::model::flap::{Flap, Pace};
use crate::model::hand::Hand;
use crate::model::matcher::Matcher;
use crate::model::metric::Metric;
use crate::model::mute::{Mute, Muter, Reminded};
use crate::model::name::{EntityId, SourceName, TargetName, WindowName};
use crate::model::notice::{AlertFacts, Hold, Reason, Subject};
use crate::model::passage::{DeadLetter, Passage};
use crate::model::rule::{Operator, Priority, Severity};
use crate::model::storm::{Raging, Trigger, UsualHour};
use crate::model::telling::{Climb, Raise, TellingState};
use crate::model::time::Stamp;
use crate::model::totals::Totals;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn stamp(at: i64) -> Stamp {
    Stamp { tick: Tick(at), utc: UtcMs(at + 1) }
}

fn hand() -> Hand {
    let (by, via, priority) = ("Ann".into(), "p".into(), Priority::P2);
    Hand { by, via, priority, at: stamp(8), lasts: Span::secs(1) }
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
        clearing: false,
    };
    let mut trail = Trail::default();
    trail.note(Decision::Held { priority: Priority::P1, hold: Hold::Cooldown }, UtcMs(9));
    let root = Some(AlertKey::of(&source, "p", metric, &entity));
    let since = stamp(6);
    let behind = Behind { stage: Stage::Held, root, dependency: "a:2".into(), since };
    let kin = Kin { names: vec!["Q".into()], told: Some((1, stamp(6))), ..Kin::default() };
    let storm = Causes { storm: Some(stamp(7)), ..Causes::default() };
    let by = Muter::Silence { id: 7, owner: "o".into() };
    let mut suppression = Suppression::new(Some(Box::new(behind)), storm);
    suppression.mute = Some(Box::new(Mute { by, since: stamp(6), until: UtcMs(9) }));
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
        entered: Some(Tick(8)),
        kin: Some(Box::new(kin)),
        hand: Some(Box::new(hand())),
        flap: Flap {
            pace: Pace::Fast,
            penalty: 1_500.0,
            at: Tick(6),
            raises: 2,
            led: Some(Priority::P1),
            release: Some(Tick(8)),
        },
        totals: Totals { raises: 2, opened: Tick(7), open_before: Span(1), low: 4.0, high: 22.0 },
        max_quiet_seconds: 300,
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
        since: Tick(5),
        last_told: Some(stamp(6)),
        told: vec![TargetName::new("pd").unwrap()],
        digest_since: None,
        held_back: 0,
        ended: false,
        raise: Raise::Over { since: Tick(9) },
        unstable: true,
        climb: Climb { rungs: 1, lifts: 1, unheard: false },
        routes: "andon.toml:3:1".into(),
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
            raises: 2,
            open_seconds: 40,
            low: 4.0,
            high: 22.0,
            context: alert.context,
            detail: None,
            monitoring_url: None,
            business: alert.business,
            lapse: None,
            told_late_seconds: 0,
            kin: alert.kin,
            hand: alert.hand,
        })),
        made: stamp(9),
        passage: Passage { via: Some(TargetName::new("s").unwrap()), ..Passage::new(Tick(9)) },
    }
}

fn dead_letter() -> DeadLetter {
    DeadLetter { notice: notice(), why: "gone".into(), died: UtcMs(7) }
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

fn thread() -> Thread {
    let target = TargetName::new("s").unwrap();
    let corrected = Vec::from([Correction::OpenedAgain]);
    let thread = Thread::new(telling().alert, target, "C1 2.3".into());
    Thread { episode: 2, corrected, ..thread }
}

fn open_window() -> OpenWindow {
    let (name, told) = (WindowName::new("w").unwrap(), vec![TargetName::new("s").unwrap()]);
    OpenWindow { name, from: UtcMs(6), to: UtcMs(9), told }
}

fn silence() -> Silence {
    let matcher = Matcher {
        severity: vec![Severity::High],
        priority: vec![Priority::P2],
        impact: vec!["i".into()],
        metric: vec![Metric::DATA_AGE],
        platform: vec!["p".into()],
        source: vec!["cx".into()],
        entity: vec!["q*".into()],
        unit: vec!["u".into()],
        key: vec!["k".into()],
    };
    Silence {
        id: 7,
        matcher,
        owner: "o".into(),
        comment: "c".into(),
        made: stamp(5),
        until: stamp(9),
        told: open_window().told,
        reminded: Reminded::NotYet,
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
    assert_eq!(hex(&encode(&open_window())), "0101770c12010173");
    assert_eq!(
        hex(&encode(&silence())),
        "01070102010101016901136875622e736f757263652e646174615f616765010170010263780102712a01017501\
         016b016f01630a0c121401017301"
    );
    assert_eq!(hex(&encode(&Revision { mark: "7".into() })), "010137");
    assert_eq!(
        hex(&encode(&thread())),
        "011c63783a71313a63616c6c735f77616974696e673a3434383564613536017306433120322e33020102"
    );
    assert_eq!(hex(&encode(&storm())), "01010000204103010a0c010c");
    assert_eq!(
        hex(&encode(&unread())),
        "01050263780c0a746578742f706c61696e07070707070707070248698020\
         016e"
    );
    assert_eq!(hex(&encode(&telling())), include_str!("../golden/telling.hex").trim());
    assert_eq!(hex(&encode(&alert())), include_str!("../golden/alert.hex").trim());
    assert_eq!(hex(&encode(&notice())), include_str!("../golden/notice.hex").trim());
    let notice = include_str!("../golden/notice.hex").trim();
    assert_eq!(hex(&encode(&dead_letter())), format!("{notice}04676f6e650e"));
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.trim().chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

#[test]
fn a_record_of_each_older_version_is_read() {
    let suppression = Suppression::default();
    let totals = Totals { raises: 1, opened: Tick(5), low: 22.0, ..Totals::new(22.0) };
    let (business, flap) = (None, Flap::default());
    let (detail, entered, kin, hand) = (None, None, None, None);
    let without =
        Alert { business, detail, entered, kin, hand, suppression, flap, totals, ..alert() };
    assert_eq!(decode(&bytes(include_str!("../golden/alert-1.hex"))), Ok(without));
    let mut without = notice();
    if let Subject::Alert(facts) = &mut without.subject {
        facts.business = None;
        facts.kin = None;
        facts.hand = None;
        (facts.raises, facts.open_seconds, facts.low) = (1, 45, 22.0);
    }
    without.passage = Passage::new(Tick(9));
    assert_eq!(decode(&bytes(include_str!("../golden/notice-1.hex"))), Ok(without.clone()));
    let died = without.made.utc;
    let letter = DeadLetter { notice: without, why: "".into(), died };
    assert_eq!(decode(&bytes(include_str!("../golden/notice-1.hex"))), Ok(letter));
    let (raise, routes) = (Raise::Told { repeats: 0 }, "".into());
    let without = Telling { raise, routes, unstable: false, ..telling() };
    assert_eq!(decode(&bytes(include_str!("../golden/telling-1.hex"))), Ok(without));
    assert_eq!(decode::<Alert>(&[0, 1]), Err(RecordFault::Torn));
    assert_eq!(decode::<Clock>(&[0, 1]), Err(RecordFault::Torn));
}

#[test]
fn every_record_reads_back_as_it_was() {
    assert_eq!(decode(&encode(&clock())), Ok(clock()));
    assert_eq!(decode(&encode(&deliveries())), Ok(deliveries()));
    assert_eq!(decode(&encode(&beat())), Ok(beat()));
    assert_eq!(decode(&encode(&thread())), Ok(thread()));
    assert_eq!(decode(&encode(&open_window())), Ok(open_window()));
    assert_eq!(decode(&encode(&silence())), Ok(silence()));
    assert_eq!(decode(&encode(&alert())), Ok(alert()));
    assert_eq!(decode(&encode(&telling())), Ok(telling()));
    assert_eq!(decode(&encode(&notice())), Ok(notice()));
    assert_eq!(decode(&encode(&dead_letter())), Ok(dead_letter()));
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
