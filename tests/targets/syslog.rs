//! Syslog against a collector that reads by the grammar.

use andon::model::http::LinkFault;
use andon::model::notice::{Notice, Reason, Subject};
use andon::model::record::Carrier;
use andon::model::target::{Syslog, TargetKind};
use andon::model::time::ClockTrust;
use andon::target::Delivery;

use crate::exchange::{Exchange, facts, notice};
use crate::receivers::certificates::Authority;
use crate::receivers::syslog::{Collector, Record};

pub(crate) fn target(collector: &Collector, carrier: Carrier) -> TargetKind {
    TargetKind::Syslog(Syslog {
        server: "localhost".into(),
        port: collector.address.port(),
        carrier,
        facility: 16,
        hostname: "gateway-7".into(),
    })
}

/// What a collector has, once it is so many. Datagrams and the end of a connection take a moment.
pub(crate) fn records(collector: &Collector, count: usize) -> Vec<Record> {
    for _ in 0..500 {
        if collector.state().records.len() >= count {
            break;
        }
        smol::block_on(smol::Timer::after(core::time::Duration::from_millis(10)));
    }
    let state = collector.state();
    assert_eq!(state.complaints, [""; 0]);
    assert_eq!(state.records.len(), count);
    state.records.clone()
}

fn value<'a>(record: &'a Record, name: &str) -> &'a str {
    record.data.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[test]
fn a_notice_is_a_record_by_each_carrier() {
    let authority = Authority::new();
    let tls = Collector::start(Some(authority.server("localhost")));
    let all = [
        (Carrier::Tls, tls),
        (Carrier::Tcp, Collector::start(None)),
        (Carrier::Udp, Collector::datagrams()),
    ];
    for (carrier, collector) in all {
        let mut exchange = Exchange::new(target(&collector, carrier), "", &[authority.root()]);
        for reason in [Reason::FirstBreach, Reason::Recovered] {
            let told = exchange.tell(&notice(reason, "Tier-2 Support"));
            assert!(matches!(told, Delivery::Accepted { .. }), "{carrier:?}: {told:?}");
        }
        let records = records(&collector, 2);
        let [breach, end] = &records[..] else { panic!() };
        assert_eq!((breach.priority, end.priority), (16 * 8 + 2, 16 * 8 + 6));
        assert_eq!(
            (breach.at.as_str(), breach.host.as_str()),
            ("2024-05-15T14:32:20Z", "gateway-7")
        );
        assert_eq!((breach.kind.as_str(), end.kind.as_str()), ("first_breach", "recovered"));
        assert_eq!(breach.text, "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s");
        assert!(value(breach, "alert_key").starts_with("cxone-prod:queue-id-8f3a2c1d:"));
        assert_eq!(value(breach, "notice"), "00112233445566778899aabbccddeeff");
    }
}

#[test]
fn no_name_breaks_a_record_and_a_digest_is_one_for_each_alert() {
    let collector = Collector::start(None);
    let mut exchange = Exchange::new(target(&collector, Carrier::Tcp), "", &[]);
    exchange.now.trust = ClockTrust::Untrusted;
    let name = "a\"b]c\\d\r\n<9>1 e \u{5d0}";
    let mut lines = vec![facts(Reason::FirstBreach, name); 99];
    lines.push(facts(Reason::FirstBreach, &"\u{1f600}]\"".repeat(2_000)));
    let digest = Notice { subject: Subject::Digest(lines), ..notice(Reason::Digest, name) };
    assert!(matches!(exchange.tell(&digest), Delivery::Accepted { .. }));
    let records = records(&collector, 100);
    assert_eq!(value(&records[0], "entity_name"), "a\"b]c\\d <9>1 e \u{5d0}");
    assert_eq!((records[0].at.as_str(), records[0].kind.as_str()), ("-", "digest"));
    assert_eq!(value(&records[99], "left_out"), "1");
}

#[test]
fn a_collector_that_resets_has_read_nothing() {
    let collector = Collector::start(None);
    let mut exchange = Exchange::new(target(&collector, Carrier::Tcp), "", &[]);
    collector.state().resets = true;
    let lost = exchange.step(&notice(Reason::FirstBreach, "Tier-2"));
    assert!(matches!(lost, Err(LinkFault::Closed(_))), "{lost:?}");
    assert!(matches!(
        exchange.tell(&notice(Reason::FirstBreach, "Tier-2")),
        Delivery::Accepted { .. }
    ));
    records(&collector, 1);
    let stranger = Authority::new();
    let collector = Collector::start(Some(stranger.server("localhost")));
    let exchange = Exchange::new(target(&collector, Carrier::Tls), "", &[Authority::new().root()]);
    let lost = exchange.step(&notice(Reason::FirstBreach, "Tier-2"));
    assert!(matches!(lost, Err(LinkFault::Tls(_))), "{lost:?}");
}
